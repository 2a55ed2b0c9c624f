import Holidays from 'date-holidays';

/** The years that `seed/calendar/bank-holidays.json` covers; beyond them only weekends are known to be free. */
export const YEARS = { from: 2000, to: 2040 } as const;

/**
 * What was proclaimed for one year only and the library does not have: days added, and days moved away.
 * 2002: Golden Jubilee, the spring bank holiday moved; 2011: royal wedding; 2012: Diamond Jubilee, likewise moved.
 * The list of https://www.gov.uk/bank-holidays goes back to 2018 and needs none of them.
 */
const PROCLAIMED = {
  added: ['2002-06-03', '2002-06-04', '2011-04-29', '2012-06-04'],
  moved: ['2002-05-27', '2012-05-28'],
};

/** The days, `yyyy-mm-dd`, from Monday to Friday that are no working days in England and Wales. */
export function deriveBankHolidays(): string[] {
  const calendar = new Holidays('GB', 'ENG');
  const days = new Set(PROCLAIMED.added);
  for (let year = YEARS.from; year <= YEARS.to; year++)
    for (const { date, type } of calendar.getHolidays(year))
      if (type === 'public' || type === 'bank') days.add(date.slice(0, 10));
  return [...days].filter((day) => !PROCLAIMED.moved.includes(day) && isWeekday(day)).sort();
}

function isWeekday(day: string): boolean {
  const weekday = new Date(day).getUTCDay();
  return weekday >= 1 && weekday <= 5;
}
