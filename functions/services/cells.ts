import { monthName } from '../domain/format.ts';
import { addMonths, type Period } from '../domain/period.ts';

/** What single cells of a file say, as spreadsheets, case systems and people write them: periods and numbers. */

/**
 * A period as written. `month` has one meaning. `year` and `quarter` are financial ones, April to March, named by the
 * calendar year they end in. `month-or-year` is 2010-11, which is November 2010 and also the year to March 2011: what
 * stands around it decides. `unclear` says what is wrong and what to write.
 */
export type PeriodLabel =
  | { readonly kind: 'month'; readonly period: Period; readonly isNumeric: boolean }
  | { readonly kind: 'year'; readonly ends: number }
  | { readonly kind: 'quarter'; readonly ends: number; readonly quarter: number }
  | { readonly kind: 'month-or-year'; readonly period: Period; readonly ends: number; readonly isCanonical: boolean }
  | { readonly kind: 'unclear'; readonly detail: string; readonly cause: string };

const MONTHS = 'january february march april may june july august september october november december'.split(' ');
const TIME = '(?:[ t]\\d{1,2}:\\d{2}(?::\\d{2}(?:\\.\\d+)?)?z?)?';
const PATTERNS = {
  yearMonth: /^(\d{4})[-/.](\d{1,2})$/,
  compact: /^(\d{4})(\d{2})$/,
  isoDate: new RegExp(`^(\\d{4})[-/.](\\d{1,2})[-/.](\\d{1,2})${TIME}$`, 'i'),
  date: new RegExp(`^(\\d{1,2})[-/.](\\d{1,2})[-/.](\\d{4})${TIME}$`, 'i'),
  monthYear: /^(\d{1,2})[-/.](\d{4})$/,
  words: /^(?:(\d{1,2})(?:st|nd|rd|th)?[-\s/]*)?([a-z]{3,9})\.?[-\s/,']*(\d{4}|\d{2})$/i,
  yearWords: /^(\d{2}|\d{4})[-\s/]*([a-z]{3,9})$/i,
  year: /^(?:fy\s*)?(\d{4})\s*[-/–]\s*(\d{2}|\d{4})$/i,
  quarter: /^(?:fy\s*)?(\d{4})\s*[-/–]\s*(\d{2}|\d{4})[\s,]*q([1-4])$/i,
  quarterFirst: /^q([1-4])[\s,]*(?:fy\s*)?(\d{4})\s*[-/–]\s*(\d{2}|\d{4})$/i,
  bareQuarter: /^(?:q[1-4]\D*\d{4}|\d{4}\D*q[1-4])$/i,
} as const;

/** The days that spreadsheets number from 2000-01-01 to 2049-12-31; they count from the end of 1899. */
const SERIALS = { first: 36_526, last: 54_788 } as const;

/**
 * Reads what a cell says of a period.
 *
 * @example readPeriod('Aug-24') → { kind: 'month', period: '2024-08', isNumeric: false }
 * @example readPeriod('2024/25') → { kind: 'year', ends: 2025 }
 */
export function readPeriod(text: string): PeriodLabel {
  const label = text.replace(/^'/, '');
  const unclear = (why: string, cause = why): PeriodLabel => ({
    kind: 'unclear',
    detail: `"${shorten(text)}" ${why}`,
    cause,
  });
  const month = (year: string | number, number: string | number, isNumeric = true): PeriodLabel =>
    Number(number) >= 1 && Number(number) <= 12
      ? { kind: 'month', period: periodFrom(Number(year), Number(number)), isNumeric }
      : unclear(NOT_A_MONTH);

  const yearMonth = PATTERNS.yearMonth.exec(label);
  if (yearMonth) {
    const [, year = '', second = ''] = yearMonth;
    const ends = yearAfter(year, second);
    if (Number(second) > 12) return ends ? { kind: 'year', ends } : unclear(NOT_A_MONTH);
    if (!ends || Number(second) === 0) return month(year, second);
    return {
      kind: 'month-or-year',
      period: periodFrom(Number(year), Number(second)),
      ends,
      isCanonical: label.includes('-'),
    };
  }
  const quarter = PATTERNS.quarter.exec(label);
  const quarterFirst = PATTERNS.quarterFirst.exec(label);
  if (quarter || quarterFirst) {
    const [from = '', to = '', number = ''] = quarter
      ? quarter.slice(1)
      : [quarterFirst?.[2], quarterFirst?.[3], quarterFirst?.[1]];
    const ends = yearAfter(from, to);
    return ends
      ? { kind: 'quarter', ends, quarter: Number(number) }
      : unclear('names two years that do not follow each other; write the month in which the quarter ends, as yyyy-mm');
  }
  const year = PATTERNS.year.exec(label);
  if (year) {
    const ends = yearAfter(year[1] ?? '', year[2] ?? '');
    return ends ? { kind: 'year', ends } : unclear(NOT_A_MONTH);
  }
  if (PATTERNS.bareQuarter.test(label))
    return unclear(
      'can be a quarter of the calendar year or of the financial year; write the month in which it ends, as yyyy-mm',
    );
  const compact = PATTERNS.compact.exec(label);
  if (compact) return month(compact[1] ?? '', compact[2] ?? '');
  const iso = PATTERNS.isoDate.exec(label);
  if (iso) return isDay(iso[1], iso[2], iso[3]) ? month(iso[1] ?? '', iso[2] ?? '') : unclear(NOT_A_MONTH);
  const date = PATTERNS.date.exec(label);
  if (date) return readDate(date, month, unclear);
  const monthYear = PATTERNS.monthYear.exec(label);
  if (monthYear) return month(monthYear[2] ?? '', monthYear[1] ?? '');
  return readWords(label, month, unclear) ?? readOther(label, unclear);
}

type Month = (year: string | number, month: string | number, isNumeric?: boolean) => PeriodLabel;
type Unclear = (why: string, cause?: string) => PeriodLabel;

const NOT_A_MONTH = 'is not a month; write it as yyyy-mm';

/** Day and month as in Britain, or month and day as in America, wherever only one of them makes sense. */
function readDate(
  [, first = '', second = '', year = '']: RegExpExecArray,
  month: Month,
  unclear: Unclear,
): PeriodLabel {
  const british = isDay(year, second, first);
  const american = isDay(year, first, second);
  if (!british && !american) return unclear('is not a date; write the month as yyyy-mm');
  // Reports are dated by the first of their month, which the 8th of January is not.
  if (!american || first === second || (british && Number(first) === 1)) return month(year, second);
  if (!british) return month(year, first);
  return unclear(
    `can be ${monthName(periodFrom(Number(year), Number(second)))} or ${monthName(periodFrom(Number(year), Number(first)))}; write the month as yyyy-mm`,
    'a date with two meanings',
  );
}

function readWords(label: string, month: Month, unclear: Unclear): PeriodLabel | undefined {
  const [, day, word = '', year = ''] = PATTERNS.words.exec(label) ?? [];
  const named = monthNamed(word);
  if (named && (day === undefined || isDay(fourDigits(year), named, day))) return month(fourDigits(year), named, false);
  const [, first = '', second = ''] = PATTERNS.yearWords.exec(label) ?? [];
  const after = monthNamed(second);
  if (!after) return undefined;
  return first.length === 4
    ? month(first, after, false)
    : unclear(
        `can be a day of ${sentenceCase(MONTHS[after - 1] ?? '')} or the month of a year; write the month as yyyy-mm`,
        'a month without a century',
      );
}

function readOther(label: string, unclear: Unclear): PeriodLabel {
  if (label === '') return { kind: 'unclear', detail: 'is missing; write the month as yyyy-mm', cause: 'no month' };
  const error = errorIn(label);
  if (error) return unclear(error);
  const serial = /^\d{5}(\.\d+)?$/.test(label) ? Math.floor(Number(label)) : 0;
  if (serial >= SERIALS.first && serial <= SERIALS.last)
    return unclear(
      `is how a spreadsheet numbers a day of ${monthName(periodOfSerial(serial))}; format the cells as dates or write the month as yyyy-mm`,
      "a spreadsheet's day number",
    );
  if (/^\d{4}$/.test(label))
    return unclear(`is a year; write the month in which it ends, such as ${Number(label) + 1}-03`, 'a bare year');
  return unclear(NOT_A_MONTH);
}

const periodFrom = (year: number, month: number): Period =>
  `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`;

/** The month of a day as spreadsheets number it. */
export function periodOfSerial(serial: number): Period {
  return new Date(Date.UTC(1899, 11, 30) + serial * 86_400_000).toISOString().slice(0, 7);
}

/** The year that a financial year ends in, where the two parts of its name follow each other. */
function yearAfter(first: string, second: string): number | undefined {
  const ends = Number(first) + 1;
  return second === String(ends) || (second.length === 2 && Number(second) === ends % 100) ? ends : undefined;
}

function isDay(year: string | undefined, month: string | number | undefined, day: string | undefined): boolean {
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && date.getUTCDate() === Number(day);
}

function monthNamed(word: string): number | undefined {
  const index =
    word.length < 3
      ? -1
      : MONTHS.findIndex(
          (name) => name.startsWith(word.toLowerCase()) || (word.toLowerCase() === 'sept' && name === 'september'),
        );
  return index < 0 ? undefined : index + 1;
}

const fourDigits = (year: string): string => (year.length === 2 ? `20${year}` : year);
const sentenceCase = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** The month that a year or a quarter ends in. `schoolYear` ones end in August. */
export function endOf(label: Extract<PeriodLabel, { kind: 'year' | 'quarter' }>, schoolYear: boolean): Period {
  if (label.kind === 'quarter') return addMonths(periodFrom(label.ends - 1, 3), 3 * label.quarter);
  return periodFrom(label.ends, schoolYear ? 8 : 3);
}

/** Beside a number, a text of the same meaning that says it is a percentage; or what is wrong, and what to do. */
export type NumberRead =
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'percentage'; readonly text: string; readonly number: number; readonly decimals: number }
  | { readonly kind: 'unclear'; readonly detail: string; readonly cause: string };

/**
 * Reads what a cell says of a number: `1,234.5`, `1 234`, `1.2E+03`, `+4`, `.5`, `76%`. `decimalComma` is for files whose
 * columns are separated by semicolons, as spreadsheets write them where the comma is the decimal sign.
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
  const percent = text.endsWith('%');
  const body = (percent ? text.slice(0, -1) : text).trimEnd();
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
    const number = Number(plain);
    if (!percent) return { kind: 'number', number };
    const decimals = (/\.(\d+)$/.exec(plain)?.[1] ?? '').length;
    return { kind: 'percentage', text: `${number}%`, number, decimals };
  }
  if (/^\(\s*[\d.,]+\s*\)$/.test(text))
    return unclear('is how accounts write a number below zero; write it with a minus sign');
  if (/^[+-]?\d+,\d+$/.test(digits))
    return unclear(`is not a number; write it with a point: ${digits.replace(',', '.')}`);
  return unclear(markerIn(text) ?? NOT_A_NUMBER, markerIn(text) ?? NOT_A_NUMBER);
}

const NOT_A_NUMBER = 'is not a number';

/** What stands in a cell where a figure is withheld, unknown or not applicable, in published statistics. */
const WITHHELD = /^\[?(c|x|z|k|u|low|:|\.\.?|-|–|—|\*|n\/a|na|n\.a\.|nil|null|none|tbc|suppressed|s)\]?$/i;
const ERROR = /^#(n\/a|value!|ref!|div\/0!|name\?|num!|null!|spill!|calc!|getting_data)$/i;

/** What a formula's error or a column that was too narrow left in a cell, and what to do about it. */
export function errorIn(text: string): string | undefined {
  if (/^#{3,}$/.test(text))
    return 'is what a spreadsheet saves of a column that is too narrow; widen the column and save again';
  if (/^#div\/0!$/i.test(text))
    return 'is a formula that divides by nothing; leave the cell blank, or give 0 of 0 where there was nothing to count';
  if (ERROR.test(text))
    return "is a formula's error; put the formula right, or leave the cell blank where there is no figure";
  return undefined;
}

/** What a text in the place of a figure is, where it is none, and what to do about it. */
function markerIn(text: string): string | undefined {
  if (WITHHELD.test(text))
    return 'is no figure; leave the cell blank where a figure is withheld, unknown or does not apply (blank means not reported)';
  return errorIn(text);
}

/** A cell's text without what cannot be seen: spaces of all kinds at its ends, zero-width characters anywhere. */
export function cleaned(text: string): string {
  return text.replace(/[\u200b-\u200d\u2060\ufeff]/g, '').trim();
}

export const shorten = (text: string): string => (text.length > 64 ? `${text.slice(0, 64)}…` : text);
