import type { Progress } from './action.ts';
import type { SettingsVersion } from './authority.ts';
import type { Announced } from './board.ts';
import {
  dayName,
  formatObservation,
  formatSet,
  formatStandard,
  MAX_NAME_LENGTH,
  MAX_TYPED_LENGTH,
  monthName,
  nth,
  oneLine,
  type SmallNumbers,
  typed,
} from './format.ts';
import type { AuthorityAlertId, LocalStandard, Metric } from './metric.ts';
import { dueWorkingDayIn, type Obligations, openActionsOf, overdueOf } from './obligations.ts';
import { dayInEngland } from './period.ts';
import { type AuthorityRecord, isLedAgain, latestPeriodOf, localStandardsOf } from './record.ts';
import { lastKnownIn, type Observation } from './series.ts';
import type { Month } from './submission.ts';
import { standardFor } from './timeline.ts';

/** At most this many corrected months are named in one reason. */
const NAMED_MONTHS = 3;

/**
 * Why what was judged before now reads otherwise for this metric: corrections by month, revision and both values; a
 * changed standard by old and new value; a changed inspection file. Undefined where nothing of the kind happened.
 *
 * @param superseded the months as they were announced, where that revision is no longer the current one.
 * @param isOtherwise whether what was told of is judged otherwise now; where it is not, no file that was loaded made the news.
 */
export function reasonFor(
  metric: Metric,
  told: Announced,
  record: AuthorityRecord,
  superseded: readonly Month[],
  smallNumbers: SmallNumbers,
  isOtherwise: boolean,
): string | undefined {
  const end = endOf(metric, record);
  return joined([
    ...correctionsOf(metric, told, record, superseded, smallNumbers),
    ...changedStandardsOf(metric, told, record),
    ...end,
    // That it ended is what was loaded anew.
    ...(end.length > 0 || !isOtherwise ? [] : changedInspectionOf(told, record)),
  ]);
}

/** That nothing is judged any more, as the metric has ended. */
function endOf({ until, replacedBy, changes = [] }: Metric, { months, metrics }: AuthorityRecord): string[] {
  if (until === undefined || (latestPeriodOf(months) ?? '') <= until) return [];
  const last = changes.at(-1);
  const successor = metrics.find(({ id }) => id === replacedBy);
  return [
    `it has not been measured since the end of ${monthName(until)}${last ? ` (by “${typed(last.author, MAX_NAME_LENGTH)}”: “${typed(last.reason, MAX_TYPED_LENGTH)}”)` : ''}${successor ? `; “${oneLine(successor.title, MAX_NAME_LENGTH)}” took its place` : ''}`,
  ];
}

/** That another inspection leads, or that what is loaded differs. Boards of an earlier version do not say which one led. */
function changedInspectionOf(told: Announced, record: AuthorityRecord): string[] {
  const { inspection, fingerprint } = record;
  if (told.inspection === fingerprint) return [];
  if (told.leading === undefined || told.leading === inspection.id)
    return ['what is measured, or what the inspection found, was loaded again and is different'];
  const published = dayName(inspection.published);
  return [
    isLedAgain(told.leading, record)
      ? `the inspection that figures were held against no longer counts; they are again held against the one published ${published}`
      : `a new inspection, published ${published}, is now what figures are held against`,
  ];
}

/**
 * Why an alert of the authority as a whole reads otherwise: months that were retracted; another day by which figures are due; of its
 * actions, what was reported, and that others are asked for.
 *
 * @param isBetterInPart whether what was completed explains it, too: not where it is only worse.
 */
export function reasonForAuthority(
  id: AuthorityAlertId,
  told: Announced,
  record: AuthorityRecord,
  { overdueActions }: Pick<Obligations, 'overdueActions'>,
  isBetterInPart: boolean,
): string | undefined {
  const overdue = new Set(overdueActions.map((action) => action.id));
  const reported = id === 'action' ? reportedSince(told, record) : [];
  const explaining = reported.filter((report) =>
    report.state === 'completed' ? isBetterInPart && isLate(report, record) : overdue.has(report.action),
  );
  const retracted = record.months
    .filter(({ period, revision, retracted }) => retracted && isRevised(told, period, revision))
    .map(({ period, revision }) => `${monthName(period)} was taken back (revision ${revision})`);
  return joined([
    ...first(retracted),
    ...first(explaining.map(describeReport), 'action'),
    ...(id === 'action' ? changedActionsOf(told, record) : changedDueDayOf(told, record)),
  ]);
}

