import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AwsCall, type AwsReply, awsError, readBody } from './gateway.ts';
import type { Model } from './model.ts';

/** Emulates DynamoDB, by an emulator for the calls of functions, and CloudFormation in bringing about the template's tables. */

/** Raw access to a DynamoDB emulator: what the functions call is passed on, what the runtime needs it asks itself. */
export interface Dynamodb {
  /** Passes a call on, but for who signed it: emulators keep one database per access key. */
  forward(call: AwsCall): Promise<AwsReply>;
  call(target: 'DynamoDB_20120810' | 'DynamoDBStreams_20120810', operation: string, input: object): Promise<Json>;
  close(): void;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of the emulator, whose shape the DynamoDB API reference gives
export type Json = any;

const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=local/20200101/eu-west-2/dynamodb/aws4_request, SignedHeaders=host, Signature=local';

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Whatever emulator answers at `endpoint` over HTTP. Who else can reach it is for whoever runs it to say. */
export function connectDynamodb(endpoint: string): Dynamodb {
  const url = new URL(endpoint);
  const secure = url.protocol === 'https:';
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const open = secure ? httpsRequest : httpRequest;

  const send = (target: string, body: Buffer | string): Promise<AwsReply> =>
    new Promise((resolve, reject) => {
      const request: ClientRequest = open(
        url,
        {
          method: 'POST',
          agent,
          headers: {
            'content-type': 'application/x-amz-json-1.0',
            'content-length': Buffer.byteLength(body),
            'x-amz-target': target,
            'x-amz-date': '20200101T000000Z',
            authorization: AUTHORIZATION,
          },
        },
        (response: IncomingMessage) => {
          readBody(response, MAX_ANSWER_BYTES).then((content) => {
            const { connection: _, 'transfer-encoding': __, 'keep-alive': ___, ...headers } = response.headers;
            resolve({ status: response.statusCode ?? 500, headers, body: content });
          }, reject);
        },
      );
      request.on('error', reject);
      request.end(body);
    });

  return {
    async forward(call) {
      try {
        return await send(String(call.headers['x-amz-target']), call.body);
      } catch (error) {
        return awsError(call, 500, 'InternalServerError', `the DynamoDB emulator: ${(error as Error).message}`);
      }
    },
    async call(target, operation, input) {
      return outputOf(operation, await send(`${target}.${operation}`, JSON.stringify(input)));
    },
    close: () => agent.destroy(),
  };
}

/** What an operation answered. Throws, under the name that DynamoDB gives it, where that is an error. */
export function outputOf(operation: string, { status, body }: AwsReply): Json {
  const answer: Json = JSON.parse(String(body));
  if (status === 200) return answer;
  const name = String(answer.__type).replace(/^.*#/, '');
  throw Object.assign(new Error(`${operation}: ${name}: ${answer.message ?? ''}`), { name });
}

/** A table's stream as the emulator knows it, and under the ARN that the functions see. */
export interface TableStream {
  readonly tableName: string;
  readonly arn: string;
  readonly emulatorArn: string;
}

/**
 * Brings every table of the template into being, or adds to an existing one the indexes and the stream it lacks.
 */
export async function createTables(dynamodb: Dynamodb, model: Model): Promise<TableStream[]> {
  const tables = model.ids('AWS::DynamoDB::Table');
  const streams = await Promise.all(tables.map((logicalId) => createTable(dynamodb, model, logicalId)));
  return streams.filter((stream) => stream !== undefined);
}

async function createTable(dynamodb: Dynamodb, model: Model, logicalId: string): Promise<TableStream | undefined> {
  const tableName = model.physicalName(logicalId);
  const wanted = model.properties(logicalId, 'AWS::DynamoDB::Table');
  const StreamSpecification = wanted.StreamSpecification && {
    StreamEnabled: true,
    StreamViewType: wanted.StreamSpecification.StreamViewType,
  };
  const call = (operation: string, input: object) => dynamodb.call('DynamoDB_20120810', operation, input);
  let table = await describe(dynamodb, tableName);
  if (table === undefined) {
    await call('CreateTable', {
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: wanted.AttributeDefinitions,
      KeySchema: wanted.KeySchema,
      GlobalSecondaryIndexes: wanted.GlobalSecondaryIndexes,
      StreamSpecification,
    });
  } else {
    if (keys(table.KeySchema) !== keys(wanted.KeySchema)) {
      throw new Error(
        `table '${tableName}' (${logicalId}) exists with the key ${keys(table.KeySchema)}, the template wants ` +
          `${keys(wanted.KeySchema)}: a key cannot be changed. Start afresh.`,
      );
    }
    for (const index of wanted.GlobalSecondaryIndexes ?? []) {
      const existing = (table.GlobalSecondaryIndexes ?? []).find(
        (candidate: Json) => candidate.IndexName === index.IndexName,
      );
      if (existing !== undefined && keys(existing.KeySchema) === keys(index.KeySchema)) continue;
      if (existing !== undefined) {
        await update({
          TableName: tableName,
          GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: index.IndexName } }],
        });
      }
      const names = index.KeySchema.map((key) => key.AttributeName);
      await update({
        TableName: tableName,
        AttributeDefinitions: wanted.AttributeDefinitions.filter((each) => names.includes(each.AttributeName)),
        GlobalSecondaryIndexUpdates: [{ Create: index }],
      });
    }
    if (StreamSpecification !== undefined && table.StreamSpecification?.StreamEnabled !== true) {
      await update({ TableName: tableName, StreamSpecification });
    }
  }
  table = await active();
  if (StreamSpecification === undefined) return undefined;
  const emulatorArn = String(table.LatestStreamArn);
  const arn = `${model.arn(logicalId)}/stream/${String(table.LatestStreamLabel)}`;
  model.facts.streams.set(logicalId, arn);
  return { tableName, arn, emulatorArn };

  async function update(input: object) {
    await call('UpdateTable', input);
    await active();
  }

  async function active(): Promise<Json> {
    for (;;) {
      const found = await describe(dynamodb, tableName);
      const indexes: Json[] = found?.GlobalSecondaryIndexes ?? [];
      if (found?.TableStatus === 'ACTIVE' && indexes.every((index) => index.IndexStatus === 'ACTIVE')) return found;
      await sleep(20);
    }
  }
}

async function describe(dynamodb: Dynamodb, TableName: string): Promise<Json | undefined> {
  try {
    return (await dynamodb.call('DynamoDB_20120810', 'DescribeTable', { TableName })).Table;
  } catch (error) {
    if ((error as Error).name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

const keys = (schema: readonly { AttributeName: string; KeyType: string }[]): string =>
  schema.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`).join(', ');
