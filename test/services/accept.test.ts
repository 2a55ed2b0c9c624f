import { PutItemCommand, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MAX_PERIODS } from '../../functions/domain/period.ts';
import { type Accepting, acceptMonth, outcomeOf, retractMonth } from '../../functions/services/accept.ts';
import { acceptMonths, basisOf, compareMonths, readMonths, type Sent } from '../../functions/services/accept-months.ts';
import { loadInspection, requireMetrics } from '../../functions/services/inspections.ts';
import { itemOf } from '../../functions/store/database.ts';
import { authorityKey, currentKey, MAX_REVISION } from '../../functions/store/keys.ts';
import { readMonth, saveMonths } from '../../functions/store/submissions.ts';
import { INSPECTION, intercepted, keepingLog, type Store, startStore } from '../support/store.ts';

let store: Store;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.end());

const NOW = new Date('2011-10-15T09:00:00Z');
const BY = 'the test';
let count = 0;
/** Another authority for each test, so that none sees what another left. */
let authority: string;
let log: ReturnType<typeof keepingLog>;
let to: Accepting;
beforeEach(async () => {
  authority = `authority-${++count}`;
  await loadInspection(store, { ...INSPECTION, authority });
  log = keepingLog();
  to = { database: store, now: NOW, by: BY, log };
});

const backlog = (number: number) => ({ observations: { 'referral-backlog': { count: number } } });
const put = (period: string, number: number, expected?: readonly number[]) =>
  acceptMonth(to, authority, period, backlog(number), expected);
const sent = async (...months: [period: string, number: number][]): Promise<Sent> => {
  const metrics = await requireMetrics(store, authority);
  const submissions = months.map(([period, number]) => ({ period, ...backlog(number) }));
  return { metrics: [...metrics.values()], months: readMonths({ submissions }, metrics, NOW) };
};
const stored = async (period: string) => (await readMonth(store, authority, period))?.observations;
const accepted = () => log.lines.filter(({ message }) => message === 'months accepted').map(({ fields }) => fields);

/** A month as it is kept. */
const monthOf = (period: string, revision: number, number: number) => ({
  period,
  revision,
  submittedAt: NOW.toISOString(),
  by: BY,
  status: 'final' as const,
  ...backlog(number),
});

/** The service at a moment when somebody else has just written, each time before it writes itself. */
function overtaken(times: number, write: (time: number) => Promise<unknown>): Accepting {
  let left = times;
  const database = intercepted(store, async (command) => {
    if (command === 'TransactWriteItems' && left > 0) await write(times - left--);
  });
  return { database, now: NOW, by: BY, log };
}

describe('what is accepted', () => {
  test('is logged by authority, month and revision, whichever way it came, and nothing else is', async () => {
    await put('2011-07', 1);
    await put('2011-07', 1);
    await acceptMonths(to, authority, await sent(['2011-07', 1], ['2011-08', 2]), 'nothing');
    const months = await sent(['2011-08', 3]);
    const basis = basisOf(await compareMonths(store, authority, months, { now: NOW }));
    await acceptMonths(to, authority, months, { basis });
    await retractMonth(to, authority, '2011-07', 'any');
    await expect(put('2011-08', 9)).rejects.toThrow('already submitted');
    expect(accepted()).toEqual([
      { authority, months: ['2011-07 r1'] },
      { authority, months: ['2011-08 r1'] },
      { authority, months: ['2011-08 r2'] },
      { authority, months: ['2011-07 r2'] },
    ]);
  });

  test('comes with what became of it, and what it took the place of', async () => {
    expect(await put('2011-08', 1)).toMatchObject({ outcome: 'accepted', before: undefined, changes: [] });
    expect(await put('2011-08', 1)).toMatchObject({ outcome: 'unchanged', month: { revision: 1 } });
    expect(await put('2011-08', 2, [1])).toMatchObject({
      outcome: 'revised',
      month: { revision: 2 },
      before: { revision: 1 },
      changes: [{ pointer: '#/observations/referral-backlog', before: { count: 1 }, after: { count: 2 } }],
    });
  });
});

