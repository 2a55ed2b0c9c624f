import { Logger } from '@aws-lambda-powertools/logger';
import { SNSClient } from '@aws-sdk/client-sns';
import { titleOfAlert } from './domain/authority-alerts.ts';
import { acknowledge } from './domain/board.ts';
import { type LoadedInspection, withProgress } from './domain/inspection.ts';
import {
  ActionAnswerSchema,
  AlertAnswerSchema,
  RecipientAnswerSchema,
  RecipientsAnswerSchema,
  StandardAnswerSchema,
} from './http/answers.ts';
import {
  AcknowledgementBodySchema,
  faultsOfStandard,
  ProgressBodySchema,
  RecipientBodySchema,
  StandardBodySchema,
} from './http/bodies.ts';
import {
  type Answer,
  answer,
  httpHandler,
  isAuthorityId,
  type Request,
  readBody,
  unknownAuthority,
} from './http/handler.ts';
import { faultsProblem, ProblemError } from './http/problem.ts';
import { readEnvironment } from './runtime/environment.ts';
import { openDatabase } from './runtime/open-database.ts';
import {
  addRecipient,
  listRecipients,
  type MailedAddress,
  maskedAddress,
  removeRecipient,
  SNS_ATTEMPTS,
} from './services/recipients.ts';
import { readGrant } from './store/access.ts';
import { saveAcknowledgement } from './store/acknowledgements.ts';
import { readBoard } from './store/boards.ts';
import type { Database } from './store/database.ts';
import { readInspection } from './store/inspections.ts';
import { saveLocalStandard, saveProgress, VersionTakenError } from './store/versions.ts';

export interface ManageDependencies {
  readonly database: Database<'baselines' | 'alerts' | 'access'>;
  readonly sns: SNSClient;
  readonly topicArn: string;
  readonly now: () => Date;
  readonly logger: Logger;
}

/** How often versions are read again when somebody else set one meanwhile. */
const MAX_ATTEMPTS = 4;

/** What people decide beside the figures: standards, who has an alert in hand, how actions go, who is mailed. */
export function createHandler(dependencies: ManageDependencies) {
  const { database, now, logger } = dependencies;
  return httpHandler(
    {
      'PUT /v1/authorities/{authority}/metrics/{metric}/standard': (request) => putStandard(request, dependencies),
      'PUT /v1/authorities/{authority}/alerts/{alert}/acknowledgement': (request) =>
        putAcknowledgement(request, dependencies),
      'PUT /v1/authorities/{authority}/actions/{action}': (request) => putProgress(request, dependencies),
      'GET /v1/authorities/{authority}/recipients': (request) => getRecipients(request, dependencies),
      'POST /v1/authorities/{authority}/recipients': (request) => postRecipient(request, dependencies),
      'DELETE /v1/authorities/{authority}/recipients/{recipient}': (request) => deleteRecipient(request, dependencies),
    },
    { grantOf: (token) => readGrant(database, token, now()), logger },
  );
}

async function inspectionOf(
  { parameters }: Request,
  database: ManageDependencies['database'],
): Promise<LoadedInspection> {
  const { authority } = parameters;
  const inspection = isAuthorityId(authority) ? await readInspection(database, authority) : undefined;
  if (!inspection) throw unknownAuthority(authority);
  return inspection;
}

/**
 * Adds a version, the next after the newest, unless that says the same already. Reads again where somebody else added
 * one meanwhile.
 */
