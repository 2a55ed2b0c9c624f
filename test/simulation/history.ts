import nodeCrypto, { createHash } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { Script } from 'node:vm';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SCOPES } from '../../functions/domain/access.ts';
import { type Inspection, InspectionSchema } from '../../functions/domain/inspection.ts';
import { loadInspection } from '../../functions/services/inspections.ts';
import { createToken } from '../../functions/store/access.ts';
import { readInspection } from '../../functions/store/inspections.ts';
import { authorityKey, BOARD_KEY, recipientId } from '../../functions/store/keys.ts';
import { aBacklog, aMetric, anAction, anInspection, inFigures } from '../support/build.ts';
import type { Command, MemoryStore } from './memory-store.ts';
import { InterruptedError, OPERATIONS } from './operators.ts';
import { type Authority, DEEDS, type Person, setClosed } from './people.ts';
import {
  checkAccepted,
  checkAddressed,
  checkAtRest,
  checkPublish,
  checkWrites,
  createLedger,
  resumeFrom,
} from './promises.ts';
import { type Random, randomOf } from './random.ts';
import { VISITS } from './visitors.ts';
import { BrokenPromise, createWorld, type Faults, NO_FAULTS, type World } from './world.ts';

/** One history: what a seed makes of the service, its people and its misfortunes, step by step. */
export interface History {
  readonly seed: number;
  /** The steps that were taken, by number. */
  readonly steps: readonly number[];
  /** How many further ones it took until nothing went on any more. */
  readonly toRest: number;
  /** The promise that did not hold, and after which step; at rest after all of them where that is none. */
  readonly broken?: {
    readonly promise: string;
    readonly what: string;
    readonly step: number | undefined;
    readonly stack: string;
  };
  /** How many calls of the store there were. */
  readonly calls: number;
  /** What there is in the store at the end: the same where the same was told. */
  readonly left: string;
}

const IDS = ['alnwick', 'berwick', 'corbridge'];
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START = Date.parse('2011-01-14T09:00:00Z');

/** How things go wrong in a history: some know no fault, some one kind, some every kind. */
function faultsOf(random: Random): Faults {
  const kinds = Object.keys(NO_FAULTS) as (keyof Faults)[];
  const most: Faults = {
    ...{ kill: 0.03, lost: 0.02, repeated: 0.03, throttled: 0.03, conflict: 0.05 },
    ...{ doubled: 0.1, clockBehind: 0.3, lag: 12 },
  };
  const draw = random.next();
  if (draw < 0.15) return NO_FAULTS;
  const only = draw < 0.5 ? random.pick(kinds) : undefined;
  return Object.fromEntries(
    kinds.map((kind) => [kind, only === undefined || only === kind ? most[kind] : 0]),
  ) as unknown as Faults;
}

function inspectionOf(id: string, edition: number): Inspection {
  const none = { kind: 'none' as const, statement: 'The report says nothing.' };
  const metrics = [
    aMetric({ id: 'assessments', actions: ['A1'] }),
    aBacklog(),
    aMetric({ id: 'visits', title: 'Visits on time', baseline: none, holdLine: edition % 2 === 1 }),
  ];
  const first = metrics[0] as (typeof metrics)[number];
  const actions = [anAction('A1', '2011-04-22'), anAction('A2', '2011-09-22')];
  return InspectionSchema.parse({ ...anInspection(id, first, `The council of ${id}`), metrics, actions });
}

/** A later inspection of the same metrics, and of another. */
function newerOf(authority: string, edition: number): { id: string; inspection: unknown } {
  const { metrics, ...report } = inspectionOf(authority, edition);
  const id = `${authority}-2011`;
  const more = aMetric({ id: 'supervisions', title: 'Supervisions held', baseline: inFigures(70 + edition) });
  return {
    id,
    inspection: {
      ...{ ...report, id, title: 'A later inspection', published: '2011-01-10' },
      fieldwork: { from: '2010-12-06', to: '2010-12-10' },
      metrics: [...metrics, { ...more, actions: [] }],
    },
  };
}

/** Milliseconds on the process's own clock, history after history. */
let clock = 0;

