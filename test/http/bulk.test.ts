import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addMonths } from '../../functions/domain/period.ts';
import { type Caller, callerOf, type Neighbour, startNeighbour } from '../support/caller.ts';
import { type Service, startService } from '../support/service.ts';
import { aWorkbook, STYLES } from '../support/workbook.ts';

let service: Service;
let neighbour: Neighbour;
let call: Caller;
beforeAll(async () => {
  service = await startService();
  call = callerOf(service);
  neighbour = await startNeighbour(service);
});
afterAll(() => service.end());

const backlog = (period: string, count: number, more = {}) => ({
  period,
  observations: { 'referral-backlog': { count } },
  ...more,
});
const bulk = (...submissions: object[]) => call('POST', '/submissions', { body: { submissions } });
const revising = (...submissions: object[]) => call('POST', '/submissions?revise=true', { body: { submissions } });
const outcomes = ({ body }: Awaited<ReturnType<Caller>>) =>
  body.submissions.map(({ period, outcome, revision }: any) => `${period} ${outcome} ${revision}`);
const pointers = ({ body }: Awaited<ReturnType<Caller>>) => body.errors.map(({ pointer }: any) => pointer);

describe('many months at once', () => {
  test('are accepted in one transaction and mailed once; the same again changes nothing', async () => {
    const fresh = await startService();
    const callFresh = callerOf(fresh);
    try {
      const submissions = Array.from({ length: 48 }, (_, index) => backlog(addMonths('2007-10', index), index));
      const first = await callFresh('POST', '/submissions', { body: { submissions } });
      expect(outcomes(first)).toEqual(submissions.map(({ period }) => `${period} accepted 1`));
      expect(await fresh.mails()).toHaveLength(1);
      const again = await callFresh('POST', '/submissions', { body: { submissions } });
      expect(outcomes(again)).toEqual(submissions.map(({ period }) => `${period} unchanged 1`));
      expect((await callFresh('GET', '/submissions/2007-10/revisions')).body.revisions).toHaveLength(1);
      expect(await fresh.mails()).toHaveLength(1);
    } finally {
      await fresh.end();
    }
  });

  test('that would change others are refused, naming what would be added, altered or disappear', async () => {
    await bulk(backlog('2005-01', 1), {
      ...backlog('2005-02', 2),
      observations: { 'referral-backlog': { count: 2 }, 'closure-backlog': { count: 3 } },
    });
    const changed = [
      backlog('2005-01', 1),
      {
        period: '2005-02',
        status: 'provisional',
        observations: { 'referral-backlog': { count: 9 }, 'conferences-on-time': { numerator: 1, denominator: 2 } },
      },
      backlog('2005-03', 1),
    ];
    const replacing = (revise: boolean) =>
      call('POST', `/submissions?mode=replace&revise=${revise}`, { body: { submissions: changed } });
    const refused = await replacing(false);
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('2005-02 would change');
    const said = Object.fromEntries(refused.body.errors.map(({ pointer, detail }: any) => [pointer, detail]));
    expect(said).toEqual({
      '#/submissions/1/status': '2005-02 has "final" for status, which would become "provisional"',
      '#/submissions/1/observations/closure-backlog': '2005-02 has 3 for closure-backlog, which would disappear',
      '#/submissions/1/observations/referral-backlog': '2005-02 has 2 for referral-backlog, which would become 9',
      '#/submissions/1/observations/conferences-on-time': '2005-02 has no conferences-on-time; 1 of 2 would be added',
    });
    expect((await call('GET', '/submissions/2005-03')).status).toBe(404);

    const revised = await replacing(true);
    expect(outcomes(revised)).toEqual(['2005-01 unchanged 1', '2005-02 revised 2', '2005-03 accepted 1']);
    expect(revised.body.submissions[1].changes).toContainEqual({
      pointer: '#/observations/referral-backlog',
      before: { count: 2 },
      after: { count: 9 },
    });
  });

  test('are added to those that are there: what is not sent stays, and only what differs is asked for', async () => {
    const first = { 'referral-backlog': { count: 1 }, 'conferences-on-time': { numerator: 30, denominator: 34 } };
    const later = { 'schools-safeguarding-good': { numerator: 80, denominator: 88 } };
    await bulk({ period: '2004-01', status: 'provisional', observations: first, commentary: 'as reported' });
    expect(outcomes(await bulk({ period: '2004-01', observations: later }))).toEqual(['2004-01 revised 2']);
    const month = (await call('GET', '/submissions/2004-01')).body;
    expect(month).toMatchObject({
      status: 'provisional',
      commentary: 'as reported',
      observations: { ...first, ...later },
    });
    expect(outcomes(await bulk({ period: '2004-01', observations: later }))).toEqual(['2004-01 unchanged 2']);

    const corrected = { period: '2004-01', observations: { 'referral-backlog': { count: 2 } } };
    const refused = await bulk(corrected);
    expect([refused.status, pointers(refused)]).toEqual([409, ['#/submissions/0/observations/referral-backlog']]);
    expect(outcomes(await revising(corrected))).toEqual(['2004-01 revised 3']);
    expect((await call('GET', '/submissions/2004-01')).body.observations).toEqual({
      ...first,
      ...later,
      'referral-backlog': { count: 2 },
    });
    const final = { period: '2004-01', status: 'final', observations: later };
    expect((await bulk(final)).status).toBe(409);
  });

  test('added by two teams at once are both in', async () => {
    await bulk(backlog('2004-02', 1));
    const teams = await Promise.all([
      bulk({ period: '2004-02', observations: { 'closure-backlog': { count: 1 } } }),
      bulk({ period: '2004-02', observations: { complaints: { count: 1 } } }),
    ]);
    expect(teams.map(({ status }) => status)).toEqual([200, 200]);
    const month = (await call('GET', '/submissions/2004-02')).body;
    expect([month.revision, Object.keys(month.observations)]).toEqual([
      3,
      ['closure-backlog', 'complaints', 'referral-backlog'],
    ]);
  });

  test('are stored all or not at all, and every fault of every month is named', async () => {
    const refused = await bulk(
      backlog('2006-01', 1),
      { period: '2006-02', observations: { 'referral-backlog': { count: -1 }, nothing: { count: 1 } } },
      backlog('2006-01', 2),
      backlog('2011-10', 1),
      { observations: {} },
      7 as never,
    );
    expect(refused.status).toBe(422);
    expect(pointers(refused).sort()).toEqual([
      '#/submissions/1/observations/nothing',
      '#/submissions/1/observations/referral-backlog/count',
      '#/submissions/2/period',
      '#/submissions/3/period',
      '#/submissions/4/observations',
      '#/submissions/4/period',
      '#/submissions/5',
      '#/submissions/5/period',
    ]);
    expect((await call('GET', '/submissions/2006-01')).status).toBe(404);
  });

  test('in a file are wrong for what cannot be read and for what it says, all at once and in its order', async () => {
    const { status, body } = await call('POST', '/submissions', {
      body: [
        'period,metric,numerator,denominator,count,value,status',
        '2006-03,referal-backlog,,,x,,',
        '2006-13,closure-backlog,,,1,,final',
        '2006-04,conferences-on-time,5,4,,,',
        '2006-04,referral-backlog,,,',
        '2011-11,referral-backlog,,,1.5,,done',
      ].join('\n'),
    });
    expect(status).toBe(422);
    expect(body.errors.map(({ line, column, detail }: any) => `${line} ${column}: ${detail}`)).toEqual([
      expect.stringMatching(/^2 count: "x" is no figure/),
      expect.stringMatching(/^2 metric: .*the nearest is "referral-backlog"/),
      expect.stringMatching(/^3 period: "2006-13"/),
      expect.stringMatching(/^4 numerator: /),
      expect.stringMatching(/^6 status: "done"/),
      expect.stringMatching(/^6 period: .*not ended/),
      expect.stringMatching(/^6 count: /),
    ]);
    expect((await call('GET', '/submissions/2006-04')).status).toBe(404);
  });

  test.each([
    ['none', []],
    ['49', Array.from({ length: 49 }, (_, index) => backlog(addMonths('2000-01', index), 1))],
  ])('are 1 to 48: %s are refused', async (_, months) => {
    expect((await bulk(...months)).status).toBe(422);
  });

  test('with more faults than anybody reads are told the first and how many more', async () => {
    const unknown = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, { count: 1 }]));
    const one = await bulk({ period: '2006-01', observations: unknown(30_000) });
    expect([one.status, one.body.errors.length, one.body.errors.at(-1)]).toEqual([
      422,
      401,
      { pointer: '#/submissions/0/observations', detail: 'and 29600 more metrics that are not known' },
    ]);
    const many = await bulk(
      ...Array.from({ length: 12 }, (_, index) => ({
        period: addMonths('2006-01', index),
        observations: unknown(400),
      })),
    );
    const named = many.body.errors.length - 1;
    expect(many.body.errors.at(-1)).toEqual({ detail: `and ${12 * 400 - named} more, not named here` });
    expect(many.body.detail).toBe('4800 faults; nothing was stored');
    expect(many.text.length).toBeLessThan(200 * 1024);
  });

  test('16-twelve-at-once: sent by ten at once are accepted once', async () => {
    const months = [backlog('2007-01', 1), backlog('2007-02', 1)];
    const answers = await Promise.all(Array.from({ length: 10 }, () => bulk(...months)));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(answers.filter((answer) => answer.body.submissions[0].outcome === 'accepted')).toHaveLength(1);
  });

  test('revised by ten at once, each otherwise, are each one revision or refused', async () => {
    await bulk(backlog('2007-03', 1));
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, count) => revising(backlog('2007-03', 10 + count))),
    );
    const revised = answers.filter(({ status }) => status === 200);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(10 - revised.length);
    expect((await call('GET', '/submissions/2007-03')).body.revision).toBe(1 + revised.length);
  });

  test('make the record no longer than thirty years', async () => {
    const late = await startService({ clock: '2035-06-01' });
    const callLate = callerOf(late);
    try {
      for (let start = 0; start < 360; start += 48) {
        const months = Array.from({ length: Math.min(48, 360 - start) }, (_, index) =>
          // Heavy enough that counting them takes more than one page.
          backlog(addMonths('2000-01', start + index), 0, { commentary: 'x'.repeat(9000) }),
        );
        expect((await callLate('POST', '/submissions', { body: { submissions: months } })).status).toBe(200);
      }
      const more = { body: { submissions: [backlog('2030-01', 0)] } };
      expect((await callLate('POST', '/submissions', more)).status).toBe(409);
      expect(
        (
          await callLate('PUT', '/submissions/2030-01', {
            body: { observations: { 'referral-backlog': { count: 0 } } },
          })
        ).status,
      ).toBe(409);
    } finally {
      await late.end();
    }
  });
});

