import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Clock } from './clock.ts';
import { type AwsCall, type AwsReply, awsError } from './gateway.ts';
import { readJson, writeJson } from './json-file.ts';
import type { Model } from './model.ts';

/** Queues that hold what was dead-lettered until somebody looks at it: persisted, and read with the AWS CLI or SDK. */
export interface Queues {
  /** Puts a message into the queue with this ARN. It is on disk when this returns. */
  send(queueArn: string, body: string): void;
  handle(call: AwsCall): Promise<AwsReply>;
  has(queueArn: string): boolean;
}

const QueueSchema = z.looseObject({
  VisibilityTimeout: z.coerce.number().default(30),
  RedrivePolicy: z.undefined({ error: 'a queue does not redrive here' }).optional(),
  FifoQueue: z.literal(false, { error: 'FIFO queues do not run here' }).optional(),
});

interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes?: unknown;
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
  readonly visibilityMs: number;
  /** In the order sent. */
  readonly messages: Message[];
}

const MessageInput = z.looseObject({
  QueueUrl: z.string().optional(),
  QueueName: z.string().optional(),
  MessageBody: z.string().min(1).max(262_144).optional(),
  MessageAttributes: z.unknown().optional(),
  DelaySeconds: z.number().default(0),
  MaxNumberOfMessages: z.number().int().min(1).max(10).default(1),
  VisibilityTimeout: z.number().optional(),
  WaitTimeSeconds: z.number().default(0),
  ReceiptHandle: z.string().optional(),
});

type Input = z.infer<typeof MessageInput>;

export function createQueues(model: Model, directory: string, clock: Clock): Queues {
  const queues = model.ids('AWS::SQS::Queue').map((logicalId): Queue => {
    const name = model.physicalName(logicalId);
    const { VisibilityTimeout } = model.properties(logicalId, QueueSchema);
    const path = join(directory, name);
    return {
      arn: model.arn(logicalId),
      name,
      directory: path,
      visibilityMs: VisibilityTimeout * 1000,
      messages: load(path),
    };
  });

  const add = (queue: Queue, body: string, attributes?: unknown, delaySeconds = 0): Message => {
    const now = clock.now();
    const message: Message = {
      id: randomUUID(),
      body,
      ...(attributes === undefined ? {} : { attributes }),
      sentAt: now,
      visibleAt: now + delaySeconds * 1000,
      receiveCount: 0,
    };
    writeJson(join(queue.directory, `${message.id}.json`), message);
    queue.messages.push(message);
    return message;
  };

  const receive = async (queue: Queue, input: Input): Promise<Message[]> => {
    const until = Date.now() + input.WaitTimeSeconds * 1000;
    for (;;) {
      const now = clock.now();
      const visible = queue.messages.filter(({ visibleAt }) => visibleAt <= now).slice(0, input.MaxNumberOfMessages);
      if (visible.length > 0 || Date.now() >= until) {
        for (const message of visible) {
          message.visibleAt = now + (input.VisibilityTimeout ?? queue.visibilityMs / 1000) * 1000;
          message.receiveCount++;
          message.receiptHandle = randomUUID();
        }
        return visible;
      }
      // A stopped instance does not stay for whoever still waits.
      await sleep(50, undefined, { ref: false });
    }
  };

  const operations: Record<string, (queue: Queue, input: Input) => object | Promise<object>> = {
    GetQueueUrl: (queue) => ({ QueueUrl: `${model.facts.gateway}/${model.stack.account}/${queue.name}` }),
    GetQueueAttributes(queue) {
      const now = clock.now();
      const hidden = queue.messages.filter(({ visibleAt }) => visibleAt > now).length;
      return {
        Attributes: {
          QueueArn: queue.arn,
          ApproximateNumberOfMessages: String(queue.messages.length - hidden),
          ApproximateNumberOfMessagesNotVisible: String(hidden),
          VisibilityTimeout: String(queue.visibilityMs / 1000),
        },
      };
    },
    SendMessage(queue, input) {
      if (input.MessageBody === undefined) throw new InputError('MissingParameter', 'MessageBody is required');
      const message = add(queue, input.MessageBody, input.MessageAttributes, input.DelaySeconds);
      return { MessageId: message.id, MD5OfMessageBody: md5(message.body) };
    },
    async ReceiveMessage(queue, input) {
      const messages = await receive(queue, input);
      return {
        Messages: messages.map((message) => ({
          MessageId: message.id,
          ReceiptHandle: message.receiptHandle,
          Body: message.body,
          MD5OfBody: md5(message.body),
          MessageAttributes: message.attributes,
          Attributes: {
            ApproximateReceiveCount: String(message.receiveCount),
            SentTimestamp: String(Math.floor(message.sentAt)),
          },
        })),
      };
    },
    DeleteMessage(queue, input) {
      const index = queue.messages.findIndex(({ receiptHandle }) => receiptHandle === input.ReceiptHandle);
      const [message] = index < 0 || input.ReceiptHandle === undefined ? [] : queue.messages.splice(index, 1);
      if (message !== undefined) rmSync(join(queue.directory, `${message.id}.json`), { force: true });
      return {};
    },
  };

  return {
    has: (queueArn) => queues.some(({ arn }) => arn === queueArn),
    send(queueArn, body) {
      const queue = queues.find(({ arn }) => arn === queueArn);
      if (queue === undefined) throw new Error(`no queue of this template has the ARN ${queueArn}`);
      add(queue, body);
    },
    async handle(call) {
      const operation = operations[call.operation];
      if (operation === undefined) {
        return awsError(call, 400, 'UnsupportedOperation', `${call.operation} is not played by the local SQS endpoint`);
      }
      const parsed = MessageInput.safeParse(call.input());
      if (!parsed.success) return awsError(call, 400, 'InvalidParameterValue', z.prettifyError(parsed.error));
      const name = parsed.data.QueueUrl?.split('/').at(-1) ?? parsed.data.QueueName;
      const queue = queues.find((candidate) => candidate.name === name);
      if (queue === undefined) return awsError(call, 400, 'QueueDoesNotExist', 'The specified queue does not exist.');
      try {
        const output = await operation(queue, parsed.data);
        return {
          status: 200,
          headers: { 'content-type': 'application/x-amz-json-1.0' },
          body: JSON.stringify(output),
        };
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        return awsError(call, 400, error.code, error.message);
      }
    },
  };
}

class InputError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'InputError';
    this.code = code;
  }
}

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
