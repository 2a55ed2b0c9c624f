import {
  CHANGE_BEFORE_LENGTHS,
  CHANGE_BEFORE_MAX,
  CHANGE_BEFORE_MIN,
  CHANGE_COUNTED_REPORTS,
  CHANGE_LIMIT,
  CHANGE_RANGES_EFFICIENCY,
  CHANGE_RANGES_MIN,
  CHANGE_SINCE_MAX,
} from '../rules.ts';

/**
 * Whether the latest reports are at another level than those before them: a generalised likelihood ratio over where the
 * change began and how long the level before it lasted (D. Siegmund & E. S. Venkatraman, Annals of Statistics 23, 1995; of
 * the binomial, D. Hawkins & others, Journal of Quality Technology 35, 2003), divided by the dispersion of successive months
 * (D. B. Laney, Quality Engineering 14, 2002: p′ charts) where they vary more than their counts explain.
 */

/** Reports, oldest first: what happened in each, among how many chances for it. */
export interface Reports {
  readonly length: number;
  /** Failures, events, or the figure itself. Higher is worse. */
  readonly bad: Float64Array;
  /** Cases for `binomial`; 1 otherwise. */
  readonly size: Float64Array;
}

/** How reports vary while nothing changes. */
export type Noise =
  /** New cases each time, of which some fail; or new events each time. */
  | { readonly kind: 'binomial' | 'poisson' }
  /**
   * By its own moving ranges, never less than the variance `least`, and with a correlation of successive reports that is
   * estimated, never below `correlation`: the same children are in one and the next.
   */
  | { readonly kind: 'ranges'; readonly least: (mean: number) => number; readonly correlation: number };

/** Two levels, of the reports `[start, split)` and of those from `split` on. */
export interface LevelChange {
  readonly start: number;
  readonly split: number;
  /** How much better two levels explain the reports than one: twice the log-likelihood ratio, over the dispersion. */
  readonly statistic: number;
}

/** What two levels are sought among. */
export interface Sought {
  /** The first report that may belong to the level since. */
  readonly splitFrom?: number;
  /** The first report that may belong to the level before. */
  readonly startFrom?: number;
  /** The fewest reports of the level before. */
  readonly before?: number;
}

/**
 * The two levels that explain the reports best, if the later one is the worse and the statistic is above the limit.
 *
 * The level since covers the last 1 to {@link CHANGE_SINCE_MAX} reports, the one before it {@link CHANGE_BEFORE_MIN} to
 * {@link CHANGE_BEFORE_MAX} reports right before those, so that an improvement which lasted half a year is a level of its
 * own. Work is bounded: some 60 pairs, whatever the length.
 *
 * @param reports only the last {@link CHANGE_BEFORE_MAX} + {@link CHANGE_SINCE_MAX} are read.
 */
export function findWorsening(
  reports: Reports,
  noise: Noise,
  { startFrom = 0, splitFrom = 0, before = CHANGE_BEFORE_MIN }: Sought = {},
): LevelChange | undefined {
  const length = reports.length;
  const first = Math.max(0, length - CHANGE_BEFORE_MAX - CHANGE_SINCE_MAX);
  if (length - Math.max(first, startFrom) <= before) return undefined;
  const [bad, size] = [SUMS_OF_BAD, SUMS_OF_SIZE];
  for (let i = first; i < length; i++) {
    bad[i - first + 1] = (bad[i - first] as number) + (reports.bad[i] as number);
    size[i - first + 1] = (size[i - first] as number) + (reports.size[i] as number);
  }
  const end = length - first;
  const earliest = Math.max(0, startFrom - first);
  const spread = noise.kind === 'ranges' ? spreadOf(reports, first, noise) : undefined;
  if (noise.kind === 'ranges' && !spread) return undefined;
  let best: LevelChange | undefined;
  let shortest = 0;
  while ((CHANGE_BEFORE_LENGTHS[shortest] ?? before) < before) shortest++;
  for (let since = 1; since <= CHANGE_SINCE_MAX; since++) {
    const split = end - since;
    if (first + split < splitFrom || split - earliest < before) break;
    const x2 = (bad[end] as number) - (bad[split] as number);
    const n2 = (size[end] as number) - (size[split] as number);
    for (let i = shortest; i < CHANGE_BEFORE_LENGTHS.length; i++) {
      const wanted = CHANGE_BEFORE_LENGTHS[i] as number;
      const start = Math.max(earliest, split - wanted);
      // Fewer reports than make a level are what was told, and known as such: they count as if they made one.
      const weight = Math.max(1, CHANGE_BEFORE_MIN / (split - start));
      const x1 = weight * ((bad[split] as number) - (bad[start] as number));
      const n1 = weight * ((size[split] as number) - (size[start] as number));
      if (x2 * n1 > x1 * n2 && !(spread && isSurelyBelow(x1, n1, x2, since, spread))) {
        const statistic = spread
          ? ratioByRanges(x2 / since - x1 / n1, since, n1, spread)
          : noise.kind === 'binomial'
            ? ratioOfShares(x1, n1, x2, n2)
            : ratioOfCounts(x1, n1, x2, n2);
        if (statistic > (best?.statistic ?? CHANGE_LIMIT))
          best = { start: first + start, split: first + split, statistic };
      }
      if (split - earliest <= wanted) break;
    }
  }
  if (!best) return undefined;
  const statistic = spread
    ? judgedBySpread(reports, first, best, spread)
    : judgedByDispersion(reports, first, best, noise.kind === 'binomial');
  return statistic > CHANGE_LIMIT ? { ...best, statistic } : undefined;
}

