import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { monthName } from '../domain/format.ts';
import type { Level } from '../domain/lifecycle.ts';
import { addMonths, monthIndex } from '../domain/period.ts';
import type { Html } from './html.ts';
import { trusted } from './html.ts';
import { shortMonth } from './words.ts';

/** A reported period as it is drawn; periods are `yyyy-mm`, values in the metric's unit. */
export interface ChartPoint {
  readonly period: string;
  readonly value: number;
  readonly mean: number;
  /** Null where the series is too short or too even to have limits. */
  readonly lower: number | null;
  readonly upper: number | null;
  /** Counts the groups of limits: a line is not drawn from one to the next. */
  readonly group: number;
  /** What it means for children, the worst that is so of it; undefined where that is nothing out of the usual. */
  readonly meaning: Level | 'concern' | 'improvement' | 'other' | undefined;
  readonly provisional: boolean;
  readonly revised: boolean;
  /** What the alert was after the period. */
  readonly alert: Level | 'recovering' | undefined;
}

/** A level that figures are held against, or that was published of other places, over the months for which it stands. */
export interface ChartReference {
  readonly kind: 'inspection' | 'comparable' | 'estimate' | 'reached' | 'since' | 'england' | 'neighbours';
  readonly from: string;
  readonly to: string;
  readonly value: number;
  /** Of a published figure: the year that it is of, which its label names. */
  readonly year?: number;
}

export interface ChartData {
  readonly points: readonly ChartPoint[];
  /** The standard in force in each month that is drawn. */
  readonly standards: readonly {
    readonly period: string;
    readonly value: number;
    /** Of a range: its upper end. */
    readonly upTo?: number | undefined;
  }[];
  /** What else figures are held against. */
  readonly references: readonly ChartReference[];
  /** First months of another way of working. */
  readonly rebases: readonly string[];
  readonly isPercentage: boolean;
  /** Of the values, such as `cases`. */
  readonly unit: string;
  /** A value as a label has it: short, without its unit where that is many words. */
  readonly say: (value: number) => string;
}

