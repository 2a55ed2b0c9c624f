import * as z from 'zod';
import { type Level, LevelSchema } from '../lifecycle.ts';
import { AUTHORITY_ALERT_IDS, type Metric, type Standard } from '../metric.ts';
import type { Columns, Observation, Pooled } from '../series.ts';
import type { Lines, SpecialCause } from '../statistics/xmr.ts';

/** The evaluators of a metric's figures. */
export const MetricEvaluatorSchema = z.enum(['standard', 'inspection', 'change-point', 'special-cause']);
export type MetricEvaluator = z.infer<typeof MetricEvaluatorSchema>;

/** Those, and the alerts of the authority, which each judge one thing. */
export const EvaluatorNameSchema = z.enum([...MetricEvaluatorSchema.options, ...AUTHORITY_ALERT_IDS]);

/**
 * What one evaluator says of one period, in words for people. `numbers` are those it used, in the metric's unit unless
 * their name says otherwise. Boards that an earlier version wrote have `text` alone.
 */
export const FindingSchema = z.object({
  evaluator: EvaluatorNameSchema,
  level: LevelSchema,
  /** The figure judged: `78.0% (39 of 50) in February 2011`. */
  figure: z.string().optional(),
  /** What it is held against, and where that comes from: `the standard is 80% since October 2010 (this service's default)`. */
  reference: z.string().optional(),
  /** Why that makes it a finding. */
  reason: z.string().optional(),
  /** The three as one sentence. */
  text: z.string(),
  numbers: z.record(z.string(), z.number()),
  /** Where the metric's own level changed: the level it had reached, and the one since; as much of each as may be shown. */
  levels: z
    .object({
      before: z.object({ from: z.string(), to: z.string(), value: z.number() }),
      since: z.object({ from: z.string(), value: z.number() }),
    })
    .optional(),
});
export type Finding = z.infer<typeof FindingSchema>;

/** What a figure is held against. */
export type Reference =
  | { readonly kind: 'standard'; readonly standard: Standard }
  /** What the inspection found. */
  | { readonly kind: 'baseline' }
  /** What the inspection found, as the council counts it since the way of working changed. */
  | { readonly kind: 'comparable'; readonly value: number }
  /** What stands in for it, from the first submissions. */
  | { readonly kind: 'estimate'; readonly value: number; readonly from: string; readonly to: string }
  /** The metric's own course from a period on. */
  | { readonly kind: 'course'; readonly mean: number; readonly from: string }
  /** The level that the service had reached, and the one it is at since. */
  | { readonly kind: 'reached'; readonly reached: LevelReached; readonly since: () => Pooled };

/** A better level that a service had reached before it fell to a worse one. */
export interface LevelReached {
  readonly before: Pooled;
  /** The first period of the worse level, and how bad that was when it was found, in the metric's unit. */
  readonly from: string;
  readonly worst: number;
}

/** Why a figure is a finding. */
export type Reason =
  /** Any failure counts at once. */
  | { readonly kind: 'any-failure' }
  | { readonly kind: 'any-fall' }
  /** How likely chance alone brings a service at the standard so low; `atMost` is the bound that it stays below, if it does. */
  | { readonly kind: 'chance'; readonly chance: number; readonly atMost?: number }
  /** Failures that are too many together. */
  | { readonly kind: 'pooled'; readonly failing: number; readonly among: number }
  /** The standard is failed, without more to say; or so many times. `bare`: chance would be tested if there were counts. */
  | { readonly kind: 'failure'; readonly bare: boolean }
  | { readonly kind: 'repeated'; readonly failing: number; readonly among: number; readonly bare: boolean }
  | { readonly kind: 'repeated-or-absent'; readonly m: number; readonly n: number; readonly bare: boolean }
  | { readonly kind: 'still-critical'; readonly bare: boolean }
  /** The sum of failures since a period is too high for chance. */
  | {
      readonly kind: 'cusum';
      readonly cusum: number;
      readonly limit: number;
      /** The periods over which it added up, as one, and the first of them; absent where that is the figure alone. */
      readonly since?: () => Pooled;
    }
  | { readonly kind: 'tolerance'; readonly tolerance: number; readonly bare: boolean }
  /** Chance does not bring so great a change of level. */
  | { readonly kind: 'change' }
  /** Nor does it make a raised alert so much worse than when it was last told; or, of a yearly figure, `by` more than so much. */
  | { readonly kind: 'worse'; readonly by?: number }
  | { readonly kind: 'special-cause'; readonly cause: SpecialCause };

