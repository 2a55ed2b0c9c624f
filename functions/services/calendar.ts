import bankHolidays from '../../seed/calendar/bank-holidays.json' with { type: 'json' };
import { type Calendar, monthDueAt, toldOfFrom } from '../domain/obligations.ts';
import { addMonths } from '../domain/period.ts';

/** Of England and Wales; beyond the last of them only weekends are known to be free. */
export const BANK_HOLIDAYS: ReadonlySet<string> = new Set(bankHolidays);

/** Where an authority's own settings are not at hand. */
const USUAL: Calendar = { bankHolidays: BANK_HOLIDAYS };

/** The latest month whose figures have been due, and when the next one's have. */
export function monthDue(now: Date, calendar: Calendar = USUAL): { readonly month: string; readonly dueAt: string } {
  const month = monthDueAt(now, calendar);
  return { month, dueAt: toldOfFrom(addMonths(month, 1), calendar).toISOString() };
}
