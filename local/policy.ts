import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type AwsCall, type AwsReply, awsError } from './gateway.ts';
import type { Model } from './model.ts';

/**
 * Emulates IAM: a function may call what the policies of its role in the template allow, and nothing else. Like AWS, and
 * unlike an emulator that lets everything pass, so that a missing permission shows on one machine.
 */
export interface Policies {
  /** The refusal that AWS would give, or undefined where the call is granted. Callers that are no function may do anything. */
  refusalOf(call: AwsCall): AwsReply | undefined;
  /**
   * Checks what Lambda itself does in a function's name, such as reading a stream for it; throws where the role does
   * not allow it, as AWS then refuses the deployment.
   */
  require(functionId: string, actions: readonly string[], resource: string, where: string): void;
}

/** One thing that a role allows: an action on a resource, both as the template has them, resolved. */
interface Grant {
  readonly action: string;
  readonly resource: string;
  readonly allows: (action: string, resource: string) => boolean;
}

/** What one call needs; each part of a transaction is a need of its own. */
interface Need {
  readonly action: string;
  readonly resource: string;
}

/** Names a folder where each process adds what roles grant and what was used of it: see `test/support/unused-grants.ts`. */
export const GRANTS_FOLDER = 'INSPECTION_MONITOR_GRANTS';

export type GrantLine = readonly [event: 'granted' | 'used', functionId: string, action: string, resource: string];

