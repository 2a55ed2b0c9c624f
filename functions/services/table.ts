import { closest, distance } from 'fastest-levenshtein';
import type { Metric } from '../domain/inspection.ts';
import { cleaned, endOf, errorIn, type PeriodLabel, readNumber, readPeriod, shorten } from './cells.ts';
import { FIELDS, type Field, fieldNamed, type Named, type Naming, plain } from './names.ts';

/** A line of a file before anything in it is understood: a line of CSV, or a row of a worksheet. */
export interface Line {
  /** From 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** A month as read from a table: the body that the API takes, and where in the file each part of it stands. */
export interface TableMonth {
  readonly period: string;
  /** Whether that is a month. Lines of no month are read too, for more of what is wrong in them to be found. */
  readonly isMonth: boolean;
  readonly body: {
    readonly status: string;
    readonly observations: Record<string, Record<string, number | string>>;
    readonly commentary?: string;
  };
  /** Whether a line says which status; one that does not means final where the month is new. */
  readonly statesStatus: boolean;
  readonly places: TablePlaces;
}

/** Line numbers count from 1. `metrics` has for each metric its line and the column of each of its fields. */
export interface TablePlaces {
  readonly sheet?: string;
  readonly line: number;
  /** The column that names the month. */
  readonly column: string;
  readonly metrics: ReadonlyMap<string, Place & { readonly fields: Readonly<Partial<Record<Field, Place>>> }>;
}

interface Place {
  readonly sheet?: string;
  readonly line: number;
  readonly column: string;
}

export interface TableFault {
  readonly sheet?: string;
  readonly line: number;
  readonly column?: string;
  readonly detail: string;
  /** What faults of one cause have in common, where their details differ. */
  readonly cause?: string;
}

/** How a table was read, for whoever sent it to see: nothing in it is left out without being named here. */
export interface Understood {
  /** The line with the columns' names. */
  readonly header: number;
  /** What one line holds. */
  readonly holds: 'figure' | 'month' | 'metric';
  readonly columns: readonly { readonly heading: string; readonly readAs: string }[];
  /** Lines that hold no figure: titles, remarks, totals. */
  readonly asides: readonly { readonly line: number; readonly text: string; readonly why: string }[];
  /** How many lines name a metric and a month and leave the figure blank. */
  readonly blanks: number;
}

export interface Table {
  readonly months: TableMonth[];
  readonly faults: TableFault[];
  readonly understood?: Understood;
}

export interface TableSettings {
  /** Undefined where the metrics are not known: then names are taken to be ids. */
  readonly naming?: Naming | undefined;
  /** Whether `14,5` is fourteen and a half. */
  readonly decimalComma?: boolean;
}

/** The columns of a file as this service writes it, one figure a line. */
export const LONG = ['period', 'metric', ...FIELDS, 'status', 'commentary'] as const;
const WIDE_FIGURE = /^(.+)\.(numerator|denominator|count|value)$/;

type Role = 'period' | 'metric' | Field | 'figure' | 'status' | 'commentary';

const ROLES: Readonly<Record<string, Role>> = {
  ...Object.fromEntries(
    ['period', 'month', 'date', 'reporting month', 'reporting period', 'month ending', 'period ending', 'year'].map(
      (word) => [word, 'period'],
    ),
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
    ].map((word) => [word, 'metric']),
  ),
  ...Object.fromEntries(['figure', 'actual', 'result', 'outturn', 'performance'].map((word) => [word, 'figure'])),
  status: 'status',
  ...Object.fromEntries(['commentary', 'comment', 'comments', 'note', 'notes'].map((word) => [word, 'commentary'])),
};

/** Columns of names, the most telling first: an id is never two metrics', a title may be abridged. */
const NAMES = ['id', 'metric id', 'metric'];

/** A column by its heading, as typed. */
interface Column {
  readonly index: number;
  readonly heading: string;
  readonly role?: Role;
  /** Of a column that holds a metric's figures: its id, and its field where the heading says which. */
  readonly figure?: { readonly id: string; readonly metric?: Metric; readonly field?: Field };
  /** Of a column that holds a month's figures. */
  readonly month?: PeriodLabel;
}

interface Header {
  readonly line: number;
  readonly columns: readonly Column[];
  readonly holds: Understood['holds'];
}

