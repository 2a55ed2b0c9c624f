import * as z from 'zod';
import { ProgressSchema } from '../domain/action.ts';
import { AuthoritySettingsSchema } from '../domain/authority.ts';
import { MetricEvaluatorSchema } from '../domain/evaluators/evaluator.ts';
import { LevelSchema } from '../domain/lifecycle.ts';
import { LocalStandardSchema, MetricDefinitionSchema } from '../domain/metric.ts';
import { OwnNameMeaningSchema } from '../domain/own-name.ts';
import { PeriodSchema } from '../domain/period.ts';
import { RoleSchema } from '../domain/person.ts';
import { MAX_MONTHS, PERCENTAGE, ReportedSchema, StatusSchema, SubmissionSchema } from '../domain/submission.ts';
import { typedText } from '../domain/typed-text.ts';
import { ReasonSchema } from '../services/correct.ts';
import { MAX_TOKEN_DAYS } from '../services/tokens.ts';

/** What the API takes, beside a submission itself. */

/** A month as sent: a bare percentage may say that it is one, and has to below 1. */
const SentObservationSchema = z.union([
  ...ReportedSchema.options,
  z.strictObject({ value: z.string().regex(PERCENTAGE) }),
]);
export const SubmissionBodySchema = SubmissionSchema.extend({
  observations: z.record(z.string(), SentObservationSchema),
});

const orNull = <T extends z.ZodType>(schema: T) => z.union([schema, z.null()]);

/** What of a month changes, as a JSON merge patch: what is left out stays, null takes something out. */
export const CorrectionBodySchema = z.strictObject({
  status: StatusSchema.optional(),
  commentary: orNull(SubmissionSchema.shape.commentary.unwrap()).optional(),
  observations: z.record(z.string(), orNull(SentObservationSchema)).optional(),
  reason: ReasonSchema.optional(),
});

/** Many months at once. What is in them is read one by one, so that every fault can be named. */
export const BulkSchema = z.strictObject({
  submissions: z
    .array(SubmissionBodySchema.extend({ period: PeriodSchema }))
    .min(1)
    .max(MAX_MONTHS),
});

const CHANGES = ['value', 'tolerance', 'mOfN', 'rebaseDates'] as const;
const changesSomething = (body: Readonly<Partial<Record<(typeof CHANGES)[number], unknown>>>): boolean =>
  CHANGES.some((name) => body[name] !== undefined);
const CHANGES_NOTHING = `give at least one of ${CHANGES.join(', ')}`;

/** What the inspection found is comparable only since a day. */
const comparesSince = ({
  comparable,
  rebaseDates = [],
}: {
  comparable?: unknown;
  rebaseDates?: readonly string[] | undefined;
}): boolean => comparable === undefined || rebaseDates.length > 0;
const COMPARES_NOTHING = 'comparable goes with rebaseDates: from which day on are figures counted so?';

/** An amount in the metric's unit; a percentage may say that it is one, and has to below 1. */
const amount = z.union([LocalStandardSchema.shape.value.unwrap().unwrap(), z.string().regex(PERCENTAGE)]).optional();

/** What an authority sets for a metric, with who and why. */
export const StandardBodySchema = LocalStandardSchema.omit({ metric: true, version: true, setAt: true, by: true })
  .extend({
    ...{ value: orNull(amount).optional(), upTo: amount, tolerance: amount, comparable: amount },
    ...{ reason: typedText(1000).min(1), author: typedText(200).min(1) },
  })
  .refine(changesSomething, CHANGES_NOTHING)
  .refine(comparesSince, COMPARES_NOTHING);

/** A change to try on the record, from the first month on unless said otherwise; or evaluators to do without. */
export const BacktestBodySchema = LocalStandardSchema.omit({
  version: true,
  setAt: true,
  by: true,
  reason: true,
  author: true,
})
  .extend({
    from: PeriodSchema.optional(),
    value: orNull(amount).optional(),
    upTo: amount,
    tolerance: amount,
    comparable: amount,
    without: z.array(MetricEvaluatorSchema).min(1).optional(),
  })
  .refine((body) => changesSomething(body) || body.without !== undefined, `${CHANGES_NOTHING}, without`)
  .refine(comparesSince, COMPARES_NOTHING);

/** A metric of the authority's own, with who starts it and why. */
export const MetricBodySchema = MetricDefinitionSchema.omit({
  id: true,
  until: true,
  replacedBy: true,
  formerTitles: true,
  changes: true,
}).extend({ reason: typedText(1000).min(1), author: typedText(200).min(1) });

