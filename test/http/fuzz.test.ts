import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { STATUS } from '../../functions/http/problem.ts';
import { PAGES, ROUTES, type Route, type RouteKey } from '../../functions/http/routes.ts';
import { forgeryToken } from '../../functions/pages/session.ts';
import { loadInspection } from '../../functions/services/inspections.ts';
import { createToken } from '../../functions/store/access.ts';
import { databaseOf } from '../../local/launch.ts';
import { HEREFORDSHIRE } from '../support/build.ts';
import { callerOf, dumpOf, type Neighbour, startNeighbour } from '../support/caller.ts';
import { checkAnswer, description, pathOf } from '../support/described.ts';
import { type Service, startService } from '../support/service.ts';

const REQUESTS = 10_000;
const AT_A_TIME = 8;
/** Another seed gives other requests; a failing one is named with what it was answered. */
const SEED = Number(process.env.FUZZ_SEED ?? 2010);

let service: Service;
let neighbour: Neighbour;
beforeAll(async () => {
  service = await startService();
  // Something to be got at: a month, an alert, a standard.
  const call = callerOf(service);
  await call('PUT', '/submissions/2011-08', { body: { observations: { 'referral-backlog': { count: 12 } } } });
  await loadInspection(databaseOf(service), { ...HEREFORDSHIRE, authority: 'closed' });
  await service.client.request('PATCH', '/v1/authorities/closed', {
    closed: true,
    author: 'A. Head',
    reason: 'merged',
  });
  await service.idle();
  neighbour = await startNeighbour(service);
});
afterAll(() => service.end());

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly token: string;
  readonly type?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

const keys = Object.keys(ROUTES) as RouteKey[];
const routeOf = (key: RouteKey): Route => ROUTES[key];
const GOOD = 'good';
const odd = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 80 }),
  fc.constantFrom(
    '..',
    '%zz',
    '%00',
    '__proto__',
    'constructor',
    'herefordshire ',
    'HEREFORDSHIRE',
    'null',
    '0',
    "'; --",
  ),
);
const segment = odd.map((text) => encodeURIComponent(text.toWellFormed()).replaceAll('.', '%2E'));

/** What is right for each route, so that just the one thing is wrong that is meant to be. */
function rightPath(key: RouteKey, authority = 'herefordshire'): string {
  const [, path = ''] = key.split(' ');
  const right: Record<string, string> = {
    authority,
    period: '2011-08',
    metric: 'referral-backlog',
    alert: 'referral-backlog',
    action: 'A1',
    recipient: '0',
    name: '0',
    receipt: '0',
  };
  return path.replace(/\{(\w+)\}/g, (_, name) => right[name] ?? '');
}

const exampleOf = (key: RouteKey): unknown => {
  const [method = '', path = ''] = key.split(' ');
  return description.paths[path]?.[method.toLowerCase()]?.requestBody?.content['application/json']?.example;
};
const base = (key: RouteKey): Sent => {
  const example = exampleOf(key);
  return {
    method: key.split(' ')[0] ?? '',
    path: rightPath(key),
    token: GOOD,
    ...(example === undefined ? {} : { type: 'application/json', body: JSON.stringify(example) }),
  };
};

const badToken = fc
  .record({
    key: fc.constantFrom(...keys.filter((key) => routeOf(key).scope)),
    token: fc.oneof(
      fc.constantFrom('', 'imt_', 'Basic x'),
      fc.stringMatching(/^imt_[A-Za-z0-9_-]{43}$/),
      fc.stringMatching(/^[!-~]{1,200}$/),
    ),
  })
  .map(({ key, token }): Sent => ({ ...base(key), token }));

const badAuthority = fc
  .record({ key: fc.constantFrom(...keys.filter((key) => key.includes('{authority}'))), authority: segment })
  .filter(({ authority }) => authority !== '')
  .map(({ key, authority }): Sent => ({ ...base(key), path: rightPath(key).replace('herefordshire', authority) }));

const badPart = fc
  .record({
    // A metric of one's own may be called anything: there, what follows in the path is never wrong.
    key: fc.constantFrom(
      ...keys.filter(
        (key) =>
          /\{(period|metric|alert|action|recipient)\}/.test(key) &&
          key !== 'PUT /v1/authorities/{authority}/metrics/{metric}',
      ),
    ),
    part: segment,
  })
  .map(({ key, part }): Sent => {
    const [, path = ''] = key.split(' ');
    return {
      ...base(key),
      path: path.replace('{authority}', 'herefordshire').replace(/\{\w+\}/, part),
      headers: { 'if-match': '"1"' },
    };
  });

