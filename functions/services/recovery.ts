import type { Notice } from '../domain/notice-contents.ts';
import { includes, type PutBack, type Recipient } from '../domain/recipient.ts';
import type { Database } from '../store/database.ts';
import { mailedIn } from '../store/notices.ts';
import { readRecipient, readRecipients, saveRecipient } from '../store/recipients.ts';
import { faultsOfRecord, readWholeRecord, replaceWholeRecord, type WholeRecord } from '../store/recovery.ts';
import { InvalidError, ServiceError } from './errors.ts';
import { retryChanged } from './retry.ts';

export type { WholeRecord } from '../store/recovery.ts';

/** Taking an authority's whole record out and putting it back. */

type Everything = Database<'baselines' | 'submissions' | 'alerts'>;

/** There is nothing of an authority to be taken out. */
export class NothingStoredError extends ServiceError {
  override readonly name = 'NothingStoredError';
  override readonly reason = 'not-found';
  readonly authority: string;
  constructor(authority: string) {
    super(`there is nothing of ${authority} here`);
    this.authority = authority;
  }
}

/** Figures stand where a record is to be put. */
export class FiguresStoredError extends ServiceError {
  override readonly name = 'FiguresStoredError';
  override readonly reason = 'would-change';
  readonly authority: string;
  readonly items: number;
  constructor(authority: string, items: number) {
    super(`${authority} has ${items} items of figures here, which would be removed first; export them before that`);
    this.authority = authority;
    this.items = items;
  }
}

/** Every item of an authority. Throws {@link NothingStoredError}. */
export async function exportRecord(database: Everything, authority: string): Promise<WholeRecord> {
  const record = await readWholeRecord(database, authority);
  if (record.baselines.length + record.submissions.length === 0) throw new NothingStoredError(authority);
  return record;
}

/** The notices that were mailed and that a record which is to be put back does not have: they may hold no longer. */
export async function mailedSince(database: Everything, authority: string, record: WholeRecord): Promise<Notice[]> {
  const known = new Set(record.alerts.map(({ sk, data }) => `${sk?.S} ${data?.S}`));
  const { alerts } = await readWholeRecord(database, authority);
  return mailedIn(alerts.filter(({ sk, data }) => !known.has(`${sk?.S} ${data?.S}`)));
}

/**
 * Puts back what {@link exportRecord} took out at an instant; while this runs nothing is accepted for the authority. Whoever was mailed since
 * what the record does not have is told so by the hourly run. Throws
 * {@link InvalidError} where the record is not one of this authority's that could have been taken out here by now, and
 * {@link FiguresStoredError} where there are figures, unless `replace` says that they are to be removed.
 */
export async function importRecord(
  database: Everything,
  authority: string,
  record: WholeRecord,
  { now, takenAt, replace }: { readonly now: Date; readonly takenAt: Date; readonly replace: boolean },
): Promise<void> {
  const faults = faultsOfRecord(authority, record, now);
  if (faults.length > 0)
    throw new InvalidError(
      faults.map(({ place, detail }) => ({ pointer: `#/items/${place}`, detail })),
      'nothing was changed',
    );
  const { submissions } = await readWholeRecord(database, authority);
  if (submissions.length > 0 && !replace) throw new FiguresStoredError(authority, submissions.length);
  const putBack = { at: now.toISOString(), to: takenAt.toISOString() };
  // While nobody hears anything of the authority, so that nobody is told before all of it is back, and nothing is left to do after that.
  await replaceWholeRecord(database, authority, record, now, async () =>
    markPutBack(database, authority, putBack, await mailedSince(database, authority, record)),
  );
}

/** Marks whoever got one of these notices, and whoever was marked as this broke off, when some of the notices were gone already. */
async function markPutBack(
  database: Everything,
  authority: string,
  putBack: PutBack,
  mailed: readonly Pick<Notice, 'level'>[],
): Promise<void> {
  const isMeant = ({ hears, putBack }: Recipient): boolean =>
    putBack?.[authority] !== undefined || mailed.some(({ level }) => includes(hears, { authority, level }));
  const { recipients } = await readRecipients(database);
  for (const { id } of recipients.filter(isMeant))
    await retryChanged(async () => {
      const read = await readRecipient(database, id);
      if (read && isMeant(read))
        await saveRecipient(database, read, { ...read, putBack: { ...read.putBack, [authority]: putBack } });
    });
}
