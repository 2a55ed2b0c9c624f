/** When a schedule is due. Times are milliseconds since 1970. */
export interface ScheduleExpression {
  /** Whether it is due at `now`, if it last ran (or came into being) at `last`. Asked at least once a minute. */
  isDue(now: number, last: number): boolean;
}

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * `rate(1 hour)` or `cron(5 * * * ? *)`, in `timezone` (IANA name).
 * Source: EventBridge Scheduler User Guide, "Schedule types". `L`, `W` and `#` are refused.
 */
export function parseScheduleExpression(expression: string, timezone = 'UTC'): ScheduleExpression {
  const [, amount, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (amount !== undefined && unit !== undefined && Number(amount) > 0) {
    const interval = Number(amount) * (UNIT_MS[unit] ?? 0);
    return { isDue: (now, last) => now - last >= interval };
  }
  const fields = /^cron\((.+)\)$/.exec(expression)?.[1]?.trim().split(/\s+/) ?? [];
  if (fields.length !== 6) throw new Error(`'${expression}' is neither a rate(…) nor a cron(…) of six fields`);
  const matchers = FIELDS.map((field, index) => parseField(fields[index] ?? '', field, expression));
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    weekday: 'short',
  });
  return {
    isDue(now, last) {
      if (Math.floor(now / 60_000) === Math.floor(last / 60_000)) return false;
      const parts = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]));
      const weekday = WEEKDAYS.indexOf(String(parts.weekday).toUpperCase()) + 1;
      const values = [parts.minute, parts.hour, parts.day, parts.month, weekday, parts.year].map(Number);
      return matchers.every((matches, index) => matches(values[index] ?? 0));
    },
  };
}

const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

interface Field {
  readonly first: number;
  readonly last: number;
  /** Names for the values from 1 on. */
  readonly names?: readonly string[];
}

const FIELDS: readonly Field[] = [
  { first: 0, last: 59 },
  { first: 0, last: 23 },
  { first: 1, last: 31 },
  { first: 1, last: 12, names: MONTHS },
  { first: 1, last: 7, names: WEEKDAYS },
  { first: 1970, last: 2199 },
];

function parseField(text: string, { first, last, names }: Field, expression: string): (value: number) => boolean {
  if (text === '*' || text === '?') return () => true;
  const read = (word: string): number => {
    const value = names?.includes(word.toUpperCase()) ? names.indexOf(word.toUpperCase()) + 1 : Number(word);
    if (!Number.isInteger(value) || value < first || value > last) {
      throw new Error(`'${expression}': '${text}' is not understood`);
    }
    return value;
  };
  const ranges = text.split(',').map((part) => {
    const [range = '', step] = part.split('/');
    const [from = '', to] = range.split('-');
    const start = from === '*' ? first : read(from);
    const end = to !== undefined ? read(to) : step !== undefined || from === '*' ? last : start;
    return { start, end, step: step === undefined ? 1 : Number(step) };
  });
  if (ranges.some(({ step }) => !(step >= 1))) throw new Error(`'${expression}': '${text}' is not understood`);
  return (value) =>
    ranges.some(({ start, end, step }) => value >= start && value <= end && (value - start) % step === 0);
}
