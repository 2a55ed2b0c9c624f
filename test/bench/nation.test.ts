import { beforeAll, expect, test } from 'vitest';
import { type Day, LATENCY_MS, playMorning } from '../../bench/nation-day.ts';
import { makeRecords, type Records } from '../../bench/nation-ground.ts';

/** The morning of a small nation, whose hourly runs leave to the queue what is more than four. */
const [AUTHORITIES, BY_ITSELF] = [12, 4];
let records: Records;
let day: Day;
beforeAll(async () => {
  records = await makeRecords(1);
  day = await playMorning(AUTHORITIES, records, BY_ITSELF);
});

test('every authority is judged and told once, and nothing is left', () => {
  expect(day.faults).toEqual([]);
  expect([day.judgedAt.length, day.toldAt.length, day.bill.mails]).toEqual([AUTHORITIES, AUTHORITIES, AUTHORITIES]);
  expect(day.most.atOnce).toBeLessThanOrEqual(10);
});

test('a call takes the time that is published of it, and what is computed takes CPU', () => {
  const { calls } = day.bill;
  expect(calls['SQS SendMessageBatch']).toBe(2);
  // Cold, the list of what is due, the queue; board, record and inspection, the transaction.
  const { coldStart, dynamodb, sqs, queue, stream, sns } = LATENCY_MS;
  const judged = Math.min(...day.judgedAt);
  expect(judged).toBeGreaterThan(coldStart + dynamodb + sqs + queue + 3 * dynamodb);
  // Subscriptions, the filter, the mail.
  expect(Math.min(...day.toldAt)).toBeGreaterThan(judged + stream + 3 * sns);
  expect(day.evaluate.cpuMs).toBeGreaterThan(1);
  expect(day.evaluate.perAuthorityMs).toBeGreaterThan(day.evaluate.cpuMs);
});
