import type { Acknowledgement, BoardAlert } from './board.ts';
import { action, dueDatesOf, openActions, overdue } from './evaluators/action.ts';
import type { Finding } from './evaluators/evaluator.ts';
import { deadlinesOf, type Expected, expectedAfter, submission } from './evaluators/submission.ts';
import type { Action, Metric } from './inspection.ts';
import { type AlertState, advance, CLEAR } from './lifecycle.ts';
import { periodOf } from './period.ts';
import { type AuthorityRecord, latestPeriodOf } from './record.ts';

/** The two alerts of an authority as a whole, by id, with the titles that people read. No metric may have these ids. */
export const AUTHORITY_ALERTS = { submission: 'Monthly figures', action: 'Recommended actions' } as const;
export type AuthorityAlertId = keyof typeof AUTHORITY_ALERTS;

/** The title that people know an alert by: its metric's, or one of the two above. */
export function titleOfAlert(id: string, metrics: readonly Pick<Metric, 'id' | 'title'>[]): string {
  return metrics.find((metric) => metric.id === id)?.title ?? (isAuthorityAlert(id) ? AUTHORITY_ALERTS[id] : id);
}

export function isAuthorityAlert(id: string): id is AuthorityAlertId {
  return Object.hasOwn(AUTHORITY_ALERTS, id);
}

/** One of the two, as far as `now` has it. Both clear at once: there is no second clean period to wait for. */
export interface AuthorityAlert {
  readonly alert: AlertState;
  readonly period: string;
  readonly findings: readonly Finding[];
}

/** What the two alerts are worked out from. Without any submission nothing is expected, neither figures nor actions. */
export interface Duties {
  readonly now: Date;
  readonly latestPeriod: string | undefined;
  readonly expected: Expected | undefined;
  /** Not completed, earliest due first. */
  readonly open: readonly Action[];
  readonly late: readonly Action[];
}

export function dutiesOf(record: AuthorityRecord, now: Date): Duties {
  const latestPeriod = latestPeriodOf(record.months);
  const open = latestPeriod ? openActions(record.actions, record.progress) : [];
  return {
    now,
    latestPeriod,
    expected: expectedAfter(latestPeriod, record.bankHolidays),
    open,
    late: overdue(open, now),
  };
}

export function judgeSubmission({ expected, now }: Duties): AuthorityAlert | undefined {
  const finding = submission(expected, now);
  return finding && expected && alertFrom(finding, expected.period, expected.period);
}

/** Dates from the month of the earliest due date that passed; the period judged is never before the last such month. */
export function judgeActions({ late, latestPeriod = '' }: Duties): AuthorityAlert | undefined {
  const finding = action(late);
  const [first, last] = [late[0], late.at(-1)];
  if (!finding || !first || !last) return undefined;
  const lapsed = periodOf(last.due);
  return alertFrom(finding, periodOf(first.due), lapsed > latestPeriod ? lapsed : latestPeriod);
}

function alertFrom(finding: Finding, since: string, period: string): AuthorityAlert {
  return { ...advance(CLEAR, finding.level, since, true), period, findings: [finding] };
}

/**
 * Whether the stored alert was right by what is known now, so that it ended rather than was withdrawn: the missing month
 * came in; the actions would be overdue still had nobody reported progress.
 */
export function wasRight(id: AuthorityAlertId, before: BoardAlert, record: AuthorityRecord, duties: Duties): boolean {
  const { latestPeriod, now } = duties;
  if (!latestPeriod) return false;
  return id === 'submission' ? latestPeriod >= before.period : overdue(openActions(record.actions, []), now).length > 0;
}

/** Whether more actions are overdue than the stored alert says. */
export function hasGrown(before: BoardAlert, after: BoardAlert): boolean {
  const number = ({ findings }: BoardAlert): number => findings[0]?.numbers.overdue ?? 0;
  return number(after) > number(before);
}

/** An acknowledgement of overdue actions covers those that were overdue when it was given, and no other. */
export function coversActions(given: Acknowledgement, record: AuthorityRecord, { late }: Duties): boolean {
  const then = openActions(
    record.actions,
    record.progress.filter(({ at }) => at <= given.at),
  );
  const covered = new Set(overdue(then, new Date(given.at)).map(({ id }) => id));
  return late.every(({ id }) => covered.has(id));
}

/** The next instant at which time alone changes one of the two alerts. */
export function nextDueAfter({ now, expected, open }: Duties): Date | undefined {
  const ahead = [...deadlinesOf(expected), ...dueDatesOf(open)]
    .map((at) => at.getTime())
    .filter((at) => at > now.getTime());
  return ahead.length > 0 ? new Date(Math.min(...ahead)) : undefined;
}
