import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FIELDS, SCHEMAS } from '../../functions/http/fields.ts';
import { ROUTES, XLSX } from '../../functions/http/routes.ts';
import { checkAnswer, description, type Operation } from '../support/described.ts';
import { type Service, startService } from '../support/service.ts';
import { aWorkbook } from '../support/workbook.ts';

/** What the document has no example of, as it is no text. */
const WORKBOOK = aWorkbook({
  Return: [
    ['Month', 'Measure', 'Count'],
    ['2011-04', 'Referral backlog', 3],
  ],
});

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

test('puts every operation under one of its tags', () => {
  const tags = description.tags.map(({ name }) => name);
  const used = Object.values(description.paths).flatMap((methods) => Object.values(methods).map(({ tags }) => tags));
  expect(used.filter((own) => own.length !== 1 || !tags.includes(own[0] ?? ''))).toEqual([]);
  expect(new Set(used.flat())).toEqual(new Set(tags));
});

test('says of every field what it means, and has no words that no field or schema needs', () => {
  const without: string[] = [];
  const needed = new Set<string>();
  const visit = (schema: any, path: readonly string[]): void => {
    for (const [name, field] of Object.entries<any>(schema.properties ?? {})) {
      const here = [...path, name];
      const key = [here.join('.'), name].find((candidate) => FIELDS[candidate]);
      if (key) needed.add(key);
      if (!field.description) without.push(here.join('.'));
      visit(field, here);
    }
    for (const inner of [schema.items, schema.additionalProperties, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])])
      if (typeof inner === 'object') visit(inner, path);
  };
  for (const [name, schema] of Object.entries(description.components.schemas)) visit(schema, [name]);
  expect(without, 'add them to functions/http/fields.ts').toEqual([]);
  expect(Object.keys(FIELDS).filter((key) => !needed.has(key))).toEqual([]);
  expect(Object.keys(SCHEMAS).filter((name) => !(name in description.components.schemas))).toEqual([]);
});

test('calls whoever says something its author', () => {
  const fields = (name: string) =>
    Object.keys((description.components.schemas[name] as { properties: object }).properties);
  for (const schema of [
    'NewStandard',
    'NewAcknowledgement',
    'NewProgress',
    'LocalStandard',
    'Acknowledgement',
    'Progress',
  ])
    expect(fields(schema), schema).toContain('author');
  const named = Object.keys(description.components.schemas).filter((name) => {
    const { properties = {} } = description.components.schemas[name] as { properties?: Record<string, any> };
    return 'name' in properties;
  });
  // There it is the name of the authority, or one in its files.
  expect(named).toEqual([
    ...['NewOwnName', 'NewInspection', 'NewSettings', 'Authority'],
    ...['OwnName', 'Inspection', 'Notice'],
  ]);
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
    // What is acknowledged has to be judged first, and what is mailed or removed confirmed.
    await service.idle();
    if (path.includes('{recipient}')) await confirmSubscription();
    // What was sent is named by when it was.
    const place = path.endsWith('{receipt}') ? await pathOfReceipt() : filled(path, operation);
    const response = await fetch(service.api + place, {
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
      ...(type === XLSX ? { body: new Uint8Array(WORKBOOK) } : {}),
      ...(example === undefined ? {} : { body: typeof example === 'string' ? example : JSON.stringify(example) }),
    });
    const text = await response.text();
    expect(response.ok, text).toBe(true);
    checkAnswer(method, place, response.status, response.headers.get('content-type'), text);
  });
});

function filled(path: string, { parameters = [] }: Operation): string {
  return path.replace(/\{(\w+)\}/g, (_, name) => {
    const example = parameters.find((parameter) => parameter.in === 'path' && parameter.name === name)?.example;
    return encodeURIComponent(example ?? '');
  });
}

async function pathOfReceipt(): Promise<string> {
  const { submissions } = await service.get('/submissions');
  return `/v1/authorities/herefordshire/receipts/${encodeURIComponent(submissions[0].submittedAt)}`;
}

async function confirmSubscription(): Promise<void> {
  const mail = (await service.mails()).find(({ subject }) => subject.includes('Subscription Confirmation'));
  const link = /http:\S+\/sns\/confirmation\S+/.exec(mail?.text ?? '')?.[0];
  expect((await fetch(link ?? '')).status).toBe(200);
}
