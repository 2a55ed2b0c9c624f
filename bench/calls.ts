import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../bin/client.ts';
import { addMonths } from '../functions/domain/period.ts';
import { loadInspection } from '../functions/services/inspections.ts';
import { authorityKey, currentKey } from '../functions/store/keys.ts';
import { saveMonths } from '../functions/store/submissions.ts';
import type { AwsCall, AwsReply } from '../local/gateway.ts';
import { databaseOf, type Launched, launch } from '../local/launch.ts';
import { makeMonths } from './record.ts';
import { INSPECTION } from './store.ts';

/** What some work cost in calls of AWS services. */
export interface Tally {
  readonly what: string;
  readonly dynamodbCalls: number;
  /** Those of `dynamodbCalls` that evaluate made. */
  readonly evaluateCalls: number;
  readonly snsCalls: number;
  /** Bytes of request and answer bodies, DynamoDB only. */
  readonly sent: number;
  readonly received: number;
  /** Capacity units by DynamoDB's rules: a write per KB, twice in a transaction; a read per 4 KB, half if not consistent. */
  readonly writeUnits: number;
  readonly readUnits: number;
}

/** Months written at once while a record is made; any number that fits one transaction. */
const MONTHS_AT_ONCE = 14;

/** The month in which it is counted: a record can then be thirty years long, which is the most it may. */
const END = '2030-01';

/** Counts what every function calls, by running the service and watching its calls. */
export async function countCalls(): Promise<{
  tallies: Tally[];
  durations: Record<string, number>;
  template: Launched['template'];
}> {
  const dataDir = mkdtempSync(join(tmpdir(), 'inspection-monitor-bench-'));
  let calls: { call: AwsCall; reply: AwsReply }[] = [];
  const service = await launch({
    dataDir,
    clock: `${END}-15`,
    intercept: async (call, forward) => {
      const reply = await forward();
      if (call.functionId.includes('Function')) calls.push({ call, reply });
      return reply;
    },
  });
  try {
    const tallies: Tally[] = [];
    const count = async (what: string, work: () => Promise<unknown>): Promise<void> => {
      await service.idle();
      calls = [];
      await work();
      await service.idle();
      tallies.push(tally(what, calls));
    };
    const database = databaseOf(service);
    const { judgements, actions, ...rest } = INSPECTION;
    const client = connect(service.api, service.token);
    const [{ observations } = { observations: {} }] = makeMonths(INSPECTION.metrics, 1);
    const month = addMonths(END, -1);
    for (const [index, history] of [0, 12, 60, 120, 358].entries()) {
      const authority = `history-${history}`;
      await loadInspection(database, { ...rest, judgements, actions, authority, name: authority });
      const heard = { address: 'director@example.org', level: 'warning' };
      await client.request('POST', `/v1/authorities/${authority}/recipients`, heard);
      // What has just been set as a filter is not relied upon yet.
      service.moveClock(`${END}-15T${10 + index}:00:00Z`);
      const last = addMonths(END, -2);
      const months = makeMonths(INSPECTION.metrics, history, addMonths(last, 1 - history));
      for (let start = 0; start < months.length; start += MONTHS_AT_ONCE)
        await saveMonths(database, authority, months.slice(start, start + MONTHS_AT_ONCE), new Date());
      const path = `/v1/authorities/${authority}`;
      await count(`submission after ${history} months, judged and mailed`, () =>
        client.request('PUT', `${path}/submissions/${month}`, { status: 'final', observations }),
      );
      if (history > 0) {
        const corrected = { status: 'final', observations, commentary: 'corrected' };
        await count(`correction of an old month after ${history} months`, () =>
          client.request('PUT', `${path}/submissions/${last}`, corrected, { 'if-match': '"1"' }),
        );
        await count(`read of one month after ${history} months`, () =>
          client.request('GET', `${path}/submissions/${month}`),
        );
        await count(`read of the alerts after ${history} months`, () => client.request('GET', `${path}/alerts`));
      }
    }
    await count('hourly run, 5 authorities, none due', () => service.runSchedules());
    for (let extra = 0; extra < 50; extra++) {
      const authority = `extra-${extra}`;
      await loadInspection(database, {
        ...INSPECTION,
        metrics: INSPECTION.metrics.slice(0, 1),
        judgements: [],
        actions: [],
        authority,
        name: authority,
      });
    }
    await service.idle();
    await service.runSchedules();
    await count('hourly run, 55 authorities, none due', () => service.runSchedules());
    return { tallies, durations: await timeFunctions(service, 'history-60'), template: service.template };
  } finally {
    await service.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** How long a warm invocation takes here, in ms; medians. What AWS adds is network; what it lacks is this machine's load. */
async function timeFunctions(service: Launched, authority: string): Promise<Record<string, number>> {
  const stream = {
    Records: [
      {
        eventID: '1',
        dynamodb: {
          SequenceNumber: '1',
          Keys: { pk: { S: authorityKey(authority) }, sk: { S: currentKey(addMonths(END, -1)) } },
        },
      },
    ],
  };
  const events: Record<string, unknown> = { Evaluate: stream, Notify: { hourly: true } };
  const durations: Record<string, number> = {};
  for (const [name, event] of Object.entries(events)) {
    const id = Object.keys(service.resources.functions).find((candidate) => candidate.startsWith(name)) ?? name;
    const times: number[] = [];
    for (let turn = 0; turn < 25; turn++) {
      const start = performance.now();
      await service.invoke(id, event);
      times.push(performance.now() - start);
    }
    durations[name.toLowerCase()] = times.sort((a, b) => a - b)[12] ?? Number.NaN;
  }
  return durations;
}

function tally(what: string, calls: readonly { call: AwsCall; reply: AwsReply }[]): Tally {
  const dynamodb = calls.filter(({ call }) => call.service === 'dynamodb');
  const sum = (of: (entry: { call: AwsCall; reply: AwsReply }) => number): number =>
    dynamodb.reduce((total, entry) => total + of(entry), 0);
  return {
    what,
    dynamodbCalls: dynamodb.length,
    evaluateCalls: dynamodb.filter(({ call }) => call.functionId.startsWith('Evaluate')).length,
    snsCalls: calls.filter(({ call }) => call.service === 'sns').length,
    sent: sum(({ call }) => call.body.length),
    received: sum(({ reply }) => reply.body.length),
    writeUnits: sum(({ call }) => writeUnits(call)),
    readUnits: sum(({ call, reply }) => readUnits(call, reply)),
  };
}

interface Write {
  readonly Put?: { readonly Item: unknown };
  readonly Delete?: unknown;
}

const kilobytes = (contents: unknown, unit: number): number =>
  Math.max(1, Math.ceil(JSON.stringify(contents ?? '').length / unit));

function writeUnits(call: AwsCall): number {
  const input = call.input() as { TransactItems?: Write[]; Item?: unknown };
  if (call.operation === 'TransactWriteItems')
    return 2 * (input.TransactItems ?? []).reduce((total, { Put }) => total + kilobytes(Put?.Item, 1024), 0);
  return /^(Put|Update|Delete)Item$/.test(call.operation) ? kilobytes(input.Item, 1024) : 0;
}

function readUnits(call: AwsCall, reply: AwsReply): number {
  if (!/^(Query|GetItem|BatchGetItem)$/.test(call.operation)) return 0;
  const units = Math.max(1, Math.ceil(reply.body.length / 4096));
  return call.input().ConsistentRead ? units : units / 2;
}
