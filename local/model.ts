import { createHash } from 'node:crypto';
import * as z from 'zod';
import { createResolver, type Resolver } from './resolve.ts';
import type { Resource, Stack } from './template.ts';

/** What is only known once a part of the instance runs. Filled in while it starts. */
export interface Facts {
  /** Base URL of the loopback endpoint that plays the AWS services. */
  gateway: string;
  /** Base URL of each HTTP API, by logical id. */
  readonly apis: Map<string, string>;
  /** Stream ARN of each table, by logical id. */
  readonly streams: Map<string, string>;
  /** What each custom resource answered, by logical id. */
  readonly customResources: Map<string, { readonly physicalId: string; readonly data: Record<string, unknown> }>;
}

/** The stack with its names: which resources there are, what they are called here, and their resolved properties. */
export interface Model {
  readonly stack: Stack;
  readonly facts: Facts;
  /** Logical ids of the resources of these types that the template's conditions let exist, in template order. */
  ids(...types: readonly string[]): readonly string[];
  customResources(): readonly string[];
  resource(logicalId: string): Resource;
  /** The resource's properties, resolved and checked; the error names resource, type and property. */
  properties<S extends z.ZodType>(logicalId: string, schema: S): z.infer<S>;
  physicalName(logicalId: string): string;
  arn(logicalId: string): string;
  /** Any template expression. */
  resolve(value: unknown, where: string): unknown;
  outputs(): Record<string, unknown>;
}

/** Resources that run or hold something here. */
const RUN = [
  'AWS::DynamoDB::Table',
  'AWS::DynamoDB::GlobalTable',
  'AWS::Lambda::Function',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Stage',
  'AWS::SQS::Queue',
  'AWS::SNS::Topic',
  'AWS::SNS::Subscription',
  'AWS::Scheduler::Schedule',
  'AWS::Events::Rule',
  'AWS::CloudFormation::CustomResource',
];

/** Resources that decide who may do or see what, which nothing on one machine depends on. */
const WITHOUT_EFFECT =
  /^AWS::(IAM|Logs|CloudWatch|KMS|CDK)::|^AWS::(Lambda::Permission|SQS::QueuePolicy|SNS::TopicPolicy|Scheduler::ScheduleGroup|ApiGateway::Account)$/;

/** The property by which a template may choose the physical name. */
const NAME_PROPERTIES: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::Scheduler::Schedule': 'Name',
  'AWS::Events::Rule': 'Name',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::IAM::Role': 'RoleName',
};

const isCustomResource = (type: string): boolean =>
  type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource';

