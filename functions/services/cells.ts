/** What any cell of a file is read by, whatever it is to say: `cell-periods.ts` and `cell-numbers.ts`. */

/** No period and no number is written longer; a text of a megabyte is not gone through by each pattern. */
export const MAX_LENGTH = 100;

const ERROR =
  /^(#(n\/a|value|ref|div\/0|name|num|null|spill|calc|getting_data|blocked|busy|connect|external|field|python|timeout|unknown)[!?]?|#n\/a n\/a|err:\d{3})$/i;

/** What a formula's error or a column that was too narrow left in a cell, and what to do about it. */
export function errorIn(text: string): string | undefined {
  if (/^#{2,}$/.test(text))
    return 'is what a spreadsheet saves of a column that is too narrow; widen the column and save again';
  if (/^#div\/0!?$/i.test(text))
    return 'is a formula that divides by nothing; leave the cell blank, or give 0 of 0 where there was nothing to count';
  if (ERROR.test(text))
    return "is a formula's error; put the formula right, or leave the cell blank where there is no figure";
  return undefined;
}

/** A cell's text without what cannot be seen: spaces of all kinds at its ends, zero-width and other formatting signs anywhere. */
export function cleaned(text: string): string {
  return text.replace(/\p{Cf}/gu, '').trim();
}

export const shorten = (text: string): string => (text.length > 64 ? `${text.slice(0, 64)}…` : text);
