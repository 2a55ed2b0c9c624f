import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { Command } from 'commander';
import { parse } from 'csv-parse/sync';
import { connect } from '../bin/client.ts';
import { reconcile } from '../functions/domain/reconcile.ts';
import type { Month } from '../functions/domain/submission.ts';
import { loadInspection } from '../functions/services/inspections.ts';
import { readBoard } from '../functions/store/boards.ts';
import { authorityKey, currentKey } from '../functions/store/keys.ts';
import { readNotices } from '../functions/store/notices.ts';
import { readRecord } from '../functions/store/records.ts';
import { saveMonths } from '../functions/store/submissions.ts';
import { databaseOf, type Launched, launch } from '../local/launch.ts';
import bankHolidays from '../seed/calendar/bank-holidays.json' with { type: 'json' };
import { aMetric, anInspection } from '../test/support/build.ts';
import { ratioOf, say, spreadOf } from './measure.ts';
import { type Store, startStore } from './store.ts';

/**
 * `npm run bench:load`: every organisation of the NHS's accident and emergency figures hands in its months through the
 * API, many at once, while e-mails flow; then every month, board, notice and e-mail is checked.
 */
const DATA = new URL('../../shared/data/ae_attendances.csv', import.meta.url);
const METRIC = 'four-hour-waits';
/** After the last month of the figures. */
const CLOCK = '2019-04-20T09:00:00Z';
const MIN_RATIO = 0.4;
/** How often load and bare loop take turns. */
const TURNS = 6;
/** How much more memory the last quarter of the run may take than the second. */
const MAX_GROWTH = 1.25;

const options = new Command('npm run bench:load --')
  .option('--organisations <count>', 'of them, the first so many', Number, Number.POSITIVE_INFINITY)
  .option('--clients <count>', 'at once', Number, 32)
  .parse()
  .opts<{ organisations: number; clients: number }>();

if (!existsSync(DATA)) {
  console.log('Not measured: ../shared/data/ae_attendances.csv is not here.');
  process.exit();
}

interface Figures {
  readonly authority: string;
  /** Attendances within four hours of all attendances, oldest month first. */
  readonly months: readonly { readonly period: string; readonly numerator: number; readonly denominator: number }[];
}

const organisations = readFigures().slice(0, options.organisations);
const total = organisations.reduce((sum, { months }) => sum + months.length, 0);
console.log(
  `${organisations.length} organisations, ${total} months, ${options.clients} clients, ${availableParallelism()} cores, Node ${process.version}\n`,
);

const store = await startStore();
const dataDir = mkdtempSync(join(tmpdir(), 'inspection-monitor-load-'));
process.env.DYNAMODB_ENDPOINT = store.endpoint;
let service: Launched | undefined;
try {
  // What the code can take is measured, not what the stage lets through.
  service = await launch({ dataDir, clock: CLOCK, unlimited: true });
  await prepare(service);
  const { accepted, rates, bares, settled, memory } = await load(service, store);
  const checked = await check(service, accepted);

  const ratio = ratioOf(rates, bares).median;
  const growth = memory.last / memory.second;
  const rows: [string, string][] = [
    ['accepted', `${accepted.size} of ${total}, ${say(spreadOf(rates), 0)} a second`],
    ['bare get and transact', `${say(spreadOf(bares), 0)} a second`],
    ['ratio, turn by turn', `${say(ratioOf(rates, bares), 2)} (at least ${MIN_RATIO})`],
    ['judged and mailed', `${say(spreadOf(settled))} s after the last of a turn was accepted`],
    ['boards', `${checked.boards} checked, ${checked.wrongBoards} wrong`],
    ['months', `${checked.lost} lost`],
    ['notices', `${checked.notices} written, ${checked.unmailed} not in the inbox, ${checked.repeated} more than once`],
    [
      'memory of service and functions',
      `${memory.second.toFixed(0)} MB in the second quarter, ${memory.last.toFixed(0)} in the last: ${growth.toFixed(2)} (at most ${MAX_GROWTH})`,
    ],
  ];
  for (const [name, value] of rows) console.log(`${name.padEnd(34)}${value}`);
  const missed = [
    ...(accepted.size < total || checked.lost > 0 ? ['something was lost'] : []),
    ...(checked.wrongBoards > 0 ? ['boards are wrong'] : []),
    ...(checked.unmailed > 0 ? ['notices were not mailed'] : []),
    ...(ratio < MIN_RATIO ? [`the ratio is below ${MIN_RATIO}`] : []),
    ...(growth > MAX_GROWTH ? ['memory grows'] : []),
  ];
  console.log(missed.length === 0 ? '\nAll reached.' : `\nMissed: ${missed.join('; ')}.`);
  if (missed.length > 0) process.exitCode = 1;
} finally {
  await service?.stop();
  await store.end();
  rmSync(dataDir, { recursive: true, force: true });
}
process.exit();

