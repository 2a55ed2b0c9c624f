import { mkdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

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

/** Starts the inbox on `port` (0: any free one), with the mails that `directory` holds from earlier runs. */
export async function startInbox(port: number, directory: string): Promise<Inbox> {
  mkdirSync(directory, { recursive: true });
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
