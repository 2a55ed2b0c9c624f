import { GetTopicAttributesCommand, PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { bodyOf, type Notice, subjectOf } from '../domain/notice.ts';
import type { Database } from '../store/database.ts';
import { markSent, type NoticeReference, readUnsent } from '../store/notices.ts';
import type { Log } from './log.ts';

export { listUnsent, type NoticeReference, noticeReference, type UnsentNotice } from '../store/notices.ts';

/** Where notices wait, where they are published, and who is told of it. */
export interface Delivering {
  readonly database: Database<'alerts'>;
  readonly sns: SNSClient;
  readonly topicArn: string;
  /** Where the page is, without a trailing slash. */
  readonly pageUrl: string;
  readonly now: () => Date;
  readonly log: Log;
}

/**
 * SNS suspends an address that is mailed faster than ten times a second. Whoever hears of an authority is not sent two of
 * its notices closer together than this: after an outage the stream brings many at once.
 */
const PAUSE_BETWEEN_NOTICES_MS = 200;

/** When the next notice of an authority may be published, by this process's own clock. */
const nextPublishAt = new Map<string, number>();

async function waitForTurn(authority: string): Promise<void> {
  const wait = (nextPublishAt.get(authority) ?? 0) - performance.now();
  if (wait > 0) await new Promise((done) => setTimeout(done, wait));
  const now = performance.now();
  for (const [other, at] of nextPublishAt) if (at <= now) nextPublishAt.delete(other);
  nextPublishAt.set(authority, now + PAUSE_BETWEEN_NOTICES_MS);
}

/** What became of a notice. It is `kept` while nobody has confirmed to receive it. */
export type Delivery = 'sent' | 'sent before' | 'kept';

/**
 * Sends a notice, then records that it was sent: a crash in between repeats an e-mail (its number shows that) and never
 * loses one.
 */
export async function deliverNotice(reference: NoticeReference, delivering: Delivering): Promise<Delivery> {
  const { database, sns, topicArn, pageUrl, now, log } = delivering;
  const { authority, number } = reference;
  const notice = await readUnsent(database, reference);
  if (!notice) return 'sent before';
  if ((await countConfirmed(delivering)) === 0) {
    log.warn('notice kept: the topic has no confirmed recipient', { authority, number });
    return 'kept';
  }
  await waitForTurn(authority);
  const { MessageId } = await sns.send(
    new PublishCommand({
      TopicArn: topicArn,
      Subject: subjectOf(notice),
      MessageStructure: 'json',
      Message: messageOf(notice, pageUrl),
      MessageAttributes: {
        authority: { DataType: 'String', StringValue: notice.authority },
        level: { DataType: 'String', StringValue: notice.level },
      },
    }),
  );
  await markSent(database, reference, now());
  log.info('notice sent', { authority, number, level: notice.level, messageId: MessageId });
  return 'sent';
}

/** How many have confirmed to receive notices. SNS takes a message for nobody; a notice then has to wait. */
export async function countConfirmed({ sns, topicArn }: Pick<Delivering, 'sns' | 'topicArn'>): Promise<number> {
  const { Attributes } = await sns.send(new GetTopicAttributesCommand({ TopicArn: topicArn }));
  return Number(Attributes?.SubscriptionsConfirmed ?? 0);
}

/** People get the text; programs get the notice. */
function messageOf(notice: Notice, pageUrl: string): string {
  const json = JSON.stringify(notice);
  return JSON.stringify({ default: subjectOf(notice), email: bodyOf(notice, `${pageUrl}/`), sqs: json, https: json });
}
