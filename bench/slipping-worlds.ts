import type { Metric } from '../functions/domain/inspection.ts';
import { aBacklog, aMetric, type Figure, IN_WORDS, inFigures } from '../test/support/build.ts';
import { drawBinomial, drawNormal, drawShare, type Random } from './signal-worlds.ts';

/**
 * Worlds in which a service slips back after it had got better, gets worse while it is raised already, or changes nothing, for
 * every kind of metric. Each has a stable and a changed half. What they share with the ten of `signal-worlds.ts` is the source of chance.
 */

/** Months of a share, a mean count or a mean, one after the other: `[24, 0.8]` is two years at 80%. */
export type Course = readonly (readonly [months: number, level: number])[];

export interface SlippingWorld {
  readonly name: string;
  readonly metric: Metric;
  /** What happens where nothing is wrong, and where something is; false alarms count after its first 12 months. */
  readonly stable: Course;
  readonly changed: Course;
  /** Draws the figures of a course. */
  readonly draw: (random: Random, course: Course) => (Figure | undefined)[];
  readonly rebaseDates?: readonly string[];
  /** What has to be reached; what is not stated is printed and not judged. */
  readonly reach: {
    readonly falseAYear?: number;
    readonly missed?: number;
    readonly delay?: number;
    readonly falseClears?: number;
  };
}

const levelsOf = (course: Course): number[] => course.flatMap(([months, level]) => Array<number>(months).fill(level));

const flow =
  (size: number | ((random: Random) => number), correlation = 0) =>
  (random: Random, course: Course): Figure[] =>
    levelsOf(course).map((level) => {
      const n = typeof size === 'number' ? size : size(random);
      return [drawBinomial(random, n, drawShare(random, level, correlation)), n];
    });

const bare =
  (size: number) =>
  (random: Random, course: Course): Figure[] =>
    levelsOf(course).map((level) => (100 * drawBinomial(random, size, level)) / size);

/** The same children month after month, of whom so many leave and are followed by others. */
const snapshot =
  (size: number, leaving: number) =>
  (random: Random, course: Course): Figure[] => {
    const levels = levelsOf(course);
    const children = Array.from({ length: size }, () => random() < (levels[0] as number));
    return levels.map((level) => {
      for (let i = 0; i < size; i++) if (random() < leaving) children[i] = random() < level;
      return [children.filter(Boolean).length, size];
    });
  };

/** The last 12 months of so many children a month. */
const rolling =
  (monthly: number) =>
  (random: Random, course: Course): Figure[] => {
    const levels = levelsOf(course);
    const months = [...Array<number>(11).fill(levels[0] as number), ...levels].map((level) =>
      drawBinomial(random, monthly, level),
    );
    return levels.map((_, i) => [months.slice(i, i + 12).reduce((sum, n) => sum + n, 0), 12 * monthly]);
  };

/** Events that happen by chance, 500 chances of each a month. */
const counts = (random: Random, course: Course): Figure[] =>
  levelsOf(course).map((level) => drawBinomial(random, 500, level / 500));

/** A figure that swings around its level by so much. */
const swinging =
  (deviation: number) =>
  (random: Random, course: Course): Figure[] =>
    levelsOf(course).map((level) => Math.max(0, Math.round(10 * (level + deviation * drawNormal(random))) / 10));

const wholeSwinging =
  (deviation: number) =>
  (random: Random, course: Course): Figure[] =>
    levelsOf(course).map((level) => Math.max(0, Math.round(level + deviation * drawNormal(random))));

const withGaps =
  (draw: SlippingWorld['draw'], absent: number): SlippingWorld['draw'] =>
  (random, course) =>
    draw(random, course).map((figure) => (random() < absent ? undefined : figure));

const standard = (value: number): Metric['standards'] => [
  { value, from: '2000-01', basis: 'local', note: 'simulated' },
];
const NO_FIGURE: Metric['baseline'] = { kind: 'none', statement: 'The report says nothing.' };
const share = (at: number, found: number | undefined, fields: Partial<Metric> = {}): Metric =>
  aMetric({ standards: standard(at), baseline: found === undefined ? NO_FIGURE : inFigures(found), ...fields });
const stock = (fields: Partial<Metric>): Partial<Metric> => ({ cases: 'stock', tolerance: 3, ...fields });

const RELAPSE = { falseAYear: 0.1, missed: 0.1, delay: 6 };

