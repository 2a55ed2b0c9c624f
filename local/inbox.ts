import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { messageId } from './mail.ts';

/** Emulates the mailboxes of everybody that SNS mails: maildev's inbox, which all mail of an instance ends in. */

export interface InboxSetup {
  readonly port: number;
  /** Under which all of it is served, such as `/secret`. */
  readonly path: string;
  readonly smtpUser: string;
  readonly smtpPassword: string;
  readonly directory: string;
}

export type InboxMessage =
  | { readonly type: 'ready'; readonly smtpPort: number; readonly webPort: number }
  | { readonly type: 'failed'; readonly message: string };

/** The inbox in which all mail of this instance ends: maildev's web page and REST API (`/api/email`). */
export interface Inbox {
  /** Ends in the secret: whoever has the address may read. */
  readonly url: string;
  /** With a name and a password of this start: nobody else puts mail into it. */
  readonly smtpUrl: string;
  stop(): Promise<void>;
}

export interface InboxOptions {
  /** 0 is any free one. */
  readonly port: number;
  /** What its address ends in, so that others who use this machine cannot read it. */
  readonly secret: string;
  /** Holds the mails, also those of earlier runs. */
  readonly directory: string;
  /** Mails that will be sent again: what the directory has of them is removed. */
  readonly undelivered: ReadonlySet<string>;
}

export async function startInbox({ port, secret, directory, undelivered }: InboxOptions): Promise<Inbox> {
  mkdirSync(directory, { recursive: true });
  removeHalfWritten(directory, undelivered);
  const [path, smtpUser, smtpPassword] = [`/${secret}`, 'sns', randomBytes(32).toString('base64url')];
  const setup: InboxSetup = { port, path, smtpUser, smtpPassword, directory };
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
    void exited.then(() => resolve({ type: 'failed', message: `the inbox ended while starting: ${complaints}` }));
  });
  if (message.type === 'failed') {
    await worker.terminate();
    throw new Error(message.message);
  }
  return {
    url: `http://127.0.0.1:${message.webPort}${path}`,
    smtpUrl: `smtp://${smtpUser}:${smtpPassword}@127.0.0.1:${message.smtpPort}`,
    async stop() {
      worker.postMessage('stop');
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
