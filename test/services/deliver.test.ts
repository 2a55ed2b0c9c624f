import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  ListSubscriptionsByTopicCommand,
  PublishCommand,
  SetSubscriptionAttributesCommand,
  type SNSClient,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acceptMonth } from '../../functions/services/accept.ts';
import { type Delivering, deliverNotice, listUnsent, moveUnsent } from '../../functions/services/deliver.ts';
import { publishTo } from '../../functions/services/direct-mail.ts';
import { evaluateAuthority } from '../../functions/services/evaluate.ts';
import { findHearer, shareAudience } from '../../functions/services/hearers.ts';
import { countWaiting, readNotice, resendNotice } from '../../functions/services/notices.ts';
import { tellOperators } from '../../functions/services/operators.ts';
import { recipientId } from '../../functions/store/keys.ts';
import { claimNotice, markSent, noticeWrite } from '../../functions/store/notices.ts';
import { saveRecipient } from '../../functions/store/recipients.ts';
import { INSPECTION, keepingLog, type Store, startStore } from '../support/store.ts';
import { startTopics } from '../support/topic.ts';

const authority = INSPECTION.authority;
const NOW = new Date('2011-10-05T09:00:00Z');
const BY = 'the test';
const NOTICE = { authority, number: 1 };

const heard = (topic: string, address: string, of: string, level: string[]) => ({
  Type: 'AWS::SNS::Subscription',
  Properties: {
    TopicArn: { Ref: topic },
    Protocol: 'email',
    Endpoint: address,
    FilterPolicy: { $or: [{ authority: [of], level }, { recipient: ['x'] }] },
  },
});

let store: Store;
let topics: Awaited<ReturnType<typeof startTopics>>;
let delivering: Omit<Delivering, 'topicArn' | 'audience'>;
const log = keepingLog();
beforeAll(async () => {
  store = await startStore();
  topics = await startTopics({
    Alerts: { Type: 'AWS::SNS::Topic' },
    Director: {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: { Ref: 'Alerts' }, Protocol: 'email', Endpoint: 'director@example.org' },
    },
    Unheard: { Type: 'AWS::SNS::Topic' },
    Elsewhere: heard('Unheard', 'elsewhere@example.org', 'elsewhere', ['watch', 'warning', 'critical']),
    Mild: { Type: 'AWS::SNS::Topic' },
    CriticalOnly: heard('Mild', 'critical@example.org', authority, ['critical']),
  });
  const { sns } = topics;
  delivering = { database: store, sns, pageUrl: 'https://monitor.example.org', now: () => NOW, log };
  const accepting = { database: store, now: NOW, by: BY, log: keepingLog() };
  await acceptMonth(accepting, authority, '2011-09', { observations: { 'referral-backlog': { count: 9 } } }, undefined);
  await evaluateAuthority(authority, { ...accepting, smallNumbers: 'show', now: () => NOW });
});
afterAll(async () => {
  await topics?.end();
  await store?.end();
});

type Topic = 'Alerts' | 'Unheard' | 'Mild';
const to = (topic: Topic): Delivering => ({
  ...delivering,
  topicArn: topics.arnOf(topic),
  audience: shareAudience(() => NOW),
});
const deliverTo = (topic: Topic, number = 1) => deliverNotice({ authority, number }, to(topic));
const unsent = async () => (await listUnsent(store, NOW)).map(({ number }) => number);

test('29-told-nobody-and-marked-sent: a notice waits while only people of another authority have confirmed, then is sent once, and again when asked for', async () => {
  expect(await deliverTo('Unheard')).toBe('kept');
  expect(await unsent()).toEqual([1]);
  expect((await readNotice(store, authority, 1)).sentAt).toBeUndefined();

  expect(await deliverTo('Alerts')).toBe('sent');
  expect(await deliverTo('Alerts')).toBe('sent before');
  expect(await unsent()).toEqual([]);
  expect((await readNotice(store, authority, 1)).sentAt).toBe(NOW.toISOString());
  await topics.idle();
  const mailed = (await topics.mails()).filter(({ subject }) => subject.startsWith('Herefordshire'));
  expect(mailed.map(({ text }) => text)).toEqual([expect.stringContaining('https://monitor.example.org/')]);

  await resendNotice(store, NOTICE);
  expect(await unsent()).toEqual([1]);
  expect(await deliverTo('Alerts')).toBe('sent');
  const sent = { authority, number: 1, noticeLevel: 'critical', messageId: expect.any(String) };
  expect(log.lines).toEqual([
    { message: 'notice kept: nobody who would get it has confirmed', fields: { ...NOTICE, noticeLevel: 'critical' } },
    { message: 'notice sent', fields: sent },
    { message: 'notice sent', fields: sent },
  ]);
});

