import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROUTES } from '../../functions/http/routes.ts';
import { checkAnswer, description, type Operation } from '../support/described.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.end());

test('is valid OpenAPI 3.1, as a public validator sees it', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(description) as never);
  expect(errors ?? []).toEqual([]);
  expect(valid).toBe(true);
  expect(validator.version).toBe('3.1');
});

test('describes every route and no other, each under a name of its own', () => {
  const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
  );
  expect(operations.map(([key]) => key).sort()).toEqual(Object.keys(ROUTES).sort());
  expect(new Set(operations.map(([, { operationId }]) => operationId)).size).toBe(operations.length);
});

test('is served without a token, just as it is checked here', async () => {
  const response = await fetch(`${service.api}/openapi.json`);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual(description);
});

describe('every example works on a fresh instance, in the order of the document', () => {
  test.each(
    Object.entries(description.paths)
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
      )
      // A document has one entry a path; what takes away comes last.
      .sort((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'))
      .flatMap(({ method, path, operation }) =>
        Object.entries(operation.requestBody?.content ?? { none: { example: undefined } }).map(
          ([type, { example }]) => ({
            method,
            path,
            type,
            example,
            operation,
          }),
        ),
      ),
  )('$method $path with $type', async ({ method, path, type, example, operation }) => {
    // What is acknowledged has to be judged first, and what is removed confirmed.
    await service.idle();
    if (path.endsWith('{recipient}')) await confirmSubscription();
    const response = await fetch(service.api + filled(path, operation), {
      method,
      headers: {
        authorization: `Bearer ${service.token}`,
        ...(type === 'none' ? {} : { 'content-type': type }),
        ...Object.fromEntries(
          (operation.parameters ?? []).flatMap((parameter) =>
            parameter.in === 'header' && parameter.example ? [[parameter.name, parameter.example]] : [],
          ),
        ),
      },
      ...(example === undefined ? {} : { body: typeof example === 'string' ? example : JSON.stringify(example) }),
    });
    const text = await response.text();
    expect(response.ok, text).toBe(true);
    checkAnswer(method, filled(path, operation), response.status, response.headers.get('content-type'), text);
  });
});

function filled(path: string, { parameters = [] }: Operation): string {
  return path.replace(/\{(\w+)\}/g, (_, name) => {
    const example = parameters.find((parameter) => parameter.in === 'path' && parameter.name === name)?.example;
    return encodeURIComponent(example ?? '');
  });
}

async function confirmSubscription(): Promise<void> {
  const mail = (await service.mails()).find(({ subject }) => subject.includes('Subscription Confirmation'));
  const link = /http:\S+\/sns\/confirmation\S+/.exec(mail?.text ?? '')?.[0];
  expect((await fetch(link ?? '')).status).toBe(200);
}
