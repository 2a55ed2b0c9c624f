import { createHash } from 'node:crypto';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { type SettingsVersion, settingsIn } from '../domain/authority.ts';
import { InspectionSchema } from '../domain/inspection.ts';
import {
  type Done,
  DoneSchema,
  type KeptReport,
  type LoadedInspection,
  loadedFrom,
  type Report,
  ReportSchema,
  type StoredInspections,
  storedFrom,
} from '../domain/loaded-inspection.ts';
import { type Metric, type MetricDefinition, MetricDefinitionSchema } from '../domain/metric.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import {
  type Database,
  dataOf,
  type Item,
  itemOf,
  partition,
  queryAll,
  readItem,
  tryItems,
  UnreadableItemError,
} from './database.ts';
import { AUTHORITIES_KEY, AUTHORITY_KEY, authorityKey, FORMER, INSPECTION_PREFIX, METRIC_PREFIX } from './keys.ts';
import { versionsIn } from './versions.ts';

type Baselines = Database<'baselines'>;

export type Loading = Database<'baselines' | 'alerts'>;

/** What an authority is called. */
export const AuthoritySchema = z.object({ id: z.string(), name: z.string(), closed: z.literal(true).optional() });

export type Authority = z.infer<typeof AuthoritySchema>;

type Definitions = Pick<StoredInspections, 'name' | 'fingerprint' | 'reports' | 'definitions'> & {
  /** Who loaded and who retired the reports, as it is stored: the fingerprint is of contents alone. */
  readonly attributions: string;
  readonly unreadable: readonly Unreadable[];
};

/** What was parsed last, by authority: valid as long as fingerprint and attributions are the same. */
const parsed = new Map<string, Definitions>();
/** How many of these a function keeps, 85 KB each with forty metrics: a nation's would fill its memory. */
const MOST_PARSED = 100;

/**
 * The inspections, local standards and progress of an authority, read consistently; undefined where there are none.
 * {@link UnreadableItemError} where none of the inspections can be read.
 */
export async function readInspection(database: Baselines, authority: string): Promise<LoadedInspection | undefined> {
  const items = await itemsOf(database, authority);
  const definitions = definitionsIn(authority, items);
  if (!definitions) return undefined;
  const { unreadable, ...versions } = versionsIn(items);
  const loaded = loadedFrom({ ...definitions, ...versions });
  const lost = [...definitions.unreadable, ...unreadable];
  if (!loaded && lost.length > 0) throw new UnreadableItemError(lost);
  return loaded && { ...loaded, unreadable: lost };
}

export const itemsOf = ({ client, tables }: Baselines, authority: string): Promise<Item[]> =>
  queryAll(client, { ...partition(tables.baselines, authorityKey(authority)), ConsistentRead: true });

/** The metrics of an authority by id, and whether it is closed; undefined where it is unknown. Reads one small item while nothing changed. */
export async function readMetrics(
  database: Baselines,
  authority: string,
): Promise<{ metrics: ReadonlyMap<string, Metric>; closed: boolean } | undefined> {
  const stored = await readAuthority(database, authority);
  if (!stored) return undefined;
  const { fingerprint, closed } = stored;
  const known = parsed.get(authority);
  const inspection =
    known?.fingerprint === fingerprint
      ? loadedFrom({ ...known, localStandards: [], progress: [], benchmarks: [] })
      : await readInspection(database, authority);
  return inspection && { metrics: new Map(inspection.metrics.map((metric) => [metric.id, metric])), closed };
}

/**
 * The fingerprint of all that is loaded for an authority, and whether it is closed; undefined where it is unknown. Reads one
 * small item, and others only of an unknown or former one: it may have been put back a moment ago. As it is now only where it
 * is asked `consistently`; else perhaps as it was a moment before.
 */
export async function readAuthority(
  { client, tables }: Baselines,
  authority: string,
  consistently = false,
): Promise<{ fingerprint: string; closed: boolean } | undefined> {
  const looks = [
    ...(consistently ? [] : [{ sk: AUTHORITY_KEY, ConsistentRead: false }]),
    ...[AUTHORITY_KEY, FORMER.inspection].map((sk) => ({ sk, ConsistentRead: true })),
  ];
  for (const { sk, ConsistentRead } of looks) {
    const { Item: item } = await client.send(
      new GetItemCommand({
        TableName: tables.baselines,
        Key: { pk: { S: authorityKey(authority) }, sk: { S: sk } },
        ProjectionExpression: 'fingerprint, closed',
        ConsistentRead,
      }),
    );
    if (item) return { fingerprint: item.fingerprint?.S ?? '', closed: item.closed?.BOOL === true };
  }
  return undefined;
}

