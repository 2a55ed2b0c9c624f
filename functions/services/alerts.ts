import type { Doing } from '../domain/access.ts';
import { isAuthorityAlert, titleOfAlert } from '../domain/authority-alerts.ts';
import {
  type Acknowledgement,
  acknowledge,
  acknowledged,
  type Board,
  type BoardAlert,
  isSaidAgain,
} from '../domain/board.ts';
import type { LoadedInspection } from '../domain/loaded-inspection.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import { saveAcknowledgement } from '../store/acknowledgements.ts';
import { readBoard, readStoredBoard, type StoredBoard } from '../store/boards.ts';
import type { Database } from '../store/database.ts';
import type { SetAside } from '../store/due-marks.ts';
import { NotFoundError, ServiceError } from './errors.ts';
import { checkOpen, withInspection } from './inspections.ts';
import { retryChanged } from './retry.ts';

export type { SetAside } from '../store/due-marks.ts';

type Tables = Database<'baselines' | 'alerts'>;

/** An alert has no episode that anybody could take in hand: it is not raised at warning or above. */
export class NotRaisedError extends ServiceError {
  override readonly name = 'NotRaisedError';
  override readonly reason = 'conflict';
  readonly alert: string;
  constructor(alert: string) {
    super(`${alert} is not raised at warning or above, or not any more: there is nothing to take in hand`);
    this.alert = alert;
  }
}

/** An authority's board with the inspection that it belongs to. */
export interface AuthorityAlerts {
  readonly inspection: LoadedInspection;
  /** With who has what in hand, also where that was said after the board was worked out. */
  readonly board: Board | undefined;
  /** Where it could not be judged since the board was worked out. */
  readonly setAside?: SetAside | undefined;
  /** What of the alerts, and of the inspection where that is here, is stored and cannot be read. */
  readonly unreadable: readonly Unreadable[];
}

/** Throws `UnknownAuthorityError`. */
export async function readAlerts(database: Tables, authority: string): Promise<AuthorityAlerts> {
  const [inspection, standing] = await withInspection(database, authority, () => readStanding(database, authority));
  return { inspection, ...standing, unreadable: [...(inspection.unreadable ?? []), ...standing.unreadable] };
}

/** How the alerts of an authority that is known stand. */
export async function readStanding(
  database: Database<'alerts'>,
  authority: string,
): Promise<Pick<AuthorityAlerts, 'board' | 'setAside' | 'unreadable'>> {
  const stored = await readStoredBoard(database, authority);
  return { board: boardOf(stored), setAside: stored.setAside, unreadable: stored.unreadable };
}

function boardOf(stored: StoredBoard): Board | undefined {
  const { board } = stored;
  if (!board) return undefined;
  const alerts = Object.entries(board.alerts).map(([id, alert]) => [id, acknowledged(id, alert, stored)] as const);
  return { ...board, alerts: Object.fromEntries(alerts) };
}

/** An alert as it stands, by its id and the title that people know it by. */
export interface AcknowledgedAlert extends Partial<BoardAlert> {
  readonly alert: string;
  readonly title: string;
  readonly acknowledgement: Acknowledgement;
}

/**
 * Says who has an alert in hand: the last who says so has it, and who said so before stays with it. Throws
 * `UnknownAuthorityError`, {@link NotFoundError}, {@link NotRaisedError} or `OvertakenError`.
 */
export async function acknowledgeAlert(
  database: Tables,
  authority: string,
  id: string,
  given: Pick<Acknowledgement, 'author' | 'note'>,
  doing: Doing,
): Promise<AcknowledgedAlert> {
  return retryChanged(async () => {
    const [inspection, stored] = await withInspection(database, authority, () => readBoard(database, authority));
    checkOpen(inspection);
    const { metrics } = inspection;
    const alert = boardOf(stored)?.alerts[id];
    const title = titleOfAlert(id, metrics);
    if (!alert && !isAuthorityAlert(id) && metrics.every((metric) => metric.id !== id))
      throw new NotFoundError('alert', id);
    if (isSaidAgain(alert?.acknowledgement, given, doing))
      return { ...alert, alert: id, title, acknowledgement: alert.acknowledgement };
    const before = stored.acknowledgements.find((acknowledgement) => acknowledgement.alert === id);
    const acknowledgement = acknowledge(stored.board, before, id, given, doing);
    if (!acknowledgement) throw new NotRaisedError(id);
    await saveAcknowledgement(database, authority, before, acknowledgement, doing.now);
    return { ...alert, alert: id, title, acknowledgement };
  });
}
