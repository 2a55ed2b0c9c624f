import { parentPort, workerData } from 'node:worker_threads';
import { MailDev } from 'maildev';
import type { InboxMessage, InboxSetup } from './inbox.ts';

/**
 * Runs maildev in a thread of its own: it prints to the console whatever it is told, and `npm start -- --json`
 * promises exactly one line on standard output.
 */

const { port, directory } = workerData as InboxSetup;
const parent = parentPort;
if (parent === null) throw new Error('inbox-worker.ts runs in a worker thread only');
const send = (message: InboxMessage) => parent.postMessage(message);

const maildev = new MailDev({
  smtp: 0,
  ip: '127.0.0.1',
  web: port,
  webIp: '127.0.0.1',
  mailDirectory: directory,
  silent: true,
});

try {
  const { smtp, api } = await maildev.start();
  send({ type: 'ready', smtpPort: smtp.getPort(), webPort: api?.getPort() ?? 0 });
} catch (error) {
  send({ type: 'failed', message: (error as Error).message });
}

parent.once('message', async () => {
  await maildev.stop();
  process.exit();
});
