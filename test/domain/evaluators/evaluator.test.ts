import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeFinding } from '../../../functions/domain/describe-finding.ts';
import type { Context, Evaluator, Memory } from '../../../functions/domain/evaluators/evaluator.ts';
import { EVALUATORS } from '../../../functions/domain/evaluators/index.ts';
import type { Metric } from '../../../functions/domain/metric.ts';
import { columnsOf, type Observation } from '../../../functions/domain/series.ts';
import {
  binomialWeights,
  cusumLimit,
  cusumRatio,
  type InControl,
  stepCusum,
} from '../../../functions/domain/statistics/cusum.ts';
import { aBacklog, aMetric, type Figure, IN_WORDS, inFigures, series } from '../../support/build.ts';

/** A record of up to four years at one level and then another, ragged, in which something happens now and then. */
const record = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 3, maxLength: 48 }),
  grows: fc.integer({ min: 1, max: 5 }),
  shares: fc.tuple(fc.double({ min: 0.02, max: 0.5, noNaN: true }), fc.double({ min: 0.02, max: 0.9, noNaN: true })),
  noise: fc.array(fc.double({ min: -0.1, max: 0.1, noNaN: true }), { minLength: 48, maxLength: 48 }),
  rebasedAt: fc.option(fc.integer({ min: 0, max: 47 }), { nil: undefined }),
  clearedAt: fc.option(fc.integer({ min: 0, max: 47 }), { nil: undefined }),
  newBaselineAt: fc.option(fc.integer({ min: 0, max: 47 }), { nil: undefined }),
});
type Drawn = typeof record extends fc.Arbitrary<infer T> ? T : never;

const failuresOf = ({ sizes, grows, shares, noise }: Drawn): (readonly [failures: number, n: number])[] =>
  sizes.map((size, i) => {
    const half = i >= sizes.length / 2;
    const n = half ? size * grows : size;
    const share = Math.min(1, Math.max(0, shares[half ? 1 : 0] + (noise[i] as number)));
    return [Math.round(share * n), n];
  });

const METRICS: readonly Metric[] = [
  aMetric(),
  aMetric({ polarity: 'lower', baseline: inFigures(12) }),
  aMetric({ baseline: IN_WORDS }),
  aMetric({ cases: 'stock', tolerance: 3, baseline: IN_WORDS }),
  aBacklog({ cases: 'flow', baseline: inFigures(10) }),
  aBacklog({ baseline: inFigures(10) }),
];

/** What an evaluator says in each period, remembering from one to the next or not. */
function judge(evaluator: Evaluator, metric: Metric, drawn: Drawn, remembers: boolean) {
  const figures = failuresOf(drawn).map(([failures, n]): Figure => {
    if (metric.kind === 'count') return failures;
    return [metric.polarity === 'higher' ? n - failures : failures, n];
  });
  const observations: readonly Observation[] = series(figures);
  let memory: Memory = {};
  return observations.map((current, i) => {
    if (!remembers) memory = {};
    const from = (at: number | undefined): number => (at !== undefined && at <= i ? at : 0);
    const known = observations.slice(0, i + 1);
    const context: Context = {
      period: current.period,
      standardIn: () => metric.standards[0],
      start: from(drawn.rebasedAt),
      cleared: from(drawn.clearedAt),
      comparable: drawn.clearedAt === undefined ? undefined : 85,
      levelBefore: undefined,
      reached: undefined,
      // Whoever reads what is not known yet would see that it is not a number.
      columns: columnsOf([...known, ...observations.slice(i + 1).map((each) => ({ ...each, value: Number.NaN }))]),
      memory,
    };
    const isNew = drawn.newBaselineAt !== undefined && drawn.newBaselineAt <= i;
    const found = isNew && metric.baseline.kind === 'figure' ? { ...metric, baseline: inFigures(11) } : metric;
    const result = evaluator(found, known, context);
    return result && describeFinding(found, result, 'show');
  });
}

describe('what an evaluator remembers', () => {
  it.each(Object.entries(EVALUATORS))('changes nothing of what %s says', (_, evaluator) => {
    fc.assert(
      fc.property(fc.constantFrom(...METRICS), record, (metric, drawn) => {
        expect(judge(evaluator, metric, drawn, true)).toEqual(judge(evaluator, metric, drawn, false));
      }),
    );
  });

  it('leaves no month out of the CUSUM that could raise it: it is that of all months', () => {
    const [metric] = METRICS as [Metric];
    let found = 0;
    fc.assert(
      fc.property(record, ({ sizes, ...rest }) => {
        // Fewer than two years say nothing of how much months vary.
        const drawn = { ...rest, sizes: sizes.slice(0, 23), rebasedAt: undefined, newBaselineAt: undefined };
        const months = failuresOf(drawn);
        judge(EVALUATORS.inspection, metric, drawn, true).forEach((result, i) => {
          const known = months.slice(
            drawn.clearedAt !== undefined && drawn.clearedAt <= i ? drawn.clearedAt : 0,
            i + 1,
          );
          const sorted = months
            .slice(0, i + 1)
            .map(([, n]) => n)
            .sort((a, b) => a - b);
          const median = ((sorted[i >> 1] as number) + (sorted[(i + 1) >> 1] as number)) / 2;
          const n = median >= 100 ? Math.round(median / 10) * 10 : median;
          const inControl: InControl = { kind: 'binomial', rate: 12 / 100, n };
          const weigh = binomialWeights(12 / 100, cusumRatio(inControl));
          const limit = cusumLimit(inControl);
          const cusum = known.reduce((sum, [failures, size]) => stepCusum(sum, weigh(failures, size), limit), 0);
          expect(result?.numbers.cusum).toEqual(cusum > limit ? cusum : undefined);
          if (result) found++;
        });
      }),
    );
    expect(found).toBeGreaterThan(100);
  });
});

