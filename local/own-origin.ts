import type { IncomingMessage } from 'node:http';

/** No part of AWS: keeps web pages of other sites away from what an instance opens. */

/** Names that no DNS server can point here from elsewhere: an address, and what the system itself gives an address to. */
const OWN_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Why a request is not from this machine's own user, or undefined where it may be. Every port that an instance opens
 * asks this first, as any page of any site can send requests to 127.0.0.1 from the browser that shows it:
 *
 * - under a name of its own that it has pointed here meanwhile ("DNS rebinding"): then `Host` is that name;
 * - to the address itself: then the browser says so in `Origin` or `Sec-Fetch-Site`, which no page can set. Another
 *   port is another origin. Following a link to here is nobody's reading, so it stays possible.
 *
 * Programs other than browsers send neither, and need what each port asks for besides.
 */
export function whyForeign({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): string | undefined {
  const { host = '', origin } = headers;
  const name = /^(\[[\da-f:]+\]|[^:]+)(:\d+)?$/i.exec(host)?.[1]?.toLowerCase() ?? '';
  if (!OWN_NAMES.includes(name)) return `it was sent to the host "${host}", not to 127.0.0.1 or localhost`;
  if (origin !== undefined && URL.parse(origin)?.host !== host.toLowerCase())
    return `it comes from a page of ${origin}, which is another origin than this`;
  const site = headers['sec-fetch-site'];
  const followsLink =
    method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !followsLink)
    return 'it comes from a page of another origin than this';
  return undefined;
}
