import { isAuthorityAlert } from '../../functions/domain/authority-alerts.ts';
import type { Board } from '../../functions/domain/board.ts';
import { monthName } from '../../functions/domain/format.ts';
import { rank } from '../../functions/domain/lifecycle.ts';
import type { Notice } from '../../functions/domain/notice-contents.ts';
import type { Person } from '../../functions/domain/person.ts';
import { isSummaryDue, isToHearOfPutBack, type Recipient } from '../../functions/domain/recipient.ts';
import { reconcile } from '../../functions/domain/reconcile.ts';
import type { Month } from '../../functions/domain/submission.ts';
import { readBoard } from '../../functions/store/boards.ts';
import type { Database } from '../../functions/store/database.ts';
import {
  ACK_PREFIX,
  AUTHORITY_KEY,
  authorityKey,
  authorityOf,
  BOARD_KEY,
  CURRENT_PREFIX,
  DUE_KEY,
  INSPECTION_PREFIX,
  NOTICE_PREFIX,
  PROGRESS_PREFIX,
  RECIPIENTS_KEY,
  recipientId,
  SETTINGS_PREFIX,
  STANDARD_PREFIX,
  type TableName,
  TOKEN_PREFIX,
} from '../../functions/store/keys.ts';
import { readRecipients } from '../../functions/store/recipients.ts';
import { readRecord } from '../../functions/store/records.ts';
import { readRevisions } from '../../functions/store/submissions.ts';
import { BANK_HOLIDAYS } from '../support/build.ts';
import type { Item } from './expressions.ts';
import type { Letter, MailTopic } from './mail-topic.ts';
import type { MemoryStore, Write } from './memory-store.ts';
import type { Authority } from './people.ts';
import { BrokenPromise, type Running } from './world.ts';

/**
 * What the service promises (docs/architecture.md), by name. Some are looked at whenever something is written or published;
 * the rest once nothing goes on any more, whatever went wrong before.
 */

const REVISION_PREFIX = 'REVISION#';

const dataIn = <T>(item: Item | undefined): T | undefined =>
  item?.data?.S === undefined ? undefined : JSON.parse(item.data.S);
const placeOf = ({ before, after }: Write): { pk: string; sk: string } => ({
  pk: (after ?? before)?.pk?.S ?? '',
  sk: (after ?? before)?.sk?.S ?? '',
});

/** What is kept in mind of a history, beside what the service keeps. */
export interface Ledger {
  /** To how many addresses a notice went in all, by `authority number`. */
  readonly reached: Map<string, number>;
  /** When a notice was marked sent, by `authority number`. */
  readonly sentAt: Map<string, number>;
  /** The revision of each month as it stands, and the one that the board has judged, by partition key. */
  readonly current: Map<string, Record<string, number>>;
  readonly judged: Map<string, Record<string, number>>;
  /** The authorities of which an earlier state is being put back. */
  readonly away: Set<string>;
  /** The numbers of an authority's notices, by its id. */
  readonly numbers: Map<string, number[]>;
  /** Since when an authority is closed, by its id; absent while it is open. */
  readonly closedAt: Map<string, number>;
  /** The last time that an address was removed, by its id. */
  readonly removedAt: Map<string, number>;
  /** The month of the last summary that was recorded as sent, and since when; by `recipient authority`. */
  readonly summaries: Map<string, { readonly month: string | undefined; readonly since: number }>;
  /** When the end of a token was recorded as told, by its key. */
  readonly endToldAt: Map<string, number>;
}

export const createLedger = (): Ledger => ({
  reached: new Map(),
  sentAt: new Map(),
  current: new Map(),
  judged: new Map(),
  away: new Set(),
  numbers: new Map(),
  closedAt: new Map(),
  removedAt: new Map(),
  summaries: new Map(),
  endToldAt: new Map(),
});

/** Goes on from what there is of an authority, where an earlier state was put back. */
export function resumeFrom(store: MemoryStore, id: string, ledger: Ledger, now: number): void {
  const pk = authorityKey(id);
  const dataOf = <T>(table: TableName, prefix: string): T[] =>
    store.items(table).flatMap((item) => {
      const data = item.pk?.S === pk && item.sk?.S?.startsWith(prefix) ? dataIn<T>(item) : undefined;
      return data ? [data] : [];
    });
  const months = dataOf<Month>('submissions', CURRENT_PREFIX);
  ledger.current.set(pk, Object.fromEntries(months.map(({ period, revision }) => [period, revision])));
  const [board] = dataOf<Board>('alerts', BOARD_KEY);
  ledger.judged.set(pk, board?.judged ?? {});
  ledger.away.delete(id);
  ledger.closedAt.delete(id);
  if (dataOf<{ closed?: true }>('baselines', SETTINGS_PREFIX).at(-1)?.closed) ledger.closedAt.set(id, now);
  ledger.numbers.set(
    id,
    dataOf<Notice>('alerts', NOTICE_PREFIX).map(({ number }) => number),
  );
}

