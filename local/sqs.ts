import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { Clock } from './clock.ts';
import { type AwsCall, type AwsReply, awsError } from './gateway.ts';
import { readJson, writeJson } from './json-file.ts';
import type { Model } from './model.ts';

/**
 * Emulates standard queues of SQS: what is put into one stays on disk until whoever has received it deletes it, be that Lambda
 * (`queue-mapping.ts`), the project's own commands or the AWS CLI. What is received too often is a dead letter. Reference: Amazon SQS API Reference.
 */
export interface Queues {
  /** Puts a message into the queue with this ARN. It is on disk when this returns. */
  send(queueArn: string, body: string): void;
  handle(call: AwsCall): AwsReply;
  has(queueArn: string): boolean;
  /** The queue with this ARN, for whoever takes messages out of it in AWS's place. */
  find(queueArn: string): SourceQueue;
}

export interface SourceQueue {
  readonly visibilityTimeoutMs: number;
  /** Takes up to `most` messages that are visible, and hides them. */
  receive(most: number): readonly Received[];
  delete(messages: readonly Received[]): void;
  /** How many messages are visible. */
  visible(): number;
  /** Calls `listener` whenever a message was put in. */
  onSend(listener: () => void): void;
}

export type Received = Readonly<Required<Message>>;

interface Message {
  readonly id: string;
  readonly body: string;
  readonly sentAt: number;
  /** Not before this time of the instance's clock. */
  visibleAt: number;
  receiveCount: number;
  receiptHandle?: string;
}

interface Queue {
  readonly arn: string;
  readonly name: string;
  readonly directory: string;
  readonly visibilityTimeoutS: number;
  readonly redrive: { readonly deadLetterTargetArn: string; readonly maxReceiveCount: number } | undefined;
  /** In the order sent. */
  readonly messages: Message[];
  readonly listeners: (() => void)[];
}

const MAX_MESSAGE_BYTES = 262_144;
/** Of a batch together, too. */
const MAX_BATCH = 10;

const Body = z
  .string()
  .min(1)
  .refine((body) => Buffer.byteLength(body) <= MAX_MESSAGE_BYTES, `must be at most ${MAX_MESSAGE_BYTES} bytes`);

/** The operations that are emulated, with the whole of their input that is. */
const INPUTS = {
  SendMessage: z.strictObject({ QueueUrl: z.string(), MessageBody: Body }),
  SendMessageBatch: z.strictObject({
    QueueUrl: z.string(),
    Entries: z
      .array(z.strictObject({ Id: z.string().regex(/^[\w-]{1,80}$/), MessageBody: Body }))
      .min(1)
      .max(MAX_BATCH)
      .refine((entries) => new Set(entries.map(({ Id }) => Id)).size === entries.length, 'must have different ids')
      .refine(
        (entries) => entries.reduce((sum, entry) => sum + Buffer.byteLength(entry.MessageBody), 0) <= MAX_MESSAGE_BYTES,
        `must be at most ${MAX_MESSAGE_BYTES} bytes together`,
      ),
  }),
  ReceiveMessage: z.strictObject({
    QueueUrl: z.string(),
    MaxNumberOfMessages: z.number().int().min(1).max(10).default(1),
    VisibilityTimeout: z.number().int().min(0).max(43_200).optional(),
  }),
  DeleteMessage: z.strictObject({ QueueUrl: z.string(), ReceiptHandle: z.string() }),
  GetQueueAttributes: z.strictObject({ QueueUrl: z.string(), AttributeNames: z.tuple([z.literal('All')]) }),
};

type Operation = keyof typeof INPUTS;

