import { M_OF_N_EXTRA_PERIODS } from '../rules.ts';

/**
 * M of N: an alarm goes off when at least M of the N most recent datapoints breach. What happens where datapoints are
 * missing is Amazon CloudWatch's, as its user guide tabulates it (awsdocs/amazon-cloudwatch-user-guide, commit
 * b3554970, doc_source/AlarmThatSendsEmail.md, "How alarm state is evaluated when data is missing").
 */

/** How a missing datapoint counts, by CloudWatch's names. */
export type TreatMissing = 'missing' | 'ignore' | 'breaching' | 'notBreaching';

/** true: breaches; false: does not; null: missing. */
export type Datapoint = boolean | null;

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** RETAIN: the state stays what it was. */
export type AlarmOutcome = AlarmState | 'RETAIN';

export type MOfN = {
  /** "Datapoints to Alarm", from 1 to n. */
  readonly m: number;
  /** "Evaluation Periods". */
  readonly n: number;
  readonly treatMissing: TreatMissing;
};

/**
 * How many of the most recent periods are looked at, so that real datapoints can stand in for missing ones. CloudWatch
 * does not document its own range; both of its tables use 5 for N = 3, hence two more than N.
 */
export function evaluationRange(n: number): number {
  return n + M_OF_N_EXTRA_PERIODS;
}

/**
 * Judges the datapoints in one evaluation range, oldest first; anything older must already be cut off.
 *
 * With N real datapoints or more, the most recent N decide and `treatMissing` plays no part. With fewer, the gap to N is
 * filled as `treatMissing` says. Under `missing` and `ignore` nothing is filled in: M breaches are an alarm, any datapoint
 * that does not breach is OK, and with breaches alone, but fewer than M, `ignore` retains the state while `missing` alarms
 * only if the oldest of them is M periods old ("Avoiding premature transitions to alarm state").
 *
 * The guide's prose would alarm under `missing` for `0 - X - -` with 2 of 3 too; its table says OK, and so does this
 * (awsdocs issue 129).
 */
export function judgeMOfN({ m, n, treatMissing }: MOfN, datapoints: readonly Datapoint[]): AlarmOutcome {
  if (!(Number.isInteger(m) && Number.isInteger(n) && m >= 1 && m <= n)) {
    throw new RangeError(`M of N needs whole numbers with 1 ≤ M ≤ N, got ${m} of ${n}`);
  }
  let real = 0;
  let breaching = 0;
  let oldestBreachAge = 0;
  for (let i = datapoints.length - 1; i >= 0 && real < n; i--) {
    const datapoint = datapoints[i];
    if (datapoint === null || datapoint === undefined) continue;
    real += 1;
    if (datapoint) {
      breaching += 1;
      oldestBreachAge = datapoints.length - i;
    }
  }
  if (breaching >= m) return 'ALARM';
  if (real === n) return 'OK';
  switch (treatMissing) {
    case 'breaching':
      return breaching + (n - real) >= m ? 'ALARM' : 'OK';
    case 'notBreaching':
      return 'OK';
    case 'ignore':
      return breaching < real ? 'OK' : 'RETAIN';
    case 'missing':
      if (breaching < real) return 'OK';
      return breaching > 0 && oldestBreachAge >= m ? 'ALARM' : 'INSUFFICIENT_DATA';
  }
}
