import { GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { acceptMonth } from '../../functions/services/accept.ts';
import { acceptMonths, readMonths } from '../../functions/services/accept-months.ts';
import { acknowledgeAlert, readAlerts } from '../../functions/services/alerts.ts';
import { correctMonth } from '../../functions/services/correct.ts';
import { figuresFile } from '../../functions/services/downloads.ts';
import { UnreadableItemError } from '../../functions/services/errors.ts';
import { type Evaluating, evaluateAuthority, listDue, rebuildBoard } from '../../functions/services/evaluate.ts';
import { loadInspection, requireMetrics } from '../../functions/services/inspections.ts';
import { readOverview } from '../../functions/services/record.ts';
import { setStandard } from '../../functions/services/standards.ts';
import { readBoard } from '../../functions/store/boards.ts';
import { dueMark } from '../../functions/store/due-marks.ts';
import {
  AUTHORITY_KEY,
  ackKey,
  authorityKey,
  BOARD_KEY,
  currentKey,
  inspectionKey,
  metricKey,
  noticeKey,
  progressKey,
  standardKey,
} from '../../functions/store/keys.ts';
import { readNotices } from '../../functions/store/notices.ts';
import { readMonth } from '../../functions/store/submissions.ts';
import { INSPECTION, intercepted, keepingLog, type Store, startStore } from '../support/store.ts';

const NOW = new Date('2011-10-05T09:00:00Z');
const BY = 'the test';

let store: Store;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.end());

let count = 0;
let authority: string;
let log: ReturnType<typeof keepingLog>;
let evaluating: Evaluating;
beforeEach(async () => {
  authority = `authority-${++count}`;
  await loadInspection(store, { ...INSPECTION, authority });
  log = keepingLog();
  evaluating = { database: store, smallNumbers: 'show', now: () => NOW, log };
});

const submit = async (period: string, number: number) => {
  const to = { database: store, now: NOW, by: BY, log: keepingLog() };
  const metrics = await requireMetrics(store, authority);
  const body = { submissions: [{ period, observations: { 'referral-backlog': { count: number } } }] };
  await acceptMonths(
    to,
    authority,
    { metrics: [...metrics.values()], months: readMonths(body, metrics, NOW) },
    'anything',
  );
};
const numbers = async () =>
  (await readNotices(store, authority, { limit: 10 })).notices.map(({ notice }) => notice.number);

