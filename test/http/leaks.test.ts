import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { type AwsCall, awsError, type Intercept } from '../../local/gateway.ts';
import { type Caller, callerOf } from '../support/caller.ts';
import { type Service, startService } from '../support/service.ts';

/** What AWS answers in place of the service, where a test wants it to. */
let failing: ((call: AwsCall) => ReturnType<typeof awsError> | undefined) | undefined;
const intercept: Intercept = async (call, forward) => failing?.(call) ?? forward();

let service: Service;
let call: Caller;
beforeAll(async () => {
  service = await startService({ intercept });
  call = callerOf(service);
});
afterEach(() => {
  failing = undefined;
});
afterAll(() => service.end());

const ADDRESS = 'somebody.in.particular@example.org';

test.each([
  [
    'a table that is gone',
    'GET',
    '/alerts',
    undefined,
    (failed: AwsCall) =>
      failed.operation === 'Query'
        ? awsError(
            failed,
            400,
            'ResourceNotFoundException',
            `Requested resource not found: Table: ${service.resources.outputs.AlertsTable} not found`,
          )
        : undefined,
  ],
  [
    'a permission that is missing',
    'PUT',
    '/submissions/2011-08',
    { observations: { 'referral-backlog': { count: 1 } } },
    (failed: AwsCall) =>
      failed.operation === 'TransactWriteItems'
        ? awsError(
            failed,
            400,
            'AccessDeniedException',
            `User: arn:aws:sts::1:assumed-role/x is not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:eu-west-2:1:table/${service.resources.outputs.SubmissionsTable} with ${service.token}`,
          )
        : undefined,
  ],
  [
    'an address that SNS stumbles over',
    'POST',
    '/recipients',
    { address: ADDRESS },
    (failed: AwsCall) =>
      failed.operation === 'Subscribe'
        ? awsError(failed, 400, 'AuthorizationError', `cannot subscribe ${ADDRESS}`)
        : undefined,
  ],
])(
  '%s is one short problem to the caller, and neither it nor the log tells more than is good',
  async (_, method, path, body, fail) => {
    const before = logOf(service).length;
    failing = fail;
    const { status, text, body: problem } = await call(method, path, { body });
    expect([status, problem]).toEqual([
      500,
      {
        type: 'urn:inspection-monitor:problem:internal',
        title: 'internal',
        status: 500,
        detail: 'something went wrong here; try again, and tell the operator if it stays',
      },
    ]);
    failing = undefined;
    // The log is written while the answer is on its way.
    const logged = await vi.waitFor(() => {
      const written = logOf(service).slice(before);
      expect(written).toContain('request failed');
      expect(written).toContain('request refused');
      return written;
    }, 20_000);
    for (const secret of [
      service.token,
      ADDRESS,
      ...Object.values(service.resources.tables),
      'arn:aws:dynamodb',
      'arn:aws:sts',
    ])
      for (const said of [text, logged]) expect(said).not.toContain(secret);
    // One place to look at in each line, and no stack.
    const places = logged.split('\n').map((line) => (line.match(/\bat (?:async )?[\w.$]+ \(/g) ?? []).length);
    expect(Math.max(...places)).toBe(1);
  },
);

const logOf = ({ dataDir }: Service): string => readFileSync(join(dataDir, 'functions.log'), 'utf8');
