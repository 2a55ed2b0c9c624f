import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { monthName } from '../../../functions/domain/format.ts';
import type { Metric } from '../../../functions/domain/metric.ts';
import {
  binomialWeights,
  cusumLimit,
  cusumRatio,
  type InControl,
  stepCusum,
} from '../../../functions/domain/statistics/cusum.ts';
import { type Judged, timeline } from '../../../functions/domain/timeline.ts';
import {
  aBacklog,
  aMetric,
  type Figure,
  IN_WORDS,
  inFigures,
  judgeBy,
  levelsOf,
  SETTINGS,
  series,
  statesOf,
} from '../../support/build.ts';

const judge = judgeBy('inspection');
const repeat = (count: number, figure: Figure): Figure[] => Array.from({ length: count }, () => figure);
const NO_BASELINE: Partial<Metric> = { baseline: { kind: 'none', statement: 'The report says nothing.' } };
const textOf = (entry: Judged | undefined): string | undefined => entry?.findings[0]?.text;

describe('what the inspection found', () => {
  const only = (fields: Partial<Metric> = {}): Metric => aMetric({ standards: [], ...fields });

  it('adds small failures up until they are too many for chance, and says since when', () => {
    const judged = judge(only(), [...repeat(6, [44, 50]), ...repeat(8, [40, 50])]);
    const first = judged.findIndex(({ findings }) => findings.length > 0);
    expect(first).toBeGreaterThan(6);
    expect(textOf(judged[first])).toMatch(
      /^80\.0% \(40 of 50\) in \w+ 2011; the inspection found 88% in September 2010 \(paragraph 11\); 80\.0% \(\d+ of \d+\) since April 2011; so many failures are too many for chance \(CUSUM \d\.\d, limit \d\.\d\)$/,
    );
  });

  it('does not stay raised for long after a bad year: the path is capped and begins anew when the alert clears', () => {
    const judged = judge(only(), [...repeat(12, [25, 50]), ...repeat(12, [44, 50])]);
    const good = judged.slice(12);
    expect(statesOf(good).slice(0, 6)).toContain('clear');
    expect(good.slice(6).flatMap(({ findings }) => findings)).toEqual([]);
  });

  it('begins anew at a rebase date', () => {
    const rebased = judge(only(), [...repeat(3, [40, 50]), ...repeat(3, [40, 50])], { rebaseDates: ['2011-01-15'] });
    const plain = judge(only(), repeat(6, [40, 50]));
    expect(rebased.at(-1)?.findings).toEqual([]);
    expect(plain.at(-1)?.findings).not.toEqual([]);
  });

  it('begins anew after its alert cleared, with nothing carried over', () => {
    const judged = judge(only(), [...repeat(12, [25, 50]), ...repeat(5, [47, 50]), ...repeat(9, [40, 50])]);
    const end = judged.findIndex(({ transition }) => transition === 'cleared');
    expect(end).toBeGreaterThan(12);
    const again = judged.slice(end).find(({ findings }) => findings.length > 0);
    const [, since = ''] = /since (\w+ \d{4});/.exec(textOf(again) ?? '') ?? [];
    const months = judged.slice(end + 1).map(({ period }) => monthName(period));
    expect(months).toContain(since);
  });

  it('is not restarted by a watch that comes and goes', () => {
    // 79% and 82% in turn against a standard of 80%: every other month is to watch, while the sum against 84% goes on.
    const figures = Array.from({ length: 24 }, (_, i): Figure => (i % 2 ? [82, 100] : [79, 100]));
    const judged = judge(aMetric({ baseline: inFigures(84) }), figures, { evaluators: ['standard', 'inspection'] });
    expect(judged.slice(0, 4).map(({ transition }) => transition)).toEqual(['raised', 'cleared', 'raised', 'cleared']);
    expect(judged.flatMap(({ findings }) => findings.map(({ evaluator }) => evaluator))).toContain('inspection');
  });

  it('has its limit at the median of the months so far', () => {
    const denominators = [10, 90, 20, 80, 50, 70, 40];
    const judged = judge(
      only(),
      denominators.map((n): Figure => [n / 10, n]),
    );
    const limit = judged.at(-1)?.findings.find(({ evaluator }) => evaluator === 'inspection')?.numbers.limit;
    expect(limit).toBe(cusumLimit({ kind: 'binomial', rate: 0.12, n: 50 }));
  });

  it('counts events where fewer are better, against their mean', () => {
    const metric = only({ kind: 'count', unit: 'incidents', polarity: 'lower', baseline: inFigures(4) });
    expect(judge(metric, repeat(12, 4)).flatMap(({ findings }) => findings)).toEqual([]);
    const judged = judge(metric, [...repeat(3, 4), ...repeat(4, 8)]);
    expect(textOf(judged.at(-1))).toMatch(
      /^8 incidents in April 2011; the inspection found 4 incidents .*; 8 incidents since January 2011; /,
    );
  });

  it('uses the first six final submissions where the inspection gave words, and says so', () => {
    const metric = only({ baseline: IN_WORDS });
    const judged = judge(metric, [...repeat(6, [43, 50]), ...repeat(6, [33, 50])]);
    expect(judged.slice(0, 6).flatMap(({ findings }) => findings)).toEqual([]);
    const text = judged.map((entry) => textOf(entry)).find((each) => each !== undefined);
    // 42 failures of 300: posterior mean 42.5 / 301 = 14.12%, sd 2.00%, so 16.1% and 83.9% on time.
    expect(text).toContain(
      'the inspection gave no figure (paragraph 11), so this service compares with its own estimate from the first 6 final submissions, October 2010 to March 2011: 83.9%',
    );
  });

  it('leaves provisional and bare figures out of those six', () => {
    const metric = only({ baseline: IN_WORDS });
    const observations = series([...repeat(5, [43, 50]), 86, [43, 50], ...repeat(5, [20, 50])]).map((each, i) =>
      i === 4 ? { ...each, status: 'provisional' as const } : each,
    );
    const judged = timeline(metric, observations, { ...SETTINGS, evaluators: ['inspection'] });
    // Final with counts: four of the first five, the seventh, and the eighth, which is bad already.
    expect(judged.findIndex(({ findings }) => findings.length > 0)).toBeGreaterThanOrEqual(8);
  });

  it.each<[string, Metric, Figure, Figure]>([
    [
      'a stock proportion by its tolerance',
      only({ cases: 'stock', tolerance: 3, baseline: inFigures(91) }),
      [880, 1000],
      [879, 1000],
    ],
    [
      'a stock proportion by two standard deviations of its own size, where that is more',
      only({ cases: 'stock', tolerance: 3, baseline: inFigures(91) }),
      [85, 100],
      [84, 100],
    ],
    [
      'a lower bound as that bound',
      only({ cases: 'stock', tolerance: 2, baseline: inFigures(90, 'lower') }),
      [1760, 2000],
      [1759, 2000],
    ],
    ['a count by its own size', aBacklog({ standards: [], baseline: inFigures(20) }), 29, 30],
    [
      'a yearly mean by its tolerance',
      aBacklog({ kind: 'mean', frequency: 'annual', standards: [], tolerance: 1, baseline: inFigures(18) }),
      19,
      19.1,
    ],
    [
      'a line to hold at any fall',
      only({ holdLine: true, cases: 'stock', baseline: inFigures(100) }),
      [50, 50],
      [49, 50],
    ],
  ])('judges %s', (_, metric, good, bad) => {
    expect(judge(metric, [good])[0]?.findings).toEqual([]);
    expect(levelsOf(judge(metric, [bad])[0])).toEqual(['warning']);
  });

  it('judges a monthly mean by its tolerance at two of three: one month may be chance', () => {
    const metric = aBacklog({ kind: 'mean', standards: [], tolerance: 1, baseline: inFigures(18) });
    const judged = judge(metric, [19.1, 18, 18, 19.1, 18, 19.1]);
    expect(judged.map((entry) => levelsOf(entry))).toEqual([[], [], [], [], [], ['warning']]);
    const overThreeYears = judge({ ...metric, window: '36-months' }, [19.1]);
    expect(levelsOf(overThreeYears[0])).toEqual(['warning']);
  });

  it('judges a percentage without counts by its tolerance and what it usually varies, at two of three', () => {
    const bare = only({ tolerance: 4, baseline: inFigures(88) });
    expect(judge(bare, [83.9, 84, 84, 83.9]).flatMap(({ findings }) => findings)).toEqual([]);
    expect(statesOf(judge(bare, [83.9, 84, 83.9])).at(-1)).toBe('warning');
    const swings = Array.from({ length: 20 }, (_, i): Figure => (i % 2 ? 82 : 92));
    expect(judge(bare, [...swings, 80, 80]).at(-1)?.findings).toEqual([]);
  });

  it('lets go of what the inspection found once the way of working has changed', () => {
    const rebased = { rebaseDates: ['2011-04-01'] };
    const figures = [...repeat(6, [44, 50]), ...repeat(12, [36, 50])] as Figure[];
    expect(judge(only(), figures, rebased).flatMap(({ findings }) => findings)).toEqual([]);
    const worse = judge(only(), [...figures, ...repeat(6, [20, 50])], rebased);
    expect(textOf(worse.at(-1))).toContain(
      'the way of working has changed since the inspection (paragraph 11), so this',
    );
  });

  it('never lets what is assumed read as if the inspectors had said it', () => {
    const stock = only({ cases: 'stock', tolerance: 3, baseline: inFigures(91) });
    expect(textOf(judge(stock, [[870, 1000]])[0])).toBe(
      "87.0% (870 of 1000) in October 2010; the inspection found 91% in September 2010 (paragraph 11); worse by more than the tolerance of 3 points (this service's default)",
    );
    const bare = only({ tolerance: 4, baseline: inFigures(88) });
    expect(textOf(judge(bare, [80, 80])[1])).toContain('given without counts, so only the tolerance can be applied');
  });

  it('compares a stock metric in words with the average of those six, by its tolerance and size, and as that is uncertain too', () => {
    const metric = aBacklog({ standards: [], baseline: IN_WORDS });
    expect(statesOf(judge(metric, [20, 22, 18, 20, 21, 19, 34, 35]))).toEqual([
      ...repeat(7, 0).map(() => 'clear'),
      'warning',
    ]);
  });

  it('says nothing where the report says nothing', () => {
    expect(judge(only(NO_BASELINE), repeat(20, [10, 50])).flatMap(({ findings }) => findings)).toEqual([]);
  });
});

