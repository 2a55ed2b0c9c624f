import { Logger } from '@aws-lambda-powertools/logger';
import { withProgress } from './domain/action.ts';
import { settingsIn } from './domain/authority.ts';
import { AUTHORITY_ALERTS, titleOfAlert } from './domain/authority-alerts.ts';
import { shownChart } from './domain/evaluators/special-cause.ts';
import { frameworkOf } from './domain/frameworks.ts';
import type { LoadedInspection } from './domain/loaded-inspection.ts';
import type { Metric } from './domain/metric.ts';
import { subjectOf } from './domain/notice-subject.ts';
import { addMonths, dayInEngland, EARLIEST_PERIOD, PeriodSchema, periodOf } from './domain/period.ts';
import { localStandardsOf } from './domain/record.ts';
import type { XmrPoint } from './domain/statistics/xmr.ts';
import { type Judged, rebasePeriodsOf, standardFor } from './domain/timeline.ts';
import { type Unreadable, unreadableMonths } from './domain/unreadable.ts';
import {
  AlertsAnswerSchema,
  AuthoritiesAnswerSchema,
  AuthorityAnswerSchema,
  authorityAnswer,
  BacktestAnswerSchema,
  DescriptionAnswerSchema,
  HealthAnswerSchema,
  InspectionAnswerSchema,
  InspectionFileSchemaAnswerSchema,
  InspectionsAnswerSchema,
  MetricAnswerSchema,
  MetricsAnswerSchema,
  MonthsAnswerSchema,
  NoticesAnswerSchema,
  OwnNamesAnswerSchema,
  ReceiptAnswerSchema,
  RevisionsAnswerSchema,
} from './http/answers.ts';
import { etagOf } from './http/etags.ts';
import { fileAnswer } from './http/files.ts';
import { type Answer, answer, fitting, httpHandler, type Request, readBody, readQuery, whole } from './http/handler.ts';
import { faultsProblem, ProblemError } from './http/problem.ts';
import { AlertsQuerySchema, MonthsQuerySchema, PageQuerySchema, RangeQuerySchema } from './http/queries.ts';
import { BacktestBodySchema } from './http/standard-bodies.ts';
import { MonthAnswerSchema } from './http/submission-answers.ts';
import { loadBeside } from './runtime/beside.ts';
import { logUnreadable } from './runtime/logging.ts';
import { openDatabase } from './runtime/open-database.ts';
import { readAlerts } from './services/alerts.ts';
import { figuresFile, LATEST_PERIOD, templateFile } from './services/downloads.ts';
import { isAuthorityId, listAuthorities, requireAuthority, requireInspection } from './services/inspections.ts';
import { readMonth, readMonthsBetween, readRevisions } from './services/months.ts';
import { countLost, countWaiting, readNotices } from './services/notices.ts';
import { listOwnNames } from './services/own-names.ts';
import { readReceipt } from './services/receipt.ts';
import { readMetric } from './services/record.ts';
import { tryStandard } from './services/standards.ts';
import { readGrant } from './services/tokens.ts';
import type { Database } from './store/database.ts';
import { MAX_NOTICE, MAX_REVISION } from './store/keys.ts';

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
      'GET /v1/authorities/{authority}/template.xlsx': (request) => getTemplate(request, database, now()),
      'GET /v1/authorities/{authority}/receipts/{receipt}': (request) => getReceipt(request, database),
      'GET /v1/authorities/{authority}/names': (request) => getNames(request, { database, logger }),
      'GET /v1/authorities/{authority}/metrics': (request) => getMetrics(request, database, now()),
      'GET /v1/authorities/{authority}/metrics/{metric}': (request) => getMetric(request, database, now()),
      'POST /v1/authorities/{authority}/backtests': (request) => postBacktest(request, database, now()),
      'GET /v1/authorities/{authority}/alerts': (request) => getAlerts(request, database),
      'GET /v1/authorities/{authority}/notices': (request) => getNotices(request, database, now()),
      'GET /v1/authorities/{authority}/inspection': (request) => getInspection(request, database),
      'GET /v1/authorities/{authority}/inspections': (request) => getInspections(request, database),
      'GET /v1/authorities': (request) => getAuthorities(request, database),
      'GET /v1/authorities/{authority}': (request) => getAuthority(request, database),
      'GET /inspection.schema.json': getInspectionFileSchema,
      'GET /openapi.json': getDescription,
      'GET /health': async () => answer(200, HealthAnswerSchema, { status: 'ok' }),
    },
    { grantOf: (token) => readGrant(database, token, now()), logger },
  );
}

