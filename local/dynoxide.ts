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
 * The binary comes with the npm package `@dynoxide/<platform>-<arch>`.
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
    findBinary(),
    ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', databasePath],
    // A process group of its own: Ctrl-C must reach this process alone, which then drains before it ends dynoxide.
    { stdio: ['ignore', 'ignore', 'pipe'], env: {}, detached: true },
  );
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await listening(child);
  const watchdog = endWithThisProcess(child);
  let stopping = false;
  void exited.then(() => {
    watchdog?.kill('SIGKILL');
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
 * A SIGKILL of this process would leave dynoxide running on its database. A shell that waits for the end of its
 * standard input, which comes when this process dies however it dies, ends it then.
 */
function endWithThisProcess(child: ChildProcess): ChildProcess | undefined {
  if (process.platform === 'win32') return undefined;
  const watchdog = spawn('/bin/sh', ['-c', 'read -r _; kill -9 "$0"', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.unref();
  return watchdog;
}

function findBinary(): string {
  const name = `@dynoxide/${process.platform}-${process.arch}`;
  const file = process.platform === 'win32' ? 'dynoxide.exe' : 'dynoxide';
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), file);
  } catch {
    throw new Error(
      `the DynamoDB emulator for this platform is not installed. Run \`npm install --no-save ${name}\`, ` +
        'or set DYNAMODB_ENDPOINT to the address of another emulator.',
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
