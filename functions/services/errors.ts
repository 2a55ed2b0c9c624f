import type { Month } from '../domain/submission.ts';

export { UnreadableItemError } from '../store/database.ts';

/**
 * What a refusal comes down to. Whoever called makes something of it in one place: http/refusals.ts a problem document,
 * pages/refusals.ts a page, bin/monitor.ts an exit code.
 */
export type RefusalReason =
  | 'unknown-authority'
  | 'not-found'
  | 'invalid'
  | 'conflict'
  /** Would change what is stored, which was not asked for. */
  | 'would-change'
  /** Changes a month without saying which of its revisions is meant. */
  | 'revision-needed'
  /** The revision that is meant is not the current one. */
  | 'revision-stale';

/** One thing wrong with what was sent: in a body by JSON pointer, in a path by the parameter's name, in a file by line and column. */
export interface SentFault {
  readonly pointer?: string;
  readonly parameter?: string;
  /** Of a workbook. */
  readonly sheet?: string;
  /** From 1. */
  readonly line?: number;
  readonly column?: string;
  readonly detail: string;
}

/** What a service does not do, and why: its message says what was wrong, the value, and what to do, for whoever asked. */
export abstract class ServiceError extends Error {
  abstract readonly reason: RefusalReason;
  /** Everything wrong at once, where there is more to say than the message does. */
  readonly faults: readonly SentFault[];
  constructor(message: string, faults: readonly SentFault[] = []) {
    super(message);
    this.faults = faults;
  }
}

/** No inspection is loaded for an authority, which is all that makes one known here. */
export class UnknownAuthorityError extends ServiceError {
  override readonly name = 'UnknownAuthorityError';
  override readonly reason = 'unknown-authority';
  readonly authority: string;
  /** `faults` is what else was wrong. */
  constructor(authority: string, faults: readonly SentFault[] = []) {
    const detail = `no inspection is loaded for ${quoted(authority)}`;
    super(detail, [{ parameter: 'authority', detail }, ...faults]);
    this.authority = authority;
  }
}

/** The authority is closed: what there is can be read and taken out, and nothing is changed. */
export class ClosedError extends ServiceError {
  override readonly name = 'ClosedError';
  override readonly reason = 'conflict';
  readonly authority: string;
  constructor(authority: string) {
    super(
      `${quoted(authority)} is closed, so that nothing is taken in, judged or mailed; to go on, open it again under "Settings" or with "monitor authority reopen"`,
    );
    this.authority = authority;
  }
}

/** There is as much of something as there can be. */
export class FullError extends ServiceError {
  override readonly name = 'FullError';
  override readonly reason = 'conflict';
  /** `what` with how many: `200 recipients`. */
  constructor(what: string) {
    super(`an authority has at most ${what}, and this would be more; nothing was stored`);
  }
}

const ABSENT = {
  metric: (id: string) => `no metric is called ${quoted(id)}`,
  benchmark: (id: string) => `no figures of other places are loaded for ${quoted(id)}`,
  inspection: (id: string) => `no inspection is called ${quoted(id)}`,
  action: (id: string) => `no action is called ${quoted(id)}`,
  alert: (id: string) => `no alert is called ${quoted(id)}`,
  name: (id: string) => `no name is remembered under ${quoted(id)}`,
  receipt: (id: string) => `nothing was sent at ${shortened(id)}`,
  month: (id: string) => `${shortened(id)} was not submitted`,
  notice: (id: string) => `there is no notice ${shortened(id)}`,
  recipient: (id: string) => `there is no recipient ${quoted(id)}`,
  session: (id: string) => `there is no session ${quoted(id)}; it may have ended`,
  token: (id: string) => `there is no token ${quoted(id)}`,
} as const satisfies Record<string, (id: string) => string>;

/** Something of a known authority is not there. */
export class NotFoundError extends ServiceError {
  override readonly name = 'NotFoundError';
  override readonly reason = 'not-found';
  readonly what: keyof typeof ABSENT;
  readonly id: string;
  constructor(what: keyof typeof ABSENT, id: string) {
    super(ABSENT[what](id));
    this.what = what;
    this.id = id;
  }
}

/** Everything that is wrong with what was sent; `consequence` says what that means for it. */
export class InvalidError extends ServiceError {
  override readonly name = 'InvalidError';
  override readonly reason = 'invalid';
  constructor(faults: readonly SentFault[], consequence = 'nothing was stored') {
    super(`${faults.length} fault${faults.length === 1 ? '' : 's'}; ${consequence}`, faults);
  }
}

/** A month is stored and cannot be read, so that nothing can be added to it or changed in it. */
export class UnreadableMonthError extends ServiceError {
  override readonly name = 'UnreadableMonthError';
  override readonly reason = 'conflict';
  constructor(period: string) {
    super(`${period} is stored and cannot be read; send the whole of it anew, in place of what is there`);
  }
}

/** A month is there already, and whoever sent it anew did not say which revision they mean to change. */
export class RevisionNeededError extends ServiceError {
  override readonly name = 'RevisionNeededError';
  override readonly reason = 'revision-needed';
  readonly current: Month;
  constructor(current: Month) {
    super(`${current.period} is already submitted; to change it, name its revision, which is ${current.revision}`);
    this.current = current;
  }
}

/** A month is not, or no longer, at the revision that was meant. */
export class RevisionStaleError extends ServiceError {
  override readonly name = 'RevisionStaleError';
  override readonly reason = 'revision-stale';
  readonly current: Month | undefined;
  constructor(period: string, current: Month | undefined) {
    super(
      current
        ? `${period} is at revision ${current.revision}; read it again`
        : `${period} was never submitted, so there is no revision to change`,
    );
    this.current = current;
  }
}

/** What was typed or sent, short enough for a message. */
const shortened = (text: string): string => text.slice(0, 64);
const quoted = (text: string): string => `"${shortened(text)}"`;
