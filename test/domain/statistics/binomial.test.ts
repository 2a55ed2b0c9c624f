import { describe, expect, it } from 'vitest';
import {
  binomialAtLeast,
  binomialAtMost,
  binomialPmf,
  jeffreysCount,
  jeffreysRate,
  poissonAtLeast,
  poissonAtMost,
  poissonPmf,
} from '../../../functions/domain/statistics/binomial.ts';

/** The fraction that a double is, so that the reference below starts from the very same p. */
function exactFraction(p: number): { over: bigint; under: bigint } {
  let over = p;
  let under = 1n;
  while (!Number.isInteger(over)) {
    over *= 2;
    under *= 2n;
  }
  return { over: BigInt(over), under };
}

/** P(X = k) for k from 0 to n in whole numbers without rounding, over a common denominator. */
function exactTerms(n: number, p: number): { terms: bigint[]; total: bigint } {
  const { over, under } = exactFraction(p);
  const rest = under - over;
  const terms: bigint[] = [];
  let choose = 1n;
  for (let k = 0; k <= n; k++) {
    terms.push(choose * over ** BigInt(k) * rest ** BigInt(n - k));
    choose = (choose * BigInt(n - k)) / BigInt(k + 1);
  }
  return { terms, total: under ** BigInt(n) };
}

/** over / total as a double, with 25 digits carried. */
function toNumber(over: bigint, total: bigint): number {
  if (over === 0n) return 0;
  let shift = 0;
  while ((over << BigInt(shift)) / total < 10n ** 25n) shift += 32;
  return Number((over << BigInt(shift)) / total) * 2 ** -shift;
}

function relativeError(got: number, want: number): number {
  return want === 0 ? Math.abs(got) : Math.abs(got / want - 1);
}

describe('binomial tails', () => {
  it.each([1, 2, 3, 7, 8, 15, 16, 17, 40, 150])('are exact to 1e-12 for every k at n = %i', (n) => {
    for (const p of [0.005, 0.03, 0.12, 0.2, 0.5, 0.85, 0.97]) {
      const { terms, total } = exactTerms(n, p);
      let below = 0n;
      for (let k = 0; k <= n; k++) {
        const term = terms[k] as bigint;
        const where = `n=${n} p=${p} k=${k}`;
        expect(relativeError(binomialPmf(k, n, p), toNumber(term, total)), where).toBeLessThan(1e-12);
        expect(relativeError(binomialAtLeast(k, n, p), toNumber(total - below, total)), where).toBeLessThan(1e-12);
        below += term;
        expect(relativeError(binomialAtMost(k, n, p), toNumber(below, total)), where).toBeLessThan(1e-12);
      }
    }
  });

  // Computed to 50 digits with mpmath 1.3.0, by summing the terms; written here to the nearest double.
  it.each([
    [99000, 1e6, 0.1, 0.00042469673811751835],
    [98500, 1e6, 0.1, 2.7347712362567844e-7],
    [95000, 1e6, 0.1, 1.4265577365245767e-63],
    [849900, 1e6, 0.85, 0.3901388917353322],
    [5, 1e6, 1e-5, 0.06708501704653115],
    [500, 1e6, 0.001, 7.325526246299975e-69],
    [3000, 5000, 0.62, 0.001921228776714306],
  ])('P(X ≤ %i | n = %i, p = %f) is exact to 1e-12', (k, n, p, want) => {
    expect(relativeError(binomialAtMost(k, n, p), want)).toBeLessThan(1e-12);
  });

  it.each([
    [101000, 1e6, 0.1, 0.00043861997629503734],
    [150200, 1e6, 0.15, 0.2881025465961666],
    [30, 1e6, 1e-5, 2.5094634430504587e-7],
    [1100, 1e6, 0.001, 0.0009574669700285419],
    [40, 40, 0.03, 1.2157665459056911e-61],
  ])('P(X ≥ %i | n = %i, p = %f) is exact to 1e-12', (k, n, p, want) => {
    expect(relativeError(binomialAtLeast(k, n, p), want)).toBeLessThan(1e-12);
  });

  it('agree with the published tables: 10 of 20 at ½, 0.5881 (any statistics textbook)', () => {
    expect(binomialAtMost(10, 20, 0.5)).toBeCloseTo(0.5881, 4);
  });

  it('are certain or impossible at the bounds', () => {
    expect(binomialAtMost(-1, 8, 0.2)).toBe(0);
    expect(binomialAtMost(8, 8, 0.2)).toBe(1);
    expect(binomialAtLeast(0, 8, 0.2)).toBe(1);
    expect(binomialAtLeast(9, 8, 0.2)).toBe(0);
    expect(binomialAtLeast(1, 8, 0)).toBe(0);
    expect(binomialAtLeast(8, 8, 1)).toBe(1);
    expect(binomialAtMost(7, 8, 1)).toBe(0);
    expect(binomialAtMost(0, 0, 0.3)).toBe(1);
    expect(binomialAtLeast(1, 0, 0.3)).toBe(0);
    expect(binomialPmf(0, 0, 0.3)).toBe(1);
  });

  it.each([
    [3, -1, 0.5],
    [3, 2.5, 0.5],
    [3, 8, 1.01],
    [3, 8, Number.NaN],
  ])('refuse what is no distribution: k = %f, n = %f, p = %f', (k, n, p) => {
    expect(() => binomialAtLeast(k, n, p)).toThrow(RangeError);
    expect(() => binomialAtMost(k, n, p)).toThrow(RangeError);
  });
});

