import type { Dynamodb, TableStream } from './dynamodb.ts';

/** A record as Lambda hands it to a function (Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB"). */
export interface StreamRecord {
  readonly eventID: string;
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly eventSourceARN: string;
  readonly dynamodb: {
    /** Seconds since 1970. */
    readonly ApproximateCreationDateTime: number;
    readonly SequenceNumber: string;
    readonly NewImage?: AttributeMap;
    readonly OldImage?: AttributeMap;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

type AttributeMap = Readonly<Record<string, unknown>>;

/** How far a stream has been read. `undefined` sequence number: nothing of this shard yet. */
export interface Position {
  readonly shardId: string;
  readonly sequenceNumber?: string | undefined;
}

export interface StreamReader {
  /** The next records, perhaps none; with the position behind them. */
  read(): Promise<{ readonly records: readonly StreamRecord[]; readonly position: Position | undefined }>;
}

/** DynamoDB Streams returns no more at once. */
const MAX_RECORDS = 1000;

/** Reads a table's stream, shard after shard, from behind `start` or from its oldest record. */
export function openStream(dynamodb: Dynamodb, stream: TableStream, start: Position | undefined): StreamReader {
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

  return {
    async read() {
      if (iterator === undefined) await open();
      if (iterator === undefined) return { records: [], position };
      let answer: { Records: StreamRecord[]; NextShardIterator?: string };
      try {
        answer = await call('GetRecords', { ShardIterator: iterator, Limit: MAX_RECORDS });
      } catch (error) {
        iterator = undefined; // an expired one, perhaps: the next read gets another for the same position
        throw error;
      }
      iterator = answer.NextShardIterator;
      finished = iterator === undefined;
      const last = answer.Records.at(-1);
      if (position !== undefined && last !== undefined) {
        position = { shardId: position.shardId, sequenceNumber: last.dynamodb.SequenceNumber };
      }
      return { records: answer.Records, position };
    },
  };
}

/**
 * Whether a write changed nothing. AWS puts no record on the stream then ("If you perform a PutItem or UpdateItem
 * operation that does not change any data in an item", DynamoDB Streams developer guide); dynoxide does.
 */
export function changedNothing({ eventName, dynamodb: { OldImage, NewImage } }: StreamRecord): boolean {
  return eventName === 'MODIFY' && OldImage !== undefined && NewImage !== undefined && sameValue(OldImage, NewImage);
}

function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [keysOfA, keysOfB] = [Object.keys(a), Object.keys(b)];
  if (keysOfA.length !== keysOfB.length) return false;
  return keysOfA.every((key) => {
    const [left, right] = [(a as AttributeMap)[key], (b as AttributeMap)[key]];
    const set = key === 'SS' || key === 'NS' || key === 'BS';
    return set && Array.isArray(left) && Array.isArray(right)
      ? sameValue([...left].sort(), [...right].sort())
      : sameValue(left, right);
  });
}
