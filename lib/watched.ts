import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { METRICS, type MetricName } from '../functions/runtime/metrics.ts';
import type { Api } from './api.ts';
import type { Schedule } from './schedule.ts';
import type { ServiceFunction } from './service-function.ts';
import type { StreamMapping } from './stream-mapping.ts';
import type { WorkQueue } from './work-queue.ts';

/** What is watched: by alarms, and on the dashboard. */
export interface Watched {
  readonly functions: readonly ServiceFunction[];
  readonly api: Api;
  readonly streams: readonly StreamMapping[];
  readonly queues: readonly WorkQueue[];
  readonly schedule: Schedule;
}

/** A metric that the functions emit themselves. */
export function ownMetric(scope: Construct, name: MetricName, statistic: string, period: Duration): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: Stack.of(scope).stackName,
    metricName: name,
    dimensionsMap: { service: METRICS[name].emittedBy },
    statistic,
    period,
  });
}

/** One series an authority, so that the alarm names those that it is about; CloudWatch wants an order, whatever it is. */
export function waitingByAuthority(scope: Construct): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: `SELECT MAX(WaitingNotices) FROM SCHEMA("${Stack.of(scope).stackName}", service, authority) GROUP BY authority ORDER BY MAX() DESC`,
    label: 'notices that wait, by authority',
    period: Duration.hours(1),
    usingMetrics: {},
  });
}
