import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { Clock } from './clock.ts';
import { type AwsCall, type AwsReply, awsError } from './gateway.ts';
import { readJson, writeJson } from './json-file.ts';
import type { Model } from './model.ts';

/**
 * Emulates SQS, as far as queues of dead letters need it: what is put into one stays on disk until somebody has looked at it,
 * with the project's own commands or the AWS CLI, and deleted it. Reference: Amazon SQS API Reference.
 */
export interface Queues {
  /** Puts a message into the queue with this ARN. It is on disk when this returns. */
  send(queueArn: string, body: string): void;
  handle(call: AwsCall): AwsReply;
  has(queueArn: string): boolean;
}

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
  /** In the order sent. */
  readonly messages: Message[];
}

/** The default, which the template leaves as it is. */
const VISIBILITY_TIMEOUT_S = 30;
const MAX_MESSAGE_BYTES = 262_144;

/** The operations that are emulated, with the whole of their input that is. */
const INPUTS = {
  SendMessage: z.strictObject({
    QueueUrl: z.string(),
    MessageBody: z
      .string()
      .min(1)
      .refine((body) => Buffer.byteLength(body) <= MAX_MESSAGE_BYTES, `must be at most ${MAX_MESSAGE_BYTES} bytes`),
  }),
  ReceiveMessage: z.strictObject({
    QueueUrl: z.string(),
    MaxNumberOfMessages: z.number().int().min(1).max(10).default(1),
    VisibilityTimeout: z.number().int().min(0).max(43_200).default(VISIBILITY_TIMEOUT_S),
  }),
  DeleteMessage: z.strictObject({ QueueUrl: z.string(), ReceiptHandle: z.string() }),
  GetQueueAttributes: z.strictObject({ QueueUrl: z.string(), AttributeNames: z.tuple([z.literal('All')]) }),
};

type Operation = keyof typeof INPUTS;

export function createQueues(model: Model, directory: string, clock: Clock): Queues {
  const queues = model.ids('AWS::SQS::Queue').map((logicalId): Queue => {
    const name = model.physicalName(logicalId);
    const path = join(directory, name);
    return { arn: model.arn(logicalId), name, directory: path, messages: load(path) };
  });

  const add = (queue: Queue, body: string): Message => {
    const now = clock.now();
    const message: Message = { id: randomUUID(), body, sentAt: now, visibleAt: now, receiveCount: 0 };
    writeJson(join(queue.directory, `${message.id}.json`), message);
    queue.messages.push(message);
    return message;
  };

  const operations: { readonly [O in Operation]: (queue: Queue, input: z.infer<(typeof INPUTS)[O]>) => object } = {
    SendMessage(queue, { MessageBody }) {
      const message = add(queue, MessageBody);
      return { MessageId: message.id, MD5OfMessageBody: md5(message.body) };
    },
    ReceiveMessage(queue, { MaxNumberOfMessages, VisibilityTimeout }) {
      const now = clock.now();
      const visible = queue.messages.filter(({ visibleAt }) => visibleAt <= now).slice(0, MaxNumberOfMessages);
      return {
        Messages: visible.map((message) => {
          message.visibleAt = now + VisibilityTimeout * 1000;
          message.receiveCount++;
          message.receiptHandle = randomUUID();
          return {
            MessageId: message.id,
            ReceiptHandle: message.receiptHandle,
            Body: message.body,
            MD5OfBody: md5(message.body),
            Attributes: {
              ApproximateReceiveCount: String(message.receiveCount),
              SentTimestamp: String(Math.floor(message.sentAt)),
            },
          };
        }),
      };
    },
    DeleteMessage(queue, { ReceiptHandle }) {
      const index = queue.messages.findIndex(({ receiptHandle }) => receiptHandle === ReceiptHandle);
      const [message] = index < 0 ? [] : queue.messages.splice(index, 1);
      if (message !== undefined) rmSync(join(queue.directory, `${message.id}.json`), { force: true });
      return {};
    },
    GetQueueAttributes(queue) {
      const now = clock.now();
      const hidden = queue.messages.filter(({ visibleAt }) => visibleAt > now).length;
      return {
        Attributes: {
          QueueArn: queue.arn,
          ApproximateNumberOfMessages: String(queue.messages.length - hidden),
          ApproximateNumberOfMessagesNotVisible: String(hidden),
          VisibilityTimeout: String(VISIBILITY_TIMEOUT_S),
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
      const queue = queues.find(({ arn }) => arn === queueArn);
      if (queue === undefined) throw new Error(`no queue of this template has the ARN ${queueArn}`);
      add(queue, body);
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
    .sort((a, b) => a.sentAt - b.sentAt);
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
