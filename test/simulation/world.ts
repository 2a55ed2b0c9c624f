import {
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
  type TransactWriteItemsCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SendMessageBatchCommandInput, SQSClient } from '@aws-sdk/client-sqs';
import type { Context } from 'aws-lambda';
import type { Notice } from '../../functions/domain/notice-contents.ts';
import { HOURLY_EVENT } from '../../functions/runtime/events.ts';
import type { Database } from '../../functions/store/database.ts';
import { EVALUATED_PREFIXES, NOTICE_PREFIX, type TableName } from '../../functions/store/keys.ts';
import { failedMessages, judgeBatch } from '../../local/batch-response.ts';
import { type FunctionName, type Handler, startFunction } from './lambdas.ts';
import { createMailTopic, type Letter, type MailTopic } from './mail-topic.ts';
import {
  type ChangeRecord,
  type Command,
  createMemoryStore,
  type MemoryStore,
  type Shard,
  type Write,
} from './memory-store.ts';
import type { Random } from './random.ts';

/**
 * The service with all that it runs on, in one process and in no time of its own: functions as they are deployed, the store,
 * streams, mail, the hourly schedule and one clock. Nothing happens by itself. Whatever could happen next waits (a call
 * that a function made, a batch of a stream, an event, a pause), and the scheduler lets one of it go, or fail. So a
 * seed is a history, and the same seed is the same history.
 */

/** How likely each call of a function goes wrong, and how. */
export interface Faults {
  /** The process ends before the call, or after it and before its answer. */
  readonly kill: number;
  /** Done, and the answer does not come: after its attempts the client gives up. */
  readonly lost: number;
  /** Done, the answer is lost, and the client sends it again. */
  readonly repeated: number;
  /** Not done: too many at once. */
  readonly throttled: number;
  /** A transaction meets another one. */
  readonly conflict: number;
  /** An event or a batch is delivered once more. */
  readonly doubled: number;
  /** A running copy of a function has a clock that is minutes behind. */
  readonly clockBehind: number;
  /** How many of the latest writes a read may not see that may lag. */
  readonly lag: number;
}

export const NO_FAULTS: Faults = {
  ...{ kill: 0, lost: 0, repeated: 0, throttled: 0, conflict: 0, doubled: 0, clockBehind: 0, lag: 0 },
};

/** What a function's answer to an event came to. */
export interface Outcome {
  readonly answer?: unknown;
  /** Why there is none. */
  readonly failed?: 'killed' | 'error';
}

interface Invocation {
  readonly name: FunctionName;
  readonly copy: Copy;
  readonly startedAt: number;
  readonly done: (outcome: Outcome) => void;
  /** How many of its calls wait. */
  waiting: number;
  over: boolean;
  /** Whether anything went wrong for it on purpose. */
  disturbed: boolean;
}

/** A running copy of a function: one invocation at a time, as on Lambda. */
interface Copy {
  readonly name: FunctionName;
  handler: Handler;
  invocation: Invocation | undefined;
  dead: boolean;
}

interface Call {
  readonly invocation: Invocation;
  readonly service: 'store' | 'mail' | 'queue';
  readonly command: Command;
  readonly resolve: (output: object) => void;
  readonly reject: (error: unknown) => void;
}

interface Timer {
  readonly at: number;
  readonly wake: () => void;
}

interface AsyncEvent {
  readonly name: FunctionName;
  readonly event: object;
  readonly attempts: number;
}

/** Reads a shard for a function, as Lambda's event source mapping does. */
interface Mapping {
  readonly shard: Shard;
  readonly name: FunctionName;
  readonly matches: (record: ChangeRecord) => boolean;
  readonly batchSize: number;
  parts: { readonly records: readonly ChangeRecord[]; readonly attempts: number }[];
  running: boolean;
}

/** What waits to be handed to a function, as Lambda's event source mapping of a queue does. */
interface Queue {
  readonly name: FunctionName;
  readonly most: number;
  readonly messages: Message[];
  running: number;
}

