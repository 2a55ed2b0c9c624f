import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addMonths } from '../../functions/domain/period.ts';
import { pathAfterSignIn } from '../../functions/pages/session.ts';
import { packMonths } from '../../functions/pages/upload.ts';
import { readFigures } from '../../functions/services/figures.ts';
import { readGrant } from '../../functions/store/access.ts';
import { saveSetAside } from '../../functions/store/due-marks.ts';
import { readMonth } from '../../functions/store/submissions.ts';
import { databaseOf } from '../../local/launch.ts';
import { HEREFORDSHIRE } from '../support/build.ts';
import { AUTHORITY, type Service, startService } from '../support/service.ts';
import { CORRECTION, EXAMPLE, HOME, submitExample, tokenFor } from '../support/visit.ts';

/** What a browser keeps between requests, and sends with a form. */
function visitor(service: Service, cookie = '') {
  const headers = { cookie, 'sec-fetch-site': 'same-origin' };
  const request = (path: string, init: RequestInit = {}) =>
    fetch(`${service.api}${path}`, { redirect: 'manual', ...init, headers: { ...headers, ...init.headers } });
  return {
    get: (path: string) => request(path),
    post: (path: string, fields: Record<string, string>, extra: Record<string, string> = {}) =>
      request(path, { method: 'POST', body: new URLSearchParams(fields), headers: extra }),
  };
}

async function signedIn(service: Service, token: string) {
  const answer = await visitor(service).post('/sign-in', { token, to: '/' });
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const { get, post } = visitor(service, cookie);
  const html = await (await get('/')).text();
  const start = html || (await (await get(HOME)).text());
  const forgeryToken = /name="forgeryToken" value="([^"]+)"/.exec(start)?.[1] ?? '';
  return { get, post, cookie, forgeryToken, text: async (path: string) => (await get(path)).text() };
}

/** The months of a file as its preview hands them on. */
const packed = (text: string): string =>
  packMonths(readFigures(text, new Map(HEREFORDSHIRE.metrics.map((metric) => [metric.id, metric]))).months);

