import { GetItemCommand, type TransactWriteItem, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type Notice, NoticeSchema, type StoredNotice } from '../domain/notice-contents.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import {
  between,
  type Database,
  type Item,
  itemOf,
  queryAll,
  queryUpTo,
  readItem,
  scanWaiting,
  tryItems,
  waitingUntil,
  whereItHolds,
} from './database.ts';
import {
  authorityKey,
  authorityOf,
  FORMER_UNSENT,
  MAX_NOTICE,
  NOTICE_PREFIX,
  noticeKey,
  noticeNumberOf,
  unsentKey,
} from './keys.ts';

type Alerts = Database<'alerts'>;

/** Which notice: the stream and the index of unsent ones carry only this. */
export interface NoticeReference {
  readonly authority: string;
  readonly number: number;
}

/** The notice with these keys. */
export function noticeReference({ pk, sk }: { readonly pk: string; readonly sk: string }): NoticeReference {
  return { authority: authorityOf(pk), number: noticeNumberOf(sk) };
}

const keyOf = ({ authority, number }: NoticeReference): Item => ({
  pk: { S: authorityKey(authority) },
  sk: { S: noticeKey(number) },
});

/** The write of a notice of its own number, which waits to be sent. */
export function noticeWrite(table: string, notice: Notice): TransactWriteItem {
  const waiting = { unsent: { S: unsentKey(notice.authority) }, createdAt: { S: notice.createdAt } };
  return {
    Put: {
      TableName: table,
      Item: itemOf(authorityKey(notice.authority), noticeKey(notice.number), notice, waiting),
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  };
}

/** The highest number of a notice among an authority's items; 0 where there is none. */
export function lastNoticeIn(items: readonly Item[]): number {
  const numbers = items.flatMap(({ sk }) => (sk?.S?.startsWith(NOTICE_PREFIX) ? [noticeNumberOf(sk.S)] : []));
  return Math.max(0, ...numbers);
}

/** The notices among an authority's items that were mailed, as far as they can be read; oldest first. */
export function mailedIn(items: readonly Item[]): Notice[] {
  const mailed = items.filter(({ sk, unsent }) => sk?.S?.startsWith(NOTICE_PREFIX) && !unsent);
  return tryItems('alerts', mailed, (data) => NoticeSchema.parse(data)).read;
}

/** A notice that waits to be sent, since `createdAt` (ISO instant). */
export interface UnsentNotice extends NoticeReference {
  readonly createdAt: string;
  /** Whether it still is where an earlier version put it: see {@link moveUnsent}. */
  readonly isFormer: boolean;
}

/** Notices created no later than `before` and not marked sent, oldest first. */
export async function listUnsent({ client, tables }: Alerts, before: Date): Promise<UnsentNotice[]> {
  const items = await scanWaiting(client, tables.alerts, 'unsent', before);
  return items.map(({ pk, sk, createdAt, unsent }) => ({
    ...noticeReference({ pk: pk?.S ?? '', sk: sk?.S ?? '' }),
    createdAt: createdAt?.S ?? '',
    isFormer: unsent?.S === FORMER_UNSENT,
  }));
}

/** Moves a notice to where those of its authority are looked for, unless it was sent or moved meanwhile. */
export async function moveUnsent({ client, tables }: Alerts, reference: NoticeReference): Promise<void> {
  await whereItHolds(() =>
    client.send(
      new UpdateItemCommand({
        TableName: tables.alerts,
        Key: keyOf(reference),
        UpdateExpression: 'SET unsent = :unsent',
        ConditionExpression: 'unsent = :former',
        ExpressionAttributeValues: {
          ':unsent': { S: unsentKey(reference.authority) },
          ':former': { S: FORMER_UNSENT },
        },
      }),
    ),
  );
}

/** How many notices of an authority, created no later than `before`, are not marked sent. */
export async function countUnsent({ client, tables }: Alerts, authority: string, before: Date): Promise<number> {
  return (await queryAll(client, waitingUntil(tables.alerts, 'unsent', unsentKey(authority), before))).length;
}

/** A notice that is not marked sent yet; undefined where it is. */
export async function readUnsent({ client, tables }: Alerts, reference: NoticeReference): Promise<Notice | undefined> {
  const { Item } = await client.send(
    new GetItemCommand({ TableName: tables.alerts, Key: keyOf(reference), ConsistentRead: true }),
  );
  return Item?.unsent ? readItem('alerts', Item, (data) => NoticeSchema.parse(data)) : undefined;
}

/** A notice that is not marked sent yet, and whether the one before it is not either; undefined where the notice is. */
export async function readUnsentInTurn(
  { client, tables }: Alerts,
  { authority, number }: NoticeReference,
): Promise<{ notice: Notice; isNext: boolean } | undefined> {
  const items = await queryAll(client, {
    ...between(tables.alerts, authorityKey(authority), noticeKey(Math.max(0, number - 1)), noticeKey(number)),
    ConsistentRead: true,
  });
  const item = items.find(({ sk }) => sk?.S === noticeKey(number));
  if (!item?.unsent) return undefined;
  const notice = readItem('alerts', item, (data) => NoticeSchema.parse(data));
  return { notice, isNext: items.every((each) => each === item || !each.unsent) };
}

/**
 * Takes a notice to be sent by nobody else until `until`; false where it is sent, or somebody else has it. Whoever is killed with
 * it lets it go by `until` alone.
 */
export async function claimNotice(
  { client, tables }: Alerts,
  reference: NoticeReference,
  now: Date,
  until: Date,
): Promise<boolean> {
  return whereItHolds(() =>
    client.send(
      new UpdateItemCommand({
        TableName: tables.alerts,
        Key: keyOf(reference),
        UpdateExpression: 'SET sendingUntil = :until',
        ConditionExpression:
          'attribute_exists(unsent) AND (attribute_not_exists(sendingUntil) OR sendingUntil <= :now)',
        ExpressionAttributeValues: { ':until': { S: until.toISOString() }, ':now': { S: now.toISOString() } },
      }),
    ),
  );
}

/** Lets go of a notice that could not be sent, so that whoever comes next need not wait. */
export async function releaseNotice(
  { client, tables }: Alerts,
  reference: NoticeReference,
  until: Date,
): Promise<void> {
  await whereItHolds(() =>
    client.send(
      new UpdateItemCommand({
        TableName: tables.alerts,
        Key: keyOf(reference),
        UpdateExpression: 'REMOVE sendingUntil',
        ConditionExpression: 'sendingUntil = :until',
        ExpressionAttributeValues: { ':until': { S: until.toISOString() } },
      }),
    ),
  );
}

/** Marks a notice as sent: it leaves the index of unsent ones. Where it is gone, as an earlier state was put back meanwhile, it stays gone. */
export async function markSent({ client, tables }: Alerts, reference: NoticeReference, at: Date): Promise<void> {
  await whereItHolds(() =>
    client.send(
      new UpdateItemCommand({
        TableName: tables.alerts,
        Key: keyOf(reference),
        UpdateExpression: 'SET sentAt = :at REMOVE unsent, sendingUntil',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':at': { S: at.toISOString() } },
      }),
    ),
  );
}

