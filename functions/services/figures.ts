import type { Fault } from '../domain/faults.ts';
import type { Metric } from '../domain/metric.ts';
import type { OwnNameMeaning } from '../domain/own-name.ts';
import { faultsOfPeriod, MAX_MONTHS, readSubmission, type Submission } from '../domain/submission.ts';
import { shorten } from './cells.ts';
import { decodeText, readCsv, UnreadableFileError } from './csv.ts';
import { leftOutBy, namingOf, plain } from './names.ts';
import { readTable, type TableSettings } from './read-table.ts';
import { suggestions } from './suggestions.ts';
import {
  fieldMissingAt,
  type Line,
  placeOf,
  type Table,
  type TableFault,
  type TableMonth,
  type Understood,
} from './table.ts';
import { NOT_READ } from './table-columns.ts';
import { isWorkbook, readWorkbook, type Sheet, whyOldWorkbook } from './workbook.ts';

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

/** One thing wrong with a file: by line and column, and by sheet where it is a workbook. */
export interface FileFault {
  readonly sheet?: string;
  readonly line: number;
  readonly column?: string;
  readonly detail: string;
}

export interface Figures {
  readonly months: readonly FiguresMonth[];
  readonly faults: readonly FileFault[];
  /** How each table of the file was read. */
  readonly understood: readonly (Understood & { readonly sheet?: string })[];
  /** Sheets of a workbook that were not read, and why. */
  readonly otherSheets: readonly { readonly name: string; readonly why: string }[];
  /** Names beside figures that no metric has. */
  readonly unknown: readonly string[];
}

/** A part of a file that was not taken: a sheet, a column, a line, or all lines without a figure. */
export interface SetAside {
  readonly sheet?: string;
  readonly line?: number;
  readonly column?: string;
  readonly text?: string;
  readonly why: string;
}

/** Everything of a file that was not taken, as it stands there. */
export function setAsideIn({ understood, otherSheets }: Pick<Figures, 'understood' | 'otherSheets'>): SetAside[] {
  const within = understood.flatMap(({ sheet, columns, asides, blanks }): SetAside[] => {
    const on = sheet ? { sheet } : {};
    return [
      ...columns
        .filter(({ readAs }) => readAs === NOT_READ)
        .map(({ heading }) => ({ ...on, column: heading, why: 'is not read' })),
      ...asides.map((aside) => ({ ...on, ...aside })),
      ...(blanks > 0
        ? [{ ...on, why: `${blanks === 1 ? 'one line has' : `${blanks} lines have`} no figure: not reported` }]
        : []),
    ];
  });
  return [...within, ...otherSheets.map(({ name, why }) => ({ sheet: name, why }))];
}

/**
 * The numbers of lines, in order, where there are too many to show what stands on each.
 *
 * @example describeLines([3, 4, 5, 9]) → 'lines 3 to 5, 9'
 */