describe('a month', () => {
  test('is changed by who names its revision, and nobody else', async () => {
    await put('2011-08', 1);
    await expect(put('2011-08', 2)).rejects.toMatchObject({ reason: 'revision-needed', current: { revision: 1 } });
    await expect(put('2011-08', 2, [2])).rejects.toMatchObject({ reason: 'revision-stale', current: { revision: 1 } });
    await expect(put('2011-07', 2, [1])).rejects.toMatchObject({ reason: 'revision-stale', current: undefined });
    expect(await put('2011-08', 2, [7, 1])).toMatchObject({ month: { revision: 2 } });
    expect(await acceptMonth(to, authority, '2011-08', backlog(3), 'any')).toMatchObject({ month: { revision: 3 } });
  });

  test('of an unknown authority is refused with all else that is wrong, without a look at what cannot be one', async () => {
    const commands: string[] = [];
    const database = intercepted(store, (command) => void commands.push(command));
    for (const unknown of ['atlantis', '../x', 'a'.repeat(3000)]) {
      const work = acceptMonth({ ...to, database }, unknown, '2011-13', { observations: {} }, undefined);
      await expect(work).rejects.toMatchObject({
        reason: 'unknown-authority',
        faults: [{ parameter: 'authority' }, { parameter: 'period' }, { pointer: '#/observations' }],
      });
    }
    // Of the one that could be: as it was a moment ago, as it is, and as an earlier version kept it.
    expect(commands).toEqual(['GetItem', 'GetItem', 'GetItem']);
  });

  test('that somebody else submitted at the same moment is told from what stands then', async () => {
    to = overtaken(1, () => saveMonths(store, authority, [monthOf('2011-08', 1, 5)], NOW));
    expect(await put('2011-08', 5)).toMatchObject({ outcome: 'unchanged', month: { revision: 1 } });
    to = overtaken(1, () => saveMonths(store, authority, [monthOf('2011-07', 1, 5)], NOW));
    await expect(put('2011-07', 6)).rejects.toMatchObject({ reason: 'revision-needed', current: { revision: 1 } });
    expect(await stored('2011-07')).toEqual({ 'referral-backlog': { count: 5 } });
  });
});

describe('many months', () => {
  test('change what is there only where that is meant', async () => {
    await put('2011-07', 1);
    const months = await sent(['2011-07', 2], ['2011-08', 2]);
    await expect(acceptMonths(to, authority, months, 'nothing')).rejects.toMatchObject({
      reason: 'would-change',
      periods: ['2011-07'],
      faults: [{ pointer: '#/submissions/0/observations/referral-backlog' }],
    });
    expect(await stored('2011-08')).toBeUndefined();
    const outcomes = (await acceptMonths(to, authority, months, 'anything')).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['revised', 'accepted']);
  });

  test('that were looked at are accepted on that basis, and not after somebody else changed it', async () => {
    await put('2011-07', 1);
    const months = await sent(['2011-07', 2], ['2011-08', 2]);
    const basis = basisOf(await compareMonths(store, authority, months, { now: NOW }));
    await put('2011-07', 3, [1]);
    const work = acceptMonths(to, authority, months, { basis });
    await expect(work).rejects.toMatchObject({ name: 'BasisChangedError', reason: 'conflict' });
    await expect(acceptMonths(to, authority, months, { basis: undefined })).rejects.toThrow('check them again');
    expect(await stored('2011-08')).toBeUndefined();
  });

  test('that somebody else overtakes while they are stored are not accepted on the basis of before', async () => {
    await put('2011-07', 1);
    const months = await sent(['2011-07', 2]);
    const basis = basisOf(await compareMonths(store, authority, months, { now: NOW }));
    to = overtaken(1, () => saveMonths(store, authority, [monthOf('2011-07', 2, 9)], NOW));
    await expect(acceptMonths(to, authority, months, { basis })).rejects.toMatchObject({ name: 'BasisChangedError' });
    expect(await stored('2011-07')).toEqual({ 'referral-backlog': { count: 9 } });
  });

  test('sent again because no answer came are answered now, whatever they were based on', async () => {
    const months = await sent(['2011-07', 2], ['2011-08', 2]);
    const basis = basisOf(await compareMonths(store, authority, months, { now: NOW }));
    await acceptMonths(to, authority, months, { basis });
    const again = await acceptMonths(to, authority, months, { basis });
    expect(again.map(({ outcome, month }) => [outcome, month.revision])).toEqual([
      ['unchanged', 1],
      ['unchanged', 1],
    ]);
    expect(accepted()).toHaveLength(1);
  });

  test('that others overtake every time are given up, and nothing of them is stored', async () => {
    await put('2011-07', 100);
    to = overtaken(Number.POSITIVE_INFINITY, async () => {
      const { revision = 0 } = (await readMonth(store, authority, '2011-07')) ?? {};
      await saveMonths(store, authority, [monthOf('2011-07', revision + 1, revision)], NOW);
    });
    const work = acceptMonths(to, authority, await sent(['2011-07', 200], ['2011-08', 200]), 'anything');
    await expect(work).rejects.toMatchObject({
      reason: 'conflict',
      message: '2011-07 was revised by somebody else meanwhile; read it again',
    });
    expect(await stored('2011-08')).toBeUndefined();
  });
});

