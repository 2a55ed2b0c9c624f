import { join } from 'node:path';

/** Takes what is too much for one run, each subject as a message of its own, and gives it to several copies of a function at once. */
export interface WorkQueue {
  send(subjects: readonly unknown[]): Promise<void>;
}

/** How many subjects an hourly run works through by itself: some seconds of work, for which no other needs to be started. */
export const MOST_BY_ITSELF = 100;

/** SQS's client is beside the bundle (`BESIDE` in lib/bundle.ts), so that only who sends something has to load it. */
export function openQueue(url: string): WorkQueue {
  return {
    async send(subjects) {
      const path = join(process.env.LAMBDA_TASK_ROOT ?? '', 'queue-client.cjs');
      const { sendAll }: typeof import('./queue-client.ts') = await import(path);
      await sendAll(url, subjects);
    },
  };
}
