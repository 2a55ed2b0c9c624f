import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PAGES } from '../../functions/http/routes.ts';
import { forgeryToken } from '../../functions/pages/session.ts';
import { awsError, type Intercept } from '../../local/gateway.ts';
import { type Service, startService } from '../support/service.ts';
import { EXAMPLE, HOME, submitExample, tokenFor } from '../support/visit.ts';

/** Where a visit goes wrong: no such page, no right to it, a session that is over, the last address removed. */

let service: Service;
let manager: string;
let reader: string;
let fault: Intercept | undefined;
beforeAll(async () => {
  service = await startService({ intercept: (call, forward) => (fault ? fault(call, forward) : forward()) });
  manager = await tokenFor(service);
  reader = await tokenFor(service, ['read']);
  await submitExample(service, EXAMPLE);
});
afterAll(() => service.end());

interface Sent {
  readonly token?: string;
  readonly form?: Record<string, string>;
  readonly accept?: string;
  readonly site?: string;
}

async function visit(path: string, { token, form, accept = 'text/html', site = 'same-origin' }: Sent = {}) {
  const response = await fetch(service.api + path, {
    redirect: 'manual',
    headers: { accept, 'sec-fetch-site': site, ...(token && { cookie: `session=${token}` }) },
    ...(form && { method: 'POST', body: new URLSearchParams(form) }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}
const post = (path: string, token: string, form: Record<string, string>) =>
  visit(path, { token, form: { forgeryToken: forgeryToken(token), ...form } });
const MENU = /<nav aria-label="Herefordshire"/;

describe('what is not there', () => {
  test('is a page with the menu for a browser, and a problem document for a program', async () => {
    const page = await visit('/authority/herefordshire', { token: manager });
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    expect(page.text).toContain('There is no such page');
    const everywhere = await tokenFor(service, ['read'], '*');
    const below = await visit(`${HOME}/no-such-page`, { token: everywhere });
    expect([below.status, below.text]).toEqual([404, expect.stringMatching(MENU)]);
    const program = await visit('/v2/authorities', { accept: 'application/json' });
    expect([program.status, program.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    expect(JSON.parse(program.text)).toMatchObject({ detail: 'there is nothing at GET /v2/authorities' });
  });

  test('nor allowed, nor loaded, leaves the menu where it was', async () => {
    const missing = await visit(`${HOME}/metrics/nothing`, { token: reader });
    const forbidden = await visit(`${HOME}/submit`, { token: reader });
    fault = async (called, forward) =>
      called.operation === 'Query' && called.body.includes('TablesAlerts')
        ? awsError(called, 400, 'ValidationException', 'broken on purpose')
        : forward();
    const failed = await visit(HOME, { token: reader });
    fault = undefined;
    expect([missing.status, forbidden.status, failed.status]).toEqual([404, 403, 500]);
    for (const { text } of [missing, forbidden, failed]) expect(text).toMatch(MENU);
    expect(failed.text).toContain('tell whoever runs the service this reference');
  });
});

describe('what somebody wrote', () => {
  const NOTE = 'Two more screeners start on Monday,\nand <the backlog> is gone through each day.';
  let path: string;
  beforeAll(async () => {
    const { alerts } = await service.get('/alerts');
    path = `${HOME}/alerts/${alerts.find(({ episode }: any) => episode).alert}/acknowledgement`;
  });
  const form = { author: 'P. Roberts', note: NOTE };
  const noted = async () => JSON.stringify(await service.get('/alerts')).includes('Two more screeners');

  test('is kept where the session is over, and is sent once there is another', async () => {
    const over = await visit(path, { form: { forgeryToken: 'of the session before', ...form } });
    expect(over.status).toBe(401);
    expect(over.text).toContain('what you wrote is kept');
    expect(over.text).toContain('and &lt;the backlog&gt; is gone through each day.');
    // “Send”, with the session that was begun in another tab.
    const again = await visit(path, { token: manager, form });
    expect([again.status, await noted()]).toEqual([403, false]);
    const fields = [...again.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)].slice(-3);
    const text = (value = '') => value.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
    const sent = await visit(path, {
      token: manager,
      form: Object.fromEntries(fields.map(([, name = '', value]) => [name, text(value)])),
    });
    expect([sent.status, await noted()]).toEqual([303, true]);
  });

  /** Every form there is that needs somebody to be signed in. */
  const FORMS = Object.entries(PAGES).flatMap(([key, { scope }]) =>
    key.startsWith('POST ') && scope !== null ? [key.slice('POST '.length)] : [],
  );
  const withoutSession = (to: string, body: URLSearchParams | FormData) =>
    fetch(service.api + to, { method: 'POST', redirect: 'manual', headers: { 'sec-fetch-site': 'same-origin' }, body });

  test.each(FORMS)('is kept in the form that is sent to %s', async (route) => {
    const to = route.replace('{authority}', 'herefordshire').replaceAll(/\{\w+\}/g, 'x');
    const over = await withoutSession(to, new URLSearchParams({ forgeryToken: 'of before', note: NOTE }));
    const page = (await over.text()).replaceAll('\r\n', '\n');
    expect([over.status, page.includes(`<form method="post" action="${to}">`)]).toEqual([401, true]);
    expect(page).toContain(`name="note" value="${NOTE.replaceAll('<', '&lt;').replaceAll('>', '&gt;')}"`);
    expect(page).not.toContain('of before');
  });

  test.each(['submit', 'benchmarks'])(
    'is kept beside a file that is not, in the form that is sent to %s',
    async (to) => {
      const body = new FormData();
      body.append('note', NOTE);
      body.append('figures', 'much that was pasted '.repeat(8000));
      body.append('file', new Blob(['2011-09,complaints,4\n'.repeat(20_000)]), 'figures.csv');
      const over = await withoutSession(`${HOME}/${to}`, body);
      const page = await over.text();
      expect([over.status, page]).toEqual([401, expect.stringContaining('A file cannot be kept')]);
      expect(page).toContain('name="figures" value="much that was pasted much');
      expect(page).not.toContain('2011-09,complaints');
    },
  );

  test('is shown again where it is refused, or fails, so that it can be copied', async () => {
    const overtaken = { metric: 'referral-backlog', count: '8', revision: '7', reason: NOTE };
    const refused = await post(`${HOME}/submissions/2011-07/correction`, manager, overtaken);
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('What you wrote')]);
    expect(refused.text).toContain('gone through each day.');
    fault = async (called, forward) =>
      /^(Put|Update|Transact)/.test(called.operation)
        ? awsError(called, 400, 'ValidationException', 'broken on purpose')
        : forward();
    const failed = await post(path, manager, { ...form, author: 'Somebody else' });
    fault = undefined;
    expect([failed.status, failed.text]).toEqual([500, expect.stringContaining('gone through each day.')]);
    expect(failed.text).toContain('Look whether what you sent was taken');
    const action = await post(`${HOME}/alerts/action/acknowledgement`, manager, { author: ' ', note: NOTE });
    expect([action.status, action.text]).toEqual([422, expect.stringContaining('gone through each day.</textarea>')]);
    expect(action.text).toContain('href="#action-author"');
  });

  test('on a page of another site is not even shown', async () => {
    const foreign = await visit(path, { token: manager, form, site: 'cross-site' });
    expect([foreign.status, foreign.text.includes('screeners')]).toEqual([403, false]);
    const signedOut = await visit(path, { form, site: 'cross-site' });
    expect(signedOut.text).not.toContain('screeners');
  });
});

test('after signing out nothing is kept that Back could show', async () => {
  const home = await visit(HOME, { token: reader });
  expect(home.headers.get('cache-control')).toBe('no-store');
  const out = await post('/sign-out', reader, {});
  expect([out.status, out.headers.get('clear-site-data')]).toEqual([303, '"cache"']);
});

describe('recipients', () => {
  const recipients = async (): Promise<any[]> => (await service.get('/recipients')).recipients;

  test('saved anew may do what they might before, and the last one is not removed at one press', async () => {
    const director = { address: 'director@example.org', level: 'warning' };
    await post(`${HOME}/recipients`, manager, { ...director, role: 'manage' });
    await post(`${HOME}/recipients`, manager, { ...director, level: 'critical', role: '' });
    const [saved] = await recipients();
    expect(saved).toMatchObject({ role: 'manage', level: 'critical' });
    const removal = `${HOME}/recipients/${saved.id}/removal`;
    const asked = await post(removal, manager, {});
    expect([asked.status, (await recipients()).length]).toEqual([409, 1]);
    expect(asked.text).toContain('Remove the last address?');
    expect((await post(removal, manager, { last: 'yes' })).status).toBe(303);
    expect(await recipients()).toEqual([]);
  });

  test('whose addresses begin alike are told apart', async () => {
    for (const address of ['anna@example.org', 'andrew@example.org', 'an@example.org', 'bob@example.org'])
      await post(`${HOME}/recipients`, manager, { address, level: 'warning', role: '' });
    expect((await recipients()).map(({ address }) => address).sort()).toEqual([
      'and…@example.org',
      'ann…@example.org',
      'an…@example.org',
      'b…@example.org',
    ]);
  });
});
