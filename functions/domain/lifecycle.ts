import * as z from 'zod';

/** How serious: `watch` is for whoever wants every failing month, `warning` and `critical` open an episode. */
export const LevelSchema = z.enum(['watch', 'warning', 'critical']);
export type Level = z.infer<typeof LevelSchema>;

export const TransitionSchema = z.enum(['raised', 'worsened', 'eased', 'recovering', 'cleared', 'withdrawn']);
export type Transition = z.infer<typeof TransitionSchema>;

/**
 * What a notice may tell of an alert: a transition, that it is not reported any more, or that it is critical still and nobody has
 * it in hand.
 */
export const NewsSchema = z.enum([...TransitionSchema.options, 'unreported', 'reminded']);
export type News = z.infer<typeof NewsSchema>;

/**
 * From the raise at `warning` or above to the clear; `level` is the highest it reached, `worse` the period in which it was
 * last found worse than when it was last told, whatever its level.
 */
export const EpisodeSchema = z.object({ from: z.string(), level: LevelSchema, worse: z.string().optional() });
export type Episode = z.infer<typeof EpisodeSchema>;

/**
 * The state of one alert. `raised` at `watch` has no episode; `recovering` is an episode after its first clean period.
 * `since` is the period that the present state of affairs dates from: the episode's first, or the first at `watch`.
 */
export const AlertStateSchema = z.object({
  state: z.enum(['clear', 'raised', 'recovering']),
  level: LevelSchema.optional(),
  since: z.string().optional(),
  episode: EpisodeSchema.optional(),
});
export type AlertState = z.infer<typeof AlertStateSchema>;

export const CLEAR: AlertState = { state: 'clear' };

const RANK: Record<Level, number> = { watch: 1, warning: 2, critical: 3 };

/** 0 for none, then `watch` 1, `warning` 2, `critical` 3. */
export function rank(level: Level | undefined): number {
  return level ? RANK[level] : 0;
}

/** The more serious of the levels, if there is any. */
export function highest(levels: Iterable<Level | undefined>): Level | undefined {
  let found: Level | undefined;
  for (const level of levels) if (rank(level) > rank(found)) found = level;
  return found;
}

/** The states of an alert in the table below: `watching` is raised at `watch`. */
type LifecycleState = 'clear' | 'watching' | 'raised' | 'recovering';

/**
 * What the next reported period shows, against the alert before it. `cleanAtOnce` is clean for an alert that clears without
 * recovering; `watch` is unusual, and within an episode meets the standard; `worse` is worse than when the episode was last
 * told.
 */
type PeriodOutcome = 'clean' | 'cleanAtOnce' | 'watch' | 'sameLevel' | 'higherLevel' | 'lowerLevel' | 'worse';

/** What more there is to know of a period than the level of its findings. */
export interface Seen {
  /** Submission and action alerts need no second clean period. */
  readonly clearsAtOnce?: boolean;
  /** It fails its standard, if only as chance would have it: no episode ends, or recovers, on that. */
  readonly failsStandard?: boolean;
  /** By the evidence of its figures it is worse than when the episode was last told. */
  readonly isWorse?: boolean;
}

interface Move {
  readonly to: LifecycleState;
  readonly transition?: Transition;
}

/**
 * The lifecycle: what each state becomes by each outcome of a period, and what the change is called. From `clear` and
 * `watching` every alarm is `higherLevel`. What is not here cannot happen.
 */
export const MOVES: Readonly<Record<LifecycleState, Readonly<Partial<Record<PeriodOutcome, Move>>>>> = {
  clear: {
    clean: { to: 'clear' },
    cleanAtOnce: { to: 'clear' },
    watch: { to: 'watching', transition: 'raised' },
    higherLevel: { to: 'raised', transition: 'raised' },
  },
  watching: {
    clean: { to: 'clear', transition: 'cleared' },
    cleanAtOnce: { to: 'clear', transition: 'cleared' },
    watch: { to: 'watching' },
    higherLevel: { to: 'raised', transition: 'raised' },
  },
  raised: {
    clean: { to: 'recovering', transition: 'recovering' },
    cleanAtOnce: { to: 'clear', transition: 'cleared' },
    watch: { to: 'recovering', transition: 'recovering' },
    sameLevel: { to: 'raised' },
    higherLevel: { to: 'raised', transition: 'worsened' },
    lowerLevel: { to: 'raised', transition: 'eased' },
    worse: { to: 'raised', transition: 'worsened' },
  },
  recovering: {
    clean: { to: 'clear', transition: 'cleared' },
    watch: { to: 'watching', transition: 'cleared' },
    sameLevel: { to: 'raised', transition: 'raised' },
    higherLevel: { to: 'raised', transition: 'raised' },
    lowerLevel: { to: 'raised', transition: 'raised' },
    worse: { to: 'raised', transition: 'worsened' },
  },
};

/** With so many clean periods in a row an alert that is raised ends, as the table has it. */
export const CLEAN_PERIODS_TO_CLEAR = cleanPeriodsFrom('raised');

function cleanPeriodsFrom(state: LifecycleState): number {
  const { to = 'clear' } = MOVES[state].clean ?? {};
  return to === 'clear' ? 1 : 1 + cleanPeriodsFrom(to);
}

