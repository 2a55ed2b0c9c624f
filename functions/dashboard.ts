import { join } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import middy, { type MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { SmallNumbers } from './domain/format.ts';
import { dayInEngland } from './domain/period.ts';
import { timelines } from './domain/reconcile.ts';
import type { Month } from './domain/submission.ts';
import { readEnvironment } from './env.ts';
import { isAuthorityId, logging } from './http.ts';
import { type Assets, readAssets } from './pages/assets.ts';
import { type Form, readForm } from './pages/form.ts';
import type { Visit } from './pages/layout.ts';
import { type MetricView, metricPage, type RefusedAcknowledgement } from './pages/metric.ts';
import { noticePage, noticesPage } from './pages/notices.ts';
import { type AuthorityState, overviewPage } from './pages/overview.ts';
import { compressed, type PageAnswer, page, redirect } from './pages/respond.ts';
import {
  ENDED_SESSION,
  forgeryToken,
  isForgeryToken,
  isSameOrigin,
  pathAfterSignIn,
  sessionCookie,
  tokenOf,
} from './pages/session.ts';
import { authoritiesPage, refusalPage, signInPage } from './pages/sign-in.ts';
import { monthPage, submissionsPage } from './pages/submissions.ts';
import { basisOf, previewPage, readUpload, submitPage, type UploadedMonth } from './pages/upload.ts';
import { PAGES, type PageKey } from './routes.ts';
import { type Grant, readGrant } from './store/access.ts';
import { readBoard, readNotices } from './store/boards.ts';
import type { Database } from './store/database.ts';
import { listAuthorities, readInspection } from './store/inspections.ts';
import { MonthChangedError, readMonths, readRevisions, readSuperseded, saveMonths } from './store/submissions.ts';

export interface DashboardDependencies {
  readonly database: Database<'baselines' | 'submissions' | 'alerts' | 'access'>;
  readonly assets: Assets;
  readonly smallNumbers: SmallNumbers;
  readonly now: () => Date;
  readonly logger: Logger;
}

/** Why a page cannot be shown, in words for whoever asked for it. */
class RefusalError extends Error {
  override readonly name = 'RefusalError';
  readonly status: number;
  readonly title: string;
  constructor(status: number, title: string, text: string) {
    super(text);
    this.status = status;
    this.title = title;
  }
}

const notFound = (text: string): RefusalError => new RefusalError(404, 'Not found', text);

/** A request by somebody who may make it. Without a session where the page needs none. */
interface PageRequest {
  readonly event: APIGatewayProxyEventV2;
  readonly parameters: Readonly<Record<string, string>>;
  readonly visit: Visit;
  readonly grant: Grant | undefined;
  readonly form: Form;
}

type PageHandler = (request: PageRequest) => Promise<PageAnswer>;

/** Answers every page in `PAGES`: who may, whether a post is one of ours, then the page. */
export function createHandler(dependencies: DashboardDependencies) {
  const pages = handlersOf(dependencies);
  return middy<APIGatewayProxyEventV2, PageAnswer>()
    .use(finishing())
    .use(logging(dependencies.logger))
    .use(refusals(dependencies))
    .handler(async (event: APIGatewayProxyEventV2): Promise<PageAnswer> => {
      const key = event.routeKey as PageKey;
      const token = tokenOf(event);
      const grant = token ? await readGrant(dependencies.database, token, dependencies.now()) : undefined;
      const { scope } = PAGES[key];
      if (scope && !grant)
        return redirect(`/sign-in?to=${encodeURIComponent(askedFor(event))}`, token ? [ENDED_SESSION] : []);
      if (scope && grant) checkGrant(grant, scope, event.pathParameters?.authority);
      const form =
        event.requestContext.http.method === 'POST' ? await acceptForm(event, scope ? token : undefined) : {};
      return pages[key]({
        event,
        parameters: (event.pathParameters ?? {}) as Record<string, string>,
        visit: visitOf(dependencies.assets, grant, token),
        grant,
        form,
      });
    });
}

/** The page to go on to after signing in: the one asked for, or the start where that was a post. */
function askedFor({ rawPath, rawQueryString, requestContext }: APIGatewayProxyEventV2): string {
  if (requestContext.http.method !== 'GET') return '/';
  return rawQueryString ? `${rawPath}?${rawQueryString}` : rawPath;
}

function checkGrant(grant: Grant, scope: Grant['scopes'][number], authority: string | undefined): void {
  if (authority !== undefined && grant.authority !== '*' && grant.authority !== authority)
    throw new RefusalError(403, 'Not allowed', 'Your token is for another authority.');
  if (!grant.scopes.includes(scope))
    throw new RefusalError(
      403,
      'Not allowed',
      `This needs a token with the scope “${scope}”, which yours does not have.`,
    );
}

/** A post's fields, if it comes from a page of ours and, once signed in, from this very session. */
async function acceptForm(event: APIGatewayProxyEventV2, token: string | undefined): Promise<Form> {
  const forged = new RefusalError(
    403,
    'Not accepted',
    'This form did not come from a page of this service. Go back, load the page again and send it from there.',
  );
  if (!isSameOrigin(event)) throw forged;
  const form = await readForm(event);
  if (token && !isForgeryToken(form.forgeryToken, token)) throw forged;
  return form;
}

function visitOf(assets: Assets, grant: Grant | undefined, token: string | undefined): Visit {
  if (!grant || !token) return { assets };
  return {
    assets,
    session: {
      forgeryToken: forgeryToken(token),
      label: grant.label,
      maySubmit: grant.scopes.includes('submit'),
      mayAcknowledge: grant.scopes.includes('acknowledge'),
    },
  };
}

function handlersOf(dependencies: DashboardDependencies): Record<PageKey, PageHandler> {
  const { database, assets, smallNumbers, now } = dependencies;

  /** All that a page may need of an authority, or a refusal. */
  const stateOf = async ({ parameters }: PageRequest): Promise<AuthorityState> => {
    const { authority } = parameters;
    const known = isAuthorityId(authority);
    const [inspection, months, stored] = await Promise.all([
      known ? readInspection(database, authority) : undefined,
      known ? readMonths(database, authority) : [],
      known ? readBoard(database, authority) : undefined,
    ]);
    if (!inspection) throw notFound('No inspection is loaded for this authority.');
    return { inspection, months, board: stored?.board };
  };

  /** A metric with its figures, their earlier revisions and what was found in them. */
  const metricOf = async (request: PageRequest): Promise<MetricView> => {
    const { authority = '', metric: id } = request.parameters;
    const { inspection, months, board } = await stateOf(request);
    const metric = inspection.metrics.find((candidate) => candidate.id === id);
    if (!metric) throw notFound('There is no such metric.');
    const record = {
      inspection: inspection.header,
      fingerprint: inspection.fingerprint,
      metrics: [metric],
      actions: inspection.actions,
      months,
      localStandards: inspection.localStandards,
      acknowledgements: [],
    };
    return {
      metric,
      inspection,
      months,
      superseded: await readSuperseded(database, authority, earlierRevisions(months)),
      alert: board?.alerts[metric.id],
      judged: timelines(record, smallNumbers).get(metric.id) ?? [],
      smallNumbers,
    };
  };

  return {
    'GET /': async ({ visit, grant }) => {
      if (grant && grant.authority !== '*') return redirect(`/authorities/${grant.authority}`);
      const authorities = await listAuthorities(database);
      const [only] = authorities;
      if (only && authorities.length === 1) return redirect(`/authorities/${only.id}`);
      return page(authoritiesPage(visit, authorities));
    },
    'GET /assets/{file}': async ({ parameters }) => {
      const asset = assets.answer(parameters.file ?? '');
      if (!asset) throw notFound('There is no such file.');
      return asset;
    },
    'GET /sign-in': async ({ event, visit }) => page(signInPage(visit, event.queryStringParameters?.to ?? '/')),
    'POST /sign-in': async ({ visit, form }) => {
      const token = (form.token ?? '').trim();
      const grant = await readGrant(database, token, now());
      if (!grant)
        return page(
          signInPage({ assets: visit.assets }, form.to ?? '/', 'This token is not valid, or no longer.'),
          422,
        );
      return redirect(pathAfterSignIn(form.to), [sessionCookie(token, grant.expires, now())]);
    },
    'POST /sign-out': async () => redirect('/sign-in', [ENDED_SESSION]),
    'GET /authorities/{authority}': async (request) => {
      const { authority = '' } = request.parameters;
      const [state, notices] = await Promise.all([stateOf(request), readNotices(database, authority)]);
      return page(
        overviewPage(request.visit, {
          ...state,
          notices: notices.map(({ notice }) => notice),
          today: dayInEngland(now()),
          smallNumbers,
        }),
      );
    },
    'GET /authorities/{authority}/metrics/{metric}': async (request) =>
      page(metricPage(request.visit, await metricOf(request))),
    'GET /authorities/{authority}/submissions': async (request) => {
      const { inspection, months } = await stateOf(request);
      const sent = request.event.queryStringParameters?.accepted?.split(',') ?? [];
      const accepted = months.filter(({ period }) => sent.includes(period)).map(({ period }) => period);
      return page(submissionsPage(request.visit, inspection, months, accepted));
    },
    'GET /authorities/{authority}/submissions/{period}': async (request) => {
      const { authority = '', period } = request.parameters;
      const { inspection, months } = await stateOf(request);
      if (!months.some((month) => month.period === period)) throw notFound('This month was not submitted.');
      const revisions = await readRevisions(database, authority, period as string);
      return page(monthPage(request.visit, inspection, revisions, smallNumbers));
    },
    'GET /authorities/{authority}/submit': async (request) => {
      const { inspection } = await stateOf(request);
      return page(submitPage(request.visit, inspection.header));
    },
    'POST /authorities/{authority}/submit': async (request) => {
      const { inspection, months } = await stateOf(request);
      const { file, figures = '' } = request.form;
      const upload = readUpload(file || figures, inspection.metrics, months, now());
      return page(previewPage(request.visit, inspection, upload, smallNumbers), upload.faults.length > 0 ? 422 : 200);
    },
    'POST /authorities/{authority}/submissions': async (request) => {
      const { inspection, months } = await stateOf(request);
      const upload = readUpload(request.form.figures ?? '', inspection.metrics, months, now());
      const again = (meanwhile?: string): PageAnswer =>
        page(previewPage(request.visit, inspection, upload, smallNumbers, meanwhile), meanwhile ? 409 : 422);
      if (upload.faults.length > 0) return again();
      if (basisOf(upload) !== request.form.basis) return again(CHANGED_MEANWHILE);
      const accepted = upload.months.filter(({ outcome }) => outcome !== 'same');
      try {
        await saveMonths(
          database,
          inspection.header.authority,
          accepted.map((month) => revisionOf(month, now())),
          now(),
        );
      } catch (error) {
        if (!(error instanceof MonthChangedError)) throw error;
        return again(CHANGED_MEANWHILE);
      }
      const periods = accepted.map(({ period }) => period).join(',');
      return redirect(`/authorities/${inspection.header.authority}/submissions?accepted=${periods}`);
    },
    'GET /authorities/{authority}/notices': async (request) => {
      const { authority = '' } = request.parameters;
      const { inspection } = await stateOf(request);
      return page(noticesPage(request.visit, inspection.header, await readNotices(database, authority)));
    },
    'GET /authorities/{authority}/notices/{number}': async (request) => {
      const { authority = '', number } = request.parameters;
      const { inspection } = await stateOf(request);
      const notices = await readNotices(database, authority);
      const stored = notices.find(({ notice }) => String(notice.number) === number);
      if (!stored) throw notFound('There is no such notice.');
      const { headers } = request.event;
      return page(
        noticePage(request.visit, inspection.header, stored, `${headers['x-forwarded-proto']}://${headers.host}/`),
      );
    },
  };
}

const CHANGED_MEANWHILE =
  'Somebody else submitted one of these months since you checked them. Check again what would change, then send.';

function revisionOf({ period, submission, current }: UploadedMonth, now: Date): Month {
  return { ...submission, period, revision: (current?.revision ?? 0) + 1, submittedAt: now.toISOString() };
}

/** Every revision before the current one, of each month. */
function earlierRevisions(months: readonly Month[]): [string, number][] {
  return months.flatMap(({ period, revision }) =>
    Array.from({ length: revision - 1 }, (_, index): [string, number] => [period, index + 1]),
  );
}

/** A month has one notice, and one more for each correction of it. */
const NEWEST_NOTICES = 10;

/**
 * Nothing but this host's own style sheet and pictures; no script at all, inline or not; forms only to this host.
 * `same-origin` for the referrer: with `no-referrer` browsers would send `Origin: null` with a form.
 */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'same-origin',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
};

