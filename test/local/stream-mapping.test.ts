import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  eventually,
  type FunctionSource,
  mapping,
  queue,
  type Resources,
  type Running,
  run,
  table,
} from './fixture.ts';

/**
 * What Lambda did with each answer, recorded from real AWS by LocalStack's tests (see local/batch-response.ts).
 * `shared/oracles` holds the same with its sources; where it is present the two must agree.
 */
const ORACLE: readonly { id: string; response: unknown; succeeds: boolean; functionError?: string }[] = [
  {
    id: 'item_identifier_not_present_failure',
    response: { batchItemFailures: [{ itemIdentifier: 123 }] },
    succeeds: false,
  },
  {
    id: 'empty_string_item_identifier_failure',
    response: { batchItemFailures: [{ itemIdentifier: '' }] },
    succeeds: false,
  },
  { id: 'null_item_identifier_failure', response: { batchItemFailures: [{ itemIdentifier: null }] }, succeeds: false },
  { id: 'invalid_key_foo_failure', response: { batchItemFailures: [{ foo: 123 }] }, succeeds: false },
  { id: 'invalid_key_foo_null_value_failure', response: { batchItemFailures: [{ foo: null }] }, succeeds: false },
  { id: 'unhandled_exception_in_function', response: '<throws>', succeeds: false, functionError: 'Unhandled' },
  { id: 'empty_list_success', response: [], succeeds: true },
  { id: 'null_success', response: null, succeeds: true },
  { id: 'empty_dict_success', response: {}, succeeds: true },
  { id: 'empty_batch_item_failure_success', response: { batchItemFailures: [] }, succeeds: true },
  { id: 'null_batch_item_failure_success', response: { batchItemFailures: null }, succeeds: true },
];
const ORACLE_FILE = new URL('../../../shared/oracles/lambda_dynamodb_stream_batch_response.json', import.meta.url);

/** Logs the `pk`s of each batch as one JSON line, then answers with what `answer(pks, numbers, delivery)` says. */
const recorder = (answer = 'undefined', Variables: object = {}): FunctionSource => ({
  code: `let delivery = 0;
    export const handler = async (event) => {
      const pks = event.Records.map((record) => record.dynamodb.Keys.pk.S);
      const numbers = event.Records.map((record) => record.dynamodb.SequenceNumber);
      delivery++;
      console.log(JSON.stringify(pks));
      if (process.env.FULL) console.log(JSON.stringify(event));
      return (${answer});
    }`,
  properties: { Environment: { Variables } },
});

type Started = Running & { remove(): Promise<void> };
const started: Started[] = [];
afterEach(async () => {
  for (const instance of started.splice(0)) await instance.remove();
});

/** One table `Items` with a function `Fn` behind a mapping with these properties, and a queue `Dead`. */
async function start(properties: object, fn: FunctionSource = recorder(), more: Resources = {}): Promise<Started> {
  const resources = {
    Items: table(),
    Dead: queue(),
    Mapping: mapping('Items', 'Fn', properties),
    ...more,
  };
  const instance = await run({ resources, functions: { Fn: fn } }, { mail: false });
  started.push(instance);
  return instance;
}

/** The batches that a function got. */
const batches = (instance: Running, name = 'Shop-Fn'): string[][] =>
  instance.log
    .filter(({ source, stream, message }) => source === name && stream === 'stdout' && message.startsWith('["'))
    .map(({ message }) => JSON.parse(message));

const put = (instance: Running, pk: string, attributes: object = {}, TableName = 'Shop-Items') =>
  instance.call('DynamoDB_20120810.PutItem', { TableName, Item: { pk: { S: pk }, ...attributes } });

/** All in one transaction, so that the mapping finds all of them when it looks. */
const putAll = (instance: Running, pks: readonly string[], TableName = 'Shop-Items') =>
  instance.call('DynamoDB_20120810.TransactWriteItems', {
    TransactItems: pks.map((pk) => ({ Put: { TableName, Item: { pk: { S: pk } } } })),
  });

