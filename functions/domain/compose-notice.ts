import type { Action } from './action.ts';
import { AUTHORITY_ALERTS, isAuthorityAlert, titleOfAlert } from './authority-alerts.ts';
import { formatBenchmark } from './benchmark.ts';
import type { Announced, Board, BoardAlert, ToldAlert } from './board.ts';
import { describeBaseline, describeStandard } from './describe-finding.ts';
import type { Finding } from './evaluators/evaluator.ts';
import {
  basisOf,
  cardinal,
  formatAbsence,
  formatBaseline,
  formatLine,
  formatObservation,
  formatParagraphs,
  formatStandard,
  MAX_NAME_LENGTH,
  MAX_TYPED_LENGTH,
  monthName,
  oneLine,
  type SmallNumbers,
  sentence,
  typed,
  whenDue,
} from './format.ts';
import { type AlertState, type Change, CLEAR, highest, type Level, LevelSchema, rank } from './lifecycle.ts';
import type { Metric, Standard } from './metric.ts';
import { compareItems } from './notice.ts';
import type { Notice, NoticeItem } from './notice-contents.ts';
import type { Obligations } from './obligations.ts';
import { describeQuestion, firstOf, questionsAbout } from './questions.ts';
import { isReopened, reasonFor, reasonForAuthority, saidOf } from './reasons.ts';
import { type AuthorityRecord, isLedAgain, localStandardsOf } from './record.ts';
import { isWorse, type Observation } from './series.ts';
import type { Month } from './submission.ts';
import { type Judged, judgedAt, standardFor } from './timeline.ts';

/** What a notice is put into words from. */
export interface Occasion {
  readonly board: Board;
  /** What the readers of the notices before know; undefined before the first evaluation. */
  readonly told: Announced | undefined;
  readonly changes: ReadonlyMap<string, Change>;
  readonly judgements: ReadonlyMap<string, readonly Judged[]>;
  readonly obligations: Obligations;
  readonly record: AuthorityRecord;
  readonly superseded: readonly Month[];
  readonly smallNumbers: SmallNumbers;
  /** Whether alerts are told as the notices before told them, and what they are by now beside that. */
  readonly isAsTold?: boolean;
}

/**
 * Whether figures that were judged before are held against another inspection now. A board of an earlier version does not
 * say which one led.
 */
export function isNewlyLed(told: Announced | undefined, { leading }: Pick<Board, 'leading'>): boolean {
  return told?.latestPeriod !== undefined && told.leading !== undefined && told.leading !== leading;
}

/** The notice of one evaluation: what changed, what is still raised, what to watch; each in words, the worst first. */
export function composeNotice(occasion: Occasion): Notice {
  const { board, told, changes, record } = occasion;
  const order = new Map(record.metrics.map((metric, position) => [metric.id, weightOf(metric, position)]));
  // What has no metric, such as figures that did not come, goes last among its like.
  const weightIn = (id: string): number => order.get(id) ?? Number.MAX_SAFE_INTEGER;
  const byWeight = (a: string, b: string): number => weightIn(a) - weightIn(b);
  const worstFirst = Object.entries(board.alerts).sort(
    ([a, { level: levelA }], [b, { level: levelB }]) => rank(levelB) - rank(levelA) || byWeight(a, b),
  );
  const isNews = (id: string): boolean => changes.has(id);
  const announced = [...changes].filter(([, { mailed }]) => mailed);
  const about = newsMonth(occasion);
  const month = record.months.find(({ period }) => period === about);
  const isNew = month && month.period > (told?.latestPeriod ?? '');
  // Everybody is told of another inspection, whatever they are mailed from.
  const level = isNewlyLed(told, board)
    ? 'critical'
    : (highest(announced.flatMap(([id]) => [board.alerts[id]?.episode?.level, told?.alerts[id]?.episode?.level])) ??
      'watch');
  const lastAtLeast = told?.lastOf && lastFrom(level, told.lastOf);
  return {
    authority: board.authority,
    name: oneLine(record.inspection.name, MAX_TITLE_LENGTH),
    number: board.lastNotice,
    createdAt: board.evaluatedAt,
    level,
    ...(lastAtLeast !== undefined && lastAtLeast < board.lastNotice - 1 ? { lessSerious: lastAtLeast + 1 } : {}),
    ...(isNewlyLed(told, board)
      ? {
          inspection: {
            ...{ title: record.inspection.title, published: record.inspection.published },
            ...(isLedAgain(told?.leading, record) ? { again: true } : {}),
          },
        }
      : {}),
    ...(board.latestPeriod ? { period: board.latestPeriod } : {}),
    ...(about ? { about } : {}),
    ...(month?.retracted ? { takenBack: true } : month?.status === 'provisional' ? { provisional: true } : {}),
    ...(isNew && !month.retracted && month.commentary ? { commentary: typed(month.commentary, MAX_TYPED_LENGTH) } : {}),
    ...questionsIn(occasion),
    transitions: [...changes.keys()]
      .sort(byWeight)
      .map((id) => itemOf(id, occasion))
      .sort(compareItems),
    stillRaised: worstFirst.filter(([id, alert]) => alert.episode && !isNews(id)).map(([id]) => stateOf(id, occasion)),
    // What ended as an episode may stay to be watched: then it is told twice, as an end and as what is left.
    watching: worstFirst
      .filter(([id, alert]) => !alert.episode && !(isNews(id) && changes.get(id)?.transition === 'raised'))
      .map(([id]) => stateOf(id, occasion)),
  };
}

