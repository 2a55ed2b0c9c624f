import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { type OwnNames, OwnNamesSchema } from '../domain/own-name.ts';
import { ChangedMeanwhileError, type Database, dataOf, itemOf, transact } from './database.ts';
import { authorityKey, OWN_NAMES_KEY } from './keys.ts';

type Submissions = Database<'submissions'>;

/** Somebody else changed the names since they were read. */
export class OwnNamesChangedError extends ChangedMeanwhileError {
  override readonly name = 'OwnNamesChangedError';
  constructor() {
    super('somebody else changed the names meanwhile; read them again');
  }
}

/** The names that an authority's own files have for metrics; none where none were ever remembered. */
export async function readOwnNames({ client, tables }: Submissions, authority: string): Promise<OwnNames> {
  const { Item } = await client.send(
    new GetItemCommand({
      TableName: tables.submissions,
      Key: { pk: { S: authorityKey(authority) }, sk: { S: OWN_NAMES_KEY } },
      ConsistentRead: true,
    }),
  );
  return Item ? OwnNamesSchema.parse(dataOf(Item)) : { version: 0, names: [] };
}

/** Keeps the names, whose `version` is one above the one that was read. Throws {@link OwnNamesChangedError}. */
export async function saveOwnNames({ client, tables }: Submissions, authority: string, names: OwnNames): Promise<void> {
  const version = { version: { N: String(names.version) } };
  await transact(
    client,
    [
      {
        Put: {
          TableName: tables.submissions,
          Item: itemOf(authorityKey(authority), OWN_NAMES_KEY, names, version),
          ...(names.version === 1
            ? { ConditionExpression: 'attribute_not_exists(pk)' }
            : {
                ConditionExpression: 'version = :before',
                ExpressionAttributeValues: { ':before': { N: String(names.version - 1) } },
              }),
        },
      },
    ],
    () => new OwnNamesChangedError(),
  );
}
