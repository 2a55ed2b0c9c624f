import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { type SettingsVersion, settingsIn } from '../domain/authority.ts';
import type { Inspection } from '../domain/inspection.ts';
import { type Done, type LoadedInspection, loadedFrom, ReportSchema, storedFrom } from '../domain/loaded-inspection.ts';
import type { MetricDefinition } from '../domain/metric.ts';
import { ChangedMeanwhileError, dataOf, type Item, itemOf, readItem, transact, tryItems } from './database.ts';
import { AT_ONCE, dueMark } from './due-marks.ts';
import {
  AuthoritySchema,
  beginningWith,
  definitionOf,
  definitionsIn,
  fingerprintOf,
  formerIn,
  formerReportIn,
  isSame,
  itemsOf,
  type Loading,
  listedItem,
  parsedFrom,
} from './inspections.ts';
import {
  AUTHORITY_KEY,
  authorityKey,
  FORMER,
  INSPECTION_PREFIX,
  inspectionKey,
  METRIC_PREFIX,
  metricKey,
  PROGRESS_PREFIX,
  PUT_BACK_SINCE,
  progressKey,
  settingsKey,
} from './keys.ts';
import { versionsIn } from './versions.ts';

/** Who did it, beside the contents. */
const attributed = (what: 'loaded' | 'retired', done: Done | undefined): Item =>
  done ? { [what]: { S: JSON.stringify(done) } } : {};

/** A transaction takes a hundred writes: two for each item, and the one by which the authority is known. */
const MOVES_AT_ONCE = 49;

/**
 * Moves what an earlier version stored into the place where it belongs now; whatever people set or reported stays as it
 * is. The report and the item by which the authority is known change in one transaction, and everything else is read
 * alike in its old place and its new one, so that it may break off anywhere and be run again. Returns how many items moved;
 * none while the authority is unknown, as it is while a record of it is put back. {@link InspectionsChangedError} where
 * somebody was faster: what was read before a record was put back is not written over it.
 */
export async function moveFormerInspection(database: Loading, authority: string): Promise<number> {
  const { client, tables } = database;
  const TableName = tables.baselines;
  const pk = authorityKey(authority);
  const items = await itemsOf(database, authority);
  const asRead = ({ data = { S: '' } }: Item) => ({
    ConditionExpression: '#data = :read',
    ExpressionAttributeNames: { '#data': 'data' },
    ExpressionAttributeValues: { ':read': data },
  });
  const remove = (item: Item): TransactWriteItem => ({
    Delete: { TableName, Key: { pk: item.pk, sk: item.sk } as Item, ...asRead(item) },
  });
  const put = (item: Item, condition = {}): TransactWriteItem => ({ Put: { TableName, Item: item, ...condition } });
  const changed = () => new InspectionsChangedError();
  const report = formerReportIn(items);
  const former = formerIn(items);
  const moved =
    report &&
    former &&
    itemOf(
      pk,
      AUTHORITY_KEY,
      { id: report.authority, name: report.name },
      { fingerprint: former.fingerprint ?? { S: '' } },
    );
  if (moved)
    await transact(client, [put(moved), put(itemOf(pk, inspectionKey(report.id), report)), remove(former)], changed);
  const known = moved ?? items.find(({ sk }) => sk?.S === AUTHORITY_KEY);
  const [first] = beginningWith(items, INSPECTION_PREFIX);
  const inspection = report?.id ?? (first && ReportSchema.parse(dataOf(first)).id);
  if (!known || !inspection) return 0;
  const moves = items.flatMap((item): TransactWriteItem[][] => {
    const sk = item.sk?.S ?? '';
    const data = dataOf(item) as Record<string, unknown>;
    if (sk.startsWith(FORMER.judgements) || sk.startsWith(FORMER.actions)) return [[remove(item)]];
    if (sk.startsWith(METRIC_PREFIX) && 'baseline' in data)
      return [
        [put({ ...item, data: { S: JSON.stringify(definitionOf(item)) }, from: { S: inspection } }, asRead(item))],
      ];
    if (sk.startsWith(PROGRESS_PREFIX) && !('inspection' in data)) {
      const key = progressKey(inspection, String(data.action), Number(data.version));
      return [[put(itemOf(pk, key, { inspection, ...data })), remove(item)]];
    }
    return [];
  });
  for (let start = 0; start < moves.length; start += MOVES_AT_ONCE)
    await transact(
      client,
      [put(known, unchangedSince(known)), ...moves.slice(start, start + MOVES_AT_ONCE).flat()],
      changed,
    );
  return moves.length + (report ? 1 : 0);
}

