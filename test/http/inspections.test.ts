import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { forgeryToken } from '../../functions/pages/session.ts';
import { type Caller, callerOf } from '../support/caller.ts';
import { AUTHORITY, type Service, startService } from '../support/service.ts';
import { seenIn, tokenFor } from '../support/visit.ts';

/** Bringing in inspections while the service runs, on the clock of October 2022: its own of 2010, 2014, 2018 and 2022 are there. */

let service: Service;
let call: Caller;
beforeAll(async () => {
  service = await startService({ clock: '2022-10-15' });
  call = callerOf(service);
});
afterAll(() => service.end());

const seed = (name: string) => JSON.parse(readFileSync(new URL(`../../seed/${name}.json`, import.meta.url), 'utf8'));
const at = (path: string, authority: string = AUTHORITY) => `/v1/authorities/${authority}${path}`;
const REPORT = {
  ...seed('herefordshire-2022'),
  ...{ id: 'herefordshire-own', framework: 'own', title: 'A look of our own', published: '2022-10-10' },
  ownFramework: {
    title: 'Peer review',
    full: true,
    grades: { secure: { words: 'Secure', tone: 'best' } },
    sections: { all: 'Everything' },
  },
  judgements: [
    {
      id: 'all',
      section: 'all',
      title: 'Everything',
      grade: 'secure',
      paragraph: 'cover',
      period: '2022-10',
      record: true,
    },
  ],
  actions: [{ id: 'O1', title: 'Carry on', paragraph: 'improve' }],
  findings: [
    {
      metric: 'health-checks',
      baseline: { kind: 'figure', value: 70, bound: 'exact', period: '2022', paragraphs: ['1'], statement: '70%.' },
      actions: ['O1'],
      paragraphs: ['1'],
      judgement: 'all',
    },
  ],
};

test('those that ship and are published stand beside each other, and the newest leads', async () => {
  const { body } = await call('GET', at('/inspections'));
  expect(body.leading).toBe('herefordshire-2022');
  expect(body.inspections.map(({ id }: any) => id)).toEqual(
    ['2022', '2018', '2014', '2010'].map((year) => `herefordshire-${year}`),
  );
  expect(body.inspections[1].judgements[0].words).toBe('Requires improvement to be good');
  expect((await call('GET', at('/inspection'))).body.actions).toHaveLength(9);
  expect((await call('GET', at('/inspections', 'bristol'))).status).toBe(404);
});

test('a newer one is tried, loaded and told; actions and progress stay with theirs', async () => {
  const progress = { state: 'completed', evidence: 'audit', author: 'A. Jones' };
  expect((await call('PUT', at('/actions/R1'), { body: progress })).status).toBe(201);
  await call('PUT', at('/submissions/2022-09'), {
    body: { observations: { 'health-checks': { numerator: 80, denominator: 100 } } },
  });
  await service.idle();
  const url = at('/inspections/herefordshire-own');
  const tried = await call('PUT', `${url}?dryRun=true`, { body: REPORT });
  expect(tried).toMatchObject({
    status: 200,
    body: {
      outcome: 'new',
      leading: { before: 'herefordshire-2022', after: 'herefordshire-own' },
      metrics: { added: [], removed: [] },
      actions: { added: ['O1'], removed: expect.arrayContaining(['R1']) },
    },
  });
  expect((await call('GET', at('/inspections'))).body.inspections).toHaveLength(4);

  const loaded = await call('PUT', url, { body: REPORT });
  expect([loaded.status, loaded.body]).toEqual([201, tried.body]);
  expect((await call('PUT', url, { body: REPORT })).body.outcome).toBe('unchanged');
  await service.idle();
  const [notice] = (await call('GET', at('/notices'))).body.notices;
  expect(notice.subject).toBe('Herefordshire: a new inspection');
  expect(notice.inspection).toEqual({ title: 'A look of our own', published: '2022-10-10' });
  const { body } = await call('GET', at('/inspections'));
  expect(body.inspections[0].judgements[0].words).toBe('Secure');
  const states = body.inspections.map(
    ({ actions }: any) => actions.filter(({ state }: any) => state === 'completed').length,
  );
  expect(states).toEqual([0, 1, 0, 0, 0]);
});

