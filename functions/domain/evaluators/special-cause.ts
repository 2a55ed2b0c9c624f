import { formatNumber, formatObservation } from '../format.ts';
import type { Observation } from '../series.ts';
import { latestPoint, type SpecialCause } from '../statistics/xmr.ts';
import type { Evaluator } from './evaluator.ts';

/** Limits are made of so many points after the last rebase date, and stay (design, section 6). */
export const POINTS_IN_LIMITS = 12;

/** No rule looks back further than so many points. */
const MAX_RUN_LENGTH = 7;

const CAUSE: Record<SpecialCause, string> = {
  outside: 'beyond the limit of its usual variation around',
  trend: 'worse than the report before for the sixth time in a row; its usual mean is',
  'two-in-three': 'for the second time in three reports close to the limit of its usual variation around',
  shift: 'for the seventh report in a row on the worse side of its usual mean,',
};

/**
 * The latest point is special cause of the concerning kind on an XmR chart, by the rules of NHSRplotthedots 0.2.2:
 * `watch`. Silent where the package calls limits unreliable (fewer than 13 points since the last rebase date), where there are
 * none (a constant series), and where no direction is better.
 */
export const specialCause: Evaluator = (metric, observations, context) => {
  const current = observations.at(-1);
  if (!current || current.period !== context.period || metric.polarity === 'neutral') return undefined;
  if (observations.length - context.start <= POINTS_IN_LIMITS) return undefined;
  // Once they are frozen, nothing between the points in the limits and the latest run bears on the latest point.
  const afterLimits = Math.max(context.start + POINTS_IN_LIMITS, observations.length - MAX_RUN_LENGTH);
  const values: number[] = [];
  for (let i = context.start; i < observations.length; i++) {
    if (i === context.start + POINTS_IN_LIMITS) i = afterLimits;
    values.push((observations[i] as Observation).value);
  }
  const direction = metric.polarity === 'higher' ? 'increase' : 'decrease';
  const point = latestPoint(values, { direction, fixAfter: POINTS_IN_LIMITS });
  if (!point?.cause || point.type !== 'special_cause_concern' || point.lower === null || point.upper === null)
    return undefined;
  const { mean, lower, upper } = point;
  return {
    evaluator: 'special-cause',
    level: 'watch',
    text: `${formatObservation(metric, current, context.smallNumbers)} in ${current.period}; ${CAUSE[point.cause]} ${formatNumber(metric, mean)} (XmR chart of the ${POINTS_IN_LIMITS} reports from ${observations[context.start]?.period} on)`,
    numbers: { value: current.value, mean, lower, upper },
  };
};
