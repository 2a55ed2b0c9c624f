import type { Finding, Reference, Result } from './evaluators/evaluator.ts';
import {
  basisOf,
  cardinal,
  DEFAULT,
  formatBaseline,
  formatNumber,
  formatObservation,
  formatParagraphs,
  formatPooled,
  formatSet,
  formatStandard,
  monthName,
  ordinal,
  type SmallNumbers,
  shownLevel,
} from './format.ts';
import type { Metric, Standard } from './metric.ts';
import { monthIndex } from './period.ts';
import {
  ESTIMATE_FROM_SUBMISSIONS,
  XMR_CLOSE_AMONG,
  XMR_CLOSE_POINTS,
  XMR_POINTS_IN_LIMITS,
  XMR_RUN,
} from './rules.ts';
import type { SpecialCause } from './statistics/xmr.ts';

/** The one place in which what evaluators find becomes words. */
export function describeFinding(metric: Metric, result: Result, smallNumbers: SmallNumbers): Finding {
  const { evaluator, level, numbers } = result;
  const figure = result.figure
    ? `${formatObservation(metric, result.figure, smallNumbers, heldAgainst(result.reference))} in ${monthName(result.period)}`
    : `nothing was reported for ${monthName(result.period)}, which counts as failing here`;
  const reference = describeReference(metric, result, smallNumbers);
  const reason = describeReason(metric, result, smallNumbers);
  const text = [figure, reference, reason].filter(Boolean).join('; ');
  const levels = levelsOf(metric, result.reference, smallNumbers);
  return {
    evaluator,
    level,
    figure,
    reference,
    ...(reason ? { reason } : {}),
    text,
    numbers,
    ...(levels ? { levels } : {}),
  };
}

/** The numbers that the figure is held against. */
function heldAgainst(reference: Reference): number[] {
  if (reference.kind === 'standard')
    return [reference.standard.value, reference.standard.upTo ?? reference.standard.value];
  return reference.kind === 'estimate' || reference.kind === 'comparable' ? [reference.value] : [];
}

function levelsOf(metric: Metric, reference: Reference, smallNumbers: SmallNumbers): Finding['levels'] {
  if (reference.kind !== 'reached') return undefined;
  const { before, from } = reference.reached;
  return {
    before: { from: before.from, to: before.to, value: shownLevel(metric, before, smallNumbers) },
    since: { from, value: shownLevel(metric, reference.since(), smallNumbers) },
  };
}

function describeReference(metric: Metric, { reference, figure }: Result, smallNumbers: SmallNumbers): string {
  switch (reference.kind) {
    case 'standard':
      return describeStandard(metric, reference.standard);
    case 'baseline':
      return describeBaseline(metric);
    case 'comparable':
      return `${describeBaseline(metric)}; as figures are counted since the way of working changed, that is ${formatSet(metric, reference.value)} (${basisOf('council')})`;
    case 'estimate': {
      const { baseline } = metric;
      const where = baseline.kind === 'none' ? '' : ` (${formatParagraphs(baseline.paragraphs)})`;
      const why =
        baseline.kind === 'figure'
          ? `the way of working has changed since the inspection${where}`
          : `the inspection gave no figure${where}`;
      return `${why}, so this service compares with its own estimate from the first ${ESTIMATE_FROM_SUBMISSIONS} final submissions, ${monthName(reference.from)} to ${monthName(reference.to)}: ${formatNumber(metric, reference.value, figure ? [figure.value] : [])}`;
    }
    case 'course':
      return `its usual mean is ${formatNumber(metric, reference.mean)} (XmR chart of the ${XMR_POINTS_IN_LIMITS} reports from ${monthName(reference.from)} on)`;
    case 'reached': {
      const { before, from } = reference.reached;
      const since = reference.since();
      const now = `${formatPooled(metric, since, smallNumbers, [before.pooled.value])} since ${monthName(from)}`;
      return `${now}; ${formatPooled(metric, before, smallNumbers, [since.pooled.value])} in the ${spanOf(before.from, from)} before`;
    }
  }
}

export function describeStandard(metric: Metric, standard: Standard): string {
  return `the standard is ${formatStandard(metric, standard)}`;
}

export function describeBaseline(metric: Metric): string {
  return `the inspection found ${formatBaseline(metric)}`;
}