/** The number of the last notice that everybody got who hears from a level on; 0 for none. */
function lastFrom(level: Level, lastOf: NonNullable<Announced['lastOf']>): number {
  return Math.max(
    0,
    ...LevelSchema.options.filter((each) => rank(each) >= rank(level)).map((each) => lastOf[each] ?? 0),
  );
}

/** The figures of the latest month that can hardly be right, whether or not there is an alert of them. */
function questionsIn({ record, judgements, board, smallNumbers }: Occasion): Pick<Notice, 'questions'> {
  const questions = record.metrics.flatMap((metric) => {
    const observations = observationsOf(judgements.get(metric.id) ?? []);
    const last = observations.at(-1);
    if (!last || last.period !== board.latestPeriod) return [];
    return questionsAbout(metric, observations).map((question) =>
      oneLine(describeQuestion(metric, last, question, smallNumbers), MAX_WORDS_LENGTH),
    );
  });
  return questions.length > 0 ? { questions: firstOf(questions) } : {};
}

function observationsOf(entries: readonly Judged[]): Observation[] {
  const observations: Observation[] = [];
  for (const { observation } of entries) if (observation) observations.push(observation);
  return observations;
}

/** As much as a notice keeps of a title or an authority's name: with every alert changed at once it still fits. */
const MAX_TITLE_LENGTH = 150;

/** Within a level, lines that must hold come first, then counts of children or cases, then the file's order. */
function weightOf({ holdLine, kind }: Metric, position: number): number {
  return (holdLine ? 0 : kind === 'count' ? 1000 : 2000) + position;
}

/**
 * The latest month of whose figures there is news: that came in, was corrected or was taken back. Undefined where the news is
 * another: figures that are late, actions that are overdue, a standard that was changed, a reminder.
 */
function newsMonth({ changes, judgements, told, record }: Occasion): string | undefined {
  if (![...changes.keys()].some((id) => judgements.has(id))) return undefined;
  const judged = told?.judged ?? {};
  return record.months.findLast(({ period, revision, retracted }) =>
    period in judged ? judged[period] !== revision : !retracted,
  )?.period;
}

/** An alert as it stands, whether it changed or not. */
function stateOf(id: string, occasion: Occasion): NoticeItem {
  return itemOf(id, { ...occasion, changes: new Map() });
}

