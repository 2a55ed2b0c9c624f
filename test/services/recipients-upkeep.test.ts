import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { UnsubscribeCommand } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publishTo } from '../../functions/services/direct-mail.ts';
import { addRecipient, listRecipients, removeRecipient } from '../../functions/services/recipients.ts';
import {
  askAgain,
  followDeployment,
  settleFilters,
  takeOverRequests,
} from '../../functions/services/recipients-upkeep.ts';
import { itemOf } from '../../functions/store/database.ts';
import { authorityKey, recipientId, recipientKey } from '../../functions/store/keys.ts';
import { readFormerRecipients } from '../../functions/store/recipients.ts';
import { NOW, startTopic, type Topic } from '../support/topic.ts';

/** Against the real store and the emulated SNS: what the hour and a deployment put right there. */

let topic: Topic;
beforeAll(async () => {
  topic = await startTopic();
});
afterAll(() => topic?.end());

const FORMER = { authority: ['north'], level: ['warning', 'critical'] };

describe('a subscription of an earlier version', () => {
  const address = 'former@example.org';

  test('gets the filter of now without confirming anew, and goes on hearing of what it heard', async () => {
    await topic.subscribe(address, FORMER);
    await topic.confirm(address);
    expect(await publishTo(topic.recipients, recipientId(address), { subject: 'Too early', text: 'x' })).toBe(false);
    const asked = (await topic.mails()).length;

    expect((await settleFilters(topic.recipients, NOW)).changed).toBe(1);
    expect(await topic.policyOf(address)).toEqual({ $or: [FORMER, { recipient: [recipientId(address)] }] });
    expect(await topic.levelsOf('north')).toEqual({ [address]: 'warning' });
    expect((await settleFilters(topic.recipients, NOW)).changed).toBe(0);
    await topic.instance.idle();
    expect((await topic.mails()).length).toBe(asked);
  });

  test('can then be addressed alone', async () => {
    const other = 'other@example.org';
    await addRecipient(topic.recipients, 'north', { address: other, level: 'watch' }, NOW);
    await topic.confirm(other);
    expect(await publishTo(topic.recipients, recipientId(address), { subject: 'For you', text: 'x' })).toBe(true);
    expect(await topic.subjectsTo(address)).toEqual(['For you']);
    expect(await topic.subjectsTo(other)).toEqual([]);
  });
});

test('requests of an earlier version that may still be confirmed are taken over, each once', async () => {
  const address = 'asked@example.org';
  const id = recipientId(address);
  await topic.subscribe(address, { authority: ['south'], level: ['critical'] });
  const former = { id, address, level: 'critical', requestedAt: NOW.toISOString() };
  const Item = itemOf(authorityKey('south'), recipientKey(id), former);
  await topic.store.client.send(new PutItemCommand({ TableName: topic.store.tables.alerts, Item }));
  for (const _ of [1, 2]) await takeOverRequests(topic.recipients, 'south');
  expect(await readFormerRecipients(topic.store, 'south')).toEqual([]);
  expect(await topic.levelsOf('south')).toEqual({ [address]: 'critical' });
  await topic.confirm(address);
  await settleFilters(topic.recipients, NOW);
  expect(await topic.policyOf(address)).toMatchObject({ $or: [{ authority: ['south'] }, { recipient: [id] }] });
});

test('a filter that somebody broke off changing is put right, and whoever was changed meanwhile stays so', async () => {
  const address = 'halfway@example.org';
  await addRecipient(topic.recipients, 'north', { address, level: 'warning' }, NOW);
  await topic.confirm(address);
  // As when the writer ended between the item and SNS.
  await topic.saveOnly(address, { north: 'critical' });
  expect((await topic.levelsOf('north'))[address]).toBe('warning');
  await settleFilters(topic.recipients, NOW);
  expect((await topic.levelsOf('north'))[address]).toBe('critical');
});

const pendingMails = async (address: string) =>
  (await topic.mails()).filter(({ to, text }) => to[0]?.address === address && /confirm/.test(text)).length;
const DAYS_2 = 48 * 60 * 60 * 1000;

describe('whom a deployment has mailed', () => {
  const deployed = (address: string) => ({ authority: 'north', address, level: 'warning' as const });

  test('is asked, and what was made of it since stays while the deployment says nothing new', async () => {
    const address = 'deployed@example.org';
    await followDeployment(topic.recipients, undefined, deployed(address), NOW);
    await topic.confirm(address);
    await addRecipient(topic.recipients, 'north', { address, level: 'critical' }, NOW);
    await followDeployment(topic.recipients, deployed(address), deployed(address), NOW);
    expect((await topic.levelsOf('north'))[address]).toBe('critical');
  });

  test('is mailed no longer where the deployment names another, and one that has not confirmed may yet', async () => {
    const [first, second, third] = ['first@example.org', 'second@example.org', 'third@example.org'] as const;
    await followDeployment(topic.recipients, undefined, deployed(first), NOW);
    await topic.confirm(first);
    await followDeployment(topic.recipients, deployed(first), deployed(second), NOW);
    expect(Object.keys(await topic.levelsOf('north'))).not.toContain(first);
    await followDeployment(topic.recipients, deployed(second), deployed(third), NOW);
    expect(Object.keys(await topic.levelsOf('north'))).toEqual(expect.arrayContaining([second, third]));
  });

  test('is asked again once its subscription is gone, not twice within two days, and not where it was removed here', async () => {
    const address = 'scanned@example.org';
    await followDeployment(topic.recipients, undefined, deployed(address), NOW);
    await topic.confirm(address);
    const later = (times: number) => new Date(NOW.getTime() + times * DAYS_2);
    expect(await askAgain(topic.recipients, address, later(1))).toBe(false);
    const { arn = '' } =
      (await listRecipients(topic.recipients, 'north', NOW)).mailed.find((each) => each.address === address) ?? {};
    await topic.recipients.sns.send(new UnsubscribeCommand({ SubscriptionArn: arn }));
    const before = await pendingMails(address);
    // Of a council that is closed nobody is mailed, not even asked.
    expect(await askAgain(topic.recipients, address, later(1), new Set(['north']))).toBe(false);
    expect(await askAgain(topic.recipients, address, later(1))).toBe(true);
    expect(await askAgain(topic.recipients, address, later(1.5))).toBe(false);
    await topic.instance.idle();
    expect(await pendingMails(address)).toBe(before + 1);
    await topic.confirm(address);
    expect((await topic.levelsOf('north'))[address]).toBe('warning');

    await removeRecipient(topic.recipients, 'north', recipientId(address), NOW);
    expect(await askAgain(topic.recipients, address, later(3))).toBe(false);
  });
});
