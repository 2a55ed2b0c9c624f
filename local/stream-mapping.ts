import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod';
import { judgeBatch } from './batch-response.ts';
import type { Clock } from './clock.ts';
import type { Dynamodb, TableStream } from './dynamodb.ts';
import { compilePattern, type Matcher } from './event-pattern.ts';
import type { FunctionLog } from './function-log.ts';
import { type Functions, type InvocationResult, type LambdaFunction, MAX_PAYLOAD_BYTES } from './functions.ts';
import { readJson, writeJson } from './json-file.ts';
import type { Model } from './model.ts';
import type { Policies } from './policy.ts';
import type { Queues } from './sqs.ts';
import { changedNothing, openStream, type Position, type StreamRecord } from './stream-reader.ts';

/** A running event source mapping: the part of Lambda that reads a stream and invokes a function with batches. */
export interface StreamMapping {
  readonly tableName: string;
  /** Resolves once it stands where it starts from: whatever is written after that is delivered. */
  readonly ready: Promise<void>;
  /** Something may have been written: look now instead of at the next poll. */
  nudge(): void;
  /** Resolves once everything written before this call has been delivered or given up. */
  drained(): Promise<void>;
  /** Ends after the invocation under way. What is left comes again after the next start. */
  stop(): Promise<void>;
}

export interface StreamMappingOptions {
  readonly model: Model;
  readonly logicalId: string;
  readonly streams: readonly TableStream[];
  readonly dynamodb: Dynamodb;
  readonly functions: Functions;
  readonly policies: Policies;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly log: FunctionLog;
  /** Where the position in the stream is kept. */
  readonly checkpointPath: string;
}

/** Defaults as in the CloudFormation reference of AWS::Lambda::EventSourceMapping. */
const MappingSchema = z.looseObject({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  Enabled: z.boolean().default(true),
  BatchSize: z.coerce.number().int().min(1).max(10_000).default(100),
  MaximumBatchingWindowInSeconds: z.coerce.number().min(0).max(300).default(0),
  StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST']),
  MaximumRetryAttempts: z.coerce.number().int().min(-1).max(10_000).default(-1),
  MaximumRecordAgeInSeconds: z.coerce.number().int().min(-1).max(604_800).default(-1),
  BisectBatchOnFunctionError: z.boolean().default(false),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  FilterCriteria: z
    .looseObject({ Filters: z.array(z.looseObject({ Pattern: z.string().max(4096).optional() })).max(10) })
    .optional(),
  DestinationConfig: z.looseObject({ OnFailure: z.looseObject({ Destination: z.string() }).optional() }).optional(),
  TumblingWindowInSeconds: z.literal(0, { error: 'tumbling windows do not run here' }).optional(),
});

/** Writes that pass through the gateway wake the mapping; the poll is for those that do not. */
const POLL_MS = 1000;
/** Between attempts; AWS too backs off exponentially but does not say how. */
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 5000;

/** Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB", "Execution role permissions". */
const READING = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map((verb) => `dynamodb:${verb}`);

/** A record that is to be delivered. */
interface Pending {
  readonly record: StreamRecord;
  /** As Lambda counts it against the payload limit: JSON in bytes. */
  readonly size: number;
  readonly position: Position;
  /** Milliseconds since 1970 by the machine's clock. */
  readonly arrivedAt: number;
}