function itemOf(id: string, occasion: Occasion): NoticeItem {
  const { board, told, changes, record } = occasion;
  const change = changes.get(id);
  const before = told?.alerts[id];
  const after = board.alerts[id];
  const ended = change?.transition === 'cleared' || change?.transition === 'withdrawn';
  const unsaid = occasion.isAsTold ? unsaidOf(before, after) : undefined;
  const shown: AlertState = (ended || unsaid ? before : after) ?? CLEAR;
  const metric = record.metrics.find((candidate) => candidate.id === id);
  // What is not reported, or is told again, stands as it was told: nothing made it so.
  const isChanged = change !== undefined && !['unreported', 'reminded'].includes(change.transition);
  // An older month that came in or was corrected may say that it began earlier, or later.
  const isMoved = !ended && change?.transition !== 'raised' && isSameButSince(before, shown);
  const moved = isMoved && before?.since ? { since: before.since } : {};
  const isWorse = change?.transition === 'raised' || change?.transition === 'worsened';
  const reason = (isChanged || isMoved) && told ? whyNow(metric, id, told, occasion, isMoved || !isWorse) : undefined;
  // What is only to watch has no episode, and was told from when it dates unless it stood there already.
  const from = after?.episode?.from ?? (before ? undefined : after?.since);
  const wasOver = told && !before?.episode && from !== undefined && from <= (told.over?.[id] ?? '');
  // Another action that falls due in the month in which the others were done is new.
  const isAgain = isChanged && wasOver && (metric || isReopened(told, record, occasion.obligations));
  const formerly = metric && told && formerTitle(metric, told);
  const said = isChanged && told && metric ? saidOf(metric, told, record) : [];
  const given = inHandOf(id, before, after, ended, occasion);
  return {
    alert: id,
    title: oneLine(titleOfAlert(id, record.metrics), MAX_TITLE_LENGTH),
    ...(change ? { transition: change.transition } : {}),
    level: (ended ? shown.episode?.level : shown.level) ?? 'watch',
    reached: shown.episode?.level ?? 'watch',
    since: shown.since ?? '',
    ...((unsaid ? before : after)?.state === 'recovering' ? { recovering: true } : {}),
    ...(unsaid ? { unsaid } : {}),
    ...(isAgain ? { again: true } : {}),
    ...(ended && (metric ? hasEnded(metric, board) : !isAuthorityAlert(id)) ? { unmeasured: true } : {}),
    ...(formerly ? { formerly } : {}),
    ...(before?.level ? { was: { level: before.level, recovering: before.state === 'recovering', ...moved } } : {}),
    ...(metric ? wordsOf(metric, occasion) : describeAuthority(id, after, occasion)),
    ...(reason ? { reason } : {}),
    ...(said.length > 0 ? { said } : {}),
    ...(given ? { inHand: given } : {}),
  };
}

/** Whether what was told and what is now are the same state of affairs, dated from another period. */
function isSameButSince(before: ToldAlert | undefined, now: AlertState): boolean {
  return before !== undefined && Boolean(before.episode) === Boolean(now.episode) && before.since !== now.since;
}

/** What an alert has become since it was told, where that was no e-mail. */
function unsaidOf(before: ToldAlert | undefined, after: BoardAlert | undefined): NoticeItem['unsaid'] {
  if (!before || !after?.level || Boolean(before.episode) !== Boolean(after.episode)) return undefined;
  if (before.level === after.level && before.state === after.state && before.since === after.since) return undefined;
  return { level: after.level, recovering: after.state === 'recovering', since: after.since ?? '' };
}

function whyNow(
  metric: Metric | undefined,
  id: string,
  told: Announced,
  { record, obligations, superseded, smallNumbers, judgements }: Occasion,
  isBetterInPart: boolean,
): string | undefined {
  if (metric) return reasonFor(metric, told, record, superseded, smallNumbers, isOtherwise(id, told, judgements));
  return isAuthorityAlert(id)
    ? reasonForAuthority(id, told, record, obligations, isBetterInPart)
    : 'it is no longer one of the metrics that are watched';
}

/** Whether the figures that were told of are judged otherwise now: then it is not those of later months that made the news. */
function isOtherwise(id: string, told: Announced, judgements: Occasion['judgements']): boolean {
  const before = told.alerts[id] ?? CLEAR;
  const there = judgedAt(judgements.get(id) ?? [], told.latestPeriod ?? '')?.alert ?? CLEAR;
  return before.state !== there.state || before.level !== there.level || before.since !== there.since;
}