/** One cell that may hold a figure, with everything said of it. */
interface Given {
  readonly field: Field | undefined;
  readonly text: string;
  readonly line: number;
  readonly column: string;
}

/** What one line says of one metric in one period. */
interface Entry {
  readonly line: number;
  readonly label: PeriodLabel;
  readonly labelText: string;
  readonly periodColumn: string;
  readonly id: string;
  readonly metric: Metric | undefined;
  readonly metricColumn: string;
  readonly given: readonly Given[];
}

/** What a line says of its month as a whole. */
interface Remark {
  readonly line: number;
  readonly periodColumn: string;
  readonly label: PeriodLabel;
  readonly status: string;
  readonly commentary: string;
}

/** Names the columns can have, for a file in which they have none. */
const COLUMNS_NEEDED = `the columns need names in one line, such as ${LONG.join(',')}; or a month a line, with columns such as referral-backlog.count`;

/** The columns' names are looked for in so many lines. */
const HEADER_LINES = 60;
/** So many columns can be told apart in a message; a sheet of a million is no report. */
const MAX_COLUMNS = 1000;
/** As much as a cell of a spreadsheet holds. */
const MAX_CELL_LENGTH = 32_767;

/**
 * Reads figures kept one a line (`period,metric,numerator,denominator,count,value,status,commentary`), one month a line
 * (`period`, and columns named by metrics) or one metric a line (`metric`, and columns named by months), in any order of
 * columns, below any title. Blank means not reported. Every line is read, named among what was set aside, or a fault.
 */
export function readTable(lines: readonly Line[], { naming, decimalComma = false }: TableSettings = {}): Table {
  const faults: TableFault[] = [];
  const long = lines.find(({ cells }) => cells.some((cell) => cell.length > MAX_CELL_LENGTH));
  if (long)
    return {
      months: [],
      faults: [
        {
          line: long.line,
          detail: `has a cell of more than ${MAX_CELL_LENGTH} characters; is this a file of figures?`,
        },
      ],
    };
  // Spreadsheets leave empty cells at the ends of lines, by the thousand.
  const filled = lines
    .map(({ line, cells }) => ({ line, cells: cells.slice(0, lastFilled(cells) + 1) }))
    .filter(({ cells }) => cells.length > 0);
  const first = filled[0];
  if (!first) return { months: [], faults: [{ line: 1, detail: `the file is empty; ${COLUMNS_NEEDED}` }] };
  const widest = filled.reduce((most, { cells }) => Math.max(most, cells.length), 0);
  if (widest > MAX_COLUMNS)
    return { months: [], faults: [{ line: 1, detail: `has ${widest} columns; at most ${MAX_COLUMNS} are read` }] };
  const at = filled.slice(0, HEADER_LINES).findIndex((line) => headerIn(line, naming) !== undefined);
  const header = at < 0 ? undefined : headerIn(filled[at] as Line, naming);
  if (!header)
    return {
      months: [],
      faults: [
        nearlyHeader(filled, naming) ?? { line: first.line, detail: `no line names the columns; ${COLUMNS_NEEDED}` },
      ].flat(),
    };
  const above = filled.slice(0, at);
  const below = filled.slice(at + 1);
  faults.push(...faultsOfHeader(header), ...above.flatMap(faultsAbove), ...faultsOfColumns(header, below));
  const asides = above.map(({ line, cells }) => ({
    line,
    text: textOf(cells),
    why: 'stands above the names of the columns',
  }));
  const fatal = faults.length > 0;
  const read = fatal ? { entries: [], remarks: [], blanks: 0 } : readLines(header, below, naming, faults, asides);
  const months = monthsOf(read, header, faults, decimalComma);
  return {
    months,
    faults: faults.sort((a, b) => a.line - b.line),
    understood: {
      header: header.line,
      holds: header.holds,
      columns: describeColumns(header),
      asides,
      blanks: read.blanks,
    },
  };
}

const lastFilled = (cells: readonly string[]): number => cells.findLastIndex((cell) => cleaned(cell) !== '');
const textOf = (cells: readonly string[]): string => shorten(cells.map(cleaned).filter(Boolean).join(' '));

// ---- columns

