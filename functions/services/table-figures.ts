import type { Metric } from '../domain/metric.ts';
import { isShared, scaleOf } from '../domain/series.ts';
import { isShare } from '../domain/submission.ts';
import { markerIn, readNumber } from './cell-numbers.ts';
import { shorten } from './cells.ts';
import type { Field } from './names.ts';
import type { TableFault } from './table.ts';
import type { Given } from './table-lines.ts';

/** The cells of one metric in one month made into its figure. */

export const defaultField = (metric: Metric | undefined): Field => (metric?.kind === 'count' ? 'count' : 'value');

/** The fields that a kind of metric is reported in, and where they belong. */
const BELONGS: Readonly<Record<Metric['kind'], { readonly fields: readonly Field[]; readonly words: string }>> = {
  count: { fields: ['count'], words: 'is a count: its figure belongs in the column count' },
  mean: { fields: ['value'], words: 'is a mean: its figure belongs in the column value' },
  rate: {
    fields: ['numerator', 'denominator', 'value'],
    words:
      'is a rate: its cases belong in the column numerator and the children of the place in denominator, or the rate in value where only that is known',
  },
  proportion: {
    fields: ['numerator', 'denominator', 'value'],
    words:
      'is a proportion: its figures belong in the columns numerator and denominator, or in value where only the percentage is known',
  },
};

/**
 * A count or a mean that stands alone where others have their numerator, in a table without a column for counts: it can be nothing
 * else, and has nowhere else to stand.
 */
export function inOneColumn(metric: Metric | undefined, given: readonly Given[]): readonly Given[] {
  const [alone, ...others] = given;
  const isOne = metric?.kind === 'count' || metric?.kind === 'mean';
  return isOne && alone?.field === 'numerator' && others.length === 0
    ? [{ ...alone, field: defaultField(metric) }]
    : given;
}

/**
 * What cells report of a metric, as the API takes it; undefined where what they hold is a fault. A number that could not be
 * read is NaN, for more faults to be found beside it.
 */
export function reportedOf(
  metric: Metric | undefined,
  given: readonly Given[],
  faults: TableFault[],
  decimalComma: boolean,
): Record<string, number | string> | undefined {
  const belongs = metric && BELONGS[metric.kind];
  const astray = belongs ? given.filter(({ field }) => field && !belongs.fields.includes(field)) : [];
  if (metric && belongs && astray.length > 0) {
    faults.push(...astray.map(({ line, column }) => ({ line, column, detail: `${metric.id} ${belongs.words}` })));
    return undefined;
  }
  const reported: Record<string, number | string> = {};
  const read = new Map<Field, { readonly number: number; readonly decimals: number; readonly given: Given }>();
  const nothing = given.length > 2 && isNothing(given, decimalComma);
  for (const each of given.flatMap((cell) => asCounts(metric, cell))) {
    const field = each.field ?? defaultField(metric);
    // What a formula makes of 0 of 0 says the same.
    if (nothing && field === 'value' && markerIn(each.text) && !/^#(?!div)/i.test(each.text)) continue;
    const found = readNumber(each.text, decimalComma);
    const place = { line: each.line, column: each.column };
    const takesPercent = field === 'value' && (!metric || metric.kind === 'proportion');
    if (found.kind === 'unclear')
      faults.push({ ...place, detail: found.detail, cause: `${each.column}: ${found.cause}` });
    else if (found.kind === 'percentage' && !takesPercent)
      faults.push({
        ...place,
        detail: `"${shorten(each.text)}" is a percentage, where ${field === 'value' ? 'a number' : 'a count'} is needed`,
        cause: `${each.column}: a percentage`,
      });
    else {
      reported[field] = found.kind === 'percentage' && isShare(found.number) ? found.text : found.number;
      const decimals = found.kind === 'percentage' ? found.decimals : (/\.(\d+)$/.exec(each.text)?.[1] ?? '').length;
      read.set(field, { number: found.number, decimals, given: each });
      continue;
    }
    reported[field] = Number.NaN;
  }
  agreeing(metric, reported, read, faults);
  return reported;
}

/** `14/15` or `14 of 15` where a proportion has one cell is its two counts. */
function asCounts(metric: Metric | undefined, cell: Given): Given[] {
  const [, numerator, denominator] = /^(\d+)\s*(?:\/|of|out of)\s*(\d+)$/i.exec(cell.text) ?? [];
  if (metric?.kind !== 'proportion' || (cell.field ?? 'value') !== 'value' || !numerator || !denominator) return [cell];
  return [
    { ...cell, field: 'numerator', text: numerator },
    { ...cell, field: 'denominator', text: denominator },
  ];
}

/** Whether the counts are given as 0 of 0. */
function isNothing(given: readonly Given[], decimalComma: boolean): boolean {
  return (['numerator', 'denominator'] as const).every((field) => {
    const found = readNumber(given.find((cell) => cell.field === field)?.text ?? '', decimalComma);
    return found.kind === 'number' && found.number === 0;
  });
}

/** A percentage beside the counts that it comes from is checked against them, and says no more. */
function agreeing(
  metric: Metric | undefined,
  reported: Record<string, number | string>,
  read: ReadonlyMap<Field, { readonly number: number; readonly decimals: number; readonly given: Given }>,
  faults: TableFault[],
): void {
  const [numerator, denominator, value] = [read.get('numerator'), read.get('denominator'), read.get('value')];
  if (!metric || !isShared(metric) || !(numerator ?? denominator) || !value) return;
  // Of one count alone the other is missing, whatever the percentage is.
  delete reported.value;
  if (!numerator || !denominator || denominator.number === 0) return;
  const wanted = (scaleOf(metric) * numerator.number) / denominator.number;
  // Spreadsheets round, and some people cut; beside its counts, a share of one has one meaning too.
  const agrees = (number: number): boolean => Math.abs(wanted - number) < 10 ** -value.decimals;
  const isBare = !value.given.text.endsWith('%');
  if (
    agrees(value.number) ||
    (isBare &&
      isShare(value.number) &&
      metric.kind === 'proportion' &&
      Math.abs(wanted / 100 - value.number) < 10 ** -value.decimals)
  )
    return;
  const { line, column, text } = value.given;
  faults.push({
    line,
    column,
    detail: `"${shorten(text)}" is not what ${numerator.number} of ${denominator.number} come to, which is ${wanted.toFixed(1)}${metric.kind === 'rate' ? ` ${metric.unit}` : '%'}; put one of them right, or leave this cell blank`,
  });
}
