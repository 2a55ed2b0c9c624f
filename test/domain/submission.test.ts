import { describe, expect, test } from 'vitest';
import type { Metric } from '../../functions/domain/metric.ts';
import { asPercentage, faultsOfPeriod, isShare, readSubmission } from '../../functions/domain/submission.ts';
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

describe('what each kind of metric is reported as', () => {
  const rate = aMetric({ id: 'rate', kind: 'rate', unit: 'of 10,000' });
  const net = aMetric({ id: 'net', kind: 'mean', unit: 'days', least: -5 });
  const kinds = new Map([...metrics, [rate.id, rate], [net.id, net]]);
  const read = (observations: Record<string, unknown>) => readSubmission({ observations }, kinds, () => undefined);
  const PROPORTION = 'expected a numerator and a denominator, or a value where only the percentage is known';
  const RATE =
    'expected a numerator and a denominator, the cases and the children of the place, or a value where only the rate is known';

  test('is taken as it is, by the metric', () => {
    const observations = {
      assessments: { numerator: 0, denominator: 0 },
      backlog: { count: 0 },
      net: { value: -5 },
      rate: { value: 320.5 },
      wait: { value: 0 },
    };
    expect(read(observations)).toEqual({ submission: { status: 'final', observations }, faults: [] });
    expect(read({ rate: { numerator: 3, denominator: 4 }, assessments: { value: 76 } })).toMatchObject({ faults: [] });
  });

  test.each<[string, unknown, string[][]]>([
    ['assessments', 5, [['', PROPORTION]]],
    ['assessments', { numerator: 1 }, [['/denominator', 'is missing']]],
    ['assessments', { numerator: 1.5, denominator: 2 }, [['/numerator', 'a whole number is needed']]],
    ['assessments', { numerator: -1, denominator: 2 }, [['/numerator', 'cannot be negative']]],
    [
      'assessments',
      { numerator: 1, denominator: 0 },
      [['/denominator', 'cannot be zero, unless the numerator is too: 0 of 0 says that there was nothing to count']],
    ],
    ['assessments', { numerator: 3, denominator: 2 }, [['/numerator', 'cannot be above the denominator (3 of 2)']]],
    ['assessments', { numerator: 3, denominator: 2.5 }, [['/denominator', 'a whole number is needed']]],
    [
      'assessments',
      { numerator: 1, denominator: 2, value: 50 },
      [['/value', `a proportion has no such field; ${PROPORTION}`]],
    ],
    ['assessments', { value: 100.1 }, [['/value', 'a percentage cannot be above 100']]],
    ['assessments', { value: -1 }, [['/value', 'cannot be negative']]],
    ['assessments', { value: '76' }, [['/value', 'a number is needed']]],
    ['assessments', { value: 1 }, [['/value', '1 can mean 100% or 1%; write it with the sign, as 100% or 1%']]],
    ['assessments', { value: '110%' }, [['/value', 'a percentage cannot be above 100']]],
    ['backlog', 'many', [['', 'expected a count']]],
    [
      'backlog',
      { value: 3 },
      [
        ['/count', 'is missing'],
        ['/value', 'a count has no such field; expected a count'],
      ],
    ],
    ['backlog', [3], [['', 'expected a count']]],
    ['wait', 5, [['', 'expected a value']]],
    ['wait', { value: -1 }, [['/value', 'cannot be negative']]],
    ['net', { value: -5.5 }, [['/value', '-5.5 is less than this can be, which is -5']]],
    ['rate', 5, [['', RATE]]],
    ['rate', { value: -5 }, [['/value', 'cannot be negative']]],
    [
      'rate',
      { numerator: 5, value: 3 },
      [
        ['/denominator', 'is missing'],
        ['/value', `a rate has no such field; ${RATE}`],
      ],
    ],
  ])('of %s %j is refused, with what is wrong and where', (id, reported, faults) => {
    expect(read({ [id]: reported })).toEqual({
      faults: faults.map(([path, detail]) => ({ pointer: `#/observations/${id}${path}`, detail })),
    });
  });

  test.each([
    ['0.8%', 0.8],
    ['76 %', 76],
    ['100%', 100],
    ['7.25%', 7.25],
  ])('a percentage as text says which it is: %s', (value, expected) => {
    expect(read({ assessments: { value } }).submission?.observations).toEqual({ assessments: { value: expected } });
    expect(read({ wait: { value } }).faults).toHaveLength(1);
  });

  test.each(['x76%', '76%x', '1000%', '76'])('%s is no percentage', (value) => {
    expect(read({ assessments: { value } }).faults).toHaveLength(1);
  });

  test('a share of one is one that a percentage could be taken for', () => {
    expect([0, 0.01, 1, 1.01, '0.5', undefined].map(isShare)).toEqual([false, true, true, false, false, false]);
    expect(asPercentage(0.07)).toBe('0.07 can mean 7% or 0.07%; write it with the sign, as 7% or 0.07%');
  });
});