/** What an evaluator found, before it is put into words; what takes all the figures of an episode is added up only then. */
export interface Result {
  readonly evaluator: MetricEvaluator;
  readonly level: Level;
  /** The figure judged; absent where none was reported. */
  readonly figure?: Observation;
  readonly period: string;
  readonly reference: Reference;
  readonly reason: Reason;
  readonly numbers: Readonly<Record<string, number>>;
}

/**
 * What evaluators worked out of a metric's earlier periods and need not work out anew, as later ones cannot change it. Each part
 * says what it was made of, and counts while that is the same: without a memory the results are the same.
 */
export interface Memory {
  /** The limits of the chart that begins at an index. */
  limits?: { readonly start: number; readonly lines: Lines };
  /** What stands in for a baseline in words, by the observations from an index on. */
  estimate?: { readonly start: number; readonly compared: Compared };
  /** How far the CUSUM is known to be at zero, whatever the size of the months. */
  calm?: Calm;
  /** How far the CUSUM has come since, while the typical month stays as it is. */
  path?: Path;
}

/** A CUSUM without its cap: the sum of the observations before an index. */
export interface Path {
  /** The baseline, the typical month that it is tuned to, and the index at which it began. */
  readonly value: number;
  readonly month: number;
  readonly began: number;
  through: number;
  sum: number;
}

/** The figure that a metric is compared with, in its unit, and from where on. */
export interface Compared {
  readonly value: number;
  /** Index of the first observation that is compared with it. */
  readonly from: number;
  readonly reference: Reference;
}

/** How far a CUSUM is known to be at zero: a sum that is never below it, and the last index at which that is zero. */
export interface Calm {
  /** The baseline, and the indexes from which on months are typical and are summed. */
  readonly value: number;
  readonly start: number;
  readonly from: number;
  /** The most cases in a month that the sum allows for, and how many failures each case takes off it. */
  readonly most: number;
  readonly slope: number;
  /** The sum of the observations before this index. */
  through: number;
  sum: number;
  /** The index after the last at which the sum is zero. */
  after: number;
}

/** What an evaluator may know beside the metric and its observations. */
export interface Context {
  /** The period judged. The last observation is of this period, unless the metric counts absent reports as failing. */
  readonly period: string;
  /** The standard in force in a period. */
  readonly standardIn: (period: string) => Standard | undefined;
  /** Index of the first observation since the way of working last changed: limits and CUSUM begin there. */
  readonly start: number;
  /** What the inspection found, as figures are counted since then; undefined where nobody said. */
  readonly comparable: number | undefined;
  /** Index of the first observation after the last episode of the metric's alert ended; 0 where none did. */
  readonly cleared: number;
  /** The level that the alert was raised at before this period; none while clear or recovering. */
  readonly levelBefore: Level | undefined;
  /** The better level that the present episode was found to have fallen from, if it was. */
  readonly reached: LevelReached | undefined;
  /** The numbers of the observations, and of later ones, which must not be read. */
  readonly columns: Columns;
  readonly memory: Memory;
}

/**
 * Judges the last of a metric's observations (oldest first, none later than the period judged). Pure: the same
 * arguments give the same result, and later observations cannot change it.
 */
export type Evaluator = (metric: Metric, observations: readonly Observation[], context: Context) => Result | undefined;