type Tables = QueryDependencies['database'];

/** The most of a list in one answer, unless fewer are asked for. */
const PAGE = 50;

/** Where a list goes on. Callers keep it as it is: what is in it may change. */
const cursorOf = (last: string | number): string => Buffer.from(String(last)).toString('base64url');

/** How many of a list are wanted, and after which one: one that an answer to this very question could have named. */
function pageOf(
  { limit, cursor }: { readonly limit?: string | undefined; readonly cursor?: string | undefined },
  isPlace: (after: string) => boolean,
): { limit: number; after: string | undefined } {
  const after = cursor === undefined ? undefined : Buffer.from(cursor, 'base64url').toString();
  if (after !== undefined && !isPlace(after))
    throw faultsProblem(
      [{ parameter: 'cursor', detail: 'is not the "next" of an answer to this question; begin again without it' }],
      'the query was not answered',
    );
  return { limit: limit === undefined ? PAGE : Number(limit), after };
}

const isBetween = (first: number, last: number) => (text: string) =>
  /^[1-9]\d{0,5}$/.test(text) && first <= Number(text) && Number(text) <= last;

async function getMonths(request: Request, database: Tables): Promise<Answer> {
  const { from, to, format, ...page } = readQuery(MonthsQuerySchema, request);
  const range = { from: from ?? EARLIEST_PERIOD, to: to ?? LATEST_PERIOD };
  const isPlace = (month: string) => PeriodSchema.safeParse(month).success && range.from <= month && month < range.to;
  const { limit, after } = pageOf(page, isPlace);
  const { authority = '' } = request.parameters;
  if (format === 'csv' || format === 'xlsx')
    return whole(fileAnswer(await figuresFile(database, authority, range, format), `${authority}.${format}`));
  await requireAuthority(database, authority);
  const start = after === undefined ? range.from : addMonths(after, 1);
  const found = await readMonthsBetween(database, authority, { ...range, from: start, limit });
  const months = fitting(found.months);
  const more = found.more || months.length < found.months.length;
  return answer(200, MonthsAnswerSchema, {
    submissions: months.map((month) => ({ authority, ...month })),
    ...(more ? { next: cursorOf(months.at(-1)?.period ?? '') } : {}),
  });
}

async function getTemplate(request: Request, database: Tables, now: Date): Promise<Answer> {
  const { authority = '' } = request.parameters;
  const template = await templateFile(database, authority, readQuery(RangeQuerySchema, request), now);
  return fileAnswer(template, `${authority}-template.xlsx`);
}

function periodIn({ parameters }: Request): string {
  const period = PeriodSchema.safeParse(parameters.period);
  if (!period.success)
    throw new ProblemError('not-found', `"${parameters.period?.slice(0, 64)}" is not a month; write it as yyyy-mm`);
  return period.data;
}

async function getMonth(request: Request, database: Tables): Promise<Answer> {
  const { authority = '' } = request.parameters;
  const period = periodIn(request);
  await requireAuthority(database, authority);
  const month = await readMonth(database, authority, period);
  return answer(200, MonthAnswerSchema, { authority, ...month }, etagOf(month));
}

async function getRevisions(request: Request, database: Tables): Promise<Answer> {
  const { authority = '' } = request.parameters;
  const period = periodIn(request);
  const { limit, after } = pageOf(readQuery(PageQuerySchema, request), isBetween(1, MAX_REVISION - 1));
  await requireAuthority(database, authority);
  const page = { after: Number(after ?? 0), limit };
  const found = await readRevisions(database, authority, period, page);
  const revisions = fitting(found.revisions);
  const more = found.more || revisions.length < found.revisions.length;
  return answer(200, RevisionsAnswerSchema, {
    revisions: revisions.map((month) => ({ authority, ...month })),
    ...(more ? { next: cursorOf(revisions.at(-1)?.revision ?? 0) } : {}),
  });
}

async function getReceipt({ parameters }: Request, database: Tables): Promise<Answer> {
  const { authority = '', receipt: at = '' } = parameters;
  const { receipt } = await readReceipt(database, authority, at);
  const { questions, ...rest } = receipt;
  return answer(200, ReceiptAnswerSchema, {
    authority,
    ...rest,
    ...(questions.length > 0 ? { questions: [...questions] } : {}),
    months: receipt.months.map(({ month, before, changes, isCurrent }) => ({
      period: month.period,
      revision: month.revision,
      outcome: month.retracted ? 'retracted' : before ? 'revised' : 'accepted',
      figures: Object.keys(month.observations).length,
      ...(month.reason ? { reason: month.reason } : {}),
      changes: [...changes],
      superseded: !isCurrent,
    })),
    alerts: [...receipt.alerts],
  });
}

