import type { Action } from './action.ts';
import type { Basis } from './identifiers.ts';
import type { Metric, Standard } from './metric.ts';
import { isShared, type Observation, observationIn, type Pooled, reportsExpected, scaleOf } from './series.ts';
import type { Month } from './submission.ts';

/** `suppress` writes 1 to 5 as "5 or fewer", for whoever may read beyond the authority's own managers. */
export type SmallNumbers = 'show' | 'suppress';

/**
 * For whoever has the figures as they were sent: programs by the API, and who sends them. Also where alerts are worked out and nothing
 * of it is put into words. Whatever else is shown or mailed goes by `smallNumbersFor`.
 */
export const AS_SENT: SmallNumbers = 'show';

/** Counts from 1 to this many can point to a child. Common practice for published figures; a deployment's choice. */
const MAX_SMALL = 5;

/** What is neither the inspectors' nor the law's is ours, until the council sets or confirms it. */
export const DEFAULT = "this service's default";

/** Of an alert that nobody took in hand, in e-mails and on pages alike. */
export const NOBODY_HAS_IT_IN_HAND = 'Nobody has said that they have it in hand.';

const BASIS: Record<Basis, string> = {
  inspection: 'from the inspection',
  statutory: 'statutory',
  local: DEFAULT,
  council: 'local policy',
};

/** Who set it, in words. */
export const basisOf = (basis: Basis): string => BASIS[basis];

const isSmall = (count: number): boolean => count >= 1 && count <= MAX_SMALL;

/** So many digits after the point and no more, however close two figures are: they come of counts far below a million. */
const MOST_DIGITS = 6;

/** Closer than this two numbers are the same but for rounding in their computation. */
const SAME = 1e-9;

/**
 * A number with one digit after the point, and as many more as it takes to tell it from what it is held against, and from a
 * whole number: 2,999 of 3,000 is 99.97%, beside a standard of 100%.
 * @example digitsOf(18.04, [18]) // '18.04'
 */
export function digitsOf(value: number, against: readonly number[]): string {
  for (let digits = 1; digits < MOST_DIGITS; digits++) {
    const shown = value.toFixed(digits);
    const isTaken = (other: number): boolean => other.toFixed(digits) === shown && Math.abs(other - value) > SAME;
    if (!isTaken(Math.round(value)) && !against.some(isTaken)) return shown;
  }
  return value.toFixed(MOST_DIGITS);
}

/** What a metric's figures are held against, whenever. */
function linesOf({ standards, baseline }: Metric): number[] {
  return [
    ...standards.flatMap(({ value, upTo = value }) => [value, upTo]),
    ...(baseline.kind === 'figure' ? [baseline.value] : []),
  ];
}

/**
 * A number in the metric's unit with as many digits as are worth reading: `78.0%`, `41 cases`, `17.3 cases per social worker`;
 * and as many as tell it from the metric's standards and baseline, and whatever else it stands `against`.
 */
export function formatNumber(metric: Metric, value: number, against: readonly number[] = []): string {
  const digits = Number.isInteger(value) ? String(value) : digitsOf(value, [...linesOf(metric), ...against]);
  return metric.kind === 'proportion' ? `${digits}%` : `${digits} ${unitOf(metric, digits)}`.trimEnd();
}

/** A usual limit: a tenth of a unit is as near as it is known. */
export const formatLimit = (metric: Metric, limit: number): string => formatNumber(metric, Math.round(limit * 10) / 10);

const SINGULARS: Readonly<Record<string, string>> = { people: 'person', children: 'child', men: 'man', women: 'woman' };

/** The unit of a number as it is written: `1 case per social worker`, `2 cases per social worker`, `1 young person`. */
function unitOf({ unit }: Pick<Metric, 'unit'>, digits: string): string {
  if (digits !== '1') return unit;
  const [counted = '', ...rest] = unit.split(/(?= per )/);
  const words = counted.split(' ');
  const one = words.map((word, index) => SINGULARS[word] ?? (index === words.length - 1 ? singular(word) : word));
  return [one.join(' '), ...rest].join('');
}

