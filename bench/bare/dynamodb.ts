import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';

/** The floor: the SDK loaded and called by a handler that does nothing else. */
const client = new DynamoDBClient({});
export const handler = () =>
  client.send(
    new GetItemCommand({ TableName: process.env.ACCESS_TABLE, Key: { pk: { S: 'TOKEN#none' } }, ConsistentRead: true }),
  );
