import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** No part of AWS: small files of JSON that survive a kill. */

/** The value stored at `path`, or undefined where there is no such file. */
export function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Stores `value` so that a kill at any moment leaves either the old or the new content, never half a file.
 * When this returns the content survives the death of this process.
 */
export function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.new`;
  writeFileSync(temporary, JSON.stringify(value));
  rename(temporary, path);
}

/** How often, and after how long, a rename is tried again that Windows refused. */
const RETRIES = 20;
const RETRY_MS = 50;

/** On Windows a virus scanner or an indexer that has just opened either file holds a rename up. */
function rename(from: string, to: string): void {
  for (let attempt = 0; ; attempt++) {
    try {
      renameSync(from, to);
      return;
    } catch (error) {
      const isHeld = /^(EPERM|EACCES|EBUSY)$/.test((error as NodeJS.ErrnoException).code ?? '');
      if (process.platform !== 'win32' || !isHeld || attempt === RETRIES) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}
