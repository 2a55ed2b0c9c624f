import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isExpired, SCOPES, type Scope } from '../../functions/domain/access.ts';
import { ROUTES, type RouteKey } from '../../functions/http/routes.ts';
import { createToken, listTokens, readGrant, revokeToken } from '../../functions/store/access.ts';
import { databaseOf } from '../../local/launch.ts';
import { type Caller, callerOf } from '../support/caller.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
let call: Caller;
let database: ReturnType<typeof databaseOf>;
beforeAll(async () => {
  service = await startService();
  call = callerOf(service);
  database = databaseOf(service);
});
afterAll(() => service.end());

/** The instance's clock says October 2011. */
const LATER = Date.parse('2012-10-15') / 1000;
const EARLIER = Date.parse('2011-10-14') / 1000;
const make = (scopes: readonly Scope[], authority = 'herefordshire', expires = LATER, label = 'test') =>
  createToken(database, { scopes: [...scopes], authority, label, expires });

const guarded = (Object.entries(ROUTES) as [RouteKey, (typeof ROUTES)[RouteKey]][]).filter(([, { scope }]) => scope);

/** The route's path for an authority; a request without body or precondition, so that nothing can come of it. */
function requestFor(key: RouteKey, authority: string): [method: string, path: string] {
  const [method = '', path = ''] = key.split(' ');
  const filled = path
    .replace('{authority}', authority)
    .replace('{period}', '2011-08')
    .replace('{metric}', 'referral-backlog')
    .replace('{alert}', 'referral-backlog')
    .replace('{action}', 'A1')
    .replace('{inspection}', 'herefordshire-2010')
    .replace('{recipient}', '0');
  return [method, filled];
}

describe.each(guarded)('%s', (key, { scope }) => {
  test.each(SCOPES)('with the scope %s alone', async (only) => {
    const { status, body } = await call(...requestFor(key, 'herefordshire'), { token: await make([only]) });
    if (only === scope) expect(status).not.toBeOneOf([401, 403, 500]);
    else expect([status, body.detail]).toEqual([403, `this needs a token with the scope "${scope}"`]);
  });

  test('is refused without a token, with a malformed, an unknown, an expired and a revoked one, all alike', async () => {
    const revoked = await make(SCOPES);
    const { id } = (await listTokens(database)).tokens.find(({ label }) => label === 'test') ?? { id: '' };
    expect(id).not.toBe('');
    for (const listed of (await listTokens(database)).tokens)
      if (listed.label === 'test') await revokeToken(database, listed.id);
    const tokens = ['', 'imt_short', `imt_${'A'.repeat(43)}`, await make(SCOPES, 'herefordshire', EARLIER), revoked];
    const answers = [];
    for (const token of tokens) answers.push(await call(...requestFor(key, 'herefordshire'), { token }));
    expect(answers.map(({ status }) => status)).toEqual(tokens.map(() => 401));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.map(({ headers }) => headers.get('www-authenticate'))).toEqual(tokens.map(() => 'Bearer'));
  });

  // The list of authorities is of none in particular: it names those that the token may see, and no other.
  const ofOne = test.runIf(key.includes('{authority}'));

  ofOne("tells a token of another authority the same of an authority there is and of one there isn't", async () => {
    const token = await make(SCOPES, 'elsewhere');
    const there = await call(...requestFor(key, 'herefordshire'), { token });
    const not = await call(...requestFor(key, 'atlantis'), { token });
    expect([there.status, there.text]).toEqual([403, not.text]);
    expect(not.status).toBe(403);
  });

  ofOne('tells a token of every authority that one is unknown', async () => {
    const { status } = await call(...requestFor(key, 'atlantis'), { token: await make(SCOPES, '*') });
    // Where a body is wrong as well, that may be said first.
    expect(status).toBeOneOf([404, 400, 415]);
  });
});

describe('a token', () => {
  test('is stored as its digest only, and listed without it', async () => {
    const token = await make(['read'], 'herefordshire', LATER, 'digest');
    const listed = (await listTokens(database)).tokens.find(({ label }) => label === 'digest');
    expect(listed).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{12}$/),
      label: 'digest',
      scopes: ['read'],
      authority: 'herefordshire',
      expires: LATER,
    });
    expect(token).toMatch(/^imt_[A-Za-z0-9_-]{43}$/);
    expect(JSON.stringify(listed)).not.toContain(token.slice(4, 12));
  });

  test('stops to work at the next request once it is revoked, and cannot be revoked twice', async () => {
    const token = await make(['read'], 'herefordshire', LATER, 'to revoke');
    expect((await call('GET', '/alerts', { token })).status).toBe(200);
    const { id } = (await listTokens(database)).tokens.find(({ label }) => label === 'to revoke') ?? { id: '' };
    expect(await revokeToken(database, id)).toBe(true);
    expect((await call('GET', '/alerts', { token })).status).toBe(401);
    expect(await revokeToken(database, id)).toBe(false);
  });

  test('24-token-past-its-end: ends with its last second, though its item is still there', async () => {
    const token = await make(['read'], 'herefordshire', 1_318_636_800);
    const last = new Date('2011-10-14T23:59:59.999Z');
    const over = new Date('2011-10-15T00:00:00.000Z');
    expect((await readGrant(database, token, last))?.scopes).toEqual(['read']);
    expect(await readGrant(database, token, over)).toBeUndefined();
    expect(isExpired({ scopes: [], authority: '*', label: '', expires: 1_318_636_800 }, over)).toBe(true);
  });
});

test('health and description need no token', async () => {
  for (const path of ['/health', '/openapi.json']) expect((await fetch(service.api + path)).status).toBe(200);
});
