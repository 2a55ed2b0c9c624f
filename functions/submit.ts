import { Logger } from '@aws-lambda-powertools/logger';
import type { Metric } from './domain/metric.ts';
import { type OwnName, OwnNameMeaningSchema, OwnNameSchema } from './domain/own-name.ts';
import { etagOf, expectedIn } from './http/etags.ts';
import { type Answer, answer, httpHandler, isFile, type Request, readBody, readQuery } from './http/handler.ts';
import { BulkQuerySchema } from './http/queries.ts';
import { BulkAnswerSchema, MonthAnswerSchema } from './http/submission-answers.ts';
import { logUnreadable } from './runtime/logging.ts';
import { openDatabase } from './runtime/open-database.ts';
import { type Accepted, type Accepting, acceptMonth, retractMonth } from './services/accept.ts';
import { acceptMonths, readMonths, type SentMonth } from './services/accept-months.ts';
import { correctMonth } from './services/correct.ts';
import { InvalidError } from './services/errors.ts';
import { readFigures, type SetAside, setAsideIn } from './services/figures.ts';
import { requireMetrics } from './services/inspections.ts';
import { forgetName, listOwnNames, rememberNames } from './services/own-names.ts';
import { readGrant } from './services/tokens.ts';
import type { Database } from './store/database.ts';

export interface SubmitDependencies {
  readonly database: Database<'baselines' | 'submissions' | 'alerts' | 'access'>;
  readonly now: () => Date;
  readonly logger: Logger;
}

export function createHandler({ database, now, logger }: SubmitDependencies) {
  const accepting = ({ by }: Request): Accepting => ({ database, now: now(), by, log: logger });
  return httpHandler(
    {
      'PUT /v1/authorities/{authority}/submissions/{period}': (request) => putMonth(request, accepting(request)),
      'POST /v1/authorities/{authority}/submissions': (request) => postMonths(request, accepting(request)),
      'PATCH /v1/authorities/{authority}/submissions/{period}': (request) => patchMonth(request, accepting(request)),
      'DELETE /v1/authorities/{authority}/submissions/{period}': (request) => deleteMonth(request, accepting(request)),
      'POST /v1/authorities/{authority}/names': (request) => postName(request, database, now()),
      'DELETE /v1/authorities/{authority}/names/{name}': (request) => deleteName(request, database),
    },
    { grantOf: (token) => readGrant(database, token, now()), logger },
  );
}

async function putMonth({ parameters, body, headers }: Request, to: Accepting): Promise<Answer> {
  const { authority = '', period = '' } = parameters;
  const accepted = await acceptMonth(to, authority, period, body, expectedIn(headers));
  return monthAnswer(accepted.outcome === 'accepted' ? 201 : 200, authority, accepted);
}

async function patchMonth({ parameters, body, headers }: Request, to: Accepting): Promise<Answer> {
  const { authority = '', period = '' } = parameters;
  return monthAnswer(200, authority, await correctMonth(to, authority, period, body, expectedIn(headers)));
}

async function deleteMonth({ parameters, headers }: Request, to: Accepting): Promise<Answer> {
  const { authority = '', period = '' } = parameters;
  return monthAnswer(200, authority, await retractMonth(to, authority, period, expectedIn(headers)));
}

/** The month, with what is to be asked of it; one that took the place of another also with what changed. */
function monthAnswer(status: number, authority: string, { outcome, month, changes, questions }: Accepted): Answer {
  const changed = outcome === 'revised' ? { changes: [...changes] } : {};
  const { confirmed, ...rest } = month;
  const body = { authority, ...rest, ...(confirmed ? { confirmed: [...confirmed] } : {}), ...changed };
  return answer(status, MonthAnswerSchema, { ...body, ...asked(questions) }, etagOf(month));
}

const asked = (questions: readonly string[]): { questions?: string[] } =>
  questions.length > 0 ? { questions: [...questions] } : {};

async function postMonths(request: Request, to: Accepting): Promise<Answer> {
  const { authority = '' } = request.parameters;
  const { mode, revise } = readQuery(BulkQuerySchema, request);
  const [metrics, ownNames] = await Promise.all([
    requireMetrics(to.database, authority),
    isFile(request.headers) ? listOwnNames(to.database, authority) : { names: [], unreadable: [] },
  ]);
  logUnreadable(to.log, ownNames.unreadable);
  const { months: sent, setAside } = monthsIn(request, metrics, ownNames.names, to.now);
  const mayReplace = revise === 'true' ? 'anything' : 'nothing';
  const months = await acceptMonths(to, authority, { metrics: [...metrics.values()], months: sent }, mayReplace, mode);
  return answer(200, BulkAnswerSchema, {
    authority,
    submissions: months.map(({ month: { period, revision }, outcome, changes, questions }) => ({
      period,
      outcome,
      revision,
      ...asked(questions),
      ...(outcome === 'revised' ? { changes: [...changes] } : {}),
    })),
    ...(setAside ? { setAside: [...setAside] } : {}),
  });
}

/** So many parts of a file that were not taken are named one by one; of more, the rest are counted. */
const MAX_SET_ASIDE = 1000;

/** The months of a request, in JSON or as a file, of which some may be set aside. */
function monthsIn(
  { headers, body }: Request,
  metrics: ReadonlyMap<string, Metric>,
  ownNames: readonly OwnName[],
  now: Date,
): { readonly months: readonly SentMonth[]; readonly setAside?: readonly SetAside[] } {
  if (!isFile(headers)) return { months: readMonths(body, metrics, now) };
  const { months, faults, ...how } = readFigures(body as Uint8Array, metrics, { now, ownNames });
  if (faults.length > 0) throw new InvalidError(faults);
  const all = setAsideIn(how);
  const more = all.length - MAX_SET_ASIDE;
  return {
    months,
    setAside: more > 0 ? [...all.slice(0, MAX_SET_ASIDE), { why: `and ${more} more, not named here` }] : all,
  };
}

async function postName(
  { parameters: { authority = '' }, body, by }: Request,
  database: SubmitDependencies['database'],
  now: Date,
): Promise<Answer> {
  const [name] = await rememberNames({ database, by, now }, authority, [readBody(OwnNameMeaningSchema, body)]);
  return answer(200, OwnNameSchema, name as OwnName);
}

async function deleteName(
  { parameters: { authority = '', name = '' } }: Request,
  database: SubmitDependencies['database'],
): Promise<Answer> {
  await forgetName(database, authority, name);
  return { statusCode: 204 };
}

export const handler = createHandler({
  database: openDatabase('baselines', 'submissions', 'alerts', 'access'),
  now: () => new Date(),
  logger: new Logger({ serviceName: 'submit' }),
});
