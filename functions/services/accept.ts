import { closest, distance } from 'fastest-levenshtein';
import type { Metric } from '../domain/inspection.ts';
import { EARLIEST_PERIOD, MAX_PERIODS, monthIndex, PeriodSchema, periodOf } from '../domain/period.ts';
import {
  type Change,
  changesBetween,
  type Fault,
  faultsOfPeriod,
  isObject,
  MAX_MONTHS,
  type Month,
  pointerTo,
  readSubmission,
  type Submission,
  type Suggest,
  saysTheSame,
} from '../domain/submission.ts';
import { typedText } from '../domain/typed-text.ts';
import { unreadableMonths } from '../domain/unreadable.ts';
import type { Database } from '../store/database.ts';
import { MAX_REVISION } from '../store/keys.ts';
import { countMonths, readMonth, readMonthsBetween, saveMonths } from '../store/submissions.ts';
import {
  InvalidError,
  NotFoundError,
  RevisionNeededError,
  RevisionStaleError,
  type SentFault,
  ServiceError,
  UnknownAuthorityError,
  UnreadableMonthError,
} from './errors.ts';
import { findMetrics, isAuthorityId, requireAuthority, requireMetrics } from './inspections.ts';
import type { Log } from './log.ts';
import { retryChanged } from './retry.ts';

/** Taking in figures and taking them back, whether a program sends them, a person or a command. */

/** Where months are accepted, when, and who is told of it. */
export interface Accepting {
  readonly database: Database<'baselines' | 'submissions' | 'alerts'>;
  readonly now: Date;
  readonly log: Log;
}

export type Outcome = 'accepted' | 'revised' | 'unchanged';

/** What became of a month that was sent, or would become of it. */
export interface Accepted {
  readonly outcome: Outcome;
  /** As it stands then. */
  readonly month: Month;
  /** What it takes the place of; undefined for a new month. */
  readonly before: Month | undefined;
  /** What becomes different by that. */
  readonly changes: readonly Change[];
}

/** The revisions that a change may take the place of; undefined where the sender named none. */
export type Expected = 'any' | readonly number[] | undefined;

/** Months that were there would become different, which was not asked for. */
export class MonthsWouldChangeError extends ServiceError {
  override readonly name = 'MonthsWouldChangeError';
  override readonly reason = 'would-change';
  readonly periods: readonly string[];
  constructor(periods: readonly string[], faults: readonly SentFault[]) {
    super(`${periods.join(', ')} would change; nothing was stored`, faults);
    this.periods = periods;
  }
}

/** Somebody else submitted one of the months since it was looked at. */
export class BasisChangedError extends ServiceError {
  override readonly name = 'BasisChangedError';
  override readonly reason = 'conflict';
  constructor() {
    super('somebody else submitted one of these months since they were checked; check them again');
  }
}

/** A month has had as many revisions as there can be. */
export class MaxRevisionsError extends ServiceError {
  override readonly name = 'MaxRevisionsError';
  override readonly reason = 'conflict';
  constructor(period: string) {
    super(`${period} was revised ${MAX_REVISION} times, the most there can be`);
  }
}

/** The record has no capacity for as many new months. */
export class RecordFullError extends ServiceError {
  override readonly name = 'RecordFullError';
  override readonly reason = 'conflict';
  constructor() {
    super(`the record holds at most ${MAX_PERIODS} months, and these would be more`);
  }
}

/**
 * Accepts one month. The same as before changes nothing, whatever is `expected`. Throws {@link InvalidError} or
 * {@link UnknownAuthorityError} with every fault, {@link RevisionNeededError}, {@link RevisionStaleError}, or why the
 * record cannot take it.
 */