export function describeLines(lines: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const line of lines) {
    const run = runs.at(-1);
    if (run && line === run[1] + 1) run[1] = line;
    else runs.push([line, line]);
  }
  const said = runs.map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`));
  return `line${lines.length > 1 ? 's' : ''} ${said.join(', ')}`;
}

export interface FiguresSettings {
  /** By when a month has to be over; without it that is left to whoever takes the months. */
  readonly now?: Date;
  readonly maxMonths?: number;
  /** What the authority's own names mean. */
  readonly ownNames?: readonly OwnNameMeaning[];
}

/**
 * Reads a file of figures (text or workbook) by the metrics they are for; where these are not known, only what does not depend on
 * them is checked. With any fault there is no month; the faults are in the file's order.
 */
export function readFigures(
  file: string | Uint8Array,
  metrics: ReadonlyMap<string, Metric> | undefined,
  { now, maxMonths = MAX_MONTHS, ownNames = [] }: FiguresSettings = {},
): Figures {
  const { tables, otherSheets } = tablesOf(
    file,
    metrics ? { naming: namingOf(metrics.values(), ownNames), leftOut: leftOutBy(ownNames) } : {},
  );
  const understood = tables.flatMap(({ sheet, understood: how }) =>
    how ? [{ ...how, ...(sheet ? { sheet } : {}) }] : [],
  );
  const { months, faults } = joined(tables);
  const unknown = [
    ...new Map(tables.flatMap((table) => table.unknown ?? []).map((name) => [plain(name), name])).values(),
  ];
  const how = { understood, otherSheets, unknown };
  const count = months.filter(({ isMonth }) => isMonth).length;
  if (count > maxMonths || (months.length === 0 && faults.length === 0)) {
    const detail =
      count > 0
        ? `the file holds ${count} months; one request takes 1 to ${maxMonths}`
        : 'the file holds no figure: every cell for one is blank';
    return { months: [], faults: [{ line: 1, detail }, ...together(faults)], ...how };
  }
  const suggest = suggestions();
  const found: TableFault[] = [];
  const read = months.flatMap(({ period, isMonth, body, places, statesStatus }): FiguresMonth[] => {
    const at = ({ pointer, detail }: Fault): FileFault => {
      const field = fieldMissingAt(places, pointer);
      return { ...placeOf(places, pointer), detail: field ? `its ${field} ${detail}` : detail };
    };
    const { submission, faults: wrong } = readSubmission(body, metrics, suggest);
    const place = { ...(places.sheet ? { sheet: places.sheet } : {}), line: places.line, column: places.column };
    found.push(
      ...(now && isMonth ? faultsOfPeriod(period, now) : []).map(({ detail }) => ({ ...place, detail })),
      // That a month holds nothing is only so because what it holds could not be read.
      ...wrong.filter(({ pointer }) => faults.length === 0 || pointer !== '#/observations').map(at),
    );
    return submission ? [{ period, submission, statesStatus, body, at }] : [];
  });
  const all = together(withFurther(faults, found));
  return { months: all.length > 0 ? [] : read, faults: all, ...how };
}

type Names = Pick<TableSettings, 'naming' | 'leftOut'>;

interface FileTable extends Table {
  readonly sheet?: string;
}

/** The tables of a file: one of a text, and of a workbook one for each sheet that has figures. */
function tablesOf(
  file: string | Uint8Array,
  names: Names,
): { tables: readonly FileTable[]; otherSheets: Figures['otherSheets'] } {
  try {
    if (typeof file === 'string') return { tables: [readCsv(noOther(file), names)], otherSheets: [] };
    const old = whyOldWorkbook(file);
    if (old) throw new UnreadableFileError(1, old);
    if (!isWorkbook(file)) return { tables: [readCsv(asTable(file), names)], otherSheets: [] };
    return tablesInWorkbook(readWorkbook(file), names);
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    return { tables: [{ months: [], faults: [{ line: error.line, detail: error.message }] }], otherSheets: [] };
  }
}

/** What files begin with that are often taken for tables. */
const OTHER_KINDS: readonly (readonly [RegExp, string])[] = [
  [/^%PDF/, 'a PDF'],
  [
    /^\s*(<!--((?!-->).)*-->\s*)*<(!doctype|html|head|meta|style|body|\?xml|table|div)/is,
    'a web page or XML (some systems call one .xls)',
  ],
  [/^\s*(\{|\[\s*[[{"\d])/, 'JSON or rich text'],
  [/^mime-version:/i, 'a web page in one file'],
  [/^ID;P|^TABLE\s+0,1\s/, 'a spreadsheet of the oldest kinds (SYLK or DIF)'],
  [/^(\u0089PNG|\u00ff\u00d8\u00ff|GIF8)/, 'a picture'],
  [/^(\p{Cc}\u008b|Rar!|7z\u00bc\u00af)/u, 'an archive of other files'],
];

/** A text that may be a table. Throws {@link UnreadableFileError}. */
function noOther(text: string): string {
  const start = text.slice(0, 2000).replace(/^(\uFEFF|\u00ef\u00bb\u00bf)/, '');
  const other = OTHER_KINDS.find(([begins]) => begins.test(start));
  if (other)
    throw new UnreadableFileError(
      1,
      `the file is ${other[1]}, not a table; open it where it came from and save the figures as "Excel Workbook (.xlsx)" or as CSV`,
    );
  return text;
}

/** The text of a file that may be a table. Throws {@link UnreadableFileError}. */
function asTable(bytes: Uint8Array): string {
  // Before it is decoded, as most of them are no text.
  noOther(Buffer.from(bytes.subarray(0, 2000)).toString('latin1'));
  return noOther(decodeText(bytes));
}

function tablesInWorkbook(
  sheets: readonly Sheet[],
  names: Names,
): { tables: readonly FileTable[]; otherSheets: Figures['otherSheets'] } {
  const tables = sheets.map(({ name, isHidden, lines }): FileTable & { sheet: string; why: string } => {
    if (isHidden) return { sheet: name, why: 'is hidden', months: [], faults: [{ line: 1, detail: HIDDEN }] };
    const table = readTable(lines, { ...names, sheet: name });
    return { sheet: name, why: whyNotRead(lines, table), ...table };
  });
  const read = tables.filter(({ understood }) => understood);
  // Where no sheet can be read, the first with anything in it says why.
  const first = tables.find(({ why }) => why.startsWith('has')) ?? tables[0];
  const shown = read.length > 0 ? read : first ? [first] : [];
  return {
    tables: shown.map(stamped),
    otherSheets: tables.filter((table) => !shown.includes(table)).map(({ sheet, why }) => ({ name: sheet, why })),
  };
}

const HIDDEN = 'the sheet is hidden, and hidden sheets are not read; unhide it and save the workbook again';

function whyNotRead(lines: readonly Line[], { isUndated }: Table): string {
  if (lines.length === 0) return 'is empty';
  return isUndated ? 'holds figures of which nothing says the month' : 'has no line that names the columns';
}

/** A table whose places all name its sheet. */
function stamped({ sheet, months, faults, ...table }: FileTable & { readonly sheet: string }): FileTable {
  const on = <T extends object>(place: T): T & { sheet: string } => ({ sheet, ...place });
  return {
    ...table,
    sheet,
    faults: faults.map(on),
    months: months.map(({ places, ...month }) => ({
      ...month,
      places: {
        ...on(places),
        metrics: new Map(
          [...places.metrics].map(([id, { fields, ...place }]) => [
            id,
            {
              ...on(place),
              fields: Object.fromEntries(Object.entries(fields).map(([field, at]) => [field, on(at)])),
            },
          ]),
        ),
      },
    })),
  };
}

/** The months of several tables; one that is in two of them has the figures of both. */
function joined(tables: readonly FileTable[]): { months: readonly TableMonth[]; faults: readonly TableFault[] } {
  const faults = tables.flatMap((table) => table.faults);
  const [first, ...others] = tables;
  if (others.length === 0) return { months: first?.months ?? [], faults };
  const months = new Map<string, TableMonth>();
  for (const month of tables.flatMap((table) => table.months)) {
    const key = month.isMonth ? month.period : `${month.places.sheet} ${month.places.line} ${month.places.column}`;
    const earlier = months.get(key);
    months.set(key, earlier ? withFiguresOf(earlier, month, faults) : month);
  }
  return { months: [...months.values()].sort((a, b) => (a.period < b.period ? -1 : 1)), faults };
}

function withFiguresOf(one: TableMonth, other: TableMonth, faults: TableFault[]): TableMonth {
  const { period, body, places } = other;
  const clash = (what: string): void =>
    void faults.push({
      ...(places.sheet ? { sheet: places.sheet } : {}),
      line: places.line,
      column: places.column,
      detail: `${period} has ${what} in the sheet "${one.places.sheet}"`,
    });
  for (const [id, { fields, ...place }] of places.metrics)
    if (one.places.metrics.has(id))
      faults.push({ ...place, detail: `${id} is given for ${period} in the sheet "${one.places.sheet}" too` });
  if (one.statesStatus && other.statesStatus && one.body.status !== body.status) clash('another status');
  if (one.body.commentary && body.commentary && one.body.commentary !== body.commentary) clash('another commentary');
  return {
    ...one,
    statesStatus: one.statesStatus || other.statesStatus,
    body: {
      ...one.body,
      ...(body.commentary ? { commentary: body.commentary } : {}),
      status: other.statesStatus ? body.status : one.body.status,
      observations: { ...one.body.observations, ...body.observations },
    },
    places: { ...one.places, metrics: new Map([...one.places.metrics, ...places.metrics]) },
  };
}

/** Faults of the file with those that its contents have elsewhere: what cannot be read is wrong only once. */
function withFurther(faults: readonly TableFault[], further: readonly TableFault[]): TableFault[] {
  const placeIn = ({ sheet, line, column }: TableFault): string => `${sheet} ${line} ${column}`;
  // A set, as a megabyte of nonsense has tens of thousands of both.
  const known = new Set(faults.map(placeIn));
  return [...faults, ...further.filter((fault) => !known.has(placeIn(fault)))].sort((a, b) =>
    a.sheet === b.sheet ? a.line - b.line : 0,
  );
}

/** So many faults of one cause are named one by one; of more, the first, with where the others are. */
const FEW = 3;
/** So many lines are named beside the first. */
const LINES_NAMED = 5;

/** Faults of one cause as one: the first, with the lines of the others. Faults are in the order of lines. */
function together(all: readonly TableFault[]): FileFault[] {
  // With months side by side, a line has the same fault in each of them.
  const faults = [...new Map(all.map((fault) => [JSON.stringify(fault), fault])).values()];
  const byCause = new Map<string, TableFault[]>();
  for (const fault of faults) {
    const cause = causeOf(fault);
    const others = byCause.get(cause);
    if (others) others.push(fault);
    else byCause.set(cause, [fault]);
  }
  return faults.flatMap(({ cause, ...fault }) => {
    const alike = byCause.get(causeOf({ cause, ...fault })) ?? [];
    if (alike.length <= FEW) return [fault];
    const [first] = alike;
    if (first?.sheet !== fault.sheet || first?.line !== fault.line || first?.column !== fault.column) return [];
    return [{ ...fault, detail: `${fault.detail} (so it is on ${more(alike.slice(1))})` }];
  });
}

/** What it says, whatever its numbers are; names in quotation marks are what it is about. */
function causeOf({
  cause,
  sheet,
  column,
  detail,
}: Omit<TableFault, 'cause'> & { readonly cause?: string | undefined }): string {
  const said =
    cause ?? `${column}: ${detail.replace(/"[^"]*"|\d+(?:\.\d+)?/g, (part) => (part.startsWith('"') ? part : '0'))}`;
  return `${sheet} ${said}`;
}

function more(others: readonly TableFault[]): string {
  const lines = [...new Set(others.map(({ line }) => line))];
  const named = lines.slice(0, LINES_NAMED).join(', ');
  const rest = lines.length - LINES_NAMED;
  return shorten(`line${lines.length > 1 ? 's' : ''} ${named}`) + (rest > 0 ? ` and ${rest} more` : '');
}
