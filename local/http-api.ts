import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from './clock.ts';
import type { Functions, LambdaFunction } from './functions.ts';
import { readBody } from './gateway.ts';
import { type Answer, JSON_TYPE, toAnswer, toEvent } from './http-payload.ts';
import { matchRoute, parseRoute, type Route } from './http-routes.ts';
import type { Model } from './model.ts';
import { whyForeign } from './own-origin.ts';
import { createTokenBucket } from './token-bucket.ts';
import { MAX_PAYLOAD_BYTES } from './worker-pool.ts';

/**
 * Emulates an API Gateway HTTP API: requests to its routes invoke functions, within its limits.
 * Source: API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs" and "Quotas".
 */
export interface HttpApi {
  readonly url: string;
  /** Takes requests from now on; until then they wait. `unlimited` ones are never too many. */
  open(model: Model, functions: Functions, options: { readonly unlimited: boolean }): void;
  /** Requests that have not been answered. */
  running(): number;
  /** Refuses new connections, answers what is under way, then ends. What is still under way at `outOfTime` is cut off. */
  close(outOfTime?: AbortSignal): Promise<void>;
}

const MAX_REQUEST_BYTES = 10 * 1024 * 1024;
/** How long API Gateway waits for an integration. */
const MAX_INTEGRATION_MS = 30_000;

/** Binds the port at once, since functions may have to know the address; serves from `open` on. */
export async function listenHttpApi(logicalId: string, port: number, clock: Clock): Promise<HttpApi> {
  let serving: ((request: IncomingMessage) => Promise<Answer>) | undefined;
  let markOpen: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    markOpen = resolve;
  });
  let running = 0;
  let closed: Promise<void> | undefined;

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const foreign = whyForeign(request);
    if (foreign !== undefined) {
      // What is left of its body is not waited for.
      const headers = { ...JSON_TYPE, connection: 'close' };
      return write(response, { ...message(403, `Forbidden: ${foreign}`), headers });
    }
    running++;
    try {
      await opened;
      const answer = serving === undefined ? message(503, 'Service Unavailable') : await serving(request);
      write(response, answer);
    } catch {
      request.socket.destroy();
    } finally {
      running--;
    }
  };

  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Error(`port ${port} for the API is in use`) : error);
    });
    server.listen(port, '127.0.0.1', () => resolve());
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    open(model, functions, { unlimited }) {
      const apiId = model.ref(logicalId);
      const routes = readRoutes(model, functions, apiId);
      const takeToken = readLimits(model, logicalId, apiId, routes);
      const { account } = model.stack;
      serving = (request) =>
        serve(request, { routes, apiId, account, clock, takeToken: unlimited ? () => true : takeToken });
      markOpen();
    },
    running: () => running,
    close(outOfTime) {
      closed ??= new Promise((resolve) => {
        markOpen();
        outOfTime?.addEventListener('abort', () => server.closeAllConnections());
        // A client that keeps its connection for a next request must not keep the instance.
        const timer = setInterval(() => running === 0 && server.closeAllConnections(), 20);
        server.close(() => {
          clearInterval(timer);
          resolve();
        });
        server.closeIdleConnections();
      });
      return closed;
    },
  };
}

/**
 * The limits of the stage: whether one more request is taken now. A route with a limit of its own has it in place of the one that
 * the others share. On AWS they are targets that may be overrun.
 * Source: API Gateway Developer Guide, "Throttle requests to your HTTP APIs".
 */
