import {
  CreateTopicCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  PublishCommand,
  type PublishCommandInput,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually, mails, type ReceivedMail, type Resources, type Running, run, subscription } from './fixture.ts';

const resources: Resources = {
  Alerts: { Type: 'AWS::SNS::Topic' },
  Head: subscription('Alerts', 'head@example.org', {
    $or: [{ level: ['warning', 'critical'], authority: ['herefordshire'] }, { recipient: ['head'] }],
  }),
  Other: { Type: 'AWS::SNS::Topic' },
};

let instance: Running & { remove(): Promise<void> };
let sns: SNSClient;
let TopicArn: string;
let Other: string;

beforeAll(async () => {
  instance = await run({ resources });
  const { credentials } = instance;
  sns = new SNSClient({ region: 'eu-west-2', credentials, maxAttempts: 1, endpoint: instance.endpoints.sns });
  TopicArn = instance.resources.topics.Alerts ?? '';
  Other = instance.resources.topics.Other ?? '';
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
    expect(mail?.text).toMatch(/http:\/\/127\S+\/sns\/unsubscribe\.html\?SubscriptionArn=/);
  });

  it.each([
    ['its text for e-mail where it is structured', { default: 'D', email: 'for people', sqs: '{}' }, 'for people'],
    ['its default where it has none for e-mail', { default: 'D', sqs: '{}' }, 'D'],
    ['its default where what it has for e-mail is no text', { default: 'D', email: 5 }, 'D'],
  ])('is mailed with %s', async (_, bodies, expected) => {
    const Message = JSON.stringify(bodies);
    const [mail] = await publish({ MessageStructure: 'json', Message, MessageAttributes: warning });
    expect(mail?.text.split('\n')[0]).toBe(expected);
  });

  it('is mailed to a subscription whose filter policy it passes, and to no other', async () => {
    expect(await publish({})).toEqual([]);
    expect(await publish({ MessageAttributes: { level: text('watch'), authority: text('herefordshire') } })).toEqual(
      [],
    );
    expect(await publish({ MessageAttributes: { recipient: text('another') } })).toEqual([]);
    expect(await publish({ MessageAttributes: { recipient: text('head') } })).toHaveLength(1);
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
    ['with a space at the beginning of its subject', { Subject: ' a' }, 'InvalidParameter', /Subject/],
    ['with a subject that is not ASCII', { Subject: 'Größe' }, 'InvalidParameter', /Subject/],
    ['with a subject of 100 characters', { Subject: 'x'.repeat(100) }, 'InvalidParameter', /Subject/],
    [
      'of more than 256 KB with its attributes',
      { Message: 'x'.repeat(262_140), MessageAttributes: warning },
      'InvalidParameter',
      /too long/,
    ],
    ['of more than 256 KB in bytes', { Message: 'ü'.repeat(131_073) }, 'InvalidParameter', /too long/],
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
      'with an attribute that is not emulated',
      { MessageAttributes: { n: { DataType: 'Number', StringValue: '1' } } },
      'InvalidParameterValue',
      /'n' has the type 'Number'; only String is emulated/,
    ],
    ['with an empty attribute', { MessageAttributes: { n: text('') } }, 'InvalidParameterValue', /'n' must contain/],
    [
      'with a field that is not emulated',
      { MessageGroupId: 'x' },
      'InvalidParameter',
      /not emulated with MessageGroupId/,
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

it('an operation that is not emulated is refused, naming it', async () => {
  await expect(sns.send(new CreateTopicCommand({ Name: 'x' }))).rejects.toThrow(/CreateTopic is not emulated/);
});

it('calls beyond the rate of their operation are refused, and taken again later', async () => {
  const list = () => sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: Other }));
  const answers = await Promise.allSettled(Array.from({ length: 300 }, list));
  const refusals = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
  expect(answers.length - refusals.length).toBeGreaterThanOrEqual(30);
  expect(refusals[0]).toMatchObject({ name: 'ThrottlingException', message: 'Rate exceeded' });
  // Publish has no such limit here.
  await Promise.all(Array.from({ length: 50 }, () => sns.send(new PublishCommand({ TopicArn: Other, Message: 'x' }))));
  expect(await eventually(() => list().catch(() => undefined))).toMatchObject({ Subscriptions: [] });
});

it('an address that would get more than ten mails a second is suspended until it is confirmed anew', async () => {
  const Endpoint = 'flooded@example.org';
  await sns.send(new SubscribeCommand({ TopicArn: Other, Protocol: 'email', Endpoint }));
  await instance.idle();
  const [asked] = await mails(instance);
  const [link = ''] = asked?.text.match(/http:\/\/127\S+/) ?? [];
  const confirmed = async () =>
    (await sns.send(new GetTopicAttributesCommand({ TopicArn: Other }))).Attributes?.SubscriptionsConfirmed;
  await fetch(link);
  expect(await confirmed()).toBe('1');
  await Promise.all(Array.from({ length: 200 }, () => sns.send(new PublishCommand({ TopicArn: Other, Message: 'x' }))));
  expect(await confirmed()).toBe('0');
  await instance.idle();
  const received = (await mails(instance)).length - 1;
  expect(received).toBeGreaterThanOrEqual(10);
  expect(received).toBeLessThan(200);
  expect(instance.log.some(({ message }) => message.includes('is suspended: more than 10 mails a second'))).toBe(true);
  await fetch(link);
  expect(await confirmed()).toBe('1');
});