describe('a submission', () => {
  const read = (body: unknown, least?: 0 | 1) =>
    readSubmission(body, metrics, (word) => (word === 'backlogs' ? 'backlog' : undefined), least);
  const details = (body: unknown, least?: 0 | 1) =>
    read(body, least).faults.map(({ pointer, detail }) => [pointer, detail]);

  test('is taken with its status and commentary, its metrics in order', () => {
    const observations = { wait: { value: 1 }, backlog: { count: 2 }, assessments: { value: 50 } };
    const { submission } = read({ status: 'provisional', commentary: 'A new system.', observations });
    expect(submission).toMatchObject({ status: 'provisional', commentary: 'A new system.' });
    expect(Object.keys(submission?.observations ?? {})).toEqual(['assessments', 'backlog', 'wait']);
  });

  test('names every fault at once', () => {
    expect(
      details({
        status: 'draft',
        extra: 1,
        observations: { backlogs: { count: 1 }, [`x${'y'.repeat(99)}`]: 1, wait: 2 },
      }),
    ).toEqual([
      ['#/status', expect.stringContaining('final')],
      ['#/extra', 'there is no such field'],
      ['#/observations/backlogs', 'no metric is called "backlogs"; the nearest is "backlog"'],
      [`#/observations/x${'y'.repeat(99)}`, `no metric is called "x${'y'.repeat(63)}…"`],
      ['#/observations/wait', 'expected a value'],
    ]);
  });

  test('is an object that has observations, one at least unless it changes some', () => {
    expect(details({})).toEqual([['#/observations', 'is missing']]);
    expect(details([])).toHaveLength(1);
    expect(details(null)).toHaveLength(1);
    expect(details({ observations: [] })).toHaveLength(1);
    expect(details({ observations: {} })).toEqual([['#/observations', 'a submission holds at least one observation']]);
    expect(read({ observations: {} }, 0).submission).toEqual({ status: 'final', observations: {} });
  });

  test('names no more unknown metrics than an authority may have', () => {
    const of = (count: number) =>
      details({ observations: Object.fromEntries(Array.from({ length: count }, (_, i) => [`m${i}`, 1])) });
    expect(of(400)).toHaveLength(400);
    expect(of(402)).toHaveLength(401);
    expect(of(402).at(-1)).toEqual(['#/observations', 'and 2 more metrics that are not known']);
  });

  test('of an authority that is unknown is read as far as that goes', () => {
    const faults = (body: unknown) => readSubmission(body, undefined, () => undefined).faults;
    expect(faults({ observations: { anything: 'goes' } })).toEqual([]);
    expect(faults({ status: 'draft', observations: { anything: 'goes' } })).toHaveLength(1);
  });

  test.each([
    ['2011-1', '"2011-1" is not a month; write it as yyyy-mm'],
    ['1999-12', '1999-12 is before 2000-01, the first month that is taken'],
    ['2011-02', '2011-02 has not ended yet; a month is taken once it is over'],
    ['2011-01', undefined],
    ['2000-01', undefined],
  ])('of %s is of a month that is over', (period, detail) => {
    expect(faultsOfPeriod(period, new Date('2011-02-15T12:00:00Z'))).toEqual(
      detail === undefined ? [] : [{ pointer: '#', parameter: 'period', detail }],
    );
  });
});
