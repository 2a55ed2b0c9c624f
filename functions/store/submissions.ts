import { BatchGetItemCommand, GetItemCommand, QueryCommand, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { addMonths, EARLIEST_PERIOD, MAX_PERIODS } from '../domain/period.ts';
import type { Month } from '../domain/submission.ts';
import {
  beginning,
  between,
  ChangedMeanwhileError,
  type Database,
  type Item,
  itemOf,
  queryAll,
  queryUpTo,
  transact,
  tryItem,
} from './database.ts';
import { dueMark } from './due-marks.ts';
import { authorityKey, CURRENT_PREFIX, currentKey, MAX_REVISION, revisionKey } from './keys.ts';

type Submissions = Database<'submissions'>;

/** Somebody else revised the month since it was read. */
export class MonthChangedError extends ChangedMeanwhileError {
  override readonly name = 'MonthChangedError';
  readonly period: string;
  constructor(period: string) {
    super(`${period} was revised by somebody else meanwhile; read it again`);
    this.period = period;
  }
}

const NOT_KNOWN = new Date(0).toISOString();

/**
 * Written by {@link saveMonths} only, from submissions that went through their schema: here only the form is looked at. A
 * month that cannot be read is there all the same, without its figures: its key and its revision stand beside them.
 */
function monthOf(item: Item): Month {
  const tried = tryItem('submissions', item, formOfMonth);
  if ('read' in tried) return tried.read;
  const { unreadable } = tried;
  const revision = Number(item.revision?.N ?? 1);
  return { period: unreadable.of, revision, status: 'final', submittedAt: NOT_KNOWN, observations: {}, unreadable };
}

const MonthFormSchema = z.looseObject({
  period: z.string(),
  revision: z.int(),
  submittedAt: z.string(),
  observations: z.record(z.string(), z.record(z.string(), z.number())),
});

const formOfMonth = (data: unknown): Month => MonthFormSchema.parse(data) as unknown as Month;

/** One month as it stands, retracted or not. */
export async function readMonth(
  { client, tables }: Submissions,
  authority: string,
  period: string,
): Promise<Month | undefined> {
  const { Item } = await client.send(
    new GetItemCommand({
      TableName: tables.submissions,
      Key: { pk: { S: authorityKey(authority) }, sk: { S: currentKey(period) } },
      ConsistentRead: true,
    }),
  );
  return Item && monthOf(Item);
}

/** What does not fit the first page of a record is read in so many parts at once: with the longest commentaries and all metrics it has twenty pages. */
const PARTS = 6;

/** Every month as it stands, oldest first, read consistently. */
export async function readMonths({ client, tables }: Submissions, authority: string): Promise<Month[]> {
  const pk = authorityKey(authority);
  const { Items = [], LastEvaluatedKey: last } = await client.send(
    new QueryCommand({ ...beginning(tables.submissions, pk, CURRENT_PREFIX), ConsistentRead: true }),
  );
  if (!last) return Items.map(monthOf);
  const next = addMonths(last.sk?.S?.slice(CURRENT_PREFIX.length) ?? EARLIEST_PERIOD, 1);
  const length = Math.ceil(MAX_PERIODS / PARTS);
  const parts = await Promise.all(
    Array.from({ length: PARTS }, (_, part) => {
      const from = addMonths(next, part * length);
      const to = part === PARTS - 1 ? LAST_PERIOD : addMonths(from, length - 1);
      const query = between(tables.submissions, pk, currentKey(from), currentKey(to));
      return queryAll(client, { ...query, ConsistentRead: true });
    }),
  );
  return [...Items, ...parts.flat()].map(monthOf);
}

/** No month has a later name. */
const LAST_PERIOD = '9999-12';

/** At most `limit` months as they stand from `from` to `to`, oldest first; without a limit all of them. Read consistently. */
export async function readMonthsBetween(
  { client, tables }: Submissions,
  authority: string,
  { from, to, limit = MAX_PERIODS }: { readonly from: string; readonly to: string; readonly limit?: number },
): Promise<{ months: Month[]; more: boolean }> {
  const { items, more } = await queryUpTo(
    client,
    {
      ...between(tables.submissions, authorityKey(authority), currentKey(from), currentKey(to)),
      ConsistentRead: true,
    },
    limit,
  );
  return { months: items.map(monthOf), more };
}

/** Revisions of a month, oldest first: at most `limit` of those above `after`. */
export async function readRevisions(
  { client, tables }: Submissions,
  authority: string,
  period: string,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<{ revisions: Month[]; more: boolean }> {
  const { items, more } = await queryUpTo(client, revisions(tables.submissions, authority, period, after), limit);
  return { revisions: items.map(monthOf), more };
}

/** The newest revisions of a month, the oldest of them first: at most `limit`. */
export async function readNewestRevisions(
  { client, tables }: Submissions,
  authority: string,
  period: string,
  limit: number,
): Promise<Month[]> {
  const newestFirst = { ...revisions(tables.submissions, authority, period, 0), ScanIndexForward: false };
  return (await queryUpTo(client, newestFirst, limit)).items.map(monthOf).reverse();
}

/** A query for the revisions of a month above `after`, read consistently. */
function revisions(table: string, authority: string, period: string, after: number) {
  const [first, last] = [revisionKey(period, after + 1), revisionKey(period, MAX_REVISION)];
  return { ...between(table, authorityKey(authority), first, last), ConsistentRead: true };
}

/** The most keys that one batch read takes. */
const MAX_KEYS = 100;

/** Given revisions of given months, in no order. */
export async function readSuperseded(
  { client, tables }: Submissions,
  authority: string,
  revisions: readonly (readonly [period: string, revision: number])[],
): Promise<Month[]> {
  const months: Month[] = [];
  let keys: Item[] = revisions.map(([period, revision]) => ({
    pk: { S: authorityKey(authority) },
    sk: { S: revisionKey(period, revision) },
  }));
  while (keys.length > 0) {
    const answer = await client.send(
      new BatchGetItemCommand({ RequestItems: { [tables.submissions]: { Keys: keys.slice(0, MAX_KEYS) } } }),
    );
    months.push(...(answer.Responses?.[tables.submissions] ?? []).map(monthOf));
    keys = [...(answer.UnprocessedKeys?.[tables.submissions]?.Keys ?? []), ...keys.slice(MAX_KEYS)];
  }
  return months;
}

/**
 * Accepts months in one transaction: each as a new revision and as the current figures, and the mark that makes the
 * schedule look at the authority even if the stream's event is lost. A month's `revision` is one above the one it
 * replaces; if that is no longer the newest, nothing is written and {@link MonthChangedError} names the month.
 */
export async function saveMonths(
  { client, tables }: Database<'submissions' | 'alerts'>,
  authority: string,
  months: readonly Month[],
  now: Date,
): Promise<void> {
  const pk = authorityKey(authority);
  const writes: TransactWriteItem[] = months.flatMap((month) => {
    const revision = { revision: { N: String(month.revision) } };
    const expected =
      month.revision === 1
        ? { ConditionExpression: 'attribute_not_exists(pk)' }
        : {
            ConditionExpression: 'revision = :expected',
            ExpressionAttributeValues: { ':expected': { N: String(month.revision - 1) } },
          };
    return [
      {
        Put: {
          TableName: tables.submissions,
          Item: itemOf(pk, currentKey(month.period), month, revision),
          ...expected,
        },
      },
      {
        Put: {
          TableName: tables.submissions,
          Item: itemOf(pk, revisionKey(month.period, month.revision), month, revision),
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      },
    ];
  });
  await transact(
    client,
    [...writes, { Put: { TableName: tables.alerts, Item: dueMark(authority, now) } }],
    ([first = 0]) => new MonthChangedError(months[Math.floor(first / 2)]?.period ?? ''),
  );
}
