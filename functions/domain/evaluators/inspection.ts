import { formatBaseline, formatNumber, formatObservation, formatParagraphs } from '../format.ts';
import type { Metric } from '../inspection.ts';
import { type CountedObservation, failuresOf, hasCounts, isWorse, type Observation } from '../series.ts';
import { jeffreysCount, jeffreysRate } from '../statistics/binomial.ts';
import { binomialWeight, cusumLimit, cusumPath, poissonWeight, stepCusum } from '../statistics/cusum.ts';
import type { Context, Evaluator, Finding } from './evaluator.ts';

/** Where the inspection gave words, so many final submissions stand in for its figure (design, section 6). */
const FIRST_SUBMISSIONS = 6;
/** … at their posterior mean and so many standard deviations to the worse side: an early streak of luck is no baseline (design, section 6). */
const DEVIATIONS = 0.84;

/** What counts as a typical month follows the service's own size: so many of its latest reports. Assumption of this service (`local`). */
const TYPICAL_OVER = 24;

/** What a metric is compared with, in its unit, and from where on. */
interface Reference {
  readonly value: number;
  /** Index of the first observation that is compared with it. */
  readonly from: number;
  readonly text: string;
}

/**
 * Compares with what the inspection found; `warning`.
 *
 * Where the line is to be held, any fall counts. Flow proportions and counts: a CUSUM against the figure, since the last
 * rebase date and since the metric's last episode ended. Everything else, and percentages without counts: worse than the
 * figure by more than the metric's tolerance. A baseline that is a lower bound is compared as that bound; for one in words
 * the first final submissions stand in, and the finding says so.
 */
export const inspection: Evaluator = (metric, observations, context) => {
  const current = observations.at(-1);
  if (!current || current.period !== context.period || metric.polarity === 'neutral') return undefined;
  const reference = referenceOf(metric, observations, context);
  if (!reference) return undefined;
  if (metric.holdLine) return judgeLine(metric, current, reference, context);
  return hasCusum(metric, current, reference)
    ? judgeByCusum(metric, current, observations, reference, context)
    : judgeByTolerance(metric, current, reference, context);
};

function referenceOf(metric: Metric, observations: readonly Observation[], context: Context): Reference | undefined {
  const { baseline } = metric;
  if (baseline.kind === 'figure')
    return { value: baseline.value, from: context.start, text: `the inspection found ${formatBaseline(metric)}` };
  if (baseline.kind === 'none' || metric.holdLine) return undefined;
  if (observations.length - context.start <= FIRST_SUBMISSIONS) return undefined;
  const first: Observation[] = [];
  let from = context.start;
  for (; from < observations.length && first.length < FIRST_SUBMISSIONS; from++) {
    const observation = observations[from] as Observation;
    if (observation.status === 'final' && (metric.kind !== 'proportion' || hasCounts(observation)))
      first.push(observation);
  }
  if (first.length < FIRST_SUBMISSIONS || from >= observations.length) return undefined;
  const value = estimate(metric, first);
  const where = formatParagraphs(baseline.paragraphs);
  return {
    value,
    from,
    text: `the inspection gave no figure (${where}), so this service compares with its own estimate from the first ${FIRST_SUBMISSIONS} final submissions, ${first[0]?.period} to ${first.at(-1)?.period}: ${formatNumber(metric, value)}`,
  };
}

/** What the first submissions say of the normal state, leaning to the worse side by as much as they are few. */
function estimate(metric: Metric, first: readonly Observation[]): number {
  const worse = metric.polarity === 'higher' ? -1 : 1;
  if (metric.kind === 'proportion') {
    const counted = first.filter(hasCounts);
    const failures = counted.reduce((sum, observation) => sum + failuresOf(metric, observation), 0);
    const { mean, sd } = jeffreysRate(
      failures,
      counted.reduce((sum, { denominator }) => sum + denominator, 0),
    );
    const rate = 100 * Math.min(1, mean + DEVIATIONS * sd);
    return metric.polarity === 'higher' ? 100 - rate : rate;
  }
  const total = first.reduce((sum, { value }) => sum + value, 0);
  if (metric.kind === 'mean' || metric.cases === 'stock') return total / first.length;
  const { mean, sd } = jeffreysCount(total, first.length);
  return mean + worse * DEVIATIONS * sd;
}

/** Whether a CUSUM applies: new cases, and a figure strictly between its bounds. More of a count is failure only where less is better. */
function hasCusum(metric: Metric, current: Observation, { value }: Reference): boolean {
  if (metric.cases !== 'flow' || value <= 0) return false;
  if (metric.kind === 'count') return metric.polarity === 'lower';
  return metric.kind === 'proportion' && hasCounts(current) && value < 100;
}

