import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadInspection, requireInspection } from '../../functions/services/inspections.ts';
import { reportProgress } from '../../functions/services/progress.ts';
import { setStandard, tryStandard } from '../../functions/services/standards.ts';
import { readWholeRecord } from '../../functions/store/recovery.ts';
import { INSPECTION, intercepted, type Store, startStore } from '../support/store.ts';

/** What an authority sets version by version: standards of its own, and the progress of its actions. */

const NOW = new Date('2011-10-05T09:00:00Z');
const BY = 'the test';
const WHO = { reason: 'Improvement plan', author: 'J. Smith' };

let store: Store;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.end());

let count = 0;
let authority: string;
beforeEach(async () => {
  authority = `authority-${++count}`;
  await loadInspection(store, { ...INSPECTION, authority });
});

const set = (value: number, database: Parameters<typeof setStandard>[0] = store) =>
  setStandard(database, authority, 'average-caseload', { from: '2011-04', value, ...WHO }, { by: BY, now: NOW });
const versions = async () =>
  (await requireInspection(store, authority)).localStandards.map(({ version, value }) => [version, value]);

describe('a version', () => {
  test('that says the same as the newest is not kept again; one that says what an earlier one did is', async () => {
    expect(await set(15)).toMatchObject({ created: true, version: { version: 1 } });
    expect(await set(15)).toMatchObject({ created: false, version: { version: 1 } });
    await set(16);
    expect(await set(15)).toMatchObject({ created: true, version: { version: 3 } });
    expect(await versions()).toEqual([
      [1, 15],
      [2, 16],
      [3, 15],
    ]);
  });

  test('that somebody else was faster with comes after theirs, unless theirs says the same', async () => {
    const overtakenBy = (value: number) => {
      let left = 1;
      return intercepted(store, async (command) => {
        if (command === 'TransactWriteItems' && left-- > 0) await set(value);
      });
    };
    expect(await set(16, overtakenBy(15))).toMatchObject({ created: true, version: { version: 2, value: 16 } });
    expect(await set(18, overtakenBy(18))).toMatchObject({ created: false, version: { version: 3, value: 18 } });
  });

  test('that others overtake every time is refused', async () => {
    let value = 0;
    const database = intercepted(store, async (command) => {
      if (command === 'TransactWriteItems') await set(++value);
    });
    await expect(set(50, database)).rejects.toMatchObject({ name: 'OvertakenError', reason: 'conflict' });
    expect((await versions()).map(([, each]) => each)).not.toContain(50);
  });
});

describe('a standard', () => {
  test('of a percentage is no more than 100, set or tried, and every fault is named', async () => {
    const change = { from: '2011-04', value: 101, tolerance: 200, ...WHO };
    const faults = [{ pointer: '#/value' }, { pointer: '#/tolerance' }];
    const setting = setStandard(store, authority, 'cases-allocated', change, { by: BY, now: NOW });
    await expect(setting).rejects.toMatchObject({ reason: 'invalid', faults });
    const { reason, author, ...tried } = change;
    const trying = tryStandard(store, authority, { metric: 'cases-allocated', ...tried }, NOW);
    await expect(trying).rejects.toMatchObject({ message: '2 faults; nothing was tried', faults });
  });

  test('that is tried leaves nothing behind', async () => {
    const before = await readWholeRecord(store, authority);
    expect(await tryStandard(store, authority, { metric: 'average-caseload', value: 15 }, NOW)).toMatchObject({
      asIs: { episodes: 0 },
      periods: [],
    });
    expect(await readWholeRecord(store, authority)).toEqual(before);
  });

  test('is of a metric that there is, of an authority that is known', async () => {
    const change = { from: '2011-04', value: 1, ...WHO };
    const unknown = { reason: 'unknown-authority' };
    await expect(setStandard(store, 'atlantis', 'x', change, { by: BY, now: NOW })).rejects.toMatchObject(unknown);
    await expect(tryStandard(store, 'atlantis', { metric: 'x', value: 1 }, NOW)).rejects.toMatchObject(unknown);
    const missing = { reason: 'not-found', what: 'metric' };
    await expect(setStandard(store, authority, 'x', change, { by: BY, now: NOW })).rejects.toMatchObject(missing);
    // The metric is in the body of what is tried, so that it is a fault of that.
    const faults = [{ pointer: '#/metric', detail: 'no metric is called "x"' }];
    await expect(tryStandard(store, authority, { metric: 'x', value: 1 }, NOW)).rejects.toMatchObject({ faults });
  });
});

test('progress is told with the action that it is of, and all that was reported of it', async () => {
  const reported = { state: 'completed', evidence: 'Audit of 40 cases', author: 'A. Jones' } as const;
  const first = await reportProgress(store, authority, 'A1', reported, { by: BY, now: NOW });
  expect(first).toMatchObject({ created: true, action: { id: 'A1', state: 'completed', progress: [{ version: 1 }] } });
  expect((await reportProgress(store, authority, 'A1', reported, { by: BY, now: NOW })).created).toBe(false);
  await expect(reportProgress(store, authority, 'A99', reported, { by: BY, now: NOW })).rejects.toMatchObject({
    reason: 'not-found',
    message: 'no action is called "A99"',
  });
});

test.each([
  [{ value: 0.8 }, '0.8 can mean 80% or 0.8%; write it with the sign, as 80% or 0.8%'],
  [{ tolerance: 0.5 }, '0.5 can mean 50% or 0.5%; write it with the sign, as 50% or 0.5%'],
])('a bare share is not taken for a percentage: %j', async (change, detail) => {
  const setting = setStandard(
    store,
    authority,
    'placement-stability',
    { from: '2011-04', ...change, ...WHO },
    { by: BY, now: NOW },
  );
  await expect(setting).rejects.toMatchObject({ faults: [{ detail }] });
});

test('a percentage may say that it is one, where the metric is a proportion', async () => {
  const change = { from: '2011-04', value: '85%', tolerance: '0.5%', ...WHO };
  const { version } = await setStandard(store, authority, 'placement-stability', change, { by: BY, now: NOW });
  expect([version.value, version.tolerance]).toEqual([85, 0.5]);
  await expect(setStandard(store, authority, 'average-caseload', change, { by: BY, now: NOW })).rejects.toMatchObject({
    faults: [{ pointer: '#/value' }, { pointer: '#/tolerance' }],
  });
});
