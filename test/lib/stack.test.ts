import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { COUNCIL_PAGES, DEFAULT_ROUTE, PAGES, ROUTES } from '../../functions/http/routes.ts';
import { HOURLY_EVENT } from '../../functions/runtime/events.ts';
import { TABLES, type TableDefinition } from '../../functions/store/keys.ts';
import { createApp } from '../../lib/app.ts';
import { readSeeds } from '../../lib/seeds.ts';
import { SettingsError } from '../../lib/settings.ts';
import { COUNCIL_SETTINGS } from '../support/settings.ts';

interface Resource {
  readonly Type: string;
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
}

const outdir = mkdtempSync(join(tmpdir(), 'stack-test-'));
afterAll(() => rmSync(outdir, { recursive: true }));

const CONTEXT = { alertEmail: 'director@herefordshire.example' };

function synthesize(context: Record<string, unknown> = CONTEXT): Template {
  return createApp({ context, outdir }).synth().getStackByName('InspectionMonitor').template;
}

/** A name without the hash that CDK adds to it. */
const short = (logicalId: string): string => logicalId.replace(/[0-9A-F]{8}$/, '');

/** A reference as `Name.Attribute`, a joined string in full, with the short names of what it refers to. */
function readable(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[operation, argument]] = Object.entries(value as Record<string, unknown>) as [[string, never]];
  if (operation === 'Ref') return short(argument);
  if (operation === 'Fn::GetAtt') return `${short(argument[0])}.${argument[1]}`;
  if (operation === 'Fn::Join') return (argument[1] as unknown[]).map(readable).join(argument[0]);
  throw new Error(`cannot read ${JSON.stringify(value)}`);
}

const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

const template = synthesize();

function all(type: string, of: Template = template): Record<string, Resource> {
  return Object.fromEntries(
    Object.entries(of.Resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([id, resource]) => [short(id), resource]),
  );
}

/** Every `action on resource` that a function's role allows, in order. */
function permissionsOf(functionName: string, of: Template = template): string[] {
  const inline = list(all('AWS::IAM::Role', of)[`${functionName}Role`]?.Properties.Policies ?? []);
  const attached = Object.values(all('AWS::IAM::Policy', of)).filter(({ Properties }) =>
    Properties.Roles.some((role: unknown) => readable(role) === `${functionName}Role`),
  );
  const documents = [...inline, ...attached.map(({ Properties }) => Properties)].map(
    ({ PolicyDocument }: any) => PolicyDocument,
  );
  return documents
    .flatMap(({ Statement }) => Statement)
    .flatMap(({ Effect, Action, Resource, Condition }) => {
      expect([Effect, Condition]).toEqual(['Allow', undefined]);
      return list(Action).flatMap((action) => list(Resource).map((resource) => `${action} on ${readable(resource)}`));
    })
    .sort();
}

/** What every function may do: log to its own group, and trace, for which AWS has no narrower resource than `*`. */
const ofEvery = (functionName: string) => [
  `logs:CreateLogStream on ${functionName}Logs.Arn`,
  `logs:PutLogEvents on ${functionName}Logs.Arn`,
  'xray:PutTelemetryRecords on *',
  'xray:PutTraceSegments on *',
];

const reading = (stream: string) =>
  ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map(
    (verb) => `dynamodb:${verb} on ${stream}.StreamArn`,
  );

/** To add, change and remove recipients. IAM knows no narrower resource than `*` for what acts on one subscription. */
const SUBSCRIBING = [
  'sns:ListSubscriptionsByTopic on AlertsTopic',
  'sns:Subscribe on AlertsTopic',
  'sns:GetSubscriptionAttributes on *',
  'sns:SetSubscriptionAttributes on *',
  'sns:Unsubscribe on *',
];

const FUNCTIONS = ['Seed', 'Submit', 'Query', 'Manage', 'Dashboard', 'Evaluate', 'Notify'];

