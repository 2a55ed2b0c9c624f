import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { connect as connectClient } from '../../bin/client.ts';
import { readJson } from '../../local/json-file.ts';
import { temporaryDirectory } from '../local/fixture.ts';
import { AUTHORITY } from '../support/service.ts';

const START = fileURLToPath(new URL('../../bin/start.ts', import.meta.url));
const MONITOR = fileURLToPath(new URL('../../bin/monitor.ts', import.meta.url));

const running: ChildProcess[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = temporaryDirectory();
  folders.push(made);
  return made;
}

interface Started {
  readonly child: ChildProcess;
  readonly api: string;
  readonly inbox: string;
  readonly page: string;
  readonly token: string;
}

const ANY_PORT = ['--port', '0', '--inbox-port', '0'];

function spawnStart(args: readonly string[]) {
  const child = spawn(process.execPath, [START, '--json', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  return child;
}

async function start(data: string, ...args: string[]): Promise<Started> {
  const child = spawnStart([...ANY_PORT, '--data', data, ...args]);
  const complaints = text(child.stderr);
  const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => [])]);
  if (!line) throw new Error(await complaints);
  return { child, ...JSON.parse(String(line)) };
}

/** What a start says that fails. */
async function failing(...args: string[]): Promise<string> {
  const child = spawnStart(args);
  const [complaint, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  expect(code).toBe(1);
  return complaint;
}

async function stop({ child }: Started): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function monitor(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [MONITOR, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  return text(child.stdout);
}

const recipientsOf = async ({ api, token }: Started) =>
  (await connectClient(api, token).request('GET', `/v1/authorities/${AUTHORITY}/recipients`)).body.recipients;

describe('npm start', () => {
  test('takes the settings of a deployment, does not subscribe again whom somebody removed, and has one token at a time', async () => {
    const data = folder();
    const settings = ['-c', 'alertEmail=chair@example.org', '--context', 'alertLevel=critical'];
    const first = await start(data, ...settings);
    const [chair, ...others] = await recipientsOf(first);
    expect([chair, others]).toEqual([
      expect.objectContaining({ address: 'c…@example.org', level: 'critical', state: 'confirmed' }),
      [],
    ]);
    await connectClient(first.api, first.token).request(
      'DELETE',
      `/v1/authorities/${AUTHORITY}/recipients/${chair.id}`,
    );
    const label = ['--label', 'kept'];
    const { token: kept } = JSON.parse(await monitor('token', 'create', ...label, '--data', data));
    await stop(first);

    const second = await start(data, ...settings);
    expect(await recipientsOf(second)).toEqual([]);
    const { tokens } = JSON.parse(await monitor('token', 'list', '--data', data));
    expect(tokens.map(({ label }: { label: string }) => label).sort()).toEqual([
      'kept',
      'made at start on this machine',
    ]);
    const statusWith = async (token: string) =>
      (
        await fetch(`${second.api}/v1/authorities/${AUTHORITY}/alerts`, {
          headers: { authorization: `Bearer ${token}` },
        })
      ).status;
    expect([await statusWith(first.token), await statusWith(second.token), await statusWith(kept)]).toEqual([
      401, 200, 200,
    ]);
    // The inbox is where it was, but for the port, which was to be any free one.
    expect(new URL(second.inbox).pathname).toBe(new URL(first.inbox).pathname);
    await stop(second);
    expect(await failing('--data', data, ...ANY_PORT, '--clock', '2011-10-15')).toMatch(
      /the clock cannot go back: what is in .* goes on to 20\d\d-.*, and --clock says 2011-10-15\. Say a later time with --clock 20.*, choose another folder with --data, or begin anew with --fresh\./,
    );

    // Another address is another decision.
    const third = await start(data, '-c', 'alertEmail=head@example.org');
    expect(await recipientsOf(third)).toMatchObject([{ address: 'h…@example.org', level: 'warning' }]);
    await stop(third);
  });

  test('refuses settings that are none, and names every fault with the nearest', async () => {
    const settings = ['-c', 'alertEmial=a@example.org', '-c', 'Retain=true', '-c', 'smallNumbers=hide'];
    expect(await failing('--data', folder(), ...ANY_PORT, ...settings)).toBe(`inspection-monitor could not start: \
Settings that do not fit (given as -c name=value or in cdk.json):
  alertEmial: there is no such setting; the nearest is alertEmail
  Retain: there is no such setting; the nearest is retain
  smallNumbers: must be show or suppress; got "hide"
`);
    const unreadable = await failing('-c', 'retain');
    expect(unreadable).toContain('Write a setting as name=value.');
  });

  test('says which ports are in use and what to do, and which instance has the folder', async () => {
    const others = [createServer(), createServer()];
    for (const server of others) await once(server.listen(0, '127.0.0.1'), 'listening');
    const [port, inboxPort] = others.map((server) => String((server.address() as AddressInfo).port));
    const taken = await failing('--data', folder(), '--port', String(port), '--inbox-port', String(inboxPort));
    expect(taken).toBe(
      `inspection-monitor could not start: port ${port} for the API is in use. Stop what uses it, or choose another with --port (0: any free one).\n` +
        `port ${inboxPort} for the inbox is in use. Stop what uses it, or choose another with --inbox-port (0: any free one).\n`,
    );
    for (const server of others) server.close();

    const data = folder();
    const first = await start(data);
    expect(await failing('--data', data, ...ANY_PORT)).toBe(
      `inspection-monitor could not start: ${data} is in use by another instance (process ${first.child.pid}). Stop that one, or use another folder.\n`,
    );
    await stop(first);
  });

  // On Windows no process can tell another to end: it can only be ended, at once.
  test.skipIf(process.platform === 'win32')('ends when it is told to, whatever anybody holds open', async () => {
    const data = folder();
    const started = await start(data);
    const [api, inbox, gateway] = [new URL(started.api), new URL(started.inbox), gatewayOf(data)];
    const host = 'Host: 127.0.0.1\r\n';
    const held = [
      hold(api, `GET /openapi.json HTTP/1.1\r\n${host}Connection: keep-alive\r\n\r\n`),
      hold(api, `GET /openapi.json HTTP/1.1\r\nHost: 127.`),
      hold(api, `POST /v1/authorities/${AUTHORITY}/submissions HTTP/1.1\r\n${host}Content-Length: 100000\r\n\r\n{`),
      hold(api, ''),
      hold(inbox, `GET ${inbox.pathname}/socket.io/?EIO=4&transport=polling HTTP/1.1\r\n${host}\r\n`),
      hold(inbox, `POST ${inbox.pathname}/api/email/delete HTTP/1.1\r\n${host}Content-Length: 100000\r\n\r\n{`),
      hold(inbox, webSocket(inbox)),
      hold(gateway, `POST / HTTP/1.1\r\n${host}Content-Length: 100000\r\n\r\n{`),
      hold(gateway, 'POST / HTTP/1.1\r\n'),
    ];
    const sockets = await Promise.all(held);
    const before = performance.now();
    await stop(started);
    // Five seconds are promised; a machine with much else to do is given patience. What is held would last for minutes.
    expect(performance.now() - before).toBeLessThan(15_000);
    expect(started.child.exitCode).toBe(0);
    for (const socket of sockets) socket.destroy();
  });
});

/** Where the AWS services are: as `npm run monitor` finds out. */
function gatewayOf(data: string): URL {
  return new URL(readJson<{ endpoint: string }>(join(data, 'outputs.json'))?.endpoint ?? '');
}

/** A connection on which that was said, and which stays. */
async function hold({ port }: URL, said: string): Promise<Socket> {
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(said);
  return socket;
}

const webSocket = ({ host, pathname }: URL): string =>
  `GET ${pathname}/socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\n` +
  'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
