import type { Doing } from '../domain/access.ts';
import { AS_SENT } from '../domain/format.ts';
import type { Metric } from '../domain/metric.ts';
import { MAX_PERIODS, PeriodSchema } from '../domain/period.ts';
import { questionsIn } from '../domain/questions.ts';
import { type Change, changesBetween, confirmedIn, leftOutOf, saysTheSame } from '../domain/revisions.ts';
import { faultsOfPeriod, type Month, readSubmission, type Submission } from '../domain/submission.ts';
import { unreadableMonths } from '../domain/unreadable.ts';
import type { Database } from '../store/database.ts';
import { MAX_REVISION } from '../store/keys.ts';
import { readMonth, readMonths, saveMonths } from '../store/submissions.ts';
import {
  InvalidError,
  NotFoundError,
  RevisionNeededError,
  RevisionStaleError,
  ServiceError,
  UnknownAuthorityError,
  UnreadableMonthError,
} from './errors.ts';
import { findMetrics, requireOpenAuthority } from './inspections.ts';
import type { Log } from './log.ts';
import { retryChanged } from './retry.ts';
import { suggestions } from './suggestions.ts';

/** Taking in figures and taking them back, whether a program sends them, a person or a command. */

/** Where months are accepted, when, and who is told of it. */
export interface Accepting {
  readonly database: Database<'baselines' | 'submissions' | 'alerts'>;
  readonly now: Date;
  /** Who sends them: see `BySchema`. */
  readonly by: string;
  readonly log: Log;
}

/** When somebody does something, or would; what is only looked at is nobody's. */
export type Would = Pick<Doing, 'now'> & Partial<Doing>;

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
  /** What is to be asked of its figures, by the record as it is with it: sentences. */
  readonly questions: readonly string[];
}

/** The revisions that a change may take the place of; undefined where the sender named none. */
export type Expected = 'any' | readonly number[] | undefined;

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
  const metrics = await findMetrics(database, authority);
  const read = readSubmission(body, metrics, suggestions());
  const faults = [...faultsOfPeriod(period, now), ...read.faults];
  if (!metrics) throw new UnknownAuthorityError(authority, faults);
  if (faults.length > 0 || !read.submission) throw new InvalidError(faults);
  const sent = { period, submission: read.submission };
  return retryChanged(async () => {
    const record = await readMonths(database, authority);
    const current = monthIn(record, period);
    const accepted = asking([...metrics.values()], record, [outcomeOf(sent, current, to)])[0] as Accepted;
    if (accepted.outcome === 'unchanged') return accepted;
    checkExpected(expected, current, period);
    if (!current) checkCapacity(record, 1);
    await save(to, authority, [accepted.month]);
    return accepted;
  });
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
  const { database } = to;
  await requireOpenAuthority(database, authority);
  return retryChanged(async () => {
    const isMonth = PeriodSchema.safeParse(period).success;
    const current = isMonth ? await readMonth(database, authority, period) : undefined;
    if (!current) throw new NotFoundError('month', period);
    checkExpected(expected, current, period);
    if (current.retracted)
      return { outcome: 'unchanged', month: current, before: undefined, changes: [], questions: [] };
    const retracted = { status: current.status, observations: {} };
    const month = { ...nextRevision(retracted, period, current, to), retracted: true };
    await save(to, authority, [month]);
    return { outcome: 'revised', month, before: current, changes: changesBetween(current, month), questions: [] };
  });
}

/** What was said of single figures beside their values, by the ids of their metrics: that they were wrong, or are right. */
export interface Said {
  readonly withdrawn?: readonly string[];
  readonly confirmed?: readonly string[];
}

const isConfirmed = (ids: readonly string[], { confirmed = [] }: Month): boolean =>
  ids.every((id) => confirmed.includes(id));

/** A month of a record, if it is there. */
export const monthIn = (record: readonly Month[], period: string): Month | undefined =>
  record.find((month) => month.period === period);

/** Outcomes with what is to be asked of their figures, by the record with all of them. */
export function asking<O extends Omit<Accepted, 'questions'>>(
  metrics: readonly Metric[],
  record: readonly Month[],
  outcomes: readonly O[],
): (O & Accepted)[] {
  const asked = questionsIn(
    metrics,
    record,
    outcomes.map(({ month }) => month),
    AS_SENT,
  );
  return outcomes.map((each) => ({ ...each, questions: asked.get(each.month.period) ?? [] }));
}

export function outcomeOf(
  { period, submission }: { readonly period: string; readonly submission: Submission },
  current: Month | undefined,
  doing: Would,
  { withdrawn = [], confirmed: said = [] }: Said = {},
): Omit<Accepted, 'questions'> {
  const leftOut = leftOutOf(current, submission, withdrawn);
  const confirmed = confirmedIn(current, submission, said);
  const hadLeftOut = Object.entries(current?.leftOut ?? {}).filter(([id]) => withdrawn.includes(id));
  if (
    current &&
    !current.retracted &&
    hadLeftOut.length === 0 &&
    saysTheSame(current, submission) &&
    isConfirmed(said, current)
  )
    return { outcome: 'unchanged', month: current, before: current, changes: [] };
  const month = nextRevision(submission, period, current, doing);
  const counted = current && {
    ...current,
    observations: { ...Object.fromEntries(hadLeftOut), ...current.observations },
  };
  return {
    outcome: current ? 'revised' : 'accepted',
    month: {
      ...month,
      ...(Object.keys(leftOut).length > 0 ? { leftOut } : {}),
      ...(confirmed.length > 0 ? { confirmed } : {}),
    },
    before: current,
    changes: counted ? changesBetween(counted, submission) : [],
  };
}

/** The month as it will be kept: the revision after the current one. */
function nextRevision(submission: Submission, period: string, current: Month | undefined, { by, now }: Would): Month {
  const revision = (current?.revision ?? 0) + 1;
  if (revision > MAX_REVISION) throw new MaxRevisionsError(period);
  return { ...submission, period, revision, submittedAt: now.toISOString(), ...(by && { by }) };
}

/** Nothing is added to a month that cannot be read: what it says would be lost. {@link UnreadableMonthError} */
export function checkReadable(months: readonly Month[]): void {
  const [lost] = unreadableMonths(months);
  if (lost) throw new UnreadableMonthError(lost.of);
}

/** A change names the revision it takes the place of; nothing else needs to. */
export function checkExpected(expected: Expected, current: Month | undefined, period: string): void {
  if (expected === undefined) {
    if (current) throw new RevisionNeededError(current);
    return;
  }
  if (!current || (expected !== 'any' && !expected.includes(current.revision)))
    throw new RevisionStaleError(period, current);
}

/** Throws {@link RecordFullError} where a record has no capacity for so many more months. */
export function checkCapacity(record: readonly Month[], added: number): void {
  if (record.length + added > MAX_PERIODS) throw new RecordFullError();
}

/** Stores months and says so, under the id of the request that they came with: from here on figures are followed by revision. */
export async function save(
  { database, now, log }: Accepting,
  authority: string,
  months: readonly Month[],
): Promise<void> {
  await saveMonths(database, authority, months, now);
  log.info('months accepted', { authority, months: months.map(({ period, revision }) => `${period} r${revision}`) });
}
