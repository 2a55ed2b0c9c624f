import type { SNSClient } from '@aws-sdk/client-sns';
import { connect } from '../../bin/client.ts';
import { SCOPES } from '../../functions/domain/access.ts';
import { COUNCIL_PAGES, DEFAULT_ROUTE, PAGES, ROUTES } from '../../functions/http/routes.ts';
import { HOURLY_EVENT } from '../../functions/runtime/events.ts';
import { createToken } from '../../functions/store/access.ts';
import { EVALUATED_PREFIXES, NOTICE_PREFIX } from '../../functions/store/keys.ts';
import { toAnswer, toEvent } from '../../local/http-payload.ts';
import { matchRoute, parseRoute } from '../../local/http-routes.ts';
import herefordshire2010 from '../../seed/herefordshire-2010.json' with { type: 'json' };
import { type FunctionName, type Handler, startFunction } from '../simulation/lambdas.ts';
import { type ChangeRecord, createMemoryStore } from '../simulation/memory-store.ts';
import { startSns } from './topic.ts';

/**
 * `test/support/service.ts` in memory, and what of `local/launch.ts` and `test/support/described.ts` goes with it: the functions
 * that are deployed, over the simulation's store and topic, asked by `fetch` without a network. What needs more of a machine (an
 * intercepted call, a log, a browser, the council's sign-in) is not played: its test fails unchanged, and is asked nothing.
 */
export const AUTHORITY = 'herefordshire';
const TOPIC = 'Alerts';
const ROUTED = Object.entries({ ...ROUTES, ...PAGES, ...COUNCIL_PAGES, $default: { handledBy: DEFAULT_ROUTE } }).map(
  ([key, { handledBy }]) => parseRoute(key, handledBy),
);
const FUNCTIONS: readonly FunctionName[] = ['submit', 'query', 'manage', 'dashboard', 'evaluate', 'notify', 'seed'];

type Fetch = typeof fetch;
/** The process's own, whatever was put in its place. */
const outside = globalThis as typeof globalThis & { ownFetch?: Fetch };
outside.ownFetch ??= fetch;

/** Each by the address that it is asked at. */
const services = new Map<string, (request: Request) => Promise<Response>>();
let made = 0;

async function answerOf(request: Request): Promise<Response> {
  const serve = services.get(new URL(request.url).origin);
  return serve ? serve(request) : ((outside.ownFetch as Fetch)(request) as Promise<Response>);
}

const inMemory: Fetch = async (input, init) => {
  let request = new Request(input as string, init);
  for (;;) {
    const answer = await answerOf(request.clone() as Request);
    const to = answer.headers.get('location');
    if (!to || init?.redirect === 'manual' || answer.status < 300 || answer.status > 399) return answer;
    request = new Request(new URL(to, request.url), { headers: request.headers });
  }
};

/** What an answer has to look like is not asked here. */
export const describedFetch: Fetch = (input, init) => fetch(input, init);

