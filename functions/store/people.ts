import { ConditionalCheckFailedException, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type Person, PersonSchema } from '../domain/person.ts';
import { ChangedMeanwhileError, type Database, dataOf } from './database.ts';
import { personKey } from './keys.ts';

type Access = Database<'access'>;

/** Somebody else changed the person since it was read. */
export class PersonChangedError extends ChangedMeanwhileError {
  override readonly name = 'PersonChangedError';
  constructor() {
    super('somebody else changed this address meanwhile; try again');
  }
}

export async function readPerson({ client, tables }: Access, id: string): Promise<Person | undefined> {
  const Key = { pk: { S: personKey(id) } };
  const { Item } = await client.send(new GetItemCommand({ TableName: tables.access, Key, ConsistentRead: true }));
  return Item && PersonSchema.parse(dataOf(Item));
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
