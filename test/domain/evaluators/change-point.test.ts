import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backtest } from '../../../functions/domain/backtest.ts';
import { describeFinding } from '../../../functions/domain/describe-finding.ts';
import { changePoint, isCohort } from '../../../functions/domain/evaluators/change-point.ts';
import { columnsOf } from '../../../functions/domain/series.ts';
import {
  aBacklog,
  aLocalStandard,
  aMetric,
  aRecord,
  type Figure,
  judge as judgeAll,
  judgeBy,
  levelsOf,
  months,
  series,
  statesOf,
} from '../../support/build.ts';

const judge = judgeBy('change-point');
const repeat = (count: number, figure: Figure): Figure[] => Array.from({ length: count }, () => figure);
const metric = aMetric();

it('is what a backtest without it does not raise', () => {
  const quiet = aMetric({ standards: [], baseline: { kind: 'none', statement: 'The report says nothing.' } });
  const figures = [...repeat(24, [93, 100]), ...repeat(3, [82, 100])] as Figure[];
  const record = aRecord({ metrics: [quiet], months: months(quiet, figures) });
  const { asIs, asChanged } = backtest(record, quiet.id, aLocalStandard({}), ['change-point']);
  expect([asIs.episodes, asChanged.episodes]).toEqual([1, 0]);
});

