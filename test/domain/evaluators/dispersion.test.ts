import { describe, expect, it } from 'vitest';
import { dispersionAmong, spreadByRanges, toleranceBySize } from '../../../functions/domain/evaluators/dispersion.ts';
import type { Metric } from '../../../functions/domain/metric.ts';
import { columnsOf } from '../../../functions/domain/series.ts';
import { aBacklog, aMetric, type Figure, series } from '../../support/build.ts';

const lower = aMetric({ polarity: 'lower' });
const more = aBacklog({ polarity: 'higher' });

describe('the tolerance of a size', () => {
  // Of counts by square roots, (√9 ± 1)²; of shares by arcsines, sin²(asin √0.2 + 1/√100).
  it.each<[string, Metric, number | undefined, number, number]>([
    ['a count of which less is better', aBacklog(), undefined, 9, 7],
    ['a count of which more is better', more, undefined, 9, 5],
    ['a count of which there is hardly any', more, undefined, 0.25, 0.25],
    ['a count of none', aBacklog(), undefined, 0, 0],
    ['a share of which less is better', lower, 100, 20, 8.5448],
    ['a share of which more is better', aMetric(), 100, 80, 8.5448],
    ['a rate', aMetric({ kind: 'rate', polarity: 'lower' }), 100, 2000, 854.478],
    ['a share of one case', lower, 1, 50, 50],
    ['a share of all', aMetric(), 100, 100, 0],
    ['a share of none', lower, 100, 0, 0],
    ['a share that nothing can be', lower, 100, 120, 0],
    ['a share without counts', aMetric(), undefined, 80, 0],
    ['an average', aBacklog({ kind: 'mean' }), 100, 9, 0],
  ])('of %s', (_, metric, denominator, level, expected) => {
    const observed = denominator === undefined ? {} : { denominator };
    expect(toleranceBySize(metric, observed, level, 2)).toBeCloseTo(expected, 3);
  });
});

describe('how much months vary', () => {
  const varying = (figures: Figure[], start = 0) => ({ columns: columnsOf(series(figures)), start });
  const swings = (count: number, low: number, high: number): Figure[] =>
    Array.from({ length: count }, (_, i) => [i % 2 ? high : low, 100]);
  const of = (figures: Figure[], start = 0) => dispersionAmong(aMetric(), varying(figures, start), figures.length);

  it('is told by two years of them, and only where it is much', () => {
    expect(of(swings(24, 70, 90))).toBeGreaterThan(10);
    expect(of(swings(23, 70, 90))).toBe(1);
    expect(of(swings(30, 70, 90), 7)).toBe(1);
    expect(of(swings(24, 79, 82))).toBe(1);
  });

  it('is told of figures without counts by thirteen of them', () => {
    const spread = (count: number) => {
      const figures = Array.from({ length: count }, (_, i): Figure => (i % 2 ? 10 : 12));
      return spreadByRanges(aBacklog({ kind: 'mean' }), varying(figures), count);
    };
    expect([spread(12), spread(13)]).toEqual([0, expect.closeTo(2 / 1.128, 2)]);
  });
});
