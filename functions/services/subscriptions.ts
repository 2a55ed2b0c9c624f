import {
  GetSubscriptionAttributesCommand,
  InvalidParameterException,
  ListSubscriptionsByTopicCommand,
  NotFoundException,
  SetSubscriptionAttributesCommand,
  type SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import { type Filter, filterPolicyOf, type Recipient, readFilterPolicy } from '../domain/recipient.ts';
import type { Database } from '../store/database.ts';
import { recipientId } from '../store/keys.ts';

/** Subscriptions as SNS knows them: who is on the topic, with which filter, confirmed or not. */

/** The topic that notices are published to, and what was asked of it. */
export interface Recipients {
  readonly sns: SNSClient;
  readonly topicArn: string;
  readonly database: Database<'alerts'>;
}

export interface Subscription {
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
export async function readPolicy({ sns }: Pick<Recipients, 'sns'>, arn: string): Promise<string | undefined> {
  try {
    const { Attributes } = await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: arn }));
    return Attributes?.FilterPolicy ?? '{}';
  } catch (error) {
    if (error instanceof NotFoundException) return undefined;
    throw error;
  }
}

/** The filter of a confirmed subscription; undefined where it is gone, or not of our making. */
export async function readFilter(recipients: Pick<Recipients, 'sns'>, arn: string): Promise<Filter | undefined> {
  return readFilterPolicy(await readPolicy(recipients, arn));
}

/** False where the subscription is gone since it was listed: who has the address has left. */
export async function setFilter(
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

export async function mapInTurn<T, R>(items: readonly T[], map: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += AT_A_TIME)
    results.push(...(await Promise.all(items.slice(start, start + AT_A_TIME).map(map))));
  return results;
}

/**
 * Has SNS ask an address to confirm; once more, where it is pending with the same filter. Throws what {@link isOtherFilter} knows
 * where it is pending or confirmed with another. Never without a filter: it would be for an address that has just left, and let
 * everything through.
 */
export async function subscribe(
  { sns, topicArn }: Recipients,
  { id, address, hears }: Pick<Recipient, 'id' | 'address' | 'hears'>,
): Promise<void> {
  await sns.send(
    new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'email',
      Endpoint: address,
      Attributes: { FilterPolicy: JSON.stringify(filterPolicyOf(id, hears)) },
      ReturnSubscriptionArn: true,
    }),
  );
}

/** Whether SNS refused as the address is subscribed with another filter: asking again changes none. */
export const isOtherFilter = (error: unknown): boolean =>
  error instanceof InvalidParameterException && /already exists with different attributes/i.test(error.message);

/** How many people have confirmed, whatever they hear of. */
export async function countConfirmed(recipients: Pick<Recipients, 'sns' | 'topicArn'>): Promise<number> {
  return (await listSubscriptions(recipients)).filter(({ arn }) => arn).length;
}
