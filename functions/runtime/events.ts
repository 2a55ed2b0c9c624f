import type { Logger } from '@aws-lambda-powertools/logger';
import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { describeFailure } from './failure.ts';

/** What the hourly schedule sends; the same constant is the target's input in the stack. */
export const HOURLY_EVENT = { hourly: true } as const;
export type HourlyEvent = typeof HOURLY_EVENT;

export interface StreamKey {
  readonly pk: string;
  readonly sk: string;
}

/** What a run keeps of its time: for the longest that one subject may take, and for its last words. */
const MIN_TIME_LEFT_MS = 40_000;

/**
 * Works through a stream batch in order, once for each distinct subject, and stops at the first failure, or when time runs
 * short: the answer names that record, so that Lambda delivers it and what follows again. What came before it is done. A
 * subject that is for `later`, as somebody else has it, comes again in the same way and is no failure.
 */
export async function handleStream<Subject>(
  event: DynamoDBStreamEvent,
  subjectOf: (key: StreamKey) => Subject,
  handle: (subject: Subject) => Promise<'later' | undefined>,
  logger: Logger,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<DynamoDBBatchResponse> {
  const done = new Set<string>();
  for (const { dynamodb } of event.Records) {
    const subject = subjectOf({ pk: dynamodb?.Keys?.pk?.S ?? '', sk: dynamodb?.Keys?.sk?.S ?? '' });
    const key = JSON.stringify(subject);
    if (done.has(key)) continue;
    const fromHere = { batchItemFailures: [{ itemIdentifier: dynamodb?.SequenceNumber ?? '' }] };
    if (context.getRemainingTimeInMillis() < MIN_TIME_LEFT_MS) return fromHere;
    try {
      if ((await handle(subject)) === 'later') return fromHere;
      done.add(key);
    } catch (error) {
      logger.error('stream record failed', {
        failure: describeFailure(error),
        sequenceNumber: dynamodb?.SequenceNumber,
      });
      return fromHere;
    }
  }
  return { batchItemFailures: [] };
}

/**
 * Works through what an hourly run found. One that fails does not hold up the others; it is named in the error at the
 * end, for the alarm. When time runs short the rest stays for the next hour. Returns the subjects not done.
 */
export async function handleHourly<Subject>(
  subjects: readonly Subject[],
  handle: (subject: Subject) => Promise<void>,
  { logger, context }: { readonly logger: Logger; readonly context: Pick<Context, 'getRemainingTimeInMillis'> },
): Promise<{ readonly failed: readonly Subject[]; readonly left: readonly Subject[] }> {
  const failed: Subject[] = [];
  for (const [position, subject] of subjects.entries()) {
    if (context.getRemainingTimeInMillis() < MIN_TIME_LEFT_MS) {
      logger.warn('the rest is left for the next hour', { done: position, left: subjects.length - position });
      return { failed, left: subjects.slice(position) };
    }
    try {
      await handle(subject);
    } catch (error) {
      failed.push(subject);
      logger.error('hourly subject failed', { failure: describeFailure(error), subject });
    }
  }
  return { failed, left: [] };
}

/** Whether an event is messages of a queue, and not records of a stream. */
export function isFromQueue(event: DynamoDBStreamEvent | SQSEvent): event is SQSEvent {
  return event.Records[0]?.eventSource === 'aws:sqs';
}

/**
 * Works through messages of a queue, each by itself: one that fails keeps no other back. The answer names those that are not
 * done, so that they come again, and are put aside after some attempts. When time runs short the rest comes again likewise.
 */
export async function handleQueue<Subject>(
  event: SQSEvent,
  subjectOf: (body: unknown) => Subject,
  handle: (subject: Subject) => Promise<void>,
  { logger, context }: { readonly logger: Logger; readonly context: Pick<Context, 'getRemainingTimeInMillis'> },
): Promise<SQSBatchResponse> {
  const batchItemFailures: { itemIdentifier: string }[] = [];
  for (const [position, { messageId, body }] of event.Records.entries()) {
    if (context.getRemainingTimeInMillis() < MIN_TIME_LEFT_MS) {
      const left = event.Records.slice(position);
      logger.warn('the rest comes again', { done: position, left: left.length });
      batchItemFailures.push(...left.map((each) => ({ itemIdentifier: each.messageId })));
      break;
    }
    try {
      await handle(subjectOf(JSON.parse(body)));
    } catch (error) {
      batchItemFailures.push({ itemIdentifier: messageId });
      logger.error('queued subject failed', { failure: describeFailure(error), subject: body });
    }
  }
  return { batchItemFailures };
}
