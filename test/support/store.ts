import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Store } from '../../bench/store.ts';
import type { Log } from '../../functions/services/log.ts';
import type { Database } from '../../functions/store/database.ts';
import type { TableName } from '../../functions/store/keys.ts';

export { INSPECTION, type Store, startStore } from '../../bench/store.ts';

/** A log that keeps what it is told. */
export function keepingLog(): Log & { readonly lines: { message: string; fields: Record<string, unknown> }[] } {
  const lines: { message: string; fields: Record<string, unknown> }[] = [];
  const keep = (message: string, fields: Record<string, unknown>): void => void lines.push({ message, fields });
  return { lines, info: keep, warn: keep };
}

/** The store with a word to say before each call, by its name: to count it, to fail it, or to be faster than it. */
export function intercepted(store: Store, before: (command: string) => Promise<void> | void): Database<TableName> {
  const client = Object.create(store.client) as DynamoDBClient;
  client.send = (async (command: { constructor: { name: string } }) => {
    await before(command.constructor.name.replace(/Command$/, ''));
    return store.client.send(command as never);
  }) as unknown as DynamoDBClient['send'];
  return { client, tables: store.tables };
}
