/**
 * Simulated authorities whose truth is known, for measuring how often a rule cries wolf and how late it is.
 *
 * Ten worlds: the four of `../shared/oracles/signal/simulate.py`, and six in which life is harder. In each, every authority
 * has one metric (a share of cases, higher is better) and lives twice: stable for 36 months, and with a fall after 12.
 * Pure: the same seed gives the same months.
 */

/** Numbers from 0 up to 1. */
export type Random = () => number;

/** xoshiro128** 1.1 (D. Blackman & S. Vigna, 2018, public domain), its state filled by splitmix32 from the seed. */
export function seededRandom(seed: number): Random {
  let mix = seed | 0;
  const word = (): number => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = Math.imul(mix ^ (mix >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let [a, b, c, d] = [word(), word(), word(), word()];
  return () => {
    const times5 = Math.imul(b, 5);
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return (result >>> 0) / 2 ** 32;
  };
}

export function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** G. Marsaglia & W. W. Tsang, ACM Transactions on Mathematical Software 26 (2000); for shapes of 1 and more. */
function drawGamma(random: Random, shape: number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  while (true) {
    const x = drawNormal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** The beta distribution with this mean whose draws are correlated so much between the cases of one month. */
function drawBeta(random: Random, mean: number, correlation: number): number {
  const sum = 1 / correlation - 1;
  // Shapes below 1 by the boost of the same paper: Gamma(a) = Gamma(a + 1) · U^(1/a).
  const gamma = (a: number): number =>
    a >= 1 ? drawGamma(random, a) : drawGamma(random, a + 1) * (1 - random()) ** (1 / a);
  const x = gamma(mean * sum);
  return x / (x + gamma((1 - mean) * sum));
}

/** A month's share, where the cases of one month are correlated so much. */
export const drawShare = (random: Random, mean: number, correlation: number): number =>
  correlation ? drawBeta(random, mean, correlation) : mean;

export function drawBinomial(random: Random, n: number, p: number): number {
  let count = 0;
  for (let i = 0; i < n; i++) if (random() < p) count += 1;
  return count;
}

/** Months before a fall, and before false alarms count: a rule's own baseline year. */
export const BASELINE_MONTHS = 12;
const STABLE_MONTHS = 36;
/** An alarm that is not there in so many months after a fall is counted as missed. */
const PATIENCE = 12;

export interface World {
  readonly name: string;
  /** Cases a month. */
  readonly n: number;
  /** The share of cases done well before the fall, and after it. */
  readonly p0: number;
  readonly p1: number;
  readonly standard: number;
  /** What the rule "baseline minus tolerance" allows. */
  readonly tolerance: number;
  /** Months that a fall takes; 0: from one month to the next. */
  readonly driftMonths?: number;
  /** Correlation between the cases of one month (beta-binomial): at n cases the variance is 1 + (n − 1)·ρ times as large. */
  readonly correlation?: number;
  /** The share swings so much to either side within each year. */
  readonly season?: number;
  /** The inspection gave no figure: whoever needs one has to estimate it from the first months. */
  readonly baselineInWords?: boolean;
}

export const WORLDS: readonly World[] = [
  { name: 'simulate.py 1', n: 40, p0: 0.88, p1: 0.7, standard: 0.8, tolerance: 0.05 },
  { name: 'simulate.py 2', n: 40, p0: 0.88, p1: 0.8, standard: 0.8, tolerance: 0.05 },
  { name: 'simulate.py 3', n: 150, p0: 0.88, p1: 0.8, standard: 0.8, tolerance: 0.03 },
  { name: 'simulate.py 4', n: 40, p0: 0.97, p1: 0.9, standard: 0.9, tolerance: 0.03 },
  { name: '8 cases a month', n: 8, p0: 0.88, p1: 0.6, standard: 0.8, tolerance: 0.05 },
  { name: '400 cases a month', n: 400, p0: 0.88, p1: 0.7, standard: 0.8, tolerance: 0.03 },
  { name: 'slow drift', n: 40, p0: 0.88, p1: 0.7, standard: 0.8, tolerance: 0.05, driftMonths: 12 },
  { name: 'over-dispersed', n: 40, p0: 0.88, p1: 0.7, standard: 0.8, tolerance: 0.05, correlation: 0.02 },
  { name: 'baseline in words', n: 40, p0: 0.88, p1: 0.7, standard: 0.8, tolerance: 0.05, baselineInWords: true },
  { name: 'seasonal', n: 40, p0: 0.88, p1: 0.7, standard: 0.8, tolerance: 0.05, season: 0.04 },
];

/**
 * Falls too small for so few cases; measured beside the ten, so that nobody thinks them forgotten. From 0.88 to 0.70 at 8
 * cases, even the CUSUM that knows both shares (optimal: G. Moustakides, Annals of Statistics 14, 1986) has, at 0.07 false
 * alarms a year, a median of 4 months and misses 1%; for a median of 2 it has to raise 0.35 false alarms a year.
 */
export const HOPELESS: readonly World[] = [
  { name: '8 cases, fall to 0.70', n: 8, p0: 0.88, p1: 0.7, standard: 0.8, tolerance: 0.05 },
];

/** One metric of one authority: what its record says, and what the inspection and the standard say of it. */
export interface Series {
  readonly world: World;
  /** Cases done well, and all cases, month by month. */
  readonly numerators: readonly number[];
  readonly denominators: readonly number[];
  /** The share that the inspection found; none where it found words. */
  readonly baseline?: number;
}

export const sharesOf = ({ numerators, denominators }: Series): number[] =>
  numerators.map((numerator, i) => numerator / (denominators[i] as number));

/** The true share in each month: stable, or with a fall after the baseline year. */
function truth(world: World, months: number, falls: boolean, phase: number): number[] {
  const { p0, p1, driftMonths = 0, season = 0 } = world;
  return Array.from({ length: months }, (_, month) => {
    const done = driftMonths === 0 ? 1 : Math.min(1, (month - BASELINE_MONTHS + 1) / driftMonths);
    const share = falls && month >= BASELINE_MONTHS ? p0 + (p1 - p0) * done : p0;
    return Math.min(1, share + season * Math.sin(2 * Math.PI * (month / 12 + phase)));
  });
}

/** The first month whose true share, leaving seasons aside, is below the standard; the fall itself where it never is. */
export function firstMonthBelowStandard(world: World): number {
  const shares = truth({ ...world, season: 0 }, BASELINE_MONTHS + (world.driftMonths ?? 0) + 1, true, 0);
  const below = shares.findIndex((share) => share < world.standard);
  return below < 0 ? BASELINE_MONTHS : below;
}

function live(world: World, shares: readonly number[], random: Random): Series {
  const numerators = shares.map((share) =>
    drawBinomial(random, world.n, world.correlation ? drawBeta(random, share, world.correlation) : share),
  );
  const series = { world, numerators, denominators: shares.map(() => world.n) };
  return world.baselineInWords ? series : { ...series, baseline: world.p0 };
}

/** One authority's two lives. */
export interface Authority {
  readonly stable: Series;
  readonly fallen: Series;
}

export function* authoritiesOf(world: World, count: number, seed: number): Generator<Authority> {
  const random = seededRandom(seed);
  const fallenMonths = firstMonthBelowStandard(world) + PATIENCE;
  for (let i = 0; i < count; i++) {
    const phase = random();
    yield {
      stable: live(world, truth(world, STABLE_MONTHS, false, phase), random),
      fallen: live(world, truth(world, fallenMonths, true, phase), random),
    };
  }
}

export type Level = 'watch' | 'warning' | 'critical';

/** What each evaluator said of one month. Whoever judges chooses the names. */
export type Verdict = Readonly<Record<string, Level | undefined>>;

/** Judges a whole series; the verdict on a month must depend on no later one. */
export type Judge = (series: Series) => readonly Verdict[];

/** Whether an alarm is on, month by month. */
export type Rule = (series: Series) => readonly boolean[];

const RANK: Record<Level, number> = { watch: 1, warning: 2, critical: 3 };

/** The rule that is on while any of the evaluators (none named: any at all) reaches the level. */
export function reaching(judge: Judge, level: Level, ...evaluators: readonly string[]): Rule {
  return (series) =>
    judge(series).map((verdict) =>
      (evaluators.length ? evaluators : Object.keys(verdict)).some((name) => {
        const said = verdict[name];
        return said !== undefined && RANK[said] >= RANK[level];
      }),
    );
}

/** Lets several rules share one judgement of each series. */
export function judgingOnce(judge: Judge): Judge {
  const judged = new WeakMap<Series, readonly Verdict[]>();
  return (series) => {
    const known = judged.get(series) ?? judge(series);
    judged.set(series, known);
    return known;
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const meanOfBaselineYear = (shares: readonly number[]): number => meanOf(shares.slice(0, BASELINE_MONTHS));

/** The four rules of simulate.py's `spc`, in its own simplified form: downwards only, limits from the first 12 months. */
function xmr(shares: readonly number[]): boolean[] {
  const base = shares.slice(0, BASELINE_MONTHS);
  const mean = meanOf(base);
  const ranges = base.slice(1).map((value, i) => Math.abs(value - (base[i] as number)));
  const first = meanOf(ranges);
  const kept = ranges.filter((range) => range < 3.267 * first);
  const range = kept.length ? meanOf(kept) : first;
  const lower = mean - 2.66 * range;
  const close = mean - ((mean - lower) * 2) / 3;
  return shares.map((share, i) => {
    const seven = shares.slice(i - 6, i + 1);
    const three = shares.slice(i - 2, i + 1);
    return (
      share < lower ||
      (i >= 6 && seven.every((value) => value < mean)) ||
      (i >= 6 && seven.every((value, j) => j === 0 || value < (seven[j - 1] as number))) ||
      (i >= 2 &&
        share < close &&
        three.every((value) => value < mean) &&
        three.filter((value) => lower <= value && value < close).length >= 2)
    );
  });
}

/** What others use, as simulate.py has it. */
export const SIMPLE_RULES: Readonly<Record<string, Rule>> = {
  'worse than last month': (series) => sharesOf(series).map((share, i, all) => i > 0 && share < (all[i - 1] as number)),
  'below standard 1 of 1 (CloudWatch)': (series) => sharesOf(series).map((share) => share < series.world.standard),
  'below standard 2 of 3 (CloudWatch)': (series) =>
    sharesOf(series).map(
      (_, i, all) => all.slice(Math.max(0, i - 2), i + 1).filter((share) => share < series.world.standard).length >= 2,
    ),
  'baseline minus tolerance': (series) => {
    const shares = sharesOf(series);
    const least = meanOfBaselineYear(shares) - series.world.tolerance;
    return shares.map((share) => share < least);
  },
  'XmR, four rules (Making Data Count)': (series) => xmr(sharesOf(series)),
};

/** How a rule did in a world. */
export interface Score {
  /** Alarms that started after the baseline year of a stable process, by metric and year. */
  readonly falseAYear: number;
  /** Median months from the fall to the first month in alarm: 1 is the first bad month. Infinity: most are missed. */
  readonly delay: number;
  /** The same, mean, over those that were not missed. */
  readonly meanDelay: number;
  /** Share of falls without an alarm within 12 months. */
  readonly missed: number;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/**
 * simulate.py's accounting, for any rules.
 *
 * @param from the month that delays count from: the fall, or the first month below the standard
 *   ({@link firstMonthBelowStandard}), which differ where the fall is slow. An alarm that is on by then has a delay of 1.
 */
export function scoreRules(
  rules: Readonly<Record<string, Rule>>,
  authorities: Iterable<Authority>,
  from: number = BASELINE_MONTHS,
): Record<string, Score> {
  const tallies = Object.entries(rules).map(([name, rule]) => ({ name, rule, starts: 0, delays: [] as number[] }));
  for (const { stable, fallen } of authorities) {
    for (const tally of tallies) {
      const calm = tally.rule(stable);
      for (let i = BASELINE_MONTHS; i < STABLE_MONTHS; i++) if (calm[i] && !calm[i - 1]) tally.starts += 1;
      const first = tally
        .rule(fallen)
        .slice(from, from + PATIENCE)
        .indexOf(true);
      tally.delays.push(first < 0 ? Number.POSITIVE_INFINITY : first + 1);
    }
  }
  const years = (STABLE_MONTHS - BASELINE_MONTHS) / 12;
  return Object.fromEntries(
    tallies.map(({ name, starts, delays }) => {
      const found = delays.filter((delay) => delay <= PATIENCE);
      const score: Score = {
        falseAYear: starts / delays.length / years,
        delay: median(delays),
        meanDelay: found.length ? meanOf(found) : Number.POSITIVE_INFINITY,
        missed: 1 - found.length / delays.length,
      };
      return [name, score];
    }),
  );
}
