import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PageKey, RouteKey } from '../../functions/http/routes.ts';
import { packReport } from '../../functions/pages/inspections.ts';
import { forgeryToken } from '../../functions/pages/session.ts';
import { createToken, idOfToken, listTokens } from '../../functions/services/tokens.ts';
import { databaseOf } from '../../local/launch.ts';
import library from '../../seed/library/metrics.json' with { type: 'json' };
import { type Caller, callerOf, dumpOf } from '../support/caller.ts';
import { AUTHORITY, type Service, startService } from '../support/service.ts';

/** Whatever anybody changes says who did, by API and page alike; and the log says by which token, without telling it. */

type Writing = Extract<RouteKey | PageKey, `${'PUT' | 'POST' | 'PATCH' | 'DELETE'} ${string}`>;
/** Trying out and looking at what would come of something write nothing; signing in and out concerns oneself alone. */
type Harmless =
  | 'POST /v1/authorities/{authority}/backtests'
  | 'POST /authorities/{authority}/submit'
  | 'POST /authorities/{authority}/inspections'
  | 'POST /new-authority'
  | 'POST /sign-in'
  // Sends a mail, and changes nothing.
  | 'POST /v1/authorities/{authority}/recipients/{recipient}/test'
  | 'POST /authorities/{authority}/recipients/{recipient}/test'
  | 'POST /sign-in/mail'
  | 'POST /sign-in/link'
  | 'POST /sign-out'
  | 'POST /sessions/{session}/end';

let service: Service;
let call: Caller;
const tokens = { api: '', page: '' };
const LABELS = { api: 'Returns program', page: 'Director of children’s services' };
beforeAll(async () => {
  service = await startService({ clock: '2022-10-15' });
  for (const kind of ['api', 'page'] as const)
    tokens[kind] = await createToken(databaseOf(service), {
      scopes: ['read', 'submit', 'acknowledge', 'manage'],
      // Who begins another council may manage every one.
      authority: kind === 'page' ? '*' : AUTHORITY,
      label: LABELS[kind],
      expires: Math.floor(Date.parse('2030-01-01') / 1000),
    });
  call = callerOf({ api: service.api, token: tokens.api });
});
afterAll(() => service.end());

const MONTH = { observations: { 'referral-backlog': { count: 90 }, 'average-caseload': { value: 17 } } };
const said = { author: 'A. Head', reason: 'improvement plan' };
const { id, ...definition } = library.find((metric) => metric.id === 'conferences-within-15-days') as { id: string };
/** As the page sends it. */
const OWN_METRIC = {
  definition: 'Family group conferences held in the month.',
  ...{ kind: 'count', unit: 'conferences', polarity: 'higher', covers: 'flow month', frequency: 'monthly' },
  ...{ from: '2022-05', value: '4', ...said },
};
const seed = JSON.parse(readFileSync(new URL('../../seed/herefordshire-2022.json', import.meta.url), 'utf8'));
const REPORT = { ...seed, id: 'herefordshire-again', published: '2022-10-10', metrics: [], findings: [] };

