import { monthName } from '../domain/format.ts';
import type { Metric } from '../domain/metric.ts';
import { type PeriodLabel, readPeriod, statusNamed } from './cell-periods.ts';
import { cleaned, shorten } from './cells.ts';
import { FIELDS, type Field, fieldNamed, type Named, type Naming, plain } from './names.ts';
import { type Line, LONG, type Understood } from './table.ts';
import { withoutOtherDates } from './table-dated.ts';

/** The columns of a table by their headings: what each is read as, and what is wrong with them. */

/** The columns' names are looked for in so many lines, and in no more cells: titles have few. */
const HEADER_LINES = 60;

const HEADER_CELLS = 6000;

/** The first lines, in which the names of the columns are looked for. */
export function firstOf(lines: readonly Line[]): readonly Line[] {
  let cells = 0;
  const end = lines.slice(0, HEADER_LINES).findIndex((line) => {
    cells += line.cells.length;
    return cells > HEADER_CELLS;
  });
  return lines.slice(0, end < 0 ? HEADER_LINES : Math.max(end, 1));
}

const WIDE_FIGURE = /^(.+)\.(numerator|denominator|count|value)$/;

/**
 * `part` is a column that says of each line whether it holds a numerator, a denominator or a percentage; `year`, one beside the months of which
 * it says the year.
 */
export type Role = 'period' | 'year' | 'metric' | Field | 'figure' | 'part' | 'status' | 'commentary';

const ROLES: Readonly<Record<string, Role>> = {
  ...Object.fromEntries(
    [
      ...['period', 'month', 'date', 'reporting month', 'reporting period', 'month ending', 'period ending'],
      ...['time period', 'quarter', 'year', 'financial year', 'fy'],
    ].map((word) => [word, 'period']),
  ),
  ...Object.fromEntries(
    [
      'metric',
      'id',
      'metric id',
      'indicator',
      'measure',
      'kpi',
      'performance indicator',
      'title',
      'metric title',
      'name',
      'metric name',
      'measure name',
      'indicator name',
      'kpi name',
      'performance measure',
      'key performance indicator',
      'description',
      'row labels',
    ].map((word) => [word, 'metric']),
  ),
  ...Object.fromEntries(['figure', 'actual', 'result', 'outturn', 'performance'].map((word) => [word, 'figure'])),
  status: 'status',
  ...Object.fromEntries(['commentary', 'comment', 'comments', 'note', 'notes'].map((word) => [word, 'commentary'])),
};

/** Columns of names, the most telling first: an id is never two metrics', a title may be abridged. */
const NAMES = ['id', 'metric id', 'metric'];

/** Columns of years, where another has the months. */
const YEARS = ['year', 'financial year', 'fy'];

/** A column of names is looked for so far to the right and so far down, where none is called so. */
const NAME_COLUMNS = 10;

const NAME_LINES = 20;

/** How the names of columns may fall short: what a table says once, outside its columns, and whether its names of metrics stand under no name that is known. */
export interface Leniency {
  readonly once?: 'month' | 'metric';
  readonly byContent?: boolean;
}

/** A column by its heading, as typed. */
export interface Column {
  readonly index: number;
  readonly heading: string;
  readonly role?: Role;
  /** Of a column that holds a metric's figures: its id, and its field where the heading says which. */
  readonly figure?: { readonly id: string; readonly metric?: Metric; readonly field?: Field };
  /** Of a column that holds a month's figures. */
  readonly month?: PeriodLabel;
  /** … and of one that holds one figure of them: `Apr-24 num`. */
  readonly field?: Field;
}

export interface Header {
  readonly line: number;
  /** How many lines it takes. */
  readonly height: number;
  readonly columns: readonly Column[];
  readonly holds: Understood['holds'];
}

/** Names the columns can have, for a file in which they have none. */
export const COLUMNS_NEEDED = `the columns need names in one line, such as ${LONG.join(',')}; or a month a line, with columns such as referral-backlog.count`;

