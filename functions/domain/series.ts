import type { Metric } from './metric.ts';
import { monthIndex, monthsBetweenReports } from './period.ts';
import type { Month, Reported, Status } from './submission.ts';

/** What is needed of a metric to read a figure of it. */
type Measured = Pick<Metric, 'id' | 'kind'>;

/** What a share of one is in a metric's unit: a proportion is shown of 100, a rate of 10,000. */
export const scaleOf = ({ kind }: Pick<Metric, 'kind'>): number => (kind === 'rate' ? 10_000 : 100);

/** Whether a metric is so many of so many, and so comes with both counts where they are known. */
export const isShared = ({ kind }: Pick<Metric, 'kind'>): boolean => kind === 'proportion' || kind === 'rate';

/**
 * One metric's value in one period. `value` is in the metric's unit: percent for proportions, computed from numerator
 * and denominator where those are known. Without a denominator a percentage carries no evidence for tests of chance.
 */
export interface Observation {
  readonly period: string;
  readonly revision: number;
  readonly status: Status;
  readonly value: number;
  readonly numerator?: number;
  readonly denominator?: number;
  /** The month was sent again without it, and nobody said that it was wrong. */
  readonly leftOut?: true;
  /** Somebody said of it, with a reason, that it is right. */
  readonly confirmed?: true;
}

/** An observation whose counts are known. */
export type CountedObservation = Observation & { readonly numerator: number; readonly denominator: number };

export function hasCounts(observation: Observation): observation is CountedObservation {
  return observation.denominator !== undefined;
}

/** How many cases of a proportion went wrong: those not in the numerator where higher is better, those in it where lower is. */
export function failuresOf(metric: Metric, { numerator, denominator }: CountedObservation): number {
  return metric.polarity === 'higher' ? denominator - numerator : numerator;
}

/** One month's observation of a metric, if it was reported and there was something to count. */
export function observationIn(month: Month, metric: Measured): Observation | undefined {
  return observationOf(month, metric, month.observations[metric.id]);
}

/** What a month says of a metric by now: what is reported, or was before it was left out. */
export function lastKnownIn(month: Month, metric: Measured): Observation | undefined {
  const { id } = metric;
  if (Object.hasOwn(month.observations, id)) {
    const observation = observationIn(month, metric);
    return observation && month.confirmed?.includes(id) ? { ...observation, confirmed: true } : observation;
  }
  const observation = observationOf(month, metric, month.leftOut?.[id]);
  return observation && { ...observation, leftOut: true };
}

function observationOf(
  { period, revision, status }: Month,
  metric: Measured,
  reported: Reported | undefined,
): Observation | undefined {
  if (!reported) return undefined;
  if ('denominator' in reported) {
    const { numerator, denominator } = reported;
    if (denominator === 0) return undefined;
    return { period, revision, status, value: (scaleOf(metric) * numerator) / denominator, numerator, denominator };
  }
  return { period, revision, status, value: 'count' in reported ? reported.count : reported.value };
}

/** The metric's observations, oldest first, with those that were left out since. `months` are oldest first. */
export function seriesOf(metric: Metric, months: readonly Month[]): Observation[] {
  const series: Observation[] = [];
  for (const month of months) {
    const observation = lastKnownIn(month, metric);
    if (observation) series.push(observation);
  }
  return series;
}

/** What observations say, as columns of numbers: whoever goes through years of them every month reads these. */
export interface Columns {
  readonly value: Float64Array;
  /** Not a number, both of them, where the counts are not known. */
  readonly numerator: Float64Array;
  readonly denominator: Float64Array;
}

export function columnsOf(observations: readonly Observation[]): Columns {
  const { length } = observations;
  const columns = {
    value: new Float64Array(length),
    numerator: new Float64Array(length),
    denominator: new Float64Array(length),
  };
  for (let i = 0; i < length; i++) {
    const { value, numerator, denominator } = observations[i] as Observation;
    columns.value[i] = value;
    columns.numerator[i] = numerator ?? Number.NaN;
    columns.denominator[i] = denominator ?? Number.NaN;
  }
  return columns;
}

/** The index of the first observation (oldest first) of a period or later; their number where there is none. */
export function firstFrom(observations: readonly Observation[], period: string): number {
  let [low, high] = [0, observations.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((observations[middle] as Observation).period < period) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many reports of a metric were expected after one period and through another. */
export function reportsExpected({ frequency }: Pick<Metric, 'frequency'>, after: string, through: string): number {
  return Math.max(0, Math.floor((monthIndex(through) - monthIndex(after)) / monthsBetweenReports(frequency)));
}

/** Several observations as one. */
export interface Pooled {
  readonly from: string;
  readonly to: string;
  readonly pooled: Observation;
  /** The counts of its parts: whoever suppresses small ones must not let a difference of sums give one away. */
  readonly parts: readonly Observation[];
}

/** Several observations (at least one) as one: counts are added, percentages never averaged; of plain figures the mean. */
export function pool(metric: Metric, parts: readonly Observation[]): Pooled {
  const [first, last] = [parts[0] as Observation, parts.at(-1) as Observation];
  const common = { from: first.period, to: last.period, parts };
  const { period, revision } = last;
  const observation = { period, revision, status: 'final' } as const;
  const counted: readonly CountedObservation[] = parts.filter(hasCounts);
  if (!isShared(metric) || counted.length === 0)
    return { ...common, pooled: { ...observation, value: sumOf(parts.map(({ value }) => value)) / parts.length } };
  const numerator = sumOf(counted.map((part) => part.numerator));
  const denominator = sumOf(counted.map((part) => part.denominator));
  const value = (scaleOf(metric) * numerator) / denominator;
  return { ...common, pooled: { ...observation, value, numerator, denominator } };
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

/** Whether `a` is worse than `b` for this metric; nothing is worse where no way is better. */
export function isWorse(metric: Metric, a: number, b: number): boolean {
  return metric.polarity === 'higher' ? a < b : metric.polarity === 'lower' && a > b;
}
