import { randomUUID } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Gateway } from './gateway.ts';
import { readJson } from './json-file.ts';

/** No part of AWS: keeps two instances from working on one folder. */

interface Holder {
  readonly id: string;
  readonly pid: number;
  readonly gateway: string;
}

const lockIn = (directory: string): string => join(directory, 'instance.lock');

/**
 * Throws where another instance runs on `directory`. The lock of one that was killed is nothing: whether its holder
 * lives is asked of the holder itself, as a process id may have been given to another process since.
 */
export async function refuseIfLocked(directory: string): Promise<void> {
  const other = readHolder(lockIn(directory));
  if (other !== undefined && (await lives(other)))
    throw new Error(
      `${directory} is in use by another instance (process ${other.pid}). Stop that one, or use another folder.`,
    );
}

/** Makes this instance the only one on `directory`. Returns how to let go. */
export async function lockDirectory(directory: string, gateway: Gateway): Promise<() => void> {
  const path = lockIn(directory);
  const holder: Holder = { id: randomUUID(), pid: process.pid, gateway: gateway.url };
  gateway.pages(({ url }) =>
    url.pathname === '/instance'
      ? { status: 200, headers: { 'content-type': 'text/plain' }, body: holder.id }
      : undefined,
  );
  for (;;) {
    try {
      const file = openSync(path, 'wx');
      writeSync(file, JSON.stringify(holder));
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    await refuseIfLocked(directory);
    rmSync(path, { force: true });
  }
}

/** Undefined where the holder was killed before it had written its name. */
function readHolder(path: string): Holder | undefined {
  try {
    return readJson<Holder>(path);
  } catch {
    return undefined;
  }
}

async function lives({ id, gateway }: Holder): Promise<boolean> {
  try {
    const response = await fetch(`${gateway}/instance`, { signal: AbortSignal.timeout(2000) });
    return (await response.text()) === id;
  } catch (error) {
    // A live one that is too busy to answer in time still holds the lock; one that is gone refuses at once.
    return (error as Error).name === 'TimeoutError';
  }
}
