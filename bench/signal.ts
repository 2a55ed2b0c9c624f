import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { CONDITIONS, type Condition, SHIPPED, scoreInbox } from './inbox.ts';
import { METHODS, THE_SERVICE } from './methods.ts';
import { OURS, targetsOf, WHY } from './signal-judge.ts';
import {
  authoritiesOf,
  BASELINE_MONTHS,
  firstMonthBelowStandard,
  HOPELESS,
  SIMPLE_RULES,
  scoreRules,
  WORLDS,
  type World,
} from './signal-worlds.ts';
import { AIMS, missedAims, type Reach, type Score, scoreWorld, shortOf } from './slipping.ts';
import { SLIPPING, type SlippingWorld } from './slipping-worlds.ts';

/**
 * `npm run bench:signal`: how often each rule cries wolf, how late it is and what it misses, in worlds whose truth is
 * known, with the service's own timeline as the judge. Prints which targets are reached and which are not.
 */

const SEED = 2010;
/** In the first worlds rules differ by a hundredth of a month, which takes more lives to tell. */
const MORE_IN_FIRST_WORLDS = 5;

/** What is printed of a world, and whether every target is reached or its miss explained. */
interface Printed {
  readonly lines: readonly string[];
  readonly fine: boolean;
}

const number = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : '-');
const percent = (share: number): string => `${Math.round(100 * share)}%`;
const permille = (share: number): string => `${(100 * share).toFixed(1)}%`;

function firstWorld(world: World, authorities: number): Printed {
  const slow = world.driftMonths !== undefined;
  const from = slow ? firstMonthBelowStandard(world) : BASELINE_MONTHS;
  const scores = scoreRules({ ...OURS, ...SIMPLE_RULES }, authoritiesOf(world, authorities, SEED), from);
  const lines = [
    `${world.name}: ${world.n} cases a month, ${percent(world.p0)} falls to ${percent(world.p1)}, standard ${percent(world.standard)}${slow ? '; delays from the first month below the standard' : ''}`,
    `${''.padEnd(38)}${'false a year'.padStart(12)}${'median'.padStart(8)}${'mean'.padStart(7)}${'missed'.padStart(8)}`,
  ];
  for (const [rule, { falseAYear, delay, meanDelay, missed }] of Object.entries(scores))
    lines.push(
      `  ${rule.padEnd(36)}${number(falseAYear, 3).padStart(12)}${number(delay, 1).padStart(8)}${number(meanDelay, 2).padStart(7)}${permille(missed).padStart(8)}`,
    );
  const targets = targetsOf(world, scores);
  for (const { name, reached } of targets) lines.push(`  ${reached ? 'reached    ' : 'NOT REACHED'} ${name}`);
  const isReached = targets.every(({ reached }) => reached);
  if (!isReached) lines.push(`  why not: ${WHY[world.name] ?? 'unexplained'}`);
  return { lines, fine: isReached || world.name in WHY };
}

/** A row for each way of judging, with the aims that it misses, and in words those that the service does. */
function table(
  { name, reach, why }: { readonly name: string; readonly reach: Reach; readonly why?: string },
  scores: readonly (readonly [string, Score])[],
): Printed {
  const lines = [
    name,
    `${''.padEnd(28)}${'false a year'.padStart(13)}${'mails a year'.padStart(13)}${'mean delay'.padStart(11)}${'missed'.padStart(8)}${'false clears'.padStart(13)}  misses`,
  ];
  for (const [method, score] of scores) {
    const { falseAYear, mailsAYear, delay, missed, falseClears } = score;
    lines.push(
      `  ${method.padEnd(26)}${number(falseAYear, 3).padStart(13)}${number(mailsAYear, 2).padStart(13)}${number(delay, 2).padStart(11)}${permille(missed).padStart(8)}${permille(falseClears).padStart(13)}  ${
        missedAims(reach, score)
          .map((aim) => AIMS[aim])
          .join(', ') || '-'
      }`,
    );
  }
  const short = scores.flatMap(([method, score]) => (method === THE_SERVICE ? shortOf(reach, score) : []));
  return {
    lines: [
      ...lines,
      ...short.map((what) => `  NOT REACHED ${what}`),
      ...(short.length > 0 ? [`  why not: ${why ?? 'unexplained'}`] : []),
    ],
    fine: short.length === 0 || why !== undefined,
  };
}

const slipping = (world: SlippingWorld, authorities: number): Printed =>
  table(
    world,
    Object.entries(METHODS).map(([name, method]) => [name, scoreWorld(world, method, authorities, SEED)]),
  );