function readLimits(
  model: Model,
  apiLogicalId: string,
  apiId: string,
  routes: readonly Route<unknown>[],
): (routeKey: string | undefined) => boolean {
  const stages = model.ids('AWS::ApiGatewayV2::Stage').map((id) => model.properties(id, 'AWS::ApiGatewayV2::Stage'));
  const stage = stages.find(({ ApiId }) => ApiId === apiId);
  if (!stage) throw new Error(`API '${apiLogicalId}' has no stage`);
  const bucketOf = (limit: typeof stage.DefaultRouteSettings): (() => boolean) =>
    createTokenBucket(limit.ThrottlingRateLimit, limit.ThrottlingBurstLimit);
  const shared = bucketOf(stage.DefaultRouteSettings);
  const own = new Map(Object.entries(stage.RouteSettings ?? {}).map(([key, limit]) => [key, bucketOf(limit)]));
  for (const key of own.keys())
    if (!routes.some(({ routeKey }) => routeKey === key))
      throw new Error(`API '${apiLogicalId}': its stage limits a route that it does not have, '${key}'`);
  return (routeKey = '') => (own.get(routeKey) ?? shared)();
}

function readRoutes(model: Model, functions: Functions, apiId: string): Route<LambdaFunction>[] {
  const integrations = new Map(
    model.ids('AWS::ApiGatewayV2::Integration').map((id) => [model.physicalName(id), id] as const),
  );
  const routes: Route<LambdaFunction>[] = [];
  for (const id of model.ids('AWS::ApiGatewayV2::Route')) {
    const { ApiId, RouteKey, Target } = model.properties(id, 'AWS::ApiGatewayV2::Route');
    if (ApiId !== apiId) continue;
    const integrationId = integrations.get(Target.slice('integrations/'.length));
    if (integrationId === undefined)
      throw new Error(`route '${RouteKey}' (${id}): its target ${Target} does not exist`);
    const { IntegrationUri } = model.properties(integrationId, 'AWS::ApiGatewayV2::Integration');
    if (routes.some(({ routeKey }) => routeKey === RouteKey)) throw new Error(`route '${RouteKey}' exists twice`);
    routes.push(parseRoute(RouteKey, functions.find(IntegrationUri)));
  }
  return routes;
}

interface Context {
  readonly routes: readonly Route<LambdaFunction>[];
  readonly apiId: string;
  readonly account: string;
  readonly clock: Clock;
  readonly takeToken: (routeKey: string | undefined) => boolean;
}

async function serve(request: IncomingMessage, context: Context): Promise<Answer> {
  let body: Buffer;
  try {
    body = await readBody(request, MAX_REQUEST_BYTES);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { ...message(413, 'Request Entity Too Large'), headers: { ...JSON_TYPE, connection: 'close' } };
  }
  const [path = '/'] = (request.url ?? '/').split('?', 1);
  const matched = matchRoute(context.routes, request.method ?? 'GET', path);
  if (!context.takeToken(matched?.route.routeKey)) return message(429, 'Too Many Requests');
  if (matched === undefined) return message(404, 'Not Found');
  const requestId = randomBytes(11).toString('base64url').concat('=');
  const { target, routeKey } = matched.route;
  const { account, apiId, clock } = context;
  const { pathParameters } = matched;
  const event = toEvent(request, body, { account, apiId, requestId, routeKey, pathParameters, now: clock.now() });
  if (Buffer.byteLength(JSON.stringify(event)) > MAX_PAYLOAD_BYTES) return message(413, 'Request Entity Too Large');
  const timedOut = new AbortController();
  const late = sleep(MAX_INTEGRATION_MS, undefined, { signal: timedOut.signal }).catch(() => undefined);
  const result = await Promise.race([target.invoke(event), late]);
  timedOut.abort();
  const answer =
    result === undefined
      ? message(503, 'Service Unavailable')
      : (result.functionError === undefined && toAnswer(result.payload)) || message(500, 'Internal Server Error');
  return { ...answer, headers: { ...answer.headers, 'apigw-requestid': requestId } };
}

function write(response: ServerResponse, { status, headers, cookies, body }: Answer): void {
  const { 'content-length': _, 'transfer-encoding': __, ...kept } = headers;
  response.writeHead(status, {
    ...kept,
    ...(cookies.length > 0 && { 'set-cookie': [...cookies] }),
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

const message = (status: number, text: string): Answer => ({
  status,
  headers: JSON_TYPE,
  cookies: [],
  body: JSON.stringify({ message: text }),
});
