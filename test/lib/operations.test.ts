import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { METRICS } from '../../functions/runtime/metrics.ts';
import { createApp } from '../../lib/app.ts';
import { COUNCIL_SETTINGS } from '../support/settings.ts';

interface Resource {
  readonly Type: string;
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

const outdir = mkdtempSync(join(tmpdir(), 'operations-test-'));
afterAll(() => rmSync(outdir, { recursive: true }));

function synthesize(context: Record<string, unknown> = {}): Record<string, Resource> {
  return createApp({ context, outdir }).synth().getStackByName('InspectionMonitor').template.Resources;
}

const WATCHED = { operationsEmail: 'engineer@example.org', queues: true, ...COUNCIL_SETTINGS };
const resources = synthesize(WATCHED);
const all = (type: string, of = resources): [string, Resource][] =>
  Object.entries(of).filter(([, { Type }]) => Type === type);

const alarms = new Map(
  all('AWS::CloudWatch::Alarm').map(([, { Properties }]) => [
    String(Properties.AlarmName).replace('InspectionMonitor-', ''),
    Properties,
  ]),
);
const functions = all('AWS::Lambda::Function');
const named = (start: string): string => {
  const found = Object.keys(resources).find((id) => new RegExp(`^${start}[0-9A-F]{8}$`).test(id));
  if (!found) throw new Error(`the template has no ${start}`);
  return found;
};

/** Names of the metrics an alarm watches, with the logical id they are about. */
function watches(name: string): string[] {
  const { Metrics, MetricName, Dimensions } = alarms.get(name);
  const about = (dimensions: any[] = []) =>
    dimensions.map(({ Value }) => Value.Ref ?? Value['Fn::GetAtt']?.[0] ?? Value).join(' ');
  if (!Metrics) return [`${MetricName} of ${about(Dimensions)}`];
  return Metrics.flatMap(({ MetricStat }: any) =>
    MetricStat ? [`${MetricStat.Metric.MetricName} of ${about(MetricStat.Metric.Dimensions)}`] : [],
  );
}

describe('alarms', () => {
  test.each(functions)('%s: errors, throttles and a run near its timeout raise an alarm', (id, { Properties }) => {
    const name = String(Properties.Handler).replace('.handler', '');
    expect(watches(`${name}-errors`)).toEqual([`Errors of ${id}`]);
    expect(alarms.get(`${name}-errors`).AlarmDescription).toContain(Properties.Description);
    expect(watches('functions-throttled')).toContain(`Throttles of ${id}`);
    expect(watches('functions-near-timeout')).toContain(`Duration of ${id}`);
    const { Expression } = alarms
      .get('functions-near-timeout')
      .Metrics.find((metric: { Expression?: string }) => metric.Expression);
    expect(Expression).toContain(`100*FILL(duration_${name},0)/${Properties.Timeout * 1000}`);
  });

  test('every function that reads a stream raises one when it is ten minutes behind', () => {
    const readers = new Set(
      all('AWS::Lambda::EventSourceMapping').map(([, { Properties }]) => Properties.FunctionName.Ref),
    );
    expect(readers.size).toBe(2);
    for (const reader of readers) {
      const name = `${resources[reader]?.Properties.Handler.replace('.handler', '')}-behind`;
      expect(watches(name)).toEqual([`IteratorAge of ${reader}`]);
      expect(alarms.get(name).Threshold).toBe(600_000);
    }
  });

  test('nothing waits in a dead-letter queue without one', () => {
    const watched = [...alarms.keys()].filter((name) => name.endsWith('-dead-letters')).flatMap(watches);
    expect(watched.sort()).toEqual(
      all('AWS::SQS::Queue')
        .filter(([, { Properties }]) => Properties.RedrivePolicy === undefined)
        .map(([id]) => `ApproximateNumberOfMessagesVisible of ${id}`)
        .sort(),
    );
    const ofQueues = ['due-authorities-dead-letters', 'unsent-notices-dead-letters'];
    for (const [name, { Threshold, AlarmDescription }] of alarms)
      if (name.endsWith('-dead-letters')) {
        expect(Threshold).toBe(1);
        // As the mapping, the rule or the queue really tries.
        const tries = name === 'schedule-dead-letters' ? 3 : 10;
        expect(AlarmDescription).toContain(
          ofQueues.includes(name)
            ? 'Given up after 5 tries in two hours and a half'
            : `Given up after ${tries} further tries or an hour, whichever came first`,
        );
      }
  });

  test('what an hourly run leaves to others raises one when it waits for the next', () => {
    const queues = all('AWS::SQS::Queue').filter(([, { Properties }]) => Properties.RedrivePolicy);
    for (const [id, { Properties }] of queues) {
      const { maxReceiveCount } = Properties.RedrivePolicy;
      expect(maxReceiveCount * Properties.VisibilityTimeout).toBe(2.5 * 3600);
      const name = id.startsWith('DueAuthorities') ? 'due-authorities-waiting' : 'unsent-notices-waiting';
      expect(watches(name)).toEqual([`ApproximateAgeOfOldestMessage of ${id}`]);
      expect(alarms.get(name).Threshold).toBe(3600);
    }
    expect(queues).toHaveLength(2);
  });

  test('notices unsent for two hours raise one; so does an hourly run that does not report', () => {
    expect(alarms.get('notices-unsent')).toMatchObject({
      Namespace: 'InspectionMonitor',
      MetricName: 'OldestUnsentNotice',
      Dimensions: [{ Name: 'service', Value: 'notify' }],
      Statistic: 'Maximum',
      Period: 3600,
      Threshold: 7200,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'missing',
      InsufficientDataActions: [{ Ref: named('OperationsTopic') }],
    });
  });

  test('notices that nobody would get raise one that names their authority', () => {
    const [{ Expression, Period }] = alarms.get('notices-waiting').Metrics;
    expect([Expression, Period]).toEqual([
      'SELECT MAX(WaitingNotices) FROM SCHEMA("InspectionMonitor", service, authority) GROUP BY authority ORDER BY MAX() DESC',
      3600,
    ]);
    expect(alarms.get('notices-waiting')).toMatchObject({ Threshold: 1, TreatMissingData: 'notBreaching' });
  });

  test('a topic that nobody has confirmed raises one', () => {
    expect(alarms.get('no-confirmed-recipient')).toMatchObject({
      MetricName: 'ConfirmedRecipients',
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
    });
  });

  test('an answer 5xx of the API raises one', () => {
    expect(watches('api-errors')).toEqual([`5xx of ${named('Api')}`]);
  });

  test('a hundred requests that were told to wait raise one, counted from the access log', () => {
    expect(alarms.get('requests-refused')).toMatchObject({
      MetricName: 'RefusedRequests',
      Threshold: 100,
      Period: 300,
    });
    expect(all('AWS::Logs::MetricFilter').map(([, { Properties }]) => Properties)).toEqual([
      {
        LogGroupName: { Ref: named('ApiAccessLog') },
        FilterPattern: '{ $.status = "429" }',
        MetricTransformations: [
          { MetricNamespace: 'InspectionMonitor', MetricName: 'RefusedRequests', MetricValue: '1' },
        ],
      },
    ]);
  });

  test('there are no others, each goes to the operations topic, and says what it means and where to read on', () => {
    expect([...alarms.keys()].sort()).toEqual(
      [
        ...functions.map(([, { Properties }]) => Properties.Handler.replace('.handler', '-errors')),
        'functions-throttled',
        'functions-near-timeout',
        'evaluate-behind',
        'notify-behind',
        'baseline-changes-dead-letters',
        'submission-changes-dead-letters',
        'new-notices-dead-letters',
        'schedule-dead-letters',
        'due-authorities-waiting',
        'due-authorities-dead-letters',
        'unsent-notices-waiting',
        'unsent-notices-dead-letters',
        'notices-unsent',
        'notices-waiting',
        'no-confirmed-recipient',
        'nobody-hears-operations',
        'api-errors',
        'requests-refused',
      ].sort(),
    );
    for (const [name, properties] of alarms) {
      expect(properties.AlarmActions).toEqual([{ Ref: named('OperationsTopic') }]);
      expect(properties.OKActions).toEqual([{ Ref: named('OperationsTopic') }]);
      expect(properties.AlarmDescription).toMatch(
        new RegExp(
          `^.{40,}\\. What to do: docs/runbook\\.md#inspectionmonitor-${name}, with --stack InspectionMonitor$`,
        ),
      );
      expect(properties.AlarmDescription.length).toBeLessThanOrEqual(1024);
    }
  });

  test.each([...alarms.keys(), 'something-failed', 'hourly-run-missing'])(
    'the runbook has a heading for %s: meaning, checks and repair',
    (name) => {
      const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
      const section = runbook.split(/^## /m).find((part) => part.startsWith(`InspectionMonitor-${name}\n`));
      expect(section, `docs/runbook.md has no heading "## InspectionMonitor-${name}"`).toBeDefined();
      for (const part of ['Means', 'Check', 'Do']) expect(section).toContain(`**${part}`);
    },
  );
});

describe('a trial, which is watched simply,', () => {
  const trial = synthesize({ operationsEmail: 'engineer@example.org', retain: 'false' });
  const alarmsOf = Object.fromEntries(
    all('AWS::CloudWatch::Alarm', trial).map(([, { Properties }]) => [Properties.AlarmName, Properties]),
  );

  test('has two alarms: something failed, or nothing runs', () => {
    expect(Object.keys(alarmsOf).sort()).toEqual([
      'InspectionMonitor-hourly-run-missing',
      'InspectionMonitor-something-failed',
    ]);
    expect(alarmsOf['InspectionMonitor-something-failed']).toMatchObject({
      Namespace: 'InspectionMonitor',
      MetricName: 'Failures',
      Statistic: 'Sum',
      Threshold: 1,
      TreatMissingData: 'notBreaching',
    });
    expect(alarmsOf['InspectionMonitor-hourly-run-missing']).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'Invocations',
      Period: 3600,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 3,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
    for (const { AlarmActions, AlarmDescription } of Object.values<any>(alarmsOf)) {
      expect(AlarmActions).toEqual([{ Ref: named('OperationsTopic') }]);
      expect(AlarmDescription).toMatch(/docs\/runbook\.md#inspectionmonitor-/);
    }
  });

  test('counts what tells of a failure in the log of every function', () => {
    const [refused, ...filters] = all('AWS::Logs::MetricFilter', trial)
      .map(([, { Properties }]) => Properties)
      .sort(({ FilterPattern: one }) => (one.includes('429') ? -1 : 1));
    expect([refused?.FilterPattern, refused?.MetricTransformations]).toEqual([
      '{ $.status = "429" }',
      [{ MetricNamespace: 'InspectionMonitor', MetricName: 'Failures', MetricValue: '0.001' }],
    ]);
    const logGroups = all('AWS::Lambda::Function', trial).map(
      ([, { Properties }]) => Properties.LoggingConfig.LogGroup,
    );
    expect(filters.map(({ LogGroupName }) => LogGroupName)).toEqual(logGroups);
    for (const { FilterPattern, MetricTransformations } of filters) {
      expect(FilterPattern).toBe(
        '{ ($.level = "ERROR") || (($.type = "platform.report") && ($.record.status != "success")) }',
      );
      // Without a default value nothing is written, and nothing paid, while nothing fails.
      expect(MetricTransformations).toEqual([
        { MetricNamespace: 'InspectionMonitor', MetricName: 'Failures', MetricValue: '1' },
      ]);
    }
  });

  test('has no dashboard, and its functions emit no metrics', () => {
    expect(all('AWS::CloudWatch::Dashboard', trial)).toEqual([]);
    for (const [, { Properties }] of all('AWS::Lambda::Function', trial)) {
      const { METRICS_NAMESPACE, POWERTOOLS_METRICS_DISABLED } = Properties.Environment.Variables;
      if (METRICS_NAMESPACE) expect(POWERTOOLS_METRICS_DISABLED).toBe('true');
    }
  });

  test('can be watched closely, too', () => {
    const closely = synthesize({ ...WATCHED, operations: 'full', retain: 'false' });
    expect(all('AWS::CloudWatch::Alarm', closely)).toHaveLength(alarms.size);
  });
});

test('with operations=none nothing is watched, and the alert topic keeps its key', () => {
  const unwatched = synthesize({ operations: 'none' });
  for (const type of ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::Dashboard', 'AWS::Logs::MetricFilter'])
    expect(all(type, unwatched)).toEqual([]);
  expect(all('AWS::SNS::Topic', unwatched)).toHaveLength(1);
  expect(all('AWS::KMS::Key', unwatched)).toHaveLength(1);
});

test('whom to tell, where nobody is told anything, is refused', () => {
  expect(() => synthesize({ operations: 'none', operationsEmail: 'engineer@example.org' })).toThrow(
    /operationsEmail: with operations=none nobody is told anything; leave it out, or choose basic or full/,
  );
});

describe('the operations topic', () => {
  const [[, key] = []] = all('AWS::KMS::Key');

  test('is encrypted under a key that CloudWatch, and only for this account, may use', () => {
    expect(resources[named('OperationsTopic')]?.Properties.KmsMasterKeyId).toEqual({
      'Fn::GetAtt': [named('OperationsKey'), 'Arn'],
    });
    expect(key?.Properties.EnableKeyRotation).toBe(true);
    expect(key?.Properties.KeyPolicy.Statement).toContainEqual({
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    });
  });

  test('takes messages from alarms of this account, and none in the clear', () => {
    const policy = resources[named('OperationsTopicPolicy')]?.Properties.PolicyDocument.Statement;
    expect(policy).toHaveLength(2);
    expect(policy).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: 'sns:Publish',
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      }),
    );
    expect(policy).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Principal: '*',
        Action: 'sns:Publish',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
  });

  test('is told to the function that asks operationsEmail to confirm', () => {
    const variables = resources[named('SeedFunction')]?.Properties.Environment.Variables;
    expect(variables).toMatchObject({
      OPERATIONS_TOPIC_ARN: { Ref: named('OperationsTopic') },
      OPERATIONS_EMAIL: 'engineer@example.org',
    });
  });

  test('raises an alarm when nobody hears of it, where somebody should', () => {
    expect(alarms.get('nobody-hears-operations')).toMatchObject({
      MetricName: 'ConfirmedOperators',
      Dimensions: [{ Name: 'service', Value: 'seed' }],
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
    });
    const names = all('AWS::CloudWatch::Alarm', synthesize()).map(([, { Properties }]) => Properties.AlarmName);
    expect(names).not.toContain('InspectionMonitor-nobody-hears-operations');
  });
});

test('the dashboard shows every alarm and every metric of our own', () => {
  const [[, dashboard] = []] = all('AWS::CloudWatch::Dashboard');
  const body = JSON.stringify(dashboard?.Properties.DashboardBody);
  const { WaitingNotices, ...others } = METRICS;
  for (const name of Object.keys(others)) expect(body).toContain(`\\"InspectionMonitor\\",\\"${name}\\"`);
  expect(WaitingNotices && body).toContain('MAX(WaitingNotices)');
  for (const [id] of all('AWS::CloudWatch::Alarm')) expect(body).toContain(`"${id}"`);
});

test('after a deployment with retain=false, deleting the stack leaves nothing behind', () => {
  for (const [id, resource] of Object.entries(synthesize({ retain: 'false', alertEmail: 'a@example.org' }))) {
    expect([id, resource.DeletionPolicy ?? 'Delete', resource.UpdateReplacePolicy ?? 'Delete']).toEqual([
      id,
      'Delete',
      'Delete',
    ]);
    expect([id, resource.Properties?.DeletionProtectionEnabled ?? false]).toEqual([id, false]);
  }
});

test('with retain, nothing but the tables stays behind', () => {
  const kept = Object.entries(resources).filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain');
  expect(kept.map(([, { Type }]) => Type)).toEqual(Array(4).fill('AWS::DynamoDB::Table'));
  // A first deployment that fails leaves them, under names that the next does not want (ADR 0124).
  for (const [, { Properties }] of kept)
    expect([Properties.TableName, Properties.DeletionProtectionEnabled]).toEqual([undefined, true]);
});

test('the template holds no secret', () => {
  const text = JSON.stringify(resources);
  expect(text).not.toMatch(/imt_[\w-]{20,}|AKIA[0-9A-Z]{16}|-----BEGIN|"(password|secret|api_?key)":/i);
  const variables = functions.flatMap(([, { Properties }]) => Object.keys(Properties.Environment?.Variables ?? {}));
  expect(variables.filter((name) => /TOKEN|SECRET|PASSWORD|KEY/.test(name))).toEqual([]);
});
