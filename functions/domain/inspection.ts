import * as z from 'zod';
import { FrequencySchema, PeriodSchema } from './period.ts';

/** What kind of number a metric is; it decides what an observation must hold. */
export const KindSchema = z.enum(['proportion', 'count', 'mean']);
export type Kind = z.infer<typeof KindSchema>;

/** Which way is better. `neutral` metrics are shown, never raised by standard or inspection. */
export const PolaritySchema = z.enum(['higher', 'lower', 'neutral']);
export type Polarity = z.infer<typeof PolaritySchema>;

/**
 * Who set a number or a date: the inspection report, the law, this service for want of either (`local`), or the council
 * itself, which sets or confirms it.
 */
export const BasisSchema = z.enum(['inspection', 'statutory', 'local', 'council']);
export type Basis = z.infer<typeof BasisSchema>;

export const SectionSchema = z.enum(['safeguarding', 'looked-after']);
export type Section = z.infer<typeof SectionSchema>;

const IdSchema = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by hyphens');
const DateSchema = z.iso.date();
/** Paragraph numbers of the report; `record` is the table of main findings, `cover` the title page. */
const ParagraphsSchema = z.array(z.string().regex(/^(\d{1,3}|record|cover)$/)).min(1);

/** The key under which an authority's data stands, e.g. `herefordshire`. */
export const AuthorityIdSchema = IdSchema.max(64);

/**
 * The least that is acceptable from a month on (for `lower` metrics the most), and up to the month `until` where it has an
 * end. `value` is in the metric's own unit: percent, or a number. `note` says in a few words where it comes from.
 */
export const StandardSchema = z.strictObject({
  value: z.number().min(0),
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
    value: z.number().min(0),
    /** `lower` when the report says "over" or "at least": compared as that bound. */
    bound: z.enum(['exact', 'lower']),
    period: z.string().min(4),
    paragraphs: ParagraphsSchema,
    /** What the report says about the figure, in our words. */
    statement: z.string().min(1),
    /** Earlier figures in the report: context, never compared with. */
    earlier: z.array(z.strictObject({ value: z.number().min(0), period: z.string().min(4) })).optional(),
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

/** The most that a figure can be: a population is counted in fewer. A metric may say that its own are smaller still. */
export const MAX_FIGURE = 10_000_000;
const AmountSchema = z.number().min(0).max(MAX_FIGURE);

/** Something measured. */
export const MetricSchema = z.strictObject({
  id: MetricIdSchema,
  title: z.string().min(1).max(80),
  /** What else it is called where figures are kept: `ICPC`, `NI 59`. */
  aliases: z.array(z.string().min(1).max(80)).max(20).optional(),
  /** What is counted, over what, in our words. */
  definition: z.string().min(1),
  kind: KindSchema,
  /** The unit a value is shown in: `percent` for proportions, else what is counted, e.g. `cases`. */
  unit: z.string().min(1),
  polarity: PolaritySchema,
  frequency: FrequencySchema,
  /** `flow`: each period counts new cases. `stock`: a snapshot, rolling sum or annual figure, the same children again. */
  cases: z.enum(['flow', 'stock']),
  /** What a stock figure covers: the month's end unless said otherwise. */
  window: z.enum(['month', '12-months', 'school-year', 'year']),
  /** Any fall from the baseline, or any failure of the standard, counts at once. */
  holdLine: z.boolean(),
  /** How far from the baseline figure still counts as the same, in the metric's unit; null where chance tests or holdLine decide. */
  tolerance: z.number().min(0).nullable(),
  /** Who set the tolerance: this service unless said otherwise. */
  toleranceBasis: BasisSchema.optional(),
  baseline: BaselineSchema,
  /** Oldest first, each valid from its month on. */
  standards: z.array(StandardSchema),
  mOfN: MOfNSchema.optional(),
  /** Ids of the actions that this metric shows the progress of. */
  actions: z.array(z.string()),
  paragraphs: z.array(z.string()),
  /** The judgement under which the page shows it; null for context. */
  judgement: IdSchema.nullable(),
  /** The most that a figure of it (a numerator, a denominator, a count, a value) can be, where that is less than usual. */
  most: AmountSchema.positive().optional(),
  section: z.enum(['asked-for', 'safeguarding', 'looked-after', 'context']),
});
export type Metric = z.infer<typeof MetricSchema>;

/** A graded judgement: 1 Outstanding, 2 Good, 3 Adequate, 4 Inadequate. */
export const JudgementSchema = z.strictObject({
  id: IdSchema,
  section: SectionSchema,
  title: z.string().min(1),
  grade: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]),
  paragraph: z.string(),
  period: z.string(),
  /** Whether it is one of the 31 grades of the report's record of main findings. */
  record: z.boolean(),
  note: z.string().optional(),
});
export type Judgement = z.infer<typeof JudgementSchema>;