export async function acceptMonth(
  to: Accepting,
  authority: string,
  period: string,
  body: unknown,
  expected: Expected,
): Promise<Accepted> {
  const { database, now } = to;
  const periodFaults = faultsOfPeriod(period, now);
  const [metrics, found] = await Promise.all([
    findMetrics(database, authority),
    isAuthorityId(authority) && periodFaults.length === 0 ? readMonth(database, authority, period) : undefined,
  ]);
  const read = readSubmission(body, metrics, suggestions());
  const faults = [...periodFaults, ...read.faults];
  if (!metrics) throw new UnknownAuthorityError(authority, faults);
  if (faults.length > 0 || !read.submission) throw new InvalidError(faults);
  const sent = { period, submission: read.submission };
  return retryChanged(async (attempt) => {
    const current = attempt === 1 ? found : await readMonth(database, authority, period);
    const accepted = outcomeOf(sent, current, now);
    if (accepted.outcome === 'unchanged') return accepted;
    checkExpected(expected, current, period);
    if (!current) await checkCapacity(database, authority, now, 1);
    await save(to, authority, [accepted.month]);
    return accepted;
  });
}

/** The longest reason for a correction, in characters. */
const MAX_REASON_LENGTH = 2000;
/** Why a month was corrected, as whoever did so says. */
export const ReasonSchema = typedText(MAX_REASON_LENGTH).regex(/\S/, 'is blank');

/**
 * Changes some of a month: a JSON merge patch (RFC 7396) of it. Figures that it does not name stay; null takes one out.
 * `reason` says why, and stays with the revision. Throws {@link InvalidError} with every fault, {@link NotFoundError},
 * {@link RevisionNeededError} or {@link RevisionStaleError}.
 */
export async function correctMonth(
  to: Accepting,
  authority: string,
  period: string,
  patch: unknown,
  expected: Expected,
): Promise<Accepted> {
  const { database, now } = to;
  const metrics = await requireMetrics(database, authority);
  return retryChanged(async () => {
    const isMonth = PeriodSchema.safeParse(period).success;
    const current = isMonth ? await readMonth(database, authority, period) : undefined;
    if (!current) throw new NotFoundError('month', period);
    checkReadable([current]);
    const { submission, reason, faults } = readPatch(patch, current, metrics);
    if (faults.length > 0) throw new InvalidError(faults);
    const accepted = outcomeOf({ period, submission }, current, now);
    if (accepted.outcome === 'unchanged') return accepted;
    checkExpected(expected, current, period);
    const month = { ...accepted.month, ...(reason ? { reason } : {}) };
    await save(to, authority, [month]);
    return { ...accepted, month };
  });
}

/** Nothing is added to a month that cannot be read: what it says would be lost. */
function checkReadable(months: readonly Month[]): void {
  const [lost] = unreadableMonths(months);
  if (lost) throw new UnreadableMonthError(lost.of);
}

/** A month with a patch applied. Only what the patch says is checked: what is kept was checked when it came. */
function readPatch(
  patch: unknown,
  current: Month,
  metrics: ReadonlyMap<string, Metric>,
): { submission: Submission; reason?: string; faults: readonly Fault[] } {
  const { status, commentary } = current;
  const kept = current.retracted ? {} : current.observations;
  const as = { status, observations: kept, ...(commentary === undefined ? {} : { commentary }) };
  const wrong = (pointer: string, detail: string) => ({ submission: as, faults: [{ pointer, detail }] });
  if (!isObject(patch)) return wrong('#', 'expected a JSON merge patch of the month: {"observations": {…}}');
  const { reason, observations = {}, ...others } = patch;
  if (!isObject(observations))
    return wrong('#/observations', 'expected the figures to change, by the id of their metric');
  if (Object.keys(observations).length + Object.keys(others).length === 0)
    return wrong('#', 'says nothing to change; name a figure, the status or the commentary');
  const removed = Object.keys(observations).filter((id) => observations[id] === null);
  const changed = Object.entries(observations).filter(([, value]) => value !== null);
  const merged = changed.map(([id, value]): [string, unknown] => [id, mergePatch(kept[id], value)]);
  const asked = mergePatch({ status, commentary }, others) as object;
  const read = readSubmission({ ...asked, observations: Object.fromEntries(merged) }, metrics, suggestions(), 0);
  const submission = {
    ...(read.submission ?? as),
    observations: withChanges(kept, read.submission?.observations ?? {}, removed),
  };
  const faults = [
    ...read.faults,
    ...removed
      .filter((id) => !Object.hasOwn(kept, id))
      .map((id) => ({
        pointer: pointerTo(['observations', id]),
        detail: 'was not reported for this month, so it cannot be taken out',
      })),
    ...(reason === undefined || ReasonSchema.safeParse(reason).success
      ? []
      : [
          {
            pointer: '#/reason',
            detail: `is a text of 1 to ${MAX_REASON_LENGTH} characters, without control characters`,
          },
        ]),
    ...(read.submission && Object.keys(submission.observations).length === 0
      ? [{ pointer: '#/observations', detail: 'no figure would be left; take the whole month back instead (DELETE)' }]
      : []),
  ];
  return { submission, faults, ...(typeof reason === 'string' ? { reason: reason.trim() } : {}) };
}