/** Whether nothing is judged of a metric any more. */
const hasEnded = ({ until }: Metric, { latestPeriod = '' }: Pick<Board, 'latestPeriod'>): boolean =>
  until !== undefined && until < latestPeriod;

/** What a metric was called when its figures were last told of, where that is another name. */
function formerTitle({ formerTitles = [] }: Metric, { latestPeriod = '' }: Announced): NoticeItem['formerly'] {
  const then = formerTitles.find(({ until }) => until.slice(0, latestPeriod.length) >= latestPeriod);
  return then && { title: oneLine(then.title, MAX_TITLE_LENGTH), until: then.until };
}

/** Who has it in hand; where it got worse since, that this no longer holds. */
function inHandOf(
  id: string,
  before: ToldAlert | undefined,
  after: BoardAlert | undefined,
  ended: boolean,
  { record: { acknowledgements }, ...occasion }: Occasion,
): NoticeItem['inHand'] {
  const { acknowledgement } = after ?? {};
  // Also whoever took it in hand since it was last told.
  const from = before?.episode?.from;
  const earlier = acknowledgements.find(({ alert, period }) => alert === id && from !== undefined && period >= from);
  const given = acknowledgement ?? earlier;
  if (!given) return undefined;
  const { author, note, at } = given;
  return {
    author: typed(author, most(MAX_NAME_LENGTH, occasion)),
    at,
    note: typed(note, most(MAX_TYPED_LENGTH, occasion)),
    lapsed: !ended && !acknowledgement,
  };
}

type Words = Pick<
  NoticeItem,
  | 'value'
  | 'direction'
  | 'standard'
  | 'shouldBe'
  | 'baseline'
  | 'compared'
  | 'findings'
  | 'reasons'
  | 'why'
  | 'actions'
  | 'overdue'
>;

/** Value, direction of travel, standard, baseline, findings and actions of a metric. */
function wordsOf(metric: Metric, occasion: Occasion): Words {
  const { board, judgements, record, smallNumbers } = occasion;
  const entries = judgements.get(metric.id) ?? [];
  const findings = entries.at(-1)?.findings ?? [];
  const observed = observationsOf(entries);
  const last = observed.at(-1);
  const previous = observed.at(-2);
  const standard = last && standardFor(metric, localStandardsOf(record, metric.id), last.period);
  const benchmark = record.benchmarks.find(({ metric: id }) => id === metric.id);
  const against = [standard?.value, standard?.upTo, previous?.value].flatMap((other) => other ?? []);
  const latest = board.latestPeriod ?? last?.period ?? '';
  // Nothing is expected of a metric that has ended.
  const absence = last
    ? formatAbsence(metric, last.period, hasEnded(metric, board) ? (metric.until ?? latest) : latest)
    : '';
  const isNoWorse = last !== undefined && previous !== undefined && !isWorse(metric, last.value, previous.value);
  return {
    ...(last
      ? { value: `${formatObservation(metric, last, smallNumbers, against)} in ${monthName(last.period)}${absence}` }
      : {}),
    ...(last && previous && !absence ? { direction: directionOf(metric, previous, last, smallNumbers) } : {}),
    ...(standard
      ? {
          standard: oneLine(formatStandard(metric, standard), most(MAX_WORDS_LENGTH, occasion)),
          shouldBe: `${atTheLeast(metric, standard)} (${basisOf(standard.basis)})`,
        }
      : {}),
    baseline: oneLine(formatBaseline(metric), most(MAX_QUOTED_LENGTH, occasion)),
    ...(benchmark ? { compared: oneLine(formatBenchmark(metric, benchmark), most(MAX_QUOTED_LENGTH, occasion)) } : {}),
    findings: findings.map(({ text }) => oneLine(text, MAX_WORDS_LENGTH)),
    reasons: findings.map((finding) => oneLine(reasonOf(metric, finding, standard), MAX_WORDS_LENGTH)),
    why: plainReasons(metric, findings, isNoWorse),
    actions: record.actions
      .filter(({ id }) => metric.actions.includes(id))
      .map((action) => oneLine(nameOf(action), most(MAX_QUOTED_LENGTH, occasion))),
  };
}

