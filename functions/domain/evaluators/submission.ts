import type { BoardAlert } from '../board.ts';
import { basisOf, DEFAULT, dayName, monthName, monthNames, nth } from '../format.ts';
import type { AuthorityAlertRule } from '../obligations.ts';
import { dayInEngland, startOfDayInEngland } from '../period.ts';
import { SUBMISSION_VERY_LATE_MONTHS } from '../rules.ts';

const VERY_LATE = Number(SUBMISSION_VERY_LATE_MONTHS) === 1 ? 'a month' : `${SUBMISSION_VERY_LATE_MONTHS} months`;

/**
 * The month after the latest submitted one is not in: `warning` once the last day for it has passed in England,
 * `critical` a calendar month later. A month that was skipped is asked for until it comes: `warning`.
 */
export const submission: AuthorityAlertRule = {
  title: 'Monthly figures',

  judge({ expected, skipped, latestPeriod = '', now }) {
    const today = dayInEngland(now);
    const late = expected && today >= expected.lateFrom ? expected : undefined;
    const since = skipped[0] ?? late?.period;
    if (since === undefined) return undefined;
    const isVeryLate = late !== undefined && today >= late.veryLateFrom;
    const said = [
      ...(skipped.length > 0 ? [`the figures for ${monthNames(skipped)} are not in, though later ones are`] : []),
      ...(late
        ? [
            `the figures for ${monthName(late.period)} are not in; they were due by ${dayName(late.lastDay)}, the ${nth(late.workingDay)} working day after the month (${late.isSet ? basisOf('council') : DEFAULT})${isVeryLate ? `, and that is over ${VERY_LATE} ago` : ''}`,
          ]
        : []),
    ];
    return {
      level: isVeryLate ? 'critical' : 'warning',
      since,
      period: late?.period ?? latestPeriod,
      text: said.join('; '),
      numbers: skipped.length > 0 ? { missing: skipped.length + (late ? 1 : 0) } : {},
    };
  },

  /** The missing month came in. */
  wasRight: (before, _, { latestPeriod }) => latestPeriod !== undefined && latestPeriod >= before.period,

  /** More months are missing than before. */
  hasGrown: (before, after) => missingIn(after) > (before.missing ?? 1),
  /** Nothing is late: what is left was skipped. */
  lasts: ({ expected, now }) => expected !== undefined && dayInEngland(now) < expected.lateFrom,
  covers: () => true,

  deadlines: ({ expected }) => (expected ? [expected.lateFrom, expected.veryLateFrom].map(startOfDayInEngland) : []),

  describe: ({ latestPeriod, skipped }) => ({
    value: latestPeriod
      ? `figures are in up to ${monthName(latestPeriod)}${skipped.length > 0 ? `, without ${monthNames(skipped)}` : ''}`
      : 'no figures are in',
  }),
};

/** How many months are not in; one, where no number says so. */
function missingIn({ findings }: BoardAlert): number {
  return findings[0]?.numbers.missing ?? 1;
}
