import type { Metric } from '../functions/domain/metric.ts';
import { aBacklog, aMetric, IN_WORDS, inFigures } from '../test/support/build.ts';
import { backlog, bare, type Course, counts, type Draw, flow, rolling, snapshot, swinging, withGaps } from './draws.ts';
import type { Reach } from './slipping.ts';

/**
 * Worlds in which a service slips back after it had got better, gets worse while it is raised already, or changes nothing, for
 * every kind of metric. Each has a stable and a changed half. What they share with the ten of `signal-worlds.ts` is the source of chance.
 */

export interface SlippingWorld {
  readonly name: string;
  readonly metric: Metric;
  /** What happens where nothing is wrong, and where something is; false alarms count after its first 12 months. */
  readonly stable: Course;
  readonly changed: Course;
  readonly draw: Draw;
  readonly rebaseDates?: readonly string[];
  readonly reach: Reach;
  /** Why an aim is not reached where it isn't. */
  readonly why?: string;
}

type Halves = Pick<SlippingWorld, 'stable' | 'changed'>;

/** A level that stays, or falls to another after so many months; whatever came before it. */
const falls = (level: number, to: number, { stays = 48, after = 24, first = [] as Course } = {}): Halves => ({
  stable: [...first, [stays, level]],
  changed: [...first, [after, level], [12, to]],
});

/** Found at one level, improved to another, and back to a third, or not. */
const relapses = (found: number, reached: number, to: number, { found: months = 12, after = 24 } = {}): Halves =>
  falls(reached, to, { after, first: [[months, found]] });

/** Nothing happens at all. */
const stays = (level: number): Halves => ({ stable: [[60, level]], changed: [[60, level]] });

const standard = (value: number): Metric['standards'] => [
  { value, from: '2000-01', basis: 'local', note: 'simulated' },
];
const NO_FIGURE: Metric['baseline'] = { kind: 'none', statement: 'The report says nothing.' };
const share = (at: number, found: number | undefined, fields: Partial<Metric> = {}): Metric =>
  aMetric({ standards: standard(at), baseline: found === undefined ? NO_FIGURE : inFigures(found), ...fields });
const stock = (fields: Partial<Metric>): Partial<Metric> => ({ cases: 'stock', tolerance: 3, ...fields });

const RELAPSE: Reach = { falseAYear: 0.1, missed: 0.1, delay: 6 };

