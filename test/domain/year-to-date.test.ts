import { expect, test } from 'vitest';
import { yearToDate } from '../../functions/domain/year-to-date.ts';
import { HEREFORDSHIRE, observation } from '../support/build.ts';

const { metrics } = HEREFORDSHIRE;
const metric = (id: string) => metrics.find((candidate) => candidate.id === id) as (typeof metrics)[number];
const FLOW = metric('initial-assessments-on-time');

test('counts are added up, percentages never averaged', () => {
  // 90% of 10 and 50% of 90 are 54% of 100, not 70%.
  const year = yearToDate(FLOW, [observation('2011-04', [9, 10]), observation('2011-05', [45, 90])]);
  expect(year?.pooled).toMatchObject({ numerator: 54, denominator: 100, value: 54 });
});

test.each([
  ['2011-03', '2010-04', 4],
  ['2011-04', '2011-04', 1],
  ['2010-12', '2010-04', 1],
])('the financial year of %s begins in %s', (through, from, months) => {
  const periods = ['2010-12', '2011-01', '2011-02', '2011-03', '2011-04'].filter((period) => period <= through);
  expect(
    yearToDate(
      FLOW,
      periods.map((period) => observation(period, [1, 2])),
    ),
  ).toMatchObject({ from, through, months });
});

test('there is none where the same children would be counted again, or counts are not known', () => {
  expect(yearToDate(metric('supervision-on-time'), [observation('2011-04', [9, 10])])).toBeUndefined();
  expect(yearToDate(FLOW, [observation('2011-04', [9, 10]), observation('2011-05', 80)])).toBeUndefined();
  expect(yearToDate(FLOW, [])).toBeUndefined();
});

test('one provisional month makes the year provisional', () => {
  const provisional = observation('2011-05', [1, 2], { status: 'provisional' });
  expect(yearToDate(FLOW, [observation('2011-04', [9, 10]), provisional])?.pooled.status).toBe('provisional');
});

test('counts of a count are added up, and of a rate or an average nothing, though it has counts', () => {
  const months = [observation('2011-04', 3), observation('2011-05', 4, { revision: 2 })];
  expect(yearToDate({ ...FLOW, kind: 'count' }, months)).toEqual({
    ...{ from: '2011-04', through: '2011-05', months: 2 },
    pooled: { period: '2011-05', revision: 2, status: 'final', value: 7 },
  });
  const counted = [observation('2011-04', [9, 10]), observation('2011-05', [45, 90])];
  for (const kind of ['rate', 'mean'] as const) expect(yearToDate({ ...FLOW, kind }, counted)).toBeUndefined();
  expect(yearToDate(FLOW, counted)?.pooled.status).toBe('final');
});
