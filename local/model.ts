import { createHash } from 'node:crypto';
import * as z from 'zod';
import { emulatedProperties } from './check-template.ts';
import { resolve } from './resolve.ts';
import { CustomResourceProperties, isCustomResource, PROPERTIES, type ResourceType } from './resource-types.ts';
import type { Stack } from './template.ts';

/** Emulates what CloudFormation knows of a stack: which resources there are, what they are called, and their properties resolved. */

/** What is only known once a part of the instance runs. Filled in while it starts. */
export interface Facts {
  /** Base URL of the loopback endpoint that emulates the AWS services. */
  gateway: string;
  /** Base URL of each HTTP API, by logical id. */
  readonly apis: Map<string, string>;
  /** Stream ARN of each table, by logical id. */
  readonly streams: Map<string, string>;
}

export interface Model {
  readonly stack: Stack;
  readonly facts: Facts;
  /** Logical ids of the resources of this type, in template order. */
  ids(type: ResourceType): readonly string[];
  /** Logical id and type of each custom resource. */
  customResources(): readonly { readonly logicalId: string; readonly type: string }[];
  /** The emulated properties of a resource, resolved and checked; the error names resource, type and property. */
  properties<T extends ResourceType>(logicalId: string, type: T): z.infer<(typeof PROPERTIES)[T]>;
  customProperties(logicalId: string): z.infer<typeof CustomResourceProperties>;
  physicalName(logicalId: string): string;
  arn(logicalId: string): string;
  /** The value of `Ref` on a resource. */
  ref(logicalId: string): string;
  outputs(): Record<string, unknown>;
}

export function createModel(stack: Stack, facts: Facts): Model {
  const { region, account, template } = stack;

  const typeOf = (logicalId: string): string => {
    const found = template.Resources[logicalId];
    if (found === undefined) throw new Error(`the template has no resource '${logicalId}'`);
    return found.Type;
  };

  // AWS would add a random suffix; here the name must be the same in every run so that the data is found again.
  const physicalName = (logicalId: string): string => `${stack.name}-${logicalId}`;

  const arn = (logicalId: string): string => {
    const name = physicalName(logicalId);
    const within = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;
    const type = typeOf(logicalId);
    switch (type) {
      case 'AWS::DynamoDB::Table':
        return within('dynamodb', `table/${name}`);
      case 'AWS::IAM::Role':
        return `arn:aws:iam::${account}:role/${name}`;
      case 'AWS::KMS::Key':
        return within('kms', `key/${uuidFrom(name)}`);
      case 'AWS::Lambda::Function':
        return within('lambda', `function:${name}`);
      case 'AWS::Logs::LogGroup':
        return within('logs', `log-group:${name}:*`);
      case 'AWS::SNS::Topic':
        return within('sns', name);
      case 'AWS::SQS::Queue':
        return within('sqs', name);
      default:
        throw new Error(`the ARN of a ${type} ('${logicalId}') is not emulated`);
    }
  };

  const ref = (logicalId: string): string => {
    switch (typeOf(logicalId)) {
      case 'AWS::ApiGatewayV2::Api':
        return uuidFrom(`${stack.name}/${logicalId}`).replaceAll('-', '').slice(0, 10);
      case 'AWS::SNS::Topic':
        return arn(logicalId);
      case 'AWS::SQS::Queue':
        return `${facts.gateway}/${account}/${physicalName(logicalId)}`;
      default:
        return physicalName(logicalId);
    }
  };

  const pseudo: Readonly<Record<string, string>> = {
    'AWS::AccountId': account,
    'AWS::Partition': 'aws',
    'AWS::Region': region,
  };

  const lookUp = (logicalId: string, returnValue: string): string => {
    const parameter = pseudo[logicalId];
    if (parameter !== undefined) return parameter;
    switch (returnValue) {
      case 'Ref':
        return ref(logicalId);
      case 'ApiEndpoint':
        return known(facts.apis, logicalId, 'this API is not served');
      case 'StreamArn':
        return known(facts.streams, logicalId, 'this table has no stream (no StreamSpecification)');
      default:
        return arn(logicalId);
    }
  };

  const read = <S extends z.ZodType>(logicalId: string, schema: S): z.infer<S> => {
    const Type = typeOf(logicalId);
    const emulated = emulatedProperties(Type, template.Resources[logicalId]?.Properties);
    const result = schema.safeParse(resolve(emulated, lookUp));
    if (!result.success) throw new Error(`resource '${logicalId}' (${Type}): ${z.prettifyError(result.error)}`);
    return result.data;
  };

  function properties<T extends ResourceType>(logicalId: string, type: T): z.infer<(typeof PROPERTIES)[T]> {
    if (typeOf(logicalId) !== type) throw new Error(`'${logicalId}' is a ${typeOf(logicalId)} and no ${type}`);
    return read(logicalId, PROPERTIES[type]) as z.infer<(typeof PROPERTIES)[T]>;
  }

  const ofType = (wanted: (type: string) => boolean) =>
    Object.entries(template.Resources).flatMap(([logicalId, { Type }]) =>
      wanted(Type) ? [{ logicalId, type: Type }] : [],
    );

  return {
    stack,
    facts,
    ids: (type) => ofType((each) => each === type).map(({ logicalId }) => logicalId),
    customResources: () => ofType(isCustomResource),
    properties,
    customProperties: (logicalId) => read(logicalId, CustomResourceProperties),
    physicalName,
    arn,
    ref,
    outputs: () =>
      Object.fromEntries(Object.entries(template.Outputs).map(([id, { Value }]) => [id, resolve(Value, lookUp)])),
  };
}

function known(facts: ReadonlyMap<string, string>, logicalId: string, otherwise: string): string {
  const fact = facts.get(logicalId);
  if (fact === undefined) throw new Error(`'${logicalId}': ${otherwise}`);
  return fact;
}

/** A UUID that is the same in every run for the same text. */
function uuidFrom(text: string): string {
  return createHash('sha256')
    .update(text)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}
