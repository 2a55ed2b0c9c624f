import { describe, expect, it } from 'vitest';
import { addMonths } from '../../../functions/domain/period.ts';
import { aBacklog, aLocalStandard, aMetric, type Figure, judgeBy, levelsOf, statesOf } from '../../support/build.ts';

const judge = judgeBy('standard');

describe('flow proportions', () => {
  // At a standard of 80%: P(X <= 37 | 50) = 0.169, P(X <= 36) = 0.096 … exact binomial.
  it.each<[Figure, string[]]>([
    [[40, 50], []],
    [[39, 50], ['watch']],
    [[37, 50], ['watch']],
    [[36, 50], ['watch']],
    [[34, 50], ['warning']],
    [[33, 50], ['critical']],
    [[3, 4], ['watch']],
    [[2, 4], ['watch']],
    [[1, 4], ['warning']],
    [[0, 1], ['watch']],
    [[0, 2], ['watch']],
    [[0, 3], ['critical']],
    [[1, 1], []],
  ])('%j is judged by how likely chance brings it: %j', (figure, expected) => {
    expect(levelsOf(judge(aMetric(), [figure])[0])).toEqual(expected);
  });

  it('is critical at two of three failing months whose cases together are too far off', () => {
    const judged = judge(aMetric(), [
      [36, 50],
      [41, 50],
      [34, 50],
      [36, 50],
      [36, 50],
    ]);
    expect(judged.map((entry) => levelsOf(entry)[0])).toEqual(['watch', undefined, 'critical', 'critical', 'critical']);
    expect(judged[2]?.findings[0]?.text).toContain('2 of the last 3 reported periods fail, and together');
  });

  it('counts of those three what came from the first failure on: months that were good before do not water it down', () => {
    // P(X <= 71 | 100) = 0.020; with the good month P(X <= 121 | 150) = 0.61.
    const fallen = judge(aMetric(), [
      [50, 50],
      [36, 50],
      [35, 50],
    ]);
    expect(levelsOf(fallen[2])).toEqual(['critical']);
    // P(X <= 73 | 100) = 0.056: with a failure before them, each of which is no more than chance.
    const within = judge(aMetric(), [
      [37, 50],
      [36, 50],
    ]);
    expect(levelsOf(within[1])).toEqual(['watch']);
  });

  it('lets months that vary more than their counts explain make two failures less unlikely', () => {
    const wide: Figure[] = Array.from({ length: 23 }, (_, i) => [i % 2 ? 50 : 40, 50]);
    const calm: Figure[] = Array.from({ length: 23 }, (_, i) => [i % 2 ? 46 : 44, 50]);
    const last: Figure[] = [
      [36, 50],
      [36, 50],
    ];
    expect(levelsOf(judge(aMetric(), [...calm, ...last]).at(-1))).toEqual(['critical']);
    expect(levelsOf(judge(aMetric(), [...wide, ...last]).at(-1))).toEqual(['watch']);
  });

  it('goes by lower where lower is better', () => {
    const metric = aMetric({
      polarity: 'lower',
      standards: [{ value: 10, from: '2000-01', basis: 'local', note: 'a default' }],
    });
    expect(
      statesOf(
        judge(metric, [
          [5, 50],
          [6, 50],
          [9, 50],
          [13, 50],
        ]),
      ),
    ).toEqual(['clear', 'watch', 'watch', 'critical']);
  });

  it('is judged by repetition where only the percentage is known, and says so', () => {
    const judged = judge(aMetric(), [79, 79]);
    expect(statesOf(judged)).toEqual(['watch', 'critical']);
    expect(judged[0]?.findings[0]?.text).toBe(
      "79% (no counts given) in October 2010; the standard is 80% since January 2000 (this service's default); given without counts, so chance cannot be tested",
    );
  });

  it('says no failure is chance where the standard is 100%', () => {
    const metric = aMetric({
      standards: [{ value: 100, from: '2000-01', basis: 'local', note: 'a default' }],
    });
    const judged = judge(metric, [[49, 50]]);
    expect(statesOf(judged)).toEqual(['critical']);
    expect(judged[0]?.findings[0]?.text).toContain('chance explains no failure of a service at this standard');
  });
});