export const SLIPPING: readonly SlippingWorld[] = [
  // ---- improved, then back
  {
    name: 'relapse 80-92-80, 40 cases',
    metric: share(75, 80),
    ...relapses(0.8, 0.92, 0.8, { found: 24 }),
    draw: flow(40),
    reach: RELAPSE,
  },
  {
    name: 'the same, found in words',
    metric: share(75, undefined, { baseline: IN_WORDS }),
    ...relapses(0.8, 0.92, 0.8, { found: 24 }),
    draw: flow(40),
    reach: RELAPSE,
  },
  {
    name: 'the better level lasted six months',
    metric: share(75, 80),
    ...relapses(0.8, 0.92, 0.8, { found: 24, after: 6 }),
    draw: flow(80),
    reach: RELAPSE,
  },
  {
    name: 'relapse 70-93-84, 150 cases',
    metric: share(75, 70),
    ...relapses(0.7, 0.93, 0.84),
    draw: flow(150),
    reach: { falseAYear: 0.1, missed: 0.05, delay: 4 },
  },
  {
    name: 'relapse with ragged and missing months',
    metric: share(75, 80),
    ...relapses(0.8, 0.92, 0.8, { found: 24 }),
    draw: withGaps(
      flow((random) => 20 + Math.floor(60 * random())),
      0.15,
    ),
    reach: RELAPSE,
  },
  {
    name: 'two changes, 93-87-78, 150 cases',
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
    ...relapses(0.6, 0.95, 0.4),
    draw: flow(3),
    reach: { falseAYear: 0.2 },
  },
  {
    name: 'relapse, 2,000 cases',
    metric: share(75, 80),
    ...falls(0.92, 0.88),
    draw: flow(2000),
    reach: { falseAYear: 0.1, missed: 0.05, delay: 2 },
  },
  {
    name: 'counts of new cases, 20-8-16',
    metric: aBacklog({ cases: 'flow', standards: standard(30), baseline: inFigures(20) }),
    ...relapses(20, 8, 16),
    draw: counts,
    reach: RELAPSE,
  },
  {
    name: 'bare percentage 80-92-78',
    metric: share(70, 75, { tolerance: 5 }),
    ...relapses(0.8, 0.92, 0.78),
    draw: bare(60),
    reach: { falseAYear: 0.3, missed: 0.1, delay: 6 },
  },
  {
    name: 'snapshot of 250, 85-95-75',
    metric: share(75, 75, stock({})),
    ...relapses(0.85, 0.95, 0.75),
    draw: snapshot(250, 0.3),
    reach: { falseAYear: 0.1, missed: 0.1, delay: 6 },
  },
  {
    name: 'average 20-15-18',
    metric: aBacklog({ kind: 'mean', unit: 'cases each', standards: standard(21), tolerance: 3 }),
    ...relapses(20, 15, 18),
    draw: swinging(0.7),
    reach: RELAPSE,
  },
  // ---- where a change is hard to see: a short better level, two changes, ragged sizes, by every kind of figure
  {
    name: 'two years at 70, half a year at 93, back to 84',
    metric: share(75, 70),
    ...relapses(0.7, 0.93, 0.84, { found: 24, after: 6 }),
    draw: flow(150),
    reach: { falseAYear: 0.1, missed: 0.05, delay: 4 },
  },
  {
    name: 'the same without counts',
    metric: share(75, 70, { tolerance: 5 }),
    ...relapses(0.7, 0.93, 0.84, { found: 24, after: 6 }),
    draw: bare(150),
    reach: { falseAYear: 0.3, missed: 0.1, delay: 6 },
    why: 'figures without counts have to say themselves how much they vary: two years at 70% say more than half a year at 93% does; what is told late is told in seven months, of which XmR tells nothing',
  },
  {
    name: 'the same, a snapshot of 250',
    metric: share(75, 70, stock({})),
    ...relapses(0.7, 0.93, 0.84, { found: 24, after: 6 }),
    draw: snapshot(250, 0.6),
    reach: { falseAYear: 0.1, missed: 0.1, delay: 6 },
    why: 'a snapshot comes up to its new level as children leave, and is much the same from one month to the next: half a year of it is hardly a level',
  },
  {
    name: 'half a year of fewer new cases, 20-8-20',
    metric: aBacklog({ cases: 'flow', standards: standard(30), baseline: inFigures(20) }),
    ...relapses(20, 8, 20, { found: 24, after: 6 }),
    draw: counts,
    reach: RELAPSE,
  },
  {
    name: 'months of 3 to 2,000 cases, one in ten missing',
    metric: share(75, 80),
    ...relapses(0.8, 0.92, 0.8, { found: 24 }),
    draw: withGaps(
      flow((random) => Math.round(3 * (2000 / 3) ** random())),
      0.1,
    ),
    reach: RELAPSE,
  },
  {
    name: 'relapse, 20 cases a month',
    metric: share(60, 70),
    ...relapses(0.7, 0.93, 0.7),
    draw: flow(20),
    reach: RELAPSE,
  },
  {
    name: 'backlog 40-16-40',
    metric: aBacklog({ standards: standard(60), baseline: inFigures(40), tolerance: 10 }),
    ...relapses(40, 16, 40),
    draw: backlog,
    reach: RELAPSE,
  },
  {
    name: 'two changes of new cases, 6-11-20',
    metric: aBacklog({ cases: 'flow', standards: standard(30), baseline: inFigures(20) }),
    stable: [[36, 6]],
    changed: [
      [24, 6],
      [9, 11],
      [12, 20],
    ],
    draw: counts,
    reach: RELAPSE,
  },
  {
    name: 'two changes without counts, 93-86-74',
    metric: share(70, 70, { tolerance: 5 }),
    stable: [[36, 0.93]],
    changed: [
      [24, 0.93],
      [9, 0.86],
      [12, 0.74],
    ],
    draw: bare(60),
    reach: { falseAYear: 0.3, missed: 0.1, delay: 6 },
    why: 'by a life in a thousand: without counts the first change makes the months before the second look as if they varied more',
  },
  // ---- raised already, and much worse
  {
    name: 'critical, then 72-45',
    metric: share(80, 75),
    ...falls(0.72, 0.45, { stays: 36 }),
    draw: flow(40),
    reach: { missed: 0.1 },
  },
  {
    name: 'backlog of 5 becomes 20',
    metric: aBacklog({ standards: standard(0) }),
    ...falls(5, 20, { stays: 36 }),
    draw: swinging(2, 0),
    reach: { missed: 0.1 },
  },
  {
    name: 'the same, new cases',
    metric: aBacklog({ cases: 'flow', standards: standard(0) }),
    ...falls(5, 20, { stays: 36 }),
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
  {
    name: 'critical snapshot of 51, 70-40',
    metric: share(85, 70, stock({})),
    ...falls(0.7, 0.4, { stays: 36 }),
    draw: snapshot(51, 0.3),
    reach: { missed: 0.1 },
    why: 'the same children are in one month and the next, so that a year of them is few; a keener test would be wrong of those that only wander',
  },
  {
    name: 'critical bare percentage, 72-45',
    metric: share(80, 72, { tolerance: 3 }),
    ...falls(0.72, 0.45, { stays: 36 }),
    draw: bare(40),
    reach: { missed: 0.1 },
  },
  // ---- below the standard for years
  {
    name: 'stays below, 76 against 80',
    metric: share(80, 75),
    ...stays(0.76),
    draw: flow(40),
    reach: { falseClears: 0.05 },
  },
  {
    name: 'the same, 150 cases',
    metric: share(80, 75),
    ...stays(0.76),
    draw: flow(150),
    reach: { falseClears: 0.05 },
  },
  {
    name: 'the same, snapshot of 150',
    metric: share(80, 75, stock({})),
    ...stays(0.76),
    draw: snapshot(150, 0.1),
    reach: { falseClears: 0.05 },
  },
  // ---- against what was found
  {
    name: '1,000 cases, 70-66',
    metric: share(60, 70),
    ...falls(0.7, 0.66),
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
    ...falls(0.88, 0.7),
    draw: flow(150, 0.02),
    reach: { falseAYear: 0.5 },
  },
  // ---- natures
  {
    name: 'rolling share of 24 children',
    metric: share(80, 88, stock({ window: '12-months' })),
    ...falls(0.88, 0.5),
    draw: rolling(2),
    reach: { falseAYear: 0.3 },
  },
  {
    name: 'snapshot of 51',
    metric: share(80, 88, stock({})),
    ...falls(0.88, 0.6),
    draw: snapshot(51, 0.1),
    reach: { falseAYear: 0.3 },
  },
  {
    name: 'flow share as a bare percentage',
    metric: share(80, 88, { tolerance: 3 }),
    ...falls(0.88, 0.7),
    draw: bare(40),
    reach: { falseAYear: 0.3 },
  },
  {
    name: 'new cases counted against a standard',
    metric: aBacklog({ cases: 'flow', standards: standard(14), baseline: inFigures(10) }),
    ...falls(10, 20),
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
