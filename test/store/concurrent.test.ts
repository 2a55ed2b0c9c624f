import { type BatchGetItemCommandInput, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Acknowledgement, Board } from '../../functions/domain/board.ts';
import type { Notice } from '../../functions/domain/notice-contents.ts';
import { newPerson } from '../../functions/domain/person.ts';
import type { Recipient } from '../../functions/domain/recipient.ts';
import { reconcile } from '../../functions/domain/reconcile.ts';
import type { Month } from '../../functions/domain/submission.ts';
import { loadInspection } from '../../functions/services/inspections.ts';
import {
  claimEnd,
  createToken,
  idOfToken,
  keepTokenOf,
  listEndingTokens,
  listTokens,
  listTokensOf,
  markEndTold,
  readGrant,
  revokeToken,
  revokeTokenOf,
} from '../../functions/store/access.ts';
import { AcknowledgementChangedError, saveAcknowledgement } from '../../functions/store/acknowledgements.ts';
import {
  BoardChangedError,
  lastNoticeOf,
  numberedFrom,
  readBoard,
  readBoardAsStored,
  readStoredBoard,
  replaceBoard,
  saveBoard,
} from '../../functions/store/boards.ts';
import { type Item, itemOf, UnreadableItemError } from '../../functions/store/database.ts';
import { listDue, saveDueMark, saveSetAside } from '../../functions/store/due-marks.ts';
import { readInspection } from '../../functions/store/inspections.ts';
import { authorityKey, BOARD_KEY, currentKey, recipientId, revisionKey } from '../../functions/store/keys.ts';
import {
  claimNotice,
  countUnsent,
  lastNoticeIn,
  listUnsent,
  mailedIn,
  markSent,
  markUnsent,
  readNotices,
  readUnsent,
  readUnsentInTurn,
  releaseNotice,
} from '../../functions/store/notices.ts';
import { readOwnNames, saveOwnNames } from '../../functions/store/own-names.ts';
import { PersonChangedError, readPerson, readPersonOrNew, savePerson } from '../../functions/store/people.ts';
import {
  deleteRecipient,
  readRecipient,
  readRecipientAsStored,
  readRecipients,
  saveRecipient,
} from '../../functions/store/recipients.ts';
import { readRecord, revisedSince } from '../../functions/store/records.ts';
import {
  MonthChangedError,
  readMonth,
  readMonths,
  readMonthsBetween,
  readNewestRevisions,
  readRevisions,
  readSuperseded,
  saveMonths,
} from '../../functions/store/submissions.ts';
import seed from '../../seed/herefordshire-2010.json' with { type: 'json' };
import { createMemoryStore, type MemoryStore } from '../simulation/memory-store.ts';
import { aMetric, aRecord, BANK_HOLIDAYS, month, months } from '../support/build.ts';

/**
 * What is kept when several write at once, over the simulation's store with every read that may lag behind as far behind as it may
 * be: what decides is read as it stands, and whoever was slower writes nothing and is told so.
 */
const AUTHORITY = 'herefordshire';
const NOW = new Date('2011-10-05T09:00:00Z');
const LATER = new Date('2011-10-05T10:00:00Z');

let store: MemoryStore;
/** Whether reads lag: an index is always read late, and what is listed by one is looked for once it has come. */
let lag: number;
beforeEach(() => {
  lag = 64;
  store = createMemoryStore({ now: () => NOW.getTime(), lag: () => lag });
});
const settled = <T>(read: () => Promise<T>): Promise<T> => {
  lag = 0;
  return read();
};
const put = (table: 'alerts' | 'submissions' | 'access', item: Item) =>
  store.client.send(new PutItemCommand({ TableName: store.tables[table], Item: item }));
const spoil = (table: 'alerts' | 'submissions' | 'access', item: Item | undefined) =>
  put(table, { ...item, data: { S: '{' } });

const figures = (period: string, revision = 1, value = 20): Month =>
  month(period, { 'average-caseload': { value } }, { revision });