/** That another inspection asks for the actions, or that what is loaded asks for others: by it not those were overdue that were told. */
function changedActionsOf(told: Announced, record: AuthorityRecord): string[] {
  if (told.inspection === record.fingerprint) return [];
  const { at, progress: known = {}, alerts, leading } = told;
  const { id, published } = record.inspection;
  if (leading !== undefined && leading !== id)
    return [
      isLedAgain(leading, record)
        ? `the inspection published ${dayName(published)}, which counts again in place of a newer one, asks for other actions`
        : `a new inspection, published ${dayName(published)}, asks for other actions`,
    ];
  const reported = record.progress.filter(({ action, version }) => version <= (known[action] ?? 0));
  const overdue = at && overdueOf(openActionsOf(record.actions, reported), new Date(at)).length;
  // Without figures none is watched.
  const isAsTold = overdue === (told.latestPeriod === undefined ? overdue : (alerts.action?.overdue ?? 0));
  return isAsTold ? [] : ['the inspection was loaded again, and asks for other actions, or by other days'];
}

/** What was reported last of each action that is completed now and was not when it was told, or the other way round. */
function reportedSince(told: Announced, { inspection, progress }: AuthorityRecord): Progress[] {
  const { progress: known } = told;
  if (!known || told.leading !== inspection.id) return [];
  return [...Map.groupBy(progress, ({ action }) => action)].flatMap(([action, reports]) => {
    const newest = reports.reduce((last, report) => (report.version > last.version ? report : last));
    const then = reports.find(({ version }) => version === known[action])?.state ?? 'open';
    return newest.state === then ? [] : [newest];
  });
}

/** Whether an action was completed once it was overdue. */
function isLate({ action, at }: Progress, { actions }: AuthorityRecord): boolean {
  const { due } = actions.find(({ id }) => id === action) ?? {};
  return due !== undefined && due < dayInEngland(new Date(at));
}

/** Whether an action that was told as completed is open again, and overdue. */
export function isReopened(
  told: Announced,
  record: AuthorityRecord,
  { overdueActions }: Pick<Obligations, 'overdueActions'>,
): boolean {
  const overdue = new Set(overdueActions.map(({ id }) => id));
  return reportedSince(told, record).some(({ action, state }) => state === 'open' && overdue.has(action));
}

const describeReport = ({ action, state, author, at }: Progress): string =>
  `${action} was reported as ${state === 'completed' ? 'completed' : 'open again'} on ${dayName(dayInEngland(new Date(at)))} by “${typed(author, MAX_NAME_LENGTH)}”`;

/** That figures are due by another day than they were when it was told. */
function changedDueDayOf(told: Announced, { settings = [] }: AuthorityRecord): string[] {
  const dueDay = (versions: readonly SettingsVersion[]): string => nth(dueWorkingDayIn({ settings: versions }));
  const [was, is] = [dueDay(settings.filter(({ version }) => version <= (told.settings ?? 0))), dueDay(settings)];
  const newest = settings.at(-1);
  if (!newest || was === is) return [];
  return [
    `the working day by which figures are due was changed: ${was} became ${is}, by “${typed(newest.author, MAX_NAME_LENGTH)}”`,
  ];
}

const joined = (reasons: readonly string[]): string | undefined =>
  reasons.length > 0 ? reasons.join('; ') : undefined;

function first(reasons: readonly string[], what = 'month'): string[] {
  const more = reasons.length - NAMED_MONTHS;
  if (more <= 0) return [...reasons];
  return [...reasons.slice(0, NAMED_MONTHS), `and ${more} more ${what}${more > 1 ? 's' : ''}`];
}

/** Whether a month that was announced is there in another revision now. */
function isRevised({ judged, latestPeriod = '' }: Announced, period: string, revision: number): boolean {
  return period in judged ? judged[period] !== revision : period <= latestPeriod;
}

