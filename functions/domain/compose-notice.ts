import { AUTHORITY_ALERTS, isAuthorityAlert, titleOfAlert } from './authority-alerts.ts';
import type { Board, BoardAlert } from './board.ts';
import { describeBaseline, describeStandard } from './describe-finding.ts';
import type { Finding } from './evaluators/evaluator.ts';
import {
  dayName,
  formatBaseline,
  formatDue,
  formatObservation,
  formatStandard,
  monthName,
  type SmallNumbers,
} from './format.ts';
import type { Action, Metric, Standard } from './inspection.ts';
import { type Change, CLEAR, highest, rank } from './lifecycle.ts';
import { compareItems, type Notice, type NoticeItem } from './notice.ts';
import type { Obligations } from './obligations.ts';
import { dayInEngland } from './period.ts';
import { reasonFor, reasonForAuthority } from './reasons.ts';
import { type AuthorityRecord, localStandardsOf } from './record.ts';
import { isWorse, type Observation } from './series.ts';
import type { Month } from './submission.ts';
import { type Judged, standardFor } from './timeline.ts';

/** What a notice is put into words from. */
export interface Occasion {
  readonly board: Board;
  /** The board that was announced before. */
  readonly stored: Board | undefined;
  readonly changes: ReadonlyMap<string, Change>;
  readonly judgements: ReadonlyMap<string, readonly Judged[]>;
  readonly obligations: Obligations;
  readonly record: AuthorityRecord;
  readonly superseded: readonly Month[];
  readonly smallNumbers: SmallNumbers;
}

/**
 * Whether figures that were judged before are held against another inspection now. A board of an earlier version does not
 * say which one led.
 */
export function isNewlyLed(stored: Board | undefined, { leading }: Pick<Board, 'leading'>): boolean {
  return stored?.latestPeriod !== undefined && stored.leading !== undefined && stored.leading !== leading;
}

/** The notice of one evaluation: what changed, what is still raised, what to watch; each in words, the worst first. */
export function composeNotice(occasion: Occasion): Notice {
  const { board, stored, changes, record } = occasion;
  const worstFirst = Object.entries(board.alerts).sort(([, a], [, b]) => rank(b.level) - rank(a.level));
  const isNews = (id: string): boolean => changes.has(id);
  const announced = [...changes].filter(([, { mailed }]) => mailed);
  return {
    authority: board.authority,
    name: record.inspection.name,
    number: board.lastNotice,
    createdAt: board.evaluatedAt,
    // Everybody is told of another inspection, whatever they are mailed from.
    level: isNewlyLed(stored, board)
      ? 'critical'
      : (highest(announced.flatMap(([id]) => [board.alerts[id]?.episode?.level, stored?.alerts[id]?.episode?.level])) ??
        'watch'),
    ...(isNewlyLed(stored, board)
      ? { inspection: { title: record.inspection.title, published: record.inspection.published } }
      : {}),
    ...(board.latestPeriod ? { period: board.latestPeriod } : {}),
    transitions: [...changes.keys()].map((id) => itemOf(id, occasion)).sort(compareItems),
    stillRaised: worstFirst.filter(([id, alert]) => alert.episode && !isNews(id)).map(([id]) => stateOf(id, occasion)),
    // What ended as an episode may stay to be watched: then it is told twice, as an end and as what is left.
    watching: worstFirst
      .filter(([id, alert]) => !alert.episode && !(isNews(id) && changes.get(id)?.transition === 'raised'))
      .map(([id]) => stateOf(id, occasion)),
  };
}

/** An alert as it stands, whether it changed or not. */
function stateOf(id: string, occasion: Occasion): NoticeItem {
  return itemOf(id, { ...occasion, changes: new Map() });
}

function itemOf(id: string, occasion: Occasion): NoticeItem {
  const { board, stored, changes, record } = occasion;
  const change = changes.get(id);
  const before = stored?.alerts[id];
  const after = board.alerts[id];
  const ended = change?.transition === 'cleared' || change?.transition === 'withdrawn';
  const shown = (ended ? before : after) ?? { ...CLEAR, level: undefined, since: undefined, episode: undefined };
  const metric = record.metrics.find((candidate) => candidate.id === id);
  const reason = change && stored ? whyNow(metric, id, stored, occasion) : undefined;
  const acknowledgement = acknowledgementOf(before, after, ended);
  return {
    alert: id,
    title: titleOfAlert(id, record.metrics),
    ...(change ? { transition: change.transition } : {}),
    level: (ended ? shown.episode?.level : shown.level) ?? 'watch',
    reached: shown.episode?.level ?? 'watch',
    since: shown.since ?? '',
    ...(after?.state === 'recovering' ? { recovering: true } : {}),
    ...(metric ? wordsOf(metric, occasion) : describeAuthority(id, after, occasion)),
    ...(reason ? { reason } : {}),
    ...(acknowledgement ? { acknowledgement } : {}),
  };
}

