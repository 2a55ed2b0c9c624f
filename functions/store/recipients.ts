import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { LevelSchema } from '../domain/lifecycle.ts';
import { beginning, type Database, dataOf, itemOf, queryAll } from './database.ts';
import { authorityKey, RECIPIENT_PREFIX, recipientKey } from './keys.ts';

type Alerts = Database<'alerts'>;

/**
 * Who an authority asked to be mailed. SNS itself knows who is; but it does not say of an address that has not
 * confirmed yet which authority asked for it, and this does.
 */
export const RecipientSchema = z.object({
  id: z.string(),
  address: z.string(),
  level: LevelSchema,
  requestedAt: z.iso.datetime(),
});
export type Recipient = z.infer<typeof RecipientSchema>;

export async function readRecipients({ client, tables }: Alerts, authority: string): Promise<Recipient[]> {
  const items = await queryAll(client, {
    ...beginning(tables.alerts, authorityKey(authority), RECIPIENT_PREFIX),
    ConsistentRead: true,
  });
  return items.map((item) => RecipientSchema.parse(dataOf(item)));
}

export async function saveRecipient(
  { client, tables }: Alerts,
  authority: string,
  recipient: Recipient,
): Promise<void> {
  const Item = itemOf(authorityKey(authority), recipientKey(recipient.id), recipient);
  await client.send(new PutItemCommand({ TableName: tables.alerts, Item }));
}

export async function deleteRecipient({ client, tables }: Alerts, authority: string, id: string): Promise<void> {
  const Key = { pk: { S: authorityKey(authority) }, sk: { S: recipientKey(id) } };
  await client.send(new DeleteItemCommand({ TableName: tables.alerts, Key }));
}
