import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { type Dynamodb, type Json, outputOf } from './dynamodb.ts';
import { type AwsReply, awsError } from './gateway.ts';

export interface Dynoxide extends Dynamodb {
  stop(): Promise<void>;
}

/**
 * Runs the DynamoDB emulator dynoxide, its data in `databasePath`. Its HTTP server answers everybody, whatever they
 * sign, and lets every web page read along (`access-control-allow-origin: *`). So it is spoken to through its standard
 * input and output, which nobody else can reach, in the other protocol it has: MCP, whose tools are DynamoDB's
 * operations, their parameters in snake case. It ends when its input does, so also when this process is killed.
 */
export async function startDynoxide(databasePath: string, onExit: (reason: string) => void): Promise<Dynoxide> {
  mkdirSync(dirname(databasePath), { recursive: true });
  const child = spawn(findStore(), ['mcp', '--db-path', databasePath], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Windows gives a process without SystemRoot no random numbers.
    env: onlyWhatIsSet('SystemRoot'),
    // A process group of its own: Ctrl-C must reach this process alone, which then drains before it ends dynoxide.
    detached: true,
    windowsHide: true,
  });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk).slice(-10_000);
  });
  // A write to one that has ended is told by its exit.
  child.stdin.on('error', () => {});

  const waiting = new Map<number, { resolve(answer: Json): void; reject(error: Error): void }>();
  let ended: Error | undefined;
  let stopping = false;
  const exited = new Promise<void>((resolve) => {
    const end = (how: string) => {
      ended ??= new Error(`dynoxide ended (${how}) ${complaints}`.trimEnd());
      for (const { reject } of waiting.values()) reject(ended);
      waiting.clear();
      resolve();
    };
    child.once('error', ({ message }) => end(message));
    child.once('close', (code, signal) => end(String(signal ?? code)));
  });
  onEachLine(child.stdout, (line) => {
    const answer: Json = JSON.parse(line);
    waiting.get(answer.id)?.resolve(answer);
    waiting.delete(answer.id);
  });

  let lastId = 0;
  const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const ask = (method: string, params: object): Promise<Json> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended);
      const id = ++lastId;
      waiting.set(id, { resolve, reject });
      send({ id, method, params });
    });

  const tools = await introduce();
  void exited.then(() => {
    if (!stopping) onExit(ended?.message ?? '');
  });

  const perform = async (operation: string, input: Json): Promise<AwsReply> => {
    const service = 'dynamodb';
    const refuse = (code: string, message: string) => awsError({ service }, 400, code, message);
    const parameters = tools.get(inSnakeCase(operation));
    if (parameters === undefined) return refuse('UnknownOperationException', `the local store has no ${operation}`);
    // DescribeTable would otherwise be answered in a form for people.
    const given: Json = parameters.has('raw') ? { raw: true } : {};
    for (const [name, value] of Object.entries(input)) {
      const parameter = inSnakeCase(name);
      if (parameters.has(parameter)) given[parameter] = value;
      else if (!isWithoutEffect(name, value))
        return refuse('ValidationException', `${operation} does not take ${name} in the local store`);
    }
    const fault = unsupported(input);
    if (fault) return refuse('ValidationException', fault);
    const { error, result } = await ask('tools/call', { name: inSnakeCase(operation), arguments: given });
    if (error) return refuse('ValidationException', String(error.message));
    const text = String(result.content[0].text);
    return result.isError
      ? failure(JSON.parse(text))
      : { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: text };
  };

  return {
    async forward(call) {
      try {
        return await perform(call.operation, call.input());
      } catch (error) {
        return awsError(call, 500, 'InternalServerError', (error as Error).message);
      }
    },
    call: async (_target, operation, input) => outputOf(operation, await perform(operation, input)),
    close() {},
    async stop() {
      stopping = true;
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
      await exited;
      clearTimeout(timer);
    },
  };

  /** MCP's handshake. Gives the parameters of each tool, so that what the store would overlook is refused. */
  async function introduce(): Promise<Map<string, ReadonlySet<string>>> {
    try {
      await ask('initialize', {
        protocolVersion: '2025-06-18',
        capabilities: {},
        clientInfo: { name: 'inspection-monitor', version: '0' },
      });
      send({ method: 'notifications/initialized' });
      const { result } = await ask('tools/list', {});
      return new Map(
        result.tools.map(({ name, inputSchema }: Json) => [name, new Set(Object.keys(inputSchema.properties ?? {}))]),
      );
    } catch (error) {
      throw new Error(`the DynamoDB emulator did not start: ${(error as Error).message}`);
    }
  }
}

