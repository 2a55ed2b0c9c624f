import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  CreateTableCommand,
  DeleteItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readBoard } from '../../../functions/store/boards.ts';
import { dueMark } from '../../../functions/store/due-marks.ts';
import { listAuthorities } from '../../../functions/store/inspections.ts';
import { AUTHORITIES_KEY, authorityKey, BOARD_KEY, TABLES } from '../../../functions/store/keys.ts';
import { faultsOfRecord, readWholeRecord } from '../../../functions/store/recovery.ts';
import { databaseOf } from '../../../local/launch.ts';
import { type Neighbour, startNeighbour } from '../../support/caller.ts';
import { AUTHORITY, type Service, startService } from '../../support/service.ts';

const folder = mkdtempSync(join(tmpdir(), 'recovery-test-'));
const file = join(folder, 'herefordshire.json');
let service: Service;
/** What is done to one council's record is nothing to another's. */
let neighbour: Neighbour;
beforeAll(async () => {
  service = await startService();
  neighbour = await startNeighbour(service);
  const figures = (numerator: number) => ({
    observations: { 'initial-assessments-on-time': { numerator, denominator: 50 } },
  });
  await service.put('2011-01', figures(45));
  await service.put('2011-02', figures(20));
  await service.idle();
  await service.put('2011-01', figures(44), 1);
  await service.idle();
});
afterEach(() => neighbour.untouched(service));
afterAll(async () => {
  await service.end();
  rmSync(folder, { recursive: true });
});

/** Runs the command line against an instance; what it shows comes back, as on a pipe. */
async function monitor(on: Service, ...words: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  const [command = '', ...rest] = words;
  const run = promisify(execFile)(process.execPath, [
    join(import.meta.dirname, '../../../bin/monitor.ts'),
    command,
    ...rest,
    '--data',
    on.dataDir,
  ]);
  return run.then(
    (done) => ({ ...done, code: 0 }),
    ({ stdout, stderr, code }) => ({ stdout, stderr, code }),
  );
}

const everythingOf = async (on: Service) => {
  const { alerts, ...rest } = await readWholeRecord(databaseOf(on), AUTHORITY);
  return { ...rest, alerts: alerts.filter(({ sk }) => sk?.S !== 'DUE') };
};

/** What point-in-time recovery does: a new table, with all that the other one holds. */
async function restoreAs(TableName: string, name: 'baselines' | 'submissions' | 'alerts'): Promise<void> {
  const { client, tables } = databaseOf(service);
  const { partitionKey, sortKey } = TABLES[name];
  const keys = [
    { name: partitionKey, type: 'HASH' },
    { name: sortKey, type: 'RANGE' },
  ] as const;
  await client.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: keys.map((key) => ({ AttributeName: key.name, AttributeType: 'S' })),
      KeySchema: keys.map((key) => ({ AttributeName: key.name, KeyType: key.type })),
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  const { Items = [] } = await client.send(new ScanCommand({ TableName: tables[name], ConsistentRead: true }));
  for (const Item of Items) await client.send(new PutItemCommand({ TableName, Item }));
}

/** Stores a board of the test's own making over the real one. */
const putBoard = (data: string) =>
  databaseOf(service).client.send(
    new PutItemCommand({
      TableName: databaseOf(service).tables.alerts,
      Item: {
        pk: { S: authorityKey(AUTHORITY) },
        sk: { S: BOARD_KEY },
        version: { N: '7' },
        data: { S: data },
      },
    }),
  );

