import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { acceptMonths, readMonths } from '../../functions/services/accept-months.ts';
import { acknowledgeAlert } from '../../functions/services/alerts.ts';
import { type Evaluating, evaluateAuthority, listDue, rebuildBoard } from '../../functions/services/evaluate.ts';
import { loadInspection, requireMetrics } from '../../functions/services/inspections.ts';
import { readBoard } from '../../functions/store/boards.ts';
import { authorityKey, BOARD_KEY, currentKey } from '../../functions/store/keys.ts';
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
  await acceptMonths(to, authority, readMonths(body, metrics, NOW), 'anything');
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

  test('of a record that cannot be read is set aside, stays due, and is taken back in by the first that succeeds', async () => {
    await submit('2011-09', 9);
    const Item = (data: string) => ({
      pk: { S: authorityKey(authority) },
      sk: { S: currentKey('2011-09') },
      data: { S: data },
    });
    const put = (data: string) =>
      store.client.send(new PutItemCommand({ TableName: store.tables.submissions, Item: Item(data) }));
    const month = await readMonth(store, authority, '2011-09');
    await put('{"period": tru');
    await expect(evaluateAuthority(authority, evaluating)).rejects.toThrow(`${authority} was set aside: SyntaxError`);
    expect((await readBoard(store, authority)).setAside).toEqual({ at: NOW.toISOString(), reason: 'failed' });
    expect(await listDue(store, NOW)).toContain(authority);

    await put(JSON.stringify(month));
    await evaluateAuthority(authority, evaluating);
    expect((await readBoard(store, authority)).setAside).toBeUndefined();
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
    expect(await rebuildBoard(authority, evaluating, true)).toEqual({ stored: shown.board });
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
