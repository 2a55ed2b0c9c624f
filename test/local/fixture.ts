import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogLine } from '../../local/function-log.ts';
import { type Instance, type InstanceOptions, startInstance } from '../../local/instance.ts';

/**
 * Cloud assemblies as small as a test needs, written by hand in the shape that `cdk synth` gives them, with functions
 * whose bundles are a few lines of JavaScript.
 */

export type Resources = Record<string, { Type: string; Properties?: object; [attribute: string]: unknown }>;

export interface Assembly {
  readonly resources: Resources;
  /** Source of each function by logical id; becomes `index.mjs`, or the files named. */
  readonly functions?: Record<string, FunctionSource>;
  readonly template?: object;
}

export type FunctionSource =
  | string
  | { readonly files: Record<string, string>; readonly properties?: Record<string, unknown> }
  | { readonly code: string; readonly properties?: Record<string, unknown> };

/** Writes the assembly into `directory` and returns it. */
export function writeAssembly(directory: string, { resources, functions = {}, template = {} }: Assembly): string {
  mkdirSync(directory, { recursive: true });
  const files: Record<string, object> = {};
  const all: Resources = { ...resources };
  for (const [logicalId, source] of Object.entries(functions)) {
    const content =
      typeof source === 'string'
        ? { 'index.mjs': source }
        : 'files' in source
          ? source.files
          : { 'index.mjs': source.code };
    const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
    const path = `asset.${hash}`;
    mkdirSync(join(directory, path), { recursive: true });
    for (const [name, text] of Object.entries(content)) writeFileSync(join(directory, path, name), text);
    files[hash] = {
      source: { path, packaging: 'zip' },
      destinations: { current: { bucketName: 'assets', objectKey: `${hash}.zip` } },
    };
    all[logicalId] = {
      Type: 'AWS::Lambda::Function',
      Properties: {
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Code: { S3Bucket: { 'Fn::Sub': 'assets-${AWS::AccountId}' }, S3Key: `${hash}.zip` },
        Timeout: 5,
        MemorySize: 128,
        ...(typeof source === 'string' ? {} : source.properties),
      },
    };
  }
  const manifest = {
    version: '48.0.0',
    artifacts: {
      'Shop.assets': { type: 'cdk:asset-manifest', properties: { file: 'Shop.assets.json' } },
      Shop: {
        type: 'aws:cloudformation:stack',
        environment: 'aws://unknown-account/unknown-region',
        properties: { templateFile: 'Shop.template.json' },
      },
    },
  };
  const write = (name: string, value: object) => writeFileSync(join(directory, name), JSON.stringify(value, null, 1));
  write('manifest.json', manifest);
  write('Shop.assets.json', { version: '48.0.0', files });
  write('Shop.template.json', { Resources: all, ...template });
  return directory;
}

/** An HTTP API named `Api` with these routes, each to a function by logical id, and a limit that no test reaches. */
export function api(routes: Record<string, string>): Resources {
  const resources: Resources = {
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'shop', ProtocolType: 'HTTP' } },
    Stage: {
      Type: 'AWS::ApiGatewayV2::Stage',
      Properties: {
        ApiId: { Ref: 'Api' },
        StageName: '$default',
        AutoDeploy: true,
        DefaultRouteSettings: { ThrottlingRateLimit: 10_000, ThrottlingBurstLimit: 10_000 },
      },
    },
  };
  for (const [index, [RouteKey, functionId]] of Object.entries(routes).entries()) {
    resources[`Integration${index}`] = {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId: { Ref: 'Api' },
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: { 'Fn::GetAtt': [functionId, 'Arn'] },
        PayloadFormatVersion: '2.0',
      },
    };
    resources[`Route${index}`] = {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId: { Ref: 'Api' },
        RouteKey,
        Target: { 'Fn::Join': ['', ['integrations/', { Ref: `Integration${index}` }]] },
      },
    };
  }
  return resources;
}

/** A table with the key `pk`, its stream on. */
export const table = (properties: object = {}) => ({
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
    StreamSpecification: { StreamViewType: 'KEYS_ONLY' },
    ...properties,
  },
});