describe('the CUSUM', () => {
  const only = (fields: Partial<Metric> = {}): Metric => aMetric({ standards: [], ...fields });
  const mirrored = only({ polarity: 'lower', baseline: inFigures(12) });
  const failuresIn = (figures: Figure[]): Figure[] =>
    figures.map((figure) => (typeof figure === 'number' ? 100 - figure : [figure[1] - figure[0], figure[1]]));
  const limitOf = (denominators: number[]): number | undefined =>
    judge(
      only(),
      denominators.map((n): Figure => [n / 10, n]),
    ).at(-1)?.findings[0]?.numbers.limit;
  const limitAt = (n: number): number => cusumLimit({ kind: 'binomial', rate: 0.12, n });

  it('is what adding every month up anew gives, whichever way is better', () => {
    const month = fc.tuple(fc.integer({ min: 0, max: 100 }), fc.constantFrom(1, 1, 1, 3)).map(
      // Mostly about the baseline, some larger, some far too bad.
      ([bad, times]): Figure => [times * Math.max(0, 50 - Math.floor(bad / 8)), times * 50],
    );
    fc.assert(
      fc.property(fc.array(month, { minLength: 1, maxLength: 40 }), (figures) => {
        const judged = judge(only(), figures);
        expect(judge(mirrored, failuresIn(figures)).map(statesIn)).toEqual(judged.map(statesIn));
        const counts = figures as [number, number][];
        let cleared = 0;
        for (const [t, { findings, transition }] of judged.entries()) {
          const sizes = counts.slice(0, t + 1).map(([, n]) => n);
          const latest = sizes.slice(-24).sort((a, b) => a - b);
          const middle = (latest.length - 1) / 2;
          const n = ((latest[Math.floor(middle)] ?? 0) + (latest[Math.ceil(middle)] ?? 0)) / 2;
          const inControl: InControl = { kind: 'binomial', rate: 0.12, n: n > 99 ? Math.round(n / 10) * 10 : n };
          const weigh = binomialWeights(0.12, cusumRatio(inControl));
          const limit = cusumLimit(inControl);
          const sum = counts
            .slice(cleared, t + 1)
            .reduce((before, [on, all]) => stepCusum(before, weigh(all - on, all), limit), 0);
          // Fewer than two years tell nothing of how much months vary.
          if (t < 23) expect(findings[0]?.numbers.cusum).toEqual(sum > limit ? expect.closeTo(sum, 9) : undefined);
          if (transition === 'cleared') cleared = t + 1;
        }
      }),
      { numRuns: 60 },
    );
  });
  const statesIn = ({ alert, findings }: Judged) => [alert.state, findings.length];

  it('has its limit at a month of two digits, of the last two years', () => {
    expect(limitOf([123])).toBe(limitAt(120));
    expect(limitOf([128, 128])).toBe(limitAt(130));
    expect(limitOf([40, 51])).toBe(limitAt(45.5));
    const halves = [...Array(12).fill(60), ...Array(12).fill(40)];
    expect(limitOf([...Array(6).fill(100), ...halves])).toBe(limitAt(50));
  });

  it('says of one month alone no more than that', () => {
    expect(textOf(judge(only(), [[5, 50]])[0])).toMatch(/\(paragraph 11\); so many failures are too many for chance/);
  });

  it('counts events that are more than there were, and not at once', () => {
    const events = only({ kind: 'count', unit: 'incidents', polarity: 'lower', baseline: inFigures(4) });
    expect(judge(events, [4, 5, 4, 5]).flatMap(({ findings }) => findings)).toEqual([]);
  });

  it('allows for months that vary more than their counts explain', () => {
    const wild = Array.from({ length: 24 }, (_, i): Figure => [i % 2 ? 96 : 80, 100]);
    const bad = repeat(3, [76, 100]);
    const latest = (figures: Figure[]) => judge(only({ baseline: inFigures(88) }), figures).at(-1)?.findings.length;
    expect([latest([...wild, ...bad]), latest([...repeat(24, [88, 100]), ...bad])]).toEqual([0, 1]);
    expect(latest([...wild, ...repeat(8, [60, 100])])).toBe(1);
  });

  it('counts from the month from which on the inspection holds', () => {
    const found = [
      { inspection: 'older', from: '2000-01', baseline: inFigures(70) },
      { inspection: 'newer', from: '2011-04', baseline: inFigures(88) },
    ];
    const figures = [...repeat(6, [36, 50]), ...repeat(2, [44, 50])] as Figure[];
    expect(judge(only({ found }), figures).flatMap(({ findings }) => findings)).toEqual([]);
    expect(judge(only(), figures)[6]?.findings).toHaveLength(1);
  });

  it.each<[string, Partial<Metric>, Figure, Figure]>([
    ['a share that was found at its best', { baseline: inFigures(100) }, [49, 50], [46, 50]],
    ['a share of failures that was found at none', { polarity: 'lower', baseline: inFigures(0) }, [1, 50], [2, 50]],
    ['events of which more is better', { kind: 'count', unit: 'visits', baseline: inFigures(20) }, 13, 12],
  ])('is not of %s: that is judged by its tolerance', (_, fields, good, bad) => {
    const metric = only({ tolerance: 3, ...fields });
    expect(judge(metric, [good])[0]?.findings).toEqual([]);
    expect(judge(metric, [bad])[0]?.findings[0]?.numbers).toEqual({
      ...{ value: expect.any(Number), baseline: expect.any(Number), tolerance: expect.any(Number) },
    });
  });
});

