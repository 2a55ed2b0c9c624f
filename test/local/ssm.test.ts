import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { AwsCall } from '../../local/gateway.ts';
import { PARAMETERS, serveParameters } from '../../local/ssm.ts';

const folder = mkdtempSync(join(tmpdir(), 'ssm-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, PARAMETERS);
const handle = serveParameters(path);

const call = (input: Record<string, unknown>, operation = 'GetParameter') => {
  const body = Buffer.from(JSON.stringify(input));
  const asked: AwsCall = { service: 'ssm', operation, functionId: 'local', headers: {}, body, input: () => input };
  const { status, body: answered } = handle(asked);
  return { status, ...(JSON.parse(String(answered)) as Record<string, unknown>) };
};
const Name = '/monitor/secret';

test('a parameter holds what the file says at that moment', () => {
  expect(call({ Name, WithDecryption: true })).toMatchObject({ status: 400, __type: 'ParameterNotFound' });
  for (const Value of ['one', 'another']) {
    writeFileSync(path, JSON.stringify({ [Name]: Value }));
    expect(call({ Name, WithDecryption: true })).toMatchObject({ status: 200, Parameter: { Name, Value } });
  }
});

test.each([
  [{ Name }, 'GetParameter', /WithDecryption/],
  [{ Name, WithDecryption: false }, 'GetParameter', /only reading with decryption is emulated/],
  [{ Name, WithDecryption: true, Policies: [] }, 'GetParameter', /Policies/],
  [{ Name, Value: 'x', Type: 'SecureString' }, 'PutParameter', /PutParameter is not emulated: only GetParameter is/],
  [{ Names: [Name] }, 'GetParameters', /GetParameters is not emulated/],
])('%j of %s is refused, as it is not emulated', (input, operation, why) => {
  expect(call(input, operation)).toMatchObject({
    status: 400,
    __type: 'UnsupportedOperation',
    message: expect.stringMatching(why),
  });
});