/** A recommended action (area for improvement). `dueBasis` says who gave it its date: a report may ask for "immediately" and name no day. */
export const ActionSchema = z.strictObject({
  id: z.string().regex(/^A\d{1,2}$/),
  section: SectionSchema,
  title: z.string().min(1),
  timescale: z.enum(['immediate', '3 months', '6 months']),
  due: DateSchema,
  /** Absent in what was stored before December 2026, all of it counted by this service. */
  dueBasis: BasisSchema.default('local'),
  paragraph: z.string(),
});
export type Action = z.infer<typeof ActionSchema>;

/** Earliest due first. */
export function compareDue(a: Action, b: Action): number {
  return a.due < b.due ? -1 : a.due > b.due ? 1 : 0;
}

/** How far an action is: reported by the authority, with evidence. Versions count from 1 for each action; the newest counts. */
export const ProgressSchema = z.strictObject({
  action: z.string(),
  version: z.int().min(1),
  state: z.enum(['open', 'completed']),
  evidence: z.string().min(1).max(2000),
  author: z.string().min(1).max(200),
  at: z.iso.datetime(),
});
export type Progress = z.infer<typeof ProgressSchema>;

/** The action with what was reported of it, oldest first, and so how it stands: open until reported completed. */
export function withProgress(action: Action, progress: readonly Progress[]) {
  const own = progress.filter((version) => version.action === action.id);
  return { ...action, state: own.at(-1)?.state ?? ('open' as const), progress: own };
}

/** A figure of the report that is no metric's baseline: context and sums. */
export const FigureSchema = z.strictObject({
  id: IdSchema,
  title: z.string().min(1),
  value: z.number(),
  unit: z.string().min(1),
  period: z.string().min(4),
  paragraph: z.string(),
});

/** What an inspection is apart from its lists: the dates and names. */
export const InspectionHeaderSchema = z.strictObject({
  authority: AuthorityIdSchema,
  /** The authority's name as people write it. */
  name: z.string().min(1).max(60),
  title: z.string().min(1),
  inspectorate: z.string().min(1),
  fieldwork: z.strictObject({ from: DateSchema, to: DateSchema }),
  published: DateSchema,
  /** Days on which the way of working changed: each starts a new group of limits. */
  rebaseDates: z.array(
    z.strictObject({ date: DateSchema, reason: z.string().min(1), paragraph: z.string().optional() }),
  ),
});

/** One report: its dates, judgements, actions and metrics with baselines. The contents of a file in `seed/`. */
export const InspectionSchema = InspectionHeaderSchema.extend({
  judgements: z.array(JudgementSchema),
  actions: z.array(ActionSchema),
  metrics: z.array(MetricSchema).min(1),
  figures: z.array(FigureSchema),
});
export type InspectionHeader = z.infer<typeof InspectionHeaderSchema>;
export type Inspection = z.infer<typeof InspectionSchema>;

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
  value: AmountSchema.optional(),
  tolerance: AmountSchema.optional(),
  mOfN: MOfNSchema.optional(),
  rebaseDates: z.array(DateSchema).max(MAX_REBASE_DATES).optional(),
  reason: z.string().min(1).max(1000),
  author: z.string().min(1).max(200),
  setAt: z.iso.datetime(),
});
export type LocalStandard = z.infer<typeof LocalStandardSchema>;

/** An inspection as loaded, with what the authority set since. */
export interface LoadedInspection {
  readonly header: InspectionHeader;
  /** Of the inspection's file: tells whether it changed. */
  readonly fingerprint: string;
  readonly metrics: readonly Metric[];
  readonly judgements: readonly Judgement[];
  readonly actions: readonly Action[];
  /** Oldest version first. */
  readonly localStandards: readonly LocalStandard[];
  /** Oldest version first. */
  readonly progress: readonly Progress[];
}
