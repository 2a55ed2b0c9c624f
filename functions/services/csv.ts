import { parse } from 'csv-parse/sync';
import { PeriodSchema } from '../domain/period.ts';
import type { Month, Reported } from '../domain/submission.ts';

/** A month as read from CSV: the body that the API takes, and where in the file each part of it stands. */
export interface CsvMonth {
  readonly period: string;
  readonly body: {
    readonly status: string;
    readonly observations: Record<string, Record<string, number>>;
    readonly commentary?: string;
  };
  readonly places: CsvPlaces;
}

/** Line numbers count from 1. `metrics` has for each metric its line and the column of each of its fields. */
export interface CsvPlaces {
  readonly line: number;
  readonly metrics: ReadonlyMap<
    string,
    { readonly line: number; readonly column: string; readonly fields: Readonly<Partial<Record<Field, string>>> }
  >;
}

export interface CsvFault {
  readonly line: number;
  readonly column?: string;
  readonly detail: string;
}

const FIELDS = ['numerator', 'denominator', 'count', 'value'] as const;
type Field = (typeof FIELDS)[number];

/** Columns of a file with one figure a line. */
const LONG = ['period', 'metric', ...FIELDS, 'status', 'commentary'] as const;
/** Columns of a file with one month a line, beside those of its figures, `metric.numerator` and so on. */
const WIDE = ['period', 'status', 'commentary'] as const;
const WIDE_FIGURE = /^(.+)\.(numerator|denominator|count|value)$/;

interface Row {
  readonly line: number;
  /** By column, trimmed. */
  cell(column: string): string;
}

/** A month while its lines are being read. */
interface Draft {
  readonly line: number;
  readonly status: string;
  commentary?: string;
  readonly observations: Map<string, Record<string, number>>;
  readonly metrics: Map<string, { line: number; column: string; fields: Partial<Record<Field, string>> }>;
}

/**
 * Reads figures kept one a line (`period,metric,numerator,denominator,count,value,status,commentary`) or one month a
 * line (`period,status,commentary` and columns such as `referral-backlog.count`), in any order of columns. Blank means
 * not reported, a blank status final. Lines that start with `#` are remarks. UTF-8 with or without byte-order mark, LF
 * or CRLF, quoted fields, thousands separated by commas. Every fault is named by line and column; beside faults, the months
 * are what could be read of them, for more to be found, and a number that could not be read is NaN.
 */
export function readCsv(text: string): { months: CsvMonth[]; faults: CsvFault[] } {
  const { columns, rows, faults } = readRows(text);
  const drafts = new Map<string, Draft>();
  const figures = columns.some((column) => WIDE_FIGURE.test(column)) ? wideFigures(columns) : undefined;
  for (const row of rows) {
    const draft = draftOf(row, drafts, faults, figures !== undefined);
    if (figures) readWide(row, figures, draft, faults);
    else readLong(row, draft, faults);
  }
  const months = [...drafts].map(([period, { line, status, commentary, observations, metrics }]) => ({
    period,
    body: {
      status,
      // Unlike an assignment this also takes a metric called `__proto__`, to be refused by that name.
      observations: Object.fromEntries(observations),
      ...(commentary ? { commentary } : {}),
    },
    places: { line, metrics },
  }));
  return { months: months.sort((a, b) => (a.period < b.period ? -1 : 1)), faults };
}

