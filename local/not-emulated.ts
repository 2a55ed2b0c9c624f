/**
 * What the template may say although it is not emulated, each with the reason why it changes nothing on one machine.
 * Whatever is neither here nor in `resource-types.ts` stops the instance from starting. Emulating it is the rule; listing it
 * here needs a reason.
 */

const NAMED_FOR_PEOPLE = 'Shown in the console only.';
const TAGS = 'Nothing here is found or billed by its tags.';
const ENCRYPTION = 'Data here is as safe as the disk that it is on; there are no AWS keys.';
const CALLED_FROM_WITHIN =
  'Everything here runs in one process, where no resource has to let another in. The tests of the template check it.';
const WATCHED_BY_CLOUDWATCH = 'There is no CloudWatch here; functions.log has what it would show.';

/** Whole resource types. Only their references are checked: what they name must exist. */
export const TYPES_NOT_EMULATED: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::Alarm': WATCHED_BY_CLOUDWATCH,
  'AWS::CloudWatch::Dashboard': WATCHED_BY_CLOUDWATCH,
  'AWS::Logs::MetricFilter': WATCHED_BY_CLOUDWATCH,
  'AWS::Lambda::Permission': CALLED_FROM_WITHIN,
  'AWS::SNS::TopicPolicy': CALLED_FROM_WITHIN,
  'AWS::SQS::QueuePolicy': CALLED_FROM_WITHIN,
};

/** Properties of emulated types, by path, with everything below it; `[]` stands for every element of a list. */
export const PROPERTIES_NOT_EMULATED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'AWS::ApiGatewayV2::Api': { Name: NAMED_FOR_PEOPLE, Tags: TAGS },
  'AWS::ApiGatewayV2::Stage': {
    AccessLogSettings: 'Requests are logged by the functions that answer them.',
    AutoDeploy: 'A change to the template takes effect at the next start.',
    Tags: TAGS,
  },
  'AWS::DynamoDB::Table': {
    BillingMode: 'Nothing is billed.',
    DeletionProtectionEnabled: 'The data is a folder; whoever deletes it means to.',
    PointInTimeRecoverySpecification: 'A copy of the data folder is the backup.',
    SSESpecification: ENCRYPTION,
    Tags: TAGS,
    TimeToLiveSpecification:
      'AWS deletes expired items "within a few days" only, so the service works without it; and an emulator would go by the machine’s clock, not the instance’s.',
  },
  'AWS::Events::Rule': {
    Description: NAMED_FOR_PEOPLE,
    Tags: TAGS,
    'Targets[].DeadLetterConfig': 'Receives events that could not be handed to Lambda; here they always can be.',
    'Targets[].Id': 'Tells the targets of a rule apart when one of them is changed.',
    'Targets[].RetryPolicy': 'Applies to events that could not be handed to Lambda; here they always can be.',
  },
  'AWS::IAM::Policy': {
    PolicyName: NAMED_FOR_PEOPLE,
    'PolicyDocument.Version': 'Only one version of the policy language is in use.',
  },
  'AWS::IAM::Role': {
    AssumeRolePolicyDocument: 'A function has its role without assuming it. The tests of the template check who may.',
    'Policies[].PolicyName': NAMED_FOR_PEOPLE,
    'Policies[].PolicyDocument.Version': 'Only one version of the policy language is in use.',
    Tags: TAGS,
  },
  'AWS::KMS::Key': {
    Description: NAMED_FOR_PEOPLE,
    EnableKeyRotation: ENCRYPTION,
    KeyPolicy: 'Lets CloudWatch in, which is not here. Whether a function may use the key is a matter of its role.',
    PendingWindowInDays: ENCRYPTION,
    Tags: TAGS,
  },
  'AWS::Lambda::EventSourceMapping': { Tags: TAGS },
  'AWS::Lambda::Function': {
    Architectures: 'JavaScript runs on whatever processor there is.',
    'Code.S3Bucket': 'Assets are read where they were synthesized.',
    Description: NAMED_FOR_PEOPLE,
    'LoggingConfig.LogFormat': 'Lines are kept as the function prints them, which is JSON already.',
    Tags: TAGS,
  },
  'AWS::Logs::LogGroup': { RetentionInDays: 'functions.log grows until it is deleted.', Tags: TAGS },
  'AWS::SNS::Topic': {
    DisplayName: 'The sender’s name in mails; here it is always AWS Notifications.',
    Tags: TAGS,
  },
  'AWS::SQS::Queue': {
    MessageRetentionPeriod: 'A message is kept until it is deleted.',
    SqsManagedSseEnabled: ENCRYPTION,
    Tags: TAGS,
  },
};

/** Sections of the template beside the resources and outputs. */
export const SECTIONS_NOT_EMULATED: Readonly<Record<string, string>> = {
  Description: NAMED_FOR_PEOPLE,
  Parameters: 'The only one is CDK’s own, for its rule. A Ref to it is an error.',
  Rules: 'The only one asks whether the account is bootstrapped for CDK; here nothing is deployed.',
};

/** Attributes of a resource beside its type and properties. */
export const RESOURCE_ATTRIBUTES_NOT_EMULATED: Readonly<Record<string, string>> = {
  DeletionPolicy: 'Resources are never deleted one by one; starting afresh deletes all data.',
  DependsOn: 'Each part starts only when all that it needs is there.',
  Metadata: 'For tools: CDK’s command line adds the path of each construct.',
  UpdateReplacePolicy: 'Resources are never replaced.',
};
