import * as z from 'zod';

/**
 * Which of CloudFormation's resource types are emulated, with every property that a file of `local/` reads and what `Ref` and
 * `Fn::GetAtt` give. Strict at every depth: a property that is neither here nor in `not-emulated.ts` is an error.
 * Shapes and limits are those of the AWS CloudFormation Template Reference.
 */

const KeySchema = z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.string() }));

const OneOrMore = z.preprocess((value) => [value].flat(), z.array(z.string()));

const PolicyDocument = z.strictObject({
  Statement: z.array(
    z.strictObject({
      Effect: z.literal('Allow', { error: 'only Allow is emulated' }),
      Action: OneOrMore,
      Resource: OneOrMore,
    }),
  ),
});

/** Amount and unit of `rate(1 hour)` (EventBridge User Guide, "Rate expressions"). */
export const RATE_EXPRESSION = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/;

const Throttling = z.strictObject({
  ThrottlingRateLimit: z.coerce.number().positive(),
  ThrottlingBurstLimit: z.coerce.number().int().positive(),
});

const StreamMapping = z.strictObject({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  BatchSize: z.coerce.number().int().min(1).max(10_000),
  BisectBatchOnFunctionError: z.boolean(),
  DestinationConfig: z.strictObject({ OnFailure: z.strictObject({ Destination: z.string() }) }),
  FilterCriteria: z.strictObject({
    Filters: z
      .array(z.strictObject({ Pattern: z.string().max(4096) }))
      .min(1)
      .max(10),
  }),
  FunctionResponseTypes: z.tuple([z.literal('ReportBatchItemFailures')], {
    error: 'only mappings with ReportBatchItemFailures are emulated',
  }),
  MaximumBatchingWindowInSeconds: z.coerce.number().min(0).max(300),
  MaximumRecordAgeInSeconds: z.coerce.number().int().min(1, 'records must be given up at some age').max(604_800),
  MaximumRetryAttempts: z.coerce.number().int().min(0, 'retries must end').max(10_000),
  StartingPosition: z.literal('TRIM_HORIZON', { error: 'only TRIM_HORIZON is emulated' }),
});

const QueueMapping = z.strictObject({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  BatchSize: z.coerce.number().int().min(1).max(10, 'more than 10 need a window, which is not emulated for queues'),
  FunctionResponseTypes: z.tuple([z.literal('ReportBatchItemFailures')], {
    error: 'only mappings with ReportBatchItemFailures are emulated',
  }),
  ScalingConfig: z.strictObject({ MaximumConcurrency: z.coerce.number().int().min(2).max(1000) }),
});

/** What a mapping of a stream may say, and one of a queue. */
export const EVENT_SOURCE_MAPPINGS = [StreamMapping, QueueMapping] as const;

/** Those of queues say how many invocations there may be at once. */
const EventSourceMapping = z
  .unknown()
  .transform((properties, context): z.infer<typeof StreamMapping> | z.infer<typeof QueueMapping> => {
    const isOfQueue = typeof properties === 'object' && properties !== null && 'ScalingConfig' in properties;
    const read = (isOfQueue ? QueueMapping : StreamMapping).safeParse(properties);
    if (read.success) return read.data;
    context.issues.push(...(read.error.issues as never[]));
    return z.NEVER;
  });

