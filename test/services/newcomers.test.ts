import { PublishCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acceptMonth } from '../../functions/services/accept.ts';
import { deliverNotice, shareAudience } from '../../functions/services/deliver.ts';
import { CLAIM_MS, sendTest } from '../../functions/services/direct-mail.ts';
import { evaluateAuthority } from '../../functions/services/evaluate.ts';
import { lookAtRecipients, type Telling, tell } from '../../functions/services/newcomers.ts';
import { countLost, resendNotice } from '../../functions/services/notices.ts';
import { addRecipient, listRecipients, removeRecipient } from '../../functions/services/recipients.ts';
import { exportRecord, importRecord } from '../../functions/services/recovery.ts';
import { recipientId } from '../../functions/store/keys.ts';
import { readRecipient, saveRecipient } from '../../functions/store/recipients.ts';
import { INSPECTION, keepingLog } from '../support/store.ts';
import { NOW, startTopic, type Topic } from '../support/topic.ts';

/** Against the real store and the emulated SNS: who has come, who is lost, and what is mailed of it. */

const { authority } = INSPECTION;
const AT = new Date('2011-10-05T09:00:00Z');

let topic: Topic;
let telling: Telling;
beforeAll(async () => {
  topic = await startTopic();
  telling = {
    ...topic.recipients,
    database: topic.store,
    smallNumbers: 'show',
    pageUrl: 'https://monitor.example.org',
  };
  const accepting = { database: topic.store, by: 'the test', now: AT, log: keepingLog() };
  await acceptMonth(accepting, authority, '2011-09', { observations: { 'referral-backlog': { count: 9 } } }, undefined);
  await evaluateAuthority(authority, { ...accepting, smallNumbers: 'show', now: () => AT });
});
afterAll(() => topic?.end());

const delivering = () => ({
  ...telling,
  ...{ database: topic.store, now: () => AT, log: keepingLog(), audience: shareAudience(() => AT) },
});
const deliver = () => deliverNotice({ authority, number: 1 }, delivering());

async function join(address: string): Promise<void> {
  await addRecipient(topic.recipients, authority, { address, level: 'warning' }, NOW);
  await topic.confirm(address);
}

const leave = async (address: string) =>
  topic.recipients.sns.send(
    new UnsubscribeCommand({ SubscriptionArn: (await topic.findSubscription(address))?.SubscriptionArn ?? '' }),
  );

/** Looks, tells all there is to tell, and gives what was told and whether it could be. */
async function lookAndTell() {
  const toTell = await lookAtRecipients(telling, AT);
  const told: [string, boolean][] = [];
  for (const each of toTell) told.push([each.about, await tell(each, telling, AT)]);
  return told;
}

async function lastTo(address: string) {
  await topic.instance.idle();
  return (await topic.mails()).findLast(({ to }) => to[0]?.address === address);
}

test('22-new-director-and-critical-only: who confirms is told once how things stand, before the notices that waited for them', async () => {
  const address = 'first@example.org';
  await addRecipient(topic.recipients, authority, { address, level: 'warning' }, NOW);
  expect(await lookAndTell(), 'nobody has confirmed').toEqual([]);
  await topic.confirm(address);
  expect(await lookAndTell()).toEqual([['arrival', true]]);
  expect(await lookAndTell(), 'told before').toEqual([]);

  expect(await deliver()).toBe('sent');
  expect(await topic.subjectsTo(address)).toEqual([
    'Herefordshire: how things stand (1 critical, 1 warning)',
    'Herefordshire, September 2011: 1 critical (Referral backlog), 1 warning',
  ]);
  const [greeting] = (await topic.mails()).filter(({ subject }) => subject.includes('how things stand'));
  expect(greeting?.text).toContain('One e-mail waited for somebody to get it, and follows.');
  expect(greeting?.text).toContain('Critical since September 2011: Referral backlog.\nNobody has said');
});

test('where nothing waits, how things stand has the figures', async () => {
  const address = 'second@example.org';
  await join(address);
  expect(await lookAndTell()).toEqual([['arrival', true]]);
  const mail = await lastTo(address);
  expect(mail?.text).toContain('Critical since September 2011: Referral backlog. 9 cases in September 2011.');
  expect(mail?.text).toContain(`https://monitor.example.org/authorities/${authority}/metrics/referral-backlog`);
  expect(mail?.text).not.toContain('waited');
});