function inbox(condition: Condition, authorities: number): Printed {
  const scores = Object.entries(METHODS).map(
    ([name, method]) => [name, scoreInbox(condition, method, authorities, SEED)] as const,
  );
  const { lines, fine } = table(
    { ...condition, name: `inbox of ${SHIPPED.length} metrics, ${condition.name}` },
    scores,
  );
  const byKind = Object.entries(scores.find(([name]) => name === THE_SERVICE)?.[1].falseByKind ?? {});
  const most = condition.falseOfAKind ?? Number.POSITIVE_INFINITY;
  // A line to hold that broke is a real event.
  const over = byKind.filter(([kind, rate]) => kind !== 'lines to hold' && rate > most);
  return {
    lines: [
      ...lines,
      `  episodes a metric-year by kind: ${byKind.map(([kind, rate]) => `${kind} ${rate.toFixed(3)}`).join(', ')}`,
      ...over.map(([kind, rate]) => `  NOT REACHED false a year of ${kind}: ${rate.toFixed(3)}, to reach ${most}`),
    ],
    fine: fine && (over.length === 0 || condition.why !== undefined),
  };
}

type Task = (authorities: number) => Printed;

/** Everything to be printed, in its order. Each has its own random numbers, so that it does not matter who works it out. */
const SECTIONS: readonly { readonly heading: string; readonly tasks: readonly Task[] }[] = [
  {
    heading: `Falls of a stable service, in so many lives ${MORE_IN_FIRST_WORLDS} times over: stable for 36 months, and with a fall after 12.
False alarms: starts a metric and year after the first 12 months. Delays: months to the alarm, 1 the first bad one.
inspection and special-cause: findings of that evaluator alone. The lower five are what others use.`,
    tasks: [...WORLDS, ...HOPELESS].map(
      (world) => (authorities) => firstWorld(world, MORE_IN_FIRST_WORLDS * authorities),
    ),
  },
  {
    heading: `Slipping back, getting worse while raised, and what changes nothing, for every kind of figure:
false alarms and mails of the stable half; mean delay to the first e-mail with bad news after the change; clears in a month below the standard.`,
    tasks: SLIPPING.map((world) => (authorities) => slipping(world, authorities)),
  },
  {
    heading: `The inbox of a director: every metric that ships, under four conditions, nothing changing; and with three of them at three times the odds of failure.
mails an authority and year; false alarms a metric and year, lines to hold left aside.`,
    tasks: CONDITIONS.map((condition) => (authorities) => inbox(condition, authorities)),
  },
];
const TASKS = SECTIONS.flatMap(({ tasks }) => tasks);

/** Answers one message, the index of a task, after the other. */
function work(authorities: number): void {
  parentPort?.on('message', (index: number) => parentPort?.postMessage(TASKS[index]?.(authorities)));
}

/** All tasks, by so many workers, the longest (which are last) first. */
async function workOut(authorities: number, workers: number): Promise<Printed[]> {
  const printed: Printed[] = [];
  const waiting = [...TASKS.keys()];
  const run = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(import.meta.filename, { workerData: authorities });
      let index: number | undefined;
      const next = (): void => {
        index = waiting.pop();
        if (index === undefined) void worker.terminate().then(() => resolve());
        else worker.postMessage(index);
      };
      worker.on('error', reject);
      worker.on('message', (result: Printed) => {
        printed[index as number] = result;
        console.error(`${waiting.length} worlds left`);
        next();
      });
      next();
    });
  await Promise.all(Array.from({ length: workers }, run));
  return printed;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      authorities: { type: 'string', default: '1000' },
      workers: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    },
  });
  const [authorities, workers] = [Number(values.authorities), Number(values.workers)];
  const started = performance.now();
  console.log(`${authorities.toLocaleString('en-GB')} authorities a world; seed ${SEED}.`);
  const printed = await workOut(authorities, workers);
  let next = 0;
  for (const { heading, tasks } of SECTIONS) {
    console.log(`\n${heading}`);
    for (const _ of tasks) console.log(`\n${printed[next++]?.lines.join('\n')}`);
  }
  const fine = printed.every((each) => each.fine);
  console.log(
    `\n${((performance.now() - started) / 1000).toFixed(0)} s with ${workers} worker${workers === 1 ? '' : 's'}. ${fine ? 'Every target is reached, or the table says why not.' : 'A target is missed without an explanation.'}`,
  );
  if (!fine) process.exitCode = 1;
}

if (isMainThread) await main();
else work(workerData as number);