const save = (...all: Month[]) => saveMonths(store, AUTHORITY, all, NOW);

describe('months', () => {
  test('are read as they stand, one, all, some, and revision by revision', async () => {
    await save(figures('2011-07'), figures('2011-08'));
    await save(figures('2011-08', 2, 30));
    await save(figures('2011-08', 3, 40));
    expect(await readMonth(store, AUTHORITY, '2011-08')).toEqual(figures('2011-08', 3, 40));
    expect(await readMonth(store, AUTHORITY, '2011-09')).toBeUndefined();
    expect(await readMonths(store, AUTHORITY)).toEqual([figures('2011-07'), figures('2011-08', 3, 40)]);
    const between = (from: string, to: string, limit?: number) =>
      readMonthsBetween(store, AUTHORITY, { from, to, ...(limit ? { limit } : {}) });
    expect(await between('2011-08', '2011-09')).toEqual({ months: [figures('2011-08', 3, 40)], more: false });
    expect(await between('2011-01', '2011-09', 1)).toEqual({ months: [figures('2011-07')], more: true });
    expect(await readRevisions(store, AUTHORITY, '2011-08', { after: 1, limit: 1 })).toEqual({
      ...{ revisions: [figures('2011-08', 2, 30)], more: true },
    });
    expect(await readRevisions(store, AUTHORITY, '2011-08', { after: 2, limit: 5 })).toEqual({
      ...{ revisions: [figures('2011-08', 3, 40)], more: false },
    });
    expect((await readNewestRevisions(store, AUTHORITY, '2011-08', 2)).map(({ revision }) => revision)).toEqual([2, 3]);
  });

  test('are all written or none, and the one is named that somebody else was faster with', async () => {
    await save(figures('2011-07'), figures('2011-08'));
    const refused = save(figures('2011-07', 2), figures('2011-08'), figures('2011-09'));
    await expect(refused).rejects.toThrow(new MonthChangedError('2011-08'));
    await expect(refused).rejects.toMatchObject({ name: 'MonthChangedError', period: '2011-08' });
    await expect(refused).rejects.toThrow('2011-08 was revised by somebody else meanwhile; read it again');
    await expect(save(figures('2011-08', 3))).rejects.toThrow(MonthChangedError);
    expect(await readMonths(store, AUTHORITY)).toEqual([figures('2011-07'), figures('2011-08')]);
    // No revision is ever overwritten, whatever the month says.
    await put('submissions', itemOf(authorityKey(AUTHORITY), revisionKey('2011-08', 2), figures('2011-08', 2, 9)));
    await expect(save(figures('2011-08', 2))).rejects.toThrow(MonthChangedError);
  });

  test('that cannot be read are there without their figures, by their key and revision', async () => {
    await spoil('submissions', {
      ...{ pk: { S: authorityKey(AUTHORITY) }, sk: { S: currentKey('2011-08') }, revision: { N: '4' } },
    });
    await spoil('submissions', { pk: { S: authorityKey(AUTHORITY) }, sk: { S: currentKey('2011-09') } });
    const lost = { status: 'final', observations: {}, submittedAt: '1970-01-01T00:00:00.000Z' };
    expect(await readMonths(store, AUTHORITY)).toMatchObject([
      { period: '2011-08', revision: 4, ...lost, unreadable: { kind: 'month', of: '2011-08' } },
      { period: '2011-09', revision: 1, ...lost },
    ]);
  });

  test('that were superseded are read a hundred at a time, and again where an answer was in part', async () => {
    const periods = Array.from(
      { length: 130 },
      (_, i) => `${1990 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, '0')}`,
    );
    for (let at = 0; at < periods.length; at += 40)
      await save(...periods.slice(at, at + 40).map((each) => figures(each)));
    const asked: number[] = [];
    const client = {
      async send(command: { input: BatchGetItemCommandInput }) {
        const [[table, { Keys = [] }] = ['', { Keys: [] }]] = Object.entries(command.input.RequestItems ?? {});
        asked.push(Keys.length);
        // The first half of what is asked first.
        const taken = asked.length === 1 ? Keys.slice(0, 50) : Keys;
        const rest = Keys.slice(taken.length);
        const answer = await settled(() =>
          store.client.send({
            constructor: { name: 'BatchGetItemCommand' },
            input: { RequestItems: { [table]: { Keys: taken } } },
          } as never),
        );
        return { ...answer, ...(rest.length > 0 ? { UnprocessedKeys: { [table]: { Keys: rest } } } : {}) };
      },
    } as unknown as DynamoDBClient;
    const read = await readSuperseded(
      { client, tables: store.tables },
      AUTHORITY,
      periods.map((each) => [each, 1] as const),
    );
    expect(read.map(({ period }) => period).sort()).toEqual(periods);
    expect(asked).toEqual([100, 80]);
    expect(await readSuperseded({ client, tables: store.tables }, AUTHORITY, [])).toEqual([]);
    expect(asked).toHaveLength(2);
  });

  test('superseded are those that a board judged by another revision', () => {
    const judged = { '2011-07': 1, '2011-08': 2 };
    const all = [figures('2011-07'), figures('2011-08', 3), figures('2011-09', 2)];
    expect(revisedSince(judged, { months: all })).toEqual([['2011-08', 2]]);
  });
});

