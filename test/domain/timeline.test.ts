import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LocalStandard, Metric } from '../../functions/domain/inspection.ts';
import { addMonths } from '../../functions/domain/period.ts';
import type { Observation } from '../../functions/domain/series.ts';
import { cusumLimit } from '../../functions/domain/statistics/cusum.ts';
import { latestPoint } from '../../functions/domain/statistics/xmr.ts';
import { type Judged, type Settings, timeline } from '../../functions/domain/timeline.ts';
import {
  aBacklog,
  aMetric,
  type Figure,
  IN_WORDS,
  inFigures,
  judge,
  observation,
  SETTINGS,
  series,
  statesOf,
} from '../support/build.ts';

const repeat = (count: number, figure: Figure): Figure[] => Array.from({ length: count }, () => figure);
const said = (entry: Judged | undefined, evaluator: string): string | undefined =>
  entry?.findings.find((finding) => finding.evaluator === evaluator)?.text;
const levels = (entry: Judged | undefined): string[] =>
  (entry?.findings ?? []).map(({ evaluator, level }) => `${evaluator} ${level}`);
const NO_BASELINE: Partial<Metric> = { baseline: { kind: 'none', statement: 'The report says nothing.' } };

const local = (fields: Partial<LocalStandard>): LocalStandard => ({
  metric: 'assessments',
  version: 1,
  from: '2010-10',
  reason: 'agreed',
  author: 'A. Head',
  setAt: '2010-10-01T00:00:00.000Z',
  ...fields,
});

