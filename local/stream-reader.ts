import { createHash } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { Dynamodb, TableStream } from './dynamodb.ts';

/**
 * Emulates the reading side of DynamoDB Streams: a table's stream, shard after shard, its records as Lambda hands them on.
 * Unlike AWS, dynoxide also tells of writes that changed nothing; whoever is told of keys only looks the item up anyway.
 */

/** A record as a function gets it (Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB"). */
export interface StreamRecord {
  readonly eventID: string;
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly eventSourceARN: string;
  readonly dynamodb: {
    /** Seconds since 1970. */
    readonly ApproximateCreationDateTime: number;
    readonly SequenceNumber: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** How far a stream has been read. `undefined` sequence number: nothing of this shard yet. */
export interface Position {
  readonly shardId: string;
  readonly sequenceNumber?: string | undefined;
}

export interface ReadRecord {
  readonly record: StreamRecord;
  readonly position: Position;
  /** Milliseconds since 1970 by the machine's clock. */
  readonly arrivedAt: number;
}

export interface StreamReader {
  /** The next records, perhaps none; with the position behind them. */
  read(): Promise<{ readonly records: readonly ReadRecord[]; readonly position: Position | undefined }>;
}

/** DynamoDB Streams returns no more at once. */
const MAX_RECORDS = 1000;

/** Reads a table's stream from behind `start`, or from its oldest record. */
export function openStream(options: {
  readonly dynamodb: Dynamodb;
  readonly stream: TableStream;
  readonly start: Position | undefined;
  readonly region: string;
  readonly clock: Clock;
}): StreamReader {
  const { dynamodb, stream, start, region, clock } = options;
  const call = (operation: string, input: object) => dynamodb.call('DynamoDBStreams_20120810', operation, input);
  let position = start;
  let iterator: string | undefined;
  let finished = false;

  /** The shard to read now: the one of the position, or the one after it once that has been closed and read. */
  const open = async (): Promise<void> => {
    const { StreamDescription } = await call('DescribeStream', { StreamArn: stream.emulatorArn });
    const shards: string[] = StreamDescription.Shards.map((shard: { ShardId: string }) => shard.ShardId);
    const current = position === undefined ? -1 : shards.indexOf(position.shardId);
    const next = shards[finished || current < 0 ? current + 1 : current];
    if (next === undefined) return;
    if (position === undefined || next !== position.shardId) position = { shardId: next };
    finished = false;
    const { ShardIterator } = await call('GetShardIterator', {
      StreamArn: stream.emulatorArn,
      ShardId: position.shardId,
      ...(position.sequenceNumber === undefined
        ? { ShardIteratorType: 'TRIM_HORIZON' }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: position.sequenceNumber }),
    });
    iterator = ShardIterator;
  };

  const asLambdaSeesIt = (raw: StreamRecord): StreamRecord => ({
    ...raw,
    // dynoxide counts events per table; on AWS the id is unique.
    eventID: createHash('md5').update(`${stream.arn}/${raw.dynamodb.SequenceNumber}`).digest('hex'),
    awsRegion: region,
    dynamodb: {
      ...raw.dynamodb,
      ApproximateCreationDateTime: Math.floor(raw.dynamodb.ApproximateCreationDateTime + clock.offset / 1000),
    },
    eventSourceARN: stream.arn,
  });

  return {
    async read() {
      if (iterator === undefined) await open();
      if (iterator === undefined || position === undefined) return { records: [], position };
      let answer: { Records: StreamRecord[]; NextShardIterator?: string };
      try {
        answer = await call('GetRecords', { ShardIterator: iterator, Limit: MAX_RECORDS });
      } catch (error) {
        iterator = undefined; // an expired one, perhaps: the next read gets another for the same position
        throw error;
      }
      iterator = answer.NextShardIterator;
      finished = iterator === undefined;
      const { shardId } = position;
      const records = answer.Records.map((raw): ReadRecord => {
        const { SequenceNumber, ApproximateCreationDateTime } = raw.dynamodb;
        return {
          record: asLambdaSeesIt(raw),
          position: { shardId, sequenceNumber: SequenceNumber },
          arrivedAt: ApproximateCreationDateTime * 1000,
        };
      });
      position = records.at(-1)?.position ?? position;
      return { records, position };
    },
  };
}
