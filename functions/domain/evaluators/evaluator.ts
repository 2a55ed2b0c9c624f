import * as z from 'zod';
import type { SmallNumbers } from '../format.ts';
import type { Metric, Standard } from '../inspection.ts';
import { LevelSchema } from '../lifecycle.ts';
import type { Observation } from '../series.ts';

export const EvaluatorNameSchema = z.enum(['standard', 'inspection', 'special-cause', 'submission', 'action']);

/**
 * What one evaluator says of one metric in one period. `text` is a sentence for people: what, against what, and where
 * that comes from. `numbers` are those it used, in the metric's unit unless their name says otherwise.
 */
export const FindingSchema = z.object({
  evaluator: EvaluatorNameSchema,
  level: LevelSchema,
  text: z.string(),
  numbers: z.record(z.string(), z.number()),
});
export type Finding = z.infer<typeof FindingSchema>;

/** What an evaluator may know beside the metric and its observations. */
export interface Context {
  /** The period judged. The last observation is of this period, unless the metric counts absent reports as failing. */
  readonly period: string;
  /** The standard in force in a period. */
  readonly standardIn: (period: string) => Standard | undefined;
  /** Months from which on the way of working is another, oldest first: each starts a new group of limits. */
  readonly rebasePeriods: readonly string[];
  /** The period in which the metric's alert last cleared, if it has. */
  readonly clearedIn: string | undefined;
  readonly smallNumbers: SmallNumbers;
}

/**
 * Judges the last of a metric's observations (oldest first, none later than the period judged). Pure: the same
 * arguments give the same finding, and later observations cannot change it.
 */
export type Evaluator = (metric: Metric, observations: readonly Observation[], context: Context) => Finding | undefined;

/** The observations of the same way of working as the period judged. */
export function sinceRebase(
  observations: readonly Observation[],
  { period, rebasePeriods }: Context,
): readonly Observation[] {
  const start = rebasePeriods.findLast((rebase) => rebase <= period);
  return start ? observations.filter((observation) => observation.period >= start) : observations;
}
