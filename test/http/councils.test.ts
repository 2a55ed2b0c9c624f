import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forgeryToken } from '../../functions/pages/session.ts';
import { type Caller, callerOf, dumpOf } from '../support/caller.ts';
import { type Service, startService } from '../support/service.ts';
import { seenIn, tokenFor } from '../support/visit.ts';

/** Two councils in one instance: what is one's own nobody of the other sees, hears or changes; each has settings, and can be closed. */

const seed = (name: string) => JSON.parse(readFileSync(new URL(`../../seed/${name}.json`, import.meta.url), 'utf8'));
const COUNCILS = ['herefordshire', 'bristol'] as const;
type Council = (typeof COUNCILS)[number];
const other = (council: Council): Council => (council === 'bristol' ? 'herefordshire' : 'bristol');

const said = { author: 'A. Head', reason: 'decided by cabinet' };
const WORKLOAD = {
  title: 'Caseload of a social worker',
  definition: 'Open cases for each social worker at the end of the month.',
  ...{ kind: 'mean', unit: 'cases', polarity: 'lower', frequency: 'monthly', cases: 'stock', window: 'month' },
  ...{ holdLine: false, tolerance: 1, section: 'asked-for', source: 'Own record' },
  standards: [{ value: 18, from: '2023-01', basis: 'council', note: 'agreed' }],
  ...said,
};

let service: Service;
let call: Caller;
const tokens: Partial<Record<Council, string>> = {};
const at = (council: Council, path = '') => `/v1/authorities/${council}${path}`;
const put = (council: Council, period: string, value: number) =>
  call('PUT', at(council, `/submissions/${period}`), { body: { observations: { workload: { value } } } });
const mailsOf = async (address: string) =>
  (await service.mails()).filter(({ to }) => to.some((each) => each.address === address));

beforeAll(async () => {
  service = await startService({ clock: '2024-03-12' });
  call = callerOf(service);
  expect((await call('PUT', at('bristol', '/inspections/bristol-2023'), { body: seed('bristol-2023') })).status).toBe(
    201,
  );
  for (const council of COUNCILS) {
    tokens[council] = await tokenFor(service, undefined, council);
    expect((await call('PUT', at(council, '/metrics/workload'), { body: WORKLOAD })).status).toBe(201);
    const address = `${council}@example.org`;
    await call('POST', at(council, '/recipients'), { body: { address, level: 'watch' } });
    const link = /http:\S+\/sns\/confirmation\S+/.exec((await mailsOf(address)).at(-1)?.text ?? '')?.[0];
    expect((await fetch(String(link))).status).toBe(200);
    await put(council, '2024-01', 15);
  }
  await service.idle();
});
afterAll(() => service.end());

test('a token of one council opens nothing of the other, to read or to write', async () => {
  const before = await dumpOf(service);
  for (const council of COUNCILS) {
    const token = tokens[other(council)];
    const paths = [
      '',
      '/submissions',
      '/metrics',
      '/alerts',
      '/notices',
      '/inspection',
      '/inspections',
      '/recipients',
      '/names',
    ];
    for (const path of [...paths, '/metrics/workload', '/submissions/2024-01', '/template.xlsx'])
      expect([path, (await call('GET', at(council, path), { token })).status]).toEqual([path, 403]);
    const writes = [
      ['PUT', '/submissions/2024-01', { observations: {} }],
      ['PATCH', '', { closed: true, ...said }],
      ['PUT', '/metrics/workload', WORKLOAD],
      ['PUT', '/metrics/workload/standard', { from: '2024-01', value: 12, ...said }],
      ['POST', '/recipients', { address: 'other@example.org' }],
      ['POST', '/benchmarks', { source: 'S', author: 'A', csv: 'metric,area,year,value' }],
    ] as const;
    for (const [method, path, body] of writes)
      expect([path, (await call(method, at(council, path), { token, body })).status]).toEqual([path, 403]);
    const page = await fetch(`${service.api}/authorities/${council}`, { headers: { cookie: `session=${token}` } });
    expect([page.status, await page.text()]).toEqual([403, expect.not.stringContaining('Caseload')]);
  }
  expect(await dumpOf(service)).toEqual(before);
});