function readFigures(): Figures[] {
  const rows = parse(readFileSync(DATA, 'utf8'), { columns: true }) as Record<string, string>[];
  const figures = new Map<string, Map<string, { numerator: number; denominator: number }>>();
  for (const { period = '', org_code = '', attendances, breaches } of rows) {
    const months = figures.get(org_code.toLowerCase()) ?? new Map();
    figures.set(org_code.toLowerCase(), months);
    const month = months.get(period.slice(0, 7)) ?? { numerator: 0, denominator: 0 };
    month.numerator += Number(attendances) - Number(breaches);
    month.denominator += Number(attendances);
    months.set(period.slice(0, 7), month);
  }
  return [...figures]
    .map(([authority, months]) => ({
      authority,
      months: [...months]
        .map(([period, month]) => ({ period, ...month }))
        .filter(({ denominator }) => denominator > 0)
        .sort((a, b) => (a.period < b.period ? -1 : 1)),
    }))
    .sort((a, b) => (a.authority < b.authority ? -1 : 1));
}

function inspectionOf(authority: string) {
  const metric = aMetric({
    id: METRIC,
    title: 'Seen within four hours',
    baseline: { kind: 'none', statement: 'None.' },
    standards: [{ value: 95, from: '2016-04', basis: 'local', note: 'made for the load bench' }],
  });
  return anInspection(authority, metric, authority.toUpperCase());
}

/** Runs work for each of these, so many at once; each client takes the next when it has done one. */
async function together<T>(items: readonly T[], clients: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}

/** What a submission cannot do without, by itself: read the month, write revision, figures and mark. By the second. */
async function bareRate({ client, tables }: Store, count: number): Promise<number> {
  const run = crypto.randomUUID().slice(0, 8);
  const started = performance.now();
  await together(
    Array.from({ length: count }, (_, index) => index),
    options.clients,
    async (index) => {
      const authority = `bare-${run}-${index % 300}`;
      const period = `${2000 + Math.floor(index / 300)}-01`;
      await client.send(
        new GetItemCommand({
          TableName: tables.submissions,
          Key: { pk: { S: authorityKey(authority) }, sk: { S: currentKey(period) } },
          ConsistentRead: true,
        }),
      );
      const month = {
        period,
        revision: 1,
        status: 'final' as const,
        submittedAt: CLOCK,
        observations: { [METRIC]: { numerator: 9000 + index, denominator: 20_000 } },
      };
      await saveMonths({ client, tables }, authority, [month], new Date(CLOCK));
    },
  );
  return (count / (performance.now() - started)) * 1000;
}

/** Loads the inspections, and subscribes somebody to every notice, as SNS has it: by confirming an e-mail. */
async function prepare(service: Launched): Promise<void> {
  const database = databaseOf(service);
  await together(organisations, 8, async ({ authority }) => {
    await loadInspection(database, inspectionOf(authority));
  });
  const sns = new SNSClient({
    endpoint: service.endpoints.sns,
    region: service.region,
    credentials: service.credentials,
  });
  const TopicArn = String(service.resources.outputs.AlertTopicArn);
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: 'everybody@example.org' }));
  await service.idle();
  const link = (await mails(service)).flatMap(({ text }) => /http\S+confirmation\S+/.exec(text) ?? [])[0];
  if (!link) throw new Error('no confirmation was mailed');
  await fetch(link);
}

interface Loaded {
  /** What was accepted, by `authority period`. */
  readonly accepted: Map<string, Month>;
  /** Accepted a second, and what the bare loop did beside it, by turn. */
  readonly rates: readonly number[];
  readonly bares: readonly number[];
  /** Seconds from the last acceptance of a turn until all of it was judged and mailed. */
  readonly settled: readonly number[];
  /** Resident memory in MB: medians of the second and the last quarter. */
  readonly memory: { readonly second: number; readonly last: number };
}

