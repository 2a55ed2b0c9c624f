import { invokeAsynchronously } from './async-invoke.ts';
import type { Clock } from './clock.ts';
import type { FunctionLog } from './function-log.ts';
import type { Functions, LambdaFunction } from './functions.ts';
import { readJson, writeJson } from './json-file.ts';
import type { Model } from './model.ts';
import { RATE_EXPRESSION } from './resource-types.ts';

/** Emulates EventBridge's rules with a rate: their targets are invoked at their times by the instance's clock. */

export interface Schedules {
  /** Runs all of them once, now. Rejects where functions fail, and names them. */
  runNow(): Promise<void>;
  running(): number;
  /** The clock was moved: the time that it left out counts as gone, and none of it is made up for. */
  clockMoved(): void;
  stop(): void;
}

interface Rule {
  readonly logicalId: string;
  readonly everyMs: number;
  readonly targets: readonly { readonly target: LambdaFunction; readonly event: unknown }[];
}

export interface ScheduleOptions {
  readonly model: Model;
  readonly functions: Functions;
  readonly clock: Clock;
  readonly log: FunctionLog;
  /** Where the time of each rule's last run is kept. */
  readonly statePath: string;
}

const MINUTE_MS = 60_000;
const UNIT_MS: Readonly<Record<string, number>> = { minute: MINUTE_MS, hour: 60 * MINUTE_MS, day: 24 * 60 * MINUTE_MS };

/**
 * A rate counts from the last run, which outlives a restart; a run that fell due while the instance was down is made at
 * the start.
 */
export function startSchedules({ model, functions, clock, log, statePath }: ScheduleOptions): Schedules {
  const rules = model.ids('AWS::Events::Rule').map((logicalId) => readRule(model, functions, logicalId));
  const lastRuns = readJson<Record<string, number>>(statePath) ?? {};
  const started = clock.now();
  for (const { logicalId } of rules) {
    const last = lastRuns[logicalId];
    // A clock that was set back since would otherwise keep the rule silent until it has caught up.
    if (last === undefined || last > started) lastRuns[logicalId] = started;
  }
  let running = 0;
  let timer: NodeJS.Timeout | undefined;

  /** One target after the other; one that fails does not keep the next from its turn. */
  const run = async ({ logicalId, targets }: Rule): Promise<void> => {
    running++;
    try {
      const failures: string[] = [];
      for (const { target, event } of targets) {
        const { functionError, payload } = await invokeAsynchronously(target, event);
        if (functionError !== undefined) failures.push(`${target.name} failed: ${JSON.stringify(payload)}`);
      }
      if (failures.length > 0) throw new Error(`${logicalId}: ${failures.join('; ')}`);
    } finally {
      running--;
    }
  };

  const tick = () => {
    const now = clock.now();
    for (const rule of rules) {
      if (now - (lastRuns[rule.logicalId] ?? now) < rule.everyMs) continue;
      lastRuns[rule.logicalId] = now;
      run(rule).catch((error: Error) => {
        log.write({ source: rule.logicalId, stream: 'platform', message: error.message });
      });
    }
    writeJson(statePath, lastRuns);
    awaitNextMinute();
  };
  const awaitNextMinute = () => {
    clearTimeout(timer);
    if (rules.length > 0) timer = setTimeout(tick, MINUTE_MS - (clock.now() % MINUTE_MS));
  };
  if (rules.length > 0) tick();

  return {
    async runNow() {
      await Promise.all(rules.map(run));
    },
    running: () => running,
    clockMoved() {
      for (const { logicalId } of rules) lastRuns[logicalId] = clock.now();
      writeJson(statePath, lastRuns);
      awaitNextMinute();
    },
    stop: () => clearTimeout(timer),
  };
}

function readRule(model: Model, functions: Functions, logicalId: string): Rule {
  const { ScheduleExpression, Targets } = model.properties(logicalId, 'AWS::Events::Rule');
  const [, amount = '', unit = ''] = RATE_EXPRESSION.exec(ScheduleExpression) ?? [];
  return {
    logicalId,
    everyMs: Number(amount) * (UNIT_MS[unit] ?? 0),
    targets: Targets.map(({ Arn, Input }) => ({ target: functions.find(Arn), event: JSON.parse(Input) })),
  };
}
