import { monthName } from '../domain/format.ts';
import { endOf, isDatedByMonth, NO_YEAR, type PeriodLabel, readPeriod, statusNamed } from './cell-periods.ts';
import { cleaned, shorten } from './cells.ts';
import type { Named, Naming } from './names.ts';
import type { Line, Understood } from './table.ts';

/** The month, or the metric, of a table that says it once: in the name of its sheet, or in a line above its columns. */

/** What all figures of a table are of, and where that stands. */
export interface DatedOnce {
  readonly label: PeriodLabel;
  /** As written. */
  readonly text: string;
  readonly from: string;
}

/** Either it is known, or what stands in its way; neither where nothing speaks of a month. */
export type Dating =
  | { readonly month: DatedOnce; readonly fault?: undefined }
  | { readonly month?: undefined; readonly fault: { readonly line: number; readonly detail: string } };

interface Said {
  readonly label: PeriodLabel;
  readonly text: string;
  readonly line: number;
}

/** So many words may make a period: `Quarter 1 2024 / 25`. */
const MAX_WORDS = 5;
/** A title is not gone through beyond. */
const MAX_TITLE = 200;

/** Words beside a date that is not the one of the figures. */
const OF_SOMETHING_ELSE =
  /\b(extracted|printed|produced|run|created|published|refreshed|updated|generated|downloaded|due|deadline|next|previous|prior|last|compared|baseline|since|target|version)\b/i;

const WHAT_TO_DO =
  'name the sheet by the month, such as "Apr-24", write the month in a line above the columns, or add a column "Month"';

/**
 * Which month all figures of a table are of, where no column and no heading says so: what the sheet's name and the lines above its
 * columns say, if that is one.
 */
export function datingOf(sheet: string | undefined, above: readonly Line[]): Dating | undefined {
  const dating = datedBy(sheet, above);
  const label = dating?.month?.label;
  if (!label || label.kind === 'unclear') return dating;
  const ofIt = (text: string): boolean => periodsIn(text, 0).some((each) => meaningOf(each) === meaningOf({ label }));
  const titles = above.flatMap(({ cells }) => cells).map((cell) => cleaned(cell).slice(0, MAX_TITLE));
  const stated = [
    ...(sheet ? statusIn(sheet.replaceAll('_', ' ')) : []),
    ...titles.flatMap((text) => (STATUS_ALONE.test(text) || ofIt(text) ? statusIn(text) : [])),
  ];
  if (new Set(stated).size > 1)
    return faulty(
      0,
      'the name of the sheet and the lines above the columns say both provisional and final; put one right',
    );
  const [status] = stated;
  return { month: { ...dating.month, label: status ? { ...label, status } : label } };
}

/** A title that says nothing but how far figures are final. */
const STATUS_ALONE = /^(?:status\W{1,3})?(?:provisional|final)(?: (?:figures|data|return|position))?$/i;

/** The status that a title says: provisional in any place, and final alone, as a "final panel" is none. */
function statusIn(text: string): NonNullable<ReturnType<typeof statusNamed>>[] {
  if (/\bprovisional\b/i.test(text)) return ['provisional'];
  if (STATUS_ALONE.test(text)) return ['final'];
  return partsOf(text).flatMap((part) => statusNamed(part) ?? []);
}

