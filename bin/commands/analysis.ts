import type { Finding } from '../../functions/domain/evaluators/evaluator.ts';
import { chartOptions, shownLimits } from '../../functions/domain/evaluators/special-cause.ts';
import type { Metric } from '../../functions/domain/metric.ts';
import { addMonths } from '../../functions/domain/period.ts';
import type { Observation } from '../../functions/domain/series.ts';
import {
  type Assurance,
  assuranceOf,
  type Limits,
  type PointType,
  xmrChart,
} from '../../functions/domain/statistics/xmr.ts';
import { type Judged, timeline } from '../../functions/domain/timeline.ts';
import { readPeriod } from '../../functions/services/cell-periods.ts';
import { cleaned } from '../../functions/services/cells.ts';
import { readSeparated, type SeparatedText, UnreadableFileError } from '../../functions/services/csv.ts';

export interface AnalyseOptions {
  readonly better: 'higher' | 'lower' | 'neutral';
  readonly standard?: number;
  readonly baseline?: number;
  /** Freezes the chart's limits at the first so many points of each group. */
  readonly fixAfter?: number;
  readonly rebase: readonly string[];
  readonly screening: boolean;
}

/** The answer: a contract with whoever reads the JSON. A limit that does not exist is null. */
export interface Analysis {
  readonly periods: readonly {
    readonly period: string;
    readonly value: number;
    readonly mean: number;
    readonly lower: number | null;
    readonly upper: number | null;
    readonly type: PointType;
    /** What the service would have said when this was the latest period. */
    readonly findings: readonly Finding[];
    readonly state: 'clear' | 'recovering' | 'watch' | 'warning' | 'critical';
  }[];
  /** Months between the first and the last that have no figure. Rules that count reports pass over them. */
  readonly absent: readonly string[];
  /** The type of the latest point. */
  readonly variation: PointType;
  /** Null without a standard, or where no direction is better. */
  readonly assurance: Assurance | null;
}

/** Lines that cannot be read, each with its number, from 1. */
export class SeriesFaultsError extends Error {
  override readonly name = 'SeriesFaultsError';
  readonly faults: readonly { readonly line: number; readonly detail: string }[];
  constructor(faults: SeriesFaultsError['faults']) {
    super(faults.map(({ line, detail }) => `line ${line}: ${detail}`).join('\n'));
    this.faults = faults;
  }
}

/** Judges a series with no server: the XmR chart with all points known, findings and states as they would have been month by month. */
export function analyseSeries(csv: string, options: AnalyseOptions): Analysis {
  const { observations, kind } = readSeries(csv);
  const { direction, rebases } = chartOptions({ polarity: options.better }, observations, options.rebase);
  const chart = xmrChart(
    observations.map(({ value }) => value),
    {
      direction,
      rebases: rebases ?? [],
      screen: options.screening,
      ...(options.fixAfter === undefined ? {} : { fixAfter: options.fixAfter }),
    },
  );
  const judged = timeline(metricOf(kind, options, observations[0]?.period ?? ''), observations, {
    rebaseDates: options.rebase.map((rebase) => `${rebase}-01`),
    localStandards: [],
    smallNumbers: 'show',
  });
  const points = chart.points.map((point, i) => {
    const { period, alert, findings } = judged[i] as Judged;
    const { value, mean, type } = point;
    return { period, value, mean, ...limitsOf(kind, point), type, findings, state: stateOf(alert) };
  });
  return {
    periods: points,
    absent: absentIn(observations.map(({ period }) => period)),
    variation: chart.variation as PointType,
    assurance: assuranceOf(chart.points.at(-1), options.standard, direction),
  };
}

/** The months that are not among these, from the first to the last; `periods` are in order. */
function absentIn(periods: readonly string[]): string[] {
  const reported = new Set(periods);
  const absent: string[] = [];
  for (let month = periods[0] ?? ''; month < (periods.at(-1) ?? ''); month = addMonths(month, 1))
    if (!reported.has(month)) absent.push(month);
  return absent;
}

function stateOf({ state, level }: Judged['alert']): Analysis['periods'][number]['state'] {
  return state === 'raised' ? (level ?? 'watch') : state;
}

/** Of a share they stop where it cannot go; whether plain values may be below 0, whoever has them knows. */
function limitsOf(
  kind: 'proportion' | 'mean',
  limits: Pick<Limits, 'lower' | 'upper'>,
): Pick<Limits, 'lower' | 'upper'> {
  const { lower, upper } = kind === 'proportion' ? shownLimits({ kind }, limits) : limits;
  return { lower, upper };
}

