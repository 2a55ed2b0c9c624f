import { CUSUM_CAP_IN_LIMITS, CUSUM_DEVIATIONS, CUSUM_MONTHS_TO_FALSE_ALARM, CUSUM_RATIO } from '../rules.ts';
import { binomialAtLeast, binomialPmf, poissonAtLeast, poissonPmf } from './binomial.ts';

/**
 * Log-likelihood-ratio CUSUM for failures: how much better a worsened process explains the record than the process of
 * the baseline does, since the moment that makes it look worst.
 *
 * Each month adds the logarithm of its likelihood if failures were so many times as likely ({@link cusumRatio}), over its likelihood at the
 * baseline, with the month's own denominator; the sum never falls below zero. (E. S. Page, Biometrika 41, 1954; binomial
 * with an odds ratio: Steiner, Cook, Farewell & Treasure, Biostatistics 1, 2000; Poisson: J. M. Lucas, Technometrics 27,
 * 1985.)
 */

/** A month's failures as they would be at the baseline. */
export type InControl =
  | {
      readonly kind: 'binomial';
      /** Failure rate of the baseline, strictly between 0 and 1. */
      readonly rate: number;
      /** A typical month's denominator, at least 1; rounded to a whole number. */
      readonly n: number;
    }
  | {
      readonly kind: 'poisson';
      /** The baseline's mean count for a month, above 0. */
      readonly mean: number;
    };

function requireRate(rate: number): void {
  if (!(rate > 0 && rate < 1)) throw new RangeError(`rate must lie strictly between 0 and 1, got ${rate}`);
}

function requireMean(mean: number): void {
  if (!(mean > 0 && mean < Number.POSITIVE_INFINITY)) throw new RangeError(`mean must be above 0, got ${mean}`);
}

/**
 * What the CUSUM is tuned to: so many times the odds of failure, or the mean count. The smaller of {@link CUSUM_RATIO} and
 * what {@link CUSUM_DEVIATIONS} standard deviations of a typical month make: where months are large, less than a doubling matters.
 */
export function cusumRatio(inControl: InControl): number {
  if (inControl.kind === 'poisson') {
    requireMean(inControl.mean);
    return Math.min(CUSUM_RATIO, 1 + CUSUM_DEVIATIONS / Math.sqrt(inControl.mean));
  }
  const { rate } = inControl;
  requireRate(rate);
  const worse = rate + CUSUM_DEVIATIONS * Math.sqrt((rate * (1 - rate)) / Math.max(1, Math.round(inControl.n)));
  return worse < 1 ? Math.min(CUSUM_RATIO, (worse * (1 - rate)) / (rate * (1 - worse))) : CUSUM_RATIO;
}

/** The weight of a month with so many failures among `n`, against a baseline failure rate. Zero where n is zero. */
export function binomialWeights(rate: number, ratio: number = CUSUM_RATIO): (failures: number, n: number) => number {
  requireRate(rate);
  const [perFailure, perCase] = [Math.log(ratio), Math.log1p((ratio - 1) * rate)];
  return (failures, n) => failures * perFailure - n * perCase;
}

/** The weight of a period with so many events, where `mean` were expected at the baseline for a period as long. */
export function poissonWeights(mean: number, ratio: number = CUSUM_RATIO): (count: number) => number {
  requireMean(mean);
  const [perEvent, expected] = [Math.log(ratio), (ratio - 1) * mean];
  return (count) => count * perEvent - expected;
}

/** One month further: never below zero, never above the cap. It signals while it is above the limit. */
export function stepCusum(before: number, weight: number, limit: number): number {
  return Math.min(CUSUM_CAP_IN_LIMITS * limit, Math.max(0, before + weight));
}

/** A month's failures in units of one failure: what each month takes off, and the chances of what it may bring. */
type Month = {
  /** Taken off every month: the path rises by failures less this. */
  readonly decrement: number;
  /** Chance of `first`, `first` + 1, … failures, as far as a path between zero and the highest possible limit can go; of fewer than none, and of more than there are cases, it is zero. */
  readonly first: number;
  readonly chances: Float64Array;
  /** Chance of at least `first` + i failures; one longer than `chances`. */
  readonly atLeast: Float64Array;
};

