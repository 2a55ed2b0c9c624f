import type { Doing } from '../domain/access.ts';
import { type AuthoritySettings, type SettingsVersion, settingsIn } from '../domain/authority.ts';
import type { LoadedInspection } from '../domain/loaded-inspection.ts';
import type { Database } from '../store/database.ts';
import { saveSettings } from '../store/save-inspections.ts';
import { UnknownAuthorityError } from './errors.ts';
import { checkVersions, requireInspection } from './inspections.ts';
import { addVersion, highestUnreadable } from './versions.ts';

/** What an authority decides for itself as a whole, and whether it goes on. */

type Tables = Database<'baselines' | 'alerts'>;

/** What becomes different: what is left out stays, null goes back to what holds where nothing is set. */
export type SettingsChange = {
  readonly [Name in keyof AuthoritySettings]?: AuthoritySettings[Name] | null | undefined;
};

/** Who says so, and why. */
interface Said {
  readonly author: string;
  readonly reason: string;
}

/**
 * Changes settings of an authority, as a version of its own; repeated, it stays the same version. A closed one is judged and
 * mailed no longer, and its figures and recipients stay. Returns it as it is then. Throws `UnknownAuthorityError` or `OvertakenError`.
 */
export async function changeSettings(
  database: Tables,
  authority: string,
  change: SettingsChange,
  said: Said,
  { by, now }: Doing,
): Promise<LoadedInspection> {
  const inspection = await requireInspection(database, authority);
  // A closed one can always be opened, and an open one closed.
  if (change.closed === undefined) checkVersions(inspection);
  let before: readonly SettingsVersion[] = [];
  await addVersion(
    async () => {
      before = (await requireInspection(database, authority)).settings ?? [];
      return before;
    },
    (version): SettingsVersion => {
      const settings = changed(settingsIn(before), change);
      return { ...settings, ...said, version, setAt: now.toISOString(), by };
    },
    async (each) => {
      if (!(await saveSettings(database, authority, each))) throw new UnknownAuthorityError(authority);
    },
    highestUnreadable(inspection, 'settings', ''),
  );
  return requireInspection(database, authority);
}

/** The settings that hold with a change, without who set them. */
function changed(before: AuthoritySettings, change: SettingsChange): AuthoritySettings {
  const said = Object.entries(change).filter(([, value]) => value !== undefined);
  const { name, dueWorkingDay, smallNumbers, closed }: SettingsChange = { ...before, ...Object.fromEntries(said) };
  return {
    ...(name && { name }),
    ...(dueWorkingDay && { dueWorkingDay }),
    ...(smallNumbers && { smallNumbers }),
    ...(closed && { closed }),
  };
}
