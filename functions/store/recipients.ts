import { ConditionalCheckFailedException, DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { LevelSchema } from '../domain/lifecycle.ts';
import { type Recipient, RecipientSchema } from '../domain/recipient.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import {
  beginning,
  ChangedMeanwhileError,
  type Database,
  type Item,
  itemOf,
  partition,
  queryAll,
  readItem,
  tryItem,
  tryItems,
} from './database.ts';
import { authorityKey, RECIPIENT_PREFIX, RECIPIENTS_KEY, recipientKey } from './keys.ts';

type Alerts = Database<'alerts'>;

/**
 * Who was asked to be mailed, and of which authorities: one item an address, as SNS keeps one subscription an address.
 * SNS knows who has confirmed; this is what the filters of the subscriptions are made from.
 */

/** Somebody else changed the recipient since it was read. */
export class RecipientChangedError extends ChangedMeanwhileError {
  override readonly name = 'RecipientChangedError';
  constructor() {
    super('somebody else changed this recipient meanwhile; try again');
  }
}

const parse = (data: unknown): Recipient => RecipientSchema.parse(data);

/** Everybody who can be read, and what cannot be: those SNS alone knows. */
export async function readRecipients({
  client,
  tables,
}: Alerts): Promise<{ recipients: Recipient[]; unreadable: Unreadable[] }> {
  const items = await queryAll(client, { ...partition(tables.alerts, RECIPIENTS_KEY), ConsistentRead: true });
  const { read, unreadable } = tryItems('alerts', items, parse);
  return { recipients: read, unreadable };
}

async function itemOfRecipient({ client, tables }: Alerts, id: string): Promise<Item | undefined> {
  const query = { ...beginning(tables.alerts, RECIPIENTS_KEY, recipientKey(id)), ConsistentRead: true };
  return (await queryAll(client, query))[0];
}

/** Throws `UnreadableItemError` where it is stored and cannot be read. */
export async function readRecipient(database: Alerts, id: string): Promise<Recipient | undefined> {
  const item = await itemOfRecipient(database, id);
  return item && readItem('alerts', item, parse);
}

/** What a write has to know of what is stored. */
export type Versioned = Pick<Recipient, 'id' | 'version'>;

/** A recipient as it is stored: of one that cannot be read, as much as it takes to write another in its place. */
export async function readRecipientAsStored(
  database: Alerts,
  id: string,
): Promise<{ read: Recipient | undefined; stored: Versioned | undefined }> {
  const item = await itemOfRecipient(database, id);
  if (!item) return { read: undefined, stored: undefined };
  const tried = tryItem('alerts', item, parse);
  if ('read' in tried) return { read: tried.read, stored: tried.read };
  return { read: undefined, stored: { id, version: Number(item.version?.N) } };
}

/** Writes a recipient over the version that was read, or where there was none. {@link RecipientChangedError} */
export async function saveRecipient(
  { client, tables }: Alerts,
  read: Versioned | undefined,
  recipient: Omit<Recipient, 'version'>,
): Promise<Recipient> {
  const saved = { ...recipient, version: (read?.version ?? 0) + 1 };
  const Item = itemOf(RECIPIENTS_KEY, recipientKey(saved.id), saved, { version: { N: String(saved.version) } });
  await whileUnchanged(() => client.send(new PutItemCommand({ TableName: tables.alerts, Item, ...unchanged(read) })));
  return saved;
}

/** Removes a recipient that is still as it was read. {@link RecipientChangedError} */
export async function deleteRecipient({ client, tables }: Alerts, read: Versioned): Promise<void> {
  const Key = { pk: { S: RECIPIENTS_KEY }, sk: { S: recipientKey(read.id) } };
  await whileUnchanged(() => client.send(new DeleteItemCommand({ TableName: tables.alerts, Key, ...unchanged(read) })));
}

const unchanged = (read: Versioned | undefined) =>
  read
    ? { ConditionExpression: 'version = :read', ExpressionAttributeValues: { ':read': { N: String(read.version) } } }
    : { ConditionExpression: 'attribute_not_exists(pk)' };

async function whileUnchanged(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) throw new RecipientChangedError();
    throw error;
  }
}

const FormerSchema = z.object({
  id: z.string(),
  address: z.string(),
  level: LevelSchema,
  requestedAt: z.iso.datetime(),
});
/** A request as it was kept before an address could hear of several authorities. */
export type FormerRecipient = z.infer<typeof FormerSchema>;

export async function readFormerRecipients({ client, tables }: Alerts, authority: string): Promise<FormerRecipient[]> {
  const query = { ...beginning(tables.alerts, authorityKey(authority), RECIPIENT_PREFIX), ConsistentRead: true };
  // One that cannot be read stays where it is: what a mapping that is asked for again would say anew.
  return tryItems('alerts', await queryAll(client, query), (data) => FormerSchema.parse(data)).read;
}

export async function deleteFormerRecipient({ client, tables }: Alerts, authority: string, id: string): Promise<void> {
  const Key = { pk: { S: authorityKey(authority) }, sk: { S: recipientKey(id) } };
  await client.send(new DeleteItemCommand({ TableName: tables.alerts, Key }));
}