/** So many alerts are told with all their words; of more, people's are cut shorter, so that the notice and the board fit their items. */
const MANY_ALERTS = 100;
const MAX_OF_MANY = 60;

function most(length: number, { board, changes }: Pick<Occasion, 'board' | 'changes'>): number {
  const ended = [...changes.keys()].filter((id) => !board.alerts[id]);
  return mostOf(Object.keys(board.alerts).length + ended.length, length);
}

/** How long a text may be where there are so many alerts that each has one. */
export const mostOf = (alerts: number, length: number): number =>
  alerts > MANY_ALERTS ? Math.min(length, MAX_OF_MANY) : length;

/** As much of a sentence of ours as a notice keeps: what it is made of may be longer than anybody foresaw. */
const MAX_WORDS_LENGTH = 400;
/** What the inspection found, and what an action is called: the pages have it whole. */
const MAX_QUOTED_LENGTH = 200;

/** `80% or more`, `10 cases or fewer`; what cannot be exceeded is named alone. */
function atTheLeast(metric: Metric, standard: Standard): string {
  const { value } = standard;
  const number = formatLine(metric, standard);
  if (metric.polarity === 'higher') return metric.kind === 'proportion' && value === 100 ? number : `${number} or more`;
  if (metric.polarity === 'lower')
    return value === 0 ? number : `${number} or ${metric.kind === 'count' ? 'fewer' : 'less'}`;
  return number;
}

/** Why it is raised beside the standard, as a colleague would say it. How that was worked out is on the metric's page. */
function plainReasons(metric: Metric, findings: readonly Finding[], isNoWorse: boolean): string[] {
  const said = findings.flatMap(({ evaluator, reference, level, numbers: { failing = 0 } }) => {
    switch (evaluator) {
      case 'standard':
        // A figure that is no worse than the one before explains no higher level.
        return isNoWorse && level === 'critical' && failing > 1
          ? [`${sentence(cardinal(failing))} of the latest reports are not what they should be.`]
          : [];
      case 'inspection':
        return metric.baseline.kind === 'figure'
          ? [`It has become worse than the inspectors found: ${formatBaseline(metric)}.`]
          : ['It has become worse than it was in the first months after the inspection.'];
      case 'change-point':
        return [`It has become worse than it had been${reference ? `: ${reference}` : ''}.`];
      case 'special-cause':
        return ['This is unusually bad for this figure, more than its usual ups and downs.'];
      default:
        return [];
    }
  });
  return [...new Set(said)].map((words) => oneLine(words, MAX_WORDS_LENGTH));
}

function directionOf(metric: Metric, previous: Observation, last: Observation, smallNumbers: SmallNumbers): string {
  if (last.value === previous.value) return `the same as in ${monthName(previous.period)}`;
  const from = `${formatObservation(metric, previous, smallNumbers, [last.value])} in ${monthName(previous.period)}`;
  const way = `${last.value > previous.value ? 'up' : 'down'} from ${from}`;
  if (metric.polarity === 'neutral' || metric.polarity === 'target') return way;
  return `${isWorse(metric, last.value, previous.value) ? 'worse' : 'better'}: ${way}`;
}

/** Why a figure is a finding, without the figure, the standard and the baseline that stand above it. */
function reasonOf(metric: Metric, { evaluator, reference, reason }: Finding, standard: Standard | undefined): string {
  const above = [standard && describeStandard(metric, standard), describeBaseline(metric)];
  const said = [above.includes(reference) ? undefined : reference, reason].filter(Boolean).join('; ');
  return said || `the figure fails the ${evaluator}`;
}

function describeAuthority(id: string, after: BoardAlert | undefined, { obligations, record }: Occasion): Words {
  const findings = (after?.findings ?? []).map(({ text }) => oneLine(text, MAX_OVERDUE_LENGTH));
  const words = isAuthorityAlert(id) ? AUTHORITY_ALERTS[id].describe(obligations, record) : {};
  return { ...words, findings, why: [], actions: [] };
}

/** A hundred actions with their days. */
const MAX_OVERDUE_LENGTH = 2000;

const nameOf = (action: Action): string =>
  `${action.id} ${action.title} (${whenDue(action)}; ${formatParagraphs([action.paragraph])})`;
