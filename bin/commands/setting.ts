import { type Client, connect } from '../../lib/client.ts';

/** The command line cannot be followed as it stands; the message says what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Options that every command talking to the API has. */
export interface Target {
  readonly url?: string;
  readonly token?: string;
  readonly authority: string;
}

/** The API that the options or the environment name. */
export function clientOf({ url, token }: Target): Client {
  const missing = [...(url ? [] : ['MONITOR_URL']), ...(token ? [] : ['MONITOR_TOKEN'])];
  if (!url || !token)
    throw new UsageError(
      `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not set. "npm start" prints both for this machine; for a deployed instance MONITOR_URL is the output ApiUrl of its stack, and "npm run monitor -- token create --stack InspectionMonitor" makes a token.`,
    );
  if (!URL.canParse(url)) throw new UsageError(`MONITOR_URL is not a URL: ${url}`);
  return connect(url, token);
}

/** Where an authority's data stands. */
export const pathOf = (authority: string, ...parts: string[]): string =>
  ['/v1/authorities', authority, ...parts]
    .map((part, index) => (index === 0 ? part : encodeURIComponent(part)))
    .join('/');