function monthOf(inControl: InControl, reach: number): Month {
  const ratio = cusumRatio(inControl);
  const binomial = inControl.kind === 'binomial';
  let n = Number.POSITIVE_INFINITY;
  let p = 0;
  let decrement: number;
  if (binomial) {
    requireRate(inControl.rate);
    n = Math.max(1, Math.round(inControl.n));
    p = inControl.rate;
    decrement = (n * Math.log1p((ratio - 1) * p)) / Math.log(ratio);
  } else {
    requireMean(inControl.mean);
    decrement = ((ratio - 1) * inControl.mean) / Math.log(ratio);
  }
  const first = Math.floor(decrement - reach);
  const last = Math.ceil(decrement + reach);
  const chances = new Float64Array(last - first + 1);
  // From the middle outwards, each from its neighbour: one logarithm in place of two dozen.
  const [least, most] = [Math.max(0, first), Math.min(n, last)];
  const middle = Math.min(most, Math.floor(decrement));
  chances[middle - first] = binomial ? binomialPmf(middle, n, p) : poissonPmf(middle, inControl.mean);
  const upBy = binomial
    ? (x: number): number => ((n - x) / (x + 1)) * (p / (1 - p))
    : (x: number): number => inControl.mean / (x + 1);
  for (let x = middle; x < most; x++) chances[x + 1 - first] = (chances[x - first] as number) * upBy(x);
  for (let x = middle; x > least; x--) chances[x - 1 - first] = (chances[x - first] as number) / upBy(x - 1);
  const atLeast = new Float64Array(chances.length + 1);
  let tail = binomial ? binomialAtLeast(last + 1, n, p) : poissonAtLeast(last + 1, inControl.mean);
  atLeast[chances.length] = tail;
  for (let i = chances.length - 1; i >= 0; i--) {
    tail += chances[i] as number;
    atLeast[i] = tail;
  }
  return { decrement, first, chances, atLeast };
}

type Run = {
  readonly months: number;
  /** The sums next to the given height that a path can reach: the run length is the same for every height between them. */
  readonly highestWithin: number;
  readonly nextAbove: number;
};

/** An excursion is followed until this much of it is left; the rest changes the run length by one part in 1e4 at most. */
const NEGLIGIBLE = 1e-7;
/** A run of so many months is as good as endless. */
const ENDLESS_MONTHS = 1e6;

/**
 * The average number of months from zero to the first sum above `height` (in units of one failure).
 *
 * A path that has fallen to zero begins anew, so the run is a row of independent excursions from zero, each ending either
 * below zero or above the limit, and ARL = E[months in an excursion] / P(it ends above the limit): Page's formula
 * (1954). Within an excursion, what can be reached after j months is a whole number of failures less j decrements, of which
 * only a handful lie between the two ends: so Brook & Evans' Markov chain (Biometrika 59, 1972) runs here on the exact
 * states, month by month, with no grid and no matrix to solve.
 *
 * Where nearly every case fails anyway a path neither falls nor rises for ages: a run that is longer than `enough` is only
 * known to be so.
 */
function runLength({ decrement, first, chances, atLeast }: Month, height: number, enough: number): Run {
  const size = Math.floor(height) + 2;
  let alive = new Float64Array(size);
  let next = new Float64Array(size);
  // alive[i]: chance that the excursion goes on and has had lowest + i failures, after so many months.
  let lowest = 0;
  let count = 1;
  alive[0] = 1;
  let months = 0;
  let alarms = 0;
  let highestWithin = 0;
  let nextAbove = height + 1;
  for (let month = 1; ; month++) {
    const taken = month * decrement;
    const nextLowest = Math.floor(taken) + 1;
    const nextHighest = Math.floor(taken + height);
    const nextCount = Math.max(0, nextHighest - nextLowest + 1);
    highestWithin = Math.max(highestWithin, nextHighest - taken);
    nextAbove = Math.min(nextAbove, nextHighest + 1 - taken);
    // Among `chances`, the failures that lead from the lowest to the lowest.
    const shift = nextLowest - lowest - first;
    for (let i = 0; i < count; i++) {
      const chance = alive[i] as number;
      months += chance;
      alarms += chance * (atLeast[nextCount + shift - i] as number);
    }
    // Two at a time, which share what they read: most of what a limit costs is spent here. Of an odd number, one more is worked out and not read.
    for (let to = 0; to < nextCount; to += 2) {
      let at = to + shift;
      let toSecond = chances[at + 1] as number;
      let [sum, sumOfSecond] = [0, 0];
      for (let i = 0; i < count; i++, at--) {
        const chance = alive[i] as number;
        const toFirst = chances[at] as number;
        sum += chance * toFirst;
        sumOfSecond += chance * toSecond;
        toSecond = toFirst;
      }
      next[to] = sum;
      next[to + 1] = sumOfSecond;
    }
    let left = 0;
    for (let to = 0; to < nextCount; to++) left += next[to] as number;
    if (left < NEGLIGIBLE) return { months: (months + left) / alarms, highestWithin, nextAbove };
    // At least: were all that is left to end above the limit, the run would be no shorter.
    if (months > enough) return { months: months / (alarms + left), highestWithin, nextAbove };
    [alive, next] = [next, alive];
    lowest = nextLowest;
    count = nextCount;
  }
}

