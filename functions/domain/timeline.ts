import { describeFinding } from './describe-finding.ts';
import { worsening } from './evaluators/change-point.ts';
import type { Context, Finding, LevelReached, Memory, MetricEvaluator, Result } from './evaluators/evaluator.ts';
import { EVALUATORS } from './evaluators/index.ts';
import { comparedWith } from './evaluators/inspection.ts';
import type { SmallNumbers } from './format.ts';
import { type AlertState, advance, CLEAR, highest, type Transition } from './lifecycle.ts';
import type { LocalStandard, Metric, Standard } from './metric.ts';
import { addMonths, monthsBetweenReports, periodOf } from './period.ts';
import { columnsOf, firstFrom, type Observation } from './series.ts';

/** What was so in one period: the observation, what was found, and the alert after it. */
export interface Judged {
  readonly period: string;
  readonly observation?: Observation;
  readonly findings: readonly Finding[];
  readonly alert: AlertState;
  readonly transition?: Transition;
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

export interface Settings {
  /** Days on which the way of working changed, from the inspection. */
  readonly rebaseDates: readonly string[];
  /** What the authority set for this metric, oldest version first. */
  readonly localStandards: readonly LocalStandard[];
  readonly smallNumbers: SmallNumbers;
  /** The evaluators that judge; all of them unless said otherwise. */
  readonly evaluators?: readonly MetricEvaluator[];
  /** The authority's latest submitted month: absent reports count up to it, where they count at all. */
  readonly latestPeriod?: string;
}

/**
 * What a metric's alert was in each period: a fold over its observations (oldest first). Each entry depends on nothing
 * later than itself, so a new month only adds to the timeline and a correction only changes what follows it.
 */
export function timeline(metric: Metric, observations: readonly Observation[], settings: Settings): Judged[] {
  const judged: Judged[] = [];
  const rebasePeriods = rebasePeriodsOf(settings);
  const standardIn = (period: string): Standard | undefined => standardFor(metric, settings.localStandards, period);
  let alert = CLEAR;
  let cleared = 0;
  let reached: LevelReached | undefined;
  // The index of the observation with which the present episode was last told.
  let told = 0;
  const usesChange = metric.polarity !== 'target' && (settings.evaluators ?? ALL).includes('change-point');
  const known: Observation[] = [];
  const columns = columnsOf(observations);
  const memory: Memory = {};
  let start = 0;
  for (const period of periodsToJudge(metric, observations, settings)) {
    for (let next = observations[known.length]; next && next.period <= period; next = observations[known.length])
      known.push(next);
    const rebase = rebasePeriods.findLast((candidate) => candidate <= period);
    while (rebase && start < known.length && (known[start] as Observation).period < rebase) start++;
    const last = known.at(-1);
    const observation = last?.period === period ? last : undefined;
    const asSet = metricIn(metric, settings.localStandards, period);
    const found = judgeBySide(asSet, known, settings, {
      period,
      standardIn,
      start,
      comparable: comparableIn(settings.localStandards, period),
      cleared,
      levelBefore: alert.state === 'raised' ? alert.level : undefined,
      reached,
      columns,
      memory,
    });
    const held = reachedIn(found);
    const failsStandard = found.some(({ evaluator }) => evaluator === 'standard');
    const isRaised = failsStandard || found.some(({ level }) => level !== 'watch');
    const worse =
      isRaised && alert.episode && observation && usesChange ? worsening(metric, known, told, columns) : undefined;
    const results = worse ? [...found, worse] : found;
    // Only what was reported can be clean.
    if (!observation && results.length === 0) continue;
    const step = advance(alert, highest(results.map(({ level }) => level)), period, {
      failsStandard,
      isWorse: worse !== undefined,
    });
    if (alert.episode && !step.alert.episode) cleared = known.length;
    if (worse) told = indexFrom(known, worse);
    else if (!alert.episode && step.alert.episode) told = known.length - 1;
    alert = step.alert;
    reached = alert.episode ? (held ?? reached) : undefined;
    judged.push(entryOf(period, observation, step, results, asSet, settings.smallNumbers));
  }
  return judged;
}

const NOTHING: readonly never[] = [];

/** A period in which something was found; put into words once somebody reads that: of most months nobody does. */
class Found implements Judged {
  readonly period: string;
  declare readonly findings: readonly Finding[];
  readonly alert: AlertState;
  declare readonly transition?: Transition;
  declare readonly observation?: Observation;
  readonly #results: readonly Result[];
  readonly #metric: Metric;
  readonly #smallNumbers: SmallNumbers;
  #findings: readonly Finding[] | undefined;

