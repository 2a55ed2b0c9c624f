import type { Metric } from '../metric.ts';
import {
  ESTIMATE_DEVIATIONS,
  ESTIMATE_FROM_SUBMISSIONS,
  ESTIMATE_SPREAD,
  REPEATED_AMONG,
  REPEATED_FAILURES,
  SIZE_DEVIATIONS,
  TYPICAL_MONTH_DIGITS,
  TYPICAL_MONTH_REPORTS,
} from '../rules.ts';
import {
  type Columns,
  failuresOf,
  firstFrom,
  hasCounts,
  isShared,
  isWorse,
  type Observation,
  pool,
  scaleOf,
} from '../series.ts';
import { jeffreysCount, jeffreysRate } from '../statistics/binomial.ts';
import {
  binomialWeights,
  cusumLimit,
  cusumRatio,
  type InControl,
  poissonWeights,
  stepCusum,
} from '../statistics/cusum.ts';
import { isOverlapping } from './change-point.ts';
import { dispersionAmong, spreadByRanges, toleranceBySize } from './dispersion.ts';
import type { Calm, Compared, Context, Evaluator, Memory, Path, Reason } from './evaluator.ts';

/** Why it is a finding, with the numbers that say so. */
interface Judgement {
  readonly reason: Reason;
  readonly numbers?: Readonly<Record<string, number>>;
}

/**
 * Compares with what the inspection found; `warning`.
 *
 * Where the line is to be held, any fall counts. Flow proportions and counts: a CUSUM against the figure, since the last
 * rebase date and since the metric's last episode ended. Everything else, and percentages without counts: worse than the
 * figure by more than the metric's tolerance; monthly averages, and percentages without counts, in two of the last three reports. A baseline that is
 * a lower bound is compared as that bound; for one in words the first final submissions stand in, and the finding says so. So they do once the way of working has changed since, unless
 * a comparable figure was stated with that.
 */
export const inspection: Evaluator = (metric, observations, context) => {
  const { period } = context;
  const current = observations.at(-1);
  if (!current || current.period !== period || metric.polarity === 'neutral') return undefined;
  const compared = comparedWith(metric, observations, context);
  const judgement = compared && judge(metric, current, observations, compared, context);
  if (!judgement) return undefined;
  return {
    evaluator: 'inspection',
    level: 'warning',
    figure: current,
    period,
    reference: compared.reference,
    reason: judgement.reason,
    numbers: { value: current.value, baseline: compared.value, ...judgement.numbers },
  };
};

function judge(
  metric: Metric,
  current: Observation,
  observations: readonly Observation[],
  compared: Compared,
  context: Context,
): Judgement | undefined {
  if (metric.holdLine)
    return isWorse(metric, current.value, compared.value) ? { reason: { kind: 'any-fall' } } : undefined;
  return hasCusum(metric, current, compared)
    ? judgeByCusum(metric, observations, compared, context)
    : judgeByTolerance(metric, current, observations, compared, context);
}

/** What the last of a metric's observations is held against: see {@link inspection}. */
export function comparedWith(
  metric: Metric,
  observations: readonly Observation[],
  context: Pick<Context, 'start' | 'comparable'> & { readonly memory?: Memory },
): Compared | undefined {
  const { baseline, heldFrom } = metric;
  const start = heldFrom ? Math.max(context.start, firstFrom(observations, heldFrom)) : context.start;
  // What was found before the way of working changed says nothing of what came after.
  const isRebased = start > 0 && start === context.start;
  if (isRebased && context.comparable !== undefined)
    return { value: context.comparable, from: start, reference: { kind: 'comparable', value: context.comparable } };
  if (baseline.kind === 'figure' && (!isRebased || metric.holdLine))
    return { value: baseline.value, from: start, reference: { kind: 'baseline' } };
  if (baseline.kind === 'none' || metric.holdLine) return undefined;
  const { memory = {} } = context;
  if (memory.estimate?.start === start) return memory.estimate.compared;
  const first: Observation[] = [];
  let from = start;
  for (; from < observations.length && first.length < ESTIMATE_FROM_SUBMISSIONS; from++) {
    const observation = observations[from] as Observation;
    if (observation.status === 'final' && (!isShared(metric) || hasCounts(observation))) first.push(observation);
  }
  // Where there are too few, all were looked at.
  if (from >= observations.length) return undefined;
  const [earliest, latest] = [first[0] as Observation, first.at(-1) as Observation];
  const value = estimate(metric, first);
  const reference = { kind: 'estimate', value, from: earliest.period, to: latest.period } as const;
  memory.estimate = { start, compared: { value, from, reference } };
  return memory.estimate.compared;
}