/** A line as the names of columns; undefined where it is none. */
function headerIn({ line, cells }: Line, naming: Naming | undefined): Header | undefined {
  const columns = columnsIn(cells, naming);
  const has = (wanted: (column: Column) => unknown): boolean => columns.some(wanted);
  const names = has(({ role }) => role === 'metric');
  const holds: Understood['holds'] | undefined = has(({ role }) => role === 'period')
    ? has(({ figure }) => figure) && !(names && has(({ role }) => isFieldRole(role)))
      ? 'month'
      : names && has(({ role }) => isFieldRole(role))
        ? 'figure'
        : undefined
    : names && has(({ month }) => month)
      ? 'metric'
      : undefined;
  return holds && { line, columns: columns.map((column) => asUsed(column, holds)), holds };
}

/** A column without what it would mean only in a table that holds something else. */
function asUsed(column: Column, holds: Understood['holds']): Column {
  const { index, heading, role, figure, month } = column;
  const unread = { index, heading };
  if (holds === 'figure') return figure || month ? unread : column;
  if (holds === 'month') return month || role === 'metric' || isFieldRole(role) ? unread : column;
  return figure || (role && role !== 'metric') ? unread : column;
}

const isFieldRole = (role: Role | undefined): boolean =>
  role === 'figure' || (FIELDS as readonly string[]).includes(role ?? '');

function columnsIn(cells: readonly string[], naming: Naming | undefined): Column[] {
  const columns = cells.map((cell, index): Column => {
    const heading = cleaned(cell);
    const word = plain(heading);
    const role = Object.hasOwn(ROLES, word) ? ROLES[word] : fieldNamed(word);
    if (role) return { index, heading, role };
    const [, id, field] = WIDE_FIGURE.exec(heading.toLowerCase()) ?? [];
    const exact = id ? naming?.(id) : undefined;
    if (id) return { index, heading, figure: figureOf(exact, id, field as Field) };
    const named = heading ? naming?.(heading) : undefined;
    if (named) return { index, heading, figure: figureOf(named, named.metric.id, named.field) };
    const month = readPeriod(heading);
    return month.kind === 'unclear' ? { index, heading } : { index, heading, month };
  });
  const names = columns.filter(({ role }) => role === 'metric');
  const best = NAMES.flatMap((word) => names.filter(({ heading }) => plain(heading) === word))[0] ?? names[0];
  // Of several columns of names one is read; the others are for people.
  return columns.map((column) => {
    if (column.role !== 'metric' || column === best || plain(column.heading) === plain(best?.heading ?? ''))
      return column;
    return { index: column.index, heading: column.heading };
  });
}

function figureOf(named: Named | undefined, id: string, field: Field | undefined): NonNullable<Column['figure']> {
  return { id: named?.metric.id ?? id, ...(named ? { metric: named.metric } : {}), ...(field ? { field } : {}) };
}

/** Why a line that begins like the names of columns is none: the first with two names that are known. */
function nearlyHeader(filled: readonly Line[], naming: Naming | undefined): TableFault[] | undefined {
  for (const { line, cells } of filled.slice(0, HEADER_LINES)) {
    const columns = columnsIn(cells, naming);
    const known = columns.filter(({ role, figure }) => role ?? figure);
    if (known.length < 2) continue;
    const missing = (['period', 'metric'] as const).filter(
      (wanted) => !known.some(({ role, figure }) => role === wanted || (wanted === 'metric' && figure)),
    );
    const figures = known.some(({ role, figure }) => isFieldRole(role) || figure);
    return [
      ...missing.map((column) => ({ line, column, detail: 'this column is missing' })),
      ...(figures ? [] : [{ line, detail: `no column holds a figure; ${COLUMNS_NEEDED}` }]),
      ...doubled(columns, line),
    ];
  }
  return undefined;
}

function faultsOfHeader({ line, columns }: Header): TableFault[] {
  return doubled(columns, line);
}

/** Columns of the same name, or of the same figure by different names. */
function doubled(columns: readonly Column[], line: number): TableFault[] {
  const seen = new Map<string, Column>();
  return columns.flatMap((column) => {
    const { role, figure, month, heading } = column;
    const meaning =
      role ?? (figure ? `${figure.id} ${figure.field ?? ''}` : month && 'period' in month ? month.period : undefined);
    if (meaning === undefined) return [];
    const earlier = seen.get(meaning);
    seen.set(meaning, earlier ?? column);
    if (!earlier) return [];
    const other = plain(earlier.heading) === plain(heading) ? '' : `, as "${shorten(earlier.heading)}"`;
    return [{ line, column: shorten(heading), detail: `this column is there twice${other}` }];
  });
}

