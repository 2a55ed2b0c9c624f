import { afterAll, beforeAll, expect, test } from 'vitest';
import { addMonths } from '../../functions/domain/period.ts';
import { readMonths, saveMonths } from '../../functions/store/submissions.ts';
import { intercepted, type Store, startStore } from '../support/store.ts';

let store: Store;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.end());

test('a record of many pages is read whole and in order, its pages beside each other', async () => {
  const authority = 'large';
  const now = new Date('2024-02-10T09:00:00Z');
  // Of each half a year, the last of them long after: 36 months of 100 KB are four pages.
  const periods = [...Array.from({ length: 35 }, (_, index) => addMonths('2000-01', index * 6)), '2024-01'];
  const months = periods.map((period) => ({
    period,
    revision: 1,
    status: 'final' as const,
    submittedAt: now.toISOString(),
    observations: { 'referral-backlog': { count: 12 } },
    commentary: 'x'.repeat(100_000),
  }));
  for (let start = 0; start < months.length; start += 12)
    await saveMonths(store, authority, months.slice(start, start + 12), now);
  let queries = 0;
  const counted = intercepted(store, (command) => {
    if (command === 'Query') queries += 1;
  });
  expect((await readMonths(counted, authority)).map(({ period }) => period)).toEqual(periods);
  // The first page, and six parts of the rest, of which one or another may be more than a page.
  expect(queries).toBeGreaterThanOrEqual(7);
  expect(queries).toBeLessThanOrEqual(10);

  queries = 0;
  expect(await readMonths(counted, 'nobody')).toEqual([]);
  expect(queries).toBe(1);
}, 30_000);
