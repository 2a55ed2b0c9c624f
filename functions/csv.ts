import { parse } from 'csv-parse/sync';
import { PeriodSchema } from './domain/period.ts';

/** A month as read from CSV: the body that the API takes, and the line that each observation stood on. */
export interface CsvMonth {
  readonly period: string;
  readonly body: { status: string; observations: Record<string, Record<string, number>> };
  /** Line numbers, from 1, by metric. */
  readonly lines: Readonly<Record<string, number>>;
}

export interface CsvFault {
  readonly line: number;
  readonly column?: string;
  readonly detail: string;
}

const FIELDS = ['numerator', 'denominator', 'count', 'value'] as const;
const COLUMNS = ['period', 'metric', ...FIELDS, 'status'] as const;
type Column = (typeof COLUMNS)[number];

interface Row {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

/**
 * Reads figures kept one a line: `period,metric,numerator,denominator,count,value,status`, in any order of columns.
 * Blank means not reported, a blank status final. Lines that start with `#` are remarks. UTF-8 with or without
 * byte-order mark, LF or CRLF, quoted fields, thousands separated by commas. Every fault is named by line and column.
 */
export function readCsv(text: string): { months: CsvMonth[]; faults: CsvFault[] } {
  let rows: Row[];
  try {
    rows = parse(text, {
      bom: true,
      comment: '#',
      comment_no_infix: true,
      info: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
    }) as unknown as Row[];
  } catch (error) {
    const { lines, message } = error as Error & { lines?: number };
    return { months: [], faults: [{ line: lines ?? 1, detail: message }] };
  }
  const [header, ...body] = rows;
  if (!header)
    return {
      months: [],
      faults: [{ line: 1, detail: `the file is empty; its first line names the columns: ${COLUMNS.join(',')}` }],
    };
  const columns = header.record.map((name) => name.toLowerCase());
  const faults = faultsOfHeader(columns, header.info.lines);
  if (faults.length > 0) return { months: [], faults };

  const months = new Map<
    string,
    { status: string; observations: Record<string, Record<string, number>>; lines: Record<string, number> }
  >();
  for (const { record, info } of body) {
    const line = info.lines;
    const fault = (column: string | undefined, detail: string) =>
      faults.push({ line, ...(column ? { column } : {}), detail });
    if (record.length !== columns.length) {
      fault(undefined, `has ${record.length} fields where the first line names ${columns.length} columns`);
      continue;
    }
    const cell = (column: Column): string => record[columns.indexOf(column)] ?? '';
    const period = cell('period');
    const metric = cell('metric');
    const status = (cell('status') || 'final').toLowerCase();
    if (!PeriodSchema.safeParse(period).success) fault('period', `"${period}" is not a month; write it as yyyy-mm`);
    if (!metric) fault('metric', 'is missing');
    if (status !== 'final' && status !== 'provisional') fault('status', `"${status}" is neither final nor provisional`);
    const reported: Record<string, number> = {};
    for (const field of FIELDS) {
      const text = cell(field);
      if (!text) continue;
      const number = numberOf(text);
      if (number === undefined) fault(field, `"${text.slice(0, 40)}" is not a number`);
      else reported[field] = number;
    }
    const month = months.get(period) ?? { status, observations: {}, lines: {} };
    months.set(period, month);
    if (month.status !== status)
      fault('status', `${period} is ${month.status} on an earlier line; a month has one status`);
    if (Object.hasOwn(month.observations, metric)) fault('metric', `${metric} is given twice for ${period}`);
    if (Object.keys(reported).length > 0) {
      month.observations[metric] = reported;
      month.lines[metric] = line;
    }
  }
  const read = [...months].map(([period, { status, observations, lines }]) => ({
    period,
    body: { status, observations },
    lines,
  }));
  return { months: faults.length > 0 ? [] : read.sort((a, b) => (a.period < b.period ? -1 : 1)), faults };
}

function faultsOfHeader(columns: readonly string[], line: number): CsvFault[] {
  const unknown = columns.filter((name) => !(COLUMNS as readonly string[]).includes(name));
  const missing = (['period', 'metric'] as const).filter((name) => !columns.includes(name));
  const twice = columns.filter((name, index) => columns.indexOf(name) !== index);
  return [
    ...unknown.map((column) => ({ line, column, detail: `there is no such column; there are ${COLUMNS.join(', ')}` })),
    ...missing.map((column) => ({ line, column, detail: 'this column is missing' })),
    ...twice.map((column) => ({ line, column, detail: 'this column is there twice' })),
  ];
}

/** `1,234.5` and `1234.5` alike; anything else is not a number. */
function numberOf(text: string): number | undefined {
  if (!/^-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$/.test(text)) return undefined;
  return Number(text.replaceAll(',', ''));
}
