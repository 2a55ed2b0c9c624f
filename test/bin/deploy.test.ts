import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parseSettings, spellSettings } from '../../lib/settings.ts';

/** `npm run deploy` against something that answers for AWS: what it asks, what it refuses, and that it starts the CDK. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The stack's outputs; undefined where there is no stack. */
let outputs: Record<string, string> | undefined;
let figures = 0;
let asked: string[] = [];
let aws: Server;
beforeAll(async () => {
  aws = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    const action = form.get('Action') ?? String(request.headers['x-amz-target'] ?? request.url);
    asked.push(action);
    const { status, body } = answer(action);
    response.writeHead(status, { 'content-type': body.startsWith('{') ? 'application/x-amz-json-1.0' : 'text/xml' });
    response.end(body);
  });
  await new Promise<void>((listening) => aws.listen(0, '127.0.0.1', listening));
});
afterAll(() => aws.close());
beforeEach(() => {
  outputs = undefined;
  figures = 0;
  asked = [];
});

const fault = (code: string, message: string) => ({
  status: 400,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
});

function answer(action: string): { status: number; body: string } {
  if (action.endsWith('.Scan')) return { status: 200, body: JSON.stringify({ Count: figures, ScannedCount: figures }) };
  if (action !== 'DescribeStacks') return fault('AccessDenied', 'this is not AWS');
  if (!outputs) return fault('ValidationError', 'Stack with id X does not exist');
  const members = Object.entries(outputs).map(
    ([key, value]) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>${value.replaceAll('"', '&quot;')}</OutputValue></member>`,
  );
  return {
    status: 200,
    body: `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>X</StackName><StackStatus>UPDATE_COMPLETE</StackStatus><Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
  };
}

function deploy(...args: string[]): Promise<{ code: number; said: string }> {
  const endpoint = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
  const env = {
    PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`,
    HOME: '/nonexistent',
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'eu-west-2',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    CI: 'true',
  };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(ROOT, 'bin/deploy.ts'), ...args],
      { env: env as unknown as NodeJS.ProcessEnv, cwd: ROOT },
      (failure, stdout, stderr) => resolve({ code: failure ? Number(failure.code) : 0, said: stdout + stderr }),
    );
    child.stdin?.end();
  });
}

const stackWith = (given: Record<string, unknown>) => ({
  Settings: JSON.stringify(spellSettings(parseSettings(given))),
  SubmissionsTable: 'Submissions',
});

test('every fault of the settings is named before AWS is asked anything', async () => {
  const { code, said } = await deploy('-c', 'alertEmial=a@example.org', '-c', 'retain=perhaps');
  expect(code).toBe(1);
  expect(said).toContain('alertEmial: there is no such setting; the nearest is alertEmail');
  expect(said).toContain('retain: must be true or false; got "perhaps"');
  expect(asked).toEqual([]);
});

test('a new stack is not deployed before it is said who hears of it', async () => {
  const { code, said } = await deploy('-c', 'operationsEmail=engineer@example.org');
  expect(code).toBe(1);
  expect(said).toContain(
    'The stack InspectionMonitor is new, and these settings are missing:\n  alertEmail: Who hears',
  );
  expect(said).toContain('Add -c alertEmail=…');
  expect(asked).toEqual(['DescribeStacks']);
});

test('what would be taken away is shown, and not deployed unless it is confirmed', async () => {
  outputs = stackWith({ alertEmail: 'director@example.org' });
  figures = 1;
  const { code, said } = await deploy(
    '-c',
    'alertEmail=other@example.org',
    '-c',
    'retain=false',
    '-c',
    'confirm=alertEmail',
  );
  expect(code).toBe(1);
  expect(said).toContain('alertEmail: director@example.org is no longer mailed about herefordshire.');
  expect(said).toMatch(/retain: The tables lose their protection: .*There are figures in them\./);
  expect(said).toContain('Nothing was deployed. If that is what you mean, add -c confirm=retain');
  expect(asked).toEqual(['DescribeStacks', 'DynamoDB_20120810.Scan']);
});

test('a stack that says nothing of its settings is left alone', async () => {
  outputs = { Other: 'thing' };
  const { code, said } = await deploy();
  expect([code, said]).toEqual([1, expect.stringMatching(/The stack InspectionMonitor does not list its settings/)]);
});

test("the project's own CDK is started, with what is deployed kept, and its failure is this one's", async () => {
  outputs = stackWith({ alertEmail: 'director@example.org', operations: 'basic', stack: 'Trial' });
  // In place of the app, which takes seconds: it shows what it is told, and fails.
  const app = 'node -p process.env.CDK_CONTEXT_JSON && exit 3';
  const { code, said } = await deploy('-c', 'stack=Trial', '--app', app);
  expect(said).toContain('The stack Trial is deployed. It will have:');
  const told = JSON.parse(/^\{.*\}$/m.exec(said)?.[0] ?? '{}');
  expect(told).toMatchObject({
    alertEmail: 'director@example.org',
    operations: 'basic',
    stack: 'Trial',
    retain: 'true',
  });
  expect(said).toContain('exited with error 3');
  expect(code).toBe(1);
}, 60_000);
