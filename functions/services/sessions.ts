import { createHash, randomBytes } from 'node:crypto';
import { type Person, type Said, type Session, sessionId, sessionOf, withSaidSession } from '../domain/person.ts';
import type { Database } from '../store/database.ts';
import { readPerson, readPersonOrNew, savePerson } from '../store/people.ts';
import { NotFoundError } from './errors.ts';
import { retryChanged } from './retry.ts';

/**
 * Sessions, however they were begun: 256 random bits that only their holder has; kept are their digests, with the address, in
 * one item. Nothing here asks SNS.
 */

const SESSION = /^ims_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

export const isSession = (cookie: string): boolean => SESSION.test(cookie);

export const newSecret = (): string => randomBytes(32).toString('base64url');

export const digestOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Names the settings of the council's own sign-in, as the functions are told them, without telling them. */
export const settingsId = (spelled: string): string => digestOf(spelled).slice(0, 16);

/** What of a link or a session is known here: whose it says it is, and the digest of its secret. */
export function partsOf(pattern: RegExp, text: string): { id: string; digest: string } | undefined {
  const [, id, secret] = pattern.exec(text) ?? [];
  return id && secret ? { id, digest: digestOf(secret) } : undefined;
}

/** What is known of a session by its cookie. */
export const partsOfSession = (cookie: string): ReturnType<typeof partsOf> => partsOf(SESSION, cookie);

/**
 * Saves somebody who was read with a session of a new secret, as `change` makes it; undefined where that makes none. A session
 * that is there already was saved by this very call, whose answer was lost.
 */
export async function beginSession(
  { database, now }: { readonly database: Database<'access'>; readonly now: Date },
  read: (digest: string) => Promise<{
    readonly person: Person | undefined;
    readonly change: () => { readonly person: Person; readonly session: Session } | undefined;
  }>,
): Promise<{ cookie: string; session: Session } | undefined> {
  const secret = newSecret();
  const digest = digestOf(secret);
  return retryChanged(async () => {
    const { person, change } = await read(digest);
    const saved = person && sessionOf(person, digest, now);
    if (saved) return { cookie: cookieOf(person, secret), session: saved };
    const begun = change();
    if (!begun) return undefined;
    await savePerson(database, begun.person);
    return { cookie: cookieOf(begun.person, secret), session: begun.session };
  });
}

const cookieOf = ({ id }: Person, secret: string): string => `ims_${id}_${secret}`;

/**
 * Begins a session for somebody of whom the council's own sign-in said who they are; undefined where this attempt began one
 * already. `attempt` names it as long as it could come back.
 */
export async function beginSaidSession(
  { database, now }: { readonly database: Database<'access'>; readonly now: Date },
  id: string,
  attempt: { readonly name: string; readonly expires: string },
  said: Said,
): Promise<{ cookie: string; session: Session } | undefined> {
  const once = { digest: digestOf(attempt.name), expires: attempt.expires };
  return beginSession({ database, now }, async (digest) => {
    // Whoever cannot be read begins anew: all that is kept of them is their sessions.
    const person = await readPersonOrNew(database, id, now);
    return { person, change: () => withSaidSession(person, once, digest, said, now) };
  });
}

/** A session as its owner sees it. */
export interface ListedSession {
  readonly id: string;
  readonly startedAt: string;
  readonly expires: string;
  /** Whether it is the one that asks. */
  readonly isThis: boolean;
}

/** The sessions of whoever has this one, newest first. */
export async function listSessions(database: Database<'access'>, cookie: string, now: Date): Promise<ListedSession[]> {
  const given = partsOfSession(cookie);
  const person = given && (await readPerson(database, given.id));
  if (!person) return [];
  return person.sessions
    .filter(({ expires }) => expires > now.toISOString())
    .map((session) => ({
      id: sessionId(session),
      startedAt: session.startedAt,
      expires: session.expires,
      isThis: session.digest === given.digest,
    }))
    .reverse();
}

/** Ends this session, or of the same person the one named. Throws {@link NotFoundError}. */
export async function endSession(database: Database<'access'>, cookie: string, now: Date, id?: string): Promise<void> {
  const given = partsOfSession(cookie);
  if (!given) return;
  await retryChanged(async () => {
    const person = await readPerson(database, given.id);
    if (!person || !sessionOf(person, given.digest, now)) return;
    const isMeant = (session: Session): boolean =>
      id === undefined ? session.digest === given.digest : sessionId(session) === id;
    if (!person.sessions.some(isMeant)) throw new NotFoundError('session', id ?? '');
    await savePerson(database, { ...person, sessions: person.sessions.filter((session) => !isMeant(session)) });
  });
}
