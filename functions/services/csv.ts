import { parse } from 'csv-parse/sync';
import type { Metric } from '../domain/metric.ts';
import type { Month, Reported } from '../domain/submission.ts';
import { FIELDS, type Field } from './names.ts';
import { readTable, type TableSettings } from './read-table.ts';
import { type Line, LONG, type Table } from './table.ts';
import { roleNamed } from './table-columns.ts';
import { FORMULA } from './table-lines.ts';

/** A separated text as lines of cells, before anything in them is understood. */
export interface SeparatedText {
  readonly lines: readonly Line[];
  /** This service's own remarks, which stand above everything else and begin with `# `; and lines that are drawn. */
  readonly remarks: readonly Line[];
  readonly decimalComma: boolean;
}

/** A text that cannot be taken apart into lines and cells. */
export class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError';
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/**
 * Reads a separated text by what names of metrics mean in it: see {@link readTable}. Unless that is known, they are taken to be
 * ids. Every fault is named by line and column; beside faults, the months are what could be read of them.
 */
export function readCsv(text: string, names: Pick<TableSettings, 'naming' | 'leftOut'> = {}): Table {
  let separated: SeparatedText;
  try {
    separated = readSeparated(text);
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    return { months: [], faults: [{ line: error.line, detail: error.message }] };
  }
  const { lines, remarks, decimalComma } = separated;
  const table = readTable(lines, { ...names, decimalComma });
  if (!table.understood) return table;
  const asides = [
    ...remarks.map((remark) => ({
      line: remark.line,
      text: remark.cells.join(' ').slice(0, 64),
      why: isDrawn(remark) ? 'is a line that is drawn' : 'is a remark',
    })),
    ...table.understood.asides,
  ];
  return { ...table, understood: { ...table.understood, asides } };
}

/** The bytes of a text file as text: UTF-8, or UTF-16 where its mark says so. Throws {@link UnreadableFileError}. */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  // Without its mark UTF-16 is told by every other byte of what is plain English.
  if (first && second === 0) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0 && second) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const text = new TextDecoder('utf-8').decode(bytes);
    throw new UnreadableFileError(text.slice(0, text.indexOf('\uFFFD')).split(/\r\n|\r|\n/).length, NOT_UTF8);
  }
}

const NOT_UTF8 =
  'holds characters that are not UTF-8; in Excel, save it as "CSV UTF-8 (Comma delimited)" or as a workbook';

/** Line ends as they come, doubled ones of careless programs among them; the longest first. */
const LINE_ENDS = ['\r\r\n', '\r\n', '\n', '\r'];
const LINE_END = /\r\r\n|\r\n|\n|\r/g;
/** As many as the most months of one request have of the most metrics, and something for titles and remarks. */
const MAX_LINES = 20_000;
const DELIMITERS = [',', ';', '\t', '|'];

/** Takes a text apart into lines of cells. Throws {@link UnreadableFileError}. */
export function readSeparated(file: string): SeparatedText {
  const text = plainlyQuoted(file.replace(/^\uFEFF/, ''));
  const garbled = text.indexOf('\uFFFD');
  if (garbled >= 0) throw new UnreadableFileError(text.slice(0, garbled).split(LINE_END).length, NOT_UTF8);
  const count = text.match(LINE_END)?.length ?? 0;
  if (count > MAX_LINES)
    throw new UnreadableFileError(1, `has ${count} lines; at most ${MAX_LINES} are read: send fewer months at once`);
  const remarks: Line[] = [];
  let rest = text;
  let skipped = 0;
  let declared: string | undefined;
  const head = (): string => /^.*?(?:\r\r\n|\r\n|\n|\r|$)/s.exec(rest)?.[0] ?? '';
  for (let line = head(); line !== ''; line = head()) {
    const sep = /^"?sep=(.)"?\s*$/i.exec(line);
    const remark = /^"?#(?:[ \t].*)?\s*$/s.test(line);
    if (!sep && !remark) break;
    skipped += 1;
    declared = sep?.[1] ?? declared;
    if (remark) remarks.push({ line: skipped, cells: [line.trim()] });
    rest = rest.slice(line.length);
  }
  const delimiter = declared ?? delimiterOf(rest);
  const all = split(rest, delimiter, skipped);
  const lines = all.filter((line) => !isDrawn(line));
  remarks.push(...all.filter(isDrawn));
  const wrapped = linesWrapped(lines);
  if (wrapped.length === 0) {
    const why = declared === undefined ? whyOneColumn(lines) : undefined;
    if (why) throw new UnreadableFileError(skipped + 1, why);
    return { lines, remarks, decimalComma: delimiter === ';' };
  }
  const within = wrapped.map(({ cells }) => cells[0] ?? '').join('\n');
  const inner = declared ?? delimiterOf(within);
  const taken = split(within, inner, 0);
  const apart = new Map(wrapped.map(({ line }, index) => [line, taken[index]?.cells ?? []]));
  return {
    lines: lines.map(({ line, cells }) => ({ line, cells: apart.get(line) ?? cells })),
    remarks,
    decimalComma: inner === ';',
  };
}

