import * as z from 'zod';
import { BySchema } from '../domain/access.ts';
import { ActionSchema, ProgressSchema } from '../domain/action.ts';
import { SettingsVersionSchema, settingsIn } from '../domain/authority.ts';
import { BenchmarkSchema } from '../domain/benchmark.ts';
import { BoardAlertSchema } from '../domain/board.ts';
import { FindingSchema } from '../domain/evaluators/evaluator.ts';
import { FigureSchema, GradedJudgementSchema, InspectionHeaderSchema } from '../domain/inspection.ts';
import { AlertStateSchema, LevelSchema, NewsSchema, TransitionSchema } from '../domain/lifecycle.ts';
import { DoneSchema, type LoadedInspection } from '../domain/loaded-inspection.ts';
import { LocalStandardSchema, MetricSchema, StandardSchema } from '../domain/metric.ts';
import { NoticeSchema } from '../domain/notice-contents.ts';
import { dueWorkingDayIn } from '../domain/obligations.ts';
import { OwnNameSchema } from '../domain/own-name.ts';
import { PeriodSchema } from '../domain/period.ts';
import { RoleSchema } from '../domain/person.ts';
import { StatusSchema } from '../domain/submission.ts';
import { UnreadableSchema } from '../domain/unreadable.ts';
import { ChangeAnswerSchema, MonthAnswerSchema } from './submission-answers.ts';

/** What the API answers. Submissions and definitions are the domain's own; here is what only an answer has. */

/** Of a list that goes on: ask again with it as `cursor`. Absent on the last page. */
const next = z.string().optional();

/** What is stored and missing from the answer, as it cannot be read. Absent where nothing is. */
const unreadable = z.array(UnreadableSchema).min(1).optional();

export const MonthsAnswerSchema = z.object({ submissions: z.array(MonthAnswerSchema), next });
export const RevisionsAnswerSchema = z.object({ revisions: z.array(MonthAnswerSchema), next });

/** An authority as a whole: what holds, and every version of what was set, oldest first. */
export const AuthorityAnswerSchema = z.object({
  authority: z.string(),
  name: z.string(),
  closed: z.boolean(),
  dueWorkingDay: z.int(),
  /** Absent where the deployment's holds. */
  smallNumbers: SettingsVersionSchema.shape.smallNumbers,
  settings: z.array(SettingsVersionSchema.omit({ closed: true }).extend({ closed: z.boolean() })),
});

export function authorityAnswer({ header, settings = [] }: LoadedInspection): z.input<typeof AuthorityAnswerSchema> {
  const { smallNumbers, closed = false } = settingsIn(settings);
  return {
    ...{ authority: header.authority, name: header.name, closed, dueWorkingDay: dueWorkingDayIn({ settings }) },
    ...(smallNumbers && { smallNumbers }),
    settings: settings.map((version) => ({ ...version, closed: version.closed ?? false })),
  };
}

/** The authorities that a token may see, in the order of their ids. */
export const AuthoritiesAnswerSchema = z.object({
  authorities: z.array(AuthorityAnswerSchema.pick({ authority: true, name: true, closed: true })),
  next: z.string().optional(),
});

/** What came of figures that were sent at once. */
export const ReceiptAnswerSchema = z.object({
  authority: z.string(),
  at: z.iso.datetime(),
  by: z.string().optional(),
  months: z.array(
    z.object({
      period: PeriodSchema,
      revision: z.int().min(1),
      outcome: z.enum(['accepted', 'revised', 'retracted']),
      figures: z.int(),
      reason: z.string().optional(),
      changes: z.array(ChangeAnswerSchema),
      superseded: z.boolean(),
    }),
  ),
  questions: z.array(z.string()).optional(),
  alerts: z.array(
    z.object({ alert: z.string(), title: z.string(), transition: NewsSchema, level: LevelSchema, notice: z.int() }),
  ),
});

/** Names that the authority's own files have for metrics. */
export const OwnNameAnswerSchema = OwnNameSchema;
export const OwnNamesAnswerSchema = z.object({ names: z.array(OwnNameSchema), unreadable });

/** A metric with the standard that is in force. */
export const MeasuredMetricSchema = MetricSchema.extend({ standard: StandardSchema.optional() });
export const ChangedMetricSchema = MetricSchema;
export const MetricsAnswerSchema = z.object({ metrics: z.array(MeasuredMetricSchema), unreadable });

/** One period of a metric: what was reported, against what, what was found, and the alert after it. */
export const SeriesPointSchema = z.object({
  period: PeriodSchema,
  /** In the metric's unit. Absent where nothing was reported, which counts for some metrics. */
  value: z.number().optional(),
  numerator: z.int().optional(),
  denominator: z.int().optional(),
  status: StatusSchema.optional(),
  revision: z.int().optional(),
  leftOut: z.literal(true).optional(),
  confirmed: z.literal(true).optional(),
  standard: StandardSchema.optional(),
  /** XmR limits as the chart shows them; null where there are none, as for too few figures or a constant series. */
  limits: z
    .object({
      mean: z.number(),
      lower: z.number().nullable(),
      upper: z.number().nullable(),
      type: z.string(),
    })
    .optional(),
  alert: AlertStateSchema,
  transition: TransitionSchema.optional(),
  findings: z.array(FindingSchema),
});
export const MetricAnswerSchema = MeasuredMetricSchema.extend({
  /** Every version that the authority set, oldest first. */
  localStandards: z.array(LocalStandardSchema),
  /** Published figures of other places; absent where none are loaded. */
  benchmark: BenchmarkSchema.optional(),
  series: z.array(SeriesPointSchema),
  unreadable,
});

