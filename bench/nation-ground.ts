import type { Context } from 'aws-lambda';
import type { Level } from '../functions/domain/lifecycle.ts';
import { filterPolicyOf, type Hears } from '../functions/domain/recipient.ts';
import { loadInspection } from '../functions/services/inspections.ts';
import { dueMark } from '../functions/store/due-marks.ts';
import { listedItem } from '../functions/store/inspections.ts';
import {
  AUTHORITIES_KEY,
  authorityKey,
  authorityOf,
  BOARD_KEY,
  currentKey,
  DUE_KEY,
  recipientId,
} from '../functions/store/keys.ts';
import { saveRecipient } from '../functions/store/recipients.ts';
import { saveMonths } from '../functions/store/submissions.ts';
import type { Item } from '../test/simulation/expressions.ts';
import { startFunction } from '../test/simulation/lambdas.ts';
import type { MailTopic } from '../test/simulation/mail-topic.ts';
import { type Command, createMemoryStore, type MemoryStore } from '../test/simulation/memory-store.ts';
import { makeMonths } from './record.ts';
import { INSPECTION } from './store.ts';

/**
 * What a nation has on the morning after the tenth working day: five years of every authority, judged, and nothing for the
 * month that was due. Thousands of such records fit no memory. So there are some hundred, made by seed and judged by the
 * service itself, and each authority is one of them under its own name; what is written is kept for each by itself.
 */

export const MONTHS = 60;
const FIRST_MONTH = '2010-11';
const LAST_MONTH = '2015-10';
/** November's figures are due by the tenth working day of December 2015, Monday the 14th: this is the morning after. */
export const MORNING = new Date('2015-12-15T00:00:00.000Z');
const EVENING_BEFORE = new Date('2015-12-10T18:00:00.000Z');

/** Months written at once while a record is made; any number that fits one transaction. */
const MONTHS_AT_ONCE = 14;

/** SNS takes 150 combinations in a filter, one of them the address itself: so many authorities at two levels, from `warning` on. */
export const AUTHORITIES_AN_ADDRESS = 74;
const LEAST: Level = 'warning';

/** All names are as long as each other, so that one stands for another wherever it is written. */
export const nameOf = (index: number): string => `authority-${String(index).padStart(6, '0')}`;
const recordNamed = (index: number): string => `templates-${String(index).padStart(6, '0')}`;
const NAME = /authority-\d{6}/;

export interface Ground {
  /** Runs one call of DynamoDB, its input as it was sent, and gives the answer as it is sent back. */
  execute(command: string, input: string): string;
  readonly store: MemoryStore;
}

/** The records that all others are copies of, as the service itself left them days before. */
export interface Records {
  readonly store: MemoryStore;
  readonly count: number;
}

export async function makeRecords(count = 100): Promise<Records> {
  const store = createMemoryStore({ now: () => EVENING_BEFORE.getTime() });
  const { judgements, actions, ...rest } = INSPECTION;
  for (let index = 0; index < count; index++) {
    const authority = recordNamed(index);
    await loadInspection(store, { ...rest, judgements, actions, authority, name: authority });
    const months = makeMonths(INSPECTION.metrics, MONTHS, FIRST_MONTH, index + 1);
    for (let start = 0; start < months.length; start += MONTHS_AT_ONCE)
      await saveMonths(store, authority, months.slice(start, start + MONTHS_AT_ONCE), EVENING_BEFORE);
  }
  const evaluate = startFunction('evaluate', {
    database: store,
    sns: undefined as never,
    sqs: undefined as never,
    ...{ topicArn: '', now: () => EVENING_BEFORE, onLog() {}, onSeeded() {}, inspections: () => [] },
  });
  const Records = Array.from({ length: count }, (_, index) => ({
    eventID: String(index),
    dynamodb: {
      SequenceNumber: String(index),
      Keys: { pk: { S: authorityKey(recordNamed(index)) }, sk: { S: currentKey(LAST_MONTH) } },
    },
  }));
  const answer = await evaluate({ Records }, { getRemainingTimeInMillis: () => 300_000 } as Context);
  const due = store.items('alerts').filter(({ sk, dueAt }) => sk?.S === DUE_KEY && dueAt?.S === MORNING.toISOString());
  if (JSON.stringify(answer) !== '{"batchItemFailures":[]}' || due.length !== count)
    throw new Error(`${count - due.length} of the records are not due on the morning after the tenth working day`);
  return { store, count };
}

