import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compileFunction } from 'node:vm';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SendMessageBatchCommandInput, SQSClient } from '@aws-sdk/client-sqs';
import type { Context } from 'aws-lambda';
import * as esbuild from 'esbuild';
import { HOURLY_EVENT } from '../functions/runtime/events.ts';
import { scanWaiting } from '../functions/store/database.ts';
import { authorityOf, BOARD_KEY, NOTICE_PREFIX, noticeNumberOf } from '../functions/store/keys.ts';
import { BUNDLING } from '../lib/bundle.ts';
import { FUNCTIONS } from '../lib/paths.ts';
import { type BatchAnswer, failedMessages, judgeBatch } from '../local/batch-response.ts';
import { type Handler, LAMBDAS, startFunction } from '../test/simulation/lambdas.ts';
import { createMailTopic } from '../test/simulation/mail-topic.ts';
import {
  type ChangeRecord,
  type Command,
  createMemoryStore,
  type Shard,
  type Write,
} from '../test/simulation/memory-store.ts';
import { PRICE_LIST } from './cost.ts';
import { addressesOf, type Ground, type Heard, MORNING, type Records, SHARED, settle } from './nation-ground.ts';

/**
 * One morning of a nation, by the functions that are deployed, with the SDK that they call DynamoDB by, over a store, a topic
 * and queues in memory. Time is nobody's but its own: a call takes what is published of it, and what a function computes
 * takes the CPU that it took here, by the share of one that its memory buys. So an hour of ten functions at once is played by
 * one core in whatever time that takes, and nothing that happens on this machine beside it counts.
 */

/** Milliseconds that a call takes, and what was read of it: see docs/scale.md. */
export const LATENCY_MS = {
  /** "Single-digit millisecond". */
  dynamodb: 10,
  /** Of what is published to a topic until a function has it, as a bound for one call; nothing is published of those. */
  sns: 73,
  /** "Tens or low hundreds of milliseconds". */
  sqs: 100,
  /** From a message to the function, the median. */
  queue: 16,
  /** From a change to the function, the median. */
  stream: 213,
  /** "From under 100 ms to over 1 second." */
  coldStart: 1000,
} as const;

/** "At 1,769 MB, a function has the equivalent of one vCPU." */
const MB_A_CPU = 1769;
/** As `lib/stack.ts` has it. */
const MEMORY_MB = { seed: 512, evaluate: 1024, notify: 512 } as const;
const TIMEOUT_MS = { seed: 120_000, evaluate: 300_000, notify: 300_000 } as const;
const AT_ONCE = { evaluate: 4, notify: 2 } as const;
const QUEUE_BATCH = 10;
const STREAM_BATCH = 10;
/** What a new account may run at once, and how many shards a new table has: see docs/scale.md. */
const FUNCTIONS_AT_ONCE = 10;
const SHARDS = 4;
/** SNS in London: questions of one kind a second; mails a second. */
export const QUESTIONS_A_SECOND = 30;
export const MAILS_A_SECOND = 10;

const HOUR_MS = 3_600_000;
/** How often a run is looked at that does not say what it waits for: promises alone take it on in a few. */
const MOST_LOOKS = 10_000;

type Name = keyof typeof MEMORY_MB;

/** A service's calls and what they cost. */
export interface Bill {
  readonly calls: Record<string, number>;
  readUnits: number;
  writeUnits: number;
  /** GB-seconds of functions, and how often they were called. */
  gigabyteSeconds: number;
  invocations: number;
  logBytes: number;
  mails: number;
}

/** How things stood at a minute of the morning. */
export interface Minute {
  readonly minute: number;
  readonly judged: number;
  readonly told: number;
  readonly queued: number;
  readonly onStream: number;
}

export interface Day {
  readonly authorities: number;
  readonly heard: Heard;
  readonly addresses: number;
  /** When each was judged and told first, ms after the hour. */
  readonly judgedAt: readonly number[];
  readonly toldAt: readonly number[];
  /** When the last mail left SNS, if it sends ten a second whoever they are for. */
  readonly mailedAt: number;
  /** What broke a promise, in words; none where all were judged and told once. */
  readonly faults: readonly string[];
  readonly minutes: readonly Minute[];
  readonly most: {
    readonly queued: number;
    readonly onStream: number;
    readonly atOnce: number;
    readonly snsWaitMs: number;
  };
  /** Of one authority, by what happened from its first call to its last: ms; the longest with its name. */
  readonly evaluate: { readonly perAuthorityMs: number; readonly cpuMs: number };
  readonly notify: { readonly perNoticeMs: number; readonly cpuMs: number };
  readonly bill: Bill;
  readonly usd: Readonly<Record<string, number>>;
}

