import {
  AUTHORITY_ALERTS,
  type AuthorityAlert,
  isAuthorityAlert,
  judgeAuthority,
  nextDueAfter,
} from './authority-alerts.ts';
import {
  type Acknowledgement,
  type Announced,
  announcedOf,
  asAnnounced,
  type Board,
  type BoardAlert,
  type ToldAlert,
} from './board.ts';
import { composeNotice, isNewlyLed, mostOf } from './compose-notice.ts';
import type { MetricEvaluator } from './evaluators/evaluator.ts';
import { MAX_TYPED_LENGTH, oneLine, type SmallNumbers } from './format.ts';
import { holdBack } from './hold-back.ts';
import { type AlertState, type Change, CLEAR, changeBetween, rank } from './lifecycle.ts';
import { isMeasured, type Metric } from './metric.ts';
import type { Notice } from './notice-contents.ts';
import { type AuthorityAlertRule, type Obligations, obligationsOf, toldOfFrom } from './obligations.ts';
import { addMonths } from './period.ts';
import { type AuthorityRecord, type JudgedRecord, latestPeriodOf, localStandardsOf } from './record.ts';
import { ABSENT_REPORTS_TOLD, REMIND_EVERY_MONTHS } from './rules.ts';
import { reportsExpected, seriesOf } from './series.ts';
import type { Month } from './submission.ts';
import { type Judged, judgedAt, timeline } from './timeline.ts';
import { unreadableMonths } from './unreadable.ts';

/** What should be written: the board unless the stored one still holds, the notice that goes with it, and the next deadline. */
export interface Reconciled {
  readonly board?: Board;
  readonly notice?: Notice;
  /** When time alone will change something next. */
  readonly nextDueAt?: Date;
}

/** The timeline of every metric, by its id; judged by all evaluators unless only some are named. */
export function timelines(
  record: JudgedRecord,
  smallNumbers: SmallNumbers,
  evaluators?: readonly MetricEvaluator[],
): Map<string, Judged[]> {
  const latestPeriod = latestPeriodOf(record.months);
  const rebaseDates = record.inspection.rebaseDates.map(({ date }) => date);
  return new Map(
    record.metrics.map((metric) => [
      metric.id,
      timeline(
        metric,
        seriesOf(metric, record.months).filter(({ period }) => isMeasured(metric, period)),
        {
          rebaseDates,
          localStandards: localStandardsOf(record, metric.id),
          smallNumbers,
          ...(evaluators ? { evaluators } : {}),
          ...(latestPeriod ? { latestPeriod } : {}),
        },
      ),
    ]),
  );
}

/**
 * Works out the board from the record and says what changed since the stored one. The alerts of the new board depend
 * on the record and `now` alone; the stored board only decides what has already been announced: a change is news
 * against what the last notice said, not against what was judged since and told to nobody.
 *
 * @param superseded the months as they were announced, where that revision is no longer the current one.
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
  const obligations = obligationsOf(record, new Date(evaluatedAt));
  const { alerts, held } = holdBack(stored, alertsOf(judgements, obligations, record), record);
  const content = {
    authority: record.inspection.authority,
    ...(obligations.latestPeriod ? { latestPeriod: obligations.latestPeriod } : {}),
    judged: Object.fromEntries(record.months.map(({ period, revision }) => [period, revision])),
    standards: Object.fromEntries(record.localStandards.map(({ metric, version }) => [metric, version])),
    ...settingsJudged(record),
    progress: progressJudged(record),
    inspection: record.fingerprint,
    leading: record.inspection.id,
    alerts,
  };
  const told = stored && announcedOf(stored);
  const changes = changesSince(stored, told, alerts, judgements, obligations, record);
  for (const id of held) changes.delete(id);
  const mailed = isNewlyLed(told, content) || [...changes.values()].some((change) => change.mailed);
  const announced = mailed || !told ? announcedNow(content, told, changes, obligations) : told;
  const next = earliest([nextDueAfter(obligations), nextReminderOf(content.alerts, announced, record)]);
  const due = next ? { nextDueAt: next } : {};
  if (stored && !mailed && sameContent(stored, content)) return due;
  const lastNotice = (stored?.lastNotice ?? 0) + (mailed ? 1 : 0);
  const board: Board = { ...content, version: (stored?.version ?? 0) + 1, evaluatedAt, lastNotice, announced };
  if (!mailed) return { board, ...due };
  const notice = composeNotice({ board, told, changes, judgements, obligations, record, superseded, smallNumbers });
  const before = told && (told.lastOf ?? { critical: lastNotice - 1 });
  const lastOf = { ...before, [notice.level]: notice.number };
  return { board: { ...board, announced: { ...announced, lastOf } }, notice, ...due };
}

/** Which settings held; nothing where nothing was set. */
function settingsJudged({ settings = [] }: AuthorityRecord): Pick<Board, 'settings'> {
  const newest = settings.at(-1);
  return newest ? { settings: newest.version } : {};
}