/** Counts are new cases each month, so chance tests and CUSUM apply; bare values are judged by repetition, and anything worse than the baseline counts. */
function metricOf(kind: 'proportion' | 'mean', { better, standard, baseline }: AnalyseOptions, from: string): Metric {
  return {
    id: 'series',
    title: 'Series',
    definition: 'The series of the file.',
    kind,
    unit: kind === 'proportion' ? 'percent' : '',
    polarity: better,
    frequency: 'monthly',
    cases: kind === 'proportion' ? 'flow' : 'stock',
    window: 'month',
    holdLine: false,
    tolerance: kind === 'proportion' ? null : 0,
    baseline:
      baseline === undefined
        ? { kind: 'none', statement: 'no baseline was given' }
        : {
            kind: 'figure',
            value: baseline,
            bound: 'exact',
            period: 'the period inspected',
            paragraphs: [],
            statement: '',
          },
    standards: standard === undefined ? [] : [{ value: standard, from, basis: 'council', note: 'as given' }],
    actions: [],
    paragraphs: [],
    judgement: null,
    section: 'context',
  };
}

const COLUMNS = { values: ['period', 'value'], counts: ['period', 'numerator', 'denominator'] } as const;

/**
 * Reads `period,value` or `period,numerator,denominator`, in any order of columns and lines; a line without figures is a period without a
 * report. Only this service's own remarks above the columns' names are passed over: a line of figures may begin with a formula's error.
 */
function readSeries(csv: string): { observations: Observation[]; kind: 'proportion' | 'mean' } {
  const [header, ...rows] = rowsOf(csv);
  const named = (header?.cells ?? []).map((name) => name.toLowerCase());
  const columns = Object.values(COLUMNS).find(
    (wanted) => wanted.length === named.length && wanted.every((name) => named.includes(name)),
  );
  if (!header || !columns)
    throw new SeriesFaultsError([
      {
        line: header?.line ?? 1,
        detail: `the first line must name the columns: ${COLUMNS.values.join(',')} or ${COLUMNS.counts.join(',')}`,
      },
    ]);
  const faults: { line: number; detail: string }[] = [];
  const found = new Map<string, Observation>();
  for (const { cells, line } of rows) {
    const cell = (name: string): string => cells[named.indexOf(name)] ?? '';
    const { period, detail: unclear } = monthIn(cell('period'));
    const details = [
      ...(cells.length <= named.length
        ? []
        : [`has ${cells.length} fields where the first line names ${named.length} columns`]),
      ...(unclear ? [unclear] : []),
      ...(found.has(period) ? [`${period} is there twice`] : []),
    ];
    const figures = columns.slice(1).map(cell);
    const common = { period, revision: 1, status: 'final' as const };
    if (figures.every((figure) => figure === '')) {
      // Not reported.
    } else if (columns === COLUMNS.values) {
      const value = numberOf(figures[0]);
      if (value === undefined) details.push(`"${figures[0]}" is not a number`);
      else found.set(period, { ...common, value });
    } else {
      const [numerator, denominator] = figures.map(numberOf);
      const detail = faultOfCounts(numerator, denominator, figures);
      if (detail) details.push(detail);
      else if (numerator !== undefined && denominator !== undefined)
        found.set(period, { ...common, value: (100 * numerator) / denominator, numerator, denominator });
    }
    faults.push(...details.map((detail) => ({ line, detail })));
  }
  if (faults.length > 0) throw new SeriesFaultsError(faults);
  if (found.size === 0) throw new SeriesFaultsError([{ line: header.line + 1, detail: 'there are no figures' }]);
  const observations = [...found.values()].sort((a, b) => (a.period < b.period ? -1 : 1));
  return { observations, kind: columns === COLUMNS.values ? 'mean' : 'proportion' };
}

/** The month that a cell names; a series is monthly, so that 2010-11 is November. */
function monthIn(cell: string): { period: string; detail?: string } {
  const label = readPeriod(cell);
  if ('period' in label) return { period: label.period };
  const detail = label.kind === 'unclear' ? label.detail : `"${cell}" is not a month; write it as yyyy-mm`;
  return { period: cell, detail };
}

/** The lines that hold something, without the empty cells that spreadsheets leave at their ends. */
function rowsOf(csv: string): SeparatedText['lines'] {
  try {
    return readSeparated(csv)
      .lines.map(({ line, cells }) => ({ line, cells: cells.map(cleaned) }))
      .map(({ line, cells }) => ({ line, cells: cells.slice(0, cells.findLastIndex((cell) => cell !== '') + 1) }))
      .filter(({ cells }) => cells.length > 0);
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    throw new SeriesFaultsError([{ line: error.line, detail: error.message }]);
  }
}

function faultOfCounts(
  numerator: number | undefined,
  denominator: number | undefined,
  figures: readonly string[],
): string | undefined {
  const isCount = (number: number | undefined): number is number => Number.isSafeInteger(number) && Number(number) >= 0;
  if (!isCount(numerator)) return `the numerator "${figures[0]}" is not a whole number from 0`;
  if (!isCount(denominator) || denominator === 0) return `the denominator "${figures[1]}" is not a whole number from 1`;
  if (numerator > denominator) return `the numerator is above the denominator (${numerator} of ${denominator})`;
  return undefined;
}

/** `1,234.5`, `-3` and `1e-3`; anything else is not a number. */
export function numberOf(text = ''): number | undefined {
  if (!/^[-+]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?(e[-+]?\d+)?$/i.test(text) || !/\d/.test(text)) return undefined;
  const number = Number(text.replaceAll(',', ''));
  return Number.isFinite(number) ? number : undefined;
}
