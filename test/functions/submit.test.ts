import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiAnswer } from '../../bin/client.ts';
import { AUTHORITY, type Service, startService } from '../support/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.end());

const figures = (numerator: number) => ({
  status: 'final',
  observations: { 'initial-assessments-on-time': { numerator, denominator: 50 }, 'referral-backlog': { count: 0 } },
});

describe('a month', () => {
  test('is created, then found the same, then revised under If-Match, with an ETag each time', async () => {
    const created = await service.put('2011-01', figures(48));
    expect([created.status, created.etag, created.body.revision]).toEqual([201, '"1"', 1]);
    const same = await service.put('2011-01', figures(48));
    expect([same.status, same.etag, same.body.revision]).toEqual([200, '"1"', 1]);
    const changed = await service.put('2011-01', figures(47), 1);
    expect([changed.status, changed.etag, changed.body.revision]).toEqual([200, '"2"', 2]);
    const { revisions } = await service.get('/submissions/2011-01/revisions');
    expect(revisions.map((month: any) => month.observations['initial-assessments-on-time'].numerator)).toEqual([
      48, 47,
    ]);
  });

  test('is the same whatever the order of its keys, and even under a stale If-Match', async () => {
    await service.put('2011-02', figures(48));
    const { status, observations } = figures(48);
    const reversed = { observations: Object.fromEntries(Object.entries(observations).reverse()), status };
    expect((await service.put('2011-02', reversed)).status).toBe(200);
    expect((await service.put('2011-02', reversed, 7)).body.revision).toBe(1);
  });

  test('is not changed without If-Match (428), under a stale one (412), or under one when it is absent (412)', async () => {
    await service.put('2011-03', figures(48));
    expect((await service.put('2011-03', figures(40))).status).toBe(428);
    expect((await service.put('2011-03', figures(40), 2)).status).toBe(412);
    expect((await service.put('2011-04', figures(40), 1)).status).toBe(412);
    expect((await service.get('/submissions/2011-03')).observations).toEqual(figures(48).observations);
    expect((await service.get('/submissions')).submissions.map((month: any) => month.period)).not.toContain('2011-04');
  });

  test('sent by twenty at once is created once and the same for the rest', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => service.put('2011-05', figures(48))));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(19).fill(200), 201]);
    expect((await service.get('/submissions/2011-05/revisions')).revisions).toHaveLength(1);
  });

  test('revised by twenty at once is revised once; the rest learn that they are late', async () => {
    await service.put('2011-06', figures(48));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => service.put('2011-06', figures(index), 1)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(19);
    expect((await service.get('/submissions/2011-06')).revision).toBe(2);
  });

  test('takes 0 of 0 for nothing to count, and a percentage below 1 that says it is one', async () => {
    const observations = {
      'conferences-on-time': { numerator: 0, denominator: 0 },
      'children-feel-safe': { value: '0.8%' },
    };
    const { status, body } = await service.put('2009-08', { observations });
    expect([status, body.observations]).toEqual([201, { ...observations, 'children-feel-safe': { value: 0.8 } }]);
  });

  test('keeps a bare percentage as a figure without a denominator', async () => {
    const body = { status: 'provisional', observations: { 'children-feel-safe': { value: 86 } }, commentary: 'survey' };
    const { status, body: kept } = await service.put('2011-07', body);
    expect(status).toBe(201);
    expect(kept).toMatchObject(body);
  });
});