describe('the record', () => {
  test(`holds ${MAX_PERIODS} months; changes of those go on`, async () => {
    const late = { ...to, now: new Date('2035-06-15') };
    const periods = Array.from({ length: MAX_PERIODS }, (_, index) => {
      const year = 2000 + Math.floor(index / 12);
      return `${year}-${String((index % 12) + 1).padStart(2, '0')}`;
    });
    for (let start = 0; start < periods.length; start += 40) {
      const months = periods.slice(start, start + 40).map((period) => monthOf(period, 1, 0));
      await saveMonths(store, authority, months, NOW);
    }
    const one = acceptMonth(late, authority, '2030-01', backlog(1), undefined);
    await expect(one).rejects.toMatchObject({ name: 'RecordFullError', reason: 'conflict' });
    const metrics = await requireMetrics(store, authority);
    const body = { submissions: [{ period: '2030-01', ...backlog(1) }] };
    const many = acceptMonths(
      late,
      authority,
      { metrics: [...metrics.values()], months: readMonths(body, metrics, late.now) },
      'anything',
    );
    await expect(many).rejects.toMatchObject({ name: 'RecordFullError' });
    expect(await acceptMonth(late, authority, '2029-12', backlog(1), [1])).toMatchObject({ outcome: 'revised' });
  });

  test(`holds ${MAX_REVISION} revisions of a month`, async () => {
    const last = monthOf('2011-07', MAX_REVISION, 1);
    // Only the current figures matter for this: a month need not have been revised 9998 times.
    const Item = itemOf(authorityKey(authority), currentKey('2011-07'), last, { revision: { N: `${MAX_REVISION}` } });
    await store.client.send(new PutItemCommand({ TableName: store.tables.submissions, Item }));
    await expect(put('2011-07', 2, [MAX_REVISION])).rejects.toMatchObject({
      name: 'MaxRevisionsError',
      reason: 'conflict',
    });
  });
});

describe('a month taken back', () => {
  test('stays as it is when it is taken back again, and needs the revision that is meant', async () => {
    await put('2011-07', 1);
    await expect(retractMonth(to, authority, '2011-07', undefined)).rejects.toMatchObject({
      reason: 'revision-needed',
    });
    await expect(retractMonth(to, authority, '2011-07', [2])).rejects.toMatchObject({ reason: 'revision-stale' });
    expect(await retractMonth(to, authority, '2011-07', [1])).toMatchObject({
      outcome: 'revised',
      month: { revision: 2, retracted: true, observations: {} },
    });
    expect(await retractMonth(to, authority, '2011-07', [2])).toMatchObject({
      outcome: 'unchanged',
      month: { revision: 2 },
    });
  });

  test('is one that was submitted', async () => {
    for (const period of ['2011-06', 'last month', 'x'.repeat(3000)]) {
      const work = retractMonth(to, authority, period, 'any');
      await expect(work).rejects.toMatchObject({ reason: 'not-found', what: 'month' });
    }
  });
});

