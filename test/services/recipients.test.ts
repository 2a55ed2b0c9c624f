import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { FilterPolicyLimitExceededException, UnsubscribeCommand } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findConfirmed, publishTo } from '../../functions/services/direct-mail.ts';
import { findHearer } from '../../functions/services/hearers.ts';
import { lookAtRecipients } from '../../functions/services/newcomers.ts';
import { addRecipient, listRecipients, maskedAddress, removeRecipient } from '../../functions/services/recipients.ts';
import { settleFilters } from '../../functions/services/recipients-upkeep.ts';
import { RECIPIENTS_KEY, recipientId, recipientKey } from '../../functions/store/keys.ts';
import { readRecipient, saveRecipient } from '../../functions/store/recipients.ts';
import { NOW, startTopic, type Topic } from '../support/topic.ts';

/** Against the real store and the emulated SNS: what is subscribed there, and what its mails reach. */

let topic: Topic;
beforeAll(async () => {
  topic = await startTopic();
});
afterAll(() => topic?.end());

test('one address hears of several authorities, each from its level on, and of none when the last lets it go', async () => {
  const address = 'Both@example.org';
  await addRecipient(topic.recipients, 'north', { address, level: 'warning' }, NOW);
  await topic.confirm(address);
  const added = await addRecipient(
    topic.recipients,
    'south',
    { address: address.toLowerCase(), level: 'critical' },
    NOW,
  );
  expect(added).toMatchObject({
    created: true,
    recipient: { level: 'critical', arn: expect.stringContaining('arn:') },
  });
  expect(await findConfirmed(topic.recipients, 'both@example.org')).toMatchObject({
    id: recipientId(address),
    hears: { north: 'warning', south: 'critical' },
  });
  expect([(await topic.levelsOf('north'))[address], (await topic.levelsOf('south'))[address]]).toEqual([
    'warning',
    'critical',
  ]);

  await removeRecipient(topic.recipients, 'north', recipientId(address), NOW);
  expect(await findConfirmed(topic.recipients, address)).toMatchObject({ hears: { south: 'critical' } });
  await removeRecipient(topic.recipients, 'south', recipientId(address), NOW);
  expect(await findConfirmed(topic.recipients, address)).toBeUndefined();
  expect(await readRecipient(topic.store, recipientId(address))).toBeUndefined();
});

test('authorities that add an address at the same time are both heard', async () => {
  const address = 'busy@example.org';
  await addRecipient(topic.recipients, 'north', { address, level: 'warning' }, NOW);
  await topic.confirm(address);
  const authorities = ['east', 'south', 'west'];
  await Promise.all(
    authorities.map((each) => addRecipient(topic.recipients, each, { address, level: 'critical' }, NOW)),
  );
  expect((await findConfirmed(topic.recipients, address))?.hears).toEqual({
    ...{ north: 'warning', east: 'critical', south: 'critical', west: 'critical' },
  });
});

test('an address that confirms while its level is changed gets the new level', async () => {
  const address = 'prompt@example.org';
  await addRecipient(topic.recipients, 'north', { address, level: 'warning' }, NOW);
  const meanwhile = topic.interrupted('SubscribeCommand', () => topic.confirm(address));
  await addRecipient(meanwhile, 'north', { address, level: 'critical' }, NOW);
  expect((await topic.levelsOf('north'))[address]).toBe('critical');
});

describe('an address that unsubscribes', () => {
  const leave = async (address: string) =>
    topic.recipients.sns.send(
      new UnsubscribeCommand({ SubscriptionArn: (await topic.findSubscription(address))?.SubscriptionArn ?? '' }),
    );
  const joined = async (address: string) => {
    await addRecipient(topic.recipients, 'north', { address, level: 'warning' }, NOW);
    await topic.confirm(address);
    return topic.interrupted('SetSubscriptionAttributesCommand', () => leave(address));
  };

  test('while its level is changed is asked anew', async () => {
    const address = 'leaving@example.org';
    const { recipient } = await addRecipient(await joined(address), 'north', { address, level: 'critical' }, NOW);
    expect(recipient).toMatchObject({ level: 'critical', lapsesAt: expect.any(String) });
  });

  test('while it is removed of one authority is gone', async () => {
    const address = 'gone@example.org';
    const meanwhile = await joined(address);
    await addRecipient(topic.recipients, 'south', { address, level: 'warning' }, NOW);
    await expect(removeRecipient(meanwhile, 'north', recipientId(address), NOW)).rejects.toMatchObject({
      name: 'NotFoundError',
    });
  });

  test('while filters are settled holds up nobody', async () => {
    const address = 'unsettled@example.org';
    const meanwhile = await joined(address);
    await topic.saveOnly(address, { north: 'critical' });
    await settleFilters(meanwhile, NOW);
    expect(await topic.findSubscription(address)).toBeUndefined();
  });
});

test('an address that somebody subscribed by hand is not taken from them', async () => {
  const address = 'byhand@example.org';
  await topic.subscribe(address, undefined);
  const add = () => addRecipient(topic.recipients, 'north', { address, level: 'warning' }, NOW);
  await expect(add()).rejects.toMatchObject({ name: 'AddressTakenError' });
  await topic.confirm(address);
  await expect(add()).rejects.toMatchObject({ name: 'AddressTakenError' });
  await settleFilters(topic.recipients, NOW);
  expect(await topic.policyOf(address)).toBeNull();
});

