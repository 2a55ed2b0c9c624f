import { monthName } from '../domain/format.ts';
import { addMonths, dayInEngland, type Period } from '../domain/period.ts';
import type { Submission } from '../domain/submission.ts';
import { errorIn, MAX_LENGTH, shorten } from './cells.ts';
import { FOOTNOTE } from './names.ts';

/** What a cell says of a period, as spreadsheets, case systems and people write it. */

/**
 * A period as written. `month` has one meaning, also where a `day` of it is what is written. `year` and `quarter` are financial ones, April to March, named by the
 * calendar year they end in. `month-or-year` is 2010-11, which is November 2010 and also the year to March 2011: what
 * stands around it decides. `unclear` says what is wrong and what to write.
 */
export type PeriodLabel =
  | (Stated & {
      readonly kind: 'month';
      readonly period: Period;
      readonly isNumeric: boolean;
      readonly day?: number;
      readonly order?: DateOrder;
    })
  | (Stated & { readonly kind: 'year'; readonly ends: number })
  | (Stated & { readonly kind: 'quarter'; readonly ends: number; readonly quarter: number })
  | (Stated & {
      readonly kind: 'month-or-year';
      readonly period: Period;
      readonly ends: number;
      readonly isCanonical: boolean;
    })
  | { readonly kind: 'unclear'; readonly detail: string; readonly cause: string };

/** The status that stands beside a period: `Apr-24 (provisional)`. */
interface Stated {
  readonly status?: Submission['status'];
}

/** What a date of numbers shows: its month first; or its day first, but only as reports are dated by the first of their month. */
export type DateOrder = 'month-first' | 'by-custom';

/** In English and in Welsh. */
const MONTHS = [
  'january february march april may june july august september october november december',
  'ionawr chwefror mawrth ebrill mai mehefin gorffennaf awst medi hydref tachwedd rhagfyr',
].map((names) => names.split(' '));

const TIME = '(?:[ t]\\d{1,2}:\\d{2}(?::\\d{2}(?:\\.\\d+)?)?(?: ?[ap]m)?(?:z|[-+]\\d{2}:?\\d{2})?)?';

const YEARS = '(?:fy|financial year|year)?\\s*(\\d{4}|\\d{2})\\s*[-/]\\s*(\\d{4}|\\d{2})';

const QUARTER = '(?:q|qtr|quarter)\\s*([1-4])';

/** Months of a financial year are counted from April. */
const COUNTED = '(?:m|month|p|period)\\s*(\\d{1,2})';

const WORD = '([a-z]{3,10})\\.?';

const DAY = '(\\d{1,2})(?:st|nd|rd|th)?';

const pattern = (source: string): RegExp => new RegExp(`^${source}$`, 'i');

