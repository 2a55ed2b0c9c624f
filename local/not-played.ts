/**
 * What the template may say though it changes nothing on one machine, each with the reason. Whatever is neither here nor in
 * `resource-types.ts` fails the start: to play it is the rule, to list it here needs a reason that holds for people who only
 * ever see one machine.
 */

const NAMED_FOR_PEOPLE = 'Read in the console only.';
const TAGS = 'Nothing here is found or billed by tags.';
const ENCRYPTION = 'What is stored here is as safe as the disk that it is on; no key of AWS exists.';
const CALLED_FROM_WITHIN =
  'Only the parts of this process call each other; that the statement is right the tests of the template see.';
const WATCHED_BY_CLOUDWATCH = 'There is no CloudWatch: what it would watch is in functions.log.';

/** Whole resource types. Of these only the references are checked: that what they name exists. */
export const TYPES_NOT_PLAYED: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::Alarm': WATCHED_BY_CLOUDWATCH,
  'AWS::CloudWatch::Dashboard': WATCHED_BY_CLOUDWATCH,
  'AWS::KMS::Key': ENCRYPTION,
  'AWS::Lambda::Permission': CALLED_FROM_WITHIN,
  'AWS::SNS::TopicPolicy': CALLED_FROM_WITHIN,
  'AWS::SQS::QueuePolicy': CALLED_FROM_WITHIN,
};

/** Properties of types that are played otherwise, by path: `[]` is every element of a list. All below a path is meant too. */
export const PROPERTIES_NOT_PLAYED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'AWS::ApiGatewayV2::Api': { Name: NAMED_FOR_PEOPLE, Tags: TAGS },
  'AWS::ApiGatewayV2::Stage': {
    AccessLogSettings: 'Requests are logged by the functions that answer them.',
    AutoDeploy: 'A change of the template comes with the next start.',
    Tags: TAGS,
  },
  'AWS::DynamoDB::Table': {
    BillingMode: 'Nothing is billed.',
    DeletionProtectionEnabled: 'The data are a folder; who deletes it means to.',
    PointInTimeRecoverySpecification: 'A copy of the folder is the backup.',
    SSESpecification: ENCRYPTION,
    Tags: TAGS,
    TimeToLiveSpecification:
      'AWS promises to delete "within a few days" only, so that the service works without; and an emulator would judge by the machine’s clock, not by the instance’s.',
  },
  'AWS::Events::Rule': {
    Description: NAMED_FOR_PEOPLE,
    Tags: TAGS,
    'Targets[].DeadLetterConfig': 'Gets what could not be handed to Lambda; here it always can be.',
    'Targets[].Id': 'Tells apart the targets of a rule when they are changed one by one.',
    'Targets[].RetryPolicy': 'Is for what could not be handed to Lambda; here it always can be.',
  },
  'AWS::IAM::Policy': {
    PolicyName: NAMED_FOR_PEOPLE,
    'PolicyDocument.Version': 'There is one version of the language that is still written.',
  },
  'AWS::IAM::Role': {
    AssumeRolePolicyDocument:
      'A function is given its role without asking; that the statement is right the tests of the template see.',
    'Policies[].PolicyName': NAMED_FOR_PEOPLE,
    'Policies[].PolicyDocument.Version': 'There is one version of the language that is still written.',
    Tags: TAGS,
  },
  'AWS::Lambda::EventSourceMapping': { Tags: TAGS },
  'AWS::Lambda::Function': {
    Architectures: 'JavaScript runs on whatever processor there is.',
    'Code.S3Bucket': 'Assets are read where they were synthesized.',
    Description: NAMED_FOR_PEOPLE,
    'LoggingConfig.LogFormat': 'A line is kept as the function prints it, which is JSON already.',
    Tags: TAGS,
  },
  'AWS::Logs::LogGroup': { RetentionInDays: 'functions.log grows until it is deleted.', Tags: TAGS },
  'AWS::SNS::Topic': {
    DisplayName: 'The name of the sender; here it is always AWS Notifications.',
    KmsMasterKeyId: ENCRYPTION,
    Tags: TAGS,
  },
  'AWS::SQS::Queue': {
    MessageRetentionPeriod: 'A message is kept until it is deleted.',
    SqsManagedSseEnabled: ENCRYPTION,
    Tags: TAGS,
  },
};

/** Sections of the template beside the resources and outputs. */
export const SECTIONS_NOT_PLAYED: Readonly<Record<string, string>> = {
  Description: NAMED_FOR_PEOPLE,
  Parameters: 'The only one is CDK’s own, for its rule. Ref to a parameter is an error.',
  Rules: 'The only one asks whether the account is bootstrapped for CDK; nothing is deployed.',
};

/** Attributes of a resource beside its type and properties. */
export const RESOURCE_ATTRIBUTES_NOT_PLAYED: Readonly<Record<string, string>> = {
  DeletionPolicy: 'No resource is ever deleted; starting afresh deletes all.',
  DependsOn: 'All that a part needs is there before it starts.',
  Metadata: 'For tools: CDK’s command line adds where each construct stands.',
  UpdateReplacePolicy: 'No resource is ever replaced.',
};
