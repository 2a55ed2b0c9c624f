import type { Metric } from '../metric.ts';
import { addMonths, monthsBetweenReports } from '../period.ts';
import {
  CHANGE_BEFORE_MAX,
  CHANGE_BEFORE_MIN,
  CHANGE_HOLDS,
  CHANGE_LIMIT,
  CHANGE_OF_A_YEAR,
  CHANGE_ROLLING_CORRELATION,
  CHANGE_SINCE_MAX,
} from '../rules.ts';
import {
  type Columns,
  firstFrom,
  hasCounts,
  isShared,
  isWorse,
  type Observation,
  type Pooled,
  pool,
  scaleOf,
} from '../series.ts';
import { findWorsening, type Noise } from '../statistics/change-point.ts';
import { type LastReports, lastReports } from './dispersion.ts';
import type { Context, Evaluator, LevelReached, Result } from './evaluator.ts';

/**
 * Compares with the level that the service itself had reached; `warning`.
 *
 * The last 1 to 12 reports are at a worse level than up to 24 before them, and chance does not explain it. New cases by
 * their counts, over the dispersion of successive months; snapshots, averages and percentages without counts by their own
 * moving ranges. Only a figure that is worse than half a year was at its best brings it up, and none that is back near the level before. Once found, it holds until a figure is back within a quarter of the gap of the level before, or the way of
 * working changes; and after an episode has ended, only later reports count as the level since.
 */
export const changePoint: Evaluator = (metric, observations, context) => {
  const { period, start, cleared, reached, columns } = context;
  const current = observations.at(-1);
  if (current?.period !== period || isOverlapping(metric)) return undefined;
  if (reached) return judgeHeld(metric, current, observations, reached, context);
  const latest = Math.max(start, latestFrom(observations));
  if (!isWorse(metric, current.value, bestBetween(metric, columns, latest, observations.length))) return undefined;
  const change = findChange(metric, observations, columns, { from: latest, splitFrom: cleared });
  if (!change) return undefined;
  const { before, since, statistic } = change;
  if (isBack(metric, current.value, before.pooled.value, since.pooled.value)) return undefined;
  return resultOf(current, { before, from: since.from, worst: since.pooled.value }, () => since, {
    statistic,
    limit: CHANGE_LIMIT,
  });
};

/** The best that half a year was on average. What came before that was worse says nothing of a fall from it. */
function bestBetween(metric: Metric, { value }: Columns, start: number, end: number): number {
  let sum = 0;
  let best = Number.NaN;
  for (let i = start; i < end; i++) {
    sum += value[i] as number;
    const first = i - CHANGE_BEFORE_MIN;
    if (first >= start) sum -= value[first] as number;
    if (i - start + 1 >= CHANGE_BEFORE_MIN && !isWorse(metric, sum, best)) best = sum;
  }
  return best / CHANGE_BEFORE_MIN;
}

/** Whether a figure is within a quarter of the gap of the better level. */
const isBack = (metric: Metric, value: number, better: number, worse: number): boolean =>
  !isWorse(metric, value, better + CHANGE_HOLDS * (worse - better));

function meanBetween({ value }: Columns, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) sum += value[i] as number;
  return sum / (end - start);
}

/**
 * Within an episode: the figures are worse than when it was last told, by the same evidence. The level before covers reports
 * from the one with which it was told (the index) on, one of them at least.
 */
export function worsening(
  metric: Metric,
  observations: readonly Observation[],
  told: number,
  columns: Columns,
): Result | undefined {
  const current = observations.at(-1);
  if (!current || told >= observations.length - 1 || isOverlapping(metric)) return undefined;
  const latest = latestFrom(observations);
  if (!isWorse(metric, current.value, meanBetween(columns, Math.max(told, latest), observations.length)))
    return undefined;
  const change = findChange(metric, observations, columns, { from: latest, startFrom: told, before: 1 });
  if (!change) return worseningOfAYear(metric, observations, current, observations[told]);
  const { before, since, statistic } = change;
  const reached = { before, from: since.from, worst: since.pooled.value };
  const numbers = { statistic, limit: CHANGE_LIMIT };
  return { ...resultOf(current, reached, () => since, numbers), reason: { kind: 'worse' } };
}

/**
 * Of shares without counts that come once a year there are never enough to say how much they vary: worse by so many points
 * than the figure that was last told is worse.
 */
function worseningOfAYear(
  metric: Metric,
  observations: readonly Observation[],
  current: Observation,
  told: Observation | undefined,
): Result | undefined {
  if (metric.kind !== 'proportion' || hasCounts(current)) return undefined;
  const last = observations.at(-2);
  const isYearly = last !== undefined && addMonths(last.period, monthsBetweenReports('annual')) <= current.period;
  if (!told || !isYearly) return undefined;
  const by = CHANGE_OF_A_YEAR;
  if (!isWorse(metric, current.value, metric.polarity === 'higher' ? told.value - by : told.value + by))
    return undefined;
  const reached = { before: pool(metric, [told]), from: current.period, worst: current.value };
  return { ...resultOf(current, reached, () => pool(metric, [current]), {}), reason: { kind: 'worse', by } };
}