describe('each function may do what it needs and nothing else', () => {
  test.each([
    {
      name: 'Seed',
      may: [
        'dynamodb:DeleteItem on TablesBaselines.Arn',
        'dynamodb:PutItem on TablesBaselines.Arn',
        'dynamodb:Query on TablesBaselines.Arn',
        'dynamodb:DeleteItem on TablesAlerts.Arn',
        'dynamodb:PutItem on TablesAlerts.Arn',
        'dynamodb:Query on TablesAlerts.Arn',
        ...SUBSCRIBING,
        'sns:ListSubscriptionsByTopic on OperationsTopic',
        'sns:Subscribe on OperationsTopic',
      ],
      knows: {
        BASELINES_TABLE: 'TablesBaselines',
        ALERTS_TABLE: 'TablesAlerts',
        ALERT_TOPIC_ARN: 'AlertsTopic',
        ALERT_EMAIL: CONTEXT.alertEmail,
        OPERATIONS_TOPIC_ARN: 'OperationsTopic',
        METRICS_NAMESPACE: 'InspectionMonitor',
      },
    },
    {
      name: 'Submit',
      may: [
        'dynamodb:GetItem on TablesAccess.Arn',
        'dynamodb:GetItem on TablesBaselines.Arn',
        'dynamodb:Query on TablesBaselines.Arn',
        'dynamodb:GetItem on TablesSubmissions.Arn',
        'dynamodb:PutItem on TablesSubmissions.Arn',
        'dynamodb:Query on TablesSubmissions.Arn',
        'dynamodb:PutItem on TablesAlerts.Arn',
      ],
      knows: {
        ACCESS_TABLE: 'TablesAccess',
        BASELINES_TABLE: 'TablesBaselines',
        SUBMISSIONS_TABLE: 'TablesSubmissions',
        ALERTS_TABLE: 'TablesAlerts',
      },
    },
    {
      name: 'Query',
      may: [
        'dynamodb:GetItem on TablesAccess.Arn',
        'dynamodb:GetItem on TablesBaselines.Arn',
        'dynamodb:Query on TablesBaselines.Arn',
        'dynamodb:GetItem on TablesSubmissions.Arn',
        'dynamodb:Query on TablesSubmissions.Arn',
        'dynamodb:Query on TablesAlerts.Arn',
        'dynamodb:Query on TablesAlerts.Arn/index/unsent',
      ],
      knows: {
        ACCESS_TABLE: 'TablesAccess',
        BASELINES_TABLE: 'TablesBaselines',
        SUBMISSIONS_TABLE: 'TablesSubmissions',
        ALERTS_TABLE: 'TablesAlerts',
      },
    },
    {
      name: 'Manage',
      may: [
        'dynamodb:GetItem on TablesAccess.Arn',
        'dynamodb:PutItem on TablesAccess.Arn',
        'dynamodb:DeleteItem on TablesBaselines.Arn',
        'dynamodb:PutItem on TablesBaselines.Arn',
        'dynamodb:Query on TablesBaselines.Arn',
        'dynamodb:Query on TablesSubmissions.Arn',
        'dynamodb:DeleteItem on TablesAlerts.Arn',
        'dynamodb:PutItem on TablesAlerts.Arn',
        'dynamodb:Query on TablesAlerts.Arn',
        ...SUBSCRIBING,
        'sns:Publish on AlertsTopic',
        'kms:Decrypt on OperationsKey.Arn',
        'kms:GenerateDataKey on OperationsKey.Arn',
      ],
      knows: {
        ACCESS_TABLE: 'TablesAccess',
        BASELINES_TABLE: 'TablesBaselines',
        SUBMISSIONS_TABLE: 'TablesSubmissions',
        ALERTS_TABLE: 'TablesAlerts',
        ALERT_TOPIC_ARN: 'AlertsTopic',
      },
    },
    {
      name: 'Dashboard',
      may: [
        'dynamodb:DeleteItem on TablesAccess.Arn',
        'dynamodb:GetItem on TablesAccess.Arn',
        'dynamodb:PutItem on TablesAccess.Arn',
        'dynamodb:UpdateItem on TablesAccess.Arn',
        'dynamodb:Query on TablesAccess.Arn/index/tokens',
        'dynamodb:DeleteItem on TablesBaselines.Arn',
        'dynamodb:GetItem on TablesBaselines.Arn',
        'dynamodb:PutItem on TablesBaselines.Arn',
        'dynamodb:Query on TablesBaselines.Arn',
        'dynamodb:BatchGetItem on TablesSubmissions.Arn',
        'dynamodb:GetItem on TablesSubmissions.Arn',
        'dynamodb:PutItem on TablesSubmissions.Arn',
        'dynamodb:Query on TablesSubmissions.Arn',
        'dynamodb:DeleteItem on TablesAlerts.Arn',
        'dynamodb:PutItem on TablesAlerts.Arn',
        'dynamodb:Query on TablesAlerts.Arn',
        'dynamodb:Query on TablesAlerts.Arn/index/unsent',
        ...SUBSCRIBING,
        'sns:Publish on AlertsTopic',
        'kms:Decrypt on OperationsKey.Arn',
        'kms:GenerateDataKey on OperationsKey.Arn',
      ],
      knows: {
        ACCESS_TABLE: 'TablesAccess',
        BASELINES_TABLE: 'TablesBaselines',
        SUBMISSIONS_TABLE: 'TablesSubmissions',
        ALERTS_TABLE: 'TablesAlerts',
        ALERT_TOPIC_ARN: 'AlertsTopic',
        SMALL_NUMBERS: 'show',
      },
    },
    {
      name: 'Evaluate',
      may: [
        'dynamodb:Query on TablesBaselines.Arn',
        'dynamodb:BatchGetItem on TablesSubmissions.Arn',
        'dynamodb:Query on TablesSubmissions.Arn',
        'dynamodb:DeleteItem on TablesAlerts.Arn',
        'dynamodb:PutItem on TablesAlerts.Arn',
        'dynamodb:Query on TablesAlerts.Arn',
        'dynamodb:Scan on TablesAlerts.Arn/index/due',
        ...reading('TablesBaselines'),
        ...reading('TablesSubmissions'),
        'sqs:SendMessage on BaselineChangesDeadLetters.Arn',
        'sqs:SendMessage on SubmissionChangesDeadLetters.Arn',
      ],
      knows: {
        BASELINES_TABLE: 'TablesBaselines',
        SUBMISSIONS_TABLE: 'TablesSubmissions',
        ALERTS_TABLE: 'TablesAlerts',
        SMALL_NUMBERS: 'show',
        METRICS_NAMESPACE: 'InspectionMonitor',
      },
    },
    {
      name: 'Notify',
      may: [
        'dynamodb:GetItem on TablesAccess.Arn',
        'dynamodb:UpdateItem on TablesAccess.Arn',
        'dynamodb:Query on TablesAccess.Arn/index/tokens',
        'sns:Publish on OperationsTopic',
        'dynamodb:GetItem on TablesBaselines.Arn',
        'dynamodb:Query on TablesBaselines.Arn',
        'dynamodb:Query on TablesSubmissions.Arn',
        'dynamodb:GetItem on TablesAlerts.Arn',
        'dynamodb:PutItem on TablesAlerts.Arn',
        'dynamodb:UpdateItem on TablesAlerts.Arn',
        'dynamodb:Scan on TablesAlerts.Arn/index/unsent',
        ...reading('TablesAlerts'),
        'dynamodb:Query on TablesAlerts.Arn',
        'sns:ListSubscriptionsByTopic on AlertsTopic',
        'sns:Publish on AlertsTopic',
        'sns:GetSubscriptionAttributes on *',
        'kms:Decrypt on OperationsKey.Arn',
        'kms:GenerateDataKey on OperationsKey.Arn',
        'sqs:SendMessage on NewNoticesDeadLetters.Arn',
      ],
      knows: {
        BASELINES_TABLE: 'TablesBaselines',
        SUBMISSIONS_TABLE: 'TablesSubmissions',
        ALERTS_TABLE: 'TablesAlerts',
        ALERT_TOPIC_ARN: 'AlertsTopic',
        ACCESS_TABLE: 'TablesAccess',
        OPERATIONS_TOPIC_ARN: 'OperationsTopic',
        SMALL_NUMBERS: 'show',
        API_URL: 'Api.ApiEndpoint',
        METRICS_NAMESPACE: 'InspectionMonitor',
      },
    },
  ])('$name', ({ name, may, knows }) => {
    expect(permissionsOf(name)).toEqual([...may, ...ofEvery(name)].sort());
    const variables = all('AWS::Lambda::Function')[`${name}Function`]?.Properties.Environment.Variables;
    expect(Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, readable(value)]))).toEqual(knows);
  });

  test('no function is left out above, and no role has a policy of AWS', () => {
    expect(Object.keys(all('AWS::Lambda::Function'))).toEqual(FUNCTIONS.map((name) => `${name}Function`));
    for (const { Properties } of Object.values(all('AWS::IAM::Role')))
      expect(Properties.ManagedPolicyArns).toBeUndefined();
  });
});

