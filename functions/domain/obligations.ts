import { type Action, compareDue, type DatedAction, isDated, type Progress } from './action.ts';
import { settingsIn } from './authority.ts';
import type { Acknowledgement, BoardAlert, ToldAlert } from './board.ts';
import type { Finding } from './evaluators/evaluator.ts';
import type { NoticeItem } from './notice-contents.ts';
import { addMonths, dayInEngland, monthIndex, type Period, periodOf, startOfDayInEngland } from './period.ts';
import { type AuthorityRecord, latestPeriodOf } from './record.ts';
import { SKIPPED_MONTHS_MAX, SUBMISSION_VERY_LATE_MONTHS, SUBMISSION_WORKING_DAYS } from './rules.ts';
import type { Month } from './submission.ts';
import { addDays, addMonthsToDay, workingDayAfter } from './working-days.ts';

/** The month that is expected next, and the days (`yyyy-mm-dd`) from which on it is late, and a further month late. */
export interface ExpectedMonth {
  readonly period: Period;
  readonly lastDay: string;
  readonly lateFrom: string;
  readonly veryLateFrom: string;
  /** Which working day after the month `lastDay` is, and whether the council set that. */
  readonly workingDay: number;
  readonly isSet: boolean;
}

/** What an authority has to do by now. Without any submission nothing is expected, neither figures nor actions. */
export interface Obligations {
  readonly now: Date;
  readonly latestPeriod: Period | undefined;
  /** The month that is told of now: the latest submitted one, or the last that should be in by now, whichever is later. */
  readonly month: Period;
  /** The month after the latest submitted one. */
  readonly expected: ExpectedMonth | undefined;
  /** Months that are not in though later ones are, earliest first. */
  readonly skipped: readonly Period[];
  /** Actions that are not completed, earliest due first. */
  readonly openActions: readonly Action[];
  readonly overdueActions: readonly DatedAction[];
}

/** An alert of an authority as a whole, beside those of its metrics. It has no timeline and clears at once. */
export interface AuthorityAlertRule {
  /** What people know it by. */
  readonly title: string;
  /** What is wrong now, since when, and in which period that was judged. */
  readonly judge: (
    obligations: Obligations,
  ) => (Pick<Finding, 'level' | 'text' | 'numbers'> & { readonly since: string; readonly period: string }) | undefined;
  /** Whether the stored alert was right by what is known now, so that it ended rather than was withdrawn. */
  readonly wasRight: (before: ToldAlert, record: AuthorityRecord, obligations: Obligations) => boolean;
  /** Whether it is worse though its level is the same. */
  readonly hasGrown: (before: ToldAlert, after: BoardAlert) => boolean;
  /** Whether, now that it is less, it stays so whatever time passes: whoever was told of more is to know. */
  readonly lasts: (obligations: Obligations) => boolean;
  /** Whether an acknowledgement was given for what is wrong now. */
  readonly covers: (given: Acknowledgement, record: AuthorityRecord, obligations: Obligations) => boolean;
  /** The instants at which time alone changes it. */
  readonly deadlines: (obligations: Obligations) => readonly Date[];
  /** How things are, for a notice. */
  readonly describe: (obligations: Obligations, record: AuthorityRecord) => Pick<NoticeItem, 'value' | 'overdue'>;
}

export function obligationsOf(record: AuthorityRecord, now: Date): Obligations {
  const latestPeriod = latestPeriodOf(record.months);
  const openActions = latestPeriod ? openActionsOf(record.actions, record.progress) : [];
  return {
    now,
    latestPeriod,
    month: monthToldAt(now, latestPeriod, record),
    expected: latestPeriod ? expectedAfter(latestPeriod, record) : undefined,
    skipped: skippedIn(record),
    openActions,
    overdueActions: overdueOf(openActions, now),
  };
}

/**
 * Months between two that are in, one after the other, which both have a figure that comes every month. One that was taken back is
 * not in; a gap of more than {@link SKIPPED_MONTHS_MAX} is between two records.
 */
function skippedIn({ months, metrics }: AuthorityRecord): Period[] {
  const isIn = months.filter(({ retracted }) => !retracted);
  return isIn.slice(1).flatMap((month, index) => {
    const before = isIn[index] as Month;
    const skipped = monthIndex(month.period) - monthIndex(before.period) - 1;
    if (skipped < 1 || skipped > SKIPPED_MONTHS_MAX) return [];
    const isMonthly = metrics.some(
      ({ id, frequency }) => frequency === 'monthly' && before.observations[id] && month.observations[id],
    );
    return isMonthly ? Array.from({ length: skipped }, (_, i) => addMonths(before.period, i + 1)) : [];
  });
}

/** What says by when figures are due. */
export type Calendar = Pick<AuthorityRecord, 'bankHolidays' | 'settings'>;

function expectedAfter(latestPeriod: Period, calendar: Calendar): ExpectedMonth {
  const period = addMonths(latestPeriod, 1);
  const lastDay = lastDayFor(period, calendar);
  const lastDayButVeryLate = addMonthsToDay(lastDay, SUBMISSION_VERY_LATE_MONTHS);
  return {
    ...{ period, lastDay, lateFrom: addDays(lastDay, 1), veryLateFrom: addDays(lastDayButVeryLate, 1) },
    ...{ workingDay: dueWorkingDayIn(calendar), isSet: settingsIn(calendar.settings).dueWorkingDay !== undefined },
  };
}

/** The last day, `yyyy-mm-dd`, on which a month's figures are not late. */
const lastDayFor = (period: Period, calendar: Calendar): string =>
  workingDayAfter(period, dueWorkingDayIn(calendar), calendar.bankHolidays);

/** The working day after a month by the end of which its figures are due. */
export const dueWorkingDayIn = ({ settings }: Pick<Calendar, 'settings'>): number =>
  settingsIn(settings).dueWorkingDay ?? SUBMISSION_WORKING_DAYS;

/** The latest month whose figures have been due in England, whether or not they came. */
export function monthDueAt(now: Date, calendar: Calendar): Period {
  const today = dayInEngland(now);
  const last = addMonths(periodOf(today), -1);
  return today > lastDayFor(last, calendar) ? last : addMonths(last, -1);
}

function monthToldAt(now: Date, latestPeriod: Period | undefined, calendar: Calendar): Period {
  const due = monthDueAt(now, calendar);
  return latestPeriod !== undefined && latestPeriod > due ? latestPeriod : due;
}

/** When a month is the one that is told of, whether or not its figures come ({@link Obligations.month}). */
export function toldOfFrom(period: Period, calendar: Calendar): Date {
  return startOfDayInEngland(addDays(lastDayFor(period, calendar), 1));
}

/** The actions that are not completed, by the newest version of each one's progress; earliest due first. */
export function openActionsOf(actions: readonly Action[], progress: readonly Progress[]): Action[] {
  const newest = new Map<string, Progress>();
  for (const report of progress)
    if (report.version > (newest.get(report.action)?.version ?? 0)) newest.set(report.action, report);
  return actions.filter(({ id }) => newest.get(id)?.state !== 'completed').sort(compareDue);
}

/** Those whose due date has passed in England. */
export function overdueOf(open: readonly Action[], now: Date): DatedAction[] {
  const today = dayInEngland(now);
  return open.filter(isDated).filter(({ due }) => due < today);
}