/** `year`, `two years`, `18 months`: from one month to before another. */
function spanOf(from: string, to: string): string {
  const months = monthIndex(to) - monthIndex(from);
  if (months === 12) return 'year';
  if (months === 1) return 'month';
  return months % 12 === 0 ? `${cardinal(months / 12)} years` : `${cardinal(months)} months`;
}

/** Empty where the figure and the reference say it all. */
function describeReason(metric: Metric, { reason, reference }: Result, smallNumbers: SmallNumbers): string {
  switch (reason.kind) {
    case 'any-failure':
      return `any failure counts at once (${DEFAULT})`;
    case 'any-fall':
      return `this line is to be held, so any fall counts (${DEFAULT})`;
    case 'chance':
      if (reason.chance === 0) return 'chance explains no failure of a service at this standard';
      return reason.atMost === undefined
        ? 'a service exactly at the standard has such a month now and then'
        : `a service exactly at the standard looks this bad in at most 1 month of ${Math.round(1 / reason.atMost)}, by chance`;
    case 'pooled':
      return `${reason.failing} of the last ${reason.among} reported periods fail, and together they are too far off for chance`;
    case 'failure':
      return reason.bare ? NO_COUNTS : '';
    case 'repeated':
      return `${reason.failing} of the last ${reason.among} reported periods fail${andNoCounts(reason)}`;
    case 'repeated-or-absent':
      return `at least ${reason.m} of the last ${reason.n} periods fail or are not reported${andNoCounts(reason)}`;
    case 'still-critical':
      return `too little was reported since to say that it is less than critical${andNoCounts(reason)}`;
    case 'cusum': {
      const since = reason.since?.();
      return [
        since && `${formatPooled(metric, since, smallNumbers, heldAgainst(reference))} since ${monthName(since.from)}`,
        `so many failures are too many for chance${cusumWorking(reason.cusum.toFixed(1), reason.limit.toFixed(1))}`,
      ]
        .filter(Boolean)
        .join('; ');
    }
    case 'tolerance': {
      const whose = basisOf(metric.toleranceBasis ?? 'local');
      const points = metric.kind === 'proportion' ? ' points' : '';
      const by =
        reason.tolerance === 0
          ? `anything worse counts (${whose})`
          : `worse by more than the tolerance of ${shortOf(reason.tolerance)}${points} (${whose})`;
      return reason.bare ? `${by}; given without counts, so only the tolerance can be applied` : by;
    }
    case 'change':
      return 'chance alone does not bring so great a change';
    case 'worse':
      return `so it is worse than when it was last told, by more than ${reason.by === undefined ? 'chance' : `${reason.by} points`}`;
    case 'special-cause':
      return CAUSE[reason.cause];
  }
}

/** Not more than three digits, which are never too many: what is worse by more than a number is so by more than a smaller one. */
function shortOf(tolerance: number): number {
  const unit = 10 ** (Math.floor(Math.log10(tolerance)) - 2);
  const short = Number((Math.floor(tolerance / unit) * unit).toPrecision(3));
  return Number(tolerance.toPrecision(3)) === tolerance ? tolerance : short;
}

const NO_COUNTS = 'given without counts, so chance cannot be tested';
const andNoCounts = ({ bare }: { readonly bare: boolean }): string => (bare ? `; ${NO_COUNTS}` : '');

const CAUSE: Record<SpecialCause, string> = {
  outside: 'beyond the limit of its usual variation',
  trend: `worse than the report before for the ${ordinal(XMR_RUN - 1)} time in a row`,
  'two-in-three': `for the ${ordinal(XMR_CLOSE_POINTS)} time in ${cardinal(XMR_CLOSE_AMONG)} reports close to the limit of its usual variation`,
  shift: `on the worse side of its usual mean for the ${ordinal(XMR_RUN)} report in a row`,
};

const cusumWorking = (cusum: string, limit: string): string => ` (CUSUM ${cusum}, limit ${limit})`;
const CUSUM_WORKING = / \(CUSUM [^)]*\)/g;

/** A finding as whoever has a minute reads it: without what only tells an analyst how it was worked out. */
export const withoutWorking = (text: string): string => text.replaceAll(CUSUM_WORKING, '');
