import type { Doing } from '../domain/access.ts';
import {
  type Benchmark,
  type BenchmarkYear,
  MAX_NEIGHBOURS,
  type Mark,
  MarkSchema,
  neighboursOf,
} from '../domain/benchmark.ts';
import type { LoadedInspection } from '../domain/loaded-inspection.ts';
import type { Metric } from '../domain/metric.ts';
import { removeBenchmark, saveBenchmarks } from '../store/benchmarks.ts';
import type { Database } from '../store/database.ts';
import { readNumber } from './cell-numbers.ts';
import { readPeriod } from './cell-periods.ts';
import { cleaned, shorten } from './cells.ts';
import { readSeparated, UnreadableFileError } from './csv.ts';
import { InvalidError, NotFoundError, type SentFault } from './errors.ts';
import { metricIn, requireOpenInspection } from './inspections.ts';
import { namingOf, plain } from './names.ts';
import { retryChanged } from './retry.ts';

/** Published figures of England and an authority's statistical neighbours, from a file, beside its own metrics. */

/** A file of published figures, with whose it is and who brings it. */
export interface BenchmarkFile {
  /** The publication, with its date: `Department for Education, Local Authority Interactive Tool, November 2025`. */
  readonly source: string;
  readonly author: string;
  /** Separated text, with the names of the columns in its first line. */
  readonly csv: string;
}

/** What became of a file: the metrics that it has figures for, and all of it that was not used, with why. */
export interface LoadedBenchmarks {
  readonly benchmarks: readonly Benchmark[];
  readonly neighbours: readonly string[];
  readonly setAside: readonly { readonly what: string; readonly lines: number; readonly why: string }[];
}

/**
 * Puts a file's figures in the place of what was loaded before for the same metrics, or says what it would load. Nothing is
 * judged by them. Throws `UnknownAuthorityError`, or {@link InvalidError} with every fault by its line; then nothing is stored.
 */
export async function loadBenchmarks(
  database: Database<'baselines'>,
  authority: string,
  file: BenchmarkFile,
  doing: Doing,
  dryRun: boolean,
): Promise<LoadedBenchmarks> {
  const inspection = await requireOpenInspection(database, authority);
  const read = readBenchmarks(file, inspection, doing);
  if (read.faults.length > 0) throw new InvalidError(read.faults);
  if (!dryRun) await retryChanged(() => saveBenchmarks(database, authority, read.benchmarks));
  return read;
}

/** Takes away what is shown of other places beside a metric. Throws `UnknownAuthorityError` or {@link NotFoundError}. */
export async function dropBenchmark(database: Database<'baselines'>, authority: string, id: string): Promise<void> {
  const inspection = await requireOpenInspection(database, authority);
  metricIn(inspection, id);
  if (!inspection.benchmarks.some(({ metric }) => metric === id)) throw new NotFoundError('benchmark', id);
  await removeBenchmark(database, authority, id);
}

/** The columns that are read, by the names that they go by; others are passed over. */
const COLUMNS = {
  metric: ['metric', 'metric id', 'id'],
  short: ['measure short', 'short name', 'code'],
  measure: ['measure', 'indicator', 'title'],
  area: ['area', 'area name', 'local authority', 'la name', 'region', 'geography'],
  year: ['year', 'time period', 'period'],
  type: ['year type'],
  value: ['value', 'value as published', 'figure'],
} as const;
type Column = keyof typeof COLUMNS;

/** England's regions stand in the same tables, and are nobody's neighbours. */
const REGIONS = new Set([
  ...['north east', 'north west', 'yorkshire and the humber', 'east midlands', 'west midlands', 'east of england'],
  ...['london', 'inner london', 'outer london', 'south east', 'south west'],
]);

/** One transaction takes a hundred writes. */
const MAX_AT_ONCE = 100;

interface Row {
  readonly line: number;
  readonly cells: Readonly<Record<Column, string>>;
}

