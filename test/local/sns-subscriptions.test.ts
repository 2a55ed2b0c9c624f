import {
  ConfirmSubscriptionCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  PublishCommand,
  SetSubscriptionAttributesCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { afterEach, describe, expect, it } from 'vitest';
import { mails, type ReceivedMail, type Resources, type Running, run, subscription } from './fixture.ts';

type Started = Running & { remove(): Promise<void> };
const started: Started[] = [];
afterEach(async () => {
  for (const instance of started.splice(0)) await instance.remove();
});

const topic: Resources = { Alerts: { Type: 'AWS::SNS::Topic' } };

/** An instance with one topic, and what tests do to it. */
async function start(more: Resources = {}, options: Parameters<typeof run>[1] = {}) {
  const instance = await run({ resources: { ...topic, ...more } }, { unlimited: true, ...options });
  started.push(instance);
  const { credentials } = instance;
  const sns = new SNSClient({ region: 'eu-west-2', credentials, maxAttempts: 1, endpoint: instance.endpoints.sns });
  const TopicArn = instance.resources.topics.Alerts ?? '';
  return {
    instance,
    send: sns.send.bind(sns),
    TopicArn,
    subscribe: (Endpoint: string, FilterPolicy?: object) =>
      sns.send(
        new SubscribeCommand({
          ...{ TopicArn, Protocol: 'email', Endpoint, ReturnSubscriptionArn: true },
          ...(FilterPolicy && { Attributes: { FilterPolicy: JSON.stringify(FilterPolicy) } }),
        }),
      ),
    list: async () => (await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }))).Subscriptions ?? [],
    read: async (SubscriptionArn: string | undefined) =>
      (await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }))).Attributes,
    setPolicy: (SubscriptionArn: string | undefined, policy: object | string) =>
      sns.send(
        new SetSubscriptionAttributesCommand({
          SubscriptionArn,
          AttributeName: 'FilterPolicy',
          AttributeValue: typeof policy === 'string' ? policy : JSON.stringify(policy),
        }),
      ),
    /** The first lines of the mails that a message makes. */
    async publish(Message: string, attributes: Record<string, string> = {}): Promise<string[]> {
      const MessageAttributes = Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
      );
      await instance.idle();
      const before = (await mails(instance)).length;
      await sns.send(new PublishCommand({ TopicArn, Message, MessageAttributes }));
      await instance.idle();
      return (await mails(instance)).slice(before).map(({ text }) => text.split('\n')[0] ?? '');
    },
    async lastMail(): Promise<ReceivedMail | undefined> {
      await instance.idle();
      return (await mails(instance)).at(-1);
    },
  };
}

const linkIn = (mail: ReceivedMail | undefined): string => mail?.text.match(/http:\/\/127\S+/)?.[0] ?? '';

