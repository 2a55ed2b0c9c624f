import { Logger } from '@aws-lambda-powertools/logger';
import { AUTHORITY_ALERTS, titleOfAlert } from './domain/authority-alerts.ts';
import { backtest } from './domain/backtest.ts';
import { acknowledged } from './domain/board.ts';
import { chartOptions } from './domain/evaluators/special-cause.ts';
import { type LoadedInspection, type LocalStandard, type Metric, withProgress } from './domain/inspection.ts';
import { subjectOf } from './domain/notice.ts';
import { addMonths, dayInEngland, EARLIEST_PERIOD, PeriodSchema, periodOf } from './domain/period.ts';
import { timelines } from './domain/reconcile.ts';
import type { JudgedRecord } from './domain/record.ts';
import { latestPoints, type XmrPoint } from './domain/statistics/xmr.ts';
import type { Month } from './domain/submission.ts';
import { type Judged, rebasePeriodsOf, standardFor } from './domain/timeline.ts';
import {
  AlertsAnswerSchema,
  BacktestAnswerSchema,
  HealthAnswerSchema,
  InspectionAnswerSchema,
  MetricAnswerSchema,
  MetricsAnswerSchema,
  MonthAnswerSchema,
  MonthsAnswerSchema,
  NoticesAnswerSchema,
  RevisionsAnswerSchema,
} from './http/answers.ts';
import {
  AlertsQuerySchema,
  BacktestBodySchema,
  faultsOfStandard,
  MonthsQuerySchema,
  PageQuerySchema,
  RangeQuerySchema,
} from './http/bodies.ts';
import {
  type Answer,
  answer,
  csvAnswer,
  httpHandler,
  isAuthorityId,
  type Request,
  readBody,
  readQuery,
  unknownAuthority,
} from './http/handler.ts';
import { DescriptionSchema, describeApi } from './http/openapi.ts';
import { faultsProblem, ProblemError } from './http/problem.ts';
import { openDatabase } from './runtime/open-database.ts';
import { writeCsv } from './services/csv.ts';
import { readGrant } from './store/access.ts';
import { readBoard } from './store/boards.ts';
import type { Database } from './store/database.ts';
import { isInspected, readInspection } from './store/inspections.ts';
import { readNotices } from './store/notices.ts';
import { readMonth, readMonths, readMonthsBetween, readRevisions } from './store/submissions.ts';

export interface QueryDependencies {
  readonly database: Database<'baselines' | 'submissions' | 'alerts' | 'access'>;
  readonly now: () => Date;
  readonly logger: Logger;
}

export function createHandler({ database, now, logger }: QueryDependencies) {
  return httpHandler(
    {
      'GET /v1/authorities/{authority}/submissions': (request) => getMonths(request, database),
      'GET /v1/authorities/{authority}/submissions/{period}': (request) => getMonth(request, database),
      'GET /v1/authorities/{authority}/submissions/{period}/revisions': (request) => getRevisions(request, database),
      'GET /v1/authorities/{authority}/metrics': (request) => getMetrics(request, database, now()),
      'GET /v1/authorities/{authority}/metrics/{metric}': (request) => getMetric(request, database, now()),
      'POST /v1/authorities/{authority}/backtests': (request) => postBacktest(request, database, now()),
      'GET /v1/authorities/{authority}/alerts': (request) => getAlerts(request, database),
      'GET /v1/authorities/{authority}/notices': (request) => getNotices(request, database),
      'GET /v1/authorities/{authority}/inspection': (request) => getInspection(request, database),
      'GET /openapi.json': getDescription,
      'GET /health': async () => answer(200, HealthAnswerSchema, { status: 'ok' }),
    },
    { grantOf: (token) => readGrant(database, token, now()), logger },
  );
}

type Tables = QueryDependencies['database'];

/** The authority in the path, known to have an inspection: enough where only its own record is read. */
async function authorityIn({ parameters }: Request, database: Tables): Promise<string> {
  const { authority } = parameters;
  if (!isAuthorityId(authority) || !(await isInspected(database, authority))) throw unknownAuthority(authority);
  return authority;
}

async function inspectionOf({ parameters }: Request, database: Tables): Promise<LoadedInspection> {
  const { authority } = parameters;
  const inspection = isAuthorityId(authority) ? await readInspection(database, authority) : undefined;
  if (!inspection) throw unknownAuthority(authority);
  return inspection;
}

/** The most of a list in one answer, unless fewer are asked for. */
const PAGE = 50;

/** Where a list goes on. Callers keep it as it is: what is in it may change. */
const cursorOf = (last: string | number): string => Buffer.from(String(last)).toString('base64url');