/** {@link loadBenchmarks} without storing anything. */
export function readBenchmarks(
  { source, author, csv }: BenchmarkFile,
  { header: { name, authority }, metrics }: Pick<LoadedInspection, 'header' | 'metrics'>,
  { by, now }: Doing,
): LoadedBenchmarks & { readonly faults: readonly SentFault[] } {
  const { rows, decimalComma, faults } = rowsOf(csv);
  const naming = namingOf(metrics);
  const aside = new Map<string, { what: string; lines: number; why: string }>();
  const setAside = (what: string, why: string): void => {
    const known = aside.get(what) ?? { what, lines: 0, why };
    aside.set(what, { ...known, lines: known.lines + 1 });
  };
  const own = new Set([plain(name), plain(authority)]);
  const neighbours: string[] = [];
  const drafts = new Map<string, Draft>();
  for (const { line, cells } of rows) {
    const fault = (column: string, detail: string): void => void faults.push({ line, column, detail });
    const metric = [cells.metric, cells.short, cells.measure].map((text) => naming(text)?.metric).find(Boolean);
    const called = cells.measure || cells.metric || cells.short;
    if (!metric) {
      setAside(shorten(called), 'no metric is called so, by id, title or alias');
      continue;
    }
    if (metric.kind === 'count') {
      setAside(
        shorten(called),
        `${metric.title} is a number: it says nothing beside that of a larger or smaller place`,
      );
      continue;
    }
    const area = plain(cells.area);
    if (own.has(area) || REGIONS.has(area)) {
      setAside(cells.area, own.has(area) ? 'is the authority itself' : 'is a region');
      continue;
    }
    const label = yearIn(cells);
    if (!label) fault('year', `"${shorten(cells.year)}" is not a year; write 2025 or 2024-25`);
    const figure = figureIn(cells.value, metric, decimalComma);
    if (typeof figure === 'object') fault('value', figure.detail);
    if (area === '') fault('area', 'names no place; write England or the name of a neighbour');
    if (!label || typeof figure === 'object' || area === '') continue;
    const isEngland = area === 'england';
    if (!isEngland && !neighbours.includes(cells.area)) neighbours.push(cells.area);
    const draft = drafts.get(metric.id) ?? { measure: called.slice(0, 200), years: new Map() };
    const year = draft.years.get(label.year) ?? { month: label.month, figures: new Map() };
    if (year.figures.has(cells.area)) fault('area', `${cells.area} has another figure for ${label.year} above`);
    year.figures.set(cells.area, figure);
    draft.years.set(label.year, year);
    drafts.set(metric.id, draft);
  }
  if (neighbours.length > MAX_NEIGHBOURS)
    faults.push({
      line: 1,
      detail: `has ${neighbours.length} places beside England, and at most ${MAX_NEIGHBOURS} are neighbours; leave in England and the statistical neighbours`,
    });
  if (drafts.size > MAX_AT_ONCE)
    faults.push({
      line: 1,
      detail: `has figures for ${drafts.size} metrics; at most ${MAX_AT_ONCE} are loaded at once`,
    });
  if (rows.length > 0 && drafts.size === 0 && faults.length === 0)
    faults.push({
      line: 1,
      detail: `has no measure of a metric of this authority (${[...aside.keys()].slice(0, 5).join(', ')}); name the metric in a column "metric", or give the metric the measure's name as an alias`,
    });
  const benchmarks = [...drafts].map(
    ([metric, { measure, years }]): Benchmark => ({
      ...{ metric, measure, source, neighbours, author, loadedAt: now.toISOString(), by },
      years: [...years]
        .map(([year, { month, figures }]) => yearOf(year, month, figures))
        .sort((a, b) => a.year - b.year),
    }),
  );
  return { benchmarks, neighbours, setAside: [...aside.values()], faults };
}

interface Draft {
  readonly measure: string;
  readonly years: Map<number, { month: string; figures: Map<string, number | Mark> }>;
}

