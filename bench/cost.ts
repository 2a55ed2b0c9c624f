import type { Tally } from './calls.ts';
import prices from './prices.json' with { type: 'json' };

/**
 * How much one authority is used in a year. Assumptions of this model, not measurements: twelve months and two
 * corrections handed in; a notice for each; each notice to two addresses; somebody looks 20 times a month.
 */
const A_YEAR = { submissions: 14, recipients: 2, reads: 240, hours: 8760 } as const;

/** What a function is given and takes, from the template and from this run. */
export interface Effort {
  readonly memoryMb: number;
  readonly milliseconds: number;
}

export interface CostModel {
  readonly submission: Tally;
  readonly read: Tally;
  readonly hourly: Tally;
  readonly efforts: Readonly<Record<'submit' | 'query' | 'evaluate' | 'notify', Effort>>;
  /** What the template holds that costs by the month, whoever uses it. */
  readonly fixed: {
    readonly alarms: number;
    readonly keys: number;
    readonly dashboards: number;
    readonly customMetrics: number;
  };
  /** What one authority keeps, in bytes: ten years of its months and revisions. */
  readonly storedBytes: number;
}

export interface CostRow {
  readonly item: string;
  /** USD for one authority and year. */
  readonly marginal: number;
  /** USD a year whatever the number of authorities. */
  readonly fixed: number;
}

const lambda = ({ memoryMb, milliseconds }: Effort): number =>
  prices.lambdaRequest + (memoryMb / 1024) * (milliseconds / 1000) * prices.lambdaGbSecondArm;

/** Bytes of logs that one invocation writes: Lambda's own three lines and ours. */
const LOGGED_BYTES = 1500;

/** Storage with point-in-time recovery, which costs 0.7 of the storage again. Part of the price list's assumptions. */
const WITH_BACKUP = 1.7;
/** X-Ray samples 5% of invocations beyond the first a second. */
const TRACED = 0.05;

/** What a year costs, item by item; counted calls and durations of this run times the list prices. */
export function costsOf({ submission, read, hourly, efforts, fixed, storedBytes }: CostModel): CostRow[] {
  const { submissions, recipients, reads, hours } = A_YEAR;
  const gigabyte = 1e9;
  const hourlyInvocations = 2 * hours;
  return [
    {
      item: 'Lambda',
      marginal:
        submissions * (lambda(efforts.submit) + lambda(efforts.evaluate) + lambda(efforts.notify)) +
        reads * lambda(efforts.query),
      fixed:
        hours * (lambda(efforts.notify) + lambda({ ...efforts.evaluate, milliseconds: efforts.notify.milliseconds })),
    },
    { item: 'API Gateway', marginal: (submissions + reads) * prices.httpApiRequest, fixed: 0 },
    { item: 'DynamoDB writes', marginal: submissions * submission.writeUnits * prices.dynamodbWriteUnit, fixed: 0 },
    {
      item: 'DynamoDB reads',
      marginal: (submissions * submission.readUnits + reads * read.readUnits) * prices.dynamodbReadUnit,
      fixed: hours * hourly.readUnits * prices.dynamodbReadUnit,
    },
    {
      item: 'DynamoDB storage and backup',
      marginal: (12 * WITH_BACKUP * storedBytes * prices.dynamodbGbMonth) / gigabyte,
      fixed: 0,
    },
    { item: 'SNS and e-mail', marginal: submissions * (prices.snsPublish + recipients * prices.snsEmail), fixed: 0 },
    {
      item: 'Logs',
      marginal: ((3 * submissions + reads) * LOGGED_BYTES * prices.logGbIngested) / gigabyte,
      fixed: (hourlyInvocations * LOGGED_BYTES * prices.logGbIngested) / gigabyte,
    },
    {
      item: 'X-Ray traces',
      marginal: (3 * submissions + reads) * prices.xrayTrace * TRACED,
      fixed: hourlyInvocations * prices.xrayTrace * TRACED,
    },
    { item: 'Alarms', marginal: 0, fixed: 12 * fixed.alarms * prices.alarmMonth },
    { item: 'Keys', marginal: 0, fixed: 12 * fixed.keys * prices.kmsKeyMonth },
    { item: 'CloudWatch dashboards', marginal: 0, fixed: 12 * fixed.dashboards * prices.dashboardMonth },
    { item: 'Custom metrics', marginal: 0, fixed: 12 * fixed.customMetrics * prices.customMetricMonth },
  ];
}
