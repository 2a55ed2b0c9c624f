import {
  type AttributeValue,
  type BatchGetItemCommandInput,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  type GetItemCommandInput,
  IdempotentParameterMismatchException,
  type QueryCommandInput,
  ResourceNotFoundException,
  type ScanCommandInput,
  TransactionCanceledException,
  type TransactWriteItem,
  type TransactWriteItemsCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Database } from '../../functions/store/database.ts';
import { TABLES, type TableDefinition, type TableName } from '../../functions/store/keys.ts';
import {
  checkPlaceholders,
  compareText,
  conditionOf,
  holds,
  InvalidExpressionError,
  type Item,
  isEqual,
  keyCondition,
  type Placeholders,
  projected,
  updated,
} from './expressions.ts';

/**
 * DynamoDB in this process's memory, at the level of its client: what the service calls, by the contract that it may rely
 * on and no better. Reads that are not consistent, and every read of an index, may see an earlier state; a stream tells
 * of changes shard by shard; an item whose time is up stays until {@link MemoryStore.expire}. It decides nothing by
 * itself: how far a read lags behind is the caller's to say, so that one seed is one history.
 *
 * `store-contract.test.ts` holds it to what the real emulator does. Sources: Amazon DynamoDB Developer Guide, "Read
 * consistency", "Transactions", "DynamoDB Streams", "Time to Live", "Service, account, and table quotas".
 */
export interface MemoryStore extends Database<TableName> {
  /** Runs a command at once and gives its output, or throws what DynamoDB would. */
  execute(command: Command): object;
  /** What was written and is not yet told of, oldest first, by shard. Whoever reads takes records off the front. */
  readonly shards: readonly Shard[];
  /** Removes what its time to live is up for, at most `limit` items. Returns how many. */
  expire(limit?: number): number;
  /** Every item of a table as it stands, by key. */
  items(table: TableName): Item[];
  /** How many reads and writes there were. */
  readonly calls: number;
}

/** A command of the SDK: its class says which. */
export interface Command {
  readonly constructor: { readonly name: string };
  readonly input: object;
}

export interface Shard {
  readonly table: TableName;
  readonly records: ChangeRecord[];
}

export interface ChangeRecord {
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly keys: { readonly pk: string; readonly sk: string };
  readonly sequenceNumber: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** One item before and after a write; undefined where there is none. */
export interface Write {
  readonly table: TableName;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

export interface MemoryStoreOptions {
  readonly now: () => number;
  /** How many of the latest writes a read does not see that may lag behind. By default it sees them all. */
  readonly lag?: (read: { readonly table: TableName; readonly index: string | undefined }) => number;
  /** Hears of all that one call changed, after it did. */
  readonly onWrites?: (writes: readonly Write[]) => void;
  readonly shardsPerTable?: number;
}

const MAX_ITEM_BYTES = 400 * 1024;
const MAX_TRANSACTION_BYTES = 4 * 1024 * 1024;
const MAX_TRANSACTION_ITEMS = 100;
const MAX_PAGE_BYTES = 1024 * 1024;
const MAX_BATCH_KEYS = 100;
const MAX_BATCH_BYTES = 16 * 1024 * 1024;
const MAX_PARTITION_KEY_BYTES = 2048;
const MAX_SORT_KEY_BYTES = 1024;
/** "After 10 minutes, a request with the same client token is treated as a new request." */
const TOKEN_VALID_MS = 10 * 60 * 1000;
/** How many earlier versions a read that lags behind can come upon. */
const MAX_LAG = 64;
/** "Usually within one second or less": by then a write is seen everywhere. */
const MAX_LAG_MS = 1000;

/** An item with the write that made it so, and what it was before. */
interface Version {
  readonly item: Item | undefined;
  readonly bytes: number;
  readonly sequence: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly earlier: Version | undefined;
}

interface Entry {
  readonly pk: string;
  readonly sk: string;
  version: Version;
}

class Partition {
  readonly entries = new Map<string, Entry>();
  /** In the order of their sort keys. */
  readonly sorted: Entry[] = [];

