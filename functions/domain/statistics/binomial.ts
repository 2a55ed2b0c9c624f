/**
 * Exact one-sided tail probabilities of the binomial and the Poisson distribution, and what a count of failures says
 * about a rate that nobody measured before.
 *
 * Probabilities of single values are computed by C. Loader's saddle-point expansion ("Fast and Accurate Computation of
 * Binomial Probabilities", 2000; the method of R's dbinom and dpois): a difference of log-gammas would lose nine digits
 * at n = 1e6. A tail is the sum of its terms outwards from its largest, each from the last by the ratio of neighbours:
 * every term is positive, so nothing cancels. Relative error is at most 1e-12 for n from 1 to 1e6 (tested). Where the
 * standard deviation is so large that adding up would take seconds, one term in many stands for its neighbours: relative
 * error 1e-6, and the time is bounded for whatever was stored.
 */

const HALF_LOG_2_PI = 0.5 * Math.log(2 * Math.PI);

/** log(n!) less Stirling's approximation of it, for n from 0 to 15; the series below is exact from 16 on. */
const SMALL_STIRLING_ERRORS: readonly number[] = (() => {
  const errors = [0];
  let factorial = 1;
  for (let n = 1; n <= 15; n++) {
    factorial *= n;
    errors.push(Math.log(factorial) - (n + 0.5) * Math.log(n) + n - HALF_LOG_2_PI);
  }
  return errors;
})();

/** Stirling's series (Abramowitz & Stegun 6.1.41) for a natural number n. */
function stirlingError(n: number): number {
  const small = SMALL_STIRLING_ERRORS[n];
  if (small !== undefined) return small;
  const square = n * n;
  return (
    (1 / 12 -
      (1 / 360 - (1 / 1260 - (1 / 1680 - (1 / 1188 - 691 / 360360 / square) / square) / square) / square) / square) /
    n
  );
}

/** Loader's deviance term x·log(x / m) + m − x, without the cancellation where x is close to m. */
function deviance(x: number, m: number): number {
  const difference = x - m;
  if (Math.abs(difference) < 0.1 * (x + m)) {
    const v = difference / (x + m);
    let sum = difference * v;
    let term = 2 * x * v;
    for (let j = 3; ; j += 2) {
      term *= v * v;
      const next = sum + term / j;
      if (next === sum) return sum;
      sum = next;
    }
  }
  return x * Math.log(x / m) - difference;
}

function requireCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 0)
    throw new RangeError(`${name} must be a whole number from 0, got ${value}`);
}

function requireProbability(value: number): void {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`p must be from 0 to 1, got ${value}`);
}

function requireMean(value: number): void {
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) throw new RangeError(`mean must be from 0, got ${value}`);
}

/** P(X = k) for X the number of events among n, each of probability p. */
export function binomialPmf(k: number, n: number, p: number): number {
  requireCount('n', n);
  requireProbability(p);
  if (!Number.isInteger(k) || k < 0 || k > n) return 0;
  if (p === 0) return k === 0 ? 1 : 0;
  if (p === 1) return k === n ? 1 : 0;
  if (k === 0) return Math.exp(n * Math.log1p(-p));
  if (k === n) return Math.exp(n * Math.log(p));
  const exponent =
    stirlingError(n) -
    stirlingError(k) -
    stirlingError(n - k) -
    deviance(k, n * p) -
    deviance(n - k, n * (1 - p)) -
    HALF_LOG_2_PI;
  return Math.exp(exponent) * Math.sqrt(n / (k * (n - k)));
}

/** From this standard deviation on, far beyond any figure that is accepted, tails are summed by {@link strided}. */
const MANY = 1e5;
/** So many terms a standard deviation are added up then. */
const TERMS_A_DEVIATION = 1000;

/**
 * The sum of pmf(k), pmf(k + direction), … from every so many-th of them, by the trapezium rule: within a stride, a
 * thousandth of a standard deviation, the terms are all but a straight line.
 */
function strided(pmf: (k: number) => number, k: number, direction: 1 | -1, deviation: number): number {
  const stride = Math.ceil(deviation / TERMS_A_DEVIATION);
  const first = pmf(k);
  let sum = first;
  for (let at = k + direction * stride; ; at += direction * stride) {
    const next = sum + pmf(at);
    if (next === sum) break;
    sum = next;
  }
  return Math.min(1, sum * stride - (first * (stride - 1)) / 2);
}

/** The sum of the terms k, k − 1, … 0. Call it with k below the mean only: from there the terms shrink. */
function sumBinomialDown(k: number, n: number, p: number): number {
  const deviation = Math.sqrt(n * p * (1 - p));
  if (deviation > MANY) return strided((x) => binomialPmf(x, n, p), k, -1, deviation);
  const odds = (1 - p) / p;
  let term = 1;
  let sum = 1;
  for (let j = k; j > 0; j--) {
    term *= (j / (n - j + 1)) * odds;
    const next = sum + term;
    if (next === sum) break;
    sum = next;
  }
  return binomialPmf(k, n, p) * sum;
}

