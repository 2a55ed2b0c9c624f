import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { HOURLY_EVENT } from '../functions/runtime/events.ts';
import { deadLetters } from './dead-letters.ts';
import type { ServiceFunction } from './service-function.ts';

/** How often an hourly call that cannot be delivered is tried again. */
export const HOURLY_RETRIES = 3;

/** Calls functions every hour: whatever event was lost, whatever deadline passed, is looked at then. */
export class Schedule extends Construct {
  readonly calls: readonly ServiceFunction[];
  readonly deadLetters: sqs.Queue;

  constructor(scope: Construct, id: string, props: { readonly calls: readonly ServiceFunction[] }) {
    super(scope, id);
    this.calls = props.calls;
    this.deadLetters = deadLetters(this, 'DeadLetters');
    new events.Rule(this, 'Hourly', {
      description: 'Looks at every authority that is due and sends every notice not yet sent.',
      schedule: events.Schedule.rate(Duration.hours(1)),
      targets: props.calls.map(
        (call) =>
          new targets.LambdaFunction(call.function, {
            event: events.RuleTargetInput.fromObject(HOURLY_EVENT),
            // The next hour does all that this one could not.
            maxEventAge: Duration.hours(1),
            retryAttempts: HOURLY_RETRIES,
            deadLetterQueue: this.deadLetters,
          }),
      ),
    });
  }
}
