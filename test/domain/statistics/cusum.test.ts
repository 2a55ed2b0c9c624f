import { describe, expect, it } from 'vitest';
import { CUSUM_CAP_IN_LIMITS, CUSUM_MONTHS_TO_FALSE_ALARM } from '../../../functions/domain/rules.ts';
import {
  averageRunLength,
  binomialWeights,
  cusumLimit,
  cusumRatio,
  type InControl,
  poissonWeights,
  stepCusum,
} from '../../../functions/domain/statistics/cusum.ts';

/** mulberry32 (T. Ettinger): a small generator with a 32-bit state, good enough to check a mean to a few per cent. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws by inversion from a table made with nothing but multiplication, so that it shares no code with what it checks. */
function drawsOf(inControl: InControl, random: () => number): () => number {
  const cumulative: number[] = [];
  let sum = 0;
  let term: number;
  if (inControl.kind === 'binomial') {
    term = (1 - inControl.rate) ** inControl.n;
    for (let k = 0; k <= inControl.n; k++) {
      sum += term;
      cumulative.push(sum);
      term *= ((inControl.n - k) / (k + 1)) * (inControl.rate / (1 - inControl.rate));
    }
  } else {
    term = Math.exp(-inControl.mean);
    for (let k = 0; sum < 1 - 1e-12; k++) {
      sum += term;
      cumulative.push(sum);
      term *= inControl.mean / (k + 1);
    }
  }
  return () => {
    const u = random();
    let k = 0;
    while (k < cumulative.length - 1 && u >= (cumulative[k] as number)) k += 1;
    return k;
  };
}

const weightOf = (inControl: InControl, count: number): number =>
  inControl.kind === 'binomial'
    ? binomialWeights(inControl.rate, cusumRatio(inControl))(count, inControl.n)
    : poissonWeights(inControl.mean, cusumRatio(inControl))(count);

function simulatedRunLength(inControl: InControl, limit: number, runs: number, seed: number): number {
  const draw = drawsOf(inControl, seeded(seed));
  // The weights of the counts that occur; simulation is slow enough without their logarithms.
  const weights: number[] = [];
  let months = 0;
  for (let run = 0; run < runs; run++) {
    for (let sum = 0; sum <= limit; months++) {
      const count = draw();
      weights[count] ??= weightOf(inControl, count);
      sum = stepCusum(sum, weights[count], limit);
    }
  }
  return months / runs;
}

const processes: InControl[] = [
  ...[0.03, 0.12, 0.3].flatMap((rate) => [8, 10, 40, 150].map((n) => ({ kind: 'binomial', n, rate }) as const)),
  { kind: 'binomial', n: 1, rate: 0.1 },
  { kind: 'binomial', n: 8, rate: 0.005 },
  { kind: 'binomial', n: 40, rate: 0.6 },
  { kind: 'binomial', n: 400, rate: 0.03 },
  { kind: 'binomial', n: 400, rate: 0.12 },
  { kind: 'poisson', mean: 0.2 },
  { kind: 'poisson', mean: 1.5 },
  { kind: 'poisson', mean: 6 },
  { kind: 'poisson', mean: 25 },
];
const named = processes.map((process) => [JSON.stringify(process), process] as const);