function correctionsOf(
  metric: Metric,
  told: Announced,
  record: AuthorityRecord,
  superseded: readonly Month[],
  smallNumbers: SmallNumbers,
): string[] {
  const say = (observation: Observation): string => formatObservation(metric, observation, smallNumbers);
  const differs = (before: Observation | undefined, after: Observation | undefined): string => {
    if (before && after) return `${say(before)} became ${say(after)}`;
    return after ? say(after) : before ? `${say(before)} was taken out` : '';
  };
  const corrections: string[] = [];
  for (const month of record.months) {
    const { period, revision } = month;
    if (!isRevised(told, period, revision)) continue;
    const earlier = superseded.find((candidate) => candidate.period === period);
    const before = earlier && lastKnownIn(earlier, metric);
    const after = lastKnownIn(month, metric);
    if (isSameFigure(before, after)) continue;
    corrections.push(
      `${monthName(period)} ${whatHappened(earlier, month)}${revision > 1 ? ` (revision ${revision})` : ''}: ${differs(before, after)}`,
    );
  }
  return first(corrections);
}

function isSameFigure(a: Observation | undefined, b: Observation | undefined): boolean {
  return a?.value === b?.value && a?.numerator === b?.numerator && a?.denominator === b?.denominator;
}

function whatHappened(earlier: Month | undefined, month: Month): string {
  if (month.retracted) return 'was taken back';
  if (!earlier) return 'came in after later months';
  if (earlier.retracted) return 'was submitted again';
  return earlier.status === 'provisional' && month.status === 'final' ? 'was made final' : 'was corrected';
}

/** What the authority changed since: each with what it was, what it is from its month on, and who set it. */
function changedStandardsOf(metric: Metric, told: Announced, record: AuthorityRecord): string[] {
  const versions = localStandardsOf(record, metric.id);
  return newStandardsOf(metric, told, record).flatMap((version) => {
    const changes = whatChanged(metric, versions.slice(0, versions.indexOf(version)), version);
    return changes.map((change) => `${change} by “${typed(version.author, MAX_NAME_LENGTH)}”`);
  });
}

/** What was set since what was announced, and what was set before and has taken effect since. */
function newStandardsOf(metric: Metric, told: Announced, record: AuthorityRecord): LocalStandard[] {
  const judged = told.standards[metric.id] ?? 0;
  const latest = latestPeriodOf(record.months) ?? '';
  return localStandardsOf(record, metric.id).filter(
    ({ version, from }) => version > judged || (from > (told.latestPeriod ?? '') && from <= latest),
  );
}

/** What people wrote who changed what a metric is judged by, as {@link reasonFor} names their changes. */
export function saidOf(
  metric: Metric,
  told: Announced,
  record: AuthorityRecord,
): { readonly author: string; readonly text: string }[] {
  return newStandardsOf(metric, told, record)
    .slice(-NAMED_MONTHS)
    .map(({ author, reason }) => ({ author: typed(author, MAX_NAME_LENGTH), text: typed(reason, MAX_TYPED_LENGTH) }));
}

function whatChanged(metric: Metric, before: readonly LocalStandard[], version: LocalStandard): string[] {
  const { from, value, tolerance, mOfN, rebaseDates, comparable } = version;
  const then = <Field extends 'tolerance' | 'mOfN'>(field: Field): Metric[Field] | LocalStandard[Field] =>
    before.findLast((earlier) => earlier.from <= from && earlier[field] !== undefined)?.[field] ?? metric[field];
  const changes: string[] = [];
  if (value !== undefined) {
    const old = standardFor(metric, before, from);
    const then = old ? formatStandard(metric, old) : 'none';
    changes.push(
      value === null
        ? `the standard was ended: ${then} no longer holds from ${monthName(from)} on,`
        : `the standard was changed: ${then} became ${formatSet(metric, value)} from ${monthName(from)} on,`,
    );
  }
  if (tolerance !== undefined)
    changes.push(
      `the tolerance was changed: ${then('tolerance') ?? 'none'} became ${tolerance} from ${monthName(from)} on,`,
    );
  if (mOfN) {
    const old = then('mOfN');
    changes.push(
      `the failures that make it critical were changed: ${old ? `${old.m} of ${old.n}` : 'the default'} became ${mOfN.m} of ${mOfN.n} from ${monthName(from)} on,`,
    );
  }
  if (rebaseDates)
    changes.push(
      `the days on which the way of working changed are now ${rebaseDates.map(dayName).join(', ') || 'none'}${comparable === undefined ? '' : `, and what the inspection found is ${formatSet(metric, comparable)} as figures are counted since`}, set`,
    );
  return changes;
}
