import { readFileSync } from 'node:fs';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InspectionSchema } from '../../functions/domain/inspection.ts';
import { loadInspection } from '../../functions/services/inspections.ts';
import { createToken } from '../../functions/store/access.ts';
import { ackKey, authorityKey, BOARD_KEY } from '../../functions/store/keys.ts';
import { awsError, type Intercept } from '../../local/gateway.ts';
import { databaseOf } from '../../local/launch.ts';
import { type Caller, callerOf, dumpOf, type Neighbour, startNeighbour } from '../support/caller.ts';
import { AUTHORITY, type Service, startService } from '../support/service.ts';

let service: Service;
let neighbour: Neighbour;
let call: Caller;
let fault: Intercept | undefined;
beforeAll(async () => {
  service = await startService({ intercept: (call, forward) => (fault ? fault(call, forward) : forward()) });
  call = callerOf(service);
  const submissions = ['2011-06', '2011-07', '2011-08'].map((period) => ({
    period,
    observations: {
      'initial-assessments-on-time': { numerator: 41, denominator: 50 },
      'referral-backlog': { count: 12 },
      'average-caseload': { value: 17 },
    },
  }));
  await call('POST', '/submissions', { body: { submissions } });
  await service.idle();
  neighbour = await startNeighbour(service);
});
afterAll(() => service.end());

const alertOf = async (id: string) => (await call('GET', '/alerts')).body.alerts.find(({ alert }: any) => alert === id);
/** The label of the token that an instance makes. */
const MADE_AT_START = 'made at start on this machine';
const who = { reason: 'Improvement plan', author: 'J. Smith' };

