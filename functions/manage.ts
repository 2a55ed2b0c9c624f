import { Logger } from '@aws-lambda-powertools/logger';
import { SNSClient } from '@aws-sdk/client-sns';
import type * as z from 'zod';
import {
  ActionAnswerSchema,
  AlertAnswerSchema,
  AuthorityAnswerSchema,
  authorityAnswer,
  BenchmarksAnswerSchema,
  ChangedMetricSchema,
  InspectionChangeSchema,
  RecipientAnswerSchema,
  RecipientsAnswerSchema,
  StandardAnswerSchema,
} from './http/answers.ts';
import {
  AcknowledgementBodySchema,
  BenchmarksBodySchema,
  MetricBodySchema,
  MetricChangeBodySchema,
  ProgressBodySchema,
  RecipientBodySchema,
  SettingsBodySchema,
} from './http/bodies.ts';
import { type Answer, answer, httpHandler, type Request, readBody, readQuery } from './http/handler.ts';
import { DryRunQuerySchema } from './http/queries.ts';
import { StandardBodySchema } from './http/standard-bodies.ts';
import { readEnvironment } from './runtime/environment.ts';
import { logUnreadable } from './runtime/logging.ts';
import { openDatabase } from './runtime/open-database.ts';
import { acknowledgeAlert } from './services/alerts.ts';
import { changeSettings } from './services/authorities.ts';
import { dropBenchmark, loadBenchmarks } from './services/benchmarks.ts';
import { changeMetric, putMetric } from './services/catalogue.ts';
import { sendTest } from './services/direct-mail.ts';
import { type InspectionChange, loadInspectionFile, retireInspection } from './services/inspection-files.ts';
import { requireInspection } from './services/inspections.ts';
import { addPerson, listPeople, type MailedPerson, removePerson } from './services/people.ts';
import { reportProgress } from './services/progress.ts';
import { maskedAddress } from './services/recipients.ts';
import { setStandard } from './services/standards.ts';
import { SNS_ATTEMPTS } from './services/subscriptions.ts';
import { readGrant } from './services/tokens.ts';
import type { Database } from './store/database.ts';

export interface ManageDependencies {
  readonly database: Database<'baselines' | 'submissions' | 'alerts' | 'access'>;
  readonly sns: SNSClient;
  readonly topicArn: string;
  readonly now: () => Date;
  readonly logger: Logger;
}

/** What people decide beside the figures: standards, who has an alert in hand, how actions go, who is mailed. */
export function createHandler(dependencies: ManageDependencies) {
  const { database, now, logger } = dependencies;
  return httpHandler(
    {
      'PUT /v1/authorities/{authority}/metrics/{metric}': (request) => putOwnMetric(request, dependencies),
      'POST /v1/authorities/{authority}/metrics/{metric}/changes': (request) => postMetricChange(request, dependencies),
      'POST /v1/authorities/{authority}/benchmarks': (request) => postBenchmarks(request, dependencies),
      'DELETE /v1/authorities/{authority}/benchmarks/{metric}': (request) => deleteBenchmark(request, dependencies),
      'PUT /v1/authorities/{authority}/metrics/{metric}/standard': (request) => putStandard(request, dependencies),
      'PUT /v1/authorities/{authority}/alerts/{alert}/acknowledgement': (request) =>
        putAcknowledgement(request, dependencies),
      'PUT /v1/authorities/{authority}/actions/{action}': (request) => putProgress(request, dependencies),
      'PUT /v1/authorities/{authority}/inspections/{inspection}': (request) => putInspection(request, dependencies),
      'DELETE /v1/authorities/{authority}/inspections/{inspection}': (request) =>
        deleteInspection(request, dependencies),
      'PATCH /v1/authorities/{authority}': (request) => patchAuthority(request, dependencies),
      'GET /v1/authorities/{authority}/recipients': (request) => getRecipients(request, dependencies),
      'POST /v1/authorities/{authority}/recipients': (request) => postRecipient(request, dependencies),
      'DELETE /v1/authorities/{authority}/recipients/{recipient}': (request) => deleteRecipient(request, dependencies),
      'POST /v1/authorities/{authority}/recipients/{recipient}/test': (request) => postTest(request, dependencies),
    },
    { grantOf: (token) => readGrant(database, token, now()), logger },
  );
}

async function putStandard({ parameters, body, by }: Request, { database, now }: ManageDependencies): Promise<Answer> {
  const { authority = '', metric = '' } = parameters;
  const change = readBody(StandardBodySchema, body);
  const { created, version } = await setStandard(database, authority, metric, change, { by, now: now() });
  return answer(created ? 201 : 200, StandardAnswerSchema, { ...version, basis: 'council' });
}

async function putProgress({ parameters, body, by }: Request, { database, now }: ManageDependencies): Promise<Answer> {
  const { authority = '', action: id = '' } = parameters;
  const reported = readBody(ProgressBodySchema, body);
  const { created, action } = await reportProgress(database, authority, id, reported, { by, now: now() });
  return answer(created ? 201 : 200, ActionAnswerSchema, action);
}

async function putOwnMetric({ parameters, body, by }: Request, { database, now }: ManageDependencies): Promise<Answer> {
  const { authority = '', metric: id = '' } = parameters;
  const { author, reason, ...wanted } = readBody(MetricBodySchema, body);
  const { created, metric } = await putMetric(
    database,
    { authority, id },
    wanted,
    { author, reason },
    { by, now: now() },
  );
  return answer(created ? 201 : 200, ChangedMetricSchema, metric);
}

