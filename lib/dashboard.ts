import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { MetricName } from '../functions/runtime/metrics.ts';
import { ownMetric, type Watched, waitingByAuthority } from './watched.ts';

const HOUR = Duration.hours(1);

/** One page, from what people notice down to what causes it. The first three dashboards of an account are free. */
export function makeDashboard(
  scope: Construct,
  { functions, api, streams, queues, schedule }: Watched,
  alarms: readonly cloudwatch.IAlarm[],
): void {
  const graph = (title: string, left: cloudwatch.IMetric[], right: cloudwatch.IMetric[] = []) =>
    new cloudwatch.GraphWidget({ title, left, right, width: 12, height: 6 });
  const total = (name: MetricName) => ownMetric(scope, name, 'Sum', HOUR);
  const givenUp = [...streams, ...queues, schedule].map(({ deadLetters }) => deadLetters);
  const { api: http } = api;
  new cloudwatch.Dashboard(scope, 'Dashboard', {
    dashboardName: Stack.of(scope).stackName,
    defaultInterval: Duration.days(7),
    widgets: [
      [new cloudwatch.AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 4 })],
      [
        graph('What the service did, by hour', [total('Submissions'), total('Raised'), total('Mailed'), total('Late')]),
        graph(
          'Notices waiting',
          [ownMetric(scope, 'OldestUnsentNotice', 'Maximum', HOUR), waitingByAuthority(scope)],
          [
            ownMetric(scope, 'ConfirmedRecipients', 'Minimum', HOUR),
            ownMetric(scope, 'ConfirmedOperators', 'Minimum', HOUR),
          ],
        ),
      ],
      [
        graph(
          'Requests and how long they took',
          [http.metricCount(), http.metricClientError(), http.metricServerError()],
          [http.metricLatency({ statistic: 'p50' }), http.metricLatency({ statistic: 'p99' })],
        ),
        graph(
          'Errors and throttles of functions',
          functions.map((each) => each.function.metricErrors()),
          functions.map((each) => each.function.metricThrottles()),
        ),
      ],
      [
        graph(
          'How long functions ran, at most',
          functions.map((each) => each.function.metricDuration({ statistic: 'Maximum' })),
        ),
        graph(
          'How far streams are behind, and what was given up',
          [...new Set(streams.map(({ to }) => to))].map((to) =>
            to.function.metric('IteratorAge', { statistic: 'Maximum' }),
          ),
          givenUp.map((queue) => queue.metricApproximateNumberOfMessagesVisible()),
        ),
      ],
      [
        new cloudwatch.LogQueryWidget({
          title: 'From request to e-mail',
          logGroupNames: functions.map(({ logGroup }) => logGroup.logGroupName),
          queryLines: [
            'fields @timestamp, service, message, authority, requestId, months, judged, notice, number, messageId',
            'filter message in ["months accepted", "authority evaluated", "notice sent"]',
            'sort @timestamp desc',
            'limit 50',
          ],
          width: 24,
          height: 8,
        }),
      ],
    ],
  });
}
