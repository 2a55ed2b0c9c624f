import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  GetSubscriptionAttributesCommand,
  ListSubscriptionsByTopicCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Hears } from '../../functions/domain/recipient.ts';
import {
  addRecipient,
  askAgain,
  findConfirmed,
  followDeployment,
  listRecipients,
  publishTo,
  type Recipients,
  removeRecipient,
  settleFilters,
  takeOverRequests,
} from '../../functions/services/recipients.ts';
import { itemOf } from '../../functions/store/database.ts';
import { authorityKey, recipientId, recipientKey } from '../../functions/store/keys.ts';
import { readFormerRecipients, readRecipient, saveRecipient } from '../../functions/store/recipients.ts';
import { mails, type Running, run } from '../local/fixture.ts';
import { type Store, startStore } from '../support/store.ts';

/** Against the real store and the emulated SNS: what is subscribed there, and what its mails reach. */

const NOW = new Date();
const FORMER = { authority: ['north'], level: ['warning', 'critical'] };

let store: Store;
let instance: Running & { remove(): Promise<void> };
let recipients: Recipients;
beforeAll(async () => {
  store = await startStore();
  instance = await run({ resources: { Alerts: { Type: 'AWS::SNS::Topic' } } });
  const { credentials, endpoints, resources } = instance;
  const sns = new SNSClient({ endpoint: endpoints.sns, region: 'eu-west-2', credentials });
  recipients = { sns, database: store, topicArn: resources.topics.Alerts ?? '' };
});
afterAll(async () => {
  await instance?.remove();
  await store?.end();
});

/** Writes what an address hears, as a writer does that ends before SNS is told. */
async function saveOnly(address: string, hears: Hears): Promise<void> {
  const read = await readRecipient(store, recipientId(address));
  if (!read) throw new Error(`${address} is not stored`);
  await saveRecipient(store, read, { ...read, hears: { ...read.hears, ...hears } });
}

async function confirm(address: string): Promise<void> {
  await instance.idle();
  const mail = (await mails(instance)).findLast(({ to, text }) => to[0]?.address === address && /confirm/.test(text));
  expect((await fetch(/http:\S+\/sns\/confirmation\S+/.exec(mail?.text ?? '')?.[0] ?? '')).status).toBe(200);
}

/** Subscribes an address past the service, as an earlier version or somebody by hand did. */
const subscribe = (Endpoint: string, policy: object | undefined) =>
  recipients.sns.send(
    new SubscribeCommand({
      TopicArn: recipients.topicArn,
      Protocol: 'email',
      Endpoint,
      Attributes: policy ? { FilterPolicy: JSON.stringify(policy) } : {},
    }),
  );

async function findSubscription(address: string) {
  const { Subscriptions = [] } = await recipients.sns.send(
    new ListSubscriptionsByTopicCommand({ TopicArn: recipients.topicArn }),
  );
  return Subscriptions.find(({ Endpoint }) => Endpoint === address);
}

async function policyOf(address: string): Promise<unknown> {
  const SubscriptionArn = (await findSubscription(address))?.SubscriptionArn;
  const { Attributes } = await recipients.sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }));
  return JSON.parse(Attributes?.FilterPolicy ?? 'null');
}

const levelsOf = async (authority: string) =>
  Object.fromEntries((await listRecipients(recipients, authority, NOW)).map(({ address, level }) => [address, level]));
const subjectsTo = async (address: string) => {
  await instance.idle();
  const received = (await mails(instance)).filter(({ to }) => to[0]?.address === address);
  return received.map(({ subject }) => subject).filter((subject) => !subject.startsWith('AWS'));
};

describe('a subscription of an earlier version', () => {
  const address = 'former@example.org';

  test('gets the filter of now without confirming anew, and goes on hearing of what it heard', async () => {
    await subscribe(address, FORMER);
    await confirm(address);
    expect(await publishTo(recipients, recipientId(address), { subject: 'Too early', text: 'x' })).toBe(false);
    const asked = (await mails(instance)).length;

    expect(await settleFilters(recipients, NOW)).toBe(1);
    expect(await policyOf(address)).toEqual({ $or: [FORMER, { recipient: [recipientId(address)] }] });
    expect(await levelsOf('north')).toEqual({ [address]: 'warning' });
    expect(await settleFilters(recipients, NOW)).toBe(0);
    await instance.idle();
    expect((await mails(instance)).length).toBe(asked);
  });

  test('can then be addressed alone', async () => {
    const other = 'other@example.org';
    await addRecipient(recipients, 'north', { address: other, level: 'watch' }, NOW);
    await confirm(other);
    expect(await publishTo(recipients, recipientId(address), { subject: 'For you', text: 'x' })).toBe(true);
    expect(await subjectsTo(address)).toEqual(['For you']);
    expect(await subjectsTo(other)).toEqual([]);
  });
});