/** What the process's own chance and time are while a history runs: its own. Put back when it ends. */
function enter(world: World, seed: number, random: () => Random): () => void {
  const own = { setTimeout: globalThis.setTimeout, random: Math.random, now: performance.now, uuid: crypto.randomUUID };
  const { runInContext } = Script.prototype;
  const { randomBytes } = nodeCrypto;
  const began = world.now;
  let made = 0;
  // What is bounded in real time is not here: a thread that watched would cost more than what it watches.
  Script.prototype.runInContext = function (context) {
    return runInContext.call(this, context);
  };
  // Secrets too: what stands under them in the store is found in their order.
  const setBytes = (to: unknown): void => {
    Object.assign(nodeCrypto, { randomBytes: to });
    syncBuiltinESMExports();
  };
  setBytes((size: number) => createHash('shake256', { outputLength: size }).update(`${seed} ${++made}`).digest());
  globalThis.setTimeout = ((work: () => void, ms = 0) => void world.sleep(ms).then(work)) as never;
  Math.random = () => random().next();
  // A process's own clock never goes back, and what a history leaves in a module is past in the next.
  const base = clock;
  performance.now = () => base + world.now - began;
  crypto.randomUUID = () =>
    `00000000-0000-4000-8000-${String(++made).padStart(12, '0')}` as ReturnType<typeof crypto.randomUUID>;
  return () => {
    clock = performance.now() + DAY_MS;
    globalThis.setTimeout = own.setTimeout;
    Math.random = own.random;
    performance.now = own.now;
    crypto.randomUUID = own.uuid;
    Script.prototype.runInContext = runInContext;
    setBytes(randomBytes);
  };
}

/** How time passes at rest: hours in which all is made good, and days in which deadlines come. */
const REST_MS = [HOUR_MS, HOUR_MS, HOUR_MS, 16 * DAY_MS, HOUR_MS, 40 * DAY_MS, HOUR_MS];
/** Steps after which nothing may go on any more by itself. */
const MOST_STEPS_TO_REST = 20_000;
const MOST_PEOPLE = 4;
const ALL_DEEDS = [...DEEDS, ...VISITS, ...OPERATIONS];

