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
import { failuresOf, hasCounts, isShared, isWorse, type Observation, pool, scaleOf } from '../series.ts';
import { jeffreysCount, jeffreysRate } from '../statistics/binomial.ts';
import {
  binomialWeights,
  cusumLimit,
  cusumPath,
  cusumRatio,
  type InControl,
  poissonWeights,
  stepCusum,
} from '../statistics/cusum.ts';
import { dispersionAmong, spreadByRanges, spreadBySize } from './dispersion.ts';
import type { Context, Evaluator, Reason, Reference } from './evaluator.ts';

/** The figure that a metric is compared with, in its unit, and from where on. */
interface Compared {
  readonly value: number;
  /** Index of the first observation that is compared with it. */
  readonly from: number;
  readonly reference: Reference;
}

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
 * figure by more than the metric's tolerance. A baseline that is a lower bound is compared as that bound; for one in words
 * the first final submissions stand in, and the finding says so. So they do once the way of working has changed since, unless
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
  context: Pick<Context, 'start' | 'comparable'>,
): Compared | undefined {
  const { baseline, heldFrom = '' } = metric;
  let { start } = context;
  while (start < observations.length && (observations[start] as Observation).period < heldFrom) start++;
  // What was found before the way of working changed says nothing of what came after.
  const isRebased = start > 0 && start === context.start;
  if (isRebased && context.comparable !== undefined)
    return { value: context.comparable, from: start, reference: { kind: 'comparable', value: context.comparable } };
  if (baseline.kind === 'figure' && (!isRebased || metric.holdLine))
    return { value: baseline.value, from: start, reference: { kind: 'baseline' } };
  if (baseline.kind === 'none' || metric.holdLine) return undefined;
  if (observations.length - start <= ESTIMATE_FROM_SUBMISSIONS) return undefined;
  const first: Observation[] = [];
  let from = start;
  for (; from < observations.length && first.length < ESTIMATE_FROM_SUBMISSIONS; from++) {
    const observation = observations[from] as Observation;
    if (observation.status === 'final' && (!isShared(metric) || hasCounts(observation))) first.push(observation);
  }
  const [earliest, latest] = [first[0], first.at(-1)];
  if (!earliest || !latest || first.length < ESTIMATE_FROM_SUBMISSIONS || from >= observations.length) return undefined;
  const value = estimate(metric, first);
  return { value, from, reference: { kind: 'estimate', value, from: earliest.period, to: latest.period } };
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
function typicalMonth(observations: readonly Observation[], start: number): number {
  let count = 0;
  for (let i = observations.length - 1; i >= start && count < TYPICAL_MONTH_REPORTS; i--) {
    const { denominator } = observations[i] as Observation;
    if (denominator !== undefined) DENOMINATORS[count++] = denominator;
  }
  const sorted = DENOMINATORS.subarray(0, count).sort();
  const middle = count - 1;
  const median = ((sorted[middle >> 1] as number) + (sorted[(middle + 1) >> 1] as number)) / 2;
  const unit = 10 ** (Math.floor(Math.log10(median)) + 1 - TYPICAL_MONTH_DIGITS);
  return unit > 1 ? Math.round(median / unit) * unit : median;
}

/** Overwritten by each call: made anew each month, it would be a tenth of what judging costs. */
const DENOMINATORS = new Float64Array(TYPICAL_MONTH_REPORTS);

function judgeByCusum(
  metric: Metric,
  observations: readonly Observation[],
  compared: Compared,
  { start, clearedIn }: Context,
): Judgement | undefined {
  const { value } = compared;
  const scale = scaleOf(metric);
  const rate = (metric.polarity === 'higher' ? scale - value : value) / scale;
  const inControl: InControl =
    metric.kind === 'count'
      ? { kind: 'poisson', mean: value }
      : { kind: 'binomial', rate, n: typicalMonth(observations, start) };
  const ratio = cusumRatio(inControl);
  const weightOf = weights(metric, value, rate, ratio);
  let { from } = compared;
  while (clearedIn && from < observations.length && (observations[from] as Observation).period <= clearedIn) from++;
  // The cap only lowers the path: the limit, which costs more, is asked for only where it could be exceeded.
  let uncapped = 0;
  for (let i = from; i < observations.length; i++)
    uncapped = stepCusum(uncapped, weightOf(observations[i] as Observation), Number.POSITIVE_INFINITY);
  if (uncapped === 0) return undefined;
  const limit = cusumLimit(inControl);
  if (uncapped <= limit) return undefined;
  const dispersion = dispersionAmong(metric, observations, start);
  const path = cusumPath(
    observations.slice(from).map((observation) => weightOf(observation) / dispersion),
    limit,
  );
  const cusum = path.at(-1) as number;
  if (cusum <= limit) return undefined;
  const summed = observations.slice(from + path.lastIndexOf(0) + 1);
  const first = summed[0];
  const since = first && summed.length > 1 ? pool(metric, summed) : undefined;
  return { reason: { kind: 'cusum', cusum, limit, ...(since ? { since } : {}) }, numbers: { cusum, limit } };
}

/** What each observation adds to the sum. */
function weights(metric: Metric, value: number, rate: number, ratio: number): (observation: Observation) => number {
  if (metric.kind === 'count') {
    const weigh = poissonWeights(value, ratio);
    return (observation) => weigh(observation.value);
  }
  const weigh = binomialWeights(rate, ratio);
  return (observation) =>
    hasCounts(observation) ? weigh(failuresOf(metric, observation), observation.denominator) : 0;
}

function judgeByTolerance(
  metric: Metric,
  current: Observation,
  observations: readonly Observation[],
  { value, from, reference }: Compared,
  { start }: Context,
): Judgement | undefined {
  if (metric.tolerance === null) return undefined;
  const bare = isShared(metric) && metric.cases === 'flow' && !hasCounts(current);
  const byRanges = bare || metric.kind === 'mean';
  const spread = byRanges ? spreadByRanges(observations, start) : spreadBySize(metric, current, value);
  const uncertain = reference.kind === 'estimate' ? ESTIMATE_SPREAD : 1;
  const tolerance = Math.max(metric.tolerance, SIZE_DEVIATIONS * uncertain * spread);
  const worst = metric.polarity === 'higher' ? value - tolerance : value + tolerance;
  if (!isWorse(metric, current.value, worst)) return undefined;
  // Without counts one month may be chance: two of three are not.
  const recent = observations.slice(from).slice(-REPEATED_AMONG);
  if (bare && recent.filter((each) => isWorse(metric, each.value, worst)).length < REPEATED_FAILURES) return undefined;
  return { reason: { kind: 'tolerance', tolerance, bare }, numbers: { tolerance } };
}