interface Message {
  readonly id: string;
  readonly body: string;
  visibleAt: number;
  receives: number;
}

/** As `lib/work-queue.ts` has it. */
const QUEUE = { batchSize: 10, receives: 5, hiddenMs: 30 * 60_000 } as const;
/** How many invocations there may be of each queue. */
const QUEUES = { evaluate: 4, notify: 2 } as const;
/** Of two copies of a function, one leaves more than this many subjects to the queue. */
const FEW = 1;

/** How far behind a clock may be. */
export const MOST_BEHIND_MS = 10 * 60_000;
const MAX_RETRIES = 10;
const MAX_RECORD_AGE_MS = 3_600_000;
const HOUR_MS = 3_600_000;
const TIMEOUT_MS: Record<FunctionName, number> = {
  ...{ submit: 10_000, query: 10_000, manage: 20_000, dashboard: 10_000 },
  ...{ evaluate: 300_000, notify: 300_000, seed: 60_000 },
};

/** Which changes which function hears of: as `lib/stack.ts` has it. */
const MAPPINGS = {
  baselines: { name: 'evaluate', prefixes: EVALUATED_PREFIXES.baselines, changes: undefined, batchSize: 100 },
  submissions: { name: 'evaluate', prefixes: EVALUATED_PREFIXES.submissions, changes: undefined, batchSize: 100 },
  alerts: { name: 'notify', prefixes: [NOTICE_PREFIX], changes: ['INSERT'], batchSize: 10 },
} as const;

