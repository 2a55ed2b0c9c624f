import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { type Progress, ProgressSchema } from '../domain/action.ts';
import { type SettingsVersion, SettingsVersionSchema } from '../domain/authority.ts';
import { type Benchmark, BenchmarkSchema } from '../domain/benchmark.ts';
import { type Acknowledgement, AcknowledgementSchema, type Board, BoardSchema } from '../domain/board.ts';
import { ReportSchema } from '../domain/loaded-inspection.ts';
import { type LocalStandard, LocalStandardSchema } from '../domain/metric.ts';
import { type Notice, NoticeSchema } from '../domain/notice-contents.ts';
import { type OwnNames, OwnNamesSchema } from '../domain/own-name.ts';
import { PeriodSchema } from '../domain/period.ts';
import { type Month, SubmissionSchema } from '../domain/submission.ts';
import { lastNoticeOf, numberedFrom } from './boards.ts';
import { type Database, dataOf, type Item, itemOf, partition, queryAll, transact } from './database.ts';
import { dueMark } from './due-marks.ts';
import { definitionsIn, listedItem } from './inspections.ts';
import {
  ACK_PREFIX,
  AUTHORITY_KEY,
  ackKey,
  authorityKey,
  BENCHMARK_PREFIX,
  BOARD_KEY,
  benchmarkKey,
  CURRENT_PREFIX,
  currentKey,
  DUE_KEY,
  FORMER,
  INSPECTION_PREFIX,
  MAX_REVISION,
  METRIC_PREFIX,
  NOTICE_PREFIX,
  noticeKey,
  noticeNumberOf,
  OWN_NAMES_KEY,
  PROGRESS_PREFIX,
  PUT_BACK_SINCE,
  RECIPIENT_PREFIX,
  REVISION_PREFIX,
  revisionKey,
  SETTINGS_PREFIX,
  STANDARD_PREFIX,
  settingsKey,
  standardKey,
} from './keys.ts';
import { versionsIn } from './versions.ts';

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
/** DynamoDB takes 100 writes and 4 MB in one transaction; an item is 400 KB at most. */
const WRITES_AT_ONCE = 25;
const BYTES_AT_ONCE = 3_000_000;

/**
 * Replaces all that there is of an authority. While this runs the authority is unknown, so that nothing is accepted for
 * it, and nothing judged by half a record; the item that makes it known is what comes back last. If it breaks off, the
 * authority stays unknown until it is run again.
 *
 * @param whileUnknown what else is to be done before anything is removed, while nobody is told anything of the authority.
 */
export async function replaceWholeRecord(
  database: Everything,
  authority: string,
  record: WholeRecord,
  now: Date,
  whileUnknown?: () => Promise<void>,
): Promise<void> {
  const { client, tables } = database;
  const pk = { S: authorityKey(authority) };
  const { settings } = versionsIn(record.baselines);
  const listed = listedItem(authority, definitionsIn(authority, record.baselines)?.name ?? authority, settings);
  await transact(client, [
    ...[AUTHORITY_KEY, FORMER.inspection].map((S) => ({
      Delete: { TableName: tables.baselines, Key: { pk, sk: { S } } },
    })),
    // Whoever loads an inspection meanwhile, as a deployment does, does not make it known before all is there.
    { Put: { TableName: tables.baselines, Item: { ...listed, [PUT_BACK_SINCE]: { S: now.toISOString() } } } },
  ]);
  await new Promise((done) => setTimeout(done, EVALUATIONS_END_MS));
  await whileUnknown?.();
  // Numbers of notices go on from the highest that was ever mailed. Before anything is removed, so that it is known however often
  // this breaks off.
  const live = await itemsOf(database, 'alerts', authority);
  const last = Math.max(lastNoticeOf(live), lastNoticeOf(record.alerts));
  // Whether a notice was mailed is as it is, and perhaps only just: those that are in both are left as they stand.
  const left = new Set(noticesInBoth(record.alerts, live));
  const alerts = withBoard(authority, record.alerts, last, now)
    .map((item) => numberedFrom(item, last))
    .filter(({ sk }) => !left.has(sk?.S));
  const board = alerts.filter(({ sk }) => sk?.S === BOARD_KEY);
  await inParts(
    database,
    board.map((item) => ({ Put: { TableName: tables.alerts, Item: item } })),
  );
  for (const table of TABLES) {
    const stored = (await itemsOf(database, table, authority)).filter(
      ({ sk }) => (board.length === 0 || sk?.S !== BOARD_KEY) && !(table === 'alerts' && left.has(sk?.S)),
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
    { Put: { TableName: tables.baselines, Item: listed } },
    { Put: { TableName: tables.alerts, Item: dueMark(authority, now) } },
  ]);
}

/** The keys of the notices that a record has and that stand as they are in it, whether or not they were mailed. */
function noticesInBoth(alerts: readonly Item[], live: readonly Item[]): (string | undefined)[] {
  const contents = new Map(live.map(({ sk, data }) => [sk?.S, data?.S]));
  const notices = alerts.filter(({ sk }) => sk?.S?.startsWith(NOTICE_PREFIX));
  return notices.filter(({ sk, data }) => contents.get(sk?.S) === data?.S).map(({ sk }) => sk?.S);
}

