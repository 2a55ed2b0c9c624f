import { greetingOf, lossOf } from '../domain/direct-mail.ts';
import { rank } from '../domain/lifecycle.ts';
import type { Notice } from '../domain/notice-contents.ts';
import { isNewTo, isToBeGreeted, isToHearOfPutBack, type PutBack, type Recipient } from '../domain/recipient.ts';
import { readAuthority, readInspection } from '../store/inspections.ts';
import { listUnsent, readUnsent } from '../store/notices.ts';
import { RecipientChangedError, readRecipient, readRecipients, saveRecipient } from '../store/recipients.ts';
import { publishTo, type Telling } from './direct-mail.ts';
import { describeStanding } from './evaluate.ts';
import { maskedAddress } from './recipients.ts';
import { retryChanged } from './retry.ts';
import { listSubscriptions, type Recipients, readPolicy, type Subscription } from './subscriptions.ts';
import { sendSummary, summariesDue } from './summaries.ts';

/**
 * Who has come to hear of an authority, or of more of it, and who is lost to it. SNS tells of neither: both are seen by looking, every hour. Whoever
 * has come is told how things stand, unless a notice was first; of whoever is lost the others are told.
 */

export type { Telling } from './direct-mail.ts';

/** Something to tell one recipient, or others of one, about an authority; or the summary that is due to one. */
export interface ToTell {
  readonly about: 'arrival' | 'loss' | 'summary';
  readonly recipient: string;
  readonly authority: string;
}

/** Sees who has confirmed and who is gone since the last look, and keeps that. Returns what is to be told. */
export async function lookAtRecipients(recipients: Recipients, now: Date): Promise<ToTell[]> {
  const [{ recipients: asked }, subscriptions] = await Promise.all([
    readRecipients(recipients.database),
    listSubscriptions(recipients),
  ]);
  const toTell: ToTell[] = [];
  for (const read of asked) {
    const seen = await lookAt(recipients, read, subscriptions, now);
    if (!seen) continue;
    const { id: recipient, hears, confirmed, lost } = seen;
    for (const authority of Object.keys(hears)) {
      if (confirmed && isToBeTold(seen, authority, now)) toTell.push({ about: 'arrival', recipient, authority });
      if (lost && !lost.told.includes(authority)) toTell.push({ about: 'loss', recipient, authority });
    }
    for (const authority of summariesDue(seen, now)) toTell.push({ about: 'summary', recipient, authority });
  }
  return toTell;
}

const isToBeTold = (recipient: Recipient, authority: string, now: Date): boolean =>
  isToBeGreeted(recipient, authority, now) || isToHearOfPutBack(recipient, authority);

/** A recipient as it is after a look; undefined where somebody changed it meanwhile: the next look sees that. */
async function lookAt(
  recipients: Recipients,
  read: Recipient,
  subscriptions: readonly Subscription[],
  now: Date,
): Promise<Recipient | undefined> {
  const arn = subscriptions.find(({ id }) => id === read.id)?.arn;
  const { confirmed, lost, ...rest } = read;
  const at = now.toISOString();
  // Being removed: whoever does that finishes it, or does it again.
  if (arn === confirmed?.arn || Object.keys(read.hears).length === 0) return read;
  // A list may lag behind; what is said of one subscription does not.
  if (!arn && confirmed && (await readPolicy(recipients, confirmed.arn)) !== undefined) return read;
  const changed = arn ? { ...rest, confirmed: { at, arn } } : { ...rest, lost: { at, told: [] }, knows: [] };
  return saveRecipient(recipients.database, read, changed).catch((error: unknown) => {
    if (error instanceof RecipientChangedError) return undefined;
    throw error;
  });
}

/**
 * Tells it, and keeps that it was told: a crash in between has it told again. False where it could not be told yet, as the filter
 * of the address is not settled, nobody else is left to tell, or the authority is closed.
 */
