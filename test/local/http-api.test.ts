import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { api, eventually, type Running, run } from './fixture.ts';

let instance: Running & { remove(): Promise<void> };

beforeAll(async () => {
  instance = await run(
    {
      resources: api({
        'ANY /echo/{id}/{name}': 'Echo',
        'POST /echo': 'Echo',
        'GET /answer': 'Answer',
        'GET /throws': 'Throws',
        'GET /slow': 'Slow',
        'GET /known': 'Echo',
      }),
      functions: {
        Echo: 'export const handler = async (event) => event',
        Answer: 'export const handler = async (event) => JSON.parse(event.queryStringParameters.r).value',
        Throws: `export const handler = async () => { throw new Error('secret') }`,
        Slow: 'export const handler = () => new Promise((resolve) => setTimeout(resolve, 1000, "late"))',
      },
      template: {},
    },
    { mail: false, clock: '2020-03-12T19:03:58Z' },
  );
});
afterAll(() => instance?.remove());

const get = (path: string, init: RequestInit = {}) => fetch(instance.api + path, init);
const answer = (value: unknown) => get(`/answer?r=${encodeURIComponent(JSON.stringify({ value }))}`);

describe('the event of a request', () => {
  it('has the shape of payload format 2.0', async () => {
    const response = await get('/echo/here%2Fford/%C3%A9?a=1&b=x%20y&a=2', {
      method: 'PUT',
      headers: { cookie: 'one=1; two=2', 'X-Custom': 'Yes', 'content-type': 'application/json', 'user-agent': 'test' },
      body: '{"ü":1}',
    });
    expect(await response.json()).toEqual({
      version: '2.0',
      routeKey: 'ANY /echo/{id}/{name}',
      rawPath: '/echo/here/ford/é',
      rawQueryString: 'a=1&b=x%20y&a=2',
      cookies: ['one=1', 'two=2'],
      headers: expect.objectContaining({
        'x-custom': 'Yes',
        'content-type': 'application/json',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'http',
        host: instance.api.slice('http://'.length),
      }),
      queryStringParameters: { a: '1,2', b: 'x y' },
      requestContext: {
        accountId: '000000000000',
        apiId: expect.stringMatching(/^[0-9a-z]{10}$/),
        domainName: instance.api.slice('http://'.length),
        domainPrefix: '127',
        http: {
          method: 'PUT',
          path: '/echo/here/ford/é',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test',
        },
        requestId: expect.stringMatching(/^.{15}=$/),
        routeKey: 'ANY /echo/{id}/{name}',
        stage: '$default',
        time: expect.stringMatching(/^12\/Mar\/2020:19:0\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
      pathParameters: { id: 'here/ford', name: 'é' },
      body: '{"ü":1}',
      isBase64Encoded: false,
    });
  });

  it('has no cookies, query, path parameters or body where there are none', async () => {
    const event = (await (await get('/known')).json()) as Record<string, unknown>;
    for (const field of ['cookies', 'queryStringParameters', 'pathParameters', 'body'])
      expect(event).not.toHaveProperty(field);
    expect(event).toMatchObject({ rawQueryString: '', isBase64Encoded: false });
  });

  it('joins repeated headers with a comma', async () => {
    const { hostname, port } = new URL(instance.api);
    const text = await new Promise<string>((resolve) => {
      let received = '';
      const socket = connect(Number(port), hostname, () =>
        socket.write('GET /known HTTP/1.1\r\nhost: 127.0.0.1\r\nX-A: 1\r\nx-a: 2\r\nconnection: close\r\n\r\n'),
      );
      socket.on('data', (chunk) => {
        received += chunk;
      });
      socket.on('close', () => resolve(received));
    });
    expect(text).toContain('"x-a":"1,2"');
  });

  it.each([
    ['text/csv', false],
    ['text/plain;charset=UTF-8', false],
    ['application/json; charset=utf-8', false],
    ['application/problem+json', false],
    ['application/xml', false],
    ['application/x-www-form-urlencoded', true],
    ['application/octet-stream', true],
  ])('with a body of type %s is base64 encoded: %s', async (type, encoded) => {
    const response = await get('/echo', { method: 'POST', headers: { 'content-type': type }, body: 'a=b' });
    expect(await response.json()).toMatchObject({ isBase64Encoded: encoded, body: encoded ? 'YT1i' : 'a=b' });
  });
});

describe('the answer', () => {
  it('is the function’s whole response where it has a status code', async () => {
    const response = await answer({
      statusCode: 201,
      headers: { 'Content-Type': 'text/html', 'X-Number': 5 },
      cookies: ['a=1; Path=/', 'b=2'],
      body: '<p>',
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('text/html');
    expect(response.headers.get('x-number')).toBe('5');
    expect(response.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2']);
    expect(response.headers.get('apigw-requestid')).not.toBeNull();
    expect(await response.text()).toBe('<p>');
  });

  it.each<[string, unknown, string]>([
    ['an object', { a: 1 }, '{"a":1}'],
    ['a string', 'hello', 'hello'],
    ['nothing', undefined, 'null'],
  ])('is 200 and JSON where the function returns just %s', async (_, value, body) => {
    const response = await answer(value);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await response.text()).toBe(body);
  });

  it('is decoded where the function says that it is base64', async () => {
    const response = await answer({
      statusCode: 200,
      body: Buffer.from([1, 2, 255]).toString('base64'),
      isBase64Encoded: true,
    });
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2, 255]);
  });

  it.each<[string, unknown]>([
    ['a status code that is none', { statusCode: 'abc', body: '' }],
    ['a body that is an object', { statusCode: 200, body: { a: 1 } }],
    ['headers that are a list', { statusCode: 200, headers: { a: ['1', '2'] }, body: '' }],
  ])('is 500 for %s', async (_, value) => {
    const response = await answer(value);
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ message: 'Internal Server Error' });
  });

  it('is 500 and tells nothing where the function fails', async () => {
    const response = await get('/throws');
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ message: 'Internal Server Error' });
  });

  it.each([
    ['GET', '/unknown'],
    ['DELETE', '/known'],
  ])('is 404 for %s %s, which no route matches', async (method, path) => {
    const response = await get(path, { method });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ message: 'Not Found' });
  });

  it('is 413 for more than API Gateway or Lambda takes', async () => {
    for (const megabytes of [11, 7]) {
      const response = await get('/echo', {
        method: 'POST',
        headers: { 'content-type': 'text/csv' },
        body: 'x'.repeat(megabytes * 1024 * 1024),
      });
      expect(response.status).toBe(413);
      expect(await response.json()).toEqual({ message: 'Request Entity Too Large' });
    }
  });
});

