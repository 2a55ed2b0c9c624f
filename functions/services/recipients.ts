import { FilterPolicyLimitExceededException, InvalidParameterException, UnsubscribeCommand } from '@aws-sdk/client-sns';
import { highest, type Level, rank } from '../domain/lifecycle.ts';
import { type Hears, isFilterOf, type Recipient } from '../domain/recipient.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import { recipientId } from '../store/keys.ts';
import {
  deleteRecipient,
  RecipientChangedError,
  readRecipientAsStored,
  readRecipients,
  saveRecipient,
  type Versioned,
} from '../store/recipients.ts';
import { monthDue } from './calendar.ts';
import { FullError, InvalidError, NotFoundError, ServiceError } from './errors.ts';
import { retryChanged } from './retry.ts';
import {
  isOtherFilter,
  listSubscriptions,
  mapInTurn,
  type Recipients,
  readFilter,
  type Subscription,
  setFilter,
  subscribe,
} from './subscriptions.ts';

/**
 * Who is mailed. What concerns an authority is about one that is known (`requireInspection`): SNS would subscribe an
 * address for any. Whom an authority asked is kept in the store; who has confirmed, SNS alone knows.
 */

/** An address was subscribed by somebody else, with another filter or none. */
export class AddressTakenError extends ServiceError {
  override readonly name = 'AddressTakenError';
  override readonly reason = 'conflict';
  constructor() {
    super(
      'this address is subscribed already, but not by this service; SNS keeps one subscription an address. Ask whoever runs the service to remove that subscription, then add the address again',
    );
  }
}

/** An address has not confirmed: until it lapses SNS cannot remove it. */
export class UnconfirmedError extends ServiceError {
  override readonly name = 'UnconfirmedError';
  override readonly reason = 'conflict';
  /** ISO instant. */
  readonly lapsesAt: string | undefined;
  constructor(lapsesAt: string | undefined) {
    super(`this address has not confirmed; SNS cannot remove it before, and forgets it at ${lapsesAt}`);
    this.lapsesAt = lapsesAt;
  }
}

/** An address hears of so many authorities that SNS takes no more in one filter. */
export class TooManyAuthoritiesError extends ServiceError {
  override readonly name = 'TooManyAuthoritiesError';
  override readonly reason = 'conflict';
  constructor(count: number) {
    super(
      `this address hears of ${count} authorities already, as many as SNS allows; choose the level "critical", which takes less room, or another address`,
    );
  }
}

/** As many addresses are mailed, of all authorities together, as SNS takes with a filter each. */
export class TooManyAddressesError extends ServiceError {
  override readonly name = 'TooManyAddressesError';
  override readonly reason = 'conflict';
  constructor() {
    super(
      'as many addresses are mailed here, of all authorities together, as AWS allows; nothing was stored. Remove one that is needed no more, or ask whoever runs the service to have the limit raised ("Filter policies per topic", 200 unless AWS was asked)',
    );
  }
}

/** So many addresses of one authority at most: each is looked at in turn whenever they are listed, and asked for by somebody who may manage. */
const MAX_RECIPIENTS = 200;

/** An address that is mailed, or would be once it confirms. */
export interface MailedAddress {
  readonly id: string;
  readonly address: string;
  readonly level: Level;
  /** Whether it is sent a summary every month. */
  readonly summary: boolean;
  /** Absent while pending: SNS tells it to nobody. */
  readonly arn?: string;
  /** When SNS forgets a pending one; ISO instant. */
  readonly lapsesAt?: string;
  /** Since when one that was mailed is not: it was unsubscribed; ISO instant. */
  readonly lostAt?: string;
}

/** "If the subscription is not confirmed, it is deleted after 48 hours" (SNS Developer Guide, e-mail notifications). */
const PENDING_MS = 48 * 60 * 60 * 1000;

/**
 * `d…@example.org`: enough to tell one's own from others', and as much more of the beginning as tells it from those beside it.
 *
 * @example
 * maskedAddress('director@example.org', ['deputy@example.org']); // di…@example.org
 */
