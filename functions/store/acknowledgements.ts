import { type Acknowledgement, AcknowledgementSchema } from '../domain/board.ts';
import { type Database, dataOf, type Item, itemOf, transact } from './database.ts';
import { dueMark } from './due-marks.ts';
import { ACK_PREFIX, ackKey, authorityKey } from './keys.ts';

/** The acknowledgements among an authority's items. */
export function acknowledgementsIn(items: readonly Item[]): Acknowledgement[] {
  return items
    .filter(({ sk }) => sk?.S?.startsWith(ACK_PREFIX))
    .map((item) => AcknowledgementSchema.parse(dataOf(item)));
}

/** Keeps who has an alert in hand, and has the board looked at again. */
export async function saveAcknowledgement(
  { client, tables }: Database<'alerts'>,
  authority: string,
  acknowledgement: Acknowledgement,
  now: Date,
): Promise<void> {
  const item = itemOf(authorityKey(authority), ackKey(acknowledgement.alert), acknowledgement);
  await transact(client, [
    { Put: { TableName: tables.alerts, Item: item } },
    { Put: { TableName: tables.alerts, Item: dueMark(authority, now) } },
  ]);
}
