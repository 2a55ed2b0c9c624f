import type { Metric } from '../domain/inspection.ts';
import { type Fault, faultsOfPeriod, MAX_MONTHS, readSubmission, type Submission } from '../domain/submission.ts';
import { suggestions } from './accept.ts';
import { shorten } from './cells.ts';
import { decodeText, readCsv, UnreadableFileError } from './csv.ts';
import { placeOf, type Table, type TableFault, type TableMonth, type Understood } from './table.ts';

/** A month of a file of figures; `at` says where in the file something that a JSON pointer names stands. */
export interface FiguresMonth {
  readonly period: string;
  readonly submission: Submission;
  /** Whether the file says which status; where it does not, a month that is there already keeps its own. */
  readonly statesStatus: boolean;
  /** As the API takes it. */
  readonly body: TableMonth['body'];
  readonly at: (fault: Fault) => FileFault;
}

/** One thing wrong with a file. */
export interface FileFault {
  readonly line: number;
  readonly column?: string;
  readonly detail: string;
}

export interface Figures {
  readonly months: readonly FiguresMonth[];
  readonly faults: readonly FileFault[];
  readonly understood?: Understood;
}

export interface FiguresSettings {
  /** By when a month has to be over; without it that is left to whoever takes the months. */
  readonly now?: Date;
  readonly maxMonths?: number;
}

/**
 * Reads a file of figures by the metrics they are for; where these are not known, only what does not depend on them is
 * checked. With any fault there is no month; the faults are in the file's order.
 */
export function readFigures(
  file: string | Uint8Array,
  metrics: ReadonlyMap<string, Metric> | undefined,
  { now, maxMonths = MAX_MONTHS }: FiguresSettings = {},
): Figures {
  const { months, faults, understood } = tableOf(file, metrics);
  const how = understood ? { understood } : {};
  const count = months.filter(({ isMonth }) => isMonth).length;
  if (count > maxMonths || (months.length === 0 && faults.length === 0))
    return {
      months: [],
      faults: [
        {
          line: 1,
          detail:
            count > 0
              ? `the file holds ${count} months; one request takes 1 to ${maxMonths}`
              : 'the file holds no figure: every cell for one is blank',
        },
        ...together(faults),
      ],
      ...how,
    };
  const suggest = suggestions();
  const found: TableFault[] = [];
  const read = months.flatMap(({ period, isMonth, body, places, statesStatus }): FiguresMonth[] => {
    const at = ({ pointer, detail }: Fault): FileFault => ({ ...placeOf(places, pointer), detail });
    const { submission, faults: wrong } = readSubmission(body, metrics, suggest);
    found.push(
      ...(now && isMonth ? faultsOfPeriod(period, now) : []).map(({ detail }) => ({
        line: places.line,
        column: places.column,
        detail,
      })),
      // That a month holds nothing is only so because what it holds could not be read.
      ...wrong.filter(({ pointer }) => faults.length === 0 || pointer !== '#/observations').map(at),
    );
    return submission ? [{ period, submission, statesStatus, body, at }] : [];
  });
  const all = together(withFurther(faults, found));
  return { months: all.length > 0 ? [] : read, faults: all, ...how };
}

/** The tables of a file: one of a text, and of a workbook one a sheet that has figures. */
function tablesOf(
  file: string | Uint8Array,
  metrics: ReadonlyMap<string, Metric> | undefined,
): { tables: readonly Sheeted[]; faults: readonly FileFault[] } {
  try {
    if (typeof file === 'string') return { tables: [{ table: readCsv(file, metrics) }], faults: [] };
    if (isOldWorkbook(file)) throw new UnreadableFileError(1, OLD_WORKBOOK);
    if (!isWorkbook(file)) return { tables: [{ table: readCsv(decodeText(file), metrics) }], faults: [] };
    const naming = metrics && namingOf(metrics.values());
    const sheets = readWorkbook(file).map(({ name, isHidden, lines }) => ({ sheet: name, isHidden, table: readTable(lines, { naming }) }));
    const withFigures = sheets.filter(({ table }) => table.understood);
    if (withFigures.length > 0) return { tables: sheets, faults: [] };
    const first = sheets.find(({ table, isHidden }) => !isHidden && table.faults[0]?.line !== undefined) ?? sheets[0];
    return { tables: first ? [first] : [], faults: first ? [] : [{ line: 1, detail: 'the workbook has no sheet' }] };
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    return { tables: [], faults: [{ line: error.line, detail: error.message }] };
  }
}

const OLD_WORKBOOK =
  'the file is a workbook of before 2007, or has a password; save it as "Excel Workbook (.xlsx)" without one';

/** Faults of the file with those that its contents have elsewhere: what cannot be read is wrong only once. */
function withFurther(faults: readonly TableFault[], further: readonly TableFault[]): TableFault[] {
  const placeIn = ({ line, column }: TableFault): string => `${line} ${column}`;
  // A set, as a megabyte of nonsense has tens of thousands of both.
  const known = new Set(faults.map(placeIn));
  return [...faults, ...further.filter((fault) => !known.has(placeIn(fault)))].sort((a, b) => a.line - b.line);
}

/** So many faults of one cause are named one by one; of more, the first, with where the others are. */
const FEW = 3;
/** So many lines are named beside the first. */
const LINES_NAMED = 5;

/** Faults of one cause as one: the first, with the lines of the others. Faults are in the order of lines. */
function together(faults: readonly TableFault[]): FileFault[] {
  const byCause = new Map<string, TableFault[]>();
  for (const fault of faults) {
    const cause = causeOf(fault);
    const others = byCause.get(cause);
    if (others) others.push(fault);
    else byCause.set(cause, [fault]);
  }
  return faults.flatMap(({ cause, ...fault }) => {
    const all = byCause.get(causeOf({ cause, ...fault })) ?? [];
    if (all.length <= FEW) return [fault];
    if (all[0]?.line !== fault.line || all[0].column !== fault.column) return [];
    return [{ ...fault, detail: `${fault.detail} (so it is on ${more(all.slice(1))})` }];
  });
}

/** What it says, whatever its numbers are; names in quotation marks are what it is about. */
function causeOf({
  cause,
  column,
  detail,
}: Omit<TableFault, 'cause'> & { readonly cause?: string | undefined }): string {
  return (
    cause ?? `${column}: ${detail.replace(/"[^"]*"|\d+(?:\.\d+)?/g, (part) => (part.startsWith('"') ? part : '0'))}`
  );
}

function more(others: readonly TableFault[]): string {
  const lines = [...new Set(others.map(({ line }) => line))];
  const named = lines.slice(0, LINES_NAMED).join(', ');
  const rest = lines.length - LINES_NAMED;
  return shorten(`line${lines.length > 1 ? 's' : ''} ${named}`) + (rest > 0 ? ` and ${rest} more` : '');
}
