import { AS_SENT, type SmallNumbers } from '../domain/format.ts';
import type { Level, News } from '../domain/lifecycle.ts';
import type { LoadedInspection } from '../domain/loaded-inspection.ts';
import type { Notice } from '../domain/notice-contents.ts';
import { firstOf, questionsIn } from '../domain/questions.ts';
import { type Change, changesBetween } from '../domain/revisions.ts';
import type { Month } from '../domain/submission.ts';
import type { Database } from '../store/database.ts';
import { readMonths, readRevisions } from '../store/submissions.ts';
import { NotFoundError } from './errors.ts';
import { withInspection } from './inspections.ts';
import { readNotices } from './notices.ts';

/** What came of figures that were sent at once: worked out from the record whenever somebody asks, so that there is one for everything. */

type Tables = Database<'baselines' | 'submissions' | 'alerts'>;

/** A month as it was sent. */
export interface ReceivedMonth {
  readonly month: Month;
  /** What it took the place of; absent for a new month. */
  readonly before?: Month;
  /** What became different by that; empty for a new month. */
  readonly changes: readonly Change[];
  /** Whether it is still what counts. */
  readonly isCurrent: boolean;
}

/** News of an alert that followed, and the notice that told it. */
export interface FollowingAlert {
  readonly alert: string;
  readonly title: string;
  readonly transition: News;
  readonly level: Level;
  readonly notice: number;
}

/** What was sent at one time: by whom, which months, what changed by it, what of it is questioned still, and which alerts followed. */
export interface Receipt {
  /** The time, which is its name too. */
  readonly at: string;
  /** Absent where that was not recorded. */
  readonly by?: string;
  readonly months: readonly ReceivedMonth[];
  /** Sentences, about the months that still count. */
  readonly questions: readonly string[];
  readonly alerts: readonly FollowingAlert[];
}

/** The hourly run judges whatever its events missed; by then what follows has followed. */
const FOLLOWS_WITHIN_MS = 65 * 60 * 1000;
/** So many notices are looked through for what followed, at most, and so many are read at once. */
const MAX_NOTICES = 1000;
const NOTICES_AT_ONCE = 50;
/** So many revisions of a month are looked through for what was sent. */
const MAX_REVISIONS = 100;

/**
 * What was sent at a time, with what is asked of it by how small numbers are to be shown. Throws `UnknownAuthorityError` or {@link NotFoundError}.
 */
export async function readReceipt(
  database: Tables,
  authority: string,
  at: string,
  smallNumbersOf: (inspection: LoadedInspection) => SmallNumbers = () => AS_SENT,
): Promise<{ inspection: LoadedInspection; receipt: Receipt }> {
  const [inspection, current] = await withInspection(database, authority, () => readMonths(database, authority));
  // Of a month that was revised since, the revision of that time is an earlier one.
  const candidates = current.filter(
    ({ submittedAt, revision }) => submittedAt === at || (submittedAt > at && revision > 1),
  );
  const found = await Promise.all(candidates.map((month) => receivedOf(database, authority, month, at)));
  const months = found.flat();
  const [first] = months;
  if (!first) throw new NotFoundError('receipt', at);
  const { by } = first.month;
  const alerts = await alertsAfter(database, authority, at, new Set(months.flatMap(metricsOf)));
  const counting = months.filter(({ isCurrent }) => isCurrent).map(({ month }) => month);
  const questions = firstOf(
    [...questionsIn(inspection.metrics, current, counting, smallNumbersOf(inspection)).values()].flat(),
  );
  return { inspection, receipt: { at, ...(by === undefined ? {} : { by }), months, questions, alerts } };
}

async function receivedOf(database: Tables, authority: string, current: Month, at: string): Promise<ReceivedMonth[]> {
  if (current.revision === 1) return [{ month: current, changes: [], isCurrent: true }];
  const after = Math.max(0, current.revision - MAX_REVISIONS);
  const { revisions } = await readRevisions(database, authority, current.period, { after, limit: MAX_REVISIONS });
  const place = revisions.findLastIndex(({ submittedAt }) => submittedAt === at);
  const [before, month] = [revisions[place - 1], revisions[place]];
  if (!month) return [];
  const isCurrent = month.revision === current.revision;
  return [
    before ? { month, before, changes: changesBetween(before, month), isCurrent } : { month, changes: [], isCurrent },
  ];
}

/** The metrics whose figures a month brought or changed. */
function metricsOf({ month, before }: ReceivedMonth): string[] {
  if (!before) return Object.keys(month.observations);
  return Object.keys({ ...before.observations, ...month.observations }).filter(
    (id) => JSON.stringify(before.observations[id]) !== JSON.stringify(month.observations[id]),
  );
}

/** What was told of these metrics, oldest first. */
async function alertsAfter(
  database: Tables,
  authority: string,
  at: string,
  metrics: ReadonlySet<string>,
): Promise<FollowingAlert[]> {
  const until = new Date(Date.parse(at) + FOLLOWS_WITHIN_MS).toISOString();
  return (await noticesSince(database, authority, at))
    .filter(({ createdAt }) => createdAt <= until)
    .flatMap(({ number, transitions }) =>
      transitions.flatMap(({ alert, title, transition, level }) =>
        transition && metrics.has(alert) ? [{ alert, title, transition, level, notice: number }] : [],
      ),
    );
}

/** Notices written at a time or later, oldest first. */
async function noticesSince(database: Tables, authority: string, at: string): Promise<Notice[]> {
  const found: Notice[] = [];
  for (let more = true; more && found.length < MAX_NOTICES; ) {
    const page = await readNotices(database, authority, { before: found.at(-1)?.number, limit: NOTICES_AT_ONCE });
    const since = page.notices.map(({ notice }) => notice).filter(({ createdAt }) => createdAt >= at);
    found.push(...since);
    more = page.more && since.length === page.notices.length;
  }
  return found.reverse();
}