const BODIED = keys.filter((key) => routeOf(key).body);
/** Deep in a right body something of another kind, or something more. */
const spoiled = fc
  .record({
    key: fc.constantFrom(...BODIED),
    steps: fc.array(fc.nat(5), { maxLength: 4 }),
    name: fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.constantFrom('constructor', 'toString', '')),
    value: fc.jsonValue({ maxDepth: 3 }),
  })
  .map(({ key, steps, name, value }): Sent => {
    const body = structuredClone(exampleOf(key)) as Record<string, unknown>;
    let target = body;
    for (const step of steps) {
      const inner = Object.values(target).filter(
        (one) => typeof one === 'object' && one !== null && !Array.isArray(one),
      );
      if (inner.length > 0) target = inner[step % inner.length] as Record<string, unknown>;
    }
    target[`~${name}`] = value;
    return { ...base(key), body: JSON.stringify(body) };
  });
const wrongKind = fc
  .record({
    key: fc.constantFrom(...BODIED),
    body: fc.oneof(
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '',
        '{',
        '[]',
        'null',
        '{"__proto__":{}}',
        '{"observations":{"__proto__":{"count":1}}}',
        '{"observations":{"\\ud800":1}}',
        '1e999',
        '[['.repeat(5000),
      ),
    ),
  })
  .map(({ key, body }): Sent => ({ ...base(key), body: body.toWellFormed() }));
const wrongType = fc
  .record({
    key: fc.constantFrom(...BODIED),
    type: fc.constantFrom(
      'text/plain',
      'application/xml',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'text/csv2',
    ),
  })
  .map(({ key, type }): Sent => ({ ...base(key), type }));
const badCsv = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc
      .array(fc.string({ maxLength: 12 }), { maxLength: 8 })
      .map((cells) => `period,metric,count\n${cells.join(',')},x\n`),
    fc
      .array(fc.constantFrom('2011-08', '2011-13', 'referral-backlog', '-1', '1.5', '"', '\n', ',', "'=1"), {
        maxLength: 30,
      })
      .map((parts) => `period,metric,numerator,oops\n${parts.join(',')}`),
  )
  .map(
    (body): Sent => ({
      ...base('POST /v1/authorities/{authority}/submissions'),
      type: 'text/csv',
      body: body.toWellFormed(),
    }),
  );

const QUERIED = keys.filter((key) => {
  const [method = '', path = ''] = key.split(' ');
  return description.paths[path]?.[method.toLowerCase()]?.parameters?.some((parameter) => parameter.in === 'query');
});
const badQuery = fc
  .record({
    key: fc.constantFrom(...QUERIED),
    name: fc.constantFrom('limit', 'cursor', 'from', 'to', 'state', 'format', 'revise', 'x'),
    value: odd,
  })
  .map(
    ({ key, name, value }): Sent => ({
      ...base(key),
      path: `${rightPath(key)}?${new URLSearchParams([[name, `~${value}`]])}`,
    }),
  );

const badPath = fc
  .record({
    method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS'),
    parts: fc.array(segment, { minLength: 1, maxLength: 8 }),
  })
  // Below /v1: outside it are the pages, and `/..` is their front door.
  .map(({ method, parts }): Sent => ({ method, path: `/v1/${parts.join('/')}`, token: GOOD }))
  .filter(({ path }) => new URL(path, 'http://api').pathname.startsWith('/v1/'));
const badMethod = fc
  .record({ key: fc.constantFrom(...keys), method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'PATCH') })
  .filter(({ key, method }) => !keys.includes(`${method} ${key.split(' ')[1]}` as RouteKey))
  .map(({ key, method }): Sent => ({ method, path: rightPath(key), token: GOOD }));
const stale = fc
  .record({
    method: fc.constantFrom('PUT', 'DELETE'),
    tag: fc.oneof(fc.constant(undefined), fc.stringMatching(/^[!-~]{0,40}$/)),
  })
  .filter(({ tag }) => !tag || !/\*|"1"/.test(tag))
  .map(
    ({ method, tag }): Sent => ({
      ...base('PUT /v1/authorities/{authority}/submissions/{period}'),
      method,
      ...(tag === undefined ? {} : { headers: { 'if-match': tag } }),
    }),
  );

const malformed = fc.oneof(
  badToken,
  badAuthority,
  badPart,
  spoiled,
  wrongKind,
  wrongType,
  badCsv,
  badQuery,
  badPath,
  badMethod,
  stale,
);

