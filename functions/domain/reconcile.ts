import type { Acknowledgement, Board, BoardAlert } from './board.ts';
import { formatBaseline, formatObservation, formatStandard, type SmallNumbers } from './format.ts';
import type { Action, InspectionHeader, LocalStandard, Metric } from './inspection.ts';
import { type AlertState, type Change, CLEAR, changeBetween, highest, rank } from './lifecycle.ts';
import { compareItems, type Notice, type NoticeItem } from './notice.ts';
import { isWorse, type Observation, observationIn, seriesOf } from './series.ts';
import type { Month } from './submission.ts';
import { type Judged, judgedAt, standardFor, timeline } from './timeline.ts';

/** Everything a board is worked out from, apart from the time. */
export interface AuthorityRecord {
  readonly inspection: InspectionHeader;
  /** Of the inspection file as loaded: tells whether it changed. */
  readonly fingerprint: string;
  readonly metrics: readonly Metric[];
  readonly actions: readonly Action[];
  /** Every month as it stands, oldest first, retracted ones included. */
  readonly months: readonly Month[];
  /** Oldest version first. */
  readonly localStandards: readonly LocalStandard[];
  readonly acknowledgements: readonly Acknowledgement[];
}

/** What should be written: the board unless the stored one still holds, the notice that goes with it, and the next deadline. */
export interface Reconciled {
  readonly board?: Board;
  readonly notice?: Notice;
  /** When time alone will change something next. */
  readonly nextDueAt?: Date;
}

/** The timeline of every metric, by its id. */
export function timelines(record: AuthorityRecord, smallNumbers: SmallNumbers): Map<string, Judged[]> {
  const latestPeriod = latestPeriodOf(record.months);
  const rebaseDates = record.inspection.rebaseDates.map(({ date }) => date);
  return new Map(
    record.metrics.map((metric) => [
      metric.id,
      timeline(metric, seriesOf(metric, record.months), {
        rebaseDates,
        localStandards: localStandardsOf(record, metric.id),
        smallNumbers,
        ...(latestPeriod ? { latestPeriod } : {}),
      }),
    ]),
  );
}

/**
 * Works out the board from the record and says what changed since the stored one. The alerts of the new board depend
 * on the record and `now` alone; the stored board only decides what has already been announced.
 *
 * @param superseded the months as the stored board judged them, where that revision is no longer the current one.
 */
export function reconcile(
  stored: Board | undefined,
  record: AuthorityRecord,
  superseded: readonly Month[],
  now: Date,
  smallNumbers: SmallNumbers,
): Reconciled {
  const evaluatedAt = stored && stored.evaluatedAt > now.toISOString() ? stored.evaluatedAt : now.toISOString();
  const judgements = timelines(record, smallNumbers);
  const latestPeriod = latestPeriodOf(record.months);
  const alerts = alertsOf(judgements, record);
  const content = {
    authority: record.inspection.authority,
    ...(latestPeriod ? { latestPeriod } : {}),
    judged: Object.fromEntries(record.months.map(({ period, revision }) => [period, revision])),
    standards: Object.fromEntries(record.localStandards.map(({ metric, version }) => [metric, version])),
    inspection: record.fingerprint,
    alerts,
  };
  const changes = changesSince(stored, judgements, alerts);
  const mailed = changes.some(([, change]) => change.mailed);
  if (stored && !mailed && sameContent(stored, content)) return {};
  const lastNotice = (stored?.lastNotice ?? 0) + (mailed ? 1 : 0);
  const board: Board = { ...content, version: (stored?.version ?? 0) + 1, evaluatedAt, lastNotice };
  if (!mailed) return { board };
  return { board, notice: noticeOf(board, stored, changes, judgements, record, superseded, smallNumbers) };
}

function latestPeriodOf(months: readonly Month[]): string | undefined {
  return months.findLast((month) => !month.retracted)?.period;
}

function localStandardsOf(record: AuthorityRecord, metric: string): LocalStandard[] {
  return record.localStandards.filter((version) => version.metric === metric);
}

