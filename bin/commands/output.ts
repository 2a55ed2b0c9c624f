import { UsageError } from './setting.ts';

export type Row = Readonly<Record<string, unknown>>;

/** Names in a table's first line, each with how a row fills it. */
export type Columns<T> = Readonly<Record<string, (row: T) => unknown>>;

/** Whether a person reads: then tables, on a pipe JSON. */
export const forPeople = (): boolean => process.stdout.isTTY === true;

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
  const cells = rows.map((row) => names.map((name) => String(columns[name]?.(row) ?? '')));
  const widths = names.map((name, index) => Math.max(name.length, ...cells.map((line) => line[index]?.length ?? 0)));
  const write = (line: readonly string[]) =>
    console.log(
      line
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  write(names.map((name) => name.toUpperCase()));
  for (const line of cells) write(line);
}

/** Shows one thing: in words on a terminal, as JSON on a pipe. */
export function showOne(words: readonly string[], all: unknown): void {
  if (forPeople()) console.log(words.join('\n'));
  else showJson(all);
}

export function showJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}

/** Progress goes to standard error, so that what is on standard output stays one thing. */
export function tell(line: string): void {
  console.error(line);
}

/** A number given as an option. */
export function numberFrom(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw new UsageError(`"${text}" is not a number`);
  return number;
}