describe('where others write the same at the same time', () => {
  /** The service at a moment when so many transactions collide with others'. */
  const colliding = (times: number): Accepting & { readonly tries: () => number } => {
    let tries = 0;
    const database = intercepted(store, (command) => {
      if (command !== 'TransactWriteItems') return;
      tries += 1;
      if (tries > times) return;
      const CancellationReasons = [{ Code: 'None' }, { Code: 'None' }, { Code: 'TransactionConflict' }];
      throw new TransactionCanceledException({ message: 'cancelled', $metadata: {}, CancellationReasons });
    });
    return { database, now: NOW, by: BY, log, tries: () => tries };
  };

  test('it is tried again for seconds', async () => {
    const busy = colliding(15);
    expect((await acceptMonth(busy, authority, '2011-08', backlog(1), undefined)).outcome).toBe('accepted');
    expect(busy.tries()).toBe(16);
    expect(await stored('2011-08')).toEqual({ 'referral-backlog': { count: 1 } });
  });

  test('whoever is never let in is told to send it again', async () => {
    const { database } = colliding(Number.POSITIVE_INFINITY);
    await expect(saveMonths(database, authority, [monthOf('2011-08', 1, 1)], NOW)).rejects.toThrow(
      /^too many others .* nothing was stored: .* send it again$/,
    );
    expect(await stored('2011-08')).toBeUndefined();
  });
});

describe('what one month comes to', () => {
  const period = '2011-07';
  const before = { ...monthOf(period, 3, 4), leftOut: { visits: { count: 2 } }, confirmed: ['referral-backlog'] };
  const becomes = (observations: object, said?: Parameters<typeof outcomeOf>[3], current = before) =>
    outcomeOf(
      { period, submission: { status: 'final', observations: observations as never } },
      current,
      { by: BY, now: NOW },
      said,
    );
  const { observations } = backlog(4);

  test('is nothing where it says what is there, and was said before', () => {
    expect(becomes(observations)).toEqual({ outcome: 'unchanged', month: before, before, changes: [] });
    expect(becomes(observations, { confirmed: ['referral-backlog'] }).outcome).toBe('unchanged');
    expect(becomes(observations, { withdrawn: ['elsewhere'] }).outcome).toBe('unchanged');
  });

  test('is the next revision, with what it leaves out and what is right still', () => {
    expect(becomes({ other: { count: 1 } })).toEqual({
      outcome: 'revised',
      month: {
        ...{ ...monthOf(period, 4, 4), observations: { other: { count: 1 } } },
        leftOut: { visits: { count: 2 }, 'referral-backlog': { count: 4 } },
      },
      before,
      changes: [
        { pointer: '#/observations/other', after: { count: 1 } },
        { pointer: '#/observations/referral-backlog', before: { count: 4 } },
      ],
    });
    expect(becomes({ ...observations, other: { count: 1 } }).month.confirmed).toEqual(['referral-backlog']);
    expect(becomes({ other: { count: 1 } }, { confirmed: ['other'] }).month.confirmed).toEqual(['other']);
    const plain = { ...monthOf(period, 3, 4) } as typeof before;
    expect(becomes(observations, { confirmed: ['referral-backlog'] }, plain).outcome).toBe('revised');
    expect(becomes(backlog(5).observations, {}, plain).month).toEqual(monthOf(period, 4, 5));
  });

  test('is a revision where what was left out before is said to have been wrong', () => {
    const { outcome, month, changes } = becomes(observations, { withdrawn: ['visits'] });
    expect([outcome, month.revision]).toEqual(['revised', 4]);
    expect(month).not.toHaveProperty('leftOut');
    expect(changes).toEqual([{ pointer: '#/observations/visits', before: { count: 2 } }]);
  });

  test('is the first, or one after it was taken back', () => {
    const first = outcomeOf({ period, submission: { status: 'final', observations } }, undefined, { by: BY, now: NOW });
    expect(first).toEqual({ outcome: 'accepted', month: monthOf(period, 1, 4), before: undefined, changes: [] });
    const back = { ...monthOf(period, 3, 4), retracted: true } as unknown as typeof before;
    expect(becomes(observations, {}, back)).toMatchObject({ outcome: 'revised', month: monthOf(period, 4, 4) });
    const last = (revision: number) => becomes(backlog(5).observations, {}, { ...before, revision });
    expect(last(MAX_REVISION - 1).month.revision).toBe(MAX_REVISION);
    expect(() => last(MAX_REVISION)).toThrow(`${period} was revised ${MAX_REVISION} times, the most there can be`);
  });
});