test('a retired one counts no longer, and the one before leads again', async () => {
  const retired = await call('DELETE', at('/inspections/herefordshire-own'));
  expect(retired.body).toMatchObject({ outcome: 'retired', leading: { after: 'herefordshire-2022' } });
  expect((await call('GET', at('/inspections'))).body.inspections[0]).toMatchObject({ retired: true });
  await service.idle();
  const [notice] = (await call('GET', at('/notices'))).body.notices;
  expect([notice.subject, notice.inspection.again]).toEqual([
    'Herefordshire: an earlier inspection counts again',
    true,
  ]);
  expect((await call('DELETE', at('/inspections/nothing'))).status).toBe(404);
});

test('what is wrong is named, and nothing changed', async () => {
  const wrong = { ...REPORT, id: 'elsewhere', actions: [], published: '2023-01-01' };
  const { status, body } = await call('PUT', at('/inspections/herefordshire-own'), { body: wrong });
  expect(status).toBe(422);
  expect(body.errors.map(({ pointer }: any) => pointer).sort()).toEqual([
    '#/findings/0/actions/0',
    '#/id',
    '#/published',
  ]);
});

test('a second council is another file: with its own metrics, and unknown to the tokens of the first', async () => {
  const report = {
    ...seed('bristol-2023'),
    published: '2022-10-01',
    fieldwork: { from: '2022-09-01', to: '2022-09-10' },
  };
  const loaded = await call('PUT', at('/inspections/bristol-2023', 'bristol'), { body: report });
  expect(loaded.status).toBe(201);
  expect(loaded.body.metrics.added).toContain('initial-health-assessments-on-time');
  // Loaded again without its last metric, that is gone.
  const again = await call('PUT', at('/inspections/bristol-2023', 'bristol'), {
    body: { ...report, metrics: report.metrics.slice(0, -1) },
  });
  expect(again.body.metrics.removed).toEqual(['average-caseload']);
  expect((await call('GET', at('/metrics', 'bristol'))).body.metrics).toHaveLength(2);
  expect((await call('GET', at('/metrics'))).body.metrics).toHaveLength(40);
});

test('a finding may speak of a metric of the library: it comes into the catalogue with the report, and stays when that is loaded again', async () => {
  const finding = {
    metric: 'social-worker-caseload',
    baseline: { kind: 'statement', statement: 'Too high in some teams.', period: '2023-01', paragraphs: ['62'] },
    ...{ actions: [], paragraphs: ['62'], judgement: null },
  };
  const report = {
    ...seed('bristol-2023'),
    authority: 'leeds',
    id: 'leeds-2022',
    name: 'Leeds',
    published: '2022-10-01',
  };
  const fieldwork = { from: '2022-09-01', to: '2022-09-10' };
  const load = (findings: object[]) =>
    call('PUT', at('/inspections/leeds-2022', 'leeds'), { body: { ...report, fieldwork, findings } });
  expect((await load([{ ...finding, metric: 'nothing' }])).body.errors).toMatchObject([
    { pointer: '#/findings/0/metric', detail: expect.stringContaining('library') },
  ]);
  expect((await load([finding])).body).toMatchObject({
    outcome: 'new',
    metrics: { added: expect.arrayContaining(['social-worker-caseload']) },
  });
  expect((await load([finding])).body).toMatchObject({ outcome: 'unchanged' });
  expect((await call('GET', at('/metrics/social-worker-caseload', 'leeds'))).body).toMatchObject({
    source: expect.stringContaining('workforce census'),
    baseline: { statement: 'Too high in some teams.' },
  });
  expect((await load([])).body.metrics.removed).toEqual(['social-worker-caseload']);
});

