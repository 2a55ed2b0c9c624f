import * as z from 'zod';
import { BySchema } from '../domain/access.ts';
import { PeriodSchema } from '../domain/period.ts';
import { ReportedSchema, SubmissionSchema } from '../domain/submission.ts';
import { UnreadableSchema } from '../domain/unreadable.ts';

/** What the API answers to figures that are sent. Apart from what it answers to all else, as taking them in is to begin fast. */

export const ChangeAnswerSchema = z.object({
  pointer: z.string(),
  before: z.union([ReportedSchema, z.string()]).optional(),
  after: z.union([ReportedSchema, z.string()]).optional(),
});

export const MonthAnswerSchema = SubmissionSchema.extend({
  authority: z.string(),
  period: PeriodSchema,
  /** Counts from 1; `ETag` is the same number in quotes. */
  revision: z.int().min(1),
  submittedAt: z.iso.datetime(),
  by: BySchema.optional(),
  retracted: z.boolean().optional(),
  leftOut: SubmissionSchema.shape.observations.optional(),
  confirmed: z.array(z.string()).optional(),
  questions: z.array(z.string()).optional(),
  reason: z.string().optional(),
  /** Where it is stored and cannot be read: `observations` are empty. Sent anew as a whole it can be again. */
  unreadable: UnreadableSchema.optional(),
  /** What this request made different in a month that was there. */
  changes: z.array(ChangeAnswerSchema).optional(),
});

/** What became of each month that was sent. */
export const BulkAnswerSchema = z.object({
  authority: z.string(),
  submissions: z.array(
    z.object({
      period: PeriodSchema,
      outcome: z.enum(['accepted', 'revised', 'unchanged']),
      revision: z.int().min(1),
      questions: z.array(z.string()).optional(),
      changes: z.array(ChangeAnswerSchema).optional(),
    }),
  ),
  /** Of a file: whatever in it was not taken, and why; empty where all of it was. */
  setAside: z
    .array(
      z.object({
        sheet: z.string().optional(),
        line: z.int().optional(),
        column: z.string().optional(),
        text: z.string().optional(),
        why: z.string(),
      }),
    )
    .optional(),
});