test('a notice that an earlier version left where those of all authorities were is found, and moved unless it was sent', async () => {
  const { notice } = await readNotice(store, authority, 1);
  const reference = { authority: 'former', number: 1 };
  const { TableName, Item } = noticeWrite(store.tables.alerts, { ...notice, ...reference }).Put ?? {};
  await store.client.send(new PutItemCommand({ TableName, Item: { ...Item, unsent: { S: 'UNSENT' } } }));
  const found = async () => (await listUnsent(store, NOW)).filter((each) => each.authority === 'former');
  const waiting = { ...reference, createdAt: notice.createdAt };
  expect(await found()).toEqual([{ ...waiting, isFormer: true }]);
  await moveUnsent(store, reference);
  expect(await found()).toEqual([{ ...waiting, isFormer: false }]);
  expect(await countWaiting(store, 'former', new Date(NOW.getTime() + 3_600_000))).toBe(1);
  await markSent(store, reference, NOW);
  await moveUnsent(store, reference);
  expect(await found()).toEqual([]);
});

/** Ten a second are the most that SNS sends to somebody. */
const LEAST_PAUSE_MS = 100;

/** SNS as it is, and how long it was left alone between what was published, in milliseconds. */
function watched(): { readonly sns: SNSClient; pauses(): number[] } {
  const published: number[] = [];
  const { sns } = delivering;
  const watching = Object.create(sns) as SNSClient;
  watching.send = ((command: never) => {
    if ((command as object) instanceof PublishCommand) published.push(performance.now());
    return sns.send(command);
  }) as SNSClient['send'];
  return { sns: watching, pauses: () => published.slice(1).map((at, index) => at - (published[index] ?? 0)) };
}

test('what is mailed to one person alone keeps the same pace, also between notices', async () => {
  const { sns, pauses } = watched();
  const topic = { ...to('Unheard'), sns };
  const words = { subject: 'Elsewhere: how things stand', text: 'Nothing is raised.' };
  const mailed = async () => (await topics.mails()).filter(({ subject }) => subject === words.subject).length;
  const mailOne = () => publishTo(topic, 'x', words);
  const id = recipientId('elsewhere@example.org');
  const policy = { $or: [{ authority: ['elsewhere'], level: ['watch'] }, { recipient: [id] }] };
  const { Subscriptions = [] } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topic.topicArn }));
  await sns.send(
    new SetSubscriptionAttributesCommand({
      SubscriptionArn: Subscriptions[0]?.SubscriptionArn,
      AttributeName: 'FilterPolicy',
      AttributeValue: JSON.stringify(policy),
    }),
  );
  expect(await mailOne()).toBe(false);
  const operators = () => tellOperators(topic, words);
  await Promise.all([...Array.from({ length: 4 }, () => publishTo(topic, id, words)), operators(), operators()]);
  await resendNotice(store, NOTICE);
  expect(await deliverNotice(NOTICE, { ...to('Alerts'), sns })).toBe('sent');
  await publishTo(topic, id, words);
  expect(pauses()).toHaveLength(7);
  expect(Math.min(...pauses())).toBeGreaterThan(LEAST_PAUSE_MS);
  await topics.idle();
  expect(await mailed()).toBe(5);
});

