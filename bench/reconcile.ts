import { reconcile } from '../functions/domain/reconcile.ts';
import type { Month } from '../functions/domain/submission.ts';
import { dataOf, itemOf } from '../functions/store/database.ts';
import { type Spread, spreadOf } from './measure.ts';
import { makeMonths } from './record.ts';
import { INSPECTION } from './store.ts';

export interface ReconcileCost {
  readonly months: number;
  /** CPU, user and system, of one reconcile from items read to items to write; ms. */
  readonly cpu: Spread;
  /** How much the record's items hold. */
  readonly bytes: number;
}

/** The CPU of one evaluation without its calls: parse what was read, judge it, make what is written. */
export function measureReconcile(lengths: readonly number[], turns: number): ReconcileCost[] {
  return lengths.map((length) => {
    const months = makeMonths(INSPECTION.metrics, length);
    const items = months.map((month) => itemOf('AUTHORITY#bench', `CURRENT#${month.period}`, month));
    const once = (): number => {
      const start = process.cpuUsage();
      evaluateOnce(items.map((item) => dataOf(item) as Month));
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    };
    for (let warmUp = 0; warmUp < 5; warmUp++) once();
    return {
      months: length,
      cpu: spreadOf(Array.from({ length: turns }, once)),
      bytes: items.reduce((sum, item) => sum + (item.data?.S?.length ?? 0), 0),
    };
  });
}

/** As the evaluation after the newest month does it: the board of the months before is stored. */
function evaluateOnce(months: readonly Month[]): number {
  const { judgements: _, metrics, actions, figures: __, ...inspection } = INSPECTION;
  const record = {
    inspection,
    fingerprint: 'bench',
    metrics,
    actions,
    months,
    localStandards: [],
    bankHolidays: new Set<string>(),
    progress: [],
    benchmarks: [],
    acknowledgements: [],
  };
  const { board, notice } = reconcile(undefined, record, [], new Date('2026-01-01'), 'show');
  return JSON.stringify(itemOf('pk', 'BOARD', board)).length + JSON.stringify(itemOf('pk', 'NOTICE', notice)).length;
}