describe('the nature of a figure', () => {
  const fields = { standards: [{ value: 10, from: '2000-01', basis: 'local', note: 'a default' }] } as const;

  it('has new cases that are counted judged by chance (Poisson)', () => {
    const metric = aBacklog({ cases: 'flow', standards: [...fields.standards] });
    // P(X >= 17 | 10) = 0.027, P(X >= 18 | 10) = 0.014.
    expect(statesOf(judge(metric, [10])).concat(statesOf(judge(metric, [12])))).toEqual(['clear', 'watch']);
    expect(statesOf(judge(metric, [17])).concat(statesOf(judge(metric, [18])))).toEqual(['warning', 'critical']);
  });

  it('has a yearly cohort judged by chance', () => {
    const metric = aMetric({ cases: 'stock', window: 'year', frequency: 'annual' });
    expect(levelsOf(judge(metric, [[34, 50]])[0])).toEqual(['warning']);
  });

  it('has a snapshot within what its own size explains watched, beyond it warned of, and repeated critical', () => {
    const metric = aMetric({ cases: 'stock' });
    expect(levelsOf(judge(metric, [[37, 50]])[0])).toEqual(['watch']);
    expect(levelsOf(judge(metric, [[34, 50]])[0])).toEqual(['watch']);
    expect(levelsOf(judge(metric, [[33, 50]])[0])).toEqual(['warning']);
    const repeat = (count: number, figure: Figure): Figure[] => Array.from({ length: count }, () => figure);
    expect(levelsOf(judge(metric, repeat(2, [33, 50])).at(-1))).toEqual(['critical']);
    // The same children are in the next month: what lasts half a year is no chance.
    expect(levelsOf(judge(metric, repeat(5, [37, 50])).at(-1))).toEqual(['watch']);
    expect(levelsOf(judge(metric, repeat(6, [37, 50])).at(-1))).toEqual(['warning']);
  });

  it('has counts and averages judged by how much they vary likewise, and by any M of N that was set', () => {
    expect(statesOf(judge(aBacklog(), [11, 12, 17, 18, 18]))).toEqual([
      'watch',
      'watch',
      'watch',
      'warning',
      'critical',
    ]);
    const mean = aBacklog({ kind: 'mean' });
    expect(statesOf(judge(mean, [9, 11, 11]))).toEqual(['clear', 'warning', 'critical']);
    const wave = Array.from({ length: 24 }, (_, i) => 8 + (i % 3));
    expect(statesOf(judge(mean, [...wave, 11, 11])).slice(-2)).toEqual(['watch', 'watch']);
    const set = aBacklog({ mOfN: { m: 2, n: 3, missing: 'ignore' } });
    expect(statesOf(judge(set, [11, 12]))).toEqual(['warning', 'critical']);
    // Where more is better, only a sum of months comes about by chance: places that are to be there are there or not.
    const assessments = aBacklog({
      polarity: 'higher',
      standards: [{ value: 600, from: '2000-01', basis: 'local', note: 'a default' }],
    });
    expect(statesOf(judge(assessments, [599]))).toEqual(['warning']);
    const rolling = { ...assessments, window: '12-months' as const };
    expect(statesOf(judge(rolling, [599, 553, 552]))).toEqual(['watch', 'watch', 'warning']);
  });

  it('has months that vary more than their counts explain judged as if they had fewer cases', () => {
    const wild: Figure[] = Array.from({ length: 24 }, (_, i) => [i % 2 ? 95 : 83, 100]);
    expect(levelsOf(judge(aMetric(), [...wild, [71, 100]]).at(-1))).toEqual(['watch']);
    expect(levelsOf(judge(aMetric(), [[71, 100]]).at(-1))).toEqual(['critical']);
  });
});