describe('standard, flow proportions', () => {
  // At a standard of 80%: P(X <= 37 | 50) = 0.169, P(X <= 36) = 0.096 … exact binomial.
  it.each<[Figure, string[]]>([
    [[40, 50], []],
    [[39, 50], ['watch']],
    [[37, 50], ['watch']],
    [[36, 50], ['watch']],
    [[35, 50], ['warning']],
    [[33, 50], ['critical']],
    [[3, 4], ['watch']],
    [[2, 4], ['watch']],
    [[1, 4], ['warning']],
    [[0, 1], ['watch']],
    [[0, 2], ['warning']],
    [[0, 3], ['critical']],
    [[1, 1], []],
  ])('%j is judged by how likely chance brings it: %j', (figure, expected) => {
    const chance = (level: string): string[] => [`standard ${level}`];
    expect(levels(judge(aMetric(NO_BASELINE), [figure])[0])).toEqual(expected.flatMap(chance));
  });

  it('is critical at two of three failing months whose cases together are too far off', () => {
    const judged = judge(aMetric(NO_BASELINE), [
      [36, 50],
      [41, 50],
      [34, 50],
      [36, 50],
      [36, 50],
    ]);
    expect(judged.map((entry) => levels(entry)[0])).toEqual([
      'standard watch',
      undefined,
      'standard critical',
      'standard critical',
      'standard critical',
    ]);
    expect(said(judged[2], 'standard')).toContain('2 of the last 3 reported periods fail, and together');
  });

  it('goes by lower where lower is better', () => {
    const metric = aMetric({
      ...NO_BASELINE,
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
    ).toEqual(['clear', 'watch', 'warning', 'critical']);
  });

  it('is judged by repetition where only the percentage is known, and says so', () => {
    const judged = judge(aMetric(NO_BASELINE), [79, 79]);
    expect(statesOf(judged)).toEqual(['warning', 'critical']);
    expect(said(judged[0], 'standard')).toBe(
      '79% (no counts given) in 2010-10; the standard is 80% since 2000-01 (local policy); given without counts, so chance cannot be tested',
    );
  });

  it('says no failure is chance where the standard is 100%', () => {
    const metric = aMetric({
      ...NO_BASELINE,
      standards: [{ value: 100, from: '2000-01', basis: 'local', note: 'a default' }],
    });
    const judged = judge(metric, [[49, 50]]);
    expect(statesOf(judged)).toEqual(['critical']);
    expect(said(judged[0], 'standard')).toContain('chance explains no failure of a service at this standard');
  });
});

describe('standard, everything else', () => {
  it('warns at one failure and is critical at two of the last three', () => {
    expect(statesOf(judge(aBacklog(), [9, 11, 10, 12, 13, 9, 9]))).toEqual([
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
    expect(statesOf(judge(aBacklog(), [11, undefined, undefined, undefined, 12]))).toEqual(['warning', 'critical']);
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
    expect(said(judged[1], 'standard')).toContain('nothing was reported for 2010-11, which counts as failing here');
    expect(judge(aBacklog(), [9, undefined, undefined, 9])).toHaveLength(2);
  });

  it('never takes an absent report for a clean one', () => {
    const metric = aBacklog();
    const settings = {
      localStandards: [local({ metric: 'backlog', from: '2020-01', mOfN: { m: 2, n: 3, missing: 'breaching' } })],
    };
    expect(statesOf(judge(metric, [11, undefined, undefined, 9], settings))).toEqual(['warning', 'recovering']);
  });

  it('stays critical while too little is reported to say otherwise', () => {
    const missing = aBacklog({ mOfN: { m: 2, n: 2, missing: 'missing' } });
    const judged = judge(missing, [11, 11, undefined, undefined, undefined, 11]);
    expect(statesOf(judged)).toEqual(['warning', 'critical', 'critical']);
    expect(said(judged[2], 'standard')).toContain('too little was reported since');
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
    expect(statesOf(judge(later, [11, 11, 11]))).toEqual(['clear', 'clear', 'warning']);
  });
});

describe('inspection', () => {
  const only = (fields: Partial<Metric> = {}): Metric => aMetric({ standards: [], ...fields });

  it('adds small failures up until they are too many for chance, and says since when', () => {
    const judged = judge(only(), [...repeat(6, [44, 50]), ...repeat(8, [40, 50])]);
    const first = judged.findIndex(({ findings }) => findings.length > 0);
    expect(first).toBeGreaterThan(6);
    expect(said(judged[first], 'inspection')).toMatch(
      /^80\.0% \(40 of 50\) in 2011-\d\d; 80\.0% \(\d+ of \d+\) since 2011-04; the inspection found 88% in 2010-09 \(paragraph 11\); so many failures are too many for chance \(CUSUM \d\.\d, limit \d\.\d\)$/,
    );
  });

  it('does not stay raised for long after a bad year: the path is capped and begins anew when the alert clears', () => {
    const judged = judge(only(), [...repeat(12, [25, 50]), ...repeat(12, [44, 50])]);
    const good = judged.slice(12);
    expect(statesOf(good).slice(0, 6)).toContain('clear');
    expect(good.slice(6).flatMap(({ findings }) => findings)).toEqual([]);
  });

  it('begins anew at a rebase date', () => {
    const rebased = judge(only(), [...repeat(3, [40, 50]), ...repeat(3, [40, 50])], { rebaseDates: ['2011-01-15'] });
    const plain = judge(only(), repeat(6, [40, 50]));
    expect(rebased.at(-1)?.findings).toEqual([]);
    expect(plain.at(-1)?.findings).not.toEqual([]);
  });

  it('begins anew after its alert cleared, with nothing carried over', () => {
    const judged = judge(only(), [...repeat(12, [25, 50]), ...repeat(3, [44, 50]), ...repeat(6, [40, 50])]);
    const end = judged.findIndex(({ transition }) => transition === 'cleared');
    expect(end).toBeGreaterThan(12);
    const again = judged.slice(end).find(({ findings }) => findings.length > 0);
    const [, since = ''] = /since (\d{4}-\d\d);/.exec(said(again, 'inspection') ?? '') ?? [];
    expect(since > (judged[end] as Judged).period).toBe(true);
  });

  it('is not restarted by a watch that comes and goes', () => {
    // 79% and 82% in turn against a standard of 80%: every other month is to watch, while the sum against 86% goes on.
    const figures = Array.from({ length: 14 }, (_, i): Figure => (i % 2 ? [82, 100] : [79, 100]));
    const judged = judge(aMetric({ baseline: inFigures(86) }), figures);
    expect(judged.slice(0, 4).map(({ transition }) => transition)).toEqual(['raised', 'cleared', 'raised', 'cleared']);
    expect(judged.some((entry) => said(entry, 'inspection') !== undefined)).toBe(true);
  });

  it('has its limit at the median of the months so far', () => {
    const denominators = [10, 90, 20, 80, 50, 70, 40];
    const judged = judge(
      only(),
      denominators.map((n): Figure => [n / 10, n]),
    );
    const limit = judged.at(-1)?.findings.find(({ evaluator }) => evaluator === 'inspection')?.numbers.limit;
    expect(limit).toBe(cusumLimit({ kind: 'binomial', rate: 0.12, n: 50 }));
  });

  it('counts events where fewer are better, against their mean', () => {
    const metric = only({ kind: 'count', unit: 'incidents', polarity: 'lower', baseline: inFigures(4) });
    expect(judge(metric, repeat(12, 4)).flatMap(({ findings }) => findings)).toEqual([]);
    const judged = judge(metric, [...repeat(3, 4), ...repeat(4, 8)]);
    expect(said(judged.at(-1), 'inspection')).toMatch(
      /^8 incidents in 2011-04; 8 incidents since 2011-01; the inspection found 4 incidents/,
    );
  });

  it('uses the first six final submissions where the inspection gave words, and says so', () => {
    const metric = only({ baseline: IN_WORDS });
    const judged = judge(metric, [...repeat(6, [43, 50]), ...repeat(6, [33, 50])]);
    expect(judged.slice(0, 6).flatMap(({ findings }) => findings)).toEqual([]);
    const text = judged.map((entry) => said(entry, 'inspection')).find((each) => each !== undefined);
    // 42 failures of 300: posterior mean 42.5 / 301 = 14.12%, sd 2.00%, so 15.8% and 84.2% on time.
    expect(text).toContain(
      'the inspection gave no figure (paragraph 11), so this service compares with its own estimate from the first 6 final submissions, 2010-10 to 2011-03: 84.2%',
    );
  });

  it('leaves provisional and bare figures out of those six', () => {
    const metric = only({ baseline: IN_WORDS });
    const observations = series([...repeat(5, [43, 50]), 86, [43, 50], ...repeat(5, [20, 50])]).map((each, i) =>
      i === 4 ? { ...each, status: 'provisional' as const } : each,
    );
    const judged = timeline(metric, observations, SETTINGS);
    // Final with counts: four of the first five, the seventh, and the eighth, which is bad already.
    expect(judged.findIndex(({ findings }) => findings.length > 0)).toBeGreaterThanOrEqual(8);
  });

  it.each<[string, Metric, Figure, Figure]>([
    [
      'a stock proportion by its tolerance',
      only({ cases: 'stock', tolerance: 3, baseline: inFigures(91) }),
      [88, 100],
      [87, 100],
    ],
    [
      'a lower bound as that bound',
      only({ cases: 'stock', tolerance: 2, baseline: inFigures(90, 'lower') }),
      [88, 100],
      [87, 100],
    ],
    ['a count by its tolerance', aBacklog({ standards: [], baseline: inFigures(20) }), 25, 26],
    [
      'a mean by its tolerance',
      aBacklog({ kind: 'mean', standards: [], tolerance: 1, baseline: inFigures(18) }),
      19,
      19.1,
    ],
    ['a percentage without counts by its tolerance', only({ tolerance: 4, baseline: inFigures(88) }), 84, 83.9],
    [
      'a line to hold at any fall',
      only({ holdLine: true, cases: 'stock', baseline: inFigures(100) }),
      [50, 50],
      [49, 50],
    ],
  ])('judges %s', (_, metric, good, bad) => {
    expect(judge(metric, [good])[0]?.findings).toEqual([]);
    expect(levels(judge(metric, [bad])[0])).toEqual(['inspection warning']);
  });

  it('never lets what is assumed read as if the inspectors had said it', () => {
    const stock = only({ cases: 'stock', tolerance: 3, baseline: inFigures(91) });
    expect(said(judge(stock, [[87, 100]])[0], 'inspection')).toBe(
      '87.0% (87 of 100) in 2010-10; the inspection found 91% in 2010-09 (paragraph 11); worse by more than the tolerance of 3 points (local policy)',
    );
    const bare = only({ tolerance: 4, baseline: inFigures(88) });
    expect(said(judge(bare, [80])[0], 'inspection')).toContain(
      'given without counts, so only the tolerance can be applied',
    );
  });

  it('compares a stock metric in words with the average of those six, by its tolerance', () => {
    const metric = aBacklog({ standards: [], baseline: IN_WORDS });
    expect(statesOf(judge(metric, [20, 22, 18, 20, 21, 19, 25, 26]))).toEqual([
      ...repeat(7, 0).map(() => 'clear'),
      'warning',
    ]);
  });

  it('says nothing where the report says nothing', () => {
    expect(
      judge(only(NO_BASELINE), repeat(20, [10, 50])).flatMap(({ findings }) =>
        findings.filter(({ evaluator }) => evaluator === 'inspection'),
      ),
    ).toEqual([]);
  });
});

describe('special cause', () => {
  const metric = aMetric({ ...NO_BASELINE, standards: [] });
  const steady: Figure[] = [82, 86, 83, 85, 84, 87, 83, 85, 82, 86, 84, 85].map((n) => [n, 100]);

  it('watches the latest point, by limits of the first twelve', () => {
    const judged = judge(metric, [...steady, [84, 100], [70, 100]]);
    expect(levels(judged.at(-1))).toEqual(['special-cause watch']);
    expect(said(judged.at(-1), 'special-cause')).toMatch(
      /^70\.0% \(70 of 100\) in 2011-11; beyond the limit of its usual variation around 84\.3% \(XmR chart of the 12 reports from 2010-10 on\)$/,
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
          expect(levels(judged[t])).toEqual(concerning ? ['special-cause watch'] : []);
        }
      }),
    );
  });
});