/** With a board that knows no more than the numbers of notices, where there is none and they have begun. */
function withBoard(authority: string, alerts: readonly Item[], lastNotice: number, now: Date): readonly Item[] {
  if (lastNotice === 0 || alerts.some(({ sk }) => sk?.S === BOARD_KEY)) return alerts;
  const evaluatedAt = now.toISOString();
  const board: Board = {
    authority,
    version: 1,
    evaluatedAt,
    lastNotice,
    judged: {},
    standards: {},
    inspection: '',
    alerts: {},
  };
  return [...alerts, itemOf(authorityKey(authority), BOARD_KEY, board, { version: { N: '1' } })];
}

async function inParts({ client }: Everything, writes: readonly TransactWriteItem[]): Promise<void> {
  let part: TransactWriteItem[] = [];
  let bytes = 0;
  for (const write of writes) {
    const size = Buffer.byteLength(JSON.stringify(write));
    if (part.length === WRITES_AT_ONCE || (part.length > 0 && bytes + size > BYTES_AT_ONCE)) {
      await transact(client, part);
      part = [];
      bytes = 0;
    }
    part.push(write);
    bytes += size;
  }
  if (part.length > 0) await transact(client, part);
}

/** One thing wrong with an item of a record: `place` is its table and its position there, from 0. */
export interface RecordFault {
  readonly place: string;
  readonly detail: string;
}

/** Clocks of two machines differ by less. */
const FUTURE_MS = 5 * 60 * 1000;

const MonthSchema = z.looseObject({
  ...SubmissionSchema.shape,
  period: PeriodSchema,
  revision: z.int().min(1).max(MAX_REVISION),
  submittedAt: z.iso.datetime(),
});

/** A kind of item: by its sort key, what its contents must be, the key that these belong under, and when they were written. */
interface Kind {
  readonly is: (sk: string) => boolean;
  readonly schema: z.ZodType;
  readonly keyOf?: (data: never) => string;
  readonly at?: (data: never) => string;
}

const beginsWith = (prefix: string) => (sk: string) => sk.startsWith(prefix);
const equals = (key: string) => (sk: string) => sk === key;
/** What an earlier version wrote, in its own form: read with care, and not checked here. */
const former = (is: Kind['is']): Kind => ({ is, schema: z.unknown() });

const KINDS: Readonly<Record<Table, readonly Kind[]>> = {
  baselines: [
    { is: equals(AUTHORITY_KEY), schema: z.looseObject({ id: z.string(), name: z.string() }) },
    { is: beginsWith(INSPECTION_PREFIX), schema: ReportSchema },
    former(beginsWith(METRIC_PREFIX)),
    {
      is: beginsWith(STANDARD_PREFIX),
      schema: LocalStandardSchema,
      keyOf: ({ metric, version }: LocalStandard) => standardKey(metric, version),
      at: ({ setAt }: LocalStandard) => setAt,
    },
    {
      is: beginsWith(BENCHMARK_PREFIX),
      schema: BenchmarkSchema,
      keyOf: ({ metric }: Benchmark) => benchmarkKey(metric),
      at: ({ loadedAt }: Benchmark) => loadedAt,
    },
    {
      is: beginsWith(SETTINGS_PREFIX),
      schema: SettingsVersionSchema,
      keyOf: ({ version }: SettingsVersion) => settingsKey(version),
      at: ({ setAt }: SettingsVersion) => setAt,
    },
    { is: beginsWith(PROGRESS_PREFIX), schema: ProgressSchema, at: ({ at }: Progress) => at },
    ...[equals(FORMER.inspection), beginsWith(FORMER.judgements), beginsWith(FORMER.actions)].map(former),
  ],
  submissions: [
    {
      is: equals(OWN_NAMES_KEY),
      schema: OwnNamesSchema,
      at: ({ names }: OwnNames) =>
        names
          .map(({ at }) => at)
          .sort()
          .at(-1) ?? '',
    },
    {
      is: beginsWith(CURRENT_PREFIX),
      schema: MonthSchema,
      keyOf: ({ period }: Month) => currentKey(period),
      at: ({ submittedAt }: Month) => submittedAt,
    },
    {
      is: beginsWith(REVISION_PREFIX),
      schema: MonthSchema,
      keyOf: ({ period, revision }: Month) => revisionKey(period, revision),
      at: ({ submittedAt }: Month) => submittedAt,
    },
  ],
  alerts: [
    { is: equals(BOARD_KEY), schema: BoardSchema, at: ({ evaluatedAt }: Board) => evaluatedAt },
    {
      is: beginsWith(ACK_PREFIX),
      schema: AcknowledgementSchema,
      keyOf: ({ alert }: Acknowledgement) => ackKey(alert),
      at: ({ at }: Acknowledgement) => at,
    },
    {
      is: beginsWith(NOTICE_PREFIX),
      schema: NoticeSchema,
      keyOf: ({ number }: Notice) => noticeKey(number),
      at: ({ createdAt }: Notice) => createdAt,
    },
    // Written anew where a record is put back.
    former(equals(DUE_KEY)),
    former(beginsWith(RECIPIENT_PREFIX)),
  ],
};

