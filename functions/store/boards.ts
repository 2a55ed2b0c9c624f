import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  type Put,
  PutItemCommand,
  type TransactWriteItem,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type Acknowledgement, AcknowledgementSchema, type Board, BoardSchema } from '../domain/board.ts';
import { type Notice, NoticeSchema } from '../domain/notice.ts';
import { between, type Database, dataOf, type Item, itemOf, queryAll, queryUpTo, transact } from './database.ts';
import {
  ACK_PREFIX,
  ackKey,
  authorityKey,
  authorityOf,
  BOARD_KEY,
  DUE_KEY,
  NOTICE_PREFIX,
  noticeKey,
  UNSENT,
} from './keys.ts';

type Alerts = Database<'alerts'>;

/** A board with what was read in the same query: who acknowledged what, and the mark that asked for this look. */
export interface StoredBoard {
  readonly board: Board | undefined;
  readonly acknowledgements: readonly Acknowledgement[];
  /** Identifies the due mark as read; undefined where there was none. */
  readonly mark: string | undefined;
  /** When the mark asks for the next look; ISO instant. */
  readonly dueAt: string | undefined;
}

/** Board, acknowledgements and due mark of an authority in one consistent query. */
export async function readBoard({ client, tables }: Alerts, authority: string): Promise<StoredBoard> {
  const items = await queryAll(client, {
    ...between(tables.alerts, authorityKey(authority), ACK_PREFIX, DUE_KEY),
    ConsistentRead: true,
  });
  const board = items.find((item) => item.sk?.S === BOARD_KEY);
  const due = items.find((item) => item.sk?.S === DUE_KEY);
  return {
    board: board && BoardSchema.parse(dataOf(board)),
    acknowledgements: items
      .filter((item) => item.sk?.S?.startsWith(ACK_PREFIX))
      .map((item) => AcknowledgementSchema.parse(dataOf(item))),
    mark: due?.mark?.S,
    dueAt: due?.dueAt?.S,
  };
}

/**
 * The item that makes the schedule look at an authority at `at` or later. Whatever changes the record puts one for at
 * once, in its own transaction, so that an event that gets lost is noticed within the hour.
 */
export function dueMark(authority: string, at: Date): Item {
  const dueAt = at.toISOString();
  return {
    pk: { S: authorityKey(authority) },
    sk: { S: DUE_KEY },
    due: { S: DUE_KEY },
    dueAt: { S: dueAt },
    mark: { S: `${dueAt} ${crypto.randomUUID()}` },
  };
}