/** Sums up to each report, overwritten by each call: made anew, they would be half of what it costs. */
const SUMS_OF_BAD = new Float64Array(CHANGE_BEFORE_MAX + CHANGE_SINCE_MAX + 1);
const SUMS_OF_SIZE = new Float64Array(CHANGE_BEFORE_MAX + CHANGE_SINCE_MAX + 1);

const plus = (x: number, ratio: number): number => (x > 0 ? x * Math.log(ratio) : 0);

/**
 * Twice the log-likelihood ratio of two shares against one; 0 where it is surely below the limit. Pearson's statistic, which takes
 * no logarithm, is never less than half of it (a Kullback-Leibler divergence is at most the χ² divergence).
 */
function ratioOfShares(x1: number, n1: number, x2: number, n2: number): number {
  const [x, n] = [x1 + x2, n1 + n2];
  const difference = x2 * n1 - x1 * n2;
  if (difference * difference * n < (CHANGE_LIMIT / 2) * x * (n - x) * n1 * n2) return 0;
  const share = x / n;
  return (
    2 *
    (plus(x1, x1 / n1 / share) +
      plus(n1 - x1, (n1 - x1) / n1 / (1 - share)) +
      plus(x2, x2 / n2 / share) +
      plus(n2 - x2, (n2 - x2) / n2 / (1 - share)))
  );
}

/** The same of two mean counts. */
function ratioOfCounts(x1: number, n1: number, x2: number, n2: number): number {
  const difference = x2 * n1 - x1 * n2;
  if (difference * difference < (CHANGE_LIMIT / 2) * (x1 + x2) * n1 * n2) return 0;
  const mean = (x1 + x2) / (n1 + n2);
  return 2 * (plus(x1, x1 / n1 / mean) + plus(x2, x2 / n2 / mean));
}

/** The mean of what a standard normal variable is away from zero. */
const MEAN_DEVIATION = Math.sqrt(2 / Math.PI);

/**
 * The statistic over the dispersion, where that is above 1; a logarithm as in Student's t makes up for it being an estimate, of so many
 * reports at least: that months vary as their counts have it, or not much more, is known before there are any.
 */
function judgedByDispersion(
  reports: Reports,
  first: number,
  { split, statistic }: LevelChange,
  binomial: boolean,
): number {
  const dispersion = dispersionOf(reports, first, split, binomial);
  if (dispersion <= 1) return statistic;
  return withEstimatedSpread(statistic / dispersion, Math.max(CHANGE_COUNTED_REPORTS, reports.length - first));
}

/** Laney's σz²: how much successive reports differ, over how much their counts explain. Not over the split. */
export function dispersionOf(reports: Reports, first: number, split: number, binomial: boolean): number {
  let bad = 0;
  let size = 0;
  for (let i = first; i < reports.length; i++) {
    bad += reports.bad[i] as number;
    size += reports.size[i] as number;
  }
  const rate = bad / size;
  const variance = binomial ? rate * (1 - rate) : rate;
  let sum = 0;
  let count = 0;
  for (let i = first + 1; i < reports.length; i++) {
    if (i === split) continue;
    const [n1, n2] = [reports.size[i - 1] as number, reports.size[i] as number];
    const step = (reports.bad[i] as number) / n2 - (reports.bad[i - 1] as number) / n1;
    sum += Math.abs(step) / Math.sqrt(variance * (1 / n1 + 1 / n2));
    count += 1;
  }
  const deviation = count > 0 ? sum / count / MEAN_DEVIATION : 1;
  return deviation * deviation;
}

interface Spread {
  readonly variance: number;
  readonly correlation: number;
  /** The least that the figure's own size allows for; 0 where that is not known. */
  readonly floor: number;
}

