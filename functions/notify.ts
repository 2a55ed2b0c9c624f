import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetTopicAttributesCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { bodyOf, type Notice, subjectOf } from './domain/notice.ts';
import { readEnvironment } from './env.ts';
import { type HourlyEvent, handleStream } from './events.ts';
import { listUnsent, markSent, type NoticeReference, noticeReference, readUnsent } from './store/boards.ts';
import type { Database } from './store/database.ts';

export interface NotifyDependencies {
  readonly database: Database<'alerts'>;
  readonly sns: SNSClient;
  readonly topicArn: string;
  /** Where the page is, without a trailing slash. */
  readonly pageUrl: string;
  readonly now: () => Date;
  readonly logger: Logger;
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
  const { database, now, logger } = dependencies;
  return async (event: DynamoDBStreamEvent | HourlyEvent): Promise<DynamoDBBatchResponse | undefined> => {
    if ('Records' in event)
      return handleStream(
        event,
        ({ pk, sk }) => noticeReference(pk, sk),
        (reference) => send(reference, dependencies),
        logger,
      );
    for (const reference of await listUnsent(database, new Date(now().getTime() - STREAM_HEAD_START_MS))) {
      await send(reference, dependencies);
      await new Promise((done) => setTimeout(done, PAUSE_BETWEEN_NOTICES_MS));
    }
    return undefined;
  };
}

async function send(reference: NoticeReference, dependencies: NotifyDependencies): Promise<void> {
  const { database, sns, topicArn, pageUrl, now, logger } = dependencies;
  const notice = await readUnsent(database, reference);
  if (!notice) return;
  if (!(await hasConfirmedRecipient(sns, topicArn))) {
    logger.warn('notice kept: the topic has no confirmed recipient', { ...reference });
    return;
  }
  await sns.send(
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
  logger.info('notice sent', { ...reference, level: notice.level });
}

/** SNS accepts a message for nobody; then the notice has to wait. */
async function hasConfirmedRecipient(sns: SNSClient, topicArn: string): Promise<boolean> {
  const { Attributes } = await sns.send(new GetTopicAttributesCommand({ TopicArn: topicArn }));
  return Number(Attributes?.SubscriptionsConfirmed ?? 0) > 0;
}

/** People get the text; programs get the notice. */
function messageOf(notice: Notice, pageUrl: string): string {
  const json = JSON.stringify(notice);
  return JSON.stringify({ default: subjectOf(notice), email: bodyOf(notice, `${pageUrl}/`), sqs: json, https: json });
}

const environment = readEnvironment('ALERTS_TABLE', 'ALERT_TOPIC_ARN', 'API_URL');

export const handler = createHandler({
  database: { client: new DynamoDBClient({}), tables: { alerts: environment.ALERTS_TABLE } },
  sns: new SNSClient({}),
  topicArn: environment.ALERT_TOPIC_ARN,
  pageUrl: environment.API_URL,
  now: () => new Date(),
  logger: new Logger({ serviceName: 'notify' }),
});
