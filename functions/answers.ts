import * as z from 'zod';
import { BoardAlertSchema } from './domain/board.ts';
import {
  ActionSchema,
  FigureSchema,
  InspectionHeaderSchema,
  JudgementSchema,
  MetricSchema,
  StandardSchema,
} from './domain/inspection.ts';
import { NoticeSchema } from './domain/notice.ts';
import { PeriodSchema } from './domain/period.ts';
import { SubmissionSchema } from './domain/submission.ts';

/** What the API answers. Submissions and definitions are the domain's own; here is what only an answer has. */

export const MonthAnswerSchema = SubmissionSchema.extend({
  authority: z.string(),
  period: PeriodSchema,
  /** Counts from 1; `ETag` is the same number in quotes. */
  revision: z.int().min(1),
  submittedAt: z.iso.datetime(),
  retracted: z.boolean().optional(),
});

export const MonthsAnswerSchema = z.object({ submissions: z.array(MonthAnswerSchema) });
export const RevisionsAnswerSchema = z.object({ revisions: z.array(MonthAnswerSchema) });

export const MetricsAnswerSchema = z.object({
  metrics: z.array(MetricSchema.extend({ standard: StandardSchema.optional() })),
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
  alerts: z.array(AlertAnswerSchema),
});

export const NoticesAnswerSchema = z.object({
  notices: z.array(NoticeSchema.extend({ subject: z.string(), sentAt: z.iso.datetime().optional() })),
});

export const InspectionAnswerSchema = InspectionHeaderSchema.extend({
  judgements: z.array(JudgementSchema),
  actions: z.array(ActionSchema),
  figures: z.array(FigureSchema).optional(),
});

export const HealthAnswerSchema = z.object({ status: z.literal('ok') });
