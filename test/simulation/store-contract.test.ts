import {
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  DeleteItemCommand,
  GetItemCommand,
  type GetItemCommandOutput,
  PutItemCommand,
  QueryCommand,
  type QueryCommandOutput,
  ScanCommand,
  type ScanCommandOutput,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../functions/store/database.ts';
import type { TableName as Tables } from '../../functions/store/keys.ts';
import { type Store, startStore } from '../support/store.ts';
import { createMemoryStore } from './memory-store.ts';

/**
 * What the service may rely on of DynamoDB, asked of the real emulator and of the store in memory that the simulation runs
 * on. Below it, what only a distributed store does, and no emulator: reads that lag behind, streams by shard, time to live.
 */

let emulator: Store;
beforeAll(async () => {
  emulator = await startStore();
});
afterAll(() => emulator.end());

type Item = Record<string, { S: string } | { N: string }>;

const TableName = 'alerts';
const item = (pk: string, sk: string, more: Item = {}): Item => ({ pk: { S: pk }, sk: { S: sk }, ...more });
const put = (pk: string, sk: string, more: Item = {}, condition: object = {}) =>
  new PutItemCommand({ TableName, Item: item(pk, sk, more), ...condition });
const get = (pk: string, sk: string) => new GetItemCommand({ TableName, Key: item(pk, sk), ConsistentRead: true });
const query = (condition: string, values: Item, more: object = {}) =>
  new QueryCommand({
    TableName,
    KeyConditionExpression: condition,
    ExpressionAttributeValues: values,
    ConsistentRead: true,
    ...more,
  });
const all = (pk: string, more: object = {}) => query('pk = :pk', { ':pk': { S: pk } }, more);
const NEW = { ConditionExpression: 'attribute_not_exists(pk)' };
const atVersion = (version: number) => ({
  ConditionExpression: 'version = :version',
  ExpressionAttributeValues: { ':version': { N: String(version) } },
});

/** What a command comes to: what it gives, or why it is refused; without what is said for people only. */
async function outcomeOf({ client }: Database<Tables>, command: object): Promise<unknown> {
  try {
    const { $metadata: _, ...output } = (await client.send(command as never)) as object & { $metadata: unknown };
    return JSON.parse(JSON.stringify(output));
  } catch (error) {
    const { name, CancellationReasons } = error as Error & { CancellationReasons?: { Code: string }[] };
    if (!/Exception$/.test(name)) throw error;
    return CancellationReasons ? { name, reasons: CancellationReasons.map(({ Code }) => Code) } : { name };
  }
}

const STORES: Record<string, () => Database<Tables>> = {
  'the emulator': () => emulator,
  'the store in memory': () => createMemoryStore({ now: () => 0 }),
};

let fresh = 0;

describe.each(Object.entries(STORES))('%s', (_, open) => {
  let store: Database<Tables>;
  let a: string;
  let b: string;
  beforeAll(() => {
    store = open();
  });
  beforeEach(() => {
    fresh++;
    [a, b] = [`a${fresh}`, `b${fresh}`];
  });
  const ask = (command: object) => outcomeOf(store, command);
  const REFUSED = { name: 'ValidationException' };

  test('keeps an item, replaces it whole, and removes it as often as it is told to', async () => {
    await ask(put(a, '1', { x: { S: 'one' }, y: { N: '2' } }));
    expect(await ask(get(a, '1'))).toEqual({ Item: item(a, '1', { x: { S: 'one' }, y: { N: '2' } }) });
    await ask(put(a, '1', { x: { S: 'two' } }));
    expect(await ask(get(a, '1'))).toEqual({ Item: item(a, '1', { x: { S: 'two' } }) });
    const remove = new DeleteItemCommand({ TableName, Key: item(a, '1') });
    expect([await ask(remove), await ask(remove), await ask(get(a, '1'))]).toEqual([{}, {}, {}]);
  });

  test('writes on a condition, and changes nothing where that fails', async () => {
    const lost = { name: 'ConditionalCheckFailedException' };
    expect(await ask(put(a, '1', { version: { N: '1' } }, NEW))).toEqual({});
    expect(await ask(put(a, '1', { version: { N: '7' } }, NEW))).toEqual(lost);
    expect(await ask(put(a, '1', { version: { N: '2' } }, atVersion(1)))).toEqual({});
    expect(await ask(put(a, '1', { version: { N: '3' } }, atVersion(1)))).toEqual(lost);
    expect(await ask(new DeleteItemCommand({ TableName, Key: item(a, '1'), ...atVersion(1) }))).toEqual(lost);
    // What is not there has no version, neither this nor another.
    expect(await ask(put(a, '2', {}, atVersion(1)))).toEqual(lost);
    expect(await ask(get(a, '1'))).toEqual({ Item: item(a, '1', { version: { N: '2' } }) });
  });

  test.each([
    ['version > :one AND attribute_exists(x)', true],
    ['version > :two OR begins_with(x, :t)', true],
    ['NOT (version = :two) OR contains(x, :t)', true],
    ['version BETWEEN :one AND :two AND size(x) = :five', true],
    ['version IN (:one, :two) AND x <> :t', true],
    ['version < :two', false],
    // Another type is neither less nor more, and is not equal.
    ['version < :t OR version > :t OR version = :t', false],
    ['version <> :t', true],
    ['absent = :t OR absent < :t OR begins_with(absent, :t)', false],
    ['absent <> :t', true],
  ])('has %s as %s', async (ConditionExpression, expected) => {
    const possible = { ':one': { N: '1' }, ':two': { N: '2' }, ':five': { N: '5' }, ':t': { S: 'te' } };
    const ExpressionAttributeValues = Object.fromEntries(
      Object.entries(possible).filter(([name]) => new RegExp(`${name}\\b`).test(ConditionExpression)),
    );
    await ask(put(a, '1', { version: { N: '2.0' }, x: { S: 'teams' } }));
    const condition = { ConditionExpression, ExpressionAttributeValues };
    expect(await ask(put(a, '1', {}, condition))).toEqual(expected ? {} : { name: 'ConditionalCheckFailedException' });
  });

  test('changes attributes of an item and makes it where there is none', async () => {
    const update = (UpdateExpression: string, values?: Item, more: object = {}) =>
      new UpdateItemCommand({
        TableName,
        Key: item(a, '1'),
        UpdateExpression,
        ...(values ? { ExpressionAttributeValues: values } : {}),
        ReturnValues: 'ALL_NEW',
        ...more,
      });
    expect(
      await ask(
        update('SET sentAt = :at, tries = if_not_exists(tries, :no) + :one', {
          ':at': { S: 'now' },
          ':no': { N: '0' },
          ':one': { N: '1' },
        }),
      ),
    ).toEqual({
      Attributes: item(a, '1', { sentAt: { S: 'now' }, tries: { N: '1' } }),
    });
    expect(await ask(update('REMOVE sentAt ADD tries :two', { ':two': { N: '2' } }))).toEqual({
      Attributes: item(a, '1', { tries: { N: '3' } }),
    });
    expect(await ask(update('SET x = tries - :two', { ':two': { N: '2' } }, { ReturnValues: 'NONE' }))).toEqual({});
    expect(await ask(get(a, '1'))).toEqual({ Item: item(a, '1', { tries: { N: '3' }, x: { N: '1' } }) });
    expect(await ask(update('REMOVE x', undefined, { ConditionExpression: 'attribute_not_exists(pk)' }))).toEqual({
      name: 'ConditionalCheckFailedException',
    });
  });

  test('writes a transaction whole or not at all, and says which of its conditions failed', async () => {
    const transaction = (...writes: object[]) => new TransactWriteItemsCommand({ TransactItems: writes as never });
    const Put = (sk: string, more: Item, condition: object = {}) => ({
      Put: { TableName, Item: item(a, sk, more), ...condition },
    });
    expect(await ask(transaction(Put('1', { version: { N: '1' } }, NEW), Put('2', {}, NEW)))).toEqual({});
    expect(
      await ask(
        transaction(Put('3', {}), Put('1', { version: { N: '5' } }, atVersion(4)), {
          ConditionCheck: { TableName, Key: item(a, '2'), ConditionExpression: 'attribute_exists(pk)' },
        }),
      ),
    ).toEqual({ name: 'TransactionCanceledException', reasons: ['None', 'ConditionalCheckFailed', 'None'] });
    expect(((await ask(all(a))) as { Items: Item[] }).Items).toEqual([
      item(a, '1', { version: { N: '1' } }),
      item(a, '2'),
    ]);
    const remove = { Delete: { TableName, Key: item(a, '2'), ConditionExpression: 'attribute_exists(pk)' } };
    expect(await ask(transaction(remove, Put('1', { version: { N: '2' } }, atVersion(1))))).toEqual({});
    expect(await ask(transaction(remove, Put('4', {})))).toEqual({
      name: 'TransactionCanceledException',
      reasons: ['ConditionalCheckFailed', 'None'],
    });
    expect(((await ask(all(a))) as { Count: number }).Count).toBe(1);
  });

  test('does a transaction once that is sent twice under one token', async () => {
    const TransactItems = [{ Put: { TableName, Item: item(a, '1'), ...NEW } }];
    const once = new TransactWriteItemsCommand({ TransactItems, ClientRequestToken: `token-${a}` });
    expect([await ask(once), await ask(once)]).toEqual([{}, {}]);
    const other = new TransactWriteItemsCommand({
      TransactItems: [{ Put: { TableName, Item: item(a, '2') } }],
      ClientRequestToken: `token-${a}`,
    });
    expect(await ask(other)).toEqual({ name: 'IdempotentParameterMismatchException' });
  });

  test('refuses what is too much, and what says nothing', async () => {
    const puts = (count: number) =>
      new TransactWriteItemsCommand({
        TransactItems: Array.from({ length: count }, (_, at) => ({ Put: { TableName, Item: item(a, String(at)) } })),
      });
    expect([await ask(puts(101)), await ask(puts(100))]).toEqual([REFUSED, {}]);
    expect(
      await ask(
        new TransactWriteItemsCommand({
          TransactItems: [{ Put: { TableName, Item: item(a, '1') } }, { Delete: { TableName, Key: item(a, '1') } }],
        }),
      ),
    ).toEqual(REFUSED);
    expect(await ask(put(a, 'large', { x: { S: 'x'.repeat(400 * 1024) } }))).toEqual(REFUSED);
    expect(await ask(put(a, 'large', { x: { S: 'x'.repeat(399 * 1024) } }))).toEqual({});
    expect(await ask(put(a, ''))).toEqual(REFUSED);
    expect(await ask(put(a, '1', { due: { S: '' }, dueAt: { S: 'now' } }))).toEqual(REFUSED);
    expect(await ask(new GetItemCommand({ TableName, Key: { pk: { S: a } } }))).toEqual(REFUSED);
    expect(await ask(query('pk = :pk', { ':pk': { S: a }, ':unused': { S: a } }))).toEqual(REFUSED);
    expect(await ask(query('pk = :pk AND sk = :missing', { ':pk': { S: a } }))).toEqual(REFUSED);
    expect(await ask(query('sk = :sk', { ':sk': { S: a } }))).toEqual(REFUSED);
    expect(await ask(new GetItemCommand({ TableName: 'no-such-table', Key: item(a, '1') }))).toEqual({
      name: 'ResourceNotFoundException',
    });
  });

  test('gives a partition in the order of its keys, from where and as much as is asked for', async () => {
    const keys = ['ACK#b', 'BOARD', 'NOTICE#1', 'NOTICE#2', 'a', 'é', 'ｆ', '😀'];
    for (const sk of keys.toReversed()) await ask(put(a, sk));
    await ask(put(b, 'BOARD'));
    const keysOf = (answer: unknown) => (answer as { Items: Item[] }).Items.map(({ sk }) => (sk as { S: string }).S);
    const pk = { ':pk': { S: a } };
    expect(keysOf(await ask(all(a)))).toEqual(keys);
    expect(keysOf(await ask(all(a, { ScanIndexForward: false })))).toEqual(keys.toReversed());
    const beginning = query('pk = :pk AND begins_with(sk, :prefix)', { ...pk, ':prefix': { S: 'NOTICE#' } });
    expect(keysOf(await ask(beginning))).toEqual(['NOTICE#1', 'NOTICE#2']);
    const between = query('pk = :pk AND sk BETWEEN :from AND :to', {
      ...pk,
      ':from': { S: 'B' },
      ':to': { S: 'NOTICE#1' },
    });
    expect(keysOf(await ask(between))).toEqual(['BOARD', 'NOTICE#1']);
    expect(keysOf(await ask(query('pk = :pk AND sk < :sk', { ...pk, ':sk': { S: 'BOARD' } })))).toEqual(['ACK#b']);
    expect(await ask(all(a, { Select: 'COUNT' }))).toMatchObject({ Count: 8 });
    expect(await ask(all(a, { Limit: 1, ProjectionExpression: 'sk' }))).toMatchObject({
      Items: [{ sk: { S: 'ACK#b' } }],
    });
  });

  test('gives as many pages as there are, each from where the one before it ended', async () => {
    for (let at = 0; at < 7; at++) await ask(put(a, `k${at}`));
    const pages: number[] = [];
    let ExclusiveStartKey: QueryCommandOutput['LastEvaluatedKey'];
    do {
      const page = (await ask(
        all(a, { Limit: 3, ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}) }),
      )) as QueryCommandOutput;
      pages.push(page.Items?.length ?? 0);
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    expect(pages).toEqual([3, 3, 1]);
    // What it ended with may be gone since.
    await ask(new DeleteItemCommand({ TableName, Key: item(a, 'k2') }));
    const rest = (await ask(all(a, { ExclusiveStartKey: item(a, 'k2') }))) as QueryCommandOutput;
    expect(rest.Items?.map(({ sk }) => sk?.S)).toEqual(['k3', 'k4', 'k5', 'k6']);
    const full = (await ask(all(a, { Limit: 6 }))) as QueryCommandOutput;
    expect([full.Items?.length, full.LastEvaluatedKey]).toEqual([6, item(a, 'k6')]);
  });

  test('ends a page of a query with a megabyte', async () => {
    for (let at = 0; at < 5; at++) await ask(put(a, `k${at}`, { x: { S: 'x'.repeat(300 * 1024) } }));
    const first = (await ask(all(a))) as QueryCommandOutput;
    expect(first.LastEvaluatedKey).toBeDefined();
    const second = (await ask(all(a, { ExclusiveStartKey: first.LastEvaluatedKey }))) as QueryCommandOutput;
    expect([...(first.Items ?? []), ...(second.Items ?? [])]).toHaveLength(5);
    expect(second.LastEvaluatedKey).toBeUndefined();
  });

  test('has in an index what has both its keys, by the second of them, with the keys alone', async () => {
    const due = (sk: string, dueAt: string) =>
      put(a, sk, { due: { S: `DUE${a}` }, dueAt: { S: dueAt }, data: { S: '{}' } });
    await ask(due('3', '2011-03'));
    await ask(due('1', '2011-01'));
    await ask(due('9', '2011-09'));
    await ask(put(a, '2', { due: { S: `DUE${a}` } }));
    await ask(put(a, '4', { dueAt: { S: '2011-02' } }));
    const read = () =>
      ask(
        new QueryCommand({
          TableName,
          IndexName: 'due',
          KeyConditionExpression: 'due = :due AND dueAt <= :until',
          ExpressionAttributeValues: { ':due': { S: `DUE${a}` }, ':until': { S: '2011-05' } },
        }),
      );
    const keys = (sk: string, dueAt: string) => item(a, sk, { due: { S: `DUE${a}` }, dueAt: { S: dueAt } });
    expect(await read()).toMatchObject({ Items: [keys('1', '2011-01'), keys('3', '2011-03')] });
    await ask(put(a, '1'));
    await ask(new DeleteItemCommand({ TableName, Key: item(a, '3') }));
    await ask(due('9', '2011-04'));
    expect(await read()).toMatchObject({ Items: [keys('9', '2011-04')] });
    expect(await ask(query('due = :due', { ':due': { S: a } }, { IndexName: 'due' }))).toEqual(REFUSED);
  });

  test('reads the whole of an index, whatever partition, page by page, and filters after it has read', async () => {
    const due = (pk: string, sk: string, dueAt: string) =>
      item(pk, sk, { due: { S: `DUE${pk}` }, dueAt: { S: dueAt } });
    const written = [due(a, '1', '2011-01'), due(b, '2', '2011-02'), due(b, '3', '2011-09')];
    for (const each of written)
      await ask(new PutItemCommand({ TableName, Item: { ...each, data: { S: '{}' } } as never }));
    await ask(put(a, '4', { due: { S: `DUE${a}` } }));
    const scan = async (more: object = {}) =>
      (await ask(new ScanCommand({ TableName, IndexName: 'due', ...more }))) as ScanCommandOutput;
    const ours = ({ Items = [] }: Pick<ScanCommandOutput, 'Items'>) =>
      Items.filter(({ pk }) => [a, b].includes(pk?.S ?? '')).toSorted((x, y) =>
        String(x.sk?.S).localeCompare(String(y.sk?.S)),
      );
    expect(ours(await scan())).toEqual(written);
    const until = {
      FilterExpression: 'dueAt <= :until',
      ExpressionAttributeValues: { ':until': { S: '2011-05' } },
    };
    expect(ours(await scan(until))).toEqual(written.slice(0, 2));
    const pages: ScanCommandOutput[] = [];
    do pages.push(await scan({ Limit: 1, ExclusiveStartKey: pages.at(-1)?.LastEvaluatedKey }));
    while (pages.at(-1)?.LastEvaluatedKey);
    expect(pages.every(({ ScannedCount = 0 }) => ScannedCount <= 1)).toBe(true);
    expect(ours({ Items: pages.flatMap(({ Items = [] }) => Items) })).toEqual(written);
    expect(await scan({ ConsistentRead: true })).toEqual(REFUSED);
    expect(await scan({ IndexName: 'none' })).toEqual(REFUSED);
  });

  test('gives many items at once, those that there are, each asked for once', async () => {
    await ask(put(a, '1', { x: { S: 'one' } }));
    await ask(put(b, '2'));
    const batch = (...Keys: Item[]) =>
      ask(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: Keys as never, ConsistentRead: true } } }));
    const found = (await batch(item(b, '2'), item(a, '1'), item(a, '3'))) as BatchGetItemCommandOutput;
    expect(found.Responses?.[TableName]).toHaveLength(2);
    expect(found.Responses?.[TableName]).toEqual(
      expect.arrayContaining([item(a, '1', { x: { S: 'one' } }), item(b, '2')]),
    );
    expect(await batch(item(a, '1'), item(a, '1'))).toEqual(REFUSED);
    expect(await batch(...Array.from({ length: 101 }, (_, at) => item(a, String(at + 1))))).toEqual(REFUSED);
  });
});

