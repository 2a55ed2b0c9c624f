import { summaryOf } from '../domain/direct-mail.ts';
import { toldOfFrom } from '../domain/obligations.ts';
import { isSummaryDue, type Recipient } from '../domain/recipient.ts';
import { readNotices } from '../store/notices.ts';
import { readRecipient, saveRecipient } from '../store/recipients.ts';
import { BANK_HOLIDAYS, monthDue } from './calendar.ts';
import { CLAIM_MS, publishTo } from './direct-mail.ts';
import { describeStanding } from './evaluate.ts';
import type { Telling } from './newcomers.ts';
import { retryChanged } from './retry.ts';

/** The summary that somebody asked for: once a month, on the day after its figures were due, also when there is nothing to report. */

/** The authorities of which somebody is to be sent a summary now. */
export const summariesDue = (recipient: Recipient, now: Date): string[] =>
  Object.keys(recipient.summaries ?? {}).filter((authority) => isSummaryDue(recipient, authority, monthDue(now), now));

/** Months whose e-mails are counted: as many notices are looked through. */
const MAX_MAILS = 100;

/**
 * Sends a summary, and keeps that it was sent. One run at a time does: whoever comes second leaves it to whoever came first. One that is
 * killed between the two has it sent again. False where it could not be sent yet: the filter is not settled, or nothing was judged.
 */
export async function sendSummary(id: string, authority: string, telling: Telling, now: Date): Promise<boolean> {
  const { database, smallNumbers, pageUrl } = telling;
  const month = monthDue(now);
  const [standing, { notices }] = await Promise.all([
    describeStanding(authority, { database, smallNumbers, now }),
    readNotices(database, authority, { limit: MAX_MAILS }),
  ]);
  if (!standing) return false;
  const sendingUntil = new Date(now.getTime() + CLAIM_MS).toISOString();
  const last = await change(telling, id, authority, (asked, read) =>
    isSummaryDue(read, authority, month, now) ? { ...asked, sendingUntil } : undefined,
  );
  // Sent, or being sent, or not asked for any more.
  if (!last) return true;
  const letGo = () =>
    change(telling, id, authority, ({ month: before, sendingUntil: until }) =>
      until === sendingUntil ? { month: before } : undefined,
    );
  const since = toldOfFrom(last.month, BANK_HOLIDAYS).toISOString();
  const mails = notices.flatMap(({ notice }) => (notice.createdAt > since ? [notice.number] : [])).reverse();
  const words = summaryOf(standing, { month, since, mails, now }, `${pageUrl}/`);
  const isSent = await publishTo(telling, id, words).catch(async (error: unknown) => {
    await letGo();
    throw error;
  });
  if (!isSent) {
    await letGo();
    return false;
  }
  await change(telling, id, authority, () => ({ month }));
  return true;
}

type Asked = NonNullable<Recipient['summaries']>[string];

/** Changes what is kept of an authority's summaries, if there is something to change; gives what was there then. */
function change(
  { database }: Pick<Telling, 'database'>,
  id: string,
  authority: string,
  to: (asked: Asked, read: Recipient) => Asked | undefined,
): Promise<Asked | undefined> {
  return retryChanged(async () => {
    const read = await readRecipient(database, id);
    const asked = read?.summaries?.[authority];
    const changed = read && asked && to(asked, read);
    if (!changed) return undefined;
    await saveRecipient(database, read, { ...read, summaries: { ...read.summaries, [authority]: changed } });
    return asked;
  });
}
