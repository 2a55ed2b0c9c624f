import { changePoint } from './change-point.ts';
import type { Evaluator, MetricEvaluator } from './evaluator.ts';
import { inspection } from './inspection.ts';
import { specialCause } from './special-cause.ts';
import { standard } from './standard.ts';

/** Every evaluator of a metric's figures, in the order in which their findings are read. */
export const EVALUATORS: Readonly<Record<MetricEvaluator, Evaluator>> = {
  standard,
  inspection,
  'change-point': changePoint,
  'special-cause': specialCause,
};