async function getNames(
  { parameters: { authority = '' } }: Request,
  { database, logger }: Omit<QueryDependencies, 'now'>,
): Promise<Answer> {
  const { names, unreadable } = await listOwnNames(database, authority);
  logUnreadable(logger, unreadable);
  return answer(200, OwnNamesAnswerSchema, { names: [...names], ...missing(unreadable) });
}

/** The metric with the standard in force in a month. */
function withStandard(inspection: LoadedInspection, metric: Metric, period: string) {
  const standard = standardFor(metric, localStandardsOf(inspection, metric.id), period);
  return standard ? { ...metric, standard } : metric;
}

async function getMetrics(request: Request, database: Tables, now: Date): Promise<Answer> {
  const inspection = await requireInspection(database, request.parameters.authority ?? '');
  const period = periodOf(dayInEngland(now));
  return answer(200, MetricsAnswerSchema, {
    metrics: inspection.metrics.map((metric) => withStandard(inspection, metric, period)),
    ...missing(inspection.unreadable),
  });
}

async function getMetric(request: Request, database: Tables, now: Date): Promise<Answer> {
  const { from = EARLIEST_PERIOD, to = LATEST_PERIOD } = readQuery(RangeQuerySchema, request);
  const { authority = '', metric: id = '' } = request.parameters;
  const { inspection, metric, months, judged } = await readMetric(database, authority, id);
  const localStandards = localStandardsOf(inspection, id);
  const limits = limitsOf(inspection, metric, judged);
  return answer(200, MetricAnswerSchema, {
    ...withStandard(inspection, metric, periodOf(dayInEngland(now))),
    localStandards,
    ...missing(inspection.unreadable, unreadableMonths(months)),
    ...defined({ benchmark: inspection.benchmarks.find(({ metric }) => metric === id) }),
    series: judged
      .filter(({ period }) => from <= period && period <= to)
      .map(({ period, observation, alert, transition, findings }) => {
        const { value, numerator, denominator, status, revision, leftOut, confirmed } = observation ?? {};
        const standard = standardFor(metric, localStandards, period);
        const point = limits.get(period);
        return {
          period,
          ...defined({ value, numerator, denominator, status, revision, leftOut, confirmed, standard, transition }),
          ...(point ? { limits: { mean: point.mean, lower: point.lower, upper: point.upper, type: point.type } } : {}),
          alert,
          findings: [...findings],
        };
      }),
  });
}

/** What cannot be read, where there is any of it. */
function missing(...parts: (readonly Unreadable[] | undefined)[]): { unreadable?: Unreadable[] } {
  const unreadable = parts.flatMap((part) => part ?? []);
  return unreadable.length > 0 ? { unreadable } : {};
}

/** Without what is undefined. */
function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

/** By period, the point of the chart that is shown. */
function limitsOf(inspection: LoadedInspection, metric: Metric, entries: readonly Judged[]): Map<string, XmrPoint> {
  const observations = entries.flatMap(({ observation }) => observation ?? []);
  const rebasePeriods = rebasePeriodsOf({
    rebaseDates: inspection.header.rebaseDates.map(({ date }) => date),
    localStandards: localStandardsOf(inspection, metric.id),
  });
  const points = shownChart(metric, observations, rebasePeriods);
  return new Map(points.map((point, index) => [observations[index]?.period ?? '', point]));
}

async function postBacktest({ parameters, body }: Request, database: Tables, now: Date): Promise<Answer> {
  const change = readBody(BacktestBodySchema, body);
  const { asIs, asChanged, periods } = await tryStandard(database, parameters.authority ?? '', change, now);
  return answer(200, BacktestAnswerSchema, {
    metric: change.metric,
    asIs,
    asChanged,
    periods: periods.map((period) => ({ ...period, findings: [...period.findings] })),
  });
}