/** What one invocation has of the world. */
interface Run {
  readonly name: Name;
  readonly copy: Copy;
  readonly startedAt: number;
  /** Until when it computes. */
  busyUntil: number;
  /** What it waits for: calls and pauses. */
  waiting: number;
  over: { readonly answer?: unknown; readonly error?: unknown } | undefined;
  readonly done: (outcome: { readonly answer?: unknown; readonly failed: boolean }) => void;
}

interface Copy {
  readonly name: Name;
  handler: Handler;
  run: Run | undefined;
}

const compiled = new Map<Name, ReturnType<typeof compile>>();

/** A function's own code in one file, so that each copy has modules of its own: what it remembers, others do not know. */
function compile(name: Name) {
  const { outputFiles } = esbuild.buildSync({
    ...BUNDLING,
    entryPoints: [join(FUNCTIONS, `${name}.ts`)],
    external: ['@aws-sdk/*'],
    write: false,
  });
  const code = outputFiles[0]?.text ?? '';
  return compileFunction(code, ['module', 'require'], { filename: `${name}.cjs` });
}

function lambdasFor(name: Name): typeof LAMBDAS {
  const load = compiled.get(name) ?? compile(name);
  compiled.set(name, load);
  const module = { exports: {} };
  load(module, createRequire(import.meta.filename));
  return { ...LAMBDAS, [name]: module.exports };
}

/**
 * Plays the morning of so many authorities until nothing is left to do.
 * @param mostByItself how many an hourly run works through without the queue; as many as deployed where it is left out.
 */
