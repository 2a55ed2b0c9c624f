import {
  XMR_CLOSE,
  XMR_CLOSE_AMONG,
  XMR_CLOSE_POINTS,
  XMR_LIMIT_IN_RANGES,
  XMR_MIN_POINTS,
  XMR_RUN,
  XMR_SCREEN_IN_RANGES,
} from '../rules.ts';

/**
 * XmR charts ("Making Data Count"): what of a series is common cause and what is special. Limits, rules and their order
 * are those of the R package NHSRplotthedots 0.2.2 (nhs-r-community, MIT): `R/ptd_spc_standard.R`,
 * `R/ptd_calculate_point_type.R`, `R/ptd_calculate_assurance_type.R`; written anew from its behaviour, and held to it on
 * the 162 series of `test/fixtures/spc`.
 */

const CLOSE_IN_RANGES = XMR_CLOSE * XMR_LIMIT_IN_RANGES;

/** Which way is better. */
export type Direction = 'increase' | 'decrease' | 'neutral';

export type XmrOptions = {
  readonly direction: Direction;
  /** Freezes the limits of each group at its first so many points; absent: all of the group's points count. */
  readonly fixAfter?: number;
  /** Indexes at which a new group of limits starts; 0 and indexes beyond the series change nothing. */
  readonly rebases?: readonly number[];
  /** Whether extreme moving ranges are left out, once. Default true, as in the package. */
  readonly screen?: boolean;
};

export type SpecialCause = 'outside' | 'trend' | 'two-in-three' | 'shift';

export type PointType =
  | 'common_cause'
  | 'special_cause_improvement'
  | 'special_cause_concern'
  | 'special_cause_neutral_high'
  | 'special_cause_neutral_low';

/** Whether a target would be met by chance alone: always, never, or now and then. */
export type Assurance = 'consistent_pass' | 'consistent_fail' | 'inconsistent';

/** A limit is null where there is none: one point, or no moving range left after screening (a constant series). */
export type Limits = {
  readonly mean: number;
  readonly lower: number | null;
  readonly upper: number | null;
};

export type XmrPoint = Limits & {
  /** Number of the group of limits, from 0. */
  readonly group: number;
  readonly value: number;
  /** Beyond a limit; never so where there is none. */
  readonly outside: boolean;
  /** Within the limits and more than {@link XMR_CLOSE} of the way to one. */
  readonly close: boolean;
  readonly side: -1 | 0 | 1;
  readonly cause: SpecialCause | null;
  /** Which way the special cause points: above the mean or rising is 1, below it or falling −1, none 0. */
  readonly causeSide: -1 | 0 | 1;
  readonly type: PointType;
  /** The group has fewer than {@link XMR_MIN_POINTS} points. */
  readonly shortGroup: boolean;
};

export type XmrChart = {
  readonly points: readonly XmrPoint[];
  /** Type of the latest point; null for an empty series. */
  readonly variation: PointType | null;
};

/**
 * A sum whose rounding errors are carried along (A. Neumaier, 1974), so that the mean of equal values is that value: with
 * a naive sum a constant series of 0.1 lies above its own mean and looks shifted. R gets there by long double and a second
 * pass.
 */
