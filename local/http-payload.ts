import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import { decode } from './http-routes.ts';

/**
 * Emulates payload format 2.0 of API Gateway's Lambda integrations: a request as the event that a function gets, and what
 * the function returned as an answer.
 * Source: API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs".
 */

/** Event of payload format 2.0. */
export interface HttpEvent {
  readonly version: '2.0';
  readonly routeKey: string;
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly cookies?: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly queryStringParameters?: Readonly<Record<string, string>>;
  readonly requestContext: Readonly<Record<string, unknown>>;
  readonly pathParameters?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer | string;
}

/** What the event says beside the request itself. */
export interface RequestContext {
  readonly account: string;
  readonly apiId: string;
  readonly requestId: string;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Connection-level headers, and `cookie`, which has a field of its own. */
const NOT_FORWARDED = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'expect', 'cookie'];

export function toEvent(request: IncomingMessage, body: Buffer, context: RequestContext): HttpEvent {
  const { account, apiId, requestId, routeKey, pathParameters, now } = context;
  const [path = '/', ...rest] = (request.url ?? '/').split('?');
  const rawQueryString = rest.join('?');
  // API Gateway decodes `rawPath` in spite of its name (hotsock/voker#8, honojs/hono#2156); the query it leaves.
  const rawPath = decode(path);
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = (request.rawHeaders[index] ?? '').toLowerCase();
    const value = request.rawHeaders[index + 1] ?? '';
    if (name === 'cookie') cookies.push(...value.split(';').map((cookie) => cookie.trim()));
    if (!NOT_FORWARDED.includes(name)) headers[name] = name in headers ? `${headers[name]},${value}` : value;
  }
  const sourceIp = request.socket.remoteAddress ?? '127.0.0.1';
  const port = String(request.socket.localPort);
  headers['x-forwarded-for'] = headers['x-forwarded-for'] ? `${headers['x-forwarded-for']}, ${sourceIp}` : sourceIp;
  headers['x-forwarded-port'] = port;
  headers['x-forwarded-proto'] = 'http';
  headers['x-amzn-trace-id'] ??= `Root=1-${Math.floor(now / 1000).toString(16)}-${randomBytes(12).toString('hex')}`;
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    query[name] = name in query ? `${query[name]},${value}` : value;
  }
  const domainName = headers.host ?? '';
  const text = isText(headers['content-type'] ?? '');
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString,
    ...(cookies.length > 0 && { cookies }),
    headers,
    ...(rawQueryString !== '' && { queryStringParameters: query }),
    requestContext: {
      accountId: account,
      apiId,
      domainName,
      domainPrefix: domainName.split('.')[0] ?? '',
      http: {
        method: request.method ?? 'GET',
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey,
      stage: '$default',
      time: commonLogTime(now),
      timeEpoch: now,
    },
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    ...(body.length > 0 && { body: body.toString(text ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !text,
  };
}

/** Bodies of these types reach the function as they are, all others in base64 (forms too). */
function isText(contentType: string): boolean {
  const type = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  return /^text\/|^application\/(.*\+)?(json|xml)$|^application\/javascript$/.test(type);
}

const StructuredSchema = z.looseObject({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/**
 * A value with a `statusCode` is a whole response, any other is the body of a 200. Undefined where it claims to be a
 * response and is malformed.
 */
export function toAnswer(payload: unknown): Answer | undefined {
  if (typeof payload !== 'object' || payload === null || !('statusCode' in payload)) {
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return { status: 200, headers: JSON_TYPE, cookies: [], body };
  }
  const parsed = StructuredSchema.safeParse(payload);
  if (!parsed.success) return undefined;
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  const lowerCased = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    status: statusCode,
    headers: { 'content-type': 'text/plain;charset=UTF-8', ...Object.fromEntries(lowerCased) },
    cookies: cookies ?? [],
    body: isBase64Encoded === true ? Buffer.from(body ?? '', 'base64') : (body ?? ''),
  };
}

export const JSON_TYPE = { 'content-type': 'application/json' };

/** Such as `12/Mar/2020:19:03:58 +0000`. */
function commonLogTime(time: number): string {
  const [, day, month, year, clockTime] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(time).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${clockTime} +0000`;
}