function readRows(text: string): { columns: string[]; rows: Row[]; faults: CsvFault[] } {
  const failed = (line: number, detail: string) => ({ columns: [], rows: [], faults: [{ line, detail }] });
  const garbled = text.indexOf('\uFFFD');
  if (garbled >= 0)
    return failed(text.slice(0, garbled).split('\n').length, 'holds bytes that are not UTF-8; save the file as UTF-8');
  let records: { readonly record: string[]; readonly info: { readonly lines: number } }[];
  try {
    records = parse(text, {
      bom: true,
      comment: '#',
      comment_no_infix: true,
      info: true,
      skip_empty_lines: true,
      relax_column_count: true,
    }) as unknown as typeof records;
  } catch (error) {
    const { lines, message } = error as Error & { lines?: number };
    return failed(lines ?? 1, message.slice(0, MAX_MESSAGE_LENGTH));
  }
  const [header, ...body] = records.map(({ record, info }) => ({
    record,
    // The parser counts the line that a record ends on; a quoted commentary may have begun some lines above.
    line: info.lines - record.reduce((breaks, cell) => breaks + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0),
  }));
  if (!header) return failed(1, `the file is empty; its first line names the columns: ${LONG.join(',')}`);
  const columns = header.record.map((name) => name.trim().toLowerCase());
  const faults = faultsOfHeader(columns, header.line);
  if (faults.length > 0) return { columns, rows: [], faults };
  const rows: Row[] = [];
  for (const { record, line } of body) {
    if (record.every((cell) => cell.trim() === '')) continue;
    if (record.length === columns.length) rows.push({ line, cell: (column) => record[columns.indexOf(column)] ?? '' });
    else
      faults.push({
        line,
        detail: `has ${record.length} fields where the first line names ${columns.length} columns`,
      });
  }
  return { columns, rows, faults };
}

function faultsOfHeader(columns: readonly string[], line: number): CsvFault[] {
  const wide = columns.some((column) => WIDE_FIGURE.test(column));
  const known: readonly string[] = wide ? WIDE : LONG;
  const needed = wide ? ['period'] : ['period', 'metric'];
  const others = wide ? `${known.join(', ')} and figures such as referral-backlog.count` : known.join(', ');
  return [
    ...columns
      .filter((name) => !known.includes(name) && !(wide && WIDE_FIGURE.test(name)))
      .map((column) => ({ line, column: shorten(column), detail: `there is no such column; there are ${others}` })),
    ...needed
      .filter((name) => !columns.includes(name))
      .map((column) => ({ line, column, detail: 'this column is missing' })),
    ...columns
      .filter((name, index) => columns.indexOf(name) !== index)
      .map((column) => ({ line, column: shorten(column), detail: 'this column is there twice' })),
  ];
}

/** The month that a line belongs to. A month has one status and one commentary, whichever of its lines say so. */
function draftOf(row: Row, drafts: Map<string, Draft>, faults: CsvFault[], once: boolean): Draft {
  const { line } = row;
  const fault = (column: string, detail: string) => faults.push({ line, column, detail });
  const period = row.cell('period').trim();
  const status = (row.cell('status').trim() || 'final').toLowerCase();
  const commentary = commentaryIn(row.cell('commentary'));
  if (!PeriodSchema.safeParse(period).success)
    fault('period', `"${shorten(period)}" is not a month; write it as yyyy-mm`);
  if (status !== 'final' && status !== 'provisional')
    fault('status', `"${shorten(status)}" is neither final nor provisional`);
  const known = drafts.get(period);
  const draft: Draft = known ?? { line, status, observations: new Map(), metrics: new Map() };
  if (!known) drafts.set(period, draft);
  else if (once) fault('period', `${shorten(period)} is there twice; a month is one line`);
  if (draft.status !== status)
    fault('status', `${shorten(period)} is ${shorten(draft.status)} on an earlier line; a month has one status`);
  if (commentary && draft.commentary !== undefined && draft.commentary !== commentary)
    fault('commentary', `${shorten(period)} has another commentary on an earlier line; a month has one`);
  if (commentary) draft.commentary = commentary;
  return draft;
}

function readLong(row: Row, draft: Draft, faults: CsvFault[]): void {
  const { line } = row;
  const metric = row.cell('metric').trim();
  if (!metric) faults.push({ line, column: 'metric', detail: 'is missing' });
  const columns = Object.fromEntries(FIELDS.map((field) => [field, field]));
  const reported = reportedIn(row, columns, faults);
  if (draft.metrics.has(metric)) {
    const { line: earlier } = draft.metrics.get(metric) ?? {};
    faults.push({
      line,
      column: 'metric',
      detail: `${shorten(metric)} is given twice for this month; also on line ${earlier}`,
    });
  }
  if (!reported) return;
  draft.observations.set(metric, reported);
  draft.metrics.set(metric, { line, column: 'metric', fields: columns });
}