describe('functions', () => {
  test.each(FUNCTIONS)('%s runs on Node 24 and arm64, traced, with a log group of its own', (name) => {
    const { Properties } = all('AWS::Lambda::Function')[`${name}Function`] as Resource;
    expect(Properties).toMatchObject({
      Handler: `${name.toLowerCase()}.handler`,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
    });
    expect(readable(Properties.LoggingConfig.LogGroup)).toBe(`${name}Logs`);
    expect(all('AWS::Logs::LogGroup')[`${name}Logs`]?.Properties.RetentionInDays).toBe(90);
  });

  test('none reserves concurrency: a fresh account has none to give', () => {
    for (const { Properties } of Object.values(all('AWS::Lambda::Function')))
      expect(Properties.ReservedConcurrentExecutions).toBeUndefined();
  });

  test('an answer over HTTP comes before API Gateway gives up after 30 seconds', () => {
    for (const name of ['Submit', 'Query'])
      expect(all('AWS::Lambda::Function')[`${name}Function`]?.Properties.Timeout).toBeLessThan(30);
  });

  test('smallNumbers reaches the function that writes them', () => {
    const { Properties } = all('AWS::Lambda::Function', synthesize({ smallNumbers: 'suppress' }))
      .EvaluateFunction as Resource;
    expect(Properties.Environment.Variables.SMALL_NUMBERS).toBe('suppress');
  });
});

