import { createWriteStream } from 'node:fs';
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