test('what one council does is judged, shown and mailed as its own alone', async () => {
  const bristol = await dumpOf(service);
  const told = (await mailsOf('bristol@example.org')).length;
  await put('herefordshire', '2024-02', 29);
  const [mail] = (await mailsOf('herefordshire@example.org')).slice(-1);
  expect(mail?.subject).toContain('Herefordshire');
  expect(mail?.text).not.toMatch(/bristol/i);
  expect(await mailsOf('bristol@example.org')).toHaveLength(told);
  const own = (dump: object) => Object.entries(dump).filter(([key]) => key.includes('AUTHORITY#bristol'));
  expect(own(await dumpOf(service))).toEqual(own(bristol));
  const stateIn = async (council: Council) =>
    (await call('GET', at(council, '/alerts'))).body.alerts.find(({ alert }: any) => alert === 'workload').state;
  expect([await stateIn('herefordshire'), await stateIn('bristol')]).toEqual(['raised', 'clear']);
  const page = await fetch(`${service.api}/authorities/bristol`, { headers: { cookie: `session=${tokens.bristol}` } });
  expect(await page.text()).not.toMatch(/herefordshire/i);
});

test('each token lists the councils that it may see, a page at a time', async () => {
  const list = async (token: string, query = '') =>
    (await call('GET', `/v1/authorities${query}`, { headers: { authorization: `Bearer ${token}` } })).body;
  for (const council of COUNCILS)
    expect(await list(String(tokens[council]))).toEqual({
      authorities: [{ authority: council, name: expect.any(String), closed: false }],
    });
  const first = await list(service.token, '?limit=1');
  expect(first.authorities).toMatchObject([{ authority: 'bristol', name: 'Bristol' }]);
  const rest = await list(service.token, `?limit=1&cursor=${first.next}`);
  expect(rest).toEqual({ authorities: [{ authority: 'herefordshire', name: 'Herefordshire', closed: false }] });
  expect((await list(service.token, '?cursor=!')).errors).toMatchObject([{ parameter: 'cursor' }]);
});

test('one person of both may do in each what was decided there, and no more', async () => {
  const address = 'herefordshire@example.org';
  await call('POST', at('herefordshire', '/recipients'), { body: { address, level: 'watch', role: 'manage' } });
  await call('POST', at('bristol', '/recipients'), { body: { address, level: 'critical' } });
  const post = (path: string, fields: Record<string, string>, cookie = '') =>
    fetch(`${service.api}${path}`, {
      ...{ method: 'POST', redirect: 'manual', headers: { 'sec-fetch-site': 'same-origin', cookie } },
      body: new URLSearchParams(fields),
    });
  await post('/sign-in/mail', { address });
  const link = /sign-in\/link\?link=([^&\s]+)/.exec((await mailsOf(address)).at(-1)?.text ?? '')?.[1] ?? '';
  const cookie = (await post('/sign-in/link', { link: decodeURIComponent(link) })).headers
    .getSetCookie()[0]
    ?.split(';')[0];
  const pageOf = (council: Council, path = '') =>
    fetch(`${service.api}/authorities/${council}${path}`, { headers: { cookie: String(cookie) } });
  for (const [council, may] of [
    ['herefordshire', 200],
    ['bristol', 403],
  ] as const)
    for (const path of ['/settings', '/submit', '/catalogue'])
      expect([council, path, (await pageOf(council, path)).status]).toEqual([council, path, may]);
  expect((await pageOf('bristol')).status).toBe(200);
  const [, session = ''] = String(cookie).split('=');
  const form = { forgeryToken: forgeryToken(decodeURIComponent(session)), closed: 'yes', ...said };
  expect((await post('/authorities/bristol/closing', form, cookie)).status).toBe(403);
  expect((await call('GET', at('bristol'))).body.closed).toBe(false);
});

