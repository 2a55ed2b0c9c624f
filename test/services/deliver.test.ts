import { SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { acceptMonth } from '../../functions/services/accept.ts';
import { type Delivering, deliverNotice, listUnsent } from '../../functions/services/deliver.ts';
import { evaluateAuthority } from '../../functions/services/evaluate.ts';
import { readNotice, resendNotice } from '../../functions/services/notices.ts';
import { mails, type Running, run } from '../local/fixture.ts';
import { INSPECTION, keepingLog, type Store, startStore } from '../support/store.ts';

const authority = INSPECTION.authority;
const NOW = new Date('2011-10-05T09:00:00Z');
const NOTICE = { authority, number: 1 };

let store: Store;
let instance: Running & { remove(): Promise<void> };
let delivering: Omit<Delivering, 'topicArn'>;
const log = keepingLog();
beforeAll(async () => {
  store = await startStore();
  instance = await run({
    resources: {
      Alerts: { Type: 'AWS::SNS::Topic' },
      Director: {
        Type: 'AWS::SNS::Subscription',
        Properties: { TopicArn: { Ref: 'Alerts' }, Protocol: 'email', Endpoint: 'director@example.org' },
      },
      Unheard: { Type: 'AWS::SNS::Topic' },
    },
  });
  const sns = new SNSClient({
    endpoint: instance.endpoints.sns,
    region: 'eu-west-2',
    credentials: instance.credentials,
  });
  delivering = { database: store, sns, pageUrl: 'https://monitor.example.org', now: () => NOW, log };
  const to = { database: store, now: NOW, log: keepingLog() };
  await acceptMonth(to, authority, '2011-09', { observations: { 'referral-backlog': { count: 9 } } }, undefined);
  await evaluateAuthority(authority, { ...to, smallNumbers: 'show', now: () => NOW });
});
afterAll(async () => {
  await instance?.remove();
  await store?.end();
});

const deliverTo = (topic: 'Alerts' | 'Unheard') =>
  deliverNotice(NOTICE, { ...delivering, topicArn: instance.resources.topics[topic] ?? '' });
const unsent = async () => (await listUnsent(store, NOW)).map(({ number }) => number);

test('a notice waits while nobody has confirmed to receive it, then is sent once, and again when asked for', async () => {
  expect(await deliverTo('Unheard')).toBe('kept');
  expect(await unsent()).toEqual([1]);
  expect((await readNotice(store, authority, 1)).sentAt).toBeUndefined();

  expect(await deliverTo('Alerts')).toBe('sent');
  expect(await deliverTo('Alerts')).toBe('sent before');
  expect(await unsent()).toEqual([]);
  expect((await readNotice(store, authority, 1)).sentAt).toBe(NOW.toISOString());
  await instance.idle();
  const mailed = (await mails(instance)).filter(({ subject }) => subject.startsWith('Herefordshire'));
  expect(mailed.map(({ text }) => text)).toEqual([expect.stringContaining('https://monitor.example.org/')]);

  await resendNotice(store, NOTICE);
  expect(await unsent()).toEqual([1]);
  expect(await deliverTo('Alerts')).toBe('sent');
  const sent = { authority, number: 1, level: 'critical', messageId: expect.any(String) };
  expect(log.lines).toEqual([
    { message: 'notice kept: the topic has no confirmed recipient', fields: NOTICE },
    { message: 'notice sent', fields: sent },
    { message: 'notice sent', fields: sent },
  ]);
});

test('notices that come all at once do not have SNS suspend whoever is mailed', async () => {
  const mailed = async () =>
    (await mails(instance)).filter(({ subject }) => subject.startsWith('Herefordshire')).length;
  await instance.idle();
  const before = await mailed();
  const many = 12;
  for (let time = 0; time < many; time++) {
    await resendNotice(store, NOTICE);
    expect(await deliverTo('Alerts')).toBe('sent');
  }
  await instance.idle();
  expect(instance.log.filter(({ message }) => message.includes('suspended'))).toEqual([]);
  expect(await mailed()).toBe(before + many);
});

test.each([2, 999_999])('there is no notice %i to be read or sent again', async (number) => {
  const missing = { reason: 'not-found', what: 'notice', message: `there is no notice ${number}` };
  await expect(readNotice(store, authority, number)).rejects.toMatchObject(missing);
  await expect(resendNotice(store, { authority, number })).rejects.toMatchObject(missing);
});