/** In turns, each followed by the bare loop on the same store: what slows the machine for a while slows both. */
async function load(service: Launched, store: Store): Promise<Loaded> {
  const client = connect(service.api, service.token);
  const accepted = new Map<string, Month>();
  const resident: { done: number; megabytes: number }[] = [];
  let told = 0;
  const sampler = setInterval(() => {
    const done = accepted.size / total;
    resident.push({ done, megabytes: process.memoryUsage().rss / 2 ** 20 });
    if (done - told < 0.1) return;
    told = done;
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.error(`${accepted.size} of ${total} accepted after ${seconds} s`);
  }, 200);
  const started = performance.now();
  const [rates, bares, settled]: [number[], number[], number[]] = [[], [], []];
  const size = Math.ceil(organisations.length / TURNS);
  for (let turn = 0; turn < TURNS; turn++) {
    const before = accepted.size;
    const begun = performance.now();
    await together(
      organisations.slice(turn * size, (turn + 1) * size),
      options.clients,
      async ({ authority, months }) => {
        for (const { period, numerator, denominator } of months) {
          const body = { observations: { [METRIC]: { numerator, denominator } } };
          const answer = await client.request('PUT', `/v1/authorities/${authority}/submissions/${period}`, body);
          accepted.set(`${authority} ${period}`, answer.body as Month);
        }
      },
    );
    const done = performance.now();
    rates.push(((accepted.size - before) / (done - begun)) * 1000);
    await service.idle();
    settled.push((performance.now() - done) / 1000);
    bares.push(await bareRate(store, 1000));
  }
  clearInterval(sampler);
  const median = (from: number, to: number): number => {
    const values = resident.filter(({ done }) => done >= from && done < to).map(({ megabytes }) => megabytes);
    return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  };
  return { accepted, rates, bares, settled, memory: { second: median(0.25, 0.5), last: median(0.75, 1.01) } };
}

async function check(service: Launched, accepted: ReadonlyMap<string, Month>) {
  const database = databaseOf(service);
  const mailed = new Map<string, number>();
  for (const { text } of await mails(service)) {
    const [, number, name] = /^Notice (\d+) for (\S+)\./m.exec(text) ?? [];
    if (number) mailed.set(`${name} ${number}`, (mailed.get(`${name} ${number}`) ?? 0) + 1);
  }
  let [boards, wrongBoards, lost, notices, unmailed] = [0, 0, 0, 0, 0];
  for (const { authority, months } of organisations) {
    const { board, acknowledgements } = await readBoard(database, authority);
    const record = await readRecord(database, authority, acknowledgements, new Set(bankHolidays));
    for (const { period, numerator, denominator } of months) {
      const stored = record?.months.find((month) => month.period === period);
      const same =
        JSON.stringify(stored?.observations) === JSON.stringify({ [METRIC]: { numerator, denominator } }) &&
        accepted.get(`${authority} ${period}`)?.revision === stored?.revision;
      if (!same) lost++;
    }
    boards++;
    const pure = record && board && reconcile(undefined, record, [], new Date(board.evaluatedAt), 'show').board;
    const left = record && board && reconcile(board, record, [], new Date(board.evaluatedAt), 'show').board;
    if (!pure || left || JSON.stringify(sorted(pure.alerts)) !== JSON.stringify(sorted(board.alerts))) wrongBoards++;
    const written = (await readNotices(database, authority, { limit: 1000 })).notices;
    notices += written.length;
    if (written.length !== board?.lastNotice) wrongBoards++;
    for (const { notice, sentAt } of written)
      if (!sentAt || !mailed.has(`${authority.toUpperCase()} ${notice.number}`)) unmailed++;
  }
  const repeated = [...mailed.values()].filter((times) => times > 1).length;
  return { boards, wrongBoards, lost, notices, unmailed, repeated };
}

/** With its keys in order, at every depth: what was stored comes back in another. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

async function mails({ inbox }: Launched): Promise<{ text: string }[]> {
  return (await (await fetch(`${inbox}/api/email`)).json()) as { text: string }[];
}