describe('both', () => {
  const keys = fc
    .constantFrom(['p', '1'], ['p', '2'], ['q', '1'])
    .map(([pk, sk]) => ({ pk: pk as string, sk: sk as string }));
  const number = fc.integer({ min: 0, max: 2 });
  const more = fc.record(
    {
      version: number.map((value) => ({ N: String(value) })),
      due: fc.constantFrom({ S: 'DUE' }),
      dueAt: fc.constantFrom({ S: '2011-01' }, { S: '2011-02' }),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Item>;
  const condition = fc.oneof(
    fc.constant({}),
    fc.constant(NEW),
    number.map(atVersion),
    fc.constant({ ConditionExpression: 'attribute_exists(due)' }),
  );
  type Step = (prefix: string) => object;
  const writeOf = fc.record({ key: keys, more, condition, kind: fc.constantFrom('Put', 'Delete', 'ConditionCheck') });
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.tuple(keys, more, condition).map(
      ([{ pk, sk }, fields, given]) =>
        (prefix: string) =>
          put(prefix + pk, sk, fields, given),
    ),
    fc.tuple(keys, condition).map(
      ([{ pk, sk }, given]) =>
        (prefix: string) =>
          new DeleteItemCommand({ TableName, Key: item(prefix + pk, sk), ...given }),
    ),
    fc.tuple(keys, number).map(
      ([{ pk, sk }, value]) =>
        (prefix: string) =>
          new UpdateItemCommand({
            TableName,
            Key: item(prefix + pk, sk),
            UpdateExpression: 'SET sentAt = :at REMOVE due ADD version :by',
            ExpressionAttributeValues: { ':at': { S: 'now' }, ':by': { N: String(value) } },
          }),
    ),
    fc.array(writeOf, { minLength: 1, maxLength: 3 }).map(
      (writes) => (prefix: string) =>
        new TransactWriteItemsCommand({
          TransactItems: writes.map(({ key: { pk, sk }, more, condition, kind }) =>
            kind === 'Put'
              ? { Put: { TableName, Item: item(prefix + pk, sk, more), ...condition } }
              : kind === 'Delete'
                ? { Delete: { TableName, Key: item(prefix + pk, sk), ...condition } }
                : { ConditionCheck: { TableName, Key: item(prefix + pk, sk), ...NEW, ...condition } },
          ) as never,
        }),
    ),
    keys.map(
      ({ pk, sk }) =>
        (prefix: string) =>
          get(prefix + pk, sk),
    ),
    fc.constant((prefix: string) => all(`${prefix}p`, { Limit: 1, ScanIndexForward: false })),
  );

  test('come to the same, whatever is written and read in whatever order', async () => {
    const memory = createMemoryStore({ now: () => 0 });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const prefix = `run${run++}-`;
        for (const make of steps)
          expect(await outcomeOf(memory, make(prefix))).toEqual(await outcomeOf(emulator, make(prefix)));
        for (const pk of ['p', 'q'])
          expect(await outcomeOf(memory, all(prefix + pk))).toEqual(await outcomeOf(emulator, all(prefix + pk)));
      }),
      { numRuns: 120 },
    );
  });
});

