import type { Acknowledgement } from '../domain/board.ts';
import type { AuthorityRecord } from '../domain/record.ts';
import { unreadableMonths } from '../domain/unreadable.ts';
import type { Database } from './database.ts';
import { readInspection } from './inspections.ts';
import { readMonths } from './submissions.ts';

/**
 * Everything that an authority's board is worked out from, read consistently; undefined where no inspection is loaded.
 * Acknowledgements come with the board, which has to be read first: the other order lets a stale reader win.
 */
export async function readRecord(
  database: Database<'baselines' | 'submissions'>,
  authority: string,
  acknowledgements: readonly Acknowledgement[],
  bankHolidays: ReadonlySet<string>,
): Promise<AuthorityRecord | undefined> {
  const [inspection, months] = await Promise.all([
    readInspection(database, authority),
    readMonths(database, authority),
  ]);
  if (!inspection) return undefined;
  const { header, fingerprint, metrics, actions, localStandards, progress, settings, benchmarks } = inspection;
  const retired = inspection.inspections.filter((each) => each.retired).map((each) => each.header);
  return {
    ...{ inspection: header, retired, fingerprint, metrics, actions, months, localStandards, progress },
    ...{ benchmarks, acknowledgements, bankHolidays },
    ...(settings && { settings }),
    unreadable: [...(inspection.unreadable ?? []), ...unreadableMonths(months)],
  };
}

/** The revisions that a board judged and that are no longer the current ones. */
export function revisedSince(
  judged: Readonly<Record<string, number>>,
  { months }: Pick<AuthorityRecord, 'months'>,
): (readonly [period: string, revision: number])[] {
  return months.flatMap(({ period, revision }) => {
    const earlier = judged[period];
    return earlier !== undefined && earlier !== revision ? [[period, earlier] as const] : [];
  });
}
