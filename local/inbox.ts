import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { messageId } from './mail.ts';

export interface InboxSetup {
  readonly port: number;
  readonly directory: string;
}

export type InboxMessage =
  | { readonly type: 'ready'; readonly smtpPort: number; readonly webPort: number }
  | { readonly type: 'failed'; readonly message: string };

/** The inbox in which all mail of this instance ends: maildev's web page and REST API (`/api/email`). */
export interface Inbox {
  readonly url: string;
  readonly smtpUrl: string;
  stop(): Promise<void>;
}

/**
 * Starts the inbox on `port` (0: any free one), with the mails that `directory` holds from earlier runs; except those
 * of `undelivered`, which will be sent again.
 */
export async function startInbox(port: number, directory: string, undelivered: ReadonlySet<string>): Promise<Inbox> {
  mkdirSync(directory, { recursive: true });
  removeHalfWritten(directory, undelivered);
  const setup: InboxSetup = { port, directory };
  const worker = new Worker(new URL('./inbox-worker.ts', import.meta.url), {
    name: 'inbox',
    workerData: setup,
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  worker.stdout.resume();
  let complaints = '';
  worker.stderr.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk).slice(-10_000);
  });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const message = await new Promise<InboxMessage>((resolve) => {
    worker.once('message', resolve);
    worker.once('error', (error: Error) => resolve({ type: 'failed', message: error.message }));
    void exited.then(() => resolve({ type: 'failed', message: `it ended while starting: ${complaints}` }));
  });
  if (message.type === 'failed') {
    await worker.terminate();
    throw new Error(`the inbox (maildev) could not start: ${message.message}`);
  }
  return {
    url: `http://127.0.0.1:${message.webPort}`,
    smtpUrl: `smtp://127.0.0.1:${message.smtpPort}`,
    async stop() {
      worker.postMessage('stop');
      // maildev waits for its clients' connections; whoever still holds one is cut off.
      const timer = setTimeout(() => void worker.terminate(), 1000);
      await exited;
      clearTimeout(timer);
    },
  };
}

/**
 * maildev writes a mail to its file as it comes in and acknowledges it at the end. A kill in between leaves the
 * beginning of a file, which maildev would show at its next start as a mail with no subject or half a text.
 */
function removeHalfWritten(directory: string, undelivered: ReadonlySet<string>): void {
  const ids = new Set([...undelivered].map(messageId));
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.eml'))) {
    const path = join(directory, file);
    const [headers = '', ...body] = readFileSync(path, 'latin1').split('\r\n\r\n');
    const [, id = ''] = /^Message-ID: *(<[^>]*>)/im.exec(headers) ?? [];
    if (body.length === 0 || ids.has(id)) rmSync(path);
  }
}
