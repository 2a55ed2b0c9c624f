import { expect, test } from 'vitest';
import { dayInEngland } from '../../functions/domain/period.ts';

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
