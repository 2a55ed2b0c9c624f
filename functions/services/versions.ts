import { retryChanged } from './retry.ts';

/**
 * Adds a version of something, the next after the newest, unless that says the same already. Reads again where somebody
 * else added one meanwhile; `versions` reads them, oldest first. Says whether there is a new one, and which holds.
 */
export function addVersion<T extends { readonly version: number }>(
  versions: () => Promise<readonly T[]>,
  make: (version: number) => T,
  save: (version: T) => Promise<void>,
): Promise<{ created: boolean; version: T }> {
  return retryChanged(async () => {
    const newest = (await versions()).at(-1);
    const version = make((newest?.version ?? 0) + 1);
    if (newest && contentOf(newest) === contentOf(version)) return { created: false, version: newest };
    await save(version);
    return { created: true, version };
  });
}

/** What a version says, apart from its number, who set it, and when. */
function contentOf(version: object): string {
  return JSON.stringify(
    Object.entries(version)
      .filter(([key]) => !['version', 'setAt', 'at', 'by'].includes(key))
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}
