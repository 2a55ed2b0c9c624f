import { Duration } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { deadLetters } from './dead-letters.ts';
import type { ServiceFunction } from './service-function.ts';

export interface StreamMappingProps {
  readonly from: dynamodb.Table;
  readonly to: ServiceFunction;
  /** Only items whose sort key begins with one of these. */
  readonly sortKeys: readonly string[];
  /** Only these kinds of change; every kind by default. */
  readonly changes?: readonly ('INSERT' | 'MODIFY' | 'REMOVE')[];
  readonly batchSize: number;
  /** How long to wait for more of a batch. */
  readonly window?: Duration;
}

/** How often a record that fails is tried again. */
export const RETRIES = 10;

/**
 * Hands changes of a table to a function, in order. The function names the first record that it could not handle
 * (partial batch response); that one is tried again, alone in the end (bisect), and then put aside in `deadLetters`.
 *
 * Ten retries, or an hour if they take longer, then no more: the hourly schedule does the same work from the tables, so what is given up
 * here is late and not lost, whereas a record tried for the whole day that a stream keeps it would hold up every other
 * authority in its shard.
 */
export class StreamMapping extends Construct {
  readonly to: ServiceFunction;
  readonly deadLetters: sqs.Queue;

  constructor(scope: Construct, id: string, props: StreamMappingProps) {
    super(scope, id);
    const stream = props.from.tableStreamArn;
    if (!stream)
      throw new Error(`${props.from.node.path} has no stream: set \`stream: true\` in functions/store/keys.ts`);
    this.to = props.to;
    this.deadLetters = deadLetters(this, 'DeadLetters');
    props.to.allow(
      ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
      stream,
    );
    props.to.allow(['sqs:SendMessage'], this.deadLetters.queueArn);
    new lambda.EventSourceMapping(this, 'Mapping', {
      target: props.to.function,
      eventSourceArn: stream,
      // What is written while the stack is being made counts as well.
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      filters: [
        lambda.FilterCriteria.filter({
          ...(props.changes && { eventName: [...props.changes] }),
          dynamodb: { Keys: { sk: { S: props.sortKeys.map((prefix) => ({ prefix })) } } },
        }),
      ],
      batchSize: props.batchSize,
      maxBatchingWindow: props.window ?? Duration.seconds(0),
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      retryAttempts: RETRIES,
      maxRecordAge: Duration.hours(1),
      onFailure: { bind: () => ({ destination: this.deadLetters.queueArn }) },
    });
  }
}
