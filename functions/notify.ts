import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { SNSClient } from '@aws-sdk/client-sns';
import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import { readEnvironment } from './runtime/environment.ts';
import { type HourlyEvent, handleHourly, handleQueue, handleStream, isFromQueue } from './runtime/events.ts';
import { describeFailure } from './runtime/failure.ts';
import { METRICS, type MetricName, UNSENT_TOO_LONG_S } from './runtime/metrics.ts';
import { openDatabase } from './runtime/open-database.ts';
import { MOST_BY_ITSELF, openQueue, type WorkQueue } from './runtime/work-queue.ts';
import {
  type Delivering,
  type Delivery,
  deliverNotice,
  listUnsent,
  moveUnsent,
  type NoticeReference,
  noticeReference,
  shareAudience,
  type UnsentNotice,
} from './services/deliver.ts';
import { lookAtRecipients, tell } from './services/newcomers.ts';
import { mayPass } from './services/retry.ts';
import { countConfirmed, SNS_ATTEMPTS } from './services/subscriptions.ts';
import {
  authoritiesToLookAt,
  endingTokens,
  type TokenEnd,
  type TokenTelling,
  tellOfEnd,
} from './services/token-ends.ts';

export interface NotifyDependencies
  extends Omit<Delivering, 'log' | 'database' | 'audience'>,
    Omit<TokenTelling, 'log'> {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Where an hourly run leaves notices that are unsent, if there are more than it sends by itself; it has to do without where there is none. */
  readonly queue: WorkQueue | undefined;
  readonly mostByItself?: number;
}

/** One event's work: what it reads of who hears of notices serves them all. */
interface Sending extends NotifyDependencies, Pick<Delivering, 'audience'> {}

/** What the queue has of an {@link UnsentNotice}. */
const QueuedSchema = z.object({ authority: z.string(), number: z.number().int() });

/** The schedule leaves notices younger than this to the stream, which is about to send them. */
const STREAM_HEAD_START_MS = 2 * 60 * 1000;

/** Sends notices: the stream brings new ones, the hourly run whatever is still unsent, and the queue what is too much for it. */
export function createHandler(dependencies: NotifyDependencies) {
  const { metrics, logger, now } = dependencies;
  return async (
    event: DynamoDBStreamEvent | SQSEvent | HourlyEvent,
    context: Context,
  ): Promise<DynamoDBBatchResponse | SQSBatchResponse | undefined> => {
    const sending: Sending = { ...dependencies, audience: shareAudience(now) };
    try {
      if (!('Records' in event)) {
        await workByTheHour(sending, context);
        return undefined;
      }
      if (isFromQueue(event)) return await sendQueued(event, sending, context);
      return await handleStream(
        event,
        noticeReference,
        async (reference) => {
          try {
            // Another run has it. Asked again, lest that one ends before it has sent it.
            return (await send(reference, sending)) === 'being sent' ? 'later' : undefined;
          } catch (error) {
            if (mayPass(error)) throw error;
            // A stream would hold up the others until it gave it up; the hourly run tries again, and rings the alarm.
            logger.error('notice set aside', { failure: describeFailure(error), ...reference });
            return undefined;
          }
        },
        logger,
        context,
      );
    } finally {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    }
  };
}

/**
 * Tells newcomers how things stand and others of who is lost; then sends what waits, which newcomers get after that; then tells whose
 * token ends. What fails of it keeps nothing else back.
 */
async function workByTheHour(dependencies: Sending, context: Context): Promise<void> {
  const failures: unknown[] = [];
  for (const part of [tellOfRecipients, sendUnsent, tellOfTokens])
    await part(dependencies, context).catch((error: unknown) => failures.push(error));
  const described = failures.map(describeFailure).map(({ name, message }) => `${name}: ${message}`);
  if (failures.length > 1) throw new Error(described.join('; '), { cause: failures[0] });
  if (failures.length > 0) throw failures[0];
}

async function tellOfRecipients(dependencies: NotifyDependencies, context: Context): Promise<void> {
  const { logger, now } = dependencies;
  const { failed } = await handleHourly(
    await lookAtRecipients(dependencies, now()),
    async (each) => {
      try {
        if (await tell(each, dependencies, now())) logger.info('recipient told', { ...each });
      } catch (error) {
        if (mayPass(error)) throw error;
        // What cannot be judged rings the alarm of those that judge.
        logger.error('recipient not told', { failure: describeFailure(error), ...each });
      }
    },
    { logger, context },
  );
  if (failed.length > 0) throw new Error(`${failed.length} could not be told who came or left`);
}

async function tellOfTokens(dependencies: NotifyDependencies, context: Context): Promise<void> {
  const { logger, now } = dependencies;
  const telling = { ...dependencies, log: logger };
  const untold: TokenEnd[] = [];
  const { failed } = await handleHourly(
    await authoritiesToLookAt(telling, now()),
    async (authority) => {
      const tellOne = async (end: TokenEnd): Promise<void> => {
        if (await tellOfEnd(end, telling, now())) logger.info('end of a token told', { token: end.token.id });
      };
      const ends = await handleHourly(await endingTokens(telling, authority, now()), tellOne, { logger, context });
      untold.push(...ends.failed);
    },
    { logger, context },
  );
  if (failed.length + untold.length > 0)
    throw new Error(
      `of the end of ${untold.length} tokens nobody could be told, and those of ${failed.length} authorities could not be looked at`,
    );
}

