import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LocalStandard, Metric } from '../../functions/domain/metric.ts';
import { addMonths } from '../../functions/domain/period.ts';
import type { Observation } from '../../functions/domain/series.ts';
import {
  foundFigures,
  type Judged,
  judgedAt,
  rebasePeriodsOf,
  type Settings,
  standardFor,
  timeline,
} from '../../functions/domain/timeline.ts';
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

describe('the standard in force', () => {
  const standards: Metric['standards'] = [
    { value: 70, from: '2010-01', basis: 'local', note: 'first' },
    { value: 80, from: '2010-10', until: '2010-12', basis: 'local', note: 'second' },
  ];
  const values = (local: Partial<LocalStandard>[]) =>
    ['2009-12', '2010-01', '2010-09', '2010-10', '2010-12', '2011-01'].map(
      (period) => standardFor(aMetric({ standards }), local.map(aLocalStandard), period)?.value,
    );

  it('is the newest that has begun, of the authority before the file, and none once that has ended', () => {
    expect(values([])).toEqual([undefined, 70, 70, 80, 80, undefined]);
    expect(values([{ value: 60, from: '2010-10' }])).toEqual([undefined, 70, 70, 60, 60, 60]);
    expect(values([{ value: 60 }, { version: 2, from: '2010-12', tolerance: 3 }])).toEqual([
      ...[undefined, 70, 70, 60, 60, 60],
    ]);
    expect(values([{ value: 60 }, { version: 2, from: '2010-12', value: null }])).toEqual([
      ...[undefined, 70, 70, 60, undefined, undefined],
    ]);
    const [range, line] = [{ upTo: 85 }, {}].map((fields) =>
      standardFor(aMetric(), [aLocalStandard({ value: 60, ...fields })], '2010-10'),
    );
    expect(range).toEqual({ value: 60, upTo: 85, from: '2010-10', basis: 'council', note: 'agreed' });
    expect(line).not.toHaveProperty('upTo');
  });

  it('of a metric that is to stay within a range is the end that the figure is beyond', () => {
    const range = aMetric({
      ...{ polarity: 'target', cases: 'stock', baseline: inFigures(20) },
      standards: [{ value: 60, upTo: 80, from: '2000-01', basis: 'local', note: 'a range' }],
    });
    const judged = judge(range, [59, 60, 80, 81]);
    expect(judged.map(({ findings }) => findings.map(({ evaluator }) => evaluator))).toEqual([
      ...[['standard'], [], [], ['standard']],
    ]);
    expect(judged[0]?.findings[0]?.reference).toContain('the standard is 60% to 80%');
    expect(judge(range, [20], { evaluators: ['inspection'] })[0]?.findings).toEqual([]);
    expect(judge({ ...range, standards: [] }, [20])[0]?.findings).toEqual([]);
  });

  it('has a tolerance and an M of N from their month on, until newer ones', () => {
    const stock = aBacklog({ standards: [], baseline: inFigures(20) });
    const tolerances = [
      aLocalStandard({ metric: 'backlog', from: '2010-11', tolerance: 12 }),
      aLocalStandard({ metric: 'backlog', version: 2, from: '2010-12', value: null }),
      aLocalStandard({ metric: 'backlog', version: 3, from: '2011-02', tolerance: 30 }),
    ];
    const judged = judgeBy('inspection')(stock, [31, 31, 33, 33, 33], { localStandards: tolerances });
    expect(judged.map(({ findings }) => findings.length)).toEqual([1, 0, 1, 1, 0]);
    expect(judged[2]?.findings[0]?.reason).toContain('the tolerance of 12 (local policy)');
    const rules = [
      aLocalStandard({ metric: 'backlog', from: '2010-11', mOfN: { m: 1, n: 3, missing: 'ignore' } }),
      aLocalStandard({ metric: 'backlog', version: 2, from: '2010-12', value: 10 }),
    ];
    const failed = judgeBy('standard')(aBacklog(), [11, 9, 9, 11], { localStandards: rules });
    expect(failed.map((entry) => entry.findings[0]?.level)).toEqual(['watch', undefined, undefined, 'critical']);
  });
});

it('an absent report counts up to the latest month that is in, where the metric or the authority lets it', () => {
  const breaching = { m: 1, n: 1, missing: 'breaching' as const };
  const periods = (metric: Metric, settings: Partial<Settings>) =>
    judge(metric, [11, undefined, undefined, undefined, undefined, 11], settings).map(({ period }) => period);
  const all = ['2010-10', '2010-11', '2010-12', '2011-01', '2011-02', '2011-03'];
  const metric = aBacklog({ mOfN: breaching });
  expect(periods(metric, {})).toEqual(all);
  expect(periods(metric, { latestPeriod: '2011-07' }).at(-1)).toBe('2011-07');
  expect(periods(aBacklog(), {})).toEqual([all[0], all.at(-1)]);
  const local = [aLocalStandard({ metric: 'backlog', mOfN: breaching })];
  expect(periods(aBacklog(), { localStandards: local })).toEqual(all);
  expect(judge(metric, [], { latestPeriod: '2011-07' })).toEqual([]);
});

