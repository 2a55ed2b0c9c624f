import { describe, expect, it } from 'vitest';
import { OURS, targetsOf, WHY } from '../../bench/signal-judge.ts';
import { authoritiesOf, BASELINE_MONTHS, SIMPLE_RULES, scoreRules, WORLDS } from '../../bench/signal-worlds.ts';

/** Fewer authorities than `npm run bench:signal` has: enough for what a broken rule does, not for a hundredth of a month. */
const AUTHORITIES = 400;

describe('the service in the simulated worlds', () => {
  it.each(WORLDS.filter(({ name }) => !(name in WHY)).map((world) => [world.name, world] as const))(
    'neither cries wolf nor misses a fall: %s',
    (_, world) => {
      const scores = scoreRules({ ...OURS, ...SIMPLE_RULES }, authoritiesOf(world, AUTHORITIES, 1), BASELINE_MONTHS);
      const targets = targetsOf(world, scores);
      expect(targets.length).toBeGreaterThanOrEqual(2);
      const alone = targets.filter(({ name }) => !name.includes('XmR'));
      expect(alone.filter(({ reached }) => !reached)).toEqual([]);
      expect(scores['warning and above']?.missed).toBeLessThan(0.05);
    },
  );
});
