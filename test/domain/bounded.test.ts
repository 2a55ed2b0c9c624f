import { expect, test } from 'vitest';
import type { Metric } from '../../functions/domain/metric.ts';
import { aBacklog, aMetric, type Figure, IN_WORDS, inFigures, judge } from '../support/build.ts';

/** Judging ends soon whatever is stored: also what an earlier version accepted, or somebody put into the tables by hand. */

const POLARITIES = ['higher', 'lower'] as const;
const metrics: [string, Metric][] = POLARITIES.flatMap((polarity): [string, Metric][] => [
  [`${polarity}, found in words`, aMetric({ polarity, baseline: IN_WORDS })],
  [`${polarity}, found in figures`, aMetric({ polarity, baseline: inFigures(99.9999999) })],
]);

/** These hung the judging: so many failures among so many that hardly any case does not fail. */
const SEVEN: Figure[] = [
  [0, 1e12],
  [3, 5],
  [30, 39],
  [12, 50],
  [0, 17],
  [29, 37],
  [0, 1],
];

test.each(metrics)('the seven months that never ended: %s', { timeout: 20_000 }, (_, metric) => {
  expect(judge(metric, SEVEN)).toHaveLength(7);
});

test.each(metrics)('thirty years of numbers that no council has: %s', { timeout: 60_000 }, (_, metric) => {
  const figures = Array.from({ length: 360 }, (_, i): Figure => {
    const n = [1, 2, 7, 1e3, 1e7, 1e12, Number.MAX_SAFE_INTEGER][i % 7] as number;
    return [[0, n, Math.floor(n / 2), Math.floor(n * 0.999)][i % 4] as number, n];
  });
  expect(judge(metric, figures)).toHaveLength(360);
});

test('thirty years of counts that no council has', { timeout: 60_000 }, () => {
  const counts = Array.from(
    { length: 360 },
    (_, i) => [1, 1e12, 1e12 + 7, 0, Number.MAX_SAFE_INTEGER][i % 5] as number,
  );
  for (const baseline of [IN_WORDS, inFigures(1e12)])
    expect(judge(aBacklog({ cases: 'flow', baseline }), counts)).toHaveLength(360);
});