describe('what the authority set', () => {
  it('counts from its month on, the newest version first', () => {
    const localStandards = [local({ value: 70 }), local({ version: 2, from: '2010-12', value: 90 })];
    const judged = judge(aMetric(NO_BASELINE), repeat(4, [75, 100]), { localStandards });
    expect(statesOf(judged)).toEqual(['clear', 'clear', 'critical', 'critical']);
    expect(said(judged[2], 'standard')).toContain('the standard is 90% since 2010-12 (local policy)');
  });

  it('may be a tolerance, another M of N, or rebase dates', () => {
    const stock = aBacklog({ standards: [], baseline: { ...aMetric().baseline, value: 20 } as Metric['baseline'] });
    expect(statesOf(judge(stock, [27], { localStandards: [local({ metric: 'backlog', tolerance: 7 })] }))).toEqual([
      'clear',
    ]);
    const mOfN = { m: 3, n: 3, missing: 'ignore' as const };
    expect(statesOf(judge(aBacklog(), [11, 11, 11], { localStandards: [local({ metric: 'backlog', mOfN })] }))).toEqual(
      ['warning', 'warning', 'critical'],
    );
    const rebased = judge(aMetric({ standards: [] }), repeat(6, [40, 50]), {
      localStandards: [local({ rebaseDates: ['2011-01-10'] })],
    });
    expect(rebased.at(-1)?.findings).toEqual([]);
  });
});

