import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { UNSENT_TOO_LONG_S } from '../functions/runtime/metrics.ts';
import { Alarms } from './alarms.ts';
import type { Api } from './api.ts';
import { makeDashboard } from './dashboard.ts';
import { HOURLY_RETRIES } from './schedule.ts';
import type { ServiceFunction } from './service-function.ts';
import type { Settings } from './settings.ts';
import { RETRIES } from './stream-mapping.ts';
import { ownMetric, type Watched, waitingByAuthority } from './watched.ts';
import { RECEIVES } from './work-queue.ts';

export interface OperationsProps {
  /** How closely the service is watched: see `operations` in settings.ts. */
  readonly level: Settings['operations'];
  /** Who is told when the service itself fails; nobody where there is none. */
  readonly email: string | undefined;
}

const MINUTES_5 = Duration.minutes(5);
const HOUR = Duration.hours(1);
/** A function that needs this part of its timeout will soon need all of it. */
const NEAR_TIMEOUT_PERCENT = 80;
/** Later than this, a stream is not slow but stuck: a failing record is tried again, and holds up what comes after it. */
const BEHIND = Duration.minutes(10);
/** A client that goes on asking is refused as often in seconds; a person never is. */
const REFUSED = 100;
/** An hourly run may be late; three hours without one are no delay. */
const HOURS_OF_SILENCE = 3;
/**
 * A line of a function's log that tells of a failure: its own word for one, or Lambda's report of a run that ended otherwise
 * than by itself (`error`, `failure`, `timeout`). Lambda User Guide, "Log-level filtering": at the default level, such
 * reports are logged.
 */
const TELLS_OF_FAILURE = logs.FilterPattern.any(
  logs.FilterPattern.stringValue('$.level', '=', 'ERROR'),
  logs.FilterPattern.all(
    logs.FilterPattern.stringValue('$.type', '=', 'platform.report'),
    logs.FilterPattern.stringValue('$.record.status', '!=', 'success'),
  ),
);

/**
 * What watches the service: alarms that go to a topic of their own, and a dashboard. How many of them is a matter of cost: see
 * `docs/deployment.md`. Each alarm says in its description what it means for the people served, and its name is a heading in
 * `docs/runbook.md`.
 */
export class Operations extends Construct {
  /**
   * The key of both topics. The AWS-managed one of SNS would be free, but no alarm may use it, and an account has none until
   * something has made it: a stack that names its alias then has a topic that nothing can be published to.
   */
  readonly key: kms.Key;
  private readonly level: Settings['operations'];
  private readonly email: string | undefined;
  private readonly topic: sns.Topic | undefined;
  private readonly alarms: Alarms;

  constructor(scope: Construct, id: string, { level, email }: OperationsProps) {
    super(scope, id);
    this.level = level;
    this.key = new kms.Key(this, 'Key', {
      description: 'Encrypts messages of the inspection monitor on their way through SNS',
      enableKeyRotation: true,
      // It protects messages on their way only: nothing is lost with it.
      removalPolicy: RemovalPolicy.DESTROY,
      pendingWindow: Duration.days(7),
    });
    this.email = email;
    this.topic = level === 'none' ? undefined : this.makeTopic();
    this.alarms = new Alarms(this, this.topic);
  }

  /** Makes the alarms of the level that was chosen, and its dashboard. */
  watch(watched: Watched): void {
    if (this.level === 'full') this.watchClosely(watched);
    if (this.level === 'basic') this.watchSimply(watched);
  }

  /** Lets a function emit metrics of its own, where somebody looks at them: each costs as much as three alarms. */
  tellMetrics(to: ServiceFunction): void {
    to.tell('METRICS_NAMESPACE', Stack.of(this).stackName);
    if (this.level !== 'full') to.tell('POWERTOOLS_METRICS_DISABLED', 'true');
  }

  /**
   * Lets a function ask who is to be told to confirm, and tells it the topic and who that is. To remove somebody it needs
   * `sns:Unsubscribe` on anything, as whoever keeps the recipients has (`AlertTopic.grantSubscribe`).
   */
  grantSubscribe(to: ServiceFunction): void {
    if (!this.topic) return;
    to.allow(['sns:Subscribe', 'sns:ListSubscriptionsByTopic'], this.topic.topicArn);
    to.tell('OPERATIONS_TOPIC_ARN', this.topic.topicArn);
    if (this.email) to.tell('OPERATIONS_EMAIL', this.email);
  }

  /** Lets a function tell whoever is told of failures, and tells it the topic. Whoever publishes to the other topic may use the key. */
  grantPublish(to: ServiceFunction): void {
    if (!this.topic) return;
    to.allow(['sns:Publish'], this.topic.topicArn);
    to.tell('OPERATIONS_TOPIC_ARN', this.topic.topicArn);
  }

