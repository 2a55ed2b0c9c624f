import type { InvocationResult } from './worker-pool.ts';

/** Emulates how Lambda reads a function's answer to a batch of stream records, or of a queue's messages. */

/** What a function answered, or that it failed. */
export type BatchAnswer = Pick<InvocationResult, 'payload' | 'functionError'>;

/**
 * What Lambda does with the answer to a batch of stream records:
 * - `success`: all of it is done.
 * - `retryFrom`: all before the record at this index is done; delivery goes on with it.
 * - `failed`: nothing is done.
 */
export type BatchOutcome =
  | { readonly outcome: 'success' }
  | { readonly outcome: 'retryFrom'; readonly index: number }
  | { readonly outcome: 'failed' };

/**
 * Judges an answer. The function names what failed (FunctionResponseTypes: ReportBatchItemFailures), and Lambda goes back
 * to the lowest sequence number named. Nothing, null and an empty list mean success; an identifier that is missing, empty
 * or not in the batch fails the whole batch.
 * Source: Lambda Developer Guide "Reporting batch item failures" and the answers of real AWS that LocalStack's tests
 * recorded (`test_lambda_integration_dynamodbstreams.snapshot.json`).
 */
export function judgeBatch(result: BatchAnswer, sequenceNumbers: readonly string[]): BatchOutcome {
  if (result.functionError !== undefined) return { outcome: 'failed' };
  const answer = result.payload;
  if (typeof answer !== 'object' || answer === null) return { outcome: 'success' };
  const failures = (answer as { batchItemFailures?: unknown }).batchItemFailures ?? [];
  if (!Array.isArray(failures)) return { outcome: 'failed' };
  if (failures.length === 0) return { outcome: 'success' };
  const indexes = failures.map((failure: { itemIdentifier?: unknown } | null) =>
    sequenceNumbers.indexOf(failure?.itemIdentifier as string),
  );
  if (indexes.includes(-1)) return { outcome: 'failed' };
  return { outcome: 'retryFrom', index: Math.min(...indexes) };
}

/**
 * Which messages of a queue's batch are not done, by the function's answer: those that it names; all of them where it failed, or
 * named something that is not in the batch.
 * Source: Lambda Developer Guide, "Handling errors for an SQS event source in Lambda", "Success and failure conditions".
 */
export function failedMessages(result: BatchAnswer, messageIds: readonly string[]): readonly string[] {
  if (result.functionError !== undefined) return messageIds;
  const answer = result.payload;
  if (typeof answer !== 'object' || answer === null) return [];
  const failures = (answer as { batchItemFailures?: unknown }).batchItemFailures ?? [];
  if (!Array.isArray(failures)) return messageIds;
  const named = failures.map((failure: { itemIdentifier?: unknown } | null) => failure?.itemIdentifier as string);
  return named.every((id) => messageIds.includes(id)) ? named : messageIds;
}
