import type { Fault } from '../domain/faults.ts';
import type { Metric } from '../domain/metric.ts';
import type { Change } from '../domain/revisions.ts';
import {
  faultsOfPeriod,
  isObject,
  MAX_MONTHS,
  type Month,
  readSubmission,
  type Submission,
} from '../domain/submission.ts';
import type { Database } from '../store/database.ts';
import { readMonths as readRecord } from '../store/submissions.ts';
import {
  type Accepted,
  type Accepting,
  asking,
  checkCapacity,
  checkReadable,
  outcomeOf,
  save,
  type Would,
} from './accept.ts';
import { InvalidError, type SentFault, ServiceError } from './errors.ts';
import { retryChanged } from './retry.ts';
import { suggestions } from './suggestions.ts';

/** Taking in many months at once, all or none, as a file or a page brings them. */

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

/** A month of many; `at` says where in what was sent something that a JSON pointer into it names stands. */
export interface SentMonth {
  readonly period: string;
  readonly submission: Submission;
  /** Whether the status was said; added to a month that is there, one that was not said stays as it is. */
  readonly statesStatus: boolean;
  readonly at: (fault: Fault) => SentFault;
}

/** Months of one sending, and the metrics by which they were read. */
export interface Sent {
  readonly metrics: readonly Metric[];
  readonly months: readonly SentMonth[];
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
  { metrics, months: sent }: Sent,
  mayReplace: MayReplace,
  mode: Mode = 'add',
): Promise<readonly ComparedMonth[]> {
  return retryChanged(async () => {
    const record = await readRecord(to.database, authority);
    const months = compare(record, { metrics, months: sent }, to, mode);
    const changed = months.filter(({ outcome }) => outcome !== 'unchanged');
    // Sent again because no answer came, though all had been stored: the answer comes now.
    if (changed.length === 0) return months;
    const revised = months.filter(({ outcome }) => outcome === 'revised');
    const altered = revised.filter((month) => mode === 'replace' || alters(month));
    if (mayReplace === 'nothing' && altered.length > 0) throw wouldChange(altered);
    if (typeof mayReplace === 'object' && mayReplace.basis !== basisOf(months)) throw new BasisChangedError();
    const added = changed.length - revised.length;
    if (added > 0) checkCapacity(record, added);
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
  sent: Sent,
  doing: Would,
  mode: Mode = 'add',
): Promise<ComparedMonth[]> {
  return compare(await readRecord(database, authority), sent, doing, mode);
}

function compare(record: readonly Month[], { metrics, months }: Sent, doing: Would, mode: Mode): ComparedMonth[] {
  const currents = new Map(record.map((month) => [month.period, month]));
  if (mode === 'add') checkReadable(months.flatMap(({ period }) => currents.get(period) ?? []));
  const outcomes = months.map((each) => {
    const current = currents.get(each.period);
    const submission = mode === 'add' && current && !current.retracted ? addedTo(current, each) : each.submission;
    return { ...each, ...outcomeOf({ period: each.period, submission }, current, doing) };
  });
  return asking(metrics, record, outcomes);
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

function wouldChange(months: readonly ComparedMonth[]): MonthsWouldChangeError {
  const faults = months.flatMap(({ period, at, changes }) =>
    changes.map(({ pointer, before, after }) => {
      const what = decodeURIComponent(pointer.slice(pointer.lastIndexOf('/') + 1));
      const has = before === undefined ? `has no ${what}` : `has ${said(before)} for ${what}`;
      const becomes = after === undefined ? 'would disappear' : `would become ${said(after)}`;
      const detail = `${period} ${has}, which ${becomes}`;
      return at({ pointer, detail: before === undefined ? `${period} ${has}; ${said(after)} would be added` : detail });
    }),
  );
  return new MonthsWouldChangeError(
    months.map(({ period }) => period),
    faults,
  );
}

/** A figure or a word of a month as people say it: `14 of 15`. */
function said(value: Change['before']): string {
  if (typeof value !== 'object') return `"${value?.slice(0, 64)}"`;
  return 'numerator' in value ? `${value.numerator} of ${value.denominator}` : `${Object.values(value)[0]}`;
}
