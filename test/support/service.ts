import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiAnswer, ApiError, type Client, connect } from '../../bin/client.ts';
import type { InstanceOptions } from '../../local/instance.ts';
import { type Launched, launch } from '../../local/launch.ts';
import { describedFetch } from './described.ts';

export const AUTHORITY = 'herefordshire';

export interface Mail {
  readonly id: string;
  readonly subject: string;
  readonly text: string;
  readonly to: readonly { readonly address: string }[];
}

/** The whole service on this machine, with what tests do to it. */
export interface Service extends Launched {
  readonly client: Client;
  /** Submits a month, under `If-Match` where a revision is named; answers instead of throwing. */
  put(period: string, body: unknown, revision?: number): Promise<ApiAnswer>;
  get(path: string): Promise<ApiAnswer['body']>;
  /** Waits until all is judged and mailed, then gives the mail in the inbox, oldest first. */
  mails(): Promise<Mail[]>;
  /** The folder that everything is kept in. */
  readonly dataDir: string;
  /** Stops, and removes the folder. */
  end(): Promise<void>;
}

/** A fresh instance in a folder of its own. */
export async function startService(
  options: {
    clock?: string;
    context?: Record<string, unknown>;
    intercept?: InstanceOptions['intercept'];
    /** A folder that an ended service left. */
    dataDir?: string;
  } = {},
): Promise<Service> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'inspection-monitor-test-'));
  // Tests ask faster than people do, and the faster the machine the more so.
  const launched = await launch({ clock: '2011-10-15', ...options, dataDir, unlimited: true });
  const client = connect(launched.api, launched.token, { send: describedFetch });
  const path = (rest: string) => `/v1/authorities/${AUTHORITY}${rest}`;
  return {
    ...launched,
    client,
    dataDir,
    async put(period, body, revision) {
      try {
        return await client.request(
          'PUT',
          path(`/submissions/${period}`),
          body,
          revision ? { 'if-match': `"${revision}"` } : {},
        );
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        return {
          status: error.status,
          etag: undefined,
          body: { detail: error.message, errors: error.errors },
          text: '',
          bytes: new Uint8Array(),
        };
      }
    },
    get: async (rest) => (await client.request('GET', path(rest))).body,
    async mails() {
      await launched.idle();
      return (await (await fetch(`${launched.inbox}/api/email`)).json()) as Mail[];
    },
    async end() {
      await launched.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