/** A line above the columns' names is a title, unless it holds a month and a number: then it may be figures. */
function faultsAbove({ line, cells }: Line): TableFault[] {
  const texts = cells.map(cleaned).filter(Boolean);
  const holdsMonth = texts.some((text) => readPeriod(text).kind === 'month');
  const holdsNumber = texts.some(
    (text) => readNumber(text, false).kind === 'number' && readPeriod(text).kind !== 'month',
  );
  if (texts.length < 3 || !holdsMonth || !holdsNumber) return [];
  return [{ line, detail: 'holds figures, and stands above the names of the columns; move it below them' }];
}

/** The name of a column as spreadsheets show it: A to Z, AA and so on. */
function letterOf(index: number): string {
  return (index >= 26 ? letterOf(Math.floor(index / 26) - 1) : '') + String.fromCharCode(65 + (index % 26));
}

/** Cells under no heading cannot be understood, and are named by the letter of their column. */
function faultsOfColumns({ columns, line: header }: Header, below: readonly Line[]): TableFault[] {
  const headed = new Set(columns.filter(({ heading }) => heading).map(({ index }) => index));
  const faulty = new Map<number, TableFault>();
  for (const { index, heading, role, figure, month } of columns) {
    const near =
      !role && !figure && !month && heading.length >= MIN_MISSPELT ? closest(heading.toLowerCase(), LONG) : undefined;
    const apart = near ? distance(heading.toLowerCase(), near) : 0;
    // A second column of names is called right, and not needed.
    if (near && apart > 0 && apart <= 2)
      faulty.set(index, {
        line: header,
        column: shorten(heading),
        detail: `there is no such column; the nearest is "${near}"`,
      });
  }
  for (const { line, cells } of below)
    for (const [index, cell] of cells.entries())
      if (!headed.has(index) && !faulty.has(index) && cleaned(cell) !== '')
        faulty.set(index, {
          line,
          column: letterOf(index),
          detail: `holds "${shorten(cleaned(cell))}" under no heading; name the column in line ${header}, or empty it`,
        });
  return [...faulty.values()];
}

/** Shorter words are too near to too many others. */
const MIN_MISSPELT = 5;

const READ_AS: Readonly<Record<Role, string>> = {
  period: 'the month',
  metric: 'the metric',
  numerator: 'the numerator',
  denominator: 'the denominator',
  count: 'the count',
  value: 'the value: a percentage or a mean',
  figure: 'the figure',
  status: 'final or provisional',
  commentary: 'commentary on the month',
};

function describeColumns({ columns }: Header): Understood['columns'] {
  return columns
    .filter(({ heading }) => heading)
    .map(({ heading, role, figure, month }) => ({
      heading: shorten(heading),
      readAs: role
        ? READ_AS[role]
        : figure
          ? `${figure.metric?.title ?? figure.id}${figure.field ? `, ${figure.field}` : ''}`
          : month && 'period' in month
            ? `figures of ${month.period}`
            : month
              ? 'figures of a year or quarter'
              : 'not read',
    }));
}

// ---- lines

const TOTAL =
  /^(grand |sub-?)?totals?\b|^(overall|sum|average|mean|ytd|year to date|cumulative)\b|\b(ytd|year to date|total)$/i;

interface Lines {
  readonly entries: readonly Entry[];
  readonly remarks: readonly Remark[];
  readonly blanks: number;
}

