import { describe, expect, it, test } from 'vitest';
import { describeFinding, withoutWorking } from '../../functions/domain/describe-finding.ts';
import type { LevelReached, Reason, Reference, Result } from '../../functions/domain/evaluators/evaluator.ts';
import type { Metric } from '../../functions/domain/metric.ts';
import { pool } from '../../functions/domain/series.ts';
import { aBacklog, aMetric, IN_WORDS, observation, series } from '../support/build.ts';

/** Every kind of reference and reason in its words. */

const metric = aMetric();
const STANDARD: Reference = {
  kind: 'standard',
  standard: { value: 80, from: '2000-01', basis: 'local', note: 'a default' },
};
const result = (fields: Partial<Result>): Result => ({
  ...{ evaluator: 'standard', level: 'warning', figure: observation('2010-10', [39, 50]), period: '2010-10' },
  ...{ reference: STANDARD, reason: { kind: 'failure', bare: false }, numbers: { value: 78 } },
  ...fields,
});
const described = (fields: Partial<Result>, of: Metric = metric) => describeFinding(of, result(fields), 'show');

test('a finding is the figure, what it is held against, and why; apart and as one sentence', () => {
  expect(described({ reason: { kind: 'any-failure' } })).toEqual({
    ...{ evaluator: 'standard', level: 'warning', numbers: { value: 78 } },
    figure: '78.0% (39 of 50) in October 2010',
    reference: "the standard is 80% since January 2000 (this service's default)",
    reason: "any failure counts at once (this service's default)",
    text: "78.0% (39 of 50) in October 2010; the standard is 80% since January 2000 (this service's default); any failure counts at once (this service's default)",
  });
  const { figure: _, ...absent } = result({});
  const { reason, text } = describeFinding(metric, absent, 'show');
  expect(reason).toBeUndefined();
  expect(text).toBe(
    "nothing was reported for October 2010, which counts as failing here; the standard is 80% since January 2000 (this service's default)",
  );
});

describe('what it is held against', () => {
  const since = pool(
    metric,
    series(
      [
        [40, 50],
        [41, 50],
      ],
      '2012-10',
    ),
  );
  const reached = (from: string): LevelReached =>
    ({
      before: pool(
        metric,
        series(
          [
            [46, 50],
            [47, 50],
          ],
          from,
        ),
      ),
      from: '2012-10',
      worst: 80,
    }) as LevelReached;

  it.each<[string, Reference, string, Metric]>([
    ['what was found', { kind: 'baseline' }, 'the inspection found 88% in September 2010 (paragraph 11)', metric],
    [
      'what is comparable',
      { kind: 'comparable', value: 85 },
      'the inspection found 88% in September 2010 (paragraph 11); as figures are counted since the way of working changed, that is 85% (local policy)',
      metric,
    ],
    [
      'its own estimate, for words',
      { kind: 'estimate', value: 84.2, from: '2010-10', to: '2011-03' },
      'the inspection gave no figure (paragraph 11), so this service compares with its own estimate from the first 6 final submissions, October 2010 to March 2011: 84.2%',
      aMetric({ baseline: IN_WORDS }),
    ],
    [
      'its own estimate, for nothing at all',
      { kind: 'estimate', value: 84.2, from: '2010-10', to: '2011-03' },
      'the inspection gave no figure, so this service compares with its own estimate from the first 6 final submissions, October 2010 to March 2011: 84.2%',
      aMetric({ baseline: { kind: 'none', statement: 'Nothing.' } }),
    ],
    [
      'its own estimate, since a change',
      { kind: 'estimate', value: 84.2, from: '2010-10', to: '2011-03' },
      'the way of working has changed since the inspection (paragraph 11), so this service compares with its own estimate from the first 6 final submissions, October 2010 to March 2011: 84.2%',
      metric,
    ],
    [
      'its course',
      { kind: 'course', mean: 84.25, from: '2010-10' },
      'its usual mean is 84.3% (XmR chart of the 12 reports from October 2010 on)',
      metric,
    ],
    ...(
      [
        ['2011-10', 'year'],
        ['2012-09', 'month'],
        ['2010-10', 'two years'],
        ['2011-04', '18 months'],
      ] as const
    ).map(([from, span]): [string, Reference, string, Metric] => [
      `the level of a ${span}`,
      { kind: 'reached', reached: reached(from), since: () => since },
      `81.0% (81 of 100) since October 2012; 93.0% (93 of 100) in the ${span} before`,
      metric,
    ]),
  ])('is %s', (_, reference, words, of) => {
    expect(described({ reference }, of).reference).toBe(words);
  });

  it('is also given as levels, where it is one that was reached, and nowhere else', () => {
    expect(
      described({ reference: { kind: 'reached', reached: reached('2011-10'), since: () => since } }).levels,
    ).toEqual({
      before: { from: '2011-10', to: '2011-11', value: 93 },
      since: { from: '2012-10', value: 81 },
    });
    expect(described({})).not.toHaveProperty('levels');
  });

  it('has the figure told with as many digits as set it apart', () => {
    const of = aMetric({ standards: [], baseline: { kind: 'none', statement: 'Nothing.' } });
    const against = (reference: Reference) =>
      described({ figure: observation('2010-10', [8512, 10_000]), reference }, of).figure;
    expect(against({ kind: 'course', mean: 85.1, from: '2010-10' })).toMatch(/^85\.1% /);
    const standard = { value: 85.1, from: '2000-01', basis: 'local', note: 'a default' } as const;
    expect(against({ kind: 'standard', standard })).toMatch(/^85\.12% /);
    expect(against({ kind: 'estimate', value: 85.1, from: '2010-10', to: '2010-11' })).toMatch(/^85\.12% /);
    expect(against({ kind: 'comparable', value: 85.1 })).toMatch(/^85\.12% /);
  });
});

