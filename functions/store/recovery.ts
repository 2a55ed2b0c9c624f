import { DeleteItemCommand, type TransactWriteItem, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type Board, BoardSchema } from '../domain/board.ts';
import type { Notice } from '../domain/notice.ts';
import { boardWrites, dueMark, type NoticeReference } from './boards.ts';
import { type Database, dataOf, type Item, queryAll, transact } from './database.ts';
import { authorityKey, BOARD_KEY, DUE_KEY, INSPECTION_KEY, NOTICE_PREFIX, noticeKey, UNSENT } from './keys.ts';

/**
 * What people do to an authority's data when something went wrong: take it out, put it back, put a board or a notice
 * right. No function does any of this; it runs with the credentials of whoever does it.
 */

const TABLES = ['baselines', 'submissions', 'alerts'] as const;
type Table = (typeof TABLES)[number];
type Everything = Database<Table>;

/** Every item of an authority, by table, as DynamoDB has it. */
export type WholeRecord = Readonly<Record<Table, readonly Item[]>>;

/** Reads the board before the record, as evaluate does, so that a board is never ahead of its record. */
export async function readWholeRecord(database: Everything, authority: string): Promise<WholeRecord> {
  const all = async (table: Table) => [table, await itemsOf(database, table, authority)] as const;
  return Object.fromEntries([await all('alerts'), await all('submissions'), await all('baselines')]) as Record<
    Table,
    Item[]
  >;
}

function itemsOf({ client, tables }: Everything, table: Table, authority: string): Promise<Item[]> {
  return queryAll(client, {
    TableName: tables[table],
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: authorityKey(authority) } },
    ConsistentRead: true,
  });
}

/** Evaluations that began before the inspection was taken away have ended by then; they take a second. */
const EVALUATIONS_END_MS = 3000;
/** DynamoDB takes 100 writes and 4 MB in one transaction; an item is 400 KB at most, ours are a tenth of that. */
const WRITES_AT_ONCE = 25;

/**
 * Replaces all that there is of an authority. While this runs the authority has no inspection, so that nothing is
 * accepted for it, and nothing judged by half a record; the inspection is what comes back last. If it breaks off, the
 * authority stays without one until it is run again.
 */
export async function replaceWholeRecord(
  database: Everything,
  authority: string,
  record: WholeRecord,
  now: Date,
): Promise<void> {
  const { client, tables } = database;
  const pk = { S: authorityKey(authority) };
  await client.send(new DeleteItemCommand({ TableName: tables.baselines, Key: { pk, sk: { S: INSPECTION_KEY } } }));
  await new Promise((done) => setTimeout(done, EVALUATIONS_END_MS));
  for (const table of TABLES) {
    const stored = await itemsOf(database, table, authority);
    await inParts(
      database,
      stored.map(({ sk }) => ({ Delete: { TableName: tables[table], Key: { pk, sk } as Item } })),
    );
  }
  // The board comes before the figures: it knows what has been announced.
  for (const table of ['alerts', 'submissions', 'baselines'] as const)
    await inParts(
      database,
      record[table]
        .filter(({ sk }) => sk?.S !== INSPECTION_KEY && sk?.S !== DUE_KEY)
        .map((item) => ({ Put: { TableName: tables[table], Item: item } })),
    );
  const inspection = record.baselines.filter(({ sk }) => sk?.S === INSPECTION_KEY);
  await transact(client, [
    ...inspection.map((item) => ({ Put: { TableName: tables.baselines, Item: item } })),
    { Put: { TableName: tables.alerts, Item: dueMark(authority, now) } },
  ]);
}

async function inParts({ client }: Everything, writes: readonly TransactWriteItem[]): Promise<void> {
  for (let start = 0; start < writes.length; start += WRITES_AT_ONCE)
    await transact(client, writes.slice(start, start + WRITES_AT_ONCE));
}

/** A board as it is stored, whether or not it can be understood. */
export interface BoardAsStored {
  readonly item: Item | undefined;
  /** Undefined where there is none, or none that can be understood. */
  readonly board: Board | undefined;
  /** The highest number of a notice, whatever the board says. */
  readonly lastNotice: number;
}

export async function readBoardAsStored(database: Everything, authority: string): Promise<BoardAsStored> {
  const items = await itemsOf(database, 'alerts', authority);
  const item = items.find(({ sk }) => sk?.S === BOARD_KEY);
  const numbers = items.flatMap(({ sk }) =>
    sk?.S?.startsWith(NOTICE_PREFIX) ? [Number(sk.S.slice(NOTICE_PREFIX.length))] : [],
  );
  return { item, board: item && understood(item), lastNotice: Math.max(0, ...numbers) };
}

function understood(item: Item): Board | undefined {
  try {
    return BoardSchema.parse(dataOf(item));
  } catch {
    return undefined;
  }
}

/**
 * Writes a board and its notice over what was read, whatever that was. Throws `ConditionFailedError` where it changed
 * since.
 */
export async function replaceBoard(
  { client, tables }: Everything,
  read: BoardAsStored,
  board: Board,
  notice: Notice | undefined,
): Promise<void> {
  const unchanged = read.item?.data
    ? { ConditionExpression: '#data = :read', ExpressionAttributeValues: { ':read': read.item.data } }
    : { ConditionExpression: 'attribute_not_exists(#data)' };
  const names = { ExpressionAttributeNames: { '#data': 'data' } };
  await transact(client, boardWrites(tables.alerts, board, notice, { ...unchanged, ...names }));
}

/** Lets the hourly run send a notice again. Throws where there is no such notice. */
export async function markUnsent(
  { client, tables }: Database<'alerts'>,
  { authority, number }: NoticeReference,
): Promise<void> {
  await client.send(
    new UpdateItemCommand({
      TableName: tables.alerts,
      Key: { pk: { S: authorityKey(authority) }, sk: { S: noticeKey(number) } },
      UpdateExpression: 'SET unsent = :unsent REMOVE sentAt',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':unsent': { S: UNSENT } },
    }),
  );
}