function readLines(
  header: Header,
  below: readonly Line[],
  naming: Naming | undefined,
  faults: TableFault[],
  asides: { line: number; text: string; why: string }[],
): Lines {
  const { columns, holds } = header;
  const of = (role: Role): Column | undefined => columns.find((column) => column.role === role);
  const [period, metric, status, commentary] = [of('period'), of('metric'), of('status'), of('commentary')];
  const fields = columns.filter(({ role }) => isFieldRole(role));
  const unread = columns.filter(({ heading, role, figure, month }) => heading && !role && !figure && !month);
  const entries: Entry[] = [];
  const remarks: Remark[] = [];
  let blanks = 0;
  for (const line of below) {
    const cell = (column: Column | undefined): string => cleaned((column && line.cells[column.index]) ?? '');
    const first = cleaned(line.cells.find((text) => cleaned(text) !== '') ?? '');
    const aside = (why: string): void => void asides.push({ line: line.line, text: textOf(line.cells), why });
    const given = (column: Column, field: Field | undefined): Given[] =>
      cell(column) === '' ? [] : [{ field, text: cell(column), line: line.line, column: column.heading }];
    const found: Omit<Entry, 'line' | 'label' | 'labelText' | 'periodColumn'>[] = [];
    const name = cell(metric);
    const named = name ? naming?.(name) : undefined;
    if (TOTAL.test(cell(period)) || (cell(period) === '' && !named && TOTAL.test(name))) {
      aside('is a total');
      continue;
    }
    if (holds === 'figure') {
      const values = fields.flatMap((column) => given(column, fieldOf(column, named)));
      found.push({
        id: named?.metric.id ?? name,
        metric: named?.metric,
        metricColumn: metric?.heading ?? '',
        given: values,
      });
    } else if (holds === 'month')
      for (const column of columns) {
        const { figure } = column;
        if (figure)
          found.push({
            id: figure.id,
            metric: figure.metric,
            metricColumn: column.heading,
            given: given(column, figure.field),
          });
      }
    const isEmpty = found.every((entry) => entry.given.length === 0);
    if (holds === 'metric') {
      readAcross(line, name, named, header, entries, faults, asides);
      continue;
    }
    if (isEmpty && errorIn(first) === undefined) {
      const other = unread.find((column) => readNumber(cell(column), false).kind !== 'unclear');
      if (other && cell(period) && (holds === 'month' || name))
        faults.push({
          line: line.line,
          column: shorten(other.heading),
          detail: `holds ${shorten(cell(other))}, and no column that is read holds a figure; name it ${fields.map(({ heading }) => heading).join(', ') || 'after its metric'}`,
          cause: 'a figure in a column that is not read',
        });
      else if (cell(period) === '' || (holds === 'figure' && name === '')) aside('holds no figure');
      else blanks += 1;
      if (readPeriod(cell(period)).kind !== 'month' || !cell(commentary)) continue;
    }
    const label = readPeriod(cell(period));
    const place = { line: line.line, label, labelText: cell(period), periodColumn: period?.heading ?? 'period' };
    if (label.kind === 'unclear')
      faults.push({
        line: line.line,
        column: place.periodColumn,
        detail: label.detail,
        cause: `period: ${label.cause}`,
      });
    if (holds === 'figure' && !isEmpty && (name === '' || errorIn(name)))
      faults.push({
        line: line.line,
        column: metric?.heading ?? 'metric',
        detail: name === '' ? 'is missing' : `"${name}" ${errorIn(name)}`,
      });
    else entries.push(...found.filter((entry) => entry.given.length > 0).map((entry) => ({ ...place, ...entry })));
    remarks.push({
      line: line.line,
      periodColumn: place.periodColumn,
      label,
      status: cell(status),
      commentary: commentaryIn((commentary && line.cells[commentary.index]) ?? ''),
    });
  }
  return { entries, remarks, blanks };
}

/** A figure without a field of its own is what its metric's kind asks for. */
function fieldOf({ role }: Column, named: Named | undefined): Field | undefined {
  return role === 'figure' ? named?.field : (role as Field);
}

/** One metric a line, its months side by side. */
function readAcross(
  { line, cells }: Line,
  name: string,
  named: Named | undefined,
  { columns }: Header,
  entries: Entry[],
  faults: TableFault[],
  asides: { line: number; text: string; why: string }[],
): void {
  const months = columns.filter(({ month, index }) => month && cleaned(cells[index] ?? '') !== '');
  const metricColumn = columns.find(({ role }) => role === 'metric')?.heading ?? 'metric';
  if (months.length === 0) {
    if (!named) asides.push({ line, text: textOf(cells), why: 'holds no figure' });
    return;
  }
  if (name === '' || errorIn(name)) {
    faults.push({ line, column: metricColumn, detail: name === '' ? 'is missing' : `"${name}" ${errorIn(name)}` });
    return;
  }
  for (const { heading, month, index } of months)
    if (month)
      entries.push({
        line,
        label: month,
        labelText: heading,
        periodColumn: heading,
        id: named?.metric.id ?? name,
        metric: named?.metric,
        metricColumn,
        given: [{ field: named?.field, text: cleaned(cells[index] ?? ''), line, column: heading }],
      });
}

