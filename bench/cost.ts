import * as z from 'zod';
import { METRICS } from '../functions/runtime/metrics.ts';
import type { Tally } from './calls.ts';
import file from './prices.json' with { type: 'json' };

const PriceSchema = z.strictObject({
  /** USD for one. */
  value: z.number().positive(),
  /**
   * What was read: a copy of AWS's price list for London; somebody's quotation of it; a figure for another region or
   * none; or nothing, and the figure follows from others.
   */
  basis: z.enum(['price list', 'quoted', 'elsewhere', 'derived']),
  /** Of the price list or page, where it says so. */
  published: z.iso.date().optional(),
  source: z.string().min(1),
});

export const PriceListSchema = z.strictObject({
  /** When the sources were read, in stored copies: AWS's own pages and files could not be fetched. */
  dated: z.iso.date(),
  region: z.string(),
  prices: z.record(
    z.enum([
      'lambdaRequest',
      'lambdaGbSecondArm',
      'httpApiRequest',
      'dynamodbWriteUnit',
      'dynamodbReadUnit',
      'dynamodbGbMonth',
      'dynamodbBackupGbMonth',
      'snsPublish',
      'snsEmail',
      'sqsRequest',
      'logGbIngested',
      'alarmMonth',
      'customMetricMonth',
      'dashboardMonth',
      'kmsKeyMonth',
      'xrayTrace',
    ]),
    PriceSchema,
  ),
});

export const PRICE_LIST = PriceListSchema.parse(file);
const { prices } = PRICE_LIST;

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

/** What a template holds that costs by the month, whoever uses it. */
export interface Fixed {
  /** CloudWatch bills an alarm by the metrics that it watches. */
  readonly alarms: number;
  readonly keys: number;
  readonly dashboards: number;
  /**
   * Metrics that functions emit, counted as if each were written every hour. One made by a filter of logs is not among them: it
   * is billed by the hours in which something failed.
   */
  readonly customMetrics: number;
  /** Queues that Lambda takes messages from: it asks whether they hold any, all the time. */
  readonly polledQueues: number;
}

/** Lambda begins with five pollers a queue, each of which waits twenty seconds for a message; AWS names neither as a price. */
const POLLS_A_MINUTE = 15;
const MINUTES_A_YEAR = 365 * 24 * 60;

interface Resource {
  readonly Type: string;
  readonly Properties?: unknown;
}

/** Counts in a synthesized template what {@link Fixed} is about. */
export function fixedIn(resources: Readonly<Record<string, Resource>>): Fixed {
  const all = (type: string): Resource[] => Object.values(resources).filter(({ Type }) => Type === type);
  const watched = all('AWS::CloudWatch::Alarm').map(({ Properties }) => {
    const { Metrics } = Properties as { Metrics?: { MetricStat?: unknown }[] };
    // A query counts as one, as it finds one authority that waits or none.
    return Math.max(1, Metrics?.filter(({ MetricStat }) => MetricStat !== undefined).length ?? 1);
  });
  const emits = (emitter: string): boolean =>
    all('AWS::Lambda::Function').some(({ Properties }) => {
      const { Handler, Environment } = Properties as {
        Handler: string;
        Environment?: { Variables: Readonly<Record<string, unknown>> };
      };
      const { METRICS_NAMESPACE, POWERTOOLS_METRICS_DISABLED } = Environment?.Variables ?? {};
      return (
        Handler === `${emitter}.handler` && METRICS_NAMESPACE !== undefined && POWERTOOLS_METRICS_DISABLED !== 'true'
      );
    });
  return {
    alarms: watched.reduce((total, metrics) => total + metrics, 0),
    keys: all('AWS::KMS::Key').length,
    dashboards: all('AWS::CloudWatch::Dashboard').length,
    customMetrics: Object.values(METRICS).filter(({ emittedBy }) => emits(emittedBy)).length,
    polledQueues: all('AWS::Lambda::EventSourceMapping').filter(
      ({ Properties }) => (Properties as { ScalingConfig?: unknown }).ScalingConfig !== undefined,
    ).length,
  };
}

export interface CostModel {
  readonly submission: Tally;
  readonly read: Tally;
  readonly hourly: Tally;
  readonly efforts: Readonly<Record<'submit' | 'query' | 'evaluate' | 'notify', Effort>>;
  /** What the template holds that costs by the month, whoever uses it: see {@link fixedIn}. */
  readonly fixed: Fixed;
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
  prices.lambdaRequest.value + (memoryMb / 1024) * (milliseconds / 1000) * prices.lambdaGbSecondArm.value;

/** Bytes of logs that one invocation writes: Lambda's own three lines and ours. */
const LOGGED_BYTES = 1500;

/** What a year costs, item by item; counted calls and durations of this run times the list prices. */
export function costsOf({ submission, read, hourly, efforts, fixed, storedBytes }: CostModel): CostRow[] {
  const { submissions, recipients, reads, hours } = A_YEAR;
  const gigabyte = 1e9;
  const hourlyInvocations = 3 * hours;
  return [
    {
      item: 'Lambda',
      marginal:
        submissions * (lambda(efforts.submit) + lambda(efforts.evaluate) + lambda(efforts.notify)) +
        reads * lambda(efforts.query),
      fixed:
        // What keeps the recipients asks SNS about each: as much as sending a notice.
        hours *
        (2 * lambda(efforts.notify) + lambda({ ...efforts.evaluate, milliseconds: efforts.notify.milliseconds })),
    },
    { item: 'API Gateway', marginal: (submissions + reads) * prices.httpApiRequest.value, fixed: 0 },
    {
      item: 'DynamoDB writes',
      marginal: submissions * submission.writeUnits * prices.dynamodbWriteUnit.value,
      fixed: 0,
    },
    {
      item: 'DynamoDB reads',
      marginal: (submissions * submission.readUnits + reads * read.readUnits) * prices.dynamodbReadUnit.value,
      fixed: hours * hourly.readUnits * prices.dynamodbReadUnit.value,
    },
    {
      item: 'DynamoDB storage and backup',
      marginal: (12 * storedBytes * (prices.dynamodbGbMonth.value + prices.dynamodbBackupGbMonth.value)) / gigabyte,
      fixed: 0,
    },
    {
      item: 'SNS and e-mail',
      marginal: submissions * (prices.snsPublish.value + recipients * prices.snsEmail.value),
      fixed: 0,
    },
    {
      item: 'Logs',
      marginal: ((3 * submissions + reads) * LOGGED_BYTES * prices.logGbIngested.value) / gigabyte,
      fixed: (hourlyInvocations * LOGGED_BYTES * prices.logGbIngested.value) / gigabyte,
    },
    {
      // Lambda traces the first invocation of each second and 5% of the others: at these rates, every one.
      item: 'X-Ray traces',
      marginal: (3 * submissions + reads) * prices.xrayTrace.value,
      fixed: hourlyInvocations * prices.xrayTrace.value,
    },
    { item: 'Alarms', marginal: 0, fixed: 12 * fixed.alarms * prices.alarmMonth.value },
    { item: 'Keys', marginal: 0, fixed: 12 * fixed.keys * prices.kmsKeyMonth.value },
    { item: 'CloudWatch dashboards', marginal: 0, fixed: 12 * fixed.dashboards * prices.dashboardMonth.value },
    {
      item: 'Queues',
      marginal: 0,
      fixed: fixed.polledQueues * POLLS_A_MINUTE * MINUTES_A_YEAR * prices.sqsRequest.value,
    },
    { item: 'Custom metrics', marginal: 0, fixed: 12 * fixed.customMetrics * prices.customMetricMonth.value },
  ];
}