// ---- loading

/** Somebody else changed what is loaded for the authority since it was read. */
export class InspectionsChangedError extends ChangedMeanwhileError {
  override readonly name = 'InspectionsChangedError';
  constructor() {
    super('somebody else changed the inspections or metrics meanwhile; read them again');
  }
}

/** A record of the authority is being put back, or that broke off. */
export class PutBackError extends ChangedMeanwhileError {
  override readonly name = 'PutBackError';
  constructor(authority: string) {
    super(
      `a record of ${authority} is being put back: try again once "import" is done, and where that broke off run it again first`,
    );
  }
}

/** What loading, or retiring, an inspection would come to, before it is done; `before` and `after` are worked out when they are asked for. */
export interface Plan {
  readonly before: LoadedInspection | undefined;
  readonly after: LoadedInspection;
  /** How many items are written or removed. */
  readonly written: number;
  /** The largest item that is written, in bytes; 0 for none. */
  readonly largest: number;
  /** How many bytes inspections and metrics take together, before and after. */
  readonly bytes: { readonly before: number; readonly after: number };
  /** Does it, unless there is nothing to do. {@link InspectionsChangedError} where somebody was faster. */
  save(): Promise<void>;
}

/**
 * What loading an inspection would write: what is new or changed, without the metrics that it brought and no longer has, leaving
 * alone what other inspections brought and what people set. All of it changes together with the fingerprint, in one
 * transaction, so that no evaluation sees half.
 */
export async function planInspection(
  database: Loading,
  inspection: Inspection,
  done?: Done,
  /** Definitions that its findings may speak of though neither file nor catalogue has them: those come into the catalogue with it. */
  library: readonly MetricDefinition[] = [],
): Promise<Plan> {
  const { authority, name } = inspection;
  const pk = authorityKey(authority);
  const stored = await itemsOf(database, authority);
  const before = new Map(stored.map((item) => [item.sk?.S ?? '', item]));
  const { report, definitions: brought } = storedFrom(inspection);
  const isOwn = (item: Item | undefined): boolean => item === undefined || item.from?.S === inspection.id;
  const spoken = new Set(inspection.findings.map(({ metric }) => metric));
  const definitions = [...brought, ...library.filter(({ id }) => spoken.has(id))];
  const places = stored.map(({ place }) => Number(place?.N ?? -1));
  const next = Math.max(-1, ...places.filter((_, index) => !isOwn(stored[index]))) + 1;
  const wanted = [
    itemOf(pk, inspectionKey(report.id), report, attributed('loaded', done)),
    ...definitions
      .filter(({ id }) => isOwn(before.get(metricKey(id))))
      .map((definition, position) =>
        itemOf(pk, metricKey(definition.id), definition, {
          place: { N: String(next + position) },
          from: { S: inspection.id },
        }),
      ),
  ];
  const keys = new Set(wanted.map(({ sk }) => sk?.S));
  const changed = wanted.filter((item) => !isSame(before.get(item.sk?.S ?? ''), item));
  const dropped = beginningWith(stored, METRIC_PREFIX).filter(
    ({ sk, from }) => from?.S === inspection.id && !keys.has(sk?.S),
  );
  const after = [
    ...stored.filter(({ sk }) => !keys.has(sk?.S) && !dropped.some((item) => item.sk?.S === sk?.S)),
    ...wanted,
  ];
  return planOf(database, authority, stored, { name, put: changed, dropped, after });
}

