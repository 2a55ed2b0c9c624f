import { describe, expect, test } from 'vitest';
import type { Metric } from '../../functions/domain/metric.ts';
import { readSubmission } from '../../functions/domain/submission.ts';
import { aBacklog, aMetric } from '../support/build.ts';

const wait = aMetric({ id: 'wait', kind: 'mean', unit: 'days', polarity: 'lower', most: 500 });
const metrics: ReadonlyMap<string, Metric> = new Map(
  [aMetric(), aBacklog(), wait].map((metric) => [metric.id, metric]),
);
const faultsOf = (observations: Record<string, unknown>) =>
  readSubmission({ observations }, metrics, () => undefined).faults.map(({ pointer, detail }) => [pointer, detail]);

const IDENTIFIER =
  ' looks like an identifier in the column of a figure, such as a case or NHS number; a figure here is at most ';

describe('a figure', () => {
  test('is taken up to ten million', () => {
    expect(
      faultsOf({ assessments: { numerator: 10_000_000, denominator: 10_000_000 }, backlog: { count: 10_000_000 } }),
    ).toEqual([]);
  });

  test('that no council reaches is refused, by field, with the most that there can be', () => {
    expect(
      faultsOf({ assessments: { numerator: 39, denominator: 10_000_001 }, backlog: { count: 20_000_000 } }),
    ).toEqual([
      [
        '#/observations/assessments/denominator',
        '10000001 is more than this can be, which is 10,000,000; check the figure',
      ],
      ['#/observations/backlog/count', '20000000 is more than this can be, which is 10,000,000; check the figure'],
    ]);
  });

  test('of ten digits is taken for what it probably is', () => {
    expect(faultsOf({ backlog: { count: 9_434_765_919 } })).toEqual([
      ['#/observations/backlog/count', `9434765919${IDENTIFIER}10,000,000`],
    ]);
    expect(faultsOf({ wait: { value: 9_434_765_919 } })).toEqual([
      ['#/observations/wait/value', `9434765919${IDENTIFIER}10,000,000`],
    ]);
  });

  test('of a metric that says how much it can be is held to that', () => {
    expect(faultsOf({ wait: { value: 500 } })).toEqual([]);
    expect(faultsOf({ wait: { value: 500.5 } })).toEqual([
      ['#/observations/wait/value', '500.5 is more than this can be, which is 500; check the figure'],
    ]);
  });

  test('that is null is to be left out, wherever the null stands', () => {
    expect(faultsOf({ backlog: null, wait: { value: null }, assessments: { numerator: 1, denominator: 2 } })).toEqual([
      ['#/observations/backlog', 'is null; leave backlog out where nothing was reported'],
      ['#/observations/wait', 'is null; leave wait out where nothing was reported'],
    ]);
  });
});
