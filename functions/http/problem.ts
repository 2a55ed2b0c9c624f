import type { SentFault } from '../services/errors.ts';

/** The kinds of problem an answer can name; each becomes the last part of its `type`. */
export const STATUS = {
  'not-found': 404,
  'method-not-allowed': 405,
  unauthorized: 401,
  forbidden: 403,
  'unknown-authority': 404,
  'invalid-json': 400,
  'unsupported-media-type': 415,
  'too-large': 413,
  invalid: 422,
  'precondition-required': 428,
  'precondition-failed': 412,
  conflict: 409,
  internal: 500,
} as const;
export type ProblemKind = keyof typeof STATUS;

/** The most characters that the faults named in one answer take: nobody reads more, and refusing must stay cheap. It says how many there are. */
const MAX_FAULTS_LENGTH = 100_000;

/** A refusal that the caller is told about, as RFC 9457 problem details. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly kind: ProblemKind;
  readonly errors: readonly SentFault[];
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    kind: ProblemKind,
    detail: string,
    errors: readonly SentFault[] = [],
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.kind = kind;
    this.errors = errors;
    this.headers = headers;
  }
}

/** One problem with every fault; `consequence` says what that means for what was sent. */
export function faultsProblem(errors: readonly SentFault[], consequence = 'nothing was stored'): ProblemError {
  return new ProblemError('invalid', `${errors.length} fault${errors.length === 1 ? '' : 's'}; ${consequence}`, errors);
}

/** The problem document of an error, with its status. */
export function problemOf(error: ProblemError) {
  const named: SentFault[] = [];
  let length = 0;
  for (const fault of error.errors) {
    length += JSON.stringify(fault).length;
    if (length > MAX_FAULTS_LENGTH) break;
    named.push(fault);
  }
  const more = error.errors.length - named.length;
  if (more > 0) named.push({ detail: `and ${more} more, not named here` });
  return {
    type: `urn:inspection-monitor:problem:${error.kind}`,
    title: error.kind.replaceAll('-', ' '),
    status: STATUS[error.kind],
    detail: error.message,
    ...(named.length > 0 ? { errors: named } : {}),
  };
}