async function getAlerts(request: Request, database: Tables): Promise<Answer> {
  const { state } = readQuery(AlertsQuerySchema, request);
  const { inspection, board, setAside, unreadable } = await readAlerts(database, request.parameters.authority ?? '');
  const { header, metrics } = inspection;
  const ids = new Set([
    ...metrics.map(({ id }) => id),
    ...Object.keys(AUTHORITY_ALERTS),
    ...Object.keys(board?.alerts ?? {}),
  ]);
  const alerts = [...ids].map((id) => ({
    alert: id,
    title: titleOfAlert(id, metrics),
    ...(board?.alerts[id] ?? { state: 'clear' as const }),
  }));
  return answer(200, AlertsAnswerSchema, {
    authority: header.authority,
    ...(board ? { evaluatedAt: board.evaluatedAt } : {}),
    ...(board?.latestPeriod ? { latestPeriod: board.latestPeriod } : {}),
    ...(setAside ? { setAside } : {}),
    ...(settingsIn(inspection.settings).closed ? { closed: true } : {}),
    ...missing(unreadable),
    alerts: state ? alerts.filter((alert) => alert.state === state) : alerts,
  });
}

async function getNotices(request: Request, database: Tables, now: Date): Promise<Answer> {
  const { authority = '' } = request.parameters;
  const { limit, after } = pageOf(readQuery(PageQuerySchema, request), isBetween(2, MAX_NOTICE));
  await requireAuthority(database, authority);
  const page = { before: after === undefined ? undefined : Number(after), limit };
  const [found, waiting, lost] = await Promise.all([
    readNotices(database, authority, page),
    countWaiting(database, authority, now),
    countLost(database, authority),
  ]);
  const notices = fitting(found.notices);
  const isCut = notices.length < found.notices.length;
  const more = found.more || isCut;
  return answer(200, NoticesAnswerSchema, {
    notices: notices.map(({ notice, sentAt }) => ({
      ...notice,
      subject: subjectOf(notice),
      ...(sentAt ? { sentAt } : {}),
    })),
    ...missing(found.unreadable),
    waiting,
    lost,
    ...(more ? { next: cursorOf(isCut ? (notices.at(-1)?.notice.number ?? 0) : found.last) } : {}),
  });
}

async function getAuthorities(request: Request, database: Tables): Promise<Answer> {
  const { limit, after = '' } = pageOf(readQuery(PageQuerySchema, request), isAuthorityId);
  const all = await listAuthorities(database);
  const rest = all
    .filter(({ id }) => id > after && ['*', id].includes(request.sees))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const shown = rest.slice(0, limit);
  return answer(200, AuthoritiesAnswerSchema, {
    authorities: shown.map(({ id, name, closed = false }) => ({ authority: id, name, closed })),
    ...(rest.length > limit ? { next: cursorOf(shown.at(-1)?.id ?? '') } : {}),
  });
}

async function getInspection({ parameters }: Request, database: Tables): Promise<Answer> {
  const inspection = await requireInspection(database, parameters.authority ?? '');
  const { header, judgements, actions, progress, unreadable } = inspection;
  return answer(200, InspectionAnswerSchema, {
    ...header,
    judgements: [...judgements],
    actions: actions.map((action) => withProgress(action, progress)),
    ...missing(unreadable),
  });
}

async function getInspections({ parameters }: Request, database: Tables): Promise<Answer> {
  const { header, inspections } = await requireInspection(database, parameters.authority ?? '');
  return answer(200, InspectionsAnswerSchema, {
    leading: header.id,
    inspections: inspections.map(({ header, retired, loaded, retiredBy, judgements, actions, figures, progress }) => {
      const { title, full } = frameworkOf(header);
      return {
        ...header,
        ...{ retired, loaded, retiredBy, frameworkTitle: title, full, figures },
        judgements: [...judgements],
        actions: actions.map((action) => withProgress(action, progress)),
      };
    }),
  });
}

async function getAuthority({ parameters }: Request, database: Tables): Promise<Answer> {
  return answer(
    200,
    AuthorityAnswerSchema,
    authorityAnswer(await requireInspection(database, parameters.authority ?? '')),
  );
}

/** The words for all routes, which hardly anybody asks for, take as long to load as all else of ours that is read with. */
const description = () => loadBeside<typeof import('./http/openapi.ts')>('openapi');

async function getInspectionFileSchema(): Promise<Answer> {
  return answer(200, InspectionFileSchemaAnswerSchema, (await description()).inspectionFileSchema());
}

async function getDescription(): Promise<Answer> {
  return answer(200, DescriptionAnswerSchema, (await description()).describeApi());
}

export const handler = createHandler({
  database: openDatabase('baselines', 'submissions', 'alerts', 'access'),
  now: () => new Date(),
  logger: new Logger({ serviceName: 'query' }),
});
