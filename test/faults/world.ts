import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import { SCOPES } from '../../functions/domain/access.ts';
import type { Notice } from '../../functions/domain/notice-contents.ts';
import { reconcile } from '../../functions/domain/reconcile.ts';
import type { Month } from '../../functions/domain/submission.ts';
import { loadInspection } from '../../functions/services/inspections.ts';
import { createToken } from '../../functions/store/access.ts';
import { readBoard } from '../../functions/store/boards.ts';
import { readNotices } from '../../functions/store/notices.ts';
import { readRecord } from '../../functions/store/records.ts';
import { readMonths, readRevisions } from '../../functions/store/submissions.ts';
import { createApp } from '../../lib/app.ts';
import type { LogLine } from '../../local/function-log.ts';
import type { AwsCall, Intercept } from '../../local/gateway.ts';
import { type Instance, startInstance } from '../../local/instance.ts';
import { databaseOf } from '../../local/launch.ts';
import bankHolidays from '../../seed/calendar/bank-holidays.json' with { type: 'json' };
import { aMetric, anAction, anInspection } from '../support/build.ts';

/** What the token of these tests is called. */
export const LABEL = 'fault suite';
/** When nothing else is said, it is a month after the last one that is told of here. */
export const CLOCK = '2011-05-06T09:00:00Z';

/**
 * The stack, synthesized as it is deployed, but for the second in which evaluate waits for more, as hundreds of cases would wait,
 * and with somebody who is mailed of every authority: there is one for each case.
 */
export function writeAssembly(directory: string): string {
  const outdir = join(directory, 'cdk.out');
  createApp({ outdir, context: { retain: false, operations: 'full', queues: true } }).synth();
  const path = join(outdir, 'InspectionMonitor.template.json');
  const template = JSON.parse(readFileSync(path, 'utf8'));
  for (const { Type, Properties } of Object.values<{ Type: string; Properties: Record<string, unknown> }>(
    template.Resources,
  ))
    if (Type === 'AWS::Lambda::EventSourceMapping' && Properties.StartingPosition)
      Properties.MaximumBatchingWindowInSeconds = 0;
  const topic = Object.keys(template.Resources).find((id) => id.startsWith('AlertsTopic'));
  template.Resources.Everybody = {
    Type: 'AWS::SNS::Subscription',
    Properties: { Protocol: 'email', Endpoint: 'director@example.org', TopicArn: { Ref: topic } },
  };
  writeFileSync(path, JSON.stringify(template));
  return outdir;
}

export type Database = ReturnType<typeof databaseOf>;

/** One running service with everything that a test does to it and asks of it. */
export interface World {
  readonly instance: Instance;
  readonly database: Database;
  readonly token: string;
  /** Where the synthesized stack and the data are. */
  readonly assembly: string;
  readonly dataDir: string;
  readonly log: readonly LogLine[];
  /** What was published and not refused: how often, by `authority number`. */
  readonly published: Map<string, number>;
  /** What happens to calls of functions; undefined lets all pass. */
  fault: Intercept | undefined;
  /** Loads an inspection with one metric, whose standard is 80%, and waits until it has been judged. */
  load(authority: string): Promise<void>;
  /** Asks for a path of the service and, like a patient client, goes on until it has answered. */
  ask(path: string, init?: RequestInit): Promise<Answered>;
  /** Submits a month and, like a patient client, goes on until the service has answered that it has it. */
  submit(authority: string, period: string, numerator: number, denominator: number): Promise<Month>;
  /** Lets so much time go by for the service, at once. */
  wait(ms: number): void;
  /** How many messages wait, by dead-letter queue; an empty queue is not named. */
  deadLetters(): Promise<Record<string, number>>;
  stop(): Promise<void>;
  start(clock?: string): Promise<void>;
  /** Ends the instance and starts it again on the same data. */
  restart(clock?: string): Promise<void>;
  remove(): Promise<void>;
}

const A_CENTURY_S = 100 * 366 * 24 * 3600;

