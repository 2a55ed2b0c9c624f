import { addMonths, type Period } from './period.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The calendar date, `yyyy-mm-dd`, so many days later. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The same day so many months later, or that month's last day where it is shorter. */
export function addMonthsToDay(day: string, months: number): string {
  const later = addMonths(day.slice(0, 7), months);
  const last = addDays(`${addMonths(later, 1)}-01`, -1);
  const same = `${later}-${day.slice(8)}`;
  return same < last ? same : last;
}

/** The `count`th working day after a month has ended: Monday to Friday and no bank holiday. `count` is at least 1. */
export function workingDayAfter(period: Period, count: number, bankHolidays: ReadonlySet<string>): string {
  let day = addDays(`${addMonths(period, 1)}-01`, -1);
  for (let left = count; left > 0; ) {
    day = addDays(day, 1);
    const weekday = new Date(day).getUTCDay();
    if (weekday !== 0 && weekday !== 6 && !bankHolidays.has(day)) left--;
  }
  return day;
}
