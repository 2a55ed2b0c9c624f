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
