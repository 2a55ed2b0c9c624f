import { type Backtest, backtest } from '../domain/backtest.ts';
import type { MetricEvaluator } from '../domain/evaluators/evaluator.ts';
import type { LocalStandard, Metric } from '../domain/inspection.ts';
import { EARLIEST_PERIOD } from '../domain/period.ts';
import { localStandardsOf } from '../domain/record.ts';
import type { Database } from '../store/database.ts';
import { readMonths } from '../store/submissions.ts';
import { saveLocalStandard } from '../store/versions.ts';
import { InvalidError, type SentFault } from './errors.ts';
import { metricIn, requireInspection } from './inspections.ts';
import { recordOf } from './record.ts';
import { addVersion } from './versions.ts';

/** What an authority says of a metric's standard, without what the service adds. */
export type StandardChange = Omit<LocalStandard, 'metric' | 'version' | 'setAt'>;

/**
 * Sets an authority's own standard for a metric, as a version of its own; said again it stays the same version. Throws
 * `UnknownAuthorityError`, `NotFoundError`, {@link InvalidError} or `OvertakenError`.
 */
export async function setStandard(
  database: Database<'baselines' | 'alerts'>,
  authority: string,
  id: string,
  change: StandardChange,
  now: Date,
): Promise<{ created: boolean; version: LocalStandard }> {
  const inspection = await requireInspection(database, authority);
  const faults = faultsOfStandard(metricIn(inspection, id), change);
  if (faults.length > 0) throw new InvalidError(faults);
  return addVersion(
    async () => localStandardsOf(await requireInspection(database, authority), id),
    (version) => ({ metric: id, version, ...change, setAt: now.toISOString() }),
    (version) => saveLocalStandard(database, authority, version, now),
  );
}

/** A change to try: `from` is the first month there can be unless it is said. */
export type TriedChange = Omit<StandardChange, 'from' | 'reason' | 'author'> & {
  readonly metric: string;
  readonly from?: string | undefined;
  /** Evaluators that do not judge. */
  readonly without?: readonly MetricEvaluator[] | undefined;
};

/** What a further version of a standard, or fewer evaluators, would have raised. Writes nothing. Throws `UnknownAuthorityError` or {@link InvalidError}. */
export async function tryStandard(
  database: Database<'baselines' | 'submissions'>,
  authority: string,
  { from = EARLIEST_PERIOD, without = [], ...change }: TriedChange,
  now: Date,
): Promise<Backtest> {
  const inspection = await requireInspection(database, authority);
  const metric = inspection.metrics.find(({ id }) => id === change.metric);
  const faults = metric
    ? faultsOfStandard(metric, change)
    : [{ pointer: '#/metric', detail: `no metric is called "${change.metric.slice(0, 64)}"` }];
  if (faults.length > 0) throw new InvalidError(faults, 'nothing was tried');
  const months = await readMonths(database, inspection.header.authority);
  const version = (localStandardsOf(inspection, change.metric).at(-1)?.version ?? 0) + 1;
  const tried = { ...change, from, version, reason: 'tried', author: 'backtest', setAt: now.toISOString() };
  return backtest(recordOf(inspection, months), change.metric, tried, without);
}

/** What a schema that knows nothing of the metric cannot tell: a percentage does not exceed 100. */
function faultsOfStandard(
  { kind }: Metric,
  change: { readonly value?: number | undefined; readonly tolerance?: number | undefined },
): SentFault[] {
  if (kind !== 'proportion') return [];
  return (['value', 'tolerance'] as const).flatMap((name) =>
    (change[name] ?? 0) > 100 ? [{ pointer: `#/${name}`, detail: 'a percentage cannot be above 100' }] : [],
  );
}