// ---- months

/** A month while its lines are being read. */
interface Draft {
  readonly period: string;
  readonly isMonth: boolean;
  readonly line: number;
  readonly column: string;
  status?: string | undefined;
  commentary?: string;
  readonly metrics: Map<
    string,
    { readonly metric: Metric | undefined; readonly line: number; readonly column: string; readonly given: Given[] }
  >;
}

function monthsOf(
  { entries, remarks }: Lines,
  { holds }: Header,
  faults: TableFault[],
  decimalComma: boolean,
): TableMonth[] {
  const periodOf = periodsOf(entries, faults);
  const drafts = new Map<string, Draft>();
  const draftOf = (
    period: string,
    { line, periodColumn }: Pick<Entry, 'line' | 'periodColumn'>,
    isMonth = true,
  ): Draft => {
    const key = isMonth ? period : `${line} ${periodColumn}`;
    const draft = drafts.get(key) ?? { period, isMonth, line, column: periodColumn, metrics: new Map() };
    drafts.set(key, draft);
    return draft;
  };
  for (const entry of entries) {
    const period = periodOf(entry);
    addEntry(entry, draftOf(period ?? entry.labelText, entry, period !== undefined), holds, faults);
  }
  const seen = new Map<string, number>();
  const periodsOn = new Map<number, Set<string>>();
  for (const entry of entries) {
    const period = periodOf(entry);
    if (period) periodsOn.set(entry.line, (periodsOn.get(entry.line) ?? new Set()).add(period));
  }
  for (const remark of remarks) {
    if (remark.label.kind === 'unclear') {
      checkStatus(remark, faults);
      continue;
    }
    const period = 'period' in remark.label ? remark.label.period : undefined;
    for (const each of periodsOn.get(remark.line) ?? (period ? [period] : [])) {
      const twice = seen.get(each);
      seen.set(each, remark.line);
      if (holds === 'month' && twice !== undefined)
        faults.push({ line: remark.line, column: 'period', detail: `${each} is there twice; a month is one line` });
      addRemark(remark, each, draftOf(each, remark), faults);
    }
  }
  return [...drafts.values()]
    .map((draft) => monthOf(draft, faults, decimalComma))
    .sort((a, b) => (a.period < b.period ? -1 : 1));
}

/** Decides what each label means by what stands beside it, and names those that stay unclear. */
function periodsOf(entries: readonly Entry[], faults: TableFault[]): (entry: Entry) => string | undefined {
  const labels = entries.map(({ label }) => label);
  const areYears = labels.some(({ kind }) => kind === 'year' || kind === 'quarter');
  const areMonths = labels.some((label) => label.kind === 'month' && label.isNumeric);
  const named = new Set<string>();
  const monthlyLabels = new Set(
    entries.filter(({ metric }) => (metric?.frequency ?? 'monthly') === 'monthly').map(({ labelText }) => labelText),
  );
  const several = new Set(labels.flatMap((label) => (label.kind === 'month-or-year' ? [label.period] : []))).size > 1;
  const fault = ({ line, periodColumn, labelText, metric }: Entry, why: string): undefined => {
    const key = `${line} ${periodColumn} ${why}`;
    if (!named.has(key))
      faults.push({
        line,
        column: periodColumn,
        detail: `"${shorten(labelText)}" ${why}`,
        cause: `${metric?.id} ${why.replace(/\d{4}-\d{2}/g, '')}`,
      });
    named.add(key);
  };
  const asYear = (entry: Entry, label: Extract<PeriodLabel, { kind: 'year' | 'quarter' }>): string | undefined => {
    const { metric } = entry;
    const end = endOf(label, metric?.window === 'school-year');
    if (!metric || metric.frequency === 'monthly')
      return fault(
        entry,
        `is a ${label.kind}${metric ? `, and ${metric.title} is reported every month` : ''}; write the month, such as ${end}`,
      );
    if (metric.frequency === 'quarterly' && label.kind === 'year')
      return fault(
        entry,
        `is a year, and ${metric.title} is reported every quarter; write the month in which the quarter ends, such as ${end}`,
      );
    return end;
  };
  return (entry) => {
    const { label } = entry;
    if (label.kind === 'unclear') return undefined;
    if (label.kind === 'month') return label.period;
    if (label.kind === 'year' || label.kind === 'quarter') return asYear(entry, label);
    const isMonthly = monthlyLabels.has(entry.labelText);
    if (areYears && !areMonths) return asYear(entry, { kind: 'year', ends: label.ends });
    if (areMonths && !areYears) return label.period;
    if (!areYears && !areMonths && !several && label.isCanonical && isMonthly) return label.period;
    return fault(
      entry,
      `can be ${label.period} or the year to March ${label.ends}; write ${label.period}-01 for the month or ${label.ends}-03 for the year`,
    );
  };
}

