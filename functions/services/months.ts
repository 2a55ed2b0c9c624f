import { PeriodSchema } from '../domain/period.ts';
import type { Month } from '../domain/submission.ts';
import type { Database } from '../store/database.ts';
import * as store from '../store/submissions.ts';
import { NotFoundError } from './errors.ts';

export { readMonthsBetween } from '../store/submissions.ts';

/** Reading the months of an authority that is known (`requireAuthority`, `requireInspection`). */

type Submissions = Database<'submissions'>;

/** One month as it stands, retracted or not. Throws {@link NotFoundError}. */
export async function readMonth(database: Submissions, authority: string, period: string): Promise<Month> {
  const month = await store.readMonth(database, authority, period);
  if (!month) throw new NotFoundError('month', period);
  return month;
}

/** Revisions of a month, oldest first: at most `limit` of those above `after`. Throws {@link NotFoundError}. */
export async function readRevisions(
  database: Submissions,
  authority: string,
  period: string,
  page: { readonly after: number; readonly limit: number },
): Promise<{ revisions: Month[]; more: boolean }> {
  const found = await store.readRevisions(database, authority, period, page);
  // A list that goes on may have ended with the page before.
  if (found.revisions.length === 0 && page.after === 0) throw new NotFoundError('month', period);
  return found;
}

/** The newest revisions of a month, the oldest of them first: at most `limit`. Throws {@link NotFoundError}. */
export async function readNewestRevisions(
  database: Submissions,
  authority: string,
  period: string,
  limit: number,
): Promise<Month[]> {
  const isMonth = PeriodSchema.safeParse(period).success;
  const revisions = isMonth ? await store.readNewestRevisions(database, authority, period, limit) : [];
  if (revisions.length === 0) throw new NotFoundError('month', period);
  return revisions;
}