async function postMetricChange(
  { parameters, body, by }: Request,
  { database, now }: ManageDependencies,
): Promise<Answer> {
  const { authority = '', metric: id = '' } = parameters;
  const { author, reason, ...fate } = readBody(MetricChangeBodySchema, body);
  const { metric } = await changeMetric(database, { authority, id }, fate, { author, reason }, { by, now: now() });
  return answer(200, ChangedMetricSchema, metric);
}

async function postBenchmarks(request: Request, { database, now }: ManageDependencies): Promise<Answer> {
  const { authority = '' } = request.parameters;
  const dryRun = readQuery(DryRunQuerySchema, request).dryRun === 'true';
  const file = readBody(BenchmarksBodySchema, request.body);
  const { benchmarks, neighbours, setAside } = await loadBenchmarks(
    database,
    authority,
    file,
    { by: request.by, now: now() },
    dryRun,
  );
  return answer(200, BenchmarksAnswerSchema, {
    benchmarks: [...benchmarks],
    neighbours: [...neighbours],
    setAside: [...setAside],
  });
}

async function deleteBenchmark({ parameters }: Request, { database }: ManageDependencies): Promise<Answer> {
  const { authority = '', metric = '' } = parameters;
  await dropBenchmark(database, authority, metric);
  return { statusCode: 204 };
}

async function patchAuthority(
  { parameters, body, by }: Request,
  { database, now }: ManageDependencies,
): Promise<Answer> {
  const { author, reason, closed, ...change } = readBody(SettingsBodySchema, body);
  const wanted = { ...change, ...(closed === undefined ? {} : { closed: closed || null }) };
  const doing = { by, now: now() };
  const inspection = await changeSettings(database, parameters.authority ?? '', wanted, { author, reason }, doing);
  return answer(200, AuthorityAnswerSchema, authorityAnswer(inspection));
}

async function putInspection(request: Request, { database, now }: ManageDependencies): Promise<Answer> {
  const { authority = '', inspection: id = '' } = request.parameters;
  const dryRun = readQuery(DryRunQuerySchema, request).dryRun === 'true';
  const doing = { by: request.by, now: now() };
  const change = await loadInspectionFile(database, { authority, id }, request.body, doing, dryRun);
  return answer(change.outcome === 'new' && !dryRun ? 201 : 200, InspectionChangeSchema, mutable(change));
}

async function deleteInspection(request: Request, { database, now }: ManageDependencies): Promise<Answer> {
  const { authority = '', inspection = '' } = request.parameters;
  const dryRun = readQuery(DryRunQuerySchema, request).dryRun === 'true';
  const doing = { by: request.by, now: now() };
  return answer(
    200,
    InspectionChangeSchema,
    mutable(await retireInspection(database, authority, inspection, doing, dryRun)),
  );
}

/** What a service gives to be read, as what an answer is made of. */
const mutable = (change: InspectionChange) => change as z.input<typeof InspectionChangeSchema>;

async function putAcknowledgement(
  { parameters, body, by }: Request,
  { database, now }: ManageDependencies,
): Promise<Answer> {
  const { authority = '', alert = '' } = parameters;
  const given = readBody(AcknowledgementBodySchema, body);
  return answer(200, AlertAnswerSchema, await acknowledgeAlert(database, authority, alert, given, { by, now: now() }));
}

/** As they are listed, beside others. */
function shown(
  { id, address, level, role, summary, arn, lapsesAt, lostAt, decided }: MailedPerson,
  beside: readonly string[] = [],
) {
  const state = arn ? ('confirmed' as const) : lostAt ? ('lost' as const) : ('pending' as const);
  const times = { ...(lapsesAt ? { lapsesAt } : {}), ...(lostAt ? { lostAt } : {}) };
  return { id, address: maskedAddress(address, beside), level, role, summary, state, ...times, ...decided };
}

async function getRecipients({ parameters }: Request, dependencies: ManageDependencies): Promise<Answer> {
  const { people, unreadable } = await listPeople(dependencies, parameters.authority ?? '', dependencies.now());
  logUnreadable(dependencies.logger, unreadable);
  const beside = people.map(({ address }) => address);
  return answer(200, RecipientsAnswerSchema, {
    recipients: people.map((each) => shown(each, beside)),
    ...(unreadable.length > 0 ? { unreadable } : {}),
  });
}

async function postRecipient({ parameters, body, by }: Request, dependencies: ManageDependencies): Promise<Answer> {
  const wanted = readBody(RecipientBodySchema, body);
  const doing = { by, now: dependencies.now() };
  const { created, person } = await addPerson(dependencies, parameters.authority ?? '', wanted, doing);
  return answer(created ? 201 : 200, RecipientAnswerSchema, shown(person));
}

async function deleteRecipient({ parameters, by }: Request, dependencies: ManageDependencies): Promise<Answer> {
  const { authority = '', recipient = '' } = parameters;
  await removePerson(dependencies, authority, recipient, { by, now: dependencies.now() });
  return { statusCode: 204 };
}

async function postTest({ parameters, headers }: Request, dependencies: ManageDependencies): Promise<Answer> {
  const { authority = '', recipient = '' } = parameters;
  await requireInspection(dependencies.database, authority);
  const pageUrl = `${headers['x-forwarded-proto']}://${headers.host}`;
  await sendTest(dependencies, authority, recipient, pageUrl, dependencies.now());
  return { statusCode: 204 };
}

const environment = readEnvironment('ALERT_TOPIC_ARN');

export const handler = createHandler({
  database: openDatabase('baselines', 'submissions', 'alerts', 'access'),
  sns: new SNSClient({ maxAttempts: SNS_ATTEMPTS }),
  topicArn: environment.ALERT_TOPIC_ARN,
  now: () => new Date(),
  logger: new Logger({ serviceName: 'manage' }),
});
