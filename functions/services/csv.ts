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
  /** This service's own remarks, which stand above everything else and begin with `# `. */
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
    ...remarks.map(({ line, cells }) => ({ line, text: cells.join(' ').slice(0, 64), why: 'is a remark' })),
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
  const text = file.replace(/^\uFEFF/, '');
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
  return { lines: split(rest, delimiter, skipped), remarks, decimalComma: delimiter === ';' };
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
    const without = text.replace(TEXT_FORMULA, '$1"$2"');
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