function alertsOf(
  judgements: ReadonlyMap<string, readonly Judged[]>,
  record: AuthorityRecord,
): Record<string, BoardAlert> {
  const alerts: Record<string, BoardAlert> = {};
  for (const [id, entries] of judgements) {
    const last = entries.at(-1);
    if (!last || last.alert.state === 'clear') continue;
    const acknowledgement = record.acknowledgements.find(
      (given) => given.alert === id && isInForce(given, last.alert, entries),
    );
    alerts[id] = {
      ...last.alert,
      period: last.period,
      findings: [...last.findings],
      ...(acknowledgement ? { acknowledgement } : {}),
    };
  }
  return alerts;
}

/** An acknowledgement belongs to the episode that its period lies in, and lapses when that has worsened since. */
function isInForce(given: Acknowledgement, { episode }: AlertState, entries: readonly Judged[]): boolean {
  if (!episode || episode.from > given.period || rank(episode.level) > rank(given.level)) return false;
  return !entries.some((entry) => entry.period > given.period && entry.transition === 'worsened');
}

function sameContent(stored: Board, content: Omit<Board, 'version' | 'evaluatedAt' | 'lastNotice'>): boolean {
  const { version, evaluatedAt, lastNotice, ...rest } = stored;
  return canonical(rest) === canonical(content);
}

/** JSON with sorted keys: a stored map comes back in another order than it was written in. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function changesSince(
  stored: Board | undefined,
  judgements: ReadonlyMap<string, readonly Judged[]>,
  alerts: Readonly<Record<string, BoardAlert>>,
): [string, Change][] {
  const ids = new Set([...judgements.keys(), ...Object.keys(stored?.alerts ?? {})]);
  const judgedThrough = stored?.latestPeriod;
  return [...ids].flatMap((id) => {
    const before = stored?.alerts[id] ?? CLEAR;
    const there = (judgedThrough && judgedAt(judgements.get(id) ?? [], judgedThrough)?.alert) || CLEAR;
    const change = changeBetween(before, there, alerts[id] ?? CLEAR, judgedThrough);
    return change ? [[id, change] as [string, Change]] : [];
  });
}

function noticeOf(
  board: Board,
  stored: Board | undefined,
  changes: readonly [string, Change][],
  judgements: ReadonlyMap<string, readonly Judged[]>,
  record: AuthorityRecord,
  superseded: readonly Month[],
  smallNumbers: SmallNumbers,
): Notice {
  const describe = (id: string, change?: Change): NoticeItem => {
    const alert = board.alerts[id] ?? stored?.alerts[id];
    const before = stored?.alerts[id];
    const ended = change?.transition === 'cleared' || change?.transition === 'withdrawn';
    const shown = (ended ? before : alert) ?? CLEAR;
    const metric = record.metrics.find((candidate) => candidate.id === id);
    const reason = change && metric ? reasonOf(metric, stored, record, superseded, smallNumbers) : undefined;
    const acknowledgement = (board.alerts[id] ?? before)?.acknowledgement;
    return {
      alert: id,
      title: metric?.title ?? id,
      ...(change ? { transition: change.transition } : {}),
      level: (ended ? shown.episode?.level : shown.level) ?? 'watch',
      since: shown.since ?? '',
      ...(metric ? wordsOf(metric, judgements.get(id) ?? [], record, smallNumbers) : { findings: [], actions: [] }),
      ...(reason ? { reason } : {}),
      ...(acknowledgement
        ? { acknowledgement: `${acknowledgement.name} on ${acknowledgement.at.slice(0, 10)}: ${acknowledgement.note}` }
        : {}),
    };
  };
  const changed = new Set(changes.map(([id]) => id));
  const others = Object.entries(board.alerts).filter(([id]) => !changed.has(id));
  const episodes = changes
    .filter(([, change]) => change.mailed)
    .flatMap(([id]) => [board.alerts[id]?.episode?.level, stored?.alerts[id]?.episode?.level]);
  return {
    authority: board.authority,
    name: record.inspection.name,
    number: board.lastNotice,
    createdAt: board.evaluatedAt,
    level: highest(episodes) ?? 'watch',
    ...(board.latestPeriod ? { period: board.latestPeriod } : {}),
    transitions: changes.map(([id, change]) => describe(id, change)).sort(compareItems),
    stillRaised: others.filter(([, alert]) => alert.episode).map(([id]) => describe(id)),
    watching: others.filter(([, alert]) => !alert.episode).map(([id]) => describe(id)),
  };
}

/** Value, direction of travel, standard, baseline, findings and actions, in words. */
function wordsOf(
  metric: Metric,
  entries: readonly Judged[],
  record: AuthorityRecord,
  smallNumbers: SmallNumbers,
): Pick<NoticeItem, 'value' | 'direction' | 'standard' | 'baseline' | 'findings' | 'actions'> {
  const observed = entries.flatMap(({ observation }) => observation ?? []);
  const last = observed.at(-1);
  const previous = observed.at(-2);
  const standard = last && standardFor(metric, localStandardsOf(record, metric.id), last.period);
  return {
    ...(last ? { value: `${formatObservation(metric, last, smallNumbers)} in ${last.period}` } : {}),
    ...(last && previous ? { direction: directionOf(metric, previous, last, smallNumbers) } : {}),
    ...(standard ? { standard: formatStandard(metric, standard) } : {}),
    baseline: formatBaseline(metric),
    findings: (entries.at(-1)?.findings ?? []).map(({ text }) => text),
    actions: metric.actions.flatMap((id) => {
      const action = record.actions.find((candidate) => candidate.id === id);
      return action ? [`${action.id} ${action.title} (due ${action.due}, paragraph ${action.paragraph})`] : [];
    }),
  };
}