/** How many of a list are wanted, and after which one. */
function pageOf(
  { limit, cursor }: { readonly limit?: string | undefined; readonly cursor?: string | undefined },
  pattern: RegExp,
): { limit: number; after: string | undefined } {
  const after = cursor === undefined ? undefined : Buffer.from(cursor, 'base64url').toString();
  if (after !== undefined && !pattern.test(after))
    throw faultsProblem(
      [{ parameter: 'cursor', detail: 'is not the "next" of an answer' }],
      'the query was not answered',
    );
  return { limit: limit === undefined ? PAGE : Number(limit), after };
}

async function getMonths(request: Request, database: Tables): Promise<Answer> {
  const { from, to, format, ...page } = readQuery(MonthsQuerySchema, request);
  const { limit, after } = pageOf(page, /^\d{4}-\d{2}$/);
  const authority = await authorityIn(request, database);
  const range = { from: from ?? EARLIEST_PERIOD, to: to ?? LATEST_PERIOD };
  if (format === 'csv') {
    const { months } = await readMonthsBetween(database, authority, range);
    return csvAnswer(writeCsv(months), `${authority}.csv`);
  }
  const start = after === undefined ? range.from : addMonths(after, 1);
  const { months, more } = await readMonthsBetween(database, authority, { ...range, from: start, limit });
  return answer(200, MonthsAnswerSchema, {
    submissions: months.map((month) => ({ authority, ...month })),
    ...(more ? { next: cursorOf(months.at(-1)?.period ?? '') } : {}),
  });
}

/** The last month that four digits of a year can name. */
const LATEST_PERIOD = '9999-12';

function periodIn({ parameters }: Request): string {
  const period = PeriodSchema.safeParse(parameters.period);
  if (!period.success)
    throw new ProblemError('not-found', `"${parameters.period?.slice(0, 64)}" is not a month; write it as yyyy-mm`);
  return period.data;
}

async function getMonth(request: Request, database: Tables): Promise<Answer> {
  const period = periodIn(request);
  const authority = await authorityIn(request, database);
  const month = await readMonth(database, authority, period);
  if (!month) throw new ProblemError('not-found', `${period} was not submitted`);
  return answer(200, MonthAnswerSchema, { authority, ...month }, { etag: `"${month.revision}"` });
}

async function getRevisions(request: Request, database: Tables): Promise<Answer> {
  const period = periodIn(request);
  const { limit, after } = pageOf(readQuery(PageQuerySchema, request), /^\d{1,4}$/);
  const authority = await authorityIn(request, database);
  const page = { after: Number(after ?? 0), limit };
  const { revisions, more } = await readRevisions(database, authority, period, page);
  if (revisions.length === 0 && after === undefined) throw new ProblemError('not-found', `${period} was not submitted`);
  return answer(200, RevisionsAnswerSchema, {
    revisions: revisions.map((month) => ({ authority, ...month })),
    ...(more ? { next: cursorOf(revisions.at(-1)?.revision ?? 0) } : {}),
  });
}

const localStandardsOf = ({ localStandards }: LoadedInspection, metric: string): LocalStandard[] =>
  localStandards.filter((version) => version.metric === metric);

/** The metric with the standard in force in a month. */
function withStandard(inspection: LoadedInspection, metric: Metric, period: string) {
  const standard = standardFor(metric, localStandardsOf(inspection, metric.id), period);
  return standard ? { ...metric, standard } : metric;
}

async function getMetrics(request: Request, database: Tables, now: Date): Promise<Answer> {
  const inspection = await inspectionOf(request, database);
  const period = periodOf(dayInEngland(now));
  return answer(200, MetricsAnswerSchema, {
    metrics: inspection.metrics.map((metric) => withStandard(inspection, metric, period)),
  });
}

/** The record as it stands, for judging it anew. */
function recordOf({ header, metrics, localStandards }: LoadedInspection, months: readonly Month[]): JudgedRecord {
  return { inspection: header, metrics, localStandards, months };
}

async function getMetric(request: Request, database: Tables, now: Date): Promise<Answer> {
  const { from = EARLIEST_PERIOD, to = LATEST_PERIOD } = readQuery(RangeQuerySchema, request);
  const inspection = await inspectionOf(request, database);
  const metric = inspection.metrics.find(({ id }) => id === request.parameters.metric);
  if (!metric) throw unknownMetric(request.parameters.metric);
  const months = await readMonths(database, inspection.header.authority);
  const localStandards = localStandardsOf(inspection, metric.id);
  const entries = timelines({ ...recordOf(inspection, months), metrics: [metric] }, 'show').get(metric.id) ?? [];
  const limits = limitsOf(inspection, metric, entries);
  return answer(200, MetricAnswerSchema, {
    ...withStandard(inspection, metric, periodOf(dayInEngland(now))),
    localStandards,
    series: entries
      .filter(({ period }) => from <= period && period <= to)
      .map(({ period, observation, alert, transition, findings }) => {
        const { value, numerator, denominator, status, revision } = observation ?? {};
        const standard = standardFor(metric, localStandards, period);
        const point = limits.get(period);
        return {
          period,
          ...defined({ value, numerator, denominator, status, revision, standard, transition }),
          ...(point ? { limits: { mean: point.mean, lower: point.lower, upper: point.upper, type: point.type } } : {}),
          alert,
          findings: [...findings],
        };
      }),
  });
}

