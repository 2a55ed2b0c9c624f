import { formatBaseline, formatObservation } from '../format.ts';
import { isWorse } from '../series.ts';
import type { Evaluator } from './evaluator.ts';

/**
 * Compares with what the inspection found: worse than its figure by more than the metric's tolerance is `warning`;
 * where the line is to be held, any fall is. A baseline that is a lower bound is compared as that bound.
 */
export const inspection: Evaluator = (metric, observations, context) => {
  const current = observations.at(-1);
  const { baseline } = metric;
  if (!current || current.period !== context.period || metric.polarity === 'neutral' || baseline.kind !== 'figure')
    return undefined;
  const tolerance = metric.holdLine ? 0 : metric.tolerance;
  if (tolerance === null) return undefined;
  const worst = metric.polarity === 'higher' ? baseline.value - tolerance : baseline.value + tolerance;
  if (!isWorse(metric, current.value, worst)) return undefined;
  const by = metric.holdLine
    ? 'any fall counts'
    : `worse by more than the tolerance of ${tolerance}${metric.kind === 'proportion' ? ' points' : ''} (local policy)`;
  return {
    evaluator: 'inspection',
    level: 'warning',
    text: `${formatObservation(metric, current, context.smallNumbers)} in ${current.period}; the inspection found ${formatBaseline(metric)}; ${by}`,
    numbers: { value: current.value, baseline: baseline.value, tolerance },
  };
};
