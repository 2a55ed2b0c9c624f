import { setTimeout as sleep } from 'node:timers/promises';
import type { LambdaFunction } from './functions.ts';
import type { InvocationResult } from './worker-pool.ts';

/**
 * Emulates Lambda's asynchronous invocation, by which EventBridge hands over its events: nobody waits for the result, and a
 * failure is tried again. Source: Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation".
 */

const MAX_RETRIES = 2;
/** Lambda waits one minute and then two; nobody at a laptop would. */
const PAUSE_MS = 1000;

/** Resolves with the last attempt's result. */
export async function invokeAsynchronously(target: LambdaFunction, event: unknown): Promise<InvocationResult> {
  for (let retries = 0; ; retries++) {
    const result = await target.invoke(event);
    if (result.functionError === undefined || retries === MAX_RETRIES) return result;
    await sleep(PAUSE_MS * (retries + 1), undefined, { ref: false });
  }
}