describe('only the store in memory', () => {
  const DUE = { due: { S: 'DUE' }, dueAt: { S: '2011-01' } };
  const waiting = new QueryCommand({
    TableName,
    IndexName: 'due',
    KeyConditionExpression: 'due = :due',
    ExpressionAttributeValues: { ':due': { S: 'DUE' } },
  });
  const stale = new GetItemCommand({ TableName, Key: item('a', '1') });

  test('lets reads lag behind that may, and no other', () => {
    let behind = 0;
    const store = createMemoryStore({ now: () => 0, lag: () => behind });
    store.execute(put('a', '1', { version: { N: '1' } }));
    store.execute(put('a', '1', { version: { N: '2' }, ...DUE }));
    const versionIn = (answer: object) => (answer as GetItemCommandOutput).Item?.version?.N;
    const seen = [0, 1, 2].map((lag) => {
      behind = lag;
      return [store.execute(stale), store.execute(get('a', '1'))].map(versionIn);
    });
    expect(seen).toEqual([
      ['2', '2'],
      ['1', '2'],
      [undefined, '2'],
    ]);
    behind = 1;
    expect((store.execute(waiting) as QueryCommandOutput).Items).toEqual([]);
    store.execute(put('a', '1', { version: { N: '3' } }));
    expect((store.execute(waiting) as QueryCommandOutput).Items).toEqual([item('a', '1', DUE)]);
    behind = 0;
    expect((store.execute(waiting) as QueryCommandOutput).Items).toEqual([]);
  });

  test('tells of each change in the shard of its partition, in order, and of no write that changed nothing', () => {
    const store = createMemoryStore({ now: () => 5, shardsPerTable: 2 });
    for (const pk of ['a', 'b', 'a', 'b']) store.execute(put(pk, '1', { at: { N: String(store.calls) } }));
    store.execute(put('a', '2'));
    store.execute(put('a', '2'));
    store.execute(new DeleteItemCommand({ TableName, Key: item('a', '2') }));
    store.execute(new DeleteItemCommand({ TableName, Key: item('a', '2') }));
    const told = store.shards
      .filter(({ table }) => table === TableName)
      .map(({ records }) => records.map(({ eventName, keys }) => `${eventName} ${keys.pk} ${keys.sk}`));
    expect(told.toSorted()).toEqual([
      ['INSERT a 1', 'MODIFY a 1', 'INSERT a 2', 'REMOVE a 2'],
      ['INSERT b 1', 'MODIFY b 1'],
    ]);
    const numbers = store.shards.flatMap(({ records }) => records.map(({ sequenceNumber }) => sequenceNumber));
    expect(new Set(numbers).size).toBe(6);
  });

  test('keeps what is past its time until it comes to remove it', () => {
    let now = 0;
    const store = createMemoryStore({ now: () => now });
    const token = (pk: string) => ({ pk: { S: pk }, expires: { N: '10' } });
    for (const pk of ['t1', 't2']) store.execute(new PutItemCommand({ TableName: 'access', Item: token(pk) }));
    expect(store.expire()).toBe(0);
    now = 10_001;
    const count = () =>
      (store.execute(new ScanCommand({ TableName: 'access', ConsistentRead: true })) as ScanCommandOutput).Count;
    expect(count()).toBe(2);
    expect([store.expire(1), count(), store.expire(), count()]).toEqual([1, 1, 1, 0]);
  });
});