describe('what stands in for words', () => {
  const worded = (fields: Partial<Metric>): Metric => aMetric({ standards: [], baseline: IN_WORDS, ...fields });
  const count = { kind: 'count', unit: 'incidents' } as const;
  // Six reports in all 60: Jeffreys' mean 10.083, standard deviation 1.296.
  it.each<[string, Partial<Metric>, Figure[], number]>([
    ['a share of which less is better', { polarity: 'lower' }, [...repeat(6, [7, 50]), ...repeat(6, [17, 50])], 16.12],
    ['events of which less is better', { ...count, polarity: 'lower' }, [...repeat(6, 10), ...repeat(6, 30)], 11.38],
    ['events of which more is better', { ...count, tolerance: 1 }, [...repeat(6, 10), ...repeat(6, 1)], 8.79],
    ['an average', { kind: 'mean', tolerance: 1 }, [...repeat(6, 10), ...repeat(6, 1)], 10],
    ['a snapshot', { ...count, cases: 'stock', tolerance: 1 }, [...repeat(6, 10), ...repeat(6, 1)], 10],
  ])('of %s leans to the worse side where chance makes it', (_, fields, figures, baseline) => {
    const [first] = judge(worded(fields), figures).flatMap(({ findings }) => findings);
    expect(first?.numbers.baseline).toBeCloseTo(baseline, 1);
  });

  it('is no measure of the last of the six itself', () => {
    const metric = worded({ ...count, cases: 'stock', polarity: 'lower', tolerance: 1 });
    expect(judge(metric, [20, 20, 20, 20, 20, 90])[5]?.findings).toEqual([]);
    expect(judge(metric, [20, 20, 20, 20, 20, 20, 90])[6]?.findings).toHaveLength(1);
  });
});

