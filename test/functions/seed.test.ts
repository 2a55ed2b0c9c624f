import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ListSubscriptionsByTopicCommand, SNSClient, SubscribeCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOURLY_EVENT } from '../../functions/runtime/events.ts';
import { itemOf } from '../../functions/store/database.ts';
import { authorityKey, metricKey, recipientId, recipientKey, standardKey } from '../../functions/store/keys.ts';
import { readWholeRecord } from '../../functions/store/recovery.ts';
import { databaseOf } from '../../local/launch.ts';
import { AUTHORITY, type Service, startService } from '../support/service.ts';

/** Loading an inspection again, as a deployment does whose seed changed. */

let service: Service;
let cloudFormation: Server;
const answers: { Status: string }[] = [];
beforeAll(async () => {
  service = await startService({ context: { operationsEmail: 'engineer@example.org' } });
  cloudFormation = createServer(async (request, response) => {
    answers.push(JSON.parse(await text(request)));
    response.end();
  });
  await new Promise<void>((listening) => cloudFormation.listen(0, '127.0.0.1', listening));
});
afterAll(async () => {
  cloudFormation.close();
  await service.end();
});

const SEED = () => String(service.resources.outputs.SeedFunction);
const load = (ResourceProperties = {}, OldResourceProperties = {}) =>
  service.invoke(SEED(), {
    RequestType: 'Update',
    ResponseURL: `http://127.0.0.1:${(cloudFormation.address() as AddressInfo).port}/`,
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Loading',
    ResourceProperties,
    OldResourceProperties,
  });
const keys = async () =>
  (await readWholeRecord(databaseOf(service), AUTHORITY)).baselines.map(({ sk }) => sk?.S ?? '').sort();

test('moves the recipients of an earlier version to the filters of now, and asks nobody to confirm again', async () => {
  const { client, tables } = databaseOf(service);
  const sns = new SNSClient({
    endpoint: service.endpoints.sns,
    region: 'eu-west-2',
    credentials: service.credentials,
  });
  const TopicArn = Object.values(service.resources.topics).find((arn) => arn.includes('Alerts')) ?? '';
  const level = ['warning', 'critical'];
  const FilterPolicy = JSON.stringify({ authority: [AUTHORITY], level });
  // One that has confirmed, as the deployment's own has, and one that was asked and may yet.
  const asked = 'asked@example.org';
  const Endpoint = 'former@example.org';
  for (const address of [Endpoint, asked])
    await sns.send(
      new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: address, Attributes: { FilterPolicy } }),
    );
  const request = { id: recipientId(asked), address: asked, level: 'warning', requestedAt: '2011-10-14T12:00:00Z' };
  const Item = itemOf(authorityKey(AUTHORITY), recipientKey(request.id), request);
  await client.send(new PutItemCommand({ TableName: tables.alerts, Item }));
  const mails = await service.mails();
  const link = /http:\S+\/sns\/confirmation\S+/.exec(
    mails.findLast(({ to }) => to[0]?.address === Endpoint)?.text ?? '',
  );
  expect((await fetch(link?.[0] ?? '')).status).toBe(200);

  await load();
  expect(answers.at(-1)).toMatchObject({ Status: 'SUCCESS' });
  const { recipients } = await service.get('/recipients');
  expect(recipients).toMatchObject([
    { level: 'warning', state: 'confirmed' },
    { id: recipientId(Endpoint), level: 'warning', state: 'confirmed' },
    { id: request.id, level: 'warning', state: 'pending' },
  ]);
  expect((await service.mails()).length).toBe(mails.length);
});

test('removes what the file no longer has, keeps what people set, and says so to CloudFormation', async () => {
  const { client, tables } = databaseOf(service);
  const before = await keys();
  const put = (sk: string) =>
    client.send(
      new PutItemCommand({
        TableName: tables.baselines,
        Item: {
          ...{ pk: { S: authorityKey(AUTHORITY) }, sk: { S: sk }, data: { S: '{}' } },
          // As the inspection's file of last year brought it.
          from: { S: 'herefordshire-2010' },
        },
      }),
    );
  await put(metricKey('a-metric-of-last-year'));
  await put(standardKey('initial-assessments-on-time', 1));
  await load();
  expect(answers.at(-1)).toMatchObject({ Status: 'SUCCESS' });
  expect(await keys()).toEqual([...before, standardKey('initial-assessments-on-time', 1)].sort());
});

test('asks again, within the hour, an operator whose subscription is gone: the way back of the runbook', async () => {
  const sns = new SNSClient({
    endpoint: service.endpoints.sns,
    region: service.region,
    credentials: service.credentials,
  });
  const TopicArn = Object.values(service.resources.topics).find((arn) => arn.includes('Operations')) ?? '';
  const subscribed = async () =>
    (await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }))).Subscriptions ?? [];
  const [{ Endpoint, SubscriptionArn } = {}] = await subscribed();
  expect(Endpoint).toBe('engineer@example.org');
  await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
  await service.invoke(SEED(), HOURLY_EVENT);
  await service.invoke(SEED(), HOURLY_EVENT);
  expect(await subscribed()).toMatchObject([{ Endpoint, SubscriptionArn: 'PendingConfirmation' }]);
  const asked = (await service.mails()).filter(({ to }) => to[0]?.address === Endpoint);
  expect(asked).toHaveLength(1);
  expect((await fetch(/http:\S+\/sns\/confirmation\S+/.exec(asked[0]?.text ?? '')?.[0] ?? '')).status).toBe(200);
  expect(await subscribed()).toMatchObject([{ Endpoint, SubscriptionArn: expect.stringMatching(/^arn:/) }]);
});

test('an operator that the deployment names no longer is told no longer', async () => {
  const sns = new SNSClient({
    endpoint: service.endpoints.sns,
    region: service.region,
    credentials: service.credentials,
  });
  const TopicArn = Object.values(service.resources.topics).find((arn) => arn.includes('Operations')) ?? '';
  await load({ operator: 'other@example.org' }, { operator: 'engineer@example.org' });
  expect((await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }))).Subscriptions).toMatchObject([
    { Endpoint: 'other@example.org', SubscriptionArn: 'PendingConfirmation' },
  ]);
});
