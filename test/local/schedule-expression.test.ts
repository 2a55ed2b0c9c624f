import { describe, expect, it } from 'vitest';
import { parseScheduleExpression } from '../../local/schedule-expression.ts';

const at = (time: string) => Date.parse(time);

describe('a schedule expression', () => {
  it.each<[string, string, string, boolean]>([
    ['rate(1 hour)', '2011-10-15T10:00:00Z', '2011-10-15T09:00:00Z', true],
    ['rate(1 hour)', '2011-10-15T09:59:59Z', '2011-10-15T09:00:00Z', false],
    ['rate(2 days)', '2011-10-17T09:00:00Z', '2011-10-15T09:00:00Z', true],
    ['cron(5 * * * ? *)', '2011-10-15T10:05:20Z', '2011-10-15T09:05:00Z', true],
    ['cron(5 * * * ? *)', '2011-10-15T10:05:40Z', '2011-10-15T10:05:20Z', false],
    ['cron(5 * * * ? *)', '2011-10-15T10:06:00Z', '2011-10-15T09:05:00Z', false],
    ['cron(0/15 8-10 ? * MON-FRI *)', '2011-10-17T09:45:00Z', '2011-10-17T09:30:00Z', true],
    ['cron(0/15 8-10 ? * MON-FRI *)', '2011-10-16T09:45:00Z', '2011-10-16T09:30:00Z', false],
    ['cron(0 9 1 JAN,OCT ? 2011)', '2011-10-01T09:00:00Z', '2011-09-01T09:00:00Z', true],
  ])('%s at %s, last run %s: due %s', (expression, now, last, due) => {
    expect(parseScheduleExpression(expression).isDue(at(now), at(last))).toBe(due);
  });

  it('is read in its time zone', () => {
    const nine = parseScheduleExpression('cron(0 9 * * ? *)', 'Europe/London');
    expect(nine.isDue(at('2011-07-01T08:00:00Z'), 0)).toBe(true);
    expect(nine.isDue(at('2011-12-01T09:00:00Z'), 0)).toBe(true);
  });

  it.each(['rate(0 hours)', 'every hour', 'cron(* * * *)', 'cron(0 9 L * ? *)', 'cron(60 * * * ? *)'])(
    '%s is refused',
    (text) => {
      expect(() => parseScheduleExpression(text)).toThrow(text);
    },
  );
});