/** Sends what is unsent, and measures what could not be sent and whether there is anyone to send it to. */
async function sendUnsent(dependencies: Sending, context: Context): Promise<void> {
  const { database, now, logger, metrics, queue, mostByItself = MOST_BY_ITSELF } = dependencies;
  const unsent = await listUnsent(database, new Date(now().getTime() - STREAM_HEAD_START_MS));
  const kept: UnsentNotice[] = [];
  const sendOne = async (notice: UnsentNotice): Promise<void> => {
    const delivery = await send(notice, dependencies);
    if (delivery === 'kept') kept.push(notice);
  };
  const { failed, left } =
    queue && unsent.length > mostByItself
      ? await queueUnsent(unsent, queue, logger)
      : await handleHourly(unsent, sendOne, { logger, context });
  for (const notice of unsent) if (notice.isFormer) await moveUnsent(database, notice);
  const oldest = [...kept, ...failed, ...left].map(({ createdAt }) => Date.parse(createdAt)).sort((a, b) => a - b)[0];
  const unsentFor = oldest === undefined ? 0 : Math.round((now().getTime() - oldest) / 1000);
  const confirmed = await countConfirmed(dependencies);
  count(metrics, 'OldestUnsentNotice', unsentFor);
  count(metrics, 'ConfirmedRecipients', confirmed);
  // For a deployment that is watched by its logs alone: see lib/operations.ts.
  if (unsentFor >= UNSENT_TOO_LONG_S) logger.error('a notice is not sent after two hours', { seconds: unsentFor });
  if (confirmed === 0) logger.error('nobody has confirmed to receive notices');
  countWaiting(dependencies, kept);
  if (failed.length > 0) throw new Error(`${failed.length} of ${unsent.length} unsent notices could not be sent`);
}

/** Leaves notices to others like this function: none of them failed, all of them are still to be sent. */
async function queueUnsent(unsent: readonly UnsentNotice[], queue: WorkQueue, logger: Logger) {
  await queue.send(unsent.map(({ authority, number }) => ({ authority, number })));
  logger.info('unsent notices queued', { unsent: unsent.length });
  return { failed: [], left: unsent };
}

async function sendQueued(event: SQSEvent, dependencies: Sending, context: Context): Promise<SQSBatchResponse> {
  const kept: NoticeReference[] = [];
  const answer = await handleQueue(
    event,
    QueuedSchema.parse,
    async (reference) => {
      if ((await send(reference, dependencies)) === 'kept') kept.push(reference);
    },
    { logger: dependencies.logger, context },
  );
  countWaiting(dependencies, kept);
  return answer;
}

/** By authority, for an alarm that names it. Only of those that have any: one that is silent costs nothing. */
function countWaiting({ metrics, logger }: NotifyDependencies, kept: readonly NoticeReference[]): void {
  for (const [authority, notices] of Map.groupBy(kept, (notice) => notice.authority)) {
    const single = metrics.singleMetric();
    single.addDimension('authority', authority);
    single.addMetric('WaitingNotices', METRICS.WaitingNotices.unit, notices.length);
    logger.error('nobody who would get the notices of an authority has confirmed', {
      authority,
      waiting: notices.length,
    });
  }
}

async function send(reference: NoticeReference, dependencies: Sending): Promise<Delivery> {
  const delivery = await deliverNotice(reference, { ...dependencies, log: dependencies.logger });
  if (delivery === 'sent') count(dependencies.metrics, 'Mailed', 1);
  return delivery;
}

function count(metrics: Metrics, name: MetricName, value: number): void {
  metrics.addMetric(name, METRICS[name].unit, value);
}

const environment = readEnvironment(
  'ALERT_TOPIC_ARN',
  'API_URL',
  'METRICS_NAMESPACE',
  'OPERATIONS_TOPIC_ARN',
  'SMALL_NUMBERS',
  'WORK_QUEUE_URL',
);

export const handler = createHandler({
  database: openDatabase('baselines', 'submissions', 'alerts', 'access'),
  sns: new SNSClient({ maxAttempts: SNS_ATTEMPTS }),
  topicArn: environment.ALERT_TOPIC_ARN,
  pageUrl: environment.API_URL,
  operations: environment.OPERATIONS_TOPIC_ARN ? { topicArn: environment.OPERATIONS_TOPIC_ARN } : undefined,
  smallNumbers: environment.SMALL_NUMBERS,
  now: () => new Date(),
  logger: new Logger({ serviceName: 'notify' }),
  metrics: new Metrics({ namespace: environment.METRICS_NAMESPACE, serviceName: 'notify' }),
  queue: environment.WORK_QUEUE_URL === undefined ? undefined : openQueue(environment.WORK_QUEUE_URL),
});
