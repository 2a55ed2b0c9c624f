import { createHash } from 'node:crypto';
import type { Logger } from '@aws-lambda-powertools/logger';
import middy, { type MiddlewareObj } from '@middy/core';
import httpJsonBodyParser from '@middy/http-json-body-parser';
import httpSecurityHeaders from '@middy/http-security-headers';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as z from 'zod';
import { authorize, byOf, type Grant } from '../domain/access.ts';
import { faultsOf } from '../domain/faults.ts';
import { describeFailure } from '../runtime/failure.ts';
import { logging, logToken } from '../runtime/logging.ts';
import { idOfToken } from '../services/tokens.ts';
import { CACHE_CONTROL } from './files.ts';
import { faultsProblem, ProblemError, problemOf } from './problem.ts';
import { problemFor } from './refusals.ts';
import { MAX_BODY_BYTES, MAX_WORKBOOK_BYTES, methodsAt, ROUTES, type Route, type RouteKey, XLSX } from './routes.ts';

/** A request after the shared checks: its path parameters decoded, its token checked, its body parsed where it has one. */
export interface Request {
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** What a body in JSON says; a file as its bytes. */
  readonly body: unknown;
  /** Who asks, as it is kept with what they change ({@link byOf}); empty where no token is needed. */
  readonly by: string;
  /** The authority that whoever asks may see: `*` for every one; empty where no token is needed. */
  readonly sees: string;
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
    headers: { 'content-type': 'application/json', 'cache-control': CACHE_CONTROL, ...headers },
    body: JSON.stringify(schema.parse(contents)),
  };
}

/** Lambda answers with 6 MB at most; the rest is for what stands beside a list. */
const MAX_BODY_SIZE = 5 * 1024 * 1024;

/** How much of an answer its body takes: Lambda writes it as JSON once more. */
const sizeOf = (body: string): number => Buffer.byteLength(JSON.stringify(body));

/** As many of a list, from its beginning, as one answer holds. */
export function fitting<T>(list: readonly T[]): readonly T[] {
  let size = 0;
  const end = list.findIndex((each) => {
    size += sizeOf(JSON.stringify(each));
    return size > MAX_BODY_SIZE;
  });
  return end < 0 ? list : list.slice(0, end);
}

/** An answer that cannot go on elsewhere, if Lambda can hand it on. */
export function whole(file: Answer): Answer {
  if (sizeOf(file.body ?? '') <= MAX_BODY_SIZE) return file;
  const detail = 'these months are more than one answer holds; ask for fewer, by "from" and "to"';
  throw faultsProblem([{ parameter: 'from', detail }], 'the query was not answered');
}

/** An answer that Lambda hands on: one of a record near the most that there can be may be more. */
function handedOn(answer: Answer): Answer {
  const size = answer.isBase64Encoded ? (answer.body ?? '').length : sizeOf(answer.body ?? '');
  if (size <= MAX_BODY_SIZE) return answer;
  const [is, most] = [size, MAX_BODY_SIZE].map((bytes) => Math.ceil(bytes / 1024).toLocaleString('en-GB'));
  throw new ProblemError(
    'invalid',
    `this would be ${is} KB, and an answer holds ${most}; ask for a part, such as one metric, or have the record taken out with "monitor export"`,
  );
}

/**
 * The Lambda handler of a function that answers HTTP: who may, whether the body is what it says, then the route. The
 * one shared stack: logging, errors and headers are here and nowhere else.
 */
export function httpHandler(routes: Partial<Record<RouteKey, RouteHandler>>, dependencies: HttpDependencies) {
  const { logger } = dependencies;
  return middy<APIGatewayProxyEventV2, Answer>()
    .use(logging(logger))
    .use(httpSecurityHeaders())
    .use(problems(logger))
    .use(authorization(routes, dependencies))
    .use(parsedBody())
    .use(conditional())
    .handler(async (event: APIGatewayProxyEventV2): Promise<Answer> => {
      const handle = routes[event.routeKey as RouteKey] as RouteHandler;
      const answered = await handle({
        parameters: (event.pathParameters ?? {}) as Record<string, string>,
        query: (event.queryStringParameters ?? {}) as Record<string, string>,
        headers: event.headers as Record<string, string>,
        body: event.body,
        by: (event as AuthorizedEvent).by ?? '',
        sees: (event as AuthorizedEvent).sees ?? '',
      });
      return handedOn(answered);
    });
}

/** An event whose token was looked at. */
type AuthorizedEvent = APIGatewayProxyEventV2 & { by?: string; sees?: string };

type Middleware = MiddlewareObj<APIGatewayProxyEventV2, Answer>;

/** Lets through what has a route and a token that allows it: 404, 401 where the token allows nothing, 403 where not this. */
function authorization(routes: Partial<Record<RouteKey, RouteHandler>>, dependencies: HttpDependencies): Middleware {
  return {
    before: async ({ event }) => {
      if (!Object.hasOwn(routes, event.routeKey)) throw nothingAt(event);
      const { scope } = ROUTES[event.routeKey as RouteKey];
      if (!scope) return;
      const grant = await authenticate(event, dependencies);
      authorize(grant, scope, event.pathParameters?.authority);
      Object.assign(event, { by: byOf(grant), sees: grant.authority } satisfies Partial<AuthorizedEvent>);
    },
  };
}