/** Marks an inspection as no longer counted, or as counted again; it stays to be read. Undefined where there is none of that id. */
export async function planRetirement(
  database: Loading,
  authority: string,
  id: string,
  done?: Done,
): Promise<Plan | undefined> {
  const stored = await itemsOf(database, authority);
  const item = stored.find(({ sk }) => sk?.S === inspectionKey(id));
  if (!item) return undefined;
  const report = readItem('baselines', item, (data) => ReportSchema.parse(data));
  const retired = itemOf(
    authorityKey(authority),
    inspectionKey(id),
    { ...report, retired: true },
    { ...(item.loaded && { loaded: item.loaded }), ...attributed('retired', done) },
  );
  const put = report.retired ? [] : [retired];
  const after = stored.map((other) => (other === item ? retired : other));
  return planOf(database, authority, stored, { name: report.name, put, dropped: [], after });
}

/**
 * Puts a metric of the council's own into the catalogue, or another definition in the place of one that is there: from
 * then on it is the council's, and no inspection's file changes it. Undefined where the authority is unknown.
 */
export async function planMetric(
  database: Loading,
  authority: string,
  change: (before: MetricDefinition | undefined) => MetricDefinition,
  id: string,
): Promise<Plan | undefined> {
  const stored = await itemsOf(database, authority);
  const known = definitionsIn(authority, stored);
  if (!known) return undefined;
  const before = stored.find(({ sk }) => sk?.S === metricKey(id));
  const places = stored.map(({ place }) => Number(place?.N ?? -1));
  const place = before?.place ?? { N: String(Math.max(-1, ...places) + 1) };
  const wanted = itemOf(authorityKey(authority), metricKey(id), change(before && definitionOf(before)), { place });
  const after = [...stored.filter((item) => item !== before), wanted];
  const put = isSame(before, wanted) ? [] : [wanted];
  return planOf(database, authority, stored, { name: known.name ?? authority, put, dropped: [], after });
}

function planOf(
  database: Loading,
  authority: string,
  stored: readonly Item[],
  changes: Pick<Changes, 'name' | 'put' | 'dropped' | 'after'>,
): Plan {
  const known = stored.find(({ sk }) => sk?.S === AUTHORITY_KEY);
  const written = changes.put.length + changes.dropped.length;
  const [stated] = tryItems('baselines', known ? [known] : [], (data) => AuthoritySchema.parse(data)).read;
  const name = stated?.name ?? changes.name;
  return {
    get before() {
      const definitions = definitionsIn(authority, stored);
      return definitions && loadedFrom({ ...definitions, ...versionsIn(stored) });
    },
    get after() {
      const { after } = changes;
      const read = { name, fingerprint: fingerprintOf(after), ...parsedFrom(after), ...versionsIn(stored) };
      return loadedFrom(read) as LoadedInspection;
    },
    written,
    largest: Math.max(0, ...changes.put.map((item) => Buffer.byteLength(item.data?.S ?? ''))),
    bytes: { before: loadedBytes(stored), after: loadedBytes(changes.after) },
    async save() {
      const { settings = [] } = versionsIn(stored);
      if (!known || written > 0) await saveChanges(database, authority, { ...changes, known, name, settings });
    },
  };
}

const loadedBytes = (items: readonly Item[]): number =>
  [INSPECTION_PREFIX, METRIC_PREFIX]
    .flatMap((prefix) => beginningWith(items, prefix))
    .reduce((sum, item) => sum + Buffer.byteLength(JSON.stringify(dataOf(item))), 0);

/**
 * Keeps a version of an authority's settings; earlier ones stay. Undefined where the authority is unknown;
 * {@link InspectionsChangedError} where somebody was faster.
 */