/** The run of a function that a write or a mail is of. */
export interface Running {
  readonly name: FunctionName;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

export interface WorldOptions {
  readonly startAt: number;
  readonly faults: Faults;
  /** The draws of the step that is being taken. */
  readonly random: () => Random;
  readonly shardsPerTable: number;
  readonly onWrites: (writes: readonly Write[], by: Running | undefined) => void;
  readonly onPublish: (notice: Notice, addresses: readonly string[], by: Running | undefined) => void;
  readonly onAddressed: (
    recipient: string,
    addresses: readonly string[],
    letter: Letter,
    by: Running | undefined,
  ) => void;
  /** Hears of an error that nothing on purpose explains. */
  readonly onError: (name: FunctionName, fields: unknown) => void;
  readonly inspections: () => readonly unknown[];
}

export interface World {
  readonly store: MemoryStore;
  readonly topic: MailTopic;
  readonly now: number;
  /** What can happen next. */
  readonly waiting: {
    readonly calls: number;
    readonly timers: number;
    readonly events: number;
    readonly batches: number;
    readonly running: number;
  };
  /** Calls a function and gives what came of it. */
  invoke(name: FunctionName, event: object): Promise<Outcome>;
  /** Hands an event to a function without waiting for it; tried again twice. */
  send(name: FunctionName, event: object): void;
  /** A pause of somebody in this world. */
  sleep(ms: number): Promise<void>;
  /** Lets one of the calls that wait go, or go wrong. */
  stepCall(): void;
  stepTimer(): void;
  stepEvent(): void;
  stepBatch(): void;
  /** Lets time pass. Functions that have run too long by then are ended, and the hours that pass call the hourly runs. */
  pass(ms: number): void;
  /** From now on nothing goes wrong. */
  calm(): void;
  /** Waits until nothing goes on by itself any more. */
  quiet(): Promise<void>;
  /** Whether the call that is being made had to do with a fault. */
  readonly givenUp: number;
}

export function createWorld(options: WorldOptions): World {
  const { random, onWrites, onPublish, onError } = options;
  let { faults } = options;
  let now = options.startAt;
  let nextHour = Math.ceil(now / HOUR_MS) * HOUR_MS;
  let calling: Invocation | undefined;
  let made = 0;
  let givenUp = 0;
  const calls: Call[] = [];
  const timers: Timer[] = [];
  const events: AsyncEvent[] = [];
  const live = new Set<Invocation>();
  const idle = new Map<FunctionName, Copy[]>();

  const store = createMemoryStore({
    now: () => now,
    lag: () => (faults.lag > 0 ? random().below(faults.lag + 1) : 0),
    onWrites: (writes) => onWrites(writes, calling),
    shardsPerTable: options.shardsPerTable,
  });
  const topic = createMailTopic({
    now: () => now,
    policyDelay: () => (faults.lag > 0 ? random().below(15 * 60_000) : 0),
    onPublish: (notice, addresses) => onPublish(notice, addresses, calling),
    onAddressed: (recipient, addresses, letter) => options.onAddressed(recipient, addresses, letter, calling),
  });
  const mappings = store.shards.flatMap((shard): Mapping[] => {
    if (!(shard.table in MAPPINGS)) return [];
    const { name, prefixes, changes, batchSize } = MAPPINGS[shard.table as keyof typeof MAPPINGS];
    const matches = ({ keys, eventName }: ChangeRecord): boolean =>
      prefixes.some((prefix) => keys.sk.startsWith(prefix)) &&
      (changes === undefined || (changes as readonly string[]).includes(eventName));
    return [{ shard, name, matches, batchSize, parts: [], running: false }];
  });

  const queues = Object.entries(QUEUES).map(
    ([name, most]): Queue => ({ name: name as FunctionName, most, messages: [], running: 0 }),
  );

  // ---- functions

  function start(name: FunctionName): Copy {
    const behind = random().chance(faults.clockBehind) ? random().below(MOST_BEHIND_MS) : 0;
    const copy: Copy = { name, handler: async () => undefined, invocation: undefined, dead: false };
    const client = (service: Call['service']) => ({
      send: (command: Command): Promise<object> =>
        new Promise((resolve, reject) => {
          const { invocation } = copy;
          if (copy.dead || !invocation) return;
          invocation.waiting++;
          calls.push({ invocation, service, command: named(command), resolve, reject });
        }),
    });
    copy.handler = startFunction(name, {
      database: { client: client('store'), tables: store.tables } as unknown as Database<TableName>,
      sns: client('mail') as unknown as SNSClient,
      topicArn: topic.arn,
      sqs: client('queue') as unknown as SQSClient,
      mostByItself: made % 2 === 0 ? FEW : undefined,
      now: () => new Date(now - (faults.clockBehind > 0 ? behind : 0)),
      onLog(level, _message, fields) {
        const { failure } = (fields ?? {}) as { failure?: { name: string } };
        // Others were faster each time: it is tried again, and meant to be.
        if (level !== 'error' || !failure || failure.name === 'OvertakenError') return;
        if (copy.invocation && !copy.invocation.disturbed) onError(name, failure);
      },
      onSeeded() {},
      inspections: options.inspections,
    });
    return copy;
  }

  /** The SDK gives each transaction a token, by which a repeat of it is known. */
  function named(command: Command): Command {
    if (command.constructor.name !== 'TransactWriteItemsCommand') return command;
    return { constructor: command.constructor, input: { ...command.input, ClientRequestToken: `token-${++made}` } };
  }

  function begin(name: FunctionName, event: object, done: (outcome: Outcome) => void): void {
    const copy = idle.get(name)?.pop() ?? start(name);
    const invocation: Invocation = {
      ...{ name, copy, startedAt: now, done },
      ...{ waiting: 0, over: false, disturbed: false },
    };
    copy.invocation = invocation;
    live.add(invocation);
    const timeout = TIMEOUT_MS[name];
    const context = {
      awsRequestId: `request-${++made}`,
      // middy would set a real timer by it; only the hourly runs look at it themselves.
      ...(name === 'evaluate' || name === 'notify'
        ? { getRemainingTimeInMillis: () => timeout - (now - invocation.startedAt) }
        : {}),
    };
    const end = (outcome: Outcome): void => {
      if (invocation.over) return;
      invocation.over = true;
      live.delete(invocation);
      copy.invocation = undefined;
      const others = idle.get(name) ?? [];
      idle.set(name, [...others, copy]);
      done(outcome);
    };
    copy.handler(event, context as Context).then(
      (answer) => end({ answer }),
      (error) => {
        // An hourly run has said of each why it failed, and says in the end that some did.
        if (!invocation.over && !invocation.disturbed && !/could not be (evaluated|sent)/.test(error.message))
          onError(name, error);
        end({ failed: 'error' });
      },
    );
  }

  /** Ends a process: whatever it waited for never comes. */
  function kill(invocation: Invocation): void {
    if (invocation.over) return;
    invocation.over = true;
    invocation.copy.dead = true;
    live.delete(invocation);
    for (let at = calls.length - 1; at >= 0; at--) if (calls[at]?.invocation === invocation) calls.splice(at, 1);
    invocation.done({ failed: 'killed' });
  }

  // ---- what goes wrong with a call

  function execute({ service, command, invocation }: Call): object {
    calling = invocation;
    try {
      if (service === 'queue') return enqueue(command.input as SendMessageBatchCommandInput);
      return service === 'store' ? store.execute(command) : topic.execute(command);
    } finally {
      calling = undefined;
    }
  }

  function settle(call: Call): void {
    let output: object;
    try {
      output = execute(call);
    } catch (error) {
      if (isBroken(error)) throw error;
      call.reject(error);
      return;
    }
    call.resolve(partial(call, output));
  }

  /** A batch of messages may be taken in part. */
  function enqueue({ QueueUrl, Entries = [] }: SendMessageBatchCommandInput): object {
    const queue = queues.find(({ name }) => name === QueueUrl);
    if (!queue || Entries.length === 0 || Entries.length > QUEUE.batchSize) throw new Error('SQS would refuse this');
    const isTaken = Entries.map(() => !random().chance(faults.throttled));
    if (calling && isTaken.includes(false)) calling.disturbed = true;
    for (const [at, { MessageBody = '' }] of Entries.entries())
      if (isTaken[at]) queue.messages.push({ id: `message-${++made}`, body: MessageBody, visibleAt: now, receives: 0 });
    return {
      Successful: Entries.filter((_, at) => isTaken[at]).map(({ Id }) => ({ Id })),
      Failed: Entries.filter((_, at) => !isTaken[at]).map(({ Id }) => ({ Id, Code: 'InternalError' })),
    };
  }

  /** A batch of reads may be answered in part. */
  function partial({ command }: Call, output: object): object {
    const answer = output as { Responses?: Record<string, object[]>; UnprocessedKeys?: Record<string, unknown> };
    const [table, keys] = Object.entries(
      (command.input as { RequestItems?: Record<string, { Keys: object[] }> }).RequestItems ?? {},
    )[0] ?? ['', undefined];
    if (!keys || keys.Keys.length < 2 || !random().chance(faults.throttled)) return output;
    const [first = {}, ...rest] = keys.Keys as Record<string, { S: string }>[];
    const isFirst = (item: object) => (item as typeof first).sk?.S === first.sk?.S;
    return {
      ...answer,
      Responses: { [table]: (answer.Responses?.[table] ?? []).filter(isFirst) },
      UnprocessedKeys: { [table]: { ...keys, Keys: rest } },
    };
  }

  function failing(): Error {
    return Object.assign(new Error('socket hang up'), { name: 'TimeoutError', $metadata: {} });
  }

  type Fate = 'killed before' | 'killed after' | keyof Pick<Faults, 'lost' | 'repeated' | 'throttled' | 'conflict'>;

  /** What becomes of a call; undefined where it goes as it should. */
  function fateOf({ command }: Call): Fate | undefined {
    const fates: readonly (readonly [Fate, number])[] = [
      ['killed before', faults.kill / 2],
      ['killed after', faults.kill / 2],
      ['lost', faults.lost],
      ['repeated', faults.repeated],
      ['throttled', faults.throttled],
      ['conflict', command.constructor.name === 'TransactWriteItemsCommand' ? faults.conflict : 0],
    ];
    let draw = random().next();
    for (const [fate, probability] of fates) {
      draw -= probability;
      if (draw < 0) return fate;
    }
    return undefined;
  }

  function go(call: Call): void {
    const { invocation, command } = call;
    const fate = fateOf(call);
    invocation.waiting--;
    invocation.disturbed ||= fate !== undefined;
    if (fate === 'killed after' || fate === 'lost' || fate === 'repeated') attempt(call);
    if (fate === 'killed before' || fate === 'killed after') kill(invocation);
    else if (fate === 'lost') call.reject(failing());
    else if (fate === 'throttled')
      call.reject(new ProvisionedThroughputExceededException({ message: 'too many', $metadata: {} }));
    else if (fate === 'conflict') {
      const { TransactItems = [] } = command.input as TransactWriteItemsCommandInput;
      const CancellationReasons = TransactItems.map((_, at) => ({ Code: at === 0 ? 'TransactionConflict' : 'None' }));
      call.reject(new TransactionCanceledException({ message: 'conflict', CancellationReasons, $metadata: {} }));
    } else settle(call);
  }

  /** Does what a call asks for, with nobody to hear what came of it. */
  function attempt(call: Call): void {
    try {
      execute(call);
    } catch (error) {
      if (isBroken(error)) throw error;
    }
  }

  // ---- events

  function deliver(mapping: Mapping): void {
    if (mapping.parts.length === 0) {
      const records: ChangeRecord[] = [];
      const most = 1 + random().below(mapping.batchSize);
      const { records: waiting } = mapping.shard;
      while (waiting.length > 0 && records.length < most) {
        const record = waiting.shift() as ChangeRecord;
        if (mapping.matches(record)) records.push(record);
      }
      if (records.length === 0) return;
      mapping.parts = [{ records, attempts: 0 }];
    }
    const [part] = mapping.parts;
    if (!part) return;
    const young = part.records.filter(({ at }) => now - at <= MAX_RECORD_AGE_MS);
    givenUp += part.records.length - young.length;
    if (young.length === 0) {
      mapping.parts.shift();
      return;
    }
    const { attempts } = part;
    mapping.running = true;
    const Records = young.map(({ eventName, keys, sequenceNumber }) => ({
      ...{ eventID: sequenceNumber, eventName, eventSource: 'aws:dynamodb' },
      dynamodb: { Keys: { pk: { S: keys.pk }, sk: { S: keys.sk } }, SequenceNumber: sequenceNumber },
    }));
    begin(mapping.name, { Records }, (outcome) => {
      mapping.running = false;
      mapping.parts.shift();
      const judged = judgeBatch(
        outcome.failed
          ? ({ functionError: 'Unhandled' } as never)
          : ({ payload: outcome.answer, functionError: undefined } as never),
        young.map(({ sequenceNumber }) => sequenceNumber),
      );
      if (judged.outcome === 'success') {
        if (random().chance(faults.doubled)) mapping.parts.unshift({ records: young, attempts: MAX_RETRIES });
      } else if (judged.outcome === 'retryFrom' && judged.index > 0)
        mapping.parts.unshift({ records: young.slice(judged.index), attempts: 0 });
      else if (judged.outcome === 'failed' && young.length > 1) {
        const middle = Math.ceil(young.length / 2);
        mapping.parts.unshift(
          { records: young.slice(0, middle), attempts },
          { records: young.slice(middle), attempts },
        );
      } else if (attempts + 1 > MAX_RETRIES) givenUp += young.length;
      else mapping.parts.unshift({ records: young, attempts: attempts + 1 });
    });
  }

  const readyMappings = (): Mapping[] =>
    mappings.filter(({ running, parts, shard }) => !running && (parts.length > 0 || shard.records.length > 0));

  const visibleIn = ({ messages }: Queue): Message[] => messages.filter(({ visibleAt }) => visibleAt <= now);
  const readyQueues = (): Queue[] =>
    queues.filter((queue) => queue.running < queue.most && visibleIn(queue).length > 0);

  /** Standard queues keep no order, and may hand a message over twice. */
  function handOver(queue: Queue): void {
    const batch: Message[] = [];
    const most = 1 + random().below(QUEUE.batchSize);
    for (const message of visibleIn(queue)) {
      if (batch.length === most) break;
      if (message.receives >= QUEUE.receives) {
        queue.messages.splice(queue.messages.indexOf(message), 1);
        givenUp++;
        continue;
      }
      message.receives++;
      message.visibleAt = random().chance(faults.doubled) ? now : now + QUEUE.hiddenMs;
      batch.push(message);
    }
    if (batch.length === 0) return;
    queue.running++;
    const Records = batch.map(({ id, body }) => ({ messageId: id, body, eventSource: 'aws:sqs' }));
    begin(queue.name, { Records }, (outcome) => {
      queue.running--;
      const ids = batch.map(({ id }) => id);
      const failed = failedMessages(
        { payload: outcome.answer, functionError: outcome.failed && 'Unhandled' } as never,
        ids,
      );
      for (const message of batch)
        if (!failed.includes(message.id) && queue.messages.includes(message))
          queue.messages.splice(queue.messages.indexOf(message), 1);
    });
  }

  function deliverEvent(): void {
    const at = random().below(events.length);
    const [event] = events.splice(at, 1);
    if (!event) return;
    if (random().chance(faults.doubled)) events.push({ ...event, attempts: 2 });
    begin(event.name, event.event, ({ failed }) => {
      if (failed && event.attempts < 2) events.push({ ...event, attempts: event.attempts + 1 });
    });
  }

  const world: World = {
    store,
    topic,
    get now() {
      return now;
    },
    get waiting() {
      return {
        ...{ calls: calls.length, timers: timers.length, events: events.length },
        ...{ batches: readyMappings().length + readyQueues().length, running: live.size },
      };
    },
    get givenUp() {
      return givenUp;
    },
    invoke: (name, event) => new Promise((resolve) => begin(name, event, resolve)),
    send: (name, event) => void events.push({ name, event, attempts: 0 }),
    sleep: (ms) => new Promise((resolve) => void timers.push({ at: now + ms, wake: resolve })),
    stepCall() {
      const at = random().below(calls.length);
      const [call] = calls.splice(at, 1);
      if (call) go(call);
    },
    stepTimer() {
      let next = 0;
      for (let at = 1; at < timers.length; at++) if ((timers[at] as Timer).at < (timers[next] as Timer).at) next = at;
      const [timer] = timers.splice(next, 1);
      if (!timer) return;
      if (timer.at > now) world.pass(timer.at - now);
      timer.wake();
    },
    stepEvent: deliverEvent,
    stepBatch() {
      const ready = [...readyMappings(), ...readyQueues()];
      if (ready.length === 0) return;
      const next = random().pick(ready);
      if ('shard' in next) deliver(next);
      else handOver(next);
    },
    pass(ms) {
      now += ms;
      for (const invocation of [...live])
        if (now - invocation.startedAt >= TIMEOUT_MS[invocation.name]) kill(invocation);
      if (now < nextHour) return;
      nextHour = (Math.floor(now / HOUR_MS) + 1) * HOUR_MS;
      for (const name of ['seed', 'evaluate', 'notify'] as const) world.send(name, HOURLY_EVENT);
    },
    calm() {
      faults = NO_FAULTS;
      idle.clear();
    },
    async quiet() {
      // Promises alone carry what was let go on to its next call. What loads a module takes a moment longer.
      do await new Promise((resolve) => setImmediate(resolve));
      while (timers.length === 0 && [...live].some(({ waiting, over }) => waiting === 0 && !over));
    },
  };
  return world;
}

/** A promise of the service does not hold. The name says which, the message how. */
export class BrokenPromise extends Error {
  readonly promise: string;
  constructor(promise: string, what: string) {
    super(`${promise}: ${what}`);
    this.promise = promise;
  }
}

const isBroken = (error: unknown): boolean => error instanceof BrokenPromise;