function yearOf(year: number, month: string, figures: ReadonlyMap<string, number | Mark>): BenchmarkYear {
  const england = [...figures].find(([area]) => plain(area) === 'england')?.[1];
  const others = [...figures].flatMap(([area, figure]) => (plain(area) === 'england' ? [] : [figure]));
  const published = others.filter((figure) => typeof figure === 'number');
  const neighbours = neighboursOf(published, others.length - published.length);
  return { year, month, ...(england === undefined ? {} : { england }), ...(neighbours ? { neighbours } : {}) };
}

function rowsOf(csv: string): { rows: Row[]; decimalComma: boolean; faults: SentFault[] } {
  const nothing = (line: number, detail: string) => ({ rows: [], decimalComma: false, faults: [{ line, detail }] });
  try {
    const { lines, decimalComma } = readSeparated(csv);
    const [head, ...body] = lines.filter(({ cells }) => cells.some((cell) => cleaned(cell) !== ''));
    if (!head) return nothing(1, 'is empty');
    const places = new Map<Column, number>();
    for (const [index, cell] of head.cells.entries())
      for (const column of Object.keys(COLUMNS) as Column[])
        if ((COLUMNS[column] as readonly string[]).includes(plain(cell)) && !places.has(column))
          places.set(column, index);
    const missing = [
      ...(places.has('metric') || places.has('short') || places.has('measure') ? [] : ['metric or measure']),
      ...(['area', 'year', 'value'] as const).filter((column) => !places.has(column)),
    ];
    if (missing.length > 0)
      return nothing(
        head.line,
        `the first line names the columns metric or measure, area, year and value; it has no ${missing.join(', no ')}`,
      );
    const cellIn = (cells: readonly string[], column: Column): string => {
      const place = places.get(column);
      return place === undefined ? '' : cleaned(cells[place] ?? '');
    };
    const rows = body.map(({ line, cells }) => ({
      line,
      cells: Object.fromEntries(
        (Object.keys(COLUMNS) as Column[]).map((column) => [column, cellIn(cells, column)]),
      ) as Row['cells'],
    }));
    return rows.length > 0
      ? { rows, decimalComma, faults: [] }
      : nothing(head.line, 'has no figures below the names of its columns');
  } catch (error) {
    if (error instanceof UnreadableFileError) return nothing(error.line, error.message);
    throw error;
  }
}

/**
 * The year of a line, and the month that it ends in: March unless the kind of year says September, as the workforce census
 * does. A year of two is named by the one in which it ends: 2024-25 is 2025.
 */
function yearIn({ year: text, type }: Row['cells']): { year: number; month: string } | undefined {
  const label = readPeriod(text);
  const year = /^\d{4}(\.0)?$/.test(text)
    ? Number(text)
    : /^20\d{4}$/.test(text) && label.kind === 'unclear'
      ? Number(`20${text.slice(4)}`)
      : label.kind === 'year' || label.kind === 'month-or-year'
        ? label.ends
        : undefined;
  if (year === undefined || year < 1990 || year > 2099) return undefined;
  const month = /sep/i.test(type) ? '09' : /school|academic/i.test(type) ? '08' : '03';
  return { year, month: `${year}-${month}` };
}

/** A figure in the metric's unit, why there is none, or what is wrong with it. */
function figureIn(text: string, metric: Metric, decimalComma: boolean): number | Mark | { readonly detail: string } {
  const mark = MarkSchema.safeParse(
    text
      .toLowerCase()
      .replace(/^\[(.+)\]$/, '$1')
      .replace(/^\.{1,2}$/, ':')
      .replace(/^$/, ':')
      .replace(/^[–—]$/, '-'),
  );
  if (mark.success) return mark.data;
  const read = readNumber(text, decimalComma);
  if (read.kind === 'unclear') return { detail: read.detail };
  if (metric.kind === 'proportion' && (read.number < 0 || read.number > 100))
    return { detail: `${read.number} is no percentage, and ${metric.title} is one` };
  return read.number;
}
