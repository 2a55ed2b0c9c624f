import { closest, distance } from 'fastest-levenshtein';
import { readNumber } from './cell-numbers.ts';
import { isQuestionedMonth, readPeriod, WITH_MORE } from './cell-periods.ts';
import { cleaned, shorten } from './cells.ts';
import { type Naming, plain } from './names.ts';
import { type Line, LONG, type TableFault } from './table.ts';
import {
  COLUMNS_NEEDED,
  type Column,
  columnsIn,
  firstOf,
  type Header,
  headingOf,
  isFieldRole,
  letterOf,
} from './table-columns.ts';

/** What is wrong with the names of a table's columns, and with what stands above or beside them. */

/** Why a line that begins like the names of columns is none: the first with two names that are known. */
export function nearlyHeader(filled: readonly Line[], naming: Naming | undefined): TableFault[] | undefined {
  for (const { line, cells } of firstOf(filled)) {
    const columns = columnsIn(cells, naming);
    const known = columns.filter(({ role, figure }) => role ?? figure);
    const questioned = columns.flatMap((column) => questionedMonth(column, line));
    if (known.some(({ role }) => role === 'metric') && questioned.length > 0) return questioned;
    if (known.length < 2) continue;
    const missing = (['period', 'metric'] as const).filter(
      (wanted) => !known.some(({ role, figure }) => role === wanted || (wanted === 'metric' && figure)),
    );
    const figures = known.some(({ role, figure }) => isFieldRole(role) || figure);
    return [
      ...missing.map((column) => ({ line, column, detail: MISSING[column] })),
      ...(figures ? [] : [{ line, detail: `no column holds a figure; ${COLUMNS_NEEDED}` }]),
      ...doubled(columns, line),
    ];
  }
  return undefined;
}

const MISSING = {
  period:
    'this column is missing; add it, or say the month of all figures once, in a line above the columns or as the name of the sheet, such as "April 2024"',
  metric: 'this column is missing',
} as const;

/** What is wrong with the heading of a column that is a month, and of which it has to be asked which. */
function questionedMonth({ heading, role, figure, month }: Column, line: number): TableFault[] {
  const label = readPeriod(heading);
  if (role || figure || month || !isQuestionedMonth(label)) return [];
  return [{ line, column: shorten(heading), detail: label.detail, cause: label.cause }];
}

export function faultsOfHeader({ line, columns }: Header): TableFault[] {
  return doubled(columns, line);
}

/** Columns of the same name, or of the same figure by different names. */
function doubled(columns: readonly Column[], line: number): TableFault[] {
  const seen = new Map<string, Column>();
  return columns.flatMap((column) => {
    const { role, figure, month, heading, field } = column;
    const meaning =
      role ??
      (figure
        ? `${figure.id} ${figure.field ?? ''}`
        : month && 'period' in month
          ? `${month.period} ${field ?? ''}`
          : undefined);
    if (meaning === undefined) return [];
    const earlier = seen.get(meaning);
    seen.set(meaning, earlier ?? column);
    if (!earlier) return [];
    const other = plain(earlier.heading) === plain(heading) ? '' : `, as "${shorten(earlier.heading)}"`;
    return [
      {
        line,
        column: shorten(heading),
        detail: `this column is there twice${other}; leave one of them out, or put a second table on a sheet of its own`,
      },
    ];
  });
}

/** A line above the columns' names is a title, unless it holds a number beside a metric or a month: then it may be figures. */
export function faultsAbove({ line, cells }: Line, naming: Naming | undefined): TableFault[] {
  const texts = cells.map(cleaned).filter(Boolean);
  const fault = {
    line,
    detail:
      'holds figures, and stands above the names of the columns; move it below them, or into a sheet or file of its own',
  };
  const isNumber = (text: string): boolean => /\d/.test(text) && readNumber(text, false).kind === 'number';
  if (texts.some(isNumber) && texts.some((text) => headingOf(text, naming).figure?.metric)) return [fault];
  const holdsMonth = texts.some((text) => readPeriod(text).kind === 'month');
  const holdsNumber = texts.some(
    (text) => readNumber(text, false).kind === 'number' && readPeriod(text).kind !== 'month',
  );
  if (texts.length < 3 || !holdsMonth || !holdsNumber) return [];
  return [fault];
}

/** Cells under no heading cannot be understood, and are named by the letter of their column. */
export function faultsOfColumns({ columns, line: header, holds }: Header, below: readonly Line[]): TableFault[] {
  const headed = new Set(columns.filter(({ heading }) => heading).map(({ index }) => index));
  const faulty = new Map<number, TableFault>();
  for (const column of columns) {
    const { index, heading, role, figure, month } = column;
    // Beside columns of months, one more with figures is none to pass over, unless it is of more than its month.
    const [questioned] = holds === 'metric' ? questionedMonth(column, header) : [];
    if (
      questioned &&
      questioned.cause !== WITH_MORE &&
      below.some(({ cells }) => readNumber(cleaned(cells[index] ?? ''), false).kind !== 'unclear')
    )
      faulty.set(index, questioned);
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
