import { brotliCompressSync } from 'node:zlib';
import { type DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { reconcile } from '../../functions/domain/reconcile.ts';
import {
  between,
  ChangedMeanwhileError,
  ContendedError,
  dataOf,
  type Item,
  itemOf,
  queryAll,
  queryUpTo,
  readItem,
  scanWaiting,
  transact,
  tryItem,
  tryItems,
  UnreadableItemError,
  whereItHolds,
} from '../../functions/store/database.ts';
import { aMetric, aRecord, month, SETTINGS } from '../support/build.ts';

describe('contents of an item', () => {
  test('are JSON, and packed where they are more than half of what an item takes', () => {
    const small = { text: 'x'.repeat(1000) };
    const large = { text: 'ŵ'.repeat(150_000) };
    expect(itemOf('p', 's', small).data?.S).toBe(JSON.stringify(small));
    expect(itemOf('p', 's', large).data?.S?.length).toBeLessThan(1000);
    for (const each of [small, large]) expect(dataOf(itemOf('p', 's', each))).toEqual(each);
  });

  test('that unpack to more than any could hold cannot be read, and are not unpacked', () => {
    const bomb = brotliCompressSync(Buffer.alloc(64 * 1024 * 1024, 0x20)).toString('base64');
    for (const S of [`brotli:${bomb}`, 'brotli:nothing of the kind'])
      expect(tryItem('alerts', { pk: { S: 'p' }, sk: { S: 'BOARD' }, data: { S } }, String)).toMatchObject({
        unreadable: { why: 'it is not JSON' },
      });
  });
});

test('with 400 metrics raised at once, each with every text at its longest, board and notice fit an item', () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const letters = (length: number, from: number, of: number) =>
    Array.from({ length }, () => String.fromCharCode(from + Math.floor(random() * of))).join('');
  // As little alike as texts can be.
  const text = (length: number) => letters(length, 0x4e00, 20_000);
  const metrics = Array.from({ length: 400 }, () =>
    aMetric({
      id: letters(64, 97, 26),
      title: text(80),
      baseline: { kind: 'statement', statement: text(1000), period: '2010-09', paragraphs: ['11'] },
      standards: [{ value: 80, from: '2000-01', basis: 'local', note: text(40) }],
    }),
  );
  const figure = (share: number) => ({
    numerator: Math.floor(9e6 * share),
    denominator: 9e6 + Math.floor(random() * 1e6),
  });
  const months = ['2011-05', '2011-06', '2011-07', '2011-08', '2011-09'].map((period, index) =>
    month(period, Object.fromEntries(metrics.map(({ id }) => [id, figure(index < 2 ? 0.9 : 0.2 * random())]))),
  );
  const acknowledgements = metrics.map(({ id }) => ({
    ...{ alert: id, author: text(200), note: text(2000), by: text(60) },
    ...{ at: '2011-10-14T00:00:00.000Z', period: '2011-09', level: 'critical' as const },
  }));
  const record = aRecord({ metrics, months, acknowledgements });
  const { board, notice } = reconcile(undefined, record, [], new Date('2011-10-15'), SETTINGS.smallNumbers);
  expect(notice?.transitions.filter(({ level }) => level === 'critical')).toHaveLength(400);
  for (const contents of [board, notice]) {
    const item = itemOf('p', 's', contents);
    expect(item.data?.S?.length).toBeLessThan(400_000);
    expect(dataOf(item)).toEqual(JSON.parse(JSON.stringify(contents)));
  }
});

/** Answers each call with the next of these, or fails with it, and keeps what was asked; the last goes on. */
function answering(...answers: readonly (object | Error)[]) {
  const asked: Record<string, unknown>[] = [];
  const client = {
    async send({ input }: { input: Record<string, unknown> }) {
      asked.push(input);
      const answer = answers[Math.min(asked.length, answers.length) - 1];
      if (answer instanceof Error) throw answer;
      return answer;
    },
  } as unknown as DynamoDBClient;
  return { client, asked };
}