describe('the level that was reached', () => {
  it('is told with the level since, the months, and the time before', () => {
    const judged = judge(metric, [...repeat(24, [93, 100]), ...repeat(3, [82, 100])]);
    expect(statesOf(judged).lastIndexOf('clear')).toBe(24);
    expect(judged.at(-1)?.findings[0]).toMatchObject({
      evaluator: 'change-point',
      level: 'warning',
      text: '82.0% (82 of 100) in December 2012; 82.0% (246 of 300) since October 2012; 93.0% (2232 of 2400) in the two years before; chance alone does not bring so great a change',
      levels: { before: { from: '2010-10', to: '2012-09', value: 93 }, since: { from: '2012-10', value: 82 } },
    });
  });

  it('is told of a fall from what lasted half a year, also to a level that is better than what was before that', () => {
    const figures: Figure[] = [...repeat(24, [105, 150]), ...repeat(6, [140, 150]), ...repeat(4, [126, 150])];
    const raised = judge(metric, figures).find(({ findings }) => findings.length > 0);
    expect(raised?.period).toBe('2013-05');
    expect(raised?.findings[0]?.levels).toEqual({
      before: { from: '2012-10', to: '2013-03', value: (100 * 140) / 150 },
      since: { from: '2013-04', value: 84 },
    });
  });

  it('holds, also when the better level has passed out of sight, until figures are back near it', () => {
    const fallen = [...repeat(24, [93, 100]), ...repeat(48, [82, 100])] as Figure[];
    expect(new Set(statesOf(judge(metric, fallen)).slice(26))).toEqual(new Set(['warning']));
    const back = judge(metric, [...fallen, [90, 100], [92, 100], [92, 100]]);
    expect(statesOf(back).slice(-3)).toEqual(['warning', 'recovering', 'clear']);
  });

  it('begins anew after an episode: what was bad then is no new level', () => {
    const states = statesOf(
      judge(metric, [...repeat(24, [93, 100]), ...repeat(4, [80, 100]), ...repeat(8, [93, 100])]),
    );
    expect(states.slice(-7)).toEqual(['clear', 'clear', 'clear', 'clear', 'clear', 'clear', 'clear']);
  });

  it('is let go by a change in the way of working', () => {
    const figures = [...repeat(24, [93, 100]), ...repeat(6, [82, 100])] as Figure[];
    const states = statesOf(judge(metric, figures, { rebaseDates: ['2012-12-01'] }));
    expect(states.slice(-4)).toEqual(['recovering', 'clear', 'clear', 'clear']);
  });

  it('is found in counts, in snapshots by their own ranges, and where more is better', () => {
    const referrals = aBacklog({ cases: 'flow' });
    expect(levelsOf(judge(referrals, [...repeat(18, 20), ...repeat(2, 40)]).at(-1))).toEqual(['warning']);
    const wave = Array.from({ length: 24 }, (_, i): Figure => 5 + (i % 3));
    expect(levelsOf(judge(aBacklog(), [...wave, 20, 22, 21]).at(-1))).toEqual(['warning']);
    const assessments = aBacklog({ polarity: 'higher' });
    expect(levelsOf(judge(assessments, [...wave.map((n) => 95 + Number(n)), 20, 21, 20]).at(-1))).toEqual(['warning']);
    expect(levelsOf(judge(aBacklog({ polarity: 'neutral' }), [...wave, 20, 22, 21]).at(-1))).toEqual([]);
  });

  it('skips months without a report, and figures without counts among those with them', () => {
    const figures = [...repeat(12, [93, 100]), undefined, ...repeat(12, [93, 100]), undefined, ...repeat(3, [82, 100])];
    expect(levelsOf(judge(metric, figures as Figure[]).at(-1))).toEqual(['warning']);
    const bare = [...repeat(12, [93, 100]), 12, ...repeat(12, [93, 100]), ...repeat(3, [82, 100])] as Figure[];
    expect(judge(metric, bare).at(-1)?.findings[0]?.text).toContain('93.0% (2232 of 2400)');
  });

  it('gives away no small number that is suppressed, neither in words nor by the difference of sums', () => {
    const figures: Figure[] = [...repeat(24, [39, 40]), [32, 40], [31, 40], [37, 40], [30, 40]];
    const observations = series(figures);
    const result = changePoint(metric, observations, {
      period: observations.at(-1)?.period ?? '',
      standardIn: () => undefined,
      start: 0,
      cleared: 0,
      comparable: undefined,
      levelBefore: undefined,
      reached: undefined,
      columns: columnsOf(observations),
      memory: {},
    });
    if (!result) throw new Error('nothing was found');
    const shown = describeFinding(metric, result, 'show');
    expect(shown.text).toContain('(936 of 960)');
    const { text, levels, numbers } = describeFinding(metric, result, 'suppress');
    expect(text).toContain('about 80% since');
    expect(text).toContain('about 100% in the two years before');
    expect(levels).toMatchObject({ before: { value: 100 }, since: { value: 80 } });
    expect(Object.keys(numbers)).toEqual(['value', 'statistic', 'limit']);
  });

  it('of a yearly percentage without counts is worse by points, as there are never enough to say how much it varies', () => {
    const yearly = (...figures: number[]) =>
      judgeAll(
        metric,
        figures.flatMap((figure) => [figure, ...repeat(11, undefined as unknown as Figure)]),
      ).map(({ transition }) => transition);
    expect(yearly(78, 74, 72, 81, 62, 56, 57)).toEqual([
      'raised',
      'raised',
      undefined,
      'recovering',
      'worsened',
      'worsened',
      undefined,
    ]);
  });

  it('of a month depends on no later one', () => {
    const figure = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.constant(40));
    fc.assert(
      fc.property(fc.array(figure, { minLength: 8, maxLength: 50 }), (figures) => {
        const whole = judge(metric, figures);
        const part = judge(metric, figures.slice(0, figures.length >> 1));
        expect(whole.slice(0, part.length)).toEqual(part);
      }),
      { numRuns: 30 },
    );
  });
});

it.each([
  ['annual', 'year', true],
  ['annual', 'month', false],
  ['quarterly', '12-months', false],
] as const)('a cohort is of a year: %s, of a %s, %s', (frequency, window, expected) => {
  expect(isCohort(aMetric({ frequency, window }))).toBe(expected);
});