const PATTERNS = {
  yearMonth: /^(\d{4})(?:[-/.](\d{1,2})|(\d{2}))$/,
  compact: /^(\d{4})(\d{2})(\d{2})$/,
  yearM: /^(\d{4}) ?m(\d{1,2})$/i,
  isoDate: pattern(`(\\d{4})[-/.](\\d{1,2})[-/.](\\d{1,2})${TIME}`),
  date: pattern(`(\\d{1,2})[-/.](\\d{1,2})[-/.](\\d{4})${TIME}`),
  shortDate: pattern(`(\\d{1,2})[/.](\\d{1,2})[/.](\\d{2})${TIME}`),
  monthYear: /^(\d{1,2})[-/.](\d{4})$/,
  short: /^(\d{1,2})[-/](\d{2})$/,
  words: pattern(`(?:${DAY}[-\\s/]*)?${WORD}[-\\s/,']*(\\d{4}|\\d{2})${TIME}`),
  wordsFirst: pattern(`${WORD} ${DAY},? (\\d{4})`),
  yearWords: pattern(`(\\d{2}|\\d{4})[-\\s/]*${WORD}(?:[-\\s/]+${DAY})?`),
  year: pattern(YEARS),
  quarter: pattern(`${YEARS}[\\s,:-]*${QUARTER}`),
  quarterFirst: pattern(`${QUARTER}[\\s,:/-]*${YEARS}`),
  counted: pattern(`${YEARS}[\\s,:-]*${COUNTED}`),
  countedFirst: pattern(`${COUNTED}[\\s,:-]*${YEARS}`),
  named: pattern(`${YEARS}[\\s,:-]*${WORD}`),
  namedFirst: pattern(`${WORD}[\\s,:-]*${YEARS}`),
  bareQuarter: pattern(`(?:${QUARTER}\\D*\\d{4}|\\d{4}\\D*${QUARTER})`),
  half: pattern(`(?:h[12]\\b.*|.*\\bh[12])`),
  endYear: /^fy\s*(\d{4}|\d{2})$/i,
  yearTo: /^(?:year|y\/?e) ?(?:to|ending|ended)? (?:\d{1,2} )?([a-z]{3,10})[- ]?(\d{4}|\d{2})$/i,
  range: /^([a-z]{3,10})\.? ?(?:-|to) ?([a-z]{3,10})\.?[-\s/,']*(\d{4}|\d{2})$/i,
} as const;

/** What may stand before a date and says no more than it. */
const BEFORE_DATE =
  /^(?:as at|at|end of|m\/e|month end(?:ed|ing)?|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?),? /i;

/** The days that spreadsheets number from 2000-01-01 to 2049-12-31; they count from the end of 1899. */
const SERIALS = { first: 36_526, last: 54_788 } as const;

/** A status beside a period: `Apr-24 (provisional)`, `Apr-24p`, `Final: April 2024`; looked for only where there may be one. */
const MAY_STATE = /prov|final|revis|draft|est|interim|valid|partial|incomplete|[[(]\s*[a-z]{1,3}\.?\s*[\])]$|\d[pr]$/i;

const STATED = [
  /^(?<period>.*\S)[\s,:;-]*[[(]\s*(?<word>[a-z]{1,11})\.?\s*[\])]$/i,
  /^(?<period>.*[^\s,:;-])[\s,:;-]+(?<word>[a-z]{3,11})\.?$/i,
  /^(?<period>.*\d)(?<word>[pr])$/i,
  /^(?<word>[a-z]{4,11})[\s,:;-]+(?<period>\S.*)$/i,
];

const STATUSES: Readonly<Record<string, Submission['status']>> = {
  provisional: 'provisional',
  prov: 'provisional',
  p: 'provisional',
  final: 'final',
  f: 'final',
};

const OTHER_STATUS = /^(revised|rev|r|draft|estimated?|est|e|interim|unvalidated|validated|partial|incomplete)$/i;

/** The status that a word says. */
export function statusNamed(word: string): Submission['status'] | undefined {
  const said = word.toLowerCase();
  return Object.hasOwn(STATUSES, said) ? STATUSES[said] : undefined;
}

/**
 * Reads what a cell says of a period, and of its status where that stands beside it.
 *
 * @example readPeriod('Aug-24') → { kind: 'month', period: '2024-08', isNumeric: false }
 * @example readPeriod('Aug-24 (p)') → { kind: 'month', period: '2024-08', isNumeric: false, status: 'provisional' }
 * @example readPeriod('2024/25') → { kind: 'year', ends: 2025 }
 */
export function readPeriod(text: string): PeriodLabel {
  if (text.length > MAX_LENGTH)
    return { kind: 'unclear', detail: `"${shorten(text)}" ${NOT_A_MONTH}`, cause: NOT_A_MONTH };
  const bare = text.replace(FOOTNOTE, '');
  if (!MAY_STATE.test(bare)) return readBeside(bare);
  const { period = '', word = '' } =
    STATED.map((pattern) => pattern.exec(bare)?.groups).find(
      (groups) => statusNamed(groups?.word ?? '') ?? OTHER_STATUS.test(groups?.word ?? ''),
    ) ?? {};
  if (!word) return readBeside(bare);
  const label = readAlone(period);
  const status = statusNamed(word);
  if (label.kind === 'unclear') return label;
  if (status) return { ...label, status };
  return {
    kind: 'unclear',
    detail: `"${shorten(text)}" says "${word}", which is neither final nor provisional; write "${period} (provisional)" where the figures can still change, and the month alone where they cannot`,
    cause: OF_ANOTHER_STATUS,
  };
}

/** A period alone; beside anything in brackets it is asked what that is. */
function readBeside(text: string): PeriodLabel {
  const alone = readAlone(text);
  const [, period = '', beside = ''] = /^([^[(]*[^[(\s])\s*[[(]([^()[\]]+)[\])]$/.exec(text) ?? [];
  if (alone.kind !== 'unclear' || !beside || readAlone(period).kind === 'unclear') return alone;
  const detail = `"${shorten(text)}" has "${shorten(beside)}" beside the month; write the month alone, "${period}", or leave out what is not of that month`;
  return { kind: 'unclear', detail, cause: WITH_MORE };
}

const OF_ANOTHER_STATUS = 'a status that is neither final nor provisional';

function readAlone(text: string): PeriodLabel {
  const label = text
    .normalize('NFKC')
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/\s+/g, ' ')
    .replace(/^'/, '')
    .replace(BEFORE_DATE, '')
    .replace(BEFORE_DATE, '');
  const unclear = (why: string, cause = why): PeriodLabel => ({
    kind: 'unclear',
    detail: `"${shorten(text)}" ${why}`,
    cause,
  });
  const month = (year: string | number, number: string | number, isNumeric = true): PeriodLabel =>
    Number(number) >= 1 && Number(number) <= 12
      ? { kind: 'month', period: periodFrom(Number(year), Number(number)), isNumeric }
      : unclear(NOT_A_MONTH);
  // Without a number it is none, and there are files with thousands of such cells.
  if (!/\d/.test(label)) return readWords(label, month, unclear) ?? readOther(label, unclear);
  return (
    readYearMonth(label, month, unclear) ??
    readInYear(label, month, unclear) ??
    readDay(label, month, unclear) ??
    readWords(label, month, unclear) ??
    readOther(label, unclear)
  );
}

/** A year and a number: a month, or two years that follow each other. */
function readYearMonth(label: string, month: Month, unclear: Unclear): PeriodLabel | undefined {
  const [, year = '', separate, second = separate ?? ''] = PATTERNS.yearMonth.exec(label) ?? [];
  if (year) {
    const ends = yearAfter(year, second);
    if (Number(second) > 12 || Number(second) === 0) return ends ? { kind: 'year', ends } : unclear(NOT_A_MONTH);
    if (!ends) return month(year, second);
    const isCanonical = label.includes('-');
    return { kind: 'month-or-year', period: periodFrom(Number(year), Number(second)), ends, isCanonical };
  }
  const [, first = '', short = ''] = PATTERNS.short.exec(label) ?? [];
  if (!first) return undefined;
  const isMonth = Number(first) >= 1 && Number(first) <= 12;
  if (first.length === 2 && yearAfter(first, short))
    return isMonth
      ? unclear(
          `can be ${monthName(periodFrom(Number(fourDigits(short)), Number(first)))} or the year ${first}/${short}; write the month as yyyy-mm, or the year as ${fourDigits(first)}/${short}`,
          'a month or a year',
        )
      : { kind: 'year', ends: Number(fourDigits(short)) };
  if (isMonth && Number(short) > 12) return month(fourDigits(short), first);
  return unclear('can be a day or the month of a year; write the month as yyyy-mm', NO_CENTURY);
}

/** A financial year, or a quarter or a month of one. */
function readInYear(label: string, month: Month, unclear: Unclear): PeriodLabel | undefined {
  const notFollowing = (what: string): PeriodLabel =>
    unclear(`names two years that do not follow each other; write the month ${what}, as yyyy-mm`);
  const [, quarterFrom = '', quarterTo = '', quarter = ''] =
    PATTERNS.quarter.exec(label) ?? turned(PATTERNS.quarterFirst.exec(label)) ?? [];
  if (quarter) {
    const ends = yearAfter(quarterFrom, quarterTo);
    return ends ? { kind: 'quarter', ends, quarter: Number(quarter) } : notFollowing('in which the quarter ends');
  }
  const [, from = '', to = '', which = ''] =
    PATTERNS.counted.exec(label) ??
    turned(PATTERNS.countedFirst.exec(label)) ??
    PATTERNS.named.exec(label) ??
    turned(PATTERNS.namedFirst.exec(label)) ??
    [];
  const named = /\d/.test(which) ? ((Number(which) + 2) % 12) + 1 : monthNamed(which);
  if (named && (!/\d/.test(which) || (Number(which) >= 1 && Number(which) <= 12))) {
    const ends = yearAfter(from, to);
    return ends ? month(named > 3 ? ends - 1 : ends, named, false) : notFollowing('itself');
  }
  const year = PATTERNS.year.exec(label);
  if (year) {
    const ends = yearAfter(year[1] ?? '', year[2] ?? '');
    if (ends) return { kind: 'year', ends };
    // 08/2024 is a month and its year.
    return year[1]?.length === 4 ? unclear(NOT_A_MONTH) : undefined;
  }
  if (PATTERNS.bareQuarter.test(label))
    return unclear(
      'can be a quarter of the calendar year or of the financial year; write the month in which it ends, as yyyy-mm',
    );
  if (/^(ay|academic|school)/i.test(label))
    return unclear('is a school year; write the month in which it ends, such as 2024-08', 'a school year');
  const [, endYear] = PATTERNS.endYear.exec(label) ?? [];
  if (endYear)
    return unclear('can be the year that it ends in or begins in; write both, such as 2024/25', 'a year by one number');
  const [, yearEnd = '', ending = ''] = PATTERNS.yearTo.exec(label) ?? [];
  if (monthNamed(yearEnd) === 3) return { kind: 'year', ends: Number(fourDigits(ending)) };
  const [, first = '', last = '', of = ''] = PATTERNS.range.exec(label) ?? [];
  const [begins, stops] = [monthNamed(first), monthNamed(last)];
  if (!begins || !stops) return undefined;
  if (stops % 3 !== 0 || stops - begins !== 2)
    return unclear('is several months; write the month in which it ends, as yyyy-mm');
  const endYearOf = Number(fourDigits(of)) + (stops === 3 ? 0 : 1);
  return { kind: 'quarter', ends: endYearOf, quarter: stops === 3 ? 4 : stops / 3 - 1 };
}

/** What stands first in a match, last. */
function turned(match: RegExpExecArray | null): string[] | undefined {
  return match ? [match[0], match[2] ?? '', match[3] ?? '', match[1] ?? ''] : undefined;
}

/** A day in numbers. */
function readDay(label: string, month: Month, unclear: Unclear): PeriodLabel | undefined {
  const [, year = '', number = '', day] = PATTERNS.compact.exec(label) ?? PATTERNS.yearM.exec(label) ?? [];
  if (year)
    return day === undefined || isDay(year, number, day) ? onDay(month(year, number), day) : unclear(NOT_A_MONTH);
  const iso = PATTERNS.isoDate.exec(label);
  if (iso) {
    if (!isDay(iso[1], iso[2], iso[3])) return unclear(NOT_A_MONTH);
    const written = onDay(month(iso[1] ?? '', iso[2] ?? ''), iso[3]);
    // Midnight of a British summer, as programs write it, is still the day before by Greenwich.
    const instant =
      /(?:z|[-+]\d{2}:?\d{2})$/i.test(label) && /:/.test(label) ? new Date(label.replace(' ', 'T')) : undefined;
    const inEngland = instant && !Number.isNaN(instant.getTime()) ? dayInEngland(instant).slice(0, 7) : undefined;
    if (inEngland && written.kind === 'month' && inEngland !== written.period)
      return unclear(
        `can be ${monthName(written.period)} or, by the clock in England, ${monthName(inEngland)}; write the month as yyyy-mm`,
        TWO_MONTHS,
      );
    return written;
  }
  const date = PATTERNS.date.exec(label);
  if (date) return readDate(date, month, unclear);
  const short = PATTERNS.shortDate.exec(label);
  if (short) {
    const [first = '', second = '', third = ''] = short.slice(1);
    // A return is dated by the first or the last day of its month: 24/08/31 is, only if its year comes first.
    const yearFirst = isEndOfMonth(fourDigits(first), second, third);
    if (first.length === 2 && yearFirst && !isEndOfMonth(fourDigits(third), second, first))
      return unclear(
        `can be ${monthName(periodFrom(Number(fourDigits(first)), Number(second)))} or ${monthName(periodFrom(Number(fourDigits(third)), Number(second)))}; write the month as yyyy-mm`,
        TWO_MEANINGS,
      );
    return readDate([short[0], first, second, fourDigits(third)], month, unclear);
  }
  const monthYear = PATTERNS.monthYear.exec(label);
  return monthYear ? month(monthYear[2] ?? '', monthYear[1] ?? '') : undefined;
}

const isEndOfMonth = (year: string, month: string, day: string): boolean =>
  isDay(year, month, day) && (Number(day) === 1 || !isDay(year, month, Number(day) + 1));

/** Whether a return can be dated so: by a month, or by the first or the last day of one. */
export function isDatedByMonth(label: PeriodLabel): boolean {
  if (label.kind !== 'month' || label.day === undefined) return true;
  const [year = '', month = ''] = label.period.split('-');
  return isEndOfMonth(year, month, String(label.day));
}

/** A month with the day of it that was written, if one was. */
const onDay = (label: PeriodLabel, day: string | undefined): PeriodLabel =>
  label.kind === 'month' && day !== undefined ? { ...label, day: Number(day) } : label;

const ordered = (label: PeriodLabel, order: DateOrder): PeriodLabel =>
  label.kind === 'month' ? { ...label, order } : label;

type Month = (year: string | number, month: string | number, isNumeric?: boolean) => PeriodLabel;

type Unclear = (why: string, cause?: string) => PeriodLabel;

const NOT_A_MONTH = 'is not a month; write it as yyyy-mm';

/** Day and month as in Britain, or month and day as in America, wherever only one of them makes sense. */
function readDate(
  [, first = '', second = '', year = '']: readonly string[],
  month: Month,
  unclear: Unclear,
): PeriodLabel {
  const british = isDay(year, second, first);
  const american = isDay(year, first, second);
  if (!british && !american) return unclear('is not a date; write the month as yyyy-mm');
  // Reports are dated by the first of their month, which the 8th of January is not.
  if (!american || first === second) return onDay(month(year, second), first);
  if (british && Number(first) === 1) return ordered(onDay(month(year, second), first), 'by-custom');
  if (!british) return ordered(onDay(month(year, first), second), 'month-first');
  return unclear(
    `can be ${monthName(periodFrom(Number(year), Number(second)))} or ${monthName(periodFrom(Number(year), Number(first)))}; write the month as yyyy-mm`,
    TWO_MEANINGS,
  );
}

function readWords(label: string, month: Month, unclear: Unclear): PeriodLabel | undefined {
  const [, day, word = '', year = ''] = PATTERNS.words.exec(label) ?? [];
  const named = monthNamed(word);
  if (named && (day === undefined || isDay(fourDigits(year), named, day)))
    return onDay(month(fourDigits(year), named, false), day);
  const [, before = '', dayAfter = '', yearAfterDay = ''] = PATTERNS.wordsFirst.exec(label) ?? [];
  const first = monthNamed(before);
  if (first && isDay(yearAfterDay, first, dayAfter)) return onDay(month(yearAfterDay, first, false), dayAfter);
  const [, number = '', second = '', last] = PATTERNS.yearWords.exec(label) ?? [];
  const after = monthNamed(second);
  if (after && number.length === 4 && (last === undefined || isDay(number, after, last)))
    return onDay(month(number, after, false), last);
  if (after && last === undefined)
    return unclear(`can be a day of ${nameOf(after)} or the month of a year; write the month as yyyy-mm`, NO_CENTURY);
  const alone = monthNamed(label);
  return alone
    ? unclear(`is not a month of a year; write it with its year, such as ${nameOf(alone).slice(0, 3)}-24`, NO_YEAR)
    : undefined;
}

/** The cause of a period that is a month's name alone. */
export const NO_YEAR = 'a month without a year';

const NO_CENTURY = 'a month without a century';

const TWO_MEANINGS = 'a date with two meanings';

const TWO_MONTHS = 'a time of two months';

const DAY_NUMBER = "a spreadsheet's day number";

/** The cause of a period with something beside it, such as `Apr-24 (YTD)`. */
export const WITH_MORE = 'a month with more beside it';

const QUESTIONED = [NO_YEAR, NO_CENTURY, TWO_MEANINGS, TWO_MONTHS, DAY_NUMBER, OF_ANOTHER_STATUS, WITH_MORE];

/** Whether a text is meant to be a month, and only which, or what stands beside it, has to be asked. */
export function isQuestionedMonth(label: PeriodLabel): label is Extract<PeriodLabel, { kind: 'unclear' }> {
  return label.kind === 'unclear' && QUESTIONED.includes(label.cause);
}

function readOther(label: string, unclear: Unclear): PeriodLabel {
  if (label === '')
    return {
      kind: 'unclear',
      detail: 'is missing; write the month in every line, as yyyy-mm (merged cells have it only in the first)',
      cause: 'no month',
    };
  const error = errorIn(label);
  if (error) return unclear(error);
  const serial = /^\d{5}(\.\d+)?$/.test(label) ? Math.floor(Number(label)) : 0;
  if (serial >= SERIALS.first && serial <= SERIALS.last)
    return unclear(
      `is how a spreadsheet numbers a day of ${monthName(periodOfSerial(serial))}; format the cells as dates or write the month as yyyy-mm`,
      DAY_NUMBER,
    );
  if (/^\d{4}$/.test(label))
    return unclear(`is a year; write the month in which it ends, such as ${Number(label) + 1}-03`, 'a bare year');
  if (PATTERNS.half.test(label)) return unclear('is half a year; write the month in which it ends, as yyyy-mm');
  return unclear(NOT_A_MONTH);
}

const periodFrom = (year: number, month: number): Period =>
  `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`;

/** The month that somebody typed, as `September 2011` or `2011-09`; undefined where it is none, or none alone. */
export function monthIn(text: string): Period | undefined {
  const label = readPeriod(text.trim());
  return label.kind === 'month' || label.kind === 'month-or-year' ? label.period : undefined;
}

/** The day that somebody typed, as `1 April 2011` or `2011-04-01`; undefined where it is none. `01/04/2011` has two meanings, and is none. */
export function dayIn(text: string): string | undefined {
  const label = text.trim().replace(/\s+/g, ' ');
  const words = PATTERNS.words.exec(label);
  const [, year = '', month = '', day] = PATTERNS.isoDate.exec(label) ??
    (words && ['', words[3] ?? '', String(monthNamed(words[2] ?? '') ?? ''), words[1]]) ?? [''];
  if (year.length !== 4 || day === undefined || !isDay(year, month, day)) return undefined;
  return `${periodFrom(Number(year), Number(month))}-${day.padStart(2, '0')}`;
}

/** The month of a day as spreadsheets number it. */
export function periodOfSerial(serial: number): Period {
  return new Date(Date.UTC(1899, 11, 30) + serial * 86_400_000).toISOString().slice(0, 7);
}

/** The year that a financial year ends in, where the two parts of its name follow each other. */
function yearAfter(first: string, second: string): number | undefined {
  const ends = Number(fourDigits(first)) + 1;
  return second === String(ends) || (second.length === 2 && Number(second) === ends % 100) ? ends : undefined;
}

function isDay(
  year: string | undefined,
  month: string | number | undefined,
  day: string | number | undefined,
): boolean {
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && date.getUTCDate() === Number(day);
}

/** The number of the month that a word names, in whole or by its first letters. */
function monthNamed(word: string): number | undefined {
  const wanted = word.toLowerCase() === 'sept' ? 'september' : word.toLowerCase();
  if (!/^[a-z]{3,10}$/.test(wanted)) return undefined;
  const index = Math.max(...MONTHS.map((names) => names.findIndex((name) => name.startsWith(wanted))));
  return index < 0 ? undefined : index + 1;
}

/** Two digits are a year of this century, or of the last from 50 on, as in spreadsheets. */
const fourDigits = (year: string): string => (year.length === 2 ? `${Number(year) < 50 ? 20 : 19}${year}` : year);

const nameOf = (month: number): string => {
  const name = MONTHS[0]?.[month - 1] ?? '';
  return name.charAt(0).toUpperCase() + name.slice(1);
};

/** The month that a year or a quarter ends in. `schoolYear` ones end in August. */
export function endOf(label: Extract<PeriodLabel, { kind: 'year' | 'quarter' }>, schoolYear: boolean): Period {
  if (label.kind === 'quarter') return addMonths(periodFrom(label.ends - 1, 3), 3 * label.quarter);
  return periodFrom(label.ends, schoolYear ? 8 : 3);
}