  private watchClosely(watched: Watched): void {
    this.watchFunctions(watched.functions);
    this.watchStreams(watched);
    this.watchQueues(watched);
    this.watchNotices();
    this.watchOperators();
    this.alarms.add({
      name: 'api-errors',
      means: 'Somebody who sent figures or looked at a page got "something went wrong" (5xx) and has to try again.',
      metric: watched.api.api.metric('5xx', { statistic: 'Sum', period: MINUTES_5 }),
      atLeast: 1,
    });
    this.countRefused(watched.api, 'RefusedRequests', '1');
    this.alarms.add({
      name: 'requests-refused',
      means:
        'So many requests came that the API told some to wait (429): a program that has run wild, or a flood. People may be among those who wait.',
      metric: new cloudwatch.Metric({
        namespace: Stack.of(this).stackName,
        metricName: 'RefusedRequests',
        statistic: 'Sum',
        period: MINUTES_5,
      }),
      atLeast: REFUSED,
    });
    makeDashboard(this, watched, this.alarms.all);
  }

  /**
   * Two alarms in place of many. All functions' logs are counted into one metric, which is written, and paid for, only in
   * hours in which something failed; the hourly run logs a failure also where a notice is not sent or nobody hears.
   */
  private watchSimply({ functions, api, streams, schedule }: Watched): void {
    const failures = new cloudwatch.Metric({
      namespace: Stack.of(this).stackName,
      metricName: 'Failures',
      statistic: 'Sum',
      period: HOUR,
    });
    for (const each of functions)
      new logs.MetricFilter(this, `${each.name}-failures`, {
        logGroup: each.logGroup,
        filterPattern: TELLS_OF_FAILURE,
        metricNamespace: failures.namespace,
        metricName: failures.metricName,
        metricValue: '1',
      });
    // A thousand of them in an hour count as one failure.
    this.countRefused(api, failures.metricName, '0.001');
    this.alarms.add({
      name: 'something-failed',
      means:
        'A function failed, a notice is not sent after two hours, nobody has confirmed to receive any, or a thousand requests were told to wait (429): somebody may not hear of an alert.',
      metric: failures,
      atLeast: 1,
    });
    // The others are called by streams as well: that they ran says nothing of the hour.
    const hourly = schedule.calls.find((each) => streams.every(({ to }) => to !== each));
    if (!hourly) throw new Error('nothing is called by the hour alone');
    this.alarms.add({
      name: 'hourly-run-missing',
      means:
        'The hourly run has not run for three hours: late months and missed deadlines are not noticed, and nothing says of a notice that it was not sent.',
      metric: hourly.function.metricInvocations({ period: HOUR }),
      lessThan: 1,
      periods: HOURS_OF_SILENCE,
      all: true,
      silence: 'is the fault',
    });
  }

  /** Counts what API Gateway refused by its limits, as its access log has it: it has no metric of that. Paid for in hours in which there is any. */
  private countRefused({ accessLog }: Api, metricName: string, metricValue: string): void {
    new logs.MetricFilter(this, 'refused-requests', {
      logGroup: accessLog,
      filterPattern: logs.FilterPattern.stringValue('$.status', '=', '429'),
      metricNamespace: Stack.of(this).stackName,
      metricName,
      metricValue,
    });
  }

  private makeTopic(): sns.Topic {
    this.key.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    const topic = new sns.Topic(this, 'Topic', {
      displayName: 'Inspection monitor operations',
      masterKey: this.key,
      enforceSSL: true,
    });
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    return topic;
  }

  /** An alarm on errors for each function; throttling and slowness have one cause for all, and so one alarm. */
  private watchFunctions(functions: readonly ServiceFunction[]): void {
    for (const each of functions)
      this.alarms.add({
        name: `${each.name}-errors`,
        means: each.whenItFails,
        metric: each.function.metricErrors({ period: MINUTES_5 }),
        atLeast: 1,
      });
    const throttles = functions.map(
      (each) => [`throttles_${each.name}`, each.function.metricThrottles({ period: MINUTES_5 })] as const,
    );
    this.alarms.add({
      name: 'functions-throttled',
      means:
        'The account runs as many functions at once as it may: requests are refused (503), judging and mailing wait. A new account may run only ten.',
      metric: new cloudwatch.MathExpression({
        expression: `SUM([${throttles.map(([name]) => `FILL(${name},0)`).join(', ')}])`,
        label: 'throttled invocations of all functions',
        period: MINUTES_5,
        usingMetrics: Object.fromEntries(throttles),
      }),
      atLeast: 1,
    });
    const shares = functions.map((each) => {
      const metric = each.function.metricDuration({ period: MINUTES_5, statistic: 'Maximum' });
      return [`duration_${each.name}`, each.timeout.toMilliseconds(), metric] as const;
    });
    this.alarms.add({
      name: 'functions-near-timeout',
      means:
        'A function took so long that a larger record or a slower day would end it half-way: requests fail (5xx), or judging and mailing start over.',
      metric: new cloudwatch.MathExpression({
        expression: `MAX([${shares.map(([name, timeout]) => `100*FILL(${name},0)/${timeout}`).join(', ')}])`,
        label: 'longest run in percent of its timeout',
        period: MINUTES_5,
        usingMetrics: Object.fromEntries(shares.map(([name, , metric]) => [name, metric])),
      }),
      atLeast: NEAR_TIMEOUT_PERCENT,
    });
  }