describe('the timeline', () => {
  const anyFigure = fc.oneof(
    fc.tuple(fc.nat(30), fc.integer({ min: 1, max: 30 })).map(([a, b]): Figure => [Math.min(a, b), b]),
    fc.constant(undefined),
  );
  const METRICS = [
    aMetric(),
    aMetric({ baseline: IN_WORDS }),
    aMetric({ cases: 'stock', tolerance: 4, mOfN: { m: 2, n: 4, missing: 'missing' } }),
    aMetric({ polarity: 'lower', baseline: { ...aMetric().baseline, value: 10 } as Metric['baseline'] }),
  ];
  const settings: Settings = { ...SETTINGS, rebaseDates: ['2011-03-06'] };

  it('says of each period only what was known by then', () => {
    fc.assert(
      fc.property(fc.constantFrom(...METRICS), fc.array(anyFigure, { maxLength: 40 }), (metric, figures) => {
        const observations = series(figures);
        const whole = timeline(metric, observations, settings);
        for (let known = 0; known <= observations.length; known++)
          expect(timeline(metric, observations.slice(0, known), settings)).toEqual(whole.slice(0, known));
      }),
      { numRuns: 60 },
    );
  });

  it('changes nothing before a correction', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...METRICS),
        fc.array(anyFigure, { minLength: 1, maxLength: 40 }),
        fc.nat(39),
        anyFigure,
        (metric, figures, at, figure) => {
          const index = at % figures.length;
          const period = addMonths('2010-10', index);
          const corrected = series(figures.with(index, figure));
          const earlier = (entries: readonly Judged[]): Judged[] => entries.filter((entry) => entry.period < period);
          expect(earlier(timeline(metric, corrected, settings))).toEqual(
            earlier(timeline(metric, series(figures), settings)),
          );
        },
      ),
    );
  });

  it('judges provisional figures and marks them', () => {
    const provisional: Observation = observation('2010-10', [20, 50], { status: 'provisional' });
    const [judged] = timeline(aMetric(NO_BASELINE), [provisional], SETTINGS);
    expect(judged?.findings[0]?.text).toContain('provisional 40.0% (20 of 50) in 2010-10');
  });
});
