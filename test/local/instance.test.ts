import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, type InvokeCommandInput, LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { findStore } from '../../local/dynoxide.ts';
import type { AwsCall } from '../../local/gateway.ts';
import { awsError } from '../../local/gateway.ts';
import { startInbox } from '../../local/inbox.ts';
import { startHttpStore } from '../support/http-store.ts';
import {
  type Assembly,
  AWS_CLIENT,
  api,
  eventually,
  mails,
  mapping,
  queue,
  type Running,
  run,
  subscription,
  table,
  temporaryDirectory,
  writeAssembly,
} from './fixture.ts';

type Started = Running & { remove(): Promise<void> };
const started: Started[] = [];
afterEach(async () => {
  for (const instance of started.splice(0)) await instance.remove();
});
async function start(...input: Parameters<typeof run>): Promise<Started> {
  const instance = await run(...input);
  started.push(instance);
  return instance;
}

/** API → table → stream → function → topic → mail: the whole way, with little on it. */
const shop: Assembly = {
  resources: {
    ...api({ 'PUT /items/{id}': 'Write' }),
    Items: table(),
    Topic: { Type: 'AWS::SNS::Topic' },
    Head: subscription('Topic', 'head@example.org'),
    Dead: queue(),
    Mapping: mapping('Items', 'Notify', { BatchSize: 2 }),
  },
  functions: {
    Write: {
      code: `${AWS_CLIENT}
        export const handler = async ({ pathParameters: { id } }) => {
          await aws('DynamoDB_20120810.PutItem', { TableName: process.env.TABLE, Item: { pk: { S: id } } });
          return { statusCode: 201, body: id };
        };`,
      properties: { Environment: { Variables: { TABLE: { Ref: 'Items' } } } },
    },
    Notify: {
      code: `${AWS_CLIENT}
        export const handler = async ({ Records }) => {
          await new Promise((resolve) => setTimeout(resolve, 50));
          for (const { dynamodb } of Records) {
            await publish({ TopicArn: process.env.TOPIC, Message: 'item', Subject: dynamodb.Keys.pk.S });
          }
        };`,
      properties: { Environment: { Variables: { TOPIC: { Ref: 'Topic' } } } },
    },
  },
};

const put = (url: string, id: string) => fetch(`${url}/items/${id}`, { method: 'PUT' });
const subjects = async (instance: Running) => (await mails(instance)).map(({ subject }) => subject);

