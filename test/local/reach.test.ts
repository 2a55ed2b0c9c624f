import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listTokens } from '../../functions/store/access.ts';
import { databaseOf } from '../../local/launch.ts';
import { startBrowser } from '../support/browser.ts';
import { KNOWS_PROCESSES, listeningPorts } from '../support/processes.ts';
import { type Service, startService } from '../support/service.ts';
import { HOME, tokenFor } from '../support/visit.ts';
import { temporaryDirectory } from './fixture.ts';

/** Only whoever started an instance can reach it: no page of another site, and no other user of the machine. */

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly allowed: string | undefined;
}

/** A request as `fetch` would not let one make it: with whatever `Host` and `Origin`. */
function ask(url: string, headers: Record<string, string>, method = 'GET', body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(chunks).toString(),
          allowed: response.headers['access-control-allow-origin'],
        }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.end());

const hostOf = (url: string) => new URL(url).host;
const SIGNED =
  'AWS4-HMAC-SHA256 Credential=local/20200101/eu-west-2/dynamodb/aws4_request, SignedHeaders=host, Signature=x';

/** A call of DynamoDB that anybody could write who had the credentials. */
const dynamodbCall = (sessionToken: string, operation = 'ListTables') => ({
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': `DynamoDB_20120810.${operation}`,
  authorization: SIGNED,
  'x-amz-security-token': sessionToken,
});

describe('every address that is told', () => {
  const places = {
    api: () => `${service.api}/openapi.json`,
    inbox: () => `${service.inbox}/api/email`,
    gateway: () => `${service.endpoints.dynamodb}/instance`,
  };

  test.each(Object.entries(places))('%s answers under its own names', async (_, url) => {
    const { port } = new URL(url());
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`]) {
      const own = { host, origin: `http://${host.toLowerCase()}` };
      expect((await ask(url(), { host })).status).toBe(200);
      expect((await ask(url(), own)).status).toBe(200);
    }
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    expect((await ask(url(), headers)).status, 'somebody follows a link to it').toBe(200);
  });

  test.each(Object.entries(places))(
    '%s refuses whoever comes under another name or from another origin',
    async (_, url) => {
      const host = hostOf(url());
      const refused: Record<string, string>[] = [
        { host: 'evil.example' },
        { host: `evil.example:${new URL(url()).port}` },
        { host: `127.0.0.1.evil.example:${new URL(url()).port}` },
        { host: `localhost.evil.example` },
        { origin: 'http://evil.example' },
        { origin: 'null' },
        { origin: 'http://127.0.0.1:9' },
        { origin: `http://${host}.evil.example` },
        { origin: `http://evil.example/http://${host}` },
        { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
        { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
        { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      ];
      for (const headers of refused) {
        const { status, text, allowed } = await ask(url(), headers);
        expect([status, allowed], JSON.stringify(headers)).toEqual([403, undefined]);
        expect(text).toMatch(/another origin|not to 127\.0\.0\.1/);
        for (const method of ['POST', 'OPTIONS', 'DELETE'])
          expect((await ask(url(), headers, method)).status, `${method} ${JSON.stringify(headers)}`).toBe(403);
      }
    },
  );

  test('says what to do to whoever asks for the inbox without its secret', async () => {
    const { origin } = new URL(service.inbox);
    for (const path of ['/', '/api/email', '/api/healthz', `${new URL(service.inbox).pathname}x/api/email`]) {
      const { status, text } = await ask(`${origin}${path}`, {});
      expect([status, text]).toEqual([404, expect.stringContaining('at the address that "npm start" prints')]);
    }
  });

  test('the inbox opens no WebSocket for another origin, nor without its secret', async () => {
    const { port, pathname } = new URL(service.inbox);
    const upgrade = (path: string, headers: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1', () =>
          socket.write(
            `GET ${path}/socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\n` +
              `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`,
          ),
        );
        socket.once('data', (chunk: Buffer) => {
          resolve(chunk.toString().split('\r\n')[0] ?? '');
          socket.destroy();
        });
      });
    expect(await upgrade(pathname, `Origin: http://127.0.0.1:${port}\r\n`)).toContain('101');
    expect(await upgrade(pathname, 'Origin: http://evil.example\r\n')).toContain('403');
    expect(await upgrade(pathname, 'Origin: http://127.0.0.1:9\r\n')).toContain('403');
    expect(await upgrade('', `Origin: http://127.0.0.1:${port}\r\n`)).toContain('404');
  });

  test.each([
    ['no credentials', () => ({})],
    ['the credentials of everybody', () => ({ sessionToken: 'local' })],
    ['those of an earlier start', () => ({ sessionToken: service.credentials.sessionToken.replace(/^./, '*') })],
  ])('no AWS service answers whoever shows %s', async (_, given) => {
    const { endpoints, region, resources } = service;
    const client = (endpoint: string) => ({
      ...{ endpoint, region, maxAttempts: 1 },
      credentials: { accessKeyId: 'local', secretAccessKey: 'local', ...given() },
    });
    const TableName = String(resources.outputs.AccessTable);
    const TopicArn = Object.values(resources.topics)[0];
    const QueueUrl = Object.values(resources.queues)[0];
    const FunctionName = Object.values(resources.functions)[0];
    await expect(new DynamoDBClient(client(endpoints.dynamodb)).send(new ScanCommand({ TableName }))).rejects.toThrow(
      expect.objectContaining({ name: 'UnrecognizedClientException' }),
    );
    await expect(
      new SNSClient(client(endpoints.sns)).send(new ListSubscriptionsByTopicCommand({ TopicArn })),
    ).rejects.toThrow(expect.objectContaining({ name: 'InvalidClientTokenId' }));
    await expect(new SQSClient(client(endpoints.sqs)).send(new ReceiveMessageCommand({ QueueUrl }))).rejects.toThrow(
      expect.objectContaining({ name: 'InvalidClientTokenId' }),
    );
    await expect(new LambdaClient(client(endpoints.lambda)).send(new InvokeCommand({ FunctionName }))).rejects.toThrow(
      expect.objectContaining({ name: 'UnrecognizedClientException' }),
    );
    for (const target of ['DynamoDB_20120810.ListTables', 'DynamoDBStreams_20120810.ListStreams']) {
      const headers = { 'x-amz-target': target, ...(given() as Record<string, string>) };
      expect((await ask(endpoints.dynamodb, headers, 'POST', '{}')).text).toContain('UnrecognizedClientException');
    }
  });
});

