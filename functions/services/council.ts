import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import * as openid from 'openid-client';
import * as z from 'zod';
import { type Council, isPlain, rolesFor } from '../domain/council.ts';
import type { Session } from '../domain/person.ts';
import type { Database } from '../store/database.ts';
import { councilPersonId } from '../store/keys.ts';
import { beginSaidSession } from './sessions.ts';

/**
 * Signing in by the council's own sign-in: OpenID Connect, authorization code with PKCE, state and nonce. Who is sent there and
 * does not come back leaves nothing behind: all that an attempt needs is in the browser's cookie, and what of it is sent along is
 * worked out from that.
 */

/** Why somebody was not signed in. */
export type CouncilFault =
  /** It does not answer us, or says that it cannot now. */
  | 'unreachable'
  /** It, or the parameter with the secret, does not accept us: client id, secret, return address or scopes. */
  | 'misconfigured'
  /** By our clock its answer is over, or not to be used yet. */
  | 'clock'
  /** Its answer is not what the standard asks for: signature, issuer, audience, nonce. */
  | 'invalid'
  /** What the browser came back with says that it could not, or is no answer. By anybody's word: no alarm rings for it. */
  | 'sent-back'
  /** The attempt is too old, was used already, or is not this browser's. */
  | 'over'
  | 'denied'
  | 'no-role'
  | 'no-address';

/** Nobody was signed in. The message is for the log: it holds nothing of what the council's sign-in said of somebody. */
export class CouncilSignInError extends Error {
  override readonly name = 'CouncilSignInError';
  readonly fault: CouncilFault;
  constructor(fault: CouncilFault, why: string = fault) {
    super(why);
    this.fault = fault;
  }
}

export interface CouncilDependencies {
  readonly council: Council;
  /** Names the settings that `council` came from: others end the sessions. */
  readonly settings: string;
  /** Reads the client's secret. */
  readonly secretOf: () => Promise<string>;
  readonly database: Database<'access'>;
  readonly now: () => Date;
}

/** How long somebody may take at the council's sign-in. */
export const ATTEMPT_MINUTES = 10;
/** What the council's sign-in said of itself, and the secret, are asked for anew after this time. */
const KNOWN_MS = 10 * 60_000;
/** How long it may take to answer, in seconds, each of at most four times: API Gateway gives up after 30. */
const ANSWERS_S = 5;
/** How far its clock and ours may differ, in seconds. */
const TOLERANCE_S = 60;

/** The longest path to go on to, in characters of base64url. */
const MAX_TO = 2000;
/** A secret of this attempt, when it is over (seconds since 1970), and the path to go on to. */
const ATTEMPT = new RegExp(`^([A-Za-z0-9_-]{43})\\.(\\d{10})\\.([A-Za-z0-9_-]{1,${MAX_TO}})$`);

/** What is sent along of an attempt. Nobody who reads it learns the attempt, nor one of them from another. */
function partOf(attempt: string, part: 'state' | 'nonce' | 'code verifier'): string {
  const [secret = ''] = attempt.split('.');
  return createHmac('sha256', secret).update(`${part} ${attempt}`).digest('base64url');
}

