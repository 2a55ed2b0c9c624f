import { DEFAULT, dayName, monthName } from '../format.ts';
import type { AuthorityAlertRule } from '../obligations.ts';
import { dayInEngland, startOfDayInEngland } from '../period.ts';
import { SUBMISSION_WORKING_DAYS } from '../rules.ts';

/**
 * The month after the latest submitted one is not in: `warning` once the last day for it has passed in England,
 * `critical` a calendar month later. Earlier gaps are no matter of lateness.
 */
export const submission: AuthorityAlertRule = {
  title: 'Monthly figures',

  judge({ expected, now }) {
    const today = dayInEngland(now);
    if (!expected || today < expected.lateFrom) return undefined;
    const { period, lastDay, veryLateFrom } = expected;
    const isVeryLate = today >= veryLateFrom;
    const text = `the figures for ${monthName(period)} are not in; they were due by ${dayName(lastDay)}, the ${SUBMISSION_WORKING_DAYS}th working day after the month (${DEFAULT})${isVeryLate ? ', and that is over a month ago' : ''}`;
    return { level: isVeryLate ? 'critical' : 'warning', since: period, period, text, numbers: {} };
  },

  /** The missing month came in. */
  wasRight: (before, _, { latestPeriod }) => latestPeriod !== undefined && latestPeriod >= before.period,
  hasGrown: () => false,
  covers: () => true,

  deadlines: ({ expected }) => (expected ? [expected.lateFrom, expected.veryLateFrom].map(startOfDayInEngland) : []),

  describe: ({ latestPeriod }) => ({
    value: latestPeriod ? `figures are in up to ${monthName(latestPeriod)}` : 'no figures are in',
  }),
};