/** What the first submissions say of the normal state, leaning to the worse side by as much as they are few. */
function estimate(metric: Metric, first: readonly Observation[]): number {
  const worse = metric.polarity === 'higher' ? -1 : 1;
  if (isShared(metric)) {
    const scale = scaleOf(metric);
    const counted = first.filter(hasCounts);
    const failures = counted.reduce((sum, observation) => sum + failuresOf(metric, observation), 0);
    const { mean, sd } = jeffreysRate(
      failures,
      counted.reduce((sum, { denominator }) => sum + denominator, 0),
    );
    const rate = scale * Math.min(1, mean + ESTIMATE_DEVIATIONS * sd);
    return metric.polarity === 'higher' ? scale - rate : rate;
  }
  const total = first.reduce((sum, { value }) => sum + value, 0);
  if (metric.kind === 'mean' || metric.cases === 'stock') return total / first.length;
  const { mean, sd } = jeffreysCount(total, first.length);
  return mean + worse * ESTIMATE_DEVIATIONS * sd;
}

/** Whether a CUSUM applies: new cases, and a figure strictly between its bounds. More of a count, or of a rate, is failure only where less is better. */
function hasCusum(metric: Metric, current: Observation, { value }: Compared): boolean {
  if (metric.cases !== 'flow' || value <= 0) return false;
  if (metric.kind === 'count') return metric.polarity === 'lower';
  if (metric.kind === 'rate' && metric.polarity === 'higher') return false;
  return isShared(metric) && hasCounts(current) && value < scaleOf(metric);
}

/**
 * The cases of a typical month: the median of the latest reports, to {@link TYPICAL_MONTH_DIGITS} digits.
 */
function typicalMonth({ denominator }: Columns, start: number, length: number): number {
  let count = 0;
  for (let i = length - 1; i >= start && count < TYPICAL_MONTH_REPORTS; i--) {
    const n = denominator[i] as number;
    if (Number.isNaN(n)) continue;
    // Put in its place among the larger ones: two dozen are too few for a sort to be called.
    let place = count++;
    for (; place > 0 && (SORTED[place - 1] as number) > n; place--) SORTED[place] = SORTED[place - 1] as number;
    SORTED[place] = n;
  }
  const middle = count - 1;
  const median = ((SORTED[middle >> 1] as number) + (SORTED[(middle + 1) >> 1] as number)) / 2;
  const unit = 10 ** (Math.floor(Math.log10(median)) + 1 - TYPICAL_MONTH_DIGITS);
  return unit > 1 ? Math.round(median / unit) * unit : median;
}

/** Overwritten by each call: made anew each month, it would be a tenth of what judging costs. */
const SORTED = new Float64Array(TYPICAL_MONTH_REPORTS);

function judgeByCusum(
  metric: Metric,
  observations: readonly Observation[],
  compared: Compared,
  context: Context,
): Judgement | undefined {
  const { length } = observations;
  const began = Math.max(compared.from, context.cleared);
  // Up to there it is zero, wherever it began.
  const from = Math.max(began, calmBefore(metric, compared, context, length));
  if (from >= length) return undefined;
  const { columns, memory } = context;
  const month = metric.kind === 'count' ? 1 : typicalMonth(columns, context.start, length);
  const inControl = inControlAt(metric, compared, month);
  const weightOf = weights(metric, inControl, columns);
  const { value } = compared;
  const known = memory.path;
  const goesOn = known?.value === value && known.month === month && known.began === began;
  const path = goesOn ? known : { value, month, began, through: from, sum: 0 };
  memory.path = path;
  // The cap only lowers the path: the limit, which costs more, is asked for only where it could be exceeded.
  const uncapped = sumThrough(length, from, weightOf, path);
  if (uncapped === 0) return undefined;
  const limit = cusumLimit(inControl);
  if (uncapped <= limit) return undefined;
  const dispersion = dispersionAmong(metric, context, observations.length);
  let cusum = 0;
  let first = from;
  for (let i = from; i < length; i++) {
    cusum = stepCusum(cusum, weightOf(i) / dispersion, limit);
    if (cusum === 0) first = i + 1;
  }
  if (cusum <= limit) return undefined;
  const since = () => pool(metric, observations.slice(first, length));
  return {
    reason: { kind: 'cusum', cusum, limit, ...(length - first > 1 ? { since } : {}) },
    numbers: { cusum, limit },
  };
}

/** The CUSUM without its cap before an index; it is zero at `from`, and what was summed of it so far is summed no more. */
function sumThrough(length: number, from: number, weightOf: (index: number) => number, path: Path): number {
  if (path.through < from) {
    path.through = from;
    path.sum = 0;
  }
  for (; path.through < length; path.through++)
    path.sum = stepCusum(path.sum, weightOf(path.through), Number.POSITIVE_INFINITY);
  return path.sum;
}

/** A month of so many cases at the baseline. */
function inControlAt(metric: Metric, { value }: Compared, n: number): InControl {
  if (metric.kind === 'count') return { kind: 'poisson', mean: value };
  const scale = scaleOf(metric);
  return { kind: 'binomial', rate: (metric.polarity === 'higher' ? scale - value : value) / scale, n };
}