/**
 * What is wrong with a record that is to be put back: an item that is none of this authority's, of no known kind or larger than can be
 * stored, contents that do not belong under their key or come from the future, revisions that contradict each other, notices that the
 * board does not know.
 */
export function faultsOfRecord(authority: string, record: WholeRecord, now: Date): RecordFault[] {
  const faults: RecordFault[] = [];
  for (const table of TABLES) {
    const seen = new Set<string>();
    for (const [index, item] of record[table].entries()) {
      const sk = item.sk?.S ?? '';
      const details = seen.has(sk) ? ['is there twice'] : faultsOfItem(authority, table, item, now);
      faults.push(
        ...details.map((detail) => ({ place: `${table}/${index}`, detail: `${sk.slice(0, 100)} ${detail}` })),
      );
      seen.add(sk);
    }
  }
  // Whether they agree can only be told of items that can be read.
  return faults.length > 0 ? faults : [...contradictionsOf(record.submissions), ...strayNoticesOf(record.alerts)];
}

/** What DynamoDB takes in one item, its names counted. */
const MAX_ITEM_BYTES = 400 * 1024;

const bytesOf = (item: Item): number =>
  Object.entries(item).reduce(
    (sum, [name, { S = '', N = '' }]) => sum + Buffer.byteLength(name) + Buffer.byteLength(S) + N.length,
    0,
  );

function faultsOfItem(authority: string, table: Table, item: Item, now: Date): string[] {
  const [pk = '', sk = ''] = [item.pk?.S, item.sk?.S];
  if (pk !== authorityKey(authority)) return [`belongs to "${pk.slice(0, 100)}" and not to ${authority}`];
  const kind = KINDS[table].find(({ is }) => is(sk));
  if (!kind) return ['is of no kind that is known'];
  if (bytesOf(item) > MAX_ITEM_BYTES) return [`is larger than the ${MAX_ITEM_BYTES / 1024} KB that can be stored`];
  let data: unknown;
  try {
    data = dataOf(item);
  } catch {
    return ['holds no JSON'];
  }
  const read = kind.schema.safeParse(data);
  if (!read.success) return read.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('/')}: ${message}`);
  const contents = read.data as never;
  const key = kind.keyOf?.(contents) ?? sk;
  const at = Date.parse(kind.at?.(contents) ?? '');
  const owner = (read.data as { authority?: unknown } | null)?.authority;
  return [
    ...(key === sk ? [] : [`holds what belongs under ${key}`]),
    ...(at > now.getTime() + FUTURE_MS ? [`is from the future, ${new Date(at).toISOString()}`] : []),
    ...(table === 'alerts' && typeof owner === 'string' && owner !== authority ? [`is about ${owner}`] : []),
    ...(['revision', 'version'] as const).flatMap((name) => {
      const [beside, inside] = [item[name]?.N, (read.data as Record<string, unknown> | null)?.[name]];
      return beside === undefined || Number(beside) === inside ? [] : [`is ${name} ${beside} and says ${inside}`];
    }),
  ];
}

/** A month as it stands is its newest revision, and none before that is missing. */
function contradictionsOf(items: readonly Item[]): RecordFault[] {
  const contents = new Map(items.map((item) => [item.sk?.S ?? '', item.data?.S ?? '']));
  const faults: RecordFault[] = [];
  for (const [index, item] of items.entries()) {
    const place = `submissions/${index}`;
    const sk = item.sk?.S ?? '';
    if (sk === OWN_NAMES_KEY) continue;
    const { period, revision } = dataOf(item) as Month;
    if (sk === currentKey(period)) {
      if (contents.get(revisionKey(period, revision)) !== item.data?.S)
        faults.push({ place, detail: `${sk} is not what its revision ${revision} says` });
      if (contents.has(revisionKey(period, revision + 1)))
        faults.push({ place, detail: `${sk} is at revision ${revision}, and there is a later one` });
      continue;
    }
    if (!contents.has(currentKey(period))) faults.push({ place, detail: `${sk} is of a month that is not there` });
    if (revision > 1 && !contents.has(revisionKey(period, revision - 1)))
      faults.push({ place, detail: `${sk} follows a revision that is missing` });
  }
  return faults;
}

/** The board counts its notices: none has a higher number, or they would be written over. Without a board they are counted anew. */
function strayNoticesOf(items: readonly Item[]): RecordFault[] {
  const board = items.find(({ sk }) => sk?.S === BOARD_KEY);
  if (!board) return [];
  const last = (dataOf(board) as Board).lastNotice;
  return items.flatMap(({ sk }, index) =>
    sk?.S?.startsWith(NOTICE_PREFIX) && noticeNumberOf(sk.S) > last
      ? [
          {
            place: `alerts/${index}`,
            detail: `${sk.S} is a notice that the board, which counts ${last}, does not know`,
          },
        ]
      : [],
  );
}
