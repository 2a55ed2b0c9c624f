import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** No part of AWS: what an instance keeps on disk, and who may read it. */

/** Everything that an instance ever writes in its folder, or reads there. Other people's files may lie beside. */
export const WRITTEN = {
  /** What it has taken in and done, which a fresh start removes. */
  data: ['dynamodb', 'checkpoints', 'sns', 'sqs', 'mail', 'custom-resources.json', 'schedules.json', 'functions.log'],
  /** What each start makes or takes over. */
  ofStarts: ['cdk.out', 'addresses.json', 'outputs.json', 'instance.lock'],
  /** What people write for it to read. */
  byPeople: ['parameters.json'],
} as const;

/** On Windows the folder is as private as the one it lies in: modes mean nothing there. */
const PRIVATE = { directory: 0o700, file: 0o600 } as const;

/**
 * Makes `directory`, where it does not exist, and keeps it and everything in it from other users of this machine: what
 * this process and those that it starts write from now on, whoever of them writes it, and what earlier versions left.
 */
export function keepPrivate(directory: string): void {
  process.umask(0o077);
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, PRIVATE.directory);
  for (const name of [...WRITTEN.data, ...WRITTEN.ofStarts, ...WRITTEN.byPeople]) tighten(join(directory, name));
}

/** A folder last of all, so that one that is private has nothing in it that is not. */
function tighten(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isSymbolicLink() || (found.mode & 0o077) === 0) return;
  if (found.isDirectory()) for (const name of readdirSync(path)) tighten(join(path, name));
  chmodSync(path, found.isDirectory() ? PRIVATE.directory : PRIVATE.file);
}