/** What the observation of an index adds to the sum. */
function weights(
  { polarity }: Metric,
  inControl: InControl,
  { value, numerator, denominator }: Columns,
): (index: number) => number {
  const ratio = cusumRatio(inControl);
  if (inControl.kind === 'poisson') {
    const weigh = poissonWeights(inControl.mean, ratio);
    return (i) => weigh(value[i] as number);
  }
  const weigh = binomialWeights(inControl.rate, ratio);
  return (i) => {
    const [x, n] = [numerator[i] as number, denominator[i] as number];
    return Number.isNaN(n) ? 0 : weigh(polarity === 'higher' ? n - x : x, n);
  };
}

/** How much larger a month may be than those so far before the sum has to be made again. */
const ROOM_FOR_LARGER = 2;
/** By how much less is taken off the sum than its formula says: far more than rounding could be, so that where the sum is zero the CUSUM is zero too. */
const FOR_ROUNDING = 1e-6;

/**
 * The index before which the CUSUM is at zero, whatever the typical month has been or will be. A month's weight at an odds ratio r is
 * log(r) times its failures less s(r) a case, and s grows with r; so no CUSUM is above zero where the sum for the least r, that
 * of the largest months, is zero. It goes on from month to month, where the CUSUM, tuned to the typical month, begins anew.
 */
function calmBefore(metric: Metric, compared: Compared, context: Context, length: number): number {
  const { value, numerator, denominator } = context.columns;
  const isCount = metric.kind === 'count';
  const calm = calmSoFar(metric, compared, context, length);
  for (; calm.through < length; calm.through++) {
    const i = calm.through;
    const n = isCount ? 1 : (denominator[i] as number);
    const x = (isCount ? value[i] : numerator[i]) as number;
    const failures = !isCount && metric.polarity === 'higher' ? n - x : x;
    if (!Number.isNaN(n)) calm.sum = Math.max(0, calm.sum + failures - n * calm.slope);
    if (calm.sum === 0) calm.after = i + 1;
  }
  return calm.after;
}

/** The sum so far, or one that is to be made anew: for another baseline, or for larger months. */
function calmSoFar(metric: Metric, compared: Compared, context: Context, length: number): Calm {
  const { columns, memory, start } = context;
  const { value, from } = compared;
  const known = memory.calm;
  const goesOn = known?.value === value && known.start === start && known.from === from;
  let most = goesOn ? known.most : 1;
  const unseen = goesOn ? known.through : start;
  if (metric.kind !== 'count') for (let i = unseen; i < length; i++) most = Math.max(most, columns.denominator[i] || 0);
  if (goesOn && most === known.most) return known;
  most *= ROOM_FOR_LARGER;
  // A typical month may be rounded up by half a unit of its last digit.
  const inControl = inControlAt(metric, compared, most * (1 + 10 ** (1 - TYPICAL_MONTH_DIGITS)));
  const ratio = cusumRatio(inControl);
  const expected =
    inControl.kind === 'poisson' ? (ratio - 1) * inControl.mean : Math.log1p((ratio - 1) * inControl.rate);
  const slope = (expected / Math.log(ratio)) * (1 - FOR_ROUNDING);
  memory.calm = { value, start, from, most, slope, through: from, sum: 0, after: from };
  return memory.calm;
}

function judgeByTolerance(
  metric: Metric,
  current: Observation,
  observations: readonly Observation[],
  { value, from, reference }: Compared,
  context: Context,
): Judgement | undefined {
  if (metric.tolerance === null) return undefined;
  const bare = isShared(metric) && metric.cases === 'flow' && !hasCounts(current);
  const byRanges = bare || metric.kind === 'mean';
  const deviations = SIZE_DEVIATIONS * (reference.kind === 'estimate' ? ESTIMATE_SPREAD : 1);
  const byChance = byRanges
    ? deviations * spreadByRanges(metric, context, observations.length)
    : toleranceBySize(metric, current, value, deviations);
  const tolerance = Math.max(metric.tolerance, byChance);
  const worst = metric.polarity === 'higher' ? value - tolerance : value + tolerance;
  if (!isWorse(metric, current.value, worst)) return undefined;
  // Where only moving ranges say what chance brings, one month may be chance: two of three are not. A year's figure does not wait for the next.
  const recent = observations.slice(Math.max(from, observations.length - REPEATED_AMONG));
  const beyond = recent.filter(({ value }) => isWorse(metric, value, worst)).length;
  const waits = bare || (metric.kind === 'mean' && metric.frequency === 'monthly' && !isOverlapping(metric));
  if (waits && beyond < REPEATED_FAILURES) return undefined;
  return { reason: { kind: 'tolerance', tolerance, bare }, numbers: { tolerance } };
}