export async function playMorning(
  authorities: number,
  records: Records,
  { heard = SHARED, mostByItself }: { readonly heard?: Heard; readonly mostByItself?: number } = {},
): Promise<Day> {
  let now = 0;
  const events: { readonly at: number; readonly order: number; readonly work: () => Promise<void> | void }[] = [];
  let order = 0;
  /** The run that computes just now, from when on, and the CPU that the process had used by then. */
  let computing: { readonly run: Run; readonly from: number; readonly cpu: NodeJS.CpuUsage } | undefined;

  const bill: Bill = {
    ...{ calls: {}, readUnits: 0, writeUnits: 0, gigabyteSeconds: 0, invocations: 0, logBytes: 0, mails: 0 },
  };
  const judged = new Map<string, number[]>();
  const noticed = new Map<string, number>();
  const told = new Map<string, number[]>();
  const faults: string[] = [];
  const minutes: Minute[] = [];
  const most = { queued: 0, onStream: 0, atOnce: 0, snsWaitMs: 0 };
  const cpuOf = { seed: 0, evaluate: 0, notify: 0 };
  const msOf = { seed: 0, evaluate: 0, notify: 0 };
  let mailFree = 0;

  const store = createMemoryStore({ now: () => MORNING.getTime() + now, shardsPerTable: SHARDS, onWrites });
  const topic = createMailTopic({
    now: () => MORNING.getTime() + now,
    policyDelay: () => 0,
    onPublish({ authority, number }, addresses) {
      push(told, `${authority} ${number}`, now);
      bill.mails += addresses.length;
      for (const _ of addresses) mailFree = Math.max(mailFree, now) + 1000 / MAILS_A_SECOND;
      if (addresses.length !== heard.addressesAnAuthority) faults.push(`${authority} is heard by ${addresses.length}`);
    },
    onAddressed: (recipient) => void faults.push(`${recipient} was sent a mail of its own`),
  });
  const ground: Ground = await settle(authorities, heard, { records, store, topic });
  for (const { records: written } of store.shards) written.length = 0;
  bill.writeUnits = 0;

  function onWrites(writes: readonly Write[]): void {
    for (const { table, before, after } of writes) {
      const { pk, sk } = after ?? before ?? {};
      // A board that was there before the morning is put in its place as somebody first looks for it: nothing was there before it.
      if (table !== 'alerts' || !sk?.S || (sk.S === BOARD_KEY && !before)) continue;
      if (sk.S === BOARD_KEY) push(judged, authorityOf(pk?.S ?? ''), now);
      if (sk.S.startsWith(NOTICE_PREFIX) && !before) noticed.set(authorityOf(pk?.S ?? ''), noticeNumberOf(sk.S));
      bill.writeUnits += (writes.length > 1 ? 2 : 1) * Math.ceil(sizeOf(after ?? before) / 1024);
      for (const index of ['due', 'unsent'])
        if (before?.[index]?.S !== after?.[index]?.S || (index === 'due' && before?.dueAt?.S !== after?.dueAt?.S))
          bill.writeUnits += (before?.[index] ? 1 : 0) + (after?.[index] ? 1 : 0);
    }
  }

  // ---- time

  function at(when: number, work: () => Promise<void> | void): void {
    const event = { at: when, order: order++, work };
    let [low, high] = [0, events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((events[middle] as typeof event).at <= when) low = middle + 1;
      else high = middle;
    }
    events.splice(low, 0, event);
  }

  /** Milliseconds that a run has computed since it was let go on, by its own share of a CPU. */
  function computed({ run, cpu }: NonNullable<typeof computing>): number {
    const { user, system } = process.cpuUsage(cpu);
    return ((user + system) / 1000) * (MB_A_CPU / MEMORY_MB[run.name]);
  }
  const nowOf = (run: Run): number => {
    if (computing?.run !== run) throw new Error(`${run.name} goes on by itself`);
    return computing.from + computed(computing);
  };

  /** Lets a run go on until it waits for something again, or is over. */
  async function goOn(run: Run, work: () => void): Promise<void> {
    computing = { run, from: Math.max(now, run.busyUntil), cpu: process.cpuUsage() };
    work();
    let looks = 0;
    do await new Promise((resolve) => setImmediate(resolve));
    while (run.waiting === 0 && !run.over && looks++ < MOST_LOOKS);
    if (looks > MOST_LOOKS) throw new Error(`${run.name} waits for something that is not played`);
    const took = computed(computing);
    cpuOf[run.name] += took;
    run.busyUntil = computing.from + took;
    computing = undefined;
    const { over } = run;
    if (over && run.copy.run === run) {
      run.copy.run = undefined;
      at(run.busyUntil, () => end(run, over));
    }
  }

  /** A call of a function that takes so long, and is done by the end of it. */
  function call(run: Run, wait: (from: number) => number, work: () => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      run.waiting++;
      const from = nowOf(run);
      at(from + wait(from), async () => {
        let settle: () => void;
        try {
          const output = work();
          settle = () => resolve(output);
        } catch (error) {
          settle = () => reject(error);
        }
        run.waiting--;
        await goOn(run, settle);
      });
    });
  }

  // ---- functions

  let running = 0;
  const queuedRuns: (() => void)[] = [];
  const idle: Record<Name, Copy[]> = { seed: [], evaluate: [], notify: [] };

  function begin(name: Name, event: object, done: Run['done']): void {
    const start = (): void => {
      running++;
      most.atOnce = Math.max(most.atOnce, running);
      const known = idle[name].pop();
      const copy = known ?? startCopy(name);
      at(now + (known ? 0 : LATENCY_MS.coldStart), () => {
        const run: Run = { name, copy, startedAt: now, busyUntil: now, waiting: 0, over: undefined, done };
        copy.run = run;
        const left = () => TIMEOUT_MS[name] - (nowOf(run) - run.startedAt);
        const context = { awsRequestId: 'nation', getRemainingTimeInMillis: left } as Context;
        return goOn(run, () => {
          copy.handler(event, context).then(
            (answer) => {
              run.over = { answer };
            },
            (error: unknown) => {
              run.over = { error };
            },
          );
        });
      });
    };
    if (running < FUNCTIONS_AT_ONCE) start();
    else queuedRuns.push(start);
  }

  function end(run: Run, { answer, error }: NonNullable<Run['over']>): void {
    running--;
    idle[run.name].push(run.copy);
    if (error !== undefined) faults.push(`${run.name}: ${error instanceof Error ? error.stack : String(error)}`);
    const took = now - run.startedAt;
    if (took > TIMEOUT_MS[run.name]) faults.push(`${run.name} took ${took} ms`);
    msOf[run.name] += took;
    bill.invocations++;
    bill.gigabyteSeconds += (took / 1000) * (MEMORY_MB[run.name] / 1024);
    queuedRuns.shift()?.();
    run.done({ answer, failed: error !== undefined });
  }

  function startCopy(name: Name): Copy {
    const copy: Copy = { name, handler: async () => undefined, run: undefined };
    const send = (calls: (run: Run, command: Command) => Promise<unknown>) => ({
      send: (command: Command) => (copy.run ? calls(copy.run, command) : Promise.reject(new Error('nobody is there'))),
    });
    copy.handler = startFunction(
      name,
      {
        database: { client: dynamodb(copy), tables: store.tables },
        sns: send(sns) as unknown as SNSClient,
        sqs: send(sqs) as unknown as SQSClient,
        topicArn: topic.arn,
        mostByItself,
        now: () => new Date(MORNING.getTime() + (copy.run ? nowOf(copy.run) : now)),
        onLog(level, message, fields) {
          bill.logBytes += JSON.stringify({ level, message, ...(fields as object) }).length + LOGGED_BESIDE;
          if (level !== 'info') faults.push(`${name} said: ${message} ${JSON.stringify(fields)}`);
        },
        onSeeded() {},
        inspections: () => [],
      },
      lambdasFor(name),
    );
    return copy;
  }

  // ---- what functions call

  /** The SDK itself, up to where it would go on the wire: what it takes to write a request and read an answer is measured with the rest. */
  function dynamodb(copy: Copy): DynamoDBClient {
    const handle = async ({ headers, body }: { headers: Record<string, string>; body: Uint8Array }) => {
      const { run } = copy;
      if (!run) throw new Error('nobody is there');
      const command = headers['x-amz-target']?.split('.')[1] ?? '';
      const answer = (await call(
        run,
        () => LATENCY_MS.dynamodb,
        () => answerOf(command, new TextDecoder().decode(body)),
      )) as {
        statusCode: number;
        body: Uint8Array;
      };
      return { response: { ...answer, headers: { 'content-type': 'application/x-amz-json-1.0' } } };
    };
    return new DynamoDBClient({
      region: 'eu-west-2',
      credentials: { accessKeyId: 'nation', secretAccessKey: 'nation' },
      requestHandler: { handle } as unknown as NonNullable<DynamoDBClientConfig['requestHandler']>,
    });
  }

  function answerOf(command: string, input: string): { statusCode: number; body: Uint8Array } {
    count(`DynamoDB ${command}`);
    try {
      const answer = ground.execute(command, input);
      if (/^(Query|Scan|GetItem|BatchGetItem)$/.test(command))
        bill.readUnits +=
          Math.max(1, Math.ceil(answer.length / 4096)) * (input.includes('"ConsistentRead":true') ? 1 : 0.5);
      return { statusCode: 200, body: Buffer.from(answer) };
    } catch (error) {
      const { name, message, ...rest } = error as Error & Record<string, unknown>;
      const body = { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message, ...rest };
      return { statusCode: 400, body: Buffer.from(JSON.stringify(body)) };
    }
  }

  /** By when a question of this kind has its turn. */
  const turns = new Map<string, number>();
  function sns(run: Run, command: Command): Promise<unknown> {
    const name = command.constructor.name.replace(/Command$/, '');
    count(`SNS ${name}`);
    const wait = (from: number): number => {
      if (name === 'Publish') return LATENCY_MS.sns;
      const turn = Math.max(turns.get(name) ?? 0, from);
      turns.set(name, turn + 1000 / QUESTIONS_A_SECOND);
      most.snsWaitMs = Math.max(most.snsWaitMs, turn - from);
      return turn - from + LATENCY_MS.sns;
    };
    return call(run, wait, () => topic.execute(command));
  }

  function sqs(run: Run, command: Command): Promise<unknown> {
    count('SQS SendMessageBatch');
    return call(
      run,
      () => LATENCY_MS.sqs,
      () => {
        const { QueueUrl, Entries = [] } = command.input as SendMessageBatchCommandInput;
        const queue = queues[QueueUrl as keyof typeof queues];
        for (const { MessageBody = '' } of Entries) queue.messages.push({ id: String(order++), body: MessageBody });
        most.queued = Math.max(most.queued, queues.evaluate.messages.length + queues.notify.messages.length);
        at(now + LATENCY_MS.queue, () => handOver(queue));
        return {};
      },
    );
  }

  function count(what: string): void {
    bill.calls[what] = (bill.calls[what] ?? 0) + 1;
  }

  // ---- who calls functions

  interface Queue {
    readonly name: keyof typeof AT_ONCE;
    readonly messages: { readonly id: string; readonly body: string }[];
    running: number;
  }
  const queues: Record<keyof typeof AT_ONCE, Queue> = {
    evaluate: { name: 'evaluate', messages: [], running: 0 },
    notify: { name: 'notify', messages: [], running: 0 },
  };

  function handOver(queue: Queue): void {
    while (queue.running < AT_ONCE[queue.name] && queue.messages.length > 0) {
      const batch = queue.messages.splice(0, QUEUE_BATCH);
      queue.running++;
      count('SQS ReceiveMessage');
      const Records = batch.map(({ id, body }) => ({ messageId: id, body, eventSource: 'aws:sqs' }));
      begin(queue.name, { Records }, ({ answer, failed }) => {
        queue.running--;
        const ids = batch.map(({ id }) => id);
        const left = failedMessages(batchAnswer(answer, failed), ids);
        if (left.length < batch.length) count('SQS DeleteMessageBatch');
        for (const id of left) faults.push(`${queue.name} left message ${id}`);
        handOver(queue);
      });
    }
  }

  const alerts = store.shards.filter(({ table }) => table === 'alerts');
  const reading = new Set<Shard>();
  const isNotice = ({ eventName, keys }: ChangeRecord): boolean =>
    eventName === 'INSERT' && keys.sk.startsWith(NOTICE_PREFIX);
  const onStream = (): number => alerts.reduce((sum, { records: waiting }) => sum + waiting.filter(isNotice).length, 0);

  /** Reads a shard for `notify` as long as there is something on it. */
  function read(shard: Shard): void {
    const kept = shard.records.filter(isNotice);
    shard.records.splice(0, shard.records.length, ...kept);
    if (kept.length === 0) {
      reading.delete(shard);
      return;
    }
    reading.add(shard);
    const batch = shard.records.splice(0, STREAM_BATCH);
    const numbers = batch.map(({ sequenceNumber }) => sequenceNumber);
    const Records = batch.map(({ keys, sequenceNumber }) => ({
      ...{ eventID: sequenceNumber, eventName: 'INSERT', eventSource: 'aws:dynamodb' },
      dynamodb: { Keys: { pk: { S: keys.pk }, sk: { S: keys.sk } }, SequenceNumber: sequenceNumber },
    }));
    begin('notify', { Records }, ({ answer, failed }) => {
      const outcome = judgeBatch(batchAnswer(answer, failed), numbers);
      if (outcome.outcome === 'failed') faults.push('notify failed a whole batch');
      if (outcome.outcome === 'retryFrom') shard.records.unshift(...batch.slice(outcome.index));
      read(shard);
    });
  }

  function watchStream(): void {
    most.onStream = Math.max(most.onStream, onStream());
    for (const shard of alerts)
      if (!reading.has(shard) && shard.records.some(isNotice)) {
        reading.add(shard);
        at(now + LATENCY_MS.stream, () => read(shard));
      }
  }

  const isLeft = (): boolean =>
    running > 0 || queues.evaluate.messages.length + queues.notify.messages.length > 0 || onStream() > 0;
  /** The hourly runs, until one that began when nothing was left has had its hour: it says whether anything was forgotten. */
  function hour(isLast: boolean): void {
    for (const name of ['seed', 'evaluate', 'notify'] as const) begin(name, HOURLY_EVENT, () => {});
    if (!isLast) at(now + HOUR_MS, () => hour(!isLeft()));
  }

  const leave = enter(
    () => now,
    (work, ms) => {
      if (!computing) throw new Error('somebody pauses who does not compute');
      void call(computing.run, () => ms, work);
    },
  );
  try {
    hour(false);
    for (let event = events.shift(); event; event = events.shift()) {
      for (; minutes.length * 60_000 <= event.at && minutes.length <= 24 * 60; )
        minutes.push({
          ...{ minute: minutes.length, judged: judged.size, told: told.size, onStream: onStream() },
          queued: queues.evaluate.messages.length + queues.notify.messages.length,
        });
      now = event.at;
      await event.work();
      watchStream();
    }
  } finally {
    leave();
  }

  // ---- what came of it

  const whole = { client: { send: async (command: Command) => store.execute(command) }, tables: store.tables };
  const client = whole.client as unknown as DynamoDBClient;
  const later = new Date(MORNING.getTime() + HOUR_MS);
  for (const index of ['due', 'unsent'] as const)
    for (const { pk } of await scanWaiting(client, 'alerts', index, later)) faults.push(`${pk?.S} is still ${index}`);
  if (judged.size !== authorities) faults.push(`${judged.size} of ${authorities} were judged`);
  for (const [authority, times] of judged)
    if (times.length > 1) faults.push(`${authority} was judged ${times.length} times`);
  for (const [authority, number] of noticed) {
    const times = told.get(`${authority} ${number}`)?.length ?? 0;
    if (times !== 1) faults.push(`notice ${number} of ${authority} was sent ${times} times`);
  }
  if (noticed.size !== authorities || told.size !== authorities)
    faults.push(`${noticed.size} notices were written and ${told.size} sent, of ${authorities}`);
  const first = (times: Map<string, number[]>): number[] => [...times.values()].map(([time = 0]) => time);
  return {
    authorities,
    heard,
    addresses: addressesOf(authorities, heard),
    ...{ judgedAt: first(judged), toldAt: first(told), mailedAt: mailFree, faults, minutes, most, bill },
    evaluate: { perAuthorityMs: msOf.evaluate / authorities, cpuMs: cpuOf.evaluate / authorities },
    notify: { perNoticeMs: msOf.notify / authorities, cpuMs: cpuOf.notify / authorities },
    usd: costOf(bill),
  };
}

