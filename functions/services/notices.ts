import type { StoredNotice } from '../domain/notice.ts';
import type { Database } from '../store/database.ts';
import { markUnsent, type NoticeReference, readNotices } from '../store/notices.ts';
import { NotFoundError } from './errors.ts';

export { readNotices } from '../store/notices.ts';

/** The notices of an authority that is known (`requireAuthority`, `requireInspection`). Sending them is deliver.ts. */

type Alerts = Database<'alerts'>;

/** One notice by its number. Throws {@link NotFoundError}. */
export async function readNotice(database: Alerts, authority: string, number: number): Promise<StoredNotice> {
  const { notices } = await readNotices(database, authority, { before: number + 1, limit: 1 });
  const [found] = notices;
  if (found?.notice.number !== number) throw new NotFoundError('notice', String(number));
  return found;
}

/** Lets the hourly run send a notice once more. Throws {@link NotFoundError}. */
export async function resendNotice(database: Alerts, reference: NoticeReference): Promise<void> {
  if (!(await markUnsent(database, reference))) throw new NotFoundError('notice', String(reference.number));
}