/** A mapping as the stack writes them, of everything and without a window; it leaves what it gives up in the queue `Dead`. */
export const mapping = (tableId: string, functionId: string, properties: object = {}) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: {
    EventSourceArn: { 'Fn::GetAtt': [tableId, 'StreamArn'] },
    FunctionName: { Ref: functionId },
    BatchSize: 100,
    BisectBatchOnFunctionError: false,
    DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Dead', 'Arn'] } } },
    FilterCriteria: { Filters: [{ Pattern: '{}' }] },
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    MaximumBatchingWindowInSeconds: 0,
    MaximumRecordAgeInSeconds: 3600,
    MaximumRetryAttempts: 10,
    StartingPosition: 'TRIM_HORIZON',
    ...properties,
  },
});

export const queue = () => ({ Type: 'AWS::SQS::Queue' });

export const subscription = (topicId: string, address: string, FilterPolicy?: object) => ({
  Type: 'AWS::SNS::Subscription',
  Properties: {
    TopicArn: { Ref: topicId },
    Protocol: 'email',
    Endpoint: address,
    ...(FilterPolicy && { FilterPolicy }),
  },
});

/** Called in a function's source as `aws('DynamoDB_20120810.PutItem', {...})`: an SDK client in three lines. */
export const AWS_CLIENT = `
const signed = (service) => ({
  authorization: 'AWS4-HMAC-SHA256 Credential=' + process.env.AWS_ACCESS_KEY_ID +
    '/20200101/eu-west-2/' + service + '/aws4_request, SignedHeaders=host, Signature=x',
  'x-amz-security-token': process.env.AWS_SESSION_TOKEN,
});
export async function aws(target, input) {
  const response = await fetch(process.env.AWS_ENDPOINT_URL_DYNAMODB, { method: 'POST', body: JSON.stringify(input),
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target, ...signed('dynamodb') } });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.__type + ': ' + answer.message);
  return answer;
}
export async function publish(fields) {
  const response = await fetch(process.env.AWS_ENDPOINT_URL_SNS, { method: 'POST',
    body: new URLSearchParams({ Action: 'Publish', ...fields }), headers: signed('sns') });
  if (!response.ok) throw new Error(await response.text());
}
`;

export interface Running extends Instance {
  readonly dataDir: string;
  readonly log: LogLine[];
  call(target: string, input: object): Promise<Record<string, unknown>>;
}

/** Starts an assembly in a directory of its own; `remove` ends it and clears the directory away. */
export async function run(
  assembly: Assembly | string,
  { mail = true, ...options }: Partial<InstanceOptions> & { readonly mail?: boolean | string } = {},
): Promise<Running & { remove(): Promise<void> }> {
  // maildev takes half a second to start; where no mail is sent any address will do in its place.
  if (mail === true) delete process.env.SMTP_URL;
  else process.env.SMTP_URL = mail === false ? 'smtp://127.0.0.1:9' : mail;
  const root = options.dataDir ?? temporaryDirectory();
  const log: LogLine[] = [];
  const instance = await startInstance({
    assembly: typeof assembly === 'string' ? assembly : writeAssembly(join(root, 'cdk.out'), assembly),
    dataDir: root,
    onLog: (line) => log.push(line),
    ...options,
  }).catch((error: unknown) => {
    if (options.dataDir === undefined) rmSync(root, { recursive: true, force: true });
    throw error;
  });
  return {
    ...instance,
    dataDir: root,
    log,
    call: (target, input) => call(instance, target, input),
    async remove() {
      await instance.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export const temporaryDirectory = (): string => mkdtempSync(join(tmpdir(), 'local-'));

async function call(
  { endpoints, credentials }: Instance,
  target: string,
  input: object,
): Promise<Record<string, unknown>> {
  const response = await fetch(endpoints.dynamodb, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': target,
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20200101/eu-west-2/dynamodb/aws4_request, SignedHeaders=host, Signature=x',
      'x-amz-security-token': credentials.sessionToken,
    },
    body: JSON.stringify(input),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}

/** Polls until `probe` gives something. The patience is for a machine with much else to do: it costs nothing elsewhere. */
export async function eventually<T>(
  probe: () => T | undefined | Promise<T | undefined>,
  patienceMs = 20_000,
): Promise<T> {
  const until = Date.now() + patienceMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > until) throw new Error(`nothing came of: ${probe}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export interface ReceivedMail {
  readonly id: string;
  readonly subject: string;
  readonly text: string;
  readonly to: readonly { address: string }[];
  readonly from: readonly { address: string; name: string }[];
}

export async function mails(instance: Pick<Instance, 'inbox'>): Promise<ReceivedMail[]> {
  const response = await fetch(`${instance.inbox}/api/email`);
  return (await response.json()) as ReceivedMail[];
}
