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

/** How somebody signed in, which decides whom to ask for more: by a mailed link, by the council's own sign-in, or with a token. */
export type SignedInBy = 'mail' | 'council' | 'token';

export const WHO_KEEPS_ACCOUNTS = 'whoever looks after your council’s accounts';

/** What to do about a right that is missing, in an authority where one may look, and where one may not. */
const ASK: Readonly<Record<SignedInBy, { readonly right: string; readonly authority: string }>> = {
  mail: {
    right: 'Ask somebody who may manage here to give it to your address, on the page “Recipients”.',
    authority:
      'Your e-mail address gets the alerts of another authority. Ask somebody who may manage in this one to add it, on the page “Recipients”.',
  },
  council: {
    right: `Your council account decides that. Ask ${WHO_KEEPS_ACCOUNTS} to add you to a group that has it, then sign in again.`,
    authority: `Your council account gives you no right in this authority. Ask ${WHO_KEEPS_ACCOUNTS} to add you to a group that has one, then sign in again.`,
  },
  token: {
    right:
      'You signed in with a token that has not got it. Ask somebody who may manage here for one that has, or sign in by e-mail.',
    authority: 'You signed in with a token for another authority. Sign in with one for this authority, or by e-mail.',
  },
};

/** What of an error the visitor is told; undefined where it is nobody's business but ours. */
export function refusalFor(error: unknown, by: SignedInBy = 'mail'): RefusalError | undefined {
  if (error instanceof RefusalError) return error;
  if (error instanceof ForbiddenError)
    return new RefusalError(
      403,
      'Not allowed',
      error.scope
        ? `You may not do this: it needs the right to “${RIGHT[error.scope]}”. ${ASK[by].right}`
        : ASK[by].authority,
    );
  if (error instanceof UnreadableItemError)
    return new RefusalError(500, 'This cannot be read', `${sentence(error.message)}. Tell whoever runs this service.`);
  return error instanceof ServiceError
    ? new RefusalError(...REFUSALS[error.reason], `${sentence(error.faults[0]?.detail ?? error.message)}.`)
    : undefined;
}

/** With a capital letter, as a sentence begins. */
export const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
