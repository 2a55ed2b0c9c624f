import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { authorityKey, metricKey, standardKey } from '../../functions/store/keys.ts';
import { readWholeRecord } from '../../functions/store/recovery.ts';
import { databaseOf } from '../../local/launch.ts';
import { AUTHORITY, type Service, startService } from '../support/service.ts';

/** Loading an inspection again, as a deployment does whose seed changed. */

let service: Service;
let cloudFormation: Server;
const answers: { Status: string }[] = [];
beforeAll(async () => {
  service = await startService();
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

const load = () =>
  service.invoke(Object.keys(service.resources.functions).find((id) => id.startsWith('SeedFunction')) ?? '', {
    RequestType: 'Update',
    ResponseURL: `http://127.0.0.1:${(cloudFormation.address() as AddressInfo).port}/`,
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Loading',
  });
const keys = async () =>
  (await readWholeRecord(databaseOf(service), AUTHORITY)).baselines.map(({ sk }) => sk?.S ?? '').sort();

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
  expect(answers).toMatchObject([{ Status: 'SUCCESS' }]);
  expect(await keys()).toEqual([...before, standardKey('initial-assessments-on-time', 1)].sort());
});