const singular = (word: string): string =>
  /(ss|us|is)$/.test(word)
    ? word
    : word
        .replace(/ies$/, 'y')
        .replace(/(?<=ch|sh|x|ss)es$/, '')
        .replace(/s$/, '');

/** An observation as people read it: `78.0% (39 of 50)`, `41 cases`, `86% (no counts given)`, `provisional 41 cases`, `41 cases, left out since,`. */
export function formatObservation(
  metric: Metric,
  observation: Observation,
  smallNumbers: SmallNumbers,
  against: readonly number[] = [],
): string {
  const show = smallNumbers === 'suppress' ? suppressed : shown;
  const text = `${show(metric, observation, against)}${observation.leftOut ? ', left out since,' : ''}`;
  return observation.status === 'provisional' ? `provisional ${text}` : text;
}

/** What a month reports of a metric, as people read it; undefined where it reports nothing. */
export function formatReported(metric: Metric, month: Month, smallNumbers: SmallNumbers): string | undefined {
  const observation = observationIn(month, metric);
  if (observation) return formatObservation(metric, observation, smallNumbers);
  return metric.id in month.observations ? 'nothing to count (0 of 0)' : undefined;
}

function shown(metric: Metric, { value, numerator, denominator }: Observation, against: readonly number[]): string {
  if (!isShared(metric)) return formatNumber(metric, value, against);
  if (metric.kind === 'rate' && denominator !== undefined)
    return `${formatNumber(metric, value, against)} (${counted(numerator ?? 0)} among ${counted(denominator)})`;
  if (denominator === undefined) return `${formatNumber(metric, value, against)} (no counts given)`;
  return `${digitsOf(value, [...linesOf(metric), ...against])}% (${numerator} of ${denominator})`;
}

const counted = (count: number): string => count.toLocaleString('en-GB');

function suppressed(metric: Metric, observation: Observation, against: readonly number[]): string {
  const { value, numerator, denominator } = observation;
  if (metric.kind === 'count')
    return isSmall(value) ? `5 or fewer ${metric.unit}` : shown(metric, observation, against);
  if (numerator === undefined || denominator === undefined) return shown(metric, observation, against);
  if (metric.kind === 'rate')
    return isSmall(numerator) ? `5 or fewer among ${counted(denominator)}` : shown(metric, observation, against);
  const remainder = denominator - numerator;
  if (!isSmall(numerator) && !isSmall(remainder) && !isSmall(denominator)) return shown(metric, observation, against);
  const rounded = `about ${Math.round(value / 5) * 5}%`;
  if (isSmall(denominator)) return `${rounded} (of 5 or fewer)`;
  return isSmall(numerator)
    ? `${rounded} (5 or fewer of ${denominator})`
    : `${rounded} (all but 5 or fewer of ${denominator})`;
}

/**
 * Several observations as one, like {@link formatObservation}. Where small numbers are suppressed and one of the parts has
 * one, neither sum nor exact share is given, or the difference from other parts would tell it.
 */
export function formatPooled(metric: Metric, pooled: Pooled, smallNumbers: SmallNumbers): string {
  if (!hidesPart(metric, pooled, smallNumbers)) return formatObservation(metric, pooled.pooled, smallNumbers);
  const level = shownLevel(metric, pooled, smallNumbers);
  return metric.kind === 'proportion' ? `about ${level}%` : `about ${level} ${unitOf(metric, String(level))}`;
}

/** The level of several observations to draw, as a number: no more than {@link formatPooled} says. */
export function shownLevel(metric: Metric, pooled: Pooled, smallNumbers: SmallNumbers): number {
  const { value } = pooled.pooled;
  if (!hidesPart(metric, pooled, smallNumbers)) return shownValue(metric, pooled.pooled, smallNumbers);
  return metric.kind === 'count' && value <= MAX_SMALL ? MAX_SMALL : Math.round(value / 5) * 5;
}

function hidesPart(metric: Metric, { parts }: Pooled, smallNumbers: SmallNumbers): boolean {
  return smallNumbers === 'suppress' && parts.some((part) => hasSmallCount(metric, part));
}