describe('tables', () => {
  test.each(Object.entries(TABLES) as [string, TableDefinition][])(
    '%s is as keys.ts says, encrypted and recoverable',
    (name, table) => {
      const { Properties } = all('AWS::DynamoDB::Table')[`Tables${name[0]?.toUpperCase()}${name.slice(1)}`] as Resource;
      const schema = ({ partitionKey, sortKey }: { partitionKey: string; sortKey?: string }) => [
        { AttributeName: partitionKey, KeyType: 'HASH' },
        ...(sortKey ? [{ AttributeName: sortKey, KeyType: 'RANGE' }] : []),
      ];
      expect(Properties).toMatchObject({
        KeySchema: schema(table),
        BillingMode: 'PAY_PER_REQUEST',
        SSESpecification: { SSEEnabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      });
      expect(Properties.StreamSpecification).toEqual(table.stream ? { StreamViewType: 'KEYS_ONLY' } : undefined);
      expect(Properties.TimeToLiveSpecification).toEqual(
        table.timeToLive ? { AttributeName: table.timeToLive, Enabled: true } : undefined,
      );
      expect(Properties.GlobalSecondaryIndexes ?? []).toEqual(
        Object.entries(table.indexes).map(([IndexName, index]) => ({
          IndexName,
          KeySchema: schema(index),
          Projection: { ProjectionType: 'KEYS_ONLY' },
        })),
      );
    },
  );

  test.each([
    { retain: true, policy: 'Retain' },
    { retain: 'false', policy: 'Delete' },
  ])('with retain=$retain they refuse deletion, or go with the stack', ({ retain, policy }) => {
    for (const table of Object.values(all('AWS::DynamoDB::Table', synthesize({ retain })))) {
      expect(table.Properties.DeletionProtectionEnabled).toBe(policy === 'Retain');
      expect([table.DeletionPolicy, table.UpdateReplacePolicy]).toEqual([policy, policy]);
    }
  });
});

describe('streams', () => {
  test.each([
    {
      mapping: 'BaselineChanges',
      from: 'TablesBaselines',
      to: 'Evaluate',
      filter: {
        dynamodb: {
          Keys: {
            sk: {
              S: [{ prefix: 'AUTHORITY' }, { prefix: 'STANDARD#' }, { prefix: 'PROGRESS#' }],
            },
          },
        },
      },
      window: 1,
    },
    {
      mapping: 'SubmissionChanges',
      from: 'TablesSubmissions',
      to: 'Evaluate',
      filter: { dynamodb: { Keys: { sk: { S: [{ prefix: 'CURRENT#' }] } } } },
      window: 1,
    },
    {
      mapping: 'NewNotices',
      from: 'TablesAlerts',
      to: 'Notify',
      filter: { eventName: ['INSERT'], dynamodb: { Keys: { sk: { S: [{ prefix: 'NOTICE#' }] } } } },
      window: 0,
    },
  ])('$mapping go to $to, in order, and what fails for good is put aside', ({ mapping, from, to, filter, window }) => {
    const { Properties } = all('AWS::Lambda::EventSourceMapping')[`${mapping}Mapping`] as Resource;
    expect(readable(Properties.EventSourceArn)).toBe(`${from}.StreamArn`);
    expect(readable(Properties.FunctionName)).toBe(`${to}Function`);
    expect(Properties.FilterCriteria.Filters.map(({ Pattern }: { Pattern: string }) => JSON.parse(Pattern))).toEqual([
      filter,
    ]);
    expect(readable(Properties.DestinationConfig.OnFailure.Destination)).toBe(`${mapping}DeadLetters.Arn`);
    expect(Properties).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      MaximumBatchingWindowInSeconds: window,
      MaximumRetryAttempts: 10,
      MaximumRecordAgeInSeconds: 3600,
    });
    expect(Properties.ParallelizationFactor).toBeUndefined();
  });

  test('every dead-letter queue is encrypted, keeps for 14 days and refuses plain HTTP', () => {
    const queues = all('AWS::SQS::Queue');
    expect(Object.keys(queues)).toHaveLength(4);
    for (const [name, { Properties }] of Object.entries(queues)) {
      expect(Properties).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 24 * 3600 });
      const { Statement } = all('AWS::SQS::QueuePolicy')[`${name}Policy`]?.Properties.PolicyDocument ?? {};
      expect(Statement).toContainEqual(
        expect.objectContaining({
          Effect: 'Deny',
          Action: 'sqs:*',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      );
    }
  });
});

