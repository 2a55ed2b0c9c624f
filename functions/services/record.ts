import { type DeployedSmallNumbers, smallNumbersFor } from '../domain/authority.ts';
import type { BoardAlert } from '../domain/board.ts';
import { AS_SENT, type SmallNumbers } from '../domain/format.ts';
import type { LoadedInspection } from '../domain/loaded-inspection.ts';
import type { Metric } from '../domain/metric.ts';
import type { Notice } from '../domain/notice-contents.ts';
import { timelines } from '../domain/reconcile.ts';
import type { JudgedRecord } from '../domain/record.ts';
import type { Month } from '../domain/submission.ts';
import type { Judged } from '../domain/timeline.ts';
import { unreadableMonths } from '../domain/unreadable.ts';
import type { Database } from '../store/database.ts';
import { readMonths, readSuperseded } from '../store/submissions.ts';
import { type AuthorityAlerts, readStanding } from './alerts.ts';
import { metricIn, requireInspection, withInspection } from './inspections.ts';
import { countLost, countWaiting, readNotices } from './notices.ts';

/** Reading what was submitted, and what was made of it: for a page or an answer, as it stands now. */

/** What was submitted, with the inspection that it is judged by. */
export interface SubmittedMonths {
  readonly inspection: LoadedInspection;
  /** As they stand, oldest first, retracted ones included. */
  readonly months: readonly Month[];
}

/** Throws `UnknownAuthorityError`. */
export async function readSubmitted(
  database: Database<'baselines' | 'submissions'>,
  authority: string,
): Promise<SubmittedMonths> {
  const [inspection, months] = await withInspection(database, authority, () => readMonths(database, authority));
  return { inspection, months };
}

/** All that is known of an authority: what the inspection found, what was submitted since, and how it was judged. */
export interface AuthorityOverview extends SubmittedMonths, Pick<AuthorityAlerts, 'board' | 'setAside' | 'unreadable'> {
  /** The newest notices, newest first. */
  readonly notices: readonly Notice[];
  /** How many notices wait as nobody who would get them has confirmed. */
  readonly waiting: number;
  /** How many recipients were mailed and no longer are. */
  readonly lost: number;
}

/** With at most `limit` notices. Throws `UnknownAuthorityError`. */
export async function readOverview(
  database: Database<'baselines' | 'submissions' | 'alerts'>,
  authority: string,
  limit: number,
  now: Date,
): Promise<AuthorityOverview> {
  const [inspection, [months, standing, found, waiting, lost]] = await withInspection(database, authority, () =>
    Promise.all([
      readMonths(database, authority),
      readStanding(database, authority),
      readNotices(database, authority, { limit }),
      countWaiting(database, authority, now),
      countLost(database, authority),
    ]),
  );
  const notices = found.notices.map(({ notice }) => notice);
  const parts = [inspection.unreadable ?? [], unreadableMonths(months), standing.unreadable, found.unreadable];
  return { inspection, months, ...standing, notices, waiting, lost, unreadable: parts.flat() };
}

/** The record as it stands, for judging it anew. */
export function recordOf(
  { header, metrics, localStandards }: LoadedInspection,
  months: readonly Month[],
): JudgedRecord {
  return { inspection: header, metrics, localStandards, months };
}

/** A metric with all that was submitted, and what was found in each period. */
export interface MetricRecord extends SubmittedMonths {
  readonly metric: Metric;
  readonly judged: readonly Judged[];
}

/** Throws `UnknownAuthorityError` or `NotFoundError`. */
export async function readMetric(
  database: Database<'baselines' | 'submissions'>,
  authority: string,
  id: string,
): Promise<MetricRecord> {
  const inspection = await requireInspection(database, authority);
  const metric = metricIn(inspection, id);
  const months = await readMonths(database, authority);
  return { inspection, metric, months, judged: judgedOf(inspection, metric, months, AS_SENT) };
}

/** A metric with what a person wants to know beside: its alert, and what corrected months said before. */
export interface MetricHistory extends MetricRecord {
  readonly alert: BoardAlert | undefined;
  /** Earlier revisions of the months that were revised, in no order. */
  readonly superseded: readonly Month[];
}

/** Throws `UnknownAuthorityError` or `NotFoundError`. */
export async function readMetricHistory(
  database: Database<'baselines' | 'submissions' | 'alerts'>,
  authority: string,
  id: string,
  deployed: DeployedSmallNumbers,
): Promise<MetricHistory> {
  const [inspection, [months, { board }]] = await withInspection(database, authority, () =>
    Promise.all([readMonths(database, authority), readStanding(database, authority)]),
  );
  const metric = metricIn(inspection, id);
  return {
    inspection,
    metric,
    months,
    judged: judgedOf(inspection, metric, months, smallNumbersFor(inspection, deployed)),
    alert: board?.alerts[metric.id],
    superseded: await readSuperseded(database, authority, earlierRevisions(months)),
  };
}

/** What is found of a metric in each period, by all that was set for it. */
export function judgedOf(
  inspection: LoadedInspection,
  metric: Metric,
  months: readonly Month[],
  smallNumbers: SmallNumbers,
): readonly Judged[] {
  const record = { ...recordOf(inspection, months), metrics: [metric] };
  return timelines(record, smallNumbers).get(metric.id) ?? [];
}

/** The revisions before the current one, of each month. */
function earlierRevisions(months: readonly Month[]): [period: string, revision: number][] {
  return months.flatMap(({ period, revision }) =>
    Array.from({ length: revision - 1 }, (_, index): [string, number] => [period, index + 1]),
  );
}
