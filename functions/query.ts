import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import {
  AlertsAnswerSchema,
  HealthAnswerSchema,
  InspectionAnswerSchema,
  MetricsAnswerSchema,
  MonthAnswerSchema,
  MonthsAnswerSchema,
  NoticesAnswerSchema,
  RevisionsAnswerSchema,
} from './answers.ts';
import { subjectOf } from './domain/notice.ts';
import { dayInEngland, PeriodSchema, periodOf } from './domain/period.ts';
import { standardFor } from './domain/timeline.ts';
import { readEnvironment } from './env.ts';
import { type Answer, answer, httpHandler, isAuthorityId, type Request } from './http.ts';
import { ProblemError } from './problem.ts';
import { readGrant } from './store/access.ts';
import { readBoard, readNotices } from './store/boards.ts';
import type { Database } from './store/database.ts';
import { type LoadedInspection, readInspection } from './store/inspections.ts';
import { readMonth, readMonths, readRevisions } from './store/submissions.ts';

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
      'GET /v1/authorities/{authority}/alerts': (request) => getAlerts(request, database),
      'GET /v1/authorities/{authority}/notices': (request) => getNotices(request, database),
      'GET /v1/authorities/{authority}/inspection': (request) => getInspection(request, database),
      'GET /health': async () => answer(200, HealthAnswerSchema, { status: 'ok' }),
    },
    { grantOf: (token) => readGrant(database, token, now()), logger },
  );
}

type Tables = QueryDependencies['database'];

async function inspectionOf({ parameters }: Request, database: Tables): Promise<LoadedInspection> {
  const { authority } = parameters;
  const inspection = isAuthorityId(authority) ? await readInspection(database, authority) : undefined;
  if (!inspection)
    throw new ProblemError('unknown-authority', `no inspection is loaded for "${authority?.slice(0, 64)}"`);
  return inspection;
}

async function getMonths(request: Request, database: Tables): Promise<Answer> {
  const { header } = await inspectionOf(request, database);
  const months = await readMonths(database, header.authority);
  return answer(200, MonthsAnswerSchema, {
    submissions: months.map((month) => ({ authority: header.authority, ...month })),
  });
}

function periodIn({ parameters }: Request): string {
  const period = PeriodSchema.safeParse(parameters.period);
  if (!period.success)
    throw new ProblemError('not-found', `"${parameters.period?.slice(0, 64)}" is not a month; write it as yyyy-mm`);
  return period.data;
}

async function getMonth(request: Request, database: Tables): Promise<Answer> {
  const period = periodIn(request);
  const { header } = await inspectionOf(request, database);
  const month = await readMonth(database, header.authority, period);
  if (!month) throw new ProblemError('not-found', `${period} was not submitted`);
  return answer(200, MonthAnswerSchema, { authority: header.authority, ...month }, { etag: `"${month.revision}"` });
}

async function getRevisions(request: Request, database: Tables): Promise<Answer> {
  const period = periodIn(request);
  const { header } = await inspectionOf(request, database);
  const revisions = await readRevisions(database, header.authority, period);
  if (revisions.length === 0) throw new ProblemError('not-found', `${period} was not submitted`);
  return answer(200, RevisionsAnswerSchema, {
    revisions: revisions.map((month) => ({ authority: header.authority, ...month })),
  });
}

async function getMetrics(request: Request, database: Tables, now: Date): Promise<Answer> {
  const { metrics, localStandards } = await inspectionOf(request, database);
  const period = periodOf(dayInEngland(now));
  return answer(200, MetricsAnswerSchema, {
    metrics: metrics.map((metric) => {
      const versions = localStandards.filter((version) => version.metric === metric.id);
      const standard = standardFor(metric, versions, period);
      return standard ? { ...metric, standard } : metric;
    }),
  });
}

const StateSchema = z.enum(['clear', 'raised', 'recovering']);

async function getAlerts(request: Request, database: Tables): Promise<Answer> {
  const state = StateSchema.optional().safeParse(request.query.state);
  if (!state.success)
    throw new ProblemError('invalid', 'the query has a fault', [
      { pointer: '#', parameter: 'state', detail: `is one of ${StateSchema.options.join(', ')}` },
    ]);
  const { header, metrics } = await inspectionOf(request, database);
  const { board } = await readBoard(database, header.authority);
  const alerts = metrics.map(({ id, title }) => ({
    alert: id,
    title,
    ...(board?.alerts[id] ?? { state: 'clear' as const }),
  }));
  return answer(200, AlertsAnswerSchema, {
    authority: header.authority,
    ...(board ? { evaluatedAt: board.evaluatedAt } : {}),
    ...(board?.latestPeriod ? { latestPeriod: board.latestPeriod } : {}),
    alerts: state.data ? alerts.filter((alert) => alert.state === state.data) : alerts,
  });
}

async function getNotices(request: Request, database: Tables): Promise<Answer> {
  const { header } = await inspectionOf(request, database);
  const notices = await readNotices(database, header.authority);
  return answer(200, NoticesAnswerSchema, {
    notices: notices.map(({ notice, sentAt }) => ({
      ...notice,
      subject: subjectOf(notice),
      ...(sentAt ? { sentAt } : {}),
    })),
  });
}

async function getInspection(request: Request, database: Tables): Promise<Answer> {
  const { header, judgements, actions } = await inspectionOf(request, database);
  return answer(200, InspectionAnswerSchema, { ...header, judgements: [...judgements], actions: [...actions] });
}

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
  logger: new Logger({ serviceName: 'query' }),
});