/**
 * The names of the columns that begin at a line; undefined where none do. Two lines name them together where one has what
 * several columns have in common: ICPC above Num and Den.
 */
export function headerAt(
  lines: readonly Line[],
  at: number,
  naming: Naming | undefined,
  leniency: Leniency = {},
): Header | undefined {
  const [line, next, third] = [lines[at], lines[at + 1], lines[at + 2]];
  if (!line) return undefined;
  const headerOf = (cells: readonly string[], height: number): Header | undefined => {
    const last = lines[at + height - 1];
    const below = lines.slice(at + height, at + height + NAME_LINES);
    const header = last && headerIn({ line: last.line, cells }, { naming, below, leniency });
    return header && { ...header, height };
  };
  const one = headerOf(line.cells, 1);
  if (!next || (one && !areParts(next.cells, line.cells))) return one;
  const two = joinedCells(withoutOtherDates(line.cells), next.cells);
  if (one || mayNameColumns(next)) {
    const below = lines.slice(at + 2, at + 2 + NAME_LINES);
    const joined = headerIn(next, { naming, below, leniency }) ? undefined : headerOf(two, 2);
    // One period above names that do without is a title, and says of when all of it is.
    const isTitle =
      joined && hasOnePeriod(joined) && headerIn(next, { naming, below, leniency: { ...leniency, once: 'month' } });
    return joined && !isTitle ? joined : one;
  }
  // A year above months above Num and Den.
  return third && !leniency.once && mayNameColumns(third) ? headerOf(joinedCells(two, third.cells), 3) : undefined;
}

function hasOnePeriod({ columns }: Header): boolean {
  const periods = columns.flatMap(({ month }) => (month ? [JSON.stringify(month)] : []));
  return new Set(periods).size === 1;
}

/** Whether a line has a word for a column of months or of metrics; cheap, as every line is asked. */
export const mayNameColumns = ({ cells }: Line): boolean =>
  cells.some(
    (cell) => cell.length <= 24 && /^\W*[a-z]/i.test(cell) && ['period', 'metric'].includes(roleNamed(cell) ?? ''),
  );

/** Whether a line only says of each of its columns which figure it holds, beside what is merged with the line above. */
function areParts(cells: readonly string[], above: readonly string[]): boolean {
  const words = cells
    .filter((cell, index) => cell !== above[index])
    .map(plain)
    .filter(Boolean);
  return words.length > 1 && words.every((word) => fieldNamed(word));
}

/** The cells of two lines as one; a name above stands for the columns beside it too, up to the next. */
function joinedCells(above: readonly string[], below: readonly string[]): string[] {
  let common = '';
  return Array.from({ length: Math.max(above.length, below.length) }, (_, index) => {
    common = cleaned(above[index] ?? '') || common;
    const cell = cleaned(below[index] ?? '');
    // What heads a single column stands on either line.
    if (cell === '') return cleaned(above[index] ?? '');
    return ['period', 'metric', 'status', 'commentary'].includes(roleNamed(cell) ?? '')
      ? cell
      : `${common} ${cell}`.trim();
  });
}

/** What a heading says of its column by itself, whatever the metrics are. */
export function roleNamed(heading: string): Role | undefined {
  const word = plain(heading);
  return Object.hasOwn(ROLES, word) ? ROLES[word] : fieldNamed(word);
}

