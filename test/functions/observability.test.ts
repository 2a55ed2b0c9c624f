import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { METRICS } from '../../functions/runtime/metrics.ts';
import { listTokens } from '../../functions/store/access.ts';
import type { LogLine } from '../../local/function-log.ts';
import { databaseOf } from '../../local/launch.ts';
import { type Neighbour, startNeighbour } from '../support/caller.ts';
import { AUTHORITY, type Service, startService } from '../support/service.ts';
import { HOME, tokenFor } from '../support/visit.ts';

/** What the functions leave behind for whoever operates them: lines that can be followed, and metrics. Of two councils, each under its name. */

let service: Service;
let neighbour: Neighbour;
let requestId: string;
beforeAll(async () => {
  service = await startService();
  neighbour = await startNeighbour(service);
  const figures = { observations: { 'initial-assessments-on-time': { numerator: 20, denominator: 50 } } };
  const answer = await fetch(`${service.api}/v1/authorities/${AUTHORITY}/submissions/2011-09`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${service.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(figures),
  });
  expect(answer.status).toBe(201);
  requestId = answer.headers.get('apigw-requestid') ?? '';
  await service.mails();
  await service.runSchedules();
});
afterAll(() => service.end());

type Line = any;

function printed({ dataDir } = service): Line[] {
  return readFileSync(join(dataDir, 'functions.log'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LogLine)
    .filter(({ stream, message }) => stream !== 'platform' && message.startsWith('{'))
    .map(({ message }) => JSON.parse(message));
}

test('a request can be followed to the e-mail that it caused', async () => {
  const lines = printed();
  const accepted = lines.find((line) => line.message === 'months accepted' && line.requestId === requestId);
  expect(accepted).toMatchObject({ authority: AUTHORITY, months: ['2011-09 r1'] });
  const evaluated = lines.find(
    (line) => line.message === 'authority evaluated' && line.judged?.includes(accepted.months[0]) && line.notice,
  );
  expect(evaluated).toMatchObject({ authority: AUTHORITY });
  const sent = lines.find(
    ({ message, authority, number }) =>
      message === 'notice sent' && authority === AUTHORITY && number === evaluated.notice,
  );
  expect(sent).toMatchObject({ messageId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  const mail = (await service.mails()).find(({ text }) => text.includes(`e-mail ${sent.number} about Herefordshire`));
  expect(mail?.text).toContain('September 2011');
});

test('so can that of another council, with nothing of the first in its lines or its e-mail', async () => {
  const lines = printed();
  const own = lines.filter(({ authority }) => authority === 'bristol');
  expect(own.find(({ message }) => message === 'months accepted')).toMatchObject({
    requestId: neighbour.requestId,
    months: ['2011-08 r1'],
  });
  const { number } = own.find(({ message }) => message === 'notice sent') ?? {};
  expect(own.find(({ notice }) => notice === number)).toMatchObject({ judged: ['2011-08 r1'] });
  expect(own.filter((line) => /herefordshire/i.test(JSON.stringify(line)))).toEqual([]);
  const mails = (await service.mails()).filter(({ to }) => to.some(({ address }) => address === neighbour.address));
  const mail = mails.find(({ text }) => text.includes(`e-mail ${number} about Bristol`));
  expect(mail?.text).toContain('Referrals waiting in Bristol');
  expect(mails.filter(({ text }) => /herefordshire/i.test(text))).toEqual([]);
  await neighbour.untouched();
});

test('what a token did can be listed by its id, and what came without one has none', async () => {
  await fetch(`${service.api}/v1/authorities/${AUTHORITY}/alerts`);
  const [id] = (await listTokens(databaseOf(service))).tokens.map((token) => token.id);
  const lines = printed();
  expect(lines.filter(({ token }) => token === id).map(({ message }) => message)).toContain('months accepted');
  expect(lines.find(({ requestId: of, message }) => of === requestId && message === 'request answered')).toMatchObject({
    token: id,
    status: 201,
  });
  const refused = lines.filter(({ message }) => message === 'request refused');
  expect(refused.map(({ status, token }) => [status, token])).toEqual([[401, undefined]]);
});

test('so can figures that were sent by the page', async () => {
  const post = (path: string, fields: Record<string, string>, cookie = '') =>
    fetch(`${service.api}${path}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'sec-fetch-site': 'same-origin', cookie },
      body: new URLSearchParams(fields),
    });
  const signedIn = await post('/sign-in', { token: await tokenFor(service), to: '/' });
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const figures = 'period,metric,count\n2011-08,referral-backlog,0\n';
  const form = await (await fetch(`${service.api}${HOME}/submit`, { headers: { cookie } })).text();
  const forgeryToken = /name="forgeryToken" value="([^"]+)"/.exec(form)?.[1] ?? '';
  const preview = await (await post(`${HOME}/submit`, { forgeryToken, figures }, cookie)).text();
  const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(preview)?.[1] ?? '';
  const fields = { forgeryToken, months: field('months'), mode: field('mode'), basis: field('basis') };
  const sent = await post(`${HOME}/submissions`, fields, cookie);
  expect(sent.headers.get('location')).toBe(`${HOME}/submissions?accepted=2011-08`);
  const id = sent.headers.get('apigw-requestid');
  const accepted = printed().filter((line) => line.message === 'months accepted' && line.requestId === id);
  expect(accepted).toMatchObject([{ service: 'dashboard', authority: AUTHORITY, months: ['2011-08 r1'] }]);
  await service.idle();
  expect(printed()).toContainEqual(
    expect.objectContaining({ message: 'authority evaluated', judged: accepted[0].months }),
  );
});

describe('metrics in the embedded metric format', () => {
  /** All values of a metric, in the order emitted. */
  const values = (name: string): number[] =>
    printed().flatMap((line) => {
      const [directive] = line._aws?.CloudWatchMetrics ?? [];
      if (!directive?.Metrics.some((metric: { Name: string }) => metric.Name === name)) return [];
      expect(directive).toMatchObject({ Namespace: 'InspectionMonitor', Dimensions: [['service']] });
      expect(line.service).toBe(METRICS[name as keyof typeof METRICS].emittedBy);
      return line[name];
    });

  test.each(Object.keys(METRICS).filter((name) => name !== 'WaitingNotices'))(
    "%s is emitted, under the stack's name, by the function it belongs to",
    (name) => {
      expect(values(name).length).toBeGreaterThan(0);
    },
  );

  test('they count what happened', () => {
    const sum = (name: string) => values(name).reduce((total, value) => total + value, 0);
    // One by the API, one by the page, and the neighbour's.
    expect(sum('Submissions')).toBe(3);
    expect(sum('Raised')).toBeGreaterThanOrEqual(1);
    expect(sum('Mailed')).toBe(printed().filter((line) => line.message === 'notice sent').length);
    // One of each council.
    expect(values('ConfirmedRecipients').at(-1)).toBe(2);
    expect(values('OldestUnsentNotice').at(-1)).toBe(0);
  });

  test('notices that nobody would get are counted under the name of their authority, and only there', async () => {
    expect(printed().filter((line) => 'WaitingNotices' in line)).toEqual([]);
    const [id] = (await service.get('/recipients')).recipients.map((recipient: { id: string }) => recipient.id);
    await service.client.request('DELETE', `/v1/authorities/${AUTHORITY}/recipients/${id}`);
    const sent = await service.put('2011-09', { observations: { 'referral-backlog': { count: 9 } } }, 1);
    expect(sent.status).toBe(200);
    await service.idle();
    expect((await service.get('/notices')).waiting).toBe(0);
    service.moveClock('2011-10-15T00:30:00Z');
    await service.runSchedules();
    const counted = printed().filter((line) => 'WaitingNotices' in line);
    expect(counted).toMatchObject([{ service: 'notify', authority: AUTHORITY, WaitingNotices: 1 }]);
    expect(counted[0]._aws.CloudWatchMetrics[0].Dimensions).toEqual([['service', 'authority']]);
    expect((await service.get('/notices')).waiting).toBe(1);
    await neighbour.untouched();
  });
});

test('where only logs are watched, no metric is emitted, and a notice that nobody gets is an error in the log', async () => {
  const simple = await startService({ context: { operations: 'basic', alertEmail: undefined } });
  try {
    await simple.put('2011-09', { observations: { 'referral-backlog': { count: 9 } } });
    await simple.idle();
    simple.moveClock('2011-10-15T02:30:00Z');
    await simple.runSchedules();
    // What a function prints comes to the log by a pipe, which may be a moment behind its answer.
    const errors = () => printed(simple).filter(({ level }) => level === 'ERROR');
    await expect.poll(errors, { timeout: 10_000 }).toMatchObject([
      { service: 'notify', message: 'a notice is not sent after two hours', seconds: expect.any(Number) },
      { service: 'notify', message: 'nobody has confirmed to receive notices' },
      {
        message: 'nobody who would get the notices of an authority has confirmed',
        ...{ service: 'notify', authority: AUTHORITY, waiting: 1 },
      },
    ]);
    expect(printed(simple).filter((line) => line._aws)).toEqual([]);
  } finally {
    await simple.end();
  }
});

test.each([
  ['an answer', '/health', 200],
  ['a refusal', `/v1/authorities/${AUTHORITY}/alerts`, 401],
  ['an unknown path', '/nothing/here', 404],
])('%s carries security headers and lets no other site read it', async (_, path, status) => {
  const answer = await fetch(`${service.api}${path}`, { headers: { origin: service.api } });
  expect(answer.status).toBe(status);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'strict-transport-security': expect.stringMatching(/max-age=\d{7,}/),
    'x-content-type-options': 'nosniff',
    'referrer-policy': expect.any(String),
  });
  expect(answer.headers.get('access-control-allow-origin')).toBeNull();
});
