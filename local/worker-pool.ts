import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import type { Clock } from './clock.ts';
import type { FunctionLog } from './function-log.ts';

/**
 * Emulates Lambda's execution environments: worker threads that each load a function's bundle once and run one invocation at
 * a time, started when they are needed and ended by a timeout, a crash or when nothing needs them any more.
 */

/** What is the same for all workers of a function. */
export interface FunctionSetup {
  readonly codeDirectory: string;
  readonly handler: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly logGroup: string;
  readonly memoryMb: number;
}

/** What a worker thread is told at its birth. */
export interface WorkerSetup extends FunctionSetup {
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

/** An invocation that waits for a worker. */
export type Waiting = Omit<Invocation, 'clockOffset'>;

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

export interface WorkerPool {
  /** Waits for a worker that is free. Never rejects. */
  run(invocation: Waiting): Promise<InvocationResult>;
  /** Ends the workers that are running something, as a crash would: their invocations fail. */
  kill(): void;
  /** How many invocations are running or wait for a worker. */
  running(): number;
  /** Lets running invocations end, which their timeouts see to; those that wait fail. */
  close(): Promise<void>;
}

/** AWS starts up to a thousand; each worker here takes some twenty megabytes. */
const MAX_WORKERS = 10;
/** Beyond one, an idle worker is ended after this time. */
const IDLE_MS = 30_000;
/** Lambda Developer Guide, "Lambda execution environment lifecycle": the init phase is limited to ten seconds. */
const MAX_INIT_MS = 10_000;
/** V8 does not start in less. */
const MIN_HEAP_MB = 64;
/** Lambda quotas: payload of a synchronous invocation, request and response. */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

interface Job {
  readonly invocation: Waiting;
  readonly finished: Promise<unknown>;
  readonly resolve: (result: InvocationResult) => void;
}

/** A worker thread with what it is doing. */
interface Environment {
  readonly worker: Worker;
  state: 'starting' | 'idle' | 'busy';
  idleSince: number;
  job?: Job | undefined;
  timer?: NodeJS.Timeout | undefined;
}

/** The workers of one function. */
export function createWorkerPool(options: {
  readonly setup: FunctionSetup;
  /** All the environment variables that it sees. */
  readonly variables: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: FunctionLog;
}): WorkerPool {
  const { setup, variables, clock, log } = options;
  const source = setup.functionName;
  const environments = new Set<Environment>();
  const waiting: Job[] = [];
  let closed = false;

  const platform = (message: string, requestId?: string) =>
    log.write({ source, stream: 'platform', message, ...(requestId === undefined ? {} : { requestId }) });

  const discard = (environment: Environment) => {
    environments.delete(environment);
    clearTimeout(environment.timer);
    return environment.worker.terminate();
  };

  const finish = (environment: Environment, payload: unknown, functionError?: 'Unhandled') => {
    const { job } = environment;
    if (job === undefined) return;
    clearTimeout(environment.timer);
    environment.job = undefined;
    const { requestId } = job.invocation;
    job.resolve(functionError === undefined ? { requestId, payload } : { requestId, payload, functionError });
  };

  const fail = (environment: Environment, error: ErrorPayload) => {
    platform(`${error.errorType}: ${error.errorMessage}`, environment.job?.invocation.requestId);
    finish(environment, error, 'Unhandled');
  };

  /** The thread is beyond use: its invocation fails, and whoever waits gets a new one. */
  const replace = (environment: Environment, error: ErrorPayload) => {
    if (!environments.has(environment)) return;
    if (environment.job === undefined && environment.state === 'starting') environment.job = waiting.shift();
    fail(environment, error);
    void discard(environment);
    dispatch();
  };

  const release = (environment: Environment) => {
    clearTimeout(environment.timer);
    environment.state = 'idle';
    environment.idleSince = Date.now();
    dispatch();
  };

  const receive = (environment: Environment, message: FromWorker) => {
    switch (message.type) {
      case 'ready':
        return release(environment);
      case 'initError':
        return replace(environment, message.error);
      case 'result':
        if (Buffer.byteLength(message.payload) > MAX_PAYLOAD_BYTES) {
          fail(environment, {
            errorType: 'Function.ResponseSizeTooLarge',
            errorMessage: `Response payload size exceeded maximum allowed payload size (${MAX_PAYLOAD_BYTES} bytes).`,
          });
        } else {
          finish(environment, JSON.parse(message.payload));
        }
        return release(environment);
      case 'failure':
        fail(environment, message.error);
        return release(environment);
    }
  };

  const start = () => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      name: source,
      workerData: { ...setup, clockOffset: clock.offset } satisfies WorkerSetup,
      env: { ...variables },
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: Math.max(MIN_HEAP_MB, setup.memoryMb) },
    });
    const environment: Environment = { worker, state: 'starting', idleSince: Date.now() };
    environments.add(environment);
    environment.timer = setTimeout(() => {
      replace(environment, {
        errorType: 'Sandbox.Timedout',
        errorMessage: `Init timed out after ${MAX_INIT_MS / 1000} seconds`,
      });
    }, MAX_INIT_MS);
    for (const stream of ['stdout', 'stderr'] as const) {
      createInterface({ input: worker[stream] }).on('line', (message) => {
        const requestId = environment.job?.invocation.requestId;
        log.write({ source, stream, message, ...(requestId === undefined ? {} : { requestId }) });
      });
    }
    worker.on('message', (message: FromWorker) => receive(environment, message));
    worker.on('error', (error: Error & { code?: string }) => {
      const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      replace(environment, {
        errorType: memory ? 'Runtime.OutOfMemory' : (error.name ?? 'Error'),
        errorMessage: memory ? `the function needs more than ${setup.memoryMb} MB` : String(error.message),
        trace: (error.stack ?? '').split('\n'),
      });
    });
    worker.on('exit', (code) => {
      replace(environment, {
        errorType: 'Runtime.ExitError',
        errorMessage: `Runtime exited with ${code === 0 ? 'no error' : `error: exit status ${code}`}`,
      });
    });
  };

  const assign = (environment: Environment, job: Job) => {
    const { requestId, timeoutMs } = job.invocation;
    environment.state = 'busy';
    environment.job = job;
    environment.timer = setTimeout(() => {
      replace(environment, {
        errorType: 'Sandbox.Timedout',
        errorMessage: `${requestId} Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
      });
    }, timeoutMs);
    environment.worker.postMessage({ ...job.invocation, clockOffset: clock.offset } satisfies Invocation);
  };

  const dispatch = () => {
    if (closed) return;
    for (const environment of environments) {
      if (environment.state !== 'idle') continue;
      const job = waiting.shift();
      if (job === undefined) return;
      assign(environment, job);
    }
    let starting = [...environments].filter(({ state }) => state === 'starting').length;
    while (starting < waiting.length && environments.size < MAX_WORKERS) {
      start();
      starting++;
    }
  };

  const reaper = setInterval(() => {
    const idle = [...environments].filter(({ state }) => state === 'idle');
    for (const environment of idle.slice(1)) {
      if (Date.now() - environment.idleSince > IDLE_MS) void discard(environment);
    }
  }, IDLE_MS);
  reaper.unref();

  return {
    run(invocation) {
      const { promise, resolve } = Promise.withResolvers<InvocationResult>();
      waiting.push({ invocation, resolve, finished: promise });
      dispatch();
      return promise;
    },
    kill() {
      for (const environment of [...environments])
        if (environment.state === 'busy')
          replace(environment, { errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited: killed' });
    },
    running: () => waiting.length + [...environments].filter(({ state }) => state === 'busy').length,
    async close() {
      closed = true;
      clearInterval(reaper);
      const error = { errorType: 'Runtime.Stopped', errorMessage: 'the instance was stopped' };
      for (const job of waiting.splice(0)) {
        job.resolve({ requestId: job.invocation.requestId, payload: error, functionError: 'Unhandled' });
      }
      await Promise.all([...environments].map(({ job }) => job?.finished));
      await Promise.all([...environments].map(discard));
    },
  };
}
