import type { Level } from '../domain/lifecycle.ts';
import { isFilterOf, type Recipient } from '../domain/recipient.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import { recipientId } from '../store/keys.ts';
import {
  deleteFormerRecipient,
  deleteRecipient,
  RecipientChangedError,
  readFormerRecipients,
  readRecipient,
  readRecipientAsStored,
  readRecipients,
  saveRecipient,
} from '../store/recipients.ts';
import { NotFoundError } from './errors.ts';
import { addRecipient, hasLapsed, removeRecipient, settlingFrom, UnconfirmedError } from './recipients.ts';
import { retryChanged } from './retry.ts';
import {
  listSubscriptions,
  mapInTurn,
  type Recipients,
  readFilter,
  type Subscription,
  setFilter,
  subscribe,
} from './subscriptions.ts';

/** What keeps recipients as they should be, with nobody asking: by the hour, and as a deployment begins or changes. */

/**
 * Gives every confirmed subscription the filter that it should have, and every one that this service did not ask for but
 * understands (a deployment's, one of an earlier version) a recipient. Nobody is asked to confirm again. Safe to repeat.
 * Returns how many filters were changed, and what of the recipients cannot be read.
 */
export async function settleFilters(
  recipients: Recipients,
  now: Date,
): Promise<{ changed: number; unreadable: Unreadable[] }> {
  const { recipients: asked, unreadable } = await readRecipients(recipients.database);
  const unknown = new Set(unreadable.map(({ of }) => of));
  const subscriptions = await listSubscriptions(recipients);
  await forgetRemoved(recipients, asked, subscriptions);
  const changed = await mapInTurn(subscriptions, async ({ id, address, arn }) => {
    // What cannot be read is not known: the filter stays as it is.
    if (unknown.has(id)) return false;
    const filter = arn && (await readFilter(recipients, arn));
    if (!arn || !filter || Object.keys(filter.hears).length === 0) return false;
    return retryChanged(async () => {
      const read = await readRecipient(recipients.database, id);
      // Being removed: whoever does that finishes it, or does it again.
      if (read && Object.keys(read.hears).length === 0) return false;
      const recipient =
        read ??
        (await saveRecipient(recipients.database, undefined, {
          ...{ id, address, hears: filter.hears, requestedAt: now.toISOString(), knows: Object.keys(filter.hears) },
        }));
      if (isFilterOf(filter, recipient)) return false;
      // SNS may go by the filter of before for a while: nobody counts on what only the new one lets through.
      const settling = settlingFrom(
        { hears: recipient.hears, requested: filter.hears, settling: recipient.settling },
        now,
      );
      const saved = await saveRecipient(recipients.database, recipient, {
        ...recipient,
        ...{ requested: undefined, settling },
      });
      return setFilter(recipients, arn, saved);
    });
  });
  return { changed: changed.filter(Boolean).length, unreadable };
}

/** What a removal leaves behind that was broken off once the address was unsubscribed. */
async function forgetRemoved(
  { database }: Recipients,
  asked: readonly Recipient[],
  subscriptions: readonly Subscription[],
): Promise<void> {
  const subscribed = new Set(subscriptions.map(({ id }) => id));
  const removed = asked.filter(({ id, hears }) => Object.keys(hears).length === 0 && !subscribed.has(id));
  await mapInTurn(removed, (recipient) =>
    deleteRecipient(database, recipient).catch((error: unknown) => {
      // Asked again meanwhile.
      if (!(error instanceof RecipientChangedError)) throw error;
    }),
  );
}

/** Takes over whom an authority had asked in the way of before, who may still confirm. Safe to repeat. */
export async function takeOverRequests({ database }: Pick<Recipients, 'database'>, authority: string): Promise<void> {
  for (const { id, address, level, requestedAt } of await readFormerRecipients(database, authority)) {
    await retryChanged(async () => {
      const read = await readRecipient(database, id);
      if (read?.hears[authority]) return;
      const hears = { ...read?.hears, [authority]: level };
      await saveRecipient(database, read, { id, address, hears, requestedAt: read?.requestedAt ?? requestedAt });
    });
    await deleteFormerRecipient(database, authority, id);
  }
}

/** Whom a deployment has mailed from the first day. */
export interface DeployedRecipient {
  readonly authority: string;
  readonly address: string;
  readonly level: Level;
}

/**
 * Does what a deployment says that is new: asks an address, or stops mailing one. What was made of it since by API or page stays
 * as long as the deployment says what it said before. An address that has not confirmed cannot be removed, and may yet confirm.
 */
export async function followDeployment(
  recipients: Recipients,
  before: DeployedRecipient | undefined,
  after: DeployedRecipient | undefined,
  now: Date,
): Promise<void> {
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  if (after) await addRecipient(recipients, after.authority, after, now);
  if (!before || (before.authority === after?.authority && recipientId(before.address) === recipientId(after.address)))
    return;
  try {
    await removeRecipient(recipients, before.authority, recipientId(before.address), now);
  } catch (error) {
    if (!(error instanceof NotFoundError || error instanceof UnconfirmedError)) throw error;
  }
}

/**
 * Asks an address again to confirm whose subscription is gone: it lapsed, or somebody, or a scanner of mail, followed the link at
 * the end of a mail. Not one that was removed here or hears of `closed` authorities alone, and not twice within two days. Returns whether it was asked.
 */
export function askAgain(
  recipients: Recipients,
  address: string,
  now: Date,
  closed: ReadonlySet<string> = new Set(),
): Promise<boolean> {
  const id = recipientId(address);
  return retryChanged(async () => {
    const { read } = await readRecipientAsStored(recipients.database, id);
    if (!read || !hasLapsed(read, now)) return false;
    if (Object.keys(read.hears).every((authority) => closed.has(authority))) return false;
    if ((await listSubscriptions(recipients)).some((each) => each.id === id)) return false;
    const requested = { requestedAt: now.toISOString(), requested: read.hears };
    const saved = await saveRecipient(recipients.database, read, { ...read, ...requested });
    await subscribe(recipients, saved);
    return true;
  });
}