test('requests of an earlier version that may still be confirmed are taken over, each once', async () => {
  const address = 'asked@example.org';
  const id = recipientId(address);
  await subscribe(address, { authority: ['south'], level: ['critical'] });
  const former = { id, address, level: 'critical', requestedAt: NOW.toISOString() };
  const Item = itemOf(authorityKey('south'), recipientKey(id), former);
  await store.client.send(new PutItemCommand({ TableName: store.tables.alerts, Item }));
  for (const _ of [1, 2]) await takeOverRequests(recipients, 'south');
  expect(await readFormerRecipients(store, 'south')).toEqual([]);
  expect(await levelsOf('south')).toEqual({ [address]: 'critical' });
  await confirm(address);
  await settleFilters(recipients, NOW);
  expect(await policyOf(address)).toMatchObject({ $or: [{ authority: ['south'] }, { recipient: [id] }] });
});

test('one address hears of several authorities, each from its level on, and of none when the last lets it go', async () => {
  const address = 'Both@example.org';
  await addRecipient(recipients, 'north', { address, level: 'warning' }, NOW);
  await confirm(address);
  const added = await addRecipient(recipients, 'south', { address: address.toLowerCase(), level: 'critical' }, NOW);
  expect(added).toMatchObject({
    created: true,
    recipient: { level: 'critical', arn: expect.stringContaining('arn:') },
  });
  expect(await findConfirmed(recipients, 'both@example.org')).toMatchObject({
    id: recipientId(address),
    hears: { north: 'warning', south: 'critical' },
  });
  expect([(await levelsOf('north'))[address], (await levelsOf('south'))[address]]).toEqual(['warning', 'critical']);

  await removeRecipient(recipients, 'north', recipientId(address), NOW);
  expect(await findConfirmed(recipients, address)).toMatchObject({ hears: { south: 'critical' } });
  await removeRecipient(recipients, 'south', recipientId(address), NOW);
  expect(await findConfirmed(recipients, address)).toBeUndefined();
  expect(await readRecipient(store, recipientId(address))).toBeUndefined();
});

test('authorities that add an address at the same time are both heard', async () => {
  const address = 'busy@example.org';
  await addRecipient(recipients, 'north', { address, level: 'warning' }, NOW);
  await confirm(address);
  const authorities = ['east', 'south', 'west'];
  await Promise.all(authorities.map((each) => addRecipient(recipients, each, { address, level: 'critical' }, NOW)));
  expect((await findConfirmed(recipients, address))?.hears).toEqual({
    ...{ north: 'warning', east: 'critical', south: 'critical', west: 'critical' },
  });
});

test('a filter that somebody broke off changing is put right, and whoever was changed meanwhile stays so', async () => {
  const address = 'halfway@example.org';
  await addRecipient(recipients, 'north', { address, level: 'warning' }, NOW);
  await confirm(address);
  // As when the writer ended between the item and SNS.
  await saveOnly(address, { north: 'critical' });
  expect((await levelsOf('north'))[address]).toBe('warning');
  await settleFilters(recipients, NOW);
  expect((await levelsOf('north'))[address]).toBe('critical');
});

/** The same topic, with something that happens elsewhere just before the first call of that name. */
function interrupted(command: string, happens: () => Promise<unknown>): Recipients {
  let happened = false;
  const sns = Object.create(recipients.sns) as SNSClient;
  sns.send = (async (call: { constructor: { name: string } }) => {
    if (!happened && call.constructor.name === command) {
      happened = true;
      await happens();
    }
    return recipients.sns.send(call as never);
  }) as unknown as SNSClient['send'];
  return { ...recipients, sns };
}

test('an address that confirms while its level is changed gets the new level', async () => {
  const address = 'prompt@example.org';
  await addRecipient(recipients, 'north', { address, level: 'warning' }, NOW);
  const meanwhile = interrupted('SubscribeCommand', () => confirm(address));
  await addRecipient(meanwhile, 'north', { address, level: 'critical' }, NOW);
  expect((await levelsOf('north'))[address]).toBe('critical');
});

describe('an address that unsubscribes', () => {
  const leave = async (address: string) =>
    recipients.sns.send(
      new UnsubscribeCommand({ SubscriptionArn: (await findSubscription(address))?.SubscriptionArn ?? '' }),
    );
  const joined = async (address: string) => {
    await addRecipient(recipients, 'north', { address, level: 'warning' }, NOW);
    await confirm(address);
    return interrupted('SetSubscriptionAttributesCommand', () => leave(address));
  };

  test('while its level is changed is asked anew', async () => {
    const address = 'leaving@example.org';
    const { recipient } = await addRecipient(await joined(address), 'north', { address, level: 'critical' }, NOW);
    expect(recipient).toMatchObject({ level: 'critical', lapsesAt: expect.any(String) });
  });

  test('while it is removed of one authority is gone', async () => {
    const address = 'gone@example.org';
    const meanwhile = await joined(address);
    await addRecipient(recipients, 'south', { address, level: 'warning' }, NOW);
    await expect(removeRecipient(meanwhile, 'north', recipientId(address), NOW)).rejects.toMatchObject({
      name: 'NotFoundError',
    });
  });

  test('while filters are settled holds up nobody', async () => {
    const address = 'unsettled@example.org';
    const meanwhile = await joined(address);
    await saveOnly(address, { north: 'critical' });
    await settleFilters(meanwhile, NOW);
    expect(await findSubscription(address)).toBeUndefined();
  });
});

