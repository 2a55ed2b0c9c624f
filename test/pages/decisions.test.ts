import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { forgeryToken } from '../../functions/pages/session.ts';
import { createToken } from '../../functions/store/access.ts';
import { databaseOf } from '../../local/launch.ts';
import { callerOf, loadSecondAuthority } from '../support/caller.ts';
import { type Service, startService } from '../support/service.ts';
import { EXAMPLE, HOME, seenIn, submitExample, tokenFor } from '../support/visit.ts';

/** What is decided on the page: standards, tried out first; how far actions are; tokens for programs. */

let service: Service;
let manager: string;
let reader: string;
beforeAll(async () => {
  service = await startService();
  manager = await tokenFor(service);
  reader = await tokenFor(service, ['read']);
  await submitExample(service, EXAMPLE);
});
afterAll(() => service.end());

async function visit(path: string, token: string, form?: Record<string, string>) {
  const response = await fetch(`${service.api}${HOME}${path}`, {
    redirect: 'manual',
    headers: { cookie: `session=${token}`, 'sec-fetch-site': 'same-origin' },
    ...(form && { method: 'POST', body: new URLSearchParams({ forgeryToken: forgeryToken(token), ...form }) }),
  });
  return seenIn(response);
}

describe('a standard', () => {
  const path = '/metrics/conferences-on-time/standard';
  const tried = `${path}?value=95%25&from=March+2011`;

  test('is tried out by whoever may look, says what the API says, and changes nothing', async () => {
    const before = await service.get('/metrics/conferences-on-time');
    const seen = await visit(tried, reader);
    const change = { metric: 'conferences-on-time', value: '95%', from: '2011-03' };
    const { body } = await service.client.request('POST', `/v1${HOME}/backtests`, change);
    expect(body.asChanged).toEqual({ episodes: 1, first: '2011-09', watchMonths: 2 });
    expect(seen.status).toBe(200);
    expect(seen.text).toContain('As tried: 1 alert, the first in September 2011, 2 months to watch.');
    expect(seen.text).toMatch(
      /2 months judged otherwise, newest first .* July 2011 Clear To watch April 2011 Clear To watch/,
    );
    expect(seen.html).toMatch(/<svg[^>]*role="img"[\s\S]*Standard since March 2011/);
    expect(seen.text).not.toContain('Save it as the council’s own');
    expect(await service.get('/metrics/conferences-on-time')).toEqual(before);
  });

  test('may be none from a month on: tried, set with its reason, and said on the page', async () => {
    const of = '/metrics/health-checks/standard';
    expect((await visit(`${of}?value=None&from=March+2011`, manager)).status).toBe(200);
    const decided = { value: 'None', from: 'March 2011', author: 'A. Head', reason: 'counted otherwise' };
    expect((await visit(of, manager, decided)).status).toBe(303);
    await service.idle();
    expect((await visit(of, manager)).text).toContain('There is no standard now.');
    const { text } = await visit('/metrics/health-checks', reader);
    expect(text).toContain('Standard None.');
    expect(text).toContain('counted otherwise');
  });

  test.each([
    ['value=0.95&from=March+2011', 'value', /0\.95.*95%/],
    ['value=lots&from=March+2011', 'value', /is not a number/],
    ['value=95%25&from=soon', 'from', /Enter the month, such as September 2011/],
    ['value=&from=March+2011', 'value', /Enter the standard, or another tolerance/],
  ])('with %s is refused beside its field, and stays typed', async (query, field, why) => {
    const { status, html, text } = await visit(`${path}?${query}`, manager);
    expect(status).toBe(422);
    expect(html).toContain(`<a href="#${field}">`);
    expect(html).toContain(`id="${field}-error"`);
    expect(text).toMatch(why);
    expect(html).toContain(`value="${new URLSearchParams(query).get('value')}"`);
    expect(text).not.toContain('What it would have raised');
  });

  test('is saved with who and why, once both are said, and is the council’s from then on', async () => {
    const form = { value: '95%', from: 'March 2011', author: 'A. Head', reason: ' ' };
    expect((await visit(path, reader, form)).status).toBe(403);
    const unexplained = await visit(path, manager, form);
    expect(unexplained.status).toBe(422);
    expect(unexplained.html).toContain('<a href="#reason">Enter why it is changed');
    expect(unexplained.text).toContain('As tried: 1 alert');
    expect(unexplained.html).toContain('value="A. Head"');
    const saved = await visit(path, manager, { ...form, reason: 'Improvement plan' });
    expect([saved.status, saved.location]).toEqual([303, `${HOME}/metrics/conferences-on-time#written`]);
    const { standard } = await service.get('/metrics/conferences-on-time');
    expect(standard).toMatchObject({ value: 95, from: '2011-03', basis: 'council' });
    const metric = await visit('/metrics/conferences-on-time', reader);
    expect(metric.text).toMatch(
      /A\. Head, .* on how it is judged from March 2011 on: “Improvement plan” Entered by: Director/,
    );
  });

  describe('with what decides beside it', () => {
    const asSet = { mOfN: '2 of 3', missing: 'ignore', rebaseDates: '', comparable: '', from: 'March 2011' };
    const query = (changed: Partial<typeof asSet>) => `${path}?${new URLSearchParams({ ...asSet, ...changed })}`;

    test.each([
      [{}, 'mOfN', 'Change one of these'],
      [{ mOfN: 'often' }, 'mOfN', 'such as 2 of 3'],
      [{ mOfN: '3 of 2' }, 'mOfN', 'such as 2 of 3'],
      [{ rebaseDates: '1 April 2011\n01/05/2011' }, 'rebaseDates', '“01/05/2011” is not a day'],
      [{ comparable: '80%' }, 'rebaseDates', 'Enter the day since which'],
      [{ comparable: '0.8', rebaseDates: '1 April 2011' }, 'comparable', /0\.8.*80%/],
      [{ mOfN: '1 of 3', from: '' }, 'from', 'Enter the month'],
    ] as const)(
      'as %j is refused beside its field, and stays typed',
      async (changed: Partial<typeof asSet>, field, why) => {
        const { status, html, text } = await visit(query(changed), manager);
        expect([status, text]).toEqual([422, expect.stringMatching(why)]);
        expect(html).toContain(`<a href="#other-${field}">`);
        expect(html).toContain(`id="other-${field}-error"`);
        expect(html).toMatch(/<details class="govuk-details" open>/);
        expect(html).toContain(`value="${changed.mOfN ?? asSet.mOfN}"`);
        expect(text).not.toContain('What it would have raised');
      },
    );

    test('is tried as the API tries it, drawn, saved with who and why, and stands there as it was set', async () => {
      const changed = { rebaseDates: '2 May 2011; 1 April 2011', comparable: '85%', mOfN: '1 of 3' };
      const seen = await visit(query(changed), reader);
      const change = { rebaseDates: ['2011-04-01', '2011-05-02'], comparable: '85%', from: '2011-03' };
      const mOfN = { m: 1, n: 3, missing: 'ignore' };
      const { body } = await service.client.request('POST', `/v1${HOME}/backtests`, {
        ...{ metric: 'conferences-on-time', mOfN },
        ...change,
      });
      const { episodes } = body.asChanged;
      expect(seen.text).toContain(`As tried: ${episodes} alert`);
      expect(seen.html).toMatch(/<svg[^>]*role="img"[\s\S]*Inspection, comparable/);
      expect(seen.text).toContain('The same, as figures are counted since the way of working changed');
      const form = { ...asSet, ...changed, author: 'A. Head', reason: 'New conference service' };
      expect((await visit(path, manager, form)).status).toBe(303);
      const kept = await visit(path, manager);
      expect(kept.html).toContain('1 April 2011\n2 May 2011</textarea>');
      expect(kept.html).toContain('value="1 of 3"');
      // What stands there unchanged is no change.
      const again = { mOfN: '1 of 3', rebaseDates: '1 April 2011\n2 May 2011', comparable: '85%' };
      expect((await visit(query(again), manager)).status).toBe(422);
      const gone = await visit(query({ ...again, rebaseDates: '', comparable: '' }), manager);
      expect([gone.status, gone.text]).toEqual([200, expect.stringContaining('What it would have raised')]);
    });
  });

  test('of what is only shown cannot be tried', async () => {
    const { metrics } = await service.get('/metrics');
    const { id } = metrics.find(({ polarity }: any) => polarity === 'neutral');
    const { text } = await visit(`/metrics/${id}/standard`, manager);
    expect(text).toContain('This metric is shown, and never judged');
    expect(text).not.toContain('Try it out');
    expect((await visit(`/metrics/${id}`, manager)).html).not.toContain(`${id}/standard`);
  });
});