  add(entry: Entry): void {
    this.entries.set(entry.sk, entry);
    let [low, high] = [0, this.sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareText((this.sorted[middle] as Entry).sk, entry.sk) < 0) low = middle + 1;
      else high = middle;
    }
    this.sorted.splice(low, 0, entry);
  }
}

interface Table {
  readonly name: TableName;
  readonly definition: TableDefinition;
  readonly partitions: Map<string, Partition>;
  /** Those that have, or lately had, the attribute that an index is partitioned by. */
  readonly indexed: Map<string, Set<Entry>>;
  readonly shards: Shard[];
}

/** Said by DynamoDB in the same words, with this name and no class of its own in the SDK. */
function invalid(message: string): Error {
  return Object.assign(new Error(message), { name: 'ValidationException', $fault: 'client', $metadata: {} });
}

/** An empty store with the service's tables. */
export function createMemoryStore({
  now,
  lag,
  onWrites = () => {},
  shardsPerTable = 1,
}: MemoryStoreOptions): MemoryStore {
  const tables = Object.fromEntries(
    Object.entries(TABLES).map(([name, definition]: [string, TableDefinition]): [string, Table] => {
      const shards = Array.from({ length: definition.stream ? shardsPerTable : 0 }, () => ({
        table: name as TableName,
        records: [],
      }));
      const indexed = new Map(Object.keys(definition.indexes).map((index) => [index, new Set<Entry>()]));
      return [name, { name: name as TableName, definition, partitions: new Map(), indexed, shards }];
    }),
  ) as Record<TableName, Table>;
  const tokens = new Map<string, { readonly content: string; readonly until: number }>();
  let sequence = 0;
  let calls = 0;

  function tableOf(name: string | undefined): Table {
    const table = name !== undefined && Object.hasOwn(tables, name) ? tables[name as TableName] : undefined;
    if (!table)
      throw new ResourceNotFoundException({ message: 'Cannot do operations on a non-existent table', $metadata: {} });
    return table;
  }

  /** The key of an item or of a request, which has it and perhaps more. */
  function keyOf({ definition }: Table, item: Item | undefined, exact: boolean): { pk: string; sk: string } {
    const { partitionKey, sortKey } = definition;
    const names = sortKey ? [partitionKey, sortKey] : [partitionKey];
    if (exact && Object.keys(item ?? {}).length !== names.length)
      throw invalid('The provided key element does not match the schema');
    const [pk, sk] = names.map((name) => {
      const value = item?.[name]?.S;
      if (value === undefined) throw invalid(`One of the required keys was not given a value: ${name}`);
      if (value === '')
        throw invalid(`The AttributeValue for a key attribute cannot contain an empty string value: ${name}`);
      const most = name === partitionKey ? MAX_PARTITION_KEY_BYTES : MAX_SORT_KEY_BYTES;
      if (Buffer.byteLength(value) > most) throw invalid(`The size of ${name} exceeds ${most} bytes`);
      return value;
    });
    return { pk: pk as string, sk: sk ?? '' };
  }

  const entryAt = (table: Table, { pk, sk }: { pk: string; sk: string }): Entry | undefined =>
    table.partitions.get(pk)?.entries.get(sk);

  /** The item as it was after that many writes; the newest there is where more are asked for than are kept. */
  function versionAt(entry: Entry | undefined, seen: number): Version | undefined {
    let version = entry?.version;
    while (version && version.sequence > seen && now() - version.at < MAX_LAG_MS) version = version.earlier;
    return version;
  }

  function seenBy(table: Table, index: string | undefined, consistent: boolean | undefined): number {
    if (consistent || !lag) return sequence;
    return sequence - Math.min(MAX_LAG, Math.max(0, lag({ table: table.name, index })));
  }

  /** A write that has been checked and has only to be done. */
  interface Planned {
    readonly table: Table;
    readonly key: { readonly pk: string; readonly sk: string };
    readonly before: Item | undefined;
    readonly after: Item | undefined;
  }

  function plan(kind: string, request: Placeholders & Record<string, unknown>): Planned & { readonly holds: boolean } {
    const table = tableOf(request.TableName as string);
    const key = keyOf(table, (kind === 'Put' ? request.Item : request.Key) as Item, kind !== 'Put');
    const before = entryAt(table, key)?.version.item;
    const condition = request.ConditionExpression as string | undefined;
    const update = request.UpdateExpression as string | undefined;
    checkPlaceholders([condition, update], request);
    const isMet = condition === undefined || holds(conditionOf(condition), before ?? {}, request);
    const after =
      kind === 'Delete'
        ? undefined
        : kind === 'Put'
          ? (request.Item as Item)
          : kind === 'Update'
            ? updated(before ?? (request.Key as Item), update ?? '', request)
            : before;
    if (after && kind !== 'ConditionCheck') checkItem(table, key, after);
    return { table, key, before, after, holds: isMet };
  }

  function checkItem(table: Table, key: { pk: string; sk: string }, item: Item): void {
    if (bytesOf(item) > MAX_ITEM_BYTES) throw invalid('Item size has exceeded the maximum allowed size');
    const moved = keyOf(table, item, false);
    if (moved.pk !== key.pk || moved.sk !== key.sk) throw invalid('Cannot update attribute: part of the key');
    for (const index of Object.values(table.definition.indexes))
      for (const name of [index.partitionKey, index.sortKey])
        if (item[name] !== undefined && !item[name]?.S)
          throw invalid(`The index key ${name} takes a string that is not empty`);
  }

  function apply(planned: readonly Planned[]): void {
    const writes: Write[] = [];
    for (const { table, key, before, after } of planned) {
      sequence++;
      const partition = table.partitions.get(key.pk) ?? new Partition();
      table.partitions.set(key.pk, partition);
      let entry = partition.entries.get(key.sk);
      if (!entry) {
        if (!after) continue;
        entry = { ...key, version: { item: undefined, bytes: 0, sequence: 0, at: 0, earlier: undefined } };
        partition.add(entry);
      }
      entry.version = forgetting({
        item: after && Object.freeze(after),
        bytes: after ? bytesOf(after) : 0,
        sequence,
        at: now(),
        earlier: lag && entry.version,
      });
      for (const [name, index] of Object.entries(table.definition.indexes))
        if (after?.[index.partitionKey]) table.indexed.get(name)?.add(entry);
      record(table, key, before, after);
      writes.push({ table: table.name, before, after });
    }
    if (writes.length > 0) onWrites(writes);
  }

  /** A version without those before it that no read can come upon any more. */
  function forgetting(newest: Version): Version {
    let last: Version = newest;
    while (last.earlier && last.sequence > sequence - MAX_LAG) last = last.earlier;
    (last as { earlier: Version | undefined }).earlier = undefined;
    return newest;
  }

  /** "If you perform a PutItem or UpdateItem operation that does not change any data in an item, DynamoDB Streams does not write a stream record." */
  function record(
    table: Table,
    keys: { pk: string; sk: string },
    before: Item | undefined,
    after: Item | undefined,
  ): void {
    if (table.shards.length === 0 || isSameItem(before, after)) return;
    const shard = table.shards[hash(keys.pk) % table.shards.length] as Shard;
    const eventName = !before ? 'INSERT' : after ? 'MODIFY' : 'REMOVE';
    shard.records.push({ eventName, keys, sequenceNumber: String(sequence).padStart(21, '0'), at: now() });
  }

  function write(kind: string, request: Placeholders & Record<string, unknown>): object {
    const planned = plan(kind, request);
    if (!planned.holds)
      throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} });
    apply([planned]);
    const asked = request.ReturnValues;
    const Attributes = asked === 'ALL_NEW' ? planned.after : asked === 'ALL_OLD' ? planned.before : undefined;
    if (asked !== undefined && asked !== 'NONE' && asked !== 'ALL_NEW' && asked !== 'ALL_OLD')
      throw new Error(`ReturnValues ${String(asked)} is not played`);
    return Attributes ? { Attributes } : {};
  }

  function transact({ TransactItems = [], ClientRequestToken }: TransactWriteItemsCommandInput): object {
    if (TransactItems.length === 0 || TransactItems.length > MAX_TRANSACTION_ITEMS)
      throw invalid(`Member must have length less than or equal to ${MAX_TRANSACTION_ITEMS}, and at least 1`);
    const content = ClientRequestToken ? JSON.stringify(TransactItems) : '';
    const known = tokens.get(ClientRequestToken ?? '');
    if (known && known.until > now()) {
      if (known.content !== content)
        throw new IdempotentParameterMismatchException({
          message: 'The content of the request has changed',
          $metadata: {},
        });
      return {};
    }
    const planned = TransactItems.map((each: TransactWriteItem) => {
      const [[kind, request], ...others] = Object.entries(each) as [[string, never], ...unknown[]];
      if (others.length > 0) throw invalid('TransactItems can only contain one of Check, Put, Update or Delete');
      return { ...plan(kind, request), kind };
    });
    const places = new Set(planned.map(({ table, key }) => `${table.name} ${key.pk} ${key.sk}`));
    if (places.size < planned.length)
      throw invalid('Transaction request cannot include multiple operations on one item');
    if (planned.reduce((sum, { after }) => sum + (after ? bytesOf(after) : 0), 0) > MAX_TRANSACTION_BYTES)
      throw invalid('Transaction request exceeds 4 MB');
    if (planned.some((each) => !each.holds)) {
      const CancellationReasons = planned.map((each) =>
        each.holds ? { Code: 'None' } : { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
      );
      throw new TransactionCanceledException({
        message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${CancellationReasons.map(({ Code }) => Code).join(', ')}]`,
        CancellationReasons,
        $metadata: {},
      });
    }
    apply(planned.filter(({ kind }) => kind !== 'ConditionCheck'));
    if (ClientRequestToken) tokens.set(ClientRequestToken, { content, until: now() + TOKEN_VALID_MS });
    return {};
  }

  function get(input: GetItemCommandInput): object {
    const table = tableOf(input.TableName);
    checkPlaceholders([input.ProjectionExpression], input);
    const key = keyOf(table, input.Key as Item, true);
    const item = versionAt(entryAt(table, key), seenBy(table, undefined, input.ConsistentRead))?.item;
    if (!item) return {};
    return { Item: input.ProjectionExpression ? projected(item, input.ProjectionExpression, input) : item };
  }

  function batchGet({ RequestItems = {} }: BatchGetItemCommandInput): object {
    const Responses: Record<string, Item[]> = {};
    const UnprocessedKeys: Record<string, { Keys: Item[] }> = {};
    const all = Object.entries(RequestItems).flatMap(([name, { Keys = [], ConsistentRead }]) =>
      Keys.map((key) => ({ name, key: key as Item, ConsistentRead })),
    );
    if (all.length === 0 || all.length > MAX_BATCH_KEYS)
      throw invalid('Too many items requested for the BatchGetItem call');
    let bytes = 0;
    const seen = new Set<string>();
    for (const { name, key, ConsistentRead } of all) {
      const table = tableOf(name);
      const at = keyOf(table, key, true);
      const place = `${name} ${at.pk} ${at.sk}`;
      if (seen.has(place)) throw invalid('Provided list of item keys contains duplicates');
      seen.add(place);
      Responses[name] ??= [];
      const version = versionAt(entryAt(table, at), seenBy(table, undefined, ConsistentRead));
      bytes += version?.bytes ?? 0;
      if (bytes > MAX_BATCH_BYTES) UnprocessedKeys[name] = { Keys: [...(UnprocessedKeys[name]?.Keys ?? []), key] };
      else if (version?.item) Responses[name].push(version.item);
    }
    return { Responses, UnprocessedKeys };
  }

  /** An item of a page, with the keys that a next page starts after. */
  interface Candidate {
    readonly entry: Entry;
    readonly item: Item;
    readonly bytes: number;
    readonly sort: string;
  }

  function query(input: QueryCommandInput): object {
    const table = tableOf(input.TableName);
    checkPlaceholders([input.KeyConditionExpression, input.FilterExpression, input.ProjectionExpression], input);
    const index = input.IndexName === undefined ? undefined : table.definition.indexes[input.IndexName];
    if (input.IndexName !== undefined && !index)
      throw invalid(`The table does not have the specified index: ${input.IndexName}`);
    if (index && input.ConsistentRead) throw invalid('Consistent reads are not supported on global secondary indexes');
    const { partitionKey, sortKey } = index ?? table.definition;
    const { partition, sort } = keyCondition(input.KeyConditionExpression ?? '', partitionKey, input);
    const seen = seenBy(table, input.IndexName, input.ConsistentRead);
    const candidates = index
      ? inIndex(table, input.IndexName as string, index, partition, seen)
      : inPartition(table, partition, seen);
    const found = candidates.filter(({ item }) => !sort || holds(sort, item, input));
    if (input.ScanIndexForward === false) found.reverse();
    return page(table, found, { ...input, sortKey, isIndex: index !== undefined });
  }

  function inPartition(table: Table, partition: string, seen: number): Candidate[] {
    return (table.partitions.get(partition)?.sorted ?? []).flatMap((entry): Candidate[] => {
      const version = versionAt(entry, seen);
      return version?.item ? [{ entry, item: version.item, bytes: version.bytes, sort: entry.sk }] : [];
    });
  }

  /** A partition of an index, or all of it. Indexes hold keys alone. Only items that have both of an index's keys are in it. */
  function inIndex(
    table: Table,
    name: string,
    { partitionKey, sortKey }: TableDefinition['indexes'][string],
    partition: string | undefined,
    seen: number,
  ): Candidate[] {
    const found: Candidate[] = [];
    const entries = table.indexed.get(name) ?? new Set();
    for (const entry of entries) {
      if (!entry.version.item?.[partitionKey] && entry.version.sequence <= sequence - MAX_LAG) entries.delete(entry);
      const item = versionAt(entry, seen)?.item;
      const sort = item?.[sortKey]?.S;
      const of = item?.[partitionKey]?.S;
      if (!item || of === undefined || sort === undefined || (partition ?? of) !== of) continue;
      const own = [table.definition.partitionKey, table.definition.sortKey, partitionKey, sortKey];
      const keys = Object.fromEntries(own.flatMap((key) => (key && item[key] ? [[key, item[key]]] : []))) as Item;
      found.push({ entry, item: keys, bytes: bytesOf(keys), sort });
    }
    return found.sort(
      (a, b) =>
        compareText(a.sort, b.sort) || compareText(a.entry.pk, b.entry.pk) || compareText(a.entry.sk, b.entry.sk),
    );
  }

  function page(
    table: Table,
    candidates: readonly Candidate[],
    input: (QueryCommandInput | ScanCommandInput) & { sortKey?: string | undefined; isIndex: boolean },
  ): object {
    const from = input.ExclusiveStartKey as Item | undefined;
    const start = from ? candidates.findIndex(({ item }) => isKeyOf(table, item, from)) + 1 : 0;
    // The item that a page ended with may be gone, or not be seen: then it goes on after where that stood.
    const first = from && start === 0 ? afterKey(table, candidates, from, input) : start;
    const Items: Item[] = [];
    let [bytes, next] = [0, first];
    for (; next < candidates.length; next++) {
      const { item, bytes: own } = candidates[next] as Candidate;
      if (input.Limit !== undefined && next - first >= input.Limit) break;
      if (next > first && bytes + own > MAX_PAGE_BYTES) break;
      bytes += own;
      if (input.FilterExpression && !holds(conditionOf(input.FilterExpression), item, input)) continue;
      Items.push(input.ProjectionExpression ? projected(item, input.ProjectionExpression, input) : item);
    }
    // A page that its limit ended says so, even where nothing follows.
    const ended =
      next < candidates.length || (input.Limit !== undefined && next - first === input.Limit && next > first);
    const last = ended ? candidates[next - 1] : undefined;
    return {
      ...(input.Select === 'COUNT' ? {} : { Items }),
      Count: Items.length,
      ScannedCount: next - first,
      ...(last ? { LastEvaluatedKey: startAfter(table, last, input) } : {}),
    };
  }

  function afterKey(
    table: Table,
    candidates: readonly Candidate[],
    from: Item,
    {
      sortKey,
      isIndex,
      ...input
    }: { sortKey?: string | undefined; isIndex: boolean; ScanIndexForward?: boolean | undefined },
  ): number {
    const { pk, sk } = keyOf(table, from, !isIndex);
    const sort = (sortKey && from[sortKey]?.S) ?? sk;
    const way = input.ScanIndexForward === false ? -1 : 1;
    const found = candidates.findIndex(
      (each) =>
        way * (compareText(each.sort, sort) || compareText(each.entry.pk, pk) || compareText(each.entry.sk, sk)) > 0,
    );
    return found === -1 ? candidates.length : found;
  }

  function startAfter(table: Table, { item }: Candidate, { isIndex }: { isIndex: boolean }): Item {
    if (isIndex) return item;
    const { partitionKey, sortKey } = table.definition;
    return Object.fromEntries([partitionKey, sortKey].flatMap((key) => (key ? [[key, item[key]]] : []))) as Item;
  }

  function isKeyOf({ definition }: Table, item: Item, key: Item): boolean {
    return [definition.partitionKey, definition.sortKey].every((name) => !name || isEqual(item[name], key[name]));
  }

  function scan(input: ScanCommandInput): object {
    const table = tableOf(input.TableName);
    checkPlaceholders([input.FilterExpression, input.ProjectionExpression], input);
    const index = input.IndexName === undefined ? undefined : table.definition.indexes[input.IndexName];
    if (input.IndexName !== undefined && !index)
      throw invalid(`The table does not have the specified index: ${input.IndexName}`);
    if (index && input.ConsistentRead) throw invalid('Consistent reads are not supported on global secondary indexes');
    const seen = seenBy(table, input.IndexName, input.ConsistentRead);
    const all = index
      ? inIndex(table, input.IndexName as string, index, undefined, seen)
      : [...table.partitions.keys()].flatMap((partition) => inPartition(table, partition, seen));
    return page(table, all, { ...input, sortKey: index?.sortKey, isIndex: index !== undefined });
  }

  function run(command: Command): object {
    const { input } = command;
    switch (command.constructor.name) {
      case 'GetItemCommand':
        return get(input as GetItemCommandInput);
      case 'BatchGetItemCommand':
        return batchGet(input as BatchGetItemCommandInput);
      case 'QueryCommand':
        return query(input as QueryCommandInput);
      case 'ScanCommand':
        return scan(input as ScanCommandInput);
      case 'PutItemCommand':
        return write('Put', input as never);
      case 'UpdateItemCommand':
        return write('Update', input as never);
      case 'DeleteItemCommand':
        return write('Delete', input as never);
      case 'TransactWriteItemsCommand':
        return transact(input as TransactWriteItemsCommandInput);
      default:
        throw new Error(`${command.constructor.name} is not played by the store in memory`);
    }
  }

  function execute(command: Command): object {
    calls++;
    try {
      return { $metadata: {}, ...run(command) };
    } catch (error) {
      throw error instanceof InvalidExpressionError ? invalid(error.message) : error;
    }
  }

  return {
    client: { send: async (command: Command) => execute(command) } as unknown as DynamoDBClient,
    tables: Object.fromEntries(Object.keys(TABLES).map((name) => [name, name])) as Record<TableName, string>,
    execute,
    shards: Object.values(tables).flatMap(({ shards }) => shards),
    expire(limit = Number.POSITIVE_INFINITY) {
      let count = 0;
      for (const table of Object.values(tables)) {
        const { timeToLive } = table.definition;
        if (!timeToLive) continue;
        for (const { entries } of table.partitions.values())
          for (const { pk, sk, version } of entries.values()) {
            const until = version.item?.[timeToLive]?.N;
            if (until === undefined || Number(until) * 1000 >= now() || count >= limit) continue;
            apply([{ table, key: { pk, sk }, before: version.item, after: undefined }]);
            count++;
          }
      }
      return count;
    },
    items: (name) =>
      [...tables[name].partitions.values()].flatMap(({ sorted }) =>
        sorted.flatMap(({ version: { item } }) => (item ? [item] : [])),
      ),
    get calls() {
      return calls;
    },
  };
}

function isSameItem(a: Item | undefined, b: Item | undefined): boolean {
  if (!a || !b) return a === b;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => isEqual(a[name], b[name]));
}

const sizes = new WeakMap<Item, number>();

/** As DynamoDB counts it: names and values in UTF-8. Numbers take about half their digits. */
function bytesOf(item: Item): number {
  const known = sizes.get(item);
  if (known !== undefined) return known;
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + bytesOfValue(value);
  sizes.set(item, bytes);
  return bytes;
}

function bytesOfValue(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return Math.ceil(value.N.length / 2) + 1;
  if (value.SS) return value.SS.reduce((sum, each) => sum + Buffer.byteLength(each), 0);
  if (value.B) return value.B.length;
  return Buffer.byteLength(JSON.stringify(value));
}

/** Which shard a partition key belongs to. FNV-1a: the same everywhere, and spread well enough. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return value;
}