test('a council has a name, a day by which figures are due and small numbers of its own', async () => {
  const change = (body: object) => call('PATCH', at('bristol'), { body: { ...said, ...body } });
  const late = async () =>
    (await call('GET', at('bristol', '/alerts'))).body.alerts.find(({ alert }: any) => alert === 'submission');
  // On 12 March 2024 it is the eighth working day after February.
  expect((await late()).state).toBe('clear');
  const { body } = await change({ name: 'City of Bristol', dueWorkingDay: 5, smallNumbers: 'suppress' });
  expect(body).toMatchObject({ name: 'City of Bristol', dueWorkingDay: 5, smallNumbers: 'suppress', closed: false });
  expect(body.settings).toMatchObject([{ version: 1, ...said, by: expect.any(String) }]);
  await service.idle();
  expect((await late()).findings[0].text).toContain('7 March 2024, the 5th working day after the month (local policy)');
  expect((await mailsOf('bristol@example.org')).at(-1)?.subject).toContain('City of Bristol');
  // What is not named stays; repeated, nothing is new; null goes back.
  expect((await change({ smallNumbers: null })).body).toMatchObject({ name: 'City of Bristol', dueWorkingDay: 5 });
  expect((await change({ smallNumbers: null })).body.settings).toHaveLength(2);
  await change({ dueWorkingDay: null });
  const withdrawn = (await mailsOf('bristol@example.org')).at(-1)?.text;
  expect(withdrawn).toContain('the working day by which figures are due was changed: 5th became 10th, by “A. Head”');
  expect((await call('GET', at('herefordshire'))).body).toMatchObject({ dueWorkingDay: 10, settings: [] });
  const refused = await change({ dueWorkingDay: 21, name: '' });
  expect(refused.body.errors.map(({ pointer }: any) => pointer)).toEqual(['#/name', '#/dueWorkingDay']);
});

test('a closed council is judged and mailed no more and keeps its record; the other goes on; opened again it catches up', async () => {
  const page = (path: string, form?: Record<string, string>) =>
    fetch(`${service.api}/authorities/bristol${path}`, {
      redirect: 'manual',
      headers: { cookie: `session=${tokens.bristol}`, 'sec-fetch-site': 'same-origin' },
      ...(form && {
        method: 'POST',
        body: new URLSearchParams({ forgeryToken: forgeryToken(String(tokens.bristol)), ...form }),
      }),
    });
  const unsaid = await page('/closing', { closed: 'yes', author: 'A. Head', reason: '' });
  expect([unsaid.status, await unsaid.text()]).toEqual([422, expect.stringContaining('Enter why')]);
  expect((await page('/closing', { closed: 'yes', ...said })).status).toBe(303);
  await service.idle();
  const told = (await mailsOf('bristol@example.org')).length;
  expect(await (await page('')).text()).toContain('Closed on');
  for (const [method, path, body] of [
    ['PUT', '/submissions/2024-02', { observations: { workload: { value: 40 } } }],
    ['PUT', '/metrics/workload/standard', { from: '2024-01', value: 12, ...said }],
    ['PUT', '/metrics/workload', { ...WORKLOAD, title: 'Another' }],
    ['PUT', '/inspections/bristol-2023', { ...seed('bristol-2023'), title: 'Another' }],
    ['PUT', '/alerts/workload/acknowledgement', { author: 'A', note: 'N' }],
  ] as const) {
    const refused = await call(method, at('bristol', path), { body });
    expect([path, refused.status, refused.body.detail]).toEqual([path, 409, expect.stringContaining('is closed')]);
  }
  // Figures would be over a month late by then.
  service.moveClock('2024-05-20');
  await service.runSchedules();
  await service.idle();
  expect(await mailsOf('bristol@example.org')).toHaveLength(told);
  expect((await mailsOf('herefordshire@example.org')).at(-1)?.text).toContain('are not in');
  expect((await call('GET', at('bristol', '/submissions'))).body.submissions).toHaveLength(1);
  expect((await call('GET', at('bristol', '/alerts'))).body.closed).toBe(true);

  expect((await call('PATCH', at('bristol'), { body: { closed: false, ...said } })).body.closed).toBe(false);
  await service.idle();
  expect((await mailsOf('bristol@example.org')).length).toBeGreaterThan(told);
});

