import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { deadLetters } from './dead-letters.ts';
import type { ServiceFunction } from './service-function.ts';

export interface WorkQueueProps {
  /** Puts messages in, and is handed them. */
  readonly by: ServiceFunction;
  /** How many copies of the function may be at it: the others that an account may run are for requests and streams. */
  readonly atOnce: number;
}

/** How often a message is handed over before it is put aside. SQS Developer Guide: at least five, as throttling counts too. */
export const RECEIVES = 5;
/** The most that Lambda gives without waiting for more. */
const BATCH_SIZE = 10;
/** Lambda Developer Guide, "Configuring a queue to use with Lambda": at least this many times the function's own timeout. */
const TIMEOUTS_HIDDEN = 6;

/**
 * What is too much for one hourly run of a function, handed to copies of it, ten messages at a time. The function names the
 * messages that it could not handle; they are handed over again half an hour later, and in the end put aside in `deadLetters`.
 *
 * A message says what to look at and no more, and the hourly run lists it anew as long as it is still to be done. So one that is lost, doubled or out
 * of date does no harm, and none is kept for longer than it takes to be put aside.
 */
export class WorkQueue extends Construct {
  readonly by: ServiceFunction;
  readonly queue: sqs.Queue;
  readonly deadLetters: sqs.Queue;

  constructor(scope: Construct, id: string, { by, atOnce }: WorkQueueProps) {
    super(scope, id);
    this.by = by;
    this.deadLetters = deadLetters(this, 'DeadLetters');
    const hidden = Duration.seconds(TIMEOUTS_HIDDEN * by.timeout.toSeconds());
    this.queue = new sqs.Queue(this, 'Queue', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: hidden,
      retentionPeriod: Duration.seconds((RECEIVES + 1) * hidden.toSeconds()),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: RECEIVES },
    });
    by.allow(
      ['sqs:SendMessage', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      this.queue.queueArn,
    );
    by.tell('WORK_QUEUE_URL', this.queue.queueUrl);
    new lambda.EventSourceMapping(this, 'Mapping', {
      target: by.function,
      eventSourceArn: this.queue.queueArn,
      batchSize: BATCH_SIZE,
      maxConcurrency: atOnce,
      reportBatchItemFailures: true,
    });
  }
}