describe('the computed limit', () => {
  it.each(named)('gives a run of 240 months or more at the baseline, as simulated: %s', (_, process) => {
    const limit = cusumLimit(process);
    const computed = averageRunLength(process, limit);
    expect(computed).toBeGreaterThanOrEqual(CUSUM_MONTHS_TO_FALSE_ALARM * 0.999);
    // 4000 runs: a standard error of 1.6%.
    expect(Math.abs(simulatedRunLength(process, limit, 4000, 2010) / computed - 1)).toBeLessThan(0.07);
  });

  it.each(named)('is the smallest: a little below it the run is too short: %s', (_, process) => {
    expect(averageRunLength(process, cusumLimit(process) - 0.006)).toBeLessThan(CUSUM_MONTHS_TO_FALSE_ALARM);
  });

  it.each(named.filter(([, process]) => process.kind === 'poisson' || process.n <= 40))(
    'with two clean months clearing an alarm and restarting at zero, it costs 0.06 false alarms a year at most: %s',
    (_, process) => {
      const limit = cusumLimit(process);
      const draw = drawsOf(process, seeded(1876));
      const months = 120_000;
      let alarms = 0;
      let sum = 0;
      let clean = Number.POSITIVE_INFINITY;
      for (let month = 0; month < months; month++) {
        sum = stepCusum(sum, weightOf(process, draw()), limit);
        if (sum > limit) {
          if (clean > 1) alarms += 1;
          clean = 0;
        } else if (++clean === 2) sum = 0;
      }
      expect((alarms / months) * 12).toBeLessThan(0.06);
    },
  );

  it('stays above zero where even one failure is rarer than the wanted false alarm, so that the cap can be passed', () => {
    const limit = cusumLimit({ kind: 'binomial', n: 400, rate: 0.3 });
    expect(limit).toBeGreaterThan(0);
    expect(stepCusum(0, binomialWeights(0.3)(200, 400), limit)).toBeGreaterThan(limit);
    expect(cusumLimit({ kind: 'poisson', mean: 0.001 })).toBeGreaterThan(0);
  });

  it('grows with the run that is wanted', () => {
    const limits = [24, 120, 240, 1200].map((months) => cusumLimit({ kind: 'binomial', n: 40, rate: 0.1 }, months));
    expect(limits).toEqual(limits.toSorted((a, b) => a - b));
  });

  it('is the same again, and whatever else was asked for in between', () => {
    const first = cusumLimit({ kind: 'binomial', n: 37, rate: 0.11 });
    for (let n = 1; n < 700; n++) cusumLimit({ kind: 'poisson', mean: 5 + n / 100 });
    expect(cusumLimit({ kind: 'binomial', n: 37, rate: 0.11 })).toBe(first);
  });

  it('takes a typical denominator that is no whole number as the nearest', () => {
    expect(cusumLimit({ kind: 'binomial', n: 36.6, rate: 0.11 })).toBe(
      cusumLimit({ kind: 'binomial', n: 37, rate: 0.11 }),
    );
  });

  it.each([0, 1, -0.1, Number.NaN])('refuses a baseline rate of %f', (rate) => {
    expect(() => cusumLimit({ kind: 'binomial', n: 10, rate })).toThrow(RangeError);
    expect(() => binomialWeights(rate)(1, 10)).toThrow(RangeError);
  });

  it('refuses a baseline mean of nothing', () => {
    expect(() => cusumLimit({ kind: 'poisson', mean: 0 })).toThrow(RangeError);
    expect(() => poissonWeights(0)(1)).toThrow(RangeError);
  });
});

describe('the weight of a month', () => {
  it('is the log-likelihood ratio of doubled odds, with the denominator of that month', () => {
    const odds = 2 * (0.12 / 0.88);
    const worse = odds / (1 + odds);
    const expected = (f: number, n: number) => f * Math.log(worse / 0.12) + (n - f) * Math.log((1 - worse) / 0.88);
    for (const [f, n] of [
      [0, 3],
      [5, 40],
      [40, 40],
    ] as const) {
      expect(binomialWeights(0.12)(f, n)).toBeCloseTo(expected(f, n), 12);
    }
  });

  it('is the log-likelihood ratio of a doubled mean, for counts', () => {
    expect(poissonWeights(3)(7)).toBeCloseTo(7 * Math.log(2) - 3, 12);
  });

  it('has no limit where hardly any case does not fail, and finds one within moments elsewhere', () => {
    expect(cusumLimit({ kind: 'binomial', n: 2000, rate: 0.9999994 })).toBe(Number.POSITIVE_INFINITY);
    expect(cusumLimit({ kind: 'binomial', n: 2000, rate: 0.99 })).toBeLessThan(6);
  });

  it('is nothing where there were no cases', () => expect(binomialWeights(0.12)(0, 0)).toBe(0));
});

describe('the path', () => {
  const pathOf = (weights: readonly number[], limit: number): number[] => {
    let sum = 0;
    return weights.map((weight) => {
      sum = stepCusum(sum, weight, limit);
      return sum;
    });
  };

  it('never falls below zero nor rises above 1.5 limits', () => {
    expect(pathOf([-3, 2, -1, 9, 9, -2], 4)).toEqual([0, 2, 1, 6, 6, 4]);
    expect(CUSUM_CAP_IN_LIMITS).toBe(1.5);
  });

  it('is below the limit again within months of a bad year, not within years', () => {
    const limit = cusumLimit({ kind: 'binomial', n: 40, rate: 0.12 });
    const months = [...new Array<number>(12).fill(20), ...new Array<number>(6).fill(5)];
    const path = pathOf(
      months.map((failures) => binomialWeights(0.12)(failures, 40)),
      limit,
    );
    expect(path[11]).toBeGreaterThan(limit);
    expect(path[13]).toBeLessThan(limit);
  });
});
