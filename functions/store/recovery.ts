import { DeleteItemCommand, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { lastNoticeOf, numberedFrom } from './boards.ts';
import { type Database, type Item, partition, queryAll, transact } from './database.ts';
import { dueMark } from './due-marks.ts';
import { AUTHORITY_KEY, authorityKey, BOARD_KEY, DUE_KEY, FORMER } from './keys.ts';

/**
 * What people do to an authority's data when something went wrong: take all of it out, put it back. No function does any
 * of this; it runs with the credentials of whoever does it.
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
  return queryAll(client, { ...partition(tables[table], authorityKey(authority)), ConsistentRead: true });
}

/** The items by which an authority is known, now and in records that an earlier version took out. */
const KNOWN_BY: readonly (string | undefined)[] = [AUTHORITY_KEY, FORMER.inspection];

/** Evaluations that began before the inspection was taken away have ended by then; they take a second. */
const EVALUATIONS_END_MS = 3000;
/** DynamoDB takes 100 writes and 4 MB in one transaction; an item is 400 KB at most, ours are a tenth of that. */
const WRITES_AT_ONCE = 25;

/**
 * Replaces all that there is of an authority. While this runs the authority is unknown, so that nothing is accepted for
 * it, and nothing judged by half a record; the item that makes it known is what comes back last. If it breaks off, the
 * authority stays unknown until it is run again.
 */
export async function replaceWholeRecord(
  database: Everything,
  authority: string,
  record: WholeRecord,
  now: Date,
): Promise<void> {
  const { client, tables } = database;
  const pk = { S: authorityKey(authority) };
  for (const S of [AUTHORITY_KEY, FORMER.inspection])
    await client.send(new DeleteItemCommand({ TableName: tables.baselines, Key: { pk, sk: { S } } }));
  await new Promise((done) => setTimeout(done, EVALUATIONS_END_MS));
  // Numbers of notices go on from the highest that was ever mailed. Before anything is removed, so that it is known however often
  // this breaks off.
  const last = Math.max(lastNoticeOf(await itemsOf(database, 'alerts', authority)), lastNoticeOf(record.alerts));
  const alerts = record.alerts.map((item) => numberedFrom(item, last));
  const board = alerts.filter(({ sk }) => sk?.S === BOARD_KEY);
  await inParts(
    database,
    board.map((item) => ({ Put: { TableName: tables.alerts, Item: item } })),
  );
  for (const table of TABLES) {
    const stored = (await itemsOf(database, table, authority)).filter(
      ({ sk }) => board.length === 0 || sk?.S !== BOARD_KEY,
    );
    await inParts(
      database,
      stored.map(({ sk }) => ({ Delete: { TableName: tables[table], Key: { pk, sk } as Item } })),
    );
  }
  // The board comes before the figures: it knows what has been announced.
  for (const table of ['alerts', 'submissions', 'baselines'] as const)
    await inParts(
      database,
      { ...record, alerts }[table]
        .filter(({ sk }) => !KNOWN_BY.includes(sk?.S) && sk?.S !== DUE_KEY)
        .map((item) => ({ Put: { TableName: tables[table], Item: item } })),
    );
  const known = record.baselines.filter(({ sk }) => KNOWN_BY.includes(sk?.S));
  await transact(client, [
    ...known.map((item) => ({ Put: { TableName: tables.baselines, Item: item } })),
    { Put: { TableName: tables.alerts, Item: dueMark(authority, now) } },
  ]);
}

async function inParts({ client }: Everything, writes: readonly TransactWriteItem[]): Promise<void> {
  for (let start = 0; start < writes.length; start += WRITES_AT_ONCE)
    await transact(client, writes.slice(start, start + WRITES_AT_ONCE));
}
