import type { Doing } from '../domain/access.ts';
import { type Action, type Progress, withProgress } from '../domain/action.ts';
import type { Database } from '../store/database.ts';
import { saveProgress } from '../store/versions.ts';
import { NotFoundError } from './errors.ts';
import { checkVersions, requireInspection, requireOpenInspection } from './inspections.ts';
import { addVersion, highestUnreadable } from './versions.ts';

/**
 * Keeps what an authority reports of a recommended action, as a version of its own; repeated, it stays the same
 * version. Gives the action with all that was reported of it. Throws `UnknownAuthorityError`, {@link NotFoundError} or
 * `OvertakenError`.
 */
export async function reportProgress(
  database: Database<'baselines' | 'alerts'>,
  authority: string,
  id: string,
  reported: Omit<Progress, 'inspection' | 'action' | 'version' | 'at' | 'by'>,
  { by, now }: Doing,
): Promise<{ created: boolean; action: ReturnType<typeof withProgress> }> {
  const inspection = await requireOpenInspection(database, authority);
  const { actions, header } = inspection;
  const action = actionIn(actions, id);
  checkVersions(inspection);
  const versions = async () =>
    (await requireInspection(database, authority)).progress.filter((version) => version.action === id);
  const { created } = await addVersion(
    versions,
    (version) => ({ inspection: header.id, action: id, version, ...reported, at: now.toISOString(), by }),
    (version) => saveProgress(database, authority, { ...version, inspection: header.id }, now),
    highestUnreadable(inspection, 'progress', id),
  );
  return { created, action: withProgress(action, await versions()) };
}

function actionIn(actions: readonly Action[], id: string): Action {
  const action = actions.find((candidate) => candidate.id === id);
  if (!action) throw new NotFoundError('action', id);
  return action;
}
