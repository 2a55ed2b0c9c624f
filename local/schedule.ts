import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { AsyncInvoker } from './async-invoke.ts';
import type { Clock } from './clock.ts';
import type { FunctionLog } from './function-log.ts';
import type { Functions, LambdaFunction } from './functions.ts';
import { readJson, writeJson } from './json-file.ts';
import type { Model } from './model.ts';
import { parseScheduleExpression, type ScheduleExpression } from './schedule-expression.ts';

/** The template's schedules, run at their times by the instance's clock. */
export interface Schedules {
  /** Runs all of them once, now, whether enabled or not. Rejects where a function fails. */
  runNow(): Promise<void>;
  running(): number;
  /** The clock was moved: the time that it left out counts as gone, and none of it is made up for. */
  clockMoved(): void;
  stop(): void;
}

const InputSchema = z.looseObject({ Arn: z.string(), Input: z.string().optional() });

const ScheduleSchema = z.looseObject({
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.string().optional(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Target: InputSchema,
});

const RuleSchema = z.looseObject({
  ScheduleExpression: z.string({ error: 'only rules with a schedule run here' }),
  State: z.string().default('ENABLED'),
  Targets: z.array(InputSchema).default([]),
});

interface Entry {
  readonly logicalId: string;
  readonly arn: string;
  readonly expression: ScheduleExpression;
  readonly enabled: boolean;
  readonly targets: readonly { readonly target: LambdaFunction; event(now: number): unknown }[];
}

export interface ScheduleOptions {
  readonly model: Model;
  readonly functions: Functions;
  readonly invoker: AsyncInvoker;
  readonly clock: Clock;
  readonly log: FunctionLog;
  /** Where the time of each schedule's last run is kept. */
  readonly statePath: string;
}

/**
 * A `rate` counts from the last run, which outlives a restart; one that fell due while the instance was down runs at
 * the start. A `cron` minute that passed while it was down is gone, as it is on AWS.
 */
export function startSchedules({ model, functions, invoker, clock, log, statePath }: ScheduleOptions): Schedules {
  const entries = [
    ...model.ids('AWS::Scheduler::Schedule').map((logicalId) => readSchedule(model, functions, logicalId)),
    ...model.ids('AWS::Events::Rule').map((logicalId) => readRule(model, functions, logicalId)),
  ];
  const lastRuns = readJson<Record<string, number>>(statePath) ?? {};
  const started = clock.now();
  for (const { logicalId } of entries) {
    const last = lastRuns[logicalId];
    // A clock that was set back since would otherwise keep the schedule silent until it has caught up.
    if (last === undefined || last > started) lastRuns[logicalId] = started;
  }
  let running = 0;
  let timer: NodeJS.Timeout | undefined;

  const runTargets = async (entry: Entry, now: number): Promise<void> => {
    running++;
    try {
      for (const { target, event } of entry.targets) {
        const result = await invoker.invoke(target, event(now));
        if (result.functionError !== undefined) {
          throw new Error(`${entry.logicalId}: ${target.name} failed: ${JSON.stringify(result.payload)}`);
        }
      }
    } finally {
      running--;
    }
  };

  const tick = () => {
    const now = clock.now();
    for (const entry of entries) {
      if (!entry.enabled || !entry.expression.isDue(now, lastRuns[entry.logicalId] ?? now)) continue;
      lastRuns[entry.logicalId] = now;
      runTargets(entry, now).catch((error: Error) => {
        log.write({ source: entry.logicalId, stream: 'platform', message: error.message });
      });
    }
    writeJson(statePath, lastRuns);
    awaitNextMinute();
  };
  const awaitNextMinute = () => {
    clearTimeout(timer);
    if (entries.length > 0) timer = setTimeout(tick, 60_000 - (clock.now() % 60_000));
  };
  if (entries.length > 0) tick();

  return {
    async runNow() {
      await Promise.all(entries.map((entry) => runTargets(entry, clock.now())));
    },
    running: () => running,
    clockMoved() {
      for (const { logicalId } of entries) lastRuns[logicalId] = clock.now();
      writeJson(statePath, lastRuns);
      awaitNextMinute();
    },
    stop: () => clearTimeout(timer),
  };
}

function readSchedule(model: Model, functions: Functions, logicalId: string): Entry {
  const { ScheduleExpression, ScheduleExpressionTimezone, State, Target } = model.properties(logicalId, ScheduleSchema);
  const arn = model.arn(logicalId);
  const envelope = (now: number) => ({ ...scheduledEvent(model, arn, now), source: 'aws.scheduler', detail: '{}' });
  return {
    logicalId,
    arn,
    expression: parseScheduleExpression(ScheduleExpression, ScheduleExpressionTimezone),
    enabled: State === 'ENABLED',
    targets: [
      {
        target: functions.find(Target.Arn),
        event(now) {
          if (Target.Input === undefined) return envelope(now);
          // EventBridge Scheduler User Guide, "Adding context attributes".
          const input = Target.Input.replaceAll('<aws.scheduler.scheduled-time>', isoSeconds(now))
            .replaceAll('<aws.scheduler.schedule-arn>', arn)
            .replaceAll('<aws.scheduler.execution-id>', randomUUID())
            .replaceAll('<aws.scheduler.attempt-number>', '1');
          return JSON.parse(input);
        },
      },
    ],
  };
}

function readRule(model: Model, functions: Functions, logicalId: string): Entry {
  const { ScheduleExpression, State, Targets } = model.properties(logicalId, RuleSchema);
  const arn = model.arn(logicalId);
  return {
    logicalId,
    arn,
    expression: parseScheduleExpression(ScheduleExpression),
    enabled: State.startsWith('ENABLED'),
    targets: Targets.map(({ Arn, Input }) => ({
      target: functions.find(Arn),
      event: (now: number) => (Input === undefined ? scheduledEvent(model, arn, now) : JSON.parse(Input)),
    })),
  };
}

/** EventBridge User Guide, "Scheduled events". */
function scheduledEvent({ stack: { account, region } }: Model, arn: string, now: number): Record<string, unknown> {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account,
    time: isoSeconds(now),
    region,
    resources: [arn],
    detail: {},
  };
}

const isoSeconds = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;