/** What became of a file of published figures. */
export const BenchmarksAnswerSchema = z.object({
  benchmarks: z.array(BenchmarkSchema),
  neighbours: z.array(z.string()),
  setAside: z.array(z.object({ what: z.string(), lines: z.int(), why: z.string() })),
});

/** A metric's alert; `clear` where it is not on the board. */
export const AlertAnswerSchema = BoardAlertSchema.partial({ period: true, findings: true }).extend({
  alert: z.string(),
  title: z.string(),
});
export const AlertsAnswerSchema = z.object({
  authority: z.string(),
  /** When the board last changed, and the latest month it knows. */
  evaluatedAt: z.iso.datetime().optional(),
  latestPeriod: PeriodSchema.optional(),
  /** Where it could not be judged since. */
  setAside: z.object({ at: z.iso.datetime(), reason: z.enum(['too-long', 'failed', 'incomplete']) }).optional(),
  /** Where it is: the alerts are those from before. */
  closed: z.literal(true).optional(),
  unreadable,
  alerts: z.array(AlertAnswerSchema),
});

export const NoticeAnswerSchema = NoticeSchema.extend({ subject: z.string(), sentAt: z.iso.datetime().optional() });
export const NoticesAnswerSchema = z.object({
  notices: z.array(NoticeAnswerSchema),
  unreadable,
  waiting: z.int(),
  lost: z.int(),
  next,
});

/** A recommended action with what the authority reported of it, oldest first. */
export const ActionAnswerSchema = ActionSchema.extend({
  state: ProgressSchema.shape.state,
  progress: z.array(ProgressSchema),
});

export const InspectionAnswerSchema = InspectionHeaderSchema.extend({
  judgements: z.array(GradedJudgementSchema),
  actions: z.array(ActionAnswerSchema),
  figures: z.array(FigureSchema).optional(),
  unreadable,
});

export const StandardAnswerSchema = LocalStandardSchema.extend({ basis: z.literal('council') });

/** Every inspection of an authority, the newest first. */
export const InspectionsAnswerSchema = z.object({
  /** The one that figures are held against. */
  leading: z.string(),
  inspections: z.array(
    InspectionAnswerSchema.extend({
      retired: z.boolean(),
      loaded: DoneSchema.optional(),
      retiredBy: DoneSchema.optional(),
      frameworkTitle: z.string(),
      full: z.boolean(),
    }),
  ),
});

const DifferenceSchema = z.object({
  added: z.array(z.string()),
  changed: z.array(z.string()),
  removed: z.array(z.string()),
});

/** What loading or retiring an inspection changed, or would change. */
export const InspectionChangeSchema = z.object({
  inspection: z.string(),
  outcome: z.enum(['new', 'changed', 'unchanged', 'retired']),
  leading: z.object({ before: z.string().optional(), after: z.string() }),
  metrics: DifferenceSchema,
  actions: DifferenceSchema,
  alerts: z.array(z.object({ alert: z.string(), title: z.string(), before: z.string(), after: z.string() })),
});

/** The JSON Schema of an inspection's file. */
export const InspectionFileSchemaAnswerSchema = z.record(z.string(), z.unknown());

/** What one way of judging makes of the record: episodes (`warning` and above), when the first began, months at `watch`. */
export const OutcomeSchema = z.object({
  episodes: z.int(),
  first: PeriodSchema.optional(),
  watchMonths: z.int(),
});
export const BacktestAnswerSchema = z.object({
  metric: z.string(),
  asIs: OutcomeSchema,
  asChanged: OutcomeSchema,
  periods: z.array(
    z.object({
      period: PeriodSchema,
      value: z.number().optional(),
      asIs: AlertStateSchema,
      asChanged: AlertStateSchema,
      findings: z.array(FindingSchema),
    }),
  ),
});

export const RecipientAnswerSchema = z.object({
  id: z.string(),
  /** Not in full: `d…@example.org`. */
  address: z.string(),
  level: LevelSchema,
  role: RoleSchema,
  /** Whether it is sent a summary every month. */
  summary: z.boolean(),
  state: z.enum(['confirmed', 'pending', 'lost']),
  /** Until when a pending one can be confirmed; then SNS forgets it. */
  lapsesAt: z.iso.datetime().optional(),
  /** When it was seen that a lost one is no longer mailed. */
  lostAt: z.iso.datetime().optional(),
  /** When it was last decided that and from which level on the address is mailed, or what it may do, and by whom. */
  at: z.iso.datetime().optional(),
  by: BySchema.optional(),
});
export const RecipientsAnswerSchema = z.object({ recipients: z.array(RecipientAnswerSchema), unreadable });

/** The description of the API itself. */
export const DescriptionAnswerSchema = z.looseObject({ openapi: z.literal('3.1.1') });

export const HealthAnswerSchema = z.object({ status: z.literal('ok') });

/** RFC 9457 problem details. */
export const ProblemAnswerSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  errors: z
    .array(
      z.object({
        pointer: z.string().optional(),
        parameter: z.string().optional(),
        sheet: z.string().optional(),
        line: z.int().optional(),
        column: z.string().optional(),
        detail: z.string(),
      }),
    )
    .optional(),
});
