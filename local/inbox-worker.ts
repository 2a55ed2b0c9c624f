import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';
import { MailDev } from 'maildev';
import type { InboxMessage, InboxSetup } from './inbox.ts';
import { whyForeign } from './own-origin.ts';

/**
 * Runs maildev in a thread of its own: it prints to the console whatever it is told, and `npm start -- --json`
 * promises exactly one line on standard output.
 */

const { port, path, smtpUser, smtpPassword, directory } = workerData as InboxSetup;
const parent = parentPort;
if (parent === null) throw new Error('inbox-worker.ts runs in a worker thread only');
const send = (message: InboxMessage) => parent.postMessage(message);

const maildev = new MailDev({
  smtp: 0,
  ip: '127.0.0.1',
  incomingUser: smtpUser,
  incomingPass: smtpPassword,
  web: port,
  webIp: '127.0.0.1',
  basePathname: path,
  mailDirectory: directory,
  silent: true,
});

let server: Server | undefined;
try {
  const { smtp, api } = await maildev.start();
  server = api?.server.server as Server | undefined;
  if (server) guard(server);
  send({ type: 'ready', smtpPort: smtp.getPort(), webPort: api?.getPort() ?? 0 });
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  send({ type: 'failed', message: code === 'EADDRINUSE' ? `port ${port} for the inbox is in use` : message });
}

parent.once('message', async () => {
  // maildev would wait for its clients' connections.
  server?.closeAllConnections();
  await maildev.stop();
  process.exit();
});

/**
 * Lets only those requests through to maildev that the inbox is for: it would let every page of every site read along
 * (it echoes any `Origin`), by HTTP and by WebSocket. Nothing can come in before this: no connection is accepted
 * between maildev's listening and its caller's going on.
 */
function guard(server: Server): void {
  const whyRefused = (request: IncomingMessage): [status: string, reason: string] | undefined => {
    const foreign = whyForeign(request);
    if (foreign !== undefined) return ['403 Forbidden', `This request is refused: ${foreign}.`];
    const [asked = ''] = (request.url ?? '').split('?', 1);
    if (asked === path || asked.startsWith(`${path}/`)) return undefined;
    return ['404 Not Found', 'The inbox is at the address that "npm start" prints. It ends in a secret.'];
  };
  const [onRequest, onUpgrade] = (['request', 'upgrade'] as const).map((event) => {
    const listeners = server.listeners(event);
    server.removeAllListeners(event);
    return (...given: unknown[]) => {
      for (const listener of listeners) listener.apply(server, given);
    };
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const refused = whyRefused(request);
    if (refused === undefined) return onRequest?.(request, response);
    response.writeHead(Number.parseInt(refused[0], 10), { 'content-type': 'text/plain', connection: 'close' });
    response.end(`${refused[1]}\n`);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refused = whyRefused(request);
    if (refused === undefined) onUpgrade?.(request, socket, head);
    else socket.end(`HTTP/1.1 ${refused[0]}\r\nconnection: close\r\n\r\n`);
  });
}