describe('a local standard', () => {
  test('is judged by at once, with its reason wherever it is named, and clears again when it is changed', async () => {
    expect((await alertOf('average-caseload')).state).toBe('clear');
    const set = await call('PUT', '/metrics/average-caseload/standard', {
      body: { from: '2011-06', value: 15, ...who },
    });
    expect([set.status, set.body]).toEqual([
      201,
      {
        metric: 'average-caseload',
        version: 1,
        from: '2011-06',
        value: 15,
        ...who,
        setAt: expect.any(String),
        by: MADE_AT_START,
        basis: 'council',
      },
    ]);
    await service.idle();
    const raised = await alertOf('average-caseload');
    expect(raised).toMatchObject({ state: 'raised', level: 'critical', since: '2011-06' });
    expect(raised.findings[0].text).toContain('15 cases');
    const { body: metric } = await call('GET', '/metrics/average-caseload');
    expect(metric.standard).toMatchObject({ value: 15, basis: 'council', note: who.reason });
    expect(metric.series.map(({ standard }: any) => standard.basis)).toEqual(['council', 'council', 'council']);

    await call('PUT', '/metrics/average-caseload/standard', { body: { from: '2011-06', value: 18, ...who } });
    await service.idle();
    expect((await alertOf('average-caseload')).state).toBe('clear');
    expect((await service.mails()).at(-1)?.text).toContain(who.reason);
    const versions = (await call('GET', '/metrics/average-caseload')).body.localStandards;
    expect(versions.map(({ version, value }: any) => [version, value])).toEqual([
      [1, 15],
      [2, 18],
    ]);
  });

  test('ends: from its month on none holds, and nothing of before is judged otherwise', async () => {
    const body = { from: '2011-08', value: null, ...who };
    const ended = await call('PUT', '/metrics/average-caseload/standard', { body });
    expect([ended.status, ended.body.value]).toEqual([201, null]);
    const { standard, series } = (await call('GET', '/metrics/average-caseload')).body;
    expect(standard).toBeUndefined();
    expect(series.map((point: any) => point.standard?.value)).toEqual([18, 18, undefined]);
    await call('PUT', '/metrics/average-caseload/standard', { body: { ...body, value: 18 } });
  });

  test('repeated is no new version; set by ten at once each is one or refused', async () => {
    const body = { from: '2011-01', tolerance: 3, ...who };
    expect((await call('PUT', '/metrics/closure-backlog/standard', { body })).status).toBe(201);
    const again = await call('PUT', '/metrics/closure-backlog/standard', { body });
    expect([again.status, again.body.version]).toEqual([200, 1]);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, value) =>
        call('PUT', '/metrics/closure-backlog/standard', { body: { ...body, value } }),
      ),
    );
    const set = answers.filter(({ status }) => status === 201).map(({ body: { version } }) => version);
    // Who was overtaken again and again is told so, and nothing of theirs is kept.
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(10 - set.length);
    expect(set.sort((a, b) => a - b)).toEqual(set.map((_, index) => index + 2));
  });

  test.each([
    ['initial-assessments-on-time', { from: '2011-04', value: 101, ...who }, ['#/value']],
    ['initial-assessments-on-time', { from: '2011-04', value: -1, tolerance: -1, ...who }, ['#/tolerance', '#/value']],
    ['initial-assessments-on-time', { from: '2011-04', value: -1, ...who }, ['#/value']],
    ['initial-assessments-on-time', { from: '2011-04', value: 70, upTo: 80, ...who }, ['#/upTo']],
    ['initial-assessments-on-time', { from: '2011-04', ...who }, ['#']],
    [
      'initial-assessments-on-time',
      {
        value: -20_000_000,
        mOfN: { m: 3, n: 2, missing: 'ignore' },
        rebaseDates: ['soon'],
        basis: 'statutory',
        reason: '',
      },
      ['#/author', '#/basis', '#/from', '#/mOfN', '#/reason', '#/rebaseDates/0', '#/value'],
    ],
  ])('of %s is refused with every fault: %j', async (metric, body, wanted) => {
    const refused = await call('PUT', `/metrics/${metric}/standard`, { body });
    expect([refused.status, refused.body.errors.map(({ pointer }: any) => pointer).sort()]).toEqual([422, wanted]);
  });

  test('that says since when figures are counted otherwise lets go of the inspection, or holds against what it says is comparable', async () => {
    const submissions = ['2010-06', '2010-07', '2010-08', '2010-09'].map((period) => ({
      period,
      observations: { 'health-checks': { numerator: 870, denominator: 1000 } },
    }));
    await call('POST', '/submissions', { body: { submissions } });
    const references = async (comparable?: number | string) => {
      const rebase = { rebaseDates: ['2010-08-01'], ...(comparable === undefined ? {} : { comparable }) };
      const set = await call('PUT', '/metrics/health-checks/standard', {
        body: { from: '2010-06', ...rebase, ...who },
      });
      expect([set.status, set.body.comparable]).toEqual([201, comparable && Number.parseFloat(`${comparable}`)]);
      const { series } = (await call('GET', '/metrics/health-checks')).body;
      return series.map(({ findings }: any) => findings.map(({ reference }: any) => reference).join());
    };
    const found = expect.stringMatching(/^the inspection found 91%/);
    expect(await references()).toEqual([found, found, '', '']);
    expect(await references('87%')).toEqual([found, found, '', '']);
    const comparable = expect.stringMatching(
      /^the inspection found 91%.*; as figures are counted since .* that is 95%/,
    );
    expect(await references(95)).toEqual([found, found, comparable, comparable]);
    const body = { from: '2010-06', comparable: 95, ...who };
    const refused = await call('PUT', '/metrics/health-checks/standard', { body });
    expect([refused.status, refused.text]).toEqual([422, expect.stringContaining('comparable goes with rebaseDates')]);
  });

  test('of a metric there is none of is not found', async () => {
    const body = { from: '2011-04', value: 1, ...who };
    expect((await call('PUT', '/metrics/nothing/standard', { body })).status).toBe(404);
  });
});