export async function saveSettings(
  database: Loading,
  authority: string,
  version: SettingsVersion,
): Promise<true | undefined> {
  const stored = await itemsOf(database, authority);
  const definitions = definitionsIn(authority, stored);
  if (!definitions) return undefined;
  const known = stored.find(({ sk }) => sk?.S === AUTHORITY_KEY);
  const name = definitions.name ?? authority;
  const { client, tables } = database;
  const item = itemOf(authorityKey(authority), settingsKey(version.version), version);
  await transact(
    client,
    [
      ...knownWrites(tables.baselines, authority, { known, name, settings: [version] }, definitions.fingerprint),
      { Put: { TableName: tables.baselines, Item: item, ConditionExpression: 'attribute_not_exists(pk)' } },
      { Put: { TableName: tables.alerts, Item: dueMark(authority, AT_ONCE) } },
    ],
    () => new InspectionsChangedError(),
  );
  return true;
}

interface Changes {
  /** The item by which the authority is known, as it was read. */
  readonly known: Item | undefined;
  /** As what was loaded has it. */
  readonly name: string;
  /** Oldest version first. */
  readonly settings: readonly SettingsVersion[];
  readonly put: readonly Item[];
  readonly dropped: readonly Item[];
  /** All items of the authority as they will be. */
  readonly after: readonly Item[];
}

/** As with a month: the mark that makes the schedule look even if the stream's event is lost. */
async function saveChanges(
  { client, tables }: Loading,
  authority: string,
  { put, dropped, after, ...changes }: Changes,
): Promise<void> {
  const TableName = tables.baselines;
  await transact(
    client,
    [
      ...knownWrites(TableName, authority, changes, fingerprintOf(after)),
      ...put.map((item) => ({ Put: { TableName, Item: item } })),
      ...dropped.map(({ pk, sk }) => ({ Delete: { TableName, Key: { pk, sk } as Item } })),
      { Put: { TableName: tables.alerts, Item: dueMark(authority, AT_ONCE) } },
    ],
    (failed) =>
      changes.known || !failed.includes(LISTED_AT) ? new InspectionsChangedError() : new PutBackError(authority),
  );
}

/** By what an authority is known, and how it is listed; written only while neither what is loaded nor its settings changed since it was read. */
function knownWrites(
  TableName: string,
  id: string,
  { known, name, settings }: Pick<Changes, 'known' | 'name' | 'settings'>,
  fingerprint: string,
): TransactWriteItem[] {
  const newest = settings.at(-1);
  const { closed } = settingsIn(settings);
  const held: Item = newest
    ? { settings: { N: String(newest.version) }, ...(closed && { closed: { BOOL: true } }) }
    : { ...(known?.settings && { settings: known.settings }), ...(known?.closed && { closed: known.closed }) };
  const item = itemOf(authorityKey(id), AUTHORITY_KEY, { id, name }, { fingerprint: { S: fingerprint }, ...held });
  return [
    { Put: { TableName, Item: item, ...unchangedSince(known) } },
    { Put: { TableName, Item: listedItem(id, name, settings), ...(known ? {} : NOT_PUT_BACK) } },
  ];
}

/** Where {@link knownWrites} lists the authority. */
const LISTED_AT = 1;
/** `replaceWholeRecord` marks the listing of an authority that it has made unknown: it is not known again by half a record. */
const NOT_PUT_BACK = { ConditionExpression: `attribute_not_exists(${PUT_BACK_SINCE})` };

function unchangedSince(known: Item | undefined) {
  if (!known) return { ConditionExpression: 'attribute_not_exists(pk)' };
  const read = { ':read': known.fingerprint ?? { S: '' } };
  return known.settings
    ? {
        ConditionExpression: 'fingerprint = :read AND settings = :settings',
        ExpressionAttributeValues: { ...read, ':settings': known.settings },
      }
    : {
        ConditionExpression: 'fingerprint = :read AND attribute_not_exists(settings)',
        ExpressionAttributeValues: read,
      };
}
