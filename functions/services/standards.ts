import type { Doing } from '../domain/access.ts';
import { type Backtest, backtest } from '../domain/backtest.ts';
import type { MetricEvaluator } from '../domain/evaluators/evaluator.ts';
import type { SmallNumbers } from '../domain/format.ts';
import type { LoadedInspection } from '../domain/loaded-inspection.ts';
import type { LocalStandard, Metric } from '../domain/metric.ts';
import { dayInEngland, EARLIEST_PERIOD, periodOf } from '../domain/period.ts';
import { localStandardsOf } from '../domain/record.ts';
import { asPercentage, isShare } from '../domain/submission.ts';
import { standardFor } from '../domain/timeline.ts';
import type { Database } from '../store/database.ts';
import { readMonths } from '../store/submissions.ts';
import { saveLocalStandard } from '../store/versions.ts';
import { InvalidError, type SentFault } from './errors.ts';
import { checkVersions, metricIn, requireInspection, requireOpenInspection } from './inspections.ts';
import { judgedOf, type MetricHistory, recordOf } from './record.ts';
import { addVersion, highestUnreadable } from './versions.ts';

/** What an authority says of a metric's standard, without what the service adds. */
export type StandardChange = Omit<LocalStandard, 'metric' | 'version' | 'setAt' | 'by' | keyof Amounts> & Amounts;

/** Amounts in the metric's unit; a percentage may say that it is one, and has to below 1. */
interface Amounts {
  /** Null where no standard is to hold. */
  readonly value?: number | string | null | undefined;
  readonly upTo?: number | string | undefined;
  readonly tolerance?: number | string | undefined;
  readonly comparable?: number | string | undefined;
}

/**
 * Sets an authority's own standard for a metric, as a version of its own; repeated, it stays the same version. Throws
 * `UnknownAuthorityError`, `NotFoundError`, {@link InvalidError} or `OvertakenError`.
 */
export async function setStandard(
  database: Database<'baselines' | 'alerts'>,
  authority: string,
  id: string,
  change: StandardChange,
  { by, now }: Doing,
): Promise<{ created: boolean; version: LocalStandard }> {
  const inspection = await requireOpenInspection(database, authority);
  const { amounts, faults } = amountsIn(metricIn(inspection, id), change);
  if (faults.length > 0) throw new InvalidError(faults);
  checkVersions(inspection);
  const { value: _, tolerance: __, upTo: ___, comparable: ____, ...others } = change;
  return addVersion(
    async () => localStandardsOf(await requireInspection(database, authority), id),
    (version) => ({ metric: id, version, ...others, ...amounts, setAt: now.toISOString(), by }),
    (version) => saveLocalStandard(database, authority, version, now),
    highestUnreadable(inspection, 'standard', id),
  );
}

/**
 * Makes the standard in force the authority's own, as it is: what was this service's default no longer is. Throws `UnknownAuthorityError`,
 * `NotFoundError`, {@link InvalidError} where there is none to confirm, or `OvertakenError`.
 */
export async function confirmStandard(
  database: Database<'baselines' | 'alerts'>,
  authority: string,
  id: string,
  author: string,
  doing: Doing,
): Promise<LocalStandard> {
  const inspection = await requireOpenInspection(database, authority);
  const period = periodOf(dayInEngland(doing.now));
  const standard = standardFor(metricIn(inspection, id), localStandardsOf(inspection, id), period);
  if (!standard) throw new InvalidError([{ parameter: 'metric', detail: `"${id}" has no standard to confirm` }]);
  const { value, upTo, from } = standard;
  const change = { from, value, ...(upTo === undefined ? {} : { upTo }), author, reason: CONFIRMED };
  return (await setStandard(database, authority, id, change, doing)).version;
}

const CONFIRMED = 'Confirmed as the council’s own, as it was';

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
  { without = [], ...change }: TriedChange,
  now: Date,
): Promise<Backtest> {
  const inspection = await requireInspection(database, authority);
  const tried = triedVersion(inspection, change, now);
  const months = await readMonths(database, inspection.header.authority);
  return backtest(recordOf(inspection, months), change.metric, tried, without);
}