export function definitionsIn(authority: string, items: readonly Item[]): Definitions | undefined {
  const known = items.find(({ sk }) => sk?.S === AUTHORITY_KEY) ?? formerIn(items);
  if (!known) return undefined;
  const fingerprint = known.fingerprint?.S ?? '';
  const before = parsed.get(authority);
  const attributions = JSON.stringify(
    beginningWith(items, INSPECTION_PREFIX).map(({ loaded, retired }) => [loaded?.S, retired?.S]),
  );
  if (before?.fingerprint === fingerprint && before.attributions === attributions) return before;
  const former = formerReportIn(items);
  const { reports, definitions, unreadable } = parsedFrom(items);
  const named = former
    ? { read: [former], unreadable: [] }
    : tryItems('baselines', [known], (data) => AuthoritySchema.parse(data));
  const read = {
    name: named.read[0]?.name,
    ...{ fingerprint, attributions },
    reports: former ? [...reports, former] : reports,
    definitions,
    unreadable: [...named.unreadable, ...unreadable],
  };
  // What is put right by hand has the same fingerprint.
  if (read.unreadable.length === 0) keep(authority, read);
  return read;
}

function keep(authority: string, read: Definitions): void {
  parsed.delete(authority);
  if (parsed.size >= MOST_PARSED) parsed.delete(parsed.keys().next().value as string);
  parsed.set(authority, read);
}

export function parsedFrom(items: readonly Item[]): Pick<Definitions, 'reports' | 'definitions' | 'unreadable'> {
  const reports = tryItems('baselines', beginningWith(items, INSPECTION_PREFIX), keptReportOf);
  const inOrder = beginningWith(items, METRIC_PREFIX).sort((a, b) => Number(a.place?.N) - Number(b.place?.N));
  const definitions = tryItems('baselines', inOrder, definitionFrom);
  return {
    reports: reports.read,
    definitions: definitions.read,
    unreadable: [...reports.unreadable, ...definitions.unreadable],
  };
}

export const beginningWith = (items: readonly Item[], prefix: string): Item[] =>
  items.filter(({ sk }) => sk?.S?.startsWith(prefix));

/** A report with who loaded and who retired it: beside its contents, which alone tell whether it changed. */
function keptReportOf(data: unknown, item: Item): KeptReport {
  const done = (what: 'loaded' | 'retired'): Done | undefined =>
    item[what]?.S === undefined ? undefined : DoneSchema.parse(JSON.parse(item[what].S));
  const [loaded, retiredBy] = [done('loaded'), done('retired')];
  return { ...ReportSchema.parse(data), ...(loaded && { loaded }), ...(retiredBy && { retiredBy }) };
}

/** A metric's definition, without what its inspection says of it: that stood in the same item before December 2026. */
function definitionFrom(data: unknown): MetricDefinition {
  const { baseline, actions, paragraphs, judgement, ...definition } = z.looseObject({}).parse(data);
  return MetricDefinitionSchema.parse(definition);
}

/** {@link UnreadableItemError} */
export const definitionOf = (item: Item): MetricDefinition => readItem('baselines', item, definitionFrom);

// ---- as it was stored before December 2026

export const formerIn = (items: readonly Item[]): Item | undefined =>
  items.find(({ sk }) => sk?.S === FORMER.inspection);

const FORMER_GRADES = ['outstanding', 'good', 'adequate', 'inadequate'];

/** The one inspection that there was, out of its parts; undefined where there are none. All were of the framework of 2009. */
export function formerReportIn(items: readonly Item[]): Report | undefined {
  const item = formerIn(items);
  if (!item) return undefined;
  const { fingerprint: _, ...header } = dataOf(item) as Record<string, string>;
  const parts = (prefix: string) =>
    beginningWith(items, prefix)
      .sort((a, b) => Number(a.place?.N) - Number(b.place?.N))
      .map((part) => dataOf(part) as Record<string, unknown>);
  const inspection = InspectionSchema.parse({
    id: `${header.authority}-${header.published?.slice(0, 4)}`,
    framework: 'salac-2009',
    ...header,
    judgements: parts(FORMER.judgements).map(({ grade, ...judgement }) => ({
      ...judgement,
      grade: FORMER_GRADES[Number(grade) - 1],
    })),
    actions: parts(FORMER.actions),
    metrics: parts(METRIC_PREFIX),
  });
  return storedFrom(inspection).report;
}

/** Tells one state of an authority's inspections and metrics from another. */
export function fingerprintOf(items: readonly Item[]): string {
  const loaded = items
    .filter(({ sk }) => sk?.S?.startsWith(INSPECTION_PREFIX) || sk?.S?.startsWith(METRIC_PREFIX))
    .map(({ sk, data, place }) => [sk?.S, place?.N, data?.S])
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(loaded)).digest('hex').slice(0, 16);
}

/** How an authority is listed: by the name that it set, or else the one that what was loaded has. */
export function listedItem(id: string, name: string, settings: readonly SettingsVersion[] = []): Item {
  const { name: called = name, closed } = settingsIn(settings);
  return itemOf(AUTHORITIES_KEY, id, { id, name: called, ...(closed && { closed }) });
}

/** The authorities that are known, with their names. */
export async function listAuthorities({ client, tables }: Baselines): Promise<Authority[]> {
  const items = await queryAll(client, partition(tables.baselines, AUTHORITIES_KEY));
  return items.map((item) => AuthoritySchema.parse(dataOf(item)));
}

export function isSame(stored: Item | undefined, wanted: Item): boolean {
  return (
    stored !== undefined &&
    stored.data?.S === wanted.data?.S &&
    stored.place?.N === wanted.place?.N &&
    stored.from?.S === wanted.from?.S
  );
}
