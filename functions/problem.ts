import type { Fault } from './domain/submission.ts';

/** The kinds of problem an answer can name; each becomes the last part of its `type`. */
const STATUS = {
  'not-found': 404,
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
  busy: 503,
  internal: 500,
} as const;
export type ProblemKind = keyof typeof STATUS;

/** A refusal that the caller is told about, as RFC 9457 problem details. `errors` name every fault by JSON pointer. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly kind: ProblemKind;
  readonly errors: readonly Fault[];
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    kind: ProblemKind,
    detail: string,
    errors: readonly Fault[] = [],
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.kind = kind;
    this.errors = errors;
    this.headers = headers;
  }
}

/** The problem document of an error, with its status. */
export function problemOf(error: ProblemError) {
  return {
    type: `urn:inspection-monitor:problem:${error.kind}`,
    title: error.kind.replaceAll('-', ' '),
    status: STATUS[error.kind],
    detail: error.message,
    ...(error.errors.length > 0 ? { errors: error.errors } : {}),
  };
}
