import { type Action, type Progress, withProgress } from '../domain/action.ts';
import type { Database } from '../store/database.ts';
import { saveProgress } from '../store/versions.ts';
import { NotFoundError } from './errors.ts';
import { requireInspection } from './inspections.ts';
import { addVersion } from './versions.ts';

/**
 * Keeps what an authority reports of a recommended action, as a version of its own; said again it stays the same
 * version. Gives the action with all that was reported of it. Throws `UnknownAuthorityError`, {@link NotFoundError} or
 * `OvertakenError`.
 */
export async function reportProgress(
  database: Database<'baselines' | 'alerts'>,
  authority: string,
  id: string,
  reported: Omit<Progress, 'inspection' | 'action' | 'version' | 'at'>,
  now: Date,
): Promise<{ created: boolean; action: ReturnType<typeof withProgress> }> {
  const { actions, header } = await requireInspection(database, authority);
  const action = actionIn(actions, id);
  const versions = async () =>
    (await requireInspection(database, authority)).progress.filter((version) => version.action === id);
  const { created } = await addVersion(
    versions,
    (version) => ({ inspection: header.id, action: id, version, ...reported, at: now.toISOString() }),
    (version) => saveProgress(database, authority, { ...version, inspection: header.id }, now),
  );
  return { created, action: withProgress(action, await versions()) };
}

function actionIn(actions: readonly Action[], id: string): Action {
  const action = actions.find((candidate) => candidate.id === id);
  if (!action) throw new NotFoundError('action', id);
  return action;
}
