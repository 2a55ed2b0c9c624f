import { chartOptions } from '../functions/domain/evaluators/special-cause.ts';
import { type AlertState, type Change, CLEAR, changeBetween } from '../functions/domain/lifecycle.ts';
import type { Metric } from '../functions/domain/metric.ts';
import { XMR_POINTS_IN_LIMITS, XMR_RUN } from '../functions/domain/rules.ts';
import { isWorse, type Observation } from '../functions/domain/series.ts';
import { frozenAt, latestWithin } from '../functions/domain/statistics/xmr.ts';
import { judgedAt, standardFor, timeline } from '../functions/domain/timeline.ts';
import { SETTINGS } from '../test/support/build.ts';

/** The ways of judging that are compared: this service's, and what others use. */

/** One metric of an authority, and what was reported of it. */
export interface Watched {
  readonly metric: Metric;
  readonly observations: readonly Observation[];
  readonly rebaseDates?: readonly string[];
}

/** What one way of judging makes of a metric: the periods in which something of it is mailed. */
export interface Told {
  /** An episode, or an alarm, begins. */
  readonly starts: readonly string[];
  /** Bad news: it begins, or is worse. */
  readonly news: readonly string[];
  readonly mails: readonly string[];
  /** It ends; and whether the figure of that period failed the standard. */
  readonly clears: readonly { readonly period: string; readonly fails: boolean }[];
}

/** Judges an authority; what it makes of each metric, in their order. */
export type Method = (authority: readonly Watched[]) => readonly Told[];

/**
 * The service: every metric's timeline, and of it month by month what {@link reconcile} would tell whoever is mailed from
 * `warning` on, against what the last e-mail said. A test holds it to that; it judges each month once, not all anew. Whoever is told takes it in hand:
 * nobody is reminded.
 */
const ours: Method = (authority) => {
  const timelines = authority.map(({ metric, observations, rebaseDates = [] }) =>
    timeline(metric, observations, { ...SETTINGS, rebaseDates }),
  );
  const told = authority.map(() => ({ starts: [], news: [], mails: [], clears: [] }) as Collected);
  const periods = new Set(authority.flatMap(({ observations }) => observations.map(({ period }) => period)));
  let announced: { readonly period: string; readonly alerts: readonly AlertState[] } | undefined;
  for (const period of [...periods].sort()) {
    const alerts = timelines.map((entries) => judgedAt(entries, period)?.alert ?? CLEAR);
    const changes = alerts.map((alert, i) => {
      const before = announced?.alerts[i] ?? CLEAR;
      const change = changeBetween(before, before, alert, announced?.period);
      return change?.mailed ? { ...change, atWarning: Boolean(alert.episode ?? before.episode) } : undefined;
    });
    changes.forEach((change, i) => {
      if (!change?.atWarning) return;
      const observation = authority[i]?.observations.find((each) => each.period === period);
      const isNew = alerts[i]?.episode?.from !== announced?.alerts[i]?.episode?.from;
      collect(
        told[i] as Collected,
        change.transition,
        period,
        isNew,
        failsStandard(authority[i] as Watched, observation),
      );
    });
    if (!announced || changes.some(Boolean)) announced = { period, alerts };
  }
  return told;
};

type Collected = { -readonly [Name in keyof Told]: Told[Name][number][] };

/** @param isNew whether the alert is of another episode than what was told before: a relapse after good news that was told is of the same. */
function collect(
  told: Collected,
  transition: Change['transition'],
  period: string,
  isNew: boolean,
  fails: boolean,
): void {
  told.mails.push(period);
  if (transition === 'raised' && isNew) told.starts.push(period);
  if (transition === 'raised' || transition === 'worsened') told.news.push(period);
  if (transition === 'cleared') told.clears.push({ period, fails });
}

function failsStandard({ metric }: Watched, observation: Observation | undefined): boolean {
  const standard = observation && standardFor(metric, [], observation.period)?.value;
  return observation !== undefined && standard !== undefined && isWorse(metric, observation.value, standard);
}

/** A plain alarm: on or off, told when it goes on and when it goes off. */
const alarm = (isOn: (watched: Watched) => readonly boolean[]): Method => {
  const tell = (watched: Watched): Told => {
    const on = isOn(watched);
    const { observations } = watched;
    const starts = observations.filter((_, i) => on[i] && !on[i - 1]).map(({ period }) => period);
    const ends = observations.filter((_, i) => !on[i] && on[i - 1]);
    return {
      starts,
      news: starts,
      mails: [...starts, ...ends.map(({ period }) => period)],
      clears: ends.map((end) => ({ period: end.period, fails: failsStandard(watched, end) })),
    };
  };
  return (authority) => authority.map(tell);
};

export const THE_SERVICE = 'this service';

export const METHODS: Readonly<Record<string, Method>> = {
  [THE_SERVICE]: ours,
  'XmR, four rules': alarm(({ metric, observations }) => {
    const values = observations.map(({ value }) => value);
    const lines = frozenAt(values.slice(0, XMR_POINTS_IN_LIMITS));
    return values.map((_, i) => {
      if (i < XMR_POINTS_IN_LIMITS) return false;
      const last = values.slice(i - XMR_RUN + 1, i + 1);
      return latestWithin(lines, last, chartOptions(metric)).type === 'special_cause_concern';
    });
  }),
  'below standard 2 of 3': alarm((watched) =>
    watched.observations.map(
      (_, i, all) => all.slice(Math.max(0, i - 2), i + 1).filter((each) => failsStandard(watched, each)).length >= 2,
    ),
  ),
  'CUSUM of the first year': alarm(({ metric, observations }) => {
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
  'one below standard (bare)': alarm((watched) => watched.observations.map((each) => failsStandard(watched, each))),
};
