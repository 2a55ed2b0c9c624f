import type { Metric } from '../functions/domain/metric.ts';
import type { Observation } from '../functions/domain/series.ts';
import { HEREFORDSHIRE, series } from '../test/support/build.ts';
import {
  backlog,
  type Course,
  counts,
  type Draw,
  every,
  fixed,
  flow,
  rolling,
  rollingCounts,
  snapshot,
  swinging,
} from './draws.ts';
import type { Method, Told, Watched } from './methods.ts';
import { type Random, seededRandom } from './signal-worlds.ts';
import { delayOf, FIRST_YEAR, meanOf, monthAt, type Reach, type Score } from './slipping.ts';

/**
 * The inbox of a director who is mailed of every metric that ships and can be good or bad, while the service stays as it
 * is; and when three of its metrics, drawn by lot, get much worse.
 */

/** The metrics judged, without those of which neither more nor less is better; their standards as if none of them ended. */
export const SHIPPED: readonly Metric[] = HEREFORDSHIRE.metrics
  .filter(({ polarity }) => polarity !== 'neutral')
  .map((metric) => ({ ...metric, standards: metric.standards.map(({ until: _, ...standard }) => standard) }));

/** How figures of each metric come about in a county of 36,000 children: sizes are assumptions of this bench. */
const DRAWS: Readonly<Record<string, Draw>> = {
  'initial-assessments-on-time': flow(60),
  'core-assessments-on-time': flow(25),
  'supervision-on-time': snapshot(60, 0.3),
  'supervision-recorded': flow(40),
  'referral-backlog': backlog,
  'closure-backlog': backlog,
  'referral-decisions-on-time': flow(120),
  'cases-allocated': snapshot(400, 0.15),
  'average-caseload': swinging(0.5),
  'chronologies-complete': flow(20),
  'strategy-minutes-on-time': flow(25),
  'conference-reports-on-time': flow(15),
  'conferences-on-time': flow(12),
  'protection-reviews-on-time': flow(30),
  'protection-plans-allocated': snapshot(190, 0.1),
  'referrer-feedback-on-time': flow(80),
  'audits-completed': flow(10),
  'board-returns-received': every(3, flow(12)),
  'common-assessments': rollingCounts,
  'schools-safeguarding-good': every(3, snapshot(90, 0.1)),
  'nhs-staff-trained': every(3, snapshot(400, 0.1)),
  'gps-trained-level-2': every(3, snapshot(120, 0.1)),
  'children-feel-safe': every(12, flow(120)),
  'forensic-paediatricians': every(3, fixed),
  'health-checks': rolling(14),
  'three-or-more-placements': rolling(14),
  'placement-stability': snapshot(51, 0.05),
  'looked-after-allocated': snapshot(170, 0.1),
  'looked-after-reviews-on-time': flow(40),
  'plans-up-to-date': snapshot(170, 0.2),
  'pathway-plans-complete': snapshot(90, 0.1),
  'five-good-gcses': every(12, flow(14)),
  'permanent-exclusions': backlog,
  'adoptions-on-time': rolling(2),
  'care-leavers-in-work-or-study': snapshot(24, 0.1),
  'care-leavers-housed': snapshot(24, 0.1),
  'young-people-in-bed-and-breakfast': counts,
};

/** Chance of a month in which one child is not as the line to hold has it: a real event, no false alarm. */
const LINE_BREAKS = 0.01;

/** How a level is with so many times the odds of failure, events, or tenths of a mean: 2 is much worse, ½ much better. */
function levelAt(metric: Metric, odds: number, level = standardOf(metric)): number {
  if (metric.holdLine) return level;
  if (metric.kind === 'mean') return level * (1 + 0.1 * Math.log2(odds));
  if (metric.kind === 'count' && metric.polarity === 'lower')
    return odds > 1 ? Math.max(5, level * odds) : level * odds;
  if (metric.kind === 'count') return level * (1 - 0.1 * Math.log2(odds));
  const better = metric.polarity === 'higher' ? 1 : -1;
  const fails = better > 0 ? 1 - level / 100 : level / 100;
  const after = (odds * fails) / (1 - fails + odds * fails);
  return 100 * (better > 0 ? 1 - after : after);
}

const standardOf = ({ standards }: Metric): number => standards.at(-1)?.value as number;

const betterOf = ({ polarity }: Metric, a: number, b: number): number =>
  polarity === 'higher' ? Math.max(a, b) : Math.min(a, b);

const foundIn = ({ baseline }: Metric): number | undefined => (baseline.kind === 'figure' ? baseline.value : undefined);

export interface Condition {
  readonly name: string;
  readonly levelOf: (metric: Metric) => number;
  readonly reach: Reach;
  /** False episodes by metric and year, at most, of every kind of metric. */
  readonly falseOfAKind?: number;
  /** Why an aim is not reached where it isn't: what was given for what. */
  readonly why?: string;
}

const CHANGED: Reach = { missed: 0.1, delay: 6, falseClears: 0.05 };

export const CONDITIONS: readonly Condition[] = [
  {
    name: 'decent: half the odds of failure that the standard allows, and as good as found',
    levelOf: (metric) => {
      const decent = levelAt(metric, 1 / 2);
      return betterOf(metric, decent, foundIn(metric) ?? decent);
    },
    reach: { ...CHANGED, mailsAYear: 5, falseAYear: 0.05 },
    falseOfAKind: 0.05,
    why: 'what falls unseen are snapshots of children who stay (of 51, of whom one in twenty leaves a month, half of such a fall has not come about after a year) and shares of ten cases',
  },
  {
    name: 'as found: the figures of the report; where it gave words, three quarters of the odds',
    levelOf: (metric) => foundIn(metric) ?? levelAt(metric, 3 / 4),
    reach: { ...CHANGED, mailsAYear: 6 },
  },
  {
    name: 'exactly at the standard',
    levelOf: standardOf,
    reach: { ...CHANGED, mailsAYear: 9 },
    why: 'of eleven months with an e-mail nine have bad news: shares of new cases fail their standard every other month, and what was found better than its standard has truly become worse; to send fewer, news would have to wait, or critical, where cases are few, to be later',
  },
  {
    name: 'below the standard for years: twice the odds of failure',
    levelOf: (metric) => levelAt(metric, 2),
    reach: CHANGED,
    why: 'what is raised already is told again only when its figures are worse by more than chance: of snapshots and rolling sums, whose children stay, and of few, from twice to six times the odds of failure takes over a year',
  },
];