/** Not with `readline`, for which a line ends at U+2028 as well, which people's text may hold. */
function onEachLine(stream: Readable, receive: (line: string) => void): void {
  let begun: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => {
    let start = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', start)) {
      receive(Buffer.concat([...begun, chunk.subarray(start, end)]).toString('utf8'));
      begun = [];
      start = end + 1;
    }
    begun.push(chunk.subarray(start));
  });
}

/** It ends within milliseconds of its input; whatever keeps it must not keep the instance. */
const KILL_AFTER_MS = 1000;

/** Such as `put_item` for PutItem and `sse_specification` for SSESpecification. */
const inSnakeCase = (name: string): string =>
  name.replaceAll(/([a-z0-9])(?=[A-Z])|([A-Z])(?=[A-Z][a-z])/g, '$1$2_').toLowerCase();

/** What may be left out: every read of this store is consistent, and nobody pays for capacity. */
const isWithoutEffect = (name: string, value: unknown): boolean =>
  name === 'ConsistentRead' || (/^Return(ConsumedCapacity|ItemCollectionMetrics)$/.test(name) && value === 'NONE');

/** What the tools accept or overlook, and DynamoDB or whoever asked would not. */
function unsupported({ IndexName, ConsistentRead, ...input }: Json): string | undefined {
  if (IndexName !== undefined && ConsistentRead === true)
    return 'Consistent reads are not supported on global secondary indexes';
  const writes: Json[] = (input.TransactItems ?? []).flatMap((item: Json) => Object.values(item));
  return [input, ...writes].some((write) => write.ReturnValuesOnConditionCheckFailure === 'ALL_OLD')
    ? 'ReturnValuesOnConditionCheckFailure: the local store does not tell the item that failed a condition'
    : undefined;
}

/** A tool's error as DynamoDB spells it. Why each part of a transaction failed, the tools tell in the message only. */
function failure({ error_type, message }: Json): AwsReply {
  if (error_type === 'InternalServerError') return awsError({ service: 'dynamodb' }, 500, error_type, message);
  const code = /Exception$/.test(error_type) ? error_type : 'ValidationException';
  const reply = awsError({ service: 'dynamodb' }, 400, code, message);
  const [, reasons] = /\[([\w, ]+)\]$/.exec(message) ?? [];
  if (code !== 'TransactionCanceledException' || reasons === undefined) return reply;
  const CancellationReasons = reasons.split(', ').map((Code) => ({ Code }));
  return { ...reply, body: JSON.stringify({ ...JSON.parse(String(reply.body)), CancellationReasons }) };
}

function onlyWhatIsSet(name: string): NodeJS.ProcessEnv {
  const value = process.env[name];
  return value === undefined ? {} : { [name]: value };
}

const require = createRequire(import.meta.url);

/**
 * The store's program for a platform, as the npm package `@dynoxide/<platform>-<arch>` brings it. Throws, saying what to
 * do, where it is not installed: npm leaves an optional package out where its registry does not have it.
 */
export function findStore(platform: string = process.platform, arch: string = process.arch): string {
  const name = `@dynoxide/${platform}-${arch}`;
  const { optionalDependencies } = require('../package.json') as { optionalDependencies: Record<string, string> };
  const version = optionalDependencies[name];
  const another =
    'set DYNAMODB_ENDPOINT to the address of another DynamoDB emulator that runs, such as http://127.0.0.1:8000';
  if (version === undefined)
    throw new Error(`The store (dynoxide) does not exist for ${platform} ${arch}: ${another}.`);
  try {
    return join(dirname(require.resolve(`${name}/package.json`)), platform === 'win32' ? 'dynoxide.exe' : 'dynoxide');
  } catch {
    throw new Error(
      `The store (dynoxide) for ${platform} ${arch} is not installed: run "npm install --no-save ${name}@${version}", or ${another}.`,
    );
  }
}
