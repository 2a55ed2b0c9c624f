import { parseArgs } from 'node:util';
import { PRICE_LIST } from './cost.ts';
import { type Day, LATENCY_MS, MAILS_A_SECOND, playMorning, QUESTIONS_A_SECOND } from './nation-day.ts';
import { addressesOf, MONTHS, makeRecords, OWN, SHARED } from './nation-ground.ts';
import { INSPECTION } from './store.ts';

/**
 * `npm run bench:nation -- --authorities 1000 --authorities 25000`: the morning on which the figures of every authority of a
 * nation are late. Plays it for so many (1,000 where nothing is said; 25,000 take half an hour) and reckons the other sizes from
 * the largest that was played. `--own`: each authority has two addresses to itself, rather than many share one. Ends with 1 where something was lost or done twice, or a nation is not judged and told within the hour.
 */

const SIZES = [1_000, 6_000, 25_000, 250_000];
/** What a nation is here, which is to be done within the hour. */
const NATION = 25_000;
const HOUR_MS = 3_600_000;
/** What an hourly run has for authorities before it leaves the rest: five minutes without the last forty seconds. */
const HOURLY_RUN_MS = 260_000;
const PAGE_OF_SUBSCRIPTIONS = 100;

/** One size of a nation, as it was played or as it follows from one that was. */
interface Row {
  readonly authorities: number;
  readonly isPlayed: boolean;
  /** Whether telling takes longer than reckoned, as the lists of who hears are longer than those that were played. */
  readonly isAtLeast: boolean;
  readonly addresses: number;
  readonly judgedMs: number;
  readonly toldMs: number;
  readonly mailedMs: number;
  readonly queued: number;
  readonly usd: number;
}

const total = (usd: Readonly<Record<string, number>>): number =>
  Object.values(usd).reduce((sum, each) => sum + each, 0);
const last = (times: readonly number[]): number => times.reduce((most, time) => Math.max(most, time), 0);
const count = (value: number): string => Math.round(value).toLocaleString('en-GB');
const per = (value: number): string => value.toLocaleString('en-GB', { maximumFractionDigits: 1 });
const duration = (ms: number): string =>
  ms < 120_000
    ? `${(ms / 1000).toFixed(0)} s`
    : ms < 2 * HOUR_MS
      ? `${(ms / 60_000).toFixed(1)} min`
      : `${(ms / HOUR_MS).toFixed(0)} h`;

const rowOf = (day: Day): Row => ({
  ...{
    authorities: day.authorities,
    isPlayed: true,
    isAtLeast: false,
    addresses: day.addresses,
    queued: day.most.queued,
  },
  ...{ judgedMs: last(day.judgedAt), toldMs: last(day.toldAt), mailedMs: day.mailedAt, usd: total(day.usd) },
});

/** How many ms each of the middle four fifths took after the one before it. */
function paceOf(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  const [from, to] = [Math.floor(sorted.length * 0.1), Math.floor(sorted.length * 0.9)];
  return ((sorted[to] ?? Number.NaN) - (sorted[from] ?? Number.NaN)) / (to - from);
}

/** A size that was not played: what was played goes on at its pace, where no list of subscribers bounds it that is longer here. */
function reckon(authorities: number, day: Day): Row {
  const addresses = addressesOf(authorities, day.heard);
  const lists = (day.bill.calls['SNS ListSubscriptionsByTopic'] ?? 0) / day.authorities;
  const pages = Math.ceil(addresses / PAGE_OF_SUBSCRIPTIONS) / Math.ceil(day.addresses / PAGE_OF_SUBSCRIPTIONS);
  const more = authorities - day.authorities;
  const pace = Math.max(paceOf(day.toldAt), (lists * pages * 1000) / QUESTIONS_A_SECOND);
  const toldMs = last(day.toldAt) + more * pace;
  return {
    ...{ authorities, isPlayed: false, isAtLeast: pages > 1, addresses, toldMs, queued: authorities },
    judgedMs: last(day.judgedAt) + more * paceOf(day.judgedAt),
    mailedMs: Math.max(toldMs, (authorities * day.heard.addressesAnAuthority * 1000) / MAILS_A_SECOND),
    usd: (total(day.usd) / day.authorities) * authorities,
  };
}

