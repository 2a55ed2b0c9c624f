import { type Command, InvalidArgumentError } from 'commander';
import type { Period } from '../../functions/domain/period.ts';
import { dayIn, monthIn } from '../../functions/services/cell-periods.ts';
import { type Client, connect } from '../client.ts';

/** How this program was called, and is to be called again: as the installed one, or from a clone. */
export const PROGRAM = process.env.npm_lifecycle_event === 'monitor' ? 'npm run monitor --' : 'monitor';
/** The same where its output goes into a file or another program: npm itself is to write nothing. */
export const PROGRAM_QUIETLY = PROGRAM.replace('npm run', 'npm run -s');

/** The command line cannot be followed as it stands; the message says what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Options that every command talking to the API has. */
interface Target {
  readonly url?: string;
  readonly token?: string;
  readonly authority: string;
}

const meant = new WeakMap<Command, readonly string[]>();

/** Says which of the options of all commands mean something to this one; without this, all do. */
export function meansOnly(command: Command, options: readonly (keyof Target)[]): void {
  meant.set(command, options);
}

/** Refuses what was said and would be passed over. Throws `UsageError`, which names every such option. */
export function refuseMeaningless(root: Command, command: Command): void {
  const name = command.parent === root ? command.name() : `${command.parent?.name()} ${command.name()}`;
  const means = meant.get(command);
  const faults = ['url', 'token', 'authority']
    .filter((option) => means && !means.includes(option) && root.getOptionValueSource(option) === 'cli')
    .map((option) => `"${name}" takes no --${option}`);
  const given = (option: string) => command.getOptionValueSource(option) === 'cli';
  if (given('data') && given('stack')) faults.push('--data and --stack exclude each other: give one of them');
  if (given('region') && !given('stack')) faults.push('--region needs --stack');
  if (faults.length > 0) throw new UsageError(`${faults.join('\n')}\nIts options: ${PROGRAM} ${name} --help`);
}

/** The API that the options or the environment name, and the paths of the authority's data in it. */
export interface Reach {
  readonly client: Client;
  readonly authority: string;
  /** `at('metrics', 'referral-backlog')`. */
  at(...parts: string[]): string;
}

export function reach(command: Command): Reach {
  const { url, token, authority } = command.optsWithGlobals<Target>();
  const missing = [...(url ? [] : ['MONITOR_URL']), ...(token ? [] : ['MONITOR_TOKEN'])];
  if (!url || !token)
    throw new UsageError(
      `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not set. "npm start" prints both for this machine; for a deployed instance MONITOR_URL is the output ApiUrl of its stack, and "${PROGRAM} token create --stack InspectionMonitor" makes a token.`,
    );
  if (!URL.canParse(url)) throw new UsageError(`MONITOR_URL is not a URL: ${url}`);
  return {
    client: connect(url, token, {
      onPause: (seconds) =>
        console.error(`Too many requests at once: trying again in ${seconds} second${seconds === 1 ? '' : 's'}.`),
    }),
    authority,
    at: (...parts) => ['/v1/authorities', ...[authority, ...parts].map(encodeURIComponent)].join('/'),
  };
}

/** How a month is given to a command. */
export const MONTH = 'such as "September 2011" or 2011-09';

export const notAMonth = (text: string): string =>
  `"${text}" is not a month; write it like "September 2011" or 2011-09`;

/** A month given as an argument or an option. */
export function monthFrom(text: string): Period {
  const month = monthIn(text);
  if (!month) throw new InvalidArgumentError(notAMonth(text));
  return month;
}

/** A day given as an option. */
export function dayFrom(text: string): string {
  const day = dayIn(text);
  if (!day) throw new InvalidArgumentError('Give one day, such as "1 April 2011" or 2011-04-01.');
  return day;
}

/** A path with query parameters, those that are given. */
export function withQuery(path: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length > 0 ? `${path}?${new URLSearchParams(given)}` : path;
}

/** Every entry of a list that comes in pages. */
export async function readAll<T>(client: Client, path: string, list: string): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | undefined;
  do {
    const page = new URLSearchParams({ limit: '100', ...(cursor ? { cursor } : {}) });
    const { body } = await client.request('GET', `${path}${path.includes('?') ? '&' : '?'}${page}`);
    found.push(...(body[list] as T[]));
    cursor = body.next;
  } while (cursor);
  return found;
}