describe('one more month', () => {
  /** How many numbers of the record an evaluator reads to judge each month, by what it remembers of those before. */
  function readsOf(evaluator: Evaluator, metric: Metric, figures: readonly Figure[], from: Partial<Context> = {}) {
    const observations = series(figures, '1990-01');
    let reads = 0;
    const counted = (column: Float64Array): Float64Array =>
      new Proxy(column, {
        get(target, name) {
          if (name === 'subarray')
            return (begin: number, end: number) => {
              reads += end - begin;
              return target.subarray(begin, end);
            };
          if (typeof name === 'string' && /^\d+$/.test(name)) reads++;
          return Reflect.get(target, name);
        },
      });
    const { value, numerator, denominator } = columnsOf(observations);
    const columns = { value: counted(value), numerator: counted(numerator), denominator: counted(denominator) };
    const memory: Memory = {};
    return observations.map(({ period }, i) => {
      reads = 0;
      evaluator(metric, observations.slice(0, i + 1), {
        ...{ period, standardIn: () => undefined, start: 0, cleared: 0, comparable: undefined },
        ...{ levelBefore: undefined, reached: undefined, columns, memory, ...from },
      });
      return reads;
    });
  }
  const of = (count: number, figureAt: (i: number) => Figure): Figure[] =>
    Array.from({ length: count }, (_, i) => figureAt(i));
  const { inspection, 'special-cause': specialCause, 'change-point': changePoint } = EVALUATORS;
  const lower = aMetric({ polarity: 'lower', baseline: inFigures(12) });
  const flow = aBacklog({ cases: 'flow', baseline: inFigures(10) });

  it.each<[string, Metric, (i: number) => Figure, number]>([
    // A month's cases, and its cases and failures once more for the sum.
    ['of a share', aMetric(), (i) => [90 + (i % 3), 100], 3],
    ['of one where less is better', lower, (i) => [8 + (i % 3), 100], 3],
    // How much it varies is told by three years of its own, each twice.
    ['of one without counts', aMetric({ tolerance: 5 }), () => 90, 72],
    ['of a count', flow, (i) => 8 + (i % 3), 1],
  ])('that is no worse costs no more, however many there were: %s', (_, metric, figureAt, most) => {
    const reads = readsOf(inspection, metric, of(240, figureAt)).slice(1);
    expect(Math.max(...reads)).toBe(most);
    const later = readsOf(inspection, metric, of(60, figureAt), { start: 7, cleared: 20 }).slice(21);
    expect(Math.max(...later)).toBeLessThanOrEqual(most);
  });

  it('that is a little worse costs what a typical month does, and its own', () => {
    const share = readsOf(
      inspection,
      aMetric(),
      of(120, () => [87, 100]),
    ).slice(60);
    expect(Math.max(...share)).toBeLessThanOrEqual(3 + 24 + 2);
    const count = readsOf(
      inspection,
      flow,
      of(120, (i) => (i % 4 ? 10 : 12)),
    ).slice(60);
    expect(Math.max(...count)).toBeLessThanOrEqual(1 + 1);
  });

  it('is held against limits that are worked out once, and none is looked at where it is on the better side', () => {
    const reads = readsOf(
      specialCause,
      aMetric(),
      of(40, (i) => [80 + (i % 4), 100]),
    );
    expect(reads.slice(0, 12)).toEqual(Array.from({ length: 12 }, () => 0));
    // The twelve that limits are made of, the report before, and the seven of the longest run.
    expect(reads[12]).toBeGreaterThanOrEqual(12);
    expect(Math.max(...reads.slice(13))).toBeLessThanOrEqual(1 + 7);
    expect(Math.min(...reads.slice(13))).toBe(1);
  });

  it('is looked at for a change of level only where it is worse than half a year was at its best', () => {
    const rising = readsOf(
      changePoint,
      aMetric(),
      of(60, (i) => [30 + i, 100]),
    ).slice(36);
    // Each of three years once, and once more as it leaves the half year.
    expect(Math.max(...rising)).toBeLessThanOrEqual(36 + 36 - 6);
    const falling = readsOf(
      changePoint,
      aMetric(),
      of(60, (i) => [90 - i, 100]),
    ).slice(36);
    expect(Math.min(...falling)).toBeGreaterThan(36 + 36);
  });
});
