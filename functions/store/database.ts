import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { describeUnreadable } from '../domain/describe-unreadable.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import { kindOf, TABLES, type TableName, type WaitingIndex } from './keys.ts';

/** The database and the names of the tables in it that a function was given. */
export interface Database<Table extends string = never> {
  readonly client: DynamoDBClient;
  readonly tables: Readonly<Record<Table, string>>;
}

export type Item = Record<string, AttributeValue>;

/**
 * An item: its keys, its contents as one JSON string (a map of maps costs five times the CPU to read), and whatever
 * conditions and indexes need beside it. DynamoDB takes 400 KB of an item: contents of more than half of that, such as a board on
 * which 400 alerts are raised at once, are packed.
 */
export function itemOf(pk: string, sk: string, data: unknown, attributes: Item = {}): Item {
  const json = JSON.stringify(data);
  const written = Buffer.byteLength(json) > LARGE_BYTES ? PACKED + packed(json) : json;
  return { pk: { S: pk }, sk: { S: sk }, data: { S: written }, ...attributes };
}

/** Fast, and with all of it in view: what 400 alerts say alike stands far apart. */
const packed = (json: string): string =>
  brotliCompressSync(json, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }).toString('base64');

const LARGE_BYTES = 200_000;
/** What packed contents begin with, and no JSON does. */
const PACKED = 'brotli:';
/** No contents are larger: what says that it is, is not unpacked. */
const MAX_UNPACKED_BYTES = 8 * 1024 * 1024;

/** Whether a write was made that holds on a condition. */
export async function whereItHolds(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** The contents of an item, still to be parsed by its schema. */
export function dataOf(item: Item): unknown {
  const written = item.data?.S ?? 'null';
  if (!written.startsWith(PACKED)) return JSON.parse(written);
  const packed = Buffer.from(written.slice(PACKED.length), 'base64');
  return JSON.parse(brotliDecompressSync(packed, { maxOutputLength: MAX_UNPACKED_BYTES }).toString());
}

/** What is asked for is stored and cannot be read. The message names it, and holds nothing of what it says. */
export class UnreadableItemError extends Error {
  override readonly name = 'UnreadableItemError';
  readonly items: readonly Unreadable[];
  constructor(items: readonly Unreadable[]) {
    const named = items
      .slice(0, 5)
      .map(({ table, key, why, ...each }) => `${table} ${key} (${describeUnreadable(each)}): ${why}`);
    super(`cannot be read: ${named.join('; ')}${items.length > 5 ? `; and ${items.length - 5} more` : ''}`);
    this.items = items;
  }
}

/** The contents of an item, or why it has none that can be read. */
export function tryItem<T>(
  table: TableName,
  item: Item,
  parse: (data: unknown) => T,
): { read: T } | { unreadable: Unreadable } {
  const key = item.sk?.S ?? item.pk?.S ?? '';
  const lost = (why: string) => ({ unreadable: { table, key, ...kindOf(key), why } });
  let data: unknown;
  try {
    data = dataOf(item);
  } catch {
    return lost('it is not JSON');
  }
  try {
    return { read: parse(data) };
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const [issue] = error.issues;
    return lost(`${issue?.path.join('/') || 'it'}: ${issue?.message}`.slice(0, 200));
  }
}

/** The contents of items, and what of them cannot be read. */
export function tryItems<T>(
  table: TableName,
  items: readonly Item[],
  parse: (data: unknown, item: Item) => T,
): { read: T[]; unreadable: Unreadable[] } {
  const tried = items.map((item) => tryItem(table, item, (data) => parse(data, item)));
  return {
    read: tried.flatMap((each) => ('read' in each ? [each.read] : [])),
    unreadable: tried.flatMap((each) => ('unreadable' in each ? [each.unreadable] : [])),
  };
}

/** The contents of an item that nothing can be done without. {@link UnreadableItemError} */
export function readItem<T>(table: TableName, item: Item, parse: (data: unknown) => T): T {
  const tried = tryItem(table, item, parse);
  if ('unreadable' in tried) throw new UnreadableItemError([tried.unreadable]);
  return tried.read;
}

/** All items of a query, over as many pages as it has. */
export async function queryAll(client: DynamoDBClient, input: QueryCommandInput): Promise<Item[]> {
  const items: Item[] = [];
  let from: Item | undefined;
  do {
    const page = await client.send(new QueryCommand(from ? { ...input, ExclusiveStartKey: from } : input));
    items.push(...(page.Items ?? []));
    from = page.LastEvaluatedKey;
  } while (from);
  return items;
}

/** A query for all items of a partition. */
export function partition(table: string, pk: string) {
  return {
    TableName: table,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: pk } },
  };
}

/** A query for the items of a partition whose sort keys begin so. */
export function beginning(table: string, pk: string, prefix: string) {
  return {
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
    ExpressionAttributeValues: { ':pk': { S: pk }, ':prefix': { S: prefix } },
  };
}