describe('an evaluation', () => {
  test('writes the board and its notice, says what it judged, and leaves no mark that is due', async () => {
    await submit('2011-09', 9);
    expect(await listDue(store, NOW)).toContain(authority);
    const evaluated = await evaluateAuthority(authority, evaluating);
    expect(evaluated).toMatchObject({ before: undefined, board: { version: 1 }, notice: { number: 1 } });
    expect((await readBoard(store, authority)).board).toEqual(evaluated?.board);
    expect(log.lines).toEqual([
      { message: 'authority evaluated', fields: { authority, version: 1, judged: ['2011-09 r1'], notice: 1 } },
    ]);
    expect(await listDue(store, NOW)).not.toContain(authority);
    expect(await evaluateAuthority(authority, evaluating)).toBeUndefined();
    expect(await numbers()).toEqual([1]);
  });

  test('finds a mark that an earlier version left where those of all authorities were', async () => {
    await submit('2011-09', 9);
    const former = { ...dueMark(authority, NOW), due: { S: 'DUE' } };
    await store.client.send(new PutItemCommand({ TableName: store.tables.alerts, Item: former }));
    expect(await listDue(store, NOW)).toContain(authority);
    await evaluateAuthority(authority, evaluating);
    expect(await listDue(store, NOW)).not.toContain(authority);
  });

  test('looks again where the record changed while it judged', async () => {
    await submit('2011-09', 0);
    let overtaken = 0;
    const database = intercepted(store, async (command) => {
      if (command === 'TransactWriteItems' && overtaken++ === 0) await submit('2011-09', 9);
    });
    const evaluated = await evaluateAuthority(authority, { ...evaluating, database });
    expect([overtaken, evaluated?.board.judged]).toEqual([2, { '2011-09': 2 }]);
    expect(evaluated?.board.alerts['referral-backlog']?.state).toBe('raised');
    expect(log.lines).toHaveLength(1);
  });

  /** `now` is asked for in the midst of judging: a loop without end there is one of judging itself. */
  const forEver = (): Date => {
    for (;;);
  };

  test('that never ends is broken off, set aside until something changes, and tried again hours later', async () => {
    await submit('2011-08', 0);
    await evaluateAuthority(authority, evaluating);
    await submit('2011-09', 9);
    let asked = 0;
    const now = () => (asked++ === 0 ? forEver() : NOW);
    await expect(evaluateAuthority(authority, { ...evaluating, now, longestMs: 50 })).rejects.toThrow(
      `${authority} was set aside: TooLongError: not finished after 0.05 s`,
    );
    const { board, setAside } = await readBoard(store, authority);
    expect([board?.latestPeriod, setAside]).toEqual(['2011-08', { at: NOW.toISOString(), reason: 'too-long' }]);
    expect(await listDue(store, NOW)).not.toContain(authority);
    expect(await listDue(store, new Date(NOW.getTime() + 6 * 60 * 60 * 1000))).toContain(authority);

    await submit('2011-09', 8);
    expect((await readBoard(store, authority)).setAside).toBeUndefined();
    expect(await listDue(store, NOW)).toContain(authority);
    expect((await evaluateAuthority(authority, evaluating))?.board.judged).toEqual({ '2011-08': 1, '2011-09': 2 });
  });

  describe('of a record with an item that cannot be read', () => {
    const [submissions, baselines, alerts] = ['submissions', 'baselines', 'alerts'] as const;
    const spoil = async (table: 'submissions' | 'baselines' | 'alerts', sk: string, data = '{"period": tru') => {
      const Key = { pk: { S: authorityKey(authority) }, sk: { S: sk } };
      const { Item } = await store.client.send(new GetItemCommand({ TableName: store.tables[table], Key }));
      const put = (S: string) =>
        store.client.send(
          new PutItemCommand({ TableName: store.tables[table], Item: { ...Key, ...Item, data: { S } } }),
        );
      await put(data);
      // A process that has parsed what is loaded goes by its fingerprint.
      await store.client.send(
        new UpdateItemCommand({
          TableName: store.tables.baselines,
          Key: { pk: { S: authorityKey(authority) }, sk: { S: AUTHORITY_KEY } },
          UpdateExpression: 'SET fingerprint = :other',
          ExpressionAttributeValues: { ':other': { S: `of ${sk}` } },
        }),
      );
      return () => put(Item?.data?.S ?? '');
    };

    test('judges the rest, holds what stood, names the item, stays due, and is whole again once it can be read', async () => {
      await submit('2011-07', 9);
      await evaluateAuthority(authority, evaluating);
      const mend = await spoil(submissions, currentKey('2011-07'));
      const named = `${authority} was judged without what cannot be read: UnreadableItemError: cannot be read: submissions CURRENT#2011-07 (the figures of July 2011): it is not JSON`;
      await expect(evaluateAuthority(authority, evaluating)).rejects.toThrow(named);
      const held = await readBoard(store, authority);
      expect(held.setAside).toEqual({ at: NOW.toISOString(), reason: 'incomplete' });
      expect(held.board?.alerts['referral-backlog']?.state).toBe('raised');
      expect(await listDue(store, NOW)).toContain(authority);
      expect((await readAlerts(store, authority)).board?.alerts).toHaveProperty('referral-backlog');
      expect((await readOverview(store, authority, 5, NOW)).unreadable).toMatchObject([
        { kind: 'month', of: '2011-07' },
      ]);

      // What comes in later is judged, and ends what was held once it is enough to say so.
      for (const [period, state] of [
        ['2011-08', 'raised'],
        ['2011-09', undefined],
      ] as const) {
        await submit(period, 0);
        await expect(evaluateAuthority(authority, evaluating)).rejects.toThrow(named);
        const { board } = await readBoard(store, authority);
        expect([board?.latestPeriod, board?.alerts['referral-backlog']?.state]).toEqual([period, state]);
      }
      expect((await rebuildBoard(authority, evaluating, false)).unreadable).toMatchObject([{ key: 'CURRENT#2011-07' }]);

      await mend();
      await evaluateAuthority(authority, evaluating);
      expect((await readBoard(store, authority)).setAside).toBeUndefined();
      expect((await readOverview(store, authority, 5, NOW)).unreadable).toEqual([]);
    });

    test('adds nothing to a month that cannot be read, and takes the whole of it anew', async () => {
      await submit('2011-08', 9);
      await spoil(submissions, currentKey('2011-08'), '{"observations": {"referral-backlog": {"count": "nine"}}}');
      await expect(submit('2011-08', 0)).rejects.toThrow(
        '2011-08 is stored and cannot be read; send the whole of it anew',
      );
      const to = { database: store, by: 'the test', now: NOW, log: keepingLog() };
      const correct = correctMonth(
        to,
        authority,
        '2011-08',
        { observations: { 'referral-backlog': { count: 0 } } },
        [1],
      );
      await expect(correct).rejects.toThrow('2011-08 is stored and cannot be read');
      await expect(figuresFile(store, authority, {}, 'csv')).rejects.toMatchObject({
        faults: [{ detail: expect.stringMatching(/^2011-08 is stored and cannot be read/) }],
      });
      await acceptMonth(to, authority, '2011-08', { observations: { 'referral-backlog': { count: 0 } } }, [1]);
      expect(await readMonth(store, authority, '2011-08')).toMatchObject({
        revision: 2,
        observations: { 'referral-backlog': { count: 0 } },
      });
      await evaluateAuthority(authority, evaluating);
    });

    test.each([
      ['a standard', baselines, standardKey('referral-backlog', 1), 'standard'],
      ['a definition', baselines, metricKey('referral-backlog'), 'metric'],
      ["an action's progress", baselines, progressKey(INSPECTION.id, 'A1', 1), 'progress'],
      ['an acknowledgement', alerts, ackKey('referral-backlog'), 'acknowledgement'],
      ['a notice', alerts, noticeKey(1), 'notice'],
      ["the authority's name", baselines, AUTHORITY_KEY, 'authority'],
    ] as const)('serves everything but %s, and mails no change that rests on it', async (_, table, sk, kind) => {
      await submit('2011-08', 9);
      await evaluateAuthority(authority, evaluating);
      const set = { value: 20, from: '2011-01', reason: 'tried', author: 'test' };
      if (kind === 'standard') await spoil(table, sk, JSON.stringify({ ...set, metric: 5 }));
      else await spoil(table, sk);
      if (kind === 'notice') await evaluateAuthority(authority, evaluating);
      else await expect(evaluateAuthority(authority, evaluating)).rejects.toThrow(`${table} ${sk} (`);
      const { unreadable, board, months } = await readOverview(store, authority, 5, NOW);
      expect(unreadable).toMatchObject([{ table, key: sk, kind }]);
      expect(months).toHaveLength(1);
      expect(board?.alerts).toHaveProperty('referral-backlog');
      expect((await readBoard(store, authority)).board?.lastNotice).toBe(1);
      if (kind !== 'standard') return;
      // The next version takes the next number, and counts.
      const { version } = await setStandard(store, authority, 'referral-backlog', set, { by: 'the test', now: NOW });
      expect(version.version).toBe(2);
      await expect(evaluateAuthority(authority, evaluating)).rejects.toThrow(sk);
      expect((await readBoard(store, authority)).board?.standards).toEqual({ 'referral-backlog': 2 });
    });

    test('is not judged without its inspection or its board, and serves the rest', async () => {
      await submit('2011-08', 9);
      await evaluateAuthority(authority, evaluating);
      const mend = await spoil(alerts, BOARD_KEY);
      await expect(evaluateAuthority(authority, evaluating)).rejects.toThrow(
        `set aside: UnreadableItemError: cannot be read: alerts BOARD`,
      );
      expect(await readOverview(store, authority, 5, NOW)).toMatchObject({
        board: undefined,
        setAside: { reason: 'failed' },
        unreadable: [{ kind: 'board' }],
      });
      await mend();
      await spoil(baselines, inspectionKey(INSPECTION.id));
      await expect(evaluateAuthority(authority, evaluating)).rejects.toThrow(`baselines INSPECTION#${INSPECTION.id}`);
      await expect(readOverview(store, authority, 5, NOW)).rejects.toThrow(UnreadableItemError);
    });
  });

  test('that AWS did not answer sets nobody aside', async () => {
    await submit('2011-09', 9);
    const database = intercepted(store, async (command) => {
      if (command === 'TransactWriteItems') throw Object.assign(new Error('slow down'), { $metadata: {} });
    });
    await expect(evaluateAuthority(authority, { ...evaluating, database })).rejects.toThrow('slow down');
    expect((await readBoard(store, authority)).setAside).toBeUndefined();
  });

  test('of an authority without an inspection writes nothing and says so', async () => {
    expect(await evaluateAuthority('atlantis', evaluating)).toBeUndefined();
    expect(log.lines).toEqual([{ message: 'no inspection is loaded', fields: { authority: 'atlantis' } }]);
  });
});

