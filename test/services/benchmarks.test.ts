import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readBenchmarks } from '../../functions/services/benchmarks.ts';
import { aMetric, aRecord } from '../support/build.ts';

/** Files of published figures, as people download them. */

const EXAMPLE = resolve(import.meta.dirname, '../../seed/examples/england-and-neighbours-2016-2025.csv');
const PUBLISHED = resolve(import.meta.dirname, '../../../shared/data/lait_herefordshire_2016_2025.csv');

const metrics = [
  aMetric({ id: 'conferences-on-time', title: 'Conferences on time', aliases: ['CP_conf_15days'] }),
  aMetric({
    id: 'average-caseload',
    title: 'Caseload',
    kind: 'mean',
    unit: 'cases',
    aliases: ['Work_Force_AvgNumCase_SW'],
  }),
  aMetric({ id: 'looked-after', title: 'Looked after children', kind: 'count', unit: 'children', aliases: ['LACnum'] }),
];
const header = { ...aRecord().inspection, authority: 'herefordshire', name: 'Herefordshire' };
const read = (csv: string) =>
  readBenchmarks({ source: 'DfE', author: 'J. Smith', csv }, { header, metrics }, new Date('2026-01-05T10:00:00Z'));

test('England and the neighbours are read by metric and year; the authority itself, regions and numbers are set aside', () => {
  const { benchmarks, neighbours, setAside, faults } = read(
    [
      'Measure_short,Measure,year,area,la_number,value_as_published',
      'CP_conf_15days,Conferences,2025,England,970,81.4',
      'CP_conf_15days,Conferences,2025,Shropshire,893,76',
      'CP_conf_15days,Conferences,2025,Suffolk,935,c',
      'CP_conf_15days,Conferences,202324,England,970,[z]',
      'CP_conf_15days,Conferences,2025,Herefordshire,884,70',
      'CP_conf_15days,Conferences,2025,West Midlands,985,70',
      'LACnum,Number looked after,2025,England,970,81770',
      'Other,Something else,2025,England,970,5',
    ].join('\n'),
  );
  expect(faults).toEqual([]);
  expect(neighbours).toEqual(['Shropshire', 'Suffolk']);
  expect(benchmarks).toMatchObject([
    {
      ...{
        metric: 'conferences-on-time',
        measure: 'Conferences',
        author: 'J. Smith',
        loadedAt: '2026-01-05T10:00:00.000Z',
      },
      years: [
        { year: 2024, month: '2024-03', england: 'z' },
        { year: 2025, month: '2025-03', england: 81.4, neighbours: { middle: 76, of: 1, unpublished: 1 } },
      ],
    },
  ]);
  expect(setAside.map(({ what, lines }) => [what, lines])).toEqual([
    ['Herefordshire', 1],
    ['West Midlands', 1],
    ['Number looked after', 1],
    ['Something else', 1],
  ]);
});

test('every fault is named by line: no year, no number, a percentage of 850, two figures of one place', () => {
  const { faults } = read(
    [
      'metric,area,year,value',
      'conferences-on-time,England,last year,81',
      'conferences-on-time,England,2025,about 81',
      'conferences-on-time,England,2024,850',
      'conferences-on-time,,2024,85',
      'conferences-on-time,England,2023,81',
      'conferences-on-time,England,2022-23,82',
    ].join('\n'),
  );
  expect(faults.map(({ line, column }) => [line, column])).toEqual([
    [2, 'year'],
    [3, 'value'],
    [4, 'value'],
    [5, 'area'],
    [7, 'area'],
  ]);
});

test('a file without the columns, without a metric of ours, or of the whole country is refused with what to do', () => {
  expect(read('month,figure\n2025-01,3').faults[0]?.detail).toContain('it has no metric or measure, no area, no year');
  expect(read('measure,area,year,value\nOther,England,2025,5').faults[0]?.detail).toContain('as an alias');
  const places = Array.from({ length: 21 }, (_, index) => `conferences-on-time,Place ${index},2025,80`);
  expect(read(['metric,area,year,value', ...places].join('\n')).faults[0]?.detail).toContain(
    'at most 20 are neighbours',
  );
});

test('the example that ships is read whole', () => {
  const { benchmarks, neighbours, setAside, faults } = read(readFileSync(EXAMPLE, 'utf8'));
  expect(faults).toEqual([]);
  expect(neighbours).toHaveLength(10);
  const caseload = benchmarks.find(({ metric }) => metric === 'average-caseload');
  expect(caseload?.years.at(-1)).toMatchObject({ year: 2025, month: '2025-09', england: 15.2 });
  expect(setAside.every(({ why }) => why.startsWith('no metric'))).toBe(true);
});

test.skipIf(!existsSync(PUBLISHED))('the Local Authority Interactive Tool’s own file is read as it is', () => {
  const { benchmarks, neighbours, faults } = read(readFileSync(PUBLISHED, 'utf8'));
  expect(faults).toEqual([]);
  expect(neighbours).toHaveLength(10);
  const conferences = benchmarks.find(({ metric }) => metric === 'conferences-on-time');
  expect(conferences?.years.map(({ year }) => year)).toEqual(Array.from({ length: 10 }, (_, index) => 2016 + index));
  expect(conferences?.years.at(-1)?.england).toBe(81.4);
});
