import { describe, expect, test } from 'vitest';
import type { Month } from '../../functions/domain/submission.ts';
import { openArchive, packArchive } from '../../functions/services/archive.ts';
import { readFigures } from '../../functions/services/figures.ts';
import { writeFigures, writeTemplate } from '../../functions/services/template.ts';
import { HEREFORDSHIRE } from '../support/build.ts';

const METRICS = new Map(HEREFORDSHIRE.metrics.map((metric) => [metric.id, metric]));
const AUGUST: Month = {
  period: '2011-08',
  revision: 2,
  submittedAt: '2011-09-05T09:00:00.000Z',
  status: 'provisional',
  commentary: '=1+1, "quoted" <b>\nand more',
  observations: {
    'average-caseload': { value: 17.25 },
    'children-feel-safe': { value: 0.8 },
    'conferences-on-time': { numerator: 0, denominator: 0 },
    'referral-backlog': { count: 41 },
  },
};
const RETRACTED: Month = { ...AUGUST, period: '2011-09', observations: {}, retracted: true };
const written = { authority: 'Herefordshire', metrics: HEREFORDSHIRE.metrics, months: [AUGUST, RETRACTED] };
const partOf = (file: Buffer, name: string): string => openArchive(file, 1e7)(name)?.toString() ?? '';

describe('a template', () => {
  const file = writeTemplate(written, '2011-07', '2011-09');

  test('sent back as it is says what was sent before, and nothing of other months', () => {
    const { months, faults, otherSheets } = readFigures(file, METRICS);
    expect(faults).toEqual([]);
    const { status, commentary, observations } = AUGUST;
    expect(months.map(({ period, submission }) => ({ period, ...submission }))).toEqual([
      { period: '2011-08', status, commentary, observations },
    ]);
    expect(otherSheets).toEqual([{ name: 'How to fill this in', why: 'has no line that names the columns' }]);
  });

  test('has a row for each metric that is expected, or was sent, in each month', () => {
    const sheet = partOf(file, 'xl/worksheets/sheet1.xml');
    const rows = (id: string) => sheet.split(`<t xml:space="preserve">${id}</t>`).length - 1;
    expect([rows('referral-backlog'), rows('forensic-paediatricians'), rows('children-feel-safe')]).toEqual([3, 1, 1]);
    expect(sheet).not.toContain('five-good-gcses');
  });

  test('has no row for a metric before its first month or after its last', () => {
    const [first] = HEREFORDSHIRE.metrics;
    const metrics = first ? [{ ...first, from: '2011-08', until: '2011-08' }] : [];
    const sheet = partOf(
      writeTemplate({ ...written, metrics, months: [] }, '2011-07', '2011-09'),
      'xl/worksheets/sheet1.xml',
    );
    expect(sheet.match(/<row /g)).toHaveLength(2);
  });

  test('can be read out: title, language, sheets with names, one row of headings that are named, no merged cell, no picture', () => {
    expect(partOf(file, 'docProps/core.xml')).toMatch(
      /<dc:title>Herefordshire: figures to fill in<\/dc:title>.*<dc:language>en-GB<\/dc:language>/,
    );
    const workbook = partOf(file, 'xl/workbook.xml');
    expect([...workbook.matchAll(/<sheet name="([^"]+)"/g)].map(([, name]) => name)).toEqual([
      'Figures',
      'How to fill this in',
    ]);
    const sheet = partOf(file, 'xl/worksheets/sheet1.xml');
    const rows = sheet.match(/<row /g)?.length;
    // As screen readers take it: where the region begins, where it ends, and in which sheet it is.
    expect(workbook).toContain(`name="TitleRegion1.a1.j${rows}.1" localSheetId="0">Figures!$A$1<`);
    expect(workbook).toContain('<definedName name="_xlnm.Print_Titles" localSheetId="0">Figures!$1:$1<');
    expect(/<row r="1">.*?<\/row>/.exec(sheet)?.[0].match(/<t [^>]*>[^<]+<\/t>/g)).toHaveLength(10);
    for (const part of [sheet, partOf(file, 'xl/worksheets/sheet2.xml')])
      expect(part).not.toMatch(/mergeCell|<drawing/);
  });

  test('lets only those cells be typed into that the metric needs', () => {
    const sheet = partOf(file, 'xl/worksheets/sheet1.xml');
    const row = /<row r="\d+">(?:(?!<\/row>).)*referral-backlog.*?<\/row>/s.exec(sheet)?.[0] ?? '';
    const styles = [...row.matchAll(/<c r="([E-H])\d+" s="(\d)"/g)].map(([, column, style]) => `${column}${style}`);
    expect(styles).toEqual(['E4', 'F4', 'G3', 'H4']);
    expect(sheet).toContain('<sheetProtection sheet="1"');
    expect(sheet).toContain('"final,provisional"');
    expect(partOf(file, 'xl/styles.xml').match(/locked="0"/g)).toHaveLength(3);
  });

  test('takes a percentage in a cell that shows percentages, however it is typed there', () => {
    const row = /(<c r="H\d+" s="7")><\/c>/;
    const parts = ['xl/workbook.xml', 'xl/_rels/workbook.xml.rels', 'xl/styles.xml', 'xl/worksheets/sheet1.xml'].map(
      (name) => [name, partOf(file, name).replace(row, '$1><v>0.76</v></c>')] as const,
    );
    const { months, faults } = readFigures(packArchive(parts), METRICS);
    expect(faults).toEqual([]);
    expect(months[0]?.submission.observations).toEqual({ 'initial-assessments-on-time': { value: 76 } });
  });

  test('is the same each time', () => {
    expect(writeTemplate(written, '2011-07', '2011-09').equals(file)).toBe(true);
  });
});

test('figures are written as a workbook that can be sent again unchanged', () => {
  const { months } = readFigures(writeFigures(written), METRICS);
  expect(months.map(({ period, submission: { observations } }) => ({ period, observations }))).toEqual([
    { period: '2011-08', observations: AUGUST.observations },
  ]);
});