export function startStreamMapping(options: StreamMappingOptions): StreamMapping {
  const { model, logicalId, streams, dynamodb, functions, policies, queues, clock, log, checkpointPath } = options;
  const properties = model.properties(logicalId, MappingSchema);
  const stream = streams.find(({ arn }) => arn === properties.EventSourceArn);
  if (stream === undefined) {
    throw new Error(`${logicalId}: ${properties.EventSourceArn} is not the stream of a table of this template`);
  }
  const target: LambdaFunction = functions.find(properties.FunctionName);
  const matches = compileFilters(logicalId, properties.FilterCriteria?.Filters ?? []);
  const onFailure = properties.DestinationConfig?.OnFailure?.Destination;
  if (onFailure !== undefined && !queues.has(onFailure)) {
    throw new Error(`${logicalId}: the on-failure destination ${onFailure} is not a queue of this template`);
  }
  policies.require(target.logicalId, READING, stream.arn, logicalId);
  if (onFailure !== undefined) policies.require(target.logicalId, ['sqs:SendMessage'], onFailure, logicalId);
  const windowMs = properties.MaximumBatchingWindowInSeconds * 1000;
  const reportsFailures = properties.FunctionResponseTypes.length > 0;
  const mostRetries =
    properties.MaximumRetryAttempts === -1 ? Number.POSITIVE_INFINITY : properties.MaximumRetryAttempts;
  const oldestMs =
    properties.MaximumRecordAgeInSeconds === -1
      ? Number.POSITIVE_INFINITY
      : properties.MaximumRecordAgeInSeconds * 1000;

  const stored = readJson<{ streamArn: string; position?: Position }>(checkpointPath);
  const known = stored?.streamArn === stream.emulatorArn ? stored : undefined;
  const reader = openStream(dynamodb, stream, known?.position);

  let readTo = known?.position;
  let checkpoint = known?.position;
  const pending: Pending[] = [];
  let stopping = false;
  let nudged = false;
  let sleeping: { readonly wake: () => void; readonly untilNudged: boolean } | undefined;
  let waiters: (() => void)[] = [];

  const platform = (message: string) => log.write({ source: logicalId, stream: 'platform', message });

  const save = (position: Position | undefined) => {
    if (position === undefined || position === checkpoint) return;
    checkpoint = position;
    writeJson(checkpointPath, { streamArn: stream.emulatorArn, position });
  };

  /** Waits; a stop ends it, and with `untilNudged` a nudge too. */
  const pause = (ms: number, untilNudged = false) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(wake, ms);
      function wake() {
        clearTimeout(timer);
        sleeping = undefined;
        resolve();
      }
      sleeping = { wake, untilNudged };
    });

  const nudge = () => {
    nudged = true;
    if (sleeping?.untilNudged === true) sleeping.wake();
  };

  /** Reads once. Returns how many records the stream gave, whether they pass the filter or not. */
  const read = async (): Promise<number> => {
    const before = waiters;
    waiters = [];
    try {
      const { records, position } = await reader.read();
      for (const raw of records) {
        const { SequenceNumber, ApproximateCreationDateTime } = raw.dynamodb;
        if (changedNothing(raw)) continue;
        const record = asLambdaSeesIt(raw, stream, model.stack.region, clock);
        if (!matches(record)) continue;
        pending.push({
          record,
          size: Buffer.byteLength(JSON.stringify(record)),
          position: { shardId: position?.shardId ?? '', sequenceNumber: SequenceNumber },
          arrivedAt: ApproximateCreationDateTime * 1000,
        });
      }
      readTo = position;
      if (pending.length === 0) save(readTo);
      if (records.length === 0 && pending.length === 0) for (const resolve of before) resolve();
      else waiters.push(...before);
      return records.length;
    } catch (error) {
      waiters.push(...before);
      if (!stopping) platform(`reading the stream failed: ${(error as Error).message}`);
      await pause(FIRST_PAUSE_MS);
      return 0;
    }
  };

  /** The next batch, as large as batch size, window and payload limit allow; none when stopping. */
  const nextBatch = async (): Promise<Pending[]> => {
    let windowEnd: number | undefined;
    while (!stopping) {
      nudged = false;
      const count = pending.length >= properties.BatchSize ? 0 : await read();
      if (pending.length > 0) {
        windowEnd ??= Date.now() + windowMs;
        const left = windowEnd - Date.now();
        if (pending.length >= properties.BatchSize || left <= 0) return takeBatch(pending, properties.BatchSize);
        if (count === 0 && !nudged) await pause(Math.min(POLL_MS, left), true);
      } else if (count === 0 && !nudged) {
        await pause(POLL_MS, true);
      }
    }
    return [];
  };

  const give = (records: readonly Pending[], condition: string, attempts: number, result?: InvocationResult) => {
    platform(`gave up ${records.length} record(s): ${condition} after ${attempts} invocation(s)`);
    if (onFailure === undefined) return;
    const [first, last] = [records[0], records.at(-1)];
    if (first === undefined || last === undefined) return;
    const time = (ms: number) => new Date(ms + clock.offset).toISOString();
    // Lambda Developer Guide, "Retain records of invocation failures": the records themselves are not sent.
    const body = {
      requestContext: {
        requestId: result?.requestId ?? randomUUID(),
        functionArn: target.arn,
        condition,
        approximateInvokeCount: attempts,
      },
      ...(result && {
        responseContext: {
          statusCode: 200,
          executedVersion: '$LATEST',
          functionError: result.functionError ?? null,
        },
      }),
      version: '1.0',
      timestamp: time(Date.now()),
      DDBStreamBatchInfo: {
        shardId: first.position.shardId,
        startSequenceNumber: first.position.sequenceNumber,
        endSequenceNumber: last.position.sequenceNumber,
        approximateArrivalOfFirstRecord: time(first.arrivedAt),
        approximateArrivalOfLastRecord: time(last.arrivedAt),
        batchSize: records.length,
        streamArn: stream.arn,
      },
    };
    queues.send(onFailure, JSON.stringify(body));
  };

  /** Invokes the function until each record of the batch is done or given up, or the mapping stops. */
  const deliver = async (batch: readonly Pending[]): Promise<void> => {
    const parts = [{ records: batch, attempts: 0 }];
    const done = (records: readonly Pending[]) => save(records.at(-1)?.position);
    while (!stopping) {
      const part = parts[0];
      if (part === undefined) return;
      const young = part.records.findIndex(({ arrivedAt }) => Date.now() - arrivedAt <= oldestMs);
      if (young !== 0) {
        const expired = young === -1 ? part.records : part.records.slice(0, young);
        give(expired, 'RecordAgeExceeded', part.attempts);
        done(expired);
        if (young === -1) parts.shift();
        else parts[0] = { ...part, records: part.records.slice(young) };
        continue;
      }
      const { records } = part;
      const result = await target.invoke({ Records: records.map(({ record }) => record) });
      if (stopping && result.functionError !== undefined) return;
      const attempts = part.attempts + 1;
      const numbers = records.map(({ position }) => position.sequenceNumber ?? '');
      const judged = judgeBatch(result, numbers, reportsFailures);
      if (judged.outcome === 'success') {
        done(records);
        parts.shift();
      } else if (judged.outcome === 'retryFrom' && judged.index > 0) {
        // Progress: what is left starts its count of attempts anew.
        done(records.slice(0, judged.index));
        parts[0] = { records: records.slice(judged.index), attempts: 0 };
      } else if (properties.BisectBatchOnFunctionError && judged.outcome === 'failed' && records.length > 1) {
        // "Splitting a batch does not count towards the retry quota."
        const middle = Math.ceil(records.length / 2);
        const halves = [records.slice(0, middle), records.slice(middle)];
        parts.splice(0, 1, ...halves.map((half) => ({ records: half, attempts: part.attempts })));
      } else if (attempts > mostRetries) {
        give(records, 'RetryAttemptsExhausted', attempts, result);
        done(records);
        parts.shift();
      } else {
        parts[0] = { records, attempts };
        await pause(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1)));
      }
    }
  };

  /** LATEST: what was there before the mapping's first start is not its business. */
  const skipExisting = async () => {
    while (!stopping && (await read()) > 0) pending.length = 0;
    save(readTo);
  };

  const isNew = properties.Enabled && known === undefined;
  const ready = isNew && properties.StartingPosition === 'LATEST' ? skipExisting() : Promise.resolve();
  const run = async () => {
    await ready;
    while (!stopping) {
      await deliver(await nextBatch());
      if (!stopping && pending.length === 0) save(readTo);
    }
  };

  const running = properties.Enabled ? run() : Promise.resolve();

  return {
    tableName: stream.tableName,
    ready,
    nudge,
    drained: () =>
      new Promise((resolve) => {
        if (stopping || !properties.Enabled) return resolve();
        waiters.push(resolve);
        nudge();
      }),
    async stop() {
      stopping = true;
      sleeping?.wake();
      await running;
      for (const resolve of waiters) resolve();
    },
  };
}