describe('what comes in pages', () => {
  const item = (sk: string, dueAt = ''): Item => ({ pk: { S: 'p' }, sk: { S: sk }, dueAt: { S: dueAt } });
  const next = { pk: { S: 'p' }, sk: { S: 'b' } };
  const [first, last] = [{ Items: [item('a', '2')], LastEvaluatedKey: next }, { Items: [item('c', '1')] }];
  const query = between('t', 'p', 'a', 'z');
  const keys = (items: readonly Item[]) => items.map(({ sk }) => sk?.S);

  test('is read whole, each page from where the one before ended', async () => {
    const { client, asked } = answering(first, { LastEvaluatedKey: next }, last);
    expect(keys(await queryAll(client, query))).toEqual(['a', 'c']);
    expect(asked).toEqual([query, { ...query, ExclusiveStartKey: next }, { ...query, ExclusiveStartKey: next }]);
  });

  test('is read as far as it is asked for, and one more to know whether there are any', async () => {
    const { client, asked } = answering(first, { LastEvaluatedKey: next }, last);
    expect(await queryUpTo(client, query, 1)).toEqual({ items: [item('a', '2')], more: true });
    expect(asked.map(({ Limit, ExclusiveStartKey }) => [Limit, ExclusiveStartKey])).toEqual([
      ...[
        [2, undefined],
        [1, next],
        [1, next],
      ],
    ]);
    const enough = answering({ Items: [item('a'), item('c')], LastEvaluatedKey: next }, last);
    expect(await queryUpTo(enough.client, query, 1)).toEqual({ items: [item('a')], more: true });
    expect(enough.asked).toHaveLength(1);
    expect(await queryUpTo(answering(last).client, query, 1)).toEqual({ items: [item('c', '1')], more: false });
  });

  test('is nothing where it would end before it begins, which nobody is asked', async () => {
    const { client, asked } = answering(last);
    expect(await queryUpTo(client, between('t', 'p', 'b', 'a'), 5)).toEqual({ items: [], more: false });
    expect(asked).toEqual([]);
    // One key is a range, and what names none is asked as it is.
    expect((await queryUpTo(client, between('t', 'p', 'a', 'a'), 5)).items).toHaveLength(1);
    expect((await queryUpTo(client, { TableName: 't' }, 5)).items).toHaveLength(1);
  });

  test('of what waits begins with what has waited longest', async () => {
    const third = { Items: [item('d', '2'), item('e', '0')] };
    const { client, asked } = answering(first, { LastEvaluatedKey: next }, { ...last, LastEvaluatedKey: next }, third);
    expect(keys(await scanWaiting(client, 't', 'due', new Date(0)))).toEqual(['e', 'c', 'a', 'd']);
    expect(asked.map(({ ExclusiveStartKey }) => ExclusiveStartKey)).toEqual([undefined, next, next, next]);
  });
});