export function createQueues(model: Model, directory: string, clock: Clock): Queues {
  const queues = model.ids('AWS::SQS::Queue').map((logicalId): Queue => {
    const name = model.physicalName(logicalId);
    const path = join(directory, name);
    const { VisibilityTimeout, RedrivePolicy } = model.properties(logicalId, 'AWS::SQS::Queue');
    return {
      ...{ arn: model.arn(logicalId), name, directory: path, messages: load(path), listeners: [] },
      ...{ visibilityTimeoutS: VisibilityTimeout, redrive: RedrivePolicy },
    };
  });
  for (const { arn, redrive } of queues)
    if (redrive !== undefined) queueWith(redrive.deadLetterTargetArn, `the dead letters of ${arn}`);

  function queueWith(arn: string, what = 'a message'): Queue {
    const queue = queues.find((candidate) => candidate.arn === arn);
    if (queue === undefined) throw new Error(`${what}: no queue of this template has the ARN ${arn}`);
    return queue;
  }

  const pathOf = (queue: Queue, { id }: Message): string => join(queue.directory, `${id}.json`);

  const put = (queue: Queue, message: Message): void => {
    writeJson(pathOf(queue, message), message);
    queue.messages.push(message);
    for (const listener of queue.listeners) listener();
  };

  const add = (queue: Queue, body: string): Message => {
    const now = clock.now();
    const message: Message = { id: randomUUID(), body, sentAt: now, visibleAt: now, receiveCount: 0 };
    put(queue, message);
    return message;
  };

  const take = (queue: Queue, message: Message | undefined): void => {
    if (message === undefined) return;
    const index = queue.messages.indexOf(message);
    if (index < 0) return;
    queue.messages.splice(index, 1);
    rmSync(pathOf(queue, message), { force: true });
  };

  const visibleIn = (queue: Queue): Message[] => queue.messages.filter(({ visibleAt }) => visibleAt <= clock.now());

  /** Developer Guide, "Dead-letter queues": what was received `maxReceiveCount` times and would be once more is moved. */
  const receive = (queue: Queue, most: number, timeoutS = queue.visibilityTimeoutS): Received[] => {
    const { redrive } = queue;
    const received: Message[] = [];
    for (const message of visibleIn(queue)) {
      if (received.length === most) break;
      if (redrive !== undefined && message.receiveCount >= redrive.maxReceiveCount) {
        take(queue, message);
        put(queueWith(redrive.deadLetterTargetArn), { ...message, receiveCount: 0 });
        continue;
      }
      message.visibleAt = clock.now() + timeoutS * 1000;
      message.receiveCount++;
      message.receiptHandle = randomUUID();
      writeJson(pathOf(queue, message), message);
      received.push(message);
    }
    return received as Received[];
  };

  const operations: { readonly [O in Operation]: (queue: Queue, input: z.infer<(typeof INPUTS)[O]>) => object } = {
    SendMessage(queue, { MessageBody }) {
      const message = add(queue, MessageBody);
      return { MessageId: message.id, MD5OfMessageBody: md5(message.body) };
    },
    SendMessageBatch(queue, { Entries }) {
      const Successful = Entries.map(({ Id, MessageBody }) => {
        const message = add(queue, MessageBody);
        return { Id, MessageId: message.id, MD5OfMessageBody: md5(message.body) };
      });
      return { Successful, Failed: [] };
    },
    ReceiveMessage(queue, { MaxNumberOfMessages, VisibilityTimeout }) {
      return {
        Messages: receive(queue, MaxNumberOfMessages, VisibilityTimeout).map((message) => ({
          MessageId: message.id,
          ReceiptHandle: message.receiptHandle,
          Body: message.body,
          MD5OfBody: md5(message.body),
          Attributes: attributesOf(message),
        })),
      };
    },
    DeleteMessage(queue, { ReceiptHandle }) {
      take(
        queue,
        queue.messages.find(({ receiptHandle }) => receiptHandle === ReceiptHandle),
      );
      return {};
    },
    GetQueueAttributes(queue) {
      const hidden = queue.messages.length - visibleIn(queue).length;
      return {
        Attributes: {
          QueueArn: queue.arn,
          ApproximateNumberOfMessages: String(queue.messages.length - hidden),
          ApproximateNumberOfMessagesNotVisible: String(hidden),
          VisibilityTimeout: String(queue.visibilityTimeoutS),
        },
      };
    },
  };

  /** One operation with its input read. Undefined where it is for a queue that is not there. */
  const perform = <O extends Operation>(operation: O, input: z.infer<(typeof INPUTS)[O]>): object | undefined => {
    const name = input.QueueUrl.split('/').at(-1);
    const queue = queues.find((candidate) => candidate.name === name);
    return queue && operations[operation](queue, input);
  };

  return {
    has: (queueArn) => queues.some(({ arn }) => arn === queueArn),
    send(queueArn, body) {
      add(queueWith(queueArn), body);
    },
    find(queueArn) {
      const queue = queueWith(queueArn);
      return {
        visibilityTimeoutMs: queue.visibilityTimeoutS * 1000,
        receive: (most) => receive(queue, most),
        delete(messages) {
          for (const message of messages) take(queue, message);
        },
        visible: () => visibleIn(queue).length,
        onSend: (listener) => void queue.listeners.push(listener),
      };
    },
    handle(call) {
      const { operation } = call;
      if (!isEmulated(operation)) {
        return awsError(call, 400, 'UnsupportedOperation', `${operation} is not emulated by the local SQS endpoint`);
      }
      const parsed = INPUTS[operation].safeParse(call.input());
      if (!parsed.success) return awsError(call, 400, 'InvalidParameterValue', z.prettifyError(parsed.error));
      const output = perform(operation, parsed.data);
      if (output === undefined) return awsError(call, 400, 'QueueDoesNotExist', 'The specified queue does not exist.');
      return {
        status: 200,
        headers: { 'content-type': 'application/x-amz-json-1.0' },
        body: JSON.stringify(output),
      };
    },
  };
}

const isEmulated = (operation: string): operation is Operation => Object.hasOwn(INPUTS, operation);

/** The queue's messages from an earlier run. What was being looked at then is visible again. */
function load(directory: string): Message[] {
  mkdirSync(directory, { recursive: true });
  return readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .map((file) => readJson<Message>(join(directory, file)))
    .filter((message) => message !== undefined)
    .map((message) => ({ ...message, visibleAt: 0 }))
    .sort((a, b) => a.sentAt - b.sentAt);
}

/** As a receiver is told them. */
export const attributesOf = ({ receiveCount, sentAt }: Received): Record<string, string> => ({
  ApproximateReceiveCount: String(receiveCount),
  SentTimestamp: String(Math.floor(sentAt)),
});

export const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