/** Without what is undefined. */
function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

/** By period, the limits as they were known then. */
function limitsOf(inspection: LoadedInspection, metric: Metric, entries: readonly Judged[]): Map<string, XmrPoint> {
  const observations = entries.flatMap(({ observation }) => observation ?? []);
  const rebasePeriods = rebasePeriodsOf({
    rebaseDates: inspection.header.rebaseDates.map(({ date }) => date),
    localStandards: localStandardsOf(inspection, metric.id),
  });
  const points = latestPoints(
    observations.map(({ value }) => value),
    chartOptions(metric, observations, rebasePeriods),
  );
  return new Map(points.map((point, index) => [observations[index]?.period ?? '', point]));
}

function unknownMetric(id: string | undefined): ProblemError {
  return new ProblemError('not-found', `no metric is called "${id?.slice(0, 64)}"`);
}

async function postBacktest(request: Request, database: Tables, now: Date): Promise<Answer> {
  const inspection = await inspectionOf(request, database);
  const { metric: id, from = EARLIEST_PERIOD, ...change } = readBody(BacktestBodySchema, request.body);
  const metric = inspection.metrics.find((candidate) => candidate.id === id);
  const faults = metric
    ? faultsOfStandard(metric, change)
    : [{ pointer: '#/metric', detail: `no metric is called "${id.slice(0, 64)}"` }];
  if (faults.length > 0) throw faultsProblem(faults, 'nothing was tried');
  const months = await readMonths(database, inspection.header.authority);
  const version = (localStandardsOf(inspection, id).at(-1)?.version ?? 0) + 1;
  const tried = { ...change, metric: id, from, version, reason: 'tried', author: 'backtest', setAt: now.toISOString() };
  const { asIs, asChanged, periods } = backtest(recordOf(inspection, months), id, tried);
  return answer(200, BacktestAnswerSchema, {
    metric: id,
    asIs,
    asChanged,
    periods: periods.map((period) => ({ ...period, findings: [...period.findings] })),
  });
}

async function getAlerts(request: Request, database: Tables): Promise<Answer> {
  const { state } = readQuery(AlertsQuerySchema, request);
  const { header, metrics } = await inspectionOf(request, database);
  const read = await readBoard(database, header.authority);
  const { board } = read;
  const ids = new Set([
    ...metrics.map(({ id }) => id),
    ...Object.keys(AUTHORITY_ALERTS),
    ...Object.keys(board?.alerts ?? {}),
  ]);
  const alerts = [...ids].map((id) => {
    const alert = board?.alerts[id];
    return {
      alert: id,
      title: titleOfAlert(id, metrics),
      ...(alert ? acknowledged(id, alert, read) : { state: 'clear' as const }),
    };
  });
  return answer(200, AlertsAnswerSchema, {
    authority: header.authority,
    ...(board ? { evaluatedAt: board.evaluatedAt } : {}),
    ...(board?.latestPeriod ? { latestPeriod: board.latestPeriod } : {}),
    alerts: state ? alerts.filter((alert) => alert.state === state) : alerts,
  });
}

async function getNotices(request: Request, database: Tables): Promise<Answer> {
  const { limit, after } = pageOf(readQuery(PageQuerySchema, request), /^\d{1,6}$/);
  const authority = await authorityIn(request, database);
  const page = { before: after === undefined ? undefined : Number(after), limit };
  const { notices, more } = await readNotices(database, authority, page);
  return answer(200, NoticesAnswerSchema, {
    notices: notices.map(({ notice, sentAt }) => ({
      ...notice,
      subject: subjectOf(notice),
      ...(sentAt ? { sentAt } : {}),
    })),
    ...(more ? { next: cursorOf(notices.at(-1)?.notice.number ?? 0) } : {}),
  });
}

async function getInspection(request: Request, database: Tables): Promise<Answer> {
  const { header, judgements, actions, progress } = await inspectionOf(request, database);
  return answer(200, InspectionAnswerSchema, {
    ...header,
    judgements: [...judgements],
    actions: actions.map((action) => withProgress(action, progress)),
  });
}

async function getDescription(): Promise<Answer> {
  return answer(200, DescriptionSchema, describeApi());
}

export const handler = createHandler({
  database: openDatabase('baselines', 'submissions', 'alerts', 'access'),
  now: () => new Date(),
  logger: new Logger({ serviceName: 'query' }),
});
