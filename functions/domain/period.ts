import * as z from 'zod';

/** A calendar month, `yyyy-mm`: the only unit of time in which figures are reported. */
export const PeriodSchema = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'a period is a calendar month, yyyy-mm');
export type Period = z.infer<typeof PeriodSchema>;

/** How often a figure is expected; a metric is never missing in between. */
export const FrequencySchema = z.enum(['monthly', 'quarterly', 'annual']);
export type Frequency = z.infer<typeof FrequencySchema>;

/** The first period the service takes; earlier figures belong to other definitions. */
export const EARLIEST_PERIOD: Period = '2000-01';

/** Most months one authority's record may hold: thirty years. The next one is refused. */
export const MAX_PERIODS = 360;

const MONTHS_BETWEEN: Record<Frequency, number> = { monthly: 1, quarterly: 3, annual: 12 };

/** Months since year 0, so that periods can be counted and compared as numbers. */
export function monthIndex(period: Period): number {
  return Number(period.slice(0, 4)) * 12 + Number(period.slice(5, 7)) - 1;
}

/** The period `months` later (earlier when negative). */
export function addMonths(period: Period, months: number): Period {
  const index = monthIndex(period) + months;
  return `${String(Math.floor(index / 12)).padStart(4, '0')}-${String((index % 12) + 1).padStart(2, '0')}`;
}

/** Months between two reports of this frequency. */
export function monthsBetweenReports(frequency: Frequency): number {
  return MONTHS_BETWEEN[frequency];
}

/**
 * The day, `yyyy-mm-dd`, that it is in England at this instant: a month there ends at local midnight, also in summer.
 * By the rule itself (The Summer Time Order 2002, and the directives before it: from 1996 on), because making an
 * `Intl.DateTimeFormat` costs every cold start 12 ms; the tests compare the two.
 */
export function dayInEngland(instant: Date): string {
  const year = instant.getUTCFullYear();
  const isSummer = instant.getTime() >= changeOfClocks(year, 2) && instant.getTime() < changeOfClocks(year, 9);
  return new Date(instant.getTime() + (isSummer ? AN_HOUR_MS : 0)).toISOString().slice(0, 10);
}

const AN_HOUR_MS = 60 * 60 * 1000;

/** 01:00 UTC on the last Sunday of a month of 31 days, counted from 0: March or October. */
function changeOfClocks(year: number, month: number): number {
  const last = new Date(Date.UTC(year, month, 31));
  return Date.UTC(year, month, 31 - last.getUTCDay(), 1);
}

/** The instant at which a calendar date, `yyyy-mm-dd`, begins in England. Clocks there change at one in the morning, never at midnight. */
export function startOfDayInEngland(day: string): Date {
  const inWinter = Date.parse(day);
  const inSummer = new Date(inWinter - AN_HOUR_MS);
  return dayInEngland(inSummer) === day ? inSummer : new Date(inWinter);
}

/** Whether the month is over in England at this instant. */
export function hasEnded(period: Period, now: Date): boolean {
  return dayInEngland(now).slice(0, 7) > period;
}

/** The month a calendar date, `yyyy-mm-dd`, falls in. */
export function periodOf(date: string): Period {
  return date.slice(0, 7);
}
