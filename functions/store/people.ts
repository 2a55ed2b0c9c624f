import { ConditionalCheckFailedException, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { newPerson, type Person, PersonSchema } from '../domain/person.ts';
import { ChangedMeanwhileError, type Database, type Item, readItem, tryItem } from './database.ts';
import { personKey } from './keys.ts';

type Access = Database<'access'>;

/** Somebody else changed the person since it was read. */
export class PersonChangedError extends ChangedMeanwhileError {
  override readonly name = 'PersonChangedError';
  constructor() {
    super('somebody else changed this address meanwhile; try again');
  }
}

const parse = (data: unknown): Person => PersonSchema.parse(data);

async function itemOfPerson({ client, tables }: Access, id: string): Promise<Item | undefined> {
  const Key = { pk: { S: personKey(id) } };
  const { Item } = await client.send(new GetItemCommand({ TableName: tables.access, Key, ConsistentRead: true }));
  return Item;
}

/** Throws `UnreadableItemError` where the person is stored and cannot be read. */
export async function readPerson(database: Access, id: string): Promise<Person | undefined> {
  const item = await itemOfPerson(database, id);
  return item && readItem('access', item, parse);
}

/** A person to be changed; somebody new, who may look, where there is none yet or what there is cannot be read. */
export async function readPersonOrNew(database: Access, id: string, now: Date): Promise<Person> {
  const item = await itemOfPerson(database, id);
  if (!item) return newPerson(id, now);
  const tried = tryItem('access', item, parse);
  return 'read' in tried ? tried.read : { ...newPerson(id, now), version: Number(item.version?.N) };
}

/** Writes a person over the version that they were read at; version 0 is nobody yet. {@link PersonChangedError} */
export async function savePerson({ client, tables }: Access, person: Person): Promise<void> {
  const saved = { ...person, version: person.version + 1 };
  try {
    await client.send(
      new PutItemCommand({
        TableName: tables.access,
        Item: {
          pk: { S: personKey(person.id) },
          data: { S: JSON.stringify(saved) },
          version: { N: String(saved.version) },
        },
        ConditionExpression: person.version === 0 ? 'attribute_not_exists(pk)' : 'version = :read',
        ...(person.version === 0 ? {} : { ExpressionAttributeValues: { ':read': { N: String(person.version) } } }),
      }),
    );
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) throw new PersonChangedError();
    throw error;
  }
}
