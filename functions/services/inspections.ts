import { settingsIn } from '../domain/authority.ts';
import { AuthorityIdSchema } from '../domain/identifiers.ts';
import { InspectionSchema } from '../domain/inspection.ts';
import {
  type Done,
  type LoadedInspection,
  MOST,
  MOST_LOADED_BYTES,
  MOST_STORED_BYTES,
} from '../domain/loaded-inspection.ts';
import type { Metric } from '../domain/metric.ts';
import type { Database } from '../store/database.ts';
import { listAuthorities, readAuthority, readInspection, readMetrics } from '../store/inspections.ts';
import { moveFormerInspection, type Plan, planInspection } from '../store/save-inspections.ts';
import { ClosedError, FullError, NotFoundError, UnknownAuthorityError } from './errors.ts';
import { retryChanged } from './retry.ts';

export { listAuthorities };

/**
 * Which authority, which inspection: every service that is about one asks here. What cannot be an authority's id is
 * unknown without being looked up. Whether the caller may know of it has been checked before (`authorize`).
 */

type Baselines = Database<'baselines'>;

/** Whether it can be the id of an authority, and so part of a key, at all. */
export const isAuthorityId = (authority: string): boolean => AuthorityIdSchema.safeParse(authority).success;

/** The authority's inspection with what was set since. Throws {@link UnknownAuthorityError}. */
export async function requireInspection(database: Baselines, authority: string): Promise<LoadedInspection> {
  const inspection = isAuthorityId(authority) ? await readInspection(database, authority) : undefined;
  if (!inspection) throw new UnknownAuthorityError(authority);
  return inspection;
}

/** The inspection with something else of the authority, read at the same time. Throws {@link UnknownAuthorityError}. */
export async function withInspection<T>(
  database: Baselines,
  authority: string,
  read: () => Promise<T>,
): Promise<[inspection: LoadedInspection, read: T]> {
  if (!isAuthorityId(authority)) throw new UnknownAuthorityError(authority);
  return Promise.all([requireInspection(database, authority), read()]);
}

/** That the authority is known, where only its own figures or notices are read. Throws {@link UnknownAuthorityError}. */
export async function requireAuthority(database: Baselines, authority: string): Promise<void> {
  await standingOf(database, authority);
}

async function standingOf(database: Baselines, authority: string) {
  const stored = isAuthorityId(authority) ? await readAuthority(database, authority) : undefined;
  if (!stored) throw new UnknownAuthorityError(authority);
  return stored;
}

/** That something may be changed for the authority. Throws {@link UnknownAuthorityError} or {@link ClosedError}. */
export async function requireOpenAuthority(database: Baselines, authority: string): Promise<void> {
  if ((await standingOf(database, authority)).closed) throw new ClosedError(authority);
}

/** As {@link requireInspection}, where something is to be changed. Throws {@link ClosedError} too. */
export async function requireOpenInspection(database: Baselines, authority: string): Promise<LoadedInspection> {
  const inspection = await requireInspection(database, authority);
  checkOpen(inspection);
  return inspection;
}

/** Throws {@link ClosedError}. */
export function checkOpen({ header, settings }: Pick<LoadedInspection, 'header' | 'settings'>): void {
  if (settingsIn(settings).closed) throw new ClosedError(header.authority);
}

/**
 * The authority's metrics by id, for whoever takes figures in; undefined where it is unknown, for whoever has more to say than
 * that. Throws {@link ClosedError}.
 */
export async function findMetrics(
  database: Baselines,
  authority: string,
): Promise<ReadonlyMap<string, Metric> | undefined> {
  const found = isAuthorityId(authority) ? await readMetrics(database, authority) : undefined;
  if (found?.closed) throw new ClosedError(authority);
  return found?.metrics;
}

/** The authority's metrics by id, for whoever takes figures in. Throws {@link UnknownAuthorityError} or {@link ClosedError}. */
export async function requireMetrics(database: Baselines, authority: string): Promise<ReadonlyMap<string, Metric>> {
  const metrics = await findMetrics(database, authority);
  if (!metrics) throw new UnknownAuthorityError(authority);
  return metrics;
}

/** One metric of an inspection. Throws {@link NotFoundError}. */
export function metricIn({ metrics }: Pick<LoadedInspection, 'metrics'>, id: string): Metric {
  const metric = metrics.find((candidate) => candidate.id === id);
  if (!metric) throw new NotFoundError('metric', id);
  return metric;
}

/**
 * Loads the contents of an inspection's file: what is new or changed is written, what people set since is left alone.
 * Says for which authority, and how many items were written or removed; 0 where all was as it should be. Throws zod's
 * error where the contents are not an inspection's.
 */
export async function loadInspection(
  database: Database<'baselines' | 'alerts'>,
  contents: unknown,
  done?: Done,
): Promise<{ authority: string; written: number }> {
  const inspection = InspectionSchema.parse(contents);
  const written = await retryChanged(async () => {
    const plan = await planInspection(database, inspection, done);
    if (plan.written > 0) checkCapacity(plan);
    await plan.save();
    return plan.written;
  });
  return { authority: inspection.authority, written };
}

/** Throws {@link FullError} where more would be loaded of something than there can be; what is there stays, and can be changed. */
export function checkCapacity({ before, after, largest, bytes }: Omit<Plan, 'written' | 'save'>): void {
  if (largest > MOST_STORED_BYTES)
    throw new FullError(`${kilobytes(MOST_STORED_BYTES)} of one inspection or metric, with all that is written in it`);
  if (bytes.after > Math.max(MOST_LOADED_BYTES, bytes.before))
    throw new FullError(`${kilobytes(MOST_LOADED_BYTES)} of inspections and metrics, with all that is written in them`);
  for (const what of ['metrics', 'inspections'] as const)
    if (after[what].length > Math.max(MOST[what], before?.[what].length ?? 0))
      throw new FullError(`${MOST[what]} ${what}`);
}

/** Throws {@link FullError} where an authority has as many versions of what it sets as there can be. */
export function checkVersions({ inspections, localStandards, settings = [] }: LoadedInspection): void {
  const progress = inspections.reduce((sum, each) => sum + each.progress.length, 0);
  if (progress + localStandards.length + settings.length >= MOST.versions)
    throw new FullError(`${MOST.versions} standards, reports of progress and settings, earlier ones counted`);
}

const kilobytes = (bytes: number): string => `${(bytes / 1024).toLocaleString('en-GB')} KB`;

/** Moves what an earlier version stored, of every authority, to where it belongs now. Says how many items moved for each. */
export async function moveFormerInspections(
  database: Database<'baselines' | 'alerts'>,
): Promise<{ authority: string; moved: number }[]> {
  const moves: { authority: string; moved: number }[] = [];
  for (const { id } of await listAuthorities(database)) {
    const moved = await retryChanged(() => moveFormerInspection(database, id));
    if (moved > 0) moves.push({ authority: id, moved });
  }
  return moves;
}
