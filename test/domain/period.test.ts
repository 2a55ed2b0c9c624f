import { expect, test } from 'vitest';
import {
  addMonths,
  dayInEngland,
  hasEnded,
  monthIndex,
  monthsBetweenReports,
  PeriodSchema,
  periodOf,
  startOfDayInEngland,
} from '../../functions/domain/period.ts';

test('the day in England is what the time zone database says, every hour from 2000 to 2040', () => {
  const english = new Intl.DateTimeFormat('en-CA', {
    timeZone: 'Europe/London',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  const wrong: string[] = [];
  const last = Date.UTC(2040, 11, 31, 23);
  for (let hour = Date.UTC(2000, 0, 1); hour <= last; hour += 60 * 60 * 1000)
    if (dayInEngland(new Date(hour)) !== english.format(hour)) wrong.push(new Date(hour).toISOString());
  expect(wrong).toEqual([]);
});

test.each([
  ['2011-03-27T00:59:59.999Z', '2011-03-27'],
  ['2011-06-30T22:59:59.999Z', '2011-06-30'],
  ['2011-06-30T23:00:00.000Z', '2011-07-01'],
  ['2011-12-31T23:59:59.999Z', '2011-12-31'],
])('at %s it is %s in England', (instant, day) => {
  expect(dayInEngland(new Date(instant))).toBe(day);
});

test.each([
  ['2011-03-26', '2011-03-26T00:00:00.000Z'],
  ['2011-03-27', '2011-03-27T00:00:00.000Z'],
  ['2011-03-28', '2011-03-27T23:00:00.000Z'],
  ['2011-10-30', '2011-10-29T23:00:00.000Z'],
  ['2011-10-31', '2011-10-31T00:00:00.000Z'],
])('%s begins in England at %s', (day, instant) => {
  expect(startOfDayInEngland(day).toISOString()).toBe(instant);
  expect(dayInEngland(new Date(Date.parse(instant) - 1))).not.toBe(day);
});

test('months are counted over the turn of a year, forwards and backwards', () => {
  expect(addMonths('2011-11', 1)).toBe('2011-12');
  expect(addMonths('2011-11', 2)).toBe('2012-01');
  expect(addMonths('2011-01', -1)).toBe('2010-12');
  expect(addMonths('2011-01', -25)).toBe('2008-12');
  expect(addMonths('2011-05', 0)).toBe('2011-05');
  expect(addMonths('0999-12', 1)).toBe('1000-01');
  expect(addMonths('1000-01', -1)).toBe('0999-12');
  expect(monthIndex('2012-01') - monthIndex('2010-11')).toBe(14);
  expect(periodOf('2011-09-30')).toBe('2011-09');
});

test('a month is over once it is the next one in England', () => {
  expect(hasEnded('2011-06', new Date('2011-06-30T22:59:59.999Z'))).toBe(false);
  expect(hasEnded('2011-06', new Date('2011-06-30T23:00:00.000Z'))).toBe(true);
  expect(hasEnded('2011-12', new Date('2011-12-31T23:59:59.999Z'))).toBe(false);
});

test('reports of each frequency follow each other after so many months', () => {
  expect((['monthly', 'quarterly', 'annual'] as const).map(monthsBetweenReports)).toEqual([1, 3, 12]);
});

test.each(['2011-1', '2011-00', '2011-13', '11-01', '2011-01-01', ' 2011-01', '2011-01 '])(
  '"%s" is no month',
  (text) => {
    expect(PeriodSchema.safeParse(text).error?.issues[0]?.message).toBe('a period is a calendar month, yyyy-mm');
  },
);