export async function startWorld(clock = CLOCK): Promise<World> {
  const dataDir = mkdtempSync(join(tmpdir(), 'faults-'));
  const assembly = writeAssembly(dataDir);
  const published = new Map<string, number>();
  const log: LogLine[] = [];
  let fault: Intercept | undefined;
  /** What the service's clock is ahead of this machine's by. */
  let ahead = 0;
  const startAt = (at: string) => {
    ahead = Date.parse(at) - Date.now();
    return startInstance({
      assembly,
      dataDir,
      clock: at,
      onLog: (line) => log.push(line),
      async intercept(call, forward) {
        const passed = async () => {
          const reply = await forward();
          // What is addressed is no notice.
          if (call.operation === 'Publish' && reply.status === 200 && !isAddressed(call)) {
            const key = noticeIn(call);
            published.set(key, (published.get(key) ?? 0) + 1);
          }
          return reply;
        };
        return fault && call.functionId !== 'local' ? fault(call, passed) : passed();
      },
    });
  };
  let instance = await startAt(clock);
  let database = databaseOf(instance);
  const token = await createToken(database, {
    scopes: [...SCOPES],
    authority: '*',
    label: LABEL,
    expires: Math.floor(Date.now() / 1000) + A_CENTURY_S,
  });

  const start = async (at: string) => {
    instance = await startAt(at);
    database = databaseOf(instance);
  };

  return {
    get instance() {
      return instance;
    },
    get database() {
      return database;
    },
    token,
    assembly,
    dataDir,
    log,
    published,
    get fault() {
      return fault;
    },
    set fault(next) {
      fault = next;
    },
    async load(authority) {
      await loadInspection(database, inspectionOf(authority));
      await instance.idle();
    },
    ask: async (path, init) => (await answerTo(() => `${instance.api}${path}`, init)) as Answered,
    async submit(authority, period, numerator, denominator) {
      const figure = { numerator, denominator };
      return (await submitUntilAccepted(() => instance.api, token, authority, period, figure)) as Month;
    },
    wait(ms) {
      ahead += ms;
      instance.moveClock(new Date(Date.now() + ahead).toISOString());
    },
    async deadLetters() {
      const sqs = new SQSClient({ ...client(instance), endpoint: instance.endpoints.sqs });
      const waiting: Record<string, number> = {};
      for (const [id, QueueUrl] of Object.entries(instance.resources.queues)) {
        const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
        const count = Number(Attributes?.ApproximateNumberOfMessages);
        if (count > 0) waiting[id.replace(/[0-9A-F]{8}$/, '')] = count;
      }
      return waiting;
    },
    stop: () => instance.stop(),
    start: (at = clock) => start(at),
    async restart(at = clock) {
      await instance.stop();
      await start(at);
    },
    async remove() {
      fault = undefined;
      await instance.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

const client = ({ region, credentials }: Instance) => ({ region, credentials });

/** A client for calls that are not a function's. */
export const dynamodbOf = (instance: Instance): DynamoDBClient =>
  new DynamoDBClient({ ...client(instance), endpoint: instance.endpoints.dynamodb });

/** Puts messages into the queue that an hourly run leaves work in, as it does. */
export async function enqueue({ instance }: Pick<World, 'instance'>, name: string, ...bodies: object[]): Promise<void> {
  const [, QueueUrl] = Object.entries(instance.resources.queues).find(([id]) => id.startsWith(`${name}Queue`)) ?? [];
  const Entries = bodies.map((body, at) => ({ Id: String(at), MessageBody: JSON.stringify(body) }));
  const sqs = new SQSClient({ ...client(instance), endpoint: instance.endpoints.sqs });
  await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
}

/** The logical id of the function with that name, such as `Submit`. */
export function functionOf({ instance }: Pick<World, 'instance'>, name: string): string {
  const found = Object.keys(instance.resources.functions).find((id) => id.startsWith(`${name}Function`));
  if (!found) throw new Error(`there is no function ${name}`);
  return found;
}

/** Whether a Publish is for one recipient alone, or for whoever runs the service. */
export function isAddressed(call: AwsCall): boolean {
  const { MessageStructure, Message } = call.input();
  return MessageStructure !== 'json' || !JSON.parse(String(Message)).sqs;
}

/** `authority number` of the notice that a Publish carries. */
export function noticeIn(call: AwsCall): string {
  const notice = JSON.parse(JSON.parse(String(call.input().Message)).sqs) as Notice;
  return `${notice.authority} ${notice.number}`;
}

export const METRIC = 'assessments-on-time';
export const ACTION = 'A1';

export function inspectionOf(authority: string) {
  const metric = aMetric({ id: METRIC, baseline: { kind: 'none', statement: 'None.' } });
  // Due long after the clock of any of this: nothing is found of it.
  return { ...anInspection(authority, metric), actions: [anAction(ACTION, '2012-04-22')] };
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * Asks until there is an answer: again where none came, after an error of the service or an outage, and where it was
 * too many at once. Undefined where it was `givenUp` before.
 */
async function answerTo(
  url: () => string,
  init: RequestInit = {},
  givenUp: () => boolean = () => false,
): Promise<Answered | undefined> {
  for (let attempt = 1; attempt <= 10_000; attempt++) {
    if (givenUp()) return undefined;
    try {
      const response = await fetch(url(), { redirect: 'manual', ...init });
      const { status, headers } = response;
      const text = await response.text();
      if (status < 500 && status !== 429) return { status, headers, text };
    } catch {
      // It was gone before it had answered.
    }
    await sleep(30);
  }
  throw new Error(`${url()} did not answer`);
}

/**
 * PUTs a month until the service says that it has it, with the revision it names where there is one already. Undefined
 * where it was `givenUp` before.
 */
export async function submitUntilAccepted(
  url: () => string,
  token: string,
  authority: string,
  period: string,
  figure: { readonly numerator: number; readonly denominator: number },
  givenUp: () => boolean = () => false,
): Promise<Month | undefined> {
  let ifMatch: string | undefined;
  for (;;) {
    const answered = await answerTo(
      () => `${url()}/v1/authorities/${authority}/submissions/${period}`,
      {
        method: 'PUT',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          ...(ifMatch ? { 'if-match': ifMatch } : {}),
        },
        body: JSON.stringify({ observations: { [METRIC]: figure } }),
      },
      givenUp,
    );
    if (!answered) return undefined;
    const { status, headers, text } = answered;
    if (status < 300) return JSON.parse(text) as Month;
    if (status !== 428 && status !== 412) throw new Error(`refused with ${status}: ${text}`);
    ifMatch = headers.get('etag') ?? undefined;
  }
}

/**
 * What must be so once all is quiet, whatever went wrong before: every accepted submission is there, the board is the
 * pure timeline of the record, and every notice was published. Returns the notices, oldest first, without their times.
 */
export async function verify(
  { database, published }: Pick<World, 'database' | 'published'>,
  authority: string,
  accepted: readonly Pick<Month, 'period' | 'revision' | 'observations'>[],
): Promise<readonly Omit<Notice, 'createdAt' | 'authority' | 'name'>[]> {
  const months = await readMonths(database, authority);
  for (const { period, revision, observations } of accepted) {
    const { revisions } = await readRevisions(database, authority, period, { after: 0, limit: 1000 });
    expect(revisions.find((stored) => stored.revision === revision)?.observations, `${period} r${revision}`).toEqual(
      observations,
    );
    expect(revisions.map((stored) => stored.revision)).toEqual(revisions.map((_, index) => index + 1));
    expect(months.find((stored) => stored.period === period)?.revision).toBe(revisions.length);
  }

  const { board, acknowledgements } = await readBoard(database, authority);
  const record = await readRecord(database, authority, acknowledgements, new Set(bankHolidays));
  if (!record || !board) throw new Error(`${authority} has no inspection or no board`);
  const now = new Date(board.evaluatedAt);
  const pure = reconcile(undefined, record, [], now, 'show').board;
  expect(board.alerts).toEqual(pure?.alerts);
  expect(board.judged).toEqual(Object.fromEntries(months.map(({ period, revision }) => [period, revision])));
  expect(reconcile(board, record, [], now, 'show').board, 'nothing is left to do').toBeUndefined();

  const notices = (await readNotices(database, authority, { limit: 1000 })).notices.reverse();
  expect(notices.map(({ notice }) => notice.number)).toEqual(
    Array.from({ length: board.lastNotice }, (_, index) => index + 1),
  );
  for (const { notice, sentAt } of notices) {
    expect(sentAt, `notice ${notice.number} is marked sent`).toBeDefined();
    expect(published.get(`${authority} ${notice.number}`), `notice ${notice.number} was published`).toBeGreaterThan(0);
  }
  return notices.map(({ notice: { createdAt, authority: _, name: __, ...rest } }) => withoutTimes(rest));
}

/** Whoever has an alert in hand said so at a time that no two stories share. */
function withoutTimes<T>(told: T): T {
  return JSON.parse(JSON.stringify(told, (key, value: unknown) => (key === 'at' ? undefined : value)));
}