/** Reads the policies of every function that has a role; AWS knows no other, hand-written templates of tests do. */
export function createPolicies(model: Model): Policies {
  const { region, account } = model.stack;
  const grantsOf = new Map<string, readonly Grant[]>();
  const used = new Set<Grant>();

  const use = (functionId: string, grant: Grant) => {
    if (used.has(grant)) return;
    used.add(grant);
    record(['used', functionId, grant.action, grant.resource]);
  };

  for (const functionId of model.ids('AWS::Lambda::Function')) {
    const { Role } = model.properties(functionId, 'AWS::Lambda::Function');
    if (Role === undefined) continue;
    const grants = readGrants(model, Role, functionId);
    grantsOf.set(functionId, grants);
    for (const { action, resource } of grants) record(['granted', functionId, action, resource]);
  }

  /** The key of each topic that is encrypted, both by ARN. */
  const keys = new Map<string, string>();
  for (const topic of model.ids('AWS::SNS::Topic')) {
    const { KmsMasterKeyId } = model.properties(topic, 'AWS::SNS::Topic');
    if (KmsMasterKeyId !== undefined) keys.set(model.arn(topic), KmsMasterKeyId);
  }

  const check = (functionId: string, { action, resource }: Need): boolean => {
    const grant = grantsOf.get(functionId)?.find(({ allows }) => allows(action, resource));
    if (grant) use(functionId, grant);
    return grant !== undefined;
  };

  const require: Policies['require'] = (functionId, actions, resource, where) => {
    if (!grantsOf.has(functionId)) return;
    for (const action of actions)
      if (!check(functionId, { action, resource }))
        throw new Error(`${where}: the role of ${functionId} does not allow ${action} on ${resource}`);
  };

  for (const functionId of grantsOf.keys()) {
    const { LoggingConfig, TracingConfig } = model.properties(functionId, 'AWS::Lambda::Function');
    if (LoggingConfig?.LogGroup !== undefined)
      require(functionId, [
        'logs:CreateLogStream',
        'logs:PutLogEvents',
      ], `arn:aws:logs:${region}:${account}:log-group:${LoggingConfig.LogGroup}:log-stream:local`, 'its log');
    if (TracingConfig !== undefined)
      require(functionId, ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*', 'its traces');
  }

  return {
    require,
    refusalOf(call) {
      if (!grantsOf.has(call.functionId)) return undefined;
      const missing = needsOf(call, region, account, keys).find((need) => !check(call.functionId, need));
      return missing && refusal(call, missing, account);
    },
  };
}

function readGrants(model: Model, roleArn: string, functionId: string): Grant[] {
  const roleId = model.ids('AWS::IAM::Role').find((id) => model.arn(id) === roleArn);
  if (roleId === undefined) throw new Error(`${functionId}: its role ${roleArn} is not in the template`);
  const attached = model
    .ids('AWS::IAM::Policy')
    .map((id) => model.properties(id, 'AWS::IAM::Policy'))
    .filter(({ Roles }) => Roles.includes(model.physicalName(roleId)));
  return [...model.properties(roleId, 'AWS::IAM::Role').Policies, ...attached]
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .flatMap(({ Action, Resource }) =>
      Action.flatMap((action) =>
        Resource.map((resource): Grant => {
          const [actionMatches, resourceMatches] = [wildcard(action.toLowerCase()), wildcard(resource)];
          return {
            action,
            resource,
            allows: (called, on) => actionMatches.test(called.toLowerCase()) && resourceMatches.test(on),
          };
        }),
      ),
    );
}

/** IAM User Guide, "Using wildcards": `*` is any text, `?` any one character. */
function wildcard(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}

/** Actions that each part of a transaction needs (DynamoDB Developer Guide, "IAM policies for transactions"). */
const TRANSACTION_PARTS: Readonly<Record<string, string>> = {
  Put: 'dynamodb:PutItem',
  Update: 'dynamodb:UpdateItem',
  Delete: 'dynamodb:DeleteItem',
  ConditionCheck: 'dynamodb:ConditionCheckItem',
  Get: 'dynamodb:GetItem',
};

type Input = Record<string, unknown>;

function needsOf(call: AwsCall, region: string, account: string, keys: ReadonlyMap<string, string>): Need[] {
  const input = call.input();
  const table = (name: unknown): string =>
    String(name).startsWith('arn:') ? String(name) : `arn:aws:dynamodb:${region}:${account}:table/${name}`;
  switch (call.service) {
    case 'dynamodb': {
      if (Array.isArray(input.TransactItems))
        return (input.TransactItems as Record<string, Input>[])
          .flatMap((item) => Object.entries(item))
          .map(([part, { TableName }]) => ({
            action: TRANSACTION_PARTS[part] ?? `dynamodb:${part}`,
            resource: table(TableName),
          }));
      const action = `dynamodb:${call.operation}`;
      if (typeof input.RequestItems === 'object')
        return Object.keys(input.RequestItems ?? {}).map((name) => ({ action, resource: table(name) }));
      const index = input.IndexName === undefined ? '' : `/index/${input.IndexName}`;
      return [{ action, resource: input.TableName === undefined ? '*' : table(input.TableName) + index }];
    }
    case 'dynamodbstreams':
      return [{ action: `dynamodb:${call.operation}`, resource: String(input.StreamArn ?? '*') }];
    case 'sns': {
      // Service Authorization Reference, "Amazon SNS": what is done to a subscription has no resource but `*`.
      const topic = input.SubscriptionArn === undefined ? (input.TopicArn ?? input.TargetArn ?? '*') : '*';
      const key = call.operation === 'Publish' ? keys.get(String(topic)) : undefined;
      return [
        { action: `sns:${call.operation}`, resource: String(topic) },
        // Developer Guide, "Managing Amazon SNS encryption keys and costs": SNS uses the key in the publisher's name.
        ...(key === undefined
          ? []
          : ['kms:GenerateDataKey', 'kms:Decrypt'].map((action) => ({ action, resource: key }))),
      ];
    }
    case 'lambda':
      return [
        {
          action: 'lambda:InvokeFunction',
          resource: `arn:aws:lambda:${region}:${account}:function:${input.FunctionName}`,
        },
      ];
    case 'ssm': {
      const name = String(input.Name ?? '*').replace(/^\//, '');
      return [{ action: `ssm:${call.operation}`, resource: `arn:aws:ssm:${region}:${account}:parameter/${name}` }];
    }
    case 'sqs': {
      const name = String(input.QueueUrl ?? input.QueueName ?? '*').replace(/^.*\//, '');
      // Service Authorization Reference, "Amazon SQS": a batch needs what its messages need.
      return [
        { action: `sqs:${call.operation.replace(/Batch$/, '')}`, resource: `arn:aws:sqs:${region}:${account}:${name}` },
      ];
    }
  }
}

function refusal(call: AwsCall, { action, resource }: Need, account: string): AwsReply {
  const message =
    `User: arn:aws:sts::${account}:assumed-role/${call.functionId} is not authorized to perform: ${action} ` +
    `on resource: ${resource} because no identity-based policy allows the ${action} action`;
  if (action.startsWith('kms:')) return awsError(call, 400, 'KMSAccessDenied', message);
  if (call.service === 'sns') return awsError(call, 403, 'AuthorizationError', message);
  return awsError(call, 400, call.service === 'sqs' ? 'AccessDenied' : 'AccessDeniedException', message);
}

/** Written at once, so that a process that is killed has told what it used. */
function record(line: GrantLine): void {
  const folder = process.env[GRANTS_FOLDER];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  appendFileSync(join(folder, `${process.pid}.jsonl`), `${JSON.stringify(line)}\n`);
}