export function maskedAddress(address: string, beside: readonly string[] = []): string {
  const at = address.lastIndexOf('@');
  const others = beside.filter(
    (other) => other !== address && other.slice(other.lastIndexOf('@')) === address.slice(at),
  );
  let shown = 1;
  while (shown < at && others.some((other) => other.startsWith(address.slice(0, shown)))) shown++;
  return `${address.slice(0, shown)}…${address.slice(at)}`;
}

/**
 * Who is mailed of an authority. Who has confirmed is known from SNS, whoever subscribed them; of those who have not, only
 * the ones that were asked for here are known to be this authority's. What cannot be read is named, of whatever authority it is.
 */
export async function listRecipients(
  recipients: Recipients,
  authority: string,
  now: Date,
): Promise<{ mailed: MailedAddress[]; unreadable: Unreadable[] }> {
  const [subscriptions, { recipients: asked, unreadable }] = await Promise.all([
    listSubscriptions(recipients),
    readRecipients(recipients.database),
  ]);
  const found = await mapInTurn(subscriptions, async ({ id, address, arn }): Promise<MailedAddress[]> => {
    const recipient = asked.find((each) => each.id === id);
    // Nobody who hears of others only needs to be asked about; whoever was subscribed by hand, or half removed, does.
    if (recipient && !recipient.hears[authority] && Object.keys(recipient.hears).length > 0) return [];
    const summary = recipient?.summaries?.[authority] !== undefined;
    if (arn) {
      const level = (await readFilter(recipients, arn))?.hears[authority];
      return level ? [{ id, address, level, summary, arn }] : [];
    }
    const level = recipient?.hears[authority];
    return level && !hasLapsed(recipient, now) ? [{ id, address, level, summary, lapsesAt: lapseOf(recipient) }] : [];
  });
  const lost = asked.flatMap((recipient): MailedAddress[] => {
    const { id, address, hears, lost } = recipient;
    const level = hears[authority];
    if (!level || !lost || subscriptions.some((each) => each.id === id)) return [];
    return [{ id, address, level, summary: recipient.summaries?.[authority] !== undefined, lostAt: lost.at }];
  });
  return { mailed: [...found.flat(), ...lost], unreadable };
}

/** One whose request is so old that a pending subscription of the address is somebody else's. */
export const hasLapsed = (recipient: Pick<Recipient, 'requestedAt'>, now: Date): boolean =>
  Date.parse(lapseOf(recipient)) <= now.getTime();

const lapseOf = ({ requestedAt }: Pick<Recipient, 'requestedAt'>): string =>
  new Date(Date.parse(requestedAt) + PENDING_MS).toISOString();

/**
 * Has SNS ask an address whether it wants this authority's notices. One that has confirmed already, for this authority or
 * another, gets them from `level` on without being asked again. Without a word of the monthly summary that stays as it is; the first
 * is of the next month.
 *
 * Throws {@link AddressTakenError}, {@link TooManyAuthoritiesError}, {@link TooManyAddressesError}, {@link FullError}, `InvalidError`.
 */
