import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authorityKey, OWN_NAMES_KEY } from '../../functions/store/keys.ts';
import { databaseOf } from '../../local/launch.ts';
import { type Caller, callerOf, type Neighbour, startNeighbour } from '../support/caller.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
let neighbour: Neighbour;
let call: Caller;
beforeAll(async () => {
  service = await startService();
  call = callerOf(service);
  neighbour = await startNeighbour(service);
});
afterAll(() => service.end());

const remember = (name: string, metric: string | null, field?: string) =>
  call('POST', '/names', { body: { name, metric, ...(field ? { field } : {}) } });
const send = (csv: string) => call('POST', '/submissions', { body: csv });

describe('a name of the authority’s own', () => {
  test('is understood once somebody said what it means, however it is spelt, until it is forgotten', async () => {
    const file = 'Month,Indicator,Num,Den\nAug-11,CP conf (15d),14,15\n';
    const refused = await send(file);
    expect([refused.status, refused.body.errors[0].detail]).toEqual([
      422,
      expect.stringContaining('no metric is called'),
    ]);
    const { body: remembered } = await remember('CP CONF 15d', 'conferences-on-time');
    expect(remembered).toMatchObject({ name: 'CP CONF 15d', metric: 'conferences-on-time', by: expect.any(String) });
    expect((await send(file)).body.submissions).toEqual([{ period: '2011-08', outcome: 'accepted', revision: 1 }]);
    // Said again it is the same, with who said it first.
    expect((await remember('CP CONF 15d', 'conferences-on-time')).body).toEqual(remembered);
    expect((await call('GET', '/names')).body).toEqual({ names: [remembered] });
    expect((await call('DELETE', `/names/${remembered.id}`)).status).toBe(204);
    expect((await call('DELETE', `/names/${remembered.id}`)).status).toBe(404);
    expect((await send(file)).status).toBe(422);
  });

  test('names one figure of a metric, or lines to leave out', async () => {
    await remember('ICPC in time', 'conferences-on-time', 'numerator');
    await remember('ICPC all', 'conferences-on-time', 'denominator');
    await remember('Agency staff', null);
    const file = 'Indicator,Apr-11\nICPC in time,12\nICPC all,16\nAgency staff,9\n';
    expect((await send(file)).body.submissions).toMatchObject([{ period: '2011-04', outcome: 'accepted' }]);
    const { body: month } = await call('GET', '/submissions/2011-04');
    expect(month.observations).toEqual({ 'conferences-on-time': { numerator: 12, denominator: 16 } });
  });

  test('never means another metric than the one that is called so', async () => {
    const { status, body } = await remember('Referral backlog', 'closure-backlog');
    expect([status, body.errors]).toEqual([
      422,
      [{ pointer: '#/name', detail: '"Referral backlog" is what Referral backlog is called, and stays so' }],
    ]);
    expect((await remember('x', 'nothing')).body.errors[0].detail).toBe('no metric is called "nothing"');
    expect((await remember('x', 'referral-backlog', 'value')).body.errors[0].detail).toBe(
      'a count has no value; it has count',
    );
    expect((await remember('x', null, 'value')).body.errors[0].detail).toBe('means nothing without a metric');
    expect((await remember(' - ', 'referral-backlog')).body.errors[0].detail).toBe('has no letter or digit');
  });

  test('is kept when two people say two at once', async () => {
    await Promise.all([remember('first of two', 'referral-backlog'), remember('second of two', 'closure-backlog')]);
    const { body } = await call('GET', '/names');
    expect(body.names.map(({ name }: any) => name)).toEqual(expect.arrayContaining(['first of two', 'second of two']));
  });

  test('that cannot be read is named, stays as it is stored, and keeps back no other', async () => {
    const { client, tables } = databaseOf(service);
    const Key = { pk: { S: authorityKey('herefordshire') }, sk: { S: OWN_NAMES_KEY } };
    const stored = async () =>
      JSON.parse((await client.send(new GetItemCommand({ TableName: tables.submissions, Key }))).Item?.data?.S ?? '');
    const before = await stored();
    const spoilt = { ...before.names[0], name: 'Spoilt', by: 5 };
    await client.send(
      new UpdateItemCommand({
        TableName: tables.submissions,
        Key,
        UpdateExpression: 'SET #data = :data',
        ExpressionAttributeNames: { '#data': 'data' },
        ExpressionAttributeValues: {
          ':data': { S: JSON.stringify({ ...before, names: [spoilt, ...before.names.slice(1)] }) },
        },
      }),
    );
    await remember('Third', 'referral-backlog');
    const { status, body } = await call('GET', '/names');
    expect([status, body.names.length, body.unreadable]).toEqual([
      200,
      before.names.length,
      [expect.objectContaining({ key: OWN_NAMES_KEY, kind: 'name', of: 'Spoilt' })],
    ]);
    expect((await stored()).names).toContainEqual(spoilt);
    expect((await send('Indicator,May-11\nThird,4\n')).status).toBe(200);
  });
});

test('nothing of it touches the other council', () => neighbour.untouched());