/** A move that the lifecycle does not have. */
export class IllegalMoveError extends Error {
  override readonly name = 'IllegalMoveError';
  readonly from: string;
  readonly on: string;
  constructor(from: string, on: string) {
    super(`an alert that is ${from} cannot move on ${on}; the legal moves are in functions/domain/lifecycle.ts`);
    this.from = from;
    this.on = on;
  }
}

/** The row of the table, or an {@link IllegalMoveError}. */
export function moveOf(from: LifecycleState, on: PeriodOutcome): Move {
  const move = MOVES[from]?.[on];
  if (!move) throw new IllegalMoveError(from, on);
  return move;
}

function stateOf(alert: AlertState): LifecycleState {
  return alert.state === 'raised' && !alert.episode ? 'watching' : alert.state;
}

/**
 * The alert after one more reported period, whose findings reach `found` (none: a clean period). Within an episode, a period
 * that fails its standard is at least a `warning`: only one that meets it is clean.
 */
export function advance(
  alert: AlertState,
  found: Level | undefined,
  period: string,
  seen: Seen = {},
): { alert: AlertState; transition?: Transition } {
  const level = alert.episode && found === 'watch' && seen.failsStandard ? 'warning' : found;
  const outcome = outcomeOf(alert, level, seen);
  const move = moveOf(stateOf(alert), outcome);
  const after = stateAfter(alert, move.to, level, period);
  const next =
    outcome === 'worse' && after.episode ? { ...after, episode: { ...after.episode, worse: period } } : after;
  return move.transition ? { alert: next, transition: move.transition } : { alert: next };
}

function outcomeOf(alert: AlertState, level: Level | undefined, { clearsAtOnce, isWorse }: Seen): PeriodOutcome {
  if (alert.episode && isWorse && level) return 'worse';
  if (!level) return clearsAtOnce ? 'cleanAtOnce' : 'clean';
  if (level === 'watch') return 'watch';
  // While recovering it has the level that its episode reached.
  const difference = rank(level) - (alert.episode ? rank(alert.level) : 0);
  return difference === 0 ? 'sameLevel' : difference > 0 ? 'higherLevel' : 'lowerLevel';
}

function stateAfter(alert: AlertState, to: LifecycleState, level: Level | undefined, period: string): AlertState {
  switch (to) {
    case 'clear':
      return CLEAR;
    case 'watching':
      return { state: 'raised', level: 'watch', since: alert.episode ? period : (alert.since ?? period) };
    case 'recovering': {
      const episode = alert.episode ?? { from: period, level: 'warning' };
      return { state: 'recovering', level: episode.level, since: episode.from, episode };
    }
    case 'raised': {
      const reached = highest([alert.episode?.level, level]) ?? 'warning';
      const from = alert.episode?.from ?? period;
      return {
        state: 'raised',
        level: level ?? reached,
        since: from,
        episode: { ...alert.episode, from, level: reached },
      };
    }
  }
}

/** A change between what was last announced and what is now, over any number of periods. */
export interface Change {
  readonly transition: News;
  /** Whether somebody has to be told: by themselves `eased` and `recovering` are not sent. */
  readonly mailed: boolean;
}

/**
 * The one net change between the alert as last announced (`before`) and as it is now (`after`).
 * @param there the alert as the present record has it at the last period that `before` was judged on: where `before`
 *   stood and `there` does not, the record no longer supports it, and it is withdrawn rather than cleared.
 * @param judgedThrough the last period that `before` was judged on.
 */
export function changeBetween(
  before: AlertState,
  there: AlertState,
  after: AlertState,
  judgedThrough: string | undefined,
): Change | undefined {
  const ended = (transition: Transition): Change => ({ transition, mailed: true });
  if (before.episode) {
    if (!after.episode) return ended(there.episode ? 'cleared' : 'withdrawn');
    const anew = judgedThrough !== undefined && after.episode.from > judgedThrough;
    if (anew) return { transition: 'raised', mailed: true };
    return changeWithin(before.episode, before, after.episode, after);
  }
  if (after.episode) return { transition: 'raised', mailed: true };
  if (before.state === 'clear') return after.state === 'clear' ? undefined : { transition: 'raised', mailed: true };
  if (after.state !== 'clear') return undefined;
  return ended(there.state === 'clear' ? 'withdrawn' : 'cleared');
}

/**
 * The same episode before and after. Worse is what is worse than anything told of it: a level it had not reached, or
 * figures worse than when it was last told. Where the present record no longer has what was announced (a correction, a
 * changed standard), those who were told are told.
 */
function changeWithin(earlier: Episode, before: AlertState, later: Episode, after: AlertState): Change | undefined {
  const [told, found] = [earlier.worse ?? '', later.worse ?? ''];
  const higher = rank(later.level) > rank(earlier.level) || found > told;
  const lower = rank(later.level) < rank(earlier.level) || found < told;
  const mailed = higher || lower;
  if (after.state === 'recovering') {
    if (higher) return { transition: 'worsened', mailed };
    if (before.state !== 'recovering') return { transition: 'recovering', mailed };
    return lower ? { transition: 'eased', mailed } : undefined;
  }
  // Whoever was told of the recovery is told that it did not last.
  if (before.state === 'recovering') return { transition: 'raised', mailed: true };
  const difference = rank(after.level) - rank(before.level);
  // Neither is whoever was told that it eased left with that.
  if (higher || difference > 0) return { transition: 'worsened', mailed: true };
  return lower || difference < 0 ? { transition: 'eased', mailed } : undefined;
}