test('an action is reported on with its evidence; what was reported before stays', async () => {
  const report = { state: 'completed', evidence: 'Audit in May: 36 of 40', author: 'A. Head' };
  expect((await visit('/actions/A2', reader, report)).status).toBe(403);
  const half = await visit('/actions/A2', manager, { ...report, author: '' });
  expect(half.status).toBe(422);
  expect(half.html).toContain('<a href="#author">Enter your name');
  expect(half.html).toContain('>Audit in May: 36 of 40</textarea>');
  expect((await visit('/actions/A2', manager, report)).location).toBe(`${HOME}/actions/A2`);
  await visit('/actions/A2', manager, { ...report, state: 'open', evidence: 'Two cases were missed' });
  const { text } = await visit('/actions/A2', reader);
  expect(text).toMatch(
    /Where it stands Open .*Open , A\. Head, .*Two cases were missed .*Completed , A\. Head, .*36 of 40 Entered by: Director/,
  );
  expect(text).not.toContain('Report on it');
  expect((await visit('', reader)).html).toContain(`href="${HOME}/actions/A2"`);
  expect((await visit('/actions/A99', reader)).status).toBe(404);
});

describe('a token', () => {
  const wanted = { label: 'Monthly returns', role: 'submit', days: '30' };
  const tokenIn = (html: string): string => /<code>(imt_[\w-]+)<\/code>/.exec(html)?.[1] ?? '';

  test('is made, shown once, used, and revoked', async () => {
    const made = await visit('/tokens', manager, wanted);
    const token = tokenIn(made.html);
    const call = callerOf({ api: service.api, token });
    expect((await call('GET', '/metrics')).status).toBe(200);
    expect((await call('GET', '/recipients')).status).toBe(403);
    const again = await visit('/tokens', manager, wanted);
    expect(again.status).toBe(422);
    expect(again.text).toContain('There is a token called "Monthly returns" already');
    const { html, text } = await visit('/tokens', manager);
    expect(html).not.toContain(token);
    expect(text).toMatch(/Monthly returns look, say who has an alert in hand, submit figures .* Director/);
    const action =
      new RegExp(`${HOME}(/tokens/[0-9a-f]+/revocation)">(?:(?!</form>)[\\s\\S])*Monthly returns`).exec(html)?.[1] ??
      '';
    expect((await visit(action, manager, {})).status).toBe(303);
    expect((await call('GET', '/metrics')).status).toBe(401);
    expect((await visit('/tokens', manager)).text).not.toContain('Monthly returns');
  });

  test('of another authority is neither listed nor revoked; one of all is listed, and is nobody’s here to revoke', async () => {
    const until = { scopes: ['read' as const], expires: Math.floor(Date.parse('2030-01-01') / 1000) };
    const database = databaseOf(service);
    await createToken(database, { ...until, authority: 'elsewhere', label: 'Of elsewhere' });
    await createToken(database, { ...until, authority: '*', label: 'Of all' });
    const { text, html } = await visit('/tokens', manager);
    expect(text).not.toContain('Of elsewhere');
    expect(text).toMatch(/Of all look .* For every authority/);
    expect(html.match(/revocation"/g)).toHaveLength(2);
    expect((await visit('/tokens/0123456789ab/revocation', manager, {})).status).toBe(404);
    expect((await visit('/tokens', reader)).status).toBe(403);
  });

  test('of whoever may no longer manage is told of where people are managed, and is revoked or kept by somebody who may', async () => {
    const head = { address: 'head@example.org', level: 'warning', summary: '' };
    await visit('/recipients', manager, { ...head, role: 'manage' });
    const database = databaseOf(service);
    const made = { at: '2011-10-14T09:00:00.000Z', by: head.address };
    const until = { scopes: ['read' as const], expires: Math.floor(Date.parse('2030-01-01') / 1000) };
    await createToken(database, { ...until, authority: 'herefordshire', label: 'Of the head', made });
    expect((await visit('/tokens', manager)).text).not.toContain('may no longer manage');
    await visit('/recipients', manager, { ...head, role: 'submit' });
    const warned = /1 token was made by somebody who may no longer manage, and still works/;
    for (const path of ['/recipients', '/tokens']) expect((await visit(path, manager)).text, path).toMatch(warned);
    expect((await visit('/recipients', reader)).text).not.toMatch(warned);
    const { html } = await visit('/tokens', manager);
    const action = new RegExp(`${HOME}(/tokens/[0-9a-f]+/keeping)`).exec(html)?.[1] ?? '';
    expect((await visit(action, reader, {})).status).toBe(403);
    expect((await visit(action, manager, {})).status).toBe(303);
    const kept = (await visit('/tokens', manager)).text;
    expect(kept).not.toMatch(warned);
    expect(kept).toMatch(/Of the head .* head@example\.org 14 October 2011 at 10:00 Kept by Director/);
    expect((await visit('/tokens/0123456789ab/keeping', manager, {})).status).toBe(404);
  });

  test.each([
    [{ label: ' ' }, 'label'],
    [{ days: '400' }, 'days'],
    [{ days: 'ten' }, 'days'],
    [{ role: 'all' }, 'role'],
  ])('with %j is refused beside its field', async (wrong, field) => {
    const { status, html } = await visit('/tokens', manager, { ...wanted, ...wrong });
    expect([status, tokenIn(html)]).toEqual([422, '']);
    expect(html).toContain(`<a href="#${field}">`);
  });
});

describe('whoever may see several authorities', () => {
  beforeAll(() => loadSecondAuthority(service));
  const start = async (path: string) => {
    const token = await tokenFor(service, ['read'], '*');
    const html = await (await fetch(`${service.api}${path}`, { headers: { cookie: `session=${token}` } })).text();
    return { html, text: html.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ') };
  };

  test('begins with a row for each: what presses first, by the same words as on its overview', async () => {
    const { text, html } = await start('/');
    expect(text).toContain('1 authority of 2 to look at, the most pressing first.');
    expect(text).toMatch(/Herefordshire .* September 2011 Bristol – – – None yet/);
    const [, names = ''] =
      /Critical, and in nobody’s hands: (.*?) Got worse/.exec((await visit('', reader)).text) ?? [];
    const [first = ''] = names.split(' , ');
    expect(first).not.toBe('');
    expect(text).toContain(first);
    expect(html).toContain('href="/authorities/bristol"');
  });

  test('goes on where there are more than a page of them', async () => {
    const { text } = await start('/?after=bristol');
    expect(text).not.toContain('Bristol');
    expect(text).toContain('Herefordshire');
  });
});