const STABLE_MONTHS = 48;
const BEFORE_CHANGE = 24;
const CHANGED_METRICS = 3;
/** So many times the odds of failure, or events. */
const WORSE = 3;

/** The kinds by which false episodes are counted. */
export const kindOf = ({ holdLine, kind, cases, window }: Metric): string =>
  holdLine
    ? 'lines to hold'
    : kind !== 'proportion'
      ? `${kind}s`
      : window === 'year'
        ? 'yearly cohorts'
        : window === '12-months'
          ? 'rolling shares'
          : cases === 'flow'
            ? 'shares of new cases'
            : 'snapshots';

/** One metric's life; every figure of it, also of a level in percent, drawn as its nature has it. */
export function live(metric: Metric, random: Random, course: Course): Observation[] {
  const draw = DRAWS[metric.id];
  if (!draw) throw new Error(`nobody said how the figures of ${metric.id} come about`);
  const scale = metric.kind === 'proportion' ? 100 : 1;
  const figures = draw(
    random,
    course.map(([months, level]) => [months, level / scale]),
  );
  return series(
    metric.holdLine ? figures.map((figure) => (random() < LINE_BREAKS ? broken(figure) : figure)) : figures,
  );
}

const broken = (figure: ReturnType<Draw>[number]): ReturnType<Draw>[number] =>
  typeof figure === 'object' ? [figure[0] - 1, figure[1]] : figure === undefined ? undefined : figure + 1;

const REBASES = HEREFORDSHIRE.rebaseDates.map(({ date }) => date);

export interface InboxScore extends Score {
  /** False episodes by metric and year, by the kind of metric. */
  readonly falseByKind: Readonly<Record<string, number>>;
}

const mailsOf = (told: readonly Told[]): number => new Set(told.flatMap(({ mails }) => mails)).size;

/** @param reader whoever judges; what several metrics bring in one month is one e-mail. */
export function scoreInbox({ levelOf }: Condition, reader: Method, authorities: number, seed: number): InboxScore {
  const random = seededRandom(seed);
  const watch = (courseOf: (metric: Metric) => Course): Watched[] =>
    SHIPPED.map((metric) => ({ metric, observations: live(metric, random, courseOf(metric)), rebaseDates: REBASES }));
  const [settledFrom, from] = [monthAt(FIRST_YEAR), monthAt(BEFORE_CHANGE)];
  const years = (STABLE_MONTHS - FIRST_YEAR) / 12;
  const kinds = Map.groupBy(SHIPPED, kindOf);
  const starts = new Map([...kinds.keys()].map((kind) => [kind, 0]));
  let mails = 0;
  const clears: boolean[] = [];
  const delays: number[] = [];
  for (let authority = 0; authority < authorities; authority++) {
    const calm = reader(watch((metric) => [[STABLE_MONTHS, levelOf(metric)]]));
    mails += mailsOf(calm);
    calm.forEach((told, i) => {
      const kind = kindOf(SHIPPED[i] as Metric);
      const begun = told.starts.filter((period) => period >= settledFrom).length;
      starts.set(kind, (starts.get(kind) as number) + begun);
      if (!SHIPPED[i]?.holdLine) clears.push(...told.clears.map(({ fails }) => fails));
    });
    const worse = drawMetrics(random, levelOf);
    const fallen = reader(
      watch((metric) => [
        [BEFORE_CHANGE, levelOf(metric)],
        [12, worse.has(metric) ? levelAt(metric, WORSE, levelOf(metric)) : levelOf(metric)],
      ]),
    );
    for (const metric of worse) delays.push(delayOf(fallen[SHIPPED.indexOf(metric)]?.news ?? [], from));
  }
  const found = delays.filter(Number.isFinite);
  const falseByKind = Object.fromEntries(
    [...kinds].map(([kind, metrics]) => [kind, (starts.get(kind) as number) / authorities / metrics.length / years]),
  );
  const judged = SHIPPED.filter(({ holdLine }) => !holdLine);
  return {
    falseAYear: meanOf(judged.map((metric) => falseByKind[kindOf(metric)] as number)),
    mailsAYear: mails / authorities / (STABLE_MONTHS / 12),
    delay: meanOf(found),
    missed: 1 - found.length / delays.length,
    falseClears: clears.length ? clears.filter(Boolean).length / clears.length : 0,
    falseByKind,
  };
}

/** Those that can get worse within a year: reported each month, without a line that every month holds or breaks. */
const CAN_FALL = SHIPPED.filter(({ frequency, holdLine }) => frequency === 'monthly' && !holdLine);

function drawMetrics(random: Random, levelOf: Condition['levelOf']): Set<Metric> {
  const drawn = new Set<Metric>();
  while (drawn.size < CHANGED_METRICS) {
    const metric = CAN_FALL[Math.floor(random() * CAN_FALL.length)] as Metric;
    // Three times no failures are none.
    if (levelAt(metric, WORSE, levelOf(metric)) !== levelOf(metric)) drawn.add(metric);
  }
  return drawn;
}