function describe(day: Day): void {
  const { authorities, bill, most, minutes } = day;
  const each = (value: number): string => per(value / authorities);
  console.log(`\n${count(authorities)} authorities, ${count(day.addresses)} addresses, played to the end\n`);
  console.log('  after            judged      told    queued  on the stream');
  const end = last(day.toldAt);
  const shown = minutes.filter(
    ({ minute }, index) => minute * 60_000 <= end + 60_000 && (index <= 6 || minute % 5 === 0),
  );
  for (const { minute, judged, told, queued, onStream } of shown)
    console.log(
      `  ${`${minute} min`.padEnd(11)}${count(judged).padStart(12)}${count(told).padStart(10)}${count(queued).padStart(10)}${count(onStream).padStart(15)}`,
    );
  const slowest = [...day.toldAt].sort((a, b) => a - b);
  console.log(`
  at most ${count(most.queued)} in the queue, ${count(most.onStream)} notices on the stream, ${most.atOnce} functions at once
  judging   ${day.evaluate.cpuMs.toFixed(0)} ms of a function's CPU each, ${day.evaluate.perAuthorityMs.toFixed(0)} ms in all; the last after ${duration(last(day.judgedAt))}
  telling   ${day.notify.cpuMs.toFixed(0)} ms of a function's CPU each, ${day.notify.perNoticeMs.toFixed(0)} ms in all; half after ${duration(slowest[Math.floor(authorities / 2)] ?? 0)}, the slowest authority after ${duration(end)}
  SNS made a question wait for ${duration(most.snsWaitMs)} at most; the last mail leaves it after ${duration(day.mailedAt)} at ${MAILS_A_SECOND} a second
  calls     ${Object.entries(bill.calls)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, calls]) => `${name} ${count(calls)} (${each(calls)} each)`)
    .join('\n            ')}
  functions ${count(bill.invocations)} calls, ${count(bill.gigabyteSeconds)} GB-seconds; ${count(bill.readUnits)} read units, ${count(bill.writeUnits)} write units
  cost      ${Object.entries(day.usd)
    .map(([item, usd]) => `${item} ${usd.toFixed(2)}`)
    .join(', ')}: ${total(day.usd).toFixed(2)} USD (list prices, ${PRICE_LIST.dated})`);
  for (const fault of day.faults.slice(0, 20)) console.log(`  WRONG     ${fault}`);
  console.log(`  ${day.faults.length === 0 ? 'none lost, none twice' : `${count(day.faults.length)} faults`}`);
}

/** What a size needs beside what a deployment has, by what binds it. */
function changesAt({ authorities, addresses, toldMs }: Row, day: Day): string {
  const alone = HOURLY_RUN_MS / day.evaluate.perAuthorityMs;
  return [
    authorities <= alone
      ? 'without queues the hourly run does it alone'
      : `queues=true: without, ${duration((authorities / alone) * HOUR_MS)}`,
    ...(addresses > 200 ? [`${count(addresses)} filters: AWS has to raise the 200 of a topic`] : []),
    ...(addresses > 10_000 ? ['beyond the 10,000 filters of an account'] : []),
    ...(toldMs > HOUR_MS ? ['mail takes longer than the hour: SES'] : []),
  ].join('; ');
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      authorities: { type: 'string', multiple: true, default: ['1000'] },
      own: { type: 'boolean', default: false },
    },
  });
  const heard = values.own ? OWN : SHARED;
  const sizes = values.authorities.map(Number).sort((a, b) => a - b);
  if (sizes.some((size) => !Number.isInteger(size) || size < 1 || size > 999_999))
    throw new Error(
      'write --authorities as a whole number from 1 to 999999, once for each nation that is to be played',
    );
  console.log(`Nobody's figures have come by the tenth working day: ${INSPECTION.metrics.length} metrics, ${MONTHS} months each; ${values.own ? 'two addresses of its own for each' : `an address for every ${SHARED.authoritiesAnAddress}`}.
The functions as they are deployed (queues=true), with CPU as measured here. Assumed, in ms: ${Object.entries(
    LATENCY_MS,
  )
    .map(([what, ms]) => `${what} ${ms}`)
    .join(', ')}; SNS answers ${QUESTIONS_A_SECOND} questions of a kind a second.`);
  const records = await makeRecords();
  const days: Day[] = [];
  for (const size of sizes) {
    const day = await playMorning(size, records, { heard });
    describe(day);
    days.push(day);
  }
  const largest = days.at(-1) as Day;
  const reckoned = SIZES.filter((size) => !sizes.includes(size)).map((size) => reckon(size, largest));
  const rows = [...days.map(rowOf), ...reckoned].sort((a, b) => a.authorities - b.authorities);
  console.log(
    `\n  authorities            addresses    judged        told    mailed  in the queue       USD  what changes`,
  );
  for (const row of rows)
    console.log(
      `  ${`${count(row.authorities)} ${row.isPlayed ? 'played' : 'reckoned'}`.padEnd(22)}${count(row.addresses).padStart(10)}${duration(row.judgedMs).padStart(10)}${`${row.isAtLeast ? '≥ ' : ''}${duration(row.toldMs)}`.padStart(12)}${duration(row.mailedMs).padStart(10)}${count(row.queued).padStart(14)}${row.usd.toFixed(2).padStart(10)}  ${changesAt(row, largest)}`,
    );
  const late = rows.filter((row) => row.authorities <= NATION && Math.max(row.judgedMs, row.toldMs) > HOUR_MS);
  const faults = days.flatMap((day) => day.faults);
  for (const { authorities, isPlayed } of late)
    console.log(
      `\nMISSED ${count(authorities)} authorities are not judged and told within the hour${isPlayed ? '' : ' (reckoned)'}`,
    );
  if (late.length === 0 && faults.length === 0)
    console.log('\nreached: all judged and told within the hour, none lost, none twice');
  if (late.length > 0 || faults.length > 0) process.exitCode = 1;
}

await main();
