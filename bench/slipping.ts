import { chartOptions } from '../functions/domain/evaluators/special-cause.ts';
import { changeBetween } from '../functions/domain/lifecycle.ts';
import { isWorse, type Observation } from '../functions/domain/series.ts';
import { latestPoints } from '../functions/domain/statistics/xmr.ts';
import { type Judged, timeline } from '../functions/domain/timeline.ts';
import { SETTINGS, series } from '../test/support/build.ts';
import { seededRandom } from './signal-worlds.ts';
import type { Course, SlippingWorld } from './slipping-worlds.ts';

/** How the service, and what others use, do in a world: told when, wrongly how often, cleared how truly. */

export interface SlippingScore {
  /** Episodes (or alarms) that begin after the first 12 months of the stable half, by metric and year. */
  readonly falseAYear: number;
  /** E-mails of the stable half, by metric and year. */
  readonly mailsAYear: number;
  /** Months from the change to the first e-mail with bad news, 1 the first changed month; mean over those told. */
  readonly delay: number;
  /** Share of changes without such an e-mail within 12 months. */
  readonly missed: number;
  /** Share of clears of the stable half in a month that failed the standard. */
  readonly falseClears: number;
}

/** What one way of judging makes of a series: the periods with bad news, with any e-mail, and with a clear. */
interface Told {
  readonly starts: readonly string[];
  readonly news: readonly string[];
  readonly mails: number;
  readonly clears: readonly boolean[];
}

export type Method = (world: SlippingWorld, observations: readonly Observation[]) => Told;

const ours: Method = (world, observations) => {
  const judged = timeline(world.metric, observations, { ...SETTINGS, rebaseDates: world.rebaseDates ?? [] });
  let before: Judged | undefined;
  const starts: string[] = [];
  const news: string[] = [];
  const clears: boolean[] = [];
  let mails = 0;
  for (const entry of judged) {
    const was = before?.alert ?? { state: 'clear' as const };
    const change = changeBetween(was, was, entry.alert, before?.period);
    const atWarning = entry.alert.episode ?? before?.alert.episode;
    if (change?.mailed && atWarning) {
      mails += 1;
      if (change.transition === 'raised' || change.transition === 'worsened') news.push(entry.period);
      if (change.transition === 'raised') starts.push(entry.period);
      if (change.transition === 'cleared') clears.push(failsStandard(world, entry.observation));
    }
    before = entry;
  }
  return { starts, news, mails, clears };
};

function failsStandard({ metric }: SlippingWorld, observation: Observation | undefined): boolean {
  const standard = metric.standards.at(-1)?.value;
  return observation !== undefined && standard !== undefined && isWorse(metric, observation.value, standard);
}

/** A plain alarm: on or off, told when it goes on. */
const alarm =
  (isOn: (world: SlippingWorld, observations: readonly Observation[]) => readonly boolean[]): Method =>
  (world, observations) => {
    const on = isOn(world, observations);
    const starts = observations.filter((_, i) => on[i] && !on[i - 1]).map(({ period }) => period);
    const clears = observations.filter((_, i) => !on[i] && on[i - 1]);
    return {
      starts,
      news: starts,
      mails: starts.length + clears.length,
      clears: clears.map((end) => failsStandard(world, end)),
    };
  };

export const METHODS: Readonly<Record<string, Method>> = {
  'this service': ours,
  'XmR, four rules': alarm(({ metric }, observations) =>
    latestPoints(
      observations.map(({ value }) => value),
      chartOptions(metric, observations),
    ).map((point, i) => i >= 12 && point.type === 'special_cause_concern'),
  ),
  'below standard 2 of 3': alarm((world, observations) =>
    observations.map(
      (_, i) => observations.slice(Math.max(0, i - 2), i + 1).filter((each) => failsStandard(world, each)).length >= 2,
    ),
  ),
  'CUSUM of the first year': alarm(({ metric }, observations) => {
    const sign = metric.polarity === 'higher' ? -1 : 1;
    const first = observations.slice(0, 12).map(({ value }) => sign * value);
    const mean = first.reduce((sum, value) => sum + value, 0) / first.length;
    const ranges = first.slice(1).map((value, i) => Math.abs(value - (first[i] as number)));
    const deviation = ranges.reduce((sum, range) => sum + range, 0) / ranges.length / 1.128;
    let sum = 0;
    return observations.map(({ value }) => {
      sum = deviation > 0 ? Math.max(0, sum + (sign * value - mean) / deviation - 0.5) : 0;
      return sum > 5;
    });
  }),
  'one below standard (bare)': alarm((world, observations) => observations.map((each) => failsStandard(world, each))),
};

const PATIENCE = 12;
const FIRST_YEAR = 12;

export function scoreWorld(world: SlippingWorld, method: Method, authorities: number, seed: number): SlippingScore {
  const random = seededRandom(seed);
  const live = (course: Course): Observation[] => series(world.draw(random, course));
  const lengthOf = (course: Course): number => course.reduce((sum, [months]) => sum + months, 0);
  const changed = lengthOf(world.changed) - (world.changed.at(-1)?.[0] ?? 0);
  const monthsAYear = world.metric.frequency === 'annual' ? 1 : 12;
  const settled = Math.max(FIRST_YEAR, world.stable.length > 1 ? (world.stable[0]?.[0] ?? 0) : 0);
  const years = (lengthOf(world.stable) - settled) / monthsAYear;
  const monthOf = (i: number): string => series(Array.from({ length: i + 1 }, () => 1)).at(-1)?.period as string;
  const [from, settledFrom] = [monthOf(changed), monthOf(settled)];
  let [starts, mails, missed, delays, clears, falseClears] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < authorities; i++) {
    const calm = method(world, live(world.stable));
    starts += calm.starts.filter((period) => period >= settledFrom).length;
    mails += calm.mails;
    clears += calm.clears.length;
    falseClears += calm.clears.filter(Boolean).length;
    const first = method(world, live(world.changed)).news.find((period) => period >= from);
    const delay = first
      ? Number(first.slice(0, 4)) * 12 +
        Number(first.slice(5)) -
        (Number(from.slice(0, 4)) * 12 + Number(from.slice(5))) +
        1
      : Number.POSITIVE_INFINITY;
    if (delay > PATIENCE) missed += 1;
    else delays += delay;
  }
  return {
    falseAYear: starts / authorities / years,
    mailsAYear: mails / authorities / (lengthOf(world.stable) / monthsAYear),
    delay: delays / (authorities - missed),
    missed: missed / authorities,
    falseClears: clears ? falseClears / clears : 0,
  };
}

const REACHED: Readonly<Record<keyof SlippingWorld['reach'], string>> = {
  falseAYear: 'false a year',
  missed: 'missed',
  delay: 'mean delay',
  falseClears: 'false clears',
};

/** What the service has to reach in a world and does not, in words. */
export function shortOf({ reach }: SlippingWorld, score: SlippingScore): string[] {
  return (Object.keys(reach) as (keyof typeof reach)[]).flatMap((name) =>
    score[name] <= (reach[name] as number)
      ? []
      : `${REACHED[name]}: ${score[name].toFixed(3)}, to reach ${reach[name]}`,
  );
}
