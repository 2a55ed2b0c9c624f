import { cleaned } from './cells.ts';
import type { Naming } from './names.ts';
import type { Line, Table, TableFault } from './table.ts';
import {
  COLUMNS_NEEDED,
  describeColumns,
  faultsAbove,
  faultsOfColumns,
  faultsOfHeader,
  HEADER_LINES,
  headerIn,
  nearlyHeader,
} from './table-columns.ts';
import { readLines, textOf } from './table-lines.ts';
import { monthsOf } from './table-months.ts';

export interface TableSettings {
  /** Undefined where the metrics are not known: then names are taken to be ids. */
  readonly naming?: Naming | undefined;
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
