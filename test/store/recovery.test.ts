import { PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { acceptMonth } from '../../functions/services/accept.ts';
import { evaluateAuthority } from '../../functions/services/evaluate.ts';
import { loadInspection } from '../../functions/services/inspections.ts';
import { mailedSince } from '../../functions/services/recovery.ts';
import { numberedFrom, readBoard, readBoardAsStored } from '../../functions/store/boards.ts';
import type { Item } from '../../functions/store/database.ts';
import { BOARD_KEY } from '../../functions/store/keys.ts';
import { markSent } from '../../functions/store/notices.ts';
import {
  faultsOfRecord,
  readWholeRecord,
  replaceWholeRecord,
  type WholeRecord,
} from '../../functions/store/recovery.ts';
import { INSPECTION, keepingLog, type Store, startStore } from '../support/store.ts';

const { authority } = INSPECTION;
const NOW = new Date('2011-10-05T09:00:00Z');

/** Another council, of which nothing is written whatever is done to the first. */
const NEIGHBOUR = 'elsewhere';

let store: Store;
let neighbour: WholeRecord;
beforeAll(async () => {
  store = await startStore();
  await loadInspection(store, { ...INSPECTION, authority: NEIGHBOUR, name: 'Elsewhere' });
  const to = { database: store, now: NOW, by: 'the test', log: keepingLog() };
  await acceptMonth(to, NEIGHBOUR, '2011-09', { observations: { 'referral-backlog': { count: 7 } } }, undefined);
  await evaluateAuthority(NEIGHBOUR, { ...to, smallNumbers: 'show', now: () => NOW });
  neighbour = await readWholeRecord(store, NEIGHBOUR);
});
afterEach(async () => {
  expect(await readWholeRecord(store, NEIGHBOUR)).toEqual(neighbour);
});
afterAll(() => store.end());

test('what is put back numbers its notices on from the highest that was ever used, however often it is put back', async () => {
  const to = { database: store, now: NOW, by: 'the test', log: keepingLog() };
  await acceptMonth(to, authority, '2011-09', { observations: { 'referral-backlog': { count: 9 } } }, undefined);
  await evaluateAuthority(authority, { ...to, smallNumbers: 'show', now: () => NOW });
  const record = await readWholeRecord(store, authority);
  expect((await readBoard(store, authority)).board?.lastNotice).toBe(1);

  // Five were mailed since, of which the record knows nothing.
  const board = record.alerts.find(({ sk }) => sk?.S === BOARD_KEY) ?? {};
  await store.client.send(new PutItemCommand({ TableName: store.tables.alerts, Item: numberedFrom(board, 6) }));
  await replaceWholeRecord(store, authority, record, NOW);
  await replaceWholeRecord(store, authority, record, NOW);
  expect((await readBoard(store, authority)).board?.lastNotice).toBe(6);
  const after = await readWholeRecord(store, authority);
  expect(after.submissions).toEqual(record.submissions);

  // A board that is worked out anew goes on from there, too.
  expect((await readBoardAsStored(store, authority)).lastNotice).toBe(6);
}, 30_000);

test('an item that cannot be stored is named before anything is taken away', async () => {
  const record = await readWholeRecord(store, authority);
  const [first, ...others] = record.submissions as [Item, ...Item[]];
  const month = JSON.parse(first.data?.S ?? '') as object;
  const faultsWith = (length: number) => {
    const large = { ...first, data: { S: JSON.stringify({ ...month, commentary: '\u20ac'.repeat(length) }) } };
    return faultsOfRecord(authority, { ...record, submissions: [large, ...others] }, NOW).map(({ detail }) => detail);
  };
  const tooLarge = expect.stringMatching(/is larger than the 400 KB that can be stored$/);
  expect(faultsWith(137_000)).toEqual([tooLarge]);
  expect(faultsWith(130_000)).not.toContainEqual(tooLarge);
}, 30_000);

test('a record without a board, put back where notices were numbered or with notices of its own, numbers on', async () => {
  const database = { database: store, now: NOW, log: keepingLog() };
  const record = await readWholeRecord(store, authority);
  const without = { ...record, alerts: record.alerts.filter(({ sk }) => sk?.S !== BOARD_KEY) };
  expect(without.alerts.some(({ sk }) => sk?.S === 'NOTICE#000001')).toBe(true);
  expect(faultsOfRecord(authority, without, NOW)).toEqual([]);
  await replaceWholeRecord(store, authority, without, NOW);
  expect((await readBoard(store, authority)).board).toMatchObject({ lastNotice: 6, alerts: {} });
  // The next notice is the seventh, and tells of what is raised.
  const evaluated = await evaluateAuthority(authority, { ...database, smallNumbers: 'show', now: () => NOW });
  expect(evaluated?.notice).toMatchObject({ number: 7 });
  expect(evaluated?.notice?.transitions.map(({ alert }) => alert)).toContain('referral-backlog');
}, 30_000);

test('a notice that was mailed since the record was taken is not mailed again', async () => {
  await evaluateAuthority(authority, { database: store, log: keepingLog(), smallNumbers: 'show', now: () => NOW });
  const record = await readWholeRecord(store, authority);
  const unsentIn = ({ alerts }: typeof record) => alerts.filter(({ unsent }) => unsent).map(({ sk }) => sk?.S);
  const [number = 0] = unsentIn(record).map((sk) => Number(sk?.slice('NOTICE#'.length)));
  expect(number).toBeGreaterThan(0);
  await markSent(store, { authority, number }, NOW);
  await replaceWholeRecord(store, authority, record, NOW);
  expect(unsentIn(await readWholeRecord(store, authority))).toEqual(unsentIn(record).slice(1));
}, 30_000);

test('what was mailed since a record was taken is named, and what it has is not', async () => {
  const to = { database: store, now: NOW, by: 'the test', log: keepingLog() };
  const record = await readWholeRecord(store, authority);
  await acceptMonth(to, authority, '2011-08', { observations: { 'closure-backlog': { count: 900 } } }, undefined);
  const { notice } = (await evaluateAuthority(authority, { ...to, smallNumbers: 'show', now: () => NOW })) ?? {};
  const number = notice?.number ?? 0;
  expect(await mailedSince(store, authority, record)).toEqual([]);
  await markSent(store, { authority, number }, NOW);
  expect((await mailedSince(store, authority, record)).map((mailed) => mailed.number)).toEqual([number]);
  expect(await mailedSince(store, authority, await readWholeRecord(store, authority))).toEqual([]);
}, 30_000);

test('an authority that is being put back is not made known by whoever loads an inspection meanwhile', async () => {
  const record = await readWholeRecord(store, authority);
  const loadBy = (database: typeof store) =>
    loadInspection(database, INSPECTION, { at: NOW.toISOString(), by: 'a deployment' });
  let loaded: Promise<unknown> | undefined;
  const client = new Proxy(store.client, {
    get: (target, name) =>
      name === 'send'
        ? async (command: unknown) => {
            // Halfway: what there was is gone, and nothing of the record is there.
            if (
              !loaded &&
              command instanceof TransactWriteItemsCommand &&
              JSON.stringify(command.input).includes('CURRENT#')
            ) {
              loaded = loadBy(store);
              await loaded.catch(() => undefined);
            }
            return target.send(command as never);
          }
        : Reflect.get(target, name),
  });
  await replaceWholeRecord({ ...store, client }, authority, record, NOW);
  await expect(loaded).rejects.toThrow(`a record of ${authority} is being put back: try again once "import" is done`);
  expect((await readWholeRecord(store, authority)).submissions).toEqual(record.submissions);
  await loadBy(store);
}, 30_000);
