import { monthName } from '../format.ts';
import { addMonths, dayInEngland, type Period, startOfDayInEngland } from '../period.ts';
import { addDays, addMonthToDay, workingDayAfter } from '../working-days.ts';
import type { Finding } from './evaluator.ts';

/** A month's figures are due by the end of this working day after it. Assumption of this service (`local`). */
const WORKING_DAYS = 10;

/** The month that is expected next, and the days (`yyyy-mm-dd`) from which on it is late, and a further month late. */
export interface Expected {
  readonly period: Period;
  readonly lastDay: string;
  readonly lateFrom: string;
  readonly veryLateFrom: string;
}

/** What is expected after the latest submitted month. Undefined for an authority that never submitted: it cannot be late. */
export function expectedAfter(
  latestPeriod: Period | undefined,
  bankHolidays: ReadonlySet<string>,
): Expected | undefined {
  if (!latestPeriod) return undefined;
  const period = addMonths(latestPeriod, 1);
  const lastDay = workingDayAfter(period, WORKING_DAYS, bankHolidays);
  return { period, lastDay, lateFrom: addDays(lastDay, 1), veryLateFrom: addDays(addMonthToDay(lastDay), 1) };
}

/**
 * The month after the latest submitted one is not in: `warning` once the 10th working day after its end has passed in
 * England, `critical` a calendar month later. Earlier gaps are no matter of lateness.
 */
export function submission(expected: Expected | undefined, now: Date): Finding | undefined {
  if (!expected) return undefined;
  const today = dayInEngland(now);
  if (today < expected.lateFrom) return undefined;
  const veryLate = today >= expected.veryLateFrom;
  return {
    evaluator: 'submission',
    level: veryLate ? 'critical' : 'warning',
    text: `the figures for ${monthName(expected.period)} are not in; they were due by ${expected.lastDay}, the ${WORKING_DAYS}th working day after the month (local policy)${veryLate ? ', and that is over a month ago' : ''}`,
    numbers: {},
  };
}

/** The instants at which time alone changes what is found. */
export function deadlinesOf(expected: Expected | undefined): Date[] {
  return expected ? [expected.lateFrom, expected.veryLateFrom].map(startOfDayInEngland) : [];
}
