import * as z from 'zod';
import { ProgressSchema } from '../domain/action.ts';
import { AuthoritySettingsSchema } from '../domain/authority.ts';
import { LevelSchema } from '../domain/lifecycle.ts';
import { MetricDefinitionSchema } from '../domain/metric.ts';
import { PeriodSchema } from '../domain/period.ts';
import { RoleSchema } from '../domain/person.ts';
import { MAX_MONTHS, PERCENTAGE, ReportedSchema, StatusSchema, SubmissionSchema } from '../domain/submission.ts';
import { typedText } from '../domain/typed-text.ts';
import { ReasonSchema } from '../services/correct.ts';
import { MAX_TOKEN_DAYS } from '../services/tokens.ts';
import { orNull } from './standard-bodies.ts';

/** What the API takes, beside a submission itself. */

/** A month as sent: a bare percentage may say that it is one, and has to below 1. */
const SentObservationSchema = z.union([
  ...ReportedSchema.options,
  z.strictObject({ value: z.string().regex(PERCENTAGE) }),
]);
export const SubmissionBodySchema = SubmissionSchema.extend({
  observations: z.record(z.string(), SentObservationSchema),
});

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