describe('a transaction', () => {
  const cancelled = (...codes: string[]) =>
    new TransactionCanceledException({
      ...{ message: 'cancelled', $metadata: {} },
      CancellationReasons: codes.map((Code) => ({ Code })),
    });
  const run = async (...answers: readonly (object | Error)[]) => {
    const { client, asked } = answering(...answers);
    const failed: number[] = [];
    // Of each pause by chance the shortest.
    const { random } = Math;
    Math.random = () => 0;
    const outcome = await transact(client, [], (positions) => {
      failed.push(...positions);
      return new ChangedMeanwhileError('changed');
    })
      .then(
        () => 'written',
        (error: Error) => error,
      )
      .finally(() => {
        Math.random = random;
      });
    return { outcome, tries: asked.length, failed };
  };

  test('that collides, or is one too many, is tried again until it is written', async () => {
    expect(await run(cancelled('None', 'TransactionConflict'), cancelled('ThrottlingError', 'None'), {})).toEqual({
      ...{ outcome: 'written', tries: 3, failed: [] },
    });
  });

  test('tells which conditions did not hold, and tries no more', async () => {
    const { outcome, tries, failed } = await run(
      cancelled('None', 'ConditionalCheckFailed', 'TransactionConflict', 'ConditionalCheckFailed'),
    );
    expect([outcome, tries, failed]).toEqual([new ChangedMeanwhileError('changed'), 1, [1, 3]]);
    const held = cancelled('ConditionalCheckFailed');
    await expect(transact(answering(held).client, [])).rejects.toBe(held);
  });

  test('gives up in the end: told as such where it collided, and as it was where there were too many', async () => {
    const conflict = await run(cancelled('TransactionConflict', 'None'));
    expect([conflict.outcome, conflict.tries]).toEqual([new ContendedError(), 10]);
    expect((conflict.outcome as Error).message).toBe(
      'too many others are changing the same at this moment; nothing was stored: wait a moment and send it again',
    );
    const throttled = cancelled('ThrottlingError');
    expect(await run(throttled)).toMatchObject({ outcome: throttled, tries: 10 });
  });

  test('that fails for another reason is not tried again, nor taken for a condition', async () => {
    const down = new Error('down');
    const odd = cancelled('ItemCollectionSizeLimitExceeded');
    for (const error of [down, odd]) expect(await run(error)).toEqual({ outcome: error, tries: 1, failed: [] });
    await expect(whereItHolds(() => Promise.reject(down))).rejects.toBe(down);
  });
});

describe('what cannot be read', () => {
  const schema = z.object({ a: z.object({ b: z.number() }) });
  const parse = (data: unknown) => schema.parse(data);
  const stored = (S?: string): Item => ({ pk: { S: 'p' }, sk: { S: 'METRIC#x' }, ...(S ? { data: { S } } : {}) });

  test('says where, as far as its schema does, and nothing of what it holds', () => {
    const why = (S?: string) => {
      const tried = tryItem('baselines', stored(S), parse);
      return 'unreadable' in tried ? tried.unreadable.why : 'read';
    };
    expect(why('{"a":{"b":1}}')).toBe('read');
    expect(why('{"a":{"b":"secret"}}')).toMatch(/^a\/b: (?!.*secret)/);
    expect([why('7'), why(), why('{')]).toEqual([
      ...[expect.stringMatching(/^it: /), expect.stringMatching(/^it: .*null/), 'it is not JSON'],
    ]);
    const wrong = new Error('no fault of the item');
    const failing = () => {
      throw wrong;
    };
    expect(() => tryItem('baselines', stored('7'), failing)).toThrow(wrong);
  });

  test('is told apart from what can, and named in the error of whoever needs it: the first five', () => {
    const tried = tryItems('baselines', [stored('7'), stored('{"a":{"b":1}}')], (data, { sk }) => [sk?.S, parse(data)]);
    expect(tried.read).toEqual([['METRIC#x', { a: { b: 1 } }]]);
    expect(tried.unreadable).toMatchObject([{ table: 'baselines', key: 'METRIC#x', kind: 'metric', of: 'x' }]);
    expect(() => readItem('baselines', stored('{'), parse)).toThrow(
      /^cannot be read: baselines METRIC#x \(.*x.*\): it is not JSON$/,
    );
    const [lost] = tried.unreadable as [(typeof tried.unreadable)[number]];
    const { message } = new UnreadableItemError(Array.from({ length: 7 }, () => lost));
    expect([message.match(/METRIC#x/g)?.length, message.endsWith('; and 2 more')]).toEqual([5, true]);
    expect(tryItem('access', { pk: { S: 'TOKEN#1' }, data: { S: '{' } }, parse)).toMatchObject({
      unreadable: { table: 'access', key: 'TOKEN#1' },
    });
  });
});