describe('a subscription', () => {
  it('gets nothing until the link in its confirmation mail has been followed', async () => {
    const { subscribe, publish, list, send, lastMail, TopicArn } = await start();
    const { SubscriptionArn } = await subscribe('new@example.org');
    const confirmation = await lastMail();
    expect(confirmation).toMatchObject({
      subject: 'AWS Notification - Subscription Confirmation',
      to: [{ address: 'new@example.org' }],
    });
    expect(await publish('early')).toEqual([]);
    expect(await list()).toEqual([
      {
        ...{ TopicArn, Protocol: 'email', Endpoint: 'new@example.org', Owner: '000000000000' },
        SubscriptionArn: 'PendingConfirmation',
      },
    ]);
    expect(await (await fetch(linkIn(confirmation))).text()).toContain('Subscription confirmed!');
    expect(await publish('now')).toEqual(['now']);
    expect(await list()).toMatchObject([{ SubscriptionArn }]);
    expect(await subscribe('new@example.org')).toMatchObject({ SubscriptionArn });
    const { Attributes } = await send(new GetTopicAttributesCommand({ TopicArn }));
    expect(Attributes).toEqual({
      ...{ TopicArn, Owner: '000000000000' },
      ...{ SubscriptionsConfirmed: '1', SubscriptionsPending: '0' },
    });
  });

  it('ends with the link in its mails, whoever follows it, and is gone', async () => {
    const { instance, publish, list, read, lastMail } = await start({
      Head: subscription('Alerts', 'head@example.org'),
    });
    const [{ SubscriptionArn = '' } = {}] = await list();
    expect(await publish('one')).toEqual(['one']);
    const link = linkIn(await lastMail());
    expect(await (await fetch(link)).text()).toContain('Subscription removed!');
    expect(await publish('two')).toEqual([]);
    expect(await list()).toEqual([]);
    await expect(read(SubscriptionArn)).rejects.toMatchObject({ name: expect.stringMatching(/^NotFound/) });
    // A second time is no error, and a third by the API neither.
    expect((await fetch(link)).status).toBe(200);
    expect(instance.log.filter(({ source }) => source === 'sns')).toEqual([]);
  });

  it('can be read, confirmed and removed by the API', async () => {
    const { subscribe, read, send, lastMail, TopicArn } = await start();
    const policy = { level: ['critical'] };
    const { SubscriptionArn } = await subscribe('two@example.org', policy);
    const attributes = {
      ...{ SubscriptionArn, TopicArn, Protocol: 'email', Endpoint: 'two@example.org', Owner: '000000000000' },
      ...{ FilterPolicy: JSON.stringify(policy), FilterPolicyScope: 'MessageAttributes', RawMessageDelivery: 'false' },
      ...{ SubscriptionPrincipal: 'arn:aws:iam::000000000000:root', ConfirmationWasAuthenticated: 'false' },
    };
    expect(await read(SubscriptionArn)).toEqual({ ...attributes, PendingConfirmation: 'true' });
    await expect(send(new UnsubscribeCommand({ SubscriptionArn }))).rejects.toThrow(/pending/);
    const Token = new URL(linkIn(await lastMail())).searchParams.get('Token') ?? '';
    await expect(send(new ConfirmSubscriptionCommand({ TopicArn, Token: 'x' }))).rejects.toThrow(/Invalid token/);
    expect(await send(new ConfirmSubscriptionCommand({ TopicArn, Token }))).toMatchObject({ SubscriptionArn });
    expect(await read(SubscriptionArn)).toEqual({ ...attributes, PendingConfirmation: 'false' });
    const other = subscribe('two@example.org', { level: ['watch'] });
    await expect(other).rejects.toThrow(/already exists with different attributes/);
    expect(await subscribe('two@example.org')).toMatchObject({ SubscriptionArn });
    await send(new UnsubscribeCommand({ SubscriptionArn }));
    await send(new UnsubscribeCommand({ SubscriptionArn }));
    await expect(read(SubscriptionArn)).rejects.toMatchObject({ name: expect.stringMatching(/^NotFound/) });
  });

  it('lapses after two days in which nobody has confirmed it', async () => {
    const head = { Head: subscription('Alerts', 'head@example.org') };
    const { instance, subscribe, list } = await start(head, { autoConfirm: false, clock: '2011-10-15T10:00:00Z' });
    await subscribe('new@example.org');
    instance.moveClock('2011-10-17T09:59:00Z');
    expect(await list()).toHaveLength(2);
    instance.moveClock('2011-10-17T10:01:00Z');
    expect(await list()).toEqual([]);
  });

  it('is listed in pages of a hundred', async () => {
    const { subscribe, send, TopicArn } = await start({}, { mail: false });
    for (let index = 0; index < 101; index++) await subscribe(`page${index}@example.org`);
    const first = await send(new ListSubscriptionsByTopicCommand({ TopicArn }));
    const second = await send(new ListSubscriptionsByTopicCommand({ TopicArn, NextToken: first.NextToken }));
    expect([first.Subscriptions?.length, second.Subscriptions?.length, second.NextToken]).toEqual([100, 1, undefined]);
  });

  it('with a filter policy is refused where the topic has two hundred, one without is not', async () => {
    const { subscribe, setPolicy } = await start({}, { mail: false });
    for (let index = 0; index < 200; index++) await subscribe(`page${index}@example.org`, { level: ['critical'] });
    const full = { name: expect.stringMatching(/^FilterPolicyLimitExceeded/) };
    await expect(subscribe('one-more@example.org', { level: ['critical'] })).rejects.toMatchObject(full);
    const { SubscriptionArn } = await subscribe('one-more@example.org');
    await expect(setPolicy(SubscriptionArn, { level: ['critical'] })).rejects.toMatchObject(full);
    await subscribe('page7@example.org', { level: ['critical'] });
  });

  it.each<[string, object, RegExp]>([
    ['an address that is none', { Endpoint: 'nobody' }, /Email address/],
    [
      'a queue',
      { Protocol: 'sqs', Endpoint: 'arn:aws:sqs:eu-west-2:000000000000:Queue' },
      /only email is emulated, not sqs/,
    ],
    ['a web page', { Protocol: 'https', Endpoint: 'https://example.org' }, /only email is emulated, not https/],
    [
      'an attribute that is not emulated',
      { Attributes: { FilterPolicyScope: 'MessageBody' } },
      /FilterPolicyScope is not emulated/,
    ],
    ['a policy that SNS refuses', { Attributes: { FilterPolicy: '{"a":"b"}' } }, /FilterPolicy: "a" must be/],
  ])('to %s is refused, and there is none', async (_, input, message) => {
    const { send, list, TopicArn } = await start({}, { mail: false });
    const command = new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: 'a@example.org', ...input });
    await expect(send(command)).rejects.toMatchObject({
      name: expect.stringMatching(/^InvalidParameter/),
      message: expect.stringMatching(message),
    });
    expect(await list()).toEqual([]);
  });
});

