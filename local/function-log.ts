import { closeSync, createWriteStream, fstatSync, openSync, readSync } from 'node:fs';
import type { Clock } from './clock.ts';

/** Emulates CloudWatch Logs: one file of JSON lines for all functions. */

/** One line of what functions print, or of what the runtime has to say about them. */
export interface LogLine {
  /** The instance's time, ISO 8601. */
  readonly time: string;
  /** The function's name, or the part of the runtime that speaks. */
  readonly source: string;
  readonly stream: 'stdout' | 'stderr' | 'platform';
  readonly message: string;
  readonly requestId?: string;
}

export interface FunctionLog {
  write(line: Omit<LogLine, 'time'>): void;
  close(): Promise<void>;
}

/** A line is shorter than this, but for what a function prints of a request of a megabyte. */
const TAIL_BYTES = 256 * 1024;

/** The instance's time when it last had something to say; undefined where there is no log yet. */
export function lastLogged(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const { size } = fstatSync(file);
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(file, tail, 0, tail.length, size - tail.length);
    return tail
      .toString('utf8')
      .match(/(?<=^\{"time":")[^"]+/gm)
      ?.at(-1);
  } finally {
    closeSync(file);
  }
}

/** Appends every line as JSON to the file at `path` and hands it to `listener`. */
export function openFunctionLog(path: string, clock: Clock, listener?: (line: LogLine) => void): FunctionLog {
  const file = createWriteStream(path, { flags: 'a' });
  let closed = false;
  return {
    write(line) {
      // A thread that is being ended may still print.
      if (closed) return;
      const complete: LogLine = { time: new Date(clock.now()).toISOString(), ...line };
      file.write(`${JSON.stringify(complete)}\n`);
      listener?.(complete);
    },
    close() {
      closed = true;
      return new Promise((resolve) => file.end(resolve));
    },
  };
}
