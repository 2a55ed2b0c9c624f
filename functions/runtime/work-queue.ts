import { loadBeside } from './beside.ts';

/** Takes what is too much for one run, each subject as a message of its own, and gives it to several copies of a function at once. */
export interface WorkQueue {
  send(subjects: readonly unknown[]): Promise<void>;
}

/** How many subjects an hourly run works through by itself: some seconds of work, for which no other needs to be started. */
export const MOST_BY_ITSELF = 100;

export function openQueue(url: string): WorkQueue {
  return {
    async send(subjects) {
      const { sendAll } = await loadBeside<typeof import('./queue-client.ts')>('queue-client');
      await sendAll(url, subjects);
    },
  };
}