/** Posts a form as a page of this session does. */
async function post(path: string, form: Record<string, string>, file?: string): Promise<{ status: number }> {
  const fields = { forgeryToken: forgeryToken(tokens.page), ...form };
  const body = file === undefined ? new URLSearchParams(fields) : new FormData();
  if (body instanceof FormData) {
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    body.append('file', new Blob([file ?? '']), 'file.csv');
  }
  const whole = path.startsWith('/new-authority') ? path : `/authorities/${AUTHORITY}${path}`;
  const response = await fetch(`${service.api}${whole}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: `session=${tokens.page}`, 'sec-fetch-site': 'same-origin' },
    body,
  });
  return { status: response.status };
}

async function recipientOf(address: string): Promise<string> {
  const { recipients } = (await call('GET', '/recipients')).body;
  return recipients.find((each: any) => each.address === address).id;
}

const name = (method: string, path: string, body?: object) => call(method, `/names${path}`, body ? { body } : {});

async function madeToken(): Promise<string | undefined> {
  const { tokens } = await listTokens(databaseOf(service));
  return tokens.find(({ label }) => label === 'Data warehouse')?.id;
}

/** One of each, in an order in which each has something to change. */
const WRITES: Record<Exclude<Writing, Harmless>, () => Promise<{ status: number }>> = {
  'PUT /v1/authorities/{authority}/submissions/{period}': () => call('PUT', '/submissions/2022-06', { body: MONTH }),
  'POST /v1/authorities/{authority}/submissions': () =>
    call('POST', '/submissions', { body: { submissions: [{ period: '2022-07', ...MONTH }] } }),
  'PATCH /v1/authorities/{authority}/submissions/{period}': () =>
    call('PATCH', '/submissions/2022-07', {
      body: { observations: { 'referral-backlog': { count: 95 } } },
      headers: { 'if-match': '*' },
    }),
  'PUT /v1/authorities/{authority}/metrics/{metric}/standard': () =>
    call('PUT', '/metrics/average-caseload/standard', { body: { from: '2022-06', value: 15, ...said } }),
  'POST /authorities/{authority}/metrics/{metric}/standard': () =>
    post('/metrics/average-caseload/standard', { from: 'July 2022', value: '14', ...said }),
  'PUT /v1/authorities/{authority}/alerts/{alert}/acknowledgement': () =>
    call('PUT', '/alerts/average-caseload/acknowledgement', { body: { author: 'A. Head', note: 'Two start in May' } }),
  'POST /authorities/{authority}/alerts/{alert}/acknowledgement': () =>
    post('/alerts/average-caseload/acknowledgement', { author: 'P. Roberts', note: 'They start in June' }),
  'PUT /v1/authorities/{authority}/actions/{action}': () =>
    call('PUT', '/actions/R1', { body: { state: 'completed', evidence: 'audit', author: 'A. Head' } }),
  'POST /authorities/{authority}/actions/{action}': () =>
    post('/actions/R1', { state: 'open', evidence: 'the audit found two cases more', author: 'P. Roberts' }),
  'POST /authorities/{authority}/tokens': () => post('/tokens', { label: 'Data warehouse', role: 'look', days: '30' }),
  'POST /authorities/{authority}/tokens/{token}/keeping': async () => post(`/tokens/${await madeToken()}/keeping`, {}),
  'POST /authorities/{authority}/tokens/{token}/revocation': async () =>
    post(`/tokens/${await madeToken()}/revocation`, {}),
  'PUT /v1/authorities/{authority}/metrics/{metric}': () =>
    call('PUT', `/metrics/${id}`, { body: { ...definition, from: '2022-05', ...said } }),
  'POST /v1/authorities/{authority}/metrics/{metric}/changes': () =>
    call('POST', `/metrics/${id}/changes`, { body: { title: 'Conferences in time', ...said } }),
  'POST /v1/authorities/{authority}/benchmarks': () =>
    call('POST', '/benchmarks', {
      body: {
        source: 'LAIT, 2022',
        author: 'A. Head',
        csv: 'metric,area,year,value\naverage-caseload,England,2022,16',
      },
    }),
  'PATCH /v1/authorities/{authority}': () => call('PATCH', '', { body: { dueWorkingDay: 12, ...said } }),
  'POST /authorities/{authority}/settings': () => post('/settings', { dueWorkingDay: '15', ...said }),
  'POST /authorities/{authority}/closing': async () => {
    const closed = await post('/closing', { closed: 'yes', ...said });
    await post('/closing', { closed: 'no', ...said });
    return closed;
  },
  'POST /v1/authorities/{authority}/names': () =>
    name('POST', '', { name: 'Duty backlog', metric: 'referral-backlog' }),
  'DELETE /v1/authorities/{authority}/names/{name}': async () => {
    const { body } = await name('POST', '', { name: 'Duty backlog', metric: 'referral-backlog' });
    return name('DELETE', `/${body.id}`);
  },
  'POST /authorities/{authority}/names/{name}/removal': async () => {
    const { body } = await name('POST', '', { name: 'Front door', metric: 'referral-backlog' });
    return post(`/names/${body.id}/removal`, {});
  },
  'POST /authorities/{authority}/catalogue/metric': () =>
    post('/catalogue/metric', { ...OWN_METRIC, title: 'Family group conferences' }),
  'POST /authorities/{authority}/metrics/{metric}/changes': () =>
    post(`/metrics/${id}/changes`, { title: 'Conferences within time', until: '2022-12', replacedBy: '', ...said }),
  'POST /authorities/{authority}/metrics/{metric}/confirmation': () =>
    post('/metrics/closure-backlog/confirmation', {}),
  'POST /authorities/{authority}/benchmarks': () =>
    post(
      '/benchmarks',
      { source: 'LAIT, 2022', author: 'A. Head', do: 'load' },
      'metric,area,year,value\nclosure-backlog,England,2022,16\naverage-caseload,England,2022,17',
    ),
  'POST /authorities/{authority}/benchmarks/{metric}/removal': () => post('/benchmarks/average-caseload/removal', {}),
  'DELETE /v1/authorities/{authority}/benchmarks/{metric}': async () => {
    const csv = 'metric,area,year,value\naverage-caseload,England,2022,16';
    await call('POST', '/benchmarks', { body: { source: 'LAIT, 2022', author: 'A. Head', csv } });
    return call('DELETE', '/benchmarks/average-caseload');
  },
  'PUT /v1/authorities/{authority}/inspections/{inspection}': () =>
    call('PUT', '/inspections/herefordshire-again', { body: REPORT }),
  'POST /authorities/{authority}/inspections/{inspection}': () =>
    post('/inspections/herefordshire-again', { report: packReport({ ...REPORT, title: `${REPORT.title}, amended` }) }),
  'POST /new-authority/loading': () =>
    post('/new-authority/loading', {
      report: packReport({ ...REPORT, authority: 'north-shire', id: 'north-shire-again' }),
    }),
  'DELETE /v1/authorities/{authority}/inspections/{inspection}': () =>
    call('DELETE', '/inspections/herefordshire-again'),
  'POST /v1/authorities/{authority}/recipients': () =>
    call('POST', '/recipients', { body: { address: 'director@example.org', level: 'critical' } }),
  'DELETE /v1/authorities/{authority}/recipients/{recipient}': async () =>
    call('DELETE', `/recipients/${await recipientOf('d…@example.org')}`),
  'POST /authorities/{authority}/recipients': () =>
    post('/recipients', { address: 'director@example.org', level: 'warning', role: 'manage' }),
  'POST /authorities/{authority}/recipients/{recipient}/removal': async () => {
    const mails = await service.mails();
    const asked = mails.findLast(({ text }) => text.includes('/sns/confirmation'));
    const link = /http:\S+\/sns\/confirmation\S+/.exec(asked?.text ?? '')?.[0];
    if (link) await fetch(link);
    return post(`/recipients/${await recipientOf('d…@example.org')}/removal`, { last: 'yes' });
  },
  'POST /authorities/{authority}/submissions/{period}/correction': () =>
    post('/submissions/2022-07/correction', {
      metric: 'referral-backlog',
      count: '80',
      reason: 'counted twice',
      revision: '2',
    }),
  'POST /authorities/{authority}/submissions/{period}/retraction': () =>
    post('/submissions/2022-07/retraction', { revision: '3' }),
  'POST /authorities/{authority}/submissions': async () => {
    const checked = await fetch(`${service.api}/authorities/${AUTHORITY}/submit`, {
      method: 'POST',
      headers: { cookie: `session=${tokens.page}`, 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({
        forgeryToken: forgeryToken(tokens.page),
        figures: 'period,metric,count\n2022-08,referral-backlog,70',
      }),
    });
    const field = (page: string, name: string): string =>
      new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1]?.replaceAll('&quot;', '"') ?? '';
    const page = await checked.text();
    return post('/submissions', { months: field(page, 'months'), basis: field(page, 'basis'), mode: 'add' });
  },
  'DELETE /v1/authorities/{authority}/submissions/{period}': () =>
    call('DELETE', '/submissions/2022-06', { headers: { 'if-match': '*' } }),
};

/** Of what these take away nothing is left that could say who did. */
const TAKES_AWAY: readonly string[] = [
  'DELETE /v1/authorities/{authority}/names/{name}',
  'POST /authorities/{authority}/names/{name}/removal',
  'DELETE /v1/authorities/{authority}/benchmarks/{metric}',
  'POST /authorities/{authority}/benchmarks/{metric}/removal',
  'POST /authorities/{authority}/tokens/{token}/revocation',
] satisfies Writing[];

/** What the service works out by itself, from what people change. */
const DERIVED = / (BOARD|DUE|AUTHORITY|NOTICE#\d+|METRIC#.*)$|AUTHORITIES/;

describe('whoever changes something is kept with it, by', () => {
  test.each(Object.keys(WRITES) as (keyof typeof WRITES)[])('%s', async (route) => {
    await service.idle();
    const before = await dumpOf(service);
    const { status } = await WRITES[route]();
    expect(status).toBeLessThan(400);
    await service.idle();
    const after = await dumpOf(service);
    const isOwn = (key: string): boolean =>
      !DERIVED.test(key) || key.includes(`METRIC#${id}`) || key.includes('METRIC#family-group-conferences');
    const changed = Object.keys(after).filter(
      (key) => isOwn(key) && JSON.stringify(after[key]) !== JSON.stringify(before[key]),
    );
    const { by, token } = route.includes('/v1/')
      ? { by: LABELS.api, token: tokens.api }
      : { by: LABELS.page, token: tokens.page };
    const said = changed.filter((key) =>
      JSON.stringify(after[key])
        .replaceAll('\\', '')
        .includes(`"by":${JSON.stringify(by)}`),
    );
    // Of what is taken away altogether, the log alone says who did it.
    if (!TAKES_AWAY.includes(route)) {
      expect(said).not.toEqual([]);
      // Whom SNS mails is kept beside who decided that: one item of the two says so.
      expect(changed.filter((key) => !said.includes(key) && !key.includes('RECIPIENT#'))).toEqual([]);
    }
    const log = readFileSync(join(service.dataDir, 'functions.log'), 'utf8');
    const line = log.split('\n').findLast((each) => each.includes(route) && each.includes('request answered'));
    expect(line).toContain(idOfToken(token));
    expect(log).not.toContain(token);
  });
});

test('28-second-acknowledgement: who took an alert in hand first stays beside who did so since, and the same said twice is said once', async () => {
  await call('PUT', '/submissions/2022-09', { body: MONTH });
  await service.idle();
  const take = (author: string) =>
    call('PUT', '/alerts/average-caseload/acknowledgement', { body: { author, note: 'in hand' } });
  await take('A. Head');
  await take('A. Head');
  await service.idle();
  await take('P. Roberts');
  for (const settled of [false, true]) {
    if (settled) await service.idle();
    const { alerts } = (await call('GET', '/alerts')).body;
    const { acknowledgement } = alerts.find(({ alert }: any) => alert === 'average-caseload');
    expect(acknowledgement).toMatchObject({ author: 'P. Roberts', by: LABELS.api });
    expect(acknowledgement.earlier.map(({ author, by }: any) => [author, by]).slice(-1)).toEqual([
      ['A. Head', LABELS.api],
    ]);
  }
});