describe('as CSV', () => {
  const HEADER = 'period,metric,numerator,denominator,count,value,status';

  test('is taken in either form, and given back as it can be sent again', async () => {
    const wide =
      'period,status,referral-backlog.count,conferences-on-time.numerator,conferences-on-time.denominator\r\n2009-01,,"1,234",14,15\r\n2009-02,provisional,,13,15\r\n';
    expect(outcomes(await call('POST', '/submissions', { body: wide }))).toEqual([
      '2009-01 accepted 1',
      '2009-02 accepted 1',
    ]);
    await call('PUT', '/submissions/2009-03', {
      body: {
        status: 'final',
        observations: { 'average-caseload': { value: 17.25 } },
        commentary: '=SUM(A1), "quoted"\nand more',
      },
    });
    const csv = await call('GET', '/submissions?format=csv&from=2009-01&to=2009-12');
    expect(csv.headers.get('content-disposition')).toContain('herefordshire.csv');
    expect(csv.text).toContain(`"'=SUM(A1)`);
    expect(outcomes(await call('POST', '/submissions', { body: csv.text }))).toEqual([
      '2009-01 unchanged 1',
      '2009-02 unchanged 1',
      '2009-03 unchanged 1',
    ]);
  });

  test('has its faults named by line and column, in reading and in what the metrics are', async () => {
    const faults = async (text: string) => {
      const { status, body } = await call('POST', '/submissions', { body: text });
      expect(status).toBe(422);
      return body.errors.map(({ line, column, detail }: any) => `${line} ${column}: ${detail}`);
    };
    expect(await faults(`${HEADER}\n2010-01,conferences-on-time,x,15,,,\n`)).toEqual([
      expect.stringMatching(/^2 numerator: "x" is no figure/),
    ]);
    expect(
      await faults(
        `${HEADER}\n2010-01,conferences-on-tme,14,15,,,\n2010-01,cases-allocated,16,15,,,\n2011-12,referral-backlog,,,1,,\n`,
      ),
    ).toEqual([
      '2 metric: no metric is called "conferences-on-tme"; the nearest is "conferences-on-time"',
      '3 numerator: cannot be above the denominator (16 of 15)',
      '4 period: 2011-12 has not ended yet; a month is taken once it is over',
    ]);
    expect(await faults('period,cases-allocated.numerator,cases-allocated.denominator\n2010-01,16,15\n')).toEqual([
      '2 cases-allocated.numerator: cannot be above the denominator (16 of 15)',
    ]);
    expect((await call('GET', '/submissions/2010-01')).status).toBe(404);
  });

  test('that would change a month is refused by line and column too', async () => {
    await call('POST', '/submissions', { body: `${HEADER}\n2010-02,referral-backlog,,,5,,\n` });
    const refused = await call('POST', '/submissions', { body: `${HEADER}\n2010-02,referral-backlog,,,6,,\n` });
    expect(refused.status).toBe(409);
    expect(refused.body.errors).toEqual([
      { line: 2, column: 'metric', detail: '2010-02 has 5 for referral-backlog, which would become 6' },
    ]);
  });

  test('is taken as a workbook too, with its faults named by sheet', async () => {
    const send = (rows: Parameters<typeof aWorkbook>[0][string]) =>
      call('POST', '/submissions', { body: new Uint8Array(aWorkbook({ Return: rows })) });
    const header = ['Month', 'Measure', 'Numerator', 'Denominator', 'Value'];
    const taken = await send([
      header,
      ['Aug-09', 'ICPC', 14, 15],
      ['Aug-09', 'NI 63', '', '', { value: 0.76, style: STYLES.percent }],
    ]);
    expect([taken.status, taken.body.submissions]).toEqual([
      200,
      [{ period: '2009-08', outcome: 'accepted', revision: 1 }],
    ]);
    expect((await call('GET', '/submissions/2009-08')).body.observations).toEqual({
      'conferences-on-time': { numerator: 14, denominator: 15 },
      'placement-stability': { value: 76 },
    });
    const refused = await send([header, ['Sep-09', 'NI 63', '', '', 0.76]]);
    expect([refused.status, refused.body.errors]).toEqual([
      422,
      [{ sheet: 'Return', line: 2, column: 'Value', detail: expect.stringContaining('76% or 0.76%') }],
    ]);
  });

  test('is at most 1 MB and 48 months', async () => {
    const long = Array.from({ length: 49 }, (_, index) => `${addMonths('2000-01', index)},referral-backlog,,,1,,\n`);
    expect((await call('POST', '/submissions', { body: `${HEADER}\n${long.join('')}` })).status).toBe(422);
    expect((await call('POST', '/submissions', { body: `#${'x'.repeat(1024 * 1024)}` })).status).toBe(413);
  });
});

