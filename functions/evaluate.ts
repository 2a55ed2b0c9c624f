import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import bankHolidays from '../seed/calendar/bank-holidays.json' with { type: 'json' };
import type { Board } from './domain/board.ts';
import type { SmallNumbers } from './domain/format.ts';
import type { Notice } from './domain/notice.ts';
import { reconcile } from './domain/reconcile.ts';
import { readEnvironment } from './runtime/environment.ts';
import { type HourlyEvent, handleHourly, handleStream } from './runtime/events.ts';
import { METRICS, type MetricName } from './runtime/metrics.ts';
import { openDatabase } from './runtime/open-database.ts';
import { readBoard, saveBoard } from './store/boards.ts';
import { ChangedMeanwhileError, type Database } from './store/database.ts';
import { listDue, saveDueMark } from './store/due-marks.ts';
import { authorityOf } from './store/keys.ts';
import { readRecord, revisedSince } from './store/records.ts';
import { readSuperseded } from './store/submissions.ts';

export interface EvaluateDependencies {
  readonly database: Database<'baselines' | 'submissions' | 'alerts'>;
  readonly smallNumbers: SmallNumbers;
  readonly now: () => Date;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Of England and Wales; beyond the last of them only weekends are known to be free. */
const BANK_HOLIDAYS: ReadonlySet<string> = new Set(bankHolidays);

/** How often an authority is looked at again when its record changed while it was judged. */
const MAX_ATTEMPTS = 6;

/**
 * Looks at authorities again: those whose items are on the stream, or, hourly, those that are due. An event says no
 * more than which authority; everything else is read anew, so that events may be lost, doubled or out of order.
 */
export function createHandler(dependencies: EvaluateDependencies) {
  const { database, now, logger } = dependencies;
  return async (
    event: DynamoDBStreamEvent | HourlyEvent,
    context: Context,
  ): Promise<DynamoDBBatchResponse | undefined> => {
    if ('Records' in event)
      return handleStream(
        event,
        ({ pk }) => authorityOf(pk),
        (authority) => evaluate(authority, dependencies),
        logger,
      );
    const { failed } = await handleHourly(
      await listDue(database, now()),
      (authority) => evaluate(authority, dependencies),
      { logger, context },
    );
    if (failed.length > 0)
      throw new Error(
        `${failed.length} of the due authorities could not be evaluated: ${failed.slice(0, 10).join(', ')}`,
      );
    return undefined;
  };
}

/** One reconcile: board first, then the record, both consistently; then board, notice and due mark in one transaction. */
async function evaluate(authority: string, dependencies: EvaluateDependencies): Promise<void> {
  const { database, smallNumbers, now, logger } = dependencies;
  for (let attempt = 1; ; attempt++) {
    const read = await readBoard(database, authority);
    const record = await readRecord(database, authority, read.acknowledgements, BANK_HOLIDAYS);
    if (!record) {
      logger.warn('no inspection is loaded', { authority });
      return;
    }
    const judged = read.board?.judged ?? {};
    const superseded = await readSuperseded(database, authority, revisedSince(judged, record));
    const { board, notice, nextDueAt } = reconcile(read.board, record, superseded, now(), smallNumbers);
    try {
      if (board) await saveBoard(database, read, board, notice, nextDueAt);
      else await saveDueMark(database, authority, read, nextDueAt);
      logger.info('authority evaluated', {
        authority,
        version: (board ?? read.board)?.version,
        judged: record.months.flatMap(({ period, revision }) =>
          judged[period] === revision ? [] : `${period} r${revision}`,
        ),
        notice: notice?.number,
      });
      if (board) count(dependencies.metrics, judged, board, notice);
      return;
    } catch (error) {
      if (!(error instanceof ChangedMeanwhileError) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** Counts what a written board brought: see {@link METRICS}. */
function count(metrics: Metrics, before: Board['judged'], board: Board, notice: Notice | undefined): void {
  const raised = (notice?.transitions ?? []).filter(
    ({ transition }) => transition === 'raised' || transition === 'worsened',
  );
  const isLate = (alert: string): boolean =>
    board.alerts[alert]?.findings.some(({ evaluator }) => evaluator === 'submission') ?? false;
  const counts: Partial<Record<MetricName, number>> = {
    Submissions: Object.entries(board.judged).reduce(
      (sum, [period, revision]) => sum + revision - (before[period] ?? 0),
      0,
    ),
    Raised: raised.length,
    Late: raised.filter(({ alert }) => isLate(alert)).length,
  };
  for (const [name, value] of Object.entries(counts) as [MetricName, number][])
    metrics.addMetric(name, METRICS[name].unit, value);
  metrics.publishStoredMetrics();
}

const environment = readEnvironment('SMALL_NUMBERS', 'METRICS_NAMESPACE');

export const handler = createHandler({
  database: openDatabase('baselines', 'submissions', 'alerts'),
  smallNumbers: environment.SMALL_NUMBERS,
  now: () => new Date(),
  logger: new Logger({ serviceName: 'evaluate' }),
  metrics: new Metrics({ namespace: environment.METRICS_NAMESPACE, serviceName: 'evaluate' }),
});
