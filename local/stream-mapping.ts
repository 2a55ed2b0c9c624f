import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { judgeBatch } from './batch-response.ts';
import type { Clock } from './clock.ts';
import type { Dynamodb, TableStream } from './dynamodb.ts';
import { compilePattern, type Matcher } from './event-pattern.ts';
import type { FunctionLog } from './function-log.ts';
import type { Functions, LambdaFunction } from './functions.ts';
import { readJson, writeJson } from './json-file.ts';
import type { Model } from './model.ts';
import type { Policies } from './policy.ts';
import type { Queues } from './sqs.ts';
import { gatherBatches } from './stream-batches.ts';
import { openStream, type Position, type ReadRecord } from './stream-reader.ts';
import type { InvocationResult } from './worker-pool.ts';

/** Emulates Lambda's event source mapping on a stream: invokes a function with batches, tries again, bisects, and gives up. */
export interface StreamMapping {
  readonly tableName: string;
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

/** Between attempts; AWS too backs off exponentially but does not say how. */
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 5000;

/** Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB", "Execution role permissions". */
const READING = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map((verb) => `dynamodb:${verb}`);

export function startStreamMapping(options: StreamMappingOptions): StreamMapping {
  const { model, logicalId, streams, dynamodb, functions, policies, queues, clock, log, checkpointPath } = options;
  const properties = model.properties(logicalId, 'AWS::Lambda::EventSourceMapping');
  if (!('StartingPosition' in properties)) throw new Error(`${logicalId} is not the mapping of a stream`);
  const stream = streams.find(({ arn }) => arn === properties.EventSourceArn);
  if (stream === undefined) {
    throw new Error(`${logicalId}: ${properties.EventSourceArn} is not the stream of a table of this template`);
  }
  const target = functions.find(properties.FunctionName);
  const deadLetters = properties.DestinationConfig.OnFailure.Destination;
  if (!queues.has(deadLetters)) {
    throw new Error(`${logicalId}: the on-failure destination ${deadLetters} is not a queue of this template`);
  }
  policies.require(target.logicalId, READING, stream.arn, logicalId);
  policies.require(target.logicalId, ['sqs:SendMessage'], deadLetters, logicalId);
  const maxAgeMs = properties.MaximumRecordAgeInSeconds * 1000;
  const stopping = new AbortController();

  const stored = readJson<{ streamArn: string; position?: Position }>(checkpointPath);
  const start = stored?.streamArn === stream.emulatorArn ? stored.position : undefined;
  let checkpoint = start;
  const platform = (message: string) => log.write({ source: logicalId, stream: 'platform', message });
  const save = (position: Position | undefined) => {
    if (position === undefined || position === checkpoint) return;
    checkpoint = position;
    writeJson(checkpointPath, { streamArn: stream.emulatorArn, position });
  };

  const batches = gatherBatches({
    reader: openStream({ dynamodb, stream, start, region: model.stack.region, clock }),
    matches: compileFilters(logicalId, properties.FilterCriteria.Filters),
    batchSize: properties.BatchSize,
    windowMs: properties.MaximumBatchingWindowInSeconds * 1000,
    onSettled: save,
    onError: platform,
    signal: stopping.signal,
  });

  const giveUp = (records: readonly ReadRecord[], condition: string, attempts: number, result?: InvocationResult) => {
    platform(`gave up ${records.length} record(s): ${condition} after ${attempts} invocation(s)`);
    const letter = deadLetter(records, { condition, attempts, result, target, streamArn: stream.arn, clock });
    queues.send(deadLetters, JSON.stringify(letter));
    save(records.at(-1)?.position);
  };

  /** Invokes the function until each record of the batch is done or given up, or the mapping stops. */
  const deliver = async (batch: readonly ReadRecord[]): Promise<void> => {
    const parts = [{ records: batch, attempts: 0 }];
    while (!stopping.signal.aborted) {
      const [part] = parts;
      if (part === undefined || part.records.length === 0) return;
      const { records } = part;
      const firstYoung = records.findIndex(({ arrivedAt }) => Date.now() - arrivedAt <= maxAgeMs);
      if (firstYoung !== 0) {
        const expired = firstYoung === -1 ? records : records.slice(0, firstYoung);
        giveUp(expired, 'RecordAgeExceeded', part.attempts);
        if (firstYoung === -1) parts.shift();
        else parts[0] = { ...part, records: records.slice(firstYoung) };
        continue;
      }
      const result = await target.invoke({ Records: records.map(({ record }) => record) });
      if (stopping.signal.aborted && result.functionError !== undefined) return;
      const attempts = part.attempts + 1;
      const judged = judgeBatch(
        result,
        records.map(({ position }) => position.sequenceNumber ?? ''),
      );
      if (judged.outcome === 'success') {
        save(records.at(-1)?.position);
        parts.shift();
      } else if (judged.outcome === 'retryFrom' && judged.index > 0) {
        // Progress: what is left starts its count of attempts anew.
        save(records[judged.index - 1]?.position);
        parts[0] = { records: records.slice(judged.index), attempts: 0 };
      } else if (properties.BisectBatchOnFunctionError && judged.outcome === 'failed' && records.length > 1) {
        // "Splitting a batch does not count towards the retry quota."
        const middle = Math.ceil(records.length / 2);
        const halves = [records.slice(0, middle), records.slice(middle)];
        parts.splice(0, 1, ...halves.map((half) => ({ records: half, attempts: part.attempts })));
      } else if (attempts > properties.MaximumRetryAttempts) {
        giveUp(records, 'RetryAttemptsExhausted', attempts, result);
        parts.shift();
      } else {
        parts[0] = { records, attempts };
        const pauseMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1));
        await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  };

  const run = async () => {
    while (!stopping.signal.aborted) await deliver(await batches.next());
  };
  const running = run();

  return {
    tableName: stream.tableName,
    nudge: () => batches.nudge(),
    drained: () => batches.drained(),
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** What the queue gets of records that were given up. The records themselves are not sent: "Retain records of invocation failures". */
function deadLetter(
  records: readonly ReadRecord[],
  context: {
    readonly condition: string;
    readonly attempts: number;
    readonly result: InvocationResult | undefined;
    readonly target: LambdaFunction;
    readonly streamArn: string;
    readonly clock: Clock;
  },
): object {
  const { condition, attempts, result, target, streamArn, clock } = context;
  const [first, last] = [records[0], records.at(-1)];
  const time = (ms: number) => new Date(ms + clock.offset).toISOString();
  return {
    requestContext: {
      requestId: result?.requestId ?? randomUUID(),
      functionArn: target.arn,
      condition,
      approximateInvokeCount: attempts,
    },
    ...(result && {
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: result.functionError ?? null },
    }),
    version: '1.0',
    timestamp: time(Date.now()),
    DDBStreamBatchInfo: {
      shardId: first?.position.shardId,
      startSequenceNumber: first?.position.sequenceNumber,
      endSequenceNumber: last?.position.sequenceNumber,
      approximateArrivalOfFirstRecord: time(first?.arrivedAt ?? 0),
      approximateArrivalOfLastRecord: time(last?.arrivedAt ?? 0),
      batchSize: records.length,
      streamArn,
    },
  };
}

/** A record passes where one of the filters matches it. */
function compileFilters(logicalId: string, filters: readonly { readonly Pattern: string }[]): Matcher {
  const matchers = filters.map(({ Pattern }) => {
    try {
      return compilePattern(JSON.parse(Pattern));
    } catch (error) {
      throw new Error(`${logicalId}: filter ${Pattern}: ${(error as Error).message}`);
    }
  });
  return (record) => matchers.some((matches) => matches(record));
}