function datedBy(sheet: string | undefined, above: readonly Line[]): Dating | undefined {
  const named = sheet === undefined ? [] : distinct(periodsIn(sheet.replaceAll('_', ' '), 0));
  const titled = distinct(above.flatMap(periodsOn));
  const called = `the sheet is called "${shorten(sheet ?? '')}"`;
  if (named.length > 1) return faulty(0, `${called}, which is ${list(named)}; ${WHAT_TO_DO}`);
  const [name] = named;
  const [title] = titled;
  if (name) {
    const others = titled.filter(({ label }) => label.kind === name.label.kind);
    const other = others[0];
    if (other && !others.some((each) => meaningOf(each) === meaningOf(name)))
      return faulty(other.line, `says ${said(other)}, and ${called}; put one of them right`);
    if (name.label.kind === 'month-or-year')
      return faulty(
        0,
        `${called}, which can be ${monthName(name.label.period)} or the year to March ${name.label.ends}; call it by the month in words, or the year as ${name.label.ends - 1}/${String(name.label.ends).slice(2)}`,
      );
    return { month: { ...name, from: 'the name of the sheet' } };
  }
  const yearless = sheet === undefined ? undefined : yearlessIn(sheet);
  if (titled.length > 1) return faulty(title?.line ?? 0, `says ${list(titled)}; ${WHAT_TO_DO}`);
  if (title && yearless) {
    const whole = title.label.kind === 'year' ? readPeriod(`${yearless} ${title.text}`) : title.label;
    if (whole.kind === 'month' && monthOfYear(whole.period) === monthOfYear(readMonth(yearless)))
      return {
        month: { label: whole, text: `${sheet}, ${title.text}`, from: `the name of the sheet and line ${title.line}` },
      };
    return faulty(title.line, `says ${said(title)}, and ${called}; put one of them right`);
  }
  if (yearless) return faulty(0, `${called}, a month without its year; ${WHAT_TO_DO}`);
  return title && { month: { ...title, from: `line ${title.line}` } };
}

/** A line below the columns that stands for another month than the table's: what follows it is not of this one. */
export function otherMonthOn(line: Line, { label }: DatedOnce): string | undefined {
  const other = line.cells
    .flatMap((cell) => partsOf(cell).map((text) => ({ label: readPeriod(text), text, line: line.line })))
    .find((each) => each.label.kind === 'month' && isDatedByMonth(each.label));
  return other && meaningOf(other) !== meaningOf({ label })
    ? `says ${said(other)}, below the names of the columns; put each month into a sheet of its own, or add a column "Month"`
    : undefined;
}

/** What is wrong with a sheet that is called by a month and nothing else, and has figures of others alone. */
export function notAsCalled(sheet: string | undefined, periods: readonly string[]): string | undefined {
  const label = readPeriod(cleaned(sheet ?? ''));
  if (label.kind !== 'month' || periods.length === 0 || periods.includes(label.period)) return undefined;
  const [first = ''] = periods;
  return `the sheet is called "${sheet}" and holds no figure of ${monthName(label.period)}, but of ${monthName(first)}${periods.length > 1 ? ' and other months' : ''}; put the months right, or give the sheet another name`;
}