function withChanges(
  kept: Submission['observations'],
  changed: Submission['observations'],
  removed: readonly string[],
): Submission['observations'] {
  const all = Object.entries({ ...kept, ...changed }).filter(([id]) => !removed.includes(id));
  return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** RFC 7396, section 2. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch))
    if (value === null) result.delete(name);
    else result.set(name, mergePatch(result.get(name), value));
  return Object.fromEntries(result);
}

/**
 * Takes a month back: it no longer counts, and its history stays. Retracted already, it stays as it is. Throws
 * {@link NotFoundError}, {@link RevisionNeededError} or {@link RevisionStaleError}.
 */
export async function retractMonth(
  to: Accepting,
  authority: string,
  period: string,
  expected: Expected,
): Promise<Accepted> {
  const { database, now } = to;
  await requireAuthority(database, authority);
  return retryChanged(async () => {
    const isMonth = PeriodSchema.safeParse(period).success;
    const current = isMonth ? await readMonth(database, authority, period) : undefined;
    if (!current) throw new NotFoundError('month', period);
    checkExpected(expected, current, period);
    if (current.retracted) return { outcome: 'unchanged', month: current, before: undefined, changes: [] };
    const retracted = { status: current.status, observations: {} };
    const month = { ...nextRevision(retracted, period, current, now), retracted: true };
    await save(to, authority, [month]);
    return { outcome: 'revised', month, before: current, changes: changesBetween(current, month) };
  });
}

/** A month of many; `at` says where in what was sent something that a JSON pointer into it names stands. */
export interface SentMonth {
  readonly period: string;
  readonly submission: Submission;
  /** Whether the status was said; added to a month that is there, one that was not said stays as it is. */
  readonly statesStatus: boolean;
  readonly at: (fault: Fault) => SentFault;
}

/** A month of many, beside the one that it takes the place of. */
export interface ComparedMonth extends Accepted, SentMonth {}

/**
 * What becomes of a month that is there already: what is sent is added to it, and what it leaves out stays; or it takes the
 * place of the whole month.
 */
export type Mode = 'add' | 'replace';

/**
 * Which months that are there already may become different: none, all, or those whose revisions are the `basis` on which
 * the months were looked at before they were sent ({@link basisOf}).
 */
export type MayReplace = 'nothing' | 'anything' | { readonly basis: string | undefined };

/**
 * Accepts many months: the same as before are left as they are, others become new revisions where that is meant. Figures
 * that are added to a month need nobody's leave. Up to {@link MAX_MONTHS} are stored all or none; of more, in parts of so many, the
 * oldest first, and sent again after an interruption the rest is. Throws {@link MonthsWouldChangeError} with everything that would become different, {@link BasisChangedError},
 * or why the record cannot take them. `sent` is what {@link readMonths} or a file's reader made of it: at least one month.
 */
