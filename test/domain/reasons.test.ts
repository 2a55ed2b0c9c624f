import { describe, expect, it, test } from 'vitest';
import type { Announced } from '../../functions/domain/board.ts';
import type { LocalStandard, Metric } from '../../functions/domain/metric.ts';
import { reasonFor, reasonForAuthority, saidOf } from '../../functions/domain/reasons.ts';
import type { AuthorityRecord } from '../../functions/domain/record.ts';
import type { Month } from '../../functions/domain/submission.ts';
import { aBacklog, aLocalStandard, aMetric, aRecord, type Figure, months } from '../support/build.ts';

const metric = aMetric();
const [OCTOBER, NOVEMBER, DECEMBER, JANUARY, FEBRUARY] = months(metric, [
  ...([
    [40, 50],
    [41, 50],
    [42, 50],
    [43, 50],
    [44, 50],
  ] as Figure[]),
]) as [Month, Month, Month, Month, Month];
const told = (fields: Partial<Announced> = {}): Announced => ({
  ...{ latestPeriod: '2010-11', judged: { '2010-10': 1, '2010-11': 1 }, standards: {}, inspection: 'one' },
  alerts: {},
  ...fields,
});
const reason = (
  record: Partial<AuthorityRecord>,
  {
    superseded = [],
    of = metric,
    before = told(),
    isOtherwise = false,
  }: {
    superseded?: Month[];
    of?: Metric;
    before?: Announced;
    isOtherwise?: boolean;
  } = {},
) => reasonFor(of, before, aRecord({ months: [OCTOBER, NOVEMBER], ...record }), superseded, 'show', isOtherwise);

describe('a month that was told of', () => {
  const again = (fields: Partial<Month>): Month => ({ ...NOVEMBER, revision: 2, ...fields });
  const figures = (numerator: number, denominator: number) => ({
    observations: { assessments: { numerator, denominator } },
  });

  it.each<[string, Month, Month | undefined, string | undefined]>([
    ['as it was', NOVEMBER, undefined, undefined],
    ['the same again', again({}), NOVEMBER, undefined],
    [
      'corrected',
      again(figures(39, 50)),
      NOVEMBER,
      'November 2010 was corrected (revision 2): 82.0% (41 of 50) became 78.0% (39 of 50)',
    ],
    [
      'corrected to the same share of more',
      again(figures(82, 100)),
      NOVEMBER,
      'November 2010 was corrected (revision 2): 82.0% (41 of 50) became 82.0% (82 of 100)',
    ],
    [
      'made final',
      again(figures(39, 50)),
      { ...NOVEMBER, status: 'provisional' },
      'November 2010 was made final (revision 2): provisional 82.0% (41 of 50) became 78.0% (39 of 50)',
    ],
    [
      'provisional still',
      again({ ...figures(39, 50), status: 'provisional' }),
      { ...NOVEMBER, status: 'provisional' },
      'November 2010 was corrected (revision 2): provisional 82.0% (41 of 50) became provisional 78.0% (39 of 50)',
    ],
    [
      'taken back',
      again({ observations: {}, retracted: true }),
      NOVEMBER,
      'November 2010 was taken back (revision 2): 82.0% (41 of 50) was taken out',
    ],
    [
      'submitted again',
      again({ revision: 3 }),
      { ...NOVEMBER, revision: 2, observations: {}, retracted: true },
      'November 2010 was submitted again (revision 3): 82.0% (41 of 50)',
    ],
  ])('is %s', (_, month, earlier, words) => {
    expect(reason({ months: [OCTOBER, month] }, { superseded: earlier ? [earlier] : [] })).toBe(words);
  });

  it('came in late, or not before what was told', () => {
    const before = told({ judged: { '2010-11': 1 } });
    expect(reason({}, { before })).toBe('October 2010 came in after later months: 80.0% (40 of 50)');
    expect(reason({ months: [OCTOBER, NOVEMBER, DECEMBER] })).toBeUndefined();
    expect(reason({}, { before: told({ judged: {} }) })).toContain('November 2010 came in after later months');
    const { latestPeriod: _, ...nothing } = told({ judged: {} });
    expect(reason({}, { before: nothing })).toBeUndefined();
  });

  it('is one of at most three that are named', () => {
    const all = [OCTOBER, NOVEMBER, DECEMBER, JANUARY, FEBRUARY];
    const first = (count: number) => {
      const late = told({ judged: {}, latestPeriod: all[count - 1]?.period ?? '' });
      return reason({ months: all.slice(0, count) }, { before: late });
    };
    expect(first(3)?.split('; ')).toHaveLength(3);
    expect(first(4)).toMatch(/December 2010.*; and 1 more month$/);
    expect(first(5)).toMatch(/; and 2 more months$/);
  });
});

