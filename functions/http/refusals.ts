import { ForbiddenError } from '../domain/access.ts';
import {
  type RefusalReason,
  RevisionNeededError,
  RevisionStaleError,
  ServiceError,
  UnreadableItemError,
} from '../services/errors.ts';
import { etagOf } from './etags.ts';
import { ProblemError, type ProblemKind } from './problem.ts';

/** The kind of problem that a service's refusal is, and what to do about it where that is a matter of the API. */
const PROBLEMS: Readonly<Record<RefusalReason, { readonly kind: ProblemKind; readonly advice?: string }>> = {
  'unknown-authority': { kind: 'unknown-authority' },
  'not-found': { kind: 'not-found' },
  invalid: { kind: 'invalid' },
  conflict: { kind: 'conflict' },
  'would-change': { kind: 'conflict', advice: 'send it again with ?revise=true if that is meant' },
  'revision-needed': { kind: 'precondition-required', advice: 'send If-Match with its ETag' },
  'revision-stale': { kind: 'precondition-failed' },
};

/** What of an error the caller is told; undefined where it is nobody's business but ours. */
export function problemFor(error: unknown): ProblemError | undefined {
  if (error instanceof ProblemError) return error;
  if (error instanceof ForbiddenError) return new ProblemError('forbidden', error.message);
  if (error instanceof UnreadableItemError)
    return new ProblemError(
      'internal',
      `${error.message}; tell the operator: docs/runbook.md, “Read what cannot be read”`,
    );
  if (!(error instanceof ServiceError)) return undefined;
  const { kind, advice } = PROBLEMS[error.reason];
  const detail = advice ? `${error.message}; ${advice}` : error.message;
  const isAboutRevision = error instanceof RevisionNeededError || error instanceof RevisionStaleError;
  return new ProblemError(kind, detail, error.faults, isAboutRevision ? etagOf(error.current) : {});
}
