import type { Acknowledgement } from './board.ts';
import type { InspectionHeader } from './inspection.ts';
import type { LoadedInspection } from './loaded-inspection.ts';
import type { LocalStandard } from './metric.ts';
import type { Month } from './submission.ts';
import type { Unreadable } from './unreadable.ts';

/** Everything a board is worked out from, apart from the time. */
export interface AuthorityRecord
  extends Pick<LoadedInspection, 'fingerprint' | 'metrics' | 'actions' | 'localStandards' | 'progress' | 'benchmarks'>,
    Pick<LoadedInspection, 'settings'> {
  readonly inspection: InspectionHeader;
  /** Those that no longer count. */
  readonly retired?: readonly Pick<InspectionHeader, 'id' | 'published'>[];
  /** Every month as it stands, oldest first, retracted ones included. */
  readonly months: readonly Month[];
  readonly acknowledgements: readonly Acknowledgement[];
  /** Days, `yyyy-mm-dd`, that are no working days beside weekends. */
  readonly bankHolidays: ReadonlySet<string>;
  /** What is stored and missing here, as it cannot be read. */
  readonly unreadable?: readonly Unreadable[];
}

/** As much of a record as metrics are judged by: who has an alert in hand, or an action done, makes no difference to that. */
export type JudgedRecord = Pick<AuthorityRecord, 'inspection' | 'metrics' | 'months' | 'localStandards'>;

/** Whether figures are held against an older inspection again, as the one that led when they were last told no longer counts. */
export const isLedAgain = (
  leading: string | undefined,
  { inspection, retired = [] }: Pick<AuthorityRecord, 'inspection' | 'retired'>,
): boolean => retired.some(({ id, published }) => id === leading && published > inspection.published);

/** The latest month that was submitted and not retracted. */
export function latestPeriodOf(months: readonly Month[]): string | undefined {
  return months.findLast((month) => !month.retracted)?.period;
}

/** What the authority set for a metric, oldest version first. */
export function localStandardsOf(record: Pick<AuthorityRecord, 'localStandards'>, metric: string): LocalStandard[] {
  return record.localStandards.filter((version) => version.metric === metric);
}