describe('an exported record', () => {
  test('comes back in another installation exactly as it was, and nobody is mailed a notice again', async () => {
    const exported = await monitor(service, 'export', '--out', file);
    expect(exported).toMatchObject({ code: 0, stderr: expect.stringContaining('5 of submissions') });
    expect(readFileSync(file, 'utf8')).not.toContain(service.token);

    const other = await startService();
    const database = databaseOf(other);
    // An installation in which the council never was.
    const Key = { pk: { S: AUTHORITIES_KEY }, sk: { S: AUTHORITY } };
    await database.client.send(new DeleteItemCommand({ TableName: database.tables.baselines, Key }));
    try {
      expect(await monitor(other, 'import', file)).toMatchObject({ code: 0 });
      const here = (await listAuthorities(databaseOf(service))).filter(({ id }) => id === AUTHORITY);
      expect(await listAuthorities(database)).toEqual(here);
      await other.runSchedules();
      // To whoever is mailed there the record is new.
      expect((await other.mails()).map(({ subject }) => subject)).toEqual([
        'Herefordshire: how things stand (2 critical, 1 warning)',
      ]);
      expect(await everythingOf(other)).toEqual(await everythingOf(service));
      expect(await other.get('/submissions/2011-01/revisions')).toEqual(
        await service.get('/submissions/2011-01/revisions'),
      );
    } finally {
      await other.end();
    }
  });

  test('can be taken of an authority that is closed, and is closed where it comes back', async () => {
    const closed = join(folder, 'closed.json');
    const isClosed = async () => (await service.get('')).closed;
    expect(await monitor(service, 'export', '--out', file)).toMatchObject({ code: 0 });
    const said = { closed: true, author: 'A. Head', reason: 'handed over' };
    await service.client.request('PATCH', `/v1/authorities/${AUTHORITY}`, said);
    expect(await monitor(service, 'export', '--out', closed)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('5 of submissions'),
    });
    const before = await everythingOf(service);
    expect(await monitor(service, 'import', file, '--replace')).toMatchObject({ code: 0 });
    expect(await isClosed()).toBe(false);
    expect(await monitor(service, 'import', closed, '--replace')).toMatchObject({ code: 0 });
    expect([await isClosed(), await everythingOf(service)]).toEqual([true, before]);
    expect(await monitor(service, 'import', file, '--replace')).toMatchObject({ code: 0 });
  });

  test('replaces figures only where that is asked for, and then brings back what was lost since', async () => {
    const before = await everythingOf(service);
    const mails = (await service.mails()).length;
    const { client, tables } = databaseOf(service);
    await client.send(
      new UpdateItemCommand({
        TableName: tables.submissions,
        Key: { pk: { S: authorityKey(AUTHORITY) }, sk: { S: 'REVISION#2011-01#0001' } },
        UpdateExpression: 'REMOVE #data',
        ExpressionAttributeNames: { '#data': 'data' },
      }),
    );
    expect(await monitor(service, 'import', file)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--replace'),
    });
    expect(await monitor(service, 'import', file, '--replace')).toMatchObject({ code: 0 });
    await service.runSchedules();
    expect(await service.mails()).toHaveLength(mails);
    expect(await everythingOf(service)).toEqual(before);
  });

  test('is taken from tables that were restored under other names, and brings back the earlier state', async () => {
    const before = await everythingOf(service);
    await restoreAs('rescued-submissions', 'submissions');
    await restoreAs('rescued-alerts', 'alerts');
    const mistaken = { observations: { 'initial-assessments-on-time': { numerator: 1, denominator: 50 } } };
    await service.put('2011-02', mistaken, 1);
    await service.idle();
    expect(await everythingOf(service)).not.toEqual(before);

    const restored = ['--table', 'submissions=rescued-submissions', '--table', 'alerts=rescued-alerts'];
    expect(await monitor(service, 'export', '--out', file, ...restored)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`${before.submissions.length} of submissions`),
    });
    const mails = (await service.mails()).length;
    expect(await monitor(service, 'import', file, '--replace')).toMatchObject({ code: 0 });
    await service.runSchedules();
    expect(await everythingOf(service)).toEqual(before);
    expect(await service.mails()).toHaveLength(mails);
  });

  test('is taken from tables that outlived their stack, and comes into one that never had it', async () => {
    const before = await everythingOf(service);
    const kept = ['baselines', 'submissions', 'alerts'] as const;
    for (const table of kept) await restoreAs(`kept-${table}`, table);
    const { client, tables } = databaseOf(service);
    for (const [table, items] of Object.entries(await readWholeRecord(databaseOf(service), AUTHORITY)))
      for (const { pk, sk } of items)
        await client.send(
          new DeleteItemCommand({ TableName: tables[table as (typeof kept)[number]], Key: { pk, sk } as never }),
        );
    const options = kept.flatMap((table) => ['--table', `${table}=kept-${table}`]);
    expect(await monitor(service, 'export', '--out', file, ...options)).toMatchObject({ code: 0 });
    expect(await monitor(service, 'import', file)).toMatchObject({ code: 0 });
    expect(await everythingOf(service)).toEqual(before);
  });

  test('is not taken where a table is named wrongly; every fault is named', async () => {
    const path = join(folder, 'nothing.json');
    const wrong = ['submission=rescued-submissions', 'alerts', 'alerts=', 'baselines=no-such-table'];
    const { code, stderr } = await monitor(
      service,
      'export',
      '--out',
      path,
      ...wrong.flatMap((each) => ['--table', each]),
      '--table',
      `submissions=${databaseOf(service).tables.submissions}`,
    );
    const howTo = 'write it as submissions=name, for baselines, submissions, alerts';
    expect([code, stderr.trim().split('\n')]).toEqual([
      2,
      [
        ...wrong.slice(0, 3).map((each) => `--table ${each}: ${howTo}`),
        '--table baselines=no-such-table: there is no table "no-such-table"',
      ],
    ]);
    expect(existsSync(path)).toBe(false);
  });

  test('is refused where any of it cannot be this authority’s record by now: each named, nothing written', async () => {
    await monitor(service, 'export', '--out', file);
    const exported = JSON.parse(readFileSync(file, 'utf8'));
    const { submissions, alerts, baselines } = exported.items;
    const changed = (items: any[], sk: string, change: (data: any) => void) => {
      const item = items.find((each) => each.sk.S === sk);
      const data = JSON.parse(item.data.S);
      change(data);
      item.data.S = JSON.stringify(data);
    };
    changed(submissions, 'CURRENT#2011-02', (month) => {
      month.observations['initial-assessments-on-time'] = { numerator: 0, denominator: 1e12 };
    });
    changed(alerts, 'NOTICE#000001', (notice) => {
      notice.createdAt = '2031-01-01T00:00:00.000Z';
    });
    changed(alerts, 'BOARD', (board) => {
      board.authority = 'atlantis';
    });
    submissions.push({ ...submissions[0], pk: { S: 'AUTHORITY#atlantis' }, sk: { S: 'CURRENT#2011-03' } });
    submissions.push({ ...submissions[0], sk: { S: 'REVISION#2011-01#0007' } });
    baselines.push({ pk: { S: `AUTHORITY#${AUTHORITY}` }, sk: { S: 'SECRET#1' }, data: { S: '{}' } });
    const forged = join(folder, 'forged.json');
    writeFileSync(forged, JSON.stringify(exported));
    const before = await everythingOf(service);
    const { code, stderr } = await monitor(service, 'import', forged, '--replace');
    expect(code).toBe(1);
    for (const said of [
      'CURRENT#2011-02 observations/initial-assessments-on-time',
      'NOTICE#000001 is from the future, 1 January 2031 at 00:00',
      'BOARD is about atlantis',
      `CURRENT#2011-03 belongs to "AUTHORITY#atlantis" and not to ${AUTHORITY}`,
      'REVISION#2011-01#0007 holds what belongs under',
      'SECRET#1 is of no kind that is known',
    ])
      expect(stderr).toContain(said);
    expect(await everythingOf(service)).toEqual(before);
  });

  test('is refused where its revisions contradict each other, or the board does not know of a notice', async () => {
    const record = structuredClone(await readWholeRecord(databaseOf(service), AUTHORITY));
    const faults = (change: (record: any) => void) => {
      const other = structuredClone(record);
      change(other);
      return faultsOfRecord(AUTHORITY, other, new Date('2026-12-01')).map(({ detail }) => detail);
    };
    const without = (table: string, sk: string) => (other: any) => {
      other[table] = other[table].filter((item: any) => item.sk.S !== sk);
    };
    expect(faults(() => {})).toEqual([]);
    expect(faults(without('submissions', 'REVISION#2011-01#0001'))).toEqual([
      'REVISION#2011-01#0002 follows a revision that is missing',
    ]);
    expect(faults(without('submissions', 'REVISION#2011-01#0002'))).toEqual([
      'CURRENT#2011-01 is not what its revision 2 says',
    ]);
    expect(faults(without('submissions', 'CURRENT#2011-02'))).toEqual([
      'REVISION#2011-02#0001 is of a month that is not there',
    ]);
    // Without a board notices are numbered on from the highest; one that counts none would write over them.
    expect(faults(without('alerts', 'BOARD'))).toEqual([]);
    const forgetful = (other: any) => {
      const board = other.alerts.find((item: any) => item.sk.S === 'BOARD');
      board.data.S = JSON.stringify({ ...JSON.parse(board.data.S), lastNotice: 0 });
    };
    expect(faults(forgetful)[0]).toBe('NOTICE#000001 is a notice that the board, which counts 0, does not know');
    expect(faults((other) => other.alerts.push(other.alerts[0]))).toEqual([expect.stringContaining('is there twice')]);
  });

  test('is refused where it is something else', async () => {
    expect(await monitor(service, 'import', join(import.meta.dirname, '../../../package.json'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is not a file that "export" wrote'),
    });
  });
});

