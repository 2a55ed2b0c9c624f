import * as z from 'zod';
import { BasisSchema, DateSchema, IdSchema, PlaceSchema } from './identifiers.ts';

/** What an inspection asks to improve, and how far the authority is. */

export const ActionIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,19}$/, 'letters, digits, full stops and hyphens, at most 20');

/**
 * Something to improve, as the report asks for it. Many reports name no day: then there is no `due`, and it is never late.
 * `dueBasis` says who gave it its date; a report may ask for "immediately" and name no day to count from.
 */
export const ActionSchema = z.strictObject({
  id: ActionIdSchema,
  section: IdSchema.optional(),
  title: z.string().min(1).max(300),
  /** In the report's terms: `immediate`, `3 months`. */
  timescale: z.string().min(1).max(60).optional(),
  due: DateSchema.optional(),
  /** Absent in what was stored before December 2026, all of it counted by this service. */
  dueBasis: BasisSchema.default('local'),
  paragraph: PlaceSchema,
});

export type Action = z.infer<typeof ActionSchema>;

/** One that can be late. */
export type DatedAction = Action & { readonly due: string };

export const isDated = (action: Action): action is DatedAction => action.due !== undefined;

/** Earliest due first; those without a date last, in the report's order. */
export function compareDue(a: Action, b: Action): number {
  const [one, other] = [a.due ?? '9999', b.due ?? '9999'];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** How far an action of an inspection is: reported by the authority, with evidence. Versions count from 1 for each action; the newest counts. */
export const ProgressSchema = z.strictObject({
  /** Absent in what was stored when there was one inspection alone. */
  inspection: IdSchema.max(64).optional(),
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
