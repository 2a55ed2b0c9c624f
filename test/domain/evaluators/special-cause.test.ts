import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chartOptions, shownChart, shownLimits } from '../../../functions/domain/evaluators/special-cause.ts';
import { xmrChart } from '../../../functions/domain/statistics/xmr.ts';
import { aBacklog, aMetric, type Figure, judgeBy, levelsOf, series, statesOf } from '../../support/build.ts';

const judge = judgeBy('special-cause');
const repeat = (count: number, figure: Figure): Figure[] => Array.from({ length: count }, () => figure);

const metric = aMetric();

describe('special cause', () => {
  const steady: Figure[] = [82, 86, 83, 85, 84, 87, 83, 85, 82, 86, 84, 85].map((n) => [n, 100]);

  it('watches the latest point, by limits of the first twelve', () => {
    const judged = judge(metric, [...steady, [84, 100], [70, 100]]);
    expect(levelsOf(judged.at(-1))).toEqual(['watch']);
    expect(judged.at(-1)?.findings[0]?.text).toMatch(
      /^70\.0% \(70 of 100\) in November 2011; its usual mean is 84\.3% \(XmR chart of the 12 reports from October 2010 on\); beyond the limit of its usual variation$/,
    );
    expect(judged.at(-1)?.findings[0]).toMatchObject({
      evaluator: 'special-cause',
      numbers: { value: 70, mean: expect.closeTo(84.33), lower: expect.any(Number), upper: expect.any(Number) },
    });
    expect(statesOf(judged).at(-1)).toBe('watch');
  });

  it('is silent about what is better, about constant series, and until there are thirteen points', () => {
    expect(judge(metric, [...steady, [99, 100]]).at(-1)?.findings).toEqual([]);
    expect(
      judge(metric, [...repeat(15, [50, 50]), ...repeat(8, [49, 50])]).flatMap(({ findings }) => findings),
    ).toEqual([]);
    expect(judge(metric, [...steady.slice(0, 11), [50, 100]]).at(-1)?.findings).toEqual([]);
    expect(judge(metric, [...steady, [50, 100]], { rebaseDates: ['2011-01-01'] }).at(-1)?.findings).toEqual([]);
  });

  it('says of each point what the chart says of it as the latest', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 70, max: 100 }), { minLength: 13, maxLength: 50 }), (values) => {
        const judged = judge(
          metric,
          values.map((n): Figure => [n, 100]),
        );
        for (let t = 12; t < values.length; t++) {
          const point = xmrChart(values.slice(0, t + 1), { direction: 'increase', fixAfter: 12 }).points.at(-1);
          const concerning = point?.type === 'special_cause_concern' && point.lower !== null;
          expect(levelsOf(judged[t])).toEqual(concerning ? ['watch'] : []);
        }
      }),
    );
  });

  it('says nothing of a month that did not come, of an average over years, or where no way is better', () => {
    const counts = [...[9, 8, 9, 8, 9, 8, 9, 8, 9, 8, 9, 8], 9, 40];
    const says = (fields: object, figures: (number | undefined)[] = counts) =>
      judge(aBacklog(fields), figures).map((entry) => entry.findings.length);
    expect(says({}).at(-1)).toBe(1);
    expect(says({ window: '36-months' }).at(-1)).toBe(0);
    expect(says({ polarity: 'neutral' }).at(-1)).toBe(0);
    const breaching = { mOfN: { m: 2, n: 3, missing: 'breaching' } };
    expect(says(breaching, [...counts, undefined, 9]).slice(-2)).toEqual([1, 0]);
  });
});

describe('the chart', () => {
  it('begins anew with the first report since each change in the way of working', () => {
    const observations = series([1, undefined, 1, 1], '2010-10');
    expect(chartOptions(metric, observations, ['2010-10', '2010-11', '2011-01', '2012-01'])).toEqual({
      ...{ direction: 'increase', fixAfter: 12 },
      rebases: [0, 1, 2, -1],
    });
    expect(chartOptions(aBacklog())).toEqual({ direction: 'decrease', fixAfter: 12, rebases: [] });
  });

  it.each([
    ['a share', {}, { lower: -3, upper: 103 }, { lower: 0, upper: 100 }],
    ['a count', { kind: 'count' as const }, { lower: -3, upper: 103 }, { lower: 0, upper: 103 }],
    ['a share within them', {}, { lower: 50, upper: 60 }, { lower: 50, upper: 60 }],
    ['what can be negative', { least: -10 }, { lower: -3, upper: 103 }, { lower: -3, upper: 100 }],
    ['no limits', {}, { lower: null, upper: null }, { lower: null, upper: null }],
  ])('shows the limits of %s where its figures can go', (_, fields, limits, shown) => {
    expect(shownLimits({ kind: 'proportion', ...fields }, limits)).toEqual(shown);
  });
});

it('the chart that is shown has limits and unusual points only where there are enough of them', () => {
  const values = [90, 92, 91, 93, 90, 92, 91, 93, 90, 92, 91, 93, 91, 70];
  const long = shownChart(metric, series(values), []);
  expect(long.at(-1)).toMatchObject({ value: 70, type: 'special_cause_concern', lower: expect.any(Number) });
  expect(Math.max(...long.map(({ upper }) => upper ?? 0))).toBeLessThanOrEqual(100);
  const short = shownChart(metric, series(values), ['2011-09']);
  expect(
    short.slice(-2).map(({ type, lower, upper, cause, causeSide }) => [type, lower, upper, cause, causeSide]),
  ).toEqual([
    ['common_cause', null, null, null, 0],
    ['common_cause', null, null, null, 0],
  ]);
});