it('says why any fall counts, what the tolerance was, and nothing of a month that did not come or where no way is better', () => {
  const held = aMetric({ standards: [], holdLine: true, cases: 'stock', baseline: inFigures(100) });
  expect(judge(held, [[49, 50]])[0]?.findings[0]?.reason).toBe(
    "this line is to be held, so any fall counts (this service's default)",
  );
  const mean = (fields: Partial<Metric> = {}): Metric =>
    aBacklog({ kind: 'mean', standards: [], tolerance: 1, baseline: inFigures(18), ...fields });
  expect(judge(mean(), [20])[0]?.findings).toEqual([]);
  expect(judge(mean(), [20, 20])[1]?.findings[0]?.numbers).toEqual({ value: 20, baseline: 18, tolerance: 1 });
  const swings = Array.from({ length: 20 }, (_, i): Figure => (i % 2 ? 16 : 20));
  expect(judge(mean(), [...swings, 21]).at(-1)?.findings).toEqual([]);
  const breaching = mean({ mOfN: { m: 2, n: 3, missing: 'breaching' } });
  expect(judge(breaching, [20, 20, undefined, 18]).map(({ findings }) => findings.length)).toEqual([0, 1, 0]);
  const neutral = aMetric({ standards: [], polarity: 'neutral' });
  expect(judge(neutral, repeat(6, [20, 50])).flatMap(({ findings }) => findings)).toEqual([]);
});