describe('a level of figures', () => {
  /** 24 reports that vary a little, from a figure on, and three of another. */
  const then = (from: number, step: number, to: number): number[] => [
    ...Array.from({ length: 24 }, (_, i) => from + (i % 3) * step),
    ...[to, to, to],
  ];
  const latest = (fields: Parameters<typeof aBacklog>[0], figures: readonly (Figure | undefined)[]) =>
    levelsOf(judge(aBacklog({ standards: [], ...fields }), figures).at(-1));

  it('is not sought where reports overlap, nor in a month that did not come', () => {
    expect(latest({}, then(100, 5, 200))).toEqual(['warning']);
    expect(latest({ window: '36-months' }, then(100, 5, 200))).toEqual([]);
    const breaching = aMetric({ mOfN: { m: 2, n: 3, missing: 'breaching' } });
    const figures = [...repeat(24, [93, 100]), ...repeat(3, [82, 100]), undefined, [82, 100]] as Figure[];
    expect(
      judge(breaching, figures)
        .slice(-2)
        .map(({ period }) => period),
    ).toEqual(['2012-12', '2013-02']);
  });

  it('of snapshots varies at least as counts of their size do, of averages by their ranges alone', () => {
    expect([latest({}, then(100, 5, 120)), latest({}, then(100, 5, 145))]).toEqual([[], ['warning']]);
    expect(latest({ kind: 'mean', unit: 'days' }, then(100, 5, 120))).toEqual(['warning']);
    const share = (size: number, to: number): Figure[] =>
      then(900, 4, to).map((of1000): Figure => [(of1000 * size) / 1000, size]);
    const shares = { kind: 'proportion', unit: 'percent', polarity: 'higher' } as const;
    expect([latest(shares, share(100, 800)), latest(shares, share(1000, 850))]).toEqual([[], ['warning']]);
  });

  it('of rolling sums varies less from report to report than from level to level', () => {
    expect(latest({ window: '12-months' }, then(100, 5, 145))).toEqual([]);
    expect(latest({ window: '12-months' }, then(100, 5, 200))).toEqual(['warning']);
  });
});

describe('within an episode', () => {
  const worsened = (metric: ReturnType<typeof aMetric>, figures: readonly (Figure | undefined)[]) =>
    judgeAll(metric, figures).filter(({ transition }) => transition === 'worsened');
  const yearly = (...figures: (Figure | undefined)[]) =>
    figures.flatMap((figure) => [figure, ...Array.from({ length: 11 }, () => undefined)]);

  it('tells at once of a fall that leaves hardly a good case, however few reports say how much months vary', () => {
    const early = (last: Figure) => judgeAll(metric, [[34, 50], [34, 50], [45, 50], last]).at(-1);
    expect(early([3, 50])).toMatchObject({ period: '2011-01', transition: 'worsened' });
    expect(early([34, 50])?.findings.map(({ reason }) => reason)).not.toContainEqual(expect.stringContaining('worse'));
  });

  it('says that it is worse than when it was last told, with both levels and what they were told by', () => {
    const [first] = worsened(metric, [...repeat(6, [70, 100]), ...repeat(8, [45, 100])]);
    const finding = first?.findings.find(({ reason }) => reason?.startsWith('so it is worse'));
    expect(finding).toMatchObject({
      reason: 'so it is worse than when it was last told, by more than chance',
      numbers: { value: 45, statistic: expect.any(Number), limit: 13 },
    });
  });

  it('says of a yearly percentage by how many points', () => {
    const [first] = worsened(metric, yearly(70, 69, 60));
    expect(first?.findings.at(-1)).toMatchObject({
      reason: 'so it is worse than when it was last told, by more than 5 points',
      levels: { before: { value: 69 }, since: { from: '2012-10', value: 60 } },
    });
    const lower = aMetric({
      polarity: 'lower',
      standards: [{ value: 20, from: '2000-01', basis: 'local', note: 'x' }],
    });
    expect([worsened(lower, yearly(30, 31, 37)), worsened(lower, yearly(30, 31, 36))].map((all) => all.length)).toEqual(
      [1, 0],
    );
  });

  it.each<[string, ReturnType<typeof aMetric>, readonly (Figure | undefined)[]]>([
    ['what comes sooner', metric, [70, 69, 60]],
    ['what has counts', metric, yearly([30, 50], [30, 50], [27, 50])],
    ['what is no percentage', aBacklog({ kind: 'mean' }), yearly(20, 20, 26)],
  ])('never goes by points of %s', (_, each, figures) => {
    const reasons = judgeAll(each, figures).flatMap(({ findings }) => findings.map(({ reason = '' }) => reason));
    expect(reasons.filter((reason) => reason.includes('points'))).toEqual([]);
  });
});
