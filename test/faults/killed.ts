import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readBoard } from '../../functions/store/boards.ts';
import type { Intercept } from '../../local/gateway.ts';
import { STORIES, type Story } from './stories.ts';
import { startWorld, verify } from './world.ts';

/**
 * A function is killed at every point between two effects: before and after each of its calls of DynamoDB and SNS in
 * the stories that go through all of them. What comes of it must be what comes of the story undisturbed. `killed-before.test.ts` and
 * `killed-after.test.ts` run beside each other, as each takes many minutes.
 */

interface Point {
  readonly functionId: string;
  readonly operation: string;
  /** Counts this function's calls of this operation, from 1. */
  readonly nth: number;
}

/** What is sent, and not yet recorded as sent: which of the notices that were published, from 1; 0 where none is. */
interface Sending {
  readonly before: number;
  readonly after: number;
}

const world = await startWorld();
afterAll(() => world.remove());

/** Tells a story, and gives all that came of it once the hourly run has been as well. */
async function outcomeOf({ tell }: Story, name: string) {
  const { instance } = world;
  const { authority, accepted, seen } = await tell(world, name);
  await instance.idle();
  await instance.runSchedules();
  await instance.idle();
  const notices = await verify(world, authority, accepted);
  const { dueAt } = await readBoard(world.database, authority);
  const published = notices.map(({ number }) => world.published.get(`${authority} ${number}`) ?? 0);
  return { outcome: { seen, notices, dueAt }, published };
}

const READS = /^(Get|BatchGet|Query|List|Scan)/;

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

const short = (functionId: string): string => functionId.replace(/Function[0-9A-F]{8}$/, '').toLowerCase();

/** Tells a story undisturbed, and finds in it the points to kill at. */
async function explore(story: Story, place: number) {
  // Told twice: the first time workers start and read what they remember afterwards.
  await outcomeOf(story, `warm-up-${place}`);
  const points: (Point & { readonly sending: Sending })[] = [];
  let sending = 0;
  world.fault = counted((point, forward) => {
    const before = sending;
    if (short(point.functionId) === 'notify' && point.operation === 'Publish') sending = point.nth;
    if (short(point.functionId) === 'notify' && point.operation === 'UpdateItem') sending = 0;
    const isKilled = story.kills.includes(short(point.functionId));
    if (isKilled && !(story.aroundEffects && READS.test(point.operation)))
      points.push({ ...point, sending: { before, after: sending } });
    return forward();
  });
  const undisturbed = await outcomeOf(story, `undisturbed-${place}`);
  world.fault = undefined;
  const cases = points.flatMap((point, index) =>
    (['before', 'after'] as const).map((side) => ({
      authority: `case-${place}-${index}-${side}`,
      title: `${short(point.functionId)} ${side} ${point.operation} ${point.nth}`,
      side,
      ...point,
    })),
  );
  return { story, undisturbed, cases };
}

const explored: [title: string, Awaited<ReturnType<typeof explore>>][] = [];
for (const [title, story] of Object.entries(STORIES)) explored.push([title, await explore(story, explored.length)]);
const points = explored.flatMap(([, { cases }]) => cases);

/** All stories, with a function killed on one side of each call. */
export function killEverywhere(side: 'before' | 'after'): void {
  beforeAll(() => {
    for (const [title, { cases }] of explored) console.log(`${cases.length / 2} in: ${title}`);
    console.log(`${points.length / 2} points at which a function is killed ${side} a call`);
  });

  // The way to the council's own sign-in needs one, and its clock: test/pages/council-sign-in.test.ts kills it.
  test('every other function is killed somewhere, and around all that it can write or send', () => {
    const found = Map.groupBy(points, ({ functionId }) => short(functionId));
    const effects = [...found].map(([name, points]) => [
      name,
      [...new Set(points.map(({ operation }) => operation))].filter((operation) => !READS.test(operation)).sort(),
    ]);
    const subscribing = ['DeleteItem', 'PutItem', 'SetSubscriptionAttributes', 'Subscribe', 'TransactWriteItems'];
    expect(Object.fromEntries(effects)).toEqual({
      submit: ['TransactWriteItems'],
      evaluate: ['DeleteItem', 'PutItem', 'TransactWriteItems'],
      notify: ['Publish', 'PutItem', 'UpdateItem'],
      manage: [...subscribing, 'Unsubscribe'],
      dashboard: ['Publish', ...subscribing, 'Unsubscribe'].sort(),
      query: [],
      seed: ['TransactWriteItems'],
    });
  });

  describe.each(explored)('%s', (_, { story, undisturbed, cases }) => {
    test('undisturbed, comes to what it tells of', () => {
      const { seen, notices } = undisturbed.outcome;
      const transitions = notices.flatMap((notice) => notice.transitions.map(({ transition }) => transition));
      expect({ transitions, seen }).toEqual(story.comesTo);
      expect(undisturbed.published).toEqual(notices.map(() => 1));
    });

    test.each(cases.filter((each) => each.side === side))(
      '$title',
      async ({ authority, functionId, operation, nth, sending }) => {
        let killed = false;
        world.fault = counted(async (point, forward) => {
          if (killed || point.functionId !== functionId || point.operation !== operation || point.nth !== nth)
            return forward();
          killed = true;
          if (side === 'after') await forward();
          world.instance.kill(functionId);
          throw new Error('the function is gone');
        });
        const { outcome, published } = await outcomeOf(story, authority);
        world.fault = undefined;
        expect(killed, 'the point was reached').toBe(true);
        expect(outcome).toEqual(undisturbed.outcome);
        expect(await world.deadLetters()).toEqual({});

        // Sent, and killed before that was recorded: the one thing that is done twice.
        expect(published).toEqual(outcome.notices.map((_, index) => (sending[side] === index + 1 ? 2 : 1)));
      },
    );
  });
}