function hasSmallCount(metric: Metric, { value, numerator, denominator }: Observation): boolean {
  if (metric.kind === 'count') return isSmall(value);
  if (numerator === undefined || denominator === undefined) return false;
  if (metric.kind === 'rate') return isSmall(numerator);
  return isSmall(numerator) || isSmall(denominator - numerator) || isSmall(denominator);
}

/**
 * `, not reported since (2 months expected)`: where an authority's later months, up to `latest`, are in without a figure that was
 * expected in them; else empty. What is not reported is not well.
 */
export function formatAbsence(metric: Pick<Metric, 'frequency'>, last: string, latest: string): string {
  const expected = reportsExpected(metric, last, latest);
  if (expected < 1) return '';
  return `, not reported since (${expected === 1 ? 'one report was' : `${cardinal(expected)} reports were`} expected)`;
}

/** `80%`, or `60% to 80%` where figures are to stay within a range. */
export const formatLine = (metric: Metric, { value, upTo }: Pick<Standard, 'value' | 'upTo'>): string =>
  upTo === undefined ? formatNumber(metric, value) : `${formatNumber(metric, value)} to ${formatNumber(metric, upTo)}`;

/** `80% since October 2010 (this service's default)`. What rests on the inspection says how, lest a choice of ours reads as the inspectors'. */
export function formatStandard(metric: Metric, standard: Standard): string {
  const { from, basis, note } = standard;
  const how = basis === 'inspection' ? `: ${note.replace(/ \((.*?)\)/g, ', $1')}` : '';
  return `${formatLine(metric, standard)} since ${dateName(from)} (${BASIS[basis]}${how})`;
}

/** `22 October 2010`, and whose count that is where the report names no day. */
export function formatDue({ due, dueBasis }: Pick<Action, 'due' | 'dueBasis'>): string {
  if (due === undefined) return 'no day given';
  const whose = {
    local: ', as this service counts',
    council: ', as the council set it',
    inspection: '',
    statutory: '',
  };
  return `${dayName(due)}${whose[dueBasis]}`;
}

/** The same in the middle of a sentence: `due 22 October 2010`. */
export const whenDue = (action: Pick<Action, 'due' | 'dueBasis'>): string =>
  `${action.due === undefined ? '' : 'due '}${formatDue(action)}`;

/** What the inspection found, with its paragraph: `78% in 2009/10 (paragraph 67)`, or a statement in words. */
export function formatBaseline(metric: Metric): string {
  const { baseline } = metric;
  if (baseline.kind === 'none') return baseline.statement;
  const where = baseline.paragraphs.length > 0 ? ` (${formatParagraphs(baseline.paragraphs)})` : '';
  if (baseline.kind === 'statement') return `${baseline.statement}${where}`;
  return `${formatFound(metric, baseline)} in ${dateName(baseline.period)}${where}`;
}

/** A figure of the report, with how far it is one: `at least 90%`. */
export const formatFound = (
  metric: Metric,
  { bound, value }: Extract<Metric['baseline'], { kind: 'figure' }>,
): string => `${{ exact: '', lower: 'at least ', upper: 'at most ' }[bound]}${formatNumber(metric, value)}`;

/** `paragraph 46`, `paragraphs 53 and 78`, or the part of the report that is no paragraph. */
export function formatParagraphs(paragraphs: readonly string[]): string {
  const named = paragraphs.map((paragraph) => PARTS[paragraph] ?? paragraph);
  const numbered = paragraphs.some((paragraph) => /^\d/.test(paragraph));
  return `${numbered ? `paragraph${paragraphs.length > 1 ? 's' : ''} ` : ''}${listed(named)}`;
}

/** `16`, `53 and 78`, `53, 67 and 78`. */
const listed = (words: readonly string[]): string =>
  [words.slice(0, -1).join(', '), ...words.slice(-1)].filter(Boolean).join(' and ');