export function addRecipient(
  recipients: Recipients,
  authority: string,
  {
    address,
    level,
    summary,
  }: { readonly address: string; readonly level: Level; readonly summary?: boolean | undefined },
  now: Date,
): Promise<{ created: boolean; recipient: MailedAddress }> {
  const { database } = recipients;
  const id = recipientId(address);
  return retryChanged(async () => {
    const subscription = (await listSubscriptions(recipients)).find((each) => each.id === id);
    const { recipients: all } = await readRecipients(database);
    const others = all.filter((each) => each.id !== id && each.hears[authority]);
    if (others.length >= MAX_RECIPIENTS) throw new FullError(`${MAX_RECIPIENTS} recipients`);
    const { read, stored } = await readRecipientAsStored(database, id);
    const before = await heardBefore(recipients, subscription, read, now);
    const hears = { ...before, [authority]: level };
    const asked = !subscription?.arn;
    const summaries = summariesAfter(read, before, authority, summary, now);
    // SNS takes no other filter for a pending subscription. When it has confirmed, it is given the one that it should have (`settleFilters`).
    const requested = subscription ? (read?.requested ?? before) : hears;
    const isOther = read && (read.requested || read.hears[authority] !== level);
    // Asked for the same again, SNS may still go by the filter before that.
    const settling = isOther ? settlingFrom(read, now) : read?.settling;
    // Whoever hears of more from now on was not told of what is less serious.
    const hearsMore = rank(level) < rank(before[authority]);
    const knows = (read?.knows ?? Object.keys(before)).filter((each) => each !== authority || !hearsMore);
    // First, so that a subscription is never pending without anybody knowing whose it is.
    // Said anew, what could not be read is whole again.
    const saved = await saveUnlessSame(recipients, read, stored, {
      id,
      address: subscription?.address ?? address,
      hears,
      requestedAt: asked ? now.toISOString() : (read?.requestedAt ?? now.toISOString()),
      ...(asked ? { requested } : {}),
      ...(settling && !asked ? { settling } : {}),
      ...(read?.confirmed && !asked ? { confirmed: read.confirmed } : {}),
      knows: asked ? [] : knows,
      ...(Object.keys(summaries).length > 0 ? { summaries } : {}),
      ...(read?.testedAt ? { testedAt: read.testedAt } : {}),
    });
    const arn = subscription?.arn;
    await takingNoMore(Object.keys(before).length, async () => {
      if (!arn) {
        await subscribe(recipients, { ...saved, hears: requested }).catch((error: unknown) => {
          // Pending with a filter that is not known: the mail that was sent confirms it, and it is not sent again.
          if (!subscription || !isOtherFilter(error)) throw error;
        });
        // Confirmed since it was listed, and so with the filter of before.
        const current = subscription && (await listSubscriptions(recipients)).find((each) => each.id === id);
        if (current?.arn) throw new RecipientChangedError();
        return;
      }
      const filter = await readFilter(recipients, arn);
      if (filter && isFilterOf(filter, saved)) return;
      if (!(await setFilter(recipients, arn, saved))) throw new RecipientChangedError();
    }).catch(async (error: unknown) => {
      // What SNS does not take is not kept as if it did.
      if (error instanceof ServiceError) await restore(recipients, { read, stored, before }, saved);
      throw error;
    });
    // Whoever was slower here than somebody else has set an older filter: again, from what is stored now.
    if ((await readRecipientAsStored(database, id)).stored?.version !== saved.version)
      throw new RecipientChangedError();
    const state = arn ? { arn } : { lapsesAt: lapseOf(saved) };
    return {
      created: !before[authority],
      recipient: { id, address: saved.address, level, summary: authority in summaries, ...state },
    };
  });
}

/** The summaries that are asked for, of what an address goes on hearing of. */
function summariesAfter(
  read: Recipient | undefined,
  before: Hears,
  authority: string,
  wanted: boolean | undefined,
  now: Date,
): NonNullable<Recipient['summaries']> {
  const kept = Object.fromEntries(Object.entries(read?.summaries ?? {}).filter(([each]) => each in before));
  const { [authority]: own = monthDue(now), ...others } = kept;
  return (wanted ?? authority in kept) ? { ...others, [authority]: own } : others;
}

/** What an address hears of by now. Throws {@link AddressTakenError} where it is subscribed and that is not known. */
async function heardBefore(
  recipients: Recipients,
  subscription: Subscription | undefined,
  recipient: Recipient | undefined,
  now: Date,
): Promise<Hears> {
  // What an address was asked once and never confirmed, or confirmed and left, is no longer asked of it.
  if (!subscription) return {};
  if (recipient && (subscription.arn || !hasLapsed(recipient, now))) return recipient.hears;
  const filter = subscription.arn && (await readFilter(recipients, subscription.arn));
  if (!filter) throw new AddressTakenError();
  return filter.hears;
}

