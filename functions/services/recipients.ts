import { createHash } from 'node:crypto';
import {
  GetSubscriptionAttributesCommand,
  InvalidParameterException,
  ListSubscriptionsByTopicCommand,
  NotFoundException,
  SetSubscriptionAttributesCommand,
  type SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import * as z from 'zod';
import { type Level, LevelSchema } from '../domain/lifecycle.ts';
import type { Database } from '../store/database.ts';
import { deleteRecipient, type Recipient, readRecipients, saveRecipient } from '../store/recipients.ts';
import { InvalidError, NotFoundError, ServiceError } from './errors.ts';

/**
 * Who is mailed of an authority. Everything here is about one that is known (`requireInspection`): SNS would subscribe
 * an address for any.
 */

/** The topic that notices are published to, and what was asked of it. */
export interface Recipients {
  readonly sns: SNSClient;
  readonly topicArn: string;
  readonly database: Database<'alerts'>;
}

/** An address is subscribed already, and not for this authority alone: SNS keeps one subscription an address. */
export class AddressTakenError extends ServiceError {
  override readonly name = 'AddressTakenError';
  override readonly reason = 'conflict';
  constructor() {
    super(
      'this address is subscribed already, and not for this authority alone; SNS keeps one subscription an address',
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

/** Names an address without telling it; upper and lower case are one. */
export const idOf = (address: string): string =>
  createHash('sha256').update(address.toLowerCase()).digest('hex').slice(0, 16);

/** `d…@example.org`: enough to tell one's own from others'. */
export const maskedAddress = (address: string): string => address.replace(/^(.)[^@]*/, '$1…');

/** A notice's `level` is that of its episodes; whoever is mailed from a level is mailed of those above too. */
function filterPolicy(authority: string, level: Level): string {
  const levels = LevelSchema.options.slice(LevelSchema.options.indexOf(level));
  return JSON.stringify({ authority: [authority], level: levels });
}

const FilterPolicySchema = z.object({ authority: z.array(z.string()), level: z.array(z.string()).optional() });

interface Subscription {
  readonly address: string;
  /** Undefined while pending. */
  readonly arn: string | undefined;
}

async function listSubscriptions({ sns, topicArn }: Recipients): Promise<Subscription[]> {
  const found: Subscription[] = [];
  let NextToken: string | undefined;
  do {
    const page = await sns.send(
      new ListSubscriptionsByTopicCommand({ TopicArn: topicArn, ...(NextToken ? { NextToken } : {}) }),
    );
    for (const { Protocol, Endpoint, SubscriptionArn } of page.Subscriptions ?? [])
      if (Protocol === 'email' && Endpoint)
        found.push({ address: Endpoint, arn: SubscriptionArn?.startsWith('arn:') ? SubscriptionArn : undefined });
    NextToken = page.NextToken;
  } while (NextToken);
  return found;
}

/** The level from which a subscription is mailed of this authority and of no other; undefined where it is not so. */
async function levelFor({ sns }: Recipients, arn: string, authority: string): Promise<Level | undefined> {
  let policy: string | undefined;
  try {
    policy = (await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: arn }))).Attributes?.FilterPolicy;
  } catch (error) {
    // Gone since it was listed.
    if (error instanceof NotFoundException) return undefined;
    throw error;
  }
  const read = FilterPolicySchema.safeParse(JSON.parse(policy ?? '{}'));
  if (!read.success || read.data.authority.length !== 1 || read.data.authority[0] !== authority) return undefined;
  const { level } = read.data;
  return level ? LevelSchema.options.find((option) => level.includes(option)) : 'watch';
}

/**
 * How often a call of SNS is made before it counts as failed. A region may allow only 30 questions a second about
 * subscriptions: more than usual, with the SDK's growing pauses, gets a list of many through.
 */
export const SNS_ATTEMPTS = 8;

/** How many subscriptions are asked about at a time. */
const AT_A_TIME = 10;

/**
 * Who is mailed of an authority. Who has confirmed is known from SNS, whoever subscribed them; of those who have not, only
 * the ones that were asked for here are known to be this authority's.
 */
export async function listRecipients(recipients: Recipients, authority: string, now: Date): Promise<MailedAddress[]> {
  const [subscriptions, requested] = await Promise.all([
    listSubscriptions(recipients),
    readPending(recipients, authority, now),
  ]);
  const found: MailedAddress[] = [];
  for (let start = 0; start < subscriptions.length; start += AT_A_TIME)
    found.push(
      ...(
        await Promise.all(
          subscriptions.slice(start, start + AT_A_TIME).map(async ({ address, arn }): Promise<MailedAddress[]> => {
            const id = idOf(address);
            if (arn) {
              const level = await levelFor(recipients, arn, authority);
              return level ? [{ id, address, level, arn }] : [];
            }
            const asked = requested.find((recipient) => recipient.id === id);
            return asked ? [{ id, address, level: asked.level, lapsesAt: lapseOf(asked.requestedAt) }] : [];
          }),
        )
      ).flat(),
    );
  return found;
}

/** Whom the authority asked so lately that a pending subscription of theirs is its own: later it may be another's. */
async function readPending({ database }: Recipients, authority: string, now: Date): Promise<Recipient[]> {
  const requested = await readRecipients(database, authority);
  return requested.filter(({ requestedAt }) => Date.parse(lapseOf(requestedAt)) > now.getTime());
}

const lapseOf = (requestedAt: string): string => new Date(Date.parse(requestedAt) + PENDING_MS).toISOString();

/**
 * Has SNS ask an address whether it wants this authority's notices; one that already gets them gets them from `level`
 * on. SNS keeps one subscription an address, so an address that is mailed of another authority is refused.
 */
export async function addRecipient(
  recipients: Recipients,
  authority: string,
  { address, level }: { readonly address: string; readonly level: Level },
  now: Date,
): Promise<{ created: boolean; recipient: MailedAddress }> {
  const { sns, topicArn, database } = recipients;
  const id = idOf(address);
  const existing = (await listSubscriptions(recipients)).find((subscription) => idOf(subscription.address) === id);
  const FilterPolicy = filterPolicy(authority, level);
  if (existing?.arn) {
    const { arn } = existing;
    const before = await levelFor(recipients, arn, authority);
    if (!before) throw new AddressTakenError();
    if (before !== level)
      await sns.send(
        new SetSubscriptionAttributesCommand({
          SubscriptionArn: arn,
          AttributeName: 'FilterPolicy',
          AttributeValue: FilterPolicy,
        }),
      );
    return { created: false, recipient: { id, address: existing.address, level, arn } };
  }
  if (existing && !(await readPending(recipients, authority, now)).some((recipient) => recipient.id === id))
    throw new AddressTakenError();
  const requestedAt = now.toISOString();
  // First, so that a subscription is never pending without anybody knowing whose it is.
  await saveRecipient(database, authority, { id, address, level, requestedAt });
  try {
    await sns.send(
      new SubscribeCommand({
        TopicArn: topicArn,
        Protocol: 'email',
        Endpoint: existing?.address ?? address,
        Attributes: { FilterPolicy },
        ReturnSubscriptionArn: true,
      }),
    );
  } catch (error) {
    if (error instanceof InvalidParameterException)
      throw new InvalidError([{ pointer: '#/address', detail: 'SNS does not take this address' }]);
    throw error;
  }
  return { created: !existing, recipient: { id, address, level, lapsesAt: lapseOf(requestedAt) } };
}

/** Stops mailing an address of this authority. */
export async function removeRecipient(recipients: Recipients, authority: string, id: string, now: Date): Promise<void> {
  const found = (await listRecipients(recipients, authority, now)).find((recipient) => recipient.id === id);
  if (!found) throw new NotFoundError('recipient', id);
  if (!found.arn) throw new UnconfirmedError(found.lapsesAt);
  // First, as SNS goes on telling who is mailed: broken off here, it can be asked for again and nothing stays behind.
  await deleteRecipient(recipients.database, authority, id);
  await recipients.sns.send(new UnsubscribeCommand({ SubscriptionArn: found.arn }));
}