  constructor({ period, alert }: Judged, results: readonly Result[], metric: Metric, smallNumbers: SmallNumbers) {
    this.period = period;
    // Of its own, and not of its class, so that it is seen by whoever copies or compares it.
    Object.defineProperty(this, 'findings', Found.#described);
    this.alert = alert;
    this.#results = results;
    this.#metric = metric;
    this.#smallNumbers = smallNumbers;
  }

  static readonly #described = {
    enumerable: true,
    get(this: Found): readonly Finding[] {
      this.#findings ??= this.#results.map((result) => describeFinding(this.#metric, result, this.#smallNumbers));
      return this.#findings;
    },
  };
}

function entryOf(
  period: string,
  observation: Observation | undefined,
  { alert, transition }: Pick<Judged, 'alert' | 'transition'>,
  results: readonly Result[],
  metric: Metric,
  smallNumbers: SmallNumbers,
): Judged {
  const clean = { period, findings: NOTHING, alert };
  const entry: Writable<Judged> = results.length === 0 ? clean : new Found(clean, results, metric, smallNumbers);
  if (transition) entry.transition = transition;
  if (observation) entry.observation = observation;
  return entry;
}

const ALL = Object.keys(EVALUATORS) as MetricEvaluator[];

/**
 * A metric that is to stay within a range is judged by its standard alone, as what it is on the side where the figure lies: below
 * the range as if higher were better, else as if lower were, each against that end of the range.
 */
function judgeBySide(
  metric: Metric,
  known: readonly Observation[],
  settings: Settings,
  context: Context,
): readonly Result[] {
  if (metric.polarity !== 'target') return resultsOf(metric, known, settings, context);
  const range = context.standardIn(context.period);
  if (!range || !(settings.evaluators ?? ALL).includes('standard')) return [];
  const isBelow = (known.at(-1)?.value ?? range.value) < range.value;
  const standardIn = (period: string): Standard | undefined => {
    const then = context.standardIn(period);
    return then && { ...then, value: isBelow ? then.value : (then.upTo ?? then.value) };
  };
  const side = { ...metric, polarity: isBelow ? ('higher' as const) : ('lower' as const) };
  const results = resultsOf(side, known, { ...settings, evaluators: ['standard'] }, { ...context, standardIn });
  return results.map((result) =>
    result.reference.kind === 'standard' ? { ...result, reference: { kind: 'standard', standard: range } } : result,
  );
}

function resultsOf(
  metric: Metric,
  known: readonly Observation[],
  { evaluators = ALL }: Settings,
  context: Context,
): readonly Result[] {
  let results: Result[] | undefined;
  for (const evaluator of evaluators) {
    const result = EVALUATORS[evaluator](metric, known, context);
    if (result && results) results.push(result);
    else if (result) results = [result];
  }
  return results ?? NOTHING;
}

/** The first observation of the worse level, which is what was told. */
function indexFrom(known: readonly Observation[], { reference, period }: Result): number {
  const from = reference.kind === 'reached' ? reference.reached.from : period;
  return firstFrom(known, from);
}

function reachedIn(results: readonly Result[]): LevelReached | undefined {
  for (const { reference } of results) if (reference.kind === 'reached') return reference.reached;
  return undefined;
}

/** The entry in force at a period: the newest that is not later. */
export function judgedAt(entries: readonly Judged[], period: string): Judged | undefined {
  return entries.findLast((entry) => entry.period <= period);
}

/** Reported periods, and the expected ones in between where the metric lets an absent report count. */
function periodsToJudge(metric: Metric, observations: readonly Observation[], settings: Settings): Iterable<string> {
  const reported = observations.map((observation) => observation.period);
  const first = reported[0];
  const counts = [metric, ...settings.localStandards].some(({ mOfN }) => mOfN?.missing === 'breaching');
  if (!first || !counts) return reported;
  const periods = new Set(reported);
  const end = settings.latestPeriod ?? (reported.at(-1) as string);
  for (let period = first; period <= end; period = addMonths(period, monthsBetweenReports(metric.frequency)))
    periods.add(period);
  return [...periods].sort();
}

/** The months from which on the way of working is another: the inspection's and the newest that the authority set. */
export function rebasePeriodsOf({
  rebaseDates,
  localStandards,
}: Pick<Settings, 'rebaseDates' | 'localStandards'>): string[] {
  const local = localStandards.findLast((version) => version.rebaseDates !== undefined)?.rebaseDates ?? [];
  return [...new Set([...rebaseDates, ...local].map(periodOf))].sort();
}

/** What was stated with the newest rebase dates that hold in a period: figures before are let go, unless it says what they are now. */
function comparableIn(localStandards: readonly LocalStandard[], period: string): number | undefined {
  return localStandards.findLast(({ from, rebaseDates }) => from <= period && rebaseDates !== undefined)?.comparable;
}

/** A figure of the inspection that reported periods in a row are held against; `isComparable` where it was stated in its place. */
export interface FoundFigure {
  readonly from: string;
  readonly to: string;
  readonly value: number;
  readonly isComparable: boolean;
}

/**
 * The inspection's figure where figures are held against it: not once the way of working has changed, unless a comparable one
 * was stated; and of several inspections each in its own time. What stands in for words is not among them.
 */
export function foundFigures(
  metric: Metric,
  observations: readonly Observation[],
  settings: Pick<Settings, 'rebaseDates' | 'localStandards'>,
): FoundFigure[] {
  const rebasePeriods = rebasePeriodsOf(settings);
  const found: FoundFigure[] = [];
  for (const [index, { period }] of observations.entries()) {
    const rebase = rebasePeriods.findLast((candidate) => candidate <= period) ?? '';
    const compared = comparedWith(metricIn(metric, settings.localStandards, period), observations.slice(0, index + 1), {
      start: observations.findIndex((observation) => observation.period >= rebase),
      comparable: comparableIn(settings.localStandards, period),
    });
    if (!compared || compared.reference.kind === 'estimate') continue;
    const { value } = compared;
    const isComparable = compared.reference.kind === 'comparable';
    const before = found.at(-1);
    const goesOn =
      before?.to === observations[index - 1]?.period && before?.value === value && before.isComparable === isComparable;
    if (before && goesOn) found[found.length - 1] = { ...before, to: period };
    else found.push({ from: period, to: period, value, isComparable });
  }
  return found;
}

/** The standard in force: the newest local version that covers the period, else the inspection file's; none once that has ended, or the authority said that none holds. */
export function standardFor(
  metric: Metric,
  localStandards: readonly LocalStandard[],
  period: string,
): Standard | undefined {
  const local = localStandards.findLast((version) => version.from <= period && version.value !== undefined);
  if (local?.value === null) return undefined;
  if (local?.value !== undefined)
    return {
      ...{ value: local.value, from: local.from, basis: 'council', note: local.reason },
      ...(local.upTo === undefined ? {} : { upTo: local.upTo }),
    };
  const standard = metric.standards.findLast(({ from }) => from <= period);
  return standard?.until === undefined || period <= standard.until ? standard : undefined;
}

/**
 * What the inspection found that figures of the period are held against: the newest that was published by then, and the
 * first for what is older still. Undefined where there is but one. A newer one counts from its own month on.
 */
function foundBy({ found }: Metric, period: string): Pick<Metric, 'baseline' | 'heldFrom'> | undefined {
  const newest = found?.findLast(({ from }) => from <= period);
  if (newest && newest !== found?.[0]) return { baseline: newest.baseline, heldFrom: newest.from };
  return found?.[0] && { baseline: found[0].baseline };
}

/** The metric with what the inspection of the period found, and the tolerance and the M of N that the authority set for it. */
function metricIn(metric: Metric, localStandards: readonly LocalStandard[], period: string): Metric {
  if (localStandards.length === 0 && !metric.found) return metric;
  const tolerance = localStandards.findLast(
    (version) => version.from <= period && version.tolerance !== undefined,
  )?.tolerance;
  const mOfN = localStandards.findLast((version) => version.from <= period && version.mOfN !== undefined)?.mOfN;
  const found = foundBy(metric, period);
  if (tolerance === undefined && mOfN === undefined && !found) return metric;
  const set = tolerance === undefined ? {} : { tolerance, toleranceBasis: 'council' as const };
  return { ...metric, ...found, ...set, ...(mOfN === undefined ? {} : { mOfN }) };
}