// ---- after every write

export function checkWrites(writes: readonly Write[], ledger: Ledger, now: number, by: Running | undefined): void {
  const owners = new Set(writes.flatMap((write) => ownerOf(write) ?? []));
  if (owners.size > 1) throw new BrokenPromise('no authority touches another', [...owners].join(', '));
  for (const write of writes) {
    const { pk, sk } = placeOf(write);
    if (sk.startsWith(REVISION_PREFIX)) keepsRevision(write);
    else if (pk === RECIPIENTS_KEY) remembersRecipient(write, ledger, now);
    else if (pk.startsWith(TOKEN_PREFIX)) {
      if (write.after?.endTold && !write.before?.endTold) ledger.endToldAt.set(pk, now);
    } else if (sk.startsWith(INSPECTION_PREFIX) && by?.name === 'manage') saysWhoLoaded(write);
    else if (sk.startsWith(CURRENT_PREFIX)) comesWithRevision(write, writes, ledger);
    else if (sk === BOARD_KEY) {
      leavesClosedAlone(authorityOf(pk), ledger, by);
      countsItself(write, writes, ledger);
    } else if (sk.startsWith(NOTICE_PREFIX)) keepsNotice(write, writes, ledger, now);
    else if (sk === AUTHORITY_KEY && !hasMark(writes))
      throw new BrokenPromise(
        'all that is accepted is judged',
        `${placeOf(write).pk}: its inspection leaves no due mark`,
      );
    else if (sk.startsWith(SETTINGS_PREFIX)) {
      saysWho(write, writes);
      const { closed } = dataIn<{ closed?: true }>(write.after) ?? {};
      if (!closed) ledger.closedAt.delete(authorityOf(pk));
      else if (!ledger.closedAt.has(authorityOf(pk))) ledger.closedAt.set(authorityOf(pk), now);
    } else if (sk.startsWith(STANDARD_PREFIX) || sk.startsWith(PROGRESS_PREFIX) || sk.startsWith(ACK_PREFIX))
      saysWho(write, writes);
  }
  takesNoMarkUnjudged(writes, ledger, now);
}

function ownerOf(write: Write): string | undefined {
  const { pk } = placeOf(write);
  return pk.startsWith(authorityKey('')) ? authorityOf(pk) : undefined;
}

/** Every revision stays as it was, and says who sent it. */
function keepsRevision(write: Write): void {
  const { before, after } = write;
  if (before || !after) throw new BrokenPromise('no revision is ever changed', `${before?.pk?.S} ${before?.sk?.S}`);
  signs(write, dataIn<Month>(after)?.by);
}

/** Whoever does something is known by a name of that authority: a token's, or an address. */
function signs(write: Write, by: string | undefined): void {
  const { pk, sk } = placeOf(write);
  if (!by?.includes(authorityOf(pk))) throw new BrokenPromise('every change says who made it', `${pk} ${sk}: ${by}`);
}

function saysWhoLoaded(write: Write): void {
  const { after } = write;
  const done = [after?.loaded?.S, after?.retired?.S].map((each) => (each ? JSON.parse(each).by : undefined));
  signs(write, done.join(' '));
}

function remembersRecipient({ before, after }: Write, ledger: Ledger, now: number): void {
  const [was, is] = [dataIn<Recipient>(before), dataIn<Recipient>(after)];
  const id = (is ?? was)?.id ?? '';
  if (was && Object.keys(is?.hears ?? {}).length === 0) ledger.removedAt.set(id, now);
  for (const authority of new Set([...Object.keys(was?.summaries ?? {}), ...Object.keys(is?.summaries ?? {})])) {
    const [before, after] = [was?.summaries?.[authority]?.month, is?.summaries?.[authority]?.month];
    if (before !== after) ledger.summaries.set(`${id} ${authority}`, { month: after, since: now });
  }
}