export const SLIPPING: readonly SlippingWorld[] = [
  // ---- improved, then back
  {
    name: 'relapse 80-92-80, 40 cases',
    metric: share(75, 80),
    stable: [
      [24, 0.8],
      [48, 0.92],
    ],
    changed: [
      [24, 0.8],
      [24, 0.92],
      [12, 0.8],
    ],
    draw: flow(40),
    reach: RELAPSE,
  },
  {
    name: 'the same, found in words',
    metric: share(75, undefined, { baseline: IN_WORDS }),
    stable: [
      [24, 0.8],
      [48, 0.92],
    ],
    changed: [
      [24, 0.8],
      [24, 0.92],
      [12, 0.8],
    ],
    draw: flow(40),
    reach: RELAPSE,
  },
  {
    name: 'the better level lasted six months',
    metric: share(75, 80),
    stable: [
      [24, 0.8],
      [48, 0.92],
    ],
    changed: [
      [24, 0.8],
      [6, 0.92],
      [12, 0.8],
    ],
    draw: flow(80),
    reach: RELAPSE,
  },
  {
    name: 'relapse 70-93-84, 150 cases',
    metric: share(75, 70),
    stable: [
      [12, 0.7],
      [48, 0.93],
    ],
    changed: [
      [12, 0.7],
      [24, 0.93],
      [12, 0.84],
    ],
    draw: flow(150),
    reach: { falseAYear: 0.1, missed: 0.05, delay: 4 },
  },
  {
    name: 'relapse with ragged and missing months',
    metric: share(75, 80),
    stable: [
      [24, 0.8],
      [48, 0.92],
    ],
    changed: [
      [24, 0.8],
      [24, 0.92],
      [12, 0.8],
    ],
    draw: withGaps(
      flow((random) => 20 + Math.floor(60 * random())),
      0.15,
    ),
    reach: RELAPSE,
  },
  {
    name: 'two changes, 93-87-80, 150 cases',
    metric: share(75, 70),
    stable: [[36, 0.93]],
    changed: [
      [24, 0.93],
      [9, 0.87],
      [12, 0.78],
    ],
    draw: flow(150),
    reach: { falseAYear: 0.1, missed: 0.1, delay: 6 },
  },
  {
    name: 'relapse, 3 cases a month',
    metric: share(60, 60),
    stable: [
      [12, 0.6],
      [48, 0.95],
    ],
    changed: [
      [12, 0.6],
      [24, 0.95],
      [12, 0.4],
    ],
    draw: flow(3),
    reach: { falseAYear: 0.2 },
  },
  {
    name: 'relapse, 2,000 cases',
    metric: share(75, 80),
    stable: [[48, 0.92]],
    changed: [
      [24, 0.92],
      [12, 0.88],
    ],
    draw: flow(2000),
    reach: { falseAYear: 0.1, missed: 0.05, delay: 2 },
  },
  {
    name: 'counts of new cases, 20-8-16',
    metric: aBacklog({ cases: 'flow', standards: standard(30), baseline: inFigures(20) }),
    stable: [
      [12, 20],
      [48, 8],
    ],
    changed: [
      [12, 20],
      [24, 8],
      [12, 16],
    ],
    draw: counts,
    reach: RELAPSE,
  },
  {
    name: 'bare percentage 80-92-78',
    metric: share(70, 75, { tolerance: 5 }),
    stable: [
      [12, 0.8],
      [48, 0.92],
    ],
    changed: [
      [12, 0.8],
      [24, 0.92],
      [12, 0.78],
    ],
    draw: bare(60),
    reach: { falseAYear: 0.3, missed: 0.1, delay: 6 },
  },
  {
    name: 'snapshot of 250, 85-95-80',
    metric: share(75, 75, stock({})),
    stable: [
      [12, 0.85],
      [48, 0.95],
    ],
    changed: [
      [12, 0.85],
      [24, 0.95],
      [12, 0.75],
    ],
    draw: snapshot(250, 0.3),
    reach: { falseAYear: 0.1, missed: 0.1, delay: 6 },
  },
  {
    name: 'average 20-15-18',
    metric: aBacklog({ kind: 'mean', unit: 'cases each', standards: standard(21), tolerance: 3 }),
    stable: [
      [12, 20],
      [48, 15],
    ],
    changed: [
      [12, 20],
      [24, 15],
      [12, 18],
    ],
    draw: swinging(0.7),
    reach: RELAPSE,
  },
  // ---- raised already, and much worse
  {
    name: 'critical, then 72-45',
    metric: share(80, 75),
    stable: [[36, 0.72]],
    changed: [
      [24, 0.72],
      [12, 0.45],
    ],
    draw: flow(40),
    reach: { missed: 0.1 },
  },
  {
    name: 'backlog of 5 becomes 20',
    metric: aBacklog({ standards: standard(0) }),
    stable: [[36, 5]],
    changed: [
      [24, 5],
      [12, 20],
    ],
    draw: wholeSwinging(2),
    reach: { missed: 0.1 },
  },
  {
    name: 'the same, new cases',
    metric: aBacklog({ cases: 'flow', standards: standard(0) }),
    stable: [[36, 5]],
    changed: [
      [24, 5],
      [12, 20],
    ],
    draw: counts,
    reach: { missed: 0.1 },
  },
  {
    name: 'critical since three months, then worse',
    metric: share(80, 75),
    stable: [
      [24, 0.9],
      [24, 0.72],
    ],
    changed: [
      [24, 0.9],
      [3, 0.7],
      [12, 0.45],
    ],
    draw: flow(40),
    reach: { missed: 0.1 },
  },
  // ---- below the standard for years
  {
    name: 'stays below, 76 against 80',
    metric: share(80, 75),
    stable: [[60, 0.76]],
    changed: [[60, 0.76]],
    draw: flow(40),
    reach: { falseClears: 0.05 },
  },
  {
    name: 'the same, 150 cases',
    metric: share(80, 75),
    stable: [[60, 0.76]],
    changed: [[60, 0.76]],
    draw: flow(150),
    reach: { falseClears: 0.05 },
  },
  // ---- against what was found
  {
    name: '1,000 cases, 70-66',
    metric: share(60, 70),
    stable: [[48, 0.7]],
    changed: [
      [24, 0.7],
      [12, 0.66],
    ],
    draw: flow(1000),
    reach: { falseAYear: 0.1, missed: 0.05, delay: 4 },
  },
  {
    name: 'rebased, the inspection gave a figure',
    metric: share(50, 80),
    stable: [
      [12, 0.8],
      [36, 0.6],
    ],
    changed: [
      [12, 0.8],
      [24, 0.6],
      [12, 0.45],
    ],
    draw: flow(40),
    rebaseDates: ['2011-10-01'],
    reach: { falseAYear: 0.1 },
  },
  {
    name: 'over-dispersed, 150 cases, correlation 0.02',
    metric: share(80, 88),
    stable: [[48, 0.88]],
    changed: [
      [24, 0.88],
      [12, 0.7],
    ],
    draw: flow(150, 0.02),
    reach: { falseAYear: 0.5 },
  },
  // ---- natures
  {
    name: 'rolling share of 24 children',
    metric: share(80, 88, stock({ window: '12-months' })),
    stable: [[48, 0.88]],
    changed: [
      [24, 0.88],
      [12, 0.5],
    ],
    draw: rolling(2),
    reach: { falseAYear: 0.3 },
  },
  {
    name: 'snapshot of 51',
    metric: share(80, 88, stock({})),
    stable: [[48, 0.88]],
    changed: [
      [24, 0.88],
      [12, 0.6],
    ],
    draw: snapshot(51, 0.1),
    reach: { falseAYear: 0.3 },
  },
  {
    name: 'flow share as a bare percentage',
    metric: share(80, 88, { tolerance: 3 }),
    stable: [[48, 0.88]],
    changed: [
      [24, 0.88],
      [12, 0.7],
    ],
    draw: bare(40),
    reach: { falseAYear: 0.3 },
  },
  {
    name: 'new cases counted against a standard',
    metric: aBacklog({ cases: 'flow', standards: standard(14), baseline: inFigures(10) }),
    stable: [[48, 10]],
    changed: [
      [24, 10],
      [12, 20],
    ],
    draw: counts,
    reach: { falseAYear: 0.1, missed: 0.05, delay: 4 },
  },
  {
    name: 'yearly cohorts of 250',
    metric: share(80, 88, stock({ window: 'year', frequency: 'annual' })),
    stable: [[24, 0.88]],
    changed: [
      [12, 0.88],
      [6, 0.7],
    ],
    draw: flow(250),
    reach: { falseAYear: 0.3, missed: 0.05, delay: 2 },
  },
];
