import type { Put, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { type Acknowledgement, type Board, BoardSchema } from '../domain/board.ts';
import type { Notice } from '../domain/notice-contents.ts';
import { acknowledgementsIn } from './acknowledgements.ts';
import {
  between,
  ChangedMeanwhileError,
  type Database,
  dataOf,
  type Item,
  itemOf,
  partition,
  queryAll,
  transact,
} from './database.ts';
import { type DueMark, dueMarkIn, moveDueMark } from './due-marks.ts';
import { ACK_PREFIX, authorityKey, BOARD_KEY, DUE_KEY } from './keys.ts';
import { lastNoticeIn, noticeWrite } from './notices.ts';

type Alerts = Database<'alerts'>;

/** A board with what was read in the same query: who acknowledged what, and the mark that asked for this look. */
export interface StoredBoard extends DueMark {
  readonly board: Board | undefined;
  readonly acknowledgements: readonly Acknowledgement[];
}

/** Somebody else wrote the board, or moved its due mark, since they were read. */
export class BoardChangedError extends ChangedMeanwhileError {
  override readonly name = 'BoardChangedError';
  readonly authority: string;
  constructor(authority: string) {
    super(`the board of ${authority} was written by somebody else meanwhile; read it again`);
    this.authority = authority;
  }
}

/** Board, acknowledgements and due mark of an authority in one consistent query. */
export async function readBoard({ client, tables }: Alerts, authority: string): Promise<StoredBoard> {
  const items = await queryAll(client, {
    ...between(tables.alerts, authorityKey(authority), ACK_PREFIX, DUE_KEY),
    ConsistentRead: true,
  });
  const board = boardIn(items);
  return {
    board: board && BoardSchema.parse(dataOf(board)),
    acknowledgements: acknowledgementsIn(items),
    ...dueMarkIn(items),
  };
}

const boardIn = (items: readonly Item[]): Item | undefined => items.find(({ sk }) => sk?.S === BOARD_KEY);

/**
 * Writes board and notice in one transaction, on condition that board and mark are still those that were read, and
 * sets the mark to the next deadline. {@link BoardChangedError} where somebody was faster.
 */
export async function saveBoard(
  { client, tables }: Alerts,
  read: StoredBoard,
  board: Board,
  notice: Notice | undefined,
  nextDueAt: Date | undefined,
): Promise<void> {
  const unchanged = read.board
    ? {
        ConditionExpression: 'version = :read',
        ExpressionAttributeValues: { ':read': { N: String(read.board.version) } },
      }
    : { ConditionExpression: 'attribute_not_exists(pk)' };
  await transact(
    client,
    [
      ...boardWrites(tables.alerts, board, notice, unchanged),
      moveDueMark(tables.alerts, board.authority, read, nextDueAt),
    ],
    () => new BoardChangedError(board.authority),
  );
}

/** A board, to be written only where what stands in its place is `unchanged`, and its notice, which waits to be sent. */
function boardWrites(
  table: string,
  board: Board,
  notice: Notice | undefined,
  unchanged: Pick<Put, 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'>,
): TransactWriteItem[] {
  const version = { version: { N: String(board.version) } };
  const item = itemOf(authorityKey(board.authority), BOARD_KEY, board, version);
  return [{ Put: { TableName: table, Item: item, ...unchanged } }, ...(notice ? [noticeWrite(table, notice)] : [])];
}

/** A board as it is stored, whether or not it can be understood. */
export interface BoardAsStored {
  readonly item: Item | undefined;
  /** Undefined where there is none, or none that can be understood. */
  readonly board: Board | undefined;
  /** Counts the writes of the board, as its item says beside its contents; 0 where it says nothing. */
  readonly version: number;
  readonly acknowledgements: readonly Acknowledgement[];
  /** The highest number of a notice that was ever used, as far as anything stored knows. */
  readonly lastNotice: number;
}

export async function readBoardAsStored({ client, tables }: Alerts, authority: string): Promise<BoardAsStored> {
  const items = await queryAll(client, { ...partition(tables.alerts, authorityKey(authority)), ConsistentRead: true });
  const item = boardIn(items);
  const board = item && understood(item);
  return {
    item,
    board,
    version: Number(item?.version?.N ?? 0),
    acknowledgements: acknowledgementsIn(items),
    lastNotice: lastNoticeOf(items),
  };
}

/** The highest number of a notice that an authority's items know of, be it of a notice or the board's own word; 0 for none. */
export function lastNoticeOf(items: readonly Item[]): number {
  const board = boardIn(items);
  return Math.max(lastNoticeIn(items), (board && understood(board)?.lastNotice) ?? 0);
}

/** A board's item whose next notice has a higher number than `last`; any other item, and one that cannot be understood, as it is. */
export function numberedFrom(item: Item, last: number): Item {
  const board = item.sk?.S === BOARD_KEY ? understood(item) : undefined;
  if (!board || board.lastNotice >= last) return item;
  return { ...item, ...itemOf(authorityKey(board.authority), BOARD_KEY, { ...board, lastNotice: last }) };
}

function understood(item: Item): Board | undefined {
  try {
    return BoardSchema.parse(dataOf(item));
  } catch {
    return undefined;
  }
}

/** Writes a board and its notice over what was read, whatever that was. {@link BoardChangedError} where it changed since. */
export async function replaceBoard(
  { client, tables }: Alerts,
  read: BoardAsStored,
  board: Board,
  notice: Notice | undefined,
): Promise<void> {
  const unchanged = read.item?.data
    ? { ConditionExpression: '#data = :read', ExpressionAttributeValues: { ':read': read.item.data } }
    : { ConditionExpression: 'attribute_not_exists(#data)' };
  const names = { ExpressionAttributeNames: { '#data': 'data' } };
  const writes = boardWrites(tables.alerts, board, notice, { ...unchanged, ...names });
  await transact(client, writes, () => new BoardChangedError(board.authority));
}