type Middleware = MiddlewareObj<APIGatewayProxyEventV2, PageAnswer, Error, Context>;

/** What every answer gets, refusals included. */
function finishing(): Middleware {
  const finish = (request: middy.Request<APIGatewayProxyEventV2, PageAnswer, Error, Context>): void => {
    const { response, event } = request;
    if (!response) return;
    request.response = compressed({ ...response, headers: { ...SECURITY_HEADERS, ...response.headers } }, event);
  };
  return { after: finish, onError: finish };
}

/** Turns what went wrong into a page: a refusal as it is; anything else is logged and named by its reference only. */
function refusals({ assets, logger }: DashboardDependencies): Middleware {
  return {
    onError: (request) => {
      const { error, event } = request;
      if (error instanceof RefusalError) {
        request.response = page(refusalPage({ assets }, error.title, error.message), error.status);
        return;
      }
      logger.error('request failed', error as Error);
      const { requestId } = event.requestContext;
      request.response = page(
        refusalPage(
          { assets },
          'This page could not be loaded',
          'The figures are safe; showing them failed. Load the page again in a moment.',
          requestId,
        ),
        500,
      );
    },
  };
}

const environment = readEnvironment(
  'BASELINES_TABLE',
  'SUBMISSIONS_TABLE',
  'ALERTS_TABLE',
  'ACCESS_TABLE',
  'SMALL_NUMBERS',
);

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
  assets: readAssets(join(process.env.LAMBDA_TASK_ROOT ?? '.', 'assets')),
  smallNumbers: environment.SMALL_NUMBERS,
  now: () => new Date(),
  logger: new Logger({ serviceName: 'dashboard' }),
});
