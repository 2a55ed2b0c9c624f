import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forgeryToken } from '../../functions/pages/session.ts';
import library from '../../seed/library/metrics.json' with { type: 'json' };
import { type Caller, callerOf } from '../support/caller.ts';
import { type Service, startService } from '../support/service.ts';

/** Metrics begin, are renamed, are replaced and end while the service runs. */

let service: Service;
let call: Caller;
beforeAll(async () => {
  service = await startService();
  call = callerOf(service);
});
afterAll(() => service.end());

const said = { author: 'A. Head', reason: 'improvement plan' };
const taken = (id: string) => {
  const { id: _, ...definition } = library.find((metric) => metric.id === id) ?? { id };
  return definition;
};
const submit = (period: string, observations: object) =>
  call('PUT', `/submissions/${period}`, { body: { observations } });

test('a metric of the library begins: figures are taken and judged at once', async () => {
  const wanted = { ...taken('conferences-within-15-days'), from: '2011-05', ...said };
  const standards = [{ value: 90, from: '2011-05', basis: 'council', note: 'agreed' }];
  const begun = await call('PUT', '/metrics/conferences-within-15-days', { body: { ...wanted, standards } });
  expect([begun.status, begun.body.changes]).toMatchObject([201, [{ what: 'began', ...said }]]);
  expect((await call('PUT', '/metrics/conferences-within-15-days', { body: { ...wanted, standards } })).status).toBe(
    200,
  );
  for (const period of ['2011-04', '2011-05'])
    await submit(period, { 'conferences-within-15-days': { numerator: 10, denominator: 50 } });
  await service.idle();
  const { body } = await call('GET', '/metrics/conferences-within-15-days');
  expect(body.series.map(({ period, alert }: any) => [period, alert.level])).toEqual([['2011-05', 'critical']]);
});

test('it is renamed, and keeps the name that it had', async () => {
  const { body } = await call('POST', '/metrics/conferences-within-15-days/changes', {
    body: { title: 'Conferences in time', ...said },
  });
  expect(body).toMatchObject({
    title: 'Conferences in time',
    formerTitles: [{ title: 'Initial conferences within 15 working days', until: '2011-10-15' }],
  });
});

test('it ends: its alert ends and says why, nothing is judged after it, and the past can be corrected with it', async () => {
  const ended = await call('POST', '/metrics/conferences-within-15-days/changes', {
    body: { until: '2011-05', ...said },
  });
  expect(ended.body.changes.at(-1).what).toBe('ends with 2011-05');
  await submit('2011-06', { 'conferences-within-15-days': { numerator: 1, denominator: 50 } });
  await service.idle();
  const { body } = await call('GET', '/metrics/conferences-within-15-days');
  expect(body.series.map(({ period }: any) => period)).toEqual(['2011-05']);
  const { alerts } = (await call('GET', '/alerts')).body;
  expect(alerts.find(({ alert }: any) => alert === 'conferences-within-15-days').state).toBe('clear');
  const items = (await call('GET', '/notices')).body.notices[0].transitions;
  expect(items.find(({ alert }: any) => alert === 'conferences-within-15-days')).toMatchObject({
    transition: 'cleared',
    reason: expect.stringContaining(
      'it has not been measured since the end of May 2011 (by “A. Head”: “improvement plan”)',
    ),
  });
  const corrected = await call('PUT', '/submissions/2011-05', {
    body: { observations: { 'conferences-within-15-days': { numerator: 49, denominator: 50 } } },
    headers: { 'if-match': '"1"' },
  });
  expect(corrected.status).toBe(200);
});

test('what cannot be is refused, each fault by its place', async () => {
  const wrong = { ...taken('re-referrals'), unit: 'children', ...said };
  expect((await call('PUT', '/metrics/submission', { body: wrong })).body.errors).toMatchObject([
    { parameter: 'metric' },
    { pointer: '#/unit', detail: 'is "percent" for a proportion' },
  ]);
  const change = (body: object) => call('POST', '/metrics/health-checks/changes', { body: { ...body, ...said } });
  expect((await change({ replacedBy: 'nothing' })).body.errors).toMatchObject([{ pointer: '#/replacedBy' }]);
  expect((await change({})).status).toBe(422);
  expect((await call('POST', '/metrics/nothing/changes', { body: { title: 'X', ...said } })).status).toBe(404);
});