/** The variance of one report and the correlation of successive ones; undefined where there are too few, or all are the same. */
function spreadOf(
  reports: Reports,
  first: number,
  { least, correlation }: Extract<Noise, { kind: 'ranges' }>,
): Spread | undefined {
  const count = reports.length - first;
  if (count <= 2) return undefined;
  let sum = 0;
  let largest = 0;
  let split = first;
  for (let i = first; i < reports.length; i++) {
    sum += reports.bad[i] as number;
    const range = i > first ? rangeTo(reports, i) : 0;
    if (range > largest) {
      largest = range;
      split = i;
    }
  }
  // The largest range may be the change itself.
  const ofRanges = varianceByRanges(reports, first, split);
  const floor = least(sum / count);
  // What is known of the spread from the figure's own size makes up for ranges that are few.
  if (!(floor > 0) && count - 1 < CHANGE_RANGES_MIN) return undefined;
  const variance = Math.max(ofRanges, floor);
  if (!(variance > 0)) return undefined;
  return {
    variance,
    floor,
    correlation: Math.max(correlation, 1 - ofRanges / variance),
  };
}

/** Just less than the limit, whatever the rounding. */
const SURELY_BELOW = 0.999 * CHANGE_LIMIT;

/** Whether sums of so many reports differ so little that {@link ratioByRanges} is below the limit: it takes no division to see that. */
function isSurelyBelow(x1: number, n1: number, x2: number, n2: number, { variance }: Spread): boolean {
  const difference = x2 * n1 - x1 * n2;
  return difference * difference < SURELY_BELOW * variance * n1 * n2 * (n1 + n2);
}

function ratioByRanges(difference: number, since: number, before: number, { variance, correlation }: Spread): number {
  const atMost = (difference * difference) / (variance * (1 / since + 1 / before));
  if (correlation === 0 || atMost <= CHANGE_LIMIT) return atMost;
  // The levels' covariance, which would make the test keener, is left out: of a few children who stay, single steps are too coarse.
  const ofMeans = varianceOfMean(since, correlation) + varianceOfMean(before, correlation);
  return (difference * difference) / (variance * ofMeans);
}

/**
 * The statistic once more, with the variation within the two levels in the place of that from report to report where it is
 * the larger: a series that wanders is no series that changed.
 */
function judgedBySpread(
  reports: Reports,
  first: number,
  { start, split }: LevelChange,
  { floor, correlation }: Spread,
): number {
  const ofRanges = varianceByRanges(reports, first, split);
  const end = reports.length;
  const [earlier, later] = [momentsOf(reports, start, split), momentsOf(reports, split, end)];
  const degrees = Math.max(1, end - start - 2);
  const estimated = Math.max(ofRanges, (earlier.squares + later.squares) / degrees);
  const variance = Math.max(floor, estimated);
  const spread = { floor, variance, correlation: Math.max(correlation, 1 - ofRanges / variance) };
  const difference = later.mean - earlier.mean;
  const statistic = ratioByRanges(difference, end - split, Math.max(CHANGE_BEFORE_MIN, split - start), spread);
  return estimated <= floor ? statistic : withEstimatedSpread(statistic, end - first);
}

function withEstimatedSpread(statistic: number, reports: number): number {
  const free = CHANGE_RANGES_EFFICIENCY * Math.max(1, reports - 2);
  return free * Math.log1p(statistic / free);
}

function momentsOf(reports: Reports, from: number, to: number): { mean: number; squares: number } {
  let mean = 0;
  for (let i = from; i < to; i++) mean += (reports.bad[i] as number) / (to - from);
  let squares = 0;
  for (let i = from; i < to; i++) squares += ((reports.bad[i] as number) - mean) ** 2;
  return { mean, squares };
}

/** Of the mean of so many reports of variance 1 whose correlation falls by its power with their distance. */
function varianceOfMean(count: number, correlation: number): number {
  const r = correlation;
  if (r === 0) return 1 / count;
  return (1 + r - (2 * r * (1 - r ** count)) / (count * (1 - r))) / (count * (1 - r));
}

/** The moving range from the report before. */
const rangeTo = ({ bad }: Reports, i: number): number => Math.abs((bad[i] as number) - (bad[i - 1] as number));

/** What moving ranges say of the variance, without the range that leads to `split`. */
export function varianceByRanges(reports: Reports, first: number, split: number): number {
  let sum = 0;
  let count = 0;
  for (let i = first + 1; i < reports.length; i++) {
    if (i === split) continue;
    sum += rangeTo(reports, i);
    count += 1;
  }
  const deviation = count > 0 ? sum / count / MEAN_DEVIATION / Math.SQRT2 : 0;
  return deviation * deviation;
}
