import { tokenEndOf } from '../domain/direct-mail.ts';
import { claimEnd, type EndingToken, listEndingTokens, markEndTold } from '../store/access.ts';
import type { Database } from '../store/database.ts';
import { listAuthorities } from '../store/inspections.ts';
import { readRecipients } from '../store/recipients.ts';
import { CLAIM_MS, publishTo, type Telling } from './direct-mail.ts';
import type { Log } from './log.ts';
import { type Operations, tellOperators } from './operators.ts';
import { readRole } from './roles.ts';

/** That a program's token ends: told once, two weeks before, to whoever can make another. */

export interface TokenTelling extends Telling {
  readonly database: Database<'baselines' | 'submissions' | 'alerts' | 'access'>;
  readonly log: Log;
  /** Where whoever runs the service hears; undefined where nothing is watched. */
  readonly operations: Pick<Operations, 'topicArn'> | undefined;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** So long before it ends. */
const AHEAD_MS = 14 * DAY_MS;

/** A token that ends before long, with what its authority is called. */
export interface TokenEnd {
  readonly token: EndingToken;
  /** Undefined for one of every authority. */
  readonly name: string | undefined;
}

const HOUR_MS = 60 * 60 * 1000;

/**
 * The authorities that anybody is mailed of, and `*` for every one, whose tokens are to be looked at: each hour from another of them on, so
 * that within a day all have their turn where a run gets through a twenty-fourth of them.
 */
export async function authoritiesToLookAt({ database }: Pick<TokenTelling, 'database'>, now: Date): Promise<string[]> {
  const { recipients } = await readRecipients(database);
  const all = [...new Set(['*', ...recipients.flatMap(({ hears }) => Object.keys(hears))])].sort();
  const first = Math.floor(((Math.floor(now.getTime() / HOUR_MS) % 24) / 24) * all.length);
  return [...all.slice(first), ...all.slice(0, first)];
}

/**
 * The tokens of an authority, or with `*` those of every one, whose end is to be told now. One that was made for no longer ends when whoever
 * made it expects it to.
 */
export async function endingTokens({ database, log }: TokenTelling, authority: string, now: Date): Promise<TokenEnd[]> {
  const by = new Date(now.getTime() + AHEAD_MS);
  const { tokens, unreadable } = await listEndingTokens(database, authority, by);
  for (const id of unreadable) log.warn('token not read', { token: id, authority });
  const ending = tokens.filter(({ expires, made }) => {
    const lasts = made ? expires * 1000 - Date.parse(made.at) : Number.POSITIVE_INFINITY;
    return lasts > AHEAD_MS && expires * 1000 > now.getTime();
  });
  if (ending.length === 0) return [];
  const names = new Map((await listAuthorities(database)).map(({ id, name }) => [id, name]));
  const name = authority === '*' ? undefined : (names.get(authority) ?? authority);
  return ending.map((token) => ({ token, name }));
}

/**
 * Tells of the end of a token, and keeps that it was told: a crash in between has it told again. One of an authority is told to everybody
 * who may manage there; all are told to whoever runs the service. False where nobody could be told.
 */
export async function tellOfEnd(
  { token, name }: TokenEnd,
  telling: Omit<TokenTelling, 'log'>,
  now: Date,
): Promise<boolean> {
  const { database, sns, operations, pageUrl } = telling;
  const { key, authority } = token;
  const words = tokenEndOf({ ...token, name }, `${pageUrl}/`);
  const { recipients } = await readRecipients(database);
  const managers: string[] = [];
  for (const { id, hears, confirmed } of recipients)
    if (hears[authority] && confirmed && (await readRole(database, id, authority)).role === 'manage') managers.push(id);
  if (managers.length === 0 && !operations) return false;
  if (!(await claimEnd(database, key, now, new Date(now.getTime() + CLAIM_MS)))) return false;
  let told = 0;
  for (const id of managers) if (await publishTo(telling, id, words)) told++;
  if (operations) {
    await tellOperators({ sns, ...operations }, words);
    told++;
  }
  if (told > 0) await markEndTold(database, key, now);
  return told > 0;
}