/** A line between others that is drawn with signs, as beneath the heads of a table in plain text. */
const isDrawn = ({ cells }: Line): boolean =>
  cells.some((cell) => /---|===|___/.test(cell)) && cells.every((cell) => /^[|+:=_\s-]*$/.test(cell));

/** Quotation marks of word processors and of other programs, around whole cells. */
const OTHER_QUOTES =
  /(^|[,;|\t\r\n])(?:[\u201c\u201d\u201e]([^"\u201c-\u201e\r\n]*)[\u201c\u201d]|'([^"'\r\n]*)'|`([^"`\r\n]*)`)(?=[,;|\t\r\n]|$)/g;

/** A text with the quotation marks that CSV has, where it has none of them, or three for each. */
function plainlyQuoted(text: string): string {
  if (!text.includes('"'))
    return text.replace(
      OTHER_QUOTES,
      (_, before, curly, single, slanted) => `${before}"${curly ?? single ?? slanted}"`,
    );
  const [head = ''] = text.split(LINE_END, 1);
  return head.includes('"""') && !text.replaceAll('"""', '').includes('"') ? text.replaceAll('"""', '"') : text;
}

/**
 * Lines of which the whole is one cell in quotation marks, as some programs write a table that they took for a single column: all of
 * them, all but the names of the columns, or these alone.
 */
function linesWrapped(lines: readonly Line[]): readonly Line[] {
  const filled = lines.filter(({ cells }) => cells.some((cell) => cell !== ''));
  const wrapped = filled.filter(
    ({ cells }) =>
      cells.slice(1).every((cell) => cell === '') && /[,;\t|]/.test(cells[0] ?? '') && !/[\r\n]/.test(cells[0] ?? ''),
  );
  const [first] = wrapped;
  const names = (first?.cells[0] ?? '').split(/[,;\t|]/).filter((name) => roleNamed(name.replaceAll('"', '').trim()));
  if (filled.length > 1 && filled.length - wrapped.length <= 1) return wrapped;
  return wrapped.length === 1 && first === filled[0] && names.length > 1 ? wrapped : [];
}

/** Why a text is one column, where something else than a comma, a semicolon, a tab or a bar keeps its columns apart. */
function whyOneColumn(lines: readonly Line[]): string | undefined {
  const texts = lines
    .map(({ cells }) => cells.filter((cell) => cell.trim() !== ''))
    .filter((cells) => cells.length > 0);
  if (texts.length < 2 || texts.some((cells) => cells.length > 1)) return undefined;
  const said = texts.map(([text = '']) => text.trim());
  const sign = ['^', '~', ':', '\uff0c', '\uff1b', '\\t'].find((each) => {
    const [names = 0, ...others] = said.map((text) => text.split(each).length - 1);
    return names > 0 && others.every((count) => count === names);
  });
  if (sign !== undefined && sign.length === 1)
    return `the columns are kept apart by "${sign}"; write sep=${sign} as a line above them, or put commas in its place`;
  if (sign !== undefined)
    return 'the columns are kept apart by "\\t", two signs in place of a tab; put commas or tabs in their place';
  if (said.every((text) => /\S {2,}\S/.test(text)))
    return 'the columns are kept apart by spaces, and names hold spaces, too; open it in Excel by Data, From Text/CSV, with a fixed width, and save it as "Excel Workbook (.xlsx)" or as CSV';
  return undefined;
}

/**
 * The sign between names of columns, or else the one that the first lines have most of, outside quotes; a comma unless another
 * is more frequent.
 */
function delimiterOf(text: string): string {
  const sample = text.slice(0, 20_000);
  const lines = sample.replace(/"[^"]*"/g, '').split(LINE_END, 60);
  const named = sample.replaceAll('"', '').split(LINE_END, 60);
  const score = (sign: string): number[] => [
    Math.max(...named.map((line) => line.split(sign).filter((cell) => roleNamed(cell)).length)),
    Math.max(...lines.map((line) => line.split(sign).length - 1)),
  ];
  const scores = DELIMITERS.map((sign) => ({ sign, of: score(sign) }));
  const isMore = ([roles = 0, signs = 0]: number[], [most = 0, others = 0]: number[]): boolean =>
    roles !== most && Math.max(roles, most) > 1 ? roles > most : signs > others;
  return scores.reduce((best, each) => (isMore(each.of, best.of) ? each : best)).sign;
}

/** Cells in twice the quotation marks, and blanks beside the mark that opens or closes one. */
const DOUBLY_QUOTED = /(^|[,;|\t\r\n])""([^"\r\n]+)""(?=[,;|\t\r\n]|$)/g;
const BESIDE_QUOTES = /(?<=^|[,;|\t\r\n])[ \u00a0]+(?=")|(?<=")[ \u00a0]+(?=[,;|\t\r\n]|$)/g;

/** Cells as `="2024-08"`, by which programs keep spreadsheets from making dates of them. */
const TEXT_FORMULA = /(^|[,;|\t\r\n])="([^"\r\n]*)"(?=[,;|\t\r\n]|$)/g;

function split(text: string, delimiter: string, skipped: number): Line[] {
  const ends: number[] = [];
  let records: string[][];
  try {
    records = parse(text, {
      delimiter,
      record_delimiter: LINE_ENDS,
      relax_column_count: true,
      on_record: (record: string[], { bytes }) => {
        ends.push(bytes);
        return record;
      },
    }) as string[][];
  } catch (error) {
    const { lines = 1, code } = error as Error & { lines?: number; code?: string };
    const detail =
      code === 'CSV_QUOTE_NOT_CLOSED'
        ? 'a quotation mark opens here, or in a line above, and none closes it'
        : 'a quotation mark stands inside a cell that does not begin with one; double it and put the cell in quotation marks';
    if (!code) throw error;
    const without = text.replace(TEXT_FORMULA, '$1"$2"').replace(DOUBLY_QUOTED, '$1"$2"').replace(BESIDE_QUOTES, '');
    if (without !== text) return split(without, delimiter, skipped);
    throw new UnreadableFileError(skipped + lines, detail);
  }
  // The parser counts lines by their ends, and some kinds of end twice; bytes it counts rightly.
  const bytes = Buffer.from(text);
  let line = skipped + 1;
  return records.map((cells, index) => {
    const own = { line, cells };
    line += bytes.toString('utf8', ends[index - 1] ?? 0, ends[index]).match(LINE_END)?.length ?? 0;
    return own;
  });
}

/**
 * Writes months, one figure a line, as {@link readCsv} reads them: what is written can be handed in again unchanged.
 * Retracted months are left out. A month's commentary stands on its first line. Bare percentages of `metrics` carry
 * their sign, as 0.8 alone could be a share.
 */
export function writeCsv(months: readonly Month[], metrics: ReadonlyMap<string, Pick<Metric, 'kind'>>): string {
  const lines = months
    .filter((month) => !month.retracted)
    .flatMap(({ period, status, observations, commentary }) =>
      Object.entries(observations).map(([metric, reported], index) => [
        period,
        metric,
        ...FIELDS.map((field) => numberIn(reported, field, metrics.get(metric)?.kind === 'proportion')),
        status,
        index === 0 && commentary ? quoted(FORMULA.test(commentary) ? `'${commentary}` : commentary) : '',
      ]),
    );
  return [LONG, ...lines].map((cells) => `${cells.join(',')}\r\n`).join('');
}

const numberIn = (reported: Reported, field: Field, isProportion: boolean): string => {
  const number = (reported as Partial<Record<Field, number>>)[field];
  if (number === undefined) return '';
  return isProportion && field === 'value' ? `${number}%` : String(number);
};

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
