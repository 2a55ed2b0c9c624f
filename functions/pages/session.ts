import { createHash, timingSafeEqual } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/**
 * The cookie holds the token itself: whoever could read it could as well read the token, and nothing has to be kept
 * here. `__Host-`: only this host may set it, only over HTTPS (browsers count http://127.0.0.1 as trustworthy). `Lax`,
 * as a `Strict` cookie stays behind when somebody follows the link in an e-mail.
 */
const COOKIE = '__Host-session';
const ATTRIBUTES = 'Path=/; HttpOnly; Secure; SameSite=Lax';

/** The longest that a browser keeps the cookie, in seconds: a working day, also where the token lives for a year. */
const MAX_SESSION_S = 12 * 60 * 60;

/** The token that a browser sent; undefined where it has none. */
export function tokenOf({ cookies = [] }: APIGatewayProxyEventV2): string | undefined {
  return cookies.find((cookie) => cookie.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1) || undefined;
}

/** Signs in, for no longer than the token is valid. `expires` is in seconds since 1970. */
export function sessionCookie(token: string, expires: number, now: Date): string {
  const age = Math.min(MAX_SESSION_S, Math.floor(expires - now.getTime() / 1000));
  return `${COOKIE}=${token}; ${ATTRIBUTES}; Max-Age=${age}`;
}

export const ENDED_SESSION = `${COOKIE}=; ${ATTRIBUTES}; Max-Age=0`;

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
  return url?.origin === here ? `${url.pathname}${url.search}` : '/';
}
