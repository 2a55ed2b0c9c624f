import {
  ConfirmSubscriptionCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  PublishCommand,
  type PublishCommandInput,
  SetSubscriptionAttributesCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mails, type ReceivedMail, type Resources, type Running, run } from './fixture.ts';

const subscription = (TopicId: string, properties: object) => ({
  Type: 'AWS::SNS::Subscription',
  Properties: { TopicArn: { Ref: TopicId }, ...properties },
});

const resources: Resources = {
  Alerts: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: 'Alerts' } },
  Queue: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 1 } },
  Quiet: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 1 } },
  Head: subscription('Alerts', {
    Protocol: 'email',
    Endpoint: 'head@example.org',
    FilterPolicy: { level: ['warning', 'critical'], authority: [{ exists: true }] },
  }),
  Machine: subscription('Alerts', { Protocol: 'sqs', Endpoint: { 'Fn::GetAtt': ['Queue', 'Arn'] } }),
  Other: { Type: 'AWS::SNS::Topic' },
};

let instance: Running & { remove(): Promise<void> };
let sns: SNSClient;
let sqs: SQSClient;
let TopicArn: string;
let Other: string;
let QueueUrl: string;

beforeAll(async () => {
  instance = await run({ resources });
  const client = { region: 'eu-west-2', credentials: instance.credentials, maxAttempts: 1 };
  sns = new SNSClient({ ...client, endpoint: instance.endpoints.sns });
  sqs = new SQSClient({ ...client, endpoint: instance.endpoints.sqs });
  TopicArn = instance.resources.topics.Alerts ?? '';
  Other = instance.resources.topics.Other ?? '';
  QueueUrl = instance.resources.queues.Queue ?? '';
});
afterAll(() => instance?.remove());
beforeEach(async () => {
  await instance.idle();
  await fetch(`${instance.inbox}/api/email/all`, { method: 'DELETE' });
});

const text = (StringValue: string) => ({ DataType: 'String', StringValue });
const warning = { level: text('warning'), authority: text('herefordshire') };

async function publish(input: Partial<PublishCommandInput>): Promise<ReceivedMail[]> {
  await sns.send(new PublishCommand({ TopicArn, Message: 'hello', ...input }));
  await instance.idle();
  return mails(instance);
}

/** The links in a mail's text. */
const links = (mail: ReceivedMail | undefined): string[] => mail?.text.match(/http:\/\/127\S+/g) ?? [];

describe('a published message', () => {
  it('arrives as a mail from AWS Notifications, with subject, text and the way out', async () => {
    const [mail, ...others] = await publish({
      Subject: 'Herefordshire 2011-02: 2 critical',
      Message: 'Größe\n78.0% (39 of 50)',
      MessageAttributes: warning,
    });
    expect(others).toEqual([]);
    expect(mail).toMatchObject({
      subject: 'Herefordshire 2011-02: 2 critical',
      from: [{ name: 'AWS Notifications', address: 'no-reply@sns.amazonaws.com' }],
      to: [{ address: 'head@example.org' }],
    });
    expect(mail?.text).toMatch(/^Größe\n78\.0% \(39 of 50\)\n\n--\nIf you wish to stop receiving notifications/);
    expect(links(mail)[0]).toContain('/sns/unsubscribe.html?SubscriptionArn=');
  });

  it('gives each protocol its own text where it is structured', async () => {
    await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    const [mail] = await publish({
      MessageStructure: 'json',
      Message: JSON.stringify({ default: 'D', email: 'for people', sqs: '{"for":"machines"}' }),
      Subject: 'S',
      MessageAttributes: warning,
    });
    expect(mail?.text).toMatch(/^for people\n/);
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
    expect(JSON.parse(Messages?.[0]?.Body ?? '')).toMatchObject({
      Type: 'Notification',
      TopicArn,
      Subject: 'S',
      Message: '{"for":"machines"}',
      MessageAttributes: { level: { Type: 'String', Value: 'warning' } },
    });
  });

  it('is not mailed to a subscription whose filter policy it does not pass', async () => {
    expect(await publish({})).toEqual([]);
    expect(await publish({ MessageAttributes: { level: text('watch'), authority: text('x') } })).toEqual([]);
    const array = { DataType: 'String.Array', StringValue: '["watch","critical"]' };
    expect(await publish({ MessageAttributes: { level: array, authority: text('x') } })).toHaveLength(1);
  });

  it.each<[string, Partial<PublishCommandInput>, string, RegExp]>([
    [
      'to a topic that is not there',
      { TopicArn: 'arn:aws:sns:eu-west-2:000000000000:Nope' },
      'NotFound',
      /Topic does not exist/,
    ],
    ['to what is no topic', { TopicArn: 'Alerts' }, 'InvalidParameter', /TopicArn/],
    ['of nothing', { Message: '' }, 'InvalidParameter', /Empty message/],
    ['with a line break in its subject', { Subject: 'a\nb' }, 'InvalidParameter', /Subject/],
    ['with a subject that is not ASCII', { Subject: 'Größe' }, 'InvalidParameter', /Subject/],
    ['with a subject of 100 characters', { Subject: 'x'.repeat(100) }, 'InvalidParameter', /Subject/],
    [
      'of more than 256 KB with its attributes',
      { Message: 'x'.repeat(262_140), MessageAttributes: warning },
      'InvalidParameter',
      /too long/,
    ],
    [
      'that claims to be structured and is not',
      { MessageStructure: 'json', Message: 'x' },
      'InvalidParameter',
      /failed to parse/,
    ],
    [
      'without a default',
      { MessageStructure: 'json', Message: '{"email":"x"}' },
      'InvalidParameter',
      /No default entry/,
    ],
    [
      'with a number that is none',
      { MessageAttributes: { n: { DataType: 'Number', StringValue: 'x' } } },
      'InvalidParameterValue',
      /'n'/,
    ],
  ])('%s is refused', async (_, input, name, message) => {
    await expect(sns.send(new PublishCommand({ TopicArn, Message: 'x', ...input }))).rejects.toMatchObject({
      name: expect.stringMatching(new RegExp(`^${name}`)),
      message: expect.stringMatching(message),
    });
  });

  it('may have a subject of 99 characters and 256 KB', async () => {
    await publish({ TopicArn: Other, Subject: 'x'.repeat(99), Message: 'x'.repeat(262_144) });
  });
});