function addEntry(entry: Entry, draft: Draft, holds: Understood['holds'], faults: TableFault[]): void {
  const { id, metric, line, metricColumn, given } = entry;
  const earlier = draft.metrics.get(id);
  if (!earlier) {
    draft.metrics.set(id, { metric, line, column: metricColumn, given: [...given] });
    return;
  }
  // With one metric a line, its numerator and its denominator are two lines of the same month.
  const completes =
    holds !== 'figure' && given.every(({ field }) => field && !earlier.given.some((other) => other.field === field));
  if (completes) earlier.given.push(...given);
  // A month that is there twice is one fault, and not one a metric.
  else if (holds !== 'month')
    faults.push({
      line,
      column: metricColumn,
      detail: `${shorten(id)} is given twice for this month; also on line ${earlier.line}`,
    });
}

/** The status as it is kept; undefined where it is none. */
function checkStatus({ line, status }: Remark, faults: TableFault[]): string | undefined {
  const said = status.toLowerCase();
  if (said === '' || said === 'final' || said === 'provisional') return said;
  faults.push({
    line,
    column: 'status',
    detail: `"${shorten(status)}" is neither final nor provisional${adviceOn(said)}`,
  });
  return undefined;
}

const adviceOn = (status: string): string => {
  if (status === 'p' || status === 'prov') return '; write provisional';
  return status === 'revised' || status === 'f' || status === 'r' ? '; what will not change any more is final' : '';
};

/** A month has one status and one commentary, whichever of its lines say so. */
function addRemark(remark: Remark, period: string, draft: Draft, faults: TableFault[]): void {
  const { line, commentary } = remark;
  const status = checkStatus(remark, faults);
  if (status && draft.status && status !== draft.status)
    faults.push({
      line,
      column: 'status',
      detail: `${period} is ${draft.status} on an earlier line; a month has one status`,
    });
  draft.status ||= status;
  if (commentary && draft.commentary !== undefined && draft.commentary !== commentary)
    faults.push({
      line,
      column: 'commentary',
      detail: `${period} has another commentary on an earlier line; a month has one`,
    });
  if (commentary) draft.commentary = commentary;
}

function monthOf(draft: Draft, faults: TableFault[], decimalComma: boolean): TableMonth {
  const observations = new Map<string, Record<string, number | string>>();
  const metrics = new Map<
    string,
    { line: number; column: string; fields: Partial<Record<Field, { line: number; column: string }>> }
  >();
  for (const [id, { metric, line, column, given }] of draft.metrics) {
    const fields: Partial<Record<Field, { line: number; column: string }>> = {};
    for (const each of given) fields[each.field ?? defaultField(metric)] = { line: each.line, column: each.column };
    const reported = reportedOf(metric, given, faults, decimalComma);
    if (!reported) continue;
    observations.set(id, reported);
    metrics.set(id, { line, column, fields });
  }
  return {
    period: draft.period,
    isMonth: draft.isMonth,
    body: {
      status: draft.status || 'final',
      // Unlike an assignment this also takes a metric called `__proto__`, to be refused by that name.
      observations: Object.fromEntries(observations),
      ...(draft.commentary ? { commentary: draft.commentary } : {}),
    },
    statesStatus: Boolean(draft.status),
    places: { line: draft.line, column: draft.column, metrics },
  };
}

const defaultField = (metric: Metric | undefined): Field => (metric?.kind === 'count' ? 'count' : 'value');

