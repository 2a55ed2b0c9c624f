import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { STACK } from './settings.ts';

export interface AlarmProps {
  /** Part of the alarm's name, and so of its heading in `docs/runbook.md`. */
  readonly name: string;
  /** What it means for the people served. */
  readonly means: string;
  readonly metric: cloudwatch.IMetric;
  readonly atLeast?: number;
  readonly lessThan?: number;
  /** Out of the last this many periods, one is enough; */
  readonly periods?: number;
  /** or all of them are needed. */
  readonly all?: boolean;
  /** What a period without data says: nothing by default. `tell` means that silence is a fault of its own. */
  readonly silence?: 'is fine' | 'tell' | 'changes nothing' | 'is the fault';
}

/**
 * The alarms of a stack: each has its heading in the runbook, and goes to one topic. There are none where there is no topic.
 */
export class Alarms {
  private readonly scope: Construct;
  private readonly topic: sns.ITopic | undefined;
  private readonly made: cloudwatch.Alarm[] = [];

  constructor(scope: Construct, topic: sns.ITopic | undefined) {
    this.scope = scope;
    this.topic = topic;
  }

  /** Those that there are, in the order in which they were added. */
  get all(): readonly cloudwatch.Alarm[] {
    return this.made;
  }

  add(props: AlarmProps): void {
    if (!this.topic) return;
    const { name, means, metric, atLeast, lessThan, periods = 1, all = false, silence = 'is fine' } = props;
    const { stackName } = Stack.of(this.scope);
    const alarm = new cloudwatch.Alarm(this.scope, name, {
      alarmName: `${stackName}-${name}`,
      alarmDescription: `${means} What to do: docs/runbook.md#${STACK.toLowerCase()}-${name}, with --stack ${stackName}`,
      metric,
      threshold: atLeast ?? lessThan ?? 1,
      comparisonOperator:
        lessThan === undefined
          ? cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
          : cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: periods,
      datapointsToAlarm: all ? periods : 1,
      treatMissingData: {
        'is fine': cloudwatch.TreatMissingData.NOT_BREACHING,
        tell: cloudwatch.TreatMissingData.MISSING,
        'changes nothing': cloudwatch.TreatMissingData.IGNORE,
        'is the fault': cloudwatch.TreatMissingData.BREACHING,
      }[silence],
    });
    const action = new SnsAction(this.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    if (silence === 'tell') alarm.addInsufficientDataAction(action);
    this.made.push(alarm);
  }
}