/** P(X ≤ k): how likely a service with probability p has at most k events among n. */
export function binomialAtMost(k: number, n: number, p: number): number {
  requireCount('n', n);
  requireProbability(p);
  const top = Math.floor(k);
  if (top < 0) return 0;
  if (top >= n || p === 0) return 1;
  if (p === 1) return 0;
  return top < n * p ? sumBinomialDown(top, n, p) : 1 - sumBinomialUp(top + 1, n, p);
}

/** P(X ≥ k): how likely a service with probability p has at least k events among n. */
export function binomialAtLeast(k: number, n: number, p: number): number {
  requireCount('n', n);
  requireProbability(p);
  const bottom = Math.ceil(k);
  if (bottom <= 0) return 1;
  if (bottom > n || p === 0) return 0;
  if (p === 1) return 1;
  return bottom > n * p ? sumBinomialUp(bottom, n, p) : 1 - sumBinomialDown(bottom - 1, n, p);
}

/** The sum of the terms k, k + 1, … n. Call it with k above the mean only: from there the terms shrink. */
function sumBinomialUp(k: number, n: number, p: number): number {
  const deviation = Math.sqrt(n * p * (1 - p));
  if (deviation > MANY) return strided((x) => binomialPmf(x, n, p), k, 1, deviation);
  const odds = p / (1 - p);
  let term = 1;
  let sum = 1;
  for (let j = k; j < n; j++) {
    term *= ((n - j) / (j + 1)) * odds;
    const next = sum + term;
    if (next === sum) break;
    sum = next;
  }
  return binomialPmf(k, n, p) * sum;
}

/** P(X = k) for a Poisson count of the given mean. */
export function poissonPmf(k: number, mean: number): number {
  requireMean(mean);
  if (!Number.isInteger(k) || k < 0) return 0;
  if (mean === 0) return k === 0 ? 1 : 0;
  if (k === 0) return Math.exp(-mean);
  return Math.exp(-stirlingError(k) - deviance(k, mean) - HALF_LOG_2_PI) / Math.sqrt(k);
}

function sumPoissonDown(k: number, mean: number): number {
  const deviation = Math.sqrt(mean);
  if (deviation > MANY) return strided((x) => poissonPmf(x, mean), k, -1, deviation);
  let term = 1;
  let sum = 1;
  for (let j = k; j > 0; j--) {
    term *= j / mean;
    const next = sum + term;
    if (next === sum) break;
    sum = next;
  }
  return poissonPmf(k, mean) * sum;
}

function sumPoissonUp(k: number, mean: number): number {
  const deviation = Math.sqrt(mean);
  if (deviation > MANY) return strided((x) => poissonPmf(x, mean), k, 1, deviation);
  let term = 1;
  let sum = 1;
  for (let j = k + 1; ; j++) {
    term *= mean / j;
    const next = sum + term;
    if (next === sum) break;
    sum = next;
  }
  return poissonPmf(k, mean) * sum;
}

/** P(X ≤ k) for a Poisson count of the given mean. */
export function poissonAtMost(k: number, mean: number): number {
  requireMean(mean);
  const top = Math.floor(k);
  if (top < 0) return 0;
  if (mean === 0) return 1;
  return top < mean ? sumPoissonDown(top, mean) : 1 - sumPoissonUp(top + 1, mean);
}

/** P(X ≥ k) for a Poisson count of the given mean. */
export function poissonAtLeast(k: number, mean: number): number {
  requireMean(mean);
  const bottom = Math.ceil(k);
  if (bottom <= 0) return 1;
  if (mean === 0) return 0;
  return bottom > mean ? sumPoissonUp(bottom, mean) : 1 - sumPoissonDown(bottom - 1, mean);
}

/** Mean and standard deviation of what is believed of a rate after having seen some figures. */
export type Posterior = { readonly mean: number; readonly sd: number };

/**
 * The posterior of a failure rate after `failures` among `n`, from Jeffreys' prior: Beta(failures + ½, n − failures + ½)
 * (H. Jeffreys, Theory of Probability, 3rd ed. 1961, §3.10; Brown, Cai & DasGupta, Statistical Science 16, 2001).
 */
export function jeffreysRate(failures: number, n: number): Posterior {
  requireCount('failures', failures);
  requireCount('n', n);
  if (failures > n) throw new RangeError(`failures must be at most n = ${n}, got ${failures}`);
  const mean = (failures + 0.5) / (n + 1);
  return { mean, sd: Math.sqrt((mean * (1 - mean)) / (n + 2)) };
}

/**
 * The same for the mean of a Poisson count after a total of `count` in `periods` periods, from Jeffreys' prior for it:
 * Gamma(count + ½, periods).
 */
export function jeffreysCount(count: number, periods: number): Posterior {
  requireCount('count', count);
  if (!(periods > 0)) throw new RangeError(`periods must be above 0, got ${periods}`);
  return { mean: (count + 0.5) / periods, sd: Math.sqrt(count + 0.5) / periods };
}
