import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  PutItemCommand,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { between, type Database, type Item, queryAll, scanWaiting } from './database.ts';
import { authorityKey, authorityOf, DUE_KEY, dueKey } from './keys.ts';

type Alerts = Database<'alerts'>;

/** A due mark as it was read, to be moved only while it is still that one. */
export interface DueMark {
  /** Undefined where there was none. */
  readonly mark: string | undefined;
  /** When it asks for the next look; ISO instant. */
  readonly dueAt: string | undefined;
  /** Where the last look failed, and nothing has changed since that could make the next one succeed. */
  readonly setAside: SetAside | undefined;
}

/**
 * An authority that could not be judged, by a fault of its own record: judging it takes too long, or cannot read it; or one that
 * was judged `incomplete`, without an item that cannot be read. It waits for the hourly run, so that it delays nobody else.
 */
export const SetAsideSchema = z.object({ at: z.iso.datetime(), reason: z.enum(['too-long', 'failed', 'incomplete']) });
export type SetAside = z.infer<typeof SetAsideSchema>;

/**
 * The item that makes the schedule look at an authority at `at` or later. Whatever changes the record puts one for at
 * once, in its own transaction, so that an event that gets lost is noticed within the hour.
 */
export function dueMark(authority: string, at: Date, setAside?: SetAside): Item {
  const dueAt = at.toISOString();
  return {
    pk: { S: authorityKey(authority) },
    sk: { S: DUE_KEY },
    due: { S: dueKey(authority) },
    dueAt: { S: dueAt },
    mark: { S: `${dueAt} ${crypto.randomUUID()}` },
    ...(setAside ? { setAside: { S: JSON.stringify(setAside) } } : {}),
  };
}

/** Before any time: for whoever has something looked at as soon as can be and is not told what time it is. */
export const AT_ONCE = new Date(0);

/** The mark among an authority's items. */
export function dueMarkIn(items: readonly Item[]): DueMark {
  const item = items.find(({ sk }) => sk?.S === DUE_KEY);
  const setAside = item?.setAside?.S;
  return {
    mark: item?.mark?.S,
    dueAt: item?.dueAt?.S,
    setAside: setAside === undefined ? undefined : SetAsideSchema.parse(JSON.parse(setAside)),
  };
}

/** The write that sets the mark to `nextDueAt`, or takes it away, while it is the one that was read. */
export function moveDueMark(
  table: string,
  authority: string,
  { mark }: Pick<DueMark, 'mark'>,
  nextDueAt: Date | undefined,
  setAside?: SetAside,
): Pick<TransactWriteItem, 'Put' | 'Delete'> {
  const unmoved = mark
    ? { ConditionExpression: 'mark = :mark', ExpressionAttributeValues: { ':mark': { S: mark } } }
    : { ConditionExpression: 'attribute_not_exists(mark)' };
  if (nextDueAt) return { Put: { TableName: table, Item: dueMark(authority, nextDueAt, setAside), ...unmoved } };
  return { Delete: { TableName: table, Key: { pk: { S: authorityKey(authority) }, sk: { S: DUE_KEY } }, ...unmoved } };
}

/** Moves the mark where the board itself still holds. If somebody moved it meanwhile, theirs stays. */
export async function saveDueMark(
  { client, tables }: Alerts,
  authority: string,
  read: DueMark,
  nextDueAt: Date | undefined,
): Promise<void> {
  if (nextDueAt?.toISOString() === read.dueAt && !read.setAside) return;
  await writeUnlessMoved({ client, tables }, moveDueMark(tables.alerts, authority, read, nextDueAt));
}

/** Keeps that an authority could not be judged, and when to try again. What changed it meanwhile asks for a look of its own. */
export async function saveSetAside(
  { client, tables }: Alerts,
  authority: string,
  setAside: SetAside,
  tryAgainAt: Date,
): Promise<void> {
  const items = await queryAll(client, {
    ...between(tables.alerts, authorityKey(authority), DUE_KEY, DUE_KEY),
    ConsistentRead: true,
  });
  const move = moveDueMark(tables.alerts, authority, { mark: items[0]?.mark?.S }, tryAgainAt, setAside);
  await writeUnlessMoved({ client, tables }, move);
}

async function writeUnlessMoved(
  { client }: Alerts,
  { Put, Delete }: Pick<TransactWriteItem, 'Put' | 'Delete'>,
): Promise<void> {
  try {
    if (Put) await client.send(new PutItemCommand(Put));
    else if (Delete) await client.send(new DeleteItemCommand(Delete));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** The authorities whose mark is due by `now`, those first that have been for longest. */
export async function listDue({ client, tables }: Alerts, now: Date): Promise<string[]> {
  const items = await scanWaiting(client, tables.alerts, 'due', now);
  return items.map((item) => authorityOf(item.pk?.S ?? ''));
}