describe('rebuild', () => {
  test('finds nothing to do where the board is what the record says', async () => {
    const { stdout } = await monitor(service, 'rebuild');
    expect(JSON.parse(stdout)).toEqual({ authority: AUTHORITY, changes: [], written: false });
  });

  test.each([
    ['that nobody can read', () => '{"authority": "heref'],
    ['that says something else', (board: object) => JSON.stringify({ ...board, alerts: {}, announced: undefined })],
  ])('of a board %s shows the difference, and writes only when told to', async (_, damage) => {
    const { board: good } = await readBoard(databaseOf(service), AUTHORITY);
    if (!good) throw new Error('there is no board');
    await putBoard(damage(good));
    const mails = await service.mails();

    const shown = JSON.parse((await monitor(service, 'rebuild')).stdout);
    expect(shown.changes).toContainEqual({
      alert: 'initial-assessments-on-time',
      before: 'clear',
      after: expect.stringMatching(/^raised critical since 2011-0/),
    });
    expect(shown).toMatchObject({ written: false, notice: { number: good.lastNotice + 1 } });
    expect(await service.mails()).toHaveLength(mails.length);

    const written = JSON.parse((await monitor(service, 'rebuild', '--write')).stdout);
    expect(written).toEqual({ ...shown, written: true });
    const { board } = await readBoard(databaseOf(service), AUTHORITY);
    expect(board).toMatchObject({ alerts: good.alerts, lastNotice: good.lastNotice + 1 });
    expect(board?.version).toBeGreaterThan(7);
    expect((await service.mails()).at(-1)?.subject).toBe(shown.notice.subject);
    expect(JSON.parse((await monitor(service, 'rebuild')).stdout).changes).toEqual([]);
  });
});

