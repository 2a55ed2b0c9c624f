import { ForbiddenError, type Scope } from '../domain/access.ts';
import { type RefusalReason, ServiceError, UnreadableItemError } from '../services/errors.ts';

/** Why a page cannot be shown, in words for whoever asked for it. */
export class RefusalError extends Error {
  override readonly name = 'RefusalError';
  readonly status: number;
  readonly title: string;
  constructor(status: number, title: string, text: string) {
    super(text);
    this.status = status;
    this.title = title;
  }
}

/** The status and the title that a service's refusal has as a page. */
const REFUSALS: Readonly<Record<RefusalReason, readonly [status: number, title: string]>> = {
  'unknown-authority': [404, 'Not found'],
  'not-found': [404, 'Not found'],
  invalid: [422, 'Not accepted'],
  conflict: [409, 'Not accepted'],
  'would-change': [409, 'Not accepted'],
  'revision-needed': [409, 'Not accepted'],
  'revision-stale': [409, 'Not accepted'],
};

const RIGHT: Readonly<Record<Scope, string>> = {
  read: 'look',
  submit: 'submit figures',
  acknowledge: 'say who has an alert in hand',
  manage: 'manage',
};

/** What of an error the visitor is told; undefined where it is nobody's business but ours. */
export function refusalFor(error: unknown): RefusalError | undefined {
  if (error instanceof RefusalError) return error;
  if (error instanceof ForbiddenError)
    return new RefusalError(
      403,
      'Not allowed',
      error.scope
        ? `You may not do this: it needs the right to “${RIGHT[error.scope]}”. Whoever may manage the recipients can give it to your address.`
        : 'You signed in for another authority.',
    );
  if (error instanceof UnreadableItemError)
    return new RefusalError(500, 'This cannot be read', `${sentence(error.message)}. Tell whoever runs this service.`);
  return error instanceof ServiceError
    ? new RefusalError(...REFUSALS[error.reason], `${sentence(error.faults[0]?.detail ?? error.message)}.`)
    : undefined;
}

/** With a capital letter, as a sentence begins. */
export const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