describe('on the page', () => {
  const report = { ...REPORT, id: 'herefordshire-page', published: '2022-10-12' };
  /** Visits the page, or posts a form to it, as whoever the token is for. */
  async function visit(path: string, token: string, form?: Record<string, string | Blob>) {
    const body = new FormData();
    for (const [name, value] of Object.entries({ forgeryToken: forgeryToken(token), ...form }))
      body.append(name, value);
    const response = await fetch(`${service.api}/authorities/${AUTHORITY}/inspections${path}`, {
      redirect: 'manual',
      headers: { cookie: `session=${token}`, 'sec-fetch-site': 'same-origin' },
      ...(form && { method: 'POST', body }),
    });
    return seenIn(response);
  }

  test('every fault is named by line and field, and the text comes back to be put right', async () => {
    const token = await tokenFor(service, ['read', 'manage']);
    const wrong = JSON.stringify({ ...report, published: '2023-01-01', authority: 'leeds' }, null, 2);
    const { status, text, html } = await visit('', token, { report: wrong });
    expect(status).toBe(422);
    const line = wrong.split('\n').findIndex((each) => each.includes('"published"')) + 1;
    expect(text).toContain('2 faults; nothing was loaded');
    expect(text).toMatch(new RegExp(`Line ${line}, published: `));
    expect(text).toMatch(/Line \d+, authority: the file says "leeds", and it was sent to "herefordshire"/);
    expect(html).toContain('herefordshire-page');
    // What is too long to come back is not taken away without a word.
    const long = await visit('', token, { report: wrong + ' '.repeat(100_000) });
    expect([long.status, long.html.includes('herefordshire-page')]).toEqual([422, false]);
    expect(long.text).toContain('too long to be shown here');
    expect(text).not.toContain('too long to be shown here');
    for (const [sent, why] of [
      [{ report: '{\n"id": 1,\n}' }, 'Line 2: a comma too many: there is none behind the last entry'],
      [{ report: ' ' }, 'no file was chosen'],
      [{ file: new Blob([new Uint8Array([0x7b, 0xff, 0xfe])]) }, 'not text in UTF-8'],
      [{ report: '[]' }, 'Line 1, '],
    ] as const) {
      const refused = await visit('', token, sent);
      expect([why, refused.status, refused.text]).toEqual([why, 422, expect.stringContaining(why)]);
    }
    expect((await visit('/herefordshire-page', token, { report: 'nonsense' })).status).toBe(422);
  });

  test('a report is begun, looked at, and loaded by whoever may manage, who is named', async () => {
    const reader = await tokenFor(service, ['read']);
    expect([(await visit('', reader)).status, (await visit('', reader, { report: '{}' })).status]).toEqual([403, 403]);
    const token = await tokenFor(service, ['read', 'manage']);
    const skeleton = await visit('/skeleton?framework=ilacs-2018', token);
    expect(JSON.parse(skeleton.html)).toMatchObject({ framework: 'ilacs-2018', authority: AUTHORITY });
    expect((await visit('/skeleton?framework=x', token)).status).toBe(422);

    const file = new Blob([`\uFEFF${JSON.stringify(report)}`]);
    const seen = await visit('', token, { file });
    expect([seen.status, seen.text]).toEqual([200, expect.stringContaining('Nothing is loaded yet.')]);
    expect(seen.text).toContain('“herefordshire-page” is new.');
    expect(seen.text).toContain('From its publication on figures are held against “herefordshire-page”, no longer');
    expect(seen.text).toMatch(/Actions asked for .* Come O1 Go R1;/);
    const listed = async () => (await call('GET', at('/inspections'))).body;
    expect((await listed()).leading).toBe('herefordshire-2022');

    const packed = /name="report" value="([^"]+)"/.exec(seen.html)?.[1] ?? '';
    const sent = await visit('/herefordshire-page', token, { report: packed });
    expect([sent.status, sent.location]).toEqual([
      303,
      expect.stringContaining('/inspections?loaded=herefordshire-page'),
    ]);
    const { leading, inspections } = await listed();
    expect([leading, inspections[0].loaded.by]).toEqual(['herefordshire-page', expect.stringMatching(/^Director/)]);
    expect((await visit('?loaded=herefordshire-page', token)).text).toMatch(
      /A look of our own is loaded.*What figures are held against/,
    );
    expect((await visit('', token, { file })).text).toContain('There is nothing to load.');
  });
});