describe('nothing is held against what the inspection found', () => {
  const worse: Figure[] = Array.from({ length: 14 }, () => [60, 100]);
  const says = (fields: Parameters<typeof aMetric>[0], figures: readonly Figure[] = worse): number =>
    judgeBy('inspection')(aMetric({ standards: [], ...fields }), figures).flatMap(({ findings }) => findings).length;
  const none: Metric['baseline'] = { kind: 'none', statement: 'The report says nothing.' };
  const better: Figure[] = [...worse.slice(0, 6), ...worse.slice(0, 8).map((): Figure => [20, 100])];

  it.each<[string, Parameters<typeof aMetric>[0], readonly Figure[]]>([
    ['where no way is better', { polarity: 'neutral', baseline: inFigures(40) }, worse],
    ['where it found nothing', { baseline: none }, better],
    ['where the line is to be held and it found words', { baseline: IN_WORDS, holdLine: true }, better],
    ['of cases that stay, where no tolerance is set', { cases: 'stock', tolerance: null }, worse],
    ['of a rate of which more is better, where none is set', { kind: 'rate', unit: 'per 10,000' } as object, worse],
  ])('%s', (_, fields, figures) => {
    expect(says(fields, figures)).toBe(0);
  });

  it('but it is where there is something', () => {
    expect(says({})).toBeGreaterThan(0);
    expect(says({ baseline: IN_WORDS }, better)).toBeGreaterThan(0);
    expect(says({ cases: 'stock', tolerance: 3 })).toBeGreaterThan(0);
    expect(says({ polarity: 'lower', baseline: inFigures(40) })).toBeGreaterThan(0);
  });
});