/** Of an authority that was closed before a run began nothing is judged or mailed. */
function leavesClosedAlone(authority: string, { closedAt, away }: Ledger, by: Running | undefined): void {
  if (away.has(authority)) return;
  const at = closedAt.get(authority);
  if (at !== undefined && by && by.startedAt > at)
    throw new BrokenPromise('a closed authority is left alone', `${authority}, by ${by.name}`);
}

const hasMark = (writes: readonly Write[]): boolean =>
  writes.some((write) => placeOf(write).sk === DUE_KEY && write.after !== undefined);

/** Revision, current figures and due mark are one transaction. */
function comesWithRevision(write: Write, writes: readonly Write[], ledger: Ledger): void {
  const { pk, sk } = placeOf(write);
  const [before, after] = [dataIn<Month>(write.before), dataIn<Month>(write.after)];
  const what = `${pk} ${sk}`;
  if (!after) throw new BrokenPromise('nothing accepted is lost', `${what} was removed`);
  if (after.revision !== (before?.revision ?? 0) + 1)
    throw new BrokenPromise('nothing accepted is lost', `${what}: ${after.revision} follows ${before?.revision ?? 0}`);
  const kept = writes.find((each) => placeOf(each).sk.startsWith(`${REVISION_PREFIX}${after.period}#`));
  if (kept?.after?.data?.S !== write.after?.data?.S)
    throw new BrokenPromise('nothing accepted is lost', `${what} has no revision beside it`);
  if (!hasMark(writes)) throw new BrokenPromise('all that is accepted is judged', `${what} leaves no due mark`);
  ledger.current.set(pk, { ...ledger.current.get(pk), [after.period]: after.revision });
}

/** Standards, progress and acknowledgements name their author, and have the board looked at again. */
function saysWho(write: Write, writes: readonly Write[]): void {
  const { pk, sk } = placeOf(write);
  const { author, by } = dataIn<{ author?: string; by?: string }>(write.after) ?? {};
  signs(write, by);
  if (!author?.endsWith(authorityOf(pk)))
    throw new BrokenPromise('every change says who made it', `${pk} ${sk}: ${author}`);
  if (!hasMark(writes)) throw new BrokenPromise('all that is accepted is judged', `${pk} ${sk} leaves no due mark`);
}

/** Fewer months or actions are late than before: no news of its own, as long as any is (`changeOfAuthorityAlert`). */
function isCatchingUp(id: string, before: Board | undefined, after: Board): boolean {
  const [was, is] = [before?.alerts[id]?.level, after.alerts[id]?.level];
  return isAuthorityAlert(id) && was !== undefined && is !== undefined && rank(is) < rank(was);
}

/** Every announced change is in exactly one notice: board and notice are one transaction, and the board counts its notices. */
function countsItself(write: Write, writes: readonly Write[], ledger: Ledger): void {
  const [before, after] = [dataIn<Board>(write.before), dataIn<Board>(write.after)];
  if (!after) throw new BrokenPromise('the board stays', `${placeOf(write).pk} was removed`);
  const what = `${after.authority} v${after.version}`;
  if (after.version !== (before?.version ?? 0) + 1)
    throw new BrokenPromise('no board is overwritten unread', `${what} follows v${before?.version ?? 0}`);
  if (before && after.evaluatedAt < before.evaluatedAt)
    throw new BrokenPromise(
      'a board never goes back in time',
      `${what}: ${before.evaluatedAt}, then ${after.evaluatedAt}`,
    );
  const notice = dataIn<Notice>(writes.find((each) => placeOf(each).sk.startsWith(NOTICE_PREFIX))?.after);
  const expected = (before?.lastNotice ?? 0) + (notice ? 1 : 0);
  if (after.lastNotice !== expected || (notice && notice.number !== expected))
    throw new BrokenPromise(
      'a notice for every change',
      `${what}: notice ${notice?.number}, counted ${after.lastNotice}`,
    );
  const changed = [...new Set([...Object.keys(before?.alerts ?? {}), ...Object.keys(after.alerts)])].filter(
    (id) =>
      !before?.alerts[id] !== !after.alerts[id] ||
      (before?.alerts[id]?.episode?.level !== after.alerts[id]?.episode?.level && !isCatchingUp(id, before, after)),
  );
  const told = new Set(notice?.transitions.map(({ alert }) => alert));
  const untold = changed.filter((id) => !told.has(id));
  if (untold.length > 0) throw new BrokenPromise('a notice for every change', `${what}: ${untold.join(', ')} untold`);
  // That another inspection leads is news by itself.
  if (notice && notice.transitions.length === 0 && !notice.inspection)
    throw new BrokenPromise('no notice without a change', what);
  // What the last notice was worked out from, if any figures were.
  const known = before?.announced ?? before;
  if ((notice?.inspection !== undefined) !== (known?.latestPeriod !== undefined && known.leading !== after.leading))
    throw new BrokenPromise('a notice for every change', `${what}: led by ${known?.leading}, then ${after.leading}`);
  ledger.judged.set(placeOf(write).pk, after.judged);
}