const metric = aMetric();
const bad = aRecord({ metrics: [metric], months: months(metric, [[20, 50]]) });
const { board: first, notice } = reconcile(undefined, bad, [], NOW, 'show') as { board: Board; notice: Notice };

describe('a board', () => {
  const nothing = () => readBoard(store, AUTHORITY);

  test('is written with its notice and mark by whoever was first, over what they read', async () => {
    const read = await nothing();
    expect(read).toEqual({ board: undefined, acknowledgements: [], unreadable: [], mark: undefined, dueAt: undefined });
    await saveBoard(store, read, first, notice, LATER);
    const stored = await nothing();
    expect(stored).toMatchObject({ board: first, dueAt: LATER.toISOString() });
    expect(await readUnsent(store, { authority: AUTHORITY, number: 1 })).toEqual(notice);
    const slower = saveBoard(store, read, first, undefined, undefined);
    await expect(slower).rejects.toMatchObject({ name: 'BoardChangedError', authority: AUTHORITY });
    await expect(slower).rejects.toThrow(
      'the board of herefordshire was written by somebody else meanwhile; read it again',
    );
    await saveBoard(store, stored, { ...first, version: 2 }, undefined, undefined);
    expect((await nothing()).mark).toBeUndefined();
    await expect(saveBoard(store, stored, { ...first, version: 2 }, undefined, undefined)).rejects.toThrow(
      BoardChangedError,
    );
  });

  test('is not written where it is there though none was read, nor where its mark was moved', async () => {
    const read = await nothing();
    await put('alerts', itemOf(authorityKey(AUTHORITY), BOARD_KEY, first, { version: { N: '1' } }));
    await expect(saveBoard(store, { ...read, board: undefined }, first, undefined, LATER)).rejects.toThrow(
      BoardChangedError,
    );
    const stored = await nothing();
    await save(figures('2011-08'));
    await expect(saveBoard(store, stored, { ...first, version: 2 }, undefined, LATER)).rejects.toThrow(
      BoardChangedError,
    );
    expect((await nothing()).board?.version).toBe(1);
  });

  test('that cannot be read stops whoever would go on from it, and nobody who only looks', async () => {
    await spoil('alerts', itemOf(authorityKey(AUTHORITY), BOARD_KEY, first));
    await expect(nothing()).rejects.toThrow(UnreadableItemError);
    expect(await readStoredBoard(store, AUTHORITY)).toMatchObject({
      board: undefined,
      unreadable: [{ kind: 'board' }],
    });
    const stored = await readBoardAsStored(store, AUTHORITY);
    expect(stored).toMatchObject({ board: undefined, version: 0, lastNotice: 0, item: { data: { S: '{' } } });
    // Another is written in its place, unless somebody did so meanwhile.
    await replaceBoard(store, stored, first, notice);
    expect((await nothing()).board).toEqual(first);
    await expect(replaceBoard(store, stored, first, undefined)).rejects.toThrow(BoardChangedError);
    const again = await readBoardAsStored(store, AUTHORITY);
    expect(again).toMatchObject({ board: first, version: 1, lastNotice: 1 });
    const none = { ...again, item: undefined };
    await expect(replaceBoard(store, none, first, undefined)).rejects.toThrow(BoardChangedError);
  });

  test('numbers its next notice above all that anything stored knows of', async () => {
    const item = itemOf(authorityKey(AUTHORITY), BOARD_KEY, { ...first, lastNotice: 3 });
    const noticed = { sk: { S: 'NOTICE#000005' } };
    expect([lastNoticeOf([]), lastNoticeOf([item]), lastNoticeOf([item, noticed])]).toEqual([0, 3, 5]);
    expect(lastNoticeIn([item, noticed, { sk: { S: 'NOTICE#000002' } }])).toBe(5);
    expect(JSON.parse(numberedFrom(item, 6).data?.S ?? '')).toMatchObject({ lastNotice: 6, authority: AUTHORITY });
    expect([numberedFrom(item, 3), numberedFrom(noticed, 9), numberedFrom({ ...item, data: { S: '{' } }, 9)]).toEqual([
      ...[item, noticed, { ...item, data: { S: '{' } }],
    ]);
  });

  test('has beside it who took what in hand, one after the other', async () => {
    const given: Acknowledgement = {
      ...{ alert: metric.id, author: 'A. Head', note: 'extra staff', at: NOW.toISOString() },
      ...{ period: '2010-10', level: 'critical' },
    };
    await saveAcknowledgement(store, AUTHORITY, undefined, given, NOW);
    expect(await nothing()).toMatchObject({ acknowledgements: [given], dueAt: NOW.toISOString() });
    const later = { ...given, at: LATER.toISOString() };
    const slower = saveAcknowledgement(store, AUTHORITY, undefined, later, NOW);
    await expect(slower).rejects.toThrow(new AcknowledgementChangedError());
    await expect(slower).rejects.toThrow('somebody else took this alert in hand meanwhile; read it again');
    await saveAcknowledgement(store, AUTHORITY, given, later, NOW);
    await expect(saveAcknowledgement(store, AUTHORITY, given, later, NOW)).rejects.toThrow(AcknowledgementChangedError);
    expect((await nothing()).acknowledgements).toEqual([later]);
  });
});

