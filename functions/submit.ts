import { Logger } from '@aws-lambda-powertools/logger';
import type { Metric } from './domain/inspection.ts';
import { PeriodSchema } from './domain/period.ts';
import {
  type Change,
  changesBetween,
  type Fault,
  faultsOfPeriod,
  MAX_MONTHS,
  type Month,
  readSubmission,
  type Submission,
  saysTheSame,
} from './domain/submission.ts';
import { BulkAnswerSchema, MonthAnswerSchema } from './http/answers.ts';
import { BulkQuerySchema } from './http/bodies.ts';
import { type Answer, answer, httpHandler, isAuthorityId, isCsv, type Request, readQuery } from './http/handler.ts';
import { faultsProblem, ProblemError, type ProblemFault } from './http/problem.ts';
import { openDatabase } from './runtime/open-database.ts';
import { checkRoom, revisionOf, suggestions } from './services/accept.ts';
import { readFigures } from './services/figures.ts';
import { readGrant } from './store/access.ts';
import type { Database } from './store/database.ts';
import { readMetrics } from './store/inspections.ts';
import { MonthChangedError, readMonth, readMonthsBetween, saveMonths } from './store/submissions.ts';

export interface SubmitDependencies {
  readonly database: Database<'baselines' | 'submissions' | 'alerts' | 'access'>;
  readonly now: () => Date;
  readonly logger: Logger;
}

type Tables = SubmitDependencies['database'];
type Metrics = ReadonlyMap<string, Metric>;

/** How often a month is read again when somebody else revised it meanwhile. */
const MAX_ATTEMPTS = 4;

export function createHandler({ database, now, logger }: SubmitDependencies) {
  return httpHandler(
    {
      'PUT /v1/authorities/{authority}/submissions/{period}': (request) => putMonth(request, database, now(), logger),
      'POST /v1/authorities/{authority}/submissions': (request) => postMonths(request, database, now(), logger),
      'DELETE /v1/authorities/{authority}/submissions/{period}': (request) =>
        retractMonth(request, database, now(), logger),
    },
    { grantOf: (token) => readGrant(database, token, now()), logger },
  );
}

async function putMonth(request: Request, database: Tables, now: Date, logger: Logger): Promise<Answer> {
  const { authority = '', period = '' } = request.parameters;
  const periodFaults = faultsOfPeriod(period, now);
  const [metrics, found] = await Promise.all([
    isAuthorityId(authority) ? readMetrics(database, authority) : undefined,
    isAuthorityId(authority) && periodFaults.length === 0 ? readMonth(database, authority, period) : undefined,
  ]);
  const read = readSubmission(request.body, metrics, suggestions());
  requireAuthority(metrics, authority, [...periodFaults, ...read.faults]);
  if (periodFaults.length > 0 || !read.submission) throw faultsProblem([...periodFaults, ...read.faults]);
  const { submission } = read;
  return attempting(found, period, database, authority, async (current) => {
    if (current && !current.retracted && saysTheSame(current, submission)) return monthAnswer(200, authority, current);
    checkPrecondition(request.headers['if-match'], current, period);
    if (!current) await checkRoom(database, authority, now);
    const next = revisionOf(submission, period, current, now);
    await accept(database, authority, [next], now, logger);
    return monthAnswer(current ? 200 : 201, authority, next, current);
  });
}

async function retractMonth(request: Request, database: Tables, now: Date, logger: Logger): Promise<Answer> {
  const { authority = '', period = '' } = request.parameters;
  const metrics = isAuthorityId(authority) ? await readMetrics(database, authority) : undefined;
  requireAuthority(metrics, authority);
  const found = PeriodSchema.safeParse(period).success ? await readMonth(database, authority, period) : undefined;
  return attempting(found, period, database, authority, async (current) => {
    if (!current) throw new ProblemError('not-found', `${period.slice(0, 64)} was never submitted`);
    checkPrecondition(request.headers['if-match'], current, period);
    if (current.retracted) return monthAnswer(200, authority, current);
    const next = { ...revisionOf({ status: current.status, observations: {} }, period, current, now), retracted: true };
    await accept(database, authority, [next], now, logger);
    return monthAnswer(200, authority, next, current);
  });
}

