import { afterAll, beforeAll, expect, test } from 'vitest';
import { acceptMonth } from '../../functions/services/accept.ts';
import { acknowledgeAlert, readAlerts } from '../../functions/services/alerts.ts';
import { evaluateAuthority } from '../../functions/services/evaluate.ts';
import { INSPECTION, keepingLog, type Store, startStore } from '../support/store.ts';

const AUTHORITY = INSPECTION.authority;
const NOW = new Date('2011-10-05T09:00:00Z');
const BY = 'the test';
const GIVEN = { author: 'A. Jones', note: 'Two more screeners from Monday.' };

let store: Store;
beforeAll(async () => {
  store = await startStore();
  const to = { database: store, now: NOW, by: BY, log: keepingLog() };
  await acceptMonth(to, AUTHORITY, '2011-09', { observations: { 'referral-backlog': { count: 9 } } }, undefined);
  await evaluateAuthority(AUTHORITY, { ...to, smallNumbers: 'show', now: () => NOW });
});
afterAll(() => store.end());

test('an alert that was taken in hand after the board was worked out is shown so at once', async () => {
  expect((await readAlerts(store, AUTHORITY)).board?.alerts['referral-backlog']?.acknowledgement).toBeUndefined();
  const later = new Date('2011-10-05T10:00:00Z');
  const acknowledged = await acknowledgeAlert(store, AUTHORITY, 'referral-backlog', GIVEN, { by: BY, now: later });
  expect(acknowledged).toMatchObject({ alert: 'referral-backlog', state: 'raised', acknowledgement: GIVEN });
  expect((await readAlerts(store, AUTHORITY)).board?.alerts['referral-backlog']?.acknowledgement).toMatchObject(GIVEN);
});

test.each([
  ['atlantis', 'referral-backlog', 'unknown-authority', 'no inspection is loaded for "atlantis"'],
  [AUTHORITY, 'nothing', 'not-found', 'no alert is called "nothing"'],
  [AUTHORITY, 'submission', 'conflict', 'submission is not raised at warning or above'],
])('of %s, %s cannot be taken in hand: %s', async (authority, alert, reason, message) => {
  const refused = acknowledgeAlert(store, authority, alert, GIVEN, { by: BY, now: NOW });
  await expect(refused).rejects.toMatchObject({ reason, message: expect.stringContaining(message) });
});
