import { type Action, compareDue, type Progress } from '../inspection.ts';
import { dayInEngland, startOfDayInEngland } from '../period.ts';
import { addDays } from '../working-days.ts';
import type { Finding } from './evaluator.ts';

/** The actions that are not completed, by the newest version of each one's progress; earliest due first. */
export function openActions(actions: readonly Action[], progress: readonly Progress[]): Action[] {
  const newest = new Map<string, Progress>();
  for (const report of progress)
    if (report.version > (newest.get(report.action)?.version ?? 0)) newest.set(report.action, report);
  return actions.filter(({ id }) => newest.get(id)?.state !== 'completed').sort(compareDue);
}

/** Those whose due date has passed in England. */
export function overdue(open: readonly Action[], now: Date): Action[] {
  const today = dayInEngland(now);
  return open.filter(({ due }) => due < today);
}

/** Recommended actions past their due date and not completed: one `warning` that lists them. */
export function action(late: readonly Action[]): Finding | undefined {
  if (late.length === 0) return undefined;
  const dates = [...new Set(late.map(({ due }) => due))];
  const lists = dates.map((date) => {
    const ids = late.filter(({ due }) => due === date).map(({ id }) => id);
    return `${ids.join(', ')} since ${date}`;
  });
  return {
    evaluator: 'action',
    level: 'warning',
    text: `${late.length} recommended action${late.length === 1 ? ' is' : 's are'} past the due date and not reported as completed: ${lists.join('; ')}`,
    numbers: { overdue: late.length },
  };
}

/** The instants at which open actions become overdue. */
export function dueDatesOf(open: readonly Action[]): Date[] {
  return open.map(({ due }) => startOfDayInEngland(addDays(due, 1)));
}
