import { type Glance, glanceAt } from '../domain/glance.ts';
import type { Metric } from '../domain/metric.ts';
import type { Database } from '../store/database.ts';
import { readStanding } from './alerts.ts';
import { UnreadableItemError } from './errors.ts';
import { requireMetrics } from './inspections.ts';
import { readNotices } from './notices.ts';

/** An authority as it is seen beside others. */
export interface RegionRow {
  readonly id: string;
  readonly name: string;
  /** Undefined where what it is worked out from cannot be read. */
  readonly glance: Glance | undefined;
  readonly metrics: readonly Metric[];
  /** The latest month that was judged. */
  readonly latestPeriod: string | undefined;
  /** Whether the newest figures could not be judged. */
  readonly isHeldUp: boolean;
  /** Nothing of it is judged any more. */
  readonly closed?: true | undefined;
}
type Listed = Pick<RegionRow, 'id' | 'name' | 'closed'>;

/** A month has one notice, and one more for each correction of it. */
const NEWEST_NOTICES = 10;

/** How each of some authorities stands. One that cannot be read hides none of the others. */
export function readRegion(
  database: Database<'baselines' | 'alerts'>,
  authorities: readonly Listed[],
): Promise<RegionRow[]> {
  return Promise.all(authorities.map((authority) => readRow(database, authority)));
}

async function readRow(database: Database<'baselines' | 'alerts'>, { id, name, closed }: Listed): Promise<RegionRow> {
  try {
    const [metrics, { board, setAside }, { notices }] = await Promise.all([
      requireMetrics(database, id),
      readStanding(database, id),
      readNotices(database, id, { limit: NEWEST_NOTICES }),
    ]);
    return {
      ...{ id, name, closed },
      glance: glanceAt(
        board,
        notices.map(({ notice }) => notice),
      ),
      metrics: [...metrics.values()],
      latestPeriod: board?.latestPeriod,
      isHeldUp: setAside !== undefined && setAside.reason !== 'incomplete',
    };
  } catch (error) {
    if (!(error instanceof UnreadableItemError)) throw error;
    return { id, name, closed, glance: undefined, metrics: [], latestPeriod: undefined, isHeldUp: false };
  }
}
