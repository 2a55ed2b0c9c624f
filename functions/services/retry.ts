import { ChangedMeanwhileError } from '../store/database.ts';
import { ServiceError } from './errors.ts';

/** Others were faster each time: nothing of this was stored. */
export class OvertakenError extends ServiceError {
  override readonly name = 'OvertakenError';
  override readonly reason = 'conflict';
}

/** How often something is read, decided and written before others count as faster for good. */
const MAX_ATTEMPTS = 6;

/**
 * Reads, decides and writes on condition that what was read still holds; all of it again where somebody else changed
 * that meanwhile. `attempt` counts from 1. Throws {@link OvertakenError} after the last one.
 */
export async function retryChanged<T>(work: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (!(error instanceof ChangedMeanwhileError)) throw error;
      if (attempt === MAX_ATTEMPTS) throw new OvertakenError(error.message);
    }
  }
}

/**
 * Whether a failure may pass by itself: others were faster, or AWS did not answer as it should, which its client says by
 * `$metadata`. Any other lies with what was worked on, and stays until that changes.
 */
export const mayPass = (error: unknown): boolean =>
  error instanceof OvertakenError || (error instanceof Error && '$metadata' in error);
