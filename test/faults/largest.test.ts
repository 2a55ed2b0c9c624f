import type { SNSClient } from '@aws-sdk/client-sns';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { beforeAll, describe, expect, test } from 'vitest';
import { SCOPES } from '../../functions/domain/access.ts';
import { MOST_LOADED_BYTES } from '../../functions/domain/loaded-inspection.ts';
import { PAGES, ROUTES } from '../../functions/http/routes.ts';
import { evaluateAuthority, JUDGING_MS } from '../../functions/services/evaluate.ts';
import { loadInspection } from '../../functions/services/inspections.ts';
import { exportRecord, importRecord, type WholeRecord } from '../../functions/services/recovery.ts';
import { createToken } from '../../functions/store/access.ts';
import type { Database } from '../../functions/store/database.ts';
import { authorityKey, DUE_KEY, noticeKey, type TableName } from '../../functions/store/keys.ts';
import { type FunctionName, startFunction } from '../simulation/lambdas.ts';
import { createMailTopic } from '../simulation/mail-topic.ts';
import { createMemoryStore } from '../simulation/memory-store.ts';
import { INSPECTION, keepingLog } from '../support/store.ts';
import { AUTHORITY, largestRecord, METRICS, PERIODS, sent } from './largest-record.ts';

/**
 * The largest record that is accepted goes all the way: put back, sent to, judged, mailed, shown, taken out, and put back elsewhere.
 * By the handlers that are deployed, on the store in memory, which has DynamoDB's limits of items, transactions and pages; what each may take
 * is in processor time, as machines that try it are busy.
 */

const NOW = new Date('2041-02-20T09:00:00Z');
const now = () => NOW;
/** Lambda User Guide, "Configure Lambda function memory": at 1,769 MB a function has one processor. */
const MB_OF_A_PROCESSOR = 1769;
const MEMORY_MB: Partial<Record<FunctionName, number>> = { manage: 512, notify: 512 };
const LONGEST_ANSWER_S = 25;
const LARGEST_ANSWER = 6 * 1024 * 1024;
const LARGEST_MESSAGE = 256 * 1024;

let store: Database<TableName>;
let token: string;
const log = keepingLog();
const messages: string[] = [];
const topic = createMailTopic({ now: () => NOW.getTime(), policyDelay: () => 0, onPublish() {}, onAddressed() {} });
const sns = {
  send: async (command: { constructor: { name: string }; input: Record<string, unknown> }) => {
    if (command.constructor.name === 'PublishCommand')
      messages.push(`${command.input.Message}${JSON.stringify(command.input.MessageAttributes ?? {})}`);
    return topic.execute(command);
  },
} as unknown as SNSClient;
const lines: [level: string, message: string, fields: unknown][] = [];
/** Seconds that a function of its memory would have taken on Lambda for the last thing that it did. */
let took = 0;

async function invoke(name: FunctionName, event: object): Promise<unknown> {
  const handler = startFunction(name, {
    ...{ database: store, sns, topicArn: topic.arn, sqs: { send: async () => ({}) } as never, now },
    ...{ onLog: (...line) => lines.push(line), onSeeded() {}, inspections: () => [] },
  });
  const start = process.cpuUsage();
  const answer = await handler(event, { getRemainingTimeInMillis: () => 300_000 } as Context);
  const { user, system } = process.cpuUsage(start);
  took = ((user + system) / 1e6) * (MB_OF_A_PROCESSOR / (MEMORY_MB[name] ?? 1024));
  return answer;
}

async function ask(
  key: string,
  parameters: Record<string, string>,
  body?: unknown,
  query: Record<string, string> = {},
) {
  const { handledBy } = { ...ROUTES, ...PAGES }[key as keyof typeof ROUTES];
  const [method = '', template = ''] = key.split(' ');
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? '');
  const answer = (await invoke(handledBy as FunctionName, {
    ...{ version: '2.0', routeKey: key, rawPath: path, rawQueryString: '', pathParameters: parameters },
    ...(key.includes(' /v1') ? {} : { queryStringParameters: query }),
    headers: {
      ...{ host: 'monitor.example', 'x-forwarded-proto': 'https', 'content-type': 'application/json' },
      authorization: `Bearer ${token}`,
    },
    cookies: [`__Host-session=${token}`],
    requestContext: { requestId: 'largest', http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1' } },
    isBase64Encoded: false,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })) as APIGatewayProxyStructuredResultV2;
  return { status: answer.statusCode, body: answer.body ?? '', bytes: Buffer.byteLength(JSON.stringify(answer)) };
}

const granted = { scopes: [...SCOPES], authority: '*', label: 'the test', expires: NOW.getTime() / 1000 + 3600 };
beforeAll(async () => {
  store = createMemoryStore({ now: () => NOW.getTime() });
  token = await createToken(store, granted);
});