test(`${REQUESTS} malformed requests over all routes end with 4xx as described, write nothing and reveal nothing`, {
  timeout: 300_000,
}, async () => {
  const before = await dumpOf(service);
  const requests = fc.sample(malformed, { numRuns: REQUESTS, seed: SEED });
  const statuses = new Map<number, number>();
  const reached = new Set<string>();
  const wrong: string[] = [];
  let next = 0;
  const work = async () => {
    for (let sent = requests[next++]; sent && wrong.length < 10; sent = requests[next++]) {
      const { status, text, fault } = await send(sent);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      reached.add(`${sent.method} ${pathOf(new URL(sent.path, service.api).pathname)}`);
      if (status < 400 || status > 499 || fault || revealed(text).length > 0)
        wrong.push(`${JSON.stringify(sent).slice(0, 600)} -> ${status} ${fault ?? text.slice(0, 400)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  expect(wrong).toEqual([]);
  expect([...statuses.values()].reduce((sum, count) => sum + count, 0)).toBe(REQUESTS);
  for (const status of [400, 401, 404, 405, 412, 415, 422, 428]) expect(statuses.get(status)).toBeGreaterThan(0);
  for (const key of keys.filter((key) => key.includes('{authority}'))) expect(reached).toContain(key);
  await service.idle();
  expect(await dumpOf(service)).toEqual(before);
  expect(revealed(readFileSync(join(service.dataDir, 'functions.log'), 'utf8'))).toEqual([]);
});

/**
 * What was once answered with 500, or taken for something else, each by its kind: what an honest program or browser sends
 * by mistake. `says` is what to do about it. Without a token it is an anonymous caller's.
 */
interface Mistake {
  readonly method?: string;
  readonly path: string;
  readonly token?: boolean;
  readonly type?: string;
  readonly body?: string | Buffer<ArrayBuffer>;
  readonly browser?: boolean;
  readonly ifMatch?: string;
  readonly status: number;
  readonly says: RegExp;
}
const LIST = '/v1/authorities/herefordshire/submissions';
const MONTH = `${LIST}/2011-08`;
const cursor = (text: string) => Buffer.from(text).toString('base64url');
const multipart = 'multipart/form-data; boundary=b';
const mistakes: Record<string, Mistake> = {
  'months from later to earlier': { path: `${LIST}?from=2011-08&to=2011-01`, status: 422, says: /give the earlier/ },
  'the same as CSV': { path: `${LIST}?from=2011-08&to=2011-01&format=csv`, status: 422, says: /give the earlier/ },
  'a series from later to earlier': {
    path: '/v1/authorities/herefordshire/metrics/complaints?from=2011-08&to=2011-01',
    status: 422,
    says: /give the earlier/,
  },
  ...Object.fromEntries(
    [
      ['is no month', LIST, '2011-99'],
      ['lies beyond the months asked for', `${LIST}?to=2011-01`, '2011-02'],
      ['ends the calendar', LIST, '9999-12'],
      ['comes after the last revision there can be', `${MONTH}/revisions`, '9999'],
      ['is of another list', `${MONTH}/revisions`, '2011-08'],
      ['comes before the first notice', '/v1/authorities/herefordshire/notices', '0'],
      ['is not one at all', '/v1/authorities/herefordshire/notices', 'x'],
    ].map(([what = '', path = '', after = '']): [string, Mistake] => [
      `a cursor that ${what}`,
      { path: `${path}${path.includes('?') ? '&' : '?'}cursor=${cursor(after)}`, status: 422, says: /begin again/ },
    ]),
  ),
  'JSON in Latin-1': {
    method: 'PUT',
    path: MONTH,
    type: 'application/json',
    body: Buffer.from('{"observations":{"referral-backlog":{"count":1}},"commentary":"\xe9t\xe9"}', 'latin1'),
    status: 400,
    says: /send the JSON as UTF-8/,
  },
  'an NHS number as a count': {
    method: 'PUT',
    path: MONTH,
    type: 'application/json',
    body: '{"observations":{"referral-backlog":{"count":9434765919}}}',
    status: 422,
    says: /looks like an identifier in the column of a figure/,
  },
  'more than anybody counts, in CSV': {
    method: 'POST',
    path: LIST,
    type: 'text/csv',
    body: 'period,metric,count\n2011-07,referral-backlog,20000000\n',
    status: 422,
    says: /"line":2,"column":"count","detail":"20000000 is more than this can be/,
  },
  'a month that is there, sent anew': {
    ...{ method: 'PUT', path: MONTH, type: 'application/json', status: 428, says: /name its revision, which is 1/ },
    body: '{"observations":{"referral-backlog":{"count":13}}}',
  },
  'a month at another revision than is meant': {
    ...{ method: 'DELETE', path: MONTH, ifMatch: '"7"', status: 412, says: /is at revision 1; read it again/ },
  },
  'a month that is there, in a file': {
    ...{ method: 'POST', path: LIST, type: 'text/csv', status: 409, says: /2011-08 would change/ },
    body: 'period,metric,count\n2011-08,referral-backlog,13\n',
  },
  'figures for an authority that is closed': {
    ...{ method: 'PUT', path: '/v1/authorities/closed/submissions/2011-08', type: 'application/json' },
    ...{ body: '{"observations":{"referral-backlog":{"count":13}}}', status: 409, says: /is closed/ },
  },
  'an alert that is not raised, taken in hand': {
    ...{ method: 'PUT', path: '/v1/authorities/herefordshire/alerts/complaints/acknowledgement' },
    ...{ type: 'application/json', body: '{"author":"A. Head","note":"seen"}' },
    ...{ status: 409, says: /nothing to take in hand/ },
  },
  'a month of 300 KB': {
    ...{ method: 'PUT', path: MONTH, type: 'application/json', status: 413, says: /at most 256 KB/ },
    body: JSON.stringify({ observations: {}, commentary: 'x'.repeat(300 * 1024) }),
  },
  'an authority that is not known': { path: '/v1/authorities/atlantis/alerts', status: 404, says: /no inspection/ },
  'figures as plain text': {
    method: 'POST',
    path: LIST,
    type: 'text/plain',
    body: 'x',
    status: 415,
    says: /text\/csv/,
  },
  'a question without a token': { path: LIST, token: false, status: 401, says: /send a token/ },
  'an identifier of 3,000 letters': {
    method: 'DELETE',
    path: `/v1/authorities/herefordshire/recipients/${'x'.repeat(3000)}`,
    status: 404,
    says: /no recipient/,
  },
  ...Object.fromEntries(
    [
      ['without an end', multipart, '--b\r\nContent-Disposition: form-data; name="token"\r\n\r\nimt_'],
      ['without a boundary', 'multipart/form-data', 'token=imt_'],
      ['that is empty', multipart, ''],
    ].map(([what, type = '', body = '']): [string, Mistake] => [
      `signing in with a form in parts ${what}`,
      { method: 'POST', path: '/sign-in', token: false, browser: true, type, body, status: 400, says: /send it anew/ },
    ]),
  ),
  'another method where something else is possible': {
    method: 'DELETE',
    path: LIST,
    status: 405,
    says: /DELETE is not possible at .*; GET and POST are/,
  },
  'signing in with JSON': {
    method: 'POST',
    path: '/sign-in',
    token: false,
    browser: true,
    type: 'application/json',
    body: '{"token":"imt_"}',
    status: 415,
    says: /programs use the API/,
  },
  'signing in with a megabyte': {
    method: 'POST',
    path: '/sign-in',
    token: false,
    browser: true,
    type: 'application/x-www-form-urlencoded',
    body: `token=${'x'.repeat(1024 * 1024)}`,
    status: 413,
    says: /at most 64 KB/,
  },
  'signing in from elsewhere': {
    method: 'POST',
    path: '/sign-in',
    token: false,
    type: multipart,
    body: '--b--',
    status: 403,
    says: /load the page again/,
  },
};

/** The kinds of problems that the mistakes were answered with. */
const refused = new Set<string>();

test.each(Object.entries(mistakes))('%s is answered with what to do', async (_, mistake) => {
  const { method = 'GET', path, token = true, type, body, browser, ifMatch, status, says } = mistake;
  const before = await dumpOf(service);
  const response = await fetch(`${service.api}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(token ? { authorization: `Bearer ${service.token}` } : {}),
      ...(type ? { 'content-type': type } : {}),
      ...(browser ? { 'sec-fetch-site': 'same-origin' } : {}),
      ...(ifMatch ? { 'if-match': ifMatch } : {}),
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  expect([response.status, text]).toEqual([status, expect.stringMatching(says)]);
  expect(revealed(text)).toEqual([]);
  expect(await dumpOf(service)).toEqual(before);
  const [, kind] = /"urn:inspection-monitor:problem:([\w-]+)"/.exec(text) ?? [];
  if (kind) refused.add(kind);
});

test('a token for another authority is refused', async () => {
  const expires = Math.floor(Date.now() / 1000) + 3600;
  const token = await createToken(databaseOf(service), { scopes: ['read'], authority: 'closed', label: 'x', expires });
  const response = await fetch(`${service.api}${LIST}`, { headers: { authorization: `Bearer ${token}` } });
  const text = await response.text();
  expect([response.status, text]).toEqual([403, expect.stringContaining('problem:forbidden')]);
  refused.add('forbidden');
});

test('every kind of problem is among these mistakes', () => {
  const { internal: _, ...kinds } = STATUS;
  expect([...refused].sort()).toEqual(Object.keys(kinds).sort());
});

test('12-http-quirks: JSON that begins with a byte-order mark is taken as it is without', async () => {
  const { status } = await send({
    ...base('PUT /v1/authorities/{authority}/submissions/{period}'),
    body: '\ufeff{"observations":{"referral-backlog":{"count":12}}}',
  });
  expect(status).toBe(200);
});

/** Refusing costs little, whatever is sent: the time that a person waits, and an answer that a browser shows. */
const LONGEST_MS = 1000;
/** Of what else these machines do meanwhile, and of the stand-in's own handling of a megabyte. */
const PATIENCE = 4;
const LARGEST_ANSWER = 200 * 1024;
const MEGABYTE = 1024 * 1024;
const filled = (text: string, size = MEGABYTE) => text.repeat(Math.floor(size / text.length));
const monthsFrom2005 = (count: number) =>
  Array.from({ length: count }, (_, i) => `${2005 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, '0')}`);
const wide = Array.from({ length: 10_000 }, (_, i) => `x${i}.count`).join(',');
const ruinous: Record<string, string> = {
  'ten thousand columns': `period,${wide}\n2011-08${',1'.repeat(10_000)}\n`,
  'a known column ten thousand times': `period${',complaints.count'.repeat(10_000)}\n2011-08\n`,
  'a megabyte of prose': filled('lorem ipsum dolor sit amet\n'),
  'a megabyte of unknown metrics': `period,metric,count\n${filled('2011-08,refer,x\n', MEGABYTE - 100)}`,
  'as many lines as are read, each wrong': `period,metric,count\n${Array.from({ length: 19_000 }, (_, i) => `2011-08,m${i},${i}\n`).join('')}`,
  'a first line of 512 KB': `period,metric,${'x'.repeat(512 * 1024)}\n2011-08,complaints,1\n`,
  'a megabyte of commas': ','.repeat(MEGABYTE),
  'a megabyte of line ends': '\n'.repeat(MEGABYTE),
  'a megabyte of quotation marks': '"\n'.repeat(MEGABYTE / 2),
  'a number among 900,000 spaces': `period,metric,count\n2011-08,complaints,"1${' '.repeat(900_000)}x"\n`,
  'commentaries of control characters': `period,metric,count,commentary\n${monthsFrom2005(48)
    .map((period) => `${period},complaints,1,"${'\u0001'.repeat(10_000)}"\n`)
    .join('')}`,
};
const ruinousJson: Record<string, unknown> = {
  'a thousand unknown metrics a month': monthsFrom2005(40).map((period) => ({
    period,
    observations: Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`m${i}`, { count: 1 }])),
  })),
  'eighty thousand fields': [
    {
      period: '2011-08',
      observations: { complaints: Object.fromEntries(Array.from({ length: 80_000 }, (_, i) => [`m${i}`, 1])) },
    },
  ],
  'a name of 900 KB': [{ period: '2011-08', observations: { ['x'.repeat(900 * 1024)]: { count: 1 } } }],
};
const costs = async (request: () => Promise<Response>) => {
  const start = performance.now();
  const response = await request();
  const text = await response.text();
  expect([response.status >= 400 && response.status < 500, response.status]).toEqual([true, response.status]);
  expect(performance.now() - start).toBeLessThan(PATIENCE * LONGEST_MS);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(LARGEST_ANSWER);
  expect(revealed(text)).toEqual([]);
};

