import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { authoritiesToLookAt } from '../../functions/services/token-ends.ts';
import { createToken, listTokens, listTokensOf } from '../../functions/services/tokens.ts';
import { tokenKey } from '../../functions/store/keys.ts';
import { saveRecipient } from '../../functions/store/recipients.ts';
import { databaseOf } from '../../local/launch.ts';
import { createMemoryStore } from '../simulation/memory-store.ts';
import { AUTHORITY, type Service, startService } from '../support/service.ts';

/** Through the service as it is deployed: its permissions, its topics, its hourly run. */

let service: Service;
const CLOCK = '2011-10-15T09:00:00Z';
beforeAll(async () => {
  service = await startService({
    clock: CLOCK,
    context: { operations: 'basic', operationsEmail: 'operator@example.org' },
  });
});
afterAll(() => service?.end());

const recipients = `/v1/authorities/${AUTHORITY}/recipients`;
const inDays = (days: number): number => Math.floor(Date.parse(CLOCK) / 1000) + days * 24 * 60 * 60;

test('the end of a token is told once, two weeks before, to whoever may manage there and to whoever runs the service', async () => {
  const database = databaseOf(service);
  const grant = { scopes: ['submit' as const], authority: AUTHORITY };
  await createToken(database, { ...grant, label: 'analyst “evil”\nline', expires: inDays(13) });
  await createToken(database, { ...grant, label: 'later', expires: inDays(20) });
  await createToken(database, { ...grant, label: 'over', expires: inDays(-1) });
  await createToken(database, { ...grant, authority: '*', label: 'of all', expires: inDays(10) });
  const made = { at: new Date(CLOCK).toISOString(), by: 'somebody' };
  await createToken(database, { ...grant, label: 'for a week', expires: inDays(7), made });
  // What cannot be read keeps nothing back but itself.
  const Item = { pk: { S: tokenKey('0'.repeat(64)) }, authority: { S: AUTHORITY }, label: { S: 'broken' } };
  await database.client.send(new PutItemCommand({ TableName: database.tables.access, Item }));
  expect(await listTokensOf(database, AUTHORITY, new Date(CLOCK))).toMatchObject({ unreadable: ['0'.repeat(12)] });
  expect((await listTokens(database)).unreadable).toEqual(['0'.repeat(12)]);
  const [before = []] = [await service.mails()];
  await service.client.request('POST', recipients, { address: 'director@example.org', role: 'manage' });
  await service.client.request('POST', recipients, { address: 'looker@example.org' });
  for (const { text, to } of await service.mails())
    if (['looker@example.org', 'operator@example.org'].includes(to[0]?.address ?? '') && /confirm/.test(text))
      await fetch(/http:\S+\/sns\/confirmation\S+/.exec(text)?.[0] ?? '');
  await service.runSchedules();
  await service.runSchedules();
  const told = (await service.mails()).slice(before.length).filter(({ subject }) => subject.includes('token'));
  expect(told.map(({ subject, to }) => `${to[0]?.address}: ${subject}`).sort()).toEqual([
    'director@example.org: Herefordshire: the token "analyst "evil" line" ends on 28 October 2011',
    'operator@example.org: Herefordshire: the token "analyst "evil" line" ends on 28 October 2011',
    'operator@example.org: Inspection monitor: the token "of all" ends on 25 October 2011',
  ]);
  const mail = told.find(({ to }) => to[0]?.address === 'director@example.org');
  expect(mail?.text).toContain('of Herefordshire ends on 28 October 2011 at 10:00.');
  expect(mail?.text).toMatch(/\nhttp\S+\/authorities\/herefordshire\/tokens\n/);
});

test('whoever has too little time for the tokens of all authorities begins at others each hour, and has looked at all within a day', async () => {
  const names = Array.from({ length: 100 }, (_, index) => `council-${index}`);
  const store = createMemoryStore({ now: () => Date.parse(CLOCK) });
  const hears = Object.fromEntries(names.map((name) => [name, 'warning' as const]));
  await saveRecipient(store, undefined, { id: 'r'.repeat(12), address: 'a@example.org', hears, requestedAt: CLOCK });
  const inHour = (hour: number) =>
    authoritiesToLookAt({ database: store }, new Date(Date.parse(CLOCK) + hour * 60 * 60 * 1000));
  expect((await inHour(0)).toSorted()).toEqual(['*', ...names].toSorted());
  const looked = await Promise.all(Array.from({ length: 24 }, (_, hour) => inHour(hour)));
  expect(new Set(looked.flatMap((all) => all.slice(0, 5))).size).toBe(101);
});