  private watchStreams({ streams, schedule }: Watched): void {
    for (const to of new Set(streams.map((stream) => stream.to)))
      this.alarms.add({
        name: `${to.name}-behind`,
        means: `What changed ten minutes ago has not been looked at. ${to.whenItFails}`,
        metric: to.function.metric('IteratorAge', { period: MINUTES_5, statistic: 'Maximum' }),
        atLeast: BEHIND.toMilliseconds(),
      });
    const givenUp = [
      ...streams.map(({ node, deadLetters, to }) => ({
        what: node.id,
        deadLetters,
        tries: RETRIES,
        means: to.whenItFails,
      })),
      {
        what: schedule.node.id,
        deadLetters: schedule.deadLetters,
        tries: HOURLY_RETRIES,
        means: 'Late figures and unsent notices wait.',
      },
    ];
    for (const { what, deadLetters, tries, means } of givenUp)
      this.alarms.add({
        name: `${kebab(what)}-dead-letters`,
        means: `Given up after ${tries} further tries or an hour, whichever came first; the hourly run tries again from the tables. ${means}`,
        metric: deadLetters.metricApproximateNumberOfMessagesVisible({ period: MINUTES_5, statistic: 'Maximum' }),
        atLeast: 1,
      });
  }

  private watchQueues({ queues }: Watched): void {
    for (const { node, by, queue, deadLetters } of queues) {
      this.alarms.add({
        name: `${kebab(node.id)}-waiting`,
        means: `What an hourly run left to others has waited for an hour, and the next has come. ${by.whenItFails}`,
        metric: queue.metricApproximateAgeOfOldestMessage({ period: MINUTES_5, statistic: 'Maximum' }),
        atLeast: HOUR.toSeconds(),
      });
      this.alarms.add({
        name: `${kebab(node.id)}-dead-letters`,
        means: `Given up after ${RECEIVES} tries in two hours and a half; the hourly run goes on listing it. ${by.whenItFails}`,
        metric: deadLetters.metricApproximateNumberOfMessagesVisible({ period: MINUTES_5, statistic: 'Maximum' }),
        atLeast: 1,
      });
    }
  }

  private watchNotices(): void {
    this.alarms.add({
      name: 'notices-unsent',
      means:
        'Alerts were raised two hours ago and nobody was mailed; or, as "insufficient data", the hourly run that would send them has not run for three hours.',
      metric: ownMetric(this, 'OldestUnsentNotice', 'Maximum', HOUR),
      atLeast: UNSENT_TOO_LONG_S,
      periods: HOURS_OF_SILENCE,
      silence: 'tell',
    });
    this.alarms.add({
      name: 'notices-waiting',
      means:
        'Nobody who would get the notices of the authority that this names has confirmed: its alerts are raised, and nobody there hears of them.',
      metric: waitingByAuthority(this),
      atLeast: 1,
    });
    this.alarms.add({
      name: 'no-confirmed-recipient',
      means: 'Nobody has confirmed to receive e-mails: alerts are raised and their notices wait, so no director hears.',
      metric: ownMetric(this, 'ConfirmedRecipients', 'Minimum', HOUR),
      lessThan: 1,
      silence: 'changes nothing',
    });
  }

  /** Only where somebody is to hear: the alarm shows in the console, and on the dashboard, as nobody else could be told. */
  private watchOperators(): void {
    if (!this.email) return;
    this.alarms.add({
      name: 'nobody-hears-operations',
      means:
        'Nobody has confirmed to hear when the service itself fails: this alarm, like all others, reaches nobody by e-mail.',
      metric: ownMetric(this, 'ConfirmedOperators', 'Minimum', HOUR),
      lessThan: 1,
      silence: 'changes nothing',
    });
  }
}

const kebab = (name: string): string => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
