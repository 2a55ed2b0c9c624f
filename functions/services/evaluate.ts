import { type DeployedSmallNumbers, settingsIn, smallNumbersFor } from '../domain/authority.ts';
import { type Acknowledgement, acknowledged, announcedOf, type Board } from '../domain/board.ts';
import type { Notice } from '../domain/notice-contents.ts';
import type { Calendar } from '../domain/obligations.ts';
import { reconcile, standingOn } from '../domain/reconcile.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import { type BoardAsStored, readBoard, readBoardAsStored, replaceBoard, saveBoard } from '../store/boards.ts';
import type { Database } from '../store/database.ts';
import { type SetAside, saveDueMark, saveSetAside } from '../store/due-marks.ts';
import { readRecord, revisedSince } from '../store/records.ts';
import { readSuperseded } from '../store/submissions.ts';
import { BANK_HOLIDAYS } from './calendar.ts';
import { ClosedError, UnknownAuthorityError, UnreadableItemError } from './errors.ts';
import type { Log } from './log.ts';
import { mayPass, retryChanged } from './retry.ts';
import { TooLongError, within } from './within.ts';

export { listDue } from '../store/due-marks.ts';

/** Working out an authority's board from its record, by events, by the hour and by whoever puts it right. */

type Tables = Database<'baselines' | 'submissions' | 'alerts'>;

export interface Evaluating {
  readonly database: Tables;
  readonly smallNumbers: DeployedSmallNumbers;
  readonly now: () => Date;
  readonly log: Log;
  /** How long judging may take; {@link JUDGING_MS} unless said otherwise. */
  readonly longestMs?: number;
  /** Nothing is done where the mark is not due any more: somebody has looked since that was found. */
  readonly onlyIfDue?: boolean;
}

/** The longest that the judging of one authority may take: many times what the largest record needs. */
export const JUDGING_MS = 30_000;
/** An authority that took longer is tried again after so long, or as soon as something of it changes. */
const AFTER_TOO_LONG_MS = 6 * 60 * 60 * 1000;

/** An authority could not be judged, or not by all of its record, by a fault of its own: it was set aside, and the others go on. */
export class SetAsideError extends Error {
  override readonly name = 'SetAsideError';
  constructor(authority: string, cause: unknown, isJudged = false) {
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : 'for no reason given';
    super(`${authority} was ${isJudged ? 'judged without what cannot be read' : 'set aside'}: ${why}`, { cause });
  }
}

/** An authority was judged without items that cannot be read, its cause. */
class IncompleteError extends Error {}

/** What an evaluation wrote: a board in the place of another, with the notice that goes with it. */
export interface Evaluated {
  readonly before: Board | undefined;
  readonly board: Board;
  readonly notice: Notice | undefined;
}

/**
 * One reconcile: board first, then the record, both consistently; then board, notice and due mark in one transaction.
 * Undefined where nothing was written, as the stored board still holds, no inspection is loaded or the authority is closed. Throws
 * {@link SetAsideError} where the fault is the authority's own; so too, once the rest was judged and written, where an
 * item of the record cannot be read: it stays due, so that the hourly run names it until it can be.
 */
export async function evaluateAuthority(authority: string, evaluating: Evaluating): Promise<Evaluated | undefined> {
  try {
    return await evaluate(authority, evaluating);
  } catch (error) {
    if (mayPass(error) || error instanceof SetAsideError) throw error;
    const at = evaluating.now();
    const isTooLong = error instanceof TooLongError;
    const isJudged = error instanceof IncompleteError;
    const reason = isTooLong ? 'too-long' : isJudged ? 'incomplete' : 'failed';
    const setAside: SetAside = { at: at.toISOString(), reason };
    const tryAgainAt = new Date(at.getTime() + (isTooLong ? AFTER_TOO_LONG_MS : 0));
    await saveSetAside(evaluating.database, authority, setAside, tryAgainAt);
    throw new SetAsideError(authority, isJudged ? error.cause : error, isJudged);
  }
}

