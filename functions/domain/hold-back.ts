import type { Board, BoardAlert } from './board.ts';
import { CLEAN_PERIODS_TO_CLEAR, rank } from './lifecycle.ts';
import type { AuthorityRecord } from './record.ts';

/** Alerts as they are shown, and those of them that are held where they stood. */
export interface HeldBack {
  readonly alerts: Readonly<Record<string, BoardAlert>>;
  readonly held: ReadonlySet<string>;
}

/**
 * What cannot be read has no direction. An alert whose own definition, standard or reports cannot be read stays as it stood; and
 * of a metric that was not reported often enough since a month that cannot be read, no alert ends or eases for want of its figures.
 */
export function holdBack(
  stored: Board | undefined,
  alerts: Readonly<Record<string, BoardAlert>>,
  record: AuthorityRecord,
): HeldBack {
  const held = new Set<string>();
  const { unreadable = [], months, localStandards } = record;
  if (unreadable.length === 0) return { alerts, held };
  for (const { kind, of, version = 0 } of unreadable) {
    const newest = localStandards.findLast(({ metric }) => metric === of)?.version ?? 0;
    if (kind === 'metric' || (kind === 'standard' && version > newest)) held.add(of);
    if (kind === 'progress') held.add('action');
  }
  const stood = stored?.alerts ?? {};
  const lost = months.findLast((month) => month.unreadable)?.period;
  const since = months.filter(({ period }) => lost !== undefined && period > lost);
  const isReportedSince = (id: string): boolean =>
    since.filter(({ observations }) => Object.hasOwn(observations, id)).length >= CLEAN_PERIODS_TO_CLEAR;
  for (const { id } of lost === undefined ? [] : record.metrics) {
    const before = stood[id];
    if (before && isEased(before, alerts[id]) && !isReportedSince(id)) held.add(id);
  }
  const others = Object.entries(alerts).filter(([id]) => !held.has(id));
  const kept = Object.entries(stood).filter(([id]) => held.has(id));
  return { alerts: Object.fromEntries([...others, ...kept]), held };
}

const isEased = (before: BoardAlert, after: BoardAlert | undefined): boolean =>
  !after || rank(after.level) < rank(before.level) || (before.state === 'raised' && after.state !== 'raised');
