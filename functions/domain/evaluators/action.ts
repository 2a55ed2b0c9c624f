import { isDated } from '../action.ts';
import type { BoardAlert } from '../board.ts';
import { dayName } from '../format.ts';
import { type AuthorityAlertRule, openActionsOf, overdueOf } from '../obligations.ts';
import { periodOf, startOfDayInEngland } from '../period.ts';
import { addDays } from '../working-days.ts';

/** Recommended actions past their due date and not reported as completed: one `warning` that lists them. */
export const action: AuthorityAlertRule = {
  title: 'Recommended actions',

  /** Dates from the month of the earliest due date that passed; the period judged is never before the last such month. */
  judge({ overdueActions, latestPeriod = '' }) {
    const [first, last] = [overdueActions[0], overdueActions.at(-1)];
    if (!first || !last) return undefined;
    const lists = [...Map.groupBy(overdueActions, ({ due }) => due)].map(
      ([due, actions]) => `${actions.map(({ id }) => id).join(', ')} since ${dayName(due)}`,
    );
    const overdue = overdueActions.length;
    const whose = overdueActions.every(({ dueBasis }) => dueBasis === 'local') ? ', as this service counts it,' : '';
    const lapsed = periodOf(last.due);
    return {
      level: 'warning',
      since: periodOf(first.due),
      period: lapsed > latestPeriod ? lapsed : latestPeriod,
      text: `${overdue} recommended action${overdue === 1 ? ' is' : 's are'} past the due date${whose} and not reported as completed: ${lists.join('; ')}`,
      numbers: { overdue },
    };
  },

  /** They would be overdue still had nobody reported progress. */
  wasRight: (_, record, { latestPeriod, now }) =>
    latestPeriod !== undefined && overdueOf(openActionsOf(record.actions, []), now).length > 0,

  /** More actions are overdue than before. */
  hasGrown: (before, after) => overdueIn(after) > (before.overdue ?? 0),

  /** Those that were overdue when it was given, and no other. */
  covers(given, record, { overdueActions }) {
    const then = openActionsOf(
      record.actions,
      record.progress.filter(({ at }) => at <= given.at),
    );
    const covered = new Set(overdueOf(then, new Date(given.at)).map(({ id }) => id));
    return overdueActions.every(({ id }) => covered.has(id));
  },

  /** The instants at which open actions become overdue. */
  deadlines: ({ openActions }) => openActions.filter(isDated).map(({ due }) => startOfDayInEngland(addDays(due, 1))),

  describe({ latestPeriod, overdueActions }, { actions, progress }) {
    const overdue = overdueActions.map(({ id, title, due, dueBasis, paragraph }) => ({
      id,
      title,
      due,
      dueBasis,
      paragraph,
    }));
    const completed = actions.length - openActionsOf(actions, progress).length;
    const reported = `${completed} of ${actions.length} reported as completed`;
    return {
      // Without figures nothing is expected, and nothing is known to be on time either.
      value: latestPeriod
        ? `${reported}, ${overdue.length} overdue`
        : `${reported}; not watched while no figures are in`,
      ...(overdue.length > 0 ? { overdue } : {}),
    };
  },
};

function overdueIn({ findings }: BoardAlert): number {
  return findings[0]?.numbers.overdue ?? 0;
}
