import * as z from 'zod';
import { BySchema } from './access.ts';
import { BasisSchema, DateSchema, IdSchema, ParagraphsSchema, PlaceSchema } from './identifiers.ts';
import { FrequencySchema, PeriodSchema } from './period.ts';

/**
 * What kind of number a metric is; it decides what an observation must hold. A `rate` is so many among so many thousands, as
 * children's services count per 10,000 children of the place: like a proportion it comes with both its counts.
 */
export const KindSchema = z.enum(['proportion', 'rate', 'count', 'mean']);

export type Kind = z.infer<typeof KindSchema>;

/**
 * Which way is better. `target` metrics are to stay within the range of their standard; `neutral` ones are shown, never raised
 * by standard or inspection.
 */
export const PolaritySchema = z.enum(['higher', 'lower', 'target', 'neutral']);

export type Polarity = z.infer<typeof PolaritySchema>;

/** The most that a figure can be: a population is counted in fewer. A metric may say that its own are smaller still. */
export const MAX_FIGURE = 10_000_000;
const AmountSchema = z.number().min(-MAX_FIGURE).max(MAX_FIGURE);
/** What figures are held against: no figure need reach it. */
const LineSchema = z.number().min(-MAX_FIGURE);

/**
 * The least that is acceptable from a month on (for `lower` metrics the most; for `target` ones the least, and `upTo` the
 * most), and up to the month `until` where it has an end. `value` is in the metric's own unit: percent, or a number. `note` says in a few words where it comes from.
 */
export const StandardSchema = z.strictObject({
  value: LineSchema,
  upTo: LineSchema.optional(),
  from: PeriodSchema,
  until: PeriodSchema.optional(),
  basis: BasisSchema,
  note: z.string().min(1),
});

export type Standard = z.infer<typeof StandardSchema>;

/** What the inspection found for a metric: a figure, a statement in our own words with no figure, or nothing. */
export const BaselineSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('figure'),
    value: LineSchema,
    /** `lower` when the report says "over" or "at least", `upper` when it says "under" or "at most": compared as that bound. */
    bound: z.enum(['exact', 'lower', 'upper']),
    period: z.string().min(4),
    paragraphs: ParagraphsSchema,
    /** What the report says about the figure, in our words. */
    statement: z.string().min(1),
    /** Earlier figures in the report: context, never compared with. */
    earlier: z.array(z.strictObject({ value: LineSchema, period: z.string().min(4) })).optional(),
  }),
  z.strictObject({
    kind: z.literal('statement'),
    statement: z.string().min(1),
    period: z.string().min(4),
    paragraphs: ParagraphsSchema,
  }),
  z.strictObject({ kind: z.literal('none'), statement: z.string().min(1) }),
]);

export type Baseline = z.infer<typeof BaselineSchema>;

/** What an absent report counts as among the last N, by CloudWatch's names. */
export const MissingSchema = z.enum(['ignore', 'missing', 'breaching', 'notBreaching']);

/** M failures among the last N reported periods raise `critical`. */
export const MOfNSchema = z
  .strictObject({ m: z.int().min(1).max(36), n: z.int().min(1).max(36), missing: MissingSchema })
  .refine(({ m, n }) => m <= n, 'm cannot exceed n');

export type MOfN = z.infer<typeof MOfNSchema>;

/** The alerts of an authority as a whole, beside one a metric: missing figures, overdue actions. */
export const AUTHORITY_ALERT_IDS = ['submission', 'action'] as const;

export type AuthorityAlertId = (typeof AUTHORITY_ALERT_IDS)[number];

/** A metric's alert has the metric's id, so no metric may have the id of an alert of the authority. */
const MetricIdSchema = IdSchema.max(64).refine(
  (id) => !(AUTHORITY_ALERT_IDS as readonly string[]).includes(id),
  'is the id of an alert',
);

/** Something that a council changed of a metric: what, who and why. */
export const MetricChangeSchema = z.strictObject({
  at: z.iso.datetime(),
  what: z.string().min(1).max(300),
  author: z.string().min(1).max(200),
  reason: z.string().min(1).max(1000),
  /** Who signed in or whose token it was; absent where that was not recorded. */
  by: BySchema.optional(),
});

