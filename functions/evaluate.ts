import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import type { DeployedSmallNumbers } from './domain/authority.ts';
import { readEnvironment } from './runtime/environment.ts';
import { type HourlyEvent, handleHourly, handleQueue, handleStream, isFromQueue } from './runtime/events.ts';
import { describeFailure } from './runtime/failure.ts';
import { METRICS, type MetricName } from './runtime/metrics.ts';
import { openDatabase } from './runtime/open-database.ts';
import { MOST_BY_ITSELF, openQueue, type WorkQueue } from './runtime/work-queue.ts';
import { type Evaluated, evaluateAuthority, listDue, SetAsideError } from './services/evaluate.ts';
import type { Database } from './store/database.ts';
import { authorityOf } from './store/keys.ts';

export interface EvaluateDependencies {
  readonly database: Database<'baselines' | 'submissions' | 'alerts'>;
  readonly smallNumbers: DeployedSmallNumbers;
  readonly now: () => Date;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Where an hourly run leaves authorities that are due, if there are more than it works through by itself; it has to do without where there is none. */
  readonly queue: WorkQueue | undefined;
  readonly mostByItself?: number;
}

const QueuedSchema = z.object({ authority: z.string() });

/**
 * Looks at authorities again: those whose items are on the stream, or, hourly, those that are due; of many of these, each copy
 * those that the queue gives it. An event says no more than which authority; everything else is read anew, so that events may
 * be lost, doubled or out of order.
 */
export function createHandler(dependencies: EvaluateDependencies) {
  const { database, now, logger, metrics, queue, mostByItself = MOST_BY_ITSELF } = dependencies;
  const evaluate = async (authority: string, onlyIfDue = false): Promise<void> => {
    const evaluated = await evaluateAuthority(authority, { ...dependencies, log: logger, onlyIfDue });
    if (evaluated) count(metrics, evaluated);
  };
  // A stream would hold up the others until it gave the record up; the hourly run tries again, and rings the alarm.
  const evaluateFromStream = async (authority: string): Promise<undefined> => {
    try {
      await evaluate(authority);
    } catch (error) {
      if (!(error instanceof SetAsideError)) throw error;
      logger.error('authority set aside', { failure: describeFailure(error), authority });
    }
  };
  return async (
    event: DynamoDBStreamEvent | SQSEvent | HourlyEvent,
    context: Context,
  ): Promise<DynamoDBBatchResponse | SQSBatchResponse | undefined> => {
    if ('Records' in event)
      return isFromQueue(event)
        ? handleQueue(event, QueuedSchema.parse, ({ authority }) => evaluate(authority, true), { logger, context })
        : handleStream(event, ({ pk }) => authorityOf(pk), evaluateFromStream, logger, context);
    const due = await listDue(database, now());
    if (queue && due.length > mostByItself) {
      await queue.send(due.map((authority) => ({ authority })));
      logger.info('due authorities queued', { due: due.length });
      return undefined;
    }
    const { failed } = await handleHourly(due, (authority) => evaluate(authority), { logger, context });
    if (failed.length > 0)
      throw new Error(
        `${failed.length} of the due authorities could not be evaluated: ${failed.slice(0, 10).join(', ')}`,
      );
    return undefined;
  };
}

/** Counts what a written board brought: see {@link METRICS}. */
function count(metrics: Metrics, { before, board, notice }: Evaluated): void {
  const raised = (notice?.transitions ?? []).filter(
    ({ transition }) => transition === 'raised' || transition === 'worsened',
  );
  const isLate = (alert: string): boolean =>
    board.alerts[alert]?.findings.some(({ evaluator }) => evaluator === 'submission') ?? false;
  const counts: Partial<Record<MetricName, number>> = {
    Submissions: Object.entries(board.judged).reduce(
      (sum, [period, revision]) => sum + revision - (before?.judged[period] ?? 0),
      0,
    ),
    Raised: raised.length,
    Late: raised.filter(({ alert }) => isLate(alert)).length,
  };
  for (const [name, value] of Object.entries(counts) as [MetricName, number][])
    metrics.addMetric(name, METRICS[name].unit, value);
  metrics.publishStoredMetrics();
}

const environment = readEnvironment('SMALL_NUMBERS', 'METRICS_NAMESPACE', 'WORK_QUEUE_URL');

export const handler = createHandler({
  database: openDatabase('baselines', 'submissions', 'alerts'),
  smallNumbers: environment.SMALL_NUMBERS,
  now: () => new Date(),
  logger: new Logger({ serviceName: 'evaluate' }),
  metrics: new Metrics({ namespace: environment.METRICS_NAMESPACE, serviceName: 'evaluate' }),
  queue: environment.WORK_QUEUE_URL === undefined ? undefined : openQueue(environment.WORK_QUEUE_URL),
});
