import type { StoredNotice } from '../domain/notice-contents.ts';
import type { Database } from '../store/database.ts';
import { countUnsent, markUnsent, type NoticeReference, readNotices } from '../store/notices.ts';
import { readRecipients } from '../store/recipients.ts';
import { NotFoundError, UnreadableItemError } from './errors.ts';

export { readNotices } from '../store/notices.ts';

/** The notices of an authority that is known (`requireAuthority`, `requireInspection`). Sending them is deliver.ts. */

type Alerts = Database<'alerts'>;

/** One notice by its number. Throws {@link NotFoundError} or {@link UnreadableItemError}. */
export async function readNotice(database: Alerts, authority: string, number: number): Promise<StoredNotice> {
  const { notices, unreadable, last } = await readNotices(database, authority, { before: number + 1, limit: 1 });
  if (last === number && unreadable.length > 0) throw new UnreadableItemError(unreadable);
  const [found] = notices;
  if (found?.notice.number !== number) throw new NotFoundError('notice', String(number));
  return found;
}

/** Lets the hourly run send a notice once more. Throws {@link NotFoundError}. */
export async function resendNotice(database: Alerts, reference: NoticeReference): Promise<void> {
  if (!(await markUnsent(database, reference))) throw new NotFoundError('notice', String(reference.number));
}

/** What is younger than this is on its way. */
const ON_ITS_WAY_MS = 2 * 60 * 1000;

/** How many notices wait: nobody who would get them has confirmed, or SNS could not be reached. */
export function countWaiting(database: Alerts, authority: string, now: Date): Promise<number> {
  return countUnsent(database, authority, new Date(now.getTime() - ON_ITS_WAY_MS));
}

/** How many recipients of an authority were mailed and no longer are. */
export async function countLost(database: Alerts, authority: string): Promise<number> {
  return (await readRecipients(database)).recipients.filter(({ hears, lost }) => lost && hears[authority]).length;
}