/** A query for the items of a partition whose sort keys lie from `first` to `last`, both included. */
export function between(table: string, pk: string, first: string, last: string) {
  return {
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
    ExpressionAttributeValues: { ':pk': { S: pk }, ':first': { S: first }, ':last': { S: last } },
  };
}

/** A query for the items that have waited in a partition of an index since `until` or before; the longest first. */
export function waitingUntil(table: string, index: WaitingIndex, value: string, until: Date) {
  const { partitionKey, sortKey } = TABLES.alerts.indexes[index];
  return {
    TableName: table,
    IndexName: index,
    KeyConditionExpression: `${partitionKey} = :value AND ${sortKey} <= :until`,
    ExpressionAttributeValues: { ':value': { S: value }, ':until': { S: until.toISOString() } },
  };
}

/**
 * All items that have waited in an index since `until` or before, the longest first, with their keys. Only what waits is in
 * these indexes, whatever partition it is in, so that the whole is read: with one authority, in one call.
 */
export async function scanWaiting(
  client: DynamoDBClient,
  table: string,
  index: WaitingIndex,
  until: Date,
): Promise<Item[]> {
  const { sortKey } = TABLES.alerts.indexes[index];
  const items: Item[] = [];
  let from: Item | undefined;
  do {
    const page = await client.send(
      new ScanCommand({
        TableName: table,
        IndexName: index,
        FilterExpression: `${sortKey} <= :until`,
        ExpressionAttributeValues: { ':until': { S: until.toISOString() } },
        ...(from ? { ExclusiveStartKey: from } : {}),
      }),
    );
    items.push(...(page.Items ?? []));
    from = page.LastEvaluatedKey;
  } while (from);
  const since = (item: Item): string => item[sortKey]?.S ?? '';
  return items.sort((a, b) => Number(since(a) > since(b)) - Number(since(a) < since(b)));
}

/** Whether a query asks for keys {@link between} two of which the first comes after the last: DynamoDB refuses that. */
function isBackwards({ ExpressionAttributeValues: values }: QueryCommandInput): boolean {
  const [first, last] = [values?.[':first']?.S, values?.[':last']?.S];
  return first !== undefined && last !== undefined && Buffer.compare(Buffer.from(first), Buffer.from(last)) > 0;
}

/** The first `limit` items of a query, and whether there are more. A range that ends before it begins holds none. */
export async function queryUpTo(
  client: DynamoDBClient,
  input: QueryCommandInput,
  limit: number,
): Promise<{ items: Item[]; more: boolean }> {
  if (isBackwards(input)) return { items: [], more: false };
  const items: Item[] = [];
  let from: Item | undefined;
  do {
    const Limit = limit + 1 - items.length;
    const page = await client.send(new QueryCommand({ ...input, Limit, ...(from ? { ExclusiveStartKey: from } : {}) }));
    items.push(...(page.Items ?? []));
    from = page.LastEvaluatedKey;
  } while (from && items.length <= limit);
  return { items: items.slice(0, limit), more: items.length > limit };
}

/** What was to be changed is no longer as it was read. Read it again; whoever gives up on that tells the caller so. */
export class ChangedMeanwhileError extends Error {}

/** Others were writing the same for as long as it was tried: nothing was written, and what was read may hold no longer. */
export class ContendedError extends ChangedMeanwhileError {
  override readonly name = 'ContendedError';
  constructor() {
    super('too many others are changing the same at this moment; nothing was stored: wait a moment and send it again');
  }
}

/** How often a transaction that collided with another is tried again; with the pauses below, for about a second. */
const MAX_ATTEMPTS = 10;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 400;

/**
 * Writes all or nothing. Collisions with other transactions pass by themselves and are tried again; {@link ContendedError} where
 * they do not end. Where conditions do not hold it throws what `changed` makes of that, given the positions of their writes, at least one.
 */
export async function transact(
  client: DynamoDBClient,
  writes: TransactWriteItem[],
  changed?: (failed: readonly number[]) => ChangedMeanwhileError,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.send(new TransactWriteItemsCommand({ TransactItems: writes }));
      return;
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const reasons = error.CancellationReasons ?? [];
      const failed = reasons.flatMap(({ Code }, position) => (Code === 'ConditionalCheckFailed' ? [position] : []));
      if (failed.length > 0) throw changed?.(failed) ?? error;
      const collided = reasons.some(({ Code }) => Code === 'TransactionConflict');
      if (!collided && !reasons.some(({ Code }) => Code === 'ThrottlingError')) throw error;
      if (attempt === MAX_ATTEMPTS) throw collided ? new ContendedError() : error;
      const longest = Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
      await new Promise((done) => setTimeout(done, longest * Math.random()));
    }
  }
}