describe('a month taken back', () => {
  test('no longer counts, keeps its history, and can be handed in again as a change', async () => {
    await bulk(backlog('2011-07', 50));
    await service.idle();
    expect((await call('GET', '/alerts?state=raised')).body.alerts.map(({ alert }: any) => alert)).toContain(
      'referral-backlog',
    );
    expect((await call('DELETE', '/submissions/2011-07')).status).toBe(428);
    expect((await call('DELETE', '/submissions/2011-07', { headers: { 'if-match': '"7"' } })).status).toBe(412);
    const retracted = await call('DELETE', '/submissions/2011-07', { headers: { 'if-match': '"1"' } });
    expect(retracted.body).toMatchObject({
      revision: 2,
      retracted: true,
      observations: {},
      changes: [{ pointer: '#/observations/referral-backlog', before: { count: 50 } }],
    });
    const again = await call('DELETE', '/submissions/2011-07', { headers: { 'if-match': '"2"' } });
    expect([again.status, again.body.revision]).toEqual([200, 2]);
    const mails = await service.mails();
    expect(mails.at(-1)?.text).toContain('July 2011 was taken back');
    expect(
      (await call('GET', '/submissions/2011-07/revisions')).body.revisions.map(({ retracted }: any) => retracted),
    ).toEqual([undefined, true]);

    expect((await bulk(backlog('2011-07', 3))).status).toBe(409);
    expect(outcomes(await revising(backlog('2011-07', 3)))).toEqual(['2011-07 revised 3']);
    expect((await call('DELETE', '/submissions/2011-06', { headers: { 'if-match': '"1"' } })).status).toBe(404);
  });
});