describe('everything else', () => {
  it('warns at one failure and is critical at two of the last three', () => {
    expect(statesOf(judge(aBacklog(), [9, 18, 10, 18, 19, 9, 9]))).toEqual([
      'clear',
      'warning',
      'recovering',
      'critical',
      'critical',
      'recovering',
      'clear',
    ]);
  });

  it('judges what was reported, however long nothing was', () => {
    expect(statesOf(judge(aBacklog(), [18, undefined, undefined, undefined, 19]))).toEqual(['warning', 'critical']);
  });

  it('never holds an annual or quarterly metric against the months between', () => {
    const quarterly = aBacklog({ frequency: 'quarterly', mOfN: { m: 2, n: 3, missing: 'breaching' } });
    const gap = [undefined, undefined] as const;
    expect(statesOf(judge(quarterly, [11, ...gap, 9, ...gap, 9, ...gap, 9]))).toEqual([
      'warning',
      'recovering',
      'clear',
      'clear',
    ]);
  });

  it('counts an absent report as failing only where the metric chose so', () => {
    const breaching = aBacklog({ mOfN: { m: 2, n: 3, missing: 'breaching' } });
    const judged = judge(breaching, [9, undefined, undefined, undefined, undefined, 9]);
    expect(judged.map(({ period }) => period)).toEqual(Array.from({ length: 6 }, (_, i) => addMonths('2010-10', i)));
    expect(statesOf(judged)).toEqual(['clear', 'warning', 'warning', 'warning', 'critical', 'recovering']);
    expect(judged[1]?.findings[0]?.text).toContain(
      'nothing was reported for November 2010, which counts as failing here',
    );
    expect(judge(aBacklog(), [9, undefined, undefined, 9])).toHaveLength(2);
  });

  it('never takes an absent report for a clean one', () => {
    const metric = aBacklog();
    const settings = {
      localStandards: [
        aLocalStandard({ metric: 'backlog', from: '2020-01', mOfN: { m: 2, n: 3, missing: 'breaching' } }),
      ],
    };
    expect(statesOf(judge(metric, [18, undefined, undefined, 9], settings))).toEqual(['warning', 'recovering']);
  });

  it('stays critical while too little is reported to say otherwise', () => {
    const missing = aBacklog({ mOfN: { m: 2, n: 2, missing: 'missing' } });
    const judged = judge(missing, [11, 11, undefined, undefined, undefined, 11]);
    expect(statesOf(judged)).toEqual(['warning', 'critical', 'critical']);
    expect(judged[2]?.findings[0]?.text).toContain('too little was reported since');
    expect(statesOf(judge(missing, [undefined, 11]))).toEqual(['warning']);
    // It was clean since, so there is no critical to stay.
    expect(statesOf(judge(missing, [11, 11, 9, undefined, undefined, undefined, 11]))).toEqual([
      'warning',
      'critical',
      'recovering',
      'warning',
    ]);
  });

  it('is critical at once where the line is to be held or the standard is zero', () => {
    expect(statesOf(judge(aMetric({ holdLine: true, cases: 'stock' }), [[79, 100]]))).toEqual(['critical']);
    const zero = aBacklog({ standards: [{ value: 0, from: '2000-01', basis: 'inspection', note: 'none' }] });
    expect(statesOf(judge(zero, [0, 1]))).toEqual(['clear', 'critical']);
  });

  it('says nothing of neutral metrics, nor before the standard begins', () => {
    expect(judge(aBacklog({ polarity: 'neutral' }), [99, 99]).flatMap(({ findings }) => findings)).toEqual([]);
    const later = aBacklog({ standards: [{ value: 10, from: '2010-12', basis: 'local', note: 'a default' }] });
    expect(statesOf(judge(later, [18, 18, 18]))).toEqual(['clear', 'clear', 'warning']);
  });
});

