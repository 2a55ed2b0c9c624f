import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromWorker, Invocation, WorkerSetup } from './worker-pool.ts';

/**
 * Emulates one Lambda execution environment in a worker thread: loads a function's bundle once and then runs one
 * invocation at a time, as the Node.js runtime interface client does
 * (aws/aws-lambda-nodejs-runtime-interface-client, `src/UserFunction.js`). The function sees nothing of this file.
 */

const setup = workerData as WorkerSetup;
const port = parentPort;
if (port === null) throw new Error('worker.ts runs in a worker thread only');
const send = (message: FromWorker) => port.postMessage(message);

/** Milliseconds that `Date` adds to the machine's time; undefined while it is the machine's own. */
let clockOffset: number | undefined;
moveClock(setup.clockOffset);
// Node resolves what it loads to its real path; macOS's temporary folder is behind a link.
const codeDirectory = realpathSync(setup.codeDirectory);
confineToBundle(codeDirectory);

try {
  const handler = await loadHandler(codeDirectory, setup.handler);
  port.on('message', (invocation: Invocation) => void run(handler, invocation));
  send({ type: 'ready' });
} catch (error) {
  send({ type: 'initError', error: describe(error) });
}

type Handler = (event: unknown, context: object) => unknown;

async function run(handler: Handler, invocation: Invocation): Promise<void> {
  const { requestId, event, timeoutMs, traceId } = invocation;
  moveClock(invocation.clockOffset);
  process.env._X_AMZN_TRACE_ID = traceId;
  const deadline = performance.now() + timeoutMs;
  const context = {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: '$LATEST',
    functionName: setup.functionName,
    memoryLimitInMB: String(setup.memoryMb),
    logGroupName: setup.logGroup,
    logStreamName: 'local',
    clientContext: undefined,
    identity: undefined,
    invokedFunctionArn: setup.functionArn,
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadline - performance.now())),
  };
  let message: FromWorker;
  try {
    const result = await handler(JSON.parse(event), context);
    message = { type: 'result', requestId, payload: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    message = { type: 'failure', requestId, error: describe(error) };
  }
  await Promise.all([printed(process.stdout), printed(process.stderr)]);
  send(message);
}

/** Output takes another way to the main thread than messages. What an invocation printed should be there before it ends. */
async function printed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength > 0) await new Promise((resolve) => stream.write('', resolve));
}

async function loadHandler(directory: string, specification: string): Promise<Handler> {
  const [, module = '', path = ''] = /^(.*?[^/]*?)\.([^/]*)$/.exec(specification) ?? [];
  const file = ['.js', '.mjs', '.cjs'].map((extension) => join(directory, module + extension)).find(existsSync);
  if (file === undefined) {
    throw named('Runtime.ImportModuleError', `Cannot find module '${module}' for handler '${specification}'`);
  }
  const script = file.endsWith('.js') && !existsSync(join(directory, 'package.json'));
  let exported: Record<string, unknown> = script ? requireScript(file) : await import(pathToFileURL(file).href);
  // What a CommonJS bundle exports is under `default`; Node names those it can see in the source as well.
  if (exported.default !== undefined && !(path in exported)) exported = exported.default as Record<string, unknown>;
  let handler: unknown = exported;
  for (const part of path.split('.')) handler = (handler as Record<string, unknown> | undefined)?.[part];
  if (typeof handler !== 'function') {
    throw named('Runtime.HandlerNotFound', `${specification} is undefined or not exported`);
  }
  if (handler.length >= 3) {
    throw named(
      'Runtime.CallbackHandlerDeprecated',
      'from Node.js 24 on, Lambda does not run handlers with a callback',
    );
  }
  return handler as Handler;
}

/** On AWS a bundle stands alone in /var/task; here the project's node_modules would be found above it. */
function confineToBundle(directory: string): void {
  const root = pathToFileURL(directory + sep).href;
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      const fromBundle = context.parentURL?.startsWith(root) === true;
      if (fromBundle && resolved.url.startsWith('file:') && !resolved.url.startsWith(root)) {
        throw named(
          'Runtime.ImportModuleError',
          `Cannot find package '${specifier}': it is not in the function's bundle`,
        );
      }
      return resolved;
    },
  });
}

/**
 * Loads a `.js` file as the CommonJS that it is on AWS, where no package.json says otherwise. Here the one of the
 * project above may call it a module, and only a loader that does not ask can help.
 */
function requireScript(file: string): Record<string, unknown> {
  const require = createRequire(file);
  require.extensions['.js'] = (module, filename) => {
    const { _compile } = module as NodeJS.Module & { _compile(code: string, filename: string, format: string): void };
    _compile.call(module, readFileSync(filename, 'utf8'), filename, 'commonjs');
  };
  return require(file);
}

/** From here on `Date` is `offset` milliseconds off. One that was never moved is left as it is. */
function moveClock(offset: number): void {
  if (clockOffset === undefined && offset === 0) return;
  if (clockOffset === undefined) replaceDate();
  clockOffset = offset;
}

/** Replaces `Date` by one that reads the moved clock, which ticks on. */
function replaceDate(): void {
  const MachineDate = Date;
  const now = () => MachineDate.now() + (clockOffset ?? 0);
  function InstanceDate(this: unknown, ...values: unknown[]): unknown {
    if (new.target === undefined) return new MachineDate(now()).toString();
    return Reflect.construct(MachineDate, values.length === 0 ? [now()] : values, new.target);
  }
  Object.defineProperties(InstanceDate, {
    name: { value: 'Date' },
    length: { value: 7 },
    prototype: { value: MachineDate.prototype },
    now: { value: now, configurable: true, writable: true },
    parse: { value: MachineDate.parse, configurable: true, writable: true },
    UTC: { value: MachineDate.UTC, configurable: true, writable: true },
  });
  MachineDate.prototype.constructor = InstanceDate as unknown as DateConstructor;
  globalThis.Date = InstanceDate as unknown as DateConstructor;
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

function describe(error: unknown): { errorType: string; errorMessage: string; trace: string[] } {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}