describe('a correction of some of a month', () => {
  const patch = async (period: string, body: object, revision?: number) => {
    const answer = await raw('PATCH', `/v1/authorities/${AUTHORITY}/submissions/${period}`, JSON.stringify(body), {
      type: 'application/merge-patch+json',
      ...(revision ? { revision } : {}),
    });
    return { status: answer.status, body: answer.problem };
  };
  const OBSERVATIONS = {
    'conferences-on-time': { numerator: 4, denominator: 15 },
    'placement-stability': { value: 0.8 },
    'referral-backlog': { count: 3 },
  };
  beforeAll(() =>
    service.put('2009-01', {
      observations: { ...OBSERVATIONS, 'placement-stability': { value: '0.8%' } },
      commentary: 'as reported',
    }),
  );

  test('keeps what it does not name, and says why', async () => {
    const right = { observations: { 'conferences-on-time': { numerator: 14 } }, reason: 'a typing error' };
    const { status, body } = await patch('2009-01', right, 1);
    expect([status, body.revision, body.reason]).toEqual([200, 2, 'a typing error']);
    expect(body.changes).toEqual([
      {
        pointer: '#/observations/conferences-on-time',
        before: { numerator: 4, denominator: 15 },
        after: { numerator: 14, denominator: 15 },
      },
    ]);
    expect(await service.get('/submissions/2009-01')).toMatchObject({
      commentary: 'as reported',
      observations: { ...OBSERVATIONS, 'conferences-on-time': { numerator: 14, denominator: 15 } },
    });
    expect((await patch('2009-01', right)).body.revision).toBe(2);
  });

  test('takes out what is null, and a reason belongs to its own revision only', async () => {
    const out = { observations: { 'referral-backlog': null }, commentary: null };
    const unsaid = await patch('2009-01', out, 2);
    expect([unsaid.status, unsaid.body.errors[0].pointer]).toEqual([422, '#/reason']);
    const { body } = await patch('2009-01', { ...out, reason: 'counted twice' }, 2);
    expect([body.revision, body.reason, body.commentary]).toEqual([3, 'counted twice', undefined]);
    expect(Object.keys(body.observations)).toEqual(['conferences-on-time', 'placement-stability']);
    expect(body.leftOut).toBeUndefined();
  });

  test.each([
    ['no revision', { status: 'provisional' }, undefined, 428],
    ['another revision', { status: 'provisional' }, 1, 412],
    [
      'every fault',
      {
        observations: { complaints: null, nothing: { count: 1 }, 'average-caseload': { count: 1 } },
        reason: ' ',
        x: 1,
      },
      3,
      422,
    ],
    [
      'no figure left',
      { observations: { 'conferences-on-time': null, 'placement-stability': null }, reason: 'wrong' },
      3,
      422,
    ],
    ['no object', [], 3, 422],
  ])('is refused for %s', async (_, body, revision, wanted) => {
    const { status, body: problem } = await patch('2009-01', body, revision);
    expect(status).toBe(wanted);
    expect(problem.errors ?? []).toHaveLength({ 428: 0, 412: 0 }[wanted] ?? ('x' in body ? 6 : 1));
    expect((await service.get('/submissions/2009-01')).revision).toBe(3);
  });

  test('questions a figure that can hardly be right, until it is sent again with a reason', async () => {
    const send = (period: string, value: number) =>
      service.put(period, { observations: { 'average-caseload': { value } } });
    for (const period of ['2008-01', '2008-02', '2008-03'])
      expect((await send(period, 17)).body.questions).toBeUndefined();
    const odd = await send('2008-04', 1700);
    expect(odd.body.questions).toEqual([expect.stringMatching(/^Average caseload: 1700 .* 100 times/)]);
    const same = { observations: { 'average-caseload': { value: 1700 } } };
    expect((await patch('2008-04', same, 1)).body).toMatchObject({ revision: 1 });
    const confirmed = await patch('2008-04', { ...same, reason: 'one worker, until May' }, 1);
    expect(confirmed.body).toMatchObject({ revision: 2, confirmed: ['average-caseload'], changes: [] });
    expect(confirmed.body.questions).toBeUndefined();
    expect((await patch('2008-04', { ...same, reason: 'one worker, until May' })).body.revision).toBe(2);
  });

  test('is not for a month that was never submitted', async () => {
    expect((await patch('2009-02', { status: 'final' }, 1)).status).toBe(404);
  });
});

