import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { closest, distance } from 'fastest-levenshtein';
import { MonthAnswerSchema } from './answers.ts';
import { EARLIEST_PERIOD, MOST_PERIODS, monthIndex, periodOf } from './domain/period.ts';
import {
  faultsOfPeriod,
  type Month,
  readSubmission,
  type Submission,
  type Suggest,
  saysTheSame,
} from './domain/submission.ts';
import { readEnvironment } from './env.ts';
import { type Answer, answer, httpHandler, isAuthorityId, type Request } from './http.ts';
import { ProblemError } from './problem.ts';
import { readGrant } from './store/access.ts';
import type { Database } from './store/database.ts';
import { readMetrics } from './store/inspections.ts';
import { countMonths, MonthChangedError, readMonth, saveMonths } from './store/submissions.ts';

export interface SubmitDependencies {
  readonly database: Database<'baselines' | 'submissions' | 'alerts' | 'access'>;
  readonly now: () => Date;
  readonly logger: Logger;
}

/** How often a month is read again when somebody else revised it meanwhile. */
const MOST_ATTEMPTS = 4;

export function createHandler({ database, now, logger }: SubmitDependencies) {
  return httpHandler(
    { 'PUT /v1/authorities/{authority}/submissions/{period}': (request) => putMonth(request, database, now(), logger) },
    { grantOf: (token) => readGrant(database, token, now()), logger },
  );
}

async function putMonth(
  request: Request,
  database: SubmitDependencies['database'],
  now: Date,
  logger: Logger,
): Promise<Answer> {
  const { authority = '', period = '' } = request.parameters;
  const periodFaults = faultsOfPeriod(period, now);
  const [metrics, found] = await Promise.all([
    isAuthorityId(authority) ? readMetrics(database, authority) : undefined,
    isAuthorityId(authority) && periodFaults.length === 0 ? readMonth(database, authority, period) : undefined,
  ]);
  const submission = accept(request.body, authority, metrics, periodFaults);
  let current = found;
  for (let attempt = 1; ; attempt++) {
    if (current && !current.retracted && saysTheSame(current, submission)) return monthAnswer(200, authority, current);
    checkPrecondition(request.headers['if-match'], current, period);
    if (!current) await checkRoom(database, authority, now);
    const next: Month = {
      ...submission,
      period,
      revision: (current?.revision ?? 0) + 1,
      submittedAt: now.toISOString(),
    };
    try {
      await saveMonths(database, authority, [next], now);
      logger.info('month accepted', { authority, period, revision: next.revision });
      return monthAnswer(current ? 200 : 201, authority, next);
    } catch (error) {
      if (!(error instanceof MonthChangedError) || attempt === MOST_ATTEMPTS) throw error;
      current = await readMonth(database, authority, period);
    }
  }
}

/** The submission, or one problem with every fault that can be told. */
function accept(
  body: unknown,
  authority: string,
  metrics: Awaited<ReturnType<typeof readMetrics>>,
  periodFaults: ReturnType<typeof faultsOfPeriod>,
): Submission {
  const read = readSubmission(body, metrics, suggest);
  const faults = [...periodFaults, ...read.faults];
  if (!metrics) {
    const unknown = {
      pointer: '#',
      parameter: 'authority',
      detail: `no inspection is loaded for "${authority.slice(0, 64)}"`,
    };
    throw new ProblemError('unknown-authority', 'the authority is unknown', [unknown, ...faults]);
  }
  if (faults.length > 0 || !read.submission)
    throw new ProblemError(
      'invalid',
      `${faults.length} fault${faults.length === 1 ? '' : 's'}; nothing was stored`,
      faults,
    );
  return read.submission;
}

/** A change needs `If-Match` with the revision it replaces; so does nothing else. */
function checkPrecondition(ifMatch: string | undefined, current: Month | undefined, period: string): void {
  if (!current && ifMatch === undefined) return;
  if (ifMatch === undefined)
    throw new ProblemError(
      'precondition-required',
      `${period} is already submitted; to change it, send If-Match with its ETag`,
      [],
      etagOf(current),
    );
  const matches =
    current && ifMatch.split(',').some((tag) => tag.trim() === '*' || tag.trim() === `"${current.revision}"`);
  if (!matches)
    throw new ProblemError(
      'precondition-failed',
      current
        ? `${period} is at revision ${current.revision}; read it again`
        : `${period} was never submitted, so there is nothing to match`,
      [],
      etagOf(current),
    );
}

/** The record's limit can only be reached once enough months have passed, so it is only counted then. */
async function checkRoom(database: SubmitDependencies['database'], authority: string, now: Date): Promise<void> {
  if (monthIndex(periodOf(now.toISOString())) - monthIndex(EARLIEST_PERIOD) <= MOST_PERIODS) return;
  if ((await countMonths(database, authority)) >= MOST_PERIODS)
    throw new ProblemError(
      'conflict',
      `the record holds ${MOST_PERIODS} months, the most it takes; retract the oldest or start a new one`,
    );
}

const etagOf = (month: Month | undefined): Record<string, string> => (month ? { etag: `"${month.revision}"` } : {});

function monthAnswer(status: number, authority: string, month: Month): Answer {
  return answer(status, MonthAnswerSchema, { authority, ...month }, etagOf(month));
}

/** A suggestion is worth making when less than half of the word is wrong. */
const suggest: Suggest = (word, known) => {
  const near = known.length > 0 ? closest(word, known) : undefined;
  return near && distance(word, near) * 2 < Math.max(word.length, near.length) ? near : undefined;
};

const environment = readEnvironment('BASELINES_TABLE', 'SUBMISSIONS_TABLE', 'ALERTS_TABLE', 'ACCESS_TABLE');

export const handler = createHandler({
  database: {
    client: new DynamoDBClient({}),
    tables: {
      baselines: environment.BASELINES_TABLE,
      submissions: environment.SUBMISSIONS_TABLE,
      alerts: environment.ALERTS_TABLE,
      access: environment.ACCESS_TABLE,
    },
  },
  now: () => new Date(),
  logger: new Logger({ serviceName: 'submit' }),
});
