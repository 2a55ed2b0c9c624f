import type { Metric } from '../domain/metric.ts';
import { markerIn, readNumber } from './cell-numbers.ts';
import { type PeriodLabel, readPeriod, statusNamed } from './cell-periods.ts';
import { cleaned, errorIn, shorten } from './cells.ts';
import { type Field, fieldNamed, type Named, type Naming, plain } from './names.ts';
import type { Line, TableFault } from './table.ts';
import { type Column, type Header, isFieldRole, type Role } from './table-columns.ts';
import { type DatedOnce, type NamedOnce, otherMetricOn, otherMonthOn } from './table-dated.ts';

/** The lines of a table below its columns' names: what each says of which metric and month. */

/** One cell that may hold a figure, with everything said of it. */
export interface Given {
  readonly field: Field | undefined;
  readonly text: string;
  readonly line: number;
  readonly column: string;
}

/** What one line says of one metric in one period. */
export interface Entry {
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
export interface Remark {
  readonly line: number;
  readonly periodColumn: string;
  readonly label: PeriodLabel;
  readonly labelText: string;
  readonly status: string;
  readonly commentary: string;
}

export const textOf = (cells: readonly string[]): string => shorten(cells.map(cleaned).filter(Boolean).join(' '));

const TOTAL =
  /^(grand |sub-?)?totals?\b|^(overall|sum|average|mean|ytd|year to date|cumulative)\b|\b(ytd|year to date|total)$/i;
/** … and in the place of a metric's name, which may begin so. */
const TOTAL_NAME =
  /^((grand |sub-?)?totals?|overall|sum|average|mean|ytd|year to date|cumulative)( (of|for) (all|the|year)\b.*)?[:*]?$|\b(ytd|year to date|total)$/i;
/** In the place of a month: what is told beside figures, and is none of this authority's months. */
const NO_MONTH =
  /^(targets?|standards?|benchmarks?|england|national|region(al)?|(statistical|stat\.?) neighbours?|max(imum)?|min(imum)?|median|range|variance|change|difference|trend)( average| mean| figure)?:?$/i;

/** Words that are under figures: units, and not what a figure was withheld by. */
const areWords = (texts: readonly string[]): boolean =>
  texts.every((text) => !/\d/.test(text) && markerIn(text) === undefined);

export interface Lines {
  readonly entries: readonly Entry[];
  readonly remarks: readonly Remark[];
  readonly blanks: number;
}

/** What names mean, and which are to be left out. */
interface Names {
  readonly naming: Naming | undefined;
  readonly leftOut: ((name: string) => boolean) | undefined;
}

/** Reads the lines of a table; `month` is that of all of them, where no column says it. */
export function readLines(
  header: Header,
  below: readonly Line[],
  {
    naming,
    leftOut,
    month,
    subject,
  }: Names & { readonly month: DatedOnce | undefined; readonly subject: NamedOnce | undefined },
  faults: TableFault[],
  asides: { line: number; text: string; why: string }[],
): Lines {
  const { columns, holds } = header;
  const of = (role: Role): Column | undefined => columns.find((column) => column.role === role);
  const [period, metric, status, commentary] = [of('period'), of('metric'), of('status'), of('commentary')];
  const [part, year] = [of('part'), of('year')];
  const fields = columns.filter(({ role }) => isFieldRole(role));
  const unread = columns.filter(({ heading, role, figure, month }) => heading && !role && !figure && !month);
  const entries: Entry[] = [];
  const remarks: Remark[] = [];
  let blanks = 0;
  let nameAbove = '';
  for (const line of below) {
    const cell = (column: Column | undefined): string => cleaned((column && line.cells[column.index]) ?? '');
    const first = cleaned(line.cells.find((text) => cleaned(text) !== '') ?? '');
    const aside = (why: string): void => void asides.push({ line: line.line, text: textOf(line.cells), why });
    const saidPeriod = withYear(cell(period), cell(year));
    const given = (column: Column, field: Field | undefined): Given[] =>
      cell(column) === '' ? [] : [{ field, text: cell(column), line: line.line, column: column.heading }];
    const found: Omit<Entry, 'line' | 'label' | 'labelText' | 'periodColumn'>[] = [];
    const which = fieldNamed(plain(cell(part)));
    // The denominator's line often leaves out the name that the numerator's has.
    const name = cell(metric) || (which ? nameAbove : '') || (subject?.named.metric.title ?? '');
    nameAbove = name;
    const known = subject?.named ?? (name ? naming?.(name) : undefined);
    const named = known && which ? { ...known, field: which } : known;
    if (TOTAL.test(cell(period)) || (cell(period) === '' && !named && TOTAL_NAME.test(name))) {
      aside('is a total');
      continue;
    }
    if (NO_MONTH.test(cell(period))) {
      aside('is of no month');
      continue;
    }
    if (name && !named && leftOut?.(name)) {
      aside('is remembered as no metric of this service');
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
    const texts = found.flatMap((entry) => entry.given.map(({ text }) => text));
    const isEmpty = texts.length === 0;
    if (!isEmpty && cell(period) === '' && !month && (holds === 'month' || name === '') && areWords(texts)) {
      aside('holds no figure');
      continue;
    }
    if (holds === 'metric') {
      const statuses = named ? [] : statusesAcross(line, header, name);
      if (statuses.length > 0) {
        remarks.push(...statuses);
        continue;
      }
      readAcross(line, { name, named, which }, header, entries, faults, asides);
      continue;
    }
    if (isEmpty && errorIn(first) === undefined) {
      const other = unread.find((column) => readNumber(cell(column), false).kind !== 'unclear');
      if (other && (month || cell(period)) && (holds === 'month' || name))
        faults.push({
          line: line.line,
          column: shorten(other.heading),
          detail: `holds ${shorten(cell(other))}, and no column that is read holds a figure; name it ${fields.map(({ heading }) => heading).join(', ') || 'after its metric'}`,
          cause: 'a figure in a column that is not read',
        });
      else if (subject && otherMetricOn(line, subject, naming))
        faults.push({ line: line.line, detail: otherMetricOn(line, subject, naming) ?? '', cause: 'another metric' });
      else if (month && otherMonthOn(line, month))
        faults.push({ line: line.line, detail: otherMonthOn(line, month) ?? '', cause: 'another month' });
      else if (isNoPart(month ? (holds === 'figure' ? named : true) : isPeriod(saidPeriod), name, holds))
        aside('holds no figure');
      else blanks += 1;
      if ((month?.label ?? readPeriod(saidPeriod)).kind !== 'month' || !cell(commentary)) continue;
    }
    const label = month?.label ?? readPeriod(saidPeriod);
    const place = {
      line: line.line,
      label,
      labelText: month?.text ?? saidPeriod,
      periodColumn: month?.from ?? period?.heading ?? 'period',
    };
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
      labelText: place.labelText,
      status: cell(status),
      commentary: commentaryIn((commentary && line.cells[commentary.index]) ?? ''),
    });
  }
  return { entries, remarks, blanks };
}

