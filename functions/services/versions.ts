import type { LoadedInspection } from '../domain/loaded-inspection.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import { retryChanged } from './retry.ts';

/**
 * Adds a version of something, the next after the newest, unless that says the same already. Reads again where somebody
 * else added one meanwhile; `versions` reads them, oldest first, and `taken` is the highest that cannot be read, 0 for none. Says whether there is a new one, and which holds.
 */
export function addVersion<T extends { readonly version: number }>(
  versions: () => Promise<readonly T[]>,
  make: (version: number) => T,
  save: (version: T) => Promise<void>,
  taken: number,
): Promise<{ created: boolean; version: T }> {
  return retryChanged(async () => {
    const newest = (await versions()).at(-1);
    const version = make(Math.max(newest?.version ?? 0, taken) + 1);
    if (newest && contentOf(newest) === contentOf(version)) return { created: false, version: newest };
    await save(version);
    return { created: true, version };
  });
}

/** The highest version of something that is stored and cannot be read; 0 for none. */
export function highestUnreadable({ unreadable = [] }: LoadedInspection, kind: Unreadable['kind'], of: string): number {
  const versions = unreadable.map((each) => (each.kind === kind && each.of === of ? (each.version ?? 0) : 0));
  return Math.max(0, ...versions);
}

/** What a version says, apart from its number, who set it, and when. */
function contentOf(version: object): string {
  return JSON.stringify(
    Object.entries(version)
      .filter(([key]) => !['version', 'setAt', 'at', 'by'].includes(key))
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}