export async function tell({ about, recipient: id, authority }: ToTell, telling: Telling, now: Date): Promise<boolean> {
  if ((await readAuthority(telling.database, authority, true))?.closed) return false;
  if (about === 'summary') return sendSummary(id, authority, telling, now);
  return about === 'arrival' ? greet(id, authority, telling, now) : tellOfLoss(id, authority, telling);
}

async function greet(id: string, authority: string, telling: Telling, now: Date): Promise<boolean> {
  const { database, smallNumbers, pageUrl } = telling;
  const [standing, unsent] = await Promise.all([
    describeStanding(authority, { database, smallNumbers, now }),
    readUnsentOf(database, authority, now),
  ]);
  // Read last: whoever gets a notice meanwhile needs no greeting any more.
  const recipient = await readRecipient(database, id);
  const least = recipient?.hears[authority];
  if (!recipient || !least || !isToBeTold(recipient, authority, now)) return true;
  const putBack = isToHearOfPutBack(recipient, authority) ? recipient.putBack?.[authority] : undefined;
  // Another is being put back: it is known again once all of it is back.
  if (putBack && !standing) return false;
  // Of an authority that nobody was told anything of there is nothing to know: its first notice tells all.
  if (standing && standing.lastNotice > 0) {
    const waiting = unsent.filter(({ level }) => rank(level) >= rank(least)).length;
    const isNew = isNewTo(recipient, authority);
    const words = greetingOf(standing, { least, waiting, isNew, putBack, now }, `${pageUrl}/`);
    if (!(await publishTo(telling, id, words))) return false;
  }
  await knowsNow(telling, id, authority, now, putBack);
  return true;
}

async function readUnsentOf(database: Telling['database'], authority: string, now: Date): Promise<Notice[]> {
  const waiting = (await listUnsent(database, now)).filter((each) => each.authority === authority);
  const notices = await Promise.all(waiting.map((each) => readUnsent(database, each)));
  return notices.filter((notice) => notice !== undefined);
}

/**
 * Keeps that a recipient knows how things stand in an authority, and what was put back where they were told of that; not of one who
 * hears of more of it since they were told, nor of what was put back since.
 */
export async function knowsNow(
  { database }: Pick<Recipients, 'database'>,
  id: string,
  authority: string,
  now: Date,
  told?: PutBack,
): Promise<void> {
  await retryChanged(async () => {
    const read = await readRecipient(database, id);
    if (!read) return;
    const { [authority]: putBack, ...others } = read.putBack ?? {};
    const isTold = told !== undefined && putBack?.at === told.at;
    const isKnown = isToBeGreeted(read, authority, now);
    if (!isKnown && !isTold) return;
    await saveRecipient(database, read, {
      ...read,
      ...(isKnown ? { knows: [...(read.knows ?? []), authority] } : {}),
      ...(isTold ? { putBack: others } : {}),
    });
  });
}

async function tellOfLoss(id: string, authority: string, telling: Telling): Promise<boolean> {
  const { database, pageUrl } = telling;
  const [{ recipients: asked }, subscriptions] = await Promise.all([
    readRecipients(database),
    listSubscriptions(telling),
  ]);
  const lost = asked.find((each) => each.id === id);
  if (!lost?.lost || lost.lost.told.includes(authority)) return true;
  const mailed = new Set(subscriptions.flatMap(({ id, arn }) => (arn ? [id] : [])));
  const others = asked.filter((each) => each.hears[authority] && mailed.has(each.id));
  const name = (await readInspection(database, authority))?.header.name ?? authority;
  const words = lossOf(
    {
      ...{ authority, name, noticedAt: lost.lost.at, left: others.length },
      address: maskedAddress(
        lost.address,
        asked.map(({ address }) => address),
      ),
    },
    `${pageUrl}/`,
  );
  let told = 0;
  for (const other of others) if (await publishTo(telling, other.id, words)) told++;
  if (told === 0) return false;
  await retryChanged(async () => {
    const read = await readRecipient(database, id);
    if (read?.lost && !read.lost.told.includes(authority))
      await saveRecipient(database, read, { ...read, lost: { ...read.lost, told: [...read.lost.told, authority] } });
  });
  return true;
}
