import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../bench/signal-worlds.ts';
import { CHANGE_LIMIT } from '../../../functions/domain/rules.ts';
import { findWorsening as findWorseningIn, type Noise } from '../../../functions/domain/statistics/change-point.ts';

const random = seededRandom(2010);
const binomial = (n: number, p: number): number => {
  let count = 0;
  for (let i = 0; i < n; i++) if (random() < p) count += 1;
  return count;
};
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const BINOMIAL: Noise = { kind: 'binomial' };
const RANGES: Noise = { kind: 'ranges', least: () => 0, correlation: 0 };
interface Report {
  readonly bad: number;
  readonly size: number;
}
const findWorsening = (reports: readonly Report[], noise: Noise) =>
  findWorseningIn(
    {
      length: reports.length,
      bad: Float64Array.from(reports, ({ bad }) => bad),
      size: Float64Array.from(reports, ({ size }) => size),
    },
    noise,
  );
const repeat = (count: number, bad: number, size = 100): Report[] =>
  Array.from({ length: count }, () => ({ bad, size }));

describe('two levels', () => {
  it('are found where the later one is worse: the level before, the level since, and where that began', () => {
    expect(findWorsening([...repeat(20, 7), ...repeat(3, 16)], BINOMIAL)).toMatchObject({ start: 0, split: 20 });
    expect(findWorsening([...repeat(20, 16), ...repeat(3, 7)], BINOMIAL)).toBeUndefined();
    expect(findWorsening(repeat(36, 7), BINOMIAL)).toBeUndefined();
  });

  it('are those of the last change where two followed each other, and the better one lasted only half a year', () => {
    const found = findWorsening([...repeat(24, 20), ...repeat(6, 8), ...repeat(4, 20)], BINOMIAL);
    expect(found).toMatchObject({ start: 24, split: 30 });
  });

  it('have the likelihood ratio of two binomials: 30 of 600 and 24 of 200, computed with R 4.4', () => {
    // pchisq-free: 2 * (dbinom at own rates - dbinom at the common rate), logs.
    const found = findWorsening([...repeat(6, 5), ...repeat(2, 12)], BINOMIAL);
    const log = (x: number, n: number, p: number): number => x * Math.log(p) + (n - x) * Math.log(1 - p);
    const ratio = 2 * (log(30, 600, 0.05) + log(24, 200, 0.12) - log(30, 600, 54 / 800) - log(24, 200, 54 / 800));
    expect(ratio).toBeLessThan(CHANGE_LIMIT);
    expect(found).toBeUndefined();
    const clear = findWorsening([...repeat(6, 5), ...repeat(2, 17)], BINOMIAL);
    const wanted = 2 * (log(30, 600, 0.05) + log(34, 200, 0.17) - log(30, 600, 64 / 800) - log(34, 200, 64 / 800));
    expect(clear?.statistic).toBeCloseTo(wanted, 9);
  });

  it('need more evidence where months vary more than their counts explain', () => {
    const wild = Array.from({ length: 24 }, (_, i): Report => ({ bad: i % 2 ? 16 : 4, size: 100 }));
    expect(findWorsening([...wild, ...repeat(3, 20)], BINOMIAL)).toBeUndefined();
    expect(findWorsening([...repeat(24, 10), ...repeat(3, 20)], BINOMIAL)).toBeDefined();
  });

  it('are not made of a constant series, or of fewer reports than tell how much they vary', () => {
    expect(findWorsening(repeat(30, 5, 1), RANGES)).toBeUndefined();
    const few = [1, 3, 2, 1, 3, 2, 30].map((bad) => ({ bad, size: 1 }));
    expect(findWorsening(few, RANGES)).toBeUndefined();
    const enough = [1, 3, 2, 1, 3, 2, 1, 3, 2, 1, 3, 2, 1, 3, 30].map((bad) => ({ bad, size: 1 }));
    expect(findWorsening(enough, RANGES)).toMatchObject({ split: 14 });
  });
});

describe('while nothing changes, at most 0.05 false alarms a metric and year (0.04 wanted, and room for chance)', () => {
  const SERIES = 150;
  const MONTHS = 60;
  const alarmsAYear = (make: () => Report[], noise: Noise): number => {
    let starts = 0;
    for (let series = 0; series < SERIES; series++) {
      const reports = make();
      let before = false;
      for (let month = 12; month < MONTHS; month++) {
        const found = findWorsening(reports.slice(0, month + 1), noise) !== undefined;
        if (found && !before) starts += 1;
        before = found;
      }
    }
    return starts / SERIES / ((MONTHS - 12) / 12);
  };
  const live = (draw: () => Report) => () => Array.from({ length: MONTHS }, draw);

  it.each([
    [3, 0.12],
    [3, 0.5],
    [8, 0.1],
    [20, 0.02],
    [40, 0.12],
    [150, 0.3],
    [2000, 0.05],
  ])('%i cases a month, of which %d fail', (size, share) => {
    expect(
      alarmsAYear(
        live(() => ({ bad: binomial(size, share), size })),
        BINOMIAL,
      ),
    ).toBeLessThanOrEqual(0.05);
  });

  it('ragged months', () => {
    const draw = (): Report => {
      const size = 3 + Math.floor(random() * 90);
      return { bad: binomial(size, 0.12), size };
    };
    expect(alarmsAYear(live(draw), BINOMIAL)).toBeLessThanOrEqual(0.05);
  });

  it('counts', () => {
    // 400 chances of one in a hundred are as good as Poisson.
    expect(
      alarmsAYear(
        live(() => ({ bad: binomial(400, 0.01), size: 1 })),
        { kind: 'poisson' },
      ),
    ).toBeLessThanOrEqual(0.05);
  });

  it('figures without counts, by their moving ranges; and snapshots of which nine children in ten are the same', () => {
    expect(
      alarmsAYear(
        live(() => ({ bad: 50 + 4 * normal(), size: 1 })),
        RANGES,
      ),
    ).toBeLessThanOrEqual(0.05);
    const snapshots = (): Report[] => {
      const children = Array.from({ length: 51 }, () => random() < 0.1);
      return Array.from({ length: MONTHS }, () => {
        for (let i = 0; i < 51; i++) if (random() < 0.1) children[i] = random() < 0.1;
        return { bad: (100 * children.filter(Boolean).length) / 51, size: 1 };
      });
    };
    const noise: Noise = { kind: 'ranges', least: (mean) => (mean * (100 - mean)) / 51, correlation: 0 };
    expect(alarmsAYear(snapshots, noise)).toBeLessThanOrEqual(0.05);
  });
});