describe('a subscription by mail', () => {
  it('gets nothing until the link in its confirmation mail has been followed', async () => {
    const subscribe = new SubscribeCommand({ TopicArn: Other, Protocol: 'email', Endpoint: 'new@example.org' });
    expect((await sns.send(subscribe)).SubscriptionArn).toBe('pending confirmation');
    const [confirmation] = await publish({ TopicArn: Other });
    expect(await mails(instance)).toHaveLength(1);
    expect(confirmation).toMatchObject({
      subject: 'AWS Notification - Subscription Confirmation',
      to: [{ address: 'new@example.org' }],
    });
    const pending = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: Other }));
    expect(pending.Subscriptions).toEqual([
      {
        TopicArn: Other,
        Protocol: 'email',
        Endpoint: 'new@example.org',
        Owner: '000000000000',
        SubscriptionArn: 'PendingConfirmation',
      },
    ]);
    const page = await fetch(links(confirmation)[0] ?? '');
    expect(await page.text()).toContain('Subscription confirmed!');
    const received = await publish({ TopicArn: Other, Message: 'now' });
    expect(received.map(({ text }) => text.split('\n')[0])).toEqual([
      'You have chosen to subscribe to the topic:',
      'now',
    ]);
    const arn = (await sns.send(subscribe)).SubscriptionArn;
    expect(arn).toMatch(new RegExp(`^${Other}:`));
    const { Attributes } = await sns.send(new GetTopicAttributesCommand({ TopicArn: Other }));
    expect(Attributes).toMatchObject({ SubscriptionsConfirmed: '1', SubscriptionsPending: '0' });
  });

  it('ends with the link in its mails', async () => {
    const received = await publish({ TopicArn: Other });
    expect(await (await fetch(links(received[0])[0] ?? '')).text()).toContain('Subscription removed!');
    expect(await publish({ TopicArn: Other })).toHaveLength(1);
    expect((await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: Other }))).Subscriptions).toEqual([]);
  });

  it('can be read and changed, and has one filter only', async () => {
    const ReturnSubscriptionArn = true;
    const Attributes = { FilterPolicy: '{"level":["critical"]}' };
    const input = {
      TopicArn: Other,
      Protocol: 'email',
      Endpoint: 'two@example.org',
      ReturnSubscriptionArn,
      Attributes,
    };
    const { SubscriptionArn } = await sns.send(new SubscribeCommand(input));
    const read = async () => (await sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }))).Attributes;
    expect(await read()).toMatchObject({
      PendingConfirmation: 'true',
      FilterPolicyScope: 'MessageAttributes',
      Endpoint: 'two@example.org',
      ...Attributes,
    });
    await expect(sns.send(new UnsubscribeCommand({ SubscriptionArn }))).rejects.toThrow(/pending/);
    await instance.idle();
    const token = new URL(links((await mails(instance))[0])[0] ?? '').searchParams.get('Token') ?? '';
    await expect(sns.send(new ConfirmSubscriptionCommand({ TopicArn: Other, Token: 'wrong' }))).rejects.toThrow(
      /Invalid token/,
    );
    expect(await sns.send(new ConfirmSubscriptionCommand({ TopicArn: Other, Token: token }))).toMatchObject({
      SubscriptionArn,
    });
    await expect(sns.send(new SubscribeCommand({ ...input, Attributes: {} }))).rejects.toThrow(
      /already exists with different attributes/,
    );
    const set = (AttributeName: string, AttributeValue: string) =>
      sns.send(new SetSubscriptionAttributesCommand({ SubscriptionArn, AttributeName, AttributeValue }));
    await set('FilterPolicyScope', 'MessageBody');
    await set('FilterPolicy', '{"notice":{"level":["watch"]}}');
    expect(await read()).toMatchObject({ PendingConfirmation: 'false', FilterPolicyScope: 'MessageBody' });
    await fetch(`${instance.inbox}/api/email/all`, { method: 'DELETE' });
    expect(await publish({ TopicArn: Other, Message: '{"notice":{"level":"critical"}}' })).toHaveLength(0);
    expect(await publish({ TopicArn: Other, Message: '{"notice":{"level":"watch"}}' })).toHaveLength(1);
    await expect(set('FilterPolicy', '{"a":"b"}')).rejects.toThrow(/FilterPolicy/);
    await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
    await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
    await expect(read()).rejects.toMatchObject({ name: expect.stringMatching(/^NotFound/) });
  });

  it('is listed in pages of a hundred', async () => {
    const addresses = Array.from({ length: 101 }, (_, index) => `page${index}@example.org`);
    for (const Endpoint of addresses) {
      await sns.send(new SubscribeCommand({ TopicArn: Other, Protocol: 'email', Endpoint }));
    }
    const first = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: Other }));
    const second = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: Other, NextToken: first.NextToken }));
    expect([first.Subscriptions?.length, second.Subscriptions?.length, second.NextToken]).toEqual([100, 1, undefined]);
  });

  it.each([
    ['an address that is none', { Protocol: 'email', Endpoint: 'nobody' }],
    ['a protocol that is not played here', { Protocol: 'https', Endpoint: 'https://example.org' }],
  ])('to %s is refused', async (_, input) => {
    await expect(sns.send(new SubscribeCommand({ TopicArn, ...input }))).rejects.toMatchObject({
      name: expect.stringMatching(/^InvalidParameter/),
    });
  });
});

