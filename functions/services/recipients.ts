import {
  GetSubscriptionAttributesCommand,
  InvalidParameterException,
  ListSubscriptionsByTopicCommand,
  NotFoundException,
  PublishCommand,
  SetSubscriptionAttributesCommand,
  type SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { highest, type Level, rank } from '../domain/lifecycle.ts';
import { type Notice, subjectLine } from '../domain/notice.ts';
import {
  type Filter,
  filterPolicyOf,
  type Hears,
  isFilterOf,
  type Recipient,
  readFilterPolicy,
} from '../domain/recipient.ts';
import type { Database } from '../store/database.ts';
import { recipientId } from '../store/keys.ts';
import {
  deleteFormerRecipient,
  deleteRecipient,
  RecipientChangedError,
  readFormerRecipients,
  readRecipient,
  readRecipients,
  saveRecipient,
} from '../store/recipients.ts';
import { InvalidError, NotFoundError, ServiceError } from './errors.ts';
import { retryChanged } from './retry.ts';

/**
 * Who is mailed. What concerns an authority is about one that is known (`requireInspection`): SNS would subscribe an
 * address for any. Whom an authority asked is kept in the store; who has confirmed, SNS alone knows.
 */

/** The topic that notices are published to, and what was asked of it. */
export interface Recipients {
  readonly sns: SNSClient;
  readonly topicArn: string;
  readonly database: Database<'alerts'>;
}

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

/** An address that is mailed, or would be once it confirms. */
export interface MailedAddress {
  readonly id: string;
  readonly address: string;
  readonly level: Level;
  /** Absent while pending: SNS tells it to nobody. */
  readonly arn?: string;
  /** When SNS forgets a pending one; ISO instant. */
  readonly lapsesAt?: string;
}

/** "If the subscription is not confirmed, it is deleted after 48 hours" (SNS Developer Guide, e-mail notifications). */
const PENDING_MS = 48 * 60 * 60 * 1000;

/** `d…@example.org`: enough to tell one's own from others'. */
export const maskedAddress = (address: string): string => address.replace(/^(.)[^@]*/, '$1…');

interface Subscription {
  readonly id: string;
  readonly address: string;
  /** Undefined while pending. */
  readonly arn: string | undefined;
}

/** The people on the topic. A queue or a program that is subscribed to it is none, and never counts as one. */
export async function listSubscriptions({
  sns,
  topicArn,
}: Pick<Recipients, 'sns' | 'topicArn'>): Promise<Subscription[]> {
  const found: Subscription[] = [];
  let NextToken: string | undefined;
  do {
    const page = await sns.send(
      new ListSubscriptionsByTopicCommand({ TopicArn: topicArn, ...(NextToken ? { NextToken } : {}) }),
    );
    for (const { Protocol, Endpoint, SubscriptionArn } of page.Subscriptions ?? [])
      if (Protocol === 'email' && Endpoint) {
        const arn = SubscriptionArn?.startsWith('arn:') ? SubscriptionArn : undefined;
        found.push({ id: recipientId(Endpoint), address: Endpoint, arn });
      }
    NextToken = page.NextToken;
  } while (NextToken);
  return found;
}

/** The filter policy of a confirmed subscription, `{}` for none; undefined where it is gone since it was listed. */
async function readPolicy({ sns }: Pick<Recipients, 'sns'>, arn: string): Promise<string | undefined> {
  try {
    const { Attributes } = await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: arn }));
    return Attributes?.FilterPolicy ?? '{}';
  } catch (error) {
    if (error instanceof NotFoundException) return undefined;
    throw error;
  }
}

/** The filter of a confirmed subscription; undefined where it is gone, or not of our making. */
async function readFilter(recipients: Pick<Recipients, 'sns'>, arn: string): Promise<Filter | undefined> {
  return readFilterPolicy(await readPolicy(recipients, arn));
}