/** A line as the names of columns; undefined where it is none. */
function headerIn(
  { line, cells }: Line,
  {
    naming,
    below,
    leniency: { once, byContent },
  }: { readonly naming: Naming | undefined; readonly below: readonly Line[]; readonly leniency: Leniency },
): Header | undefined {
  const columns = byContent ? withNames(columnsIn(cells, naming), below, naming) : columnsIn(cells, naming);
  const has = (wanted: (column: Column) => unknown): boolean => columns.some(wanted);
  const names = has(({ role }) => role === 'metric') || once === 'metric';
  const isDated = has(({ role }) => role === 'period');
  // One name alone, above everything, may be a title.
  const isTitle = columns.filter(({ figure }) => figure).length < 2 && !names;
  const holds: Understood['holds'] | undefined = (once === 'month' ? !isTitle : isDated)
    ? has(({ figure }) => figure) && !(names && has(({ role }) => isFieldRole(role)))
      ? 'month'
      : names && has(({ role }) => isFieldRole(role))
        ? 'figure'
        : undefined
    : names && !once && has(({ month }) => month)
      ? 'metric'
      : undefined;
  const fields = columns.filter(({ role }) => isFieldRole(role));
  // Under "Value" alone stands whatever a metric is reported in.
  const isAnyFigure = holds !== 'month' && fields.length === 1 && fields[0]?.role === 'value';
  const used = columns.map((column) =>
    isAnyFigure && column === fields[0] ? { ...column, role: 'figure' as const } : column,
  );
  return holds && { line, height: 1, columns: used.map((column) => asUsed(column, holds)), holds };
}

/** Columns with the first one of names, where none is called so and the cells below are names of metrics. */
function withNames(columns: readonly Column[], below: readonly Line[], naming: Naming | undefined): readonly Column[] {
  if (!naming || columns.some(({ role, figure }) => role === 'metric' || figure)) return columns;
  const figures = columns.findIndex(({ month, role }) => month ?? isFieldRole(role));
  const known = new Map(columns.map((column) => [column.index, column]));
  const index = Array.from({ length: Math.min(figures, NAME_COLUMNS) }, (_, at) => at).find((at) => {
    const column = known.get(at);
    return !column?.role && !column?.month && below.some(({ cells }) => naming(cells[at] ?? ''));
  });
  if (index === undefined) return columns;
  const column: Column = { index, heading: known.get(index)?.heading || letterOf(index), role: 'metric' };
  return columns.map((each) => (each.index === index ? column : each));
}

/** A column without what it would mean only in a table that holds something else. */
function asUsed(column: Column, holds: Understood['holds']): Column {
  const { index, heading, role, figure, month } = column;
  const unread = { index, heading };
  if (holds === 'figure') return figure || month ? unread : column;
  if (holds === 'month') return month || role === 'metric' || isFieldRole(role) ? unread : column;
  return figure || (role && role !== 'metric') ? unread : column;
}

export const isFieldRole = (role: Role | undefined): boolean =>
  role === 'figure' || (FIELDS as readonly string[]).includes(role ?? '');

export function columnsIn(cells: readonly string[], naming: Naming | undefined): Column[] {
  const columns = cells.map((cell, index): Column => ({ index, ...headingOf(cleaned(cell), naming) }));
  const names = columns.filter(({ role }) => role === 'metric');
  const best = NAMES.flatMap((word) => names.filter(({ heading }) => plain(heading) === word))[0] ?? names[0];
  const periods = columns.filter(({ role }) => role === 'period');
  const years = periods.filter(({ heading }) => YEARS.includes(plain(heading)));
  // Of several columns of names one is read; the others are for people.
  return columns.map((column): Column => {
    if (periods.length === 2 && years.length === 1 && column === years[0]) return { ...column, role: 'year' };
    if (column.role !== 'metric' || column === best || plain(column.heading) === plain(best?.heading ?? ''))
      return column;
    return { index: column.index, heading: column.heading };
  });
}

type Heading = Omit<Column, 'index'>;

/** Headings as they were read by a naming: a line is looked at again for each leniency. */
const READ = new WeakMap<Naming, Map<string, Heading>>();

export function headingOf(text: string, naming: Naming | undefined): Heading {
  if (!naming) return readHeading(text, naming);
  const read = READ.get(naming) ?? new Map<string, Heading>();
  READ.set(naming, read);
  const known = read.get(text) ?? readHeading(text, naming);
  read.set(text, known);
  return known;
}

