import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { DELIBERATE_FAULTS, withFault } from './deliberate-faults.ts';
import { rangesOf, shorten, stepsIn, stepsUpTo, tell } from './history.ts';

/**
 * Histories of the whole service: `npm run simulate` tells as many as there is time for, here are some that stay. One
 * that broke a promise once is kept in `KEPT` with what it found.
 */

const SEEDS = Array.from({ length: 40 }, (_, index) => index + 1);
const STEPS = 1000;

/** For how long seeds are told that no commit before told: a minute, or as `SIMULATE_SECONDS` says. */
const FRESH_SECONDS = Number(process.env.SIMULATE_SECONDS ?? 60);

/** Of each commit its own, so that a failure comes again where somebody looks for it. Without Git the day's. */
function freshSeed(): number {
  try {
    const commit = execFileSync('git', ['rev-parse', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return Number.parseInt(commit.slice(0, 8), 16);
  } catch {
    return Math.floor(Date.now() / 86_400_000);
  }
}

/** Seeds and steps that found a fault, which has been mended since. */
const KEPT: readonly (readonly [seed: number, steps: number, found: string])[] = [
  [10, 1250, 'a deployment failed where somebody unsubscribed while filters were settled'],
  [162, 1250, 'an address that confirmed while its level was changed was said not to be one'],
  [309, 1250, 'a new inspection whose event was given up was not judged by until the next deadline'],
  [300, 1250, 'one of two deployments at once failed'],
  [900000008, 1250, 'a notice counted as sent as somebody had confirmed since it was published'],
  [900000289, 1250, 'an address that left while it was asked again was subscribed to every authority'],
  [940000017, 1250, 'a deployment changed a filter, and who was not mailed yet by it counted as told'],
  [119, 1000, 'an address that was removed and added again was signed in still'],
  [1100020081, 1000, 'the same, where it was added by a copy whose clock was behind'],
  [1100010505, 1000, 'a link kept whoever had unsubscribed looking for an hour from when it was followed'],
  [1100031412, 1000, 'a notice went out of an authority that had been closed a moment before'],
  [158, 1000, 'a notice that was mailed while an earlier state was put back was mailed again'],
  [3789102547, 1000, 'figures that were added to a month were compared without what they were added to'],
  [55, 1250, 'a link was used up, for nothing, by somebody who was just being removed'],
  [2047453055, 1000, 'an hourly run that said that the queue took no message was blamed for it'],
  [3055355112, 1000, 'a notice that was gone, as an earlier state was put back, left a stub as it was marked sent'],
  [2516026362, 1000, 'a deployment made an authority known by half a record, while an earlier state was put back'],
  [2516026011, 1000, 'an authority that had been put back a moment ago was unknown'],
  [
    4033827555,
    1000,
    'an import went on after it had made the authority known, which took away what was accepted since where it failed then',
  ],
  [3202182472, 1000, 'asking twice for another level forgot that SNS may still go by the one before'],
];

describe('every promise holds', () => {
  test.each(SEEDS)('in the history of seed %i', async (seed) => {
    expect((await tell(seed, stepsUpTo(STEPS))).broken).toBeUndefined();
  });

  test(`in histories that this commit alone tells, for ${FRESH_SECONDS} seconds`, {
    timeout: (FRESH_SECONDS + 60) * 1000,
  }, async () => {
    const first = freshSeed();
    const until = performance.now() + FRESH_SECONDS * 1000;
    let told = 0;
    for (; performance.now() < until; told++) {
      const { broken } = await tell(first + told, stepsUpTo(STEPS));
      expect(broken, `npm run simulate -- --seed ${first + told} --steps ${STEPS}`).toBeUndefined();
    }
    console.log(`${told} histories of ${STEPS} steps from seed ${first} on`);
  });

  test.each(KEPT)('in the history of seed %i, where once in %i steps %s', async (seed, steps) => {
    expect((await tell(seed, stepsUpTo(steps))).broken).toBeUndefined();
  });
});

test('the same seed is the same history', async () => {
  const [first, other, again] = [
    await tell(7, stepsUpTo(STEPS)),
    await tell(8, stepsUpTo(STEPS)),
    await tell(7, stepsUpTo(STEPS)),
  ];
  expect([again.calls, again.left]).toEqual([first.calls, first.left]);
  expect(other.left).not.toBe(first.left);
  expect(first.calls).toBeGreaterThan(200);
});

test('a history that breaks no promise is not made any shorter', async () => {
  const whole = await tell(7, stepsUpTo(30));
  expect((await shorten({ ...whole, broken: { promise: 'none', what: '', step: 9, stack: '' } })).steps).toHaveLength(
    30,
  );
});

test('steps are written as ranges and read again', () => {
  expect(rangesOf([0, 1, 2, 5, 7, 8])).toBe('0-2,5,7-8');
  expect(stepsIn('0-2,5,7-8')).toEqual([0, 1, 2, 5, 7, 8]);
});

test.each(Object.entries(DELIBERATE_FAULTS))('there is a place for %s, which test/faults makes', (_, fault) => {
  expect(withFault(fault)).toContain(fault.replace);
});
