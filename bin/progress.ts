import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { Worker } from 'node:worker_threads';

/** A line at the end of the output that says what is going on, and moves while it does. */
export interface Progress {
  /** What is going on from here on. */
  say(what: string): void;
  /** Writes lines above it, for good. */
  print(lines: string): void;
  stop(): Promise<void>;
}

/** Back to the beginning of the line, and rub it out. */
const CLEAR = '\r\u001b[2K';
/** What is longer than the line would wrap, and a wrapped line cannot be rubbed out. */
const MAX_WIDTH = 78;

/**
 * It moves on a terminal only; in a pipe or a file is what was printed and nothing else. It moves in a thread of its
 * own, since what takes longest (loading CDK, synthesizing, bundling) leaves the main one no moment to draw.
 */
export function showProgress(out = 1, isMoving = isatty(out)): Progress {
  if (!isMoving) return { say() {}, print: (lines) => write(out, `${lines}\n`), async stop() {} };
  const worker = new Worker(new URL('./progress-worker.ts', import.meta.url), { workerData: out, execArgv: [] });
  worker.unref();
  return {
    say: (what) => worker.postMessage(what.slice(0, MAX_WIDTH)),
    print: (lines) => write(out, `${CLEAR}${lines}\n`),
    async stop() {
      await worker.terminate();
      write(out, CLEAR);
    },
  };
}

/** Writes all of it, also where the terminal or the pipe takes it bit by bit. */
function write(out: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(out, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}