/** The columns of each metric by field. */
function wideFigures(columns: readonly string[]): Map<string, Partial<Record<Field, string>>> {
  const figures = new Map<string, Partial<Record<Field, string>>>();
  for (const column of columns) {
    const [, metric, field] = WIDE_FIGURE.exec(column) ?? [];
    if (metric) figures.set(metric, { ...figures.get(metric), [field as Field]: column });
  }
  return figures;
}

function readWide(
  row: Row,
  figures: ReadonlyMap<string, Partial<Record<Field, string>>>,
  draft: Draft,
  faults: CsvFault[],
): void {
  for (const [metric, fields] of figures) {
    const reported = reportedIn(row, fields, faults);
    if (!reported) continue;
    draft.observations.set(metric, reported);
    draft.metrics.set(metric, { line: row.line, column: Object.values(fields)[0] ?? metric, fields });
  }
}

/** What a line reports in these columns; undefined where they are all blank. */
function reportedIn(
  row: Row,
  columns: Readonly<Partial<Record<Field, string>>>,
  faults: CsvFault[],
): Record<string, number> | undefined {
  const reported: Record<string, number> = {};
  for (const [field, column] of Object.entries(columns)) {
    const text = row.cell(column).trim();
    if (!text) continue;
    const number = numberOf(text);
    if (number === undefined) faults.push({ line: row.line, column, detail: `"${shorten(text)}" is not a number` });
    reported[field] = number ?? Number.NaN;
  }
  return Object.keys(reported).length > 0 ? reported : undefined;
}

/** `1,234.5` and `1234.5` alike, and `1.2E+03` as spreadsheets write it; anything else is not a number. */
function numberOf(text: string): number | undefined {
  if (!/^-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return undefined;
  return Number(text.replaceAll(',', ''));
}

/** The parser's messages quote what they are about. */
const MAX_MESSAGE_LENGTH = 200;

const shorten = (text: string): string => (text.length > 64 ? `${text.slice(0, 64)}…` : text);

/**
 * The line and column of what a JSON pointer into a month's body points to, as `readSubmission` names it:
 * `#/observations/referral-backlog/count`.
 */
export function placeOf({ line, metrics }: CsvPlaces, pointer: string): { line: number; column?: string } {
  const [, first = '', id = '', field = ''] = pointer
    .split('/')
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'));
  if (first !== 'observations') return first ? { line, column: first } : { line };
  const metric = metrics.get(id);
  if (!metric) return { line };
  return { line: metric.line, column: metric.fields[field as Field] ?? metric.column };
}

/**
 * A text that a spreadsheet would take for a formula starts with one of these. An apostrophe before it makes it a text
 * (OWASP, "CSV Injection"); reading takes that apostrophe away again.
 */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;

function commentaryIn(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;
}

/**
 * Writes months, one figure a line, as {@link readCsv} reads them: what is written can be handed in again unchanged.
 * Retracted months are left out. A month's commentary stands on its first line.
 */
export function writeCsv(months: readonly Month[]): string {
  const lines = months
    .filter((month) => !month.retracted)
    .flatMap(({ period, status, observations, commentary }) =>
      Object.entries(observations).map(([metric, reported], index) => [
        period,
        metric,
        ...FIELDS.map((field) => numberIn(reported, field)),
        status,
        index === 0 && commentary ? quoted(FORMULA.test(commentary) ? `'${commentary}` : commentary) : '',
      ]),
    );
  return [LONG, ...lines].map((cells) => `${cells.join(',')}\r\n`).join('');
}

const numberIn = (reported: Reported, field: Field): string => {
  const number = (reported as Partial<Record<Field, number>>)[field];
  return number === undefined ? '' : String(number);
};

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
