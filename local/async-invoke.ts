import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Clock } from './clock.ts';
import type { Functions, InvocationResult, LambdaFunction } from './functions.ts';
import type { Model } from './model.ts';
import type { Queues } from './sqs.ts';

/** Invokes a function as events do: nobody waits for the result, failures are retried and then dead-lettered. */
export interface AsyncInvoker {
  /** Resolves with the last attempt's result. */
  invoke(target: LambdaFunction, event: unknown): Promise<InvocationResult>;
}

const InvokeConfigSchema = z.looseObject({
  FunctionName: z.string(),
  MaximumRetryAttempts: z.coerce.number().int().min(0).max(2).default(2),
  DestinationConfig: z.looseObject({ OnFailure: z.looseObject({ Destination: z.string() }).optional() }).optional(),
});

/** Lambda waits one minute and then two; nobody at a laptop would. */
const PAUSE_MS = 1000;

/** Source: Lambda Developer Guide, "Error handling for asynchronous invocation" and "Capturing records". */
export function createAsyncInvoker(model: Model, functions: Functions, queues: Queues, clock: Clock): AsyncInvoker {
  const configs = new Map(
    model.ids('AWS::Lambda::EventInvokeConfig').map((logicalId) => {
      const config = model.properties(logicalId, InvokeConfigSchema);
      return [functions.find(config.FunctionName).logicalId, config] as const;
    }),
  );
  return {
    async invoke(target, event) {
      const config = configs.get(target.logicalId);
      const mostRetries = config?.MaximumRetryAttempts ?? 2;
      for (let attempts = 1; ; attempts++) {
        const result = await target.invoke(event);
        if (result.functionError === undefined) return result;
        if (attempts <= mostRetries) {
          await sleep(PAUSE_MS * attempts, undefined, { ref: false });
          continue;
        }
        const destination = config?.DestinationConfig?.OnFailure?.Destination;
        if (destination !== undefined) {
          const record = {
            version: '1.0',
            timestamp: new Date(clock.now()).toISOString(),
            requestContext: {
              requestId: result.requestId,
              functionArn: `${target.arn}:$LATEST`,
              condition: 'RetriesExhausted',
              approximateInvokeCount: attempts,
            },
            requestPayload: event,
            responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: result.functionError },
            responsePayload: result.payload,
          };
          queues.send(destination, JSON.stringify(record));
        }
        if (target.deadLetterArn !== undefined) queues.send(target.deadLetterArn, JSON.stringify(event));
        return result;
      }
    },
  };
}