function medianDenominator(observations: readonly Observation[], start: number): number {
  const denominators: number[] = [];
  for (let i = observations.length - 1; i >= start && denominators.length < TYPICAL_OVER; i--) {
    const { denominator } = observations[i] as Observation;
    if (denominator !== undefined) denominators.push(denominator);
  }
  denominators.sort((a, b) => a - b);
  const middle = denominators.length - 1;
  return ((denominators[middle >> 1] as number) + (denominators[(middle + 1) >> 1] as number)) / 2;
}

function judgeByCusum(
  metric: Metric,
  current: Observation,
  observations: readonly Observation[],
  reference: Reference,
  { start, clearedIn, smallNumbers }: Context,
): Finding | undefined {
  const { value } = reference;
  const rate = (metric.polarity === 'higher' ? 100 - value : value) / 100;
  const weightOf = (observation: Observation): number => {
    if (metric.kind === 'count') return poissonWeight(observation.value, value);
    if (!hasCounts(observation)) return 0;
    return binomialWeight(failuresOf(metric, observation), observation.denominator, rate);
  };
  let { from } = reference;
  while (clearedIn && from < observations.length && (observations[from] as Observation).period <= clearedIn) from++;
  // The cap only lowers the path: the limit, which costs more, is asked for only where it could be exceeded.
  let uncapped = 0;
  for (let i = from; i < observations.length; i++)
    uncapped = stepCusum(uncapped, weightOf(observations[i] as Observation), Number.POSITIVE_INFINITY);
  if (uncapped === 0) return undefined;
  const limit = cusumLimit(
    metric.kind === 'count'
      ? { kind: 'poisson', mean: value }
      : { kind: 'binomial', rate, n: medianDenominator(observations, start) },
  );
  if (uncapped <= limit) return undefined;
  const path = cusumPath(observations.slice(from).map(weightOf), limit);
  const cusum = path.at(-1) as number;
  if (cusum <= limit) return undefined;
  const since = observations.slice(from + path.lastIndexOf(0) + 1);
  const text = [
    `${formatObservation(metric, current, smallNumbers)} in ${current.period}`,
    ...(since.length > 1
      ? [`${formatObservation(metric, together(metric, since), smallNumbers)} since ${since[0]?.period}`]
      : []),
    reference.text,
    `so many failures are too many for chance (CUSUM ${cusum.toFixed(1)}, limit ${limit.toFixed(1)})`,
  ].join('; ');
  return warning(text, { value: current.value, baseline: reference.value, cusum, limit });
}

/** Several periods as one: counts are added, percentages never averaged; of plain counts the mean. */
function together(metric: Metric, since: readonly Observation[]): Observation {
  const last = since.at(-1) as Observation;
  if (metric.kind !== 'proportion')
    return { ...last, status: 'final', value: since.reduce((sum, { value }) => sum + value, 0) / since.length };
  const counted: readonly CountedObservation[] = since.filter(hasCounts);
  const numerator = counted.reduce((sum, observation) => sum + observation.numerator, 0);
  const denominator = counted.reduce((sum, observation) => sum + observation.denominator, 0);
  return { ...last, status: 'final', value: (100 * numerator) / denominator, numerator, denominator };
}

function judgeLine(
  metric: Metric,
  current: Observation,
  { value, text }: Reference,
  { smallNumbers }: Context,
): Finding | undefined {
  if (!isWorse(metric, current.value, value)) return undefined;
  const said = `${formatObservation(metric, current, smallNumbers)} in ${current.period}; ${text}`;
  return warning(`${said}; this line is to be held, so any fall counts (local policy)`, {
    value: current.value,
    baseline: value,
  });
}

function judgeByTolerance(
  metric: Metric,
  current: Observation,
  { value, text }: Reference,
  { smallNumbers }: Context,
): Finding | undefined {
  const { tolerance } = metric;
  if (tolerance === null) return undefined;
  const worst = metric.polarity === 'higher' ? value - tolerance : value + tolerance;
  if (!isWorse(metric, current.value, worst)) return undefined;
  const allowed = `${tolerance}${metric.kind === 'proportion' ? ' points' : ''} (local policy)`;
  const bare =
    metric.kind === 'proportion' && metric.cases === 'flow' && !hasCounts(current)
      ? '; given without counts, so only the tolerance can be applied'
      : '';
  const by =
    tolerance === 0 ? `anything worse counts (local policy)` : `worse by more than the tolerance of ${allowed}`;
  return warning(`${formatObservation(metric, current, smallNumbers)} in ${current.period}; ${text}; ${by}${bare}`, {
    value: current.value,
    baseline: value,
    tolerance,
  });
}

function warning(text: string, numbers: Record<string, number>): Finding {
  return { evaluator: 'inspection', level: 'warning', text, numbers };
}