describe('queues', () => {
  const many = synthesize({ ...CONTEXT, queues: 'true' });

  test('are not there with few authorities: asking them costs the same whatever they hold', () => {
    const mappings = Object.values(all('AWS::Lambda::EventSourceMapping'));
    expect(mappings.every(({ Properties }) => Properties.StartingPosition)).toBe(true);
    expect(Object.keys(all('AWS::SQS::Queue')).filter((id) => !id.endsWith('DeadLetters'))).toEqual([]);
  });

  test.each([
    ['DueAuthorities', 'Evaluate', 4],
    ['UnsentNotices', 'Notify', 2],
  ])(
    '%s hands to %s what its hourly run leaves, in batches that may be done in part',
    (name, by, MaximumConcurrency) => {
      const { Properties: queue } = all('AWS::SQS::Queue', many)[`${name}Queue`] as Resource;
      const { Timeout } = all('AWS::Lambda::Function', many)[`${by}Function`]?.Properties ?? {};
      expect(queue).toMatchObject({ SqsManagedSseEnabled: true, VisibilityTimeout: 6 * Timeout });
      expect(readable(queue.RedrivePolicy.deadLetterTargetArn)).toBe(`${name}DeadLetters.Arn`);
      // Long enough to be put aside, and no longer: the hourly run lists it anew.
      const { maxReceiveCount } = queue.RedrivePolicy;
      expect(maxReceiveCount).toBeGreaterThanOrEqual(5);
      expect(queue.MessageRetentionPeriod).toBe((maxReceiveCount + 1) * queue.VisibilityTimeout);

      const [mapping] = Object.entries(all('AWS::Lambda::EventSourceMapping', many)).filter(([id]) =>
        id.startsWith(name),
      );
      expect(mapping?.[1].Properties).toMatchObject({
        BatchSize: 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency },
      });
      expect(readable(mapping?.[1].Properties.EventSourceArn)).toBe(`${name}Queue.Arn`);
      const verbs = ['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage', 'SendMessage'];
      const added = permissionsOf(by, many).filter((permission) => !permissionsOf(by).includes(permission));
      expect(added).toEqual(verbs.map((verb) => `sqs:${verb} on ${name}Queue.Arn`));
      const { Variables } = all('AWS::Lambda::Function', many)[`${by}Function`]?.Properties.Environment ?? {};
      expect(readable(Variables.WORK_QUEUE_URL)).toBe(`${name}Queue`);
    },
  );

  test('take nothing in the clear', () => {
    const policies = Object.entries(all('AWS::SQS::QueuePolicy', many)).filter(([id]) => /QueuePolicy$/.test(id));
    expect(policies).toHaveLength(2);
    for (const [, { Properties }] of policies)
      expect(Properties.PolicyDocument.Statement).toEqual([
        expect.objectContaining({
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      ]);
  });
});

describe('every hour', () => {
  const { Properties } = all('AWS::Events::Rule').ScheduleHourly as Resource;

  test('seed, evaluate and notify are called, with what the functions know the hour by', () => {
    expect(Properties.ScheduleExpression).toBe('rate(1 hour)');
    expect(Properties.State).toBe('ENABLED');
    expect(Properties.Targets.map(({ Arn }: { Arn: unknown }) => readable(Arn))).toEqual([
      'SeedFunction.Arn',
      'EvaluateFunction.Arn',
      'NotifyFunction.Arn',
    ]);
    for (const { Input } of Properties.Targets) expect(JSON.parse(Input)).toEqual(HOURLY_EVENT);
  });

  test('a call that cannot be delivered within the hour is put aside', () => {
    for (const target of Properties.Targets) {
      expect(target.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 3 });
      expect(readable(target.DeadLetterConfig.Arn)).toBe('ScheduleDeadLetters.Arn');
    }
    expect(all('AWS::SQS::QueuePolicy').ScheduleDeadLettersPolicy?.Properties.PolicyDocument.Statement).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Principal: { Service: 'events.amazonaws.com' },
      }),
    );
  });

  test('only this rule and this API may call functions', () => {
    const permissions = Object.values(all('AWS::Lambda::Permission')).map(
      ({ Properties: { FunctionName, Principal, SourceArn } }) =>
        `${Principal} ${readable(SourceArn).replace(/^.*:/, '')} calls ${readable(FunctionName)}`,
    );
    expect(permissions.sort()).toEqual([
      'apigateway.amazonaws.com Api/*/* calls DashboardFunction.Arn',
      'apigateway.amazonaws.com Api/*/* calls ManageFunction.Arn',
      'apigateway.amazonaws.com Api/*/* calls QueryFunction.Arn',
      'apigateway.amazonaws.com Api/*/* calls SubmitFunction.Arn',
      'events.amazonaws.com ScheduleHourly.Arn calls EvaluateFunction.Arn',
      'events.amazonaws.com ScheduleHourly.Arn calls NotifyFunction.Arn',
      'events.amazonaws.com ScheduleHourly.Arn calls SeedFunction.Arn',
    ]);
  });
});

