import { randomBytes, randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import * as z from 'zod';
import type { Clock } from './clock.ts';
import type { FunctionLog } from './function-log.ts';
import type { Model } from './model.ts';

/** What a worker thread is told at its birth. */
export interface WorkerSetup {
  readonly codeDirectory: string;
  readonly handler: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMb: number;
  /** Milliseconds to add to the machine's time while the function is loaded. */
  readonly clockOffset: number;
}

/** One invocation as it is posted to a worker. `event` is JSON text, since on AWS too it crosses the wire as such. */
export interface Invocation {
  readonly requestId: string;
  readonly event: string;
  readonly timeoutMs: number;
  readonly traceId: string;
  /** Of the clock as it stands at the invocation: it may have been moved since the last. */
  readonly clockOffset: number;
}

export interface ErrorPayload {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'initError'; readonly error: ErrorPayload }
  | { readonly type: 'result'; readonly requestId: string; readonly payload: string }
  | { readonly type: 'failure'; readonly requestId: string; readonly error: ErrorPayload };

/** What Lambda's Invoke would answer. A function's failure is a result, not an exception. */
export interface InvocationResult {
  readonly requestId: string;
  /** What the function returned, or its `ErrorPayload`. */
  readonly payload: unknown;
  readonly functionError?: 'Unhandled';
}

export interface LambdaFunction {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly timeoutMs: number;
  /** Where asynchronous invocations that failed for good go: a queue's ARN. */
  readonly deadLetterArn?: string;
  invoke(event: unknown, requestId?: string): Promise<InvocationResult>;
  /** Ends the workers that are running something, as a crash would: their invocations fail. */
  kill(): void;
}

export interface Functions {
  readonly all: readonly LambdaFunction[];
  /** By logical id, name or ARN (also an ARN that contains the function's, as API integrations have). */
  find(reference: string): LambdaFunction;
  /** How many invocations are running or wait for a worker. */
  running(): number;
  /** Lets running invocations end, which their timeouts see to, and takes no more. */
  close(): Promise<void>;
}

const FunctionSchema = z.looseObject({
  Handler: z.string(),
  Runtime: z.string().regex(/^nodejs/, 'only Node.js functions run here'),
  Code: z.looseObject({ S3Key: z.string({ error: 'the code must be an asset (S3Key)' }) }),
  Layers: z.array(z.unknown()).max(0, 'layers are not laid under a function here').optional(),
  Timeout: z.coerce.number().default(3),
  MemorySize: z.coerce.number().default(128),
  ReservedConcurrentExecutions: z.coerce.number().optional(),
  Environment: z.looseObject({ Variables: z.record(z.string(), z.coerce.string()).default({}) }).optional(),
  DeadLetterConfig: z.looseObject({ TargetArn: z.string() }).optional(),
});

/** AWS starts up to a thousand; each worker here takes some twenty megabytes. */
const MAX_WORKERS = 10;
/** Beyond one, an idle worker is ended after this time. */
const IDLE_MS = 30_000;
/** Lambda Developer Guide, "Lambda execution environment lifecycle": the init phase is limited to ten seconds. */
const INIT_MS = 10_000;
/** Lambda quotas: payload of a synchronous invocation, request and response. */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

export interface FunctionsOptions {
  readonly clock: Clock;
  readonly log: FunctionLog;
  /** Base URL of the endpoint that plays the AWS services. */
  readonly gateway: string;
}

/** The template's functions, each run from its own asset in worker threads. */
export function createFunctions(model: Model, options: FunctionsOptions): Functions {
  // Lambda runs in UTC. A worker's own TZ variable changes nothing, only the process's does.
  process.env.TZ = 'UTC';
  const pools = model.ids('AWS::Lambda::Function').map((logicalId) => createPool(model, logicalId, options));
  return {
    all: pools,
    find(reference) {
      const found = pools.find(
        ({ logicalId, name, arn }) =>
          reference === logicalId ||
          reference === name ||
          reference === arn ||
          reference.includes(`:path/2015-03-31/functions/${arn}/`),
      );
      if (found === undefined) {
        const known = pools.map((pool) => pool.logicalId).join(', ') || 'none';
        throw new Error(`'${reference}' is not a function of this template (known: ${known})`);
      }
      return found;
    },
    running: () => pools.reduce((sum, pool) => sum + pool.running(), 0),
    async close() {
      await Promise.all(pools.map((pool) => pool.close()));
    },
  };
}

interface Job {
  readonly invocation: Omit<Invocation, 'clockOffset'>;
  readonly finished: Promise<unknown>;
  readonly resolve: (result: InvocationResult) => void;
}

/** A worker thread with what it is doing. */
interface Sandbox {
  readonly worker: Worker;
  state: 'starting' | 'idle' | 'busy';
  idleSince: number;
  job?: Job | undefined;
  timer?: NodeJS.Timeout | undefined;
}

function createPool(
  model: Model,
  logicalId: string,
  { clock, log, gateway }: FunctionsOptions,
): LambdaFunction & { running(): number; close(): Promise<void> } {
  const properties = model.properties(logicalId, FunctionSchema);
  const name = model.physicalName(logicalId);
  const arn = model.arn(logicalId);
  const timeoutMs = properties.Timeout * 1000;
  const mostWorkers = Math.min(MAX_WORKERS, properties.ReservedConcurrentExecutions ?? MAX_WORKERS);
  const { region } = model.stack;
  const setup: Omit<WorkerSetup, 'clockOffset'> = {
    codeDirectory: model.stack.assetDirectory(properties.Code.S3Key),
    handler: properties.Handler,
    functionName: name,
    functionArn: arn,
    memoryMb: properties.MemorySize,
  };
  // The variables that Lambda sets itself: Lambda Developer Guide, "Defined runtime environment variables".
  const environment: Record<string, string> = {
    ...properties.Environment?.Variables,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${properties.Runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(properties.MemorySize),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    // The endpoints learn from the signature who calls.
    AWS_ACCESS_KEY_ID: logicalId,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: gateway,
    AWS_ENDPOINT_URL_SNS: gateway,
    AWS_ENDPOINT_URL_SQS: gateway,
    LAMBDA_TASK_ROOT: setup.codeDirectory,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    _HANDLER: properties.Handler,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
  };

  const sandboxes = new Set<Sandbox>();
  const waiting: Job[] = [];
  let closed = false;

  const platform = (message: string, requestId?: string) =>
    log.write({ source: name, stream: 'platform', message, ...(requestId === undefined ? {} : { requestId }) });

  const discard = (sandbox: Sandbox) => {
    sandboxes.delete(sandbox);
    clearTimeout(sandbox.timer);
    return sandbox.worker.terminate();
  };

  const finish = (sandbox: Sandbox, payload: unknown, functionError?: 'Unhandled') => {
    const { job } = sandbox;
    if (job === undefined) return;
    clearTimeout(sandbox.timer);
    sandbox.job = undefined;
    const { requestId } = job.invocation;
    job.resolve(functionError === undefined ? { requestId, payload } : { requestId, payload, functionError });
  };

  const fail = (sandbox: Sandbox, error: ErrorPayload) => {
    platform(`${error.errorType}: ${error.errorMessage}`, sandbox.job?.invocation.requestId);
    finish(sandbox, error, 'Unhandled');
  };

  /** The thread is beyond use: its invocation fails, and whoever waits gets a new one. */
  const replace = (sandbox: Sandbox, error: ErrorPayload) => {
    if (!sandboxes.has(sandbox)) return;
    if (sandbox.job === undefined && sandbox.state === 'starting') {
      const job = waiting.shift();
      if (job !== undefined) sandbox.job = job;
    }
    fail(sandbox, error);
    void discard(sandbox);
    dispatch();
  };

  const release = (sandbox: Sandbox) => {
    clearTimeout(sandbox.timer);
    sandbox.state = 'idle';
    sandbox.idleSince = Date.now();
    dispatch();
  };

  const receive = (sandbox: Sandbox, message: FromWorker) => {
    switch (message.type) {
      case 'ready':
        return release(sandbox);
      case 'initError':
        return replace(sandbox, message.error);
      case 'result':
        if (Buffer.byteLength(message.payload) > MAX_PAYLOAD_BYTES) {
          fail(sandbox, {
            errorType: 'Function.ResponseSizeTooLarge',
            errorMessage: `Response payload size exceeded maximum allowed payload size (${MAX_PAYLOAD_BYTES} bytes).`,
          });
        } else {
          finish(sandbox, JSON.parse(message.payload));
        }
        return release(sandbox);
      case 'failure':
        fail(sandbox, message.error);
        return release(sandbox);
    }
  };

  const start = () => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      name: logicalId,
      workerData: { ...setup, clockOffset: clock.offset } satisfies WorkerSetup,
      env: environment,
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: Math.max(64, properties.MemorySize) },
    });
    const sandbox: Sandbox = { worker, state: 'starting', idleSince: Date.now() };
    sandboxes.add(sandbox);
    sandbox.timer = setTimeout(() => {
      replace(sandbox, {
        errorType: 'Sandbox.Timedout',
        errorMessage: `Init timed out after ${INIT_MS / 1000} seconds`,
      });
    }, INIT_MS);
    for (const stream of ['stdout', 'stderr'] as const) {
      createInterface({ input: worker[stream] }).on('line', (message) => {
        const requestId = sandbox.job?.invocation.requestId;
        log.write({ source: name, stream, message, ...(requestId === undefined ? {} : { requestId }) });
      });
    }
    worker.on('message', (message: FromWorker) => receive(sandbox, message));
    worker.on('error', (error: Error & { code?: string }) => {
      const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      replace(sandbox, {
        errorType: memory ? 'Runtime.OutOfMemory' : (error.name ?? 'Error'),
        errorMessage: memory ? `the function needs more than ${properties.MemorySize} MB` : String(error.message),
        trace: (error.stack ?? '').split('\n'),
      });
    });
    worker.on('exit', (code) => {
      replace(sandbox, {
        errorType: 'Runtime.ExitError',
        errorMessage: `Runtime exited with ${code === 0 ? 'no error' : `error: exit status ${code}`}`,
      });
    });
  };

  const assign = (sandbox: Sandbox, job: Job) => {
    sandbox.state = 'busy';
    sandbox.job = job;
    sandbox.timer = setTimeout(() => {
      replace(sandbox, {
        errorType: 'Sandbox.Timedout',
        errorMessage: `${job.invocation.requestId} Task timed out after ${properties.Timeout.toFixed(2)} seconds`,
      });
    }, timeoutMs);
    sandbox.worker.postMessage({ ...job.invocation, clockOffset: clock.offset } satisfies Invocation);
  };

  const dispatch = () => {
    if (closed) return;
    for (const sandbox of sandboxes) {
      if (sandbox.state !== 'idle') continue;
      const job = waiting.shift();
      if (job === undefined) return;
      assign(sandbox, job);
    }
    let starting = [...sandboxes].filter(({ state }) => state === 'starting').length;
    while (starting < waiting.length && sandboxes.size < mostWorkers) {
      start();
      starting++;
    }
  };

  const reaper = setInterval(() => {
    const idle = [...sandboxes].filter(({ state }) => state === 'idle');
    for (const sandbox of idle.slice(1)) {
      if (Date.now() - sandbox.idleSince > IDLE_MS) void discard(sandbox);
    }
  }, IDLE_MS);
  reaper.unref();

  return {
    logicalId,
    name,
    arn,
    timeoutMs,
    ...(properties.DeadLetterConfig && { deadLetterArn: properties.DeadLetterConfig.TargetArn }),
    invoke(event, requestId = randomUUID()) {
      if (closed) return Promise.reject(new Error(`${name} is not invoked any more: the instance is stopping`));
      const traceId = `Root=1-${Math.floor(clock.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')};Sampled=0`;
      const invocation = { requestId, event: JSON.stringify(event) ?? 'null', timeoutMs, traceId };
      const { promise, resolve } = Promise.withResolvers<InvocationResult>();
      waiting.push({ invocation, resolve, finished: promise });
      dispatch();
      return promise;
    },
    kill() {
      for (const sandbox of [...sandboxes])
        if (sandbox.state === 'busy')
          replace(sandbox, { errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited: killed' });
    },
    running: () => waiting.length + [...sandboxes].filter(({ state }) => state === 'busy').length,
    async close() {
      closed = true;
      clearInterval(reaper);
      const error = { errorType: 'Runtime.Stopped', errorMessage: 'the instance was stopped' };
      for (const job of waiting.splice(0)) {
        job.resolve({ requestId: job.invocation.requestId, payload: error, functionError: 'Unhandled' });
      }
      await Promise.all([...sandboxes].map(({ job }) => job?.finished));
      await Promise.all([...sandboxes].map(discard));
    },
  };
}