/** Properties by resource type. */
export const PROPERTIES = {
  'AWS::ApiGatewayV2::Api': z.strictObject({
    ProtocolType: z.literal('HTTP', { error: 'only HTTP APIs are emulated' }),
  }),
  'AWS::ApiGatewayV2::Integration': z.strictObject({
    ApiId: z.string(),
    IntegrationType: z.literal('AWS_PROXY', { error: 'only AWS_PROXY integrations are emulated' }),
    IntegrationUri: z.string(),
    PayloadFormatVersion: z.literal('2.0', { error: 'only payload format 2.0 is emulated' }),
  }),
  'AWS::ApiGatewayV2::Route': z.strictObject({
    ApiId: z.string(),
    RouteKey: z.string(),
    Target: z.string().regex(/^integrations\/.+/),
  }),
  'AWS::ApiGatewayV2::Stage': z.strictObject({
    ApiId: z.string(),
    StageName: z.literal('$default', { error: 'only the stage $default is emulated' }),
    DefaultRouteSettings: Throttling,
    RouteSettings: z.record(z.string(), Throttling).optional(),
  }),
  'AWS::DynamoDB::Table': z.strictObject({
    AttributeDefinitions: z.array(z.strictObject({ AttributeName: z.string(), AttributeType: z.string() })),
    KeySchema,
    GlobalSecondaryIndexes: z
      .array(
        z.strictObject({
          IndexName: z.string(),
          KeySchema,
          Projection: z.strictObject({ ProjectionType: z.string() }),
        }),
      )
      .optional(),
    StreamSpecification: z
      .strictObject({
        // With images dynoxide would tell of writes that changed nothing, and AWS would not.
        StreamViewType: z.literal('KEYS_ONLY', { error: 'only streams of KEYS_ONLY are emulated' }),
      })
      .optional(),
  }),
  'AWS::Events::Rule': z.strictObject({
    ScheduleExpression: z.string().regex(RATE_EXPRESSION, 'only rate(…) is emulated'),
    State: z.literal('ENABLED', { error: 'only enabled rules are emulated' }),
    Targets: z.array(z.strictObject({ Arn: z.string(), Input: z.string() })),
  }),
  'AWS::IAM::Policy': z.strictObject({ PolicyDocument, Roles: z.array(z.string()) }),
  'AWS::IAM::Role': z.strictObject({ Policies: z.array(z.strictObject({ PolicyDocument })).default([]) }),
  'AWS::KMS::Key': z.strictObject({}),
  'AWS::Lambda::EventSourceMapping': EventSourceMapping,
  'AWS::Lambda::Function': z.strictObject({
    Code: z.strictObject({ S3Key: z.string({ error: 'the code must be an asset (S3Key)' }) }),
    Environment: z.strictObject({ Variables: z.record(z.string(), z.string()) }).optional(),
    Handler: z.string(),
    LoggingConfig: z.strictObject({ LogGroup: z.string() }).optional(),
    MemorySize: z.coerce.number(),
    // CloudFormation requires one. Functions that tests write by hand may do without, and are then allowed everything.
    Role: z.string().optional(),
    Runtime: z.string().regex(/^nodejs/, 'only Node.js functions are emulated'),
    Timeout: z.coerce.number(),
    TracingConfig: z.strictObject({ Mode: z.literal('Active') }).optional(),
  }),
  'AWS::Logs::LogGroup': z.strictObject({}),
  'AWS::SNS::Subscription': z.strictObject({
    Endpoint: z.string(),
    FilterPolicy: z.record(z.string(), z.unknown()).optional(),
    Protocol: z.literal('email', { error: 'only e-mail subscriptions are emulated' }),
    TopicArn: z.string(),
  }),
  'AWS::SNS::Topic': z.strictObject({ KmsMasterKeyId: z.string().optional() }),
  'AWS::SQS::Queue': z.strictObject({
    // The defaults of AWS.
    VisibilityTimeout: z.coerce.number().int().min(0).max(43_200).default(30),
    RedrivePolicy: z
      .strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.coerce.number().int().min(1).max(1000) })
      .optional(),
  }),
} as const;

export type ResourceType = keyof typeof PROPERTIES;

/** A custom resource hands all its other properties to its function. */
export const CustomResourceProperties = z.looseObject({
  ServiceToken: z.string(),
  ServiceTimeout: z.coerce.number().min(1).max(3600),
});

export const isCustomResource = (type: string): boolean => type.startsWith('Custom::');

/** What `Ref` and `Fn::GetAtt` give of a type. */
export const RETURN_VALUES: Readonly<Record<string, readonly ReturnValue[]>> = {
  'AWS::ApiGatewayV2::Api': ['Ref', 'ApiEndpoint'],
  'AWS::ApiGatewayV2::Integration': ['Ref'],
  'AWS::DynamoDB::Table': ['Ref', 'Arn', 'StreamArn'],
  'AWS::IAM::Role': ['Ref', 'Arn'],
  'AWS::KMS::Key': ['Arn'],
  'AWS::Lambda::Function': ['Ref', 'Arn'],
  'AWS::Logs::LogGroup': ['Ref', 'Arn'],
  'AWS::SNS::Topic': ['Ref'],
  'AWS::SQS::Queue': ['Ref', 'Arn'],
};

/** What the template may ask of the account that it is deployed in. */
export const PSEUDO_PARAMETERS: readonly string[] = ['AWS::AccountId', 'AWS::Partition', 'AWS::Region'];

export type ReturnValue = 'Ref' | 'ApiEndpoint' | 'Arn' | 'StreamArn';