describe('the largest record', { timeout: 900_000 }, () => {
  test('is put back where nothing was', async () => {
    const record = largestRecord(1);
    const loaded = record.baselines.filter(({ sk }) => /^(INSPECTION|METRIC)#/.test(sk?.S ?? ''));
    const bytes = loaded.reduce((sum, { data }) => sum + Buffer.byteLength(data?.S ?? ''), 0);
    expect(bytes).toBeLessThan(MOST_LOADED_BYTES);
    expect(bytes).toBeGreaterThan(0.95 * MOST_LOADED_BYTES);
    await importRecord(store, AUTHORITY, record, { now: NOW, takenAt: NOW, replace: false });
  });

  test('takes its last month, and nothing more of what it has the most of', async () => {
    const [last = '', key] = [PERIODS.at(-1), 'PUT /v1/authorities/{authority}/submissions/{period}'];
    expect((await ask(key, { authority: AUTHORITY, period: last }, sent(last))).status).toBe(201);
    expect(took).toBeLessThan(LONGEST_ANSWER_S);
    const more = (what: string) => ({ status: 409, body: expect.stringContaining(`at most ${what}`) });
    expect(await ask(key, { authority: AUTHORITY, period: '2010-12' }, sent('2010-12'))).toMatchObject(
      more('360 months'),
    );
    const said = { author: 'A. Head', reason: 'agreed' };
    const standard = 'PUT /v1/authorities/{authority}/metrics/{metric}/standard';
    const metric = { authority: AUTHORITY, metric: METRICS[0] ?? '' };
    expect(await ask(standard, metric, { from: '2041-01', value: 85, ...said })).toMatchObject(more('2000 standards'));
    const report = { ...INSPECTION, authority: AUTHORITY, id: 'one-more', metrics: [] };
    const loading = loadInspection(store, report);
    await expect(loading).rejects.toMatchObject({ reason: 'conflict', message: more('60 inspections').body });
  });

  test('is judged: every metric is critical at once', async () => {
    const evaluating = { database: store, smallNumbers: 'show', now, log, longestMs: 600_000 } as const;
    const start = process.cpuUsage();
    const { notice } = (await evaluateAuthority(AUTHORITY, evaluating)) ?? {};
    const { user, system } = process.cpuUsage(start);
    expect(((user + system) / 1000) * (MB_OF_A_PROCESSOR / 1024)).toBeLessThan(JUDGING_MS);
    expect(notice?.transitions.filter(({ level }) => level === 'critical').length).toBeGreaterThanOrEqual(400);
  });

  test('is mailed, in messages that SNS takes', async () => {
    const key = 'POST /v1/authorities/{authority}/recipients';
    const address = `${'a'.repeat(64)}@${'b'.repeat(60)}.example.org`;
    expect((await ask(key, { authority: AUTHORITY }, { address, level: 'watch' })).status).toBe(201);
    expect(took).toBeLessThan(LONGEST_ANSWER_S);
    for (const subscription of topic.subscriptions) topic.confirm(subscription);
    await invoke('notify', { hourly: true });
    const Keys = { pk: { S: authorityKey(AUTHORITY) }, sk: { S: noticeKey(1) } };
    const written = { eventID: '1', eventName: 'INSERT', eventSource: 'aws:dynamodb' };
    await invoke('notify', { Records: [{ ...written, dynamodb: { Keys, SequenceNumber: '1' } }] });
    expect(lines.filter(([level]) => level === 'error')).toEqual([]);
    // How things stand, to whoever is new, and the notice.
    expect(messages).toHaveLength(2);
    for (const message of messages) expect(Buffer.byteLength(message)).toBeLessThan(LARGEST_MESSAGE);
  });

  test('is taken out, and put back elsewhere as it was', async () => {
    const out = await exportRecord(store, AUTHORITY);
    const file = JSON.stringify(out);
    const elsewhere = createMemoryStore({ now: () => NOW.getTime() });
    await importRecord(elsewhere, AUTHORITY, JSON.parse(file) as WholeRecord, {
      now: NOW,
      takenAt: NOW,
      replace: false,
    });
    const back = await exportRecord(elsewhere, AUTHORITY);
    for (const table of ['baselines', 'submissions', 'alerts'] as const) {
      const [before, after] = [out, back].map((record) =>
        record[table].filter(({ sk }) => sk?.S !== DUE_KEY).map((item) => JSON.stringify(sortedOf(item))),
      );
      expect(after?.length).toBe(before?.length);
      expect(after?.filter((item, index) => item !== before?.[index]).map((item) => item.slice(0, 200))).toEqual([]);
    }
    store = elsewhere;
    token = await createToken(store, granted);
  });

  /** What is more than an answer holds says so, and what to ask for instead. */
  const TOO_MUCH = [
    'GET /v1/authorities/{authority}/metrics',
    'GET /v1/authorities/{authority}/inspection',
    'GET /v1/authorities/{authority}/inspections',
    'GET /authorities/{authority}/figures.csv',
    'GET /authorities/{authority}/figures.xlsx',
    'GET /authorities/{authority}/receipts/{receipt}',
  ];
  const shown = [...Object.keys(ROUTES), ...Object.keys(PAGES)].filter(
    (key) => key.startsWith('GET') && key.includes('{authority}'),
  );
  test.each(shown)('is shown: %s', async (key) => {
    const [metric = ''] = METRICS;
    const parameters = {
      ...{ authority: AUTHORITY, period: PERIODS[0] ?? '', metric, alert: metric, action: 'A1', number: '1' },
      ...{ receipt: '2041-01-10T00:00:00.000Z' },
    };
    const { status, bytes, body } = await ask(key, parameters, undefined, { metric, framework: 'ilacs-2018' });

    expect(bytes).toBeLessThan(LARGEST_ANSWER);
    expect(took).toBeLessThan(LONGEST_ANSWER_S);
    expect(status).toBe(TOO_MUCH.includes(key) ? 422 : 200);
    if (status === 422) expect(body).toMatch(/[Aa]sk for a part/);
  });
});

const sortedOf = (item: object): object =>
  Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