function isEqual(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** What has to be known of somebody. `email` is what they are recorded under; an address that is expressly not theirs is none. */
const ClaimsSchema = z.object({
  email: z.email().max(254),
  email_verified: z
    .unknown()
    .refine((verified) => verified !== false && verified !== 'false')
    .optional(),
});

export function createCouncilSignIn({ council, settings, secretOf, database, now }: CouncilDependencies) {
  let known: { readonly configuration: Promise<openid.Configuration>; readonly until: number } | undefined;

  /** What is needed to speak to the council's sign-in. Kept for a while; a failure is not. */
  function configure(): Promise<openid.Configuration> {
    if (known && known.until > now().getTime()) return known.configuration;
    const configuration = discover().catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    known = { configuration, until: now().getTime() + KNOWN_MS };
    return configuration;
  }

  async function discover(): Promise<openid.Configuration> {
    const secret = await secretOf().catch((error: unknown) => {
      throw new CouncilSignInError('misconfigured', `the secret cannot be read: ${(error as Error).name}`);
    });
    if (secret === '') throw new CouncilSignInError('misconfigured', 'the secret is empty');
    const metadata = { client_secret: secret, [openid.clockTolerance]: TOLERANCE_S };
    // Basic is what a client has that asked for nothing else (OpenID Connect Dynamic Client Registration, 2).
    let authentication: openid.ClientAuth | undefined;
    const authenticate: openid.ClientAuth = (server, ...rest) => {
      const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
      authentication ??= methods.includes('client_secret_basic')
        ? openid.ClientSecretBasic(secret)
        : openid.ClientSecretPost(secret);
      return authentication(server, ...rest);
    };
    return openid
      .discovery(new URL(council.issuer), council.clientId, metadata, authenticate, {
        // Signatures are looked at too, though the tokens come from the issuer itself.
        execute: [openid.enableNonRepudiationChecks, ...(isPlain(council) ? [openid.allowInsecureRequests] : [])],
        timeout: ANSWERS_S,
      })
      .catch((error: unknown) => {
        throw signInErrorOf(error);
      });
  }

  return {
    /** Where to send the browser, and what it has to keep until it comes back. `to` is the path to go on to then. */
    async begin(returnTo: string, to: string): Promise<{ location: string; attempt: string }> {
      const configuration = await configure();
      const expires = Math.floor(now().getTime() / 1000) + ATTEMPT_MINUTES * 60;
      const asked = Buffer.from(to).toString('base64url');
      // Too long for the cookie, which is read back as no longer than this: then they come to the start.
      const goesOnTo = asked.length <= MAX_TO ? asked : Buffer.from('/').toString('base64url');
      const attempt = [randomBytes(32).toString('base64url'), expires, goesOnTo].join('.');
      const location = openid.buildAuthorizationUrl(configuration, {
        redirect_uri: returnTo,
        scope: 'openid email profile',
        response_type: 'code',
        state: partOf(attempt, 'state'),
        nonce: partOf(attempt, 'nonce'),
        code_challenge: await openid.calculatePKCECodeChallenge(partOf(attempt, 'code verifier')),
        code_challenge_method: 'S256',
      });
      return { location: location.href, attempt };
    },

    /**
     * Begins a session for whoever comes back: `attempt` is what their browser kept, `url` the address that they were sent to.
     * Throws {@link CouncilSignInError}.
     */
    async finish(attempt: string, url: URL): Promise<{ cookie: string; session: Session; to: string }> {
      const [, , seconds, to = ''] = ATTEMPT.exec(attempt) ?? [];
      const expires = new Date(Number(seconds ?? 0) * 1000);
      const state = partOf(attempt, 'state');
      if (expires <= now() || !isEqual(url.searchParams.get('state') ?? '', state))
        throw new CouncilSignInError('over');
      const configuration = await configure();
      const { subject, claims } = await ask(configuration, attempt, url).catch((error: unknown) => {
        const failure = signInErrorOf(error);
        // The secret may have been renewed meanwhile: whoever tries again has it read anew.
        if (failure.fault === 'misconfigured') known = undefined;
        throw failure;
      });
      const read = ClaimsSchema.safeParse(claims);
      if (!read.success) throw new CouncilSignInError('no-address');
      const roles = rolesFor(claims[council.claim], council.rules);
      if (Object.keys(roles).length === 0) throw new CouncilSignInError('no-role');
      const begun = await beginSaidSession(
        { database, now: now() },
        councilPersonId(council.issuer, subject),
        { name: state, expires: expires.toISOString() },
        { settings, address: read.data.email, roles },
      );
      if (!begun) throw new CouncilSignInError('over');
      return { ...begun, to: Buffer.from(to, 'base64url').toString() };
    },
  };

  /** What the council's sign-in says of whoever comes back. What the token leaves out is looked up. */
  async function ask(configuration: openid.Configuration, attempt: string, url: URL) {
    const tokens = await openid.authorizationCodeGrant(configuration, answerIn(url), {
      expectedState: partOf(attempt, 'state'),
      expectedNonce: partOf(attempt, 'nonce'),
      pkceCodeVerifier: partOf(attempt, 'code verifier'),
      idTokenExpected: true,
    });
    const token = tokens.claims();
    if (!token) throw new CouncilSignInError('invalid', 'there is no ID token');
    const isWhole = token.email !== undefined && token[council.claim] !== undefined;
    if (isWhole || !configuration.serverMetadata().userinfo_endpoint) return { subject: token.sub, claims: token };
    const more = await openid.fetchUserInfo(configuration, tokens.access_token, token.sub);
    return { subject: token.sub, claims: { ...more, ...token } as Record<string, unknown> };
  }
}

/** The address with nothing of it but what belongs to an answer (RFC 6749, 4.1.2; RFC 9207), as often as it is there. */
function answerIn(url: URL): URL {
  const answer = new URL(url.pathname, url);
  for (const name of ['code', 'state', 'iss', 'error'])
    for (const value of url.searchParams.getAll(name)) answer.searchParams.append(name, value);
  return answer;
}

/** What an issuer says when it does not know us, or not like this (RFC 6749, 5.2). */
const MISCONFIGURED = [
  'invalid_client',
  'unauthorized_client',
  'invalid_request',
  'invalid_scope',
  'unsupported_grant_type',
];
const UNREACHABLE = ['server_error', 'temporarily_unavailable'];

/** What an error of the library comes down to. */
function signInErrorOf(error: unknown): CouncilSignInError {
  if (error instanceof CouncilSignInError) return error;
  const { name, message, code, error: said, status } = error as Error & Record<'code' | 'error' | 'status', unknown>;
  const why = [name, code, said, status, message].filter((part) => part !== undefined).join(' ');
  const is = (fault: CouncilFault) => new CouncilSignInError(fault, why);
  if (error instanceof openid.AuthorizationResponseError) return is(said === 'access_denied' ? 'denied' : 'sent-back');
  if (typeof said === 'string' && MISCONFIGURED.includes(said)) return is('misconfigured');
  if (typeof said === 'string' && UNREACHABLE.includes(said)) return is('unreachable');
  if (error instanceof openid.ResponseBodyError && said === 'invalid_grant') return is('over');
  // A secret that was sent as Basic and is wrong is challenged.
  if (error instanceof openid.WWWAuthenticateChallengeError) return is('misconfigured');
  switch (code) {
    case 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED':
      return is('clock');
    case 'OAUTH_INVALID_RESPONSE':
      return is('sent-back');
    case 'OAUTH_TIMEOUT':
    case 'OAUTH_RESPONSE_IS_NOT_CONFORM':
    case 'OAUTH_RESPONSE_IS_NOT_JSON':
      return is('unreachable');
  }
  // What `fetch` throws where nobody answers.
  return is(error instanceof TypeError && message === 'fetch failed' ? 'unreachable' : 'invalid');
}