export function createModel(stack: Stack, facts: Facts): Model {
  const { region, account } = stack;
  let resolver: Resolver;

  const resource = (logicalId: string): Resource => {
    const found = stack.template.Resources[logicalId];
    if (found === undefined) throw new Error(`the template has no resource '${logicalId}'`);
    return found;
  };

  // AWS would add a random suffix; here the name must be the same in every run so that the data is found again.
  const physicalName = (logicalId: string): string => {
    const { Type, Properties } = resource(logicalId);
    const chosen = Properties[NAME_PROPERTIES[Type] ?? ''];
    return chosen === undefined
      ? `${stack.name}-${logicalId}`
      : String(resolver.resolve(chosen, `${logicalId}.Properties`));
  };

  const arn = (logicalId: string): string => {
    const name = physicalName(logicalId);
    const prefix = (service: string) => `arn:aws:${service}:${region}:${account}:`;
    switch (resource(logicalId).Type) {
      case 'AWS::DynamoDB::Table':
      case 'AWS::DynamoDB::GlobalTable':
        return `${prefix('dynamodb')}table/${name}`;
      case 'AWS::Lambda::Function':
        return `${prefix('lambda')}function:${name}`;
      case 'AWS::SQS::Queue':
        return `${prefix('sqs')}${name}`;
      case 'AWS::SNS::Topic':
        return `${prefix('sns')}${name}`;
      case 'AWS::SNS::Subscription': {
        const topicArn = resolver.resolve(resource(logicalId).Properties.TopicArn, `${logicalId}.Properties.TopicArn`);
        return `${topicArn}:${uuidFrom(`${stack.name}/${logicalId}`)}`;
      }
      case 'AWS::Scheduler::Schedule':
        return `${prefix('scheduler')}schedule/default/${name}`;
      case 'AWS::Events::Rule':
        return `${prefix('events')}rule/${name}`;
      case 'AWS::IAM::Role':
        return `arn:aws:iam::${account}:role/${name}`;
      case 'AWS::Logs::LogGroup':
        return `${prefix('logs')}log-group:${name}:*`;
      default:
        return `${prefix(resource(logicalId).Type.split('::')[1]?.toLowerCase() ?? '')}${name}`;
    }
  };

  const apiId = (logicalId: string) => uuidFrom(`${stack.name}/${logicalId}`).replaceAll('-', '').slice(0, 10);

  const apiUrl = (logicalId: string): string => {
    const url = facts.apis.get(logicalId);
    if (url === undefined) throw new Error('this API is not served');
    return url;
  };

  const ref = (logicalId: string): unknown => {
    const found = stack.template.Resources[logicalId];
    if (found === undefined) return undefined;
    if (isCustomResource(found.Type)) return answered(logicalId).physicalId;
    switch (found.Type) {
      case 'AWS::SQS::Queue':
        return `${facts.gateway}/${account}/${physicalName(logicalId)}`;
      case 'AWS::SNS::Topic':
      case 'AWS::SNS::Subscription':
        return arn(logicalId);
      case 'AWS::ApiGatewayV2::Api':
        return apiId(logicalId);
      case 'AWS::ApiGatewayV2::Stage':
        return resolver.resolve(found.Properties.StageName, `${logicalId}.Properties.StageName`);
      default:
        return physicalName(logicalId);
    }
  };

  const answered = (logicalId: string) => {
    const answer = facts.customResources.get(logicalId);
    if (answer === undefined) throw new Error(`custom resource '${logicalId}' has not answered yet`);
    return answer;
  };

  const attribute = (logicalId: string, name: string): unknown => {
    const { Type } = resource(logicalId);
    if (isCustomResource(Type)) {
      const { data } = answered(logicalId);
      if (!(name in data)) throw new Error(`the custom resource answered without '${name}'`);
      return data[name];
    }
    const attributes: Record<string, Record<string, () => unknown>> = {
      'AWS::DynamoDB::Table': { Arn: () => arn(logicalId), StreamArn: () => streamArn(logicalId) },
      'AWS::DynamoDB::GlobalTable': { Arn: () => arn(logicalId), StreamArn: () => streamArn(logicalId) },
      'AWS::Lambda::Function': { Arn: () => arn(logicalId) },
      'AWS::SQS::Queue': {
        Arn: () => arn(logicalId),
        QueueName: () => physicalName(logicalId),
        QueueUrl: () => ref(logicalId),
      },
      'AWS::SNS::Topic': { TopicArn: () => arn(logicalId), TopicName: () => physicalName(logicalId) },
      'AWS::ApiGatewayV2::Api': { ApiEndpoint: () => apiUrl(logicalId), ApiId: () => apiId(logicalId) },
      'AWS::Scheduler::Schedule': { Arn: () => arn(logicalId) },
      'AWS::Events::Rule': { Arn: () => arn(logicalId) },
    };
    const known = attributes[Type];
    if (known !== undefined) {
      const get = known[name];
      if (get === undefined) {
        throw new Error(`${Type} has no attribute '${name}' here (known: ${Object.keys(known).join(', ')})`);
      }
      return get();
    }
    if (!WITHOUT_EFFECT.test(Type)) throw new Error(`${Type} has no attribute '${name}' here`);
    return name === 'Arn' ? arn(logicalId) : `${physicalName(logicalId)}.${name}`;
  };

  const streamArn = (logicalId: string): string => {
    const found = facts.streams.get(logicalId);
    if (found === undefined) throw new Error('this table has no stream (no StreamSpecification)');
    return found;
  };

  // The CDK writes an API's URL as https://<id>.execute-api.<region>.<suffix>; functions must be told the local one.
  const rewrite = (value: string): string => {
    if (!value.includes('.execute-api.')) return value;
    let result = value;
    for (const [logicalId, url] of facts.apis) {
      result = result.replaceAll(`https://${apiId(logicalId)}.execute-api.${region}.amazonaws.com`, url);
    }
    return result;
  };

  resolver = createResolver(stack, { ref, attribute, rewrite });

  const existing = Object.entries(stack.template.Resources).filter(
    ([id, { Condition }]) => Condition === undefined || resolver.condition(Condition, id),
  );
  for (const [id, { Type }] of existing) {
    if (!RUN.includes(Type) && !isCustomResource(Type) && !WITHOUT_EFFECT.test(Type)) {
      throw new Error(`resource '${id}' is of type ${Type}, which the local runtime cannot run`);
    }
  }

  return {
    stack,
    facts,
    ids: (...types) => existing.filter(([, { Type }]) => types.some((type) => type === Type)).map(([id]) => id),
    customResources: () => existing.filter(([, { Type }]) => isCustomResource(Type)).map(([id]) => id),
    resource,
    properties(logicalId, schema) {
      const { Type, Properties } = resource(logicalId);
      const result = schema.safeParse(resolver.resolve(Properties, `${logicalId}.Properties`));
      if (!result.success) throw new Error(`resource '${logicalId}' (${Type}): ${z.prettifyError(result.error)}`);
      return result.data;
    },
    physicalName,
    arn,
    resolve: (value, where) => resolver.resolve(value, where),
    outputs() {
      const entries = Object.entries(stack.template.Outputs).filter(
        ([id, { Condition }]) => Condition === undefined || resolver.condition(Condition, `Outputs.${id}`),
      );
      return Object.fromEntries(entries.map(([id, { Value }]) => [id, resolver.resolve(Value, `Outputs.${id}`)]));
    },
  };
}

/** A UUID that is the same in every run for the same text. */
function uuidFrom(text: string): string {
  return createHash('sha256')
    .update(text)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}
