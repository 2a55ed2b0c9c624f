import { expect, it } from 'vitest';
import { METHODS, scoreWorld, shortOf } from '../../bench/slipping.ts';
import { SLIPPING } from '../../bench/slipping-worlds.ts';

/** A few lives of each world: enough to see a rule that stopped working, and room for chance. */
const AUTHORITIES = 25;

it.each(
  SLIPPING.filter(({ name }) => /^relapse (80|70)|^backlog|^critical, then|^1,000|^stays below, 76/.test(name)).map(
    (world) => [world.name, world] as const,
  ),
)('%s', (_, world) => {
  const room = Object.fromEntries(Object.entries(world.reach).map(([name, most]) => [name, 1.5 * most + 0.05]));
  const service = METHODS['this service'];
  if (!service) throw new Error('there is no such method');
  expect(shortOf({ ...world, reach: room }, scoreWorld(world, service, AUTHORITIES, 2010))).toEqual([]);
});

it('tells what is not reached', () => {
  const [world] = SLIPPING;
  const nothing = { falseAYear: 1, mailsAYear: 1, delay: 1, missed: 1, falseClears: 0 };
  expect(world && shortOf(world, nothing)).toEqual([
    'false a year: 1.000, to reach 0.1',
    'missed: 1.000, to reach 0.1',
  ]);
});