/** The newest version of each action's progress. */
function progressJudged({ progress }: AuthorityRecord): NonNullable<Board['progress']> {
  const newest: Record<string, number> = {};
  for (const { action, version } of progress) newest[action] = Math.max(version, newest[action] ?? 0);
  return newest;
}

/**
 * How things stand on a board, as a notice without news: for somebody who was told of nothing yet, or asks to be told every month. What
 * got better and was no e-mail of its own is told as the e-mails have it, with what it is by now: a relapse will be none either.
 */
export function standingOn(board: Board, record: AuthorityRecord, now: Date, smallNumbers: SmallNumbers): Notice {
  return composeNotice({
    board,
    told: announcedOf(board),
    changes: new Map(),
    judgements: timelines(record, smallNumbers),
    obligations: obligationsOf(record, now),
    record,
    superseded: [],
    smallNumbers,
    isAsTold: true,
  });
}

function alertsOf(
  judgements: ReadonlyMap<string, readonly Judged[]>,
  obligations: Obligations,
  record: AuthorityRecord,
): Record<string, BoardAlert> {
  const alerts: Record<string, BoardAlert> = {};
  const put = (
    id: string,
    { alert, period, findings }: AuthorityAlert,
    isInForce: (given: Acknowledgement) => boolean,
    unreported?: BoardAlert['unreported'],
  ): void => {
    if (alert.state === 'clear') return;
    const given = record.acknowledgements.find((candidate) => candidate.alert === id);
    const holds = given && belongsTo(given, alert) && isInForce(given);
    alerts[id] = {
      ...alert,
      period,
      findings: [...findings],
      ...(unreported ? { unreported } : {}),
      ...(holds ? { acknowledgement: given } : {}),
    };
  };
  const latestPeriod = latestPeriodOf(record.months) ?? '';
  for (const metric of record.metrics) {
    const { id, until } = metric;
    const entries = judgements.get(id) ?? [];
    const last = entries.at(-1);
    if (!last || (until && until < latestPeriod)) continue;
    put(id, last, (given) => !hasWorsenedSince(given, entries), unreportedIn(metric, entries, latestPeriod));
  }
  for (const { id, judged } of judgeAuthority(obligations))
    put(id, judged, (given) => AUTHORITY_ALERTS[id].covers(given, record, obligations));
  const count = Object.keys(alerts).length;
  for (const alert of Object.values(alerts))
    if (alert.acknowledgement) alert.acknowledgement = boundedOf(alert.acknowledgement, count);
  return alerts;
}

/** Since when a metric is not reported any more. Of one whose only figures were left out, the first of those says what was expected. */
function unreportedIn(metric: Metric, entries: readonly Judged[], latestPeriod: string): BoardAlert['unreported'] {
  const reported = entries.findLast(({ observation }) => observation && !observation.leftOut);
  const since = (reported ?? entries.find(({ observation }) => observation))?.period ?? latestPeriod;
  const expected = reportsExpected(metric, since, latestPeriod);
  return expected > 0 ? { since, expected } : undefined;
}

