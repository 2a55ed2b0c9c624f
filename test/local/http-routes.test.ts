import { describe, expect, it } from 'vitest';
import { matchRoute, parseRoute } from '../../local/http-routes.ts';

const keys = [
  'GET /pets/dog/1',
  'GET /pets/dog/{id}',
  'ANY /pets/dog/{id}',
  'GET /pets/{proxy+}',
  'PUT /v1/{a}/months/{m}',
  'PUT /v1/{a}/{other}/{m}',
  'ANY /{proxy+}',
  'GET /',
  '$default',
];
const routes = keys.map((key) => parseRoute(key, key));

describe('the route of a request', () => {
  it.each<[string, string, string, Record<string, string>]>([
    ['GET', '/pets/dog/1', 'GET /pets/dog/1', {}],
    ['GET', '/pets/dog/2', 'GET /pets/dog/{id}', { id: '2' }],
    ['POST', '/pets/dog/2', 'ANY /pets/dog/{id}', { id: '2' }],
    ['GET', '/pets/cat/1', 'GET /pets/{proxy+}', { proxy: 'cat/1' }],
    ['POST', '/test/5', 'ANY /{proxy+}', { proxy: 'test/5' }],
    ['PUT', '/v1/here%20ford/months/2011-02', 'PUT /v1/{a}/months/{m}', { a: 'here ford', m: '2011-02' }],
    ['PUT', '/v1/x/years/1', 'PUT /v1/{a}/{other}/{m}', { a: 'x', other: 'years', m: '1' }],
    ['GET', '/', 'GET /', {}],
    ['POST', '/', '$default', {}],
    ['GET', '/pets/', 'ANY /{proxy+}', { proxy: 'pets/' }],
    ['GET', '/pets/dog/1/', 'GET /pets/{proxy+}', { proxy: 'dog/1/' }],
  ])('%s %s is %s', (method, path, key, parameters) => {
    expect(matchRoute(routes, method, path)).toMatchObject({ route: { target: key }, pathParameters: parameters });
  });

  it('is none where nothing matches and there is no $default', () => {
    expect(matchRoute([parseRoute('GET /a', 1)], 'GET', '/b')).toBeUndefined();
    expect(matchRoute([parseRoute('GET /a/{b}', 1)], 'GET', '/a/')).toBeUndefined();
    expect(matchRoute([parseRoute('GET /a', 1)], 'HEAD', '/a')).toBeUndefined();
  });

  it('must be written as API Gateway takes it', () => {
    expect(() => parseRoute('/a', 1)).toThrow(/neither \$default nor a method and a path/);
    expect(() => parseRoute('GET /{a+}/b', 1)).toThrow(/only the last part/);
  });
});
