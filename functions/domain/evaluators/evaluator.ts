import * as z from 'zod';
import type { SmallNumbers } from '../format.ts';
import type { Metric, Standard } from '../inspection.ts';
import { type Level, LevelSchema } from '../lifecycle.ts';
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
  /** Index of the first observation since the way of working last changed: limits and CUSUM begin there. */
  readonly start: number;
  /** The period in which the last episode of the metric's alert ended, if one did. */
  readonly clearedIn: string | undefined;
  /** The level that the alert was raised at before this period; none while clear or recovering. */
  readonly levelBefore: Level | undefined;
  readonly smallNumbers: SmallNumbers;
}

/**
 * Judges the last of a metric's observations (oldest first, none later than the period judged). Pure: the same
 * arguments give the same finding, and later observations cannot change it.
 */
export type Evaluator = (metric: Metric, observations: readonly Observation[], context: Context) => Finding | undefined;
