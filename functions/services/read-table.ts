import { cleaned, readNumber, readPeriod } from './cells.ts';
import type { Naming } from './names.ts';
import type { Line, Table, TableFault } from './table.ts';
import {
  COLUMNS_NEEDED,
  type Column,
  columnsIn,
  describeColumns,
  faultsAbove,
  faultsOfColumns,
  faultsOfHeader,
  HEADER_LINES,
  type Header,
  headerAt,
  mayNameColumns,
  nearlyHeader,
  withPart,
} from './table-columns.ts';
import { readLines, textOf } from './table-lines.ts';
import { monthsOf } from './table-months.ts';

export interface TableSettings {
  /** Undefined where the metrics are not known: then names are taken to be ids. */
  readonly naming?: Naming | undefined;
  /** Names in the place of a metric's that are to be left out. */
  readonly leftOut?: ((name: string) => boolean) | undefined;
  /** Whether `14,5` is fourteen and a half. */
  readonly decimalComma?: boolean;
}

/** So many columns can be told apart in a message; a sheet of a million is no report. */
const MAX_COLUMNS = 1000;

/** As much as a cell of a spreadsheet holds. */
const MAX_CELL_LENGTH = 32_767;

/**
 * Reads figures kept one a line (`period,metric,numerator,denominator,count,value,status,commentary`), one month a line
 * (`period`, and columns named by metrics) or one metric a line (`metric`, and columns named by months), in any order of
 * columns, below any title. Blank means not reported. Every line is read, named among what was set aside, or a fault.
 */
export function readTable(
  lines: readonly Line[],
  { naming, leftOut, decimalComma = false }: TableSettings = {},
): Table {
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
  const at = filled.slice(0, HEADER_LINES).findIndex((_, index) => headerAt(filled, index, naming) !== undefined);
  const names = at < 0 ? undefined : headerAt(filled, at, naming);
  if (!names) return withoutHeader(filled, first, naming);
  const above = filled.slice(0, at);
  const { below, repeated, another } = belowNames(filled, at, names, naming);
  const header = withPart(names, below);
  if (another)
    faults.push({
      line: another.line,
      detail: `names the columns anew, and other ones than line ${header.line}; put what follows into a file or a sheet of its own`,
    });
  faults.push(...faultsOfHeader(header), ...above.flatMap(faultsAbove), ...faultsOfColumns(header, below));
  const aside = (why: string) => (each: Line) => ({ line: each.line, text: textOf(each.cells), why });
  const asides = [
    ...above.map(aside('stands above the names of the columns')),
    ...repeated.map(aside('repeats the names of the columns')),
  ];
  const fatal = faults.length > 0;
  const read = fatal
    ? { entries: [], remarks: [], blanks: 0 }
    : readLines(header, below, { naming, leftOut }, faults, asides);
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
    unknown:
      header.holds === 'month'
        ? unnamedColumns(header.columns, below)
        : read.entries.filter(({ metric }) => !metric).map(({ id }) => id),
  };
}

/** The lines below the names of the columns, which stand there again where files or pages were put together. */
function belowNames(
  filled: readonly Line[],
  at: number,
  { height, columns }: Header,
  naming: Naming | undefined,
): { below: readonly Line[]; repeated: readonly Line[]; another?: Line } {
  const said = ({ cells }: Line): string => cells.map(cleaned).join('\t');
  const names = filled.slice(at, at + height).map(said);
  const isRepeated = (line: Line): boolean => names.includes(said(line));
  const following = filled.slice(at + height);
  const repeated = following.filter(isRepeated);
  const rest = following.filter((line) => !isRepeated(line));
  // A line with a month where months stand is one of figures, whatever its metric is called.
  const months = columns.find(({ role }) => role === 'period');
  const isFigures = ({ cells }: Line): boolean =>
    months !== undefined && readPeriod(cleaned(cells[months.index] ?? '')).kind !== 'unclear';
  const end = rest.findIndex(
    (line, index) => mayNameColumns(line) && !isFigures(line) && headerAt(rest, index, naming) !== undefined,
  );
  const another = rest[end];
  return { below: another ? rest.slice(0, end) : rest, repeated, ...(another ? { another } : {}) };
}

/** A table of which no line names the columns: of months under names that none of our metrics has, these. */
function withoutHeader(filled: readonly Line[], first: Line, naming: Naming | undefined): Table {
  const nearly = nearlyHeader(filled, naming);
  if (nearly) return { months: [], faults: nearly };
  for (const [at, line] of filled.slice(0, HEADER_LINES).entries()) {
    const columns = columnsIn(line.cells, naming);
    const unknown = columns.some(({ role }) => role === 'period') ? unnamedColumns(columns, filled.slice(at + 1)) : [];
    if (unknown.length > 0)
      return {
        months: [],
        faults: [
          {
            line: line.line,
            detail: 'no column has the name of a metric; say below what they are, or name one by its title',
          },
        ],
        unknown,
      };
  }
  return { months: [], faults: [{ line: first.line, detail: `no line names the columns; ${COLUMNS_NEEDED}` }] };
}

/** Headings of columns that are not read and hold numbers. */
function unnamedColumns(columns: readonly Column[], below: readonly Line[]): string[] {
  const holdsNumber = ({ index }: Column): boolean =>
    below.some(({ cells }) => readNumber(cleaned(cells[index] ?? ''), false).kind !== 'unclear');
  return columns
    .filter(({ heading, role, figure, month }) => heading && !role && !figure && !month)
    .filter(holdsNumber)
    .map(({ heading }) => heading);
}

const lastFilled = (cells: readonly string[]): number => cells.findLastIndex((cell) => cleaned(cell) !== '');