/** Stores months, and says so under the request's id: from here on the figures are followed by revision. */
async function accept(
  database: Tables,
  authority: string,
  months: readonly Month[],
  now: Date,
  logger: Logger,
): Promise<void> {
  await saveMonths(database, authority, months, now);
  logger.info('months accepted', { authority, months: months.map(({ period, revision }) => `${period} r${revision}`) });
}

/** Does something with a month as it stands, and again with what it is then where somebody else was faster. */
async function attempting(
  found: Month | undefined,
  period: string,
  database: Tables,
  authority: string,
  act: (current: Month | undefined) => Promise<Answer>,
): Promise<Answer> {
  let current = found;
  for (let attempt = 1; ; attempt++) {
    try {
      return await act(current);
    } catch (error) {
      if (!(error instanceof MonthChangedError) || attempt === MAX_ATTEMPTS) throw error;
      current = await readMonth(database, authority, period);
    }
  }
}

/** One month of many, with how to say where in what was sent something is wrong with it. */
interface Entry {
  readonly period: string;
  readonly submission: Submission;
  readonly at: (fault: Fault) => ProblemFault;
}

/** All or nothing: months as before are skipped, new ones accepted, and others changed only where `revise` says so. */
async function postMonths(request: Request, database: Tables, now: Date, logger: Logger): Promise<Answer> {
  const { authority = '' } = request.parameters;
  const revise = readQuery(BulkQuerySchema, request).revise === 'true';
  const metrics = isAuthorityId(authority) ? await readMetrics(database, authority) : undefined;
  requireAuthority(metrics, authority);
  const entries = isCsv(request.headers)
    ? entriesOfCsv(String(request.body ?? ''), metrics, now)
    : entriesOf(request.body, metrics, now);
  const periods = entries.map(({ period }) => period).sort();
  for (let attempt = 1; ; attempt++) {
    const { months } = await readMonthsBetween(database, authority, {
      from: periods[0] as string,
      to: periods.at(-1) as string,
    });
    const currents = new Map(months.map((month) => [month.period, month]));
    const results = entries.map((entry) => resultOf(entry, currents.get(entry.period), now));
    const revised = results.filter(({ outcome }) => outcome === 'revised');
    if (revised.length > 0 && !revise) throw refusedChanges(revised);
    const fresh = results.filter(({ outcome }) => outcome === 'accepted').length;
    if (fresh > 0) await checkRoom(database, authority, now, fresh);
    const changed = results.filter(({ outcome }) => outcome !== 'unchanged');
    try {
      if (changed.length > 0)
        await accept(
          database,
          authority,
          changed.map(({ month }) => month),
          now,
          logger,
        );
      return answer(200, BulkAnswerSchema, {
        authority,
        submissions: results.map(({ month: { period, revision }, outcome, changes }) => ({
          period,
          outcome,
          revision,
          ...(outcome === 'revised' ? { changes } : {}),
        })),
      });
    } catch (error) {
      if (!(error instanceof MonthChangedError) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

interface Result {
  readonly entry: Entry;
  /** As it stands afterwards. */
  readonly month: Month;
  readonly outcome: 'accepted' | 'revised' | 'unchanged';
  readonly changes: Change[];
}

function resultOf(entry: Entry, current: Month | undefined, now: Date): Result {
  const { period, submission } = entry;
  if (current && !current.retracted && saysTheSame(current, submission))
    return { entry, month: current, outcome: 'unchanged', changes: [] };
  const month = revisionOf(submission, period, current, now);
  return {
    entry,
    month,
    outcome: current ? 'revised' : 'accepted',
    changes: current ? changesBetween(current, submission) : [],
  };
}

/** Names everything in months submitted before that would become different. */
function refusedChanges(results: readonly Result[]): ProblemError {
  const said = (value: Change['before']): string =>
    typeof value === 'string' ? `"${value.slice(0, 64)}"` : JSON.stringify(value);
  const faults = results.flatMap(({ entry, changes }) =>
    changes.map(({ pointer, before, after }) =>
      entry.at({
        pointer,
        detail:
          before === undefined
            ? `${entry.period} was submitted without this, which would be added: ${said(after)}`
            : after === undefined
              ? `${entry.period} holds ${said(before)} here (${pointer}), which would disappear`
              : `${entry.period} holds ${said(before)}, which would become ${said(after)}`,
      }),
    ),
  );
  const months = results.map(({ month }) => month.period).join(', ');
  return new ProblemError(
    'conflict',
    `${months} would change; nothing was stored. Send it again with ?revise=true if that is meant`,
    faults,
  );
}

function entriesOf(body: unknown, metrics: Metrics, now: Date): Entry[] {
  const submissions = isObject(body) && Object.keys(body).length === 1 ? body.submissions : undefined;
  if (!Array.isArray(submissions) || submissions.length === 0 || submissions.length > MAX_MONTHS)
    throw faultsProblem([
      { pointer: '#', detail: `expected {"submissions": […]} with 1 to ${MAX_MONTHS} months, each with its "period"` },
    ]);
  const suggest = suggestions();
  const faults: ProblemFault[] = [];
  const seen = new Set<string>();
  const entries = submissions.flatMap((sent: unknown, index): Entry[] => {
    const prefix = `#/submissions/${index}`;
    const at = (fault: Fault): ProblemFault => ({ ...fault, pointer: `${prefix}${fault.pointer.slice(1)}` });
    const { period, ...submission } = isObject(sent) ? sent : { period: undefined };
    const read = readSubmission(isObject(sent) ? submission : sent, metrics, suggest);
    const wrong = [
      ...(typeof period === 'string'
        ? faultsOfPeriod(period, now).map(({ detail }) => detail)
        : [period === undefined ? 'is missing' : 'is a month, written as "yyyy-mm"']),
      ...(typeof period === 'string' && seen.has(period) ? [`${period.slice(0, 64)} is there twice`] : []),
    ];
    faults.push(...wrong.map((detail) => ({ pointer: `${prefix}/period`, detail })), ...read.faults.map(at));
    if (typeof period !== 'string' || !read.submission) return [];
    seen.add(period);
    return [{ period, submission: read.submission, at }];
  });
  if (faults.length > 0) throw faultsProblem(faults);
  return entries;
}

function entriesOfCsv(text: string, metrics: Metrics, now: Date): Entry[] {
  const { months, faults } = readFigures(text, metrics, now);
  if (faults.length > 0) throw faultsProblem(faults);
  return months;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Throws the problem of an unknown authority, together with what else is wrong. */
function requireAuthority(
  metrics: Metrics | undefined,
  authority: string,
  faults: readonly Fault[] = [],
): asserts metrics is Metrics {
  if (metrics) return;
  const detail = `no inspection is loaded for "${authority.slice(0, 64)}"`;
  throw new ProblemError('unknown-authority', 'the authority is unknown', [
    { parameter: 'authority', detail },
    ...faults,
  ]);
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

const etagOf = (month: Month | undefined): Record<string, string> => (month ? { etag: `"${month.revision}"` } : {});

/** The month; with the one it took the place of, also what changed. */
function monthAnswer(status: number, authority: string, month: Month, before?: Month): Answer {
  const changes = before ? { changes: changesBetween(before, month) } : {};
  return answer(status, MonthAnswerSchema, { authority, ...month, ...changes }, etagOf(month));
}

export const handler = createHandler({
  database: openDatabase('baselines', 'submissions', 'alerts', 'access'),
  now: () => new Date(),
  logger: new Logger({ serviceName: 'submit' }),
});