describe('refused with every fault at once', () => {
  test('all that can be wrong with observations', async () => {
    const { status, body } = await service.put('2011-08', {
      status: 'done',
      observations: {
        'inital-assessments-on-time': { numerator: 1, denominator: 2 },
        'core-assessments-on-time': { numerator: 3, denominator: 2 },
        'supervision-on-time': { numerator: 1, denominator: 0 },
        'placement-stability': { value: 0.76 },
        'supervision-recorded': { numerator: -1, denominator: 10 },
        'referral-backlog': { count: 1.5 },
        'closure-backlog': { value: 3 },
        'children-feel-safe': { value: 101 },
        'average-caseload': { count: 3 },
        'cases-allocated': { numerator: 1, denominator: 2, value: 50 },
        'audits-completed': 7,
        'plans-up-to-date': { numerator: { valueOf: 1, toString: 1 }, denominator: 1 },
      },
      surprise: true,
    });
    expect(status).toBe(422);
    const faults = Object.fromEntries(body.errors.map(({ pointer, detail }: any) => [pointer, detail]));
    expect(faults).toMatchObject({
      '#/status': expect.any(String),
      '#/surprise': expect.stringContaining('no such field'),
      '#/observations/inital-assessments-on-time': expect.stringContaining('"initial-assessments-on-time"'),
      '#/observations/core-assessments-on-time/numerator': expect.stringContaining('above the denominator'),
      '#/observations/supervision-on-time/denominator': expect.stringContaining('zero'),
      '#/observations/placement-stability/value': expect.stringContaining('76% or 0.76%'),
      '#/observations/supervision-recorded/numerator': expect.stringContaining('negative'),
      '#/observations/referral-backlog/count': expect.stringContaining('whole number'),
      '#/observations/closure-backlog/value': expect.stringContaining('count'),
      '#/observations/children-feel-safe/value': expect.stringContaining('above 100'),
      '#/observations/average-caseload/count': expect.stringContaining('value'),
      '#/observations/cases-allocated/value': expect.any(String),
      '#/observations/audits-completed': expect.stringContaining('numerator'),
      '#/observations/plans-up-to-date/numerator': expect.stringContaining('whole number'),
    });
  });

  test.each([
    ['2011-13', 'not a month'],
    ['201101', 'not a month'],
    ['2011-10', 'not ended'],
    ['2012-01', 'not ended'],
    ['1999-12', 'before 2000-01'],
  ])('the period %s, together with what is wrong in the body', async (period, why) => {
    const { status, body } = await service.put(period, { observations: {} });
    expect(status).toBe(422);
    expect(body.errors.map(({ detail }: any) => detail).join('; ')).toContain(why);
    expect(body.errors.map(({ pointer }: any) => pointer)).toContain('#/observations');
  });

  test('an unknown authority, together with the rest', async () => {
    const answer = await raw('PUT', '/v1/authorities/atlantis/submissions/2011-13', '{"observations":{},"x":1}');
    expect(answer.status).toBe(404);
    expect(answer.problem.errors.map(({ pointer, parameter }: any) => parameter ?? pointer)).toEqual(
      expect.arrayContaining(['authority', 'period', '#/x', '#/observations']),
    );
  });

  test.each([
    ['a body that is not JSON', '{"status":', 'application/json', 400],
    ['an empty body', '', 'application/json', 400],
    ['a number too large to be one', '{"observations":{"referral-backlog":{"count":1e999}}}', 'application/json', 422],
    ['another content type', 'period,metric', 'text/plain', 415],
    [
      'a body over 256 KB',
      JSON.stringify({ observations: {}, commentary: 'x'.repeat(257 * 1024) }),
      'application/json',
      413,
    ],
  ])('%s', async (_, text, type, status) => {
    const answer = await raw('PUT', `/v1/authorities/${AUTHORITY}/submissions/2011-08`, text, { type });
    expect(answer.status).toBe(status);
    expect(answer.type).toBe('application/problem+json');
  });

  test('and nothing of it was stored', async () => {
    const { submissions } = await service.get('/submissions');
    expect(submissions.map((month: any) => month.period)).not.toContain('2011-08');
  });
});

describe('who may', () => {
  test.each([
    ['no token', undefined, 401],
    ['a malformed token', 'Bearer imt_short', 401],
    ['an unknown token', `Bearer imt_${'A'.repeat(43)}`, 401],
  ])('%s is refused', async (_, authorization, status) => {
    const path = `/v1/authorities/${AUTHORITY}/alerts`;
    const response = await fetch(`${service.api}${path}`, authorization ? { headers: { authorization } } : {});
    expect(response.status).toBe(status);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  test('an unknown path is a problem document, and health needs no token', async () => {
    const unknown = await fetch(`${service.api}/v2/nothing`);
    expect([unknown.status, unknown.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    expect((await fetch(`${service.api}/health`)).status).toBe(200);
  });
});

async function raw(
  method: string,
  path: string,
  body: string,
  { type = 'application/json', revision }: { type?: string; revision?: number } = {},
) {
  const response = await fetch(`${service.api}${path}`, {
    method,
    body,
    headers: {
      authorization: `Bearer ${service.token}`,
      'content-type': type,
      ...(revision ? { 'if-match': `"${revision}"` } : {}),
    },
  });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    problem: (await response.json()) as ApiAnswer['body'],
  };
}