/** Something measured: one metric of an authority's catalogue, whatever inspections say of it. */
export const MetricDefinitionSchema = z.strictObject({
  id: MetricIdSchema,
  title: z.string().min(1).max(80),
  /** What else it is called where figures are kept: `ICPC`, `NI 59`. */
  aliases: z.array(z.string().min(1).max(80)).max(20).optional(),
  /** What is counted, over what, in our words. */
  definition: z.string().min(1).max(2000),
  kind: KindSchema,
  /** The unit a value is shown in: `percent` for proportions, `per 10,000 children` for rates, else what is counted, e.g. `cases`. */
  unit: z.string().min(1).max(60),
  polarity: PolaritySchema,
  frequency: FrequencySchema,
  /** `flow`: each period counts new cases. `stock`: a snapshot, rolling sum or annual figure, the same children again. */
  cases: z.enum(['flow', 'stock']),
  /** What a stock figure covers: the month's end unless said otherwise. */
  window: z.enum(['month', '12-months', '36-months', 'school-year', 'year']),
  /** Any fall from the baseline, or any failure of the standard, counts at once. */
  holdLine: z.boolean(),
  /** How far from the baseline figure still counts as the same, in the metric's unit; null where chance tests or holdLine decide. */
  tolerance: z.number().min(0).nullable(),
  /** Who set the tolerance: this service unless said otherwise. */
  toleranceBasis: BasisSchema.optional(),
  /** Oldest first, each valid from its month on. */
  standards: z.array(StandardSchema).max(20),
  mOfN: MOfNSchema.optional(),
  /** The most that a figure of it (a numerator, a denominator, a count, a value) can be, where that is less than usual. */
  most: AmountSchema.positive().optional(),
  /** The least that a `mean` can be, where that is below zero. */
  least: AmountSchema.negative().optional(),
  /** The heading under which it stands where no judgement of the inspection is its own. */
  section: IdSchema.max(64),
  /** Which collection or publication defines it. */
  source: z.string().min(1).max(300).optional(),
  /** The first month it is judged for, and the last; absent where it has no beginning or no end. */
  from: PeriodSchema.optional(),
  until: PeriodSchema.optional(),
  /** The metric that took its place. */
  replacedBy: IdSchema.max(64).optional(),
  /** What it was called before, the oldest name first, each up to a day. */
  formerTitles: z
    .array(z.strictObject({ title: z.string().min(1).max(80), until: DateSchema }))
    .max(20)
    .optional(),
  /** What the council changed of it, oldest first. */
  changes: z.array(MetricChangeSchema).max(50).optional(),
});

export type MetricDefinition = z.infer<typeof MetricDefinitionSchema>;

/** Whether a metric is judged in a month: from its first to its last. */
export function isMeasured({ from, until }: Pick<MetricDefinition, 'from' | 'until'>, period: string): boolean {
  return (from === undefined || from <= period) && (until === undefined || period <= until);
}

/** What an inspection says of a metric, and where. */
const FoundSchema = z.strictObject({
  baseline: BaselineSchema,
  /** Ids of the inspection's actions that this metric shows the progress of. */
  actions: z.array(z.string()).max(40),
  paragraphs: z.array(PlaceSchema).max(20),
  /** The inspection's judgement under which the page shows it; null for none. */
  judgement: IdSchema.nullable(),
});

/** … of a metric that the authority's catalogue has. */
export const MetricFindingSchema = FoundSchema.extend({ metric: IdSchema.max(64) });

export type MetricFinding = z.infer<typeof MetricFindingSchema>;

/** A metric with what the inspection says of it that leads; `found` where several do, oldest first. */
export const MetricSchema = MetricDefinitionSchema.extend({
  ...FoundSchema.shape,
  /** Each inspection's own finding, and the month from which on figures are held against it. */
  found: z.array(z.strictObject({ inspection: IdSchema, from: PeriodSchema, baseline: BaselineSchema })).optional(),
  /** The month from which on figures are held against the baseline; absent where all of them are. */
  heldFrom: PeriodSchema.optional(),
});

export type Metric = z.infer<typeof MetricSchema>;

/** A way of working that changes more often than twice a year for thirty years is no way of working. */
const MAX_REBASE_DATES = 60;

/**
 * What an authority set for a metric, from a month on: a standard of its own, a tolerance, another M of N, or days on
 * which its way of working changed. Versions count from 1; the newest that covers a month wins, and none is lost.
 */
export const LocalStandardSchema = z.strictObject({
  metric: IdSchema,
  version: z.int().min(1),
  from: PeriodSchema,
  /** Null where no standard holds from then on. */
  value: AmountSchema.nullable().optional(),
  /** The upper end of a range, beside `value`, for a metric that is to stay close to it. */
  upTo: AmountSchema.optional(),
  tolerance: AmountSchema.min(0).optional(),
  mOfN: MOfNSchema.optional(),
  rebaseDates: z.array(DateSchema).max(MAX_REBASE_DATES).optional(),
  /** What the inspection found, as figures are counted since the way of working changed: held against instead of it. */
  comparable: AmountSchema.optional(),
  reason: z.string().min(1).max(1000),
  author: z.string().min(1).max(200),
  setAt: z.iso.datetime(),
  /** Who signed in or whose token it was; absent where that was not recorded. */
  by: BySchema.optional(),
});

export type LocalStandard = z.infer<typeof LocalStandardSchema>;
