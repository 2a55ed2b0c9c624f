/** What is wrong with the spelling of a JSON text, and the line that it is in. */
export interface JsonFault {
  readonly line: number;
  readonly detail: string;
}

/** Whoever has more has something else than JSON. */
const MAX_FAULTS = 50;
/** Deeper than any report; what is, is not read any further. */
const MAX_DEPTH = 100;

/** What word processors make of quotation marks, and what people type for them. */
const OTHER_QUOTES = /[“”„‟‘’‚‛'`´«»]/;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * What is wrong with a text that was to be JSON, as people get it wrong by hand: each by its line, with what to write. It reads on after each as
 * if it were right, so that all are named at once. Of JSON that is right there is none.
 */
export function faultsOfJson(text: string): JsonFault[] {
  const faults: JsonFault[] = [];
  let at = 0;
  let line = 1;
  let depth = 0;
  /** The line in which the last value, name or mark ended. */
  let last = 1;
  const isOver = (): boolean => at >= text.length || faults.length >= MAX_FAULTS || depth > MAX_DEPTH;
  const say = (detail: string, where = line): void => {
    const before = faults.at(-1);
    if (before?.line !== where || before.detail !== detail) faults.push({ line: where, detail });
  };
  const skip = (): void => {
    last = line;
    for (; at < text.length; at++)
      if (text.startsWith('//', at) || text[at] === '#') {
        say('a comment cannot be written here; take it out, or make it the text of a "$comment"');
        at = lineEnd() - 1;
      } else if (text[at] === '\n') line++;
      else if (!/[\s\uFEFF]/.test(text[at] ?? '')) break;
  };
  const lineEnd = (): number => {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end;
  };
  /** To the end of the line, or the comma that ends it. */
  const giveUpLine = (): void => {
    const end = lineEnd();
    const [comma = ''] = /,?\s*$/.exec(text.slice(at, end)) ?? [];
    at = end - comma.length;
  };
  const string = (): void => {
    const quote = text[at++] ?? '';
    const isStraight = quote === '"';
    if (!isStraight) say(`quotation marks are straight double ones here, ", and not ${quote}`);
    for (; at < text.length; at++) {
      const here = text[at] ?? '';
      if (
        here === '"' ||
        (!isStraight && OTHER_QUOTES.test(here) && /^\s*([,:}\]]|$)/m.test(text.slice(at + 1, lineEnd())))
      ) {
        at++;
        return;
      }
      if (here === '\n') {
        say('the quotation mark that ends the text is missing; a text ends in the line in which it begins');
        backToComma();
        return;
      }
      if (here === '\\') {
        if (!/^(["\\/bfnrt]|u[\da-fA-F]{4})/.test(text.slice(at + 1, at + 6)))
          say('a backslash in a text is written twice: \\\\');
        at++;
      } else if (here === '\t') say('a tab cannot stand in a text; write a space for it');
      else if (here < ' ' && here !== '\r')
        say('a text holds a control character, which cannot be seen; write it anew');
    }
    say('the file ends within a text; the quotation mark that ends it is missing');
  };
  /** From the end of a line back to the comma that ends what is in it. */
  const backToComma = (): void => {
    const [comma = ''] = /,?\s*$/.exec(text.slice(0, at)) ?? [];
    if (!comma.includes('\n')) at -= comma.length;
  };
  const word = (end: RegExp): string => {
    const start = at;
    while (at < text.length && !end.test(text[at] ?? '')) at++;
    return text.slice(start, at).trim();
  };
  const bare = (): void => {
    const found = word(/[,}\]\n]/);
    if (NUMBER.test(found) || /^(true|false|null)$/.test(found)) return;
    const shown = found.slice(0, 40);
    if (found === '') say('a value is missing', last);
    else if (/^(true|false|null|none)$/i.test(found))
      say(`write true, false or null as they are here, and not ${shown}`);
    else if (/^[-+]?[\d.]+\s*%$/.test(found)) say(`a number stands alone, without a sign behind it: not ${shown}`);
    else if (/^[-+]?[\d.]+$/.test(found)) say(`a number is written like 7 or 0.5, and not ${shown}`);
    else if (found.endsWith('"')) say(`the quotation mark before ${shown} is missing`);
    else say(`a text stands between quotation marks: "${shown}"`);
  };
  const name = (): void => {
    if (text[at] === '"' || OTHER_QUOTES.test(text[at] ?? '')) string();
    else {
      const found = word(/[:,}\]\n]/);
      say(
        found
          ? `a name stands between quotation marks: "${found.slice(0, 40)}"`
          : 'a name between quotation marks is missing',
      );
    }
    skip();
    if (text[at] === ':') at++;
    else say('a ":" is missing behind the name', last);
  };
  const members = (close: '}' | ']', member: () => void): void => {
    const opened = line;
    at++;
    depth++;
    for (skip(); !isOver(); ) {
      const start = at;
      if (text[at] === '}' || text[at] === ']') {
        if (text[at] !== close) say(`a "${close}" is missing here: what was opened in line ${opened} is not closed`);
        if (text[at] === close) at++;
        break;
      }
      member();
      skip();
      if (text[at] === ',') {
        const comma = line;
        at++;
        skip();
        if (text[at] === '}' || text[at] === ']') say('a comma too many: there is none behind the last entry', comma);
        for (; text[at] === ','; skip()) {
          say('a comma too many');
          at++;
        }
      } else if (close === ']' && text[at] === ':') {
        say(`a "]" is missing before this name: what was opened in line ${opened} is not closed`, last);
        at++;
        value();
        break;
      } else if (text[at] !== '}' && text[at] !== ']' && at < text.length) {
        if (last < line) say('a comma is missing at the end of this line', last);
        else {
          say('a comma is missing here, or a quotation mark within a text has no backslash before it: \\"');
          giveUpLine();
          skip();
          if (text[at] === ',') at++;
          skip();
        }
      }
      if (at === start) at++;
    }
    if (at >= text.length && text[at - 1] !== close)
      say(`the file ends, and what was opened in line ${opened} is not closed: a "${close}" is missing`);
    depth--;
  };
  const value = (): void => {
    skip();
    const here = text[at] ?? '';
    if (here === '{')
      members('}', () => {
        name();
        value();
      });
    else if (here === '[') members(']', value);
    else if (here === '"' || OTHER_QUOTES.test(here)) string();
    else bare();
  };
  value();
  skip();
  if (!isOver())
    say('there is more behind the end of the whole: a "}" or "]" too many, or something that was pasted twice');
  return faults.slice(0, MAX_FAULTS);
}
