import type { Logger } from '@aws-lambda-powertools/logger';
import middy, { type MiddlewareObj } from '@middy/core';
import httpJsonBodyParser from '@middy/http-json-body-parser';
import httpSecurityHeaders from '@middy/http-security-headers';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type * as z from 'zod';
import { AuthorityIdSchema } from './domain/inspection.ts';
import { ProblemError, problemOf } from './problem.ts';
import { LARGEST_BODY, ROUTES, type RouteKey, type Scope } from './routes.ts';
import type { Grant } from './store/access.ts';

/** A request after the shared checks: its path parameters decoded, its token checked, its body parsed where it has one. */
export interface Request {
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export type Answer = APIGatewayProxyStructuredResultV2;
export type RouteHandler = (request: Request) => Promise<Answer>;

export interface HttpDependencies {
  /** What a token allows now; undefined where it allows nothing. */
  readonly grantOf: (token: string) => Promise<Grant | undefined>;
  readonly logger: Logger;
}

/** An answer in JSON. The contents go through the schema, so that nothing undeclared leaves. */
export function answer<T>(
  statusCode: number,
  schema: z.ZodType<T>,
  contents: z.input<z.ZodType<T>>,
  headers: Record<string, string> = {},
): Answer {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(schema.parse(contents)),
  };
}

/**
 * The Lambda handler of a function that answers HTTP: who may, whether the body is what it says, then the route. The
 * one shared stack: logging, errors and headers are here and nowhere else.
 */
export function httpHandler(routes: Partial<Record<RouteKey, RouteHandler>>, dependencies: HttpDependencies) {
  const { grantOf, logger } = dependencies;
  return middy<APIGatewayProxyEventV2, Answer>()
    .use(logging(logger))
    .use(httpSecurityHeaders())
    .use(problems(logger))
    .use(authorization(routes, grantOf))
    .use(jsonBody())
    .handler(async (event: APIGatewayProxyEventV2): Promise<Answer> => {
      const handle = routes[event.routeKey as RouteKey] as RouteHandler;
      return handle({
        parameters: (event.pathParameters ?? {}) as Record<string, string>,
        query: (event.queryStringParameters ?? {}) as Record<string, string>,
        headers: event.headers as Record<string, string>,
        body: event.body,
      });
    });
}

type Middleware = MiddlewareObj<APIGatewayProxyEventV2, Answer>;

/** Lets through what has a route and a token that allows it: 404, 401 where the token allows nothing, 403 where not this. */
function authorization(
  routes: Partial<Record<RouteKey, RouteHandler>>,
  grantOf: HttpDependencies['grantOf'],
): Middleware {
  return {
    before: async ({ event }) => {
      if (!routes[event.routeKey as RouteKey])
        throw new ProblemError(
          'not-found',
          `there is nothing at ${event.requestContext.http.method} ${event.rawPath.slice(0, 200)}`,
        );
      const { scope } = ROUTES[event.routeKey as RouteKey];
      if (scope) await authorize(event, scope, grantOf);
    },
  };
}

async function authorize(
  event: APIGatewayProxyEventV2,
  scope: Scope,
  grantOf: HttpDependencies['grantOf'],
): Promise<void> {
  const token = /^Bearer +(\S+)$/i.exec(event.headers.authorization ?? '')?.[1];
  const grant = token && (await grantOf(token));
  if (!grant)
    throw new ProblemError('unauthorized', 'send a token that is valid now: "Authorization: Bearer imt_…"', [], {
      'www-authenticate': 'Bearer',
    });
  const authority = event.pathParameters?.authority;
  if (authority !== undefined && grant.authority !== '*' && grant.authority !== authority)
    throw new ProblemError('forbidden', 'this token is for another authority');
  if (!grant.scopes.includes(scope))
    throw new ProblemError('forbidden', `this needs a token with the scope "${scope}"`);
}

/** Replaces the body of methods that have one by what it says in JSON. */
function jsonBody(): Middleware {
  const parser = httpJsonBodyParser();
  return {
    before: async (request) => {
      const { event } = request;
      if (event.requestContext.http.method === 'GET') return;
      const size = Buffer.byteLength(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
      if (size > LARGEST_BODY)
        throw new ProblemError(
          'too-large',
          `a body holds at most ${LARGEST_BODY / 1024} KB; this one has ${Math.ceil(size / 1024)} KB`,
        );
      try {
        await parser.before?.(request as never);
      } catch (error) {
        if ((error as { statusCode?: number }).statusCode === 415)
          throw new ProblemError('unsupported-media-type', 'send the body as content-type application/json');
        throw new ProblemError('invalid-json', 'the body is not JSON that can be read');
      }
    },
  };
}

/** The authority in the path, if it can be one at all; whether it exists is the store's to say. */
export function isAuthorityId(authority: string | undefined): authority is string {
  return AuthorityIdSchema.safeParse(authority).success;
}

function problems(logger: Logger): MiddlewareObj<APIGatewayProxyEventV2, Answer> {
  return {
    onError: (request) => {
      const known = request.error instanceof ProblemError ? request.error : undefined;
      if (!known) logger.error('request failed', request.error as Error);
      const error =
        known ??
        new ProblemError('internal', 'something went wrong here; try again, and tell the operator if it stays');
      const document = problemOf(error);
      request.response = {
        statusCode: document.status,
        headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...error.headers },
        body: JSON.stringify(document),
      };
    },
  };
}

/** Every request is a line of the log: route and status, nothing about a person. */
export function logging(logger: Logger): MiddlewareObj<APIGatewayProxyEventV2, Answer, Error, Context> {
  return {
    before: ({ event, context }) => {
      logger.addContext(context);
      logger.appendKeys({ requestId: event.requestContext.requestId, route: event.routeKey });
    },
    after: ({ response }) => {
      logger.info('request answered', { status: response?.statusCode ?? 200 });
    },
    onError: ({ response }) => {
      logger.info('request refused', { status: (response as Answer | undefined)?.statusCode ?? 500 });
    },
  };
}