describe('a due mark', () => {
  const read = () => readStoredBoard(store, AUTHORITY);

  test('moves while it is the one that was read, goes where nothing is due, and is listed by when it is', async () => {
    await saveDueMark(store, AUTHORITY, await read(), LATER);
    const marked = await read();
    expect(marked).toMatchObject({ dueAt: LATER.toISOString(), mark: expect.stringContaining(LATER.toISOString()) });
    await save(figures('2011-08'));
    const asked = await read();
    await saveDueMark(store, AUTHORITY, marked, undefined);
    expect(await read()).toMatchObject({ mark: asked.mark });
    expect(await settled(() => listDue(store, new Date(NOW.getTime() - 1)))).toEqual([]);
    await saveMonths(store, 'bristol', [figures('2011-08')], new Date('2011-10-01T00:00:00Z'));
    expect(await listDue(store, NOW)).toEqual(['bristol', AUTHORITY]);
    await saveDueMark(store, AUTHORITY, asked, undefined);
    expect((await read()).mark).toBeUndefined();
  });

  test('of what was set aside says why, and is made anew once that is looked at again', async () => {
    const why = { at: NOW.toISOString(), reason: 'failed' as const };
    await save(figures('2011-08'));
    await saveSetAside(store, AUTHORITY, why, LATER);
    const aside = await read();
    expect(aside).toMatchObject({ setAside: why, dueAt: LATER.toISOString() });
    await saveDueMark(store, AUTHORITY, aside, LATER);
    const anew = await read();
    expect([anew.setAside, anew.dueAt]).toEqual([undefined, LATER.toISOString()]);
    const { calls } = store;
    await saveDueMark(store, AUTHORITY, anew, LATER);
    expect(store.calls).toBe(calls);
  });
});

