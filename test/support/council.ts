import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

/** A council's own sign-in, which asks for no password: a certified OpenID provider on a port of this machine. */
export interface CouncilSignIn {
  readonly issuer: string;
  readonly client: { readonly id: string; readonly secret: string };
  /** Lets it answer: before, and after {@link CouncilSignIn.end}, whoever asks finds nobody there. `returnTo` is the one address it sends people back to. */
  open(returnTo: string): void;
  /** Does what somebody's browser does there: goes on from the address that it was sent to, to the one it is sent back to. */
  signIn(address: URL, who: string): Promise<URL>;
  end(): Promise<void>;
}

/** How long all that it gives out holds, in seconds. */
const TTL_S = 3600;

/** What people see of it. */
const PAGE = `<!doctype html><html lang="en"><title>Council</title><link rel="icon" href="data:,">
<form><label>Name <input name="name"></label> <button>Go on</button></form><a href="?stop">Stop</a></html>`;

/** People by what they sign in as, with what is said of each. */
export type People = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export async function startCouncilSignIn(people: People): Promise<CouncilSignIn> {
  let answer: ((request: IncomingMessage, response: ServerResponse) => unknown) | undefined;
  const server = createServer((request, response) => (answer ? answer(request, response) : request.socket.destroy()));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = { id: 'inspection-monitor', secret: 'a secret: with + and / and %' };
  return {
    issuer,
    client,
    open(returnTo) {
      const provider = new Provider(issuer, {
        features: { devInteractions: { enabled: false } },
        interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
        // Whoever signs in is not asked whether this service may know of it: their council decided that.
        loadExistingGrant: async ({ oidc }: any) => {
          const { accountId } = oidc.session;
          const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId });
          grant.addOIDCScope('openid email profile');
          await grant.save();
          return grant;
        },
        clients: [
          {
            client_id: client.id,
            client_secret: client.secret,
            redirect_uris: [returnTo],
            id_token_signed_response_alg: 'ES256',
          },
        ],
        jwks: { keys: [generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })] },
        ttl: { AccessToken: TTL_S, Grant: TTL_S, IdToken: TTL_S, Interaction: TTL_S, Session: TTL_S },
        claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
        findAccount: (_: unknown, id: string) =>
          people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
        cookies: { keys: ['of a test'] },
      });
      const others = provider.callback();
      answer = (request, response) => {
        const { pathname, searchParams } = new URL(request.url ?? '', issuer);
        if (!pathname.startsWith('/interaction/')) return others(request, response);
        const accountId = searchParams.get('name');
        if (accountId) return provider.interactionFinished(request, response, { login: { accountId } });
        if (searchParams.has('stop'))
          return provider.interactionFinished(request, response, { error: 'access_denied' });
        response.setHeader('content-type', 'text/html');
        return response.end(PAGE);
      };
    },
    async signIn(address, who) {
      const cookies = new Map<string, string>();
      for (let at = address; ; ) {
        if (at.pathname.startsWith('/interaction/')) at.searchParams.set('name', who);
        const cookie = [...cookies].map((each) => each.join('=')).join('; ');
        const answer = await fetch(at, { redirect: 'manual', headers: { cookie } });
        for (const set of answer.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
          cookies.set(name, value);
        }
        const next = URL.parse(answer.headers.get('location') ?? '', at.href);
        if (!next) throw new Error(`${at} was answered ${answer.status}: ${await answer.text()}`);
        if (next.origin !== issuer) return next;
        at = next;
      }
    },
    end: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
