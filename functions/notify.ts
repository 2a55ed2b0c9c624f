import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { GetTopicAttributesCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { bodyOf, type Notice, subjectOf } from './domain/notice.ts';
import { readEnvironment } from './runtime/environment.ts';
import { type HourlyEvent, handleHourly, handleStream } from './runtime/events.ts';
import { METRICS, type MetricName } from './runtime/metrics.ts';
import { openDatabase } from './runtime/open-database.ts';
import type { Database } from './store/database.ts';
import {
  listUnsent,
  markSent,
  type NoticeReference,
  noticeReference,
  readUnsent,
  type UnsentNotice,
} from './store/notices.ts';

export interface NotifyDependencies {
  readonly database: Database<'alerts'>;
  readonly sns: SNSClient;
  readonly topicArn: string;
  /** Where the page is, without a trailing slash. */
  readonly pageUrl: string;
  readonly now: () => Date;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The schedule leaves notices younger than this to the stream, which is about to send them. */
const STREAM_HEAD_START_MS = 2 * 60 * 1000;
/** SNS unsubscribes an address that is mailed faster than ten times a second. */
const PAUSE_BETWEEN_NOTICES_MS = 200;

/**
 * Sends notices, then records that they were sent: a crash in between repeats an e-mail (its number shows that) and
 * never loses one. The stream brings new ones; the hourly run brings whatever is still unsent.
 */
export function createHandler(dependencies: NotifyDependencies) {
  const { metrics, logger } = dependencies;
  return async (
    event: DynamoDBStreamEvent | HourlyEvent,
    context: Context,
  ): Promise<DynamoDBBatchResponse | undefined> => {
    try {
      if (!('Records' in event)) {
        await sendUnsent(dependencies, context);
        return undefined;
      }
      return await handleStream(
        event,
        noticeReference,
        async (reference) => {
          await send(reference, dependencies);
        },
        logger,
      );
    } finally {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    }
  };
}

/** Sends what is unsent, and measures what could not be sent and whether there is anyone to send it to. */
async function sendUnsent(dependencies: NotifyDependencies, context: Context): Promise<void> {
  const { database, sns, topicArn, now, logger, metrics } = dependencies;
  const unsent = await listUnsent(database, new Date(now().getTime() - STREAM_HEAD_START_MS));
  const kept: UnsentNotice[] = [];
  const { failed, left } = await handleHourly(
    unsent,
    async (notice) => {
      if (!(await send(notice, dependencies))) kept.push(notice);
      await new Promise((done) => setTimeout(done, PAUSE_BETWEEN_NOTICES_MS));
    },
    { logger, context },
  );
  const oldest = [...kept, ...failed, ...left].map(({ createdAt }) => Date.parse(createdAt)).sort((a, b) => a - b)[0];
  count(metrics, 'OldestUnsentNotice', oldest === undefined ? 0 : Math.round((now().getTime() - oldest) / 1000));
  count(metrics, 'ConfirmedRecipients', await confirmedRecipients(sns, topicArn));
  if (failed.length > 0) throw new Error(`${failed.length} of ${unsent.length} unsent notices could not be sent`);
}

/** Whether the notice needs no more sending; not so while nobody has confirmed to receive it. */
async function send(reference: NoticeReference, dependencies: NotifyDependencies): Promise<boolean> {
  const { database, sns, topicArn, pageUrl, now, logger, metrics } = dependencies;
  const { authority, number } = reference;
  const notice = await readUnsent(database, reference);
  if (!notice) return true;
  if ((await confirmedRecipients(sns, topicArn)) === 0) {
    logger.warn('notice kept: the topic has no confirmed recipient', { authority, number });
    return false;
  }
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
  logger.info('notice sent', { authority, number, level: notice.level, messageId: MessageId });
  count(metrics, 'Mailed', 1);
  return true;
}

/** SNS accepts a message for nobody; then the notice has to wait. */
async function confirmedRecipients(sns: SNSClient, topicArn: string): Promise<number> {
  const { Attributes } = await sns.send(new GetTopicAttributesCommand({ TopicArn: topicArn }));
  return Number(Attributes?.SubscriptionsConfirmed ?? 0);
}

function count(metrics: Metrics, name: MetricName, value: number): void {
  metrics.addMetric(name, METRICS[name].unit, value);
}

/** People get the text; programs get the notice. */
function messageOf(notice: Notice, pageUrl: string): string {
  const json = JSON.stringify(notice);
  return JSON.stringify({ default: subjectOf(notice), email: bodyOf(notice, `${pageUrl}/`), sqs: json, https: json });
}

const environment = readEnvironment('ALERT_TOPIC_ARN', 'API_URL', 'METRICS_NAMESPACE');

export const handler = createHandler({
  database: openDatabase('alerts'),
  sns: new SNSClient({}),
  topicArn: environment.ALERT_TOPIC_ARN,
  pageUrl: environment.API_URL,
  now: () => new Date(),
  logger: new Logger({ serviceName: 'notify' }),
  metrics: new Metrics({ namespace: environment.METRICS_NAMESPACE, serviceName: 'notify' }),
});
