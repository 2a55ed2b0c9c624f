import { type MetricEvaluator, MetricEvaluatorSchema } from './evaluators/evaluator.ts';
import { AS_SENT } from './format.ts';
import type { AlertState } from './lifecycle.ts';
import type { LocalStandard } from './metric.ts';
import { timelines } from './reconcile.ts';
import type { JudgedRecord } from './record.ts';
import type { Judged } from './timeline.ts';

/** What one way of judging makes of the record. */
export interface BacktestOutcome {
  /** How many episodes it would have raised, `warning` or above, and in which period the first began. */
  readonly episodes: number;
  readonly first?: string;
  /** Periods raised at `watch` only. */
  readonly watchMonths: number;
}

export interface Backtest {
  readonly asIs: BacktestOutcome;
  readonly asChanged: BacktestOutcome;
  readonly periods: readonly {
    readonly period: string;
    readonly value?: number;
    readonly asIs: AlertState;
    readonly asChanged: AlertState;
    /** With the change. */
    readonly findings: Judged['findings'];
  }[];
}

/**
 * The timeline of one metric as it is, beside the one that a further version of its local standard would have given, and
 * fewer evaluators.
 */
export function backtest(
  record: JudgedRecord,
  metric: string,
  change: LocalStandard,
  without: readonly MetricEvaluator[] = [],
): Backtest {
  const metrics = record.metrics.filter(({ id }) => id === metric);
  const judge = (localStandards: readonly LocalStandard[], evaluators?: readonly MetricEvaluator[]): Judged[] =>
    timelines({ ...record, metrics, localStandards }, AS_SENT, evaluators).get(metric) ?? [];
  const asIs = judge(record.localStandards);
  const asChanged = judge(
    [...record.localStandards, change],
    MetricEvaluatorSchema.options.filter((evaluator) => !without.includes(evaluator)),
  );
  const before = new Map(asIs.map((judged) => [judged.period, judged]));
  return {
    asIs: outcomeOf(asIs),
    asChanged: outcomeOf(asChanged),
    periods: asChanged.map(({ period, observation, alert, findings }) => ({
      period,
      ...(observation ? { value: observation.value } : {}),
      asIs: before.get(period)?.alert ?? { state: 'clear' },
      asChanged: alert,
      findings,
    })),
  };
}

function outcomeOf(entries: readonly Judged[]): BacktestOutcome {
  const starts = entries.flatMap(({ alert }) => alert.episode?.from ?? []);
  const [first] = starts;
  return {
    episodes: new Set(starts).size,
    ...(first ? { first } : {}),
    watchMonths: entries.filter(({ alert }) => alert.state === 'raised' && !alert.episode).length,
  };
}
