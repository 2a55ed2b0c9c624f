import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { type OwnName, OwnNameSchema, type OwnNames, StoredOwnNamesSchema } from '../domain/own-name.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import { ChangedMeanwhileError, type Database, type Item, itemOf, transact, tryItem } from './database.ts';
import { authorityKey, OWN_NAMES_KEY } from './keys.ts';

type Submissions = Database<'submissions'>;

/** Somebody else changed the names since they were read. */
export class OwnNamesChangedError extends ChangedMeanwhileError {
  override readonly name = 'OwnNamesChangedError';
  constructor() {
    super('somebody else changed the names meanwhile; read them again');
  }
}

/** Own names as they were read: what cannot be is named, and kept as it is beside the others. */
export interface ReadOwnNames extends OwnNames {
  readonly unreadable: readonly Unreadable[];
  readonly kept: readonly unknown[];
}

/** The names that an authority's own files have for metrics; none where none were ever remembered. */
export async function readOwnNames({ client, tables }: Submissions, authority: string): Promise<ReadOwnNames> {
  const { Item } = await client.send(
    new GetItemCommand({
      TableName: tables.submissions,
      Key: { pk: { S: authorityKey(authority) }, sk: { S: OWN_NAMES_KEY } },
      ConsistentRead: true,
    }),
  );
  return Item ? ownNamesOf(Item) : { version: 0, names: [], unreadable: [], kept: [] };
}

function ownNamesOf(item: Item): ReadOwnNames {
  const tried = tryItem('submissions', item, (data) => StoredOwnNamesSchema.parse(data));
  // Nothing of it can be told apart: what is remembered next takes its place.
  if ('unreadable' in tried)
    return { version: Number(item.version?.N), names: [], unreadable: [tried.unreadable], kept: [] };
  const names: OwnName[] = [];
  const unreadable: Unreadable[] = [];
  const kept: unknown[] = [];
  for (const [index, stored] of tried.read.names.entries()) {
    const { data, error } = OwnNameSchema.safeParse(stored);
    if (data) names.push(data);
    else {
      const [issue] = error.issues;
      const why = `names/${index}/${issue?.path.join('/')}: ${issue?.message}`.slice(0, 200);
      unreadable.push({ table: 'submissions', key: OWN_NAMES_KEY, kind: 'name', of: nameOf(stored, index), why });
      kept.push(stored);
    }
  }
  return { version: tried.read.version, names, unreadable, kept };
}

/** What is still to be made out of a name that cannot be read. */
function nameOf(stored: unknown, index: number): string {
  const name = typeof stored === 'object' && stored !== null && 'name' in stored ? stored.name : undefined;
  return typeof name === 'string' && name !== '' ? name.slice(0, 100) : `name ${index + 1}`;
}

/**
 * Keeps the names, whose `version` is one above the one that was read, with what could not be read as it was. Throws
 * {@link OwnNamesChangedError}.
 */
export async function saveOwnNames(
  { client, tables }: Submissions,
  authority: string,
  { version: number, names: readable }: OwnNames,
  kept: readonly unknown[],
): Promise<void> {
  const names = { version: number, names: [...readable, ...kept] };
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
