import type { Metric } from './inspection.ts';
import type { Month, Status } from './submission.ts';

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
export function observationIn(month: Month, metric: Pick<Metric, 'id' | 'kind'>): Observation | undefined {
  const reported = month.observations[metric.id];
  if (!reported) return undefined;
  const { period, revision, status } = month;
  if ('denominator' in reported) {
    const { numerator, denominator } = reported;
    if (denominator === 0) return undefined;
    return { period, revision, status, value: (scaleOf(metric) * numerator) / denominator, numerator, denominator };
  }
  return { period, revision, status, value: 'count' in reported ? reported.count : reported.value };
}

/** The metric's observations, oldest first. `months` are oldest first. */
export function seriesOf(metric: Metric, months: readonly Month[]): Observation[] {
  const series: Observation[] = [];
  for (const month of months) {
    const observation = observationIn(month, metric);
    if (observation) series.push(observation);
  }
  return series;
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