/** Another name for a metric, its last month, or the metric that takes its place; null takes one of these back. */
export const MetricChangeBodySchema = z
  .strictObject({
    title: typedText(80).min(1).optional(),
    until: orNull(PeriodSchema).optional(),
    replacedBy: orNull(MetricDefinitionSchema.shape.id).optional(),
    reason: typedText(1000).min(1),
    author: typedText(200).min(1),
  })
  .refine(
    ({ title, until, replacedBy }) => title !== undefined || until !== undefined || replacedBy !== undefined,
    'give at least one of title, until, replacedBy',
  );

const SETTINGS = ['name', 'dueWorkingDay', 'smallNumbers', 'closed'] as const;

/** What of an authority's settings changes: what is left out stays, null goes back to what holds where nothing is set. */
export const SettingsBodySchema = z
  .strictObject({
    name: orNull(typedText(60).trim().min(1)).optional(),
    dueWorkingDay: orNull(AuthoritySettingsSchema.shape.dueWorkingDay.unwrap()).optional(),
    smallNumbers: orNull(AuthoritySettingsSchema.shape.smallNumbers.unwrap()).optional(),
    closed: z.boolean().optional(),
    reason: typedText(1000).trim().min(1),
    author: typedText(200).trim().min(1),
  })
  .refine((body) => SETTINGS.some((name) => body[name] !== undefined), `give at least one of ${SETTINGS.join(', ')}`);

/** What a name means in the authority's own files. */
export const OwnNameBodySchema = OwnNameMeaningSchema;

/** A file of published figures, as text, with where it comes from and who brings it. */
export const BenchmarksBodySchema = z.strictObject({
  source: typedText(300).trim().min(1),
  author: typedText(200).trim().min(1),
  csv: z.string().min(1),
});

export const AcknowledgementBodySchema = z.strictObject({
  author: typedText(200).trim().min(1),
  note: typedText(2000).trim().min(1),
});

export const ProgressBodySchema = ProgressSchema.omit({
  inspection: true,
  action: true,
  version: true,
  at: true,
  by: true,
}).extend({ evidence: typedText(2000).min(1), author: typedText(200).min(1) });

export const RecipientBodySchema = z.strictObject({
  address: z.email('is not an e-mail address').max(254),
  /** The least level that is mailed. */
  level: LevelSchema.default('warning'),
  /** What the address may do once it has signed in by mail. */
  role: RoleSchema.optional(),
  /** Whether it is sent a summary every month. */
  summary: z.boolean('is true or false').optional(),
});

/** A token for a program, as the page makes them. */
export const TokenBodySchema = z.object({
  label: typedText(80).trim().min(1),
  role: RoleSchema,
  days: z.coerce.number().int().min(1).max(MAX_TOKEN_DAYS),
});

// ---- query parameters

const OneOf = z.enum(['clear', 'raised', 'recovering'], 'is one of clear, raised, recovering');
const Cursor = z.string().regex(/^[\w-]{1,100}$/, 'is not the "next" of an answer');
const Limit = z.string().regex(/^([1-9]\d?|100)$/, 'is a whole number from 1 to 100');

/** From and to which month, both included. */
const RangeSchema = z.strictObject({ from: PeriodSchema.optional(), to: PeriodSchema.optional() });
const isInOrder = ({ from, to }: z.infer<typeof RangeSchema>): boolean => !from || !to || from <= to;
const OUT_OF_ORDER = { path: ['from'], message: 'is later than "to"; give the earlier month as "from"' };
export const RangeQuerySchema = RangeSchema.refine(isInOrder, OUT_OF_ORDER);
export const PageQuerySchema = z.strictObject({ limit: Limit.optional(), cursor: Cursor.optional() });
export const MonthsQuerySchema = z
  .strictObject({
    ...RangeSchema.shape,
    ...PageQuerySchema.shape,
    format: z.enum(['json', 'csv', 'xlsx'], 'is json, csv or xlsx').optional(),
  })
  .refine(isInOrder, OUT_OF_ORDER);
export const AlertsQuerySchema = z.strictObject({ state: OneOf.optional() });
export const DryRunQuerySchema = z.strictObject({ dryRun: z.enum(['true', 'false'], 'is true or false').optional() });
export const BulkQuerySchema = z.strictObject({
  mode: z.enum(['add', 'replace'], 'is add or replace').optional(),
  revise: z.enum(['true', 'false'], 'is true or false').optional(),
});