/** Tells a seed's history by these steps: all up to a number, or, when it is told again, those that matter. */
export async function tell(seed: number, steps: readonly number[]): Promise<History> {
  let random = randomOf(seed);
  const faults = faultsOf(random);
  const ledger = createLedger();
  let edition = 0;
  const authorities: Authority[] = [];
  let watched = false;
  let unexpected: BrokenPromise | undefined;
  const world = createWorld({
    ...{ startAt: START, faults, random: () => random, shardsPerTable: 1 + random.below(2) },
    onWrites: (writes, by) => {
      if (watched) checkWrites(writes, ledger, world.now, by);
    },
    onPublish: (notice, addresses, by) => checkPublish(notice, addresses, ledger, by),
    onAddressed: (recipient, addresses, letter, by) =>
      checkAddressed(recipient, addresses, letter, { ledger, store: world.store, by }),
    onError: (name, fields) => {
      const what = `${name}: ${fields instanceof Error ? fields.stack : JSON.stringify(fields)}`;
      if (what.includes('UnreadableItemError') && authorities.some(({ spoilt }) => spoilt)) return;
      // A deployment while an earlier state is put back: CloudFormation rolls it back, and it is made again.
      if (what.includes('is being put back') && authorities.some(({ isAway }) => isAway)) return;
      unexpected ??= new BrokenPromise('nothing fails without a reason', what);
    },
    inspections: () => authorities.map(({ id }) => inspectionOf(id, edition)),
  });
  const { store, topic } = world;
  const leave = enter(world, seed, () => random);

  /** As from a terminal: each call takes a moment, and no promise of the functions is about what it writes. */
  const operating: Person['operating'] = (isInterrupted) => {
    const send = async (command: Command): Promise<object> => {
      await world.sleep(random.below(50));
      if (isInterrupted && random.chance(0.03)) throw new InterruptedError();
      watched = false;
      try {
        return store.execute(command);
      } finally {
        watched = true;
      }
    };
    return { client: { send }, tables: store.tables } as unknown as ReturnType<Person['operating']>;
  };

  const personOf = (authority: Authority): Person => ({
    ...{ world, random: () => random, authority, others: authorities.filter((other) => other !== authority) },
    onAccepted: (owner, month) => checkAccepted(store, owner, month),
    newer: newerOf,
    operating,
    // Whether it is closed is as unknown as the rest, until it is put back.
    onAway: ({ id }) => void ledger.away.add(id),
    onRestored: ({ id }) => resumeFrom(store, id, ledger, world.now),
    removedAt: (address) => ledger.removedAt.get(recipientId(address)),
  });

  /** What somebody does goes on beside the steps: what it finds broken is looked at after the next one. */
  let people = 0;
  function begin(work: Promise<unknown>): void {
    people++;
    work.then(
      () => people--,
      (error) => {
        people--;
        unexpected ??= error instanceof BrokenPromise ? error : new BrokenPromise('nobody comes to harm', error.stack);
      },
    );
  }

  function change(): void {
    const draw = random.next();
    const subscription = topic.subscriptions.length > 0 ? random.pick(topic.subscriptions) : undefined;
    if (draw < 0.6) {
      if (subscription) topic.confirm(subscription);
    } else if (draw < 0.7) {
      if (subscription) topic.unsubscribe(subscription);
    } else if (draw < 0.85) store.expire(1);
    else {
      edition++;
      for (let deployments = 1 + random.below(2); deployments > 0; deployments--)
        begin(
          world.invoke('seed', {
            RequestType: 'Update',
            ResponseURL: 'https://example.org',
            StackId: '',
            RequestId: '',
          }),
        );
    }
  }

  function step(): void {
    const { calls, timers, events, batches, running } = world.waiting;
    const options: (readonly [weight: number, take: () => void])[] = [
      [calls > 0 ? 12 : 0, () => world.stepCall()],
      [timers > 0 ? 2 : 0, () => world.stepTimer()],
      [events > 0 ? 3 : 0, () => world.stepEvent()],
      [batches > 0 ? 3 : 0, () => world.stepBatch()],
      [people < MOST_PEOPLE ? 3 : 0, () => begin(weighted(random, ALL_DEEDS)(personOf(random.pick(authorities))))],
      [0.4, change],
      [running > 0 ? 0.5 : 0, () => world.pass(random.below(2000))],
      // Time goes on when nobody is at work, or, seldom, over their heads.
      [running > 0 ? 0.02 : 1.5, () => world.pass(random.pick([HOUR_MS, DAY_MS, 5 * DAY_MS, 12 * DAY_MS]))],
    ];
    weighted(random, options)();
  }

  async function check(): Promise<void> {
    await world.quiet();
    if (unexpected) throw unexpected;
  }

  async function set(): Promise<void> {
    const spoilt = random.chance(0.1) ? random.below(IDS.length) : -1;
    const count = 1 + random.below(IDS.length);
    for (const [index, id] of IDS.slice(0, count).entries()) {
      const inspection = inspectionOf(id, edition);
      await loadInspection(store, inspection);
      await readInspection(store, id);
      const expires = Math.floor(START / 1000) + 100 * 366 * 24 * 3600;
      const token = await createToken(store, { scopes: [...SCOPES], authority: id, label: id, expires });
      authorities.push({
        ...{ id, token, metrics: inspection.metrics, spoilt: index === spoilt },
        ...{ next: '2010-01', accepted: [], links: [], sessions: [], programs: 0 },
        ...{ earlier: [], isAway: false, restores: 0, recounts: 0 },
      });
      subscribeDirector(id);
    }
    world.pass(HOUR_MS);
    watched = true;
  }

  /** The director whom the deployment asks, as a subscription that is there from the beginning. */
  function subscribeDirector(id: string): void {
    const policy = JSON.stringify({ authority: [id], level: ['watch', 'warning', 'critical'] });
    const Attributes = { FilterPolicy: policy };
    const input = { Endpoint: `director@${id}.example`, Protocol: 'email', TopicArn: topic.arn, Attributes };
    topic.execute({ constructor: { name: 'SubscribeCommand' }, input });
  }

  function spoil(): void {
    for (const { id, spoilt } of authorities)
      if (spoilt) {
        watched = false;
        const Item = { pk: { S: authorityKey(id) }, sk: { S: BOARD_KEY }, data: { S: '{"unreadable":true}' } };
        store.execute(new PutItemCommand({ TableName: 'alerts', Item }));
        watched = true;
      }
  }

  let toRest = 0;
  async function rest(): Promise<void> {
    world.calm();
    for (const { endpoint } of [...topic.subscriptions])
      for (const subscription of topic.subscriptions)
        if (subscription.endpoint === endpoint) topic.confirm(subscription);
    for (const [index, ms] of REST_MS.entries()) {
      // By then whoever was at it has closed what they would.
      if (index === 1) for (const authority of authorities) begin(setClosed(personOf(authority), false));
      world.pass(ms);
      for (let taken = 0; ; taken++, toRest++) {
        if (taken > MOST_STEPS_TO_REST)
          throw new BrokenPromise('at rest nothing is left undone', 'it does not come to rest');
        const { calls, timers, events, batches } = world.waiting;
        if (calls > 0) world.stepCall();
        else if (batches > 0) world.stepBatch();
        else if (events > 0) world.stepEvent();
        else if (timers > 0) world.stepTimer();
        else break;
        await check();
      }
    }
    for (const authority of authorities)
      if (!authority.spoilt && authority.accepted.length > 0)
        await checkAtRest(store, topic, authority, ledger, world.now);
  }

  let current: number | undefined;
  try {
    await set();
    spoil();
    for (current of steps) {
      random = randomOf(seed, current);
      step();
      await check();
    }
    current = undefined;
    random = randomOf(seed, -1);
    await rest();
    return { seed, steps, toRest, calls: store.calls, left: leftIn(store) };
  } catch (error) {
    const { message, stack = '' } = error as Error;
    const promise = error instanceof BrokenPromise ? error.promise : 'the simulation itself holds';
    return {
      seed,
      steps,
      toRest,
      calls: store.calls,
      left: leftIn(store),
      broken: { promise, what: message, step: current, stack },
    };
  } finally {
    leave();
  }
}

