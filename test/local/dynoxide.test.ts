import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDynoxide } from '../../local/dynoxide.ts';
import { type HttpStore, startHttpStore } from '../support/http-store.ts';
import { KNOWS_PROCESSES, withDescendants } from '../support/processes.ts';
import { type Running, run, table, temporaryDirectory } from './fixture.ts';

const INDEX = {
  IndexName: 'byDue',
  KeySchema: [{ AttributeName: 'due', KeyType: 'HASH' }],
  Projection: { ProjectionType: 'ALL' },
};
const TableName = 'Shop-Items';
const Items = table({
  AttributeDefinitions: ['pk', 'due'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  GlobalSecondaryIndexes: [INDEX],
});

let instance: Running & { remove(): Promise<void> };
let store: HttpStore;
const folder = temporaryDirectory();
let piped: DynamoDBClient;
let bare: DynamoDBClient;
beforeAll(async () => {
  instance = await run({ resources: { Items } }, { mail: false });
  store = await startHttpStore(join(folder, 'store.db'));
  const { credentials, region, endpoints } = instance;
  piped = new DynamoDBClient({ endpoint: endpoints.dynamodb, region, credentials, maxAttempts: 1 });
  bare = new DynamoDBClient({ endpoint: store.endpoint, region, credentials, maxAttempts: 1 });
  const { StreamSpecification: _, ...properties } = Items.Properties as Record<string, unknown>;
  await bare.send(new CreateTableCommand({ ...properties, TableName } as never));
});
afterAll(async () => {
  await instance?.remove();
  await store?.stop();
  rmSync(folder, { recursive: true });
});

/** What a call comes to, but for what differs from call to call. */
async function outcomeOf(client: DynamoDBClient, command: object): Promise<unknown> {
  try {
    const { $metadata: _, ...output } = (await client.send(command as never)) as object & { $metadata: unknown };
    return output;
  } catch (error) {
    const { name, message, CancellationReasons } = error as Error & { CancellationReasons?: { Code: string }[] };
    return { name, message, reasons: CancellationReasons?.map(({ Code }) => Code) };
  }
}

const item = (pk: string, more: Record<string, unknown> = {}) => ({ pk: { S: pk }, ...more }) as never;
const key = { TableName, Key: item('a') };
const all = {
  due: { S: '2011' },
  number: { N: '1234567890.123456789' },
  text: { S: 'a "quoted" £ 😀\n\u2028' },
  bytes: { B: Buffer.from([0, 255]) },
  set: { SS: ['x', 'y'] },
  nested: { M: { list: { L: [{ NULL: true }, { BOOL: false }] } } },
};
const onlyIfNew = { ConditionExpression: 'attribute_not_exists(pk)' };

describe('the store at the end of its pipe answers as it does by HTTP', () => {
  // In this order: each finds what those before it left.
  const commands: [string, () => object][] = [
    ['a put', () => new PutItemCommand({ TableName, Item: item('a', all) })],
    [
      'a put that gives the old item',
      () => new PutItemCommand({ TableName, Item: item('a', all), ReturnValues: 'ALL_OLD' }),
    ],
    ['a put whose condition fails', () => new PutItemCommand({ TableName, Item: item('a'), ...onlyIfNew })],
    ['a put that is invalid', () => new PutItemCommand({ TableName, Item: item('') })],
    ['a put into no table', () => new PutItemCommand({ TableName: 'Nothing', Item: item('a') })],
    ['a get', () => new GetItemCommand({ ...key, ConsistentRead: true })],
    [
      'a get of a part',
      () =>
        new GetItemCommand({ ...key, ProjectionExpression: '#n.list', ExpressionAttributeNames: { '#n': 'nested' } }),
    ],
    ['a get of nothing', () => new GetItemCommand({ TableName, Key: item('nobody') })],
    ['a get by a wrong key', () => new GetItemCommand({ TableName, Key: { sk: { S: 'a' } } })],
    [
      'an update',
      () =>
        new UpdateItemCommand({
          ...key,
          UpdateExpression: 'SET n = :n REMOVE #t',
          ExpressionAttributeNames: { '#t': 'text' },
          ExpressionAttributeValues: { ':n': { N: '1' } },
          ReturnValues: 'ALL_NEW',
        }),
    ],
    [
      'an update whose condition fails',
      () =>
        new UpdateItemCommand({
          ...key,
          UpdateExpression: 'SET n = :n',
          ConditionExpression: 'n = :o',
          ExpressionAttributeValues: { ':n': { N: '1' }, ':o': { N: '7' } },
        }),
    ],
    ['an update that cannot be read', () => new UpdateItemCommand({ ...key, UpdateExpression: 'SET' })],
    [
      'a transaction',
      () =>
        new TransactWriteItemsCommand({
          TransactItems: [
            { Put: { TableName, Item: item('b', { due: { S: '2011' } }) } },
            { ConditionCheck: { ...key, ConditionExpression: 'attribute_exists(pk)' } },
          ],
        }),
    ],
    [
      'a transaction that is cancelled',
      () =>
        new TransactWriteItemsCommand({
          TransactItems: [
            { Put: { TableName, Item: item('c') } },
            { Put: { TableName, Item: item('a'), ...onlyIfNew } },
            { Delete: { TableName, Key: item('b'), ...onlyIfNew } },
          ],
        }),
    ],
    [
      'a transaction that reads',
      () => new TransactGetItemsCommand({ TransactItems: [{ Get: key }, { Get: { TableName, Key: item('c') } }] }),
    ],
    [
      'a batch of writes',
      () =>
        new BatchWriteItemCommand({
          RequestItems: {
            [TableName]: [{ PutRequest: { Item: item('d') } }, { DeleteRequest: { Key: item('nobody') } }],
          },
        }),
    ],
    [
      'a batch of reads',
      () =>
        new BatchGetItemCommand({
          RequestItems: {
            Items: { Keys: [item('b'), item('nobody')], ConsistentRead: true, ProjectionExpression: 'pk' },
          },
        }),
    ],
    [
      'a query',
      () =>
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: 'a' } },
          ConsistentRead: true,
        }),
    ],
    [
      'a page of a query on an index',
      () =>
        new QueryCommand({
          TableName,
          IndexName: 'byDue',
          KeyConditionExpression: 'due = :due',
          ExpressionAttributeValues: { ':due': { S: '2011' } },
          Limit: 1,
          ScanIndexForward: false,
        }),
    ],
    [
      'a count',
      () =>
        new QueryCommand({
          TableName,
          IndexName: 'byDue',
          KeyConditionExpression: 'due = :due',
          FilterExpression: 'attribute_exists(n)',
          ExpressionAttributeValues: { ':due': { S: '2011' } },
          Select: 'COUNT',
        }),
    ],
    [
      'a query that an index cannot answer',
      () =>
        new QueryCommand({
          TableName,
          IndexName: 'byDue',
          KeyConditionExpression: 'due = :due',
          ExpressionAttributeValues: { ':due': { S: '2011' } },
          ConsistentRead: true,
        }),
    ],
    [
      'a scan',
      () =>
        new ScanCommand({
          TableName,
          ConsistentRead: true,
          FilterExpression: 'pk > :pk',
          ExpressionAttributeValues: { ':pk': { S: 'a' } },
        }),
    ],
    ['a delete', () => new DeleteItemCommand({ TableName, Key: item('d'), ReturnValues: 'ALL_OLD' })],
    ['a delete whose condition fails', () => new DeleteItemCommand({ TableName, Key: item('a'), ...onlyIfNew })],
    ['a list', () => new ListTablesCommand({})],
    ['a description of nothing', () => new DescribeTableCommand({ TableName: 'Nothing' })],
  ];

  test.each(commands)('to %s', async (_, command) => {
    expect(await outcomeOf(piped, command())).toEqual(await outcomeOf(bare, command()));
  });

  test('to a megabyte', async () => {
    const writes = Array.from({ length: 4 }, (_, n) => ({
      Put: { TableName, Item: item(`m${n}`, { text: { S: 'é'.repeat(150_000) } }) },
    }));
    const write = new TransactWriteItemsCommand({ TransactItems: writes });
    expect(await outcomeOf(piped, write)).toEqual(await outcomeOf(bare, write));
    const scan = () => new ScanCommand({ TableName });
    expect(await outcomeOf(piped, scan())).toEqual(await outcomeOf(bare, scan()));
  });
});