describe('Poisson tails', () => {
  // Computed to 50 digits with mpmath 1.3.0.
  it.each([
    [3, 7.5, 0.059145459832683954],
    [60, 100, 1.0812218170244077e-5],
    [9500, 10000, 2.3793771979994753e-7],
    [0, 200, 1.3838965267367376e-87],
  ])('P(X ≤ %i | mean %f) is exact to 1e-12', (k, mean, want) => {
    expect(relativeError(poissonAtMost(k, mean), want)).toBeLessThan(1e-12);
    expect(relativeError(poissonAtLeast(k + 1, mean), 1 - want)).toBeLessThan(1e-12);
  });

  it.each([
    [12, 4.2, 0.0013738596159008673],
    [150, 100, 1.88421046603867e-6],
    [10500, 10000, 3.5995897948120387e-7],
    [80, 3, 1.0677554717215482e-82],
  ])('P(X ≥ %i | mean %f) is exact to 1e-12', (k, mean, want) => {
    expect(relativeError(poissonAtLeast(k, mean), want)).toBeLessThan(1e-12);
    expect(relativeError(poissonAtMost(k - 1, mean), 1 - want)).toBeLessThan(1e-12);
  });

  it('are certain or impossible at the bounds', () => {
    expect(poissonAtMost(-1, 3)).toBe(0);
    expect(poissonAtLeast(0, 3)).toBe(1);
    expect(poissonAtMost(0, 0)).toBe(1);
    expect(poissonAtLeast(1, 0)).toBe(0);
    expect(poissonPmf(0, 0)).toBe(1);
    expect(() => poissonAtLeast(1, -1)).toThrow(RangeError);
  });
});

describe("Jeffreys' posterior", () => {
  it('is the Beta(failures + ½, successes + ½) distribution for a rate', () => {
    const { mean, sd } = jeffreysRate(3, 40);
    expect(mean).toBeCloseTo(3.5 / 41, 12);
    // Variance of Beta(a, b): ab / ((a + b)² (a + b + 1)).
    expect(sd).toBeCloseTo(Math.sqrt((3.5 * 37.5) / (41 ** 2 * 42)), 12);
  });

  it('is strictly between the bounds even where nothing or everything failed', () => {
    expect(jeffreysRate(0, 12).mean).toBeGreaterThan(0);
    expect(jeffreysRate(12, 12).mean).toBeLessThan(1);
    expect(jeffreysRate(0, 0).mean).toBe(0.5);
  });

  it('is the Gamma(count + ½, periods) distribution for a mean count', () => {
    expect(jeffreysCount(11, 6).mean).toBeCloseTo(11.5 / 6, 12);
    expect(jeffreysCount(11, 6).sd).toBeCloseTo(Math.sqrt(11.5) / 6, 12);
  });

  it('refuses more failures than cases', () => {
    expect(() => jeffreysRate(5, 4)).toThrow(RangeError);
  });
});

describe('counts far beyond any that is accepted', () => {
  /** The normal tail, which for a coin thrown 1e12 times is right to a millionth. */
  const NORMAL = [
    [1, 0.15865525393145705],
    [3, 0.0013498980316300933],
    [6, 9.865876450376981e-10],
  ] as const;

  it.each(NORMAL)('have the tail beyond %i standard deviations that they should, and soon', (deviations, tail) => {
    const [n, sd] = [1e12, 5e5];
    expect(binomialAtMost(n / 2 - deviations * sd, n, 0.5) / tail).toBeCloseTo(1, 4);
    expect(binomialAtLeast(n / 2 + deviations * sd, n, 0.5) / tail).toBeCloseTo(1, 4);
    expect(poissonAtLeast(n + deviations * 1e6, n) / tail).toBeCloseTo(1, 3);
    expect(poissonAtMost(n - deviations * 1e6, n) / tail).toBeCloseTo(1, 3);
  });

  it('go over from one way of summing to the other without a step', () => {
    const [below, above] = [3.999e10, 4.001e10].map((n) => binomialAtMost(n / 2 - Math.sqrt(n) / 2, n, 0.5));
    expect((below as number) / (above as number)).toBeCloseTo(1, 5);
  });
});
