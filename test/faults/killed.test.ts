import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Intercept } from '../../lib/local/gateway.ts';
import { startWorld, verify, type World } from './world.ts';

/**
 * A function is killed at every point between two effects: before and after each of its calls of DynamoDB and SNS in
 * a story that goes through all of them. What comes of it must be what comes of the story undisturbed.
 */

interface Point {
  readonly functionId: string;
  readonly operation: string;
  /** Counts this function's calls of this operation, from 1. */
  readonly nth: number;
}

const world: World = await startWorld();
afterAll(() => world.remove());

/** A good month, a bad one that raises an alert, a correction that withdraws it, and an hourly run. */
async function story(authority: string): Promise<ReturnType<typeof verify>> {
  const { instance } = world;
  await world.load(authority);
  const accepted = [];
  for (const [period, numerator] of [
    ['2011-03', 45],
    ['2011-04', 20],
    ['2011-04', 46],
  ] as const) {
    accepted.push(await world.submit(authority, period, numerator, 50));
    await instance.idle();
  }
  await instance.runSchedules();
  await instance.idle();
  return verify(world, authority, accepted);
}

/** Counts calls, and tells of each what it is before it is made. */
function counted(tell: (point: Point, forward: () => ReturnType<Intercept>) => ReturnType<Intercept>): Intercept {
  const counts = new Map<string, number>();
  return (call, forward) => {
    const key = `${call.functionId} ${call.operation}`;
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    return tell({ functionId: call.functionId, operation: call.operation, nth }, forward);
  };
}

// Told twice: the first time workers start and read what they remember afterwards.
await story('warm-up');
const points: Point[] = [];
world.fault = counted((point, forward) => {
  points.push(point);
  return forward();
});
const undisturbed = await story('undisturbed');
world.fault = undefined;

const short = (functionId: string): string => functionId.replace(/Function[0-9A-F]{8}$/, '').toLowerCase();
const cases = points.flatMap((point) =>
  (['before', 'after'] as const).map((side) => ({
    title: `${short(point.functionId)} ${side} ${point.operation} ${point.nth}`,
    side,
    ...point,
  })),
);

beforeAll(() => console.log(`${cases.length} points at which a function is killed`));

describe('killed', () => {
  test('somewhere in each function, with both alerts told of: the story reaches them all', () => {
    expect(new Set(points.map(({ functionId }) => short(functionId)))).toEqual(
      new Set(['submit', 'evaluate', 'notify']),
    );
    expect(undisturbed.flatMap(({ transitions }) => transitions.map(({ transition }) => transition))).toEqual([
      'raised',
      'withdrawn',
    ]);
    expect([...world.published.values()]).toEqual([1, 1, 1, 1]);
  });

  test.each(cases)('$title', async ({ functionId, operation, nth, side }) => {
    const authority = `case-${cases.findIndex((each) => each.functionId === functionId && each.operation === operation && each.nth === nth && each.side === side)}`;
    let killed = false;
    world.fault = counted(async (point, forward) => {
      if (killed || point.functionId !== functionId || point.operation !== operation || point.nth !== nth)
        return forward();
      killed = true;
      if (side === 'after') await forward();
      world.instance.kill(functionId);
      throw new Error('the function is gone');
    });
    const notices = await story(authority);
    world.fault = undefined;
    expect(killed, 'the point was reached').toBe(true);
    expect(notices).toEqual(undisturbed);
    expect(await world.deadLetters()).toEqual({});

    // Sent, and killed before that was recorded: the one thing that is done twice.
    const between = (operation === 'Publish' && side === 'after') || (operation === 'UpdateItem' && side === 'before');
    const times = notices.map(({ number }) => world.published.get(`${authority} ${number}`) ?? 0);
    expect(times).toEqual(notices.map((_, index) => (between && index + 1 === nth ? 2 : 1)));
  });
});