test('who got a notice first needs no telling, nor who hears of an authority of which there is nothing to tell', async () => {
  const [told, elsewhere] = ['third@example.org', 'elsewhere@example.org'];
  await join(told);
  await addRecipient(topic.recipients, 'nowhere', { address: elsewhere, level: 'watch' }, NOW);
  await topic.confirm(elsewhere);
  await resendNotice(topic.store, { authority, number: 1 });
  expect(await deliver()).toBe('sent');
  expect(await lookAndTell()).toEqual([['arrival', true]]);
  expect(await topic.subjectsTo(elsewhere)).toEqual([]);
  expect((await topic.subjectsTo(told)).filter((subject) => subject.includes('how things stand'))).toEqual([]);
});

test('who hears of more from now on is told how things stand, once the filter of before is surely no longer in effect', async () => {
  const address = 'closer@example.org';
  const change = (level: 'critical' | 'warning', now: Date) =>
    addRecipient(topic.recipients, authority, { address, level }, now);
  await change('critical', AT);
  await topic.confirm(address);
  expect(await lookAndTell()).toEqual([['arrival', true]]);
  await change('warning', AT);
  expect(await lookAndTell(), 'what is told now may not reach them').toEqual([]);
  const settled = new Date(AT.getTime() + 15 * 60 * 1000);
  const arrivals = async () => (await lookAtRecipients(telling, settled)).filter(({ about }) => about === 'arrival');
  const [arrival] = await arrivals();
  if (!arrival) throw new Error('nobody is to be told');
  expect(await tell(arrival, telling, AT), 'nor by a run whose clock is behind').toBe(true);
  expect(await tell(arrival, telling, settled)).toBe(true);
  expect(await arrivals(), 'told before').toEqual([]);
  await change('critical', settled);
  expect(await arrivals(), 'who hears of less knows it').toEqual([]);
  const greetings = (await topic.mails()).filter(({ to }) => to[0]?.address === address).slice(1);
  expect(greetings.map(({ text }) => /when something .*? is raised/.exec(text)?.[0])).toEqual([
    'when something critical is raised',
    'when something critical or a warning is raised',
  ]);
  await removeRecipient(topic.recipients, authority, recipientId(address), NOW);
});

test('a notice that is just going out and a greeting do not cross', async () => {
  const address = 'crossing@example.org';
  await join(address);
  await resendNotice(topic.store, { authority, number: 1 });
  const real = topic.recipients.sns;
  let told: unknown;
  const sns = Object.assign(Object.create(real), {
    send: async (command: PublishCommand, ...rest: []) => {
      if (command instanceof PublishCommand) told ??= await lookAndTell();
      return real.send(command, ...rest);
    },
  });
  expect(await deliverNotice({ authority, number: 1 }, { ...delivering(), sns })).toBe('sent');
  expect([told, await lookAndTell()]).toEqual([[], []]);
  expect(await topic.subjectsTo(address)).toEqual([expect.stringContaining('September 2011: 1 critical')]);
  await removeRecipient(topic.recipients, authority, recipientId(address), NOW);
});

describe('somebody who was mailed and is unsubscribed', () => {
  const address = 'second@example.org';

  test('is seen, told of once to the others, listed, and can be removed or asked again', async () => {
    await leave(address);
    expect(await lookAndTell()).toEqual([['loss', true]]);
    expect(await lookAndTell(), 'told before').toEqual([]);
    const mail = await lastTo('first@example.org');
    expect(mail?.subject).toBe('Herefordshire: s...@example.org no longer gets these e-mails');
    expect(mail?.text).toContain('2 people still get them, and you are one.');
    const lost = async () =>
      (await listRecipients(topic.recipients, authority, NOW)).mailed
        .filter(({ lostAt }) => lostAt)
        .map(({ id }) => id);
    expect(await lost()).toEqual([recipientId(address)]);
    expect(await countLost(topic.store, authority)).toBe(1);

    await join(address);
    expect(await lost()).toEqual([]);
    expect(await lookAndTell(), 'told anew how things stand').toEqual([['arrival', true]]);
    await leave(address);
    await lookAtRecipients(telling, AT);
    await removeRecipient(topic.recipients, authority, recipientId(address), NOW);
    expect(await lost()).toEqual([]);
    expect(await lookAndTell()).toEqual([]);
  });

  test('is not lost where only the list lags behind', async () => {
    const { sns } = telling;
    const lagging = Object.create(sns) as Telling['sns'];
    lagging.send = (async (command: object) =>
      command.constructor.name === 'ListSubscriptionsByTopicCommand'
        ? { Subscriptions: [] }
        : sns.send(command as never)) as Telling['sns']['send'];
    expect(await lookAtRecipients({ ...telling, sns: lagging }, AT)).toEqual([]);
    expect(await countLost(topic.store, authority)).toBe(0);
  });

  test('is told of by the hour after, where nobody is left to tell', async () => {
    for (const each of ['first@example.org', 'third@example.org']) await leave(each);
    expect(await lookAndTell()).toEqual([
      ['loss', false],
      ['loss', false],
    ]);
    await join('fourth@example.org');
    expect((await lookAndTell()).sort()).toEqual([
      ['arrival', true],
      ['loss', true],
      ['loss', true],
    ]);
  });
});

