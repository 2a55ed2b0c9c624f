import { ArchiveError, openArchive } from './archive.ts';
import { readNumber } from './cell-numbers.ts';
import { cleaned } from './cells.ts';
import { UnreadableFileError } from './csv.ts';
import type { Line } from './table.ts';
import { readXml, XmlError, type XmlListener } from './xml.ts';

/** A sheet of a workbook, as the lines that a text file of it would have. */
export interface Sheet {
  readonly name: string;
  readonly isHidden: boolean;
  readonly lines: readonly Line[];
}

/** What is read of a workbook at most; a report is far below. Together they bound time and memory, whatever is sent. */
const MAX_UNPACKED_BYTES = 24 * 1024 * 1024;
const MAX_SHEETS = 60;
const MAX_ROWS = 20_000;
/** Beyond, only cells that are empty are passed over. */
const MAX_COLUMNS = 1000;
/** Elements of all parts together, and what else takes time: a cell with a number is two, an empty one that has a format is one. */
const MAX_ELEMENTS = 250_000;
/** As many characters as Excel takes in a cell. */
const MAX_TEXT = 32_767;

/** Whether these bytes begin as a workbook does: it is a zip archive. */
export function isWorkbook(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04;
}

/** The container of workbooks of before 2007, and of those that have a password. */
const COMPOUND = Buffer.from('d0cf11e0', 'hex');
/** A workbook of Excel 4 or before has no container. */
const BARE_SHEET = Buffer.from('0908', 'hex');
const ENCRYPTED = Buffer.from('EncryptedPackage', 'utf16le');

/** What is wrong with a file of Excel's that cannot be read: a workbook with a password, or of before 2007; undefined for any other. */
export function whyOldWorkbook(file: Uint8Array): string | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const begins = (with_: Buffer): boolean => bytes.subarray(0, with_.length).equals(with_);
  if (begins(COMPOUND) && bytes.includes(ENCRYPTED))
    return 'the workbook has a password; take it off (File, Info, Protect Workbook) and save it again';
  if (begins(COMPOUND) || begins(BARE_SHEET))
    return 'the file is a workbook of before 2007 (.xls); open it in Excel and save it as "Excel Workbook (.xlsx)"';
  return undefined;
}

/**
 * Reads a workbook (ECMA-376, .xlsx) sheet by sheet. A date comes as `2024-08-01` and a percentage as `76%`, by the format of their
 * cells; a formula as what it came to when it was saved. No formula is evaluated, no macro is read. Throws
 * {@link UnreadableFileError} for what is no workbook, or more than is read.
 */
export function readWorkbook(bytes: Uint8Array): Sheet[] {
  try {
    const unpack = openArchive(bytes, MAX_UNPACKED_BYTES);
    let elements = 0;
    const work = (pieces: number): void => {
      elements += pieces;
      if (elements > MAX_ELEMENTS) fail(TOO_MUCH);
    };
    const walk: Walk = (name, listener) => {
      const part = unpack(name);
      if (!part) return false;
      try {
        readXml(part.toString('utf8'), { work, ...listener });
      } catch (error) {
        if (error instanceof XmlError) fail(`has a part that ${error.message}; open it in Excel and save it again`);
        throw error;
      }
      return true;
    };
    const book = readBook(walk, unpack.names);
    const shared = readStrings(walk);
    const styles = readStyles(walk);
    return book.sheets.map(({ name, isHidden, path }) => {
      if (isHidden) return { name, isHidden, lines: [] };
      const lines = readSheet(walk, path, { name, shared, styles, is1904: book.is1904 });
      return { name, isHidden, lines };
    });
  } catch (error) {
    if (error instanceof ArchiveError) throw new UnreadableFileError(1, `the file ${error.message}`);
    throw error;
  }
}

const fail = (why: string): never => {
  throw new ArchiveError(why);
};

const TOO_MUCH = 'holds more than is read; send the sheet with the figures alone';

/** Goes through a part by its name; false where there is none. What is damaged is refused as a whole. */
type Walk = (name: string, listener: Omit<XmlListener, 'work'>) => boolean;