/** False where the subscription is gone since it was listed: who has the address has left. */
async function setFilter(
  { sns }: Recipients,
  arn: string,
  { id, hears }: Pick<Recipient, 'id' | 'hears'>,
): Promise<boolean> {
  try {
    await sns.send(
      new SetSubscriptionAttributesCommand({
        SubscriptionArn: arn,
        AttributeName: 'FilterPolicy',
        AttributeValue: JSON.stringify(filterPolicyOf(id, hears)),
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof NotFoundException) return false;
    throw error;
  }
}

/**
 * How often a call of SNS is made before it counts as failed. A region may allow only 30 questions a second about
 * subscriptions: more than usual, with the SDK's growing pauses, gets a list of many through.
 */
export const SNS_ATTEMPTS = 8;

/** How many subscriptions are asked about at a time. */
const AT_A_TIME = 10;

async function mapInTurn<T, R>(items: readonly T[], map: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += AT_A_TIME)
    results.push(...(await Promise.all(items.slice(start, start + AT_A_TIME).map(map))));
  return results;
}

/**
 * Who is mailed of an authority. Who has confirmed is known from SNS, whoever subscribed them; of those who have not, only
 * the ones that were asked for here are known to be this authority's.
 */
export async function listRecipients(recipients: Recipients, authority: string, now: Date): Promise<MailedAddress[]> {
  const [subscriptions, asked] = await Promise.all([
    listSubscriptions(recipients),
    readRecipients(recipients.database),
  ]);
  const found = await mapInTurn(subscriptions, async ({ id, address, arn }): Promise<MailedAddress[]> => {
    const recipient = asked.find((each) => each.id === id);
    // Nobody who hears of others only needs to be asked about; whoever was subscribed by hand, or half removed, does.
    if (recipient && !recipient.hears[authority] && Object.keys(recipient.hears).length > 0) return [];
    if (arn) {
      const level = (await readFilter(recipients, arn))?.hears[authority];
      return level ? [{ id, address, level, arn }] : [];
    }
    const level = recipient?.hears[authority];
    return level && !hasLapsed(recipient, now) ? [{ id, address, level, lapsesAt: lapseOf(recipient) }] : [];
  });
  return found.flat();
}

/** One whose request is so old that a pending subscription of the address is somebody else's. */
const hasLapsed = (recipient: Pick<Recipient, 'requestedAt'>, now: Date): boolean =>
  Date.parse(lapseOf(recipient)) <= now.getTime();

const lapseOf = ({ requestedAt }: Pick<Recipient, 'requestedAt'>): string =>
  new Date(Date.parse(requestedAt) + PENDING_MS).toISOString();

/**
 * Has SNS ask an address whether it wants this authority's notices. One that has confirmed already, for this authority or
 * another, gets them from `level` on without being asked again.
 *
 * Throws {@link AddressTakenError}, {@link TooManyAuthoritiesError}, `InvalidError`.
 */
export function addRecipient(
  recipients: Recipients,
  authority: string,
  { address, level }: { readonly address: string; readonly level: Level },
  now: Date,
): Promise<{ created: boolean; recipient: MailedAddress }> {
  const { database } = recipients;
  const id = recipientId(address);
  return retryChanged(async () => {
    const subscription = (await listSubscriptions(recipients)).find((each) => each.id === id);
    const read = await readRecipient(database, id);
    const before = await heardBefore(recipients, subscription, read, now);
    const hears = { ...before, [authority]: level };
    const asked = !subscription?.arn;
    // First, so that a subscription is never pending without anybody knowing whose it is.
    const saved = await saveUnlessSame(recipients, read, {
      id,
      address: subscription?.address ?? address,
      hears,
      requestedAt: asked ? now.toISOString() : (read?.requestedAt ?? now.toISOString()),
      ...(read && !asked && read.hears[authority] !== level ? { settling: settlingFrom(read, now) } : {}),
    });
    const arn = subscription?.arn;
    await takingNoMore(Object.keys(before).length, async () => {
      if (!arn) {
        await subscribe(recipients, saved, subscription !== undefined);
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
      if (error instanceof ServiceError) await restore(recipients, read, saved);
      throw error;
    });
    // Whoever was slower here than somebody else has set an older filter: again, from what is stored now.
    if ((await readRecipient(database, id))?.version !== saved.version) throw new RecipientChangedError();
    const state = arn ? { arn } : { lapsesAt: lapseOf(saved) };
    return { created: !before[authority], recipient: { id, address: saved.address, level, ...state } };
  });
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
  recipient: Omit<Recipient, 'version'>,
): Promise<Recipient> {
  const same = read && JSON.stringify({ ...read, version: 0 }) === JSON.stringify({ ...recipient, version: 0 });
  return same ? read : saveRecipient(database, read, recipient);
}

async function restore({ database }: Recipients, read: Recipient | undefined, saved: Recipient): Promise<void> {
  if (read) await saveRecipient(database, saved, read);
  else await deleteRecipient(database, saved);
}

/** Has SNS ask an address to confirm; once more, without a word of its filter, where it is `pending`. */
async function subscribe(
  { sns, topicArn }: Recipients,
  { id, address, hears }: Recipient,
  pending = false,
): Promise<void> {
  // SNS takes no other filter for a pending subscription. When it has confirmed, it is given the one that it should have (`settleFilters`).
  const Attributes = pending ? undefined : { FilterPolicy: JSON.stringify(filterPolicyOf(id, hears)) };
  await sns.send(
    new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'email',
      Endpoint: address,
      ...(Attributes && { Attributes }),
      ReturnSubscriptionArn: true,
    }),
  );
}