export async function acceptMonths(
  to: Accepting,
  authority: string,
  sent: readonly SentMonth[],
  mayReplace: MayReplace,
  mode: Mode = 'add',
): Promise<readonly ComparedMonth[]> {
  const { database, now } = to;
  return retryChanged(async () => {
    const months = await compareMonths(database, authority, sent, now, mode);
    const changed = months.filter(({ outcome }) => outcome !== 'unchanged');
    // Sent again because no answer came, though all had been stored: the answer comes now.
    if (changed.length === 0) return months;
    const revised = months.filter(({ outcome }) => outcome === 'revised');
    const altered = revised.filter((month) => mode === 'replace' || alters(month));
    if (mayReplace === 'nothing' && altered.length > 0) throw wouldChange(altered);
    if (typeof mayReplace === 'object' && mayReplace.basis !== basisOf(months)) throw new BasisChangedError();
    const added = changed.length - revised.length;
    if (added > 0) await checkCapacity(database, authority, now, added);
    for (let start = 0; start < changed.length; start += MAX_MONTHS)
      await save(
        to,
        authority,
        changed.slice(start, start + MAX_MONTHS).map(({ month }) => month),
      );
    return months;
  });
}

/** Whether something that is there becomes different, beside what is added: a month that was taken back does, too. */
function alters({ before, changes }: Accepted): boolean {
  return before?.retracted === true || changes.some((change) => change.before !== undefined);
}

/** What would become of months, were they sent now. */
export async function compareMonths(
  database: Database<'submissions'>,
  authority: string,
  sent: readonly SentMonth[],
  now: Date,
  mode: Mode = 'add',
): Promise<ComparedMonth[]> {
  const periods = sent.map(({ period }) => period).sort();
  const { months } = await readMonthsBetween(database, authority, {
    from: periods[0] as string,
    to: periods.at(-1) as string,
  });
  if (mode === 'add') checkReadable(months.filter(({ period }) => periods.includes(period)));
  const currents = new Map(months.map((month) => [month.period, month]));
  return sent.map((each) => {
    const current = currents.get(each.period);
    const submission = mode === 'add' && current && !current.retracted ? addedTo(current, each) : each.submission;
    return { ...each, ...outcomeOf({ period: each.period, submission }, current, now) };
  });
}

/** A month with what is sent added: figures that are there and not sent stay, and so do status and commentary. */
function addedTo(current: Month, { submission, statesStatus }: SentMonth): Submission {
  const commentary = submission.commentary ?? current.commentary;
  const observations = Object.entries({ ...current.observations, ...submission.observations });
  return {
    status: statesStatus ? submission.status : current.status,
    observations: Object.fromEntries(observations.sort(([a], [b]) => (a < b ? -1 : 1))),
    ...(commentary === undefined ? {} : { commentary }),
  };
}

/** Names the revisions that months take the place of: what was looked at holds only for these. */
export function basisOf(months: readonly ComparedMonth[]): string {
  return months.map(({ period, before }) => `${period}=${before?.revision ?? 0}`).join(' ');
}

/** Reads `{"submissions": [{"period": …, …}, …]}` by the metrics they are for. Throws {@link InvalidError} with every fault of every month. */
export function readMonths(
  body: unknown,
  metrics: ReadonlyMap<string, Metric>,
  now: Date,
  maxMonths = MAX_MONTHS,
): SentMonth[] {
  const submissions = isObject(body) && Object.keys(body).length === 1 ? body.submissions : undefined;
  if (!Array.isArray(submissions) || submissions.length === 0 || submissions.length > maxMonths)
    throw new InvalidError([
      { pointer: '#', detail: `expected {"submissions": […]} with 1 to ${maxMonths} months, each with its "period"` },
    ]);
  const suggest = suggestions();
  const faults: SentFault[] = [];
  const seen = new Set<string>();
  const months = submissions.flatMap((sent: unknown, index): SentMonth[] => {
    const prefix = `#/submissions/${index}`;
    const at = (fault: Fault): SentFault => ({ ...fault, pointer: `${prefix}${fault.pointer.slice(1)}` });
    const { period, ...submission } = isObject(sent) ? sent : { period: undefined };
    const read = readSubmission(isObject(sent) ? submission : sent, metrics, suggest);
    const wrong = [
      ...(typeof period === 'string'
        ? faultsOfPeriod(period, now).map(({ detail }) => detail)
        : [period === undefined ? 'is missing' : 'is a month, written as "yyyy-mm"']),
      ...(typeof period === 'string' && seen.has(period) ? [`${period.slice(0, 64)} is there twice`] : []),
    ];
    faults.push(...wrong.map((detail) => ({ pointer: `${prefix}/period`, detail })), ...read.faults.map(at));
    if (typeof period !== 'string' || !read.submission) return [];
    seen.add(period);
    return [{ period, submission: read.submission, statesStatus: 'status' in submission, at }];
  });
  if (faults.length > 0) throw new InvalidError(faults);
  return months;
}