describe('a changed filter policy', () => {
  const head = { Head: subscription('Alerts', 'head@example.org', { level: ['critical'] }) };

  it('takes effect at once, and can be taken away', async () => {
    const { list, publish, setPolicy, read } = await start(head);
    const [{ SubscriptionArn } = {}] = await list();
    const addressed = { $or: [{ level: ['critical'] }, { recipient: ['head'] }] };
    await setPolicy(SubscriptionArn, addressed);
    expect((await read(SubscriptionArn))?.FilterPolicy).toBe(JSON.stringify(addressed));
    expect(await publish('to you', { recipient: 'head' })).toEqual(['to you']);
    expect(await publish('to another', { recipient: 'tail' })).toEqual([]);
    await setPolicy(SubscriptionArn, '{}');
    expect(await read(SubscriptionArn)).not.toHaveProperty('FilterPolicy');
    expect(await publish('to all')).toEqual(['to all']);
  });

  it('can be made to take its time, in which messages pass by the old one, also over a restart', async () => {
    const first = await start(head);
    const [{ SubscriptionArn } = {}] = await first.list();
    first.instance.delayFilterPolicies(15 * 60_000);
    await first.setPolicy(SubscriptionArn, { level: ['watch'] });
    await first.setPolicy(SubscriptionArn, { level: ['warning'] });
    // It is told at once; what messages pass is another matter.
    expect((await first.read(SubscriptionArn))?.FilterPolicy).toBe('{"level":["warning"]}');
    expect(await first.publish('a', { level: 'warning' })).toEqual([]);
    expect(await first.publish('b', { level: 'critical' })).toEqual(['b']);
    await first.instance.stop();
    const second = await start(head, { dataDir: first.instance.dataDir });
    expect(await second.publish('c', { level: 'warning' })).toEqual([]);
    second.instance.delayFilterPolicies(0);
    expect(await second.publish('d', { level: 'warning' })).toEqual(['d']);
    expect(await second.publish('e', { level: 'critical' })).toEqual([]);
  });

  it('is in effect when its time is over by the instance’s clock', async () => {
    const { instance, list, setPolicy, publish } = await start(head, { clock: '2011-10-15T10:00:00Z' });
    const [{ SubscriptionArn } = {}] = await list();
    instance.delayFilterPolicies(15 * 60_000);
    await setPolicy(SubscriptionArn, { level: ['warning'] });
    instance.moveClock('2011-10-15T10:14:00Z');
    expect(await publish('a', { level: 'warning' })).toEqual([]);
    instance.moveClock('2011-10-15T10:16:00Z');
    expect(await publish('b', { level: 'warning' })).toEqual(['b']);
  });

  it('that SNS refuses, or another attribute, leaves it as it was', async () => {
    const { list, send, setPolicy, read } = await start(head, { mail: false });
    const [{ SubscriptionArn } = {}] = await list();
    await expect(setPolicy(SubscriptionArn, { a: 'b' })).rejects.toThrow(/FilterPolicy: "a" must be/);
    const raw = { SubscriptionArn, AttributeName: 'RawMessageDelivery', AttributeValue: 'true' };
    await expect(send(new SetSubscriptionAttributesCommand(raw))).rejects.toThrow(/RawMessageDelivery is not emulated/);
    expect((await read(SubscriptionArn))?.FilterPolicy).toBe('{"level":["critical"]}');
    await expect(setPolicy(`${SubscriptionArn}x`, {})).rejects.toMatchObject({
      name: expect.stringMatching(/^NotFound/),
    });
    await expect(setPolicy('Head', {})).rejects.toThrow(/An ARN must have at least 6 elements, not 1/);
  });
});