async function addVersion<T extends { readonly version: number }>(
  versions: () => Promise<readonly T[]>,
  make: (version: number) => T,
  same: (a: T, b: T) => boolean,
  save: (version: T) => Promise<void>,
): Promise<{ created: boolean; version: T }> {
  for (let attempt = 1; ; attempt++) {
    const newest = (await versions()).at(-1);
    const version = make((newest?.version ?? 0) + 1);
    if (newest && same(newest, version)) return { created: false, version: newest };
    try {
      await save(version);
      return { created: true, version };
    } catch (error) {
      if (!(error instanceof VersionTakenError) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** Whether two versions say the same, apart from their number and when they were set. */
function saysTheSame(a: object, b: object): boolean {
  const content = (version: object) =>
    JSON.stringify(
      Object.entries(version)
        .filter(([key]) => !['version', 'setAt', 'at'].includes(key))
        .sort(([one], [other]) => (one < other ? -1 : 1)),
    );
  return content(a) === content(b);
}

async function putStandard(request: Request, { database, now }: ManageDependencies): Promise<Answer> {
  const { authority = '', metric: id = '' } = request.parameters;
  const metric = (await inspectionOf(request, database)).metrics.find((candidate) => candidate.id === id);
  if (!metric) throw new ProblemError('not-found', `no metric is called "${id.slice(0, 64)}"`);
  const body = readBody(StandardBodySchema, request.body);
  const faults = faultsOfStandard(metric, body);
  if (faults.length > 0) throw faultsProblem(faults);
  const at = now();
  const { created, version } = await addVersion(
    async () => (await inspectionOf(request, database)).localStandards.filter((version) => version.metric === id),
    (version) => ({ metric: id, version, ...body, setAt: at.toISOString() }),
    saysTheSame,
    (version) => saveLocalStandard(database, authority, version, at),
  );
  return answer(created ? 201 : 200, StandardAnswerSchema, { ...version, basis: 'local' });
}

async function putProgress(request: Request, { database, now }: ManageDependencies): Promise<Answer> {
  const { authority = '', action: id = '' } = request.parameters;
  const inspection = await inspectionOf(request, database);
  const action = inspection.actions.find((candidate) => candidate.id === id);
  if (!action) throw new ProblemError('not-found', `no action is called "${id.slice(0, 64)}"`);
  const body = readBody(ProgressBodySchema, request.body);
  const at = now();
  const read = async () => (await inspectionOf(request, database)).progress.filter((version) => version.action === id);
  const { created } = await addVersion(
    read,
    (version) => ({ action: id, version, ...body, at: at.toISOString() }),
    saysTheSame,
    (version) => saveProgress(database, authority, version, at),
  );
  return answer(created ? 201 : 200, ActionAnswerSchema, withProgress(action, await read()));
}

async function putAcknowledgement(request: Request, { database, now }: ManageDependencies): Promise<Answer> {
  const { authority = '', alert: id = '' } = request.parameters;
  const { metrics } = await inspectionOf(request, database);
  const { board } = await readBoard(database, authority);
  const alert = board?.alerts[id];
  const title = titleOfAlert(id, metrics);
  if (!alert && title === id) throw new ProblemError('not-found', `no alert is called "${id.slice(0, 64)}"`);
  const given = readBody(AcknowledgementBodySchema, request.body);
  const acknowledgement = acknowledge(board, id, given, now());
  if (!acknowledgement)
    throw new ProblemError('conflict', `${id} is not raised at warning or above: there is nothing to take in hand`);
  await saveAcknowledgement(database, authority, acknowledgement, now());
  return answer(200, AlertAnswerSchema, { alert: id, title, ...alert, acknowledgement });
}

function shown({ id, address, level, arn, lapsesAt }: MailedAddress) {
  const state = arn ? ('confirmed' as const) : ('pending' as const);
  return { id, address: maskedAddress(address), level, state, ...(lapsesAt ? { lapsesAt } : {}) };
}

async function getRecipients(request: Request, dependencies: ManageDependencies): Promise<Answer> {
  const { header } = await inspectionOf(request, dependencies.database);
  const recipients = await listRecipients(dependencies, header.authority, dependencies.now());
  return answer(200, RecipientsAnswerSchema, { recipients: recipients.map(shown) });
}

async function postRecipient(request: Request, dependencies: ManageDependencies): Promise<Answer> {
  const { header } = await inspectionOf(request, dependencies.database);
  const wanted = readBody(RecipientBodySchema, request.body);
  const { created, recipient } = await addRecipient(dependencies, header.authority, wanted, dependencies.now());
  return answer(created ? 201 : 200, RecipientAnswerSchema, shown(recipient));
}

async function deleteRecipient(request: Request, dependencies: ManageDependencies): Promise<Answer> {
  const { header } = await inspectionOf(request, dependencies.database);
  await removeRecipient(dependencies, header.authority, request.parameters.recipient ?? '', dependencies.now());
  return { statusCode: 204 };
}

const environment = readEnvironment('ALERT_TOPIC_ARN');

export const handler = createHandler({
  database: openDatabase('baselines', 'alerts', 'access'),
  sns: new SNSClient({ maxAttempts: SNS_ATTEMPTS }),
  topicArn: environment.ALERT_TOPIC_ARN,
  now: () => new Date(),
  logger: new Logger({ serviceName: 'manage' }),
});