function readHeading(heading: string, naming: Naming | undefined): Heading {
  if (heading === '' || heading.length > MAX_HEADING) return { heading };
  const role = roleNamed(heading);
  if (role) return { heading, role };
  const [, id, field] = WIDE_FIGURE.exec(heading.toLowerCase()) ?? [];
  const exact = id ? naming?.(id) : undefined;
  if (id) return { heading, figure: figureOf(exact, id, field as Field) };
  const named = naming?.(heading);
  if (named) return { heading, figure: figureOf(named, named.metric.id, named.field) };
  const [, before = '', word = ''] = /^(.{1,60}\S)\s+(\S{1,20})$/.exec(heading) ?? [];
  const part = fieldNamed(plain(word));
  const isPart = part ?? roleNamed(word) === 'figure';
  // Apr-24 Num (provisional)
  const status = part ? undefined : statusNamed(plain(word));
  const inner = status && readHeading(before, undefined);
  if (status && inner?.field && inner.month && inner.month.kind !== 'unclear')
    return { heading, field: inner.field, month: { ...inner.month, status } };
  const month = readPeriod(isPart ? before.replace(/\s*[-\u2013:(]$/, '') : heading);
  return month.kind === 'unclear' ? { heading } : { heading, month, ...(part ? { field: part } : {}) };
}

/** No name of a column is longer. */
const MAX_HEADING = 500;

/** The header with the column that says which figure each line holds, if there is one: `Num`, `Den`, `%`. */
export function withPart(header: Header, below: readonly Line[]): Header {
  if (header.holds === 'month') return header;
  const width = Math.max(header.columns.length, ...below.slice(0, HEADER_LINES).map(({ cells }) => cells.length));
  const known = new Map(header.columns.map((column) => [column.index, column]));
  const part = Array.from({ length: width }, (_, index) => known.get(index) ?? { index, heading: '' }).find(
    ({ index, role, figure, month }) => {
      const words = below.map(({ cells }) => plain(cells[index] ?? '')).filter(Boolean);
      return !role && !figure && !month && words.length > 1 && words.every((word) => fieldNamed(word));
    },
  );
  if (!part) return header;
  const column: Column = { index: part.index, heading: part.heading || letterOf(part.index), role: 'part' };
  return { ...header, columns: [...header.columns.filter(({ index }) => index !== part.index), column] };
}

function figureOf(named: Named | undefined, id: string, field: Field | undefined): NonNullable<Column['figure']> {
  return { id: named?.metric.id ?? id, ...(named ? { metric: named.metric } : {}), ...(field ? { field } : {}) };
}

/** The name of a column as spreadsheets show it: A to Z, AA and so on. */
export function letterOf(index: number): string {
  return (index >= 26 ? letterOf(Math.floor(index / 26) - 1) : '') + String.fromCharCode(65 + (index % 26));
}

const READ_AS: Readonly<Record<Role, string>> = {
  period: 'the month',
  year: 'the year of the month',
  metric: 'the metric',
  numerator: 'the numerator',
  denominator: 'the denominator',
  count: 'the count',
  value: 'the value: a percentage or a mean',
  figure: 'the figure',
  part: 'which figure the line holds',
  status: 'final or provisional',
  commentary: 'commentary on the month',
};

/** What a column is read as that is passed over. */
export const NOT_READ = 'not read';

export function describeColumns({ columns }: Header): Understood['columns'] {
  return columns
    .filter(({ heading }) => heading)
    .map(({ heading, role, figure, month, field }) => ({
      heading: shorten(heading),
      readAs: role
        ? READ_AS[role]
        : figure
          ? `${figure.metric?.title ?? figure.id}${figure.field ? `, ${figure.field}` : ''}`
          : month && month.kind !== 'unclear'
            ? [
                'period' in month ? `figures of ${monthName(month.period)}` : 'figures of a year or quarter',
                ...('period' in month && field ? [field] : []),
                ...(month.status ? [month.status] : []),
              ].join(', ')
            : NOT_READ,
    }));
}
