import { createInterface } from 'node:readline/promises';
import { dateName, timeName } from '../../functions/domain/format.ts';
import { PERCENTAGE } from '../../functions/domain/submission.ts';
import { UsageError } from './setting.ts';

export type Row = Readonly<Record<string, unknown>>;

/** Names in a table's first line, each with how a row fills it. */
export type Columns<T> = Readonly<Record<string, (row: T) => unknown>>;

/** Whether a person reads: then tables, on a pipe JSON. */
export const forPeople = (): boolean => process.stdout.isTTY === true;

/** Text as a person reads it: months, days and times as they are written everywhere else. What is quoted stays as it was typed, and so do keys and addresses. */
export function inWords(text: string): string {
  return text
    .split(/("[^"]*"|“[^”]*”|\S*[#/]\S*)/)
    .map((part, index) => (index % 2 === 1 ? part : dateName(part.replaceAll(INSTANT, timeName))))
    .join('');
}

/** As wide as a month's name can be, where months stand below each other. */
export const LONGEST_MONTH = 'September 2011'.length;

/** A level as people say it. */
export const levelName = (level: string): string => (level === 'watch' ? 'to watch' : level);

const INSTANT = /\b\d{4}-\d{2}-\d{2}T[\d:.]+Z/g;

/** Shows a list: as a table on a terminal, as the JSON that the API gave (`all`) on a pipe. */
export function showList<T>(rows: readonly T[], columns: Columns<T>, all: unknown, whenEmpty: string): void {
  if (!forPeople()) {
    showJson(all);
    return;
  }
  if (rows.length === 0) {
    console.log(whenEmpty);
    return;
  }
  const names = Object.keys(columns);
  const cells = rows.map((row) => names.map((name) => inWords(String(columns[name]?.(row) ?? ''))));
  const heads = names.map((name) => name.toUpperCase());
  for (const line of tableOf([heads, ...cells], process.stdout.columns || DEFAULT_COLUMNS)) console.log(line);
}

/** As wide as terminals are that do not say. */
const DEFAULT_COLUMNS = 80;
/** A column that is cut still says what it is about. */
const MIN_COLUMN = 8;

/** Lines of a table of these rows, no wider than `width` where columns can be cut so far: the widest is cut first. */
export function tableOf(rows: readonly (readonly string[])[], width: number): string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  const total = (): number => widths.reduce((sum, own) => sum + own, 2 * (widths.length - 1));
  for (let over = total() - width; over > 0; over = total() - width) {
    const widest = widths.indexOf(Math.max(...widths));
    const own = widths[widest] ?? 0;
    if (own <= MIN_COLUMN) break;
    widths[widest] = Math.max(MIN_COLUMN, own - over, Math.ceil(own / 2));
  }
  return rows.map((row) =>
    row
      .map((cell, index) => cutTo(cell, widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

const cutTo = (text: string, width: number): string =>
  text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`;

/** Shows one thing: in words on a terminal, as JSON on a pipe. */
export function showOne(words: readonly string[], all: unknown): void {
  if (forPeople()) console.log(words.map(inWords).join('\n'));
  else showJson(all);
}

export function showJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}

/** What the option --yes does, wherever something is asked. */
export const YES = 'do not ask first';

/** Asks a person before something is done that takes away; a script and who said `yes` are not asked. Throws {@link UsageError} unless the answer is yes. */
export async function askFirst(question: string, yes: boolean | undefined): Promise<void> {
  if (yes || !forPeople() || process.stdin.isTTY !== true) return;
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question(`${inWords(question)} [y/N] `);
  asking.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError('Nothing was done. Answer y, or add --yes.');
}

/** Progress goes to standard error, so that what is on standard output stays one thing. */
export function tell(line: string): void {
  console.error(inWords(line));
}

/** What a JSON pointer points to, in words: `#/observations/referral-backlog/count` is `referral-backlog, count`, or where the metrics are known `Referral backlog, count`. */
export function wordsOf(pointer: string, metrics?: ReadonlyMap<string, { readonly title: string }>): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
    .filter((part) => part !== 'observations')
    .map((part) => metrics?.get(part)?.title ?? part)
    .map((part, index, parts) => (parts[index - 1] === 'submissions' ? `${Number(part) + 1}` : part))
    .join(', ');
}

/** A figure or a word of a month that changed, as people say it: `14 of 15`. */
export function said(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'object' && value !== null ? Object.values(value).join(' of ') : String(value);
}

/** An amount given as an option: a number, or a percentage that says so. */
/** The same, or that there is to be none. */
export const amountOrNone = (text: string): number | string | null => (text === 'none' ? null : amountFrom(text));

export const amountFrom = (text: string): number | string => (PERCENTAGE.test(text) ? text : numberFrom(text));

/** A number given as an option. */
export function numberFrom(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw new UsageError(`"${text}" is not a number`);
  return number;
}
