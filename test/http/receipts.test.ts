import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Caller, callerOf, type Neighbour, startNeighbour } from '../support/caller.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
let neighbour: Neighbour;
let call: Caller;
beforeAll(async () => {
  service = await startService();
  call = callerOf(service);
  neighbour = await startNeighbour(service);
});
afterAll(() => service.end());

const receiptOf = async (at: string) => (await call('GET', `/receipts/${encodeURIComponent(at)}`)).body;

test('what was sent has a receipt: what changed, and which alerts followed, also once it was revised', async () => {
  const month = (period: string, count: number) => ({ period, observations: { 'referral-backlog': { count } } });
  await call('POST', '/submissions', { body: { submissions: [month('2011-07', 0), month('2011-08', 12)] } });
  await service.idle();
  const { submittedAt: first } = (await call('GET', '/submissions/2011-08')).body;
  const sent = await receiptOf(first);
  expect(sent).toMatchObject({
    at: first,
    months: [
      { period: '2011-07', revision: 1, outcome: 'accepted', figures: 1, changes: [], superseded: false },
      { period: '2011-08', revision: 1, outcome: 'accepted', figures: 1, changes: [], superseded: false },
    ],
    alerts: [{ alert: 'referral-backlog', transition: 'raised', level: 'critical', notice: 1 }],
  });

  const corrected = await call('PATCH', '/submissions/2011-08', {
    body: { observations: { 'referral-backlog': { count: 0 } }, reason: 'Counted twice.' },
    headers: { 'if-match': '"1"' },
  });
  await service.idle();
  expect(await receiptOf(corrected.body.submittedAt)).toMatchObject({
    months: [
      {
        period: '2011-08',
        revision: 2,
        outcome: 'revised',
        reason: 'Counted twice.',
        changes: [{ pointer: '#/observations/referral-backlog', before: { count: 12 }, after: { count: 0 } }],
      },
    ],
    alerts: [{ alert: 'referral-backlog', transition: 'withdrawn', notice: 2 }],
  });
  // The first is what it was, and says which of it was revised. What a later one caused is none of its.
  const again = await receiptOf(first);
  expect(again.months.map(({ period, superseded }: any) => [period, superseded])).toEqual([
    ['2011-07', false],
    ['2011-08', true],
  ]);
  expect((await call('GET', '/receipts/2011-01-01T00:00:00.000Z')).status).toBe(404);
});

test('what was sent has on its receipt what of it is questioned, until that is settled', async () => {
  const month = (count: number) => ({ observations: { 'average-caseload': { value: count } } });
  for (const period of ['2010-10', '2010-11', '2010-12'])
    await call('PUT', `/submissions/${period}`, { body: month(17) });
  const { body } = await call('PUT', '/submissions/2011-01', { body: month(1700) });
  const { questions } = await receiptOf(body.submittedAt);
  expect(questions).toEqual([expect.stringMatching(/^Average caseload: 1,?700 .* 100 times what is usual/)]);
  expect(questions).toEqual(body.questions);
  const right = await call('PATCH', '/submissions/2011-01', {
    body: { ...month(1700), reason: 'All agency staff left.' },
    headers: { 'if-match': '"1"' },
  });
  expect(right.status).toBe(200);
  expect(await receiptOf(right.body.submittedAt)).not.toHaveProperty('questions');
  expect(await receiptOf(body.submittedAt)).not.toHaveProperty('questions');
});

test('nothing of it touches the other council', () => neighbour.untouched());