describe('the API', () => {
  test('has the routes of routes.ts and an answer for every other path', () => {
    const integrations = all('AWS::ApiGatewayV2::Integration');
    const routes = Object.values(all('AWS::ApiGatewayV2::Route')).map(({ Properties: { RouteKey, Target } }) => {
      const integration = integrations[readable(Target).replace('integrations/', '')] as Resource;
      expect(integration.Properties).toMatchObject({ IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' });
      return [RouteKey, readable(integration.Properties.IntegrationUri)];
    });
    const uri = (name: string) => `${name[0]?.toUpperCase()}${name.slice(1)}Function.Arn`;
    expect(Object.fromEntries(routes)).toEqual({
      ...Object.fromEntries(
        Object.entries({ ...ROUTES, ...PAGES }).map(([key, { handledBy }]) => [key, uri(handledBy)]),
      ),
      $default: uri(DEFAULT_ROUTE),
    });
  });

  test('limits its rate, logs each request as JSON, and is closed to other sites', () => {
    const { Properties } = all('AWS::ApiGatewayV2::Stage').ApiStage as Resource;
    expect(Properties).toMatchObject({
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
    });
    const open = Object.entries({ ...ROUTES, ...PAGES }).flatMap(([key, { scope }]) => (scope === null ? [key] : []));
    expect(Object.keys(Properties.RouteSettings).sort()).toEqual([...open, 'GET /', '$default'].sort());
    const { 'GET /assets/{file}': assets, ...others } = Properties.RouteSettings;
    expect(assets).toEqual(Properties.DefaultRouteSettings);
    for (const limit of Object.values(others))
      expect(limit).toEqual({ ThrottlingRateLimit: 5, ThrottlingBurstLimit: 50 });
    expect(readable(Properties.AccessLogSettings.DestinationArn)).toBe('ApiAccessLog.Arn');
    expect(JSON.parse(Properties.AccessLogSettings.Format)).toMatchObject({ requestId: '$context.requestId' });
    expect(all('AWS::ApiGatewayV2::Api').Api?.Properties.CorsConfiguration).toBeUndefined();
  });
});

describe("the council's own sign-in", () => {
  const council = synthesize({ ...CONTEXT, ...COUNCIL_SETTINGS });

  test('is a function of its own, which alone may read the one secret, and two routes that anybody may ask', () => {
    expect(permissionsOf('Openid', council)).toEqual(
      [
        'dynamodb:GetItem on TablesAccess.Arn',
        'dynamodb:PutItem on TablesAccess.Arn',
        'ssm:GetParameter on arn:AWS::Partition:ssm:AWS::Region:AWS::AccountId:parameter/inspection-monitor/oidc',
        ...ofEvery('Openid'),
      ].sort(),
    );
    for (const name of FUNCTIONS) expect(permissionsOf(name, council)).toEqual(permissionsOf(name));
    const added = Object.entries(council.Resources).filter(([id]) => !(id in template.Resources));
    const count = (type: string) => added.filter(([, { Type }]) => Type === type).length;
    expect(added.map(([, { Type }]) => Type).sort()).toEqual([
      'AWS::ApiGatewayV2::Integration',
      'AWS::ApiGatewayV2::Route',
      'AWS::ApiGatewayV2::Route',
      'AWS::CloudWatch::Alarm',
      'AWS::IAM::Policy',
      'AWS::IAM::Role',
      'AWS::Lambda::Function',
      'AWS::Lambda::Permission',
      'AWS::Logs::LogGroup',
    ]);
    expect(count('AWS::ApiGatewayV2::Route')).toBe(Object.keys(COUNCIL_PAGES).length);
    const { RouteSettings } = all('AWS::ApiGatewayV2::Stage', council).ApiStage?.Properties ?? {};
    for (const key of Object.keys(COUNCIL_PAGES)) expect(RouteSettings[key].ThrottlingRateLimit).toBe(5);
  });

  test('is told to its function and to the pages in one variable, and no secret is in the template', () => {
    const told = ['Openid', 'Dashboard'].map(
      (name) => all('AWS::Lambda::Function', council)[`${name}Function`]?.Properties.Environment.Variables,
    );
    expect(told[0].COUNCIL_SIGN_IN).toBe(told[1].COUNCIL_SIGN_IN);
    expect(JSON.parse(told[0].COUNCIL_SIGN_IN)).toEqual({
      issuer: COUNCIL_SETTINGS.oidcIssuer,
      clientId: COUNCIL_SETTINGS.oidcClientId,
      secretParameter: COUNCIL_SETTINGS.oidcSecretParameter,
      claim: COUNCIL_SETTINGS.oidcClaim,
      rules: COUNCIL_SETTINGS.oidcRoles,
    });
    expect(Object.keys(told[0])).toEqual(['ACCESS_TABLE', 'COUNCIL_SIGN_IN']);
  });

  test.each([
    [{ oidcIssuer: 'http://login.example.org' }, /oidcIssuer: must be an https:\/\/ address/],
    [{ oidcIssuer: 'https://login.microsoftonline.com/common/v2.0' }, /oidcIssuer: must be .* one tenant/],
    [{ oidcIssuer: undefined }, /oidcClientId: is for a sign-in that oidcIssuer has to name/],
    [
      { oidcClientId: undefined, oidcRoles: undefined },
      /oidcClientId: is needed with oidcIssuer\n.*oidcRoles: is needed/,
    ],
    [{ oidcSecretParameter: 'oidc' }, /oidcSecretParameter: must be the name of an SSM parameter/],
    [{ oidcSecretParameter: '/aws/oidc' }, /oidcSecretParameter: must not begin with \/aws/],
    [
      { oidcRoles: 'rule@*=A; look=B' },
      /oidcRoles: "rule@\*=A" is no rule; write .*\n.*oidcRoles: "look=B" is no rule/,
    ],
    [{ oidcRoles: ' ; ' }, /oidcRoles: has no rule; write role@authority=value/],
  ])('%j is refused, saying what to write', (change, fault) => {
    const context = Object.fromEntries(
      Object.entries({ ...CONTEXT, ...COUNCIL_SETTINGS, ...change }).filter(([, value]) => value !== undefined),
    );
    expect(() => createApp({ context, outdir })).toThrow(fault);
  });
});

describe('the alert topic', () => {
  test('is encrypted and refuses to be published to in the clear', () => {
    const topic = all('AWS::SNS::Topic').AlertsTopic as Resource;
    expect(readable(topic.Properties.KmsMasterKeyId)).toBe('OperationsKey.Arn');
    expect(all('AWS::SNS::TopicPolicy').AlertsTopicPolicy?.Properties.PolicyDocument.Statement).toEqual([
      expect.objectContaining({
        Effect: 'Deny',
        Principal: '*',
        Action: 'sns:Publish',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    ]);
  });

  test('has no subscription of the template, which CloudFormation could not put back once it is gone', () => {
    expect(all('AWS::SNS::Subscription')).toEqual({});
  });
});

test('the inspection is loaded by the deployment, and again when a seed changes', () => {
  const { Properties } = all('Custom::Inspection').LoadingInspection as Resource;
  expect(readable(Properties.ServiceToken)).toBe('SeedFunction.Arn');
  expect(Properties).toMatchObject({ ServiceTimeout: '300', authority: 'herefordshire', seed: readSeeds().hash });
  expect(Properties.recipient).toEqual({ authority: 'herefordshire', address: CONTEXT.alertEmail, level: 'warning' });
  const asked = all(
    'Custom::Inspection',
    synthesize({ alertLevel: 'critical', operationsEmail: 'engineer@example.org' }),
  );
  expect(asked.LoadingInspection?.Properties).toMatchObject({ operator: 'engineer@example.org' });
  expect(asked.LoadingInspection?.Properties.recipient).toBeUndefined();
});

test('the outputs say what the command line needs', () => {
  const outputs = Object.entries(template.Outputs).map(([name, { Value }]) => [name, readable(Value)]);
  expect(Object.fromEntries(outputs)).toEqual({
    ApiUrl: 'Api.ApiEndpoint',
    AlertTopicArn: 'AlertsTopic',
    BaselinesTable: 'TablesBaselines',
    SubmissionsTable: 'TablesSubmissions',
    AlertsTable: 'TablesAlerts',
    AccessTable: 'TablesAccess',
    SeedFunction: 'SeedFunction',
    EvaluateFunction: 'EvaluateFunction',
    NotifyFunction: 'NotifyFunction',
    Settings: JSON.stringify({
      stack: 'InspectionMonitor',
      ...CONTEXT,
      alertLevel: 'warning',
      operationsEmail: 'nobody',
      operations: 'full',
      authority: 'herefordshire',
      contact: 'nobody',
      smallNumbers: 'show',
      queues: 'false',
      retain: 'true',
    }),
    SmallNumbers: 'show',
    DeadLetters: 'BaselineChangesDeadLetters SubmissionChangesDeadLetters NewNoticesDeadLetters ScheduleDeadLetters',
  });
});

test('another name is another stack, with everything in it named after it', () => {
  const stack = createApp({ context: { ...CONTEXT, stack: 'Trial' }, outdir })
    .synth()
    .getStackByName('Trial');
  const trial = stack.template as Template;
  // CDK names the permission of a rule after the stack.
  const ids = (of: Template) =>
    Object.keys(of.Resources).filter((id) => of.Resources[id]?.Type !== 'AWS::Lambda::Permission');
  expect(ids(trial)).toEqual(ids(template));
  const text = JSON.stringify(trial);
  // The headings of the runbook are the same for all.
  expect(text.replaceAll('inspectionmonitor-', '')).not.toMatch(/InspectionMonitor/i);
  for (const { Properties } of Object.values(all('AWS::CloudWatch::Alarm', trial))) {
    expect(Properties.AlarmName).toMatch(/^Trial-/);
    expect(Properties.AlarmDescription).toMatch(/#inspectionmonitor-[a-z-]+, with --stack Trial$/);
  }
  expect(all('AWS::CloudWatch::Dashboard', trial).OperationsDashboard?.Properties.DashboardName).toBe('Trial');
});

test('settings that do not fit are named all at once', () => {
  const context = {
    alertEmail: 'director',
    alertLevel: 'high',
    authority: 'leeds',
    smallNumbers: 'hide',
    retain: 'maybe',
  };
  const error = (() => {
    try {
      return createApp({ context, outdir });
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(SettingsError);
  expect((error as SettingsError).faults).toEqual([
    'alertEmail: must be an e-mail address, or nobody; got "director"',
    'alertLevel: must be one of watch, warning, critical; got "high"',
    'authority: must have its inspection in seed/, as bristol, herefordshire has; got "leeds"',
    'smallNumbers: must be show or suppress; got "hide"',
    'retain: must be true or false; got "maybe"',
  ]);
});

describe('a name that is no setting', () => {
  test('is refused with the nearest, also where the rest is right', () => {
    expect(() => createApp({ context: { ...CONTEXT, alertLevels: 'critical', region: 'eu-west-2' }, outdir })).toThrow(
      expect.objectContaining({
        faults: [
          'alertLevels: there is no such setting; the nearest is alertLevel',
          expect.stringMatching(/^region: there is no such setting; the nearest is \w+$/),
        ],
      }),
    );
  });

  test("is let through where it is the CDK's own", () => {
    const context = {
      ...CONTEXT,
      'aws:cdk:bundling-stacks': ['**'],
      '@aws-cdk/core:failSynthOnValidationErrors': false,
      'availability-zones:account=000000000000:region=eu-west-2': ['eu-west-2a'],
      'acknowledged-issue-numbers': [1],
      'cli-telemetry': false,
    };
    expect(() => createApp({ context, outdir })).not.toThrow();
  });

  test('is refused by a deployment in words, not with a trace', async () => {
    const program = fileURLToPath(new URL('../../bin/app.ts', import.meta.url));
    const env = {
      ...process.env,
      CDK_CONTEXT_JSON: '{"alertEmial":"a@example.org","cli-telemetry":false}',
      CDK_OUTDIR: outdir,
    };
    const ended = await promisify(execFile)(process.execPath, [program], { env }).catch((failure) => failure);
    expect([ended.code, ended.stderr]).toEqual([
      1,
      'Settings that do not fit (given as -c name=value or in cdk.json):\n' +
        '  alertEmial: there is no such setting; the nearest is alertEmail\n',
    ]);
  });
});

test('the template is as it was', async () => {
  const normalized = JSON.stringify(template, undefined, 2)
    .replace(/"[0-9a-f]{64}\.zip"/g, '"<bundle>.zip"')
    .replace(readSeeds().hash, '<seeds>');
  await expect(`${normalized}\n`).toMatchFileSnapshot('__snapshots__/stack.template.json.snap');
});