/** Removes the next batch from the front of `pending`. */
function takeBatch(pending: Pending[], batchSize: number): Pending[] {
  let count = 0;
  let size = 0;
  for (const { size: more } of pending.slice(0, batchSize)) {
    if (count > 0 && size + more > MAX_PAYLOAD_BYTES) break;
    size += more;
    count++;
  }
  return pending.splice(0, count);
}

/** A record passes where one of the filters matches it, or there is none. */
function compileFilters(logicalId: string, filters: readonly { readonly Pattern?: string | undefined }[]): Matcher {
  const matchers = filters.map(({ Pattern = '{}' }) => {
    try {
      return compilePattern(JSON.parse(Pattern));
    } catch (error) {
      throw new Error(`${logicalId}: filter ${Pattern}: ${(error as Error).message}`);
    }
  });
  return (record) => matchers.length === 0 || matchers.some((matches) => matches(record));
}

function asLambdaSeesIt(raw: StreamRecord, stream: TableStream, region: string, clock: Clock): StreamRecord {
  const { SequenceNumber, ApproximateCreationDateTime } = raw.dynamodb;
  return {
    ...raw,
    // dynoxide counts events per table; on AWS the id is unique.
    eventID: createHash('md5').update(`${stream.arn}/${SequenceNumber}`).digest('hex'),
    awsRegion: region,
    dynamodb: {
      ...raw.dynamodb,
      ApproximateCreationDateTime: Math.floor(ApproximateCreationDateTime + clock.offset / 1000),
    },
    eventSourceARN: stream.arn,
  };
}