describe('a notice', () => {
  const one = { authority: AUTHORITY, number: 1 };
  const until = new Date(NOW.getTime() + 60_000);
  const written = async () => saveBoard(store, await readBoard(store, AUTHORITY), first, notice, undefined);

  test('is sent by one, who has it until they let go, time is up, or it is sent', async () => {
    expect(await claimNotice(store, one, NOW, until)).toBe(false);
    await written();
    expect(await claimNotice(store, one, NOW, until)).toBe(true);
    expect(await claimNotice(store, one, NOW, until)).toBe(false);
    await releaseNotice(store, one, LATER);
    expect(await claimNotice(store, one, NOW, until)).toBe(false);
    await releaseNotice(store, one, until);
    expect(await claimNotice(store, one, NOW, until)).toBe(true);
    expect(await claimNotice(store, one, until, LATER)).toBe(true);
    await markSent(store, one, LATER);
    expect(await readUnsent(store, one)).toBeUndefined();
    expect(await claimNotice(store, one, LATER, LATER)).toBe(false);
    expect(await markUnsent(store, one)).toBe(true);
    expect(await readUnsent(store, one)).toEqual(notice);
    expect(await claimNotice(store, one, NOW, until)).toBe(true);
    // What is gone stays gone.
    await markSent(store, { ...one, number: 2 }, LATER);
    expect(await markUnsent(store, { ...one, number: 2 })).toBe(false);
    expect(await readUnsent(store, { ...one, number: 2 })).toBeUndefined();
  });

  test('comes in its turn: after the one before it', async () => {
    await written();
    const second = { ...notice, number: 2 };
    await saveBoard(
      store,
      await readBoard(store, AUTHORITY),
      { ...first, version: 2, lastNotice: 2 },
      second,
      undefined,
    );
    const two = { ...one, number: 2 };
    expect(await readUnsentInTurn(store, one)).toEqual({ notice, isNext: true });
    expect(await readUnsentInTurn(store, two)).toEqual({ notice: second, isNext: false });
    await markSent(store, one, NOW);
    expect(await readUnsentInTurn(store, one)).toBeUndefined();
    expect(await readUnsentInTurn(store, two)).toEqual({ notice: second, isNext: true });
    await expect(
      saveBoard(store, await readBoard(store, AUTHORITY), { ...first, version: 3 }, second, undefined),
    ).rejects.toThrow(BoardChangedError);
    expect(await settled(() => countUnsent(store, AUTHORITY, LATER))).toBe(1);
    expect(await countUnsent(store, AUTHORITY, new Date(Date.parse(notice.createdAt) - 1))).toBe(0);
    expect(await listUnsent(store, LATER)).toEqual([{ ...two, createdAt: notice.createdAt, isFormer: false }]);
    expect(await readNotices(store, AUTHORITY, { limit: 1 })).toMatchObject({
      ...{ notices: [{ notice: second, sentAt: undefined }], last: 2, more: true },
    });
    expect(await readNotices(store, AUTHORITY, { before: 2, limit: 5 })).toMatchObject({
      ...{ notices: [{ notice, sentAt: NOW.toISOString() }], last: 1, more: false },
    });
    expect(mailedIn(store.items('alerts')).map(({ number }) => number)).toEqual([1]);
  });
});