/**
 * Writes board and notice in one transaction, on condition that board and mark are still those that were read, and
 * sets the mark to the next deadline. Throws `ConditionFailedError` where somebody was faster: look again.
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
  await transact(client, [
    ...boardWrites(tables.alerts, board, notice, unchanged),
    moveMark(tables.alerts, board.authority, read.mark, nextDueAt),
  ]);
}

/** A board, to be written only where what stands in its place is `unchanged`, and its notice, which waits to be sent. */
export function boardWrites(
  table: string,
  board: Board,
  notice: Notice | undefined,
  unchanged: Pick<Put, 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'>,
): TransactWriteItem[] {
  const pk = authorityKey(board.authority);
  const version = { version: { N: String(board.version) } };
  const writes: TransactWriteItem[] = [
    { Put: { TableName: table, Item: itemOf(pk, BOARD_KEY, board, version), ...unchanged } },
  ];
  if (notice)
    writes.push({
      Put: {
        TableName: table,
        Item: itemOf(pk, noticeKey(notice.number), notice, {
          unsent: { S: UNSENT },
          createdAt: { S: notice.createdAt },
        }),
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    });
  return writes;
}

/** Moves the mark where the board itself still holds. If somebody moved it meanwhile, theirs stays. */
export async function saveDue(
  { client, tables }: Alerts,
  authority: string,
  read: StoredBoard,
  nextDueAt: Date | undefined,
): Promise<void> {
  if (nextDueAt?.toISOString() === read.dueAt) return;
  const { Put, Delete } = moveMark(tables.alerts, authority, read.mark, nextDueAt);
  try {
    if (Put) await client.send(new PutItemCommand(Put));
    else if (Delete) await client.send(new DeleteItemCommand(Delete));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

function moveMark(
  table: string,
  authority: string,
  mark: string | undefined,
  nextDueAt: Date | undefined,
): Pick<TransactWriteItem, 'Put' | 'Delete'> {
  const unmoved = mark
    ? { ConditionExpression: 'mark = :mark', ExpressionAttributeValues: { ':mark': { S: mark } } }
    : { ConditionExpression: 'attribute_not_exists(mark)' };
  if (nextDueAt) return { Put: { TableName: table, Item: dueMark(authority, nextDueAt), ...unmoved } };
  return { Delete: { TableName: table, Key: { pk: { S: authorityKey(authority) }, sk: { S: DUE_KEY } }, ...unmoved } };
}

/** The authorities whose mark is due by `now`. */
export async function listDue({ client, tables }: Alerts, now: Date): Promise<string[]> {
  const items = await queryAll(client, {
    TableName: tables.alerts,
    IndexName: 'due',
    KeyConditionExpression: 'due = :due AND dueAt <= :now',
    ExpressionAttributeValues: { ':due': { S: DUE_KEY }, ':now': { S: now.toISOString() } },
  });
  return items.map((item) => authorityOf(item.pk?.S ?? ''));
}

/** Which notice: the stream and the index of unsent ones carry only this. */
export interface NoticeReference {
  readonly authority: string;
  readonly number: number;
}

export function noticeReference(pk: string, sk: string): NoticeReference {
  return { authority: authorityOf(pk), number: Number(sk.slice(NOTICE_PREFIX.length)) };
}

/** A notice that waits to be sent, since `createdAt` (ISO instant). */
export interface UnsentNotice extends NoticeReference {
  readonly createdAt: string;
}

/** Notices created no later than `before` and not marked sent, oldest first. */
export async function listUnsent({ client, tables }: Alerts, before: Date): Promise<UnsentNotice[]> {
  const items = await queryAll(client, {
    TableName: tables.alerts,
    IndexName: 'unsent',
    KeyConditionExpression: 'unsent = :unsent AND createdAt <= :before',
    ExpressionAttributeValues: { ':unsent': { S: UNSENT }, ':before': { S: before.toISOString() } },
  });
  return items.map((item) => ({
    ...noticeReference(item.pk?.S ?? '', item.sk?.S ?? ''),
    createdAt: item.createdAt?.S ?? '',
  }));
}

/** A notice that is not marked sent yet; undefined where it is. */
export async function readUnsent(
  { client, tables }: Alerts,
  { authority, number }: NoticeReference,
): Promise<Notice | undefined> {
  const { Item } = await client.send(
    new GetItemCommand({
      TableName: tables.alerts,
      Key: { pk: { S: authorityKey(authority) }, sk: { S: noticeKey(number) } },
      ConsistentRead: true,
    }),
  );
  return Item?.unsent ? NoticeSchema.parse(dataOf(Item)) : undefined;
}

/** Marks a notice as sent: it leaves the index of unsent ones. */
export async function markSent(
  { client, tables }: Alerts,
  { authority, number }: NoticeReference,
  at: Date,
): Promise<void> {
  await client.send(
    new UpdateItemCommand({
      TableName: tables.alerts,
      Key: { pk: { S: authorityKey(authority) }, sk: { S: noticeKey(number) } },
      UpdateExpression: 'SET sentAt = :at REMOVE unsent',
      ExpressionAttributeValues: { ':at': { S: at.toISOString() } },
    }),
  );
}

/** Keeps who has an alert in hand, and has the board looked at again. */
export async function saveAcknowledgement(
  { client, tables }: Alerts,
  authority: string,
  acknowledgement: Acknowledgement,
  now: Date,
): Promise<void> {
  const item = itemOf(authorityKey(authority), ackKey(acknowledgement.alert), acknowledgement);
  await transact(client, [
    { Put: { TableName: tables.alerts, Item: item } },
    { Put: { TableName: tables.alerts, Item: dueMark(authority, now) } },
  ]);
}

/** A notice with the time it was handed to SNS, if it was. */
export interface StoredNotice {
  readonly notice: Notice;
  readonly sentAt: string | undefined;
}

/** Notices of an authority, newest first: at most `limit` of those with a number below `before`. */
export async function readNotices(
  { client, tables }: Alerts,
  authority: string,
  { before, limit }: { readonly before?: number | undefined; readonly limit: number },
): Promise<{ notices: StoredNotice[]; more: boolean }> {
  const last = noticeKey(before === undefined ? MAX_NOTICE : before - 1);
  const { items, more } = await queryUpTo(
    client,
    { ...between(tables.alerts, authorityKey(authority), noticeKey(0), last), ScanIndexForward: false },
    limit,
  );
  return { notices: items.map((item) => ({ notice: NoticeSchema.parse(dataOf(item)), sentAt: item.sentAt?.S })), more };
}

/** The highest number that six digits take. */
const MAX_NOTICE = 999_999;
