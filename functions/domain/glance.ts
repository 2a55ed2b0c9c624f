import { isAuthorityAlert } from './authority-alerts.ts';
import type { Board } from './board.ts';
import type { Notice } from './notice-contents.ts';

/** What there is to know in ten seconds, as ids of alerts. */
export interface Glance {
  /** Critical, and nobody has it in hand. */
  readonly unowned: readonly string[];
  /** Raised or worse by the latest figures, and still raised. */
  readonly worse: readonly string[];
  /** The authority's own: figures or actions. */
  readonly late: readonly string[];
}

/** Of a board and its newest notices; those about earlier months than the latest say nothing new. */
export function glanceAt(board: Board | undefined, notices: readonly Notice[]): Glance {
  const alerts = Object.entries(board?.alerts ?? {});
  const newest = notices
    .filter(({ period }) => period === board?.latestPeriod)
    .flatMap(({ transitions }) => transitions)
    .filter(({ transition }) => transition === 'raised' || transition === 'worsened');
  const ids = (test: (entry: (typeof alerts)[number]) => boolean): string[] => alerts.filter(test).map(([id]) => id);
  return {
    unowned: ids(
      ([id, { state, level, acknowledgement }]) =>
        state === 'raised' && level === 'critical' && !acknowledgement && !isAuthorityAlert(id),
    ),
    worse: [...new Set(newest.map(({ alert }) => alert))].filter(
      (id) => board?.alerts[id]?.episode && !isAuthorityAlert(id),
    ),
    late: ids(([id, { state }]) => state === 'raised' && isAuthorityAlert(id)),
  };
}