/** So far back a change of level is sought. */
const latestFrom = ({ length }: readonly Observation[]): number =>
  Math.max(0, length - CHANGE_BEFORE_MAX - CHANGE_SINCE_MAX);

/** While the figure is nearer to the worse level than a quarter of the gap from the better one, it is not back there. */
function judgeHeld(
  metric: Metric,
  current: Observation,
  observations: readonly Observation[],
  reached: LevelReached,
  { start }: Context,
): Result | undefined {
  const { before, from, worst } = reached;
  if ((observations[start]?.period ?? '') > before.to) return undefined;
  if (isBack(metric, current.value, before.pooled.value, worst)) return undefined;
  const first = firstFrom(observations, from);
  const { length } = observations;
  return resultOf(
    current,
    reached,
    () => pool(metric, comparableWith(metric, observations.slice(first, length), current)),
    {},
  );
}

function resultOf(
  current: Observation,
  reached: LevelReached,
  since: () => Pooled,
  numbers: Readonly<Record<string, number>>,
): Result {
  return {
    evaluator: 'change-point',
    level: 'warning',
    figure: current,
    period: current.period,
    reference: { kind: 'reached', reached, since },
    reason: { kind: 'change' },
    numbers: { value: current.value, ...numbers },
  };
}

/** The observations that can be compared with the current one: where that has counts, those that have them. */
function comparableWith(
  metric: Metric,
  observations: readonly Observation[],
  current: Observation,
): readonly Observation[] {
  return isShared(metric) && hasCounts(current) ? observations.filter(hasCounts) : observations;
}

/** What two levels of a metric are sought among, by indexes of its observations. */
interface Sought {
  /** The first that is looked at. */
  readonly from: number;
  /** The first that may belong to the level before, and the first that may to the level since. */
  readonly startFrom?: number;
  readonly splitFrom?: number;
  /** The fewest reports of the level before. */
  readonly before?: number;
}

/** Two levels of a metric, the later the worse one. */
interface Change {
  readonly before: Pooled;
  readonly since: Pooled;
  readonly statistic: number;
}

/**
 * Where the last of a metric's observations are at a worse level than those before, by what its nature makes of chance. Only
 * what can be compared with the current one counts: where that has counts, those that have them.
 */
function findChange(
  metric: Metric,
  observations: readonly Observation[],
  columns: Columns,
  { from, startFrom = 0, splitFrom = 0, before }: Sought,
): Change | undefined {
  const counted = isShared(metric) && hasCounts(observations.at(-1) as Observation);
  const isNew = metric.cases === 'flow' || isCohort(metric);
  const areFailures = isNew && counted;
  const areEvents = isNew && metric.kind === 'count' && metric.polarity === 'lower';
  const by = areFailures ? 'failures' : counted ? 'counted values' : 'values';
  const reports = lastReports(metric, columns, from, observations.length, by);
  const noise: Noise = areFailures
    ? { kind: 'binomial' }
    : areEvents
      ? { kind: 'poisson' }
      : noiseOf(metric, observations.at(-1)?.denominator);
  const change = findWorsening(reports, noise, {
    startFrom: placeOf(reports, startFrom),
    splitFrom: placeOf(reports, splitFrom),
    ...(before === undefined ? {} : { before }),
  });
  if (!change) return undefined;
  const { start, split, statistic } = change;
  const poolOf = (first: number, end: number): Pooled =>
    pool(
      metric,
      Array.from(reports.at.subarray(first, end), (index) => observations[index] as Observation),
    );
  return { before: poolOf(start, split), since: poolOf(split, reports.length), statistic };
}

/** Where among reports those from an observation's index on begin. */
function placeOf({ at, length }: LastReports, index: number): number {
  let place = 0;
  while (place < length && (at[place] as number) < index) place++;
  return place;
}

/** Each year's children are new ones. */
export const isCohort = ({ frequency, window }: Metric): boolean => frequency === 'annual' && window !== 'month';

/**
 * Averages over three years: one report is of nearly the same children as the one before, so that no step from one to the
 * next can be held against chance.
 */
export const isOverlapping = ({ window }: Metric): boolean => window === '36-months';

/** @param size the denominator of the current figure, where it has one. */
function noiseOf(metric: Metric, size: number | undefined): Noise {
  const correlation = metric.window === '12-months' ? CHANGE_ROLLING_CORRELATION : 0;
  const least = (mean: number): number => {
    if (metric.kind === 'count') return Math.abs(mean);
    if (!isShared(metric) || !size) return 0;
    return Math.max(0, (Math.abs(mean) * (scaleOf(metric) - Math.abs(mean))) / size);
  };
  return { kind: 'ranges', least, correlation };
}