test.each([
  [
    'capacity',
    new GetItemCommand({ ...key, ReturnConsumedCapacity: 'TOTAL' }),
    'GetItem does not take ReturnConsumedCapacity',
  ],
  [
    'the item that failed a condition',
    new PutItemCommand({
      TableName,
      Item: item('a'),
      ...onlyIfNew,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
    'does not tell the item',
  ],
  [
    'the same in a transaction',
    new TransactWriteItemsCommand({
      TransactItems: [
        { Put: { TableName, Item: item('a'), ...onlyIfNew, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } },
      ],
    }),
    'does not tell the item',
  ],
])('it says so rather than leave out %s', async (_, command, message) => {
  expect(await outcomeOf(piped, command)).toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining(message),
  });
});

test.runIf(KNOWS_PROCESSES)('one that ended by itself is missed, and told of', async () => {
  let told = '';
  const before = withDescendants(process.pid);
  const own = await startDynoxide(join(folder, 'own', 'store.db'), (reason) => {
    told = reason;
  });
  const describeTable = () => own.call('DynamoDB_20120810', 'DescribeTable', { TableName });
  await expect(describeTable()).rejects.toThrow(expect.objectContaining({ name: 'ResourceNotFoundException' }));
  for (const pid of withDescendants(process.pid)) if (!before.includes(pid)) process.kill(pid, 'SIGKILL');
  await expect(describeTable()).rejects.toThrow(/^dynoxide ended \(SIGKILL\)/);
  await expect(describeTable()).rejects.toThrow(/^dynoxide ended \(SIGKILL\)/);
  expect(told).toMatch(/^dynoxide ended \(SIGKILL\)/);
  await own.stop();
});