async function deadLetters(instance: Running, queueId = 'Dead'): Promise<Record<string, never>[]> {
  const QueueUrl = instance.resources.queues[queueId];
  const { Messages } = await instance.call('AmazonSQS.ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
  return (Messages as { Body: string }[]).map(({ Body }) => JSON.parse(Body));
}

describe('the answer of a function with ReportBatchItemFailures', () => {
  it('is judged as real AWS judged it, case by case', async () => {
    const resources: Resources = {};
    const functions: Record<string, FunctionSource> = {};
    for (const [index, { response }] of ORACLE.entries()) {
      const answer = response === '<throws>' ? `(() => { throw new Error('no') })()` : JSON.stringify(response);
      resources[`Items${index}`] = table();
      resources[`Dead${index}`] = queue();
      functions[`Fn${index}`] = recorder(answer);
      resources[`Mapping${index}`] = mapping(`Items${index}`, `Fn${index}`, {
        MaximumRetryAttempts: 3,
        DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [`Dead${index}`, 'Arn'] } } },
      });
    }
    const instance = await run({ resources, functions }, { mail: false });
    started.push(instance);
    await Promise.all(ORACLE.map((_, index) => putAll(instance, ['a', 'b'], `Shop-Items${index}`)));
    await instance.idle();
    for (const [index, { id, succeeds, functionError }] of ORACLE.entries()) {
      const failed = await deadLetters(instance, `Dead${index}`);
      expect(batches(instance, `Shop-Fn${index}`), id).toEqual(Array(succeeds ? 1 : 4).fill(['a', 'b']));
      const letter = {
        requestContext: {
          requestId: expect.any(String),
          functionArn: `arn:aws:lambda:eu-west-2:000000000000:function:Shop-Fn${index}`,
          condition: 'RetryAttemptsExhausted',
          approximateInvokeCount: 4,
        },
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: functionError ?? null },
        version: '1.0',
        timestamp: expect.stringMatching(/Z$/),
        DDBStreamBatchInfo: {
          shardId: expect.stringMatching(/^shardId-/),
          startSequenceNumber: '1',
          endSequenceNumber: '2',
          approximateArrivalOfFirstRecord: expect.stringMatching(/Z$/),
          approximateArrivalOfLastRecord: expect.stringMatching(/Z$/),
          batchSize: 2,
          streamArn: expect.stringMatching(/^arn:aws:dynamodb:eu-west-2:000000000000:table\/Shop-Items\d+\/stream\//),
        },
      };
      expect(failed, id).toEqual(succeeds ? [] : [letter]);
    }
  });

  it.runIf(existsSync(ORACLE_FILE))('is the table of the shared oracle', () => {
    const { cases } = JSON.parse(readFileSync(ORACLE_FILE, 'utf8')) as {
      cases: { id: string; response: unknown; expect: string; onFailure?: { functionError: string | null } }[];
    };
    const table = cases
      .filter(({ id }) => id !== 'one_poison_record')
      .map(({ id, response, expect: outcome, onFailure }) => ({
        id,
        response,
        succeeds: outcome.startsWith('complete success'),
        ...(onFailure?.functionError && { functionError: onFailure.functionError }),
      }));
    expect(ORACLE).toEqual(table);
  });

  it('that names one poisonous record delivers the others once and that one to the end of its retries', async () => {
    const instance = await start(
      { BatchSize: 3, MaximumRetryAttempts: 3 },
      recorder(
        `{ batchItemFailures: numbers.filter((_, i) => pks[i] === 'testId5').map((n) => ({ itemIdentifier: n })) }`,
      ),
    );
    const pks = ['testId0', 'testId1', 'testId2', 'testId3', 'testId4', 'testId5'];
    await putAll(instance, pks);
    await instance.idle();
    const deliveries = batches(instance).flat();
    expect(pks.map((pk) => deliveries.filter((each) => each === pk).length)).toEqual([1, 1, 1, 1, 1, 5]);
    const letters = await deadLetters(instance);
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 4 },
      responseContext: { functionError: null },
      DDBStreamBatchInfo: { batchSize: 1, startSequenceNumber: '6', endSequenceNumber: '6' },
    });
    expect(JSON.stringify(letters[0])).not.toContain('testId5');
  });

  it.each([
    ['', {}],
    [' also where batches are bisected', { BisectBatchOnFunctionError: true }],
  ])('leads back to the lowest record it names, and what follows is delivered again%s', async (_, more) => {
    const instance = await start(
      more,
      recorder(
        `delivery === 1 ? { batchItemFailures: [{ itemIdentifier: numbers[3] }, { itemIdentifier: numbers[1] }] } : null`,
      ),
    );
    await putAll(instance, ['1', '2', '3', '4', '5']);
    await instance.idle();
    expect(batches(instance)).toEqual([
      ['1', '2', '3', '4', '5'],
      ['2', '3', '4', '5'],
    ]);
  });
});

describe('a batch whose function fails', () => {
  const poison = recorder(`pks.includes('3') ? (() => { throw new Error('poison') })() : null`);

  it('is bisected down to the bad record, which costs no retries', async () => {
    const instance = await start({ BisectBatchOnFunctionError: true, MaximumRetryAttempts: 1 }, poison);
    await putAll(instance, ['1', '2', '3', '4']);
    await instance.idle();
    expect(batches(instance)).toEqual([['1', '2', '3', '4'], ['1', '2'], ['3', '4'], ['3'], ['3'], ['4']]);
    expect(await deadLetters(instance)).toMatchObject([
      { requestContext: { approximateInvokeCount: 2 }, DDBStreamBatchInfo: { batchSize: 1 } },
    ]);
  });

  it('blocks what comes after it until it succeeds', async () => {
    const instance = await start({}, recorder(`delivery < 6 ? (() => { throw new Error('not yet') })() : null`));
    await put(instance, 'a');
    await eventually(() => (batches(instance).length > 2 ? true : undefined));
    await put(instance, 'b');
    await instance.idle();
    expect(batches(instance)).toEqual([...Array(6).fill(['a']), ['b']]);
    expect(await deadLetters(instance)).toEqual([]);
  });

  it('is given up for what in it has grown too old', async () => {
    const instance = await start(
      { MaximumRecordAgeInSeconds: 1, BatchSize: 1 },
      recorder(`pks[0] === 'old' ? (() => { throw new Error('never') })() : null`),
    );
    await put(instance, 'old');
    await instance.idle();
    await put(instance, 'new');
    await instance.idle();
    expect(batches(instance).at(-1)).toEqual(['new']);
    expect(await deadLetters(instance)).toMatchObject([{ requestContext: { condition: 'RecordAgeExceeded' } }]);
  });
});

