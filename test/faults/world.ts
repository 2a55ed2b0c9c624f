import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import type { Notice } from '../../functions/domain/notice.ts';
import { reconcile } from '../../functions/domain/reconcile.ts';
import type { Month } from '../../functions/domain/submission.ts';
import { createToken } from '../../functions/store/access.ts';
import { readBoard, readNotices } from '../../functions/store/boards.ts';
import { saveInspection } from '../../functions/store/inspections.ts';
import { readRecord } from '../../functions/store/records.ts';
import { readMonths, readRevisions } from '../../functions/store/submissions.ts';
import { createApp } from '../../lib/app.ts';
import type { LogLine } from '../../lib/local/function-log.ts';
import type { AwsCall, Intercept } from '../../lib/local/gateway.ts';
import { type Instance, startInstance } from '../../lib/local/instance.ts';
import { databaseOf } from '../../lib/local/launch.ts';
import bankHolidays from '../../seed/calendar/bank-holidays.json' with { type: 'json' };
import { aMetric, anInspection } from '../build.ts';

/** When nothing else is said, it is a month after the last one that is told of here. */
export const CLOCK = '2011-05-06T09:00:00Z';

/** The stack, synthesized as it is deployed, but for the second in which evaluate waits for more: hundreds of cases would wait. */
export function writeAssembly(directory: string): string {
  const outdir = join(directory, 'cdk.out');
  createApp({ outdir, context: { alertEmail: 'director@example.org', retain: false } }).synth();
  const path = join(outdir, 'InspectionMonitor.template.json');
  const template = JSON.parse(readFileSync(path, 'utf8'));
  for (const { Type, Properties } of Object.values<{ Type: string; Properties: Record<string, unknown> }>(
    template.Resources,
  ))
    if (Type === 'AWS::Lambda::EventSourceMapping') Properties.MaximumBatchingWindowInSeconds = 0;
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
  readonly published: ReadonlyMap<string, number>;
  /** What happens to calls of functions; undefined lets all pass. */
  fault: Intercept | undefined;
  /** Loads an inspection with one metric, whose standard is 80%, and waits until it has been judged. */
  load(authority: string): Promise<void>;
  /** Submits a month and, like a patient client, goes on until the service has answered that it has it. */
  submit(authority: string, period: string, numerator: number, denominator: number): Promise<Month>;
  /** How many messages wait in each dead-letter queue that has any. */
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
  const startAt = (at: string) =>
    startInstance({
      assembly,
      dataDir,
      clock: at,
      onLog: (line) => log.push(line),
      async intercept(call, forward) {
        const passed = async () => {
          const reply = await forward();
          if (call.operation === 'Publish' && reply.status === 200) {
            const key = noticeIn(call);
            published.set(key, (published.get(key) ?? 0) + 1);
          }
          return reply;
        };
        return fault && call.functionId !== 'local' ? fault(call, passed) : passed();
      },
    });
  let instance = await startAt(clock);
  let database = databaseOf(instance);
  const token = await createToken(database, {
    scopes: ['read', 'submit'],
    authority: '*',
    label: 'fault suite',
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
      await saveInspection(database, inspectionOf(authority), 'one-metric');
      await instance.idle();
    },
    async submit(authority, period, numerator, denominator) {
      const figure = { numerator, denominator };
      return (await submitUntilAccepted(() => instance.api, token, authority, period, figure)) as Month;
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

const client = ({ region }: Instance) => ({
  region,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});

/** A client for calls that are not a function's. */
export const dynamodbOf = (instance: Instance): DynamoDBClient =>
  new DynamoDBClient({ ...client(instance), endpoint: instance.endpoints.dynamodb });

/** `authority number` of the notice that a Publish carries. */
export function noticeIn(call: AwsCall): string {
  const notice = JSON.parse(JSON.parse(String(call.input().Message)).sqs) as Notice;
  return `${notice.authority} ${notice.number}`;
}

export const METRIC = 'assessments-on-time';

export function inspectionOf(authority: string) {
  return anInspection(authority, aMetric({ id: METRIC, baseline: { kind: 'none', statement: 'None.' } }));
}

/**
 * PUTs a month until the service says that it has it: again after an answer that never came, an error of the service
 * or an outage; with the revision it names where there is one already. Undefined where it was `givenUp` before.
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
  for (let attempt = 1; attempt <= 10_000; attempt++) {
    if (givenUp()) return undefined;
    try {
      const response = await fetch(`${url()}/v1/authorities/${authority}/submissions/${period}`, {
        method: 'PUT',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          ...(ifMatch ? { 'if-match': ifMatch } : {}),
        },
        body: JSON.stringify({ observations: { [METRIC]: figure } }),
      });
      const body = await response.json();
      if (response.ok) return body as Month;
      if (response.status === 428 || response.status === 412) ifMatch = response.headers.get('etag') ?? undefined;
      else if (response.status < 500) throw new RefusedError(response.status, JSON.stringify(body));
    } catch (error) {
      if (error instanceof RefusedError) throw error;
    }
    await sleep(30);
  }
  throw new Error(`${authority} ${period} was not accepted`);
}

class RefusedError extends Error {
  constructor(status: number, body: string) {
    super(`refused with ${status}: ${body}`);
    this.name = 'RefusedError';
  }
}

/**
 * What must be so once all is quiet, whatever went wrong before: every accepted submission is there, the board is the
 * pure timeline of the record, and every notice was published. Returns the notices, oldest first, without their times.
 */
export async function verify(
  { database, published }: Pick<World, 'database' | 'published'>,
  authority: string,
  accepted: readonly Month[],
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
  return notices.map(({ notice: { createdAt, authority: _, name: __, ...rest } }) => rest);
}
