import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resendNotice } from '../../functions/services/notices.ts';
import { readBoard } from '../../functions/store/boards.ts';
import { AT_ONCE, dueMark } from '../../functions/store/due-marks.ts';
import { authorityKey, currentKey, noticeKey, unsentKey } from '../../functions/store/keys.ts';
import { CLOCK, dynamodbOf, functionOf, startWorld, verify, type World } from './world.ts';

/** Records of a stream that come twice, in another order, or cannot be understood. */

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.remove());

const ORDERS = 40;

/** A stream event as Lambda gives it to a function, for these keys in this order. */
const eventOf = (keys: readonly (readonly [pk: string, sk: string])[]) => ({
  Records: keys.map(([pk, sk], index) => ({
    eventID: String(index),
    eventName: 'MODIFY',
    eventSource: 'aws:dynamodb',
    dynamodb: { Keys: { pk: { S: pk }, sk: { S: sk } }, SequenceNumber: String(1000 + index) },
  })),
});
const functionId = (name: string): string => functionOf(world, name);

test(`stream records doubled and in ${ORDERS} other orders change nothing and mail nothing`, async () => {
  const authorities = ['first', 'second', 'third'];
  const periods = ['2011-01', '2011-02', '2011-03'];
  const accepted = new Map<string, Awaited<ReturnType<World['submit']>>[]>();
  for (const [index, authority] of authorities.entries()) {
    await world.load(authority);
    const months = [];
    for (const period of periods) months.push(await world.submit(authority, period, 20 + 10 * index, 50));
    accepted.set(authority, months);
  }
  await world.instance.idle();
  const before = new Map(world.published);
  expect(before.size).toBeGreaterThan(0);

  const keys = authorities.flatMap((authority) =>
    periods.map((period) => [authorityKey(authority), currentKey(period)] as const),
  );
  const notices = [...before.keys()].map((key) => {
    const [authority = '', number] = key.split(' ');
    return [authorityKey(authority), noticeKey(Number(number))] as const;
  });
  const twice = <T>(items: readonly T[]) =>
    fc.shuffledSubarray([...items, ...items], { minLength: 1, maxLength: 2 * items.length });
  await fc.assert(
    fc.asyncProperty(twice(keys), twice(notices), async (changed, sent) => {
      const [evaluated, notified] = await Promise.all([
        world.instance.invoke(functionId('Evaluate'), eventOf(changed)),
        world.instance.invoke(functionId('Notify'), eventOf(sent)),
      ]);
      expect([evaluated, notified]).toEqual([{ batchItemFailures: [] }, { batchItemFailures: [] }]);
    }),
    { numRuns: ORDERS, seed: 20101022 },
  );
  await world.instance.idle();
  expect(world.published).toEqual(before);
  for (const authority of authorities) await verify(world, authority, accepted.get(authority) ?? []);
});

test('a record that arrives before the one it follows is judged with what there is, and again when that comes', async () => {
  await world.load('reordered');
  const march = await world.submit('reordered', '2011-03', 20, 50);
  await world.instance.idle();
  const january = await world.submit('reordered', '2011-01', 20, 50);
  const february = await world.submit('reordered', '2011-02', 20, 50);
  await world.instance.idle();
  const notices = await verify(world, 'reordered', [january, february, march]);
  expect(notices[0]?.transitions.map(({ transition, since }) => [transition, since])).toEqual([['raised', '2011-03']]);
});