describe('a stream mapping', () => {
  it('delivers insertions, changes and removals with their keys', async () => {
    const instance = await start({}, recorder('undefined', { FULL: '1' }));
    await put(instance, 'a', { n: { N: '1' } });
    await put(instance, 'a', { n: { N: '2' } });
    await instance.call('DynamoDB_20120810.DeleteItem', { TableName: 'Shop-Items', Key: { pk: { S: 'a' } } });
    await instance.idle();
    const records = instance.log
      .filter(({ message }) => message.startsWith('{"Records"'))
      .flatMap(({ message }) => JSON.parse(message).Records);
    expect(records.map((record) => record.eventName)).toEqual(['INSERT', 'MODIFY', 'REMOVE']);
    expect(records[1]).toEqual({
      eventID: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventName: 'MODIFY',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'eu-west-2',
      dynamodb: {
        ApproximateCreationDateTime: expect.any(Number),
        Keys: { pk: { S: 'a' } },
        SequenceNumber: '2',
        SizeBytes: expect.any(Number),
        StreamViewType: 'KEYS_ONLY',
      },
      eventSourceARN: expect.stringMatching(/^arn:aws:dynamodb:eu-west-2:000000000000:table\/Shop-Items\/stream\//),
    });
  });

  it('passes on only what one of its filters matches, and goes on behind the rest', async () => {
    const pattern = (prefix: string) => ({
      Pattern: JSON.stringify({ eventName: ['INSERT'], dynamodb: { Keys: { pk: { S: [{ prefix }] } } } }),
    });
    const instance = await start({ FilterCriteria: { Filters: [pattern('a'), pattern('b')] } });
    await putAll(instance, ['a1', 'c1', 'b1', 'c2']);
    await instance.idle();
    expect(batches(instance)).toEqual([['a1', 'b1']]);
    const checkpoint = JSON.parse(readFileSync(`${instance.dataDir}/checkpoints/Mapping.json`, 'utf8'));
    expect(checkpoint.position.sequenceNumber).toBe('4');
  });

  it('gathers records for the length of its window, or until the batch is full', async () => {
    const instance = await start({ MaximumBatchingWindowInSeconds: 3, BatchSize: 3 });
    await putAll(instance, ['1', '2', '3', '4']);
    const began = Date.now();
    await put(instance, '5');
    await instance.idle();
    expect(Date.now() - began).toBeGreaterThan(1500);
    expect(batches(instance)).toEqual([
      ['1', '2', '3'],
      ['4', '5'],
    ]);
  });

  it('goes on after a restart where it stopped, from the beginning only where it is new', async () => {
    const first = await start({});
    await put(first, 'a');
    await first.idle();
    await first.stop();
    const assembly = `${first.dataDir}/cdk.out`;
    const second = await run(assembly, { mail: false, dataDir: first.dataDir });
    started.push(second);
    await put(second, 'b');
    await second.idle();
    expect(batches(second)).toEqual([['b']]);
  });

  it('is woken by a write, and does not wait for its next look', async () => {
    const instance = await start({});
    const writes = 15;
    const began = Date.now();
    for (let index = 1; index <= writes; index++) {
      await put(instance, `item${index}`);
      await eventually(() => (batches(instance).length === index ? true : undefined));
    }
    // It looks once a second; each of the writes would have waited for that.
    expect(Date.now() - began).toBeLessThan(0.7 * writes * 1000);
  });

  it.each<[string, object, RegExp]>([
    ['a filter that is no JSON', { FilterCriteria: { Filters: [{ Pattern: '{' }] } }, /Mapping: filter \{/],
    [
      'a filter that AWS would refuse',
      { FilterCriteria: { Filters: [{ Pattern: '{"eventName":"INSERT"}' }] } },
      /Mapping: filter .*pattern\.eventName/,
    ],
    ['retries without end', { MaximumRetryAttempts: -1 }, /MaximumRetryAttempts: retries must end/],
    ['another start than the oldest record', { StartingPosition: 'LATEST' }, /only TRIM_HORIZON is emulated/],
    ['a source that is no stream', { EventSourceArn: { 'Fn::GetAtt': ['Dead', 'Arn'] } }, /not the stream of a table/],
    ['a function that is not there', { FunctionName: 'Elsewhere' }, /'Elsewhere' is not a function/],
    [
      'a batch size out of range',
      { BatchSize: 20_000 },
      /Mapping \(AWS::Lambda::EventSourceMapping\) Properties\.BatchSize/,
    ],
  ])('with %s fails the start and says so', async (_, properties, message) => {
    await expect(start(properties)).rejects.toThrow(message);
  });
});
