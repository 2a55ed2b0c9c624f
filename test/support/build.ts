import { readFileSync } from 'node:fs';
import type { Action } from '../../functions/domain/action.ts';
import type { MetricEvaluator } from '../../functions/domain/evaluators/evaluator.ts';
import { type Inspection, InspectionSchema } from '../../functions/domain/inspection.ts';
import { type LocalStandard, type Metric, MetricSchema } from '../../functions/domain/metric.ts';
import { addMonths } from '../../functions/domain/period.ts';
import type { AuthorityRecord } from '../../functions/domain/record.ts';
import type { Observation } from '../../functions/domain/series.ts';
import type { Month, Reported } from '../../functions/domain/submission.ts';
import { type Judged, type Settings, timeline } from '../../functions/domain/timeline.ts';
import type { Assets } from '../../functions/pages/assets.ts';

/** Inspections, metrics, series and records for tests and benches, through the real schemas. */

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

export const HEREFORDSHIRE: Inspection = InspectionSchema.parse(read('../../seed/herefordshire-2010.json'));
export const BANK_HOLIDAYS: ReadonlySet<string> = new Set(read('../../seed/calendar/bank-holidays.json') as string[]);

/** A monthly flow proportion, higher better, standard 80%, baseline 88%; whatever else is asked for. */
export function aMetric(fields: Partial<Metric> = {}): Metric {
  return MetricSchema.parse({
    id: 'assessments',
    title: 'Assessments on time',
    definition: 'Those finished in time, of all that ended in the month.',
    kind: 'proportion',
    unit: 'percent',
    polarity: 'higher',
    frequency: 'monthly',
    cases: 'flow',
    window: 'month',
    holdLine: false,
    tolerance: null,
    baseline: inFigures(88),
    standards: [{ value: 80, from: '2000-01', basis: 'local', note: 'a default' }],
    actions: [],
    paragraphs: ['11'],
    judgement: null,
    section: 'safeguarding',
    ...fields,
  });
}

export const inFigures = (value: number, bound: 'exact' | 'lower' | 'upper' = 'exact'): Metric['baseline'] => ({
  kind: 'figure',
  value,
  bound,
  period: '2010-09',
  paragraphs: ['11'],
  statement: 'As found.',
});

export const IN_WORDS: Metric['baseline'] = {
  kind: 'statement',
  statement: 'Too many were late. The report gives no percentage.',
  period: '2010-09',
  paragraphs: ['11'],
};

/** A count of snapshots, fewer better, standard 10. */
export const aBacklog = (fields: Partial<Metric> = {}): Metric =>
  aMetric({
    id: 'backlog',
    title: 'Backlog',
    kind: 'count',
    unit: 'cases',
    polarity: 'lower',
    cases: 'stock',
    tolerance: 5,
    standards: [{ value: 10, from: '2000-01', basis: 'local', note: 'a default' }],
    baseline: { kind: 'none', statement: 'The report says nothing.' },
    ...fields,
  });

export const anAction = (id: string, due: string): Action => ({
  id,
  section: 'safeguarding',
  title: `Do ${id}`,
  timescale: '3 months',
  due,
  dueBasis: 'inspection',
  paragraph: '16',
});

/** `[39, 50]` is 39 of 50, a number is a bare value or a count. */
export type Figure = readonly [number, number] | number;

export function observation(period: string, figure: Figure, fields: Partial<Observation> = {}): Observation {
  const common = { period, revision: 1, status: 'final' as const };
  if (typeof figure === 'number') return { ...common, value: figure, ...fields };
  const [numerator, denominator] = figure;
  return { ...common, value: (100 * numerator) / denominator, numerator, denominator, ...fields };
}

/** One observation a month from `first` on; undefined is a month without a report. */
export function series(figures: readonly (Figure | undefined)[], first = '2010-10'): Observation[] {
  return figures.flatMap((figure, i) => (figure === undefined ? [] : [observation(addMonths(first, i), figure)]));
}

export const SETTINGS: Settings = { rebaseDates: [], localStandards: [], smallNumbers: 'show' };

export function judge(
  metric: Metric,
  figures: readonly (Figure | undefined)[],
  settings: Partial<Settings> = {},
): Judged[] {
  return timeline(metric, series(figures), { ...SETTINGS, ...settings });
}

/** Judges by one evaluator alone, so that no other's findings are among its. */
export const judgeBy =
  (evaluator: MetricEvaluator): typeof judge =>
  (metric, figures, settings = {}) =>
    judge(metric, figures, { evaluators: [evaluator], ...settings });

/** The levels of a period's findings. */
export const levelsOf = (entry: Judged | undefined): string[] => (entry?.findings ?? []).map(({ level }) => level);

/** `clear`, `watch`, `warning`, `critical` or `recovering`, period by period. */
export const statesOf = (entries: readonly Judged[]): string[] =>
  entries.map(({ alert }) => (alert.state === 'raised' ? String(alert.level) : alert.state));

export function reported(metric: Metric, figure: Figure): Reported {
  if (typeof figure !== 'number') return { numerator: figure[0], denominator: figure[1] };
  return metric.kind === 'count' ? { count: figure } : { value: figure };
}

export function month(period: string, observations: Month['observations'], fields: Partial<Month> = {}): Month {
  return { period, revision: 1, status: 'final', submittedAt: '2011-01-01T09:00:00.000Z', observations, ...fields };
}

const { metrics: _, actions: __, judgements: ___, figures: ____, ...header } = HEREFORDSHIRE;

/** An inspection on the days of Herefordshire's, with one metric and nothing else. */
export function anInspection(authority: string, metric: Metric, name = authority): Inspection {
  return InspectionSchema.parse({
    ...header,
    ...{ authority, name, title: 'An inspection of one metric', inspectorate: 'Nobody', rebaseDates: [] },
    ...{ metrics: [metric], judgements: [], actions: [], figures: [] },
  });
}

/** The first version that an authority set for {@link aMetric}. */
export const aLocalStandard = (fields: Partial<LocalStandard>): LocalStandard => ({
  metric: 'assessments',
  version: 1,
  from: '2010-10',
  reason: 'agreed',
  author: 'A. Head',
  setAt: '2010-10-01T00:00:00.000Z',
  ...fields,
});

/** A record with the one metric of {@link aMetric}, no actions, and nothing submitted. */
export function aRecord(fields: Partial<AuthorityRecord> = {}): AuthorityRecord {
  return {
    inspection: header,
    fingerprint: 'one',
    metrics: [aMetric()],
    actions: [],
    months: [],
    localStandards: [],
    progress: [],
    benchmarks: [],
    acknowledgements: [],
    bankHolidays: BANK_HOLIDAYS,
    ...fields,
  };
}

/** A month for each figure of the record's first metric, from `first` on. */
export function months(metric: Metric, figures: readonly Figure[], first = '2010-10'): Month[] {
  return figures.map((figure, i) => month(addMonths(first, i), { [metric.id]: reported(metric, figure) }));
}

/** What pages link to, where nobody follows a link. */
export const NO_ASSETS: Assets = {
  styles: '',
  icon: '',
  documents: { 'how-it-judges': '', accessibility: '', 'privacy-notice': '' },
  answer: () => undefined,
};
