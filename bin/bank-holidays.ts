import { writeFileSync } from 'node:fs';
import { deriveBankHolidays } from '../seed/calendar/bank-holidays.ts';

const file = new URL('../seed/calendar/bank-holidays.json', import.meta.url);
const days = deriveBankHolidays();
writeFileSync(file, `${JSON.stringify(days, null, 2)}\n`);
console.log(`${days.length} bank holidays of England and Wales written, ${days[0]} to ${days.at(-1)}`);