describe('who is known', () => {
  test('a recipient is changed and removed by whoever read the latest', async () => {
    const id = recipientId('a@example.org');
    const recipient = {
      id,
      address: 'a@example.org',
      hears: {},
      requestedAt: NOW.toISOString(),
    } as unknown as Recipient;
    expect(await readRecipientAsStored(store, id)).toEqual({ read: undefined, stored: undefined });
    const saved = await saveRecipient(store, undefined, recipient);
    expect(saved.version).toBe(1);
    expect(await readRecipient(store, id)).toMatchObject({ id, version: 1 });
    await expect(saveRecipient(store, undefined, recipient)).rejects.toThrow(
      'somebody else changed this recipient meanwhile; try again',
    );
    await saveRecipient(store, saved, recipient);
    await expect(saveRecipient(store, saved, recipient)).rejects.toMatchObject({ name: 'RecipientChangedError' });
    await expect(deleteRecipient(store, saved)).rejects.toMatchObject({ name: 'RecipientChangedError' });
    expect((await readRecipients(store)).recipients.map(({ version }) => version)).toEqual([2]);
    const [item] = store.items('alerts');
    await spoil('alerts', item);
    expect(await readRecipientAsStored(store, id)).toEqual({ read: undefined, stored: { id, version: 2 } });
    expect(await readRecipients(store)).toMatchObject({ recipients: [], unreadable: [{ kind: 'recipient' }] });
    await expect(readRecipient(store, id)).rejects.toThrow(UnreadableItemError);
    await deleteRecipient(store, { id, version: 2 });
    expect(store.items('alerts')).toEqual([]);
  });

  test('a person is changed by whoever read the latest, and written anew where they cannot be read', async () => {
    expect(await readPerson(store, 'p')).toBeUndefined();
    const person = newPerson('p', NOW);
    expect(await readPersonOrNew(store, 'p', NOW)).toEqual(person);
    await savePerson(store, person);
    await expect(savePerson(store, person)).rejects.toThrow(new PersonChangedError());
    await expect(savePerson(store, person)).rejects.toThrow('somebody else changed this address meanwhile; try again');
    const stored = await readPerson(store, 'p');
    expect(stored?.version).toBe(1);
    await savePerson(store, stored ?? person);
    await expect(savePerson(store, stored ?? person)).rejects.toMatchObject({ name: 'PersonChangedError' });
    await spoil('access', store.items('access')[0]);
    await expect(readPerson(store, 'p')).rejects.toThrow(UnreadableItemError);
    expect(await readPersonOrNew(store, 'p', NOW)).toEqual({ ...person, version: 2 });
  });

  test('names of an authority’s files are kept by whoever read the latest, and what cannot be read beside them', async () => {
    expect(await readOwnNames(store, AUTHORITY)).toEqual({ version: 0, names: [], unreadable: [], kept: [] });
    const odd = { name: 'Odd', metric: 7 };
    await saveOwnNames(store, AUTHORITY, { version: 1, names: [] }, [odd, 'nothing']);
    const read = await readOwnNames(store, AUTHORITY);
    expect(read).toMatchObject({
      ...{ version: 1, names: [], kept: [odd, 'nothing'] },
      unreadable: [
        { kind: 'name', of: 'Odd', why: expect.stringMatching(/^names\/0\//) },
        { of: 'name 2', why: expect.stringMatching(/^names\/1\//) },
      ],
    });
    for (const version of [1, 3])
      await expect(saveOwnNames(store, AUTHORITY, { version, names: [] }, [])).rejects.toMatchObject({
        name: 'OwnNamesChangedError',
      });
    await saveOwnNames(store, AUTHORITY, { version: 2, names: [] }, []);
    await spoil('submissions', store.items('submissions')[0]);
    expect(await readOwnNames(store, AUTHORITY)).toMatchObject({ version: 2, names: [], unreadable: [{}], kept: [] });
  });
});

describe('a token', () => {
  const grant = (label: string, expires: number, authority = AUTHORITY) =>
    createToken(store, { scopes: ['read', 'submit'], authority, label, expires });
  const IN_A_DAY = NOW.getTime() / 1000 + 86_400;

  test('allows what it was made for, at once, until it ends or is revoked', async () => {
    const token = await grant('a', IN_A_DAY);
    expect(await readGrant(store, token, NOW)).toEqual({
      ...{ scopes: ['read', 'submit'], authority: AUTHORITY, label: 'a', expires: IN_A_DAY },
    });
    expect(await readGrant(store, token, new Date(IN_A_DAY * 1000))).toBeUndefined();
    expect(await readGrant(store, `${token}x`, NOW)).toBeUndefined();
    expect(await readGrant(store, `imt_${'A'.repeat(43)}`, NOW)).toBeUndefined();
    expect((await listTokens(store)).tokens.map(({ id }) => id)).toEqual([idOfToken(token)]);
    expect([await revokeToken(store, 'nobody'), await revokeToken(store, idOfToken(token))]).toEqual([false, true]);
    expect(await readGrant(store, token, NOW)).toBeUndefined();
  });

  test('is listed, kept and revoked by its own authority, and its end told once, by one', async () => {
    const [late, soon] = [await grant('late', IN_A_DAY + 9), await grant('soon', IN_A_DAY)];
    const other = await grant('other', IN_A_DAY, 'bristol');
    expect((await listTokens(store)).tokens.at(-1)?.label).toBe('late');
    lag = 0;
    expect((await listTokensOf(store, AUTHORITY)).tokens.map(({ label }) => label).sort()).toEqual(['late', 'soon']);
    const kept = { by: 'A. Head', at: NOW.toISOString() } as unknown as Parameters<typeof keepTokenOf>[3];
    expect(await keepTokenOf(store, AUTHORITY, idOfToken(other), kept)).toBe(false);
    expect(await keepTokenOf(store, AUTHORITY, idOfToken(late), kept)).toBe(true);
    expect(await revokeTokenOf(store, AUTHORITY, idOfToken(other))).toBe(false);
    const ending = await listEndingTokens(store, AUTHORITY, new Date(IN_A_DAY * 1000));
    expect(ending.tokens.map(({ label }) => label)).toEqual(['soon']);
    const key = ending.tokens[0]?.key ?? '';
    expect(await claimEnd(store, key, NOW, LATER)).toBe(true);
    expect(await claimEnd(store, key, NOW, LATER)).toBe(false);
    expect(await claimEnd(store, key, LATER, LATER)).toBe(true);
    await markEndTold(store, key, LATER);
    expect(await claimEnd(store, key, new Date(LATER.getTime() + 9), LATER)).toBe(false);
    expect((await listEndingTokens(store, AUTHORITY, new Date(IN_A_DAY * 1000))).tokens).toEqual([]);
    expect(await revokeTokenOf(store, AUTHORITY, idOfToken(soon))).toBe(true);
    expect(await claimEnd(store, key, NOW, LATER)).toBe(false);
    await markEndTold(store, key, LATER);
    expect((await listTokensOf(store, AUTHORITY)).tokens.map(({ label }) => label)).toEqual(['late']);
  });

  test('that cannot be read allows nothing, and can be revoked', async () => {
    const token = await grant('a', IN_A_DAY);
    const [{ label: _, ...item } = {}] = store.items('access');
    await put('access', item);
    expect(await listTokens(store)).toEqual({ tokens: [], unreadable: [idOfToken(token)] });
    expect(await revokeToken(store, idOfToken(token))).toBe(true);
    expect(store.items('access')).toEqual([]);
  });
});

test('a record is what is loaded and what was sent, read as it stands', async () => {
  const { acknowledgements } = await readBoard(store, AUTHORITY);
  const record = () => readRecord(store, AUTHORITY, acknowledgements, BANK_HOLIDAYS);
  expect(await record()).toBeUndefined();
  await loadInspection(store, seed);
  await save(figures('2011-08'));
  const read = await record();
  expect(read).toMatchObject({
    months: [figures('2011-08')],
    unreadable: [],
    inspection: { id: 'herefordshire-2010' },
  });
  expect(read?.settings).toEqual([]);
  expect(read?.metrics).toHaveLength((await readInspection(store, AUTHORITY))?.metrics.length ?? 0);
  await spoil('submissions', { pk: { S: authorityKey(AUTHORITY) }, sk: { S: currentKey('2011-09') } });
  expect((await record())?.unreadable).toMatchObject([{ kind: 'month', of: '2011-09' }]);
});
