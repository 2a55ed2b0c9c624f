import { type Doing, type Grant, isExpired, type Scope } from '../domain/access.ts';
import {
  createToken,
  revokeToken as deleteToken,
  revokeTokenOf as deleteTokenOf,
  keepTokenOf,
  type ListedToken,
  listTokensOf as readTokensOf,
  type TokenList,
} from '../store/access.ts';
import type { Database } from '../store/database.ts';
import { recipientId } from '../store/keys.ts';
import { readRecipient } from '../store/recipients.ts';
import { NotFoundError, ServiceError } from './errors.ts';
import { readRole } from './roles.ts';

export { createToken, idOfToken, type ListedToken, listTokens, readGrant, type TokenList } from '../store/access.ts';

const DAY_S = 24 * 60 * 60;
/** No token is for ever. */
export const MAX_TOKEN_DAYS = 366;

/** A token of the label works already: what the two did could not be told apart. */
export class LabelTakenError extends ServiceError {
  override readonly name = 'LabelTakenError';
  override readonly reason = 'conflict';
  constructor(label: string) {
    super(`there is a token called "${label}" already; choose another label, or revoke that one first`);
  }
}

/** More programs than that send nobody's figures. */
const MAX_TOKENS = 50;

/** So many tokens are there that a further one would be lost among them. */
export class TooManyTokensError extends ServiceError {
  override readonly name = 'TooManyTokensError';
  override readonly reason = 'conflict';
  constructor() {
    super(`there are ${MAX_TOKENS} tokens already; revoke one that is not used any more, then make another`);
  }
}

/** The tokens of one authority, and those of every authority, as they work there too. */
export async function listTokensOf(database: Database<'access'>, authority: string, now: Date): Promise<TokenList> {
  const lists = await Promise.all([authority, '*'].map((of) => readTokensOf(database, of)));
  return {
    tokens: lists.flatMap(({ tokens }) => tokens).filter((token) => !isExpired(token, now)),
    unreadable: lists.flatMap(({ unreadable }) => unreadable),
  };
}

/**
 * Makes a token of one authority, valid for at most {@link MAX_TOKEN_DAYS}, which can be shown now and never again. Throws
 * {@link LabelTakenError} or {@link TooManyTokensError}.
 */
export async function makeToken(
  database: Database<'access'>,
  authority: string,
  wanted: { readonly label: string; readonly scopes: readonly Scope[]; readonly days: number },
  { by, now }: Doing,
): Promise<{ token: string; grant: Grant }> {
  const { label, scopes, days } = wanted;
  const { tokens } = await listTokensOf(database, authority, now);
  const own = tokens.filter((token) => token.authority === authority);
  if (own.some((token) => token.label === label)) throw new LabelTakenError(label);
  if (own.length >= MAX_TOKENS) throw new TooManyTokensError();
  const expires = Math.floor(now.getTime() / 1000) + Math.min(days, MAX_TOKEN_DAYS) * DAY_S;
  const grant = { scopes: [...scopes], authority, label, expires, made: { at: now.toISOString(), by } };
  return { token: await createToken(database, grant), grant };
}

/** Makes a token worthless from its next request on. Throws {@link NotFoundError} where none is listed under `id`. */
export async function revokeToken(database: Database<'access'>, id: string): Promise<void> {
  if (!(await deleteToken(database, id))) throw new NotFoundError('token', id);
}

/** The same for a token of this authority alone. Throws {@link NotFoundError}. */
export async function revokeTokenOf(database: Database<'access'>, authority: string, id: string): Promise<void> {
  if (!(await deleteTokenOf(database, authority, id))) throw new NotFoundError('token', id);
}

/** Takes it upon oneself to answer for a token of this authority, in place of whoever did. Throws {@link NotFoundError}. */
export async function keepToken(
  database: Database<'access'>,
  authority: string,
  id: string,
  { by, now }: Doing,
): Promise<void> {
  if (!(await keepTokenOf(database, authority, id, { at: now.toISOString(), by })))
    throw new NotFoundError('token', id);
}

/**
 * Whether whoever answers for a token may still manage. `not known` is so of accounts of the council's own sign-in: what they may do is
 * said there, when they sign in.
 */
export type Answering = 'may manage' | 'may no longer' | 'not known';

/** Of an authority's tokens that were made on the page, by id: whether who made them, or kept them since, may still manage there. */
export async function answeringFor(
  database: Database<'access' | 'alerts'>,
  authority: string,
  tokens: readonly ListedToken[],
  hasCouncilSignIn: boolean,
): Promise<ReadonlyMap<string, Answering>> {
  const stateOf = async (by: string): Promise<Answering> => {
    if (tokens.some(({ label, scopes }) => label === by && scopes.includes('manage'))) return 'may manage';
    const id = recipientId(by);
    const [recipient, { role }] = await Promise.all([readRecipient(database, id), readRole(database, id, authority)]);
    const isThere = recipient?.hears[authority] !== undefined && !recipient.lost;
    if (isThere && role === 'manage') return 'may manage';
    return hasCouncilSignIn && !isThere && by.includes('@') ? 'not known' : 'may no longer';
  };
  const known = new Map<string, Promise<Answering>>();
  const found = tokens.map(async ({ id, authority: of, kept, made }) => {
    const { by } = kept ?? made ?? {};
    if (of !== authority || by === undefined) return [];
    const state = known.get(by) ?? stateOf(by);
    known.set(by, state);
    return [[id, await state] as const];
  });
  return new Map((await Promise.all(found)).flat());
}