/** What the function itself answers to a request that API Gateway passes on: by HTTPS, under another host, checked by nobody. */
async function askDeployed(
  service: Service,
  routeKey: string,
  given: {
    readonly path?: string;
    readonly headers?: Record<string, string>;
    readonly cookies?: string[];
    readonly fields?: Record<string, string>;
  } = {},
): Promise<{ readonly statusCode: number; readonly headers: Record<string, string>; readonly cookies?: string[] }> {
  const [method = '', route = ''] = routeKey.split(' ');
  const path = given.path ?? route;
  const name = Object.keys(service.resources.functions).find((id) => id.startsWith('Dashboard')) ?? '';
  return (await service.invoke(name, {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    cookies: given.cookies,
    headers: {
      host: 'abc.execute-api.eu-west-2.amazonaws.com',
      'content-type': 'application/x-www-form-urlencoded',
      'x-forwarded-proto': 'https',
      ...given.headers,
    },
    pathParameters: { authority: AUTHORITY },
    requestContext: { requestId: 'test', http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1' } },
    body: given.fields && new URLSearchParams(given.fields).toString(),
    isBase64Encoded: false,
  })) as Awaited<ReturnType<typeof askDeployed>>;
}

const textOf = (html: string): string =>
  html
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll(/\s+/g, ' ');

describe('who may look and write', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service?.end());

  test('a visitor who is not signed in is asked to, and then shown the page asked for', async () => {
    const path = `${HOME}/metrics/complaints?x=1`;
    const asked = await visitor(service).get(path);
    expect([asked.status, asked.headers.get('location')]).toEqual([303, `/sign-in?to=${encodeURIComponent(path)}`]);
    const answer = await visitor(service).post('/sign-in', { token: await tokenFor(service), to: path });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, path]);
  });

  test.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example',
    '/\t/evil.example',
    '/.//evil.example',
    '/%2e//evil.example',
    '/./\\evil.example',
    '/x/..//evil.example',
    'javascript:alert(1)',
  ])('signing in never leads to another host: %j', async (to) => {
    const answer = await visitor(service).post('/sign-in', { token: await tokenFor(service), to });
    expect(new URL(answer.headers.get('location') ?? '', service.api).host).toBe(new URL(service.api).host);
  });

  test('nor does any other path of slashes and dots, however it is written', () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '%2e',
      '%2F',
      '%5c',
      '\t',
      '\n',
      '@',
      ':',
      '?',
      '#',
      ';',
      'evil.example',
      ' ',
      '\u3002',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const to = pathAfterSignIn(`/${pieces.join('')}`);
        expect(new URL(to, 'https://monitor.example').origin).toBe('https://monitor.example');
        expect(to).toMatch(/^\/(?!\/)/);
      }),
      { numRuns: 5000 },
    );
  });

  test('the cookie is for this host only, out of reach of scripts, and ends no later than the token', async () => {
    const token = await tokenFor(service);
    const fields = { token, to: '/' };
    const deployed = await askDeployed(service, 'POST /sign-in', {
      fields,
      headers: { 'sec-fetch-site': 'same-origin' },
    });
    const [cookie = ''] = deployed.cookies ?? [];
    expect(cookie.split('; ').slice(1, 5)).toEqual(['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']);
    expect(cookie.startsWith('__Host-session=')).toBe(true);
    const grant = await readGrant(databaseOf(service), token, new Date('2011-10-15'));
    expect(Number(/Max-Age=(\d+)/.exec(cookie)?.[1])).toBeLessThanOrEqual(grant?.expires ?? 0);
    expect(Number(/Max-Age=(\d+)/.exec(cookie)?.[1])).toBeLessThanOrEqual(12 * 60 * 60);
    const cookies = [cookie.split(';')[0] ?? ''];
    expect(await askDeployed(service, 'GET /authorities/{authority}', { path: HOME, cookies })).toMatchObject({
      statusCode: 200,
    });
  });

  test('over plain HTTP, as on one machine, the cookie is one that every browser keeps and sends back', async () => {
    const answer = await visitor(service).post('/sign-in', { token: await tokenFor(service), to: '/' });
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie.split('; ').slice(1, 4)).toEqual(['Path=/', 'HttpOnly', 'SameSite=Lax']);
    // Safari sends back no Secure cookie, and no browser keeps one whose name demands it without being it.
    expect(cookie).not.toMatch(/secure|__Host-|__Secure-/i);
    expect((await visitor(service, cookie.split(';')[0]).get(HOME)).status).toBe(200);
  });

  test('signing out ends the cookie', async () => {
    const { post, forgeryToken } = await signedIn(service, await tokenFor(service));
    const [cookie] = (await post('/sign-out', { forgeryToken })).headers.getSetCookie();
    expect(cookie).toMatch(/^session=;/);
    expect(cookie).toContain('Max-Age=0');
    const headers = { 'sec-fetch-site': 'same-origin' };
    const { cookies } = await askDeployed(service, 'POST /sign-out', { headers, fields: { forgeryToken } });
    expect(cookies).toEqual(['__Host-session=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0']);
  });

  test('a form from another site is refused, with or without its token', async () => {
    const token = await tokenFor(service);
    const { forgeryToken } = await signedIn(service, token);
    const cookies = [`__Host-session=${token}`];
    const fields = { forgeryToken, months: packed(readFileSync(CORRECTION, 'utf8')), basis: '2011-09=0' };
    const submissions = 'POST /authorities/{authority}/submissions';
    const post = async (headers: Record<string, string>, changed: Partial<typeof fields> = {}) =>
      (await askDeployed(service, submissions, { headers, cookies, fields: { ...fields, ...changed } })).statusCode;
    const signIn = await askDeployed(service, 'POST /sign-in', {
      headers: { 'sec-fetch-site': 'cross-site' },
      fields: { token },
    });
    expect([
      await post({ 'sec-fetch-site': 'cross-site' }),
      await post({ 'sec-fetch-site': 'same-site' }),
      await post({ 'sec-fetch-site': 'none' }),
      await post({ origin: 'https://evil.example' }),
      await post({ origin: 'null' }),
      await post({}),
      await post({ 'sec-fetch-site': 'same-origin' }, { forgeryToken: 'guessed' }),
      signIn.statusCode,
    ]).toEqual(Array(8).fill(403));
    expect(await readMonth(databaseOf(service), AUTHORITY, '2011-09')).toBeUndefined();
    // So the same form from here would have been taken.
    expect(await post({ origin: 'https://abc.execute-api.eu-west-2.amazonaws.com' })).toBe(303);
  });

  test('a token sees its own authority only, and does what its scopes say only', async () => {
    const other = await signedIn(service, await tokenFor(service, ['read'], 'elsewhere'));
    expect((await other.get(HOME)).status).toBe(403);
    const reader = await signedIn(service, await tokenFor(service, ['read']));
    const { forgeryToken } = reader;
    const statuses = await Promise.all([
      reader.get(HOME),
      reader.get(`${HOME}/submit`),
      reader.post(`${HOME}/submissions`, { forgeryToken }),
      reader.post(`${HOME}/alerts/referral-backlog/acknowledgement`, { forgeryToken, author: 'x', note: 'y' }),
      reader.post(`${HOME}/recipients`, { forgeryToken, address: 'x@example.org', level: 'warning' }),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([200, 403, 403, 403, 403]);
    expect(textOf(await reader.text(HOME))).not.toContain('Submit figures');
  });

  test('every answer forbids scripts, inline styles, other hosts and frames', async () => {
    const { get } = await signedIn(service, await tokenFor(service));
    for (const answer of [await get(HOME), await get('/sign-in'), await get(`${HOME}/metrics/nothing`)]) {
      expect(answer.headers.get('content-security-policy')).toBe(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      );
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(await answer.text()).not.toMatch(/<script|<style|\sstyle=|\son\w+=|https?:\/\/(?!www\.w3\.org)/);
    }
  });

  test('the style sheet may be kept for good, pages may not', async () => {
    const { get } = await signedIn(service, await tokenFor(service));
    const home = await get(HOME);
    expect(home.headers.get('cache-control')).toBe('no-store');
    const [, styles = ''] = /href="(\/assets\/styles-[0-9a-f]+\.css)"/.exec(await home.text()) ?? [];
    expect((await get(styles)).headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect((await get('/assets/..%2fdashboard.cjs')).status).toBe(404);
  });
});

describe('an authority on its first day', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ clock: '2010-10-25' });
  });
  afterAll(() => service?.end());

  test('shows what the inspection found and where to begin', async () => {
    // The inspection that was loaded has been judged: there is a board, and nothing on it.
    await service.idle();
    const { text } = await signedIn(service, await tokenFor(service));
    const overview = textOf(await text(HOME));
    expect(overview).toContain('No figures were submitted yet.');
    expect(overview).toContain('Submit the first figures');
    expect(overview).toContain('No figures yet');
    expect(overview).not.toContain('What needs attention');
    expect(textOf(await text(`${HOME}/metrics/conferences-on-time`))).toContain('No figure was submitted yet.');
    expect(textOf(await text(`${HOME}/submissions`))).toContain('No month was submitted yet.');
    expect(textOf(await text(`${HOME}/notices`))).toContain('There is no notice yet.');
  });

  test('a token for every authority leads to the only one there is', async () => {
    const { get } = await signedIn(service, await tokenFor(service, ['read'], '*'));
    expect((await get('/')).headers.get('location')).toBe(HOME);
    expect((await get('/authorities/elsewhere')).status).toBe(404);
  });
});