test('an address that somebody subscribed by hand is not taken from them', async () => {
  const address = 'byhand@example.org';
  await subscribe(address, undefined);
  const add = () => addRecipient(recipients, 'north', { address, level: 'warning' }, NOW);
  await expect(add()).rejects.toMatchObject({ name: 'AddressTakenError' });
  await confirm(address);
  await expect(add()).rejects.toMatchObject({ name: 'AddressTakenError' });
  await settleFilters(recipients, NOW);
  expect(await policyOf(address)).toBeNull();
});

test('more authorities than a filter can name are refused, and those before stay', async () => {
  const address = 'many@example.org';
  const hears = Array.from({ length: 49 }, (_, index) => `authority-${index}`);
  const policy = { authority: hears, level: ['watch', 'warning', 'critical'] };
  await subscribe(address, policy);
  await confirm(address);
  await settleFilters(recipients, NOW);
  const add = () => addRecipient(recipients, 'north', { address, level: 'watch' }, NOW);
  await expect(add()).rejects.toMatchObject({ name: 'TooManyAuthoritiesError', reason: 'conflict' });
  expect(Object.keys((await readRecipient(store, recipientId(address)))?.hears ?? {})).toHaveLength(49);
});

test('nobody is addressed who has not confirmed', async () => {
  const address = 'slow@example.org';
  await addRecipient(recipients, 'north', { address, level: 'warning' }, NOW);
  expect(await publishTo(recipients, recipientId(address), { subject: 'Hello', text: 'x' })).toBe(false);
  expect(await publishTo(recipients, 'nobody', { subject: 'Hello', text: 'x' })).toBe(false);
});

const pendingMails = async (address: string) =>
  (await mails(instance)).filter(({ to, text }) => to[0]?.address === address && /confirm/.test(text)).length;
const DAYS_2 = 48 * 60 * 60 * 1000;

test('another level of an address that has not confirmed is not asked of SNS, which would refuse it, and holds once it has', async () => {
  const address = 'undecided@example.org';
  await addRecipient(recipients, 'north', { address, level: 'warning' }, NOW);
  await addRecipient(recipients, 'north', { address, level: 'critical' }, NOW);
  await confirm(address);
  // What is so until the hourly run.
  expect((await levelsOf('north'))[address]).toBe('warning');
  await settleFilters(recipients, NOW);
  expect((await levelsOf('north'))[address]).toBe('critical');
});

describe('whom a deployment has mailed', () => {
  const deployed = (address: string) => ({ authority: 'north', address, level: 'warning' as const });

  test('is asked, and what was made of it since stays while the deployment says nothing new', async () => {
    const address = 'deployed@example.org';
    await followDeployment(recipients, undefined, deployed(address), NOW);
    await confirm(address);
    await addRecipient(recipients, 'north', { address, level: 'critical' }, NOW);
    await followDeployment(recipients, deployed(address), deployed(address), NOW);
    expect((await levelsOf('north'))[address]).toBe('critical');
  });

  test('is mailed no longer where the deployment names another, and one that has not confirmed may yet', async () => {
    const [first, second, third] = ['first@example.org', 'second@example.org', 'third@example.org'] as const;
    await followDeployment(recipients, undefined, deployed(first), NOW);
    await confirm(first);
    await followDeployment(recipients, deployed(first), deployed(second), NOW);
    expect(Object.keys(await levelsOf('north'))).not.toContain(first);
    await followDeployment(recipients, deployed(second), deployed(third), NOW);
    expect(Object.keys(await levelsOf('north'))).toEqual(expect.arrayContaining([second, third]));
  });

  test('is asked again once its subscription is gone, not twice within two days, and not where it was removed here', async () => {
    const address = 'scanned@example.org';
    await followDeployment(recipients, undefined, deployed(address), NOW);
    await confirm(address);
    const later = (times: number) => new Date(NOW.getTime() + times * DAYS_2);
    expect(await askAgain(recipients, address, later(1))).toBe(false);
    const { arn = '' } =
      (await listRecipients(recipients, 'north', NOW)).find((each) => each.address === address) ?? {};
    await recipients.sns.send(new UnsubscribeCommand({ SubscriptionArn: arn }));
    const before = await pendingMails(address);
    expect(await askAgain(recipients, address, later(1))).toBe(true);
    expect(await askAgain(recipients, address, later(1.5))).toBe(false);
    await instance.idle();
    expect(await pendingMails(address)).toBe(before + 1);
    await confirm(address);
    expect((await levelsOf('north'))[address]).toBe('warning');

    await removeRecipient(recipients, 'north', recipientId(address), NOW);
    expect(await askAgain(recipients, address, later(3))).toBe(false);
  });
});
