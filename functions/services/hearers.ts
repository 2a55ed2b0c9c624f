import {
  type Concern,
  includes,
  isToBeGreeted,
  type Recipient,
  readFilterPolicy,
  surelyHears,
} from '../domain/recipient.ts';
import { readRecipientAsStored, readRecipients } from '../store/recipients.ts';
import { listSubscriptions, type Recipients, readPolicy, type Subscription } from './subscriptions.ts';

/** Who would get what is published now. */

/** Somebody who has confirmed and would get what is published now. */
export interface Hearer {
  readonly id: string;
  readonly arn: string;
  /** The subscriptions of all who had confirmed by then and, by what they asked for, would get it too. */
  readonly confirmed: readonly string[];
}

/** Who is subscribed, and who was asked to be, at one moment. */
export interface Audience {
  readonly subscriptions: readonly Subscription[];
  readonly asked: readonly Recipient[];
}

export async function readAudience(recipients: Recipients): Promise<Audience> {
  const [subscriptions, { recipients: asked }] = await Promise.all([
    listSubscriptions(recipients),
    readRecipients(recipients.database),
  ]);
  return { subscriptions, asked };
}

/**
 * One recipient who would get what concerns an authority at a level; undefined where nobody would. Both have to say so:
 * the filter in SNS, and what the recipient is known to hear of, lest somebody counts who is being removed. Somebody who
 * was subscribed by hand, or cannot be read, is known by the filter alone. Looks in this `audience`, which is read where it is not
 * given, and `among` these subscriptions only, where they are.
 */
export async function findHearer(
  recipients: Recipients,
  concern: Concern,
  now: Date,
  { audience, among }: { readonly audience?: Audience; readonly among?: readonly string[] } = {},
): Promise<Hearer | undefined> {
  const { subscriptions, asked } = audience ?? (await readAudience(recipients));
  const candidates = subscriptions.flatMap(({ id, arn }) => {
    const recipient = asked.find((each) => each.id === id);
    if (among && !among.includes(arn ?? '')) return [];
    return arn && (!recipient || surelyHears(recipient, concern, now)) ? [{ id, arn, known: Boolean(recipient) }] : [];
  });
  // Those of whom it is likely first: one question, and not one for everybody.
  for (const { id, arn } of candidates.sort((a, b) => Number(b.known) - Number(a.known)))
    if (await letsThrough(recipients, arn, concern)) return { id, arn, confirmed: candidates.map((each) => each.arn) };
  return undefined;
}

/** Who gets what concerns an authority for the first time, by it: they need not be told how things stand. */
export async function findNewcomers(
  recipients: Recipients,
  concern: Concern,
  now: Date,
  { subscriptions, asked }: Audience,
): Promise<string[]> {
  const fresh = asked.filter((each) => isToBeGreeted(each, concern.authority, now) && includes(each.hears, concern));
  const found: string[] = [];
  for (const { id } of fresh) {
    const arn = subscriptions.find((each) => each.id === id)?.arn;
    if (arn && (await letsThrough(recipients, arn, concern))) found.push(id);
  }
  return found;
}

/**
 * Whether, after it was published, somebody is still there who would have got it before: the one who was found, or another
 * who had confirmed by then. Who confirmed since may have missed it.
 */
export async function stillHears(
  recipients: Recipients,
  hearer: Hearer,
  concern: Concern,
  now: Date,
): Promise<boolean> {
  const { id, arn, confirmed } = hearer;
  const { read: recipient } = await readRecipientAsStored(recipients.database, id);
  if ((!recipient || surelyHears(recipient, concern, now)) && (await letsThrough(recipients, arn, concern)))
    return true;
  return (await findHearer(recipients, concern, now, { among: confirmed })) !== undefined;
}

async function letsThrough(recipients: Recipients, arn: string, concern: Concern): Promise<boolean> {
  const policy = await readPolicy(recipients, arn);
  return policy === '{}' || includes(readFilterPolicy(policy)?.hears ?? {}, concern);
}