async function authenticate(event: APIGatewayProxyEventV2, { grantOf, logger }: HttpDependencies): Promise<Grant> {
  const token = /^Bearer +(\S+)$/i.exec(event.headers.authorization ?? '')?.[1];
  const grant = token && (await grantOf(token));
  if (!token || !grant)
    throw new ProblemError('unauthorized', 'send a token that is valid now: "Authorization: Bearer imt_…"', [], {
      'www-authenticate': 'Bearer',
    });
  logToken(logger, idOfToken(token));
  return grant;
}

/** Whether a body is a file of figures by its content type, which alone says so: CSV or a workbook. */
export function isFile(
  { 'content-type': type = '' }: Readonly<Record<string, string | undefined>>,
  ...kinds: string[]
): boolean {
  const [media = ''] = type.split(';', 1);
  return (kinds.length > 0 ? kinds : ['text/csv', XLSX]).includes(media.trim().toLowerCase());
}

/** Replaces the body of routes that have one by what it says in JSON, or by its text where CSV is taken. */
function parsedBody(): Middleware {
  const parser = httpJsonBodyParser();
  return {
    before: async (request) => {
      const { event } = request;
      const { body, maxBodyBytes = MAX_BODY_BYTES }: Route = ROUTES[event.routeKey as RouteKey];
      if (!body) return;
      const encoding = event.isBase64Encoded ? 'base64' : 'utf8';
      const limit = isFile(event.headers, XLSX) ? Math.max(maxBodyBytes, MAX_WORKBOOK_BYTES) : maxBodyBytes;
      const size = Buffer.byteLength(event.body ?? '', encoding);
      if (size > limit)
        throw new ProblemError(
          'too-large',
          `a body holds at most ${limit / 1024} KB; this one has ${Math.ceil(size / 1024)} KB`,
        );
      const bytes = Buffer.from(event.body ?? '', encoding);
      if (body === 'json or file' && isFile(event.headers)) {
        event.body = bytes as never;
        return;
      }
      const text = bytes.toString('utf8');
      if (text.includes('\uFFFD'))
        throw new ProblemError('invalid-json', 'the body holds bytes that are not UTF-8; send the JSON as UTF-8');
      // Some programs begin a text with a byte-order mark, which JSON does not know (RFC 8259, 8.1).
      event.body = text.replace(/^\uFEFF/, '');
      event.isBase64Encoded = false;
      try {
        await parser.before?.(request as never);
      } catch (error) {
        if ((error as { statusCode?: number }).statusCode !== 415)
          throw new ProblemError('invalid-json', 'the body is not JSON that can be read');
        const types = `application/json${body === 'json or file' ? `, text/csv or ${XLSX}` : ''}`;
        throw new ProblemError('unsupported-media-type', `send the body as content-type ${types}`);
      }
    },
  };
}

/** Gives every read an ETag, and answers 304 without a body where the caller has that already. */
function conditional(): Middleware {
  return {
    after: (request) => {
      const { event, response } = request;
      if (event.requestContext.http.method !== 'GET' || response?.statusCode !== 200 || !response.body) return;
      const digest = createHash('sha256').update(response.body).digest('base64url').slice(0, 22);
      const etag = String(response.headers?.etag ?? `"${digest}"`);
      const known = (event.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
      const headers = { ...response.headers, etag };
      request.response =
        known.includes(etag) || known.includes('*')
          ? { statusCode: 304, headers: { etag, 'cache-control': CACHE_CONTROL } }
          : { ...response, headers };
    },
  };
}

/** The body by its schema, or one problem with every fault. */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const read = schema.safeParse(body, { reportInput: true });
  if (!read.success) throw faultsProblem(faultsOf(read.error.issues));
  return read.data;
}

/** The query parameters by their schema, or one problem with every fault; unknown ones are named too. */
export function readQuery<T>(schema: z.ZodType<T>, { query }: Request): T {
  const read = schema.safeParse(query);
  if (read.success) return read.data;
  const faults = read.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ parameter: key.slice(0, 64), detail: 'there is no such parameter' }))
      : [{ parameter: String(issue.path[0]), detail: issue.message }],
  );
  throw faultsProblem(faults, 'the query was not answered');
}

function problems(logger: Logger): MiddlewareObj<APIGatewayProxyEventV2, Answer> {
  return {
    onError: (request) => {
      const known = problemFor(request.error);
      if (!known || known.kind === 'internal')
        logger.error('request failed', { failure: describeFailure(request.error) });
      const error =
        known ??
        new ProblemError('internal', 'something went wrong here; try again, and tell the operator if it stays');
      request.response = problemAnswer(error);
    },
  };
}

/** HEAD among them: a route of its own for each would double them, and no page or answer is dear to get. */
function nothingAt({ requestContext, rawPath }: APIGatewayProxyEventV2): ProblemError {
  const { method } = requestContext.http;
  const allowed = methodsAt(rawPath);
  const path = rawPath.slice(0, 200);
  if (allowed.length === 0 || allowed.includes(method))
    return new ProblemError('not-found', `there is nothing at ${method} ${path}`);
  const detail = `${method} is not possible at ${path}; ${allowed.join(' and ')} ${allowed.length > 1 ? 'are' : 'is'}`;
  return new ProblemError('method-not-allowed', detail, [], { allow: allowed.join(', ') });
}

/** What a program gets at a path that no route matches. */
export const nothingThere = (event: APIGatewayProxyEventV2): Answer => problemAnswer(nothingAt(event));

function problemAnswer(error: ProblemError): Answer {
  const document = problemOf(error);
  return {
    statusCode: document.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...error.headers },
    body: JSON.stringify(document),
  };
}
