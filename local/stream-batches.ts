import type { Matcher } from './event-pattern.ts';
import type { Position, ReadRecord, StreamReader } from './stream-reader.ts';
import { MAX_PAYLOAD_BYTES } from './worker-pool.ts';

/** Emulates the gathering half of Lambda's event source mapping: a stream's records, filtered and put together into batches. */

export interface StreamBatches {
  /** The next batch, as large as batch size, window and payload limit allow. Empty only once `signal` has aborted. */
  next(): Promise<readonly ReadRecord[]>;
  /** Something may have been written: look now instead of at the next poll. */
  nudge(): void;
  /** Resolves once nothing written before this call is left: all of it has been read, and asked for the batch after. */
  drained(): Promise<void>;
}

export interface StreamBatchesOptions {
  readonly reader: StreamReader;
  readonly matches: Matcher;
  readonly batchSize: number;
  /** How long to wait for more of a batch. */
  readonly windowMs: number;
  /** Hears how far the stream has been read when all up to there has been delivered or did not match. */
  onSettled(position: Position | undefined): void;
  onError(message: string): void;
  readonly signal: AbortSignal;
}

/** Writes that pass through the gateway wake the mapping; the poll is for those that do not. */
const POLL_MS = 1000;
const PAUSE_AFTER_ERROR_MS = 50;

export function gatherBatches(options: StreamBatchesOptions): StreamBatches {
  const { reader, matches, batchSize, windowMs, onSettled, onError, signal } = options;
  const pending: ReadRecord[] = [];
  let nudged = false;
  let wake: () => void = () => {};
  let waiters: (() => void)[] = [];

  /** Waits until the time is over, a nudge or the end. */
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(() => wake(), ms);
      wake = () => {
        clearTimeout(timer);
        wake = () => {};
        resolve();
      };
      if (signal.aborted) wake();
    });
  signal.addEventListener('abort', () => {
    wake();
    for (const resolve of waiters) resolve();
  });

  /** Reads once. Returns how many records the stream gave, whether they match or not. */
  const read = async (): Promise<number> => {
    const before = waiters;
    waiters = [];
    try {
      const { records, position } = await reader.read();
      pending.push(...records.filter(({ record }) => matches(record)));
      if (pending.length === 0) onSettled(position);
      if (records.length === 0 && pending.length === 0) for (const resolve of before) resolve();
      else waiters.push(...before);
      return records.length;
    } catch (error) {
      waiters.push(...before);
      if (!signal.aborted) onError(`reading the stream failed: ${(error as Error).message}`);
      await pause(PAUSE_AFTER_ERROR_MS);
      return 0;
    }
  };

  return {
    async next() {
      let windowEnd: number | undefined;
      while (!signal.aborted) {
        nudged = false;
        const count = pending.length >= batchSize ? 0 : await read();
        if (pending.length > 0) {
          windowEnd ??= Date.now() + windowMs;
          const left = windowEnd - Date.now();
          if (pending.length >= batchSize || left <= 0) return takeBatch(pending, batchSize);
          if (count === 0 && !nudged) await pause(Math.min(POLL_MS, left));
        } else if (count === 0 && !nudged) {
          await pause(POLL_MS);
        }
      }
      return [];
    },
    nudge() {
      nudged = true;
      wake();
    },
    drained: () =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        waiters.push(resolve);
        nudged = true;
        wake();
      }),
  };
}

/** Removes the next batch from the front of `pending`. */
function takeBatch(pending: ReadRecord[], batchSize: number): readonly ReadRecord[] {
  let count = 0;
  let size = 0;
  for (const { record } of pending.slice(0, batchSize)) {
    // As Lambda counts it against the payload limit: JSON in bytes.
    size += Buffer.byteLength(JSON.stringify(record));
    if (count > 0 && size > MAX_PAYLOAD_BYTES) break;
    count++;
  }
  return pending.splice(0, count);
}
