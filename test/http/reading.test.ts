import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatLimit, monthName } from '../../functions/domain/format.ts';
import { addMonths } from '../../functions/domain/period.ts';
import { type Caller, callerOf, type Neighbour, startNeighbour } from '../support/caller.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
let neighbour: Neighbour;
let call: Caller;
beforeAll(async () => {
  service = await startService();
  call = callerOf(service);
  const submissions = Array.from({ length: 24 }, (_, index) => ({
    period: addMonths('2009-10', index),
    observations: {
      'initial-assessments-on-time': { numerator: 40 + (index % 3), denominator: 50 },
      'referral-backlog': { count: index === 23 ? 9 : 0 },
    },
  }));
  await call('POST', '/submissions', { body: { submissions } });
  await service.idle();
  neighbour = await startNeighbour(service);
});
afterAll(() => service.end());

describe('a list', () => {
  test('comes in pages that add up to the whole', async () => {
    const found: string[] = [];
    let next: string | undefined;
    const sizes: number[] = [];
    do {
      const { body } = await call('GET', `/submissions?limit=10${next ? `&cursor=${next}` : ''}`);
      found.push(...body.submissions.map(({ period }: any) => period));
      sizes.push(body.submissions.length);
      next = body.next;
    } while (next);
    expect(found).toEqual(Array.from({ length: 24 }, (_, index) => addMonths('2009-10', index)));
    expect(sizes).toEqual([10, 10, 4]);
  });

  test('that ends with its page says so', async () => {
    expect((await call('GET', '/submissions?limit=24')).body.next).toBeUndefined();
    expect((await call('GET', '/submissions?limit=23')).body.next).toEqual(expect.any(String));
  });

  test('of revisions and of notices comes in pages too', async () => {
    for (const [revision, count] of [
      [1, 1],
      [2, 2],
    ])
      await call('PUT', '/submissions/2011-09', {
        body: { observations: { 'referral-backlog': { count } } },
        headers: { 'if-match': `"${revision}"` },
      });
    const first = (await call('GET', '/submissions/2011-09/revisions?limit=2')).body;
    expect(first.revisions.map(({ revision }: any) => revision)).toEqual([1, 2]);
    const second = (await call('GET', `/submissions/2011-09/revisions?limit=2&cursor=${first.next}`)).body;
    expect([second.revisions.map(({ revision }: any) => revision), second.next]).toEqual([[3], undefined]);

    await service.idle();
    await call('PUT', '/submissions/2011-09', {
      body: { observations: { 'referral-backlog': { count: 0 } } },
      headers: { 'if-match': '"3"' },
    });
    await service.idle();
    const all = (await call('GET', '/notices')).body.notices.map(({ number }: any) => number);
    expect(all.length).toBeGreaterThan(1);
    const newest = (await call('GET', '/notices?limit=1')).body;
    const rest = (await call('GET', `/notices?cursor=${newest.next}`)).body;
    expect([...newest.notices, ...rest.notices].map(({ number }: any) => number)).toEqual(all);
  });

  test('of months is cut by from and to', async () => {
    const { submissions } = (await call('GET', '/submissions?from=2010-11&to=2010-12')).body;
    expect(submissions.map(({ period }: any) => period)).toEqual(['2010-11', '2010-12']);
  });

  test.each([
    ['/submissions?limit=0', 'limit'],
    ['/submissions?limit=101', 'limit'],
    ['/submissions?cursor=xyz', 'cursor'],
    ['/submissions?from=2010', 'from'],
    ['/submissions?format=xml', 'format'],
    ['/submissions?page=2', 'page'],
    ['/notices?cursor=MjAxMC0wMQ', 'cursor'],
    ['/alerts?state=red', 'state'],
    ['/metrics/referral-backlog?to=later', 'to'],
  ])('%s is refused, naming %s', async (path, parameter) => {
    const { status, body } = await call('GET', path);
    expect([status, body.errors.map((fault: any) => fault.parameter)]).toEqual([422, [parameter]]);
  });
});