function meanOf(values: readonly number[], start: number, end: number): number {
  let sum = 0;
  let lost = 0;
  for (let i = start; i < end; i++) {
    const value = values[i] as number;
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  const first = (sum + lost) / (end - start);
  let rest = 0;
  for (let i = start; i < end; i++) rest += (values[i] as number) - first;
  return first + rest / (end - start);
}

/** The limits and the lines close to them; NaN where there are none, so that every comparison with them is false. */
export type Lines = { mean: number; lower: number; upper: number; closeLower: number; closeUpper: number };

function linesOf(values: readonly number[], start: number, end: number, screen: boolean): Lines {
  const mean = meanOf(values, start, end);
  let range = meanRange(values, start, end, Number.POSITIVE_INFINITY);
  if (screen) range = meanRange(values, start, end, XMR_SCREEN_IN_RANGES * range);
  return {
    mean,
    lower: mean - XMR_LIMIT_IN_RANGES * range,
    upper: mean + XMR_LIMIT_IN_RANGES * range,
    closeLower: mean - CLOSE_IN_RANGES * range,
    closeUpper: mean + CLOSE_IN_RANGES * range,
  };
}

/** Mean of the moving ranges below a bound; NaN where there are none. */
function meanRange(values: readonly number[], start: number, end: number, bound: number): number {
  let sum = 0;
  let count = 0;
  for (let i = start + 1; i < end; i++) {
    const range = Math.abs((values[i] as number) - (values[i - 1] as number));
    if (range < bound) {
      sum += range;
      count += 1;
    }
  }
  return sum / count;
}

type Side = -1 | 0 | 1;

const isOutside = (value: number, lines: Lines): boolean => value > lines.upper || value < lines.lower;

const isClose = (value: number, lines: Lines): boolean =>
  (value <= lines.upper && value > lines.closeUpper) || (value >= lines.lower && value < lines.closeLower);

const sideOf = (value: number, mean: number): Side => (value > mean ? 1 : value < mean ? -1 : 0);

/** Direction of the {@link XMR_RUN} strictly monotonic points that end at `end`, within the group that begins at `start`. */
function trendEndingAt(values: readonly number[], start: number, end: number): Side {
  if (end - start < XMR_RUN - 1) return 0;
  const direction = sideOf(values[end] as number, values[end - 1] as number);
  for (let i = end - 1; i > end - XMR_RUN + 1 && direction !== 0; i--) {
    if (sideOf(values[i] as number, values[i - 1] as number) !== direction) return 0;
  }
  return direction;
}

/** Side of the {@link XMR_RUN} points on one side of the mean that end at `end`. */
function shiftEndingAt(values: readonly number[], start: number, end: number, mean: number): Side {
  if (end - start < XMR_RUN - 1) return 0;
  const side = sideOf(values[end] as number, mean);
  for (let i = end - 1; i > end - XMR_RUN && side !== 0; i--) {
    if (sideOf(values[i] as number, mean) !== side) return 0;
  }
  return side;
}

/** Side of the few points that end at `end` if all lie on it and enough of them close to the limit. */
function twoInThreeEndingAt(values: readonly number[], start: number, end: number, lines: Lines): Side {
  if (end - start < XMR_CLOSE_AMONG - 1) return 0;
  const side = sideOf(values[end] as number, lines.mean);
  let close = 0;
  for (let i = end - XMR_CLOSE_AMONG + 1; i <= end; i++) {
    if (sideOf(values[i] as number, lines.mean) !== side) return 0;
    if (isClose(values[i] as number, lines)) close += 1;
  }
  return close >= XMR_CLOSE_POINTS ? side : 0;
}

function typeOf(side: Side, direction: Direction): PointType {
  if (side === 0) return 'common_cause';
  if (direction === 'neutral') return side > 0 ? 'special_cause_neutral_high' : 'special_cause_neutral_low';
  return side > 0 === (direction === 'increase') ? 'special_cause_improvement' : 'special_cause_concern';
}

const orNull = (limit: number): number | null => (Number.isNaN(limit) ? null : limit);

/** Start of each group, ascending, beginning with 0. */
function groupStarts(length: number, rebases: readonly number[] | undefined): number[] {
  const inside = (rebases ?? []).filter((index) => index > 0 && index < length);
  return [0, ...new Set(inside.sort((a, b) => a - b))];
}

function requireFixAfter(fixAfter: number | undefined): number {
  if (fixAfter === undefined) return Number.POSITIVE_INFINITY;
  if (!(fixAfter >= 1)) throw new RangeError(`fixAfter must be at least 1, got ${fixAfter}`);
  return fixAfter;
}

/**
 * The whole chart, every point judged with all others known: a run flags all the points in it, also those before it was
 * complete. To judge a point as it came in, use {@link latestWithin}.
 *
 * @param values finite numbers in order of time, without gaps: leave absent periods out.
 */
export function xmrChart(values: readonly number[], options: XmrOptions): XmrChart {
  const fixAfter = requireFixAfter(options.fixAfter);
  const starts = groupStarts(values.length, options.rebases);
  const points: XmrPoint[] = [];
  for (let group = 0; group < starts.length && values.length > 0; group++) {
    const start = starts[group] as number;
    const end = starts[group + 1] ?? values.length;
    const lines = linesOf(values, start, Math.min(end, start + fixAfter), options.screen ?? true);
    const inTrend = flagRuns(start, end, XMR_RUN, (i) => trendEndingAt(values, start, i));
    const inTwoInThree = flagRuns(start, end, XMR_CLOSE_AMONG, (i) => twoInThreeEndingAt(values, start, i, lines));
    const inShift = flagRuns(start, end, XMR_RUN, (i) => shiftEndingAt(values, start, i, lines.mean));
    for (let i = start; i < end; i++) {
      const value = values[i] as number;
      const side = sideOf(value, lines.mean);
      const outside = isOutside(value, lines);
      const close = isClose(value, lines);
      let cause: SpecialCause | null = null;
      let causeSide: Side = 0;
      if (outside) {
        cause = 'outside';
        causeSide = side;
      } else if (inTrend[i - start]) {
        cause = 'trend';
        // Where two trends meet, the point belongs to the later one.
        const later = i + 1 < end && inTrend[i + 1 - start];
        const rise = later ? sideOf(values[i + 1] as number, value) : sideOf(value, values[i - 1] as number);
        causeSide = rise > 0 ? 1 : -1;
      } else if (close && inTwoInThree[i - start]) {
        cause = 'two-in-three';
        causeSide = side;
      } else if (inShift[i - start]) {
        cause = 'shift';
        causeSide = side;
      }
      points.push(pointOf(lines, group, value, outside, close, side, cause, causeSide, options, end - start));
    }
  }
  return { points, variation: points.at(-1)?.type ?? null };
}

/** Marks every point of each run that a rule finds; a rule is asked with the run's last point. */
function flagRuns(start: number, end: number, length: number, rule: (i: number) => Side): boolean[] {
  const flags = new Array<boolean>(end - start).fill(false);
  for (let i = start; i < end; i++) {
    if (rule(i) !== 0) flags.fill(true, i - start - length + 1, i - start + 1);
  }
  return flags;
}

function pointOf(
  lines: Lines,
  group: number,
  value: number,
  outside: boolean,
  close: boolean,
  side: Side,
  cause: SpecialCause | null,
  causeSide: Side,
  options: XmrOptions,
  groupLength: number,
): XmrPoint {
  return {
    group,
    value,
    mean: lines.mean,
    lower: orNull(lines.lower),
    upper: orNull(lines.upper),
    outside,
    close,
    side,
    cause,
    causeSide,
    type: typeOf(causeSide, options.direction),
    shortGroup: groupLength < XMR_MIN_POINTS,
  };
}

/** The limits of the points that they are frozen at, for {@link latestWithin}. */
export const frozenAt = (values: readonly number[]): Lines => linesOf(values, 0, values.length, true);

/**
 * The last point of the chart of what was known by then, where the limits of its group are frozen and known: by the last {@link XMR_RUN} points
 * of the group, as no rule looks further back.
 */
export function latestWithin(
  lines: Lines,
  last: readonly number[],
  options: XmrOptions,
): Pick<XmrPoint, 'cause' | 'type' | keyof Limits> {
  const i = last.length - 1;
  const value = last[i] as number;
  const side = sideOf(value, lines.mean);
  const outside = isOutside(value, lines);
  const close = isClose(value, lines);
  let cause: SpecialCause | null = null;
  let causeSide: Side = side;
  if (outside) cause = 'outside';
  else {
    const trend = trendEndingAt(last, 0, i);
    if (trend !== 0) {
      cause = 'trend';
      causeSide = trend;
    } else if (close && twoInThreeEndingAt(last, 0, i, lines) !== 0) cause = 'two-in-three';
    else if (shiftEndingAt(last, 0, i, lines.mean) !== 0) cause = 'shift';
    else causeSide = 0;
  }
  return pointOf(lines, 0, value, outside, close, side, cause, causeSide, options, last.length);
}

/**
 * Whether the process behind the latest limits would meet the target consistently. Strict: a target on a limit, or no
 * limits at all, is `inconsistent`.
 *
 * @returns null without a target, without points, or where no direction is better.
 */
export function assuranceOf(
  limits: Limits | undefined,
  target: number | undefined,
  direction: Direction,
): Assurance | null {
  if (limits === undefined || target === undefined || direction === 'neutral') return null;
  if (limits.upper !== null && target > limits.upper)
    return direction === 'increase' ? 'consistent_fail' : 'consistent_pass';
  if (limits.lower !== null && target < limits.lower)
    return direction === 'increase' ? 'consistent_pass' : 'consistent_fail';
  return 'inconsistent';
}
