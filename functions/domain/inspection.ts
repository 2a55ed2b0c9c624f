import * as z from 'zod';
import { ActionSchema } from './action.ts';
import { FrameworkIdSchema, FrameworkSchema, ToneSchema } from './frameworks.ts';
import { AuthorityIdSchema, DateSchema, IdSchema, InspectionIdSchema, PlaceSchema } from './identifiers.ts';
import { MetricFindingSchema, MetricSchema } from './metric.ts';

/** A graded judgement. `grade` is one of its framework's, such as `requires-improvement`. */
export const JudgementSchema = z.strictObject({
  id: IdSchema.max(64),
  section: IdSchema,
  title: z.string().min(1).max(200),
  grade: IdSchema,
  paragraph: PlaceSchema,
  period: z.string().min(4).max(40),
  /** Whether it is one of the grades that the inspection itself gives, in its record or on its first page. */
  record: z.boolean(),
  note: z.string().min(1).max(500).optional(),
});

export type Judgement = z.infer<typeof JudgementSchema>;

/** With the grade in the framework's own words, and the colour that goes with them. */
export const GradedJudgementSchema = JudgementSchema.extend({ words: z.string(), tone: ToneSchema });

export type GradedJudgement = z.infer<typeof GradedJudgementSchema>;

/** The most metrics that one file brings: they are written in one transaction. */
export const MAX_METRICS_IN_FILE = 80;

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
  /** Tells it from the authority's others: `herefordshire-2022`. */
  id: InspectionIdSchema,
  authority: AuthorityIdSchema,
  /** The authority's name as people write it. */
  name: z.string().min(1).max(60),
  framework: FrameworkIdSchema,
  /** Where `framework` is `own`. */
  ownFramework: FrameworkSchema.optional(),
  title: z.string().min(1).max(200),
  inspectorate: z.string().min(1).max(120),
  fieldwork: z.strictObject({ from: DateSchema, to: DateSchema }),
  published: DateSchema,
  /** Days on which the way of working changed: each starts a new group of limits. */
  rebaseDates: z
    .array(z.strictObject({ date: DateSchema, reason: z.string().min(1).max(300), paragraph: PlaceSchema.optional() }))
    .max(20),
});

/**
 * One report: the contents of an inspection's file. `metrics` are those that it brings with it, `findings` what it says of
 * metrics that the authority's catalogue has already.
 */
export const InspectionSchema = InspectionHeaderSchema.extend({
  judgements: z.array(JudgementSchema).max(100),
  actions: z.array(ActionSchema).max(60),
  metrics: z
    .array(MetricSchema.omit({ found: true, heldFrom: true, formerTitles: true, changes: true }))
    .max(MAX_METRICS_IN_FILE)
    .default([]),
  findings: z.array(MetricFindingSchema).max(200).default([]),
  figures: z.array(FigureSchema).max(200).default([]),
});

export type InspectionHeader = z.infer<typeof InspectionHeaderSchema>;

export type Inspection = z.infer<typeof InspectionSchema>;