async function saveUnlessSame(
  { database }: Recipients,
  read: Recipient | undefined,
  stored: Versioned | undefined,
  recipient: Omit<Recipient, 'version'>,
): Promise<Recipient> {
  const same = read && JSON.stringify({ ...read, version: 0 }) === JSON.stringify({ ...recipient, version: 0 });
  return same ? read : saveRecipient(database, stored, recipient);
}

async function restore(
  { database }: Recipients,
  { read, stored, before }: { read: Recipient | undefined; stored: Versioned | undefined; before: Hears },
  saved: Recipient,
): Promise<void> {
  // What could not be read is not there any more: what the address heard of is.
  const kept = read ?? (stored && { ...saved, hears: before });
  if (kept) await saveRecipient(database, saved, kept);
  else await deleteRecipient(database, saved);
}

/** SNS refuses an address, and a filter that says too much, under one name. */
async function takingNoMore(count: number, call: () => Promise<void>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (error instanceof FilterPolicyLimitExceededException) throw new TooManyAddressesError();
    if (!(error instanceof InvalidParameterException)) throw error;
    // Subscribed since it was listed.
    if (isOtherFilter(error)) throw new RecipientChangedError();
    if (/filter ?policy/i.test(error.message)) throw new TooManyAuthoritiesError(count);
    throw new InvalidError([{ pointer: '#/address', detail: 'SNS does not take this address' }]);
  }
}

/** Stops mailing an address of this authority; of others it goes on hearing. */
export async function removeRecipient(recipients: Recipients, authority: string, id: string, now: Date): Promise<void> {
  await retryChanged(async () => {
    const { mailed } = await listRecipients(recipients, authority, now);
    const found = mailed.find((recipient) => recipient.id === id);
    if (!found) throw new NotFoundError('recipient', id);
    if (!found.arn && !found.lostAt) throw new UnconfirmedError(found.lapsesAt);
    const { read, stored } = await readRecipientAsStored(recipients.database, id);
    const filter = read || !found.arn ? undefined : await readFilter(recipients, found.arn);
    const { [authority]: _, ...others } = read?.hears ?? filter?.hears ?? {};
    const { [authority]: __, ...summaries } = read?.summaries ?? {};
    // First, so that whoever is being removed counts for nothing any more. Broken off here, SNS still lists the address
    // and it can be removed again.
    const requestedAt = read?.requestedAt ?? now.toISOString();
    const saved = await saveRecipient(recipients.database, stored, {
      ...read,
      ...{ id, address: found.address, hears: others, requestedAt, requested: undefined },
      ...(read?.summaries ? { summaries } : {}),
      ...(read?.knows ? { knows: read.knows.filter((each) => each !== authority) } : {}),
    });
    if (Object.keys(others).length > 0) {
      if (found.arn && !(await setFilter(recipients, found.arn, saved))) throw new RecipientChangedError();
      return;
    }
    if (found.arn) await recipients.sns.send(new UnsubscribeCommand({ SubscriptionArn: found.arn }));
    await deleteRecipient(recipients.database, saved);
  });
}

/** "Additions or changes to a subscription filter policy require up to 15 minutes to fully take effect" (SNS). */
const SETTLING_MS = 15 * 60 * 1000;

/** What a confirmed recipient surely hears of until a changed filter is in effect. */
export function settlingFrom(
  read: Pick<Recipient, 'hears' | 'requested' | 'settling'>,
  now: Date,
): NonNullable<Recipient['settling']> {
  const settling = read.settling && read.settling.until > now.toISOString() ? read.settling.hears : undefined;
  const open = settling ?? read.requested ?? read.hears;
  const both = Object.keys(read.hears).flatMap((authority) => {
    const level = highest([read.hears[authority], open[authority]]);
    return level && open[authority] ? [[authority, level] as const] : [];
  });
  return { until: new Date(now.getTime() + SETTLING_MS).toISOString(), hears: Object.fromEntries(both) };
}