describe('resend', () => {
  test('has the hourly run mail a notice once more, with its number', async () => {
    const before = await service.mails();
    expect(await monitor(service, 'resend', '1')).toMatchObject({ code: 0 });
    // The hourly run leaves the youngest to the stream. A day later it is due as soon as the service starts.
    await service.stop();
    service = await startService({ dataDir: service.dataDir, clock: '2011-10-16' });
    const after = await service.mails();
    expect(after.length).toBe(before.length + 1);
    expect(after.at(-1)?.text).toContain('e-mail 1 about Herefordshire');
  });

  test('is refused where there is no such notice', async () => {
    expect(await monitor(service, 'resend', '99')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no notice 99'),
    });
    expect(await monitor(service, 'resend', 'last')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('a notice has a number'),
    });
  });
});

test('dead-letters shows what was given up, and removes it when told to', async () => {
  const { queues } = service.resources;
  const [QueueUrl] = Object.entries(queues).flatMap(([id, url]) => (id.startsWith('NewNotices') ? [url] : []));
  const sqs = new SQSClient({
    endpoint: service.endpoints.sqs,
    region: service.region,
    credentials: service.credentials,
  });
  const MessageBody = JSON.stringify({
    timestamp: '2011-10-15T10:00:00.000Z',
    requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 11 },
    DDBStreamBatchInfo: { batchSize: 3 },
  });
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  // As the two queues hold them that hourly runs leave work in, where there are such queues.
  for (const left of [{ authority: 'somewhere' }, { authority: 'somewhere', number: 12 }])
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(left) }));
  const { stdout } = await monitor(service, 'dead-letters', '--clear');
  expect(JSON.parse(stdout).deadLetters).toEqual([
    {
      queue: expect.stringContaining('NewNotices'),
      at: '2011-10-15T10:00:00.000Z',
      why: 'RetryAttemptsExhausted',
      tries: 11,
      records: 3,
    },
    expect.objectContaining({ why: 'somewhere could not be judged' }),
    expect.objectContaining({ why: 'notice 12 of somewhere could not be sent' }),
  ]);
  expect(JSON.parse((await monitor(service, 'dead-letters')).stdout).deadLetters).toEqual([]);
});

describe('hourly', () => {
  test('notices what only the time brings, and mails it, without waiting for the hour', async () => {
    let late = await startService({ clock: '2011-02-14T23:40:00Z' });
    try {
      await late.put('2010-12', {
        observations: { 'initial-assessments-on-time': { numerator: 45, denominator: 50 } },
      });
      await late.idle();
      await late.stop();
      // January was due by the end of 14 February. Not an hour has passed, so that the schedule has nothing to do yet.
      late = await startService({ dataDir: late.dataDir, clock: '2011-02-15T00:20:00Z' });
      const before = (await late.mails()).length;
      expect(await monitor(late, 'hourly')).toEqual({
        code: 0,
        stdout: '',
        stderr: 'seed: done\nevaluate: done\nnotify: done\n',
      });
      const mails = await late.mails();
      expect(mails.length).toBe(before + 1);
      expect(mails.at(-1)?.text).toContain('The figures for January 2011 are not in');
    } finally {
      await late.end();
    }
  });

  test('says which function failed, and still runs the other', async () => {
    await putBoard('{');
    const { client, tables } = databaseOf(service);
    await client.send(
      new PutItemCommand({ TableName: tables.alerts, Item: dueMark(AUTHORITY, new Date('2011-10-01')) }),
    );
    const { code, stderr } = await monitor(service, 'hourly');
    expect(stderr).toMatch(
      /^seed: done\nnotify: done\nevaluate: 1 of the due .*herefordshire\nEverything else was done/,
    );
    expect(code).toBe(4);
  });
});