test.each([
  ...Object.entries(ruinous).map(([name, body]) => [name, 'text/csv', body] as const),
  ...Object.entries(ruinousJson).map(
    ([name, submissions]) => [name, 'application/json', JSON.stringify({ submissions })] as const,
  ),
])('%s: refused by the API at little cost', async (_, type, body) => {
  await costs(() =>
    fetch(`${service.api}${LIST}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${service.token}`, 'content-type': type },
      body,
    }),
  );
});

test.each(Object.entries(ruinous))('%s: refused by the page at little cost', async (_, figures) => {
  const body = new FormData();
  body.set('forgeryToken', forgeryToken(service.token));
  body.set('file', new Blob([figures]), 'figures.csv');
  await costs(() =>
    fetch(`${service.api}/authorities/herefordshire/submit`, {
      method: 'POST',
      headers: { cookie: `session=${service.token}`, 'sec-fetch-site': 'same-origin' },
      body,
    }),
  );
});

test('a header of 512 KB: refused at little cost', async () => {
  const start = performance.now();
  const { hostname, port } = new URL(service.api);
  const status = await new Promise<string>((done, failed) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(`GET /health HTTP/1.1\r\nHost: ${hostname}:${port}\r\nX-Long: ${'x'.repeat(512 * 1024)}\r\n\r\n`);
    });
    socket.once('data', (data) => done(data.toString().split('\r\n')[0] ?? ''));
    socket.once('error', failed);
  });
  expect(status).toMatch(/^HTTP\/1\.1 431 /);
  expect(performance.now() - start).toBeLessThan(PATIENCE * LONGEST_MS);
});

