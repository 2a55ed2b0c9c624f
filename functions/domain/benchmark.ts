import * as z from 'zod';
import { BySchema } from './access.ts';
import { dayName, formatNumber } from './format.ts';
import type { Metric } from './metric.ts';
import { addMonths, PeriodSchema } from './period.ts';

/**
 * Published figures of other places, to compare with: England, and an authority's statistical neighbours. They stand beside
 * a metric as points of reference; no rule reads them, so they never raise or end an alert.
 */

/**
 * Why a figure was not published, by the signs of the Department for Education's statistics: `c` withheld lest somebody be
 * known by it, `x` and `:` not available, `z` not applicable, `low` too small to be shown, `u` too few cases to be relied upon.
 */
export const MarkSchema = z.enum(['c', 'x', 'z', ':', 'low', 'u', '-']);
export type Mark = z.infer<typeof MarkSchema>;

const MARKS: Readonly<Record<Mark, string>> = {
  c: 'withheld so that nobody can be identified',
  x: 'not available',
  z: 'not applicable',
  ':': 'not available',
  low: 'too small to be shown',
  u: 'too few cases to be relied upon',
  '-': 'not published',
};

const FigureSchema = z.number().min(-1_000_000).max(10_000_000);

/** The neighbours' figures of one year: the one in the middle, the least and the most of those `of` them that have one. */
const NeighboursSchema = z.strictObject({
  middle: FigureSchema,
  least: FigureSchema,
  most: FigureSchema,
  of: z.int().min(1).max(20),
  /** How many have none that was published. */
  unpublished: z.int().min(0).max(20),
});

const YearSchema = z.strictObject({
  year: z.int().min(1990).max(2099),
  /** The month that it ends in, or is counted in. */
  month: PeriodSchema,
  england: z.union([FigureSchema, MarkSchema]).optional(),
  neighbours: NeighboursSchema.optional(),
});
export type BenchmarkYear = z.infer<typeof YearSchema>;

/** What was published of other places for one metric, oldest year first; in the metric's unit. */
export const BenchmarkSchema = z.strictObject({
  metric: z.string(),
  /** What the publication calls it. */
  measure: z.string().min(1).max(200),
  source: z.string().min(1).max(300),
  /** The neighbours by name, in the publication's order. */
  neighbours: z.array(z.string().min(1).max(60)).max(20),
  years: z.array(YearSchema).min(1).max(40),
  author: z.string().min(1).max(200),
  loadedAt: z.iso.datetime(),
  /** Who signed in or whose token it was; absent where that was not recorded. */
  by: BySchema.optional(),
});
export type Benchmark = z.infer<typeof BenchmarkSchema>;

/** The most neighbours that an authority has: the Department for Education names ten, others fifteen. */
export const MAX_NEIGHBOURS = 20;

/** The middle of the neighbours' figures, between the two in the middle where they are even in number; undefined of none. */
export function neighboursOf(figures: readonly number[], unpublished: number): BenchmarkYear['neighbours'] {
  const sorted = [...figures].sort((a, b) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) return undefined;
  const [low = least, high = most] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  const middle = Math.round(((low + high) / 2) * 1000) / 1000;
  return { middle, least, most, of: sorted.length, unpublished };
}

/** `71%`, or why there is none: `withheld so that nobody can be identified`. */
export function formatEngland(metric: Metric, england: number | Mark): string {
  return typeof england === 'number' ? formatNumber(metric, england) : MARKS[england];
}

/** `68% (60% to 80% among 9; 1 not published)`. */
export function formatNeighbours(metric: Metric, { middle, least, most, of, unpublished }: Neighbours): string {
  const rest = unpublished > 0 ? `; ${unpublished} not published` : '';
  const range = of === 1 ? 'of one' : `${formatNumber(metric, least)} to ${formatNumber(metric, most)} among ${of}`;
  return `${formatNumber(metric, middle)} (${range}${rest})`;
}
type Neighbours = z.infer<typeof NeighboursSchema>;

/** The newest that was published: `England 2025: 71%; statistical neighbours 2025: 68%, in the middle of 10`. */
export function formatBenchmark(metric: Metric, { years }: Pick<Benchmark, 'years'>): string {
  const england = years.findLast((year) => year.england !== undefined);
  const near = years.findLast(({ neighbours }) => neighbours);
  return [
    ...(england?.england === undefined ? [] : [`England ${england.year}: ${formatEngland(metric, england.england)}`]),
    ...(near?.neighbours
      ? [
          `statistical neighbours ${near.year}: ${formatNumber(metric, near.neighbours.middle)}, in the middle of ${near.neighbours.of}`,
        ]
      : []),
  ].join('; ');
}

/** Who published it, who brought it here, and when. */
export const provenanceOf = ({ source, measure, author, loadedAt }: Benchmark): string =>
  `${source}: ${measure}. Loaded by ${author} on ${dayName(loadedAt)}.`;

/** A level of other places over the months for which it is the newest that there is. */
export interface Level {
  readonly kind: 'england' | 'neighbours';
  readonly year: number;
  readonly value: number;
  readonly from: string;
  readonly to: string;
}

/**
 * The levels to draw between two months: each year's over its own twelve months, the newest on to the end. What was not
 * published is a gap.
 */
export function levelsOf({ years }: Pick<Benchmark, 'years'>, first: string, last: string): Level[] {
  return (['england', 'neighbours'] as const).flatMap((kind) => {
    const published = years.flatMap(({ year, month, england, neighbours }) => {
      const value = kind === 'england' ? england : neighbours?.middle;
      return typeof value === 'number' ? [{ kind, year, month, value }] : [];
    });
    return published.flatMap(({ month, ...level }, index) => {
      const isNewest = index === published.length - 1;
      const from = latest(addMonths(month, -12), first);
      const to = isNewest ? last : earliest(month, last);
      return from < to ? [{ ...level, from, to }] : [];
    });
  });
}

const latest = (one: string, other: string): string => (one > other ? one : other);
const earliest = (one: string, other: string): string => (one < other ? one : other);
