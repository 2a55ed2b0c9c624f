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
  renameSync(temporary, path);
}