/** A change beside what is: what it would have raised, and the metric's history as it would have been judged. */
export interface TriedHistory {
  readonly outcome: Backtest;
  readonly history: MetricHistory;
}

/** The same for a history that was read already. Throws {@link InvalidError}. */
export function tryOnHistory(
  history: MetricHistory,
  change: Omit<TriedChange, 'metric' | 'without'>,
  smallNumbers: SmallNumbers,
  now: Date,
): TriedHistory {
  const { inspection, metric, months } = history;
  const tried = triedVersion(inspection, { ...change, metric: metric.id }, now);
  const changed = { ...inspection, localStandards: [...inspection.localStandards, tried] };
  return {
    outcome: backtest(recordOf(inspection, months), metric.id, tried),
    history: { ...history, inspection: changed, judged: judgedOf(changed, metric, months, smallNumbers) },
  };
}

/** The version that a change would be. Throws {@link InvalidError}. */
function triedVersion(
  inspection: LoadedInspection,
  { from = EARLIEST_PERIOD, value, upTo, tolerance, comparable, ...change }: Omit<TriedChange, 'without'>,
  now: Date,
): LocalStandard {
  const metric = inspection.metrics.find(({ id }) => id === change.metric);
  const { amounts, faults } = metric
    ? amountsIn(metric, { value, upTo, tolerance, comparable })
    : {
        amounts: {},
        faults: [{ pointer: '#/metric', detail: `no metric is called "${change.metric.slice(0, 64)}"` }],
      };
  if (faults.length > 0) throw new InvalidError(faults, 'nothing was tried');
  const version = (localStandardsOf(inspection, change.metric).at(-1)?.version ?? 0) + 1;
  return { ...change, ...amounts, from, version, reason: 'tried', author: 'backtest', setAt: now.toISOString() };
}

type ReadAmounts = Pick<LocalStandard, keyof Amounts>;

/** Amounts as numbers, with what a schema that knows nothing of the metric cannot tell: what a percentage may be. */
function amountsIn(
  { kind, polarity, least = 0 }: Metric,
  change: Amounts,
): { amounts: ReadAmounts; faults: readonly SentFault[] } {
  const amounts: { -readonly [Name in keyof ReadAmounts]: ReadAmounts[Name] } = {};
  const faults: SentFault[] = [];
  for (const name of ['value', 'upTo', 'tolerance', 'comparable'] as const) {
    const said = change[name];
    if (said === undefined) continue;
    if (said === null) {
      amounts.value = null;
      continue;
    }
    const amount = typeof said === 'string' ? Number.parseFloat(said) : said;
    const fault = (detail: string): void => void faults.push({ pointer: `#/${name}`, detail });
    if (kind !== 'proportion' && typeof said === 'string') fault(`is no percentage for a ${kind}; give a number`);
    else if (kind === 'proportion' && amount > 100) fault('a percentage cannot be above 100');
    else if (kind === 'proportion' && isShare(said) && !(name === 'tolerance' && said === 1)) fault(asPercentage(said));
    else if (amount < (name === 'tolerance' ? 0 : least)) fault(`cannot be below ${name === 'tolerance' ? 0 : least}`);
    else amounts[name] = amount;
  }
  const { value, upTo } = amounts;
  const range = (detail: string): void => void faults.push({ pointer: '#/upTo', detail });
  if (faults.length > 0) return { amounts, faults };
  if (polarity !== 'target' && upTo !== undefined) range('is for a metric that is to stay within a range alone');
  else if (polarity === 'target' && (typeof value === 'number') !== (upTo !== undefined))
    range('goes with value: a target is a range');
  else if (typeof value === 'number' && upTo !== undefined && upTo <= value)
    range(`has to be above value, which is ${value}`);
  return { amounts, faults };
}
