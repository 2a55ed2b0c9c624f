import { type Acknowledgement, AcknowledgementSchema } from '../domain/board.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import { ChangedMeanwhileError, type Database, type Item, itemOf, transact, tryItems } from './database.ts';
import { dueMark } from './due-marks.ts';
import { ACK_PREFIX, ackKey, authorityKey } from './keys.ts';

/** The acknowledgements among an authority's items, and what of them cannot be read. */
export function acknowledgementsIn(items: readonly Item[]): {
  acknowledgements: Acknowledgement[];
  unreadable: Unreadable[];
} {
  const own = items.filter(({ sk }) => sk?.S?.startsWith(ACK_PREFIX));
  const { read, unreadable } = tryItems('alerts', own, (data) => AcknowledgementSchema.parse(data));
  return { acknowledgements: read, unreadable };
}

/** Somebody else took the alert in hand since it was read. */
export class AcknowledgementChangedError extends ChangedMeanwhileError {
  override readonly name = 'AcknowledgementChangedError';
  constructor() {
    super('somebody else took this alert in hand meanwhile; read it again');
  }
}

/**
 * Keeps who has an alert in hand in the place of what was read, and has the board looked at again.
 * {@link AcknowledgementChangedError}
 */
export async function saveAcknowledgement(
  { client, tables }: Database<'alerts'>,
  authority: string,
  read: Acknowledgement | undefined,
  acknowledgement: Acknowledgement,
  now: Date,
): Promise<void> {
  const item = itemOf(authorityKey(authority), ackKey(acknowledgement.alert), acknowledgement, {
    givenAt: { S: acknowledgement.at },
  });
  // What was stored before December 2026 does not say when beside its contents.
  const unchanged = read
    ? {
        ConditionExpression: 'attribute_exists(pk) AND (attribute_not_exists(givenAt) OR givenAt = :read)',
        ExpressionAttributeValues: { ':read': { S: read.at } },
      }
    : { ConditionExpression: 'attribute_not_exists(pk)' };
  await transact(
    client,
    [
      { Put: { TableName: tables.alerts, Item: item, ...unchanged } },
      { Put: { TableName: tables.alerts, Item: dueMark(authority, now) } },
    ],
    () => new AcknowledgementChangedError(),
  );
}
