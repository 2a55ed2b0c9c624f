import { createHash, timingSafeEqual } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/**
 * The cookie holds the token itself, or the secret of a session that was begun by mail: whoever could read it could as
 * well read the token. Over HTTPS, which is all that API Gateway speaks, it is `Secure`, and `__Host-` in its name makes browsers hold
 * to that: only this host may set it, and only there. Over plain HTTP, as on one machine, a browser would refuse that
 * name, and Safari sends no `Secure` cookie even to 127.0.0.1, so it has neither. `Lax`, as a `Strict` cookie stays
 * behind when somebody follows the link in an e-mail.
 */
function cookieFor(
  event: APIGatewayProxyEventV2,
  called = 'session',
): { readonly name: string; readonly attributes: string } {
  // Set by API Gateway itself, whatever the caller sends: "https". Anything but a plain "http" is taken for that.
  return event.headers['x-forwarded-proto'] === 'http'
    ? { name: called, attributes: 'Path=/; HttpOnly; SameSite=Lax' }
    : { name: `__Host-${called}`, attributes: 'Path=/; HttpOnly; Secure; SameSite=Lax' };
}

/** The longest that a browser keeps the cookie of a token, in seconds: a working day, also where the token lives for a year. */
const MAX_SESSION_S = 12 * 60 * 60;

/** The token that a browser sent; undefined where it has none. */
export const tokenOf = (event: APIGatewayProxyEventV2): string | undefined => cookieOf(event, cookieFor(event));

function cookieOf(event: APIGatewayProxyEventV2, { name }: { readonly name: string }): string | undefined {
  return event.cookies?.find((cookie) => cookie.startsWith(`${name}=`))?.slice(name.length + 1) || undefined;
}

/** Signs in, for no longer than the token is valid, nor than `longest` seconds. `expires` is in seconds since 1970. */
export function sessionCookie(
  event: APIGatewayProxyEventV2,
  token: string,
  expires: number,
  now: Date,
  longest = MAX_SESSION_S,
): string {
  const { name, attributes } = cookieFor(event);
  const age = Math.min(longest, Math.floor(expires - now.getTime() / 1000));
  return `${name}=${token}; ${attributes}; Max-Age=${age}`;
}

/** Signs out. */
export function endedSession(event: APIGatewayProxyEventV2): string {
  const { name, attributes } = cookieFor(event);
  return `${name}=; ${attributes}; Max-Age=0`;
}

/** What a browser keeps while its owner is away at the council's own sign-in; `Lax`, as they come back from another site. */
const attemptCookieFor = (event: APIGatewayProxyEventV2) => cookieFor(event, 'council-sign-in');
export const attemptOf = (event: APIGatewayProxyEventV2): string | undefined =>
  cookieOf(event, attemptCookieFor(event));
export function attemptCookie(event: APIGatewayProxyEventV2, attempt: string, seconds: number): string {
  const { name, attributes } = attemptCookieFor(event);
  return `${name}=${attempt}; ${attributes}; Max-Age=${seconds}`;
}
export const endedAttempt = (event: APIGatewayProxyEventV2): string => attemptCookie(event, '', 0);

/** What a form carries to show that it came from a page of this session: nobody without the cookie can know it. */
export function forgeryToken(token: string): string {
  return createHash('sha256').update(`form ${token}`).digest('base64url');
}

export function isForgeryToken(given: string | undefined, token: string): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(forgeryToken(token))];
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Whether a post comes from a page of this very host. Browsers say so themselves, in a header that no page can set:
 * `Sec-Fetch-Site`, or `Origin` where they are older.
 */
export function isSameOrigin({ headers }: APIGatewayProxyEventV2): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  return URL.parse(headers.origin ?? '')?.host === headers.host;
}

/** The path that a visitor asked for before signing in, if it is one of this host; else the start. */
export function pathAfterSignIn(asked: string | undefined): string {
  const here = 'https://here.invalid';
  const url = asked?.startsWith('/') ? URL.parse(asked, here) : null;
  if (url?.origin !== here) return '/';
  // `/.//host` is a path of this host until its dots are gone: a browser would take the rest for another host.
  const path = url.pathname.replace(/^\/+/, '/');
  return `${path}${url.search}`;
}
