import type { Observation } from '../functions/domain/series.ts';
import { series } from '../test/support/build.ts';
import { type Course, lengthOf } from './draws.ts';
import type { Method } from './methods.ts';
import { seededRandom } from './signal-worlds.ts';
import type { SlippingWorld } from './slipping-worlds.ts';

/** How the service, and what others use, do in a world: told when, wrongly how often, cleared how truly. */

export interface Score {
  /** Episodes (or alarms) that begin after the first 12 months of the stable half, by metric and year. */
  readonly falseAYear: number;
  /** E-mails of the stable half, by metric and year; of an inbox, by authority and year. */
  readonly mailsAYear: number;
  /** Months from the change to the first e-mail with bad news, 1 the first changed month; mean over those told. */
  readonly delay: number;
  /** Share of changes without such an e-mail within 12 months. */
  readonly missed: number;
  /** Share of clears of the stable half in a month that failed the standard. */
  readonly falseClears: number;
}

/** What has to be reached; what is not stated is printed and not judged. */
export type Reach = Partial<Score>;

export const PATIENCE = 12;
export const FIRST_YEAR = 12;

export const monthAt = (i: number): string => series(Array.from({ length: i + 1 }, () => 1)).at(-1)?.period as string;

const indexOf = (period: string): number => Number(period.slice(0, 4)) * 12 + Number(period.slice(5));

/** Months from a change to the first news of it, 1 the changed month itself; infinite where there is none in time. */
export function delayOf(news: readonly string[], from: string): number {
  const first = news.find((period) => period >= from);
  const delay = first ? indexOf(first) - indexOf(from) + 1 : Number.POSITIVE_INFINITY;
  return delay > PATIENCE ? Number.POSITIVE_INFINITY : delay;
}

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

export function scoreWorld(world: SlippingWorld, method: Method, authorities: number, seed: number): Score {
  const random = seededRandom(seed);
  const { metric, rebaseDates = [], stable } = world;
  const live = (course: Course): Observation[] => series(world.draw(random, course));
  const tell = (course: Course) => {
    const [told] = method([{ metric, observations: live(course), rebaseDates }]);
    if (!told) throw new Error('a method tells of every metric');
    return told;
  };
  const monthsAYear = metric.frequency === 'annual' ? 1 : 12;
  const settled = Math.max(FIRST_YEAR, stable.length > 1 ? (stable[0]?.[0] ?? 0) : 0);
  const from = monthAt(lengthOf(world.changed.slice(0, -1)));
  const settledFrom = monthAt(settled);
  let [starts, mails] = [0, 0];
  const clears: boolean[] = [];
  const delays: number[] = [];
  for (let i = 0; i < authorities; i++) {
    const calm = tell(stable);
    starts += calm.starts.filter((period) => period >= settledFrom).length;
    mails += calm.mails.length;
    clears.push(...calm.clears.map(({ fails }) => fails));
    delays.push(delayOf(tell(world.changed).news, from));
  }
  const found = delays.filter(Number.isFinite);
  return {
    falseAYear: starts / authorities / ((lengthOf(stable) - settled) / monthsAYear),
    mailsAYear: mails / authorities / (lengthOf(stable) / monthsAYear),
    delay: meanOf(found),
    missed: 1 - found.length / authorities,
    falseClears: clears.length ? clears.filter(Boolean).length / clears.length : 0,
  };
}

export const AIMS: Readonly<Record<keyof Score, string>> = {
  falseAYear: 'false a year',
  mailsAYear: 'mails a year',
  delay: 'mean delay',
  missed: 'missed',
  falseClears: 'false clears',
};

/** The aims that a way of judging misses; where it finds nothing, there is no delay to speak of. */
export const missedAims = (reach: Reach, score: Score): (keyof Score)[] =>
  (Object.keys(reach) as (keyof Score)[]).filter((name) => score[name] > (reach[name] as number));

/** What has to be reached and is not, in words. */
export const shortOf = (reach: Reach, score: Score): string[] =>
  missedAims(reach, score).map((name) => `${AIMS[name]}: ${score[name].toFixed(3)}, to reach ${reach[name]}`);