/** Whether a line without a figure is none of the table: it has no period, or no metric. */
const isNoPart = (stated: unknown, name: string, holds: Header['holds']): boolean =>
  !stated || (holds === 'figure' && name === '');

/** Whether a cell is meant to be a period, as far as can be told. */
const isPeriod = (text: string): boolean => text !== '' && (/\d/.test(text) || readPeriod(text).kind !== 'unclear');

/** A month with the year that stands in a column of its own. */
function withYear(month: string, year: string): string {
  if (month === '' || year === '' || readPeriod(month).kind !== 'unclear') return month;
  if (/^\d{1,2}$/.test(month)) return /^\d{4}$/.test(year) ? `${month}/${year}` : `${month} of ${year}`;
  return `${month} ${year}`;
}

/** A figure without a field of its own is what its metric's kind asks for. */
function fieldOf({ role }: Column, named: Named | undefined): Field | undefined {
  return role === 'figure' ? named?.field : (role as Field);
}

/** A line that says of the months side by side how far each is final. */
function statusesAcross({ line, cells }: Line, { columns }: Header, name: string): Remark[] {
  const said = columns.flatMap(({ heading, month, index }): Remark[] => {
    const status = cleaned(cells[index] ?? '');
    return month && status
      ? [{ line, periodColumn: heading, label: month, labelText: heading, status, commentary: '' }]
      : [];
  });
  const areStatuses = name === '' || plain(name) === 'status';
  return areStatuses && said.every(({ status }) => statusNamed(status)) ? said : [];
}

/** One metric a line, its months side by side. */
function readAcross(
  { line, cells }: Line,
  { name, named, which }: { name: string; named: Named | undefined; which: Field | undefined },
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
  for (const { heading, month, index, field } of months)
    if (month)
      entries.push({
        line,
        label: month,
        labelText: heading,
        periodColumn: heading,
        id: named?.metric.id ?? name,
        metric: named?.metric,
        metricColumn,
        given: [{ field: field ?? named?.field ?? which, text: cleaned(cells[index] ?? ''), line, column: heading }],
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