test.each([
  ['one authority', () => authority],
  ['many authorities', (time: number) => `council-${time}`],
])('notices of %s that come all at once do not have SNS suspend whoever is mailed', async (_, of) => {
  const mailed = async () => (await topics.mails()).filter(({ subject }) => subject.startsWith('Herefordshire')).length;
  await topics.idle();
  const before = await mailed();
  const { notice } = await readNotice(store, authority, 1);
  const many = 12;
  const references = Array.from({ length: many }, (_, time) => ({ authority: of(time), number: 1 }));
  for (const reference of references) {
    if (reference.authority !== authority) {
      const write = noticeWrite(store.tables.alerts, { ...notice, ...reference });
      await store.client.send(new PutItemCommand(write.Put as never));
    }
  }
  const { sns, pauses } = watched();
  for (const reference of references) {
    if (reference.authority === authority) await resendNotice(store, reference);
    expect(await deliverNotice(reference, { ...to('Alerts'), sns })).toBe('sent');
  }
  expect(Math.min(...pauses())).toBeGreaterThan(LEAST_PAUSE_MS);
  await topics.idle();
  expect(topics.log.filter(({ message }) => message.includes('suspended'))).toEqual([]);
  expect(await mailed()).toBe(before + many);
});

describe('somebody who would get it is', () => {
  const LEVELS = { authority, level: 'warning' as const };

  test('not whoever hears of worse only', async () => {
    expect(await findHearer(to('Mild'), LEVELS, NOW)).toBeUndefined();
    expect(await findHearer(to('Mild'), { ...LEVELS, level: 'critical' }, NOW)).toMatchObject({
      id: recipientId('critical@example.org'),
    });
  });

  test('not a queue or a program', async () => {
    const { sns } = delivering;
    const withQueue = Object.create(sns) as SNSClient;
    withQueue.send = (async (command: never) => {
      const answer = await sns.send(command);
      const queue = { Protocol: 'sqs', Endpoint: 'arn:aws:sqs:eu-west-2:000000000000:q', SubscriptionArn: 'arn:aws:q' };
      return (command as object) instanceof ListSubscriptionsByTopicCommand ? { Subscriptions: [queue] } : answer;
    }) as SNSClient['send'];
    const concern = { ...LEVELS, level: 'critical' as const };
    expect(await findHearer({ ...to('Mild'), sns: withQueue }, concern, NOW)).toBeUndefined();
  });

  test('not whoever is being removed, though SNS would still mail them', async () => {
    const address = 'critical@example.org';
    const id = recipientId(address);
    const concern = { ...LEVELS, level: 'critical' as const };
    const hears = { [authority]: 'critical' as const };
    const asked = { id, address, hears, requestedAt: NOW.toISOString() };
    const read = await saveRecipient(store, undefined, asked);
    expect(await findHearer(to('Mild'), concern, NOW)).toMatchObject({ id });
    const leaving = await saveRecipient(store, read, { ...asked, hears: {} });
    expect(await findHearer(to('Mild'), concern, NOW)).toBeUndefined();

    // A filter that was changed a moment ago: SNS may go by the one before for a quarter of an hour.
    const settling = { until: '2011-10-05T09:15:00.000Z', hears: {} };
    await saveRecipient(store, leaving, { ...asked, settling });
    expect(await findHearer(to('Mild'), concern, NOW)).toBeUndefined();
    expect(await findHearer(to('Mild'), concern, new Date(settling.until))).toMatchObject({ id });
  });

  test('not whoever leaves while it is published: it is kept, and sent again', async () => {
    const { sns } = delivering;
    const leaving = Object.create(sns) as SNSClient;
    leaving.send = (async (command: object) => {
      const answer = await sns.send(command as never);
      if (command instanceof PublishCommand) {
        const { TopicArn } = command.input;
        const { Subscriptions } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
        for (const { SubscriptionArn } of Subscriptions ?? [])
          await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
      }
      return answer;
    }) as SNSClient['send'];
    await resendNotice(store, NOTICE);
    expect(await deliverNotice(NOTICE, { ...to('Mild'), sns: leaving })).toBe('kept');
    expect(await unsent()).toEqual([1]);
    expect(await deliverTo('Alerts')).toBe('sent');
  });
});