test('asks of each of many months what can hardly be right in it, and again of whoever sends them again', async () => {
  const caseload = (period: string, value: number) => ({ period, observations: { 'average-caseload': { value } } });
  const months = [17, 18, 17, 1700].map((value, index) => caseload(addMonths('2003-01', index), value));
  const asked = [
    undefined,
    undefined,
    undefined,
    [expect.stringMatching(/^Average caseload: 1,?700 .* 100 times what/)],
  ];
  const questionsIn = ({ body }: Awaited<ReturnType<Caller>>) =>
    body.submissions.map(({ questions }: any) => questions);
  expect(questionsIn(await bulk(...months))).toEqual(asked);
  // Whoever got no answer the first time is asked all the same.
  expect(questionsIn(await bulk(...months))).toEqual(asked);
  const one = { body: { observations: months[3]?.observations } };
  expect((await call('PUT', '/submissions/2003-04', one)).body.questions).toEqual(asked[3]);
});

test('a revision answers with what changed', async () => {
  await bulk(backlog('2008-01', 1));
  const { body } = await call('PUT', '/submissions/2008-01', {
    body: { observations: { 'referral-backlog': { count: 2 } }, commentary: 'recounted' },
    headers: { 'if-match': '"1"' },
  });
  expect(body.changes).toEqual([
    { pointer: '#/commentary', after: 'recounted' },
    { pointer: '#/observations/referral-backlog', before: { count: 1 }, after: { count: 2 } },
  ]);
});

test('nothing of it touches the other council', () => neighbour.untouched());