/** The average run length in months at the baseline, from zero, of a CUSUM that signals above `limit`. */
export function averageRunLength(inControl: InControl, limit: number): number {
  const height = limit / Math.log(cusumRatio(inControl));
  return runLength(monthOf(inControl, height + 1), height, ENDLESS_MONTHS).months;
}

/** Where sums that can be reached lie closer together than this, the limit may be so much higher than it need be. */
const PRECISION = 0.005;

/** Halving comes to {@link PRECISION} in a dozen steps; sums of counts so large that a double has no fractions of them never do. */
const MOST_STEPS = 60;

/** Keeps a sum that equals the limit but for its rounding from signalling. */
const ROUNDING = 1e-9;

/** Limits computed last: a memory of a pure function, which changes nothing but its cost. */
const MEMO_SIZE = 512;
const memo = new Map<string, number>();

/**
 * The smallest limit (to 0.005) whose average run length at the baseline is at least `months`, starting at zero.
 *
 * Started at zero and, after an alert has cleared, restarted at zero: so false alarms a year are at most 12 / `months`, and
 * less by the time an alarm lasts. The run length is a step function of the limit, so it can be well above `months` where
 * one failure more or less in a month is a large step. Where denominators vary, take their median as the typical one:
 * months from a quarter to four times of it leave false alarms below 0.06 a year (simulated).
 *
 * Sought by halving and interpolation of its logarithm, which is close to linear in the limit, between 0 and log(months):
 * a run at limit h is never shorter than exp(h) (G. Lorden, Annals of Mathematical Statistics 42, 1971).
 *
 * @returns infinity where hardly any case does not fail at the baseline: nothing is worse than that.
 */
export function cusumLimit(inControl: InControl, months: number = CUSUM_MONTHS_TO_FALSE_ALARM): number {
  const month = typical(inControl);
  if (month.kind === 'binomial' && month.n * (1 - month.rate) < FEWEST_SUCCESSES) return Number.POSITIVE_INFINITY;
  const key = month.kind === 'binomial' ? `${month.rate}/${Math.round(month.n)}/${months}` : `${month.mean}/${months}`;
  const known = memo.get(key);
  if (known !== undefined) return known;
  const limit = seekLimit(month, months);
  if (memo.size >= MEMO_SIZE) memo.delete(memo.keys().next().value as string);
  memo.set(key, limit);
  return limit;
}

/** From this variance of a month's failures on, the limit is that of a normal sum, whatever the size. */
const LARGE = 400;

/** Where a typical month brings fewer successes than this, no sum tells worse from as bad, and looking for a limit takes ages. */
const FEWEST_SUCCESSES = 0.1;

/** No larger than it takes to find the limit, so that the work is bounded. */
function typical(inControl: InControl): InControl {
  if (inControl.kind === 'poisson') return { kind: 'poisson', mean: Math.min(inControl.mean, LARGE) };
  const { rate, n } = inControl;
  requireRate(rate);
  return { kind: 'binomial', rate, n: Math.min(n, Math.max(LARGE, LARGE / (rate * (1 - rate)))) };
}

function seekLimit(inControl: InControl, months: number): number {
  if (!(months > 1)) throw new RangeError(`months must be above 1, got ${months}`);
  const wanted = Math.log(months);
  const logRatio = Math.log(cusumRatio(inControl));
  // In units of one failure, like the run. The limit sought lies in (low, high].
  const enough = 10 * months;
  let low = 0;
  let high = wanted / logRatio;
  const month = monthOf(inControl, high + 1);
  let missingAtLow = wanted - Math.log(runLength(month, low, enough).months);
  // Even a single failure is rarer than wanted; not zero, as a cap of 1.5 × 0 would keep the path from signalling.
  if (missingAtLow <= 0) return PRECISION;
  let missingAtHigh = Number.NaN;
  let height = 0.65 * high;
  for (let step = 0; ; step++) {
    const run = runLength(month, height, enough);
    const missing = wanted - Math.log(run.months);
    // Up to the next sum that can be reached, and down to the last one, the run length is the same.
    if (missing > 0) {
      low = run.nextAbove;
      missingAtLow = missing;
    } else {
      high = run.highestWithin;
      missingAtHigh = missing;
    }
    const width = high - low;
    if (width * logRatio <= PRECISION || step === MOST_STEPS) return high * logRatio + ROUNDING;
    if (step < 2) {
      // Asymptotically the logarithm of the run length grows as fast as the limit: a Newton step, and a little further,
      // so that two of them close in from both sides.
      height += (missing + Math.sign(missing) * 0.05) / logRatio;
    } else if (step % 2 === 0) {
      height = low + (width * missingAtLow) / (missingAtLow - missingAtHigh);
    } else height = Number.NaN;
    if (!(height > low && height < high)) height = low + width / 2;
  }
}
