import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { findStore } from '../../local/dynoxide.ts';

/** A DynamoDB emulator that speaks HTTP, to everybody: what `DYNAMODB_ENDPOINT` may name, and what benches call bare. */
export interface HttpStore {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Runs dynoxide on a free loopback port, its data in `databasePath`. */
export async function startHttpStore(databasePath: string): Promise<HttpStore> {
  // Another process can take the port between our asking for a free one and dynoxide's binding it.
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(databasePath, await freePort());
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

async function start(databasePath: string, port: number): Promise<HttpStore> {
  const child = spawn(
    findStore(),
    ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', databasePath],
    { stdio: ['ignore', 'ignore', 'pipe'], windowsHide: true },
  );
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await listening(child);
  const watchdog = endWithThisProcess(child);
  void exited.then(() => watchdog.kill('SIGKILL'));
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGTERM');
      await exited;
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