describe('a queue', () => {
  it('keeps a message until it is deleted, and hides it while it is looked at', async () => {
    const url = instance.resources.queues.Quiet ?? '';
    await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'one' }));
    const receive = new ReceiveMessageCommand({ QueueUrl: url, MessageSystemAttributeNames: ['All'] });
    const first = await sqs.send(receive);
    expect(first.Messages?.[0]).toMatchObject({ Body: 'one', Attributes: { ApproximateReceiveCount: '1' } });
    expect((await sqs.send(receive)).Messages ?? []).toEqual([]);
    const again = await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 2 }));
    expect(again.Messages?.[0]).toMatchObject({ Body: 'one' });
    await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: again.Messages?.[0]?.ReceiptHandle }));
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }));
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      QueueArn: 'arn:aws:sqs:eu-west-2:000000000000:Shop-Quiet',
    });
  });

  it('that is not there is an error', async () => {
    await expect(
      sqs.send(new SendMessageCommand({ QueueUrl: `${QueueUrl}x`, MessageBody: 'x' })),
    ).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
    });
  });
});

it('subscriptions and undelivered mail outlive a restart; those of the template follow the template', async () => {
  const first = await run({ resources }, { autoConfirm: false });
  const alerts = first.resources.topics.Alerts;
  await first.idle();
  expect((await mails(first)).map(({ subject }) => subject)).toEqual(['AWS Notification - Subscription Confirmation']);
  await fetch(links((await mails(first))[0])[0] ?? '');
  await first.stop();
  const second = await run({ resources }, { dataDir: first.dataDir, autoConfirm: false });
  const client = new SNSClient({
    region: 'eu-west-2',
    endpoint: second.endpoints.sns,
    credentials: second.credentials,
  });
  await client.send(new PublishCommand({ TopicArn: alerts, Message: 'after', MessageAttributes: warning }));
  await second.stop();
  const third = await run({ resources }, { dataDir: first.dataDir });
  expect((await mails(third)).map(({ text }) => text.split('\n')[0])).toEqual([
    'You have chosen to subscribe to the topic:',
    'after',
  ]);
  await third.remove();
});