/** Puts a notice back among those that wait to be sent; false where there is none with that number. */
export function markUnsent({ client, tables }: Alerts, reference: NoticeReference): Promise<boolean> {
  return whereItHolds(() =>
    client.send(
      new UpdateItemCommand({
        TableName: tables.alerts,
        Key: keyOf(reference),
        UpdateExpression: 'SET unsent = :unsent REMOVE sentAt',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':unsent': { S: unsentKey(reference.authority) } },
      }),
    ),
  );
}

/**
 * Notices of an authority, newest first: at most `limit` of those with a number below `before`. `last` is the lowest number
 * among them, whether or not that one can be read.
 */
export async function readNotices(
  { client, tables }: Alerts,
  authority: string,
  { before = MAX_NOTICE + 1, limit }: { readonly before?: number | undefined; readonly limit: number },
): Promise<{ notices: StoredNotice[]; unreadable: Unreadable[]; last: number; more: boolean }> {
  const { items, more } = await queryUpTo(
    client,
    {
      ...between(tables.alerts, authorityKey(authority), noticeKey(0), noticeKey(before - 1)),
      ScanIndexForward: false,
    },
    limit,
  );
  const { read, unreadable } = tryItems('alerts', items, (data, { sentAt }) => ({
    notice: NoticeSchema.parse(data),
    sentAt: sentAt?.S,
  }));
  return { notices: read, unreadable, last: noticeNumberOf(items.at(-1)?.sk?.S ?? ''), more };
}
