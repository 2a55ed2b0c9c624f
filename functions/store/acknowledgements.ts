import { type Acknowledgement, AcknowledgementSchema } from '../domain/board.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import { type Database, type Item, itemOf, transact, tryItems } from './database.ts';
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