describe('submitting by file', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
    await submitExample(service, EXAMPLE);
  });
  afterAll(() => service?.end());

  test('names every fault by line and column, and stores nothing', async () => {
    const { post, forgeryToken } = await signedIn(service, await tokenFor(service));
    const figures = [
      'period,metric,numerator,denominator,count,value,status',
      '2011-08,conferences-on-tim,4,15,,,',
      '2011-08,referral-backlog,,,-3,,',
      '2011-11,complaints,,,2,,',
    ].join('\n');
    const before = await service.get('/submissions');
    const answer = await post(`${HOME}/submit`, { forgeryToken, figures });
    const text = textOf(await answer.text());
    expect(answer.status).toBe(422);
    expect(text).toContain('no metric is called "conferences-on-tim"; the nearest is "Initial conferences on time"');
    expect(text).toContain('Line 3, count: cannot be negative');
    expect(text).toContain('Line 4, period: 2011-11 has not ended yet');
    expect(await service.get('/submissions')).toEqual(before);
  });

  test('shows what a correction changes, and sends it only if nobody else was faster', async () => {
    const { post, text, forgeryToken } = await signedIn(service, await tokenFor(service));
    const figures = readFileSync(CORRECTION, 'utf8');
    const preview = await (await post(`${HOME}/submit`, { forgeryToken, figures })).text();
    expect(textOf(preview)).toMatch(/Initial conferences on time 26\.7% \(4 of 15\) 93\.3% \(14 of 15\)/);
    expect(textOf(preview)).toContain('September 2011: changes revision 1');
    const [, basis = ''] = /name="basis" value="([^"]+)"/.exec(preview) ?? [];
    const [, months = ''] = /name="months" value="([^"]+)"/.exec(preview) ?? [];

    const stale = await post(`${HOME}/submissions`, { forgeryToken, months, basis: basis.replace('1', '7') });
    expect([stale.status, textOf(await stale.text()).includes('Somebody else submitted')]).toEqual([409, true]);
    const { status, headers } = await post(`${HOME}/submissions`, { forgeryToken, months, basis });
    expect([status, headers.get('location')]).toEqual([303, `${HOME}/submissions?accepted=2011-09`]);
    const again = await post(`${HOME}/submissions`, { forgeryToken, months, basis });
    // As when the answer got lost: nobody was faster, and nothing is stored twice.
    expect([again.status, again.headers.get('location')]).toEqual([303, headers.get('location')]);
    expect((await service.get('/submissions/2011-09')).revision).toBe(2);

    await service.idle();
    const [, receipt = ''] =
      /href="([^"]+\/receipts\/[^"]+)">Keep the receipt/.exec(await text(headers.get('location') ?? '')) ?? [];
    const kept = textOf(await text(receipt));
    expect(kept).toMatch(
      /September 2011 , revision 2: changes revision 1 .*Initial conferences on time 26\.7% \(4 of 15\) 93\.3% \(14 of 15\)/,
    );
    expect(kept).toMatch(/Alerts that followed .*Initial conferences on time withdrawn/);
    const month = textOf(await text(`${HOME}/submissions/2011-09`));
    expect(month).toMatch(/Initial conferences on time 26\.7% \(4 of 15\) 93\.3% \(14 of 15\) changed/);
    expect(textOf(await text(`${HOME}/metrics/conferences-on-time`))).toContain(
      'Corrected: was 26.7% (4 of 15) in revision 1',
    );
    expect(textOf(await text(HOME))).toContain('Initial conferences on time : withdrawn, because');
  });

  test('the same file again has nothing to send', async () => {
    const { post, forgeryToken } = await signedIn(service, await tokenFor(service));
    const figures = readFileSync(EXAMPLE, 'utf8')
      .split('\n')
      .filter((line) => !line.startsWith('2011-09'))
      .join('\n');
    const text = textOf(await (await post(`${HOME}/submit`, { forgeryToken, figures })).text());
    expect(text).toContain('11 months the same as before, to be skipped.');
    expect(text).toContain('There is nothing to send.');
  });

  test('a notice reads as it was mailed', async () => {
    const { text } = await signedIn(service, await tokenFor(service));
    const mailed = (await service.mails()).filter(({ subject }) => subject.startsWith('Herefordshire'));
    const page = textOf(await text(`${HOME}/notices/1`));
    for (const line of (mailed[0]?.text ?? '').split('\n').slice(0, 20))
      expect(page).toContain(line.trim().replaceAll(/\s+/g, ' '));
  });

  test('recipients are added, changed and removed; addresses are masked, who has not confirmed is pointed out', async () => {
    const { post, text, forgeryToken } = await signedIn(service, await tokenFor(service));
    const added = await post(`${HOME}/recipients`, { forgeryToken, address: 'head@example.org', level: 'critical' });
    expect(added.status).toBe(303);
    const page = textOf(await text(`${HOME}/recipients`));
    expect(page).toContain('d…@example.org Warning and critical Look Confirmed');
    expect(page).toMatch(/h…@example\.org Critical only Look (Pending|Confirmed)/);
    await post(`${HOME}/recipients`, { forgeryToken, address: 'director@example.org', level: 'critical' });
    const changed = await text(`${HOME}/recipients`);
    expect(textOf(changed)).toContain('d…@example.org Critical only Look Confirmed');
    const [, test = ''] = /d…@example\.org[\s\S]*?action="([^"]+\/test)"/.exec(changed) ?? [];
    const tested = await post(test, { forgeryToken });
    expect([tested.status, textOf(await tested.text())]).toEqual([
      200,
      expect.stringContaining('A test is on its way to d…@example.org.'),
    ]);
    const [, removal = ''] = /d…@example\.org[\s\S]*?action="([^"]+\/removal)"/.exec(changed) ?? [];
    // It is the last one that has confirmed: that is asked twice.
    expect((await post(removal, { forgeryToken })).status).toBe(409);
    expect((await post(removal, { forgeryToken, last: 'yes' })).status).toBe(303);
    expect(textOf(await text(`${HOME}/recipients`))).not.toContain('d…@example.org');
    const refused = await post(`${HOME}/recipients`, { forgeryToken, address: 'nobody', level: 'critical' });
    expect([refused.status, textOf(await refused.text()).includes('Enter an e-mail address')]).toEqual([422, true]);
  });

  test('says how the file was read and what was set aside, and takes five years at once', async () => {
    const { post, forgeryToken } = await signedIn(service, await tokenFor(service));
    const lines = Array.from({ length: 60 }, (_, index) => `${addMonths('2004-01', index)},CLA,${170 + (index % 9)},0`);
    const figures = ['Return of the council', 'Month,Measure,Figure,Target', ...lines, 'Total,,9999,'].join('\n');
    const preview = await (await post(`${HOME}/submit`, { forgeryToken, figures })).text();
    expect(textOf(preview)).toContain('60 months new');
    expect(textOf(preview)).toContain('How this was read, and what was set aside (2)');
    expect(textOf(preview)).toMatch(/Line 63 Total 9999 is a total/);
    expect(textOf(preview)).toContain('Target not read');
    const once = 'Return of April 2003,\nMeasure,Figure\nCLA,170\n';
    expect(textOf(await (await post(`${HOME}/submit`, { forgeryToken, figures: once })).text())).toContain(
      'All its figures are of April 2003, by line 1, "April 2003".',
    );
    const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(preview)?.[1] ?? '';
    expect(field('months').length).toBeLessThan(3000);
    const { status, headers } = await post(`${HOME}/submissions`, {
      forgeryToken,
      months: field('months'),
      mode: field('mode'),
      basis: field('basis'),
    });
    expect([status, headers.get('location')?.split(',').length]).toEqual([303, 60]);
    const forged = await post(`${HOME}/submissions`, { forgeryToken, months: 'AAAA', basis: '' });
    expect([forged.status, textOf(await forged.text())]).toEqual([
      422,
      expect.stringContaining('Choose the file again'),
    ]);
  });

  test('asks in the preview what of a file can hardly be right', async () => {
    const { post, forgeryToken } = await signedIn(service, await tokenFor(service));
    const figures = ['period,metric,value', '2003-01,average-caseload,17', '2003-02,average-caseload,18'];
    const preview = async (...more: string[]) =>
      textOf(await (await post(`${HOME}/submit`, { forgeryToken, figures: [...figures, ...more].join('\n') })).text());
    expect(await preview('2003-03,average-caseload,17')).not.toContain('Please check');
    const asked = await preview('2003-03,average-caseload,17', '2003-04,average-caseload,1700');
    expect(asked).toMatch(/Please check Average caseload: 1,?700 .* in April 2003 is 100 times what is usual, or more/);
  });

  test('one figure is corrected beside the others, with a reason; what cannot be read is asked for again', async () => {
    const { post, text, forgeryToken } = await signedIn(service, await tokenFor(service));
    const path = `${HOME}/submissions/2011-07`;
    expect(await text(path)).toContain(`${path}/correction`);
    expect(textOf(await text(`${path}/correction?metric=referral-backlog`))).toContain('Reported now: 19 cases.');
    const fields = { forgeryToken, metric: 'referral-backlog', revision: '1', reason: 'counted twice' };
    const wrong = await post(`${path}/correction`, { ...fields, count: 'c' });
    expect([wrong.status, textOf(await wrong.text())]).toEqual([422, expect.stringContaining('is no figure; leave')]);
    const half = await post(`${path}/correction`, { ...fields, count: '1.5' });
    expect([half.status, textOf(await half.text())]).toEqual([
      422,
      expect.stringContaining('A whole number is needed'),
    ]);
    expect((await post(`${path}/correction`, { ...fields, count: '18' })).status).toBe(303);
    const { observations, reason, revision } = await service.get('/submissions/2011-07');
    expect([observations['referral-backlog'], reason, revision]).toEqual([{ count: 18 }, 'counted twice', 2]);
    expect(observations['conferences-on-time']).toEqual({ numerator: 14, denominator: 15 });
    expect(textOf(await text(path))).toContain('counted twice');
    expect((await post(`${path}/correction`, { ...fields, count: '17' })).status).toBe(409);
    await post(`${path}/correction`, { ...fields, count: '', revision: '2' });
    expect('referral-backlog' in (await service.get('/submissions/2011-07')).observations).toBe(false);
  });

  test('a month is taken back once that was asked', async () => {
    const { post, text, forgeryToken } = await signedIn(service, await tokenFor(service));
    const path = `${HOME}/submissions/2010-10`;
    expect(textOf(await text(`${path}/retraction`))).toContain('Take back October 2010?');
    expect((await service.get('/submissions/2010-10')).retracted).toBeUndefined();
    expect((await post(`${path}/retraction`, { forgeryToken, revision: '7' })).status).toBe(409);
    expect((await post(`${path}/retraction`, { forgeryToken, revision: '1' })).status).toBe(303);
    expect((await service.get('/submissions/2010-10')).retracted).toBe(true);
    expect(await text(path)).not.toContain('/correction');
  });

  test('metrics say what they are and when they are expected; figures and a workbook to fill in are downloads', async () => {
    const { get, text } = await signedIn(service, await tokenFor(service));
    const metrics = textOf(await text(`${HOME}/metrics`));
    expect(metrics).toContain('Also: NI 59');
    expect(metrics).toMatch(/Quarterly .*December 2011/);
    const bytes = async (path: string) => new Uint8Array(await (await get(`${HOME}/${path}`)).arrayBuffer());
    const known = new Map(HEREFORDSHIRE.metrics.map((metric) => [metric.id, metric]));
    for (const path of ['figures.csv', 'figures.xlsx', 'template.xlsx?from=August+2011&to=Sep+2011'])
      expect(readFigures(await bytes(path), known, { maxMonths: 360 }).faults).toEqual([]);
    for (const wrong of ['from=August', 'to=soon', 'from=September+2011&to=August+2011'])
      expect((await get(`${HOME}/template.xlsx?${wrong}`)).status).toBe(422);
  });

  test('asks what a name means that no metric has, and remembers it until it is taken back', async () => {
    const { post, get, forgeryToken, text } = await signedIn(service, await tokenFor(service));
    const figures = 'Month,CLA,Our own heading,Agency\nAug-09,312,12,9\n';
    const preview = await (await post(`${HOME}/submit`, { forgeryToken, figures })).text();
    expect(textOf(preview)).toContain('Our own heading not read');
    const [name0, name1] = [...preview.matchAll(/name="name\d+" value="([^"]+)"/g)].map(([, name]) => name ?? '');
    expect([name0, name1]).toEqual(['Our own heading', 'Agency']);
    const answers = { name0: 'Our own heading', meaning0: 'referral-backlog', name1: 'Agency', meaning1: 'left-out' };
    const again = await (await post(`${HOME}/submit`, { forgeryToken, figures, ...answers })).text();
    expect(textOf(again)).toContain('Our own heading Referral backlog');
    const kept = Buffer.from(figures).toString('base64');
    expect(textOf(await (await post(`${HOME}/submit`, { forgeryToken, kept })).text())).toContain(
      'Our own heading Referral backlog',
    );
    const page = await text(`${HOME}/submit`);
    expect(textOf(page)).toMatch(/Agency left out .* Remove Agency/);
    const removal = new RegExp(`${HOME}/names/\\w+/removal`).exec(page)?.[0] ?? '';
    expect((await post(removal, { forgeryToken })).headers.get('location')).toBe(`${HOME}/submit#names`);
    expect(textOf(await text(`${HOME}/submit`))).not.toContain('Remove Agency');
    expect((await get(`${HOME}/submit`)).status).toBe(200);
  });
});