describe('what a metric is judged by', () => {
  const by = 'by “A. Head”';
  const set = (fields: Partial<LocalStandard>, earlier: Partial<LocalStandard>[] = [], of = metric) =>
    reason(
      {
        localStandards: [...earlier, fields].map((each, index) =>
          aLocalStandard({ metric: of.id, version: index + 1, from: '2010-11', ...each }),
        ),
      },
      { of, before: told({ standards: { [of.id]: earlier.length } }) },
    );

  it.each<[Partial<LocalStandard>, Partial<LocalStandard>[], Metric, string]>([
    [
      { value: 85 },
      [],
      metric,
      `the standard was changed: 80% since January 2000 (this service's default) became 85% from November 2010 on, ${by}`,
    ],
    [
      { value: null },
      [{ value: 85, from: '2010-10' }],
      metric,
      `the standard was ended: 85% since October 2010 (local policy) no longer holds from November 2010 on, ${by}`,
    ],
    [
      { value: 85 },
      [],
      aMetric({ standards: [] }),
      `the standard was changed: none became 85% from November 2010 on, ${by}`,
    ],
    [{ tolerance: 3 }, [], metric, `the tolerance was changed: none became 3 from November 2010 on, ${by}`],
    [
      { tolerance: 3 },
      [{ tolerance: 4 }, { value: 85 }, { tolerance: 9, from: '2010-12' }],
      metric,
      `the tolerance was changed: 4 became 3 from November 2010 on, ${by}`,
    ],
    [{ tolerance: 3 }, [], aBacklog(), `the tolerance was changed: 5 became 3 from November 2010 on, ${by}`],
    [
      { mOfN: { m: 2, n: 4, missing: 'ignore' } },
      [],
      metric,
      `the failures that make it critical were changed: the default became 2 of 4 from November 2010 on, ${by}`,
    ],
    [
      { mOfN: { m: 2, n: 4, missing: 'ignore' } },
      [{ mOfN: { m: 1, n: 3, missing: 'ignore' } }],
      metric,
      `the failures that make it critical were changed: 1 of 3 became 2 of 4 from November 2010 on, ${by}`,
    ],
    [
      { rebaseDates: ['2010-10-04', '2010-11-01'] },
      [],
      metric,
      `the days on which the way of working changed are now 4 October 2010, 1 November 2010, set ${by}`,
    ],
    [
      { rebaseDates: ['2010-11-01'], comparable: 90 },
      [],
      metric,
      `the days on which the way of working changed are now 1 November 2010, and what the inspection found is 90% as figures are counted since, set ${by}`,
    ],
    [{ rebaseDates: [] }, [], metric, `the days on which the way of working changed are now none, set ${by}`],
  ])('was changed: %j after %j', (fields, earlier, of, words) => {
    expect(set(fields, earlier, of)).toBe(words);
  });

  it('is news once it was set, or once it holds', () => {
    const later = { localStandards: [aLocalStandard({ value: 85, from: '2010-12' })] };
    const before = told({ standards: { assessments: 1 } });
    const at = (all: Month[], latestPeriod = '2010-11') =>
      reason(
        { ...later, months: all },
        { before: { ...before, latestPeriod, judged: Object.fromEntries(all.map(({ period }) => [period, 1])) } },
      );
    expect(at([OCTOBER, NOVEMBER])).toBeUndefined();
    expect(at([OCTOBER, NOVEMBER, DECEMBER])).toContain('became 85% from December 2010');
    expect(at([OCTOBER, NOVEMBER, DECEMBER, JANUARY], '2010-12')).toBeUndefined();
    const elsewhere = { localStandards: [aLocalStandard({ metric: 'backlog', value: 85 })] };
    expect(reason(elsewhere)).toBeUndefined();
  });

  it('is quoted as it was said, the latest three times', () => {
    const localStandards = [1, 2, 3, 4, 5].map((version) =>
      aLocalStandard({ version, value: 80 + version, reason: `for ${version}`, author: `A. ${version}` }),
    );
    const said = saidOf(
      metric,
      told({ standards: { assessments: 1 } }),
      aRecord({ localStandards, months: [OCTOBER] }),
    );
    expect(said).toEqual([3, 4, 5].map((version) => ({ author: `A. ${version}`, text: `for ${version}` })));
  });
});

