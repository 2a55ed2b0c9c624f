import { describe, expect, it, test } from 'vitest';
import {
  firstFrom,
  isWorse,
  lastKnownIn,
  observationIn,
  pool,
  reportsExpected,
  seriesOf,
} from '../../functions/domain/series.ts';
import { aBacklog, aMetric, month, series } from '../support/build.ts';

const metric = aMetric();

describe('an observation', () => {
  const reported = (observations: Parameters<typeof month>[1], fields = {}) => month('2010-10', observations, fields);
  const common = { period: '2010-10', revision: 1, status: 'final' };

  it('is what a month says of the metric, in its unit', () => {
    const counts = { numerator: 30, denominator: 40 };
    expect(observationIn(reported({ assessments: counts }), metric)).toEqual({ ...common, value: 75, ...counts });
    const rate = observationIn(reported({ assessments: counts }), { id: 'assessments', kind: 'rate' });
    expect(rate?.value).toBe(7500);
    expect(observationIn(reported({ backlog: { count: 3 } }), aBacklog())).toEqual({ ...common, value: 3 });
    expect(observationIn(reported({ assessments: { value: 75 } }), metric)).toEqual({ ...common, value: 75 });
    expect(observationIn(reported({}), metric)).toBeUndefined();
    expect(observationIn(reported({ assessments: { numerator: 0, denominator: 0 } }), metric)).toBeUndefined();
  });

  it('is known on where it was left out, and right where somebody said so', () => {
    const figure = { assessments: { value: 75 } };
    expect(lastKnownIn(reported({}, { leftOut: figure }), metric)).toEqual({ ...common, value: 75, leftOut: true });
    expect(lastKnownIn(reported({}), metric)).toBeUndefined();
    expect(lastKnownIn(reported(figure, { confirmed: ['assessments'] }), metric)).toEqual({
      ...common,
      ...{ value: 75, confirmed: true },
    });
    expect(lastKnownIn(reported(figure, { confirmed: ['backlog'] }), metric)).toEqual({ ...common, value: 75 });
    const nothing = { assessments: { numerator: 0, denominator: 0 } };
    expect(lastKnownIn(reported(nothing, { confirmed: ['assessments'], leftOut: figure }), metric)).toBeUndefined();
    expect(seriesOf(metric, [reported(nothing), reported(figure)])).toHaveLength(1);
  });
});

test('the first of a period or later is found among any number', () => {
  const all = series([1, undefined, 1, 1, 1], '2010-10');
  const periods = ['2010-09', '2010-10', '2010-11', '2010-12', '2011-01', '2011-02', '2011-03'];
  expect(periods.map((period) => firstFrom(all, period))).toEqual([0, 0, 1, 1, 2, 3, 4]);
  expect(firstFrom([], '2010-10')).toBe(0);
});

test('reports are expected as often as the metric comes', () => {
  const between = (frequency: 'monthly' | 'quarterly' | 'annual', after: string, through: string) =>
    reportsExpected({ frequency }, after, through);
  expect(between('monthly', '2010-10', '2011-01')).toBe(3);
  expect(between('quarterly', '2010-10', '2011-03')).toBe(1);
  expect(between('annual', '2010-10', '2011-09')).toBe(0);
  expect(between('monthly', '2011-01', '2010-10')).toBe(0);
});

test('several are pooled by their counts, and by their mean where there are none', () => {
  const shares = pool(metric, series([[10, 20], 90, [70, 80]]));
  expect(shares).toMatchObject({
    from: '2010-10',
    to: '2010-12',
    pooled: { value: 80, numerator: 80, denominator: 100 },
  });
  expect(shares.pooled).toMatchObject({ period: '2010-12', status: 'final' });
  expect(pool(metric, series([80, 90])).pooled).toEqual({ period: '2010-11', revision: 1, status: 'final', value: 85 });
  expect(pool(aBacklog(), series([3, 4, 8])).pooled.value).toBe(5);
  const averages = series([3, 5]).map((each) => ({ ...each, numerator: 1, denominator: 2 }));
  expect(pool(aBacklog({ kind: 'mean' }), averages).pooled).not.toHaveProperty('denominator');
});

test.each([
  ['higher', [true, false, false]],
  ['lower', [false, false, true]],
  ['neutral', [false, false, false]],
  ['target', [false, false, false]],
] as const)('is worse by its polarity: %s', (polarity, expected) => {
  const each = aMetric({ polarity });
  expect([4, 5, 6].map((value) => isWorse(each, value, 5))).toEqual(expected);
});