function outcomeOf(
  { period, submission }: Pick<SentMonth, 'period' | 'submission'>,
  current: Month | undefined,
  now: Date,
): Accepted {
  if (current && !current.retracted && saysTheSame(current, submission))
    return { outcome: 'unchanged', month: current, before: current, changes: [] };
  return {
    outcome: current ? 'revised' : 'accepted',
    month: nextRevision(submission, period, current, now),
    before: current,
    changes: current ? changesBetween(current, submission) : [],
  };
}

/** The month as it will be kept: the revision after the current one. */
function nextRevision(submission: Submission, period: string, current: Month | undefined, now: Date): Month {
  const revision = (current?.revision ?? 0) + 1;
  if (revision > MAX_REVISION) throw new MaxRevisionsError(period);
  return { ...submission, period, revision, submittedAt: now.toISOString() };
}

/** A change names the revision it takes the place of; nothing else needs to. */
function checkExpected(expected: Expected, current: Month | undefined, period: string): void {
  if (expected === undefined) {
    if (current) throw new RevisionNeededError(current);
    return;
  }
  if (!current || (expected !== 'any' && !expected.includes(current.revision)))
    throw new RevisionStaleError(period, current);
}

/** The record's limit can only be reached once enough months have passed, so it is only counted then. */
async function checkCapacity(
  database: Database<'submissions'>,
  authority: string,
  now: Date,
  added: number,
): Promise<void> {
  if (monthIndex(periodOf(now.toISOString())) - monthIndex(EARLIEST_PERIOD) <= MAX_PERIODS) return;
  if ((await countMonths(database, authority)) + added > MAX_PERIODS) throw new RecordFullError();
}

/** Stores months and says so, under the id of the request that they came with: from here on figures are followed by revision. */
async function save({ database, now, log }: Accepting, authority: string, months: readonly Month[]): Promise<void> {
  await saveMonths(database, authority, months, now);
  log.info('months accepted', { authority, months: months.map(({ period, revision }) => `${period} r${revision}`) });
}

function wouldChange(months: readonly ComparedMonth[]): MonthsWouldChangeError {
  const said = (value: Change['before']): string =>
    typeof value === 'string' ? `"${value.slice(0, 64)}"` : JSON.stringify(value);
  const faults = months.flatMap(({ period, at, changes }) =>
    changes.map(({ pointer, before, after }) =>
      at({
        pointer,
        detail:
          before === undefined
            ? `${period} was submitted without this, which would be added: ${said(after)}`
            : after === undefined
              ? `${period} holds ${said(before)} here (${pointer}), which would disappear`
              : `${period} holds ${said(before)}, which would become ${said(after)}`,
      }),
    ),
  );
  return new MonthsWouldChangeError(
    months.map(({ period }) => period),
    faults,
  );
}

/** A file of nonsense is not worth comparing each of its words with every metric. */
const MAX_SUGGESTIONS = 100;

/** No metric's id is longer than 64 characters. */
const MAX_WORD_LENGTH = 128;

/** Suggestions for one request. One is worth making when less than half of the word is wrong. */
export function suggestions(): Suggest {
  let left = MAX_SUGGESTIONS;
  return (word, known) => {
    if (left-- <= 0 || word.length > MAX_WORD_LENGTH) return undefined;
    const near = known.length > 0 ? closest(word, known) : undefined;
    return near && distance(word, near) * 2 < Math.max(word.length, near.length) ? near : undefined;
  };
}