/** Archives that are often taken for workbooks, by the parts that they have. */
const OTHER_ARCHIVES: readonly (readonly [RegExp, string])[] = [
  [/^xl\/workbook\.bin$/, 'a binary workbook (.xlsb)'],
  [/^content\.xml$/, 'an OpenDocument file (.ods)'],
  [/^index\/.*\.iwa$|^index\.zip$/, 'a Numbers file'],
  [/^word\//, 'a Word document'],
  [/^ppt\//, 'a presentation'],
  [/\.(xlsx|csv|txt)$/, 'a zip archive of other files'],
];

function otherArchive(names: readonly string[]): string {
  const [, kind = 'a zip archive'] = OTHER_ARCHIVES.find(([part]) => names.some((name) => part.test(name))) ?? [];
  return `is ${kind}, no Excel workbook; save the figures as "Excel Workbook (.xlsx)" or as CSV`;
}

function readBook(
  walk: Walk,
  names: readonly string[],
): { sheets: { name: string; isHidden: boolean; path: string }[]; is1904: boolean } {
  const targets = new Map<string, string>();
  walk('xl/_rels/workbook.xml.rels', {
    open: (name, attributes) => {
      if (name !== 'Relationship') return;
      const { Id = '', Target = '' } = attributes();
      targets.set(Id, Target.startsWith('/') ? Target.slice(1) : `xl/${Target}`);
    },
  });
  const sheets: { name: string; isHidden: boolean; path: string }[] = [];
  let is1904 = false;
  const isBook = walk('xl/workbook.xml', {
    open: (name, attributes) => {
      if (name === 'workbookPr') is1904 = ['1', 'true'].includes(attributes().date1904 ?? '');
      if (name !== 'sheet') return;
      const { name: title = '', state = 'visible', ...others } = attributes();
      const id = Object.entries(others).find(([key]) => key.endsWith(':id'))?.[1] ?? '';
      if (sheets.length >= MAX_SHEETS) fail(`has more than ${MAX_SHEETS} sheets; send the one with the figures alone`);
      sheets.push({ name: title, isHidden: state !== 'visible', path: targets.get(id) ?? '' });
    },
  });
  if (!isBook) fail(otherArchive(names));
  return { sheets, is1904 };
}

/** The texts that cells refer to by number. How a text is to be pronounced (`rPh`) is no part of it. */
function readStrings(walk: Walk): string[] {
  const strings: string[] = [];
  let current: string | undefined;
  let isText = false;
  let isReading = true;
  walk('xl/sharedStrings.xml', {
    open: (name) => {
      if (name === 'si') current = '';
      if (name === 'rPh') isReading = false;
      if (name === 't') isText = isReading;
    },
    text: (value) => {
      if (isText && current !== undefined && current.length <= MAX_TEXT) current += value;
    },
    close: (name) => {
      if (name === 't') isText = false;
      if (name === 'rPh') isReading = true;
      if (name !== 'si') return;
      strings.push(unescaped((current ?? '').slice(0, MAX_TEXT)));
      current = undefined;
    },
  });
  return strings;
}

/** Characters that XML cannot hold, as workbooks write them: `_x000D_` (ECMA-376, part 1, 22.9.2.19). */
const unescaped = (text: string): string =>
  text.replace(/_x([\da-f]{4})_/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));

type NumberStyle = 'plain' | 'date' | 'percent';

/** Formats that have a number and no text of their own (ECMA-376, part 1, 18.8.30; 27 to 58 are dates in East Asia). */
const isBuiltInDate = (id: number): boolean =>
  (id >= 14 && id <= 17) || id === 22 || (id >= 27 && id <= 36) || (id >= 50 && id <= 58);
const isBuiltInPercent = (id: number): boolean => id === 9 || id === 10;

/** What the numbers of cells are, by the style that cells name. */
function readStyles(walk: Walk): NumberStyle[] {
  const formats = new Map<number, string>();
  const styles: NumberStyle[] = [];
  let isCell = false;
  walk('xl/styles.xml', {
    open: (name, attributes) => {
      if (name === 'numFmt') formats.set(Number(attributes().numFmtId), attributes().formatCode ?? '');
      if (name === 'cellXfs') isCell = true;
      if (name === 'xf' && isCell) styles.push(styleOf(Number(attributes().numFmtId ?? 0), formats));
    },
    close: (name) => {
      if (name === 'cellXfs') isCell = false;
    },
  });
  return styles;
}

function styleOf(id: number, formats: ReadonlyMap<number, string>): NumberStyle {
  const code = (formats.get(id) ?? '').split(';')[0]?.replace(/"[^"]*"|\[[^\]]*\]|\\.|_./g, '') ?? '';
  if (isBuiltInPercent(id) || code.includes('%')) return 'percent';
  if (isBuiltInDate(id) || (/[yd]/i.test(code) && !/general/i.test(code)) || /mmm/i.test(code)) return 'date';
  return 'plain';
}

interface Book {
  readonly name: string;
  readonly shared: readonly string[];
  readonly styles: readonly NumberStyle[];
  readonly is1904: boolean;
}

interface OpenCell {
  readonly column: number;
  readonly type: string;
  readonly style: NumberStyle;
  value: string;
  formula: string;
}

function readSheet(walk: Walk, path: string, { name: sheet, shared, styles, is1904 }: Book): Line[] {
  const lines: { line: number; cells: string[] }[] = [];
  let line = 0;
  let column = -1;
  let cells: string[] = [];
  let cell: OpenCell | undefined;
  let within: 'v' | 'f' | 't' | undefined;
  const merged: string[] = [];
  walk(path, {
    open: (tag, attributes) => {
      if (tag === 'mergeCell') merged.push(attributes().ref ?? '');
      if (tag === 'row') {
        line = Number(attributes().r ?? line + 1);
        [cells, column] = [[], -1];
      } else if (tag === 'c') {
        const { r, t = 'n', s = '0' } = attributes();
        column = r ? columnOf(r) : column + 1;
        cell = { column, type: t, style: styles[Number(s)] ?? 'plain', value: '', formula: '' };
      } else if (tag === 'v' || tag === 'f' || tag === 't') within = tag;
    },
    text: (value) => {
      if (cell && within === 'f') cell.formula += value;
      else if (cell && within) cell.value += value;
    },
    close: (tag) => {
      if (tag === 'v' || tag === 'f' || tag === 't') within = undefined;
      if (tag === 'row' && cells.length > 0) {
        if (lines.length >= MAX_ROWS)
          fail(`has more than ${MAX_ROWS} rows in the sheet "${sheet.slice(0, 64)}"; send the figures alone`);
        lines.push({ line, cells });
      }
      if (tag !== 'c' || !cell) return;
      const text = textOf(cell, shared, is1904);
      if (text !== '') {
        if (cell.column >= MAX_COLUMNS)
          fail(`has cells beyond column ${MAX_COLUMNS} in the sheet "${sheet.slice(0, 64)}"; send the figures alone`);
        cells[cell.column] = text;
      }
      cell = undefined;
    },
  });
  fillDown(lines, merged);
  return lines.map((each) => ({ line: each.line, cells: Array.from(each.cells, (text) => text ?? '') }));
}

/**
 * Cells merged over several rows hold their text in the first: a month or a metric stands for all of them. A number does not, as nobody
 * reports one figure of several.
 */
function fillDown(lines: readonly { line: number; cells: string[] }[], merged: readonly string[]): void {
  const byNumber = new Map(lines.map(({ line, cells }) => [line, cells]));
  let filled = 0;
  for (const reference of merged) {
    const [, letters = '', first = '', last = ''] = /^([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})$/.exec(reference) ?? [];
    const column = columnOf(letters);
    const text = byNumber.get(Number(first))?.[column] ?? '';
    if (text === '' || readNumber(cleaned(text), false).kind !== 'unclear') continue;
    for (let line = Number(first) + 1; line <= Number(last); line += 1) {
      filled += 1;
      if (filled > MAX_ELEMENTS) fail(TOO_MUCH);
      const cells = byNumber.get(line);
      if (cells) cells[column] ||= text;
    }
  }
}

/** A to Z, AA and so on, from 0. */
function columnOf(reference: string): number {
  let column = 0;
  for (const letter of reference.slice(0, 4).toUpperCase()) {
    if (letter < 'A' || letter > 'Z') break;
    column = column * 26 + letter.charCodeAt(0) - 64;
  }
  return column - 1;
}

function textOf({ type, style, value, formula }: OpenCell, shared: readonly string[], is1904: boolean): string {
  // What comes to an empty text is typed as a text; what was never worked out has no type.
  if (value === '' && formula !== '' && type !== 'str') return `=${formula}`.slice(0, 64);
  if (type === 's')
    return value === ''
      ? ''
      : (shared[Number(value)] ?? fail('refers to a text that is not there; open it in Excel and save it again'));
  if (type === 'b') return value === '1' ? 'TRUE' : 'FALSE';
  if (type !== 'n') return unescaped(value.slice(0, MAX_TEXT));
  const number = Number(value);
  if (value === '' || !Number.isFinite(number)) return value.slice(0, MAX_TEXT);
  if (style === 'date' && number >= 1 && number < 2_958_466) return dateOf(number + (is1904 ? 1462 : 0));
  if (style === 'percent') return `${plainly(number * 100)}%`;
  return plainly(number);
}

/** A number without what binary fractions add to it: 15 digits are as many as Excel keeps. */
const plainly = (number: number): string => String(Number(number.toPrecision(15)));

/** The day that a spreadsheet numbers so, `2024-08-01`. They count from the end of 1899. */
function dateOf(serial: number): string {
  return new Date(Date.UTC(1899, 11, 30) + Math.floor(serial) * 86_400_000).toISOString().slice(0, 10);
}
