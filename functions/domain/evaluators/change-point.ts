import type { Metric } from '../metric.ts';
import { addMonths, monthsBetweenReports } from '../period.ts';
import {
  CHANGE_BEFORE_MAX,
  CHANGE_HOLDS,
  CHANGE_LIMIT,
  CHANGE_OF_A_YEAR,
  CHANGE_ROLLING_CORRELATION,
  CHANGE_SINCE_MAX,
} from '../rules.ts';
import { failuresOf, hasCounts, isShared, isWorse, type Observation, type Pooled, pool, scaleOf } from '../series.ts';
import { findWorsening, type LevelChange, type Noise, type Report, type Sought } from '../statistics/change-point.ts';
import type { Context, Evaluator, LevelReached, Result } from './evaluator.ts';

/**
 * Compares with the level that the service itself had reached; `warning`.
 *
 * The last 1 to 12 reports are at a worse level than up to 24 before them, and chance does not explain it. New cases by
 * their counts, over the dispersion of successive months; snapshots, averages and percentages without counts by their own
 * moving ranges. Only a figure that is worse than usual brings it up. Once found, it holds until a figure is back within a quarter of the gap of the level before, or the way of
 * working changes; and after an episode has ended, only later reports count as the level since.
 */
export const changePoint: Evaluator = (metric, observations, context) => {
  const { period, start, clearedIn, reached } = context;
  const current = observations.at(-1);
  if (!current || current.period !== period || metric.polarity === 'neutral') return undefined;
  if (isOverlapping(metric)) return undefined;
  if (reached) return judgeHeld(metric, current, observations, reached, context);
  const latest = Math.max(start, latestFrom(observations));
  if (!isWorse(metric, current.value, meanFrom(observations, latest))) return undefined;
  const series = comparableFrom(metric, observations, latest, current);
  const splitFrom = clearedIn ? series.findIndex((observation) => observation.period > clearedIn) : 0;
  const change = splitFrom < 0 ? undefined : findChange(metric, series, { splitFrom });
  if (!change) return undefined;
  const before = pool(metric, series.slice(change.start, change.split));
  const since = pool(metric, series.slice(change.split));
  return resultOf(current, { before, from: since.from, worst: since.pooled.value }, since, {
    statistic: change.statistic,
    limit: CHANGE_LIMIT,
  });
};

function meanFrom(observations: readonly Observation[], start: number): number {
  let sum = 0;
  for (let i = start; i < observations.length; i++) sum += (observations[i] as Observation).value;
  return sum / (observations.length - start);
}

/**
 * Within an episode: the figures are worse than when it was last told, by the same evidence. The level before covers reports
 * from the one with which it was told (the index) on, one of them at least.
 */
export function worsening(metric: Metric, observations: readonly Observation[], told: number): Result | undefined {
  const current = observations.at(-1);
  if (!current || told >= observations.length - 1 || isOverlapping(metric)) return undefined;
  if (!isWorse(metric, current.value, meanFrom(observations, Math.max(told, latestFrom(observations)))))
    return undefined;
  const series = comparableFrom(metric, observations, latestFrom(observations), current);
  const since = observations[told]?.period ?? '';
  const startFrom = series.findIndex(({ period }) => period >= since);
  const change = findChange(metric, series, { startFrom, splitFrom: startFrom + 1, before: 1 });
  if (!change) return worseningOfAYear(metric, series, current, observations[told]);
  const before = pool(metric, series.slice(change.start, change.split));
  const worst = pool(metric, series.slice(change.split));
  const reached = { before, from: worst.from, worst: worst.pooled.value };
  const numbers = { statistic: change.statistic, limit: CHANGE_LIMIT };
  return { ...resultOf(current, reached, worst, numbers), reason: { kind: 'worse' } };
}

/**
 * Of shares without counts that come once a year there are never enough to say how much they vary: worse by so many points
 * than the figure that was last told is worse.
 */
function worseningOfAYear(
  metric: Metric,
  series: readonly Observation[],
  current: Observation,
  told: Observation | undefined,
): Result | undefined {
  const last = series.at(-2);
  const isYearly = last !== undefined && addMonths(last.period, monthsBetweenReports('annual')) <= current.period;
  if (!told || !isYearly || hasCounts(current) || metric.kind !== 'proportion') return undefined;
  const by = CHANGE_OF_A_YEAR;
  if (!isWorse(metric, current.value, metric.polarity === 'higher' ? told.value - by : told.value + by))
    return undefined;
  const since = pool(metric, [current]);
  const reached = { before: pool(metric, [told]), from: current.period, worst: current.value };
  return { ...resultOf(current, reached, since, {}), reason: { kind: 'worse', by } };
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
  const better = before.pooled.value;
  if (!isWorse(metric, current.value, better + CHANGE_HOLDS * (worst - better))) return undefined;
  const first = observations.findIndex(({ period }) => period >= from);
  return resultOf(current, reached, pool(metric, comparableFrom(metric, observations, first, current)), {});
}

function resultOf(
  current: Observation,
  reached: LevelReached,
  since: Pooled,
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

/** The observations from an index on that can be compared with the current one: where that has counts, those that have them. */
function comparableFrom(
  metric: Metric,
  observations: readonly Observation[],
  start: number,
  current: Observation,
): readonly Observation[] {
  const counted = isShared(metric) && hasCounts(current);
  const comparable: Observation[] = [];
  for (let i = start; i < observations.length; i++) {
    const observation = observations[i] as Observation;
    if (!counted || hasCounts(observation)) comparable.push(observation);
  }
  return comparable;
}

/** Where the last of a series' observations are at a worse level than those before, by what the metric's nature makes of chance. */
export function findChange(
  metric: Metric,
  series: readonly Observation[],
  sought: Sought = {},
): LevelChange | undefined {
  const current = series.at(-1);
  if (!current) return undefined;
  const isNew = metric.cases === 'flow' || isCohort(metric);
  if (isNew && isShared(metric) && hasCounts(current))
    return findWorsening(
      series.map(
        (observation): Report =>
          hasCounts(observation)
            ? { bad: failuresOf(metric, observation), size: observation.denominator }
            : { bad: 0, size: 0 },
      ),
      { kind: 'binomial' },
      sought,
    );
  if (isNew && metric.kind === 'count' && metric.polarity === 'lower')
    return findWorsening(
      series.map(({ value }) => ({ bad: value, size: 1 })),
      { kind: 'poisson' },
      sought,
    );
  const sign = metric.polarity === 'higher' ? -1 : 1;
  return findWorsening(
    series.map(({ value }) => ({ bad: sign * value, size: 1 })),
    noiseOf(metric, series),
    sought,
  );
}

/** Each year's children are new ones. */
export const isCohort = ({ frequency, window }: Metric): boolean => frequency === 'annual' && window !== 'month';

/**
 * Averages over three years: one report is of nearly the same children as the one before, so that no step from one to the
 * next can be held against chance.
 */
export const isOverlapping = ({ window }: Metric): boolean => window === '36-months';

function noiseOf(metric: Metric, series: readonly Observation[]): Noise {
  const correlation = metric.window === '12-months' ? CHANGE_ROLLING_CORRELATION : 0;
  const size = series.at(-1)?.denominator;
  const least = (mean: number): number => {
    if (metric.kind === 'count') return Math.abs(mean);
    if (!isShared(metric) || !size) return 0;
    return Math.max(0, (Math.abs(mean) * (scaleOf(metric) - Math.abs(mean))) / size);
  };
  return { kind: 'ranges', least, correlation };
}
