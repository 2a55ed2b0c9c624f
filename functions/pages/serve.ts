import type { Logger } from '@aws-lambda-powertools/logger';
import middy, { type MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { authorize, byOf, type Grant } from '../domain/access.ts';
import { MAX_FORM_BYTES, type Route } from '../http/routes.ts';
import { describeFailure } from '../runtime/failure.ts';
import { logging, logToken } from '../runtime/logging.ts';
import { idOfToken } from '../services/tokens.ts';
import type { Assets } from './assets.ts';
import { type Posted, readForm } from './form.ts';
import type { Visit } from './layout.ts';
import { RefusalError, refusalFor, type SignedInBy } from './refusals.ts';
import { compressed, handedOn, type PageAnswer, page, redirect } from './respond.ts';
import { endedSession, forgeryToken, isForgeryToken, isSameOrigin, tokenOf } from './session.ts';
import { keptPage, refusalPage } from './sign-in.ts';

/** What whoever looks at a page may do. `authorities` are those that a session is for, of which it allows one at a time; `signedInBy` is absent of a token. */
export type PageGrant = Grant & { readonly authorities?: readonly string[]; readonly signedInBy?: SignedInBy };

/** A request by somebody who may make it. Without a session where the page needs none. */
export interface PageRequest {
  readonly event: APIGatewayProxyEventV2;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly visit: Visit;
  readonly grant: PageGrant | undefined;
  /** Who asks, as it is kept with what they change; empty before signing in. */
  readonly by: string;
  /** What was posted; empty for a GET. */
  readonly form: Posted['form'];
  readonly files: Posted['files'];
}

export type PageHandler = (request: PageRequest) => Promise<PageAnswer>;

export interface PageDependencies {
  /** What a token or a session allows now, in the authority that is meant if one is; undefined where that is nothing. */
  readonly grantOf: (token: string, authority: string | undefined) => Promise<PageGrant | undefined>;
  /** What people call an authority; undefined where it is not known. */
  readonly nameOf: (authority: string) => Promise<string | undefined>;
  /** What a program gets at a path that leads nowhere. */
  readonly nothingThere: (event: APIGatewayProxyEventV2) => PageAnswer;
  readonly assets: Assets;
  readonly logger: Logger;
}

/** A request of which it is known who makes it, so that a refusal has their menu. */
type KnownEvent = APIGatewayProxyEventV2 & { visit?: Visit; grant?: PageGrant | undefined; form?: Posted['form'] };

/**
 * The Lambda handler of a function that answers with the pages of a table of routes.ts: who may, whether a post is one of ours, then the page. What
 * `httpHandler` is to the API, with a cookie for the header, a form for the body and a page for the problem.
 */
export function pageHandler<Key extends string>(
  table: Readonly<Record<Key, Route>>,
  pages: Record<Key, PageHandler>,
  dependencies: PageDependencies,
) {
  const { grantOf, nothingThere, assets, logger } = dependencies;
  return middy<APIGatewayProxyEventV2, PageAnswer>()
    .use(finishing())
    .use(logging(logger))
    .use(refusals(dependencies))
    .handler(async (event: APIGatewayProxyEventV2): Promise<PageAnswer> => {
      const key = event.routeKey as Key;
      const isPage = Object.hasOwn(table, key);
      const isBrowsed =
        /^(GET|POST)$/.test(event.requestContext.http.method) && /text\/html/.test(event.headers.accept ?? '');
      if (!isPage && !isBrowsed) return nothingThere(event);
      const { scope, maxBodyBytes = MAX_FORM_BYTES }: Pick<Route, 'scope' | 'maxBodyBytes'> = isPage
        ? table[key]
        : { scope: 'read' };
      const token = tokenOf(event);
      const grant = token && scope ? await grantOf(token, event.pathParameters?.authority) : undefined;
      Object.assign(event, { visit: visitOf(assets, grant, token), grant } satisfies Partial<KnownEvent>);
      if (!isPage)
        throw new RefusalError(404, 'There is no such page', 'Check the address, or start from the overview.');
      if (scope && !grant)
        return isPosted(event) ? await keepForm(event, assets, maxBodyBytes) : signInFirst(event, token);
      if (token && grant) logToken(logger, idOfToken(token));
      if (scope && grant) authorize(grant, scope, event.pathParameters?.authority);
      const posted = isPosted(event)
        ? await acceptForm(event, maxBodyBytes, scope ? token : undefined)
        : { form: {}, files: {} };
      Object.assign(event, { form: posted.form } satisfies Partial<KnownEvent>);
      return pages[key]({
        event,
        parameters: (event.pathParameters ?? {}) as Record<string, string>,
        query: (event.queryStringParameters ?? {}) as Record<string, string>,
        visit: visitOf(assets, grant, token),
        grant,
        by: grant ? byOf(grant) : '',
        ...posted,
      });
    });
}

const isPosted = ({ requestContext }: APIGatewayProxyEventV2): boolean => requestContext.http.method === 'POST';

const signInFirst = (event: APIGatewayProxyEventV2, token: string | undefined): PageAnswer =>
  redirect(`/sign-in?to=${encodeURIComponent(askedFor(event))}`, token ? [endedSession(event)] : []);

/** What a page gives back of a form, in characters: more was not written, but pasted from where it still is. */
const MAX_KEPT = 1024 * 1024;

/** What was posted without a session, to be sent again with one: nobody has to write it twice. */
async function keepForm(event: APIGatewayProxyEventV2, assets: Assets, maxBodyBytes: number): Promise<PageAnswer> {
  if (!isSameOrigin(event)) return signInFirst(event, undefined);
  const posted = await readForm(event, maxBodyBytes).catch(() => undefined);
  if (!posted || Object.values(posted.form).join('').length > MAX_KEPT) return signInFirst(event, undefined);
  return page(keptPage({ assets }, event.rawPath, posted.form, Object.keys(posted.files).length > 0), 401);
}

/** No page of ours has a longer address. */
const MAX_ASKED_LENGTH = 1000;

/** The page to go on to after signing in: the one asked for, or the start where that was a post or is no page's address. */
function askedFor({ rawPath, rawQueryString, requestContext }: APIGatewayProxyEventV2): string {
  const asked = rawQueryString ? `${rawPath}?${rawQueryString}` : rawPath;
  return requestContext.http.method === 'GET' && asked.length <= MAX_ASKED_LENGTH ? asked : '/';
}

/** A post's fields, if it comes from a page of ours and, once signed in, from this very session. */
async function acceptForm(
  event: APIGatewayProxyEventV2,
  maxBodyBytes: number,
  token: string | undefined,
): Promise<Posted> {
  const forged = new RefusalError(
    403,
    'Not accepted',
    'This form did not come from a page of this service. Go back, load the page again and send it from there.',
  );
  if (!isSameOrigin(event)) throw forged;
  const posted = await readForm(event, maxBodyBytes);
  if (token && !isForgeryToken(posted.form.forgeryToken, token)) throw new StaleFormError(posted);
  return posted;
}

function visitOf(assets: Assets, grant: Grant | undefined, token: string | undefined): Visit {
  if (!grant || !token) return { assets };
  return { assets, session: { forgeryToken: forgeryToken(token), label: grant.label, scopes: grant.scopes } };
}

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
  const finish =
    (write: typeof compressed) =>
    (request: middy.Request<APIGatewayProxyEventV2, PageAnswer, Error, Context>): void => {
      const { response, event } = request;
      if (!response) return;
      request.response = write({ ...response, headers: { ...SECURITY_HEADERS, ...response.headers } }, event);
    };
  return { after: finish(handedOn), onError: finish(compressed) };
}

