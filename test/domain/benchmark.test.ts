import { expect, test } from 'vitest';
import {
  type BenchmarkYear,
  formatBenchmark,
  formatNeighbours,
  levelsOf,
  neighboursOf,
} from '../../functions/domain/benchmark.ts';
import { aMetric } from '../support/build.ts';

const metric = aMetric();
const year = (year: number, fields: Partial<BenchmarkYear>): BenchmarkYear => ({
  year,
  month: `${year}-03`,
  ...fields,
});

test('neighbours are told by the one in the middle, the range, and how many have no figure', () => {
  expect(neighboursOf([60, 80, 68], 1)).toEqual({ middle: 68, least: 60, most: 80, of: 3, unpublished: 1 });
  expect(neighboursOf([60, 70, 71, 80], 0)?.middle).toBe(70.5);
  expect(neighboursOf([], 4)).toBeUndefined();
  expect(formatNeighbours(metric, { middle: 68, least: 60, most: 80, of: 3, unpublished: 1 })).toBe(
    '68% (60% to 80% among 3; 1 not published)',
  );
});

test('the newest figures stand for a metric, each with its year; what was withheld says so', () => {
  const near = neighboursOf([60, 68, 80], 0);
  expect(
    formatBenchmark(metric, {
      years: [year(2024, { england: 70, ...(near ? { neighbours: near } : {}) }), year(2025, { england: 71 })],
    }),
  ).toBe('England 2025: 71%; statistical neighbours 2024: 68%, in the middle of 3');
  expect(formatBenchmark(metric, { years: [year(2025, { england: 'c' })] })).toBe(
    'England 2025: withheld, lest somebody be known by it',
  );
});

test('each year is drawn over its own months, the newest on to the end, and a year that was withheld is a gap', () => {
  const years = [year(2022, { england: 70 }), year(2023, { england: 'c' }), year(2024, { england: 72 })];
  expect(levelsOf({ years }, '2021-09', '2025-06')).toEqual([
    { kind: 'england', year: 2022, value: 70, from: '2021-09', to: '2022-03' },
    { kind: 'england', year: 2024, value: 72, from: '2023-03', to: '2025-06' },
  ]);
  expect(levelsOf({ years }, '2025-01', '2025-06').map(({ year }) => year)).toEqual([2024]);
  expect(levelsOf({ years }, '2019-01', '2020-06')).toEqual([]);
});
