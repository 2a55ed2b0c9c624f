import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';

export interface Dynoxide {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/**
 * Runs the DynamoDB emulator dynoxide on a free loopback port, its data in `databasePath`.
 */
export async function startDynoxide(databasePath: string, onExit: (reason: string) => void): Promise<Dynoxide> {
  mkdirSync(dirname(databasePath), { recursive: true });
  // Another process can take the port between our asking for a free one and dynoxide's binding it.
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(databasePath, await freePort(), onExit);
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

async function start(databasePath: string, port: number, onExit: (reason: string) => void): Promise<Dynoxide> {
  const child = spawn(
    findStore(),
    ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', databasePath],
    // A process group of its own: Ctrl-C must reach this process alone, which then drains before it ends dynoxide.
    // Windows gives a process without SystemRoot no network.
    { stdio: ['ignore', 'ignore', 'pipe'], env: onlyWhatIsSet('SystemRoot'), detached: true, windowsHide: true },
  );
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await listening(child);
  const watchdog = endWithThisProcess(child);
  let stopping = false;
  void exited.then(() => {
    watchdog.kill('SIGKILL');
    if (!stopping) onExit(`dynoxide ended by itself (${child.signalCode ?? child.exitCode})`);
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await exited;
      clearTimeout(timer);
    },
  };
}

function onlyWhatIsSet(name: string): NodeJS.ProcessEnv {
  const value = process.env[name];
  return value === undefined ? {} : { [name]: value };
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      output = (output + chunk).slice(-10_000);
      if (output.includes('listening')) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`dynoxide did not start (${signal ?? code}): ${output}`)));
  });
}

/**
 * A SIGKILL of this process would leave dynoxide running on its database. Another process, which waits for the end of
 * its standard input, which comes when this one dies however it dies, ends it then.
 */
function endWithThisProcess(child: ChildProcess): ChildProcess {
  const pid = String(child.pid);
  const [program, ...args] =
    process.platform === 'win32'
      ? [process.execPath, '-e', 'process.stdin.resume().once("end", () => process.kill(Number(process.argv[1])))', pid]
      : ['/bin/sh', '-c', 'read -r _; kill -9 "$0"', pid];
  const watchdog = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true, windowsHide: true });
  watchdog.unref();
  return watchdog;
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

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