/** For whoever sent the file to see. */
export function describeOnce({
  month,
  metric,
}: {
  readonly [key in 'month' | 'metric']?: Understood[key] | undefined;
}): string {
  const period = month && (/^\d{4}-\d{2}$/.test(month.period) ? monthName(month.period) : month.period);
  return [
    month && `All its figures are of ${period}, by ${month.from}, "${shorten(month.text)}".`,
    metric && `All its figures are of "${metric.title}", by ${metric.from}, "${shorten(metric.text)}".`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** The metric that all figures of a table are of, and where that stands. */
export interface NamedOnce {
  readonly named: Named;
  readonly text: string;
  readonly from: string;
}

/** The metric that a sheet is called by, or that the lines above its columns name, where no column does; undefined unless that is one. */
export function subjectOf(
  sheet: string | undefined,
  above: readonly Line[],
  naming: Naming | undefined,
): NamedOnce | undefined {
  const texts = [
    ...(sheet === undefined ? [] : [{ text: sheet, from: 'the name of the sheet' }]),
    ...above.flatMap(({ line, cells }) => cells.flatMap(partsOf).map((text) => ({ text, from: `line ${line}` }))),
  ];
  const found = texts.flatMap(({ text, from }) => {
    const named = naming?.(text);
    return named && !named.field ? [{ named, text, from }] : [];
  });
  return new Set(found.map(({ named }) => named.metric.id)).size === 1 ? found[0] : undefined;
}

/** A line below the columns that stands for another metric than the table's. */
export function otherMetricOn(
  { cells }: Line,
  { named: { metric } }: NamedOnce,
  naming: Naming | undefined,
): string | undefined {
  const other = cells.map((cell) => naming?.(cleaned(cell))?.metric).find((each) => each && each.id !== metric.id);
  return other
    ? `names ${other.title}, below the names of the columns; put each metric into a sheet of its own, or add a column "Measure"`
    : undefined;
}

const faulty = (line: number, detail: string): Dating => ({ fault: { line: Math.max(line, 1), detail } });

/** The periods that a title names. */
const periodsOn = ({ line, cells }: Line): Said[] =>
  withoutOtherDates(cells).flatMap((text) => periodsIn(cleaned(text).slice(0, MAX_TITLE), line));

/** The cells of a title without days that figures are not of: when it was printed, as the cell itself or the one before it says. */
export function withoutOtherDates(cells: readonly string[]): string[] {
  let before = '';
  return cells.map((cell) => {
    const text = cleaned(cell);
    const isOther = text !== '' && (OF_SOMETHING_ELSE.test(before) || !isDatedByMonth(readPeriod(text)));
    before = text || before;
    return isOther ? '' : cell;
  });
}

const partsOf = (text: string): string[] =>
  cleaned(text)
    .split(/[()[\]:;|]|\s[-\u2013\u2014]\s/)
    .map((part) => part.trim())
    .filter(Boolean);

/** Every period in a text, the longest reading of each: `Return for April 2024 (final)`. */
function periodsIn(text: string, line: number): Said[] {
  return partsOf(text).flatMap((part) => {
    if (OF_SOMETHING_ELSE.test(part)) return [];
    const words = part.split(/\s+/);
    const found: Said[] = [];
    for (let from = 0; from < words.length; from += 1) {
      const end = longestFrom(words, from);
      if (end === undefined) continue;
      const written = words.slice(from, end).join(' ').replace(/,$/, '');
      const label = readPeriod(written);
      if (isDatedByMonth(label)) found.push({ label, text: written, line });
      from = end - 1;
    }
    return found;
  });
}

/** Where the longest period that begins at a word ends; undefined where none begins there. */
function longestFrom(words: readonly string[], from: number): number | undefined {
  for (let end = Math.min(words.length, from + MAX_WORDS); end > from; end -= 1)
    if (readPeriod(words.slice(from, end).join(' ').replace(/,$/, '')).kind !== 'unclear') return end;
  return undefined;
}

/** A month without a year in a sheet's name, as written. */
const yearlessIn = (sheet: string): string | undefined =>
  sheet
    .replaceAll('_', ' ')
    .split(/\s+/)
    .find((word) => {
      const label = readPeriod(word);
      return label.kind === 'unclear' && label.cause === NO_YEAR;
    });

const readMonth = (word: string): string => {
  const label = readPeriod(`${word} 2000`);
  return label.kind === 'month' ? label.period : '';
};
const monthOfYear = (period: string): string => period.slice(5);

/** Months where any is named, else quarters, else years; each once. */
function distinct(all: readonly Said[]): Said[] {
  const kinds = ['month', 'month-or-year', 'quarter', 'year'] as const;
  const kind = kinds.find((wanted) => all.some(({ label }) => label.kind === wanted));
  return [...new Map(all.filter(({ label }) => label.kind === kind).map((each) => [meaningOf(each), each])).values()];
}

function meaningOf({ label }: Pick<Said, 'label'>): string {
  if (label.kind === 'year' || label.kind === 'quarter') return `${label.kind} to ${endOf(label, false)}`;
  return label.kind === 'unclear' ? '' : label.period;
}

const said = ({ label, text }: Said): string => (label.kind === 'month' ? monthName(label.period) : `"${text}"`);
const list = (all: readonly Said[]): string => all.map(said).slice(0, 3).join(' and ');
