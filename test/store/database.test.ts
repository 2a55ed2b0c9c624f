import { brotliCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { reconcile } from '../../functions/domain/reconcile.ts';
import { dataOf, itemOf, tryItem } from '../../functions/store/database.ts';
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