function leftIn(store: MemoryStore): string {
  const items = (['baselines', 'submissions', 'alerts', 'access'] as const).flatMap((table) => store.items(table));
  return createHash('sha256').update(JSON.stringify(items)).digest('hex');
}

function weighted<T>(random: Random, options: readonly (readonly [weight: number, option: T])[]): T {
  let draw = random.next() * options.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, option] of options) {
    draw -= weight;
    if (draw < 0) return option;
  }
  return (options.find(([weight]) => weight > 0) as readonly [number, T])[1];
}

/** The first steps of a seed, from 0. */
export const stepsUpTo = (count: number): number[] => Array.from({ length: count }, (_, step) => step);

/** The fewest steps found that break the same promise: parts are left out for as long as it breaks without them. */
export async function shorten(history: History, most = 400): Promise<History> {
  let best = history;
  let tries = 0;
  const breaks = async (steps: readonly number[]): Promise<boolean> => {
    tries++;
    const told = await tell(history.seed, steps);
    if (told.broken?.promise !== history.broken?.promise) return false;
    best = told;
    return true;
  };
  const { step } = history.broken ?? {};
  if (step !== undefined) await breaks(history.steps.filter((each) => each <= step));
  for (let size = Math.ceil(best.steps.length / 2); size >= 1 && tries < most; ) {
    let removed = false;
    for (let start = 0; start < best.steps.length && tries < most; ) {
      const rest = [...best.steps.slice(0, start), ...best.steps.slice(start + size)];
      if (await breaks(rest)) removed = true;
      else start += size;
    }
    if (!removed || size === 1) {
      if (size === 1 && !removed) break;
      size = Math.floor(size / 2) || (removed ? 1 : 0);
    }
  }
  return best;
}

/** `0-4,9` for 0, 1, 2, 3, 4 and 9. */
export function rangesOf(steps: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const step of steps) {
    const last = ranges.at(-1);
    if (last && last[1] === step - 1) last[1] = step;
    else ranges.push([step, step]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

export function stepsIn(ranges: string): number[] {
  return ranges.split(',').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, at) => from + at);
  });
}
