import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import bankHolidays from '../seed/calendar/bank-holidays.json' with { type: 'json' };
import type { SmallNumbers } from './domain/format.ts';
import { reconcile } from './domain/reconcile.ts';
import { readEnvironment } from './env.ts';
import { type HourlyEvent, handleStream } from './events.ts';
import { describeFailure } from './failure.ts';
import { listDue, readBoard, saveBoard, saveDue } from './store/boards.ts';
import { ConditionFailedError, type Database } from './store/database.ts';
import { readInspection } from './store/inspections.ts';
import { authorityOf } from './store/keys.ts';
import { readMonths, readSuperseded } from './store/submissions.ts';

export interface EvaluateDependencies {
  readonly database: Database<'baselines' | 'submissions' | 'alerts'>;
  readonly smallNumbers: SmallNumbers;
  readonly now: () => Date;
  readonly logger: Logger;
}

/** Of England and Wales; beyond the last of them only weekends are known to be free. */
const BANK_HOLIDAYS: ReadonlySet<string> = new Set(bankHolidays);

/** How often an authority is looked at again when its record changed while it was judged. */
const MOST_ATTEMPTS = 6;

/**
 * Looks at authorities again: those whose items are on the stream, or, hourly, those that are due. An event says no
 * more than which authority; everything else is read anew, so that events may be lost, doubled or out of order.
 */
export function createHandler(dependencies: EvaluateDependencies) {
  const { database, now, logger } = dependencies;
  return async (event: DynamoDBStreamEvent | HourlyEvent): Promise<DynamoDBBatchResponse | undefined> => {
    if ('Records' in event)
      return handleStream(
        event,
        ({ pk }) => authorityOf(pk),
        (authority) => evaluate(authority, dependencies),
        logger,
      );
    const failed: string[] = [];
    for (const authority of await listDue(database, now()))
      await evaluate(authority, dependencies).catch((error: Error) => {
        failed.push(authority);
        logger.error('authority not evaluated', { failure: describeFailure(error), authority });
      });
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
    const [inspection, months] = await Promise.all([
      readInspection(database, authority),
      readMonths(database, authority),
    ]);
    if (!inspection) {
      logger.warn('no inspection is loaded', { authority });
      return;
    }
    const judged = read.board?.judged ?? {};
    const revised = months.flatMap(({ period, revision }) => {
      const earlier = judged[period];
      return earlier !== undefined && earlier !== revision ? [[period, earlier] as const] : [];
    });
    const superseded = await readSuperseded(database, authority, revised);
    const record = {
      inspection: inspection.header,
      fingerprint: inspection.fingerprint,
      metrics: inspection.metrics,
      actions: inspection.actions,
      months,
      localStandards: inspection.localStandards,
      progress: inspection.progress,
      bankHolidays: BANK_HOLIDAYS,
      acknowledgements: read.acknowledgements,
    };
    const { board, notice, nextDueAt } = reconcile(read.board, record, superseded, now(), smallNumbers);
    try {
      if (board) await saveBoard(database, read, board, notice, nextDueAt);
      else await saveDue(database, authority, read, nextDueAt);
      logger.info('authority evaluated', {
        authority,
        version: (board ?? read.board)?.version,
        notice: notice?.number,
      });
      return;
    } catch (error) {
      if (!(error instanceof ConditionFailedError) || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

const environment = readEnvironment('BASELINES_TABLE', 'SUBMISSIONS_TABLE', 'ALERTS_TABLE', 'SMALL_NUMBERS');

export const handler = createHandler({
  database: {
    client: new DynamoDBClient({}),
    tables: {
      baselines: environment.BASELINES_TABLE,
      submissions: environment.SUBMISSIONS_TABLE,
      alerts: environment.ALERTS_TABLE,
    },
  },
  smallNumbers: environment.SMALL_NUMBERS,
  now: () => new Date(),
  logger: new Logger({ serviceName: 'evaluate' }),
});