test('more authorities than a filter can name are refused, and those before stay', async () => {
  const address = 'many@example.org';
  const hears = Array.from({ length: 49 }, (_, index) => `authority-${index}`);
  const policy = { authority: hears, level: ['watch', 'warning', 'critical'] };
  await topic.subscribe(address, policy);
  await topic.confirm(address);
  await settleFilters(topic.recipients, NOW);
  const add = () => addRecipient(topic.recipients, 'north', { address, level: 'watch' }, NOW);
  await expect(add()).rejects.toMatchObject({ name: 'TooManyAuthoritiesError', reason: 'conflict' });
  expect(Object.keys((await readRecipient(topic.store, recipientId(address)))?.hears ?? {})).toHaveLength(49);
});

test('where SNS takes no further filter, whoever comes next is refused with what to do, and not kept', async () => {
  const address = 'beyond@example.org';
  const full = topic.interrupted('SubscribeCommand', async () => {
    throw new FilterPolicyLimitExceededException({ $metadata: {}, message: 'full' });
  });
  await expect(addRecipient(full, 'north', { address, level: 'warning' }, NOW)).rejects.toMatchObject({
    ...{ name: 'TooManyAddressesError', reason: 'conflict' },
    message: expect.stringContaining('have the limit raised'),
  });
  expect(await readRecipient(topic.store, recipientId(address))).toBeUndefined();
});

test('nobody is addressed who has not confirmed', async () => {
  const address = 'slow@example.org';
  await addRecipient(topic.recipients, 'north', { address, level: 'warning' }, NOW);
  expect(await publishTo(topic.recipients, recipientId(address), { subject: 'Hello', text: 'x' })).toBe(false);
  expect(await publishTo(topic.recipients, 'nobody', { subject: 'Hello', text: 'x' })).toBe(false);
});

test('another level of an address that has not confirmed is not asked of SNS, which would refuse it, and holds once it has', async () => {
  const address = 'undecided@example.org';
  await addRecipient(topic.recipients, 'north', { address, level: 'warning' }, NOW);
  await addRecipient(topic.recipients, 'north', { address, level: 'critical' }, NOW);
  await topic.confirm(address);
  // What is so until the hourly run.
  expect((await topic.levelsOf('north'))[address]).toBe('warning');
  await settleFilters(topic.recipients, NOW);
  expect((await topic.levelsOf('north'))[address]).toBe('critical');
});

test('13-recipients: two who begin alike are told apart, however alike they begin', () => {
  const alike = ['director@example.org', 'deputy@example.org', 'director.two@example.org', 'd@example.org'];
  const masked = alike.map((address) => maskedAddress(address, alike));
  expect(new Set(masked).size).toBe(alike.length);
  expect(masked[1]).toBe('de…@example.org');
});

describe('a recipient who is stored and cannot be read', () => {
  const [spoilt, other] = ['spoilt@example.org', 'beside@example.org'];
  const id = recipientId(spoilt);
  const unreadable = { table: 'alerts', key: recipientKey(id), kind: 'recipient', of: id, why: 'it is not JSON' };
  const spoil = () =>
    topic.store.client.send(
      new UpdateItemCommand({
        TableName: topic.store.tables.alerts,
        Key: { pk: { S: RECIPIENTS_KEY }, sk: { S: recipientKey(id) } },
        UpdateExpression: 'SET #data = :data',
        ExpressionAttributeNames: { '#data': 'data' },
        ExpressionAttributeValues: { ':data': { S: '{"id": ' } },
      }),
    );
  beforeAll(async () => {
    for (const address of [spoilt, other]) {
      await addRecipient(topic.recipients, 'lone', { address, level: 'warning' }, NOW);
      await topic.confirm(address);
    }
  });

  test('keeps back nobody else, is named, and goes on being mailed as SNS has it', async () => {
    await spoil();
    const { mailed, unreadable: named } = await listRecipients(topic.recipients, 'lone', NOW);
    expect(named).toEqual([unreadable]);
    expect(mailed.map(({ address, level }) => `${address} ${level}`).sort()).toEqual([
      `${other} warning`,
      `${spoilt} warning`,
    ]);
    expect(await settleFilters(topic.recipients, NOW)).toEqual({ changed: 0, unreadable: [unreadable] });
    expect(await lookAtRecipients(topic.recipients, NOW)).toContainEqual(
      expect.objectContaining({ recipient: recipientId(other), authority: 'lone' }),
    );
    await removeRecipient(topic.recipients, 'lone', recipientId(other), NOW);
    expect(await findHearer(topic.recipients, { authority: 'lone', level: 'critical' }, NOW)).toBeDefined();
  });

  test('is whole again once it is added anew, and can be removed', async () => {
    await spoil();
    await addRecipient(topic.recipients, 'west', { address: spoilt, level: 'critical' }, NOW);
    expect((await readRecipient(topic.store, id))?.hears).toEqual({ lone: 'warning', west: 'critical' });
    await spoil();
    for (const authority of ['lone', 'west']) await removeRecipient(topic.recipients, authority, id, NOW);
    expect(await readRecipient(topic.store, id)).toBeUndefined();
    expect(await topic.findSubscription(spoilt)).toBeUndefined();
  });
});

test('an authority has 200 recipients at most, whoever of them has confirmed', async () => {
  const database = topic.store;
  for (let number = 0; number < 200; number++)
    await saveRecipient(database, undefined, {
      id: `crowd-${number}`,
      address: `crowd-${number}@example.org`,
      hears: { crowd: 'warning' },
      requestedAt: NOW.toISOString(),
      knows: [],
    });
  const address = 'one-more@example.org';
  await expect(addRecipient(topic.recipients, 'crowd', { address, level: 'warning' }, NOW)).rejects.toMatchObject({
    reason: 'conflict',
    message: expect.stringContaining('at most 200 recipients'),
  });
  await expect(addRecipient(topic.recipients, 'quiet', { address, level: 'warning' }, NOW)).resolves.toBeDefined();
});