describe('an instance', () => {
  it('carries a request through table, stream, function and topic into the inbox', async () => {
    const instance = await start(shop);
    expect((await put(instance.api, 'a')).status).toBe(201);
    await instance.idle();
    expect(await subjects(instance)).toEqual(['a']);
    expect(instance).toMatchObject({
      api: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      page: `${instance.api}/`,
      inbox: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}$/),
      resources: {
        tables: { Items: 'Shop-Items' },
        functions: { Write: 'Shop-Write' },
        topics: { Topic: 'arn:aws:sns:eu-west-2:000000000000:Shop-Topic' },
      },
    });
  });

  it('killed with SIGKILL loses nothing that it accepted', async () => {
    const dataDir = temporaryDirectory();
    const assembly = writeAssembly(join(dataDir, 'cdk.out'), shop);
    const accepted: string[] = [];
    for (const round of ['a', 'b']) {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'killed-instance.ts'), assembly, dataDir], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const url = line.toString().trim();
      const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => put(url, `${round}${index}`)));
      for (const answer of answers) if (answer.status === 201) accepted.push(await answer.text());
      // Somewhere between the first delivery and the last.
      await sleep(120);
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    expect(accepted).toHaveLength(16);
    // What was kept is mailed at once: faster than SNS lets one address be mailed, which is not this test's matter.
    const instance = await start(assembly, { dataDir, unlimited: true });
    await instance.idle();
    expect([...new Set(await subjects(instance))].sort()).toEqual(accepted.sort());
    expect((await mails(instance)).every(({ text }) => text.includes('/sns/unsubscribe.html?'))).toBe(true);
  });

  it('stopped in the middle finishes what it had begun, leaves no handle behind, and goes on later', async () => {
    const handles = () => process.getActiveResourcesInfo().filter((kind) => kind !== 'Timeout' && kind !== 'Immediate');
    const before = handles();
    const first = await start(shop);
    const answers = Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => put(first.api, id)));
    await sleep(150);
    await first.stop();
    expect((await answers).map(({ status }) => status)).toEqual(Array(5).fill(201));
    await eventually(() => (handles().length <= before.length ? true : undefined));
    await expect(fetch(first.api)).rejects.toThrow();
    const second = await start(`${first.dataDir}/cdk.out`, { dataDir: first.dataDir });
    await second.idle();
    expect([...new Set(await subjects(second))].sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('stopped while functions do not end cuts them off, and does their work after the next start', async () => {
    const hanging = `${AWS_CLIENT}
      export const handler = async (event) => {
        console.log('began');
        if (!process.env.HANGS) return publish({ TopicArn: process.env.TOPIC, Message: 'done' });
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      };`;
    const withHanging = (HANGS: string): Assembly => ({
      ...shop,
      resources: { ...shop.resources, ...api({ 'PUT /items/{id}': 'Write', 'GET /slow': 'Notify' }) },
      functions: {
        ...shop.functions,
        Notify: {
          code: hanging,
          properties: { Timeout: 60, Environment: { Variables: { HANGS, TOPIC: { Ref: 'Topic' } } } },
        },
      },
    });
    const first = await start(withHanging('yes'));
    await put(first.api, 'a');
    const asked = fetch(`${first.api}/slow`).then(
      () => 'answered',
      () => 'cut off',
    );
    await eventually(() => (first.log.filter(({ message }) => message === 'began').length === 2 ? true : undefined));
    const before = performance.now();
    await first.stop();
    // Far from the minute that they would have taken.
    expect(performance.now() - before).toBeLessThan(20_000);
    expect(await asked).toBe('cut off');
    const second = await start(withHanging(''), { dataDir: first.dataDir });
    await second.idle();
    expect((await mails(second)).map(({ text }) => text.split('\n')[0])).toEqual(['done']);
  });

  it('has its data directory to itself, but takes over from one that died', async () => {
    const first = await start({ resources: {} }, { mail: false });
    await expect(run({ resources: {} }, { mail: false, dataDir: first.dataDir })).rejects.toThrow(
      `is in use by another instance (process ${process.pid})`,
    );
    await first.stop();
    writeFileSync(
      join(first.dataDir, 'instance.lock'),
      JSON.stringify({ id: 'x', pid: 1, gateway: 'http://127.0.0.1:9' }),
    );
    await start({ resources: {} }, { mail: false, dataDir: first.dataDir });
  });

  it('started afresh has forgotten everything but leaves other people’s files', async () => {
    const first = await start(shop);
    await put(first.api, 'a');
    await first.idle();
    await first.stop();
    writeFileSync(join(first.dataDir, 'mine.txt'), '');
    const second = await start(shop, { dataDir: first.dataDir, fresh: true });
    expect(await subjects(second)).toEqual([]);
    expect(await second.call('DynamoDB_20120810.Scan', { TableName: 'Shop-Items' })).toMatchObject({ Count: 0 });
    expect(existsSync(join(first.dataDir, 'mine.txt'))).toBe(true);
  });

  it('adds to a table what the template has come to want, and refuses another key', async () => {
    const first = await start({ resources: { Items: table({ StreamSpecification: undefined }) } }, { mail: false });
    await first.call('DynamoDB_20120810.PutItem', {
      TableName: 'Shop-Items',
      Item: { pk: { S: 'a' }, due: { S: '2011' } },
    });
    await first.stop();
    const indexed = table({
      AttributeDefinitions: ['pk', 'due'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      GlobalSecondaryIndexes: [
        {
          IndexName: 'byDue',
          KeySchema: [{ AttributeName: 'due', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    });
    const { dataDir } = first;
    const second = await start(
      {
        resources: { Items: indexed, Dead: queue(), Mapping: mapping('Items', 'Fn') },
        functions: { Fn: 'export const handler = async () => {}' },
      },
      { mail: false, dataDir },
    );
    const found = await second.call('DynamoDB_20120810.Query', {
      TableName: 'Shop-Items',
      IndexName: 'byDue',
      KeyConditionExpression: 'due = :due',
      ExpressionAttributeValues: { ':due': { S: '2011' } },
    });
    expect(found).toMatchObject({ Count: 1 });
    await second.stop();
    const rekeyed = table({
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    });
    await expect(run({ resources: { Items: rekeyed } }, { mail: false, dataDir })).rejects.toThrow(
      /'Shop-Items' \(Items\) exists with the key pk HASH, the template wants id HASH/,
    );
  });

  it('mails to SMTP_URL and stores in DYNAMODB_ENDPOINT where they are set', async () => {
    const elsewhere = temporaryDirectory();
    const inbox = await startInbox({
      port: 0,
      secret: 'elsewhere',
      directory: join(elsewhere, 'mail'),
      undelivered: new Set(),
    });
    const store = await startHttpStore(join(elsewhere, 'store.db'));
    vi.stubEnv('DYNAMODB_ENDPOINT', store.endpoint);
    const instance = await start(shop, { mail: inbox.smtpUrl });
    vi.unstubAllEnvs();
    await put(instance.api, 'a');
    await instance.idle();
    expect(instance.inbox).toBe(inbox.smtpUrl);
    expect(await mails({ inbox: inbox.url })).toMatchObject([{ subject: 'a' }]);
    expect(existsSync(join(instance.dataDir, 'dynamodb'))).toBe(false);
    await instance.stop();
    const client = new DynamoDBClient({
      endpoint: store.endpoint,
      region: instance.region,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    expect(await client.send(new ScanCommand({ TableName: 'Shop-Items' }))).toMatchObject({
      Items: [{ pk: { S: 'a' } }],
    });
    await Promise.all([inbox.stop(), store.stop()]);
    rmSync(elsewhere, { recursive: true });
  });

  it('says so where no store answers at DYNAMODB_ENDPOINT', async () => {
    const elsewhere = temporaryDirectory();
    const store = await startHttpStore(join(elsewhere, 'store.db'));
    await store.stop();
    vi.stubEnv('DYNAMODB_ENDPOINT', store.endpoint);
    await expect(run(shop, { mail: false })).rejects.toThrow(
      `DYNAMODB_ENDPOINT is ${store.endpoint}, where no store answers (connect ECONNREFUSED`,
    );
    vi.unstubAllEnvs();
    rmSync(elsewhere, { recursive: true });
  });

  it.each([
    [
      ['sunos', 'sparc'],
      'The store (dynoxide) does not exist for sunos sparc: set DYNAMODB_ENDPOINT to the address of another DynamoDB emulator that runs, such as http://127.0.0.1:8000.',
    ],
    [
      process.platform === 'darwin' ? ['win32', 'x64'] : ['darwin', 'arm64'],
      /^The store \(dynoxide\) for \w+ \w+ is not installed: run "npm install --no-save @dynoxide\/\w+-\w+@\d+\.\d+\.\d+", or set DYNAMODB_ENDPOINT to [^.]*127\.0\.0\.1:8000\.$/,
    ],
  ])('says in one sentence what to do where the store is not there for %j', ([platform, arch], sentence) => {
    expect(() => findStore(platform, arch)).toThrow(sentence);
  });

  it('refuses a function whose environment refers to nothing', async () => {
    const functions = { Fn: { code: '', properties: { Environment: { Variables: { TABLE: { Ref: 'Itmes' } } } } } };
    await expect(run({ resources: {}, functions }, { mail: false })).rejects.toThrow(
      "Fn (AWS::Lambda::Function) Properties.Environment.Variables.TABLE: 'Itmes' is no resource of the template",
    );
  });

  it('refuses a port that is taken', async () => {
    const first = await start(
      { resources: api({ $default: 'Fn' }), functions: { Fn: 'export const handler = async () => 1' } },
      { mail: false },
    );
    const port = Number(new URL(first.api).port);
    await expect(run(shop, { mail: false, apiPort: port })).rejects.toThrow(`port ${port} for the API is in use`);
  });
});

describe('calls of AWS services', () => {
  it('can be seen, with who calls', async () => {
    const calls: Pick<AwsCall, 'service' | 'operation' | 'functionId'>[] = [];
    const instance = await start(shop, {
      intercept(call, forward) {
        calls.push({ service: call.service, operation: call.operation, functionId: call.functionId });
        return forward();
      },
    });
    await put(instance.api, 'a');
    await instance.idle();
    expect(calls).toEqual([
      { service: 'dynamodb', operation: 'PutItem', functionId: 'Write' },
      { service: 'sns', operation: 'Publish', functionId: 'Notify' },
    ]);
  });

  it('can be answered in place of the service, or not at all', async () => {
    const faults = ['refuse', 'drop', 'lose', 'none'];
    const instance = await start(shop, {
      mail: false,
      async intercept(call, forward) {
        const fault = faults.shift();
        if (fault === 'refuse') return awsError(call, 400, 'ThrottlingException', 'too fast');
        if (fault === 'drop') throw new Error('the caller gets no answer');
        const reply = await forward();
        if (fault === 'lose') throw new Error('done, but the caller does not hear of it');
        return reply;
      },
    });
    const statuses: number[] = [];
    for (const id of ['refused', 'dropped', 'lost', 'kept']) statuses.push((await put(instance.api, id)).status);
    expect(statuses).toEqual([500, 500, 500, 201]);
    const { Items } = await instance.call('DynamoDB_20120810.Scan', { TableName: 'Shop-Items' });
    expect((Items as { pk: { S: string } }[]).map(({ pk }) => pk.S).sort()).toEqual(['kept', 'lost']);
    expect(instance.log.some(({ message }) => message.includes('ThrottlingException: too fast'))).toBe(true);
  });
});

describe("Lambda's endpoint", () => {
  it('invokes a function for a tool, and tells a failure from a result', async () => {
    const functions = {
      Echo: `export const handler = async (event) => { if (event.fail) throw new RangeError('no'); return { event } }`,
    };
    const { endpoints, region, credentials, resources } = await start({ resources: {}, functions }, { mail: false });
    const lambda = new LambdaClient({ endpoint: endpoints.lambda, region, credentials });
    const invoke = async (input: Partial<InvokeCommandInput>) => {
      const { FunctionError, Payload } = await lambda.send(
        new InvokeCommand({ FunctionName: resources.functions.Echo, ...input }),
      );
      return { FunctionError, payload: JSON.parse(Buffer.from(Payload ?? []).toString()) };
    };
    expect(await invoke({ Payload: '{"a":"ü"}' })).toEqual({
      FunctionError: undefined,
      payload: { event: { a: 'ü' } },
    });
    expect(await invoke({})).toMatchObject({ payload: { event: {} } });
    expect(await invoke({ Payload: '{"fail":true}' })).toMatchObject({
      FunctionError: 'Unhandled',
      payload: { errorType: 'RangeError', errorMessage: 'no' },
    });
    await expect(invoke({ FunctionName: 'Other' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(invoke({ InvocationType: 'Event' })).rejects.toThrow(/only synchronous/);
  });
});