/** Only who has judged all that was accepted takes its due mark away; of one that is closed, anybody. */
function takesNoMarkUnjudged(writes: readonly Write[], ledger: Ledger, now: number): void {
  const moved = writes.find((write) => placeOf(write).sk === DUE_KEY);
  if (!moved?.before || moved.after?.setAside || Date.parse(moved.after?.dueAt?.S ?? '9999') <= now) return;
  const { pk } = placeOf(moved);
  // It is judged when it is opened again, which leaves another.
  if (ledger.closedAt.has(authorityOf(pk))) return;
  const [current, judged] = [ledger.current.get(pk), ledger.judged.get(pk)];
  const unjudged = Object.entries(current ?? {}).filter(([period, revision]) => judged?.[period] !== revision);
  if (unjudged.length > 0)
    throw new BrokenPromise(
      'all that is accepted is judged',
      `${pk}: ${unjudged.join('; ')} is not, and its mark is gone`,
    );
}

/** A notice never changes, and is marked sent only once it was published to somebody. */
function keepsNotice({ before, after }: Write, writes: readonly Write[], ledger: Ledger, now: number): void {
  const notice = dataIn<Notice>(after);
  if (!notice) throw new BrokenPromise('no notice is lost', `${before?.pk?.S} ${before?.sk?.S} was removed`);
  const key = `${notice.authority} ${notice.number}`;
  if (before && before.data?.S !== after?.data?.S) throw new BrokenPromise('no notice is ever changed', key);
  if (!before) ledger.numbers.set(notice.authority, [...(ledger.numbers.get(notice.authority) ?? []), notice.number]);
  if (!before && !writes.some((each) => placeOf(each).sk === BOARD_KEY))
    throw new BrokenPromise('no notice without a change', `${key} comes without its board`);
  if (!after?.unsent && !ledger.reached.get(key))
    throw new BrokenPromise('sent only once it was published to somebody', key);
  if (after?.sentAt && !before?.sentAt) ledger.sentAt.set(key, now);
}

// ---- after every publish

export function checkPublish(
  notice: Notice,
  addresses: readonly string[],
  ledger: Ledger,
  by: Running | undefined,
): void {
  const key = `${notice.authority} ${notice.number}`;
  leavesClosedAlone(notice.authority, ledger, by);
  const sentAt = ledger.sentAt.get(key);
  if (by && sentAt !== undefined && sentAt < by.startedAt)
    throw new BrokenPromise('nothing is mailed again once it was sent', key);
  const stranger = addresses.find((address) => !address.endsWith(`@${notice.authority}.example`));
  if (stranger) throw new BrokenPromise('no authority sees another', `${stranger} is mailed of ${notice.authority}`);
  ledger.reached.set(key, (ledger.reached.get(key) ?? 0) + addresses.length);
}

/** What is for one recipient alone goes to nobody else, and is not sent again once it was recorded that it was. */
export function checkAddressed(
  recipient: string,
  addresses: readonly string[],
  { text }: Letter,
  { ledger, store, by }: { readonly ledger: Ledger; readonly store: MemoryStore; readonly by: Running | undefined },
): void {
  const stranger = addresses.find((address) => recipientId(address) !== recipient);
  if (stranger) throw new BrokenPromise('what is for one goes to no other', stranger);
  const [, authority = ''] = /\/authorities\/([a-z]+)/.exec(text) ?? [];
  const outsider = addresses.find((address) => authority && !address.endsWith(`@${authority}.example`));
  if (outsider) throw new BrokenPromise('no authority sees another', `${outsider} is written to of ${authority}`);
  const began = by?.startedAt ?? 0;
  const [, month] = /^The monthly summary of .+ for (\w+ \d{4})\./.exec(text) ?? [];
  if (month) {
    leavesClosedAlone(authority, ledger, by);
    const last = ledger.summaries.get(`${recipient} ${authority}`);
    const isAsked = last?.month !== undefined;
    if (!last || (last.since < began && (!isAsked || monthName(last.month) === month)))
      throw new BrokenPromise(
        'one summary a month, for whoever asked',
        `${addresses.join()}: ${month}, ${isAsked ? 'sent before' : 'not asked for'}`,
      );
  }
  const [, token] = /^The token “.*” \(([0-9a-f]{12})\)/.exec(text) ?? [];
  if (token) endsSoon(token, store, ledger, began);
}

