import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Intercept } from '../../local/gateway.ts';
import { startBrowser } from '../support/browser.ts';
import { dumpOf } from '../support/caller.ts';
import { type CouncilSignIn, startCouncilSignIn } from '../support/council.ts';
import { openPage, overflowOf, violationsOn } from '../support/look.ts';
import { AUTHORITY, type Service, startService } from '../support/service.ts';
import { EXAMPLE, HOME } from '../support/visit.ts';

/** One month of the example. */
const FIGURES = readFileSync(EXAMPLE, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('period,') || line.startsWith('2010-11,'))
  .join('\n');

const NOBODY_IN_PARTICULAR = { email: 'somebody@council.example', groups: ['Monitor readers'] };

const PARAMETER = '/inspection-monitor/oidc';
const dataDir = mkdtempSync(join(tmpdir(), 'council-sign-in-'));
/** Puts the secret where the stand-in has its parameters. */
const putSecret = (secret: string) =>
  writeFileSync(join(dataDir, 'parameters.json'), JSON.stringify({ [PARAMETER]: secret }));

let council: CouncilSignIn;
let service: Service;
let browser: Browser;
/** What happens to calls of functions. */
let fault: Intercept | undefined;
/** What the function of the council's sign-in asked AWS for. */
const asked = new Set<string>();
/** How far the clock of the service is ahead. */
let minutes = 0;
beforeAll(async () => {
  council = await startCouncilSignIn({
    meera: { email: 'meera@council.example', groups: ['Monitor managers', 'Everybody'] },
    rob: { email: 'rob@council.example', email_verified: true, groups: 'Monitor readers' },
    una: { email: 'una@council.example', email_verified: false, groups: ['Monitor managers'] },
    ...Object.fromEntries(
      ['before', 'after'].flatMap((side) =>
        ['PutItem', 'GetItem', 'GetParameter'].map((operation) => [`${side}-${operation}`, NOBODY_IN_PARTICULAR]),
      ),
    ),
    lost: NOBODY_IN_PARTICULAR,
    olu: { email: 'olu@council.example', groups: ['Everybody'] },
  });
  [service, browser] = await Promise.all([
    startService({
      dataDir,
      intercept: (call, forward) => {
        if (call.functionId.startsWith('Openid')) asked.add(call.operation);
        return fault ? fault(call, forward) : forward();
      },
      // The provider's clock is this machine's.
      clock: new Date().toISOString(),
      context: {
        oidcIssuer: council.issuer,
        oidcClientId: council.client.id,
        oidcSecretParameter: PARAMETER,
        oidcClaim: 'groups',
        oidcRoles: `submit@${AUTHORITY}=Monitor managers; look@*=Monitor readers`,
      },
    }),
    startBrowser(),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await council?.end();
  await service?.end();
});

async function open(): Promise<Page> {
  const page = await openPage(browser, { baseURL: service.api });
  page.setDefaultTimeout(4000);
  return page;
}

/** Goes to a page, from there to the council's sign-in, and signs in there. */
async function signInAs(page: Page, who: string, path = HOME): Promise<void> {
  await page.goto(path);
  await page.getByRole('link', { name: 'Sign in with your council account' }).click();
  await page.getByLabel('Name').fill(who);
  await page.getByRole('button', { name: 'Go on' }).click();
}

/** Asks to be sent there without following, as a browser with these cookies would. */
async function begin(to = '/'): Promise<{ status: number; location: URL | undefined; cookie: string; text: string }> {
  const answer = await fetch(`${service.api}/sign-in/council?${new URLSearchParams({ to })}`, { redirect: 'manual' });
  const location = URL.parse(answer.headers.get('location') ?? '') ?? undefined;
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  return { status: answer.status, location, cookie, text: await answer.text() };
}

const comeBack = (parameters: Record<string, string>, cookie: string) =>
  fetch(`${service.api}/sign-in/council/return?${new URLSearchParams(parameters)}`, {
    redirect: 'manual',
    headers: { cookie },
  });

describe('before it is set up right', () => {
  test('a secret that is nowhere, and a sign-in that does not answer, are pages that say what to do', async () => {
    const without = await begin();
    expect([without.status, without.text]).toEqual([502, expect.stringContaining('does not accept this service')]);
    putSecret(' ');
    expect((await begin()).text).toContain('does not accept this service');
    putSecret('of another client');
    const unreachable = await begin();
    expect([unreachable.status, unreachable.text]).toEqual([502, expect.stringContaining('does not answer')]);
    expect(unreachable.text).toContain('sign in by a link');
  });

  test('a wrong secret is not the fault of who signs in, and a right one counts from the next try on', async () => {
    council.open(`${service.api}/sign-in/council/return`);
    const page = await open();
    await signInAs(page, 'meera');
    await page.getByRole('heading', { name: 'does not accept this service' }).waitFor();
    expect([await violationsOn(page), await overflowOf(page)]).toEqual([[], 0]);
    putSecret(`${council.client.secret}\n`);
    await page.getByRole('link', { name: 'Back to the overview' }).click();
    await page.getByRole('link', { name: 'Sign in with your council account' }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(new URL(page.url()).pathname).toBe(HOME);
  });
});

describe('somebody with an account of the council', () => {
  test('is where they meant to go, may what their group may, and is named in what they change', async () => {
    const page = await open();
    await page.goto(`${HOME}/submissions?x=1`);
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
    expect([await violationsOn(page), await overflowOf(page)]).toEqual([[], 0]);
    await signInAs(page, 'meera', `${HOME}/submit?x=1`);
    await page.getByRole('heading', { name: 'Submit figures' }).first().waitFor();
    expect(page.url()).toBe(`${service.api}${HOME}/submit?x=1`);
    await page.getByLabel('Or paste the figures').fill(FIGURES);
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByRole('button', { name: 'Send 1 month' }).click();
    await page.getByRole('heading', { name: 'Accepted' }).waitFor();
    const { revisions } = (await service.get('/submissions/2010-11/revisions')) as { revisions: { by: string }[] };
    expect(revisions.map(({ by }) => by)).toEqual(['meera@council.example']);
    // Who may submit may not say who is mailed.
    expect(await (await page.goto(`${HOME}/recipients`))?.text()).not.toContain('name="address"');
    await page.goto('/sessions');
    await page.getByText('meera@council.example').first().waitFor();
    expect((await page.context().cookies()).filter(({ name }) => name === 'council-sign-in')).toEqual([]);
    await page.getByRole('row', { name: 'this one' }).getByRole('button').click();
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
  });

  test('of a group for all authorities sees them all, and may only look', async () => {
    const page = await open();
    await signInAs(page, 'rob', '/');
    await page.getByText('rob@council.example').waitFor();
    const refused = await page.goto(`${HOME}/submit`);
    expect([refused?.status(), await refused?.text()]).toEqual([
      403,
      expect.stringMatching(
        /needs the right to “submit figures”.*looks after your council’s accounts.*then sign in again/,
      ),
    ]);
    expect([await violationsOn(page), await overflowOf(page)]).toEqual([[], 0]);
    expect((await page.goto(HOME))?.status()).toBe(200);
  });

  test('who meant to go on to an address that is too long for any page comes to the start', async () => {
    const { location, cookie } = await begin(`/authorities/${AUTHORITY}?${'x'.repeat(2000)}`);
    const back = await council.signIn(location as URL, 'rob');
    const answer = await fetch(back, { redirect: 'manual', headers: { cookie } });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/']);
  });

  test.each([
    ['olu', 'You may not use this service yet'],
    ['una', 'Your e-mail address is missing'],
  ])('%s is not signed in, and told why', async (who, heading) => {
    const page = await open();
    await signInAs(page, who);
    await page.getByRole('heading', { name: heading }).waitFor();
    expect((await page.context().cookies(service.api)).filter(({ name }) => name === 'session')).toEqual([]);
  });

  test('who stops on the way is told so, and can begin again', async () => {
    const page = await open();
    await page.goto(HOME);
    await page.getByRole('link', { name: 'Sign in with your council account' }).click();
    await page.getByRole('link', { name: 'Stop' }).click();
    await page.getByRole('heading', { name: 'You were not signed in' }).waitFor();
    await page.getByRole('link', { name: 'Back to the overview' }).click();
    await page.getByRole('link', { name: 'Sign in with your council account' }).waitFor();
  });
});

describe('a way back', () => {
  test('works once, in the browser that began it, and leads nowhere else', async () => {
    const page = await open();
    const seen: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/sign-in/council/return')) seen.push(request.url());
    });
    const kept: string[] = [];
    page.on('response', async (response) => {
      const cookie = (await response.allHeaders())['set-cookie'] ?? '';
      if (response.url().includes('/sign-in/council?')) kept.push(cookie.split(';')[0] ?? '');
    });
    await signInAs(page, 'rob', '/sign-in?to=//elsewhere.example/x');
    await page.getByText('rob@council.example').waitFor();
    expect(new URL(page.url()).origin).toBe(service.api);
    const parameters = Object.fromEntries(new URL(seen[0] ?? '').searchParams);
    for (const cookie of [kept[0] ?? '', '']) {
      const again = await comeBack(parameters, cookie);
      expect([again.status, await again.text()]).toEqual([403, expect.stringContaining('This sign-in is over')]);
      expect(again.headers.getSetCookie()).toEqual([]);
    }
  });

  test('is not taken with the state of another, nor after ten minutes', async () => {
    const [mine, other] = [await begin(), await begin()];
    expect([mine.status, mine.location?.origin]).toEqual([303, council.issuer]);
    const sent = mine.location?.searchParams;
    expect(sent?.get('code_challenge_method')).toBe('S256');
    expect(new Set(['state', 'nonce', 'code_challenge'].map((name) => sent?.get(name))).size).toBe(3);
    for (const state of [other.location?.searchParams.get('state') ?? '', '']) {
      const crossed = await comeBack({ code: 'any', state, iss: council.issuer }, mine.cookie);
      expect(crossed.status).toBe(403);
      expect(await crossed.text()).toContain('This sign-in is over');
    }
    const state = sent?.get('state') ?? '';
    service.moveClock(new Date(Date.now() + 11 * 60_000).toISOString());
    const late = await comeBack({ error: 'access_denied', state, iss: council.issuer }, mine.cookie);
    service.moveClock(new Date().toISOString());
    expect(await late.text()).toContain('This sign-in is over');
    // What only the browser says rings no alarm.
    for (const forged of [
      { error: 'server_error' },
      { code: 'x', iss: 'https://elsewhere.example' },
      {},
      { id_token: 'x' },
    ]) {
      const answer = await comeBack({ state, iss: council.issuer, ...forged }, mine.cookie);
      expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('You were not signed in')]);
    }
    const denied = await comeBack({ error: 'access_denied', state, iss: council.issuer }, mine.cookie);
    expect(await denied.text()).toContain('You were not signed in');
  });

  test('from a sign-in whose clock is hours behind is refused, naming the clocks', async () => {
    service.moveClock(new Date(Date.now() + 2 * 3_600_000).toISOString());
    const page = await open();
    await signInAs(page, 'rob');
    await page.getByRole('heading', { name: 'The clocks do not agree' }).waitFor();
    service.moveClock(new Date().toISOString());
  });
});