test('what is sent one after the other reads who hears of it once, for five seconds', async () => {
  const { sns } = delivering;
  let lists = 0;
  const counting = Object.create(sns) as SNSClient;
  counting.send = (async (command: object) => {
    if (command instanceof ListSubscriptionsByTopicCommand) lists++;
    return sns.send(command as never);
  }) as SNSClient['send'];
  let now = NOW;
  const together = { ...to('Alerts'), sns: counting, audience: shareAudience(() => now) };
  const again = async () => {
    await resendNotice(store, NOTICE);
    return deliverNotice(NOTICE, together);
  };
  expect([await again(), await again(), lists]).toEqual(['sent', 'sent', 1]);
  now = new Date(NOW.getTime() + 5_000);
  expect([await again(), lists]).toEqual(['sent', 2]);
  together.audience.forget();
  expect([await again(), lists]).toEqual(['sent', 3]);
});

describe('two runs at once', () => {
  /** SNS, asked to publish, does `then` first. */
  const publishing = (then: () => Promise<unknown>): Delivering => {
    const { sns } = delivering;
    const slow = Object.create(sns) as SNSClient;
    slow.send = (async (command: object) => {
      if (command instanceof PublishCommand) await then();
      return sns.send(command as never);
    }) as SNSClient['send'];
    return { ...to('Alerts'), sns: slow };
  };

  test('send a notice once: who comes second leaves it, and what follows it, to who came first', async () => {
    await resendNotice(store, NOTICE);
    const write = noticeWrite(store.tables.alerts, { ...(await readNotice(store, authority, 1)).notice, number: 2 });
    await store.client.send(new PutItemCommand(write.Put as never));
    const meanwhile: unknown[] = [];
    const first = await deliverNotice(
      NOTICE,
      publishing(async () => meanwhile.push(await deliverTo('Alerts', 1), await deliverTo('Alerts', 2))),
    );
    expect({ first, meanwhile }).toEqual({ first: 'sent', meanwhile: ['being sent', 'being sent'] });
    expect(await deliverTo('Alerts', 1)).toBe('sent before');
    expect(await deliverTo('Alerts', 2)).toBe('sent');
  });

  test('do not wait for what could not be published', async () => {
    await resendNotice(store, NOTICE);
    const refused = publishing(() => Promise.reject(new Error('SNS is unwell')));
    await expect(deliverNotice(NOTICE, refused)).rejects.toThrow('SNS is unwell');
    expect(await deliverTo('Alerts')).toBe('sent');
  });

  test('wait a quarter of a minute for one that is gone', async () => {
    await resendNotice(store, NOTICE);
    const until = new Date(NOW.getTime() + 15_000);
    expect(await claimNotice(store, NOTICE, NOW, until)).toBe(true);
    expect(await deliverTo('Alerts')).toBe('being sent');
    expect(await deliverNotice(NOTICE, { ...to('Alerts'), now: () => until })).toBe('sent');
  });
});

test('06-kept-notices-come-stale: notices go out in the order of their numbers, and what is late says what day it tells of', async () => {
  const { tables, client } = store;
  const first = (await readNotice(store, authority, 1)).notice;
  for (const number of [3, 4]) {
    const write = noticeWrite(tables.alerts, { ...first, number, createdAt: `2011-10-0${number}T08:30:00.000Z` });
    await client.send(new PutItemCommand(write.Put as never));
  }
  await topics.idle();
  const before = (await topics.mails()).length;
  expect(await deliverTo('Alerts', 4)).toBe('sent');
  expect(await deliverTo('Alerts', 3)).toBe('sent before');
  await topics.idle();
  const mailed = (await topics.mails()).slice(before).map(({ text }) => text);
  expect(mailed.map((text) => /e-mail (\d+) about/.exec(text)?.[1])).toEqual(['3', '4']);
  expect(mailed[0]).toMatch(/^This tells how things stood on 3 October 2011 at 09:30\. It could not be sent then\./);
});

test.each([5, 999_999])('there is no notice %i to be read or sent again', async (number) => {
  const missing = { reason: 'not-found', what: 'notice', message: `there is no notice ${number}` };
  await expect(readNotice(store, authority, number)).rejects.toMatchObject(missing);
  await expect(resendNotice(store, { authority, number })).rejects.toMatchObject(missing);
});