describe('a page of another origin, in a browser', () => {
  let browser: Browser;
  const elsewhere = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>Elsewhere</title>');
  });
  /** As the browser sees a host whose name has come to point to 127.0.0.1: the request arrives here, its `Host` is that name. */
  const rebound = createServer((asked, response) => {
    const { host = '' } = asked.headers;
    const { pathname, search } = new URL(asked.url ?? '', `http://${host}`);
    const url = `http://127.0.0.1:${host.split(':')[1]}${pathname}${search}`;
    asked.pipe(
      request(url, { method: asked.method, headers: asked.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }),
    );
  });
  beforeAll(async () => {
    browser = await startBrowser();
    for (const server of [elsewhere, rebound]) await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of [elsewhere, rebound]) {
      server.closeAllConnections();
      server.close();
    }
  });

  test('reads nothing and changes nothing, whatever secrets it has come to know', async () => {
    const token = await tokenFor(service);
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(service.api);
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'Recipients' }).click();
    const tokens = await listTokens(databaseOf(service));
    await service.put('2011-09', { observations: { 'referral-backlog': { count: 12 } } });
    const [mail] = await service.mails();
    const unsubscribe = /http\S+unsubscribe\S+/.exec(mail?.text ?? '')?.[0] ?? 'none';
    expect(unsubscribe).toContain('SubscriptionArn=');

    await page.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`);
    const gateway = service.endpoints.dynamodb;
    const headers = dynamodbCall(service.credentials.sessionToken);
    const item = {
      pk: { S: 'token#x' },
      scopes: { SS: ['read'] },
      authority: { S: '*' },
      expires: { N: '9999999999' },
    };
    const write = JSON.stringify({ TableName: service.resources.outputs.AccessTable, Item: item });
    const tries: [url: string, init: RequestInit][] = [
      [`${service.inbox}/api/email`, {}],
      [`${service.inbox}/api/email`, { credentials: 'include' }],
      [`${service.inbox}/api/email/all`, { method: 'DELETE' }],
      [`${service.inbox}/api/email/all`, { method: 'POST', mode: 'no-cors' }],
      [gateway, { method: 'POST', headers, body: '{}' }],
      [gateway, { method: 'POST', headers: dynamodbCall(service.credentials.sessionToken, 'PutItem'), body: write }],
      [gateway, { method: 'POST', mode: 'no-cors', body: 'Action=ListTopics' }],
      [unsubscribe, { mode: 'no-cors' }],
      [`${service.api}/openapi.json`, {}],
      [`${service.api}${HOME}`, { credentials: 'include' }],
      [`${service.api}/sign-in`, { method: 'POST', body: new URLSearchParams({ token }) }],
    ];
    // In the page, which has no types here.
    const inPage = (script: string) => page.evaluate(`new Promise((resolve) => { ${script} })`);
    for (const [url, init] of tries) {
      const how = JSON.stringify({ ...init, ...(init.body && { body: String(init.body) }) });
      const read = await inPage(`fetch('${url}', ${how}).then((got) => got.text()).then(resolve, () => resolve(''))`);
      expect(read, `${init.method ?? 'GET'} ${url}`).toBe('');
    }
    // Nor by an element or a socket, which need nobody's leave.
    for (const url of [unsubscribe, `${service.inbox}/api/email`, `${service.api}/openapi.json`]) {
      const loaded = await inPage(`
        const script = document.head.appendChild(document.createElement('script'));
        Object.assign(script, { onload: () => resolve(true), onerror: () => resolve(false), src: '${url}' })`);
      expect(loaded, url).toBe(false);
    }
    const address = `${service.inbox.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
    const opened = await inPage(`
      const socket = new WebSocket('${address}');
      Object.assign(socket, { onopen: () => resolve(true), onerror: () => resolve(false) })`);
    expect(opened).toBe(false);

    expect((await service.mails()).length).toBeGreaterThan(0);
    expect(await listTokens(databaseOf(service))).toEqual(tokens);
    expect((await service.get('/recipients')).recipients).toMatchObject([{ state: 'confirmed' }]);
    await context.close();
  });

  test('reaches nothing under a name of its own that points to this machine', async () => {
    const context = await browser.newContext({
      proxy: { server: `http://127.0.0.1:${(rebound.address() as AddressInfo).port}`, bypass: '<-loopback>' },
    });
    const page = await context.newPage();
    const statuses: Record<string, number | undefined> = {};
    for (const url of [
      `${service.inbox}/`,
      `${service.inbox}/api/email`,
      `${service.api}/sign-in`,
      `${service.endpoints.sns}/instance`,
    ]) {
      const { port, pathname } = new URL(url);
      statuses[`own ${pathname}`] = (await page.goto(`http://127.0.0.1:${port}${pathname}`))?.status();
      statuses[`evil ${pathname}`] = (await page.goto(`http://evil.example:${port}${pathname}`))?.status();
    }
    const { pathname } = new URL(service.inbox);
    expect(statuses).toEqual({
      [`own ${pathname}/`]: 200,
      [`evil ${pathname}/`]: 403,
      [`own ${pathname}/api/email`]: 200,
      [`evil ${pathname}/api/email`]: 403,
      'own /sign-in': 200,
      'evil /sign-in': 403,
      'own /instance': 200,
      'evil /instance': 403,
    });
    await context.close();
  });
});