describe('an authority that is late', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ clock: '2012-01-20' });
    await submitExample(service, EXAMPLE);
  });
  afterAll(() => service?.end());

  test('is told so at the top, and takes it in hand on the overview', async () => {
    const { post, text, forgeryToken } = await signedIn(service, await tokenFor(service));
    const overview = textOf(await text(HOME));
    expect(overview).toMatch(/Figures up to September 2011.{1,60} ! Warning .{0,20}October 2011/);
    expect(overview).toMatch(/Critical Monthly figures/);
    const fields = { forgeryToken, author: 'A. Price', note: 'The case system is down' };
    const answer = await post(`${HOME}/alerts/submission/acknowledgement`, fields);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, HOME]);
    expect(textOf(await text(HOME))).toContain('In hand: A. Price on 20 January 2012: The case system is down');
  });

  test('an acknowledgement without an author is refused, and what was typed stays', async () => {
    const { post, forgeryToken } = await signedIn(service, await tokenFor(service));
    const path = `${HOME}/alerts/referral-backlog/acknowledgement`;
    const answer = await post(path, { forgeryToken, author: ' ', note: 'Typed at length' });
    const text = await answer.text();
    expect(answer.status).toBe(422);
    expect(text).toContain('href="#referral-backlog-author"');
    expect(text).toContain('>Typed at length</textarea>');
  });

  test('what is not raised cannot be taken in hand', async () => {
    const { post, forgeryToken } = await signedIn(service, await tokenFor(service));
    const answer = await post(`${HOME}/alerts/complaints/acknowledgement`, { forgeryToken, author: 'x', note: 'y' });
    expect(answer.status).toBe(409);
  });

  test('and cannot be judged says so in place of "being judged", on its page and to programs', async () => {
    const { text } = await signedIn(service, await tokenFor(service));
    const at = new Date('2011-10-15T09:00:00Z');
    await saveSetAside(databaseOf(service), AUTHORITY, { at: at.toISOString(), reason: 'too-long' }, at);
    expect(textOf(await text(HOME))).toContain(
      'These figures could not be judged on 15 October 2011 at 10:00: it took too long. They are safe, but the alerts below are from before.',
    );
    expect((await service.get('/alerts')).setAside).toEqual({ at: at.toISOString(), reason: 'too-long' });
  });
});

