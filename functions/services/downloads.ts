import { addMonths, dayInEngland, EARLIEST_PERIOD, monthIndex, type Period, periodOf } from '../domain/period.ts';
import { MAX_MONTHS } from '../domain/submission.ts';
import { unreadableMonths } from '../domain/unreadable.ts';
import type { Database } from '../store/database.ts';
import { readMonths, readMonthsBetween } from '../store/submissions.ts';
import { writeCsv } from './csv.ts';
import { InvalidError } from './errors.ts';
import { withInspection } from './inspections.ts';
import { writeFigures, writeTemplate } from './template.ts';

/** Files of an authority's figures, to keep, or to fill in and send back. */

type Tables = Database<'baselines' | 'submissions'>;

export interface Range {
  readonly from?: Period | undefined;
  readonly to?: Period | undefined;
}

/** The last month that four digits of a year can name. */
export const LATEST_PERIOD: Period = '9999-12';

/** The figures of a range of months, all of them unless it says otherwise. Throws `UnknownAuthorityError`, or {@link InvalidError} where one of them cannot be read. */
export async function figuresFile(
  database: Tables,
  authority: string,
  { from = EARLIEST_PERIOD, to = LATEST_PERIOD }: Range,
  format: 'csv' | 'xlsx',
): Promise<string | Buffer> {
  const [{ header, metrics }, { months }] = await withInspection(database, authority, () =>
    readMonthsBetween(database, authority, { from, to }),
  );
  const [lost] = unreadableMonths(months);
  if (lost)
    throw new InvalidError(
      [
        {
          parameter: 'from',
          detail: `${lost.of} is stored and cannot be read, so a file would leave it out unsaid; ask for the months before it and after it, by "from" and "to"`,
        },
      ],
      'no file was made',
    );
  if (format === 'xlsx') return writeFigures({ authority: header.name, metrics, months });
  return writeCsv(months, new Map(metrics.map((metric) => [metric.id, metric])));
}

/**
 * A workbook to fill in, for the months asked for; unless said otherwise from the first that is still to come to the last that is over.
 * Throws `UnknownAuthorityError`, or {@link InvalidError} where the range is none or longer than one request takes.
 */
export async function templateFile(database: Tables, authority: string, asked: Range, now: Date): Promise<Buffer> {
  const [{ header, metrics }, months] = await withInspection(database, authority, () =>
    readMonths(database, authority),
  );
  const last = addMonths(periodOf(dayInEngland(now)), -1);
  const latest = months.findLast(({ retracted }) => !retracted)?.period;
  const to = asked.to ?? (asked.from && asked.from > last ? asked.from : last);
  const next = latest !== undefined && latest < to ? addMonths(latest, 1) : to;
  const from = asked.from ?? [next, addMonths(to, 1 - MAX_MONTHS)].sort().at(-1) ?? to;
  const span = monthIndex(to) - monthIndex(from) + 1;
  if (span < 1 || span > MAX_MONTHS)
    throw new InvalidError(
      [
        {
          parameter: 'from',
          detail: `${from} to ${to} are ${Math.max(span, 0)} months; a template has 1 to ${MAX_MONTHS}`,
        },
      ],
      'no template was made',
    );
  const within = months.filter(({ period }) => from <= period && period <= to);
  return writeTemplate({ authority: header.name, metrics, months: within }, from, to);
}
