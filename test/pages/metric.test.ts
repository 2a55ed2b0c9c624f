import { expect, test } from 'vitest';
import type { Benchmark } from '../../functions/domain/benchmark.ts';
import type { LocalStandard, Metric } from '../../functions/domain/metric.ts';
import { timelines } from '../../functions/domain/reconcile.ts';
import type { AuthorityRecord } from '../../functions/domain/record.ts';
import { metricPage } from '../../functions/pages/metric.ts';
import { recordOf } from '../../functions/services/record.ts';
import {
  aBacklog,
  aLocalStandard,
  aMetric,
  aRecord,
  type Figure,
  IN_WORDS,
  inFigures,
  months,
  NO_ASSETS,
} from '../support/build.ts';

/** The page of a metric with these figures, one a month. */
function pageOf(metric: Metric, figures: readonly Figure[], more: Partial<AuthorityRecord> = {}): string {
  const { inspection: header, localStandards, progress, benchmarks } = aRecord(more);
  const inspection = {
    header,
    fingerprint: '',
    metrics: [metric],
    judgements: [],
    actions: [],
    localStandards,
    progress,
    benchmarks,
    inspections: [],
  };
  const all = months(metric, figures);
  const judged = timelines(recordOf(inspection, all), 'show').get(metric.id) ?? [];
  const last = judged.at(-1);
  const alert =
    last && last.alert.state !== 'clear'
      ? { ...last.alert, period: last.period, findings: [...last.findings] }
      : undefined;
  const view = { inspection, metric, months: all, judged, alert, superseded: [], smallNumbers: 'show' as const };
  return `${metricPage({ assets: NO_ASSETS }, view)}`;
}

const repeat = (count: number, figure: Figure): Figure[] => Array.from({ length: count }, () => figure);
/** Months around a share, as chance brings them. */
const around = (share: number, count: number): Figure[] =>
  Array.from({ length: count }, (_, index): Figure => [share + (index % 3) - 1, 100]);

test('a month that is critical never looks like an improvement, however much better it is than usual', () => {
  const page = pageOf(aMetric({ baseline: IN_WORDS }), [...around(40, 13), ...around(60, 3)]);
  expect(page).toContain('but not good enough: it is still “critical”');
  expect(page).toContain(' Critical</li>');
  expect(page).not.toContain('Unusually good');
  expect(page).not.toContain(', an improvement');
  expect(page).toContain('every month will miss the standard');
});

test('what is better than usual and meets the standard is an improvement, in the chart, by icon and in the table', () => {
  const page = pageOf(aMetric({ baseline: IN_WORDS }), [...around(84, 13), ...around(96, 3)]);
  expect(page).toContain('Unusually good, and good enough');
  expect(page).toContain('Unusually high for this metric, and that is better.');
  expect(page).toContain(', an improvement');
});

test('usual limits stop where a share cannot go', () => {
  const page = pageOf(aMetric(), [[100, 100], [90, 100], [99, 100], [88, 100], ...around(95, 10)]);
  expect(page).toMatch(/to 100%/);
  expect(page).not.toMatch(/to 10[1-9]|to 1[1-9]\d/);
});

test('what stands in for a figure of the inspection is drawn, named as this service’s own, and told in words', () => {
  const page = pageOf(aMetric({ standards: [], baseline: IN_WORDS }), [...around(90, 6), ...repeat(6, [70, 100])]);
  expect(page).toContain('This service’s own estimate, as the inspection gave no figure');
  expect(page).toMatch(/Held against: own estimate \d\d\.\d%/);
});

test('a metric without a standard says so, and so does one whose standard has ended; what held before stays in its months', () => {
  const none = /Standard<\/dt><dd[^>]*>None\. It is judged by how it has gone so far/;
  expect(pageOf(aMetric({ standards: [] }), around(90, 6))).toMatch(none);
  const ended = [aLocalStandard({ from: '2011-01', value: null })];
  const page = pageOf(aMetric(), around(90, 6), { localStandards: ended });
  expect(page).toMatch(none);
  const cellOf = (month: string) => new RegExp(`${month}</th>.*?data-label="Standard">([^<]*)<`, 's').exec(page)?.[1];
  expect([cellOf('December 2010'), cellOf('January 2011')]).toEqual(['80%', '–']);
  for (const figures of [around(90, 6), []])
    expect(pageOf(aMetric(), figures)).toMatch(/Standard<\/dt><dd[^>]*>At least 80%/);
});

test('too few figures are said to be too few, not drawn as if they told what is usual', () => {
  expect(pageOf(aMetric(), around(90, 12))).toContain('Too few figures to tell what is usual');
});

test('England and the neighbours stand beside it, on the chart, in words and in a table, and raise nothing', () => {
  const published: Benchmark = {
    ...{ metric: 'assessments', measure: 'Assessments on time', source: 'DfE, November 2010', author: 'J. Smith' },
    loadedAt: '2011-01-05T10:00:00Z',
    neighbours: ['Shropshire', 'Suffolk'],
    years: [
      { year: 2009, month: '2009-03', england: 'c' },
      {
        ...{ year: 2010, month: '2010-03', england: 99 },
        neighbours: { middle: 97.5, least: 97, most: 98, of: 2, unpublished: 1 },
      },
    ],
  };
  const figures = repeat(6, [90, 100]);
  const page = pageOf(aMetric(), figures, { benchmarks: [published] });
  const words = page.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
  expect(words).toContain('England 2010: 99%; statistical neighbours 2010: 97.5%, in the middle of 2');
  expect(words).toContain('2009 withheld so that nobody can be identified');
  expect(words).toContain('97.5% (97% to 98% among 2; 1 not published)');
  expect(words).toContain('DfE, November 2010: Assessments on time. Loaded by J. Smith on 5 January 2011.');
  expect(page).toMatch(/<text[^>]*>England 2010 99%</);
  const alertsOf = (text: string) => text.match(/No alert was raised|An alert was raised in \d+/)?.[0];
  expect(alertsOf(page)).toBe(alertsOf(pageOf(aMetric(), figures)));
});

test('a figure that can hardly be right is questioned beside it, and no other is', () => {
  const caseload = aBacklog({ kind: 'mean', title: 'Average caseload', standards: [] });
  expect(pageOf(caseload, [17, 18, 17, 1700])).toMatch(
    /Please check.*Average caseload: 1,?700 .* 100 times what is usual/s,
  );
  expect(pageOf(caseload, [17, 18, 17, 17.5])).not.toContain('Please check');
});

test('what the inspection found is drawn as far as figures are held against it, and then what was stated in its place', () => {
  const page = (fields: Partial<LocalStandard>): string =>
    pageOf(aMetric({ baseline: inFigures(88) }), around(90, 14), {
      localStandards: [aLocalStandard({ from: '2010-10', rebaseDates: ['2010-12-01'], ...fields })],
    });
  expect(page({ comparable: 92 })).toContain('inspection 88%, inspection, comparable 92%');
  expect(page({ comparable: 92 })).toContain('as figures are counted since the way of working changed');
  expect(page({})).not.toContain('comparable');
});

test('what only an analyst can use is under “How this was worked out”, and nowhere before it', () => {
  const page = pageOf(aMetric({ holdLine: false }), [...around(88, 12), ...around(78, 6)]);
  const [before = '', after = ''] = page.split('How this was worked out');
  expect(after).toMatch(/too many for chance \(CUSUM \d/);
  expect(before).toContain('too many for chance');
  expect(before).not.toContain('CUSUM');
});
