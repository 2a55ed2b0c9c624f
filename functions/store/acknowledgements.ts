import { type Acknowledgement, AcknowledgementSchema } from '../domain/board.ts';
import { ChangedMeanwhileError, type Database, dataOf, type Item, itemOf, transact } from './database.ts';
import { dueMark } from './due-marks.ts';
import { ACK_PREFIX, ackKey, authorityKey } from './keys.ts';

/** The acknowledgements among an authority's items. */
export function acknowledgementsIn(items: readonly Item[]): Acknowledgement[] {
  return items
    .filter(({ sk }) => sk?.S?.startsWith(ACK_PREFIX))
    .map((item) => AcknowledgementSchema.parse(dataOf(item)));
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