/** As much of it as fits a board with so many alerts, every one in hand; the whole of it is beside the board. */
function boundedOf({ earlier: _, ...given }: Acknowledgement, alerts: number): Acknowledgement {
  const most = mostOf(alerts, given.author.length);
  const author = given.author.length > most ? oneLine(given.author, most) : given.author;
  return { ...given, author, note: oneLine(given.note, mostOf(alerts, MAX_TYPED_LENGTH)) };
}

/** An acknowledgement belongs to the episode that its period lies in, and lapses when that has worsened since. */
function belongsTo(given: Acknowledgement, { episode }: AlertState): boolean {
  return episode !== undefined && episode.from <= given.period && rank(episode.level) <= rank(given.level);
}

function hasWorsenedSince(given: Acknowledgement, entries: readonly Judged[]): boolean {
  return entries.some(({ period, alert }) => period > given.period && alert.episode?.worse === period);
}

function sameContent(
  stored: Board,
  content: Omit<Board, 'version' | 'evaluatedAt' | 'lastNotice' | 'announced'>,
): boolean {
  const { version, evaluatedAt, lastNotice, announced, ...rest } = stored;
  return isSame(rest, content);
}

/** Whether two values are the same JSON, whatever the order of their keys: a stored map comes back in another. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
  const present = left.filter(([, value]) => value !== undefined);
  return (
    present.length === [...right.values()].filter((value) => value !== undefined).length &&
    present.every(([key, value]) => isSame(value, right.get(key)))
  );
}

function changesSince(
  stored: Board | undefined,
  told: Announced | undefined,
  alerts: Readonly<Record<string, BoardAlert>>,
  judgements: ReadonlyMap<string, readonly Judged[]>,
  obligations: Obligations,
  record: AuthorityRecord,
): Map<string, Change> {
  const ids = new Set([...judgements.keys(), ...Object.keys(AUTHORITY_ALERTS), ...Object.keys(told?.alerts ?? {})]);
  const judgedThrough = told?.latestPeriod;
  const stood = stored ? asAnnounced(stored).alerts : {};
  const changes = new Map<string, Change>();
  const isLedAsBefore = !isNewlyLed(told, { leading: record.inspection.id });
  // That it was wrong cannot be known while a month cannot be read.
  const isKnown = unreadableMonths(record.months).length === 0;
  const there = (id: string, before: ToldAlert | undefined): AlertState =>
    (isKnown ? judgedThrough && judgedAt(judgements.get(id) ?? [], judgedThrough)?.alert : before) || CLEAR;
  for (const id of ids) {
    const before = told?.alerts[id];
    const after = alerts[id];
    const change = isAuthorityAlert(id)
      ? changeOfAuthorityAlert(AUTHORITY_ALERTS[id], before, stood[id], after, record, obligations, isLedAsBefore)
      : changeBetween(before ?? CLEAR, there(id, before), after ?? CLEAR, judgedThrough);
    const news = change ?? absenceOf(before, after) ?? reminderOf(before, told, after, obligations);
    if (news) changes.set(id, news);
  }
  return changes;
}

/** What a notice of a board leaves its readers knowing: of what is news in it, also that it was told now. */
function announcedNow(
  content: Omit<Board, 'version' | 'evaluatedAt' | 'lastNotice' | 'announced'>,
  told: Announced | undefined,
  changes: ReadonlyMap<string, Change>,
  { month, now }: Obligations,
): Announced {
  const announced = asAnnounced(content);
  const alerts = Object.entries(announced.alerts).map(([id, alert]) => {
    const before = changes.has(id) ? undefined : told?.alerts[id];
    return [id, { ...alert, toldIn: before && told ? toldIn(before, told) : month }] as const;
  });
  const over = overAfter(content, told, changes);
  return { ...announced, at: now.toISOString(), alerts: Object.fromEntries(alerts), ...(over ? { over } : {}) };
}

/**
 * Which alerts were told as over, and by when: whoever was told so has to be told if it turns out otherwise. Not figures that were
 * late: that they came stays so.
 */