describe('a backtest', () => {
  test('says how many alerts a changed standard would have raised and when the first, and writes nothing', async () => {
    await service.idle();
    const before = await dumpOf(service);
    const { body } = await call('POST', '/backtests', { body: { metric: 'initial-assessments-on-time', value: 95 } });
    expect(body.asIs).toEqual({ episodes: 0, watchMonths: 0 });
    expect(body.asChanged).toMatchObject({ episodes: 1, first: '2011-06' });
    expect(body.periods.map(({ period }: any) => period)).toEqual(['2011-06', '2011-07', '2011-08']);
    expect(body.periods[0]).toMatchObject({ value: 82, asIs: { state: 'clear' }, asChanged: { state: 'raised' } });
    await service.idle();
    expect(await dumpOf(service)).toEqual(before);
  });

  test('tries M of N, tolerance and rebase dates too, from the month that is said', async () => {
    const easier = { metric: 'average-caseload', value: 15, from: '2011-07', mOfN: { m: 3, n: 3, missing: 'ignore' } };
    const { body } = await call('POST', '/backtests', {
      body: { ...easier, rebaseDates: ['2011-08-01'], tolerance: 2 },
    });
    expect(body.asChanged).toMatchObject({ episodes: 1, first: '2011-07' });
    expect(body.periods.map(({ asChanged }: any) => asChanged.level)).toEqual([undefined, 'warning', 'warning']);
  });

  test.each([
    [{ metric: 'nothing', value: 1 }, ['#/metric']],
    [{ metric: 'cases-allocated', value: 101, tolerance: 200 }, ['#/tolerance', '#/value']],
    [{ metric: 'cases-allocated' }, ['#']],
  ])('%j is refused', async (body, wanted) => {
    const refused = await call('POST', '/backtests', { body });
    expect([refused.status, refused.body.errors.map(({ pointer }: any) => pointer).sort()]).toEqual([422, wanted]);
  });
});

