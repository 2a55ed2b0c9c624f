import { describe, expect, it } from 'vitest';
import { startOfDayInEngland } from '../../functions/domain/period.ts';
import { addMonthsToDay, workingDayAfter } from '../../functions/domain/working-days.ts';
import { BANK_HOLIDAYS } from '../support/build.ts';

describe('working days in England and Wales', () => {
  it.each([
    ['a plain month', '2011-01', '2011-02-14'],
    ['Easter, the royal wedding and May Day lie before it', '2011-03', '2011-04-14'],
    ['so that April is due late in May', '2011-04', '2011-05-16'],
    ['Christmas and New Year with their substitutes', '2010-12', '2011-01-17'],
    ['the month in which the clocks go forward', '2011-02', '2011-03-14'],
  ])('the tenth after the end of the month: %s', (_, period, day) => {
    expect(workingDayAfter(period, 10, BANK_HOLIDAYS)).toBe(day);
  });

  it.each([
    ['2011-02-14', '2011-03-14'],
    ['2011-01-31', '2011-02-28'],
    ['2012-01-31', '2012-02-29'],
    ['2011-12-14', '2012-01-14'],
  ])('a month after %s is %s', (day, next) => {
    expect(addMonthsToDay(day, 1)).toBe(next);
  });

  it.each([
    ['2011-03-27', '2011-03-27T00:00:00.000Z'],
    ['2011-03-28', '2011-03-27T23:00:00.000Z'],
    ['2011-10-30', '2011-10-29T23:00:00.000Z'],
    ['2011-10-31', '2011-10-31T00:00:00.000Z'],
  ])('midnight of %s, when clocks change, is %s', (day, instant) => {
    expect(startOfDayInEngland(day).toISOString()).toBe(instant);
  });
});
