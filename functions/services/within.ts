import { type Context, createContext, Script } from 'node:vm';

/** A computation did not end in the time that it was given. */
export class TooLongError extends Error {
  override readonly name = 'TooLongError';
  constructor(ms: number) {
    super(`not finished after ${ms / 1000} s`);
  }
}

const CALL = new Script('work()');
let context: Context | undefined;

/**
 * What `work` gives, if it ends within `ms`; throws {@link TooLongError} where it does not, wherever it is by then: a loop
 * without end as well, which nothing on this thread could look at a clock in. For what only computes: broken off, it must
 * leave nothing half-done.
 */
export function within<T>(ms: number, work: () => T): T {
  context ??= createContext({});
  context.work = work;
  try {
    return CALL.runInContext(context, { timeout: ms }) as T;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? new TooLongError(ms) : error;
  } finally {
    context.work = undefined;
  }
}
