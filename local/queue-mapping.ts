import { failedMessages } from './batch-response.ts';
import type { FunctionLog } from './function-log.ts';
import type { Functions } from './functions.ts';
import type { Model } from './model.ts';
import type { Policies } from './policy.ts';
import { attributesOf, md5, type Queues, type Received } from './sqs.ts';

/**
 * Emulates Lambda's event source mapping on a queue: invokes a function with the messages that are visible, several batches at once,
 * and deletes what is done. What is not stays hidden for the queue's visibility timeout, and then comes again.
 */
export interface QueueMapping {
  /** The clock was moved: what was hidden may be visible. */
  nudge(): void;
  /** Resolves once no message is visible, and none is being worked on. */
  drained(): Promise<void>;
  /** Ends after the invocations under way. */
  stop(): Promise<void>;
}

export interface QueueMappingOptions {
  readonly model: Model;
  readonly logicalId: string;
  readonly functions: Functions;
  readonly policies: Policies;
  readonly queues: Queues;
  readonly log: FunctionLog;
}

/** Lambda Developer Guide, "Using Lambda with Amazon SQS", "Execution role permissions". */
const TAKING = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((verb) => `sqs:${verb}`);
/** How often it looks for messages that were hidden. */
const POLL_MS = 1000;

/** Whether a mapping takes its events from a queue, and not from a stream. */
export function isOfQueue(model: Model, logicalId: string): boolean {
  return 'ScalingConfig' in model.properties(logicalId, 'AWS::Lambda::EventSourceMapping');
}

export function startQueueMapping({
  model,
  logicalId,
  functions,
  policies,
  queues,
  log,
}: QueueMappingOptions): QueueMapping {
  const properties = model.properties(logicalId, 'AWS::Lambda::EventSourceMapping');
  if (!('ScalingConfig' in properties)) throw new Error(`${logicalId} is not the mapping of a queue`);
  const { EventSourceArn, BatchSize, ScalingConfig } = properties;
  if (!queues.has(EventSourceArn)) throw new Error(`${logicalId}: ${EventSourceArn} is not a queue of this template`);
  const queue = queues.find(EventSourceArn);
  const target = functions.find(properties.FunctionName);
  policies.require(target.logicalId, TAKING, EventSourceArn, logicalId);
  // AWS refuses it in these words.
  if (queue.visibilityTimeoutMs < target.timeoutMs)
    throw new Error(
      `${logicalId}: Queue visibility timeout: ${queue.visibilityTimeoutMs / 1000} seconds is less than Function timeout: ${target.timeoutMs / 1000} seconds`,
    );

  const underway = new Set<Promise<void>>();
  let waiters: (() => void)[] = [];
  let stopped = false;

  const deliver = async (messages: readonly Received[]): Promise<void> => {
    const result = await target.invoke({ Records: messages.map((message) => recordOf(message)) });
    const failed = failedMessages(
      result,
      messages.map(({ id }) => id),
    );
    queue.delete(messages.filter(({ id }) => !failed.includes(id)));
    if (failed.length > 0)
      log.write({
        ...{ source: logicalId, stream: 'platform' },
        message: `${failed.length} message(s) come again once their visibility timeout is over`,
      });
  };

  const recordOf = (message: Received): object => ({
    messageId: message.id,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: attributesOf(message),
    messageAttributes: {},
    md5OfBody: md5(message.body),
    eventSource: 'aws:sqs',
    eventSourceARN: EventSourceArn,
    awsRegion: model.stack.region,
  });

  const pump = (): void => {
    while (!stopped && underway.size < ScalingConfig.MaximumConcurrency) {
      const messages = queue.receive(BatchSize);
      if (messages.length === 0) break;
      const delivery: Promise<void> = deliver(messages)
        // The instance is stopping: they come again after the next start.
        .catch(() => {})
        .finally(() => {
          underway.delete(delivery);
          pump();
        });
      underway.add(delivery);
    }
    if (underway.size > 0) return;
    for (const resolve of waiters) resolve();
    waiters = [];
  };
  // Not within whoever sends: a batch is put in message by message.
  queue.onSend(() => setImmediate(pump));
  const timer = setInterval(pump, POLL_MS);
  pump();

  return {
    nudge: pump,
    drained: () =>
      new Promise((resolve) => {
        if (stopped) return resolve();
        waiters.push(resolve);
        pump();
      }),
    async stop() {
      stopped = true;
      clearInterval(timer);
      for (const resolve of waiters) resolve();
      await Promise.all(underway);
    },
  };
}