it('the figures that others are held against go on while they are the same', () => {
  const metric = aMetric({
    found: [
      { inspection: 'older', from: '2010-10', baseline: inFigures(90) },
      { inspection: 'newer', from: '2010-12', baseline: inFigures(60) },
      { inspection: 'newest', from: '2011-02', baseline: inFigures(60) },
    ],
  });
  const found = foundFigures(metric, series([1, 1, 1, undefined, 1, 1].map((n) => n && 80)), SETTINGS);
  expect(found.map(({ from, to, value }) => [from, to, value])).toEqual([
    ['2010-10', '2010-11', 90],
    ['2010-12', '2011-03', 60],
  ]);
});

describe('an entry', () => {
  const of = (metric: Metric, figures: readonly (Figure | undefined)[], settings: Partial<Settings> = {}) =>
    judge(metric, figures, settings);

  it('holds what was reported and found, every evaluator on its own, and that something changed only where it did', () => {
    const failing = aBacklog({ baseline: inFigures(4) });
    const [well, bad] = of(failing, [4, 40]);
    expect(Object.keys(well ?? {}).sort()).toEqual(['alert', 'findings', 'observation', 'period']);
    expect(Object.keys(bad ?? {})).toEqual(expect.arrayContaining(['observation', 'transition']));
    expect(bad?.findings.map(({ evaluator }) => evaluator)).toEqual(['standard', 'inspection']);
    const breaching = aBacklog({ mOfN: { m: 1, n: 1, missing: 'breaching' } });
    const absent = of(breaching, [4, undefined, 4])[1];
    expect([absent?.period, absent?.findings.length]).toEqual(['2010-11', 1]);
    expect(absent).not.toHaveProperty('observation');
  });

  it('is in force from its period on, until the next', () => {
    const entries = of(aBacklog(), [4, undefined, 40]);
    const inForce = ['2010-09', '2010-10', '2010-11', '2010-12', '2011-06'].map((period) => judgedAt(entries, period));
    expect(inForce.map((entry) => entry?.period)).toEqual([undefined, ...['2010-10', '2010-10', '2010-12', '2010-12']]);
  });

  it('is of a reported month alone, unless an absent report counts as failing', () => {
    const missing = aBacklog({ mOfN: { m: 1, n: 1, missing: 'missing' } });
    expect(of(missing, [4, undefined, 4]).map(({ period }) => period)).toEqual(['2010-10', '2010-12']);
  });

  it('says that what is raised is worse than it was told, though it fails no standard; of a mere watch, or within a range, never', () => {
    const worsened = (metric: Metric, figures: Figure[], evaluators?: Settings['evaluators']) =>
      of(metric, figures, evaluators ? { evaluators } : {}).filter(({ transition }) => transition === 'worsened')
        .length;
    const figures: Figure[] = [...repeat(6, [70, 100]), ...repeat(8, [45, 100])];
    const fallen = aMetric({ standards: [] });
    expect(worsened(fallen, figures)).toBe(1);
    expect(worsened(fallen, figures, ['inspection'])).toBe(0);
    const range = aMetric({
      polarity: 'target',
      standards: [{ value: 80, upTo: 90, from: '2000-01', basis: 'local', note: 'a range' }],
    });
    const told = of(range, figures).flatMap(({ findings }) => findings.map(({ evaluator }) => evaluator));
    expect(new Set(told)).toEqual(new Set(['standard']));
  });
});

describe('the way of working', () => {
  const version = (fields: Partial<LocalStandard>): LocalStandard => aLocalStandard({ from: '2010-10', ...fields });

  it('changed in the months of the inspection and of the newest version that names any, each once and in order', () => {
    const localStandards = [
      version({ rebaseDates: ['2010-01-05'] }),
      version({ version: 2, rebaseDates: ['2011-03-06', '2010-12-31'] }),
      version({ version: 3, value: 80 }),
    ];
    const of = (settings: Pick<Settings, 'rebaseDates' | 'localStandards'>) => rebasePeriodsOf(settings);
    expect(of({ rebaseDates: ['2011-06-01', '2011-03-01'], localStandards })).toEqual([
      ...['2010-12', '2011-03', '2011-06'],
    ]);
    expect(of({ rebaseDates: [], localStandards: [version({ value: 80 })] })).toEqual([]);
  });

  it('has a comparable figure from the month on in which that was stated, and the figures from each change on', () => {
    const metric = aMetric({ standards: [], baseline: inFigures(88) });
    const stated = [version({ from: '2011-01', rebaseDates: ['2010-12-01'], comparable: 80 })];
    const found = foundFigures(metric, series(repeat(5, [80, 100])), { rebaseDates: [], localStandards: stated });
    expect(found.map(({ from, to, value, isComparable }) => [from, to, value, isComparable])).toEqual([
      ['2010-10', '2010-11', 88, false],
      ['2011-01', '2011-02', 80, true],
    ]);
    // The same figure, stated anew, is drawn on its own.
    const same = [version({ rebaseDates: ['2010-12-01'], comparable: 88 })];
    expect(
      foundFigures(metric, series(repeat(4, [80, 100])), { rebaseDates: [], localStandards: same }).map(
        ({ from }) => from,
      ),
    ).toEqual(['2010-10', '2010-12']);
  });
});
