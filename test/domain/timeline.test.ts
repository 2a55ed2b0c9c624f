import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LocalStandard, Metric } from '../../functions/domain/metric.ts';
import { addMonths } from '../../functions/domain/period.ts';
import type { Observation } from '../../functions/domain/series.ts';
import { foundFigures, type Judged, type Settings, timeline } from '../../functions/domain/timeline.ts';
import {
  aBacklog,
  aLocalStandard,
  aMetric,
  type Figure,
  IN_WORDS,
  inFigures,
  judge,
  judgeBy,
  observation,
  SETTINGS,
  series,
  statesOf,
} from '../support/build.ts';

const repeat = (count: number, figure: Figure): Figure[] => Array.from({ length: count }, () => figure);

describe('a rebase date', () => {
  it('lets go of what the inspection found, unless a comparable figure is stated with it', () => {
    const metric = aMetric({ standards: [], baseline: inFigures(88) });
    const figures = Array.from({ length: 14 }, (): Figure => [80, 100]);
    const rebased = (fields: Partial<LocalStandard>): Judged[] =>
      judge(metric, figures, {
        evaluators: ['inspection'],
        localStandards: [aLocalStandard({ from: '2010-10', rebaseDates: ['2010-12-01'], ...fields })],
      });
    const raised = (entries: readonly Judged[]): string[] =>
      entries.filter(({ period, alert }) => period >= '2011-01' && alert.episode).map(({ period }) => period);
    expect(raised(rebased({}))).toEqual([]);
    expect(raised(rebased({ comparable: 80 }))).toEqual([]);
    const held = rebased({ comparable: 92 });
    expect(raised(held).length).toBeGreaterThan(8);
    expect(held.at(-1)?.findings[0]?.reference).toMatch(
      /^the inspection found 88% .*; as figures are counted since the way of working changed, that is 92% \(local policy\)$/,
    );
    // The chart draws each where it holds.
    const found = (fields: Partial<LocalStandard>) =>
      foundFigures(metric, series(figures), {
        rebaseDates: [],
        localStandards: [aLocalStandard({ from: '2010-10', rebaseDates: ['2010-12-01'], ...fields })],
      });
    const before = { from: '2010-10', to: '2010-11', value: 88, isComparable: false };
    expect(found({})).toEqual([before]);
    expect(found({ comparable: 92 })).toEqual([
      before,
      { from: '2010-12', to: '2011-11', value: 92, isComparable: true },
    ]);
    expect(found({ rebaseDates: [] })).toEqual([{ ...before, to: '2011-11' }]);
    // Newer dates without one let go again.
    const newer = [
      aLocalStandard({ from: '2010-10', rebaseDates: ['2010-12-01'], comparable: 92 }),
      aLocalStandard({ version: 2, from: '2011-01', rebaseDates: ['2011-01-01'] }),
    ];
    expect(raised(judge(metric, figures, { evaluators: ['inspection'], localStandards: newer })).at(-1)).not.toBe(
      '2011-11',
    );
  });
});

describe('what the authority set', () => {
  it('counts from its month on, the newest version first', () => {
    const localStandards = [aLocalStandard({ value: 70 }), aLocalStandard({ version: 2, from: '2010-12', value: 90 })];
    const judged = judgeBy('standard')(aMetric(), repeat(4, [75, 100]), { localStandards });
    expect(statesOf(judged)).toEqual(['clear', 'clear', 'critical', 'critical']);
    expect(judged[2]?.findings[0]?.text).toContain('the standard is 90% since December 2010 (local policy)');
  });

  it('may be a tolerance, another M of N, or rebase dates', () => {
    const stock = aBacklog({ standards: [], baseline: { ...aMetric().baseline, value: 20 } as Metric['baseline'] });
    expect(
      statesOf(
        judgeBy('inspection')(stock, [27], { localStandards: [aLocalStandard({ metric: 'backlog', tolerance: 7 })] }),
      ),
    ).toEqual(['clear']);
    const mOfN = { m: 3, n: 3, missing: 'ignore' as const };
    expect(
      statesOf(
        judgeBy('standard')(aBacklog(), [11, 11, 11], {
          localStandards: [aLocalStandard({ metric: 'backlog', mOfN })],
        }),
      ),
    ).toEqual(['warning', 'warning', 'critical']);
    const rebased = judgeBy('inspection')(aMetric({ standards: [] }), repeat(6, [40, 50]), {
      localStandards: [aLocalStandard({ rebaseDates: ['2011-01-10'] })],
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
    const [judged] = timeline(aMetric(), [provisional], { ...SETTINGS, evaluators: ['standard'] });
    expect(judged?.findings[0]?.text).toContain('provisional 40.0% (20 of 50) in October 2010');
  });
});

describe('several inspections', () => {
  const figure = (value: number): Metric['baseline'] => ({
    kind: 'figure',
    value,
    bound: 'exact',
    period: '2010',
    paragraphs: ['11'],
    statement: 'So.',
  });
  const metric = aMetric({
    cases: 'stock',
    tolerance: 3,
    standards: [],
    baseline: figure(60),
    found: [
      { inspection: 'older', from: '2010-10', baseline: figure(90) },
      { inspection: 'newer', from: '2011-01', baseline: figure(60) },
    ],
  });

  const ONE_INSPECTION = { ...SETTINGS, evaluators: ['inspection'] } as const;

  it('are each held against the figures of their own time: the first for all that is older, a newer one from its month on', () => {
    const judged = timeline(metric, series([80, 80, 80, 80, 50], '2010-09'), ONE_INSPECTION);
    const found = judged.map(({ period, findings }) => [period, findings.map(({ numbers }) => numbers.baseline)]);
    expect(found).toEqual([
      ['2010-09', [90]],
      ['2010-10', [90]],
      ['2010-11', [90]],
      ['2010-12', [90]],
      ['2011-01', [60]],
    ]);
  });

  it('change nothing before the newer one was published', () => {
    const before = series([80, 80, 80, 80], '2010-09');
    const { found: _, ...alone } = { ...metric, baseline: figure(90) };
    const judge = (of: Metric) => timeline(of, before, ONE_INSPECTION);
    expect(judge(metric)).toEqual(judge(alone));
  });
});