/** SNS refuses an address, and a filter that says too much, under one name. */
async function takingNoMore(count: number, call: () => Promise<void>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof InvalidParameterException)) throw error;
    // Confirmed since it was listed: SNS changes no filter by asking again.
    if (/already exists with different attributes/i.test(error.message)) throw new RecipientChangedError();
    if (/filter ?policy/i.test(error.message)) throw new TooManyAuthoritiesError(count);
    throw new InvalidError([{ pointer: '#/address', detail: 'SNS does not take this address' }]);
  }
}

/** Stops mailing an address of this authority; of others it goes on hearing. */
export async function removeRecipient(recipients: Recipients, authority: string, id: string, now: Date): Promise<void> {
  await retryChanged(async () => {
    const found = (await listRecipients(recipients, authority, now)).find((recipient) => recipient.id === id);
    if (!found) throw new NotFoundError('recipient', id);
    if (!found.arn) throw new UnconfirmedError(found.lapsesAt);
    const read = await readRecipient(recipients.database, id);
    const { [authority]: _, ...others } = read?.hears ?? (await readFilter(recipients, found.arn))?.hears ?? {};
    // First, so that whoever is being removed counts for nothing any more. Broken off here, SNS still lists the address
    // and it can be removed again.
    const requestedAt = read?.requestedAt ?? now.toISOString();
    const saved = await saveRecipient(recipients.database, read, {
      ...{ id, address: found.address, hears: others, requestedAt },
      ...(read?.settling ? { settling: read.settling } : {}),
    });
    if (Object.keys(others).length > 0) {
      if (!(await setFilter(recipients, found.arn, saved))) throw new RecipientChangedError();
      return;
    }
    await recipients.sns.send(new UnsubscribeCommand({ SubscriptionArn: found.arn }));
    await deleteRecipient(recipients.database, saved);
  });
}

/** What decides who hears of something. */
export type Concern = Pick<Notice, 'authority' | 'level'>;

/** Somebody who has confirmed and would get what is published now. */
export interface Hearer {
  readonly id: string;
  readonly arn: string;
}

/**
 * One recipient who would get what concerns an authority at a level; undefined where nobody would. Both have to say so:
 * the filter in SNS, and what the recipient is known to hear of, lest somebody counts who is being removed. Somebody who
 * was subscribed by hand is known by the filter alone.
 */
export async function findHearer(recipients: Recipients, concern: Concern, now: Date): Promise<Hearer | undefined> {
  const [subscriptions, asked] = await Promise.all([
    listSubscriptions(recipients),
    readRecipients(recipients.database),
  ]);
  const candidates = subscriptions.flatMap(({ id, arn }) => {
    const recipient = asked.find((each) => each.id === id);
    return arn && (!recipient || surelyHears(recipient, concern, now)) ? [{ id, arn, known: Boolean(recipient) }] : [];
  });
  // Those of whom it is likely first: one question, and not one for everybody.
  for (const { id, arn } of candidates.sort((a, b) => Number(b.known) - Number(a.known)))
    if (await letsThrough(recipients, arn, concern)) return { id, arn };
  return undefined;
}

/** Whether somebody who would have got what was published was still there when it was. */
export async function stillHears(recipients: Recipients, { id, arn }: Hearer, concern: Concern, now: Date) {
  const recipient = await readRecipient(recipients.database, id);
  if (recipient && !surelyHears(recipient, concern, now)) return false;
  return letsThrough(recipients, arn, concern);
}

async function letsThrough(recipients: Recipients, arn: string, concern: Concern): Promise<boolean> {
  const policy = await readPolicy(recipients, arn);
  return policy === '{}' || hearsOf(readFilterPolicy(policy)?.hears ?? {}, concern);
}

/** By what was asked, and while SNS may still go by the filter before, by that too. */
const surelyHears = ({ hears, settling }: Recipient, concern: Concern, now: Date): boolean =>
  hearsOf(hears, concern) && (!settling || settling.until <= now.toISOString() || hearsOf(settling.hears, concern));

const hearsOf = (hears: Hears, { authority, level }: Concern): boolean => {
  const least = hears[authority];
  return least !== undefined && rank(level) >= rank(least);
};

/** "Additions or changes to a subscription filter policy require up to 15 minutes to fully take effect" (SNS). */
const SETTLING_MS = 15 * 60 * 1000;

