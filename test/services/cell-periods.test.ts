import { describe, expect, it, test } from 'vitest';
import { dayIn, endOf, isDatedByMonth, monthIn, readPeriod } from '../../functions/services/cell-periods.ts';

/** What a label says, in one line: the month, the year or quarter by the calendar year it ends in, or why it is unclear. */
function said(text: string): string {
  const label = readPeriod(text);
  switch (label.kind) {
    case 'month':
      return label.period;
    case 'year':
      return `year to ${label.ends}`;
    case 'quarter':
      return `quarter ${label.quarter} of the year to ${label.ends}`;
    case 'month-or-year':
      return `${label.period} or year to ${label.ends}`;
    case 'unclear':
      return label.cause;
  }
}

describe('a period', () => {
  const month = '2024-08';
  it.each([
    ...['2024-08', '2024/08', '2024-8', '202408', '2024M08', '08/2024', '8-2024', '08-24', "'2024-08", '2024–08'],
    ...['20240801', '2024-08-01 00:00:00', '2024-08-31T09:00:00Z', '13/08/2024', '08/13/2024', '31.08.24'],
    ...['Aug-24', "Aug '24", 'August 2024', 'AUGUST-2024', 'Awst 2024', '2024 Aug', '2024 Aug 05', '1 Aug 2024'],
    ...['August 1, 2024', 'as at 31 August 2024', 'Mon, 5 Aug 2024', 'Month ended 31/08/2024'],
    ...['2024/25 M5', 'P5 2024-25', 'Aug 2024/25', '2024-25 Aug'],
  ])('is one month as %s', (text) => {
    expect(said(text)).toBe(month);
  });

  it.each([
    ['2024/25', 'year to 2025'],
    ['2024-25', 'year to 2025'],
    ['24/25', 'year to 2025'],
    ['1999-00', 'year to 2000'],
    ['1999/00', 'year to 2000'],
    ['FY 2024/25', 'year to 2025'],
    ['year to March 2025', 'year to 2025'],
    ['y/e 31 mar 2025', 'year to 2025'],
    ['2024-25 Q1', 'quarter 1 of the year to 2025'],
    ['Q4 2024/25', 'quarter 4 of the year to 2025'],
    ['Apr-Jun 2024', 'quarter 1 of the year to 2025'],
    ['Jan to Mar 2025', 'quarter 4 of the year to 2025'],
    ['2010-11', '2010-11 or year to 2011'],
    ['2011/12', '2011-12 or year to 2012'],
  ])('%s is the %s', (text, what) => {
    expect(said(text)).toBe(what);
  });

  it.each([
    ['08/01/2024', 'a date with two meanings'],
    ['24/08/31', 'a date with two meanings'],
    ['10/11', 'a month or a year'],
    ['12-11', 'a month without a century'],
    ['24-Aug', 'a month without a century'],
    ['August', 'a month without a year'],
    ['2024', 'a bare year'],
    ['FY24', 'a year by one number'],
    ['AY 2024/25', 'a school year'],
    ['45505', "a spreadsheet's day number"],
    ['2024-08-31T23:30:00Z', 'a time of two months'],
    ['', 'no month'],
  ])('%j is questioned: %s', (text, cause) => {
    expect(said(text)).toBe(cause);
  });

  it.each([
    '2024-13',
    '2024-00',
    '31/02/2024',
    '2024-02-30',
    '13-24',
    '99999',
    '2024-26 Q1',
    'Q1 2024',
    'H1 2024',
    'Total',
  ])('%s is none, and what to write is said', (text) => {
    const label = readPeriod(text);
    expect(label.kind).toBe('unclear');
    expect(label.kind === 'unclear' && label.detail).toMatch(/^".+" .*yyyy-mm/);
  });

  test('as a formula that failed is told as that', () => {
    expect(readPeriod('#REF!')).toMatchObject({ detail: expect.stringContaining("is a formula's error") });
  });

  test('that is a text of a megabyte is refused at once, and not repeated', () => {
    const label = readPeriod('2024-08 '.repeat(125_000));
    expect(label.kind === 'unclear' && label.detail.length).toBeLessThan(200);
  });

  test('keeps the day and the order that its date was written in', () => {
    expect(readPeriod('08/13/2024')).toMatchObject({ day: 13, order: 'month-first' });
    expect(readPeriod('01/08/2024')).toMatchObject({ period: '2024-08', day: 1, order: 'by-custom' });
  });

  it.each([
    ['2024-08', true],
    ['2024-08-01', true],
    ['2024-08-31', true],
    ['2024-02-29', true],
    ['2024-08-30', false],
    ['2023-02-27', false],
  ])('%s dates a return by its month: %s', (text, is) => {
    expect(isDatedByMonth(readPeriod(text))).toBe(is);
  });

  it.each([
    ['2024/25', false, '2025-03'],
    ['2024/25', true, '2025-08'],
    ['2024-25 Q1', false, '2024-06'],
    ['2024-25 Q4', false, '2025-03'],
  ])('%s (of a school: %s) ends in %s', (text, isSchoolYear, end) => {
    const label = readPeriod(text);
    expect((label.kind === 'year' || label.kind === 'quarter') && endOf(label, isSchoolYear)).toBe(end);
  });

  it.each([
    ['September 2011', '2011-09', undefined],
    ['2011-09', '2011-09', undefined],
    ['2010-11', '2010-11', undefined],
    ['1 April 2011', '2011-04', '2011-04-01'],
    ['2011-04-01', '2011-04', '2011-04-01'],
    ['01/04/2011', '2011-04', undefined],
    ['31 February 2011', undefined, undefined],
    ['soon', undefined, undefined],
  ])('typed as %s is the month %s and the day %s', (text, month, day) => {
    expect([monthIn(text), dayIn(text)]).toEqual([month, day]);
  });
});