function directionOf(metric: Metric, previous: Observation, last: Observation, smallNumbers: SmallNumbers): string {
  const from = `${formatObservation(metric, previous, smallNumbers)} in ${previous.period}`;
  if (last.value === previous.value) return `the same as in ${previous.period}`;
  const way = `${last.value > previous.value ? 'up' : 'down'} from ${from}`;
  if (metric.polarity === 'neutral') return way;
  return `${way}, ${isWorse(metric, last.value, previous.value) ? 'worse' : 'better'}`;
}

/** At most this many corrected months are named in one reason. */
const NAMED_CORRECTIONS = 3;

/** Why what was judged before now reads otherwise for this metric: corrections by month, revision and both values; a changed standard or inspection file. */
function reasonOf(
  metric: Metric,
  stored: Board | undefined,
  record: AuthorityRecord,
  superseded: readonly Month[],
  smallNumbers: SmallNumbers,
): string | undefined {
  if (!stored) return undefined;
  const reasons = correctionsOf(metric, stored, record, superseded, smallNumbers);
  const version = localStandardsOf(record, metric.id).at(-1);
  if (version && version.version !== stored.standards[metric.id])
    reasons.push(`the standard was changed from ${version.from} on by ${version.author}: ${version.reason}`);
  if (stored.inspection !== record.fingerprint) reasons.push("the inspection's data was loaded anew and differs");
  return reasons.length > 0 ? reasons.join('; ') : undefined;
}

function correctionsOf(
  metric: Metric,
  stored: Board,
  record: AuthorityRecord,
  superseded: readonly Month[],
  smallNumbers: SmallNumbers,
): string[] {
  const say = (observation: Observation | undefined): string =>
    observation ? formatObservation(metric, observation, smallNumbers) : 'not reported';
  const corrections = record.months.flatMap((month) => {
    const { period, revision } = month;
    if (stored.judged[period] === revision || period > (stored.latestPeriod ?? '')) return [];
    const earlier = superseded.find((candidate) => candidate.period === period);
    const before = say(earlier && observationIn(earlier, metric.id));
    const after = say(observationIn(month, metric.id));
    if (before === after) return [];
    const what = month.retracted ? 'retracted' : earlier ? 'corrected' : 'submitted after later months';
    return [`${period} was ${what} (revision ${revision}): ${before} became ${after}`];
  });
  const more = corrections.length - NAMED_CORRECTIONS;
  return more > 0 ? [...corrections.slice(0, NAMED_CORRECTIONS), `and ${more} more months`] : corrections;
}
