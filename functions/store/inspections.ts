import { GetItemCommand, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import {
  ActionSchema,
  FigureSchema,
  type Inspection,
  InspectionHeaderSchema,
  JudgementSchema,
  type LoadedInspection,
  type Metric,
  MetricSchema,
} from '../domain/inspection.ts';
import { type Database, dataOf, type Item, itemOf, partition, queryAll, transact } from './database.ts';
import {
  ACTION_PREFIX,
  AUTHORITIES_KEY,
  actionKey,
  authorityKey,
  FIRST_VERSION_KEY,
  INSPECTION_KEY,
  JUDGEMENT_PREFIX,
  judgementKey,
  METRIC_PREFIX,
  metricKey,
} from './keys.ts';
import { versionsIn } from './versions.ts';

type Baselines = Database<'baselines'>;

const HeaderItemSchema = InspectionHeaderSchema.extend({
  figures: z.array(FigureSchema),
  /** SHA-256 of the inspection file: tells whether what was read before still holds. */
  fingerprint: z.string(),
});

type Definitions = Pick<LoadedInspection, 'header' | 'fingerprint' | 'metrics' | 'judgements' | 'actions'>;

/** What was parsed, by authority: valid as long as the fingerprint is the same. */
const parsed = new Map<string, Definitions>();

/** The inspection, local standards and progress of an authority, read consistently; undefined where there is none. */
export async function readInspection(
  { client, tables }: Baselines,
  authority: string,
): Promise<LoadedInspection | undefined> {
  const items = await queryAll(client, {
    ...partition(tables.baselines, authorityKey(authority)),
    ConsistentRead: true,
  });
  const definitions = definitionsOf(authority, items);
  return definitions && { ...definitions, ...versionsIn(items) };
}

/** The metrics of an authority by id; undefined where the authority is unknown. Reads one small item while nothing changed. */
export async function readMetrics(
  database: Baselines,
  authority: string,
): Promise<ReadonlyMap<string, Metric> | undefined> {
  const header = await readFingerprint(database, authority);
  if (!header) return undefined;
  const known = parsed.get(authority);
  const metrics =
    known && known.fingerprint === header.fingerprint?.S
      ? known.metrics
      : (await readInspection(database, authority))?.metrics;
  return metrics && new Map(metrics.map((metric) => [metric.id, metric]));
}

/** Whether an inspection is loaded for the authority. Reads one small item. */
export async function isInspected(database: Baselines, authority: string): Promise<boolean> {
  return (await readFingerprint(database, authority)) !== undefined;
}

async function readFingerprint({ client, tables }: Baselines, authority: string): Promise<Item | undefined> {
  const { Item: header } = await client.send(
    new GetItemCommand({
      TableName: tables.baselines,
      Key: { pk: { S: authorityKey(authority) }, sk: { S: INSPECTION_KEY } },
      ProjectionExpression: 'fingerprint',
    }),
  );
  return header;
}

function definitionsOf(authority: string, items: readonly Item[]): Definitions | undefined {
  const header = items.find((item) => item.sk?.S === INSPECTION_KEY);
  if (!header) return undefined;
  const known = parsed.get(authority);
  if (known && known.fingerprint === header.fingerprint?.S) return known;
  const { fingerprint, figures, ...rest } = HeaderItemSchema.parse(dataOf(header));
  const all = <T>(prefix: string, schema: z.ZodType<T>): T[] =>
    items
      .filter(({ sk }) => sk?.S?.startsWith(prefix))
      .sort((a, b) => Number(a.place?.N) - Number(b.place?.N))
      .map((item) => schema.parse(dataOf(item)));
  const definitions = {
    header: rest,
    fingerprint,
    metrics: all(METRIC_PREFIX, MetricSchema),
    judgements: all(JUDGEMENT_PREFIX, JudgementSchema),
    actions: all(ACTION_PREFIX, ActionSchema),
  };
  parsed.set(authority, definitions);
  return definitions;
}

/** The most writes that DynamoDB takes in one transaction. */
const MAX_WRITES = 100;

/**
 * Loads an inspection: writes what is new or changed, removes what the file no longer has, and leaves alone what people
 * set since. Definitions of metrics and actions change together with the fingerprint, in one transaction, so that no evaluation
 * sees half of them. Returns how many items were written or removed; 0 where all was as it should be.
 */
export async function saveInspection(
  { client, tables }: Baselines,
  inspection: Inspection,
  fingerprint: string,
): Promise<number> {
  const pk = authorityKey(inspection.authority);
  const { metrics, judgements, actions, ...header } = inspection;
  const place = (position: number): Item => ({ place: { N: String(position) } });
  const wanted = [
    itemOf(pk, INSPECTION_KEY, { ...header, fingerprint }, { fingerprint: { S: fingerprint } }),
    ...metrics.map((metric, position) => itemOf(pk, metricKey(metric.id), metric, place(position))),
    ...judgements.map((judgement, position) => itemOf(pk, judgementKey(judgement.id), judgement, place(position))),
    ...actions.map((action, position) => itemOf(pk, actionKey(action.id), action, place(position))),
  ];
  const stored = await queryAll(client, {
    TableName: tables.baselines,
    KeyConditionExpression: 'pk = :pk AND sk < :people',
    ExpressionAttributeValues: { ':pk': { S: pk }, ':people': { S: FIRST_VERSION_KEY } },
    ConsistentRead: true,
  });
  const before = new Map(stored.map((item) => [item.sk?.S, item]));
  const keys = new Set(wanted.map((item) => item.sk?.S));
  const writes: TransactWriteItem[] = [
    ...wanted
      .filter((item) => !isSame(before.get(item.sk?.S), item))
      .map((item) => ({ Put: { TableName: tables.baselines, Item: item } })),
    ...stored
      .filter((item) => !keys.has(item.sk?.S))
      .map(({ pk, sk }) => ({ Delete: { TableName: tables.baselines, Key: { pk, sk } as Item } })),
  ];
  const rest = writes.filter((write) => !isJudged(write));
  if (!isSame(before.get(INSPECTION_KEY), wanted[0] as Item)) {
    const listed = { id: inspection.authority, name: inspection.name };
    rest.push({ Put: { TableName: tables.baselines, Item: itemOf(AUTHORITIES_KEY, inspection.authority, listed) } });
  }
  const judged = writes.filter(isJudged);
  for (const group of [rest, judged])
    for (let start = 0; start < group.length; start += MAX_WRITES)
      await transact(client, group.slice(start, start + MAX_WRITES));
  return writes.length;
}

const ListedSchema = z.object({ id: z.string(), name: z.string() });

/** The authorities that an inspection was loaded for, with their names. */
export async function listAuthorities({ client, tables }: Baselines): Promise<{ id: string; name: string }[]> {
  const items = await queryAll(client, partition(tables.baselines, AUTHORITIES_KEY));
  return items.map((item) => ListedSchema.parse(dataOf(item)));
}

function isSame(stored: Item | undefined, wanted: Item): boolean {
  return stored !== undefined && stored.data?.S === wanted.data?.S && stored.place?.N === wanted.place?.N;
}

/** Whether evaluations depend on the item: those go together, last. */
function isJudged({ Put, Delete }: TransactWriteItem): boolean {
  const sk = (Put?.Item ?? Delete?.Key)?.sk?.S ?? '';
  return sk === INSPECTION_KEY || sk.startsWith(METRIC_PREFIX) || sk.startsWith(ACTION_PREFIX);
}
