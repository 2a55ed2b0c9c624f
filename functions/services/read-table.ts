import { readNumber } from './cell-numbers.ts';
import { readPeriod } from './cell-periods.ts';
import { cleaned } from './cells.ts';
import type { Naming } from './names.ts';
import type { Line, Table, TableFault, Understood } from './table.ts';
import {
  COLUMNS_NEEDED,
  type Column,
  columnsIn,
  describeColumns,
  firstOf,
  type Header,
  headerAt,
  isFieldRole,
  type Leniency,
  mayNameColumns,
  withPart,
} from './table-columns.ts';
import { type DatedOnce, datingOf, notAsCalled, subjectOf } from './table-dated.ts';
import { faultsAbove, faultsOfColumns, faultsOfHeader, nearlyHeader } from './table-heading-faults.ts';
import { readLines, textOf } from './table-lines.ts';
import { monthsOf } from './table-months.ts';

export interface TableSettings {
  /** Undefined where the metrics are not known: then names are taken to be ids. */
  readonly naming?: Naming | undefined;
  /** Names in the place of a metric's that are to be left out. */
  readonly leftOut?: ((name: string) => boolean) | undefined;
  /** The name of the sheet that the table is on: it can say the month. */
  readonly sheet?: string;
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
  { naming, leftOut, sheet, decimalComma = false }: TableSettings = {},
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
  const found = findHeader(filled, naming);
  if (!found) return withoutHeader(filled, first, naming);
  const { at, names, leniency } = found;
  const { once } = leniency;
  const isUndated = once === 'month';
  const above = filled.slice(0, at);
  const subject = once === 'metric' ? subjectOf(sheet, above, naming) : undefined;
  if (once === 'metric' && !subject) return withoutHeader(filled, first, naming);
  const { below, repeated, another } = belowNames(filled, found, naming);
  const header = withPart(names, below);
  const dating = isUndated ? datingOf(sheet, above) : undefined;
  if (isUndated && !dating) {
    const without = withoutHeader(filled, first, naming);
    return holdsNumbers(header, below) ? { ...without, isUndated } : without;
  }
  if (dating?.fault) faults.push(dating.fault);
  if (isUndated) faults.push(...faultsOfMonthColumns(header, below));
  if (another)
    faults.push({
      line: another.line,
      detail: `names the columns anew, and other ones than line ${header.line}; put what follows into a file or a sheet of its own`,
    });
  faults.push(
    ...faultsOfHeader(header),
    ...above.flatMap((line) => faultsAbove(line, naming)),
    ...faultsOfColumns(header, below),
  );
  const aside = (why: string) => (each: Line) => ({ line: each.line, text: textOf(each.cells), why });
  const asides = [
    ...above.map(aside('stands above the names of the columns')),
    ...repeated.map(aside('repeats the names of the columns')),
  ];
  const fatal = faults.length > 0;
  const read = fatal
    ? { entries: [], remarks: [], blanks: 0 }
    : readLines(header, below, { naming, leftOut, month: dating?.month, subject }, faults, asides);
  const months = monthsOf(read, header, faults, decimalComma);
  const periods = months.filter(({ isMonth }) => isMonth).map(({ period }) => period);
  const contrary = isUndated ? undefined : notAsCalled(sheet, periods);
  if (contrary) faults.push({ line: header.line, detail: contrary });
  return {
    months,
    faults: faults.sort((a, b) => a.line - b.line),
    understood: {
      header: header.line,
      holds: header.holds,
      ...(dating?.month && { month: described(dating.month, periods) }),
      ...(subject && { metric: { title: subject.named.metric.title, text: subject.text, from: subject.from } }),
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

interface FoundHeader {
  readonly at: number;
  readonly names: Header;
  readonly leniency: Leniency;
}

/** The less is missing in the names of columns, the sooner they are taken for them. */
const LENIENCIES: readonly Leniency[] = [
  {},
  { once: 'month' },
  { once: 'metric' },
  { byContent: true },
  { byContent: true, once: 'month' },
];

/** The first line that names the columns best. */
function findHeader(filled: readonly Line[], naming: Naming | undefined): FoundHeader | undefined {
  for (const leniency of LENIENCIES)
    for (const at of firstOf(filled).keys()) {
      const names = headerAt(filled, at, naming, leniency);
      if (names) return { at, names, leniency };
    }
  return undefined;
}

/** How the month of a whole table was read: the month, or the year or quarter as written. */
function described({ text, from }: DatedOnce, [period]: readonly string[]): NonNullable<Understood['month']> {
  return { period: period ?? text, text, from };
}

/** Whether anything below columns for figures is a number: definitions have such columns, too. */
function holdsNumbers({ columns }: Header, below: readonly Line[]): boolean {
  const figures = columns.filter(({ role, figure }) => figure ?? isFieldRole(role));
  return below.some(({ cells }) =>
    figures.some(({ index }) => readNumber(cleaned(cells[index] ?? ''), false).kind !== 'unclear'),
  );
}

/** Columns of months under a name that does not say so, where the month would be taken from elsewhere. */
function faultsOfMonthColumns({ columns, line }: Header, below: readonly Line[]): TableFault[] {
  return columns
    .filter(({ heading, role, figure }) => heading && !role && !figure)
    .filter(({ index }) => {
      const texts = below.map(({ cells }) => cleaned(cells[index] ?? '')).filter(Boolean);
      return texts.length > 0 && texts.every((text) => readPeriod(text).kind !== 'unclear');
    })
    .map(({ heading }) => ({
      line,
      column: heading,
      detail: 'holds months; call it "Month" if the figures are of them',
    }));
}

/** The lines below the names of the columns, which stand there again where files or pages were put together. */
function belowNames(
  filled: readonly Line[],
  { at, names: header, leniency }: FoundHeader,
  naming: Naming | undefined,
): { below: readonly Line[]; repeated: readonly Line[]; another?: Line } {
  const { height, columns } = header;
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
    (line, index) => mayNameColumns(line) && !isFigures(line) && headerAt(rest, index, naming, leniency) !== undefined,
  );
  const another = rest[end];
  return { below: another ? rest.slice(0, end) : rest, repeated, ...(another ? { another } : {}) };
}

/** A table of which no line names the columns: of months under names that none of our metrics has, these. */
function withoutHeader(filled: readonly Line[], first: Line, naming: Naming | undefined): Table {
  const nearly = nearlyHeader(filled, naming);
  if (nearly) return { months: [], faults: nearly };
  for (const [at, line] of firstOf(filled).entries()) {
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
