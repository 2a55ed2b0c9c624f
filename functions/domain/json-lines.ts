import { faultsOfJson, type JsonFault } from './json-faults.ts';

/** The text of a file without the byte-order mark that Windows begins some with. */
export const withoutMark = (text: string): string => text.replace(/^\uFEFF/, '');

/** The JSON of a file, byte-order mark or not. */
export const parseJson = (text: string) => JSON.parse(withoutMark(text));

/**
 * Where in a JSON text each value begins, by its JSON pointer as a URI fragment: `#/judgements/0/grade` → 12. Lines count
 * from 1. The text has to be JSON that can be read.
 */
export function linesOfJson(text: string): Map<string, number> {
  const lines = new Map<string, number>();
  let at = 0;
  let line = 1;
  const skip = (): void => {
    for (; /\s/.test(text[at] ?? ''); at++) if (text[at] === '\n') line++;
  };
  const string = (): string => {
    const start = at++;
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    return JSON.parse(text.slice(start, ++at)) as string;
  };
  const members = (end: string, member: (index: number) => void): void => {
    at++;
    skip();
    for (let index = 0; text[at] !== end; index++) {
      member(index);
      skip();
      if (text[at] === ',') at++;
      skip();
    }
    at++;
  };
  const value = (pointer: string): void => {
    skip();
    lines.set(pointer, line);
    if (text[at] === '{')
      members('}', () => {
        const nameLine = line;
        const inner = `${pointer}/${encodeURIComponent(string().replaceAll('~', '~0').replaceAll('/', '~1'))}`;
        skip();
        at++;
        value(inner);
        lines.set(inner, nameLine);
      });
    else if (text[at] === '[') members(']', (index) => value(`${pointer}/${index}`));
    else if (text[at] === '"') string();
    else while (/[\w.+-]/.test(text[at] ?? '')) at++;
  };
  value('#');
  return lines;
}

/** The line of what a pointer names, or of the nearest thing around it that is there. */
export function lineOf(lines: ReadonlyMap<string, number>, pointer: string): number {
  for (let here = pointer; here.length > 1; here = here.slice(0, here.lastIndexOf('/'))) {
    const line = lines.get(here);
    if (line !== undefined) return line;
  }
  return lines.get('#') ?? 1;
}

/** A JSON text as it was read, with the line of each value; or why it cannot be read, the first fault first. */
export type JsonText =
  | { readonly contents: unknown; readonly lines: ReadonlyMap<string, number> }
  | { readonly unreadable: readonly JsonFault[] };

/** Reads a JSON text that people write. */
export function readJsonText(marked: string): JsonText {
  const text = withoutMark(marked);
  try {
    return { contents: JSON.parse(text), lines: linesOfJson(text) };
  } catch (error) {
    const position = Number(/position (\d+)/.exec((error as Error).message)?.[1] ?? text.length);
    const unnamed = { line: text.slice(0, position).split('\n').length, detail: 'this is not JSON' };
    const faults = faultsOfJson(text);
    return { unreadable: faults.length > 0 ? faults : [unnamed] };
  }
}

/** Where a fault is, for whoever has the text before them: its line, and the way to it, `judgements.0.grade`. */
export const placeIn = (lines: ReadonlyMap<string, number>, pointer: string): { line: number; path: string } => ({
  line: lineOf(lines, pointer),
  path: decodeURIComponent(pointer.slice(2)).replaceAll('/', '.') || 'the whole',
});