describe('an acknowledgement', () => {
  const given = { author: 'A. Jones', note: 'Two more screeners from Monday.' };

  test('is there to read at once, stays with the episode, and ends with it', async () => {
    const answered = await call('PUT', '/alerts/referral-backlog/acknowledgement', { body: given });
    expect([answered.status, answered.body.acknowledgement]).toEqual([200, expect.objectContaining(given)]);
    expect((await alertOf('referral-backlog')).acknowledgement).toMatchObject(given);

    // A further month at the same level, and the hourly look.
    await call('PUT', '/submissions/2011-09', { body: { observations: { 'referral-backlog': { count: 11 } } } });
    await service.idle();
    await service.runSchedules();
    await service.idle();
    expect((await alertOf('referral-backlog')).acknowledgement).toMatchObject(given);

    await call('PUT', '/submissions/2011-09', {
      body: { observations: { 'referral-backlog': { count: 0 } } },
      headers: { 'if-match': '"1"' },
    });
    await call('PUT', '/submissions/2011-08', {
      body: { observations: { 'referral-backlog': { count: 0 } } },
      headers: { 'if-match': '"1"' },
    });
    await service.idle();
    expect((await alertOf('referral-backlog')).state).toBe('clear');
    expect((await alertOf('referral-backlog')).acknowledgement).toBeUndefined();
  });

  test('stored while its author was called name is read as ever', async () => {
    await call('PUT', '/submissions/2011-08', {
      body: { observations: { 'referral-backlog': { count: 12 } } },
      headers: { 'if-match': '"2"' },
    });
    await service.idle();
    await call('PUT', '/alerts/referral-backlog/acknowledgement', { body: given });
    await service.runSchedules();
    await service.idle();
    const { client, tables } = databaseOf(service);
    for (const sk of [ackKey('referral-backlog'), BOARD_KEY]) {
      const Key = { pk: { S: authorityKey(AUTHORITY) }, sk: { S: sk } };
      const { Item } = await client.send(new GetItemCommand({ TableName: tables.alerts, Key }));
      const data = Item?.data?.S ?? '';
      const older = data.replace(`"author":"${given.author}"`, `"name":"${given.author}"`);
      expect(older).not.toBe(data);
      await client.send(new PutItemCommand({ TableName: tables.alerts, Item: { ...Item, data: { S: older } } }));
    }
    expect((await alertOf('referral-backlog')).acknowledgement).toMatchObject(given);
    await call('PUT', '/submissions/2011-07', {
      body: { observations: { 'referral-backlog': { count: 11 } } },
      headers: { 'if-match': '"1"' },
    });
    await service.idle();
    const { acknowledgement } = await alertOf('referral-backlog');
    expect(acknowledgement).toMatchObject(given);
    expect(acknowledgement).not.toHaveProperty('name');
  });

  test('lapses when the alert worsens', async () => {
    const caseload = (period: string, value: number) =>
      call('POST', '/submissions?revise=true', {
        body: { submissions: [{ period, observations: { 'average-caseload': { value } } }] },
      });
    await caseload('2011-08', 99);
    await service.idle();
    expect(await alertOf('average-caseload')).toMatchObject({ state: 'raised', level: 'warning' });
    await call('PUT', '/alerts/average-caseload/acknowledgement', { body: given });
    await caseload('2011-09', 99);
    await service.idle();
    const worse = await alertOf('average-caseload');
    expect([worse.level, worse.acknowledgement]).toEqual(['critical', undefined]);
  });

  test('may be of what the authority owes: months and actions', async () => {
    expect(await alertOf('action')).toMatchObject({ title: 'Recommended actions', state: 'raised' });
    expect((await call('PUT', '/alerts/action/acknowledgement', { body: given })).body).toMatchObject({
      title: 'Recommended actions',
      acknowledgement: given,
    });
    const clear = await call('PUT', '/alerts/submission/acknowledgement', { body: given });
    expect([clear.status, (await alertOf('submission')).state]).toEqual([409, 'clear']);
  });

  test('is only of what is raised at warning or above', async () => {
    const calm = await call('PUT', '/alerts/children-feel-safe/acknowledgement', { body: given });
    expect(calm.status).toBe(409);
    expect((await call('PUT', '/alerts/nothing/acknowledgement', { body: given })).status).toBe(404);
  });

  test('has an author and a note', async () => {
    const refused = await call('PUT', '/alerts/referral-backlog/acknowledgement', { body: { author: ' ', by: 'me' } });
    expect(refused.body.errors.map(({ pointer }: any) => pointer).sort()).toEqual(['#/author', '#/by', '#/note']);
  });
});

describe("an action's progress", () => {
  test('is kept with its evidence, version by version, and shown with the action', async () => {
    const progress = { state: 'open', evidence: 'Audit planned for March', author: 'A. Jones' };
    const first = await call('PUT', '/actions/A1', { body: progress });
    expect([first.status, first.body.state]).toEqual([201, 'open']);
    expect((await call('PUT', '/actions/A1', { body: progress })).status).toBe(200);
    const done = { ...progress, state: 'completed', evidence: 'Audit of 40 cases' };
    expect((await call('PUT', '/actions/A1', { body: done })).body).toMatchObject({
      id: 'A1',
      state: 'completed',
      progress: [
        { version: 1, ...progress },
        { version: 2, ...done },
      ],
    });
    const { actions } = (await call('GET', '/inspection')).body;
    expect(actions.find(({ id }: any) => id === 'A1').state).toBe('completed');
    expect(actions.find(({ id }: any) => id === 'A2')).toMatchObject({ state: 'open', progress: [] });
  });

  test.each([
    ['/actions/A99', { state: 'open', evidence: 'x', author: 'y' }, 404],
    ['/actions/A1', { state: 'done', evidence: '', author: 'y' }, 422],
  ])('%s with %j is refused', async (path, body, status) => {
    expect((await call('PUT', path, { body })).status).toBe(status);
  });
});