/** The end of a token is told once, two weeks before. */
function endsSoon(id: string, store: MemoryStore, ledger: Ledger, began: number): void {
  const item = store.items('access').find(({ pk }) => pk?.S?.startsWith(`${TOKEN_PREFIX}${id}`));
  const toldAt = ledger.endToldAt.get(item?.pk?.S ?? '');
  const left = Number(item?.expires?.N) * 1000 - began;
  if ((toldAt !== undefined && toldAt < began) || left > TOLD_BEFORE_MS + HOUR_MS)
    throw new BrokenPromise('the end of a token is told once, two weeks before', `${id}: ${left / HOUR_MS} hours left`);
}

const HOUR_MS = 3_600_000;
const TOLD_BEFORE_MS = 14 * 24 * HOUR_MS;

// ---- whenever the service says that it has something

export function checkAccepted(store: MemoryStore, authority: Authority, month: Authority['accepted'][number]): void {
  const pk = authorityKey(authority.id);
  const kept = store
    .items('submissions')
    .find(
      (item) =>
        item.pk?.S === pk &&
        item.sk?.S?.startsWith(`${REVISION_PREFIX}${month.period}#`) &&
        Number(item.revision?.N) === month.revision,
    );
  const observations = dataIn<Month>(kept)?.observations;
  if (JSON.stringify(sorted(observations)) !== JSON.stringify(sorted(month.observations)))
    throw new BrokenPromise('nothing accepted is lost', `${authority.id} ${month.period} r${month.revision}`);
}

const sorted = (observations: Month['observations'] | undefined): unknown =>
  observations && Object.entries(observations).sort(([a], [b]) => (a < b ? -1 : 1));

// ---- at rest

/** Everything that must be so of an authority once nothing goes on any more. */
export async function checkAtRest(
  store: MemoryStore,
  topic: MailTopic,
  authority: Authority,
  ledger: Ledger,
  now: number,
): Promise<void> {
  const { id } = authority;
  const database: Database<TableName> = store;
  for (const { period, revision, observations } of authority.accepted) {
    const { revisions } = await readRevisions(database, id, period, { after: revision - 1, limit: 1 });
    const [kept] = revisions;
    if (
      kept?.revision !== revision ||
      JSON.stringify(sorted(kept.observations)) !== JSON.stringify(sorted(observations))
    )
      throw new BrokenPromise('nothing accepted is lost', `${id} ${period} r${revision}`);
  }

  const { board, acknowledgements, dueAt } = await readBoard(database, id);
  const record = await readRecord(database, id, acknowledgements, BANK_HOLIDAYS);
  if (!record || !board) throw new BrokenPromise('all that is accepted is judged', `${id} has no board`);
  const at = new Date(board.evaluatedAt);
  const pure = reconcile(undefined, record, [], at, 'show').board;
  if (!pure || canonical(board.alerts) !== canonical(pure.alerts))
    throw new BrokenPromise('the board is the timeline of its record', `${id} v${board.version}`);
  const judged = Object.fromEntries(record.months.map(({ period, revision }) => [period, revision]));
  if (canonical(board.judged) !== canonical(judged))
    throw new BrokenPromise(
      'all that is accepted is judged',
      `${id}: ${canonical(board.judged)}, not ${canonical(judged)}`,
    );
  const next = reconcile(board, record, [], new Date(now), 'show').board;
  if (next) throw new BrokenPromise('at rest nothing is left undone', `${id}: ${differing(board, next).join(', ')}`);
  if (dueAt !== undefined && Date.parse(dueAt) <= now)
    throw new BrokenPromise('at rest nothing is left undone', `${id} is due since ${dueAt}`);

  const pk = authorityKey(id);
  const notices = store.items('alerts').filter((item) => item.pk?.S === pk && item.sk?.S?.startsWith(NOTICE_PREFIX));
  const numbers = notices.map((item) => dataIn<Notice>(item)?.number);
  const expected = ledger.numbers.get(id) ?? [];
  if (numbers.join() !== expected.join() || board.lastNotice < (expected.at(-1) ?? 0))
    throw new BrokenPromise('a notice for every change', `${id}: ${numbers.join()} of ${board.lastNotice}`);
  readersKnowTheTruth(id, board, dataIn<Notice>(notices.at(-1)));
  const { recipients } = await readRecipients(database);
  for (const recipient of recipients)
    if (isSummaryDue(recipient, id, new Date(now)))
      throw new BrokenPromise('one summary a month, for whoever asked', `${recipient.address} of ${id} waits for one`);
  tokensAreTold(store, id, recipients, now);
  for (const { address, hears, confirmed, knows } of recipients)
    if (board.lastNotice > 0 && confirmed && hears[id] && knows && !knows.includes(id))
      throw new BrokenPromise('whoever comes is told how things stand', `${address} of ${id}`);
  for (const recipient of recipients)
    if (recipient.confirmed && isToHearOfPutBack(recipient, id))
      throw new BrokenPromise('whoever was mailed what holds no longer is told so', `${recipient.address} of ${id}`);
  for (const item of notices) {
    const notice = dataIn<Notice>(item) as Notice;
    // Whoever is known to hear of it, and would; somebody who is half removed does not count.
    const hearers = topic.wouldReach({ authority: id, level: notice.level }).filter((address) => {
      const { hears } = recipients.find((each) => each.address === address) ?? { hears: { [id]: notice.level } };
      return rank(hears[id]) > 0 && rank(hears[id]) <= rank(notice.level);
    });
    if (item.unsent && hearers.length > 0)
      throw new BrokenPromise('at rest nothing is left undone', `${id} ${notice.number} is unsent`);
    if (!item.unsent && !ledger.reached.get(`${id} ${notice.number}`))
      throw new BrokenPromise('sent only once it was published to somebody', `${id} ${notice.number}`);
  }
}

