import type { Metric } from '../metric.ts';
import { XMR_MIN_POINTS, XMR_POINTS_IN_LIMITS, XMR_RUN } from '../rules.ts';
import { isWorse, type Observation } from '../series.ts';
import {
  type Direction,
  frozenAt,
  type Limits,
  type Lines,
  latestWithin,
  type XmrOptions,
  type XmrPoint,
  xmrChart,
} from '../statistics/xmr.ts';
import { isOverlapping } from './change-point.ts';
import type { Context, Evaluator } from './evaluator.ts';

const DIRECTION: Record<Metric['polarity'], Direction> = {
  higher: 'increase',
  lower: 'decrease',
  target: 'neutral',
  neutral: 'neutral',
};

/**
 * How a metric's XmR chart is made, wherever one is: judged, drawn or answered. `rebasePeriods` are the months in which the
 * way of working changed; each begins a new group of limits.
 */
export function chartOptions(
  metric: Pick<Metric, 'polarity'>,
  observations: readonly Observation[] = [],
  rebasePeriods: readonly string[] = [],
): XmrOptions {
  return {
    direction: DIRECTION[metric.polarity],
    fixAfter: XMR_POINTS_IN_LIMITS,
    rebases: rebasePeriods.map((rebase) => observations.findIndex(({ period }) => period >= rebase)),
  };
}

/**
 * The limits as they are shown, wherever they are: none lies where no figure of the metric can go, below 0 (or the least that it can be) or, for a
 * share, above 100. Cut or not, a figure is beyond the same ones, so that what is judged and what is shown agree.
 */
export function shownLimits(
  { kind, least = 0 }: Pick<Metric, 'kind' | 'least'>,
  { lower, upper }: Pick<Limits, 'lower' | 'upper'>,
) {
  const most = kind === 'proportion' ? 100 : Number.POSITIVE_INFINITY;
  const cut = (limit: number | null): number | null => (limit === null ? null : Math.min(most, Math.max(least, limit)));
  return { lower: cut(lower), upper: cut(upper) };
}

/**
 * The XmR chart of a metric as it is shown, by page, API and command line alike: a point for each observation. Where there are fewer
 * than {@link XMR_MIN_POINTS} since the way of working changed, no limit is shown and nothing is unusual: they would tell nothing.
 */
export function shownChart(
  metric: Pick<Metric, 'kind' | 'least' | 'polarity'>,
  observations: readonly Observation[],
  rebasePeriods: readonly string[],
): XmrPoint[] {
  const values = observations.map(({ value }) => value);
  const { points } = xmrChart(values, chartOptions(metric, observations, rebasePeriods));
  return points.map((point) =>
    point.shortGroup
      ? { ...point, lower: null, upper: null, cause: null, causeSide: 0, type: 'common_cause' }
      : { ...point, ...shownLimits(metric, point) },
  );
}

/**
 * The latest point is special cause of the concerning kind on an XmR chart, by the rules of NHSRplotthedots 0.2.2:
 * `watch`. Silent where the package calls limits unreliable ({@link XMR_MIN_POINTS}), where there are none (a constant
 * series), and where no direction is better.
 */
export const specialCause: Evaluator = (metric, observations, context) => {
  const { period, start, columns } = context;
  const current = observations.at(-1);
  if (current?.period !== period || isOverlapping(metric)) return undefined;
  if (observations.length - start < XMR_MIN_POINTS) return undefined;
  const { length } = observations;
  const lines = limitsFrom(context);
  // What is on the better side of the mean, and no worse than the report before, is not special to the worse side by any
  // rule; and where no way is better, nothing is on the worse.
  if (
    !isWorse(metric, current.value, lines.mean) &&
    !isWorse(metric, current.value, columns.value[length - 2] as number)
  )
    return undefined;
  const last: number[] = [];
  for (let i = length - XMR_RUN; i < length; i++) last.push(columns.value[i] as number);
  const point = latestWithin(lines, last, chartOptions(metric));
  if (!point.cause || point.type !== 'special_cause_concern' || point.lower === null || point.upper === null)
    return undefined;
  const { mean, lower, upper, cause } = point;
  return {
    evaluator: 'special-cause',
    level: 'watch',
    figure: current,
    period,
    reference: { kind: 'course', mean, from: observations[start]?.period ?? period },
    reason: { kind: 'special-cause', cause },
    numbers: { value: current.value, mean, lower, upper },
  };
};

/** The limits of the chart that begins at the context's start; the points they are frozen at are all in. */
function limitsFrom({ start, columns, memory }: Context): Lines {
  if (memory.limits?.start !== start)
    memory.limits = { start, lines: frozenAt([...columns.value.subarray(start, start + XMR_POINTS_IN_LIMITS)]) };
  return memory.limits.lines;
}
