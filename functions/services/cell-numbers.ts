import { readPeriod } from './cell-periods.ts';
import { errorIn, MAX_LENGTH, shorten } from './cells.ts';

/** What a cell says of a number, or why it holds none, as spreadsheets and people write it. */

/** Beside a number, a text of the same meaning that says it is a percentage; or what is wrong, and what to do. */
export type NumberRead =
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'percentage'; readonly text: string; readonly number: number; readonly decimals: number }
  | { readonly kind: 'unclear'; readonly detail: string; readonly cause: string };

/**
 * Reads what a cell says of a number: `1,234.5`, `1 234`, `1.2E+03`, `+4`, `.5`, `76%`, `76 per cent`. `decimalComma` is for
 * files whose columns are separated by semicolons, as spreadsheets write them where the comma is the decimal sign.
 *
 * @example readNumber('1,234', false) → { kind: 'number', number: 1234 }
 * @example readNumber('76%', false) → { kind: 'percentage', text: '76%', number: 76, decimals: 0 }
 */
export function readNumber(text: string, decimalComma: boolean): NumberRead {
  const unclear = (why: string, cause = why): NumberRead => ({
    kind: 'unclear',
    detail: `"${shorten(text)}" ${why}`,
    cause,
  });
  if (text.length > MAX_LENGTH) return unclear(NOT_A_NUMBER);
  const [, written = '', percent] = /^(.*?)\s*(%|per ?cent|pct|pc)?$/is.exec(narrow(text)) ?? [];
  const body = written.replace(/^'/, '').replace(/^[\u2212\u2013](?=[\d.])/, '-');
  // Spaces between thousands, the unbreakable ones among them.
  let digits = /^[+-]?\d{1,3}([ \u00a0\u2009\u202f]\d{3})+([.,]\d+)?$/.test(body)
    ? body.replace(/[ \u00a0\u2009\u202f]/g, '')
    : body;
  if (decimalComma) {
    if (/^[+-]?\d{1,3}[.,]\d{3}$/.test(digits))
      return unclear(
        `can be ${digits.replace(/[.,]/, '')} or ${Number(digits.replace(',', '.'))} in a file separated by semicolons; write it without a thousands separator`,
        'a thousands separator or a decimal sign',
      );
    if (/^[+-]?(\d{1,3}(\.\d{3})+|\d+),\d+$/.test(digits)) digits = digits.replaceAll('.', '').replace(',', '.');
  }
  if (/^[+-]?(\d+(\.\d*)?|\.\d+|\d{1,3}(,\d{3})+(\.\d+)?)(e[+-]?\d+)?$/i.test(digits)) {
    const plain = digits.replaceAll(',', '').replace(/^\+/, '');
    // Added to 0, a zero below zero is a plain one.
    const number = Number(plain) + 0;
    if (!percent) return { kind: 'number', number };
    const decimals = (/\.(\d+)$/.exec(plain)?.[1] ?? '').length;
    return { kind: 'percentage', text: `${number}%`, number, decimals };
  }
  if (/^[+-]?\d+,\d+$/.test(digits))
    return unclear(`is not a number; write it with a point: ${digits.replace(',', '.')}`);
  const why = markerIn(text) ?? adviceOn(text) ?? NOT_A_NUMBER;
  return unclear(why);
}

const NOT_A_NUMBER = 'is not a number; write the number alone, or leave the cell blank where there is none';

/** Signs of the width that East Asian writing gives them, as others. */
const narrow = (text: string): string =>
  text.replace(/[\uff01-\uff5e]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0));

/** What a text is that begins or ends as a number does, and what to do about it. */
function adviceOn(text: string): string | undefined {
  if (text.startsWith('='))
    return 'is not a number but a formula that was never worked out; open the file in a spreadsheet and save it again';
  if (/^\(\s*[\d.,]+\s*\)$/.test(text)) return 'is how accounts write a number below zero; write it with a minus sign';
  if (/^\d{1,2}[- ][a-z]{3}$/i.test(text) || readPeriod(text).kind === 'month')
    return 'is a date, which spreadsheets make of what is typed as 3/4; format the cell as a number, and give counts each in their column';
  if (/^([<>\u2264\u2265~]|(fewer|less|more|under|over|up)\b)|\d\s*\+$|^\d+\s*(-|\u2013|to)\s*\d+%?$/i.test(text))
    return 'is not a number but a range; write the figure, or leave the cell blank where it is withheld (blank means not reported)';
  return /^[^\d]{0,20}\d[\d,.]*%?[^\d]{1,40}$|^[^\d]{1,20}\d[\d,.]*%?$/.test(text)
    ? 'is not a number; write the number alone, without anything beside it'
    : undefined;
}

/** What stands in a cell where a figure is withheld, unknown or not applicable, in published statistics and by hand. */
const WITHHELD =
  /^[[(<]?(c|x|z|k|u|s|low|:|\.{1,3}|\*+|~|\?|n\/a|na|n\.a\.|nan|null|tb[ac]|d?supp|suppressed|withheld|redacted|missing|unknown|no data|not (yet )?(available|applicable|known|recorded|reported))[\])>]?$/i;

/** … and what can also mean that there were none. */
const NIL = /^([-\u2010-\u2015\u2212]{1,3}|nil|none|zero|nil return)$/i;

/** What a text in the place of a figure is, where it is none, and what to do about it. */
export function markerIn(text: string): string | undefined {
  if (NIL.test(text))
    return 'is no figure; write 0 where there were none, or leave the cell blank where a figure is withheld or unknown (blank means not reported)';
  if (WITHHELD.test(text))
    return 'is no figure; leave the cell blank where a figure is withheld, unknown or does not apply (blank means not reported)';
  return errorIn(text);
}