describe('a function that is killed', () => {
  const AROUND = ['PutItem', 'GetItem', 'GetParameter'];
  /** Signs in without a browser; undefined where nothing came of it. */
  async function tryAs(who: string): Promise<string | undefined> {
    const { location, cookie } = await begin();
    if (!location) return undefined;
    const back = await council.signIn(location, who);
    const answer = await fetch(back, { redirect: 'manual', headers: { cookie } });
    return answer.headers
      .getSetCookie()
      .find((each) => each.startsWith('session='))
      ?.split(';')[0];
  }
  const sessionsOf = async (cookie: string) => {
    const page = await fetch(`${service.api}/sessions`, { headers: { cookie } });
    return (await page.text()).match(/\/sessions\/[0-9a-f]{12}\/end/g) ?? [];
  };
  const openid = () => Object.keys(service.resources.functions).find((id) => id.startsWith('Openid')) ?? '';

  test.each([
    ...AROUND.flatMap((operation) => [
      { who: `before-${operation}`, operation, side: 'before' },
      { who: `after-${operation}`, operation, side: 'after' },
    ]),
  ])('$side $operation leaves nothing half done: who begins again is signed in', async ({ who, operation, side }) => {
    // What it has kept of secret and sign-in is asked for anew.
    if (operation === 'GetParameter') minutes += 11;
    service.moveClock(new Date(Date.now() + minutes * 60_000).toISOString());
    let killed = false;
    fault = async (call, forward) => {
      if (killed || call.functionId !== openid() || call.operation !== operation) return forward();
      killed = true;
      if (side === 'after') await forward();
      service.kill(call.functionId);
      throw new Error('the function is gone');
    };
    expect(await tryAs(who)).toBeUndefined();
    expect(killed).toBe(true);
    fault = undefined;
    const cookie = (await tryAs(who)) ?? '';
    // One that was saved and never heard of is on the page, to be ended there.
    expect(await sessionsOf(cookie)).toHaveLength(operation === 'PutItem' && side === 'after' ? 2 : 1);
  });

  test('was killed around all that it asks AWS for', () => {
    expect([...asked].sort()).toEqual([...AROUND].sort());
  });

  test('is not one whose answer was lost on the way: the session that it saved is the one it gives', async () => {
    let lost = false;
    fault = async (call, forward) => {
      const reply = await forward();
      if (lost || call.functionId !== openid() || call.operation !== 'PutItem') return reply;
      lost = true;
      throw new Error('the answer is lost');
    };
    const cookie = (await tryAs('lost')) ?? '';
    expect(lost).toBe(true);
    expect(await sessionsOf(cookie)).toHaveLength(1);
  });
});

test('what is kept of it is digests, and what was said; the log has neither people nor secrets', async () => {
  const kept = JSON.stringify(Object.entries(await dumpOf(service)).filter(([key]) => key.includes('PERSON#')));
  expect(kept).toContain('rob@council.example');
  expect(kept).not.toMatch(/ims_|Monitor readers|access_token/);
  const log = readFileSync(join(dataDir, 'functions.log'), 'utf8');
  expect(log).toContain('council sign-in failed');
  expect(log).not.toMatch(/@council\.example|ims_|code=|Monitor readers/);
  expect(log).not.toContain(council.client.secret);
});
