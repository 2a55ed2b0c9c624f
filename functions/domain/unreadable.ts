import * as z from 'zod';
import type { Board, BoardAlert } from './board.ts';
import { monthName } from './format.ts';
import { rank } from './lifecycle.ts';
import type { AuthorityRecord } from './record.ts';

/** What an item is of, and what it is called there: a month, the id of a metric, action, alert or inspection, a notice's number. */
const KINDS = {
  month: (of: string) => `the figures of ${monthName(of)}`,
  revision: (of: string) => `an earlier revision of ${monthName(of)}`,
  standard: (of: string) => `a standard of ${of}`,
  benchmark: (of: string) => `the published figures beside ${of}`,
  progress: (of: string) => `a report on action ${of}`,
  metric: (of: string) => `the definition of ${of}`,
  inspection: (of: string) => `the inspection ${of}`,
  authority: () => "the authority's name",
  board: () => 'the board of alerts',
  acknowledgement: (of: string) => `who has the alert of ${of} in hand`,
  notice: (of: string) => `notice ${of}`,
  other: (of: string) => of,
} as const satisfies Record<string, (of: string) => string>;

/** An item that is stored and cannot be read. It is left out, and whoever reads the rest is told of it. */
export const UnreadableSchema = z.object({
  /** `submissions`, or another of `store/keys.ts`. */
  table: z.string(),
  /** Its sort key. */
  key: z.string(),
  kind: z.enum(Object.keys(KINDS) as (keyof typeof KINDS)[]),
  of: z.string(),
  /** Of a standard or a report: which. */
  version: z.int().optional(),
  why: z.string(),
});
export type Unreadable = z.infer<typeof UnreadableSchema>;

/** What is missing, for people: “the figures of May 2011”. */
export const describeUnreadable = ({ kind, of }: Pick<Unreadable, 'kind' | 'of'>): string => KINDS[kind](of);

/** Of these months, those that cannot be read. */
export const unreadableMonths = (months: readonly { readonly unreadable?: Unreadable }[]): Unreadable[] =>
  months.flatMap(({ unreadable }) => unreadable ?? []);

/** An alert ends with so many. */
const CLEAN_PERIODS = 2;

/** Alerts as they are shown, and those of them that are held where they stood. */
export interface HeldBack {
  readonly alerts: Readonly<Record<string, BoardAlert>>;
  readonly held: ReadonlySet<string>;
}

/**
 * What cannot be read has no direction. An alert whose own definition, standard or reports cannot be read stays as it stood; and
 * of a metric that was not reported twice since a month that cannot be read, no alert ends or eases for want of its figures.
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
    since.filter(({ observations }) => Object.hasOwn(observations, id)).length >= CLEAN_PERIODS;
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