describe('a subscription of the template', () => {
  const head = (address: string, policy?: object): Resources => ({ Head: subscription('Alerts', address, policy) });

  it('outlives a restart with its confirmation, and with another filter policy is confirmed still', async () => {
    const first = await start(head('head@example.org'), { autoConfirm: false });
    const confirmation = await first.lastMail();
    expect(confirmation?.subject).toBe('AWS Notification - Subscription Confirmation');
    await fetch(linkIn(confirmation));
    await first.instance.stop();
    const { dataDir } = first.instance;
    const second = await start(head('head@example.org', { level: ['critical'] }), { dataDir, autoConfirm: false });
    expect(await second.publish('a', { level: 'critical' })).toEqual(['a']);
    expect(await second.publish('b', { level: 'watch' })).toEqual([]);
    await second.instance.stop();
    const third = await start(head('new@example.org'), { dataDir, autoConfirm: false });
    expect(await third.list()).toMatchObject([{ Endpoint: 'new@example.org', SubscriptionArn: 'PendingConfirmation' }]);
    expect((await third.lastMail())?.to).toMatchObject([{ address: 'new@example.org' }]);
  });

  it('keeps what the API has made of it until the template says something else', async () => {
    const first = await start(head('head@example.org', { level: ['critical'] }), { mail: false });
    const [{ SubscriptionArn } = {}] = await first.list();
    await first.setPolicy(SubscriptionArn, { level: ['watch'] });
    await first.instance.stop();
    const { dataDir } = first.instance;
    const second = await start(head('head@example.org', { level: ['critical'] }), { dataDir, mail: false });
    expect((await second.read(SubscriptionArn))?.FilterPolicy).toBe('{"level":["watch"]}');
    await second.instance.stop();
    const third = await start(head('head@example.org', { level: ['warning'] }), { dataDir, mail: false });
    expect((await third.read(SubscriptionArn))?.FilterPolicy).toBe('{"level":["warning"]}');
  });

  it('that was removed is not made again until the template names another address', async () => {
    const first = await start(head('head@example.org'));
    await first.send(new UnsubscribeCommand({ SubscriptionArn: (await first.list())[0]?.SubscriptionArn }));
    await first.instance.stop();
    const { dataDir } = first.instance;
    const second = await start(head('head@example.org'), { dataDir });
    expect(await second.list()).toEqual([]);
    await second.instance.stop();
    const third = await start(head('other@example.org'), { dataDir });
    expect(await third.list()).toMatchObject([{ Endpoint: 'other@example.org' }]);
  });

  it.each<[string, Resources, RegExp]>([
    ['no address', head('nobody'), /subscription 'Head': .*Email address/],
    [
      'a policy that SNS refuses',
      head('a@example.org', { a: { b: ['c'] } }),
      /subscription 'Head': .*nested filter policy/,
    ],
  ])('with %s fails the start and says so', async (_, resources, message) => {
    await expect(start(resources, { mail: false })).rejects.toThrow(message);
  });
});

it('mail that was not delivered when the instance stopped is delivered after the next start', async () => {
  const first = await start({ Head: subscription('Alerts', 'head@example.org') }, { mail: false });
  await first.send(new PublishCommand({ TopicArn: first.TopicArn, Message: 'late' }));
  await first.instance.stop();
  const second = await start({ Head: subscription('Alerts', 'head@example.org') }, { dataDir: first.instance.dataDir });
  expect((await second.lastMail())?.text).toMatch(/^late\n/);
});