test('a test is mailed to one recipient, at most once in ten minutes, and to nobody who has not confirmed', async () => {
  const id = recipientId('fourth@example.org');
  const send = (to: string, minutes: number) =>
    sendTest(telling, authority, to, telling.pageUrl, new Date(AT.getTime() + minutes * 60_000));
  await send(id, 0);
  expect((await lastTo('fourth@example.org'))?.subject).toBe('Herefordshire: this is a test, nothing has changed');
  await expect(send(id, 9)).rejects.toThrow('wait until 5 October 2011 at 10:10');
  await send(id, 10);

  const pending = 'pending@example.org';
  await addRecipient(topic.recipients, authority, { address: pending, level: 'warning' }, NOW);
  await expect(send(recipientId(pending), 0)).rejects.toMatchObject({ name: 'UnreachedError', reason: 'conflict' });
  await expect(send('6092f2e6b691852e', 0)).rejects.toMatchObject({ reason: 'not-found' });
});

test('of all that, whoever hears of another council gets nothing', async () => {
  const address = 'elsewhere@example.org';
  await topic.instance.idle();
  const [asked, ...others] = (await topic.mails()).filter(({ to }) => to[0]?.address === address);
  expect([asked?.text, others]).toEqual([expect.stringContaining('confirm'), []]);
  expect(await countLost(topic.store, 'nowhere')).toBe(0);
});

describe('a monthly summary', () => {
  const address = 'summary@example.org';
  const on = (day: string) => new Date(`${day}T09:00:00Z`);
  const summaries = async (to = address) =>
    (await topic.subjectsTo(to)).filter((subject) => subject.includes('monthly summary'));
  const run = async (now: Date) => {
    const due = (await lookAtRecipients(telling, now)).filter(({ about }) => about === 'summary');
    return (await Promise.all(due.map((each) => tell(each, telling, now)))).filter(Boolean);
  };
  beforeAll(async () => {
    await addRecipient(topic.recipients, authority, { address, level: 'critical', summary: true }, AT);
    await topic.confirm(address);
    await lookAndTell();
  });

  test('comes once a month to whoever asked for it, on the day after its figures were due, whatever level they hear from', async () => {
    // September's figures were due by 14 October; it was asked for after August's were.
    expect(await run(on('2011-10-14'))).toEqual([]);
    expect(await run(on('2011-10-15'))).toEqual([true]);
    expect(await run(on('2011-10-15'))).toEqual([]);
    expect(await run(on('2011-11-14'))).toEqual([]);
    expect(await summaries()).toEqual(['Herefordshire, September 2011: monthly summary (1 critical, 1 warning)']);
    const mail = await lastTo(address);
    expect(mail?.text).toContain(
      'Figures are in up to September 2011.\nSince 15 September 2011 one e-mail told of changes, number 1:',
    );
    expect(mail?.text).toContain('Critical since September 2011: Referral backlog. 9 cases in September 2011.');
    expect((await listRecipients(topic.recipients, authority, NOW)).mailed).toContainEqual(
      expect.objectContaining({ address, summary: true }),
    );
    // After a long silence, one: that of the latest month.
    expect(await run(on('2012-02-20'))).toEqual([true]);
    expect((await summaries()).slice(1)).toEqual([
      'Herefordshire, January 2012: monthly summary (1 critical, 1 warning)',
    ]);
  });

  test('is sent by one of the runs that overlap, and by the next where one is gone', async () => {
    const before = (await summaries()).length;
    const now = on('2012-03-20');
    expect((await Promise.all([run(now), run(now), run(now)])).flat()).toEqual([true]);
    expect(await summaries()).toHaveLength(before + 1);

    const broken = { ...telling, sns: Object.create(topic.recipients.sns) };
    broken.sns.send = async (command: object, ...rest: []) => {
      if (command instanceof PublishCommand) throw new Error('SNS is away');
      return topic.recipients.sns.send(command as never, ...rest);
    };
    const due = { about: 'summary', recipient: recipientId(address), authority } as const;
    await expect(tell(due, broken, on('2012-04-20'))).rejects.toThrow('SNS is away');
    expect(await run(on('2012-04-20'))).toEqual([true]);

    // Gone after it took it upon itself: left to it for a quarter of a minute.
    const read = await readRecipient(topic.store, recipientId(address));
    const sendingUntil = new Date(on('2012-05-20').getTime() + CLAIM_MS).toISOString();
    if (read)
      await saveRecipient(topic.store, read, {
        ...read,
        summaries: { [authority]: { month: '2012-03', dueAt: on('2012-05-15').toISOString(), sendingUntil } },
      });
    expect(await run(on('2012-05-20'))).toEqual([]);
    expect(await run(new Date(sendingUntil))).toEqual([true]);
    expect(await summaries()).toHaveLength(before + 3);
  });

  test('stays as the recipient is changed, and ends when they ask for none or are removed', async () => {
    await addRecipient(topic.recipients, authority, { address, level: 'warning' }, NOW);
    expect((await readRecipient(topic.store, recipientId(address)))?.summaries).toHaveProperty(authority);
    await addRecipient(topic.recipients, authority, { address, level: 'warning', summary: false }, NOW);
    expect(await run(NOW)).toEqual([]);
    await addRecipient(topic.recipients, authority, { address, level: 'warning', summary: true }, AT);
    await addRecipient(topic.recipients, 'elsewhere', { address, level: 'warning', summary: true }, AT);
    await removeRecipient(topic.recipients, authority, recipientId(address), NOW);
    expect(Object.keys((await readRecipient(topic.store, recipientId(address)))?.summaries ?? {})).toEqual([
      'elsewhere',
    ]);
    // Of an authority that nothing was judged of there is nothing to say yet.
    expect(await run(NOW)).toEqual([]);
    await removeRecipient(topic.recipients, 'elsewhere', recipientId(address), NOW);
  });
});