function overAfter(
  { alerts, latestPeriod = '' }: Pick<Board, 'alerts' | 'latestPeriod'>,
  told: Announced | undefined,
  changes: ReadonlyMap<string, Change>,
): Announced['over'] {
  const ended = [...changes].flatMap(([id, { transition }]) => {
    const before = told?.alerts[id];
    if (!before?.episode || id === 'submission' || !['cleared', 'withdrawn'].includes(transition)) return [];
    return [[id, [before.period, latestPeriod].sort().at(-1) ?? '']] as const;
  });
  const over = [...Object.entries(told?.over ?? {}), ...ended].filter(([id]) => !alerts[id]?.episode);
  return over.length > 0 ? Object.fromEntries(over) : undefined;
}

/** That an episode's metric is not reported any more, once: whoever was told of it would take silence for good news. */
function absenceOf(before: ToldAlert | undefined, after: BoardAlert | undefined): Change | undefined {
  if (!before || !after?.episode || !isLongUnreported(after)) return undefined;
  const isTold = isLongUnreported(before) && before.unreported?.since === after.unreported?.since;
  return isTold ? undefined : { transition: 'unreported', mailed: true };
}

const isLongUnreported = ({ unreported }: Pick<BoardAlert, 'unreported'>): boolean =>
  (unreported?.expected ?? 0) >= ABSENT_REPORTS_TOLD;

/** A board of an earlier version told its alerts no later than the latest month that it told of. */
const toldIn = (before: ToldAlert, { latestPeriod = '' }: Announced): string => before.toldIn ?? latestPeriod;

/** Whether an alert is one that nobody may forget: critical now, and nobody has it in hand. */
const isUnowned = ({ state, level, acknowledgement }: BoardAlert): boolean =>
  state === 'raised' && level === 'critical' && !acknowledgement;

/** That an alert is critical still and nobody has it in hand, where it is time to say so again. */
function reminderOf(
  before: ToldAlert | undefined,
  told: Announced | undefined,
  after: BoardAlert | undefined,
  { month }: Obligations,
): Change | undefined {
  if (!before || !told || !after || !isUnowned(after)) return undefined;
  return month >= remindIn(before, told) ? { transition: 'reminded', mailed: true } : undefined;
}

/** The month in whose e-mail an alert is to be told again; of a board that told of no month, at once. */
function remindIn(before: ToldAlert, told: Announced): string {
  const last = toldIn(before, told);
  return last && addMonths(last, REMIND_EVERY_MONTHS);
}

/** When the next of what was announced is told again though no figures come. */
function nextReminderOf(
  alerts: Readonly<Record<string, BoardAlert>>,
  announced: Announced,
  record: AuthorityRecord,
): Date | undefined {
  const months = Object.entries(alerts).flatMap(([id, alert]) => {
    const before = announced.alerts[id];
    return before && isUnowned(alert) ? remindIn(before, announced) : [];
  });
  const [first] = months.sort();
  return first ? toldOfFrom(first, record) : undefined;
}

function earliest(instants: readonly (Date | undefined)[]): Date | undefined {
  const times = instants.flatMap((at) => at?.getTime() ?? []);
  return times.length > 0 ? new Date(Math.min(...times)) : undefined;
}

/**
 * The net change of an alert of the authority. While it lasts, it is worse as soon as there is more of it than there was last,
 * also where less was told to nobody meanwhile: other months, other actions.
 */
function changeOfAuthorityAlert(
  rule: AuthorityAlertRule,
  before: ToldAlert | undefined,
  stood: ToldAlert | undefined,
  after: BoardAlert | undefined,
  record: AuthorityRecord,
  obligations: Obligations,
  isLedAsBefore: boolean,
): Change | undefined {
  // What was asked for by the inspection before was right, whatever is asked for now.
  const there = before && (!isLedAsBefore || rule.wasRight(before, record, obligations)) ? before : CLEAR;
  const change = changeBetween(before ?? CLEAR, there, after ?? CLEAR, undefined);
  // Catching up is no news of its own, and neither is an alert that has become another of the same kind.
  if (change?.transition === 'eased') return { ...change, mailed: rule.lasts(obligations) };
  if (change || !before || !after) return change;
  const last = stood ?? before;
  const hasGrown = rank(after.level) > rank(last.level) || rule.hasGrown(last, after);
  return hasGrown ? { transition: 'worsened', mailed: true } : undefined;
}