/** What Lambda adds to each line that is logged, and what Powertools does: about so many bytes. */
const LOGGED_BESIDE = 250;
/** Bytes of Lambda's own three lines for an invocation. */
const LOGGED_BY_LAMBDA = 1200;

/** A function's answer to a batch, as Lambda reads it. */
const batchAnswer = (payload: unknown, failed: boolean): BatchAnswer => ({
  payload,
  ...(failed ? { functionError: 'Unhandled' as const } : {}),
});

const sizeOf = (item: object | undefined): number => JSON.stringify(item ?? '').length;

function push<Key>(map: Map<Key, number[]>, key: Key, value: number): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}

/** The process's own time and pauses are those of the morning until what is returned is called. */
function enter(now: () => number, pause: (work: () => void, ms: number) => void): () => void {
  const own = { setTimeout: globalThis.setTimeout, now: performance.now };
  globalThis.setTimeout = ((work: () => void, ms = 0) => pause(work, ms)) as never;
  performance.now = now;
  return () => {
    globalThis.setTimeout = own.setTimeout;
    performance.now = own.now;
  };
}

function costOf(bill: Bill): Record<string, number> {
  const { prices } = PRICE_LIST;
  const of = (service: string): number =>
    Object.entries(bill.calls).reduce((sum, [name, calls]) => sum + (name.startsWith(service) ? calls : 0), 0);
  return {
    Lambda: bill.gigabyteSeconds * prices.lambdaGbSecondArm.value + bill.invocations * prices.lambdaRequest.value,
    'DynamoDB reads': bill.readUnits * prices.dynamodbReadUnit.value,
    'DynamoDB writes': bill.writeUnits * prices.dynamodbWriteUnit.value,
    SQS: of('SQS') * prices.sqsRequest.value,
    'SNS and e-mail': of('SNS Publish') * prices.snsPublish.value + bill.mails * prices.snsEmail.value,
    Logs: ((bill.logBytes + bill.invocations * LOGGED_BY_LAMBDA) / 1e9) * prices.logGbIngested.value,
  };
}