describe('a deployment that suppresses small numbers', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ context: { smallNumbers: 'suppress' } });
    await submitExample(service, EXAMPLE);
  });
  afterAll(() => service?.end());

  test('gives them away on no page: neither in text nor in the chart', async () => {
    const { text } = await signedIn(service, await tokenFor(service));
    for (const path of [HOME, `${HOME}/metrics/conferences-on-time`, `${HOME}/submissions/2011-09`]) {
      const page = textOf(await text(path));
      expect(page).toContain('about 25% (5 or fewer of 15)');
      expect(page).not.toContain('4 of 15');
      expect(page).not.toContain('26.7%');
    }
  });
});

describe('when the database fails', () => {
  let failing = false;
  let service: Service;
  beforeAll(async () => {
    service = await startService({
      intercept: async (call, forward) => {
        const isRecord = String(call.headers['x-amz-target']).endsWith('.Query');
        if (!failing || !isRecord) return forward();
        return { status: 400, headers: {}, body: '{"__type":"com.amazon#ResourceNotFoundException","message":"gone"}' };
      },
    });
  });
  afterAll(() => service?.end());

  test('says so in words, with a reference, and tells nothing of the inside', async () => {
    const { get } = await signedIn(service, await tokenFor(service));
    failing = true;
    const answer = await get(HOME);
    const text = textOf(await answer.text());
    failing = false;
    expect(answer.status).toBe(500);
    expect(text).toContain('This page could not be loaded');
    expect(text).toContain('tell whoever runs the service this reference');
    expect(text).not.toMatch(/ResourceNotFound|gone/);
  });
});