describe('a rebuild', () => {
  const damage = (data: string) =>
    store.client.send(
      new PutItemCommand({
        TableName: store.tables.alerts,
        Item: { pk: { S: authorityKey(authority) }, sk: { S: BOARD_KEY }, version: { N: '7' }, data: { S: data } },
      }),
    );

  test('of a board that nobody can read goes on from its number and from the notices, with who has what in hand', async () => {
    await submit('2011-09', 9);
    const good = await evaluateAuthority(authority, evaluating);
    await acknowledgeAlert(
      store,
      authority,
      'referral-backlog',
      { author: 'A. Jones', note: 'Screeners' },
      { by: BY, now: NOW },
    );
    await damage('{"authority": "auth');
    const shown = await rebuildBoard(authority, evaluating, false);
    expect(shown).toMatchObject({ stored: undefined, board: { version: 8, lastNotice: 2 }, notice: { number: 2 } });
    expect(shown.board?.alerts['referral-backlog']?.acknowledgement).toMatchObject({ author: 'A. Jones' });
    expect(await numbers()).toEqual([1]);
    expect(await rebuildBoard(authority, evaluating, true)).toEqual(shown);
    expect((await readBoard(store, authority)).board).toEqual(shown.board);
    expect(Object.keys(shown.board?.alerts ?? {})).toEqual(Object.keys(good?.board.alerts ?? {}));
    expect(await numbers()).toEqual([2, 1]);
    expect(await rebuildBoard(authority, evaluating, true)).toEqual({ stored: shown.board, unreadable: [] });
  });

  test('is worked out again where somebody wrote the board meanwhile', async () => {
    await submit('2011-09', 9);
    await evaluateAuthority(authority, evaluating);
    await damage('{');
    let writes = 0;
    const database = intercepted(store, async (command) => {
      if (command === 'TransactWriteItems' && writes++ === 0) await damage('{"other": "nonsense"}');
    });
    const rebuilt = await rebuildBoard(authority, { ...evaluating, database }, true);
    expect([writes, (await readBoard(store, authority)).board]).toEqual([2, rebuilt.board]);
  });

  test('is of a known authority', async () => {
    await expect(rebuildBoard('atlantis', evaluating, true)).rejects.toMatchObject({ reason: 'unknown-authority' });
  });
});