describe('a poison record among good ones', () => {
  const names = ['before-poison', 'poison', 'behind-poison'] as const;
  /** Overwrites a month with what no program of ours would have written. */
  const poison = (pk: string, sk: string, table: string, attributes = {}) =>
    dynamodbOf(world.instance).send(
      new PutItemCommand({
        TableName: table,
        Item: { pk: { S: pk }, sk: { S: sk }, data: { S: '{"period": tru' }, revision: { N: '9' }, ...attributes },
      }),
    );

  test('of figures: it is set aside, the others are judged at once, and the hourly run names it', async () => {
    for (const name of names) await world.load(name);
    const first = world.submit(names[0], '2011-03', 20, 50);
    await poison(authorityKey('poison'), currentKey('2011-03'), world.database.tables.submissions);
    const last = world.submit(names[2], '2011-03', 20, 50);
    const accepted = await Promise.all([first, last]);
    await world.instance.idle();
    expect(await world.deadLetters()).toEqual({});
    expect((await readBoard(world.database, 'poison')).setAside).toMatchObject({ reason: 'incomplete' });
    await expect(world.instance.invoke(functionId('Evaluate'), { hourly: true })).rejects.toThrow(
      /1 of the due authorities could not be evaluated: poison/,
    );
    expect((await verify(world, names[0], [accepted[0]])).length).toBe(1);
    expect((await verify(world, names[2], [accepted[1]])).length).toBe(1);
  });

  test('of notices: the hourly run sends the others, fails for this one, and measures how long it waits', async () => {
    await world.load('other');
    await poison(authorityKey('poisoned-notice'), noticeKey(1), world.database.tables.alerts, {
      unsent: { S: 'UNSENT' },
      createdAt: { S: CLOCK },
    });
    const accepted = await world.submit('other', '2011-03', 20, 50);
    await world.instance.idle();
    expect(await world.deadLetters()).toEqual({});

    await world.restart('2011-05-06T12:00:00Z');
    const lines = world.log.length;
    await expect(world.instance.invoke(functionId('Notify'), { hourly: true })).rejects.toThrow(
      /1 of \d unsent notices could not be sent/,
    );
    await world.instance.idle();
    expect((await verify(world, 'other', [accepted])).length).toBe(1);
    const measured = world.log.slice(lines).flatMap(({ message }) => {
      const line = message.startsWith('{"_aws"') ? JSON.parse(message) : {};
      return line.OldestUnsentNotice ?? [];
    });
    expect(Math.min(...measured)).toBeGreaterThanOrEqual(3 * 3600);
  });
});

describe('more than one hourly run works through', () => {
  const MANY = 101;
  const many = Array.from({ length: MANY }, (_, at) => `many-${at}`);
  const change = (command: 'put' | 'delete', items: readonly Record<string, { S: string }>[]) =>
    Promise.all(
      items.map(({ pk, sk, ...rest }) => {
        const TableName = world.database.tables.alerts;
        const Key = { pk, sk } as Record<string, { S: string }>;
        return command === 'put'
          ? dynamodbOf(world.instance).send(new PutItemCommand({ TableName, Item: { ...Key, ...rest } }))
          : dynamodbOf(world.instance).send(new DeleteItemCommand({ TableName, Key }));
      }),
    );
  /** How often functions logged this. */
  const said = (message: string, fields: object = {}) =>
    world.log.filter((line) => {
      const logged = line.message.startsWith('{') ? JSON.parse(line.message) : {};
      return logged.message === message && Object.entries(fields).every(([name, value]) => logged[name] === value);
    }).length;

  test('is judged by others like it, from the queue', async () => {
    await world.load('among-many');
    const accepted = await world.submit('among-many', '2011-03', 20, 50);
    await world.instance.idle();
    const before = said('authority evaluated', { authority: 'among-many' });
    const marks = [...many, 'among-many'].map((name) => dueMark(name, AT_ONCE) as Record<string, { S: string }>);
    await change('put', marks);
    await world.instance.invoke(functionId('Evaluate'), { hourly: true });
    await world.instance.idle();
    await change('delete', marks.slice(0, MANY));
    expect(said('due authorities queued')).toBe(1);
    expect(said('authority evaluated', { authority: 'among-many' })).toBe(before + 1);
    expect((await readBoard(world.database, 'among-many')).dueAt).not.toBe(AT_ONCE.toISOString());
    expect((await verify(world, 'among-many', [accepted])).length).toBe(1);
    expect(await world.deadLetters()).toEqual({});
  });

  test('is sent by others like it, and what cannot be read keeps back no other', async () => {
    await world.load('sent-among-many');
    const accepted = await world.submit('sent-among-many', '2011-03', 20, 50);
    await world.instance.idle();
    await resendNotice(world.database, { authority: 'sent-among-many', number: 1 });
    const unreadable = many.map((name) => ({
      ...{ pk: { S: authorityKey(name) }, sk: { S: noticeKey(1) }, data: { S: '{"number": tru' } },
      ...{ unsent: { S: unsentKey(name) }, createdAt: { S: CLOCK } },
    }));
    await change('put', unreadable);
    await world.instance.idle();
    await world.restart('2011-05-06T15:00:00Z');
    await world.instance.invoke(functionId('Notify'), { hourly: true });
    await world.instance.idle();
    await change('delete', unreadable);
    // The schedule's own run, which fell due meanwhile, did so too.
    expect(said('unsent notices queued')).toBeGreaterThanOrEqual(1);
    expect(world.published.get('sent-among-many 1')).toBe(2);
    expect((await verify(world, 'sent-among-many', [accepted])).length).toBe(1);
  });
});
