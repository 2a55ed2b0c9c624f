import { GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it } from 'vitest';
import { type FunctionSource, queue, type Resources, type Running, run } from './fixture.ts';

/** Logs the bodies of each batch as one JSON line, then answers with what `answer(bodies, ids)` says. */
const taker = (answer: string, Timeout = 5): FunctionSource => ({
  code: `export const handler = async ({ Records }) => {
    const bodies = Records.map(({ body }) => body);
    const ids = Records.map(({ messageId }) => messageId);
    console.log(JSON.stringify(bodies));
    return (${answer});
  }`,
  properties: { Timeout },
});
const NAMED =
  '{ batchItemFailures: ids.filter((_, at) => bodies[at].startsWith("bad")).map((itemIdentifier) => ({ itemIdentifier })) }';

const resources = ({ VisibilityTimeout = 1800, BatchSize = 10 } = {}): Resources => ({
  Dead: queue(),
  Work: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      VisibilityTimeout,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 2 },
    },
  },
  Mapping: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      EventSourceArn: { 'Fn::GetAtt': ['Work', 'Arn'] },
      FunctionName: { Ref: 'Taker' },
      BatchSize,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    },
  },
});

let instance: Running & { remove(): Promise<void> };
afterEach(() => instance?.remove());

const START = '2011-10-05T09:00:00Z';
const start = async (answer: string, settings = {}) => {
  const assembly = { resources: resources(settings), functions: { Taker: taker(answer) } };
  instance = await run(assembly, { mail: false, clock: START });
};
const client = () =>
  new SQSClient({ region: instance.region, credentials: instance.credentials, endpoint: instance.endpoints.sqs });
const send = (...bodies: string[]) =>
  client().send(
    new SendMessageBatchCommand({
      QueueUrl: instance.resources.queues.Work,
      Entries: bodies.map((MessageBody, at) => ({ Id: String(at), MessageBody })),
    }),
  );
/** How many messages are visible, and how many hidden. */
const left = async (name: 'Work' | 'Dead') => {
  const QueueUrl = instance.resources.queues[name];
  const { Attributes } = await client().send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  return [Attributes?.ApproximateNumberOfMessages, Attributes?.ApproximateNumberOfMessagesNotVisible].map(Number);
};
const batches = (): string[][] =>
  instance.log.flatMap(({ message }) => (message.startsWith('["') ? [JSON.parse(message)] : []));

describe('a mapping of a queue', () => {
  it('hands messages over, and deletes those that are done', async () => {
    await start('undefined', { BatchSize: 3 });
    await send('1', '2', '3', '4', '5');
    await instance.idle();
    expect(batches().every(({ length }) => length <= 3)).toBe(true);
    expect(batches().flat().toSorted()).toEqual(['1', '2', '3', '4', '5']);
    expect(await left('Work')).toEqual([0, 0]);
  });

  it('hides those that are named for the visibility timeout, tries again, and in the end puts them aside', async () => {
    await start(NAMED);
    await send('good', 'bad');
    await instance.idle();
    expect([batches().flat(), await left('Work')]).toEqual([
      ['good', 'bad'],
      [0, 1],
    ]);
    instance.moveClock('2011-10-05T09:29:00Z');
    await instance.idle();
    expect(batches().flat()).toHaveLength(2);

    instance.moveClock('2011-10-05T09:31:00Z');
    await instance.idle();
    expect([batches().flat(), await left('Work'), await left('Dead')]).toEqual([
      ['good', 'bad', 'bad'],
      [0, 1],
      [0, 0],
    ]);
    instance.moveClock('2011-10-05T10:02:00Z');
    await instance.idle();
    expect([batches().flat().length, await left('Work'), await left('Dead')]).toEqual([3, [0, 0], [1, 0]]);
  });

  // Lambda Developer Guide, "Success and failure conditions": of these the whole batch fails.
  it.each([
    ['throws', '(() => { throw new Error("x") })()'],
    ['names what is not in the batch', '{ batchItemFailures: [{ itemIdentifier: "x" }] }'],
    ['names nothing by a wrong key', '{ batchItemFailures: [{ id: ids[0] }] }'],
  ])('keeps the whole batch where the function %s', async (_, answer) => {
    await start(answer);
    await send('1', '2');
    await instance.idle();
    expect(await left('Work')).toEqual([0, 2]);
  });

  it('counts how often a message was handed over across a restart', async () => {
    await start(NAMED);
    const { dataDir } = instance;
    await send('bad');
    await instance.idle();
    for (const expected of [
      [0, 1],
      [0, 0],
    ]) {
      await instance.stop();
      const assembly = { resources: resources(), functions: { Taker: taker(NAMED) } };
      instance = await run(assembly, { mail: false, clock: START, dataDir });
      await instance.idle();
      expect(await left('Work')).toEqual(expected);
    }
    expect(await left('Dead')).toEqual([1, 0]);
  });

  it('is refused where messages would be seen again while they are worked on', async () => {
    const assembly = { resources: resources({ VisibilityTimeout: 4 }), functions: { Taker: taker('undefined') } };
    await expect(run(assembly, { mail: false })).rejects.toThrow(
      'Mapping: Queue visibility timeout: 4 seconds is less than Function timeout: 5 seconds',
    );
  });
});