/** What a confirmed recipient surely hears of until a changed filter is in effect. */
function settlingFrom(read: Recipient, now: Date): Recipient['settling'] {
  const open = read.settling && read.settling.until > now.toISOString() ? read.settling.hears : read.hears;
  const both = Object.keys(read.hears).flatMap((authority) => {
    const level = highest([read.hears[authority], open[authority]]);
    return level && open[authority] ? [[authority, level] as const] : [];
  });
  return { until: new Date(now.getTime() + SETTLING_MS).toISOString(), hears: Object.fromEntries(both) };
}

/** How many people have confirmed, whatever they hear of. */
export async function countConfirmed(recipients: Pick<Recipients, 'sns' | 'topicArn'>): Promise<number> {
  return (await listSubscriptions(recipients)).filter(({ arn }) => arn).length;
}

/** Somebody who has confirmed: what they hear of, and how to address them alone. */
export interface ConfirmedRecipient {
  readonly id: string;
  readonly address: string;
  readonly hears: Hears;
}

/** The recipient with this address, in upper or lower case, who has confirmed; undefined where there is none. */
export async function findConfirmed(
  recipients: Omit<Recipients, 'database'>,
  address: string,
): Promise<ConfirmedRecipient | undefined> {
  const id = recipientId(address);
  const found = (await listSubscriptions(recipients)).find((each) => each.id === id);
  const filter = found?.arn && (await readFilter(recipients, found.arn));
  return found && filter ? { id, address: found.address, hears: filter.hears } : undefined;
}

/**
 * Mails one recipient alone, whatever else is published: a greeting, a test, a link to sign in. False where nobody could
 * get it: the recipient has not confirmed, has left, or has a filter of before (`settleFilters`).
 *
 * Whoever subscribes to the topic by hand and without a filter gets these too. SNS takes no other protocol's text for
 * e-mail, so a queue or a program sees no more than the subject.
 */
export async function publishTo(
  recipients: Omit<Recipients, 'database'>,
  id: string,
  { subject, text }: { readonly subject: string; readonly text: string },
): Promise<boolean> {
  const found = (await listSubscriptions(recipients)).find((each) => each.id === id);
  const filter = found?.arn ? await readFilter(recipients, found.arn) : undefined;
  if (!filter?.addressed.includes(id)) return false;
  const Subject = subjectLine(subject);
  await recipients.sns.send(
    new PublishCommand({
      TopicArn: recipients.topicArn,
      Subject,
      MessageStructure: 'json',
      Message: JSON.stringify({ default: Subject, email: text }),
      MessageAttributes: { recipient: { DataType: 'String', StringValue: id } },
    }),
  );
  return true;
}

/**
 * Gives every confirmed subscription the filter that it should have, and every one that this service did not ask for but
 * understands (a deployment's, one of an earlier version) a recipient. Nobody is asked to confirm again. Safe to repeat.
 * Returns how many filters were changed.
 */
export async function settleFilters(recipients: Recipients, now: Date): Promise<number> {
  const asked = await readRecipients(recipients.database);
  const subscriptions = await listSubscriptions(recipients);
  await forgetRemoved(recipients, asked, subscriptions);
  const changed = await mapInTurn(subscriptions, async ({ id, address, arn }) => {
    const filter = arn && (await readFilter(recipients, arn));
    if (!arn || !filter || Object.keys(filter.hears).length === 0) return false;
    return retryChanged(async () => {
      const read = await readRecipient(recipients.database, id);
      // Being removed: whoever does that finishes it, or does it again.
      if (read && Object.keys(read.hears).length === 0) return false;
      const recipient =
        read ??
        (await saveRecipient(recipients.database, undefined, {
          ...{ id, address, hears: filter.hears, requestedAt: now.toISOString() },
        }));
      if (isFilterOf(filter, recipient)) return false;
      return setFilter(recipients, arn, recipient);
    });
  });
  return changed.filter(Boolean).length;
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
 * the end of a mail. Not one that was removed here, and not twice within two days. Returns whether it was asked.
 */
export function askAgain(recipients: Recipients, address: string, now: Date): Promise<boolean> {
  const id = recipientId(address);
  return retryChanged(async () => {
    const read = await readRecipient(recipients.database, id);
    if (!read || !hasLapsed(read, now)) return false;
    if ((await listSubscriptions(recipients)).some((each) => each.id === id)) return false;
    const saved = await saveRecipient(recipients.database, read, { ...read, requestedAt: now.toISOString() });
    await subscribe(recipients, saved);
    return true;
  });
}