/** The fields that a kind of metric is reported in, and where they belong. */
const BELONGS: Readonly<Record<Metric['kind'], { readonly fields: readonly Field[]; readonly words: string }>> = {
  count: { fields: ['count'], words: 'is a count: its figure belongs in the column count' },
  mean: { fields: ['value'], words: 'is a mean: its figure belongs in the column value' },
  proportion: {
    fields: ['numerator', 'denominator', 'value'],
    words:
      'is a proportion: its figures belong in the columns numerator and denominator, or in value where only the percentage is known',
  },
};

/**
 * What cells report of a metric, as the API takes it; undefined where what they hold is a fault. A number that could not be
 * read is NaN, for more faults to be found beside it.
 */
function reportedOf(
  metric: Metric | undefined,
  given: readonly Given[],
  faults: TableFault[],
  decimalComma: boolean,
): Record<string, number | string> | undefined {
  const belongs = metric && BELONGS[metric.kind];
  const astray = belongs ? given.filter(({ field }) => field && !belongs.fields.includes(field)) : [];
  if (metric && belongs && astray.length > 0) {
    faults.push(...astray.map(({ line, column }) => ({ line, column, detail: `${metric.id} ${belongs.words}` })));
    return undefined;
  }
  const reported: Record<string, number | string> = {};
  const read = new Map<Field, { readonly number: number; readonly decimals: number; readonly given: Given }>();
  for (const each of given) {
    const field = each.field ?? defaultField(metric);
    const found = readNumber(each.text, decimalComma);
    const place = { line: each.line, column: each.column };
    const takesPercent = field === 'value' && (!metric || metric.kind === 'proportion');
    if (found.kind === 'unclear')
      faults.push({ ...place, detail: found.detail, cause: `${each.column}: ${found.cause}` });
    else if (found.kind === 'percentage' && !takesPercent)
      faults.push({
        ...place,
        detail: `"${shorten(each.text)}" is a percentage, where ${field === 'value' ? 'a number' : 'a count'} is needed`,
        cause: `${each.column}: a percentage`,
      });
    else {
      reported[field] = found.kind === 'percentage' ? found.text : found.number;
      const decimals = found.kind === 'percentage' ? found.decimals : (/\.(\d+)$/.exec(each.text)?.[1] ?? '').length;
      read.set(field, { number: found.number, decimals, given: each });
      continue;
    }
    reported[field] = Number.NaN;
  }
  agreeing(metric, reported, read, faults);
  return reported;
}

/** A percentage beside the counts that it comes from is checked against them, and says no more. */
function agreeing(
  metric: Metric | undefined,
  reported: Record<string, number | string>,
  read: ReadonlyMap<Field, { readonly number: number; readonly decimals: number; readonly given: Given }>,
  faults: TableFault[],
): void {
  const [numerator, denominator, value] = [read.get('numerator'), read.get('denominator'), read.get('value')];
  if (metric?.kind !== 'proportion' || !numerator || !denominator || !value) return;
  delete reported.value;
  if (denominator.number === 0) return;
  const wanted = (100 * numerator.number) / denominator.number;
  // Spreadsheets round, and some people cut.
  if (Math.abs(wanted - value.number) < 10 ** -value.decimals) return;
  const { line, column, text } = value.given;
  faults.push({
    line,
    column,
    detail: `"${shorten(text)}" is not what ${numerator.number} of ${denominator.number} come to, which is ${wanted.toFixed(1)}%; put one of them right, or leave this cell blank`,
  });
}

/**
 * A text that a spreadsheet would take for a formula starts with one of these. An apostrophe before it makes it a text
 * (OWASP, "CSV Injection"); reading takes that apostrophe away again.
 */
export const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;

function commentaryIn(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;
}

/**
 * The line and column of what a JSON pointer into a month's body points to, as `readSubmission` names it:
 * `#/observations/referral-backlog/count`.
 */
export function placeOf(
  { sheet, line, metrics }: TablePlaces,
  pointer: string,
): { sheet?: string; line: number; column?: string } {
  const [, first = '', id = '', field = ''] = pointer
    .split('/')
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'));
  const start = { ...(sheet === undefined ? {} : { sheet }), line };
  if (first !== 'observations') return first ? { ...start, column: first } : start;
  const metric = metrics.get(id);
  if (!metric) return start;
  const { fields, ...place } = metric;
  return fields[field as Field] ?? place;
}