function evaluate(
  authority: string,
  { database, smallNumbers, now, log, longestMs = JUDGING_MS, onlyIfDue = false }: Evaluating,
): Promise<Evaluated | undefined> {
  return retryChanged(async () => {
    const read = await readBoard(database, authority);
    if (onlyIfDue && !(read.dueAt && read.dueAt <= now().toISOString())) {
      // It waits for its time: whoever asks for it before, as it failed there, is told so again.
      if (read.setAside)
        throw new SetAsideError(authority, new Error(`${read.setAside.reason} at ${read.setAside.at}`));
      return undefined;
    }
    const seen = await readJudged(database, authority, read.board, read.acknowledgements);
    if (!seen) {
      log.warn('no inspection is loaded', { authority });
      return undefined;
    }
    const { record, superseded } = seen;
    if (settingsIn(record.settings).closed) {
      await saveDueMark(database, authority, read, undefined);
      log.info('closed: not judged', { authority });
      return undefined;
    }
    const { board, notice, nextDueAt } = within(longestMs, () =>
      reconcile(read.board, record, superseded, now(), smallNumbersFor(record, smallNumbers)),
    );
    if (board) await saveBoard(database, read, board, notice, nextDueAt);
    else await saveDueMark(database, authority, read, nextDueAt);
    const judged = read.board?.judged ?? {};
    log.info('authority evaluated', {
      authority,
      version: (board ?? read.board)?.version,
      judged: record.months.flatMap(({ period, revision }) =>
        judged[period] === revision ? [] : `${period} r${revision}`,
      ),
      notice: notice?.number,
    });
    const lost = [...read.unreadable, ...(record.unreadable ?? [])];
    if (lost.length > 0) throw new IncompleteError('', { cause: new UnreadableItemError(lost) });
    return board && { before: read.board, board, notice };
  });
}

/**
 * How things stand in an authority, with who has what in hand by now, how many notices it had, and by when figures are due; undefined where nothing was judged
 * yet, or no inspection is loaded.
 */
export async function describeStanding(
  authority: string,
  { database, smallNumbers, now }: { database: Tables; smallNumbers: DeployedSmallNumbers; now: Date },
): Promise<(Omit<Notice, 'number'> & { readonly lastNotice: number; readonly calendar: Calendar }) | undefined> {
  const read = await readBoard(database, authority);
  const { board } = read;
  if (!board) return undefined;
  const record = await readRecord(database, authority, read.acknowledgements, BANK_HOLIDAYS);
  if (!record) return undefined;
  const alerts = Object.entries(board.alerts).map(([id, alert]) => [id, acknowledged(id, alert, read)] as const);
  const { number: lastNotice, ...standing } = standingOn(
    { ...board, alerts: Object.fromEntries(alerts) },
    record,
    now,
    smallNumbersFor(record, smallNumbers),
  );
  return { ...standing, lastNotice, calendar: record };
}

/** What a board is worked out from: the record, and the months as the board judged them that were revised since. */
async function readJudged(
  database: Tables,
  authority: string,
  board: Board | undefined,
  acknowledgements: readonly Acknowledgement[],
) {
  const record = await readRecord(database, authority, acknowledgements, BANK_HOLIDAYS);
  if (!record) return undefined;
  // Without an inspection another would lead, which is news that is not true.
  const lost = record.unreadable?.filter(({ kind }) => kind === 'inspection') ?? [];
  if (lost.length > 0) throw new UnreadableItemError(lost);
  return {
    record,
    superseded: await readSuperseded(database, authority, revisedSince(board ? announcedOf(board).judged : {}, record)),
  };
}

/** A board as its record has it, beside the stored one; `board` is absent where that is the same. */
export interface Rebuilt {
  /** Undefined where there is none, or none that can be understood. */
  readonly stored: Board | undefined;
  readonly board?: Board;
  readonly notice?: Notice;
  /** What is missing, as it cannot be read. */
  readonly unreadable: readonly Unreadable[];
}

/**
 * Works out an authority's board anew, whatever is stored in its place, and where `write` says so replaces it. Throws
 * {@link UnknownAuthorityError} or {@link ClosedError}.
 */
export function rebuildBoard(
  authority: string,
  { database, smallNumbers, now }: Omit<Evaluating, 'log'>,
  write: boolean,
): Promise<Rebuilt> {
  return retryChanged(async () => {
    const stored = await readBoardAsStored(database, authority);
    const seen = await readJudged(database, authority, stored.board, stored.acknowledgements);
    if (!seen) throw new UnknownAuthorityError(authority);
    if (settingsIn(seen.record.settings).closed) throw new ClosedError(authority);
    const rebuilt = reconcile(
      stored.board,
      seen.record,
      seen.superseded,
      now(),
      smallNumbersFor(seen.record, smallNumbers),
    );
    const unreadable = [...stored.unreadable, ...(seen.record.unreadable ?? [])];
    if (!rebuilt.board) return { stored: stored.board, unreadable };
    const numbered = renumbered(rebuilt.board, rebuilt.notice, stored);
    if (write) await replaceBoard(database, stored, numbered.board, numbered.notice);
    return { stored: stored.board, ...numbered, unreadable };
  });
}

/** A board that cannot be understood gives no numbers to go on from; its item and the notices do. */
function renumbered(
  board: Board,
  notice: Notice | undefined,
  { version, lastNotice }: BoardAsStored,
): { board: Board; notice?: Notice } {
  const number = lastNotice + 1;
  return {
    board: {
      ...board,
      version: Math.max(board.version, version + 1),
      lastNotice: notice ? number : lastNotice,
    },
    ...(notice ? { notice: { ...notice, number } } : {}),
  };
}
