import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AwsCall, type AwsReply, awsError } from '../../local/gateway.ts';
import { startWorld, verify, type World } from './world.ts';

/** AWS itself refuses, for a while or now and then. */

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.remove());

type Month = Awaited<ReturnType<World['submit']>>;

/** Submits a good month, a bad one and its correction for each authority at once; returns what was accepted. */
async function tell(authorities: readonly string[]): Promise<Map<string, Month[]>> {
  const accepted = await Promise.all(
    authorities.map(async (authority) => {
      const months = [await world.submit(authority, '2011-02', 45, 50)];
      months.push(await world.submit(authority, '2011-03', 20, 50));
      months.push(await world.submit(authority, '2011-03', 22, 50));
      return [authority, months] as const;
    }),
  );
  return new Map(accepted);
}

/** The same "random" numbers in every run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const throttled = (call: AwsCall): AwsReply =>
  awsError(
    call,
    400,
    'ProvisionedThroughputExceededException',
    'The level of configured provisioned throughput for the table was exceeded',
  );

describe('DynamoDB throttles', () => {
  test.each([{ percent: 10 }, { percent: 30 }])(
    '$percent in 100 calls of functions: nothing is lost',
    async ({ percent }) => {
      const authorities = Array.from({ length: 5 }, (_, index) => `throttled-${percent}-${index}`);
      for (const authority of authorities) await world.load(authority);
      const random = randomFrom(percent);
      let refused = 0;
      world.fault = async (call, forward) => {
        if (call.service !== 'dynamodb' || random() * 100 >= percent) return forward();
        refused++;
        return throttled(call);
      };
      const accepted = await tell(authorities);
      await world.instance.idle();
      world.fault = undefined;
      await world.instance.runSchedules();
      await world.instance.idle();
      expect(refused).toBeGreaterThan(10);
      for (const [authority, months] of accepted) await verify(world, authority, months);
      expect(await world.deadLetters()).toEqual({});
    },
  );

  test('everything for three seconds: what was sent is accepted afterwards, and judged', async () => {
    const authorities = ['outage-1', 'outage-2', 'outage-3'];
    for (const authority of authorities) await world.load(authority);
    const until = Date.now() + 3000;
    world.fault = async (call, forward) =>
      call.service === 'dynamodb' && Date.now() < until ? throttled(call) : forward();
    const accepted = await tell(authorities);
    world.fault = undefined;
    await world.instance.idle();
    for (const [authority, months] of accepted) await verify(world, authority, months);
  });
});

describe('a transaction is cancelled', () => {
  const cancelled = (call: AwsCall, code: string): AwsReply => {
    const reasons = (call.input().TransactItems as unknown[]).map((_, index) => ({
      Code: index === 0 ? code : 'None',
      ...(index === 0 ? { Message: 'Transaction is ongoing for the item' } : {}),
    }));
    return {
      status: 400,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: JSON.stringify({
        __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
        message: 'Transaction cancelled, please refer cancellation reasons for specific reasons',
        CancellationReasons: reasons,
      }),
    };
  };
  const cases = ['Submit', 'Evaluate'].flatMap((name) =>
    ['TransactionConflict', 'ThrottlingError'].flatMap((code) =>
      [1, 2, 7, 8, 20].map((times) => ({ name, code, times })),
    ),
  );

  test.each(cases)('of $name, $times times in a row ($code): it gets through in the end', async (each) => {
    const { name, code, times } = each;
    const authority = `cancelled-${name}-${code}-${times}`.toLowerCase();
    await world.load(authority);
    let left = times;
    world.fault = async (call, forward) => {
      if (left === 0 || call.operation !== 'TransactWriteItems' || !call.functionId.startsWith(name)) return forward();
      left--;
      return cancelled(call, code);
    };
    const accepted = await tell([authority]);
    await world.instance.idle();
    world.fault = undefined;
    expect(left).toBe(0);
    await verify(world, authority, accepted.get(authority) ?? []);
    expect(await world.deadLetters()).toEqual({});
  });
});

test('SNS fails for hours: no notice is lost, its age is measured, and the hourly run sends it when SNS is back', async () => {
  const authorities = ['sns-1', 'sns-2', 'sns-3'];
  for (const authority of authorities) await world.load(authority);
  const down = async (call: AwsCall, forward: () => Promise<AwsReply>) =>
    call.operation === 'Publish' ? awsError(call, 500, 'InternalError', 'SNS is unwell') : forward();
  world.fault = down;
  const accepted = await tell(authorities);
  await world.instance.idle();
  expect([...world.published.keys()].filter((key) => key.startsWith('sns-'))).toEqual([]);
  expect(Object.keys(await world.deadLetters())).toEqual(['NewNoticesDeadLetters']);

  await world.restart('2011-05-06T12:00:00Z');
  const lines = world.log.length;
  await expect(world.instance.runSchedules()).rejects.toThrow(/unsent notices could not be sent/);
  const ages = world.log.slice(lines).flatMap(({ message }) => {
    const line = message.startsWith('{"_aws"') ? JSON.parse(message) : {};
    return (line.OldestUnsentNotice as number | undefined) ?? [];
  });
  // What fell due while the service was down is made up for at its start, and goes on beside.
  await world.instance.idle();
  expect(Math.min(...ages), 'the alarm notices-unsent has something to go by').toBeGreaterThan(7200);

  world.fault = undefined;
  await world.instance.runSchedules();
  await world.instance.idle();
  for (const [authority, months] of accepted) await verify(world, authority, months);
  for (const [key, times] of world.published) if (key.startsWith('sns-')) expect([key, times]).toEqual([key, 1]);
});