describe('what is loaded', () => {
  const other = { fingerprint: 'two' };
  const again = 'what is measured, or what the inspection found, was loaded again and is different';
  const newer = /^a new inspection, published \d+ \w+ 2010, is now what figures are held against$/;

  it('is a reason where it is another, and what was told is judged otherwise', () => {
    expect(reason(other, { isOtherwise: true })).toBe(again);
    expect(reason(other)).toBeUndefined();
    expect(reason({}, { isOtherwise: true })).toBeUndefined();
    expect(reason(other, { isOtherwise: true, before: told({ leading: 'herefordshire-2010' }) })).toBe(again);
    expect(reason(other, { isOtherwise: true, before: told({ leading: 'another' }) })).toMatch(newer);
  });

  it('is not called new where it is an older one again, as the one that led no longer counts', () => {
    const before = told({ leading: 'later' });
    const retired = (published: string) => ({ ...other, retired: [{ id: 'later', published }] });
    expect(reason(retired('2011-01-10'), { isOtherwise: true, before })).toMatch(
      /^the inspection that figures were held against no longer counts; they are again held against the one published \d+ \w+ 2010$/,
    );
    expect(reason(retired('2009-01-10'), { isOtherwise: true, before })).toMatch(newer);
  });

  it('says that a metric has ended, by whom, and what took its place', () => {
    const ended = aMetric({ until: '2010-10' });
    const words = 'it has not been measured since the end of October 2010';
    expect(reason(other, { of: ended, isOtherwise: true })).toBe(words);
    expect(reason(other, { of: aMetric({ until: '2010-11' }) })).toBeUndefined();
    expect(reason({ months: [] }, { of: ended })).toBeUndefined();
    const changes = ['A title', 'Another title', 'A new definition'].map((why) => ({
      ...{ at: '2010-10-01T09:00:00.000Z', what: 'something', author: 'A. Head', reason: why },
    }));
    const replaced = { ...ended, changes, replacedBy: 'backlog' };
    expect(reason({ metrics: [aBacklog()] }, { of: replaced })).toBe(
      `${words} (by “A. Head”: “A new definition”); “Backlog” took its place`,
    );
  });
});

test('that figures did not come reads otherwise for months that were taken back, or another due day', () => {
  const why = (fields: Partial<AuthorityRecord>, before = told()) =>
    reasonForAuthority(
      'submission',
      before,
      aRecord({ months: [OCTOBER, NOVEMBER], ...fields }),
      { overdueActions: [] },
      true,
    );
  const back = { ...NOVEMBER, revision: 2, retracted: true };
  expect(why({})).toBeUndefined();
  expect(why({ months: [OCTOBER, back] })).toBe('November 2010 was taken back (revision 2)');
  expect(why({ months: [{ ...OCTOBER, revision: 2 }] })).toBeUndefined();
  expect(why({ months: [OCTOBER, back] }, told({ judged: { '2010-10': 1, '2010-11': 2 } }))).toBeUndefined();
  const version = (number: number, dueWorkingDay: number) => ({
    ...{ version: number, author: `A. ${number}`, reason: 'agreed', setAt: '2010-10-01T00:00:00.000Z' },
    dueWorkingDay,
  });
  const settings = [version(1, 12), version(2, 12), version(3, 15)];
  const due = 'the working day by which figures are due was changed';
  expect(why({ settings })).toBe(`${due}: 10th became 15th, by “A. 3”`);
  expect(why({ settings }, told({ settings: 1 }))).toBe(`${due}: 12th became 15th, by “A. 3”`);
  expect(why({ settings }, told({ settings: 3 }))).toBeUndefined();
});