test('who was mailed what a record that was put back does not have is told so once, with how things stand, whatever else comes first', async () => {
  const [told, spared, gone] = ['back@example.org', 'spared@example.org', 'gone@example.org'];
  await join(told);
  await join(gone);
  await addRecipient(topic.recipients, 'nowhere', { address: spared, level: 'watch' }, NOW);
  await topic.confirm(spared);
  await lookAndTell();
  const record = await exportRecord(topic.store, authority);

  const accepting = { database: topic.store, by: 'the test', now: AT, log: keepingLog() };
  await acceptMonth(accepting, authority, '2011-09', { observations: { 'referral-backlog': { count: 0 } } }, [1]);
  const evaluated = await evaluateAuthority(authority, { ...accepting, smallNumbers: 'show', now: () => AT });
  const { number = 0 } = evaluated?.notice ?? {};
  expect(await deliverNotice({ authority, number }, delivering())).toBe('sent');

  const later = new Date(AT.getTime() + 3_600_000);
  await importRecord(topic.store, authority, record, { now: later, takenAt: AT, replace: true });
  await removeRecipient(topic.recipients, authority, recipientId(gone), NOW);
  await addRecipient(topic.recipients, authority, { address: gone, level: 'critical' }, NOW);
  await resendNotice(topic.store, { authority, number: 1 });
  expect(await deliver(), 'a notice says nothing of it').toBe('sent');
  await lookAndTell();
  expect(
    (await lookAndTell()).filter(([about]) => about === 'arrival'),
    'told before',
  ).toEqual([]);

  const [subject, ...before] = (await topic.subjectsTo(told)).reverse();
  expect(subject).toBe('Herefordshire: how things stand again (1 critical, 1 warning)');
  expect(before.filter((each) => each.includes('how things stand again'))).toEqual([]);
  const mail = await lastTo(told);
  expect(mail?.text.split('\n')[0]).toBe(
    'The record of Herefordshire was put back on 5 October 2011 at 11:00 to what it was on 5 October 2011 at 10:00. E-mails that you got in between may no longer hold. This is how things stood on 5 October 2011 at 10:00.',
  );
  expect(mail?.text).toContain('Critical since September 2011: Referral backlog. 9 cases in September 2011.');
  for (const address of [spared, gone])
    expect((await topic.subjectsTo(address)).filter((each) => each.includes('again'))).toEqual([]);
}, 30_000);