describe('why', () => {
  const counts = 'given without counts, so chance cannot be tested';
  const since = () =>
    pool(
      metric,
      series(
        [
          [40, 50],
          [41, 50],
        ],
        '2010-11',
      ),
    );
  const exactly = 'a service exactly at the standard';

  it.each<[Reason, string | undefined]>([
    [{ kind: 'any-fall' }, "this line is to be held, so any fall counts (this service's default)"],
    [{ kind: 'chance', chance: 0 }, 'chance explains no failure of a service at this standard'],
    [{ kind: 'chance', chance: 0.2 }, `${exactly} has such a month now and then`],
    [{ kind: 'chance', chance: 0.01, atMost: 1 / 40 }, `${exactly} looks this bad in at most 1 month of 40, by chance`],
    [
      { kind: 'pooled', failing: 2, among: 3 },
      '2 of the last 3 reported periods fail, and together they are too far off for chance',
    ],
    [{ kind: 'failure', bare: true }, counts],
    [{ kind: 'failure', bare: false }, undefined],
    [{ kind: 'repeated', failing: 2, among: 3, bare: false }, '2 of the last 3 reported periods fail'],
    [{ kind: 'repeated', failing: 2, among: 3, bare: true }, `2 of the last 3 reported periods fail; ${counts}`],
    [
      { kind: 'repeated-or-absent', m: 2, n: 3, bare: true },
      `at least 2 of the last 3 periods fail or are not reported; ${counts}`,
    ],
    [{ kind: 'still-critical', bare: false }, 'too little was reported since to say that it is less than critical'],
    [
      { kind: 'cusum', cusum: 5.84, limit: 3.86, since },
      '81.0% (81 of 100) since November 2010; so many failures are too many for chance (CUSUM 5.8, limit 3.9)',
    ],
    [{ kind: 'cusum', cusum: 5.84, limit: 3.86 }, 'so many failures are too many for chance (CUSUM 5.8, limit 3.9)'],
    [{ kind: 'change' }, 'chance alone does not bring so great a change'],
    [{ kind: 'worse' }, 'so it is worse than when it was last told, by more than chance'],
    [{ kind: 'worse', by: 5 }, 'so it is worse than when it was last told, by more than 5 points'],
    [{ kind: 'special-cause', cause: 'outside' }, 'beyond the limit of its usual variation'],
    [{ kind: 'tolerance', tolerance: 0, bare: false }, "anything worse counts (this service's default)"],
    [
      { kind: 'tolerance', tolerance: 3, bare: true },
      "worse by more than the tolerance of 3 points (this service's default); given without counts, so only the tolerance can be applied",
    ],
    [
      { kind: 'tolerance', tolerance: 6.28318, bare: false },
      "worse by more than the tolerance of 6.28 points (this service's default)",
    ],
    [
      { kind: 'tolerance', tolerance: 16.789, bare: false },
      "worse by more than the tolerance of 16.7 points (this service's default)",
    ],
  ])('is %j', (reason, words) => {
    expect(described({ reason }).reason).toBe(words);
  });

  it('is without points where the metric has none, and says whose tolerance it is', () => {
    const of = aBacklog({ toleranceBasis: 'council' });
    expect(described({ reason: { kind: 'tolerance', tolerance: 1.5, bare: false } }, of).reason).toBe(
      'worse by more than the tolerance of 1.5 (local policy)',
    );
  });

  it('is told without the working to whoever has a minute', () => {
    const { text } = described({ reason: { kind: 'cusum', cusum: 5.84, limit: 3.86 } });
    expect(withoutWorking(text)).toBe(text.replace(' (CUSUM 5.8, limit 3.9)', ''));
    expect(withoutWorking(text)).toMatch(/too many for chance$/);
  });
});
