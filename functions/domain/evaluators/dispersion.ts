import type { Metric } from '../metric.ts';
import { CHANGE_BEFORE_MAX, CHANGE_RANGES_MIN, CHANGE_SINCE_MAX, DISPERSION_FROM } from '../rules.ts';
import { failuresOf, hasCounts, isShared, type Observation, scaleOf } from '../series.ts';
import { dispersionOf, varianceByRanges } from '../statistics/change-point.ts';

/** How much a metric's figures vary while nothing changes, as far as its record or the figure's own size says. */

/**
 * How many times as much successive months vary as their counts explain (Laney's σz squared), over the last three years from an
 * index on; 1 where that is not much, or where fewer than two years tell.
 */
export function dispersionAmong(metric: Metric, observations: readonly Observation[], start: number): number {
  const first = Math.max(start, observations.length - CHANGE_BEFORE_MAX - CHANGE_SINCE_MAX);
  const binomial = isShared(metric);
  const reports = observations.slice(first).flatMap((observation) => {
    if (!binomial) return { bad: observation.value, size: 1 };
    return hasCounts(observation) ? { bad: failuresOf(metric, observation), size: observation.denominator } : [];
  });
  if (reports.length < CHANGE_BEFORE_MAX) return 1;
  const dispersion = dispersionOf(reports, 0, -1, binomial);
  return dispersion >= DISPERSION_FROM ? dispersion : 1;
}

/** The standard deviation of one figure by its own size, where the service is at `level`; 0 where its size says nothing. */
export function spreadBySize(metric: Metric, { denominator }: Observation, level: number): number {
  if (metric.kind === 'count') return Math.sqrt(Math.max(0, level));
  if (!isShared(metric) || denominator === undefined) return 0;
  return Math.sqrt(Math.max(0, level * (scaleOf(metric) - level)) / denominator);
}

/** The standard deviation of figures without counts, by their moving ranges; 0 where those are too few. */
export function spreadByRanges(observations: readonly Observation[], start: number): number {
  const first = Math.max(start, observations.length - CHANGE_BEFORE_MAX - CHANGE_SINCE_MAX);
  const reports = observations.slice(first).map(({ value }) => ({ bad: value, size: 1 }));
  return reports.length - 1 < CHANGE_RANGES_MIN ? 0 : Math.sqrt(varianceByRanges(reports, 0, -1));
}