describe('what is said of a failure', () => {
  const stock = aMetric({ cases: 'stock', baseline: { kind: 'none', statement: 'The report says nothing.' } });
  const set = (missing: 'ignore' | 'breaching', m = 2, n = 3) => aBacklog({ mOfN: { m, n, missing } });
  const repeat = (count: number, figure: Figure): Figure[] => Array.from({ length: count }, () => figure);
  const monthly = 'a service exactly at the standard';

  it.each<[string, ReturnType<typeof aMetric>, readonly (Figure | undefined)[], string, string[]]>([
    ['now and then', aMetric(), [[39, 50]], `${monthly} has such a month now and then`, ['chance']],
    ['seldom', aMetric(), [[34, 50]], `${monthly} looks this bad in at most 1 month of 30, by chance`, ['chance']],
    ['hardly', aMetric(), [[33, 50]], `${monthly} looks this bad in at most 1 month of 40, by chance`, ['chance']],
    [
      'together',
      aMetric(),
      [[36, 50], 60, [36, 50]],
      '3 of the last 3 reported periods fail, and together they are too far off for chance',
      ['chance', 'pooledChance', 'failing'],
    ],
    [
      'at a standard of none',
      aMetric({ polarity: 'lower', standards: [{ value: 0, from: '2000-01', basis: 'local', note: 'none' }] }),
      [[1, 50]],
      'chance explains no failure of a service at this standard',
      ['chance'],
    ],
    [
      'where a line is to be held',
      aMetric({ holdLine: true }),
      [[79, 100]],
      "any failure counts at once (this service's default)",
      [],
    ],
    ['of an average over three years', aBacklog({ window: '36-months' }), [18, 18], '', []],
    ['of a snapshot, within its size', stock, [[37, 50]], '', []],
    [
      'of a snapshot, beyond its size',
      stock,
      [
        [33, 50],
        [45, 50],
        [45, 50],
        [33, 50],
      ],
      '',
      [],
    ],
    [
      'of a snapshot, twice beyond its size',
      stock,
      [
        [33, 50],
        [45, 50],
        [33, 50],
      ],
      '2 of the last 3 reported periods fail',
      ['failing'],
    ],
    [
      'of a snapshot, for long within its size',
      stock,
      [[45, 50], ...repeat(7, [37, 50])],
      '6 of the last 6 reported periods fail',
      ['failing'],
    ],
    [
      'by what was set',
      set('ignore'),
      [9, 11, 9, 11, 12],
      '2 of the last 3 reported periods fail',
      ['failing', 'm', 'n'],
    ],
    [
      'by what was set, absent or not',
      set('breaching'),
      [9, undefined, undefined, undefined, undefined, 11],
      'at least 2 of the last 3 periods fail or are not reported',
      ['failing', 'm', 'n'],
    ],
  ])('%s', (_, metric, figures, reason, numbers) => {
    const finding = judge(metric, figures).at(-1)?.findings[0];
    expect(finding?.reason ?? '').toBe(reason);
    expect(Object.keys(finding?.numbers ?? {})).toEqual(['value', 'standard', ...numbers]);
  });

  it('counts how many of those that were set fail', () => {
    const failing = (figures: Figure[], m: number) => judge(set('ignore', m, 3), figures).at(-1)?.findings[0]?.numbers;
    expect(failing([11, 11, 11, 9, 9, 11], 1)).toMatchObject({ failing: 1, m: 1, n: 3 });
    expect(failing([11, 9, 9, 11], 3)).toMatchObject({ failing: 1 });
  });

  it('says of a month that did not come what that counts as', () => {
    const gap = [undefined, undefined, undefined, undefined];
    expect(judge(set('breaching'), [9, ...gap, 9])[4]?.findings[0]).toMatchObject({
      text: "nothing was reported for February 2011, which counts as failing here; the standard is 10 cases since January 2000 (this service's default); at least 2 of the last 3 periods fail or are not reported",
      numbers: { standard: 10, failing: 0, m: 2, n: 3 },
    });
    const held = aBacklog({ ...set('breaching'), holdLine: true });
    expect(judge(held, [9, ...gap, 9])[4]?.findings[0]?.reason).toContain('at least 2 of the last 3');
    const neutral = aBacklog({ ...set('breaching'), polarity: 'neutral' });
    expect(judge(neutral, [9, ...gap, 9])).toHaveLength(2);
  });
});

describe('chance', () => {
  const wild: Figure[] = Array.from({ length: 24 }, (_, i) => [i % 2 ? 95 : 83, 100]);
  const events = (fields = {}) => aBacklog({ cases: 'flow', ...fields });

  it('leaves what is too bad for it critical, however much months vary', () => {
    expect(levelsOf(judge(aMetric(), [...wild, [30, 100]]).at(-1))).toEqual(['critical']);
  });

  it('is asked of months together by how much they vary, also where the last alone would not be looked at', () => {
    const mild: Figure[] = [
      [76, 100],
      [75, 100],
      [76, 100],
    ];
    expect(levelsOf(judge(aMetric(), mild).at(-1))).toEqual(['critical']);
    expect(levelsOf(judge(aMetric(), [...wild, ...mild]).at(-1))).toEqual(['watch']);
  });

  it('is asked of events, together and by how much they vary', () => {
    expect(statesOf(judge(events(), [13, 14, 14]))).toEqual(['watch', 'watch', 'critical']);
    expect(statesOf(judge(events(), [11, 11, 13]))).toEqual(['watch', 'watch', 'watch']);
    const swings = Array.from({ length: 24 }, (_, i): Figure => (i % 2 ? 12 : 2));
    expect(levelsOf(judge(events(), [...swings, 19]).at(-1))).toEqual(['watch']);
    expect(levelsOf(judge(events(), [19])[0])).toEqual(['critical']);
    expect(levelsOf(judge(events(), [...swings, 60]).at(-1))).toEqual(['critical']);
  });

  it('is not asked of events of which more is better: too few are a failure', () => {
    const standards = [{ value: 600, from: '2000-01', basis: 'local' as const, note: 'a default' }];
    expect(statesOf(judge(events({ polarity: 'higher', standards }), [599, 599]))).toEqual(['warning', 'critical']);
  });
});

it('goes back from critical as enough was reported since, by what an absent report counts as', () => {
  const lenient = aBacklog({ mOfN: { m: 2, n: 3, missing: 'notBreaching' } });
  const judged = judge(lenient, [11, 12, undefined, undefined, undefined, undefined, 13]);
  expect(judged.map((entry) => levelsOf(entry)[0])).toEqual(['warning', 'critical', 'warning']);
});
