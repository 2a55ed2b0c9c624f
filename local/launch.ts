import { createServer } from 'node:net';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SCOPES } from '../functions/domain/access.ts';
import { createToken, listTokens, revokeToken } from '../functions/store/access.ts';
import { createApp } from '../lib/app.ts';
import { keepPrivate } from './data-folder.ts';
import { lastLogged } from './function-log.ts';
import type { Intercept } from './gateway.ts';
import { FUNCTION_LOG, type Instance, startInstance } from './instance.ts';
import { refuseIfLocked } from './lock.ts';

/** Emulates a deployment with the CDK: synthesizes the stack and starts an instance of it. */

export interface LaunchOptions {
  readonly dataDir: string;
  readonly apiPort?: number;
  readonly inboxPort?: number;
  readonly fresh?: boolean;
  /** What the instance's clock reads at the start: ISO date or instant; the machine's own time without it. */
  readonly clock?: string;
  /** Refuse to start at an earlier time than the folder has gone on to. */
  readonly forwardOnly?: boolean;
  /** Answer every request, also beyond the limits of the API's stage. */
  readonly unlimited?: boolean;
  /** Sees, and may change, every call of an AWS service. */
  readonly intercept?: Intercept | undefined;
  /** The settings of a deployment, as CDK context, beside the defaults of this machine. */
  readonly context?: Readonly<Record<string, unknown>>;
}

export interface Launched extends Instance {
  /**
   * Allows everything, for every authority, for a year of the instance's clock or until the next start, which makes
   * another in its place.
   */
  readonly token: string;
}

/** What a deployment would choose otherwise. Watched in full, since it costs nothing here and shows all that there is. */
const ON_THIS_MACHINE = { alertEmail: 'director@example.org', retain: false, operations: 'full' };

const A_YEAR_S = 366 * 24 * 60 * 60;
const TOKEN_LABEL = 'made at start on this machine';

/**
 * Synthesizes the stack, runs its template on this machine and makes a token. What it will not get, a folder or a port,
 * it says before it does any of that. Throws `SettingsError` where `context` is not what a deployment would take.
 */
export async function launch({ context = {}, dataDir, ...options }: LaunchOptions): Promise<Launched> {
  await refuseIfLocked(dataDir);
  if (options.forwardOnly) refuseEarlierClock(dataDir, options);
  await refuseTakenPorts(options);
  keepPrivate(dataDir);
  const assembly = join(dataDir, 'cdk.out');
  createApp({ outdir: assembly, context: { ...ON_THIS_MACHINE, ...context } }).synth();
  const instance = await startInstance({ assembly, dataDir, ...options });
  try {
    const database = databaseOf(instance);
    for (const { id, label } of (await listTokens(database)).tokens)
      if (label === TOKEN_LABEL) await revokeToken(database, id);
    const now = options.clock === undefined ? Date.now() : Date.parse(options.clock);
    const token = await createToken(database, {
      scopes: [...SCOPES],
      authority: '*',
      label: TOKEN_LABEL,
      expires: Math.floor(Math.max(now, Date.now()) / 1000) + A_YEAR_S,
    });
    return { ...instance, token };
  } catch (error) {
    await instance.stop();
    throw error;
  }
}

/** What was stored is never of a later time than what is asked now: months would not be over yet, and notices of the future. */
function refuseEarlierClock(dataDir: string, { clock, fresh }: Pick<LaunchOptions, 'clock' | 'fresh'>): void {
  const last = fresh ? undefined : lastLogged(join(dataDir, FUNCTION_LOG));
  const start = clock === undefined ? Date.now() : Date.parse(clock);
  if (last === undefined || Date.parse(last) <= start) return;
  throw new Error(
    `the clock cannot go back: what is in ${dataDir} goes on to ${last}, and ${clock === undefined ? "this machine's clock is before that" : `--clock says ${clock}`}. Say a later time with --clock ${last}, choose another folder with --data, or begin anew with --fresh.`,
  );
}

async function refuseTakenPorts({ apiPort = 0, inboxPort = 0 }: Omit<LaunchOptions, 'dataDir'>): Promise<void> {
  const wanted = [
    { port: apiPort, use: 'the API', option: '--port' },
    ...(process.env.SMTP_URL ? [] : [{ port: inboxPort, use: 'the inbox', option: '--inbox-port' }]),
  ];
  const faults: string[] = [];
  for (const { port, use, option } of wanted) {
    const fault = await whyNotFree(port);
    if (fault)
      faults.push(
        `port ${port} for ${use} ${fault}. Stop what uses it, or choose another with ${option} (0: any free one).`,
      );
  }
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

/** Undefined where this process could listen on that port of this machine. */
function whyNotFree(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code === 'EADDRINUSE' ? 'is in use' : `cannot be opened (${code})`),
    );
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(undefined)));
  });
}

/** The instance's database, for what people do directly rather than through the API. */
export function databaseOf(instance: Instance) {
  const { outputs } = instance.resources;
  return {
    client: new DynamoDBClient({
      endpoint: instance.endpoints.dynamodb,
      region: instance.region,
      credentials: instance.credentials,
    }),
    tables: {
      baselines: String(outputs.BaselinesTable),
      submissions: String(outputs.SubmissionsTable),
      alerts: String(outputs.AlertsTable),
      access: String(outputs.AccessTable),
    },
  };
}

/** Runs `stop` once on Ctrl-C or a polite kill; a second Ctrl-C ends at once. */
export function stopOnSignal(stop: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopping = false;
    const onSignal = () => {
      if (stopping) process.exit(130);
      stopping = true;
      stop().then(resolve, reject);
    };
    // Windows knows no polite kill, but tells of Ctrl-Break and of the closing of the window.
    const others: NodeJS.Signals[] = process.platform === 'win32' ? ['SIGBREAK', 'SIGHUP'] : ['SIGTERM'];
    for (const signal of ['SIGINT', ...others]) process.on(signal, onSignal);
  });
}