test('the library has at least forty metrics, none with a standard, each with its source', () => {
  expect(library.length).toBeGreaterThanOrEqual(40);
  expect(library.filter(({ standards, source }) => standards.length > 0 || source === '')).toEqual([]);
  expect(new Set(library.map(({ id }) => id)).size).toBe(library.length);
});

test('published figures of England and neighbours stand beside a metric; nothing is judged or mailed by them', async () => {
  await service.idle();
  const before = (await call('GET', '/alerts')).body;
  const csv = readFileSync(
    resolve(import.meta.dirname, '../../seed/examples/england-and-neighbours-2016-2025.csv'),
    'utf8',
  );
  const body = { source: 'DfE, LAIT', author: 'A. Head', csv };
  const tried = await call('POST', '/benchmarks?dryRun=true', { body });
  expect([tried.status, tried.body.benchmarks.length, tried.body.neighbours.length]).toEqual([200, 8, 10]);
  expect((await call('GET', '/metrics/conferences-on-time')).body.benchmark).toBeUndefined();
  await call('POST', '/benchmarks', { body });
  await service.idle();
  expect((await call('GET', '/metrics/conferences-on-time')).body.benchmark).toMatchObject({
    ...{ source: 'DfE, LAIT', author: 'A. Head', loadedAt: expect.any(String) },
    years: expect.arrayContaining([expect.objectContaining({ year: 2025, england: 81.4 })]),
  });
  expect((await call('GET', '/alerts')).body).toEqual(before);
  await submit('2011-07', { 'conferences-on-time': { numerator: 1, denominator: 20 } });
  const mails = await service.mails();
  expect(mails.at(-1)?.text).toContain('For comparison: England 2025: 81.4%; statistical neighbours 2025: ');
  expect((await call('DELETE', '/benchmarks/conferences-on-time')).status).toBe(204);
  expect((await call('DELETE', '/benchmarks/conferences-on-time')).status).toBe(404);
  expect((await call('GET', '/metrics/conferences-on-time')).body.benchmark).toBeUndefined();
});

/** Posts a form as a page of a session does; a file goes with the rest of it. */
async function post(path: string, form: Record<string, string>, file?: string) {
  const body = new FormData();
  for (const [name, value] of Object.entries({ forgeryToken: forgeryToken(service.token), ...form }))
    body.append(name, value);
  if (file !== undefined) body.append('file', new Blob([file]), 'file.csv');
  const headers = { cookie: `session=${service.token}`, 'sec-fetch-site': 'same-origin' };
  const answer = await fetch(`${service.api}/authorities/herefordshire${path}`, {
    ...{ method: 'POST', redirect: 'manual', headers, body },
  });
  return { status: answer.status, text: await answer.text(), location: answer.headers.get('location') };
}

