import { type Progress, ProgressSchema } from '../domain/action.ts';
import { SettingsVersionSchema } from '../domain/authority.ts';
import type { LoadedInspection } from '../domain/loaded-inspection.ts';
import { type LocalStandard, LocalStandardSchema } from '../domain/metric.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import { benchmarksIn } from './benchmarks.ts';
import { ChangedMeanwhileError, type Database, type Item, itemOf, transact, tryItems } from './database.ts';
import { dueMark } from './due-marks.ts';
import { authorityKey, PROGRESS_PREFIX, progressKey, SETTINGS_PREFIX, STANDARD_PREFIX, standardKey } from './keys.ts';

/** What an authority sets since its inspection, version by version: standards of its own, and the progress of its actions. */

type Versioned = Database<'baselines' | 'alerts'>;

/** What was set since among an authority's items, in the order of their keys, and what of them cannot be read. */
export function versionsIn(
  items: readonly Item[],
): Pick<LoadedInspection, 'localStandards' | 'progress' | 'benchmarks' | 'settings'> & { unreadable: Unreadable[] } {
  const of = (prefix: string): Item[] => items.filter(({ sk }) => sk?.S?.startsWith(prefix));
  const standards = tryItems('baselines', of(STANDARD_PREFIX), (data) => LocalStandardSchema.parse(data));
  const progress = tryItems('baselines', of(PROGRESS_PREFIX), (data) => ProgressSchema.parse(data));
  const settings = tryItems('baselines', of(SETTINGS_PREFIX), (data) => SettingsVersionSchema.parse(data));
  const benchmarks = benchmarksIn(items);
  return {
    localStandards: standards.read,
    progress: progress.read,
    settings: settings.read,
    benchmarks: benchmarks.read,
    unreadable: [standards, progress, settings, benchmarks].flatMap(({ unreadable }) => unreadable),
  };
}

/** Somebody else set a version since the last one was read. */
export class VersionTakenError extends ChangedMeanwhileError {
  override readonly name = 'VersionTakenError';
  constructor() {
    super('somebody else set another version meanwhile; read it again');
  }
}

/** Adds a version of a local standard; earlier ones stay. {@link VersionTakenError} where its number is taken. */
export function saveLocalStandard(
  database: Versioned,
  authority: string,
  version: LocalStandard,
  now: Date,
): Promise<void> {
  return saveVersion(database, authority, standardKey(version.metric, version.version), version, now);
}

/** Adds a version of an action's progress; earlier ones stay. {@link VersionTakenError} where its number is taken. */
export function saveProgress(
  database: Versioned,
  authority: string,
  version: Progress & { readonly inspection: string },
  now: Date,
): Promise<void> {
  const key = progressKey(version.inspection, version.action, version.version);
  return saveVersion(database, authority, key, version, now);
}

/** The version and, as with a month, the mark that makes the schedule look even if the stream's event is lost. */
async function saveVersion(
  { client, tables }: Versioned,
  authority: string,
  key: string,
  data: unknown,
  now: Date,
): Promise<void> {
  await transact(
    client,
    [
      {
        Put: {
          TableName: tables.baselines,
          Item: itemOf(authorityKey(authority), key, data),
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      },
      { Put: { TableName: tables.alerts, Item: dueMark(authority, now) } },
    ],
    () => new VersionTakenError(),
  );
}