/** What each drawing is called; ids of titles and descriptions have to differ on one page. */
export interface ChartText {
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

const INK = '#12324a';
const LIMIT = '#6f777b';
const STANDARD = '#4c2c92';
const CRITICAL = '#b10e1e';
const WATCH = '#6f5500';

/** How each reference is drawn and called. */
export const REFERENCES = {
  inspection: { colour: '#0b6b45', dashes: '2 4', label: 'Inspection' },
  comparable: { colour: '#0b6b45', dashes: '2 4', label: 'Inspection, comparable' },
  estimate: { colour: '#00627a', dashes: '8 3 2 3', label: 'Own estimate' },
  reached: { colour: '#8a2f5c', dashes: '12 3', label: 'Level reached' },
  since: { colour: '#a83f00', dashes: '12 3', label: 'Level since' },
  england: { colour: '#5b5b00', dashes: '6 2 1 2 1 2', label: 'England' },
  neighbours: { colour: '#1f5f8b', dashes: '1 3', label: 'Neighbours' },
} as const satisfies Record<ChartReference['kind'], unknown>;

/** How a point with a meaning is drawn: a shape of its own for each, as colours alone tell nothing to some. */
export const MEANINGS = {
  critical: { symbol: 'diamond', colour: CRITICAL, radius: 8 },
  warning: { symbol: 'triangle', colour: '#a83f00', radius: 7 },
  watch: { symbol: 'circle', colour: WATCH, radius: 8 },
  concern: { symbol: 'times', colour: WATCH, radius: 6 },
  improvement: { symbol: 'square', colour: '#1d70b8', radius: 6 },
  other: { symbol: 'star', colour: INK, radius: 6 },
} as const satisfies Record<NonNullable<ChartPoint['meaning']>, unknown>;

const HEIGHT = { wide: 430, narrow: 340 } as const;
/** Half of the highest label of the axis on the left. */
const MARGIN_TOP = 16;
const MARGIN_LEFT = 58;
/** At least. */
const MARGIN_RIGHT = { wide: 170, narrow: 14 } as const;
const FONT_SIZE = { wide: 15, narrow: 13 } as const;
const MARGIN_BOTTOM = 54;
/** So far below the axis its labels begin: marks of figures at the bottom reach below it. */
const TICK_PADDING = 12;

/** One drawing for wide windows, one for narrow ones: scaled down, the text of the wide one could not be read. */
export const CHART_WIDTHS = { wide: 1080, narrow: 340 } as const;

/** What is used of the light DOM that stands in for a browser's. */
type Drawing = ReturnType<typeof document.createElement>;

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** The XmR chart of a metric as SVG, drawn by Observable Plot without a browser. Nothing in it needs inline styles. */
export function chart(data: ChartData, size: keyof typeof CHART_WIDTHS, text: ChartText): Html {
  const width = CHART_WIDTHS[size];
  const points = data.points.map((point) => ({ ...point, date: dateOf(point.period) }));
  // Of a range both ends are lines.
  const ends = ({ value, upTo }: ChartData['standards'][number]): number[] => [
    value,
    ...(upTo === undefined ? [] : [upTo]),
  ];
  const standards = data.standards.flatMap((standard) =>
    ends(standard).map((value, end) => ({ date: dateOf(standard.period), value, end })),
  );
  const limited = points.filter(({ lower, upper }) => lower !== null && upper !== null);
  const first = points[0]?.date as Date;
  const last = points.at(-1)?.date as Date;
  const x = { x: 'date', z: 'group' } as const;
  const domain = domainOf(data);
  const lines = size === 'wide' ? linesOf(data) : [];
  const marginRight = Math.max(MARGIN_RIGHT[size], ...lines.map(({ text }) => SIDE_GAP + widthOf(text, size)));
  const changes = changeLabels(data, size, marginRight);
  // Above the drawing a row for what the axis is called, and one for them.
  const unitTop = data.isPercentage ? 0 : LABEL_HEIGHT;
  const marginTop = MARGIN_TOP + unitTop + (changes.length > 0 ? LABEL_HEIGHT : 0);
  const svg = Plot.plot({
    document,
    className: 'app-chart',
    width,
    height: HEIGHT[size],
    marginLeft: MARGIN_LEFT,
    marginRight,
    marginBottom: MARGIN_BOTTOM,
    marginTop,
    style: { fontSize: `${FONT_SIZE[size]}px` },
    x: {
      type: 'utc',
      domain: [first, last],
      ticks: ticksOf(data.points, size === 'wide' ? 12 : 5),
      tickFormat: tickText,
      tickPadding: TICK_PADDING,
      label: null,
    },
    y: {
      domain,
      clamp: true,
      ticks: 6,
      grid: true,
      label: null,
      ...(data.isPercentage ? { tickFormat: (value: number) => `${value}%` } : {}),
    },
    marks: [
      Plot.rect(bandsOf(points), {
        x1: (band: Band) => Math.max(first.getTime(), band.from),
        x2: (band: Band) => Math.min(last.getTime(), band.to),
        fill: (band: Band) => (band.episode ? CRITICAL : WATCH),
        fillOpacity: 0.07,
      }),
      Plot.ruleX(data.rebases.map(dateOf), {
        stroke: INK,
        strokeDasharray: '1 4',
        strokeWidth: 2,
        strokeLinecap: 'round',
      }),
      Plot.line(limited, { ...x, y: 'lower', stroke: LIMIT, strokeDasharray: '5 4' }),
      Plot.line(limited, { ...x, y: 'upper', stroke: LIMIT, strokeDasharray: '5 4' }),
      Plot.line(points, { ...x, y: 'mean', stroke: LIMIT }),
      ...data.references.map(({ kind, from, to, value }) =>
        Plot.line([dateOf(from), dateOf(to)], {
          x: (date: Date) => date,
          y: () => value,
          stroke: REFERENCES[kind].colour,
          strokeWidth: 2,
          strokeDasharray: REFERENCES[kind].dashes,
        }),
      ),
      Plot.line(standards, {
        x: 'date',
        y: 'value',
        z: 'end',
        curve: 'step-after',
        stroke: STANDARD,
        strokeWidth: 2,
        strokeDasharray: '10 4',
      }),
      ...(data.isPercentage
        ? []
        : [
            Plot.text([data.unit], {
              frameAnchor: 'top-left',
              textAnchor: 'start',
              lineAnchor: 'top',
              dx: -MARGIN_LEFT,
              dy: 7 - marginTop,
            }),
          ]),
      ...sideLabels(lines, domain, HEIGHT.wide - marginTop - MARGIN_BOTTOM, last),
      ...changes.flatMap(({ at, text, before }) => [
        Plot.ruleX([at], { y1: domain[1], y2: domain[1], stroke: STANDARD, insetTop: -LABEL_HEIGHT, strokeWidth: 2 }),
        Plot.text([at], {
          x: (date: Date) => date,
          frameAnchor: 'top',
          text: () => text,
          textAnchor: before ? 'end' : 'start',
          lineAnchor: 'bottom',
          dx: before ? -5 : 5,
          dy: -4,
          fill: STANDARD,
        }),
      ]),
      Plot.line(points, { x: 'date', y: 'value', stroke: INK, strokeWidth: 2 }),
      Plot.dot(points, {
        x: 'date',
        y: 'value',
        r: 3.5,
        stroke: INK,
        strokeWidth: 1.5,
        fill: (point: ChartPoint) => (point.provisional ? 'white' : INK),
      }),
      ...(Object.keys(MEANINGS) as (keyof typeof MEANINGS)[]).map((meaning) =>
        Plot.dot(
          points.filter((point) => point.meaning === meaning),
          {
            x: 'date',
            y: 'value',
            r: MEANINGS[meaning].radius,
            symbol: MEANINGS[meaning].symbol,
            // Two strokes have no inside; what is to watch is a ring around the figure, as no other dot tells it from in grey.
            ...(meaning === 'concern' || meaning === 'watch'
              ? { stroke: MEANINGS[meaning].colour, strokeWidth: 2.5 }
              : { fill: MEANINGS[meaning].colour, stroke: 'white' }),
          },
        ),
      ),
      Plot.dot(
        points.filter(({ revised }) => revised),
        { x: 'date', y: 'value', r: 12, symbol: 'square', stroke: INK, strokeWidth: 1.5 },
      ),
    ],
  });
  return trusted(accessible(svg, text, size));
}

/** Where the standard became another, or first was one. */
function changesOf({ standards, points }: ChartData): ChartData['standards'] {
  return standards.filter(({ period, value }, index) =>
    index === 0 ? period !== points[0]?.period : value !== standards[index - 1]?.value,
  );
}

/** From one label to the next, in pixels: less could not be read. */
const LABEL_HEIGHT = 21;
/** Between a line and its label, in pixels. */
const SIDE_GAP = 12;
/** How wide a character is at most on average, in parts of the font's size: labels are placed before there is a font to ask. */
const CHARACTER = 0.6;
const widthOf = (text: string, size: keyof typeof CHART_WIDTHS): number => text.length * CHARACTER * FONT_SIZE[size];

interface ChangeLabel {
  readonly at: Date;
  readonly text: string;
  /** Whether it stands before its month, as it would leave the drawing after it. */
  readonly before: boolean;
}

/** What is said above the drawing of changes of the standard: of those that there is room for, the newest first. The table has them all. */
function changeLabels(data: ChartData, size: keyof typeof CHART_WIDTHS, marginRight: number): ChangeLabel[] {
  const [first, last] = [data.points[0], data.points.at(-1)].map((point) => dateOf(point?.period ?? '').getTime());
  if (first === undefined || last === undefined || first === last) return [];
  const inside = CHART_WIDTHS[size] - MARGIN_LEFT - marginRight;
  const labels: ChangeLabel[] = [];
  let free: number = CHART_WIDTHS[size];
  for (const { period } of [...changesOf(data)].reverse()) {
    const at = dateOf(period);
    const text = `Standard since ${monthName(period)}`;
    const width = widthOf(text, size) + 10;
    const x = MARGIN_LEFT + ((at.getTime() - first) / (last - first)) * inside;
    const before = x + width > free;
    const start = before ? x - width : x;
    if (start < 0 || (before && x > free)) continue;
    labels.push({ at, text, before });
    free = start;
  }
  return labels;
}

/** A horizontal line that has a label. */
interface Line {
  readonly value: number;
  readonly text: string;
  readonly colour: string;
}

/** The horizontal lines to label, from the top down: of each kind of reference the newest alone, as older levels are in the table. */
function linesOf({ standards, references, say }: ChartData): Line[] {
  const standard = standards.at(-1);
  const newest = new Map(references.map((reference) => [reference.kind, reference]));
  return [
    ...(standard ? [{ value: standard.value, text: 'Standard', colour: STANDARD }] : []),
    ...[...newest.values()].map(({ kind, value, year }) => ({
      value,
      text: [REFERENCES[kind].label, year].filter(Boolean).join(' '),
      colour: REFERENCES[kind].colour,
    })),
  ]
    .sort((a, b) => b.value - a.value)
    .map((line) => ({ ...line, text: `${line.text} ${say(line.value)}` }));
}

/** The labels of the horizontal lines, on the right; moved apart where the lines are close. `inside` is how high the drawing is, in pixels. */
function sideLabels(
  lines: readonly Line[],
  [low, high]: readonly [number, number],
  inside: number,
  last: Date,
): Plot.Markish[] {
  const pixels = lines.map(({ value }) => ((high - value) / (high - low)) * inside);
  const places = apart(pixels, inside);
  return lines.map(({ value, text, colour }, index) =>
    Plot.text([value], {
      x: () => last,
      y: value,
      text: () => text,
      textAnchor: 'start',
      dx: SIDE_GAP,
      dy: (places[index] ?? 0) - (pixels[index] ?? 0),
      fill: colour,
      fontWeight: 'bold',
    }),
  );
}

/** Places from the top down, at least a label apart: none below `bottom`, as far as there is room above it. */
function apart(places: readonly number[], bottom: number): number[] {
  const down: number[] = [];
  for (const place of places) down.push(Math.max(place, (down.at(-1) ?? Number.NEGATIVE_INFINITY) + LABEL_HEIGHT));
  let lowest = bottom + LABEL_HEIGHT;
  return down
    .reverse()
    .map((place) => {
      lowest = Math.min(place, lowest - LABEL_HEIGHT);
      return lowest;
    })
    .reverse();
}

interface Band {
  /** Instants, in milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly episode: boolean;
}

/** Runs of reported months with an episode, and of such that are only watched, half a month to either side of each. */
function bandsOf(points: readonly ChartPoint[]): Band[] {
  const bands: Band[] = [];
  for (const { period, alert } of points) {
    if (!alert) continue;
    const month = { from: middleOf(addMonths(period, -1)), to: middleOf(period), episode: alert !== 'watch' };
    const before = bands.at(-1);
    if (before && before.to === month.from && before.episode === month.episode)
      bands[bands.length - 1] = { ...month, from: before.from };
    else bands.push(month);
  }
  return bands;
}

const dateOf = (period: string): Date => new Date(`${period}-01T00:00:00Z`);
const middleOf = (period: string): number => (dateOf(period).getTime() + dateOf(addMonths(period, 1)).getTime()) / 2;

/** Steps, in months, from one label of the axis to the next. */
const STEPS = [1, 2, 3, 6, 12, 24, 60, 120];

/** At most so many months, evenly apart, for the axis; from a January on where the steps make a year. */
function ticksOf(points: readonly ChartPoint[], most: number): Date[] {
  const [first, last] = [points[0], points.at(-1)].map((point) => monthIndex(point?.period ?? '')) as [number, number];
  const step = STEPS.find((months) => (last - first) / months < most) ?? 120;
  const start = Math.ceil(first / step) * step;
  const ticks: Date[] = [];
  for (let index = start; index <= last; index += step)
    ticks.push(new Date(Date.UTC(Math.floor(index / 12), index % 12)));
  return ticks;
}

/** The month, and the year below it for the first and for each January. */
function tickText(date: Date, position: number): string {
  const [month, year] = shortMonth(date.toISOString()).split(' ');
  return position === 0 || month === 'Jan' ? `${month}\n${year}` : `${month}`;
}

/** From the least to the most of all that is drawn, with some air; percentages stay between 0 and 100. */
function domainOf({ points, standards, references, isPercentage }: ChartData): [number, number] {
  const drawn = [
    ...points.flatMap(({ value, lower, upper }) => [value, lower ?? value, upper ?? value]),
    ...standards.flatMap(({ value, upTo = value }) => [value, upTo]),
    ...references.map(({ value }) => value),
  ];
  const [low, high] = [Math.min(...drawn), Math.max(...drawn)];
  const air = (high - low || Math.abs(high) || 1) * 0.06;
  const bottom = low < 0 ? low - air : Math.max(0, low - air);
  return isPercentage ? [bottom, Math.min(101, high + air)] : [bottom, high + air];
}

/** One picture with a name and a description instead of many unnamed groups; the style sheet has its styles. */
function accessible(svg: Drawing, { id, title, description }: ChartText, size: string): string {
  svg.querySelector('style')?.remove();
  svg.removeAttribute('style');
  svg.setAttribute('role', 'img');
  svg.setAttribute('class', `app-chart app-chart--${size}`);
  svg.setAttribute('aria-labelledby', `${id}-title ${id}-description`);
  for (const part of svg.querySelectorAll('[aria-label], [aria-hidden]')) {
    part.removeAttribute('aria-label');
    part.removeAttribute('aria-hidden');
  }
  const element = (name: string, suffix: string, text: string): Drawing => {
    const child = document.createElementNS('http://www.w3.org/2000/svg', name);
    child.setAttribute('id', `${id}-${suffix}`);
    child.textContent = text;
    return child;
  };
  svg.prepend(element('title', 'title', title), element('desc', 'description', description));
  // Where lines go needs no more than hundredths; what is said has every digit that tells a figure from what it is held against.
  return svg.outerHTML.replaceAll(/<[^>]*>/g, (tag: string) => tag.replaceAll(/(\d+\.\d{2})\d+/g, '$1'));
}