describe('an instance that runs as a process', () => {
  const START = join(import.meta.dirname, '..', '..', 'bin', 'start.ts');
  const dataDir = temporaryDirectory();
  let child: ChildProcess;
  beforeAll(async () => {
    // A wide mask, and what an earlier version left readable by everybody.
    const before = process.umask(0o022);
    mkdirSync(join(dataDir, 'mail', 'left'), { recursive: true });
    writeFileSync(join(dataDir, 'functions.log'), '');
    writeFileSync(join(dataDir, 'mail', 'left', 'attachment.txt'), 'x');
    chmodSync(dataDir, 0o755);
    child = spawn(process.execPath, [START, '--port', '0', '--inbox-port', '0', '--data', dataDir, '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    process.umask(before);
    await once(child.stdout as NodeJS.ReadableStream, 'data');
  });
  afterAll(async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
    rmSync(dataDir, { recursive: true });
  });

  test.runIf(KNOWS_PROCESSES)('opens no port that answers a stranger', async () => {
    const ports = listeningPorts(child.pid ?? 0);
    // API, inbox, SMTP, the AWS endpoint.
    expect(ports.length).toBeGreaterThanOrEqual(4);
    for (const port of ports) {
      const hello = `GET / HTTP/1.1\r\nHost: evil.example:${port}\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n`;
      const answer = await say(port, hello);
      expect(answer, `port ${port}`).toMatch(/^HTTP\/1\.1 403 |^220 .*\r\n(421|5\d\d) /);
      expect(answer).not.toContain('access-control-allow-origin');
      const call = `POST / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\nAuthorization: ${SIGNED}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`;
      expect(await say(port, call), `port ${port}`).not.toContain('TableNames');
      const mail = await say(port, 'EHLO stranger\r\nMAIL FROM:<stranger@example.org>\r\nQUIT\r\n');
      expect(mail, `port ${port}`).toMatch(/^HTTP\/1\.1 400 |\r\n530 /);
    }
  });

  test.runIf(process.platform !== 'win32')('keeps its folder, and all that is in it, from other users', async () => {
    expect(modes(dataDir).filter(([, mode]) => mode & 0o077)).toEqual([]);
  });
});

/** What a port says, until it closes or is silent, to some text that comes after its greeting, if it has one. */
function say(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect(port, '127.0.0.1');
    const speak = () => {
      clearTimeout(timer);
      socket.write(text);
      socket.setTimeout(2000, () => socket.destroy());
    };
    const timer = setTimeout(speak, 1000);
    socket.once('data', () => setImmediate(speak));
    socket.on('data', (chunk: Buffer) => {
      heard += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(heard));
  });
}

function modes(path: string): [path: string, mode: number][] {
  const found = statSync(path);
  const inside = found.isDirectory() ? readdirSync(path).flatMap((name) => modes(join(path, name))) : [];
  return [[path, found.mode & 0o777], ...inside];
}