test("on the page a metric of one's own begins, is renamed, is replaced, ends, and goes on again", async () => {
  const form = {
    ...{ title: 'Family group conferences', definition: 'Held in the month, of those offered.', source: 'Own record' },
    ...{ kind: 'proportion', unit: '', polarity: 'target', covers: 'flow month', frequency: 'monthly' },
    ...{ from: '2011-05', aliases: 'FGC; Family conferences', author: 'A. Head', reason: 'improvement plan' },
  };
  const refused = await post('/catalogue/metric', { ...form, value: '0.6', upTo: '80%', author: '' });
  expect(refused.status).toBe(422);
  for (const words of ['0.6 can mean 60% or 0.6%', 'Enter your name']) expect(refused.text).toContain(words);
  const range = await post('/catalogue/metric', { ...form, value: '80%', upTo: '60%' });
  expect([range.status, range.text]).toEqual([422, expect.stringContaining('Is needed, and above 80')]);
  const begun = await post('/catalogue/metric', { ...form, value: '60%', upTo: '80%' });
  expect([begun.status, begun.location]).toEqual([303, '/authorities/herefordshire/metrics/family-group-conferences']);
  expect((await call('GET', '/metrics/family-group-conferences')).body).toMatchObject({
    ...{ kind: 'proportion', unit: 'percent', aliases: ['FGC', 'Family conferences'], from: '2011-05' },
    standard: { value: 60, upTo: 80, from: '2011-05', basis: 'council' },
    changes: [{ what: 'began', ...said }],
  });
  expect((await post('/catalogue/metric', form)).text).toContain('There is a metric of this name already');
  expect(
    (await post('/catalogue/metric', { ...form, library: 're-referrals', title: 'Re-referrals', polarity: 'lower' }))
      .status,
  ).toBe(303);
  await submit('2011-08', { 'family-group-conferences': { numerator: 7, denominator: 10 } });

  const change = (fate: object) =>
    post('/metrics/family-group-conferences/changes', {
      title: 'Family conferences held',
      until: '',
      replacedBy: '',
      ...said,
      ...fate,
    });
  expect((await change({ until: '2011-04' })).text).toContain('Is before the metric begins');
  expect((await change({ until: '2011-08', replacedBy: 're-referrals' })).status).toBe(303);
  const ended = (await call('GET', '/metrics/family-group-conferences')).body;
  expect(ended).toMatchObject({ title: 'Family conferences held', until: '2011-08', replacedBy: 're-referrals' });
  expect(ended.formerTitles).toMatchObject([{ title: 'Family group conferences' }]);
  expect((await change({})).status).toBe(303);
  const goesOn = (await call('GET', '/metrics/family-group-conferences')).body;
  expect([goesOn.until, goesOn.replacedBy, goesOn.series.length]).toEqual([undefined, undefined, 1]);
});

test("one click makes this service's default the council's own standard, as it is", async () => {
  const before = (await call('GET', '/metrics/closure-backlog')).body.standard;
  expect(before.basis).toBe('local');
  await submit('2011-09', { 'closure-backlog': { count: 12 } });
  const page = async () =>
    (
      await fetch(`${service.api}/authorities/herefordshire/metrics/closure-backlog`, {
        headers: { cookie: `session=${service.token}` },
      })
    ).text();
  expect(await page()).toContain('Confirm 20 cases as our own standard');
  expect((await post('/metrics/closure-backlog/confirmation', {})).status).toBe(303);
  const { standard, localStandards } = (await call('GET', '/metrics/closure-backlog')).body;
  expect(standard).toMatchObject({ value: before.value, from: before.from, basis: 'council' });
  expect(localStandards).toMatchObject([{ version: 1, author: expect.any(String), by: expect.any(String) }]);
  expect(await page()).not.toContain('as our own standard');
});

test('on the page a file of published figures is looked at, loaded and taken away; its faults are named by line', async () => {
  const file = 'metric,area,year,value\nsupervision-on-time,England,2010,86\nchildren,England,2010,4\n';
  const form = { source: 'DfE, LAIT', author: 'A. Head' };
  const looked = await post('/benchmarks', { ...form, do: 'check' }, file);
  expect(looked.text).toContain('It would load 1 metric');
  expect(looked.text).toContain('no metric is called so');
  expect((await call('GET', '/metrics/supervision-on-time')).body.benchmark).toBeUndefined();
  const wrong = await post('/benchmarks', { ...form, do: 'load' }, file.replace('2010,86', 'never,86'));
  expect([wrong.status, wrong.text]).toEqual([422, expect.stringContaining('Line 2: &quot;never&quot; is not a year')]);
  expect((await post('/benchmarks', { ...form, do: 'load' })).text).toContain('Choose a file');
  expect((await post('/benchmarks', { ...form, do: 'load' }, file)).text).toContain('Loaded 1 metric');
  expect((await call('GET', '/metrics/supervision-on-time')).body.benchmark).toMatchObject({ author: 'A. Head' });
  expect((await post('/benchmarks/supervision-on-time/removal', {})).status).toBe(303);
  expect((await call('GET', '/metrics/supervision-on-time')).body.benchmark).toBeUndefined();
});
