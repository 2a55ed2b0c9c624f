import type { Logger } from '@aws-lambda-powertools/logger';
import type { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import type { DynamoDBStreamEvent, SQSEvent } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { handleQueue, isFromQueue } from '../../functions/runtime/events.ts';
import { sendAll } from '../../functions/runtime/queue-client.ts';

/** What an hourly run leaves to others, and how they take it. */

const lines: [level: string, message: string, fields: unknown][] = [];
const logger = Object.fromEntries(
  ['info', 'warn', 'error'].map((level) => [
    level,
    (message: string, fields: unknown) => void lines.push([level, message, fields]),
  ]),
) as unknown as Logger;

const messages = (...bodies: string[]) =>
  ({
    Records: bodies.map((body, at) => ({ messageId: `m${at}`, body, eventSource: 'aws:sqs' })),
  }) as unknown as SQSEvent;
const leaving = (...ms: number[]) => ({ getRemainingTimeInMillis: () => ms.shift() ?? 0 });
const ENOUGH = 300_000;
const named = (...ids: string[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });

describe('messages of a queue', () => {
  test('are told from records of a stream', () => {
    const stream = { Records: [{ eventSource: 'aws:dynamodb' }] } as unknown as DynamoDBStreamEvent;
    expect([isFromQueue(messages('1')), isFromQueue(stream)]).toEqual([true, false]);
  });

  test('are each worked on by themselves: what fails, or is not understood, is named and keeps no other back', async () => {
    const done: unknown[] = [];
    const context = leaving(ENOUGH, ENOUGH, ENOUGH, ENOUGH);
    const handle = async (subject: unknown): Promise<void> => {
      if (subject === 'bad') throw new Error('it cannot be');
      done.push(subject);
    };
    const event = messages('"good"', '"bad"', 'no JSON', '"last"');
    expect(await handleQueue(event, (body) => body, handle, { logger, context })).toEqual(named('m1', 'm2'));
    expect(done).toEqual(['good', 'last']);
    expect(lines.splice(0)).toMatchObject([
      ['error', 'queued subject failed', { failure: { message: 'it cannot be' }, subject: '"bad"' }],
      ['error', 'queued subject failed', { subject: 'no JSON' }],
    ]);
  });

  test('are left to come again where time runs short', async () => {
    const done: unknown[] = [];
    const handle = async (subject: unknown) => void done.push(subject);
    const context = leaving(ENOUGH, 39_999);
    expect(await handleQueue(messages('1', '2', '3'), (body) => body, handle, { logger, context })).toEqual(
      named('m1', 'm2'),
    );
    expect([done, lines.splice(0)]).toEqual([[1], [['warn', 'the rest comes again', { done: 1, left: 2 }]]]);
  });
});

describe('a queue', () => {
  /** Takes of each call what `refused` does not name, by the number of the call and the message's body. */
  const client = (refused: (call: number, body: string) => boolean) => {
    const calls: string[][] = [];
    return {
      calls,
      send: async ({ input }: SendMessageBatchCommand) => {
        const entries = input.Entries ?? [];
        calls.push(entries.map(({ MessageBody = '' }) => MessageBody));
        const call = calls.length;
        const Failed = entries.flatMap(({ Id, MessageBody = '' }) =>
          refused(call, MessageBody) ? [{ Id, Code: 'InternalError', SenderFault: false }] : [],
        );
        return { Failed };
      },
    };
  };
  const sqs = (to: ReturnType<typeof client>) => to as unknown as Parameters<typeof sendAll>[2];

  test('is given ten messages a call, and all of them', async () => {
    const to = client(() => false);
    await sendAll(
      'url',
      Array.from({ length: 205 }, (_, at) => ({ at })),
      sqs(to),
    );
    expect(to.calls.map(({ length }) => length)).toEqual([...Array(20).fill(10), 5]);
    expect(new Set(to.calls.flat()).size).toBe(205);
    await sendAll('url', [], sqs(to));
    expect(to.calls).toHaveLength(21);
  });

  test('is given again what it did not take, and that alone', async () => {
    const to = client((call, body) => call < 3 && body === '2');
    await sendAll('url', [1, 2, 3], sqs(to));
    expect(to.calls).toEqual([['1', '2', '3'], ['2'], ['2']]);
  });

  test('that goes on taking none of some is an error, which says how many', async () => {
    const to = client((_, body) => body !== '1');
    await expect(sendAll('url', [1, 2, 3], sqs(to))).rejects.toThrow(
      'the queue did not take 2 messages: InternalError',
    );
    expect(to.calls).toHaveLength(3);
  });
});