/** So many authorities in an empty store, and their directors at the topic. */
export async function settle(
  authorities: number,
  records: Records,
  store: MemoryStore,
  topic: MailTopic,
): Promise<Ground> {
  const put = (TableName: string, item: Item): void =>
    void store.execute({ constructor: { name: 'PutItemCommand' }, input: { TableName, Item: item } });
  for (let index = 0; index < authorities; index++) {
    put('baselines', listedItem(nameOf(index), nameOf(index)));
    put('alerts', dueMark(nameOf(index), MORNING));
  }
  for (let first = 0; first < authorities; first += AUTHORITIES_AN_ADDRESS) {
    const names = Array.from({ length: Math.min(AUTHORITIES_AN_ADDRESS, authorities - first) }, (_, at) =>
      nameOf(first + at),
    );
    await subscribe(`director-${first}@example.org`, names, store, topic);
  }
  const boards = new Map(
    records.store
      .items('alerts')
      .flatMap((item) => (item.sk?.S === BOARD_KEY ? [[authorityOf(item.pk?.S ?? ''), item]] : [])),
  );
  const recordOf = (authority: string): string => recordNamed(Number(authority.slice(-6)) % records.count);
  const settled = new Set<string>();
  const answers = new Map<string, string>();

  /** The board of an authority is put in its place as somebody first looks for it. */
  function bring(authority: string): void {
    if (settled.has(authority)) return;
    settled.add(authority);
    const record = recordOf(authority);
    const board = boards.get(record);
    if (board) put('alerts', JSON.parse(JSON.stringify(board).replaceAll(record, authority)));
  }

  /** Nobody writes what is not kept for each authority by itself, so that it is the same every time. */
  function fromRecord(command: string, input: string, authority: string): string {
    const record = recordOf(authority);
    const asked = input.replaceAll(authority, record);
    const key = `${command} ${asked}`;
    const answer = answers.get(key) ?? JSON.stringify(records.store.execute(commandOf(command, asked)));
    answers.set(key, answer);
    return answer.replaceAll(record, authority);
  }

  return {
    store,
    execute(command, input) {
      const authority = NAME.exec(input)?.[0];
      const isOfRecord =
        /"TableName":"(baselines|submissions)"|"RequestItems"/.test(input) && !input.includes(`"${AUTHORITIES_KEY}"`);
      if (authority && isOfRecord) {
        if (command !== 'Query' && command !== 'GetItem') throw new Error(`${command} of a record is not played`);
        return fromRecord(command, input, authority);
      }
      if (authority) bring(authority);
      return JSON.stringify(store.execute(commandOf(command, input)));
    },
  };
}

const commandOf = (command: string, input: string): Command => ({
  constructor: { name: `${command}Command` },
  input: JSON.parse(input),
});

/** Somebody who has long confirmed, and knows how things stand. */
async function subscribe(
  address: string,
  names: readonly string[],
  store: MemoryStore,
  topic: MailTopic,
): Promise<void> {
  const hears: Hears = Object.fromEntries(names.map((name) => [name, LEAST]));
  const id = recipientId(address);
  const Attributes = { FilterPolicy: JSON.stringify(filterPolicyOf(id, hears)) };
  topic.execute({ constructor: { name: 'SubscribeCommand' }, input: { Endpoint: address, Attributes } });
  const subscription = topic.subscriptions.at(-1);
  if (!subscription) throw new Error(`${address} is not subscribed`);
  topic.confirm(subscription);
  const at = EVENING_BEFORE.toISOString();
  await saveRecipient(store, undefined, {
    ...{ id, address, hears, requestedAt: at, knows: [...names] },
    confirmed: { at, arn: subscription.arn },
  });
}
