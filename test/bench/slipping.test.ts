import { describe, expect, it } from 'vitest';
import { CONDITIONS, live, SHIPPED, scoreInbox } from '../../bench/inbox.ts';
import { METHODS, THE_SERVICE } from '../../bench/methods.ts';
import { seededRandom } from '../../bench/signal-worlds.ts';
import { scoreWorld, shortOf } from '../../bench/slipping.ts';
import { SLIPPING } from '../../bench/slipping-worlds.ts';
import { acknowledge, type Board } from '../../functions/domain/board.ts';
import { reconcile } from '../../functions/domain/reconcile.ts';
import { aRecord, month, reported } from '../support/build.ts';

/** A few lives of each world: enough to see a rule that stopped working, and room for chance. */
const AUTHORITIES = 25;
const service = METHODS[THE_SERVICE] as NonNullable<(typeof METHODS)[string]>;

it.each(
  SLIPPING.filter(({ name }) => /^relapse (80|70)|^backlog|^critical, then|^1,000|^stays below, 76/.test(name)).map(
    (world) => [world.name, world] as const,
  ),
)('%s', (_, world) => {
  const room = Object.fromEntries(Object.entries(world.reach).map(([name, most]) => [name, 1.5 * most + 0.05]));
  expect(shortOf(room, scoreWorld(world, service, AUTHORITIES, 2010))).toEqual([]);
});

it('tells what is not reached', () => {
  const nothing = { falseAYear: 1, mailsAYear: 1, delay: 1, missed: 1, falseClears: 0 };
  expect(shortOf({ falseAYear: 0.1, missed: 0.1, delay: 6 }, nothing)).toEqual([
    'false a year: 1.000, to reach 0.1',
    'missed: 1.000, to reach 0.1',
  ]);
});

describe('the inbox of the shipped metrics', () => {
  it.each(CONDITIONS)('$name', (condition) => {
    const room = {
      ...condition.reach,
      missed: 0.5,
      mailsAYear: 1.8 * (condition.reach.mailsAYear ?? 10),
      falseClears: 0.2,
    };
    expect(shortOf({ ...room, falseAYear: 1.2 }, scoreInbox(condition, service, 4, 2010))).toEqual([]);
  });

  it('has the e-mails that reconcile would send, month by month', () => {
    const random = seededRandom(7);
    const levelOf = CONDITIONS[2]?.levelOf as (typeof CONDITIONS)[number]['levelOf'];
    const watched = SHIPPED.map((metric) => ({ metric, observations: live(metric, random, [[30, levelOf(metric)]]) }));
    const told = service(watched);
    const periods = [
      ...new Set(watched.flatMap(({ observations }) => observations.map(({ period }) => period))),
    ].sort();
    const months = periods.map((period) =>
      month(
        period,
        Object.fromEntries(
          watched.flatMap(({ metric, observations }) => {
            const found = observations.find((each) => each.period === period);
            if (!found) return [];
            const { numerator, denominator = 0, value } = found;
            return [[metric.id, reported(metric, numerator === undefined ? value : [numerator, denominator])] as const];
          }),
        ),
      ),
    );
    let board: Board | undefined;
    const mailed: string[] = [];
    for (let i = 1; i <= months.length; i++) {
      const now = new Date(`${periods[i - 1]}-28`);
      const acknowledgements = Object.keys(board?.alerts ?? {}).flatMap(
        (id) => acknowledge(board, id, { author: 'A. Head', note: 'in hand' }, now) ?? [],
      );
      const record = aRecord({ metrics: SHIPPED, months: months.slice(0, i), acknowledgements });
      const { notice, ...result } = reconcile(board, record, [], now, 'show');
      board = result.board ?? board;
      if (notice && notice.level !== 'watch') mailed.push(periods[i - 1] as string);
    }
    expect([...new Set(told.flatMap(({ mails }) => mails))].sort()).toEqual(mailed);
    expect(mailed.length).toBeGreaterThan(3);
  });
});
