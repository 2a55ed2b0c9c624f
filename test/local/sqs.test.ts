import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queue, type Running, run } from './fixture.ts';

let instance: Running & { remove(): Promise<void> };
let sqs: SQSClient;
let QueueUrl: string;

const start = async (dataDir?: string) => {
  instance = await run({ resources: { Dead: queue() } }, { mail: false, ...(dataDir && { dataDir }) });
  const { credentials } = instance;
  sqs = new SQSClient({ region: instance.region, credentials, endpoint: instance.endpoints.sqs, maxAttempts: 1 });
  QueueUrl = instance.resources.queues.Dead ?? '';
};
beforeAll(() => start());
afterAll(() => instance?.remove());

const send = (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
const receive = async (VisibilityTimeout?: number) =>
  (
    await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        ...(VisibilityTimeout !== undefined && { VisibilityTimeout }),
      }),
    )
  ).Messages ?? [];

describe('a queue', () => {
  it('hides a message while it is looked at, keeps it over a restart, and until it is deleted', async () => {
    await send('one');
    expect(await receive()).toMatchObject([{ Body: 'one', Attributes: { ApproximateReceiveCount: '1' } }]);
    expect(await receive()).toEqual([]);
    await instance.stop();
    await start(instance.dataDir);
    const [again] = await receive(0);
    expect(again).toMatchObject({ Body: 'one' });
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: again?.ReceiptHandle }));
    expect(await receive()).toEqual([]);
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    expect(Attributes).toEqual({
      QueueArn: 'arn:aws:sqs:eu-west-2:000000000000:Shop-Dead',
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
      VisibilityTimeout: '30',
    });
  });

  it('gives messages in the order sent, and tells those that are visible from those that are not', async () => {
    await send('first');
    await send('second');
    expect((await receive(60)).map(({ Body }) => Body)).toEqual(['first', 'second']);
    await send('third');
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: '1', ApproximateNumberOfMessagesNotVisible: '2' });
  });

  it('that is not there is an error', async () => {
    const elsewhere = new SendMessageCommand({ QueueUrl: `${QueueUrl}x`, MessageBody: 'x' });
    await expect(sqs.send(elsewhere)).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['a message of more than 256 KB', () => send('ü'.repeat(131_073)), /must be at most 262144 bytes.*MessageBody/s],
    [
      'a field that is not emulated',
      () => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x', DelaySeconds: 5 })),
      /DelaySeconds/,
    ],
    [
      'an operation that is not emulated',
      () => instance.call('AmazonSQS.PurgeQueue', { QueueUrl }),
      /PurgeQueue is not emulated/,
    ],
  ])('refuses %s', async (_, call, message) => {
    await expect(call()).rejects.toThrow(message);
  });
});