function whyNow(
  metric: Metric | undefined,
  id: string,
  stored: Board,
  { record, superseded, smallNumbers }: Occasion,
): string | undefined {
  if (metric) return reasonFor(metric, stored, record, superseded, smallNumbers);
  return isAuthorityAlert(id) ? reasonForAuthority(stored, record) : 'the inspection no longer has this metric';
}

/** Who has it in hand; where it got worse since, that this no longer holds. */
function acknowledgementOf(
  before: BoardAlert | undefined,
  after: BoardAlert | undefined,
  ended: boolean,
): string | undefined {
  const given = after?.acknowledgement ?? before?.acknowledgement;
  if (!given) return undefined;
  const lapsed = !ended && !after?.acknowledgement;
  return `${given.author} on ${dayName(dayInEngland(new Date(given.at)))}: ${given.note}${lapsed ? ' (no longer holds, as it got worse since)' : ''}`;
}

type Words = Pick<
  NoticeItem,
  'value' | 'direction' | 'standard' | 'baseline' | 'findings' | 'reasons' | 'actions' | 'overdue'
>;

/** Value, direction of travel, standard, baseline, findings and actions of a metric. */
function wordsOf(metric: Metric, { judgements, record, smallNumbers }: Occasion): Words {
  const entries = judgements.get(metric.id) ?? [];
  const findings = entries.at(-1)?.findings ?? [];
  const observed = entries.flatMap(({ observation }) => observation ?? []);
  const last = observed.at(-1);
  const previous = observed.at(-2);
  const standard = last && standardFor(metric, localStandardsOf(record, metric.id), last.period);
  const against = [standard, previous].flatMap((other) => other?.value ?? []);
  return {
    ...(last
      ? { value: `${formatObservation(metric, last, smallNumbers, against)} in ${monthName(last.period)}` }
      : {}),
    ...(last && previous ? { direction: directionOf(metric, previous, last, smallNumbers) } : {}),
    ...(standard ? { standard: formatStandard(metric, standard) } : {}),
    baseline: formatBaseline(metric),
    findings: findings.map(({ text }) => text),
    reasons: findings.map((finding) => reasonOf(metric, finding, standard)),
    actions: record.actions.filter(({ id }) => metric.actions.includes(id)).map(nameOf),
  };
}

function directionOf(metric: Metric, previous: Observation, last: Observation, smallNumbers: SmallNumbers): string {
  if (last.value === previous.value) return `the same as in ${monthName(previous.period)}`;
  const from = `${formatObservation(metric, previous, smallNumbers, [last.value])} in ${monthName(previous.period)}`;
  const way = `${last.value > previous.value ? 'up' : 'down'} from ${from}`;
  if (metric.polarity === 'neutral') return way;
  return `${isWorse(metric, last.value, previous.value) ? 'worse' : 'better'}, ${way}`;
}

/** Why a figure is a finding, without the figure, the standard and the baseline that stand above it. */
function reasonOf(metric: Metric, { evaluator, reference, reason }: Finding, standard: Standard | undefined): string {
  const above = [standard && describeStandard(metric, standard), describeBaseline(metric)];
  const said = [above.includes(reference) ? undefined : reference, reason].filter(Boolean).join('; ');
  return said || `the figure fails the ${evaluator}`;
}

function describeAuthority(id: string, after: BoardAlert | undefined, { obligations, record }: Occasion): Words {
  const findings = (after?.findings ?? []).map(({ text }) => text);
  const words = isAuthorityAlert(id) ? AUTHORITY_ALERTS[id].describe(obligations, record) : {};
  return { ...words, findings, actions: [] };
}

const nameOf = (action: Action): string =>
  `${action.id} ${action.title} (due ${formatDue(action)}; paragraph ${action.paragraph})`;