it('an integration that takes longer than API Gateway waits is answered 503', async () => {
  const code = 'export const handler = () => new Promise((resolve) => setTimeout(resolve, 35_000))';
  const functions = { Slow: { code, properties: { Timeout: 40 } } };
  const slow = await run({ resources: api({ 'GET /slow': 'Slow' }), functions }, { mail: false });
  const response = await fetch(`${slow.api}/slow`);
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ message: 'Service Unavailable' });
  await slow.remove();
});

describe('a stage with a limit', () => {
  const limited = (rate: number, burst: number, options: { unlimited?: boolean } = {}) => {
    const resources = api({ 'GET /': 'Fn' });
    const settings = { DefaultRouteSettings: { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst } };
    Object.assign(resources.Stage?.Properties ?? {}, settings);
    return run({ resources, functions: { Fn: 'export const handler = async () => 1' } }, { mail: false, ...options });
  };
  const ask = async (instance: Running, times: number) => {
    const answers = await Promise.all(Array.from({ length: times }, () => fetch(`${instance.api}/`)));
    return { answers, statuses: answers.map(({ status }) => status).sort() };
  };

  it('answers 429 to what is beyond its burst', async () => {
    const instance = await limited(0.001, 3);
    const { answers, statuses } = await ask(instance, 5);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect(await answers.find(({ status }) => status === 429)?.json()).toEqual({ message: 'Too Many Requests' });
    await instance.remove();
  });

  it('counts a route with a limit of its own by that alone', async () => {
    const resources = api({ 'GET /': 'Fn', 'GET /open': 'Fn' });
    const limit = (burst: number) => ({ ThrottlingRateLimit: 0.001, ThrottlingBurstLimit: burst });
    const settings = { DefaultRouteSettings: limit(2), RouteSettings: { 'GET /open': limit(1) } };
    Object.assign(resources.Stage?.Properties ?? {}, settings);
    const functions = { Fn: 'export const handler = async () => 1' };
    const instance = await run({ resources, functions }, { mail: false });
    const statusOf = async (path: string) => (await fetch(`${instance.api}${path}`)).status;
    const statuses = [];
    for (const path of ['/open', '/open', '/open', '/', '/', '/']) statuses.push(await statusOf(path));
    expect(statuses).toEqual([200, 429, 429, 200, 200, 429]);
    await instance.remove();
    Object.assign(resources.Stage?.Properties ?? {}, { RouteSettings: { 'GET /nowhere': limit(1) } });
    await expect(run({ resources, functions }, { mail: false })).rejects.toThrow(
      "its stage limits a route that it does not have, 'GET /nowhere'",
    );
  });

  it('takes more with time', async () => {
    const instance = await limited(1, 1);
    expect((await ask(instance, 1)).statuses).toEqual([200]);
    expect((await ask(instance, 3)).statuses).toContain(429);
    await eventually(async () => (await ask(instance, 1)).statuses[0] === 200 || undefined);
    await instance.remove();
  });

  it('takes everything where the limit is lifted', async () => {
    const instance = await limited(0.001, 1, { unlimited: true });
    expect((await ask(instance, 5)).statuses).toEqual([200, 200, 200, 200, 200]);
    await instance.remove();
  });
});

it.each<[string, (resources: ReturnType<typeof api>) => void, RegExp]>([
  ['a route to an integration that is not there', (r) => delete r.Integration0, /Integration0/],
  [
    'payload format 1.0',
    (r) => Object.assign(r.Integration0?.Properties ?? {}, { PayloadFormatVersion: '1.0' }),
    /only payload format 2.0/,
  ],
  ['no stage', (r) => delete r.Stage, /has no stage/],
])('a start with %s fails and says so', async (_, change, message) => {
  const resources = api({ 'GET /': 'Fn' });
  change(resources);
  await expect(
    run({ resources, functions: { Fn: 'export const handler = async () => 1' } }, { mail: false }),
  ).rejects.toThrow(message);
});
