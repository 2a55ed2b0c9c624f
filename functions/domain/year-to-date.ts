import type { Metric } from './metric.ts';
import { addMonths } from './period.ts';
import { hasCounts, type Observation } from './series.ts';

/** A financial year so far: its counts added up, never its percentages averaged. */
export interface YearToDate {
  /** The April it begins with, and the latest period in it. */
  readonly from: string;
  readonly through: string;
  /** How many of its months were reported. */
  readonly months: number;
  readonly pooled: Observation;
}

/**
 * The financial year, April to March, of the latest observation. Only where months count new cases: a snapshot or rolling
 * sum would count the same children again. Undefined there, for a rate, whose population would be counted each month, and where a month of the year has no counts.
 */
export function yearToDate(metric: Metric, observations: readonly Observation[]): YearToDate | undefined {
  const last = observations.at(-1);
  if (!last || metric.cases !== 'flow' || metric.kind === 'mean' || metric.kind === 'rate') return undefined;
  const from = `${addMonths(last.period, -3).slice(0, 4)}-04`;
  const year = observations.filter(({ period }) => period >= from);
  const status = year.some((observation) => observation.status === 'provisional') ? 'provisional' : 'final';
  const common = { period: last.period, revision: last.revision, status } as const;
  const base = { from, through: last.period, months: year.length };
  if (metric.kind === 'count') return { ...base, pooled: { ...common, value: sum(year.map(({ value }) => value)) } };
  const counted = year.filter(hasCounts);
  if (counted.length < year.length) return undefined;
  const numerator = sum(counted.map((observation) => observation.numerator));
  const denominator = sum(counted.map((observation) => observation.denominator));
  return { ...base, pooled: { ...common, value: (100 * numerator) / denominator, numerator, denominator } };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
