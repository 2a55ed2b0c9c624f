import { DynamoDBClient, GetItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mapping, queue, type Running, run, type Resources as TemplateResources } from '../local/fixture.ts';

/** A function `Reader` with a role, as CDK writes it, and a function `Free` without one, as no template of CDK has. */
const resources: TemplateResources = {
  Items: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      StreamSpecification: { StreamViewType: 'KEYS_ONLY' },
    },
  },
  Topic: { Type: 'AWS::SNS::Topic' },
  Key: { Type: 'AWS::KMS::Key' },
  Sealed: { Type: 'AWS::SNS::Topic', Properties: { KmsMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } } },
  Queue: { Type: 'AWS::SQS::Queue' },
  Role: { Type: 'AWS::IAM::Role' },
  Policy: {
    Type: 'AWS::IAM::Policy',
    Properties: {
      Roles: [{ Ref: 'Role' }],
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: ['dynamodb:GetItem', 'dynamodb:PutItem'],
            Resource: { 'Fn::GetAtt': ['Items', 'Arn'] },
          },
          { Effect: 'Allow', Action: 'sns:Publish', Resource: { Ref: 'Sealed' } },
          { Effect: 'Allow', Action: 'kms:GenerateDataKey', Resource: { 'Fn::GetAtt': ['Key', 'Arn'] } },
        ],
      },
    },
  },
};
const functions = {
  Reader: { code: 'export const handler = () => {}', properties: { Role: { 'Fn::GetAtt': ['Role', 'Arn'] } } },
  Free: 'export const handler = () => {}',
};

let instance: Running & { remove(): Promise<void> };
beforeAll(async () => {
  instance = await run({ resources, functions }, { mail: false });
});
afterAll(() => instance.remove());

/** An SDK client's options that call in a function's name. */
const as = (functionId: string) => ({
  endpoint: instance.endpoints.dynamodb,
  region: instance.region,
  maxAttempts: 1,
  credentials: { ...instance.credentials, accessKeyId: functionId },
});
const put = (TableName: string) => ({ Put: { TableName, Item: { pk: { S: 'a' } } } });
const remove = (TableName: string) => ({ Delete: { TableName, Key: { pk: { S: 'a' } } } });
const table = 'Shop-Items';

describe('a function', () => {
  test('may do what its role allows', async () => {
    const dynamodb = new DynamoDBClient(as('Reader'));
    await dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [put(table)] }));
    const { Item } = await dynamodb.send(new GetItemCommand({ TableName: table, Key: { pk: { S: 'a' } } }));
    expect(Item).toEqual({ pk: { S: 'a' } });
  });

  test('is refused an action that its role does not name, even as one part of a transaction, and nothing is done', async () => {
    const dynamodb = new DynamoDBClient(as('Reader'));
    const TransactItems = [put(table).Put && { Put: { ...put(table).Put, Item: { pk: { S: 'b' } } } }, remove(table)];
    await expect(dynamodb.send(new TransactWriteItemsCommand({ TransactItems }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringMatching(/not authorized to perform: dynamodb:DeleteItem on resource: .*table\/Shop-Items/),
    });
    const { Item } = await dynamodb.send(new GetItemCommand({ TableName: table, Key: { pk: { S: 'b' } } }));
    expect(Item).toBeUndefined();
  });

  test('is refused the same action on another resource', async () => {
    const dynamodb = new DynamoDBClient(as('Reader'));
    await expect(
      dynamodb.send(new GetItemCommand({ TableName: 'Shop-Other', Key: { pk: { S: 'a' } } })),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test('is refused a topic and a queue that it was not given', async () => {
    const TopicArn = instance.resources.topics.Topic;
    await expect(
      new SNSClient(as('Reader')).send(new PublishCommand({ TopicArn, Message: 'hello' })),
    ).rejects.toMatchObject({ name: 'AuthorizationErrorException' });
    const QueueUrl = instance.resources.queues.Queue;
    await expect(
      new SQSClient(as('Reader')).send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' })),
    ).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test('is refused a topic that it may publish to, where it may not use the key of that topic', async () => {
    const TopicArn = instance.resources.topics.Sealed;
    await expect(
      new SNSClient(as('Reader')).send(new PublishCommand({ TopicArn, Message: 'hello' })),
    ).rejects.toMatchObject({
      name: 'KMSAccessDeniedException',
      message: expect.stringMatching(/not authorized to perform: kms:Decrypt on resource: .*:key\//),
    });
  });

  test('may not read a stream for which its role has no permission: the deployment is refused', async () => {
    const mapped = { ...resources, Dead: queue(), Mapping: mapping('Items', 'Reader') };
    await expect(run({ resources: mapped, functions }, { mail: false })).rejects.toThrow(
      /Mapping: the role of Reader does not allow dynamodb:DescribeStream on .*stream/,
    );
  });

  test('whose role names everything but the resource it needs is refused with a statement it cannot read', async () => {
    const Policy = {
      Type: 'AWS::IAM::Policy',
      Properties: {
        Roles: [{ Ref: 'Role' }],
        PolicyDocument: { Statement: [{ Effect: 'Allow', NotAction: 'dynamodb:*', Resource: '*' }] },
      },
    };
    await expect(run({ resources: { ...resources, Policy }, functions }, { mail: false })).rejects.toThrow(/Policy/);
  });
});