/** Whoever is not signed in gets pages, redirections to them and refusals, whatever they ask for: nothing rings the operator. */
test('anonymous requests to every page and path end below 500', { timeout: 60_000 }, async () => {
  const anywhere = fc.record({
    method: fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'),
    path: fc.oneof(
      fc
        .tuple(fc.constantFrom(...Object.keys(PAGES), ...Object.keys(ROUTES)), segment)
        .map(([key, part]) => (key.split(' ')[1] ?? '').replace(/\{\w+\}/g, () => part)),
      fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`),
      segment.map((text) => `/assets/${text}`),
      segment.map((text) => `/sign-in?to=${text}`),
    ),
    headers: fc.record(
      {
        cookie: fc.constantFrom('session=imt_x', 'session=', '=;;', `session=${'x'.repeat(5000)}`),
        authorization: fc.constantFrom('Bearer', `Bearer ${'x'.repeat(5000)}`, 'Basic eDp5', ''),
        'content-type': fc.constantFrom(multipart, 'multipart/form-data', 'application/json', 'text/csv', 'x'),
        'sec-fetch-site': fc.constantFrom('same-origin', 'cross-site', ''),
        'accept-encoding': fc.constantFrom('br', 'gzip', '*', ''),
        'if-none-match': fc.constantFrom('*', '"', 'W/'),
      },
      { requiredKeys: [] },
    ),
    body: fc.constantFrom('', '--b', 'token=%', '\u0000'.repeat(100), '{'),
  });
  const wrong: string[] = [];
  for (const { method, path, headers, body } of fc.sample(anywhere, { numRuns: 1500, seed: SEED })) {
    const hasBody = method !== 'GET' && method !== 'HEAD';
    const response = await fetch(`${service.api}${path}`, {
      method,
      redirect: 'manual',
      headers,
      ...(hasBody ? { body } : {}),
    });
    const text = await response.text();
    const location = response.headers.get('location') ?? '/';
    const elsewhere = new URL(location, service.api).origin !== new URL(service.api).origin;
    if (response.status >= 500 || elsewhere || revealed(text).length > 0)
      wrong.push(`${method} ${path} ${JSON.stringify({ headers, body })} -> ${response.status} ${location} ${text}`);
  }
  expect(wrong).toEqual([]);
});

async function send({ method, path, token, type, body, headers }: Sent) {
  const hasBody = body !== undefined && method !== 'GET';
  const response = await fetch(service.api + path, {
    method,
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token === GOOD ? service.token : token}` }),
      ...(type && hasBody ? { 'content-type': type } : {}),
      ...headers,
    },
    ...(hasBody ? { body } : {}),
  });
  const text = await response.text();
  let fault: string | undefined;
  try {
    checkAnswer(
      method,
      new URL(service.api + path).pathname,
      response.status,
      response.headers.get('content-type'),
      text,
    );
  } catch (error) {
    fault = (error as Error).message;
  }
  return { status: response.status, text, fault };
}

/** What of the things that nobody may learn a text holds. */
function revealed(text: string): string[] {
  const secrets = [service.token, ...Object.values(service.resources.tables), 'director@example.org'];
  return [...secrets.filter((secret) => text.includes(secret)), ...(text.match(/\n\s+at .*|\\n\s+at [^"]*/g) ?? [])];
}

test('nothing of it touches the other council', () => neighbour.untouched());
