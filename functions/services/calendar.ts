import bankHolidays from '../../seed/calendar/bank-holidays.json' with { type: 'json' };
import { monthDueAt } from '../domain/obligations.ts';

/** Of England and Wales; beyond the last of them only weekends are known to be free. */
export const BANK_HOLIDAYS: ReadonlySet<string> = new Set(bankHolidays);

/** The latest month whose figures have been due: the one that a monthly summary is of. */
export const monthDue = (now: Date): string => monthDueAt(now, BANK_HOLIDAYS);
