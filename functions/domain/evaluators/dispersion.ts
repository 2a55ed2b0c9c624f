import type { Metric } from '../metric.ts';
import { CHANGE_BEFORE_MAX, CHANGE_RANGES_MIN, CHANGE_SINCE_MAX, DISPERSION_FROM } from '../rules.ts';
import { type Columns, isShared, type Observation, scaleOf } from '../series.ts';
import { dispersionOf, type Reports, varianceByRanges } from '../statistics/change-point.ts';
import type { Context } from './evaluator.ts';

/** How much a metric's figures vary while nothing changes, as far as its record or the figure's own size says. */

/** What is known of a metric's record, from an index on. */
type Varying = Pick<Context, 'columns' | 'start'>;

/** Those of the last three years, with the index of each among the observations. */
export interface LastReports extends Reports {
  readonly at: Int32Array;
}

const MOST_REPORTS = CHANGE_BEFORE_MAX + CHANGE_SINCE_MAX;

/** Overwritten by each call: made anew every month, they would be a tenth of what judging costs. */
const LAST = {
  length: 0,
  bad: new Float64Array(MOST_REPORTS),
  size: new Float64Array(MOST_REPORTS),
  at: new Int32Array(MOST_REPORTS),
};

/**
 * The reports of the last three years, of so many observations, not before an index: failures, or values signed so that higher is
 * worse; of all, or of those whose counts are known. To be read before the next are asked for.
 */
export function lastReports(
  { polarity }: Metric,
  { value, numerator, denominator }: Columns,
  start: number,
  length: number,
  by: 'failures' | 'values' | 'counted values',
): LastReports {
  const { bad, size, at } = LAST;
  const isLess = polarity === 'higher';
  let count = 0;
  for (let i = Math.max(start, length - MOST_REPORTS); i < length; i++) {
    const n = denominator[i] as number;
    if (by !== 'values' && Number.isNaN(n)) continue;
    if (by === 'failures') {
      bad[count] = isLess ? n - (numerator[i] as number) : (numerator[i] as number);
      size[count] = n;
    } else {
      bad[count] = isLess ? -(value[i] as number) : (value[i] as number);
      size[count] = 1;
    }
    at[count++] = i;
  }
  LAST.length = count;
  return LAST;
}

/**
 * How many times as much successive months vary as their counts explain (Laney's σz squared), over the last three years from an
 * index on; 1 where that is not much, or where fewer than two years tell.
 */
export function dispersionAmong(metric: Metric, { columns, start }: Varying, length: number): number {
  const binomial = isShared(metric);
  const reports = lastReports(metric, columns, start, length, binomial ? 'failures' : 'values');
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
export function spreadByRanges(metric: Metric, { columns, start }: Varying, length: number): number {
  const reports = lastReports(metric, columns, start, length, 'values');
  return reports.length - 1 < CHANGE_RANGES_MIN ? 0 : Math.sqrt(varianceByRanges(reports, 0, -1));
}