test('the alarm that nobody would get the notices names the council that it is about, and no other', async () => {
  const { recipients } = (await call('GET', at('bristol', '/recipients'))).body;
  for (const { id, state } of recipients)
    if (state === 'confirmed') await call('DELETE', at('bristol', `/recipients/${id}`));
  await put('bristol', '2024-04', 31);
  await service.idle();
  service.moveClock('2024-05-20T03:00:00Z');
  await service.runSchedules();
  const waiting = () =>
    readFileSync(join(service.dataDir, 'functions.log'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('WaitingNotices'))
      .map((line) => JSON.parse(JSON.parse(line).message));
  // What a function printed is in the file a moment later.
  await expect.poll(waiting).toMatchObject([{ authority: 'bristol', WaitingNotices: 1 }]);
});

test('a council that is not known is begun on the page, by whoever may manage every one, with every fault of its report named', async () => {
  const every = await tokenFor(service, undefined, '*');
  const page = (path: string, fields?: Record<string, string>, token = every) =>
    fetch(`${service.api}${path}`, {
      redirect: 'manual',
      headers: { cookie: `session=${token}`, 'sec-fetch-site': 'same-origin' },
      ...(fields && {
        method: 'POST',
        body: new URLSearchParams({ forgeryToken: forgeryToken(token), ...fields }),
      }),
    }).then(seenIn);
  for (const [from, token, may] of [
    ['/', every, true],
    ['/authorities/bristol/settings', every, true],
    ['/', await tokenFor(service, ['read'], '*'), false],
    ['/authorities/bristol/settings', String(tokens.bristol), false],
  ] as const)
    expect([from, (await page(from, undefined, token)).html.includes('"/new-authority"')]).toEqual([from, may]);
  const before = await dumpOf(service);
  for (const [path, fields] of [
    ['/new-authority', undefined],
    ['/new-authority/skeleton?authority=north-shire&framework=ilacs-2018', undefined],
    ['/new-authority', { report: '{}' }],
    ['/new-authority/loading', { report: 'AAAA' }],
  ] as const)
    expect([path, (await page(path, fields, String(tokens.bristol))).status]).toEqual([path, 403]);

  const badly = await page('/new-authority/skeleton?authority=North%20Shire&framework=ilacs-2018');
  expect([badly.status, badly.text]).toEqual([422, expect.stringContaining('Enter lower-case letters')]);
  expect(badly.html).toContain('value="North Shire"');
  const skeleton = await page('/new-authority/skeleton?authority=north-shire&framework=ilacs-2018');
  expect(JSON.parse(skeleton.html)).toMatchObject({ authority: 'north-shire', framework: 'ilacs-2018' });

  const report = { ...seed('bristol-2023'), authority: 'north-shire', name: 'North Shire', id: 'north-shire-2023' };
  const sent = (contents: object) => page('/new-authority', { report: JSON.stringify(contents, null, 2) });
  const known = await sent({ ...report, authority: 'bristol', published: '2031-01-01' });
  expect(known.status).toBe(422);
  expect(known.text).toContain(
    'Line 3, authority: "bristol" is a council here already; load its reports on its own page',
  );
  expect(known.text).toMatch(/published: .*2031-01-01|Line \d+, published/);
  expect((await sent({ ...report, authority: 'North Shire' })).text).toContain('Line 3, authority:');
  expect((await sent({ ...report, authority: undefined })).text).toContain('authority');
  const checked = await sent(report);
  expect([checked.status, checked.text]).toEqual([200, expect.stringContaining('“north-shire-2023” is new.')]);
  expect(await dumpOf(service)).toEqual(before);

  const packed = /name="report" value="([^"]+)"/.exec(checked.html)?.[1] ?? '';
  const begun = await page('/new-authority/loading', { report: packed });
  expect([begun.status, begun.location]).toEqual([303, '/authorities/north-shire/inspections?loaded=north-shire-2023']);
  expect((await call('GET', '/v1/authorities/north-shire')).body).toMatchObject({ name: 'North Shire', closed: false });
  expect((await page('/new-authority/loading', { report: packed })).status).toBe(422);
  await service.idle();
  const unchanged = (dump: object) =>
    Object.entries(dump).filter(([key]) => /AUTHORITY#(bristol|herefordshire) /.test(key));
  expect(unchanged(await dumpOf(service))).toEqual(unchanged(before));
});
