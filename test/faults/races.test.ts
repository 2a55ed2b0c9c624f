import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Month } from '../../functions/domain/submission.ts';
import { BoardChangedError, readBoard, saveBoard } from '../../functions/store/boards.ts';
import { readMonth, saveMonths } from '../../functions/store/submissions.ts';
import { functionOf, METRIC, startWorld, verify, type World } from './world.ts';

/** Two at once: evaluations of one authority, revisions of one month, and clocks that disagree. */

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.remove());

const evaluate = (authority: string) =>
  world.instance.invoke(functionOf(world, 'Evaluate'), {
    Records: [
      { dynamodb: { Keys: { pk: { S: `AUTHORITY#${authority}` }, sk: { S: 'CURRENT#' } }, SequenceNumber: '1' } },
    ],
  });
const submission = (numerator: number) => ({
  status: 'final' as const,
  observations: { [METRIC]: { numerator, denominator: 50 } },
});

/** With March in, nothing is late on the world's clock: all that changes is what the figures say. */
describe('evaluations of one authority at once', () => {
  test.each(Array.from({ length: 10 }, (_, round) => round))(
    'eight of them, and the stream beside: one notice for each change (round %i)',
    async (round) => {
      const authority = `race-${round}`;
      await world.load(authority);
      const good = await world.submit(authority, '2011-03', 45, 50);
      const bad = await world.submit(authority, '2011-04', 20, 50);
      await Promise.all(Array.from({ length: 8 }, () => evaluate(authority)));
      await world.instance.idle();
      const notices = await verify(world, authority, [good, bad]);
      expect(notices.flatMap(({ transitions }) => transitions.map(({ transition }) => transition))).toEqual(['raised']);
      expect(world.published.get(`${authority} 1`)).toBe(1);
    },
  );

  test('the one that read first and writes last does not win over what it never saw', async () => {
    await world.load('stale');
    const first = await world.submit('stale', '2011-03', 45, 50);
    await world.instance.idle();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: held, resolve: hold } = Promise.withResolvers<void>();
    let holding = false;
    world.fault = async (call, forward) => {
      if (!holding && call.operation === 'TransactWriteItems' && call.functionId.startsWith('Evaluate')) {
        holding = true;
        hold();
        await released;
      }
      return forward();
    };
    const second = await world.submit('stale', '2011-04', 20, 50);
    await held;
    const third = await world.submit('stale', '2011-04', 46, 50);
    await evaluate('stale');
    release();
    await world.instance.idle();
    world.fault = undefined;
    expect(await verify(world, 'stale', [first, second, third])).toEqual([]);
    expect((await readBoard(world.database, 'stale')).board?.judged).toEqual({ '2011-03': 1, '2011-04': 2 });
  });
});

describe('two revisions in the same millisecond', () => {
  test.each(Array.from({ length: 10 }, (_, round) => round))(
    'through the API: one is accepted, the other told to read again (round %i)',
    async (round) => {
      const authority = `twins-${round}`;
      await world.load(authority);
      await world.submit(authority, '2011-03', 45, 50);
      const put = (numerator: number) =>
        fetch(`${world.instance.api}/v1/authorities/${authority}/submissions/2011-03`, {
          method: 'PUT',
          headers: { authorization: `Bearer ${world.token}`, 'content-type': 'application/json', 'if-match': '"1"' },
          body: JSON.stringify(submission(numerator)),
        });
      const answers = await Promise.all([put(20), put(21)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
      const accepted = (await answers.find(({ ok }) => ok)?.json()) as Month;
      await world.instance.idle();
      await verify(world, authority, [accepted]);
    },
  );

  test('an evaluation that saw only the first does not take away the mark of the second', async () => {
    const { database } = world;
    const now = new Date('2011-05-06T09:30:00.000Z');
    await world.load('same-instant');
    const month = (revision: number, numerator: number) => ({
      ...submission(numerator),
      period: '2011-03',
      revision,
      submittedAt: now.toISOString(),
    });
    // While evaluate stands still, the test does its work, with a clock that stands still too.
    world.fault = async (call, forward) => {
      if (call.functionId.startsWith('Evaluate')) throw new Error('evaluate stands still');
      return forward();
    };
    await saveMonths(database, 'same-instant', [month(1, 45)], now);
    const read = await readBoard(database, 'same-instant');
    await saveMonths(database, 'same-instant', [month(2, 20)], now);
    const board = read.board;
    if (!board) throw new Error('the inspection was not judged');
    await expect(
      saveBoard(
        database,
        read,
        { ...board, version: board.version + 1, judged: { '2011-03': 1 } },
        undefined,
        undefined,
      ),
    ).rejects.toBeInstanceOf(BoardChangedError);
    expect((await readBoard(database, 'same-instant')).dueAt).toBe(now.toISOString());
    world.fault = undefined;
    await world.instance.idle();
    await world.instance.runSchedules();
    const current = await readMonth(database, 'same-instant', '2011-03');
    expect(current?.revision).toBe(2);
    if (current) await verify(world, 'same-instant', [current]);
  });
});

describe('the clock steps back', () => {
  test.each([
    ['a second', '2011-05-06T08:59:59Z'],
    ['an hour', '2011-05-06T08:00:00Z'],
    ['a day', '2011-05-05T09:00:00Z'],
    ['a month', '2011-04-06T09:00:00Z'],
  ])('by %s: boards are right, their times never go back', async (by, clock) => {
    const authority = `clock-${by.replaceAll(' ', '-')}`;
    await world.restart('2011-05-06T09:00:00Z');
    await world.load(authority);
    const first = await world.submit(authority, '2011-02', 20, 50);
    await world.instance.idle();
    const before = (await readBoard(world.database, authority)).board?.evaluatedAt ?? '';
    await world.restart(clock);
    const second = await world.submit(authority, '2011-02', 46, 50);
    const third = await world.submit(authority, '2011-03', 20, 50);
    await world.instance.idle();
    const after = (await readBoard(world.database, authority)).board?.evaluatedAt ?? '';
    expect(after >= before).toBe(true);
    await world.instance.runSchedules();
    await world.instance.idle();
    await verify(world, authority, [first, second, third]);
  });
});