describe('a read', () => {
  test.each([
    '/submissions',
    '/submissions/2010-01',
    '/metrics',
    '/metrics/referral-backlog',
    '/alerts',
    '/inspection',
    '/submissions?format=csv',
  ])('%s is not sent again while it is the same', async (path) => {
    const first = await call('GET', path);
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]+"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await call('GET', path, { headers: { 'if-none-match': known } });
      expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag]);
    }
    expect((await call('GET', path, { headers: { 'if-none-match': '"other"' } })).text).toBe(first.text);
  });

  test('is sent again once it is another', async () => {
    const etag = (await call('GET', '/submissions/2010-02')).headers.get('etag') ?? '';
    await call('PUT', '/submissions/2010-02', {
      body: { observations: { 'referral-backlog': { count: 1 } } },
      headers: { 'if-match': etag },
    });
    const again = await call('GET', '/submissions/2010-02', { headers: { 'if-none-match': etag } });
    expect([again.status, again.body.revision]).toEqual([200, 2]);
  });
});

describe('a metric', () => {
  test('shows its series with counts, standard, limits, findings and alert in each period', async () => {
    const { body } = await call('GET', '/metrics/initial-assessments-on-time');
    expect(body).toMatchObject({
      id: 'initial-assessments-on-time',
      standard: { basis: expect.any(String) },
      localStandards: [],
    });
    // Two months were revised above to hold the backlog alone, without a word of why.
    expect(body.series).toHaveLength(24);
    expect(body.series.filter(({ leftOut }: any) => leftOut)).toHaveLength(2);
    const point = body.series.find(({ period }: any) => period === '2010-12');
    expect(point).toMatchObject({ value: expect.any(Number), denominator: 50, revision: 1, status: 'final' });
    expect(point.limits.lower).toBeLessThan(point.limits.mean);
    expect(point.limits.upper).toBeGreaterThan(point.limits.mean);
    // The restructure of September 2010 starts a new group: those before it are too few to have limits.
    expect(body.series.find(({ period }: any) => period === '2010-08').limits).toMatchObject({
      ...{ lower: null, upper: null, type: 'common_cause' },
    });
    expect(point.alert.state).toBeOneOf(['clear', 'raised', 'recovering']);
  });

  test('has the usual limits that its page has, in every period', async () => {
    const path = '/metrics/initial-assessments-on-time';
    const { series, ...metric } = (await call('GET', path)).body;
    const page = await fetch(`${service.api}/authorities/herefordshire${path}`, {
      headers: { cookie: `session=${service.token}` },
    });
    const cells = [
      ...(await page.text()).matchAll(/<th scope="row"[^>]*>(\w+ \d{4})<.*?Usual limits[^>]*>(.*?)<\/td>/gs),
    ];
    const said = ({ lower, upper }: any) =>
      lower === null ? '–' : `${formatLimit(metric, lower)} to ${formatLimit(metric, upper)}`;
    expect(series.map(({ period, limits }: any) => [monthName(period), said(limits)]).reverse()).toEqual(
      cells.map(([, month, limits]) => [month, limits]),
    );
    expect(new Set(cells.map(([, , limits]) => limits === '–')).size).toBe(2);
  });

  test('shows of its series what lies between from and to, judged with what came before', async () => {
    const whole = (await call('GET', '/metrics/initial-assessments-on-time')).body.series;
    const part = (await call('GET', '/metrics/initial-assessments-on-time?from=2011-01&to=2011-03')).body.series;
    expect(part).toEqual(whole.filter(({ period }: any) => period >= '2011-01' && period <= '2011-03'));
    expect(part).toHaveLength(3);
  });

  test('that there is none of is not found', async () => {
    expect((await call('GET', '/metrics/referal-backlog')).status).toBe(404);
  });
});

test('nothing of it touches the other council', () => neighbour.untouched());
