import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, type Running, run, table } from './fixture.ts';

/** Inside the project, as cdk.out is: node_modules and a package.json with `"type": "module"` lie above it. */
const parent = join(import.meta.dirname, 'cdk.out');
mkdirSync(parent, { recursive: true });
const folder = mkdtempSync(join(parent, 'functions-'));
/** Reached by a link and with a space in its name, as macOS's temporary folder and a user's folder on Windows are. */
const root = join(folder, 'by link');
mkdirSync(join(folder, 'real'));
symlinkSync(join(folder, 'real'), root, 'junction');
let instance: Running & { remove(): Promise<void> };

beforeAll(async () => {
  process.env.SECRET_OF_THE_HOST = 'x';
  const sdk = await build({
    stdin: {
      contents: `
        import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
        const client = new DynamoDBClient({});
        export const handler = async () => {
          await client.send(new PutItemCommand({ TableName: process.env.TABLE, Item: { pk: { S: 'a' } } }));
          return (await client.send(new GetItemCommand({ TableName: process.env.TABLE, Key: { pk: { S: 'a' } } }))).Item;
        };`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
  });
  instance = await run(
    {
      resources: { Items: table() },
      functions: {
        Env: {
          code: 'export const handler = async () => process.env',
          properties: {
            MemorySize: 256,
            Environment: { Variables: { TABLE: { Ref: 'Items' }, OTHER: { 'Fn::GetAtt': ['Env', 'Arn'] } } },
          },
        },
        Context: `export const handler = async (event, context) => ({ ...context,
          remaining: context.getRemainingTimeInMillis(), event })`,
        Throws: `export const handler = async () => { console.error('about to fail'); throw new TypeError('no such thing') }`,
        Sleeps: { code: `export const handler = () => new Promise(() => {})`, properties: { Timeout: 1 } },
        Spins: {
          code: `export const handler = (e) => { while (e.spin) {} ; return 'ok' }`,
          properties: { Timeout: 1 },
        },
        Exits: `export const handler = async (e) => { if (e.exit) process.exit(3); return 'alive' }`,
        Crashes: `export const handler = (e) => e.crash
          ? new Promise(() => { setTimeout(() => { throw new Error('out of band') }) }) : 'alive'`,
        Rejects: `export const handler = () => new Promise(() => { Promise.reject(new Error('forgotten')) })`,
        Hungry: {
          code: `export const handler = () => { const all = []; for (;;) all.push(new Array(1e5).fill(all.length)) }`,
          properties: { MemorySize: 64, Timeout: 20 },
        },
        Counts: `let calls = 0; export const handler = async ({ ms }) => {
          const mine = ++calls; await new Promise((r) => setTimeout(r, ms)); return mine }`,
        Nothing: 'export const handler = async () => {}',
        Big: `export const handler = async () => 'x'.repeat(6 * 1024 * 1024)`,
        Callback: 'export const handler = (event, context, callback) => callback(null, 1)',
        NoModule: { code: 'export const handler = 1', properties: { Handler: 'main.handler' } },
        NoExport: { code: 'export const other = 1' },
        Outside: `import { z } from 'zod'; export const handler = async () => typeof z`,
        Script: {
          files: {
            'index.js': `const { x } = require('./other.js'); exports.handler = async () => [x, typeof __dirname]`,
            'other.js': 'exports.x = 42',
          },
        },
        Sdk: {
          files: { 'index.js': sdk.outputFiles[0]?.text ?? '' },
          properties: { Environment: { Variables: { TABLE: { Ref: 'Items' } } } },
        },
        Time: `export const handler = async () => ({
          now: Date.now(), date: new Date(), text: Date(), hour: new Date(0).getHours(),
          is: new Date() instanceof Date, same: new Date(5).constructor === Date, parsed: Date.parse('1970-01-01T00:00:01Z'),
          given: new Date(2011, 0, 2).toISOString(), sub: new (class extends Date {})(7).getTime() })`,
      },
    },
    { dataDir: root, clock: '2011-10-15T12:00:00Z', mail: false },
  );
});
afterAll(() => instance?.remove().finally(() => rmSync(parent, { recursive: true, force: true })));

const failure = (name: string, event: object = {}) =>
  instance.invoke(name, event).then(
    (value) => expect.unreachable(`returned ${JSON.stringify(value)}`),
    (error: { payload: unknown }) => error.payload,
  );

describe('a function', () => {
  it('sees the template’s environment, what Lambda adds, and nothing of the host', async () => {
    const env = (await instance.invoke('Env', {})) as Record<string, string>;
    expect(env).toMatchObject({
      TABLE: 'Shop-Items',
      OTHER: 'arn:aws:lambda:eu-west-2:000000000000:function:Shop-Env',
      AWS_REGION: 'eu-west-2',
      AWS_LAMBDA_FUNCTION_NAME: 'Shop-Env',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/Shop-Env',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_ACCESS_KEY_ID: 'Env',
      AWS_ENDPOINT_URL_DYNAMODB: instance.endpoints.dynamodb,
      AWS_ENDPOINT_URL_SNS: instance.endpoints.sns,
      AWS_ENDPOINT_URL_SQS: instance.endpoints.sqs,
      _HANDLER: 'index.handler',
      TZ: ':UTC',
      _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-/),
    });
    expect(env).not.toHaveProperty('SECRET_OF_THE_HOST');
    expect(env).not.toHaveProperty('HOME');
  });

  it('gets its event and a context', async () => {
    expect(await instance.invoke('Context', { a: [1] })).toMatchObject({
      event: { a: [1] },
      functionName: 'Shop-Context',
      functionVersion: '$LATEST',
      memoryLimitInMB: '128',
      invokedFunctionArn: 'arn:aws:lambda:eu-west-2:000000000000:function:Shop-Context',
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      callbackWaitsForEmptyEventLoop: true,
      remaining: expect.closeTo(5000, -2),
    });
  });

  it('lives by the instance’s clock, which ticks, in UTC', async () => {
    const time = (await instance.invoke('Time', {})) as Record<string, unknown>;
    const start = Date.parse('2011-10-15T12:00:00Z');
    expect(time).toMatchObject({
      hour: 0,
      is: true,
      same: true,
      parsed: 1000,
      given: '2011-01-02T00:00:00.000Z',
      sub: 7,
    });
    expect(time.now).toBeGreaterThan(start);
    expect(time.now).toBeLessThan(start + 60_000);
    expect(time.date).toMatch(/^2011-10-15T12:00/);
    expect(time.text).toMatch(/^Sat Oct 15 2011 12:00/);
    const later = (await instance.invoke('Time', {})) as { now: number };
    expect(later.now).toBeGreaterThan(time.now as number);
  });

  it('follows a clock that is moved, also where it is loaded already', async () => {
    const dates = [];
    for (const instant of ['2011-11-07T09:00:00Z', '2025-04-04T09:00:00Z', '2011-10-15T12:00:00Z']) {
      instance.moveClock(instant);
      dates.push(((await instance.invoke('Time', {})) as { date: string }).date.slice(0, 16));
    }
    expect(dates).toEqual(['2011-11-07T09:00', '2025-04-04T09:00', '2011-10-15T12:00']);
  });

  it('reaches its table through the real SDK, as CommonJS beneath a package of modules', async () => {
    expect(await instance.invoke('Sdk', {})).toEqual({ pk: { S: 'a' } });
    expect(await instance.invoke('Script', {})).toEqual([42, 'string']);
  });

  it('that returns nothing returns null', async () => {
    expect(await instance.invoke('Nothing', {})).toBeNull();
  });

  it('is found by logical id, name and ARN, and nothing else is', async () => {
    expect(await instance.invoke('Shop-Nothing', {})).toBeNull();
    expect(await instance.invoke('arn:aws:lambda:eu-west-2:000000000000:function:Shop-Nothing', {})).toBeNull();
    await expect(instance.invoke('Nothin', {})).rejects.toThrow(/'Nothin' is not a function of this template/);
  });

  it('keeps its environment from one invocation to the next, and gets a second one only when two run at once', async () => {
    expect(await instance.invoke('Counts', { ms: 0 })).toBe(1);
    const calls = await Promise.all([1, 2].map(() => instance.invoke('Counts', { ms: 1000 })));
    expect(calls.sort()).toEqual([1, 2]);
  });

  it('that throws fails with its error', async () => {
    expect(await failure('Throws')).toMatchObject({ errorType: 'TypeError', errorMessage: 'no such thing' });
  });

  it.each([
    ['that waits', 'Sleeps', {}],
    ['that never yields', 'Spins', { spin: true }],
  ])('%s past its timeout is ended', async (_, name, event) => {
    expect(await failure(name, event)).toMatchObject({
      errorMessage: expect.stringMatching(/Task timed out after 1.00 seconds/),
    });
  });

  it('that was ended at its timeout runs again', async () => {
    expect(await instance.invoke('Spins', {})).toBe('ok');
  });

  it('that exits or crashes fails, and is replaced', async () => {
    expect(await failure('Exits', { exit: true })).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringContaining('exit status 3'),
    });
    expect(await instance.invoke('Exits', {})).toBe('alive');
    expect(await failure('Crashes', { crash: true })).toMatchObject({ errorMessage: 'out of band' });
    expect(await instance.invoke('Crashes', {})).toBe('alive');
    expect(await failure('Rejects')).toMatchObject({ errorMessage: 'forgotten' });
  });

  it('that takes more than its memory fails', async () => {
    expect(await failure('Hungry')).toMatchObject({ errorType: 'Runtime.OutOfMemory' });
  });

  it('that returns more than 6 MB fails', async () => {
    expect(await failure('Big')).toMatchObject({ errorType: 'Function.ResponseSizeTooLarge' });
  });

  it.each([
    ['without its module', 'NoModule', 'Runtime.ImportModuleError', /Cannot find module 'main'/],
    ['without its export', 'NoExport', 'Runtime.HandlerNotFound', /index.handler is undefined/],
    ['with a callback', 'Callback', 'Runtime.CallbackHandlerDeprecated', /callback/],
    [
      'that needs a package outside of its bundle',
      'Outside',
      'Runtime.ImportModuleError',
      /'zod': it is not in the function's bundle/,
    ],
  ])('%s cannot be loaded', async (_, name, errorType, message) => {
    expect(await failure(name)).toMatchObject({ errorType, errorMessage: expect.stringMatching(message) });
  });

  it('prints into the log file and to the listener', async () => {
    const line = { source: 'Shop-Throws', stream: 'stderr', message: 'about to fail' };
    await eventually(() => instance.log.find(({ message }) => message === 'about to fail'));
    expect(instance.log).toContainEqual(expect.objectContaining(line));
    const file = readFileSync(join(root, 'functions.log'), 'utf8')
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text));
    expect(file).toContainEqual(expect.objectContaining({ ...line, time: expect.stringMatching(/^2011-10-15T12:0/) }));
  });
});
