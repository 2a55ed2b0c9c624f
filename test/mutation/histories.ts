import { expect, test } from 'vitest';
import { stepsUpTo, tell } from '../simulation/history.ts';

/** A few of the simulation's histories, asked after all other tests: whoever breaks a promise is noticed. */
test.each([10, 162, 309, 300, 55, 119])('every promise holds in the history of seed %i', async (seed) => {
  expect((await tell(seed, stepsUpTo(600))).broken).toBeUndefined();
});