export async function startService(options: { clock?: string; intercept?: unknown; context?: unknown } = {}) {
  if (options.context) throw new Error('not played in memory');
  let [began, started] = [Date.parse(options.clock ?? '2011-10-15'), Date.now()];
  const now = (): number => began + Date.now() - started;
  const store = createMemoryStore({ now });
  const database = { client: store.client, tables: store.tables };
  const { mails, topics, sns } = startSns([TOPIC], now);
  const [topicArn, topic] = [...topics][0] as [string, NonNullable<ReturnType<typeof topics.get>>];
  const handlers = Object.fromEntries(
    FUNCTIONS.map((name): [string, Handler] => [
      name,
      startFunction(name, {
        ...{ database, sns: sns as SNSClient, topicArn, now: () => new Date(now()) },
        sqs: { send: async () => Promise.reject(new Error('nothing is queued in memory')) } as never,
        onLog() {},
        onSeeded() {},
        inspections: () => [herefordshire2010],
      }),
    ]),
  );
  const invoke = (name: string, event: unknown): Promise<unknown> =>
    (handlers[name.toLowerCase()] as Handler)(event, {
      awsRequestId: `request-${++made}`,
      // middy would set a timer by it.
      ...(['evaluate', 'notify'].includes(name) ? { getRemainingTimeInMillis: () => 300_000 } : {}),
    } as never);

  const told = {
    baselines: ['evaluate', EVALUATED_PREFIXES.baselines],
    submissions: ['evaluate', EVALUATED_PREFIXES.submissions],
    alerts: ['notify', [NOTICE_PREFIX]],
  } as const;
  const recordOf = ({ eventName, keys, sequenceNumber }: ChangeRecord) => ({
    ...{ eventID: sequenceNumber, eventName, eventSource: 'aws:dynamodb' },
    dynamodb: { Keys: { pk: { S: keys.pk }, sk: { S: keys.sk } }, SequenceNumber: sequenceNumber },
  });
  /** Hands on what was written, until nothing is. */
  async function idle(): Promise<void> {
    for (;;) {
      const shard = store.shards.find(({ records, table }) => records.length > 0 && table in told);
      if (!shard) return;
      const [name, prefixes] = told[shard.table as keyof typeof told];
      const Records = shard.records
        .splice(0)
        .filter(({ keys }) => prefixes.some((prefix) => keys.sk.startsWith(prefix)))
        .filter(({ eventName }) => name === 'evaluate' || eventName === 'INSERT')
        .map(recordOf);
      if (Records.length > 0) await invoke(name, { Records });
    }
  }

  const api = `http://127.0.0.1:${++made}`;
  services.set(api, async (request) => {
    const { pathname, search } = new URL(request.url);
    const matched = matchRoute(ROUTED, request.method, pathname);
    if (!matched) return new Response(null, { status: 404 });
    const body = Buffer.from(await request.arrayBuffer());
    const rawHeaders = ['host', new URL(api).host, ...[...request.headers].flat()];
    if (body.length > 0) rawHeaders.push('content-length', String(body.length));
    const event = toEvent(
      {
        ...{ url: pathname + search, method: request.method, rawHeaders, httpVersion: '1.1' },
        socket: { remoteAddress: '127.0.0.1', localPort: 80 },
      } as never,
      body,
      {
        ...{ account: '000000000000', apiId: 'memory', requestId: `request-${++made}` },
        ...{ routeKey: matched.route.routeKey, pathParameters: matched.pathParameters, now: now() },
      },
    );
    const answer = toAnswer(await invoke(matched.route.target, event));
    if (!answer) return new Response(null, { status: 500 });
    const headers = new Headers(answer.headers);
    for (const cookie of answer.cookies) headers.append('set-cookie', cookie);
    const isEmpty = [204, 205, 304].includes(answer.status);
    const sent = isEmpty || request.method === 'HEAD' ? null : answer.body;
    return new Response(sent as string | null, { status: answer.status, headers });
  });
  globalThis.fetch = inMemory;

  await invoke('seed', {
    ...{ RequestType: 'Create', ResponseURL: 'https://example.org', StackId: 'stack', RequestId: 'request' },
    ResourceProperties: {
      authority: AUTHORITY,
      recipient: { authority: AUTHORITY, address: 'director@example.org', level: 'warning' },
    },
  });
  for (const subscription of topic.subscriptions) topic.confirm(subscription);
  mails.splice(0);
  const token = await createToken(database, {
    ...{ scopes: [...SCOPES], authority: '*', label: 'made at start on this machine' },
    expires: Math.floor(Date.now() / 1000) + 366 * 24 * 60 * 60,
  });
  await idle();
  const client = connect(api, token, { send: describedFetch });
  const path = (rest: string): string => `/v1/authorities/${AUTHORITY}${rest}`;
  return {
    ...{ api, token, client, database, idle, invoke, page: `${api}/` },
    resources: {
      functions: Object.fromEntries(FUNCTIONS.map((name) => [name.replace(/^./, (a) => a.toUpperCase()), name])),
      outputs: {},
    },
    moveClock(instant: string) {
      [began, started] = [Date.parse(instant), Date.now()];
    },
    async runSchedules() {
      for (const name of ['seed', 'evaluate', 'notify'] as const) {
        await invoke(name, HOURLY_EVENT);
        await idle();
      }
    },
    async put(period: string, body: unknown, revision?: number) {
      const response = await fetch(`${api}${path(`/submissions/${period}`)}`, {
        method: 'PUT',
        headers: {
          ...{ authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          ...(revision ? { 'if-match': `"${revision}"` } : {}),
        },
        body: JSON.stringify(body),
      });
      return { status: response.status, etag: response.headers.get('etag') ?? undefined, body: await response.json() };
    },
    get: async (rest: string) => (await client.request('GET', path(rest))).body,
    async mails() {
      await idle();
      return mails;
    },
    async end() {
      services.delete(api);
    },
  };
}

export const databaseOf = ({ database }: Awaited<ReturnType<typeof startService>>) => database;
