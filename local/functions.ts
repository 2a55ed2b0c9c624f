import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { FunctionLog } from './function-log.ts';
import { type AwsCall, type AwsReply, awsError, type Gateway } from './gateway.ts';
import type { Model } from './model.ts';
import { createWorkerPool, type FunctionSetup, type InvocationResult, type WorkerPool } from './worker-pool.ts';

/** Emulates Lambda: the template's functions, found by name and invoked, each with the environment that Lambda would give it. */

export interface LambdaFunction {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly timeoutMs: number;
  invoke(event: unknown): Promise<InvocationResult>;
  /** Ends the workers that are running something, as a crash would: their invocations fail. */
  kill(): void;
}

export interface Functions {
  readonly all: readonly LambdaFunction[];
  /** Lambda's Invoke, for tools beside the stack. It answers with what the function returned, or threw, once it has. */
  handle(call: AwsCall): Promise<AwsReply>;
  /** By logical id, name or ARN. */
  find(reference: string): LambdaFunction;
  /** How many invocations are running or wait for a worker. */
  running(): number;
  /** Lets running invocations end, which their timeouts see to, and takes no more. */
  close(): Promise<void>;
}

export interface FunctionsOptions {
  readonly clock: Clock;
  readonly log: FunctionLog;
  /** The endpoint that emulates the AWS services. */
  readonly gateway: Pick<Gateway, 'url' | 'credentials'>;
}

/** The template's functions, each run from its own asset in worker threads. */
export function createFunctions(model: Model, options: FunctionsOptions): Functions {
  // Lambda runs in UTC. A worker's own TZ variable changes nothing, only the process's does.
  process.env.TZ = 'UTC';
  const all = model.ids('AWS::Lambda::Function').map((logicalId) => createFunction(model, logicalId, options));
  return {
    all,
    find(reference) {
      const found = all.find(({ logicalId, name, arn }) => [logicalId, name, arn].includes(reference));
      if (found === undefined) {
        const known = all.map(({ logicalId }) => logicalId).join(', ') || 'none';
        throw new Error(`'${reference}' is not a function of this template (known: ${known})`);
      }
      return found;
    },
    async handle(call) {
      const type = call.headers['x-amz-invocation-type'] ?? 'RequestResponse';
      if (call.operation !== 'Invoke' || type !== 'RequestResponse')
        return awsError(call, 400, 'UnsupportedOperation', 'only synchronous invocations are emulated');
      const { FunctionName } = call.input();
      const target = all.find(({ name, arn }) => name === FunctionName || arn === FunctionName);
      if (!target) return awsError(call, 404, 'ResourceNotFoundException', `Function not found: ${FunctionName}`);
      const { payload, functionError } = await target.invoke(JSON.parse(call.body.toString('utf8') || '{}'));
      return {
        status: 200,
        headers: {
          'content-type': 'application/json',
          ...(functionError && { 'x-amz-function-error': functionError }),
        },
        body: JSON.stringify(payload ?? null),
      };
    },
    running: () => all.reduce((sum, { pool }) => sum + pool.running(), 0),
    async close() {
      await Promise.all(all.map(({ close }) => close()));
    },
  };
}

function createFunction(
  model: Model,
  logicalId: string,
  { clock, log, gateway: { url: gateway, credentials } }: FunctionsOptions,
): LambdaFunction & { readonly pool: WorkerPool; close(): Promise<void> } {
  const properties = model.properties(logicalId, 'AWS::Lambda::Function');
  const { Code, Environment, Handler, MemorySize, Runtime, Timeout } = properties;
  const name = model.physicalName(logicalId);
  const arn = model.arn(logicalId);
  const timeoutMs = Timeout * 1000;
  const { region } = model.stack;
  const setup: FunctionSetup = {
    codeDirectory: model.stack.assetDirectory(Code.S3Key),
    handler: Handler,
    functionName: name,
    functionArn: arn,
    logGroup: properties.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
    memoryMb: MemorySize,
  };
  // The variables that Lambda sets itself: Lambda Developer Guide, "Defined runtime environment variables".
  const variables = {
    ...Environment?.Variables,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${Runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MemorySize),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: setup.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    // The endpoints learn from the signature who calls.
    AWS_ACCESS_KEY_ID: logicalId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_ENDPOINT_URL_DYNAMODB: gateway,
    AWS_ENDPOINT_URL_SNS: gateway,
    AWS_ENDPOINT_URL_SQS: gateway,
    AWS_ENDPOINT_URL_SSM: gateway,
    LAMBDA_TASK_ROOT: setup.codeDirectory,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    _HANDLER: Handler,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
  };
  const pool = createWorkerPool({ setup, variables, clock, log });
  let closed = false;
  return {
    logicalId,
    name,
    arn,
    timeoutMs,
    pool,
    invoke(event) {
      if (closed) return Promise.reject(new Error(`${name} is not invoked any more: the instance is stopping`));
      const traceId = `Root=1-${Math.floor(clock.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')};Sampled=0`;
      return pool.run({ requestId: randomUUID(), event: JSON.stringify(event) ?? 'null', timeoutMs, traceId });
    },
    kill: () => pool.kill(),
    close() {
      closed = true;
      return pool.close();
    },
  };
}
