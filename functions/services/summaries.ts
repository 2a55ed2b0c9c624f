import { summaryOf } from '../domain/direct-mail.ts';
import { toldOfFrom } from '../domain/obligations.ts';
import { isSummaryDue, type Recipient } from '../domain/recipient.ts';
import { readNotices } from '../store/notices.ts';
import { readRecipient, saveRecipient } from '../store/recipients.ts';
import { monthDue } from './calendar.ts';
import { CLAIM_MS, publishTo, type Telling } from './direct-mail.ts';
import { describeStanding } from './evaluate.ts';
import { retryChanged } from './retry.ts';

/** The summary that somebody asked for: once a month, on the day after its figures were due, also when there is nothing to report. */

/** The authorities of which somebody is to be sent a summary now. */
export const summariesDue = (recipient: Recipient, now: Date): string[] =>
  Object.keys(recipient.summaries ?? {}).filter((authority) => isSummaryDue(recipient, authority, now));

/** So many e-mails of a month are counted. */
const MAX_MAILS = 100;

/**
 * Sends a summary that is due, and keeps that it was sent. One run at a time does: whoever comes second leaves it to whoever came first. One
 * that is killed between the two has it sent again. False where nothing was sent: it is not due as the authority has it, the filter is not
 * settled, or nothing was judged yet.
 */
export async function sendSummary(id: string, authority: string, telling: Telling, now: Date): Promise<boolean> {
  const { database, smallNumbers, pageUrl } = telling;
  const [standing, { notices }] = await Promise.all([
    describeStanding(authority, { database, smallNumbers, now }),
    readNotices(database, authority, { limit: MAX_MAILS }),
  ]);
  if (!standing) return false;
  const sendingUntil = new Date(now.getTime() + CLAIM_MS).toISOString();
  const last = await change(telling, id, authority, (asked, read) =>
    isSummaryDue(read, authority, now) ? { ...asked, sendingUntil } : undefined,
  );
  // Sent, or being sent, or not asked for any more.
  if (!last) return false;
  const { month, dueAt } = monthDue(now, standing.calendar);
  const keep = (kept: Asked) =>
    change(telling, id, authority, (asked) => (asked.sendingUntil === sendingUntil ? kept : undefined));
  const before = { month: last.month, dueAt: last.dueAt };
  // Its figures are due later here than is usual.
  if (last.month >= month) {
    await keep({ ...before, dueAt });
    return false;
  }
  const since = toldOfFrom(last.month, standing.calendar).toISOString();
  const mails = notices.flatMap(({ notice }) => (notice.createdAt > since ? [notice.number] : [])).reverse();
  const words = summaryOf(standing, { month, since, mails, now }, `${pageUrl}/`);
  const isSent = await publishTo(telling, id, words).catch(async (error: unknown) => {
    await keep(before);
    throw error;
  });
  await keep(isSent ? { month, dueAt } : before);
  return isSent;
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
