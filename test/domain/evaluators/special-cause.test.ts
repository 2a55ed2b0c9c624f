import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latestPoint } from '../../../functions/domain/statistics/xmr.ts';
import { aMetric, type Figure, judgeBy, levelsOf, statesOf } from '../../support/build.ts';

const judge = judgeBy('special-cause');
const repeat = (count: number, figure: Figure): Figure[] => Array.from({ length: count }, () => figure);

describe('special cause', () => {
  const metric = aMetric();
  const steady: Figure[] = [82, 86, 83, 85, 84, 87, 83, 85, 82, 86, 84, 85].map((n) => [n, 100]);

  it('watches the latest point, by limits of the first twelve', () => {
    const judged = judge(metric, [...steady, [84, 100], [70, 100]]);
    expect(levelsOf(judged.at(-1))).toEqual(['watch']);
    expect(judged.at(-1)?.findings[0]?.text).toMatch(
      /^70\.0% \(70 of 100\) in November 2011; its usual mean is 84\.3% \(XmR chart of the 12 reports from October 2010 on\); beyond the limit of its usual variation$/,
    );
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
          const point = latestPoint(values.slice(0, t + 1), { direction: 'increase', fixAfter: 12 });
          const concerning = point?.type === 'special_cause_concern' && point.lower !== null;
          expect(levelsOf(judged[t])).toEqual(concerning ? ['watch'] : []);
        }
      }),
    );
  });
});
