import { describe, expect, it } from 'vitest';
import {
  cardinal,
  dateName,
  digitsOf,
  formatBaseline,
  formatObservation,
  formatParagraphs,
  formatStandard,
  monthName,
  ordinal,
  shownValue,
} from '../../functions/domain/format.ts';
import type { Metric } from '../../functions/domain/metric.ts';
import { aBacklog, aMetric, type Figure, IN_WORDS, inFigures, observation } from '../support/build.ts';

const caseload = aBacklog({ kind: 'mean', unit: 'cases per social worker' });

describe('a figure', () => {
  it.each<[Metric, Figure, string]>([
    [aMetric(), [39, 50], '78.0% (39 of 50)'],
    [aMetric(), 86, '86% (no counts given)'],
    [aMetric(), 86.55, '86.5% (no counts given)'],
    [aBacklog(), 41, '41 cases'],
    [caseload, 17.25, '17.3 cases per social worker'],
    [caseload, 1, '1 case per social worker'],
    ...(
      [
        ['cases', 'case'],
        ['case files', 'case file'],
        ['young people', 'young person'],
        ['children looked after', 'child looked after'],
        ['agencies', 'agency'],
        ['batches', 'batch'],
        ['GBP', 'GBP'],
        ['per 10,000', 'per 10,000'],
      ] as const
    ).map(([unit, one]): [Metric, Figure, string] => [aBacklog({ unit }), 1, `1 ${one}`]),
  ])('is shown whole: %# %j as %s', (metric, figure, words) => {
    expect(formatObservation(metric, observation('2010-10', figure), 'show')).toBe(words);
  });

  it('says first that it is provisional', () => {
    const provisional = observation('2010-10', 41, { status: 'provisional' });
    expect(formatObservation(aBacklog(), provisional, 'show')).toBe('provisional 41 cases');
  });

  it.each<[Metric, Figure, string, number]>([
    [aMetric(), [3, 50], 'about 5% (5 or fewer of 50)', 5],
    [aMetric(), [1, 4], 'about 25% (of 5 or fewer)', 25],
    [aMetric(), [47, 50], 'about 95% (all but 5 or fewer of 50)', 95],
    [aMetric(), [0, 50], '0.0% (0 of 50)', 0],
    [aMetric(), [39, 50], '78.0% (39 of 50)', 78],
    [aMetric(), 96, '96% (no counts given)', 96],
    [aBacklog(), 3, '5 or fewer cases', 5],
    [aBacklog(), 6, '6 cases', 6],
    [aBacklog(), 0, '0 cases', 0],
    [caseload, 3, '3 cases per social worker', 3],
  ])(
    'hides small numbers where they are suppressed, in words and in what is drawn: %# %j as %s',
    (metric, figure, words, drawn) => {
      expect(formatObservation(metric, observation('2010-10', figure), 'suppress')).toBe(words);
      expect(shownValue(metric, observation('2010-10', figure), 'suppress')).toBe(drawn);
    },
  );
});

describe('what a figure is held against', () => {
  it('says since when and who set it; what rests on the inspection says how', () => {
    const standard = { value: 80, from: '2010-10', basis: 'local', note: 'a default' } as const;
    expect(formatStandard(aMetric(), standard)).toBe("80% since October 2010 (this service's default)");
    expect(formatStandard(aMetric(), { ...standard, basis: 'statutory' })).toBe('80% since October 2010 (statutory)');
    expect(formatStandard(aMetric(), { ...standard, basis: 'inspection', note: 'as planned (paragraph 44)' })).toBe(
      '80% since October 2010 (from the inspection: as planned, paragraph 44)',
    );
  });

  it.each<[Metric['baseline'], string]>([
    [inFigures(88), '88% in September 2010 (paragraph 11)'],
    [inFigures(90, 'lower'), 'at least 90% in September 2010 (paragraph 11)'],
    [IN_WORDS, 'Too many were late. The report gives no percentage. (paragraph 11)'],
    [{ kind: 'none', statement: 'The report says nothing.' }, 'The report says nothing.'],
  ])('says what the inspection found, and where: %# %s', (baseline, words) => {
    expect(formatBaseline(aMetric({ baseline }))).toBe(words);
  });

  it.each([
    [['46'], 'paragraph 46'],
    [['53', '78'], 'paragraphs 53 and 78'],
    [['53', '67', '78'], 'paragraphs 53, 67 and 78'],
    [['record'], 'record of main findings'],
    [['cover'], 'title page'],
  ])('names parts of the report: %j', (paragraphs, words) => {
    expect(formatParagraphs(paragraphs)).toBe(words);
  });
});

it('writes months and small numbers as words', () => {
  expect(monthName('2011-02')).toBe('February 2011');
  expect([2, 7, 12, 13].map(cardinal)).toEqual(['two', 'seven', 'twelve', '13']);
  expect([2, 7, 12, 13].map(ordinal)).toEqual(['second', 'seventh', 'twelfth', '13th']);
});

it.each([
  ['2010-09', 'September 2010'],
  ['12 months to 2010-09', '12 months to September 2010'],
  ['2010-04-01 to 2010-09', '1 April 2010 to September 2010'],
  ['2009/10', '2009/10'],
  ['2010 (year not stated)', '2010 (year not stated)'],
  ['case 12010-0944', 'case 12010-0944'],
])('the dates in "%s" read "%s"', (words, read) => {
  expect(dateName(words)).toBe(read);
});

describe('a figure beside what it is held against', () => {
  const against = (value: number) => ({ standards: [{ value, from: '2000-01', basis: 'local' as const, note: 'x' }] });

  it.each([
    [aMetric(against(100)), [2999, 3000], '99.97% (2999 of 3000)'],
    [aMetric(against(100)), [2199, 2200], '99.95% (2199 of 2200)'],
    [aMetric(against(80)), [2399, 3000], '79.97% (2399 of 3000)'],
    [aMetric(against(87.5)), [8746, 10_000], '87.46% (8746 of 10000)'],
    [aMetric(against(90)), 89.96, '89.96% (no counts given)'],
    [aBacklog({ kind: 'mean', ...against(18) }), 18.04, '18.04 cases'],
    [aBacklog({ kind: 'mean', ...against(18) }), 17.96, '17.96 cases'],
    [aMetric(against(80)), [40, 50], '80.0% (40 of 50)'],
  ] as const)('has as many digits as tell them apart', (metric, figure, shown) => {
    expect(formatObservation(metric, observation('2011-01', figure), 'show')).toBe(shown);
  });

  it('and from the figure before', () => {
    const metric = aBacklog({ kind: 'mean', ...against(18) });
    expect(formatObservation(metric, observation('2011-01', 17.42), 'show', [17.44])).toBe('17.42 cases');
    expect(digitsOf(18.04, [18.04])).toBe('18.04');
    expect(digitsOf(1 / 3, [])).toBe('0.3');
  });
});