/** A form of this host that was loaded before its sender signed in anew: it is shown once more, to be sent or left. */
class StaleFormError extends Error {
  override readonly name = 'StaleFormError';
  readonly posted: Posted;
  constructor(posted: Posted) {
    super('the form was loaded before its sender signed in anew');
    this.posted = posted;
  }
}

/** Turns what went wrong into a page: a refusal as it is; anything else is logged and named by its reference only. */
function refusals({ assets, nameOf, logger }: PageDependencies): Middleware {
  return {
    onError: async (request) => {
      const { error } = request;
      const event: KnownEvent = request.event;
      const visit = event.visit ?? { assets };
      if (error instanceof StaleFormError) {
        const { form, files } = error.posted;
        request.response = page(keptPage(visit, event.rawPath, form, Object.keys(files).length > 0), 403);
        return;
      }
      const refusal = refusalFor(error, event.grant?.signedInBy ?? 'token');
      if (!refusal || refusal.status >= 500) logger.error('page failed', { failure: describeFailure(error) });
      const place = await placeOf(event, nameOf);
      // Nobody has to write it twice.
      const written = event.form;
      request.response = refusal
        ? page(refusalPage(visit, refusal.title, refusal.message, { place, written }), refusal.status)
        : page(
            refusalPage(
              visit,
              'This page could not be loaded',
              isPosted(event)
                ? 'Look whether what you sent was taken before you send it again.'
                : 'The figures are safe; showing them failed. Load the page again in a moment.',
              { place, written, reference: event.requestContext.requestId },
            ),
            500,
          );
    },
  };
}

/** The authority whose menu a refusal has: the one of the address if it may be looked at, else one's own. */
async function placeOf({ grant, pathParameters, rawPath }: KnownEvent, nameOf: PageDependencies['nameOf']) {
  // Of a path that leads nowhere API Gateway names no parts.
  const asked = pathParameters?.authority ?? /^\/authorities\/([\w-]+)\//.exec(rawPath)?.[1];
  const authority = grant && (grant.authority === '*' ? asked : grant.authority);
  // What failed may be the store: then the page does without a menu.
  const name = authority && (await nameOf(authority).catch(() => undefined));
  return authority && name ? { authority, name } : undefined;
}
