import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SCOPES } from '../functions/domain/access.ts';
import { createToken } from '../functions/store/access.ts';
import { createApp } from '../lib/app.ts';
import type { Intercept } from './gateway.ts';
import { type Instance, startInstance } from './instance.ts';

export interface LaunchOptions {
  readonly dataDir: string;
  readonly apiPort?: number;
  readonly inboxPort?: number;
  readonly fresh?: boolean;
  /** What the instance's clock reads at the start: ISO date or instant; the machine's own time without it. */
  readonly clock?: string;
  /** Answer every request, also beyond the limits of the API's stage. */
  readonly unlimited?: boolean;
  /** Sees, and may change, every call of an AWS service. */
  readonly intercept?: Intercept | undefined;
  /** CDK context beside the defaults of this machine. */
  readonly context?: Readonly<Record<string, unknown>>;
}

export interface Launched extends Instance {
  /** Allows everything, for every authority, for a year of the instance's clock. */
  readonly token: string;
}

const A_YEAR_S = 366 * 24 * 60 * 60;

/** Synthesizes the stack, runs its template on this machine and makes a token. */
export async function launch({ context = {}, dataDir, ...options }: LaunchOptions): Promise<Launched> {
  const assembly = join(dataDir, 'cdk.out');
  createApp({ outdir: assembly, context: { alertEmail: 'director@example.org', retain: false, ...context } }).synth();
  const instance = await startInstance({ assembly, dataDir, ...options });
  try {
    const now = options.clock === undefined ? Date.now() : Date.parse(options.clock);
    const token = await createToken(databaseOf(instance), {
      scopes: [...SCOPES],
      authority: '*',
      label: 'made at start on this machine',
      expires: Math.floor(Math.max(now, Date.now()) / 1000) + A_YEAR_S,
    });
    return { ...instance, token };
  } catch (error) {
    await instance.stop();
    throw error;
  }
}

/** The instance's database, for what people do directly rather than through the API. */
export function databaseOf(instance: Instance) {
  const { outputs } = instance.resources;
  return {
    client: new DynamoDBClient({
      endpoint: instance.endpoints.dynamodb,
      region: instance.region,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
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