/** Of each token that ends within two weeks, and was made to last longer, somebody was told who can make another. */
function tokensAreTold(store: MemoryStore, id: string, recipients: readonly Recipient[], now: number): void {
  const roles = new Map(
    store.items('access').flatMap((item) => {
      const person = item.pk?.S?.startsWith(TOKEN_PREFIX) ? undefined : dataIn<Person>(item);
      return person ? [[person.id, person.roles[id]] as const] : [];
    }),
  );
  if (!recipients.some((each) => each.hears[id] && each.confirmed && roles.get(each.id) === 'manage')) return;
  for (const item of store.items('access')) {
    const [until, made] = [Number(item.expires?.N) * 1000, JSON.parse(item.made?.S ?? 'null')];
    if (item.authority?.S !== id || item.endTold || !made || until <= now || until - now > TOLD_BEFORE_MS) continue;
    if (until - Date.parse(made.at) > TOLD_BEFORE_MS)
      throw new BrokenPromise('the end of a token is told once, two weeks before', `${item.label?.S} is not`);
  }
}

/** Whoever read the last notice knows which alerts there are, and how bad each got. */
function readersKnowTheTruth(id: string, board: Board, last: Notice | undefined): void {
  const known = new Map<string, string>();
  for (const item of [...(last?.transitions ?? []), ...(last?.stillRaised ?? []), ...(last?.watching ?? [])])
    if (item.transition !== 'cleared' && item.transition !== 'withdrawn') known.set(item.alert, item.reached);
  const so = Object.entries(board.alerts).map(([alert, { episode }]) => [alert, episode?.level ?? 'watch']);
  const read = [...known].sort(([a], [b]) => (a < b ? -1 : 1));
  if (JSON.stringify(read) !== JSON.stringify(so.sort(([a = ''], [b = '']) => (a < b ? -1 : 1))))
    throw new BrokenPromise(
      'readers know the truth',
      `${id}: read ${JSON.stringify(read)}; it is ${JSON.stringify(so)}`,
    );
}

/** In which fields a board would become another. */
function differing(board: Board, next: Board): string[] {
  const fields = ['latestPeriod', 'judged', 'standards', 'inspection', 'alerts'] as const;
  return fields.flatMap((field) =>
    canonical(board[field]) === canonical(next[field])
      ? []
      : [`${field} ${canonical(board[field])} would become ${canonical(next[field])}`],
  );
}

/** The same JSON for the same contents, whatever the order of keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