/** Paragraphs where nothing beside them says of what: `report, paragraph 46`. */
export const placeInReport = (paragraphs: readonly string[]): string => `report, ${formatParagraphs(paragraphs)}`;

const PARTS: Readonly<Record<string, string>> = {
  record: 'record of main findings',
  cover: 'title page',
  summary: 'summary',
  improve: 'what needs to improve',
};

/** The words as the beginning of a sentence. */
export const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

const CARDINALS = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ');
const ORDINALS = 'zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth'.split(' ');

/** `seven`; in figures beyond twelve. */
export const cardinal = (number: number): string => CARDINALS[number] ?? String(number);

/** `seventh`; in figures beyond twelve. */
export const ordinal = (number: number): string => ORDINALS[number] ?? `${number}th`;

/**
 * `10th`, up to `20th`.
 * @example nth(3) // '3rd'
 */
export const nth = (number: number): string => `${number}${['th', 'st', 'nd', 'rd'][number] ?? 'th'}`;

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** `February 2011`. */
export function monthName(period: string): string {
  return `${MONTHS[Number(period.slice(5, 7)) - 1]} ${period.slice(0, 4)}`;
}

/** As many months are named as are read at a glance. */
const NAMED_MONTHS = 6;

/** `February 2011 and April 2011`; of many the first, and how many more. */
export function monthNames(periods: readonly string[]): string {
  const names = periods.slice(0, NAMED_MONTHS).map(monthName);
  const more = periods.length - names.length;
  if (more > 0) return `${names.join(', ')} and ${more} more month${more > 1 ? 's' : ''}`;
  const last = names.pop() ?? '';
  return names.length > 0 ? `${names.join(', ')} and ${last}` : last;
}

/** `22 October 2010` of a date, or of the day of an instant in UTC. */
export function dayName(date: string): string {
  return `${Number(date.slice(8, 10))} ${monthName(date)}`;
}

/**
 * Words with every month (`yyyy-mm`) and date (`yyyy-mm-dd`) in them as people write it.
 * @example dateName('12 months to 2010-09') // '12 months to September 2010'
 */
export function dateName(words: string): string {
  return words.replace(/(?<![\w-])\d{4}-(?:0[1-9]|1[0-2])(-\d{2})?(?![\w-])/g, (date, day) =>
    day ? dayName(date) : monthName(date),
  );
}

/** The value to draw: what {@link formatObservation} says, as a number, so that a chart gives away no more than the text. */
export function shownValue(metric: Metric, observation: Observation, smallNumbers: SmallNumbers): number {
  const { value, denominator } = observation;
  if (smallNumbers === 'show' || !hasSmallCount(metric, observation)) return value;
  if (metric.kind === 'rate' && denominator) return (scaleOf(metric) * MAX_SMALL) / denominator;
  return metric.kind === 'count' ? MAX_SMALL : Math.round(value / 5) * 5;
}

/** Made when it is asked for: to read the time zone takes longer than all else that a function loads of ours. */
let clockInEngland: Intl.DateTimeFormat | undefined;

/** `14 October 2011 at 09:30` of an instant, by the clock in England. */
export function timeName(instant: string): string {
  clockInEngland ??= new Intl.DateTimeFormat('en-GB', {
    timeZone: 'Europe/London',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });
  return clockInEngland.format(new Date(instant));
}

/**
 * What somebody typed, as one line that can be nothing else: without line breaks, control characters and characters that
 * turn the direction of what follows, and no longer than `max`.
 */
export function oneLine(text: string, max: number): string {
  const line = text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  if (line.length <= max) return line;
  const start = line.slice(0, max - 1);
  return `${start.slice(0, start.lastIndexOf(' ') > max / 2 ? start.lastIndexOf(' ') : undefined).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** As much as is quoted of what people typed: a name, and a note, reason or commentary. */
export const MAX_NAME_LENGTH = 80;
export const MAX_TYPED_LENGTH = 300;

/** What somebody typed, to be quoted: {@link oneLine}, without the quotation marks that are put around it. */
export const typed = (text: string, max: number): string => oneLine(text, max).replace(/[“”]/g, '"');