describe('recipients', () => {
  const ADDRESS = 'safeguarding.chair@example.org';
  const add = (address: string, level?: string, token?: string) =>
    call('POST', '/recipients', { body: { address, ...(level ? { level } : {}) }, token });

  const confirm = async (address: string) => {
    const mail = (await service.mails()).findLast(
      ({ text, to }) => to[0]?.address === address && text.includes('confirm'),
    );
    const link = /http:\S+\/sns\/confirmation\S+/.exec(mail?.text ?? '')?.[0] ?? '';
    expect((await fetch(link)).status).toBe(200);
  };

  test('are those of the deployment, and whoever is added and confirms, without their addresses in full', async () => {
    const { recipients } = (await call('GET', '/recipients')).body;
    expect(recipients).toEqual([
      {
        ...{ id: expect.any(String), address: 'd…@example.org', level: 'warning', role: 'look' },
        ...{ summary: false, state: 'confirmed' },
      },
    ]);
    const added = await add(ADDRESS);
    expect([added.status, added.body]).toEqual([
      201,
      {
        id: expect.any(String),
        address: 's…@example.org',
        level: 'warning',
        role: 'look',
        summary: false,
        state: 'pending',
        lapsesAt: expect.any(String),
        at: expect.any(String),
        by: MADE_AT_START,
      },
    ]);
    expect(Date.parse(added.body.lapsesAt) - Date.parse('2011-10-15')).toBeGreaterThan(48 * 3_600_000 - 1000);
    const pending = await call('DELETE', `/recipients/${added.body.id}`);
    expect([pending.status, pending.body.detail]).toEqual([409, expect.stringContaining(added.body.lapsesAt)]);
    await confirm(ADDRESS);
    const listed = (await call('GET', '/recipients')).body.recipients;
    expect(listed.map(({ address, state }: any) => [address, state])).toEqual([
      ['d…@example.org', 'confirmed'],
      ['s…@example.org', 'confirmed'],
    ]);
  });

  test('are listed even where SNS asks for patience', async () => {
    let refused = 0;
    fault = async (called, forward) =>
      called.operation === 'GetSubscriptionAttributes' && refused++ < 5
        ? awsError(called, 400, 'Throttling', 'Rate exceeded')
        : forward();
    const listed = await call('GET', '/recipients');
    fault = undefined;
    expect(refused).toBeGreaterThan(5);
    expect([listed.status, listed.body.recipients.length]).toEqual([200, 2]);
  });

  test('are told how things stand once they confirm, and sent a test when asked for, not twice at once', async () => {
    const { id } = (await call('GET', '/recipients')).body.recipients.find(({ address }: any) =>
      address.startsWith('s'),
    );
    const sendTest = async (to: string) => (await call('POST', `/recipients/${to}/test`)).status;
    await service.runSchedules();
    expect([await sendTest(id), await sendTest(id), await sendTest('6092f2e6b691852e')]).toEqual([204, 409, 404]);
    const mails = (await service.mails()).filter(
      ({ subject, to }) => to[0]?.address === ADDRESS && !/^AWS/.test(subject),
    );
    expect(mails.map(({ subject }) => subject)).toEqual([
      expect.stringMatching(/^Herefordshire: how things stand \(/),
      'Herefordshire: this is a test, nothing has changed',
    ]);
  });

  test('are mailed from their level on, which can be changed, until they are removed', async () => {
    const mailsTo = async () =>
      (await service.mails()).filter(({ subject, to }) => to[0]?.address === ADDRESS && subject.includes('2011'))
        .length;
    const { id } = (await call('GET', '/recipients')).body.recipients.find(({ address }: any) =>
      address.startsWith('s'),
    );
    const report = async (count: number) => {
      const { headers } = await call('GET', '/submissions/2011-09');
      const body = {
        observations: {
          'protection-plans-allocated': { numerator: count, denominator: 195 },
          'referral-backlog': { count: 0 },
        },
      };
      await call('PUT', '/submissions/2011-09', { body, headers: { 'if-match': headers.get('etag') ?? '' } });
    };
    await report(190);
    expect(await mailsTo()).toBe(1);
    await report(195);
    expect(await mailsTo()).toBe(2);
    const changed = await add(ADDRESS.toUpperCase(), 'critical');
    expect([changed.status, changed.body]).toEqual([
      200,
      {
        id,
        address: 's…@example.org',
        level: 'critical',
        role: 'look',
        summary: false,
        state: 'confirmed',
        at: expect.any(String),
        by: MADE_AT_START,
      },
    ]);
    const body = { address: ADDRESS, role: 'acknowledge' };
    expect((await call('POST', '/recipients', { body })).body).toMatchObject({ id, role: 'acknowledge' });
    expect((await call('DELETE', `/recipients/${id}`)).status).toBe(204);
    expect((await call('DELETE', `/recipients/${id}`)).status).toBe(404);
    await report(189);
    expect(await mailsTo()).toBe(2);
  });

  test('may hear of several authorities, each of which sees and changes only what is its own', async () => {
    const database = databaseOf(service);
    // A second inspection: the same, loaded for another authority.
    await loadElsewhere(service);
    const expires = Date.parse('2012-10-15') / 1000;
    const token = await createToken(database, { scopes: ['manage'], authority: 'elsewhere', label: 'there', expires });
    const there = (method: string, path: string, body?: unknown) =>
      call(method, `/v1/authorities/elsewhere${path}`, { token, ...(body === undefined ? {} : { body }) });
    const levels = async (ask: () => Promise<{ body: any }>) =>
      Object.fromEntries((await ask()).body.recipients.map(({ id, level }: any) => [id, level]));
    const here = () => call('GET', '/recipients');

    expect((await there('GET', '/recipients')).body.recipients).toEqual([]);
    const { id } = (await here()).body.recipients[0];
    expect((await there('DELETE', `/recipients/${id}`)).status).toBe(404);
    // Confirmed for one authority, it is not asked again for the next.
    const added = await there('POST', '/recipients', { address: 'director@example.org', level: 'critical' });
    expect([added.status, added.body]).toEqual([
      201,
      {
        id,
        address: 'd…@example.org',
        level: 'critical',
        role: 'look',
        summary: false,
        state: 'confirmed',
        at: expect.any(String),
        by: 'there',
      },
    ]);
    expect([await levels(here), await levels(() => there('GET', '/recipients'))]).toEqual([
      { [id]: 'warning' },
      { [id]: 'critical' },
    ]);
    expect((await there('DELETE', `/recipients/${id}`)).status).toBe(204);
    expect([await levels(here), await levels(() => there('GET', '/recipients'))]).toEqual([{ [id]: 'warning' }, {}]);

    // Asked by both before it confirmed, it hears of both soon after it has.
    await add('pending@example.org');
    expect((await there('POST', '/recipients', { address: 'pending@example.org', level: 'watch' })).status).toBe(201);
    await confirm('pending@example.org');
    // What was asked of a pending address is settled once it has confirmed: by the hour, as SNS gives a pending one no filter anew.
    await service.runSchedules();
    const both = [await levels(here), await levels(() => there('GET', '/recipients'))];
    const pending = (await there('GET', '/recipients')).body.recipients[0].id;
    expect(both).toEqual([expect.objectContaining({ [pending]: 'warning' }), { [pending]: 'watch' }]);
  });

  test.each([[{ address: 'nobody' }], [{ address: 'a@example.org', level: 'all' }], [{}]])(
    '%j is refused',
    async (body) => {
      expect((await call('POST', '/recipients', { body })).status).toBe(422);
    },
  );
});

async function loadElsewhere(service: Service): Promise<void> {
  const seed = readFileSync(new URL('../../seed/herefordshire-2010.json', import.meta.url), 'utf8');
  const inspection = InspectionSchema.parse({ ...JSON.parse(seed), authority: 'elsewhere', name: 'Elsewhere' });
  await loadInspection(databaseOf(service), inspection);
}

test('nothing of it touches the other council', () => neighbour.untouched());
