import { createHash, randomBytes } from 'node:crypto';
import type { Grant } from '../domain/access.ts';
import {
  LINK_MINUTES,
  LINKS_AN_HOUR,
  mustBeChecked,
  newPerson,
  type Person,
  roleIn,
  type Said,
  type Session,
  scopesOf,
  sessionId,
  sessionOf,
  withLink,
  withSaidSession,
  withSession,
} from '../domain/person.ts';
import type { Recipient } from '../domain/recipient.ts';
import type { Database } from '../store/database.ts';
import { PersonChangedError, readPerson, readPersonOrNew, savePerson } from '../store/people.ts';
import { readRecipient } from '../store/recipients.ts';
import { NotFoundError, UnreadableItemError } from './errors.ts';
import { retryChanged } from './retry.ts';
import type { Recipients } from './subscriptions.ts';

/**
 * Signing in by mail, and sessions, however they were begun. Whoever reads the mails of an address that gets the alerts is who they say. A link and a session
 * are each 256 random bits that only their holder has; kept are their digests, with the address, in one item.
 */

type Tables = Database<'access' | 'alerts'>;

/** What mails a link, and what knows who gets the alerts. */
export interface SigningIn {
  readonly database: Tables;
  /** Loaded when it is first needed: most visits ask SNS nothing. */
  readonly sns: () => Promise<Recipients['sns']>;
  readonly topicArn: string;
  readonly now: Date;
  /** Under which settings of the council's own sign-in ({@link settingsId}) sessions hold; none of it where it is undefined. */
  readonly council: string | undefined;
}

const LINK = /^([0-9a-f]{16})\.([A-Za-z0-9_-]{43})$/;

const SESSION = /^ims_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

export const isSession = (cookie: string): boolean => SESSION.test(cookie);

const newSecret = (): string => randomBytes(32).toString('base64url');

const digestOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Names the settings of the council's own sign-in, as the functions are told them, without telling them. */
export const settingsId = (spelled: string): string => digestOf(spelled).slice(0, 16);

/** What of a link or a session is known here: whose it says it is, and the digest of its secret. */
function partsOf(pattern: RegExp, text: string): { id: string; digest: string } | undefined {
  const [, id, secret] = pattern.exec(text) ?? [];
  return id && secret ? { id, digest: digestOf(secret) } : undefined;
}

/**
 * Mails a link, if the address has confirmed that it gets the alerts and was not sent too many of late. `linkTo` makes
 * the link's address of its code. The answer is for the log: who asked must not learn it.
 */
export async function sendLink(
  { database, sns, topicArn, now }: SigningIn,
  address: string,
  remember: boolean,
  linkTo: (code: string) => string,
): Promise<'sent' | 'too many' | 'unknown'> {
  const { findConfirmed, publishTo } = await import('./direct-mail.ts');
  const topic = { sns: await sns(), topicArn };
  const found = await findConfirmed(topic, address);
  if (!found || !hearsAnything(await readRecipient(database, found.id))) return 'unknown';
  const secret = newSecret();
  const person = (await readPerson(database, found.id)) ?? newPerson(found.id, now);
  const changed = withLink(person, digestOf(secret), remember, now);
  if (!changed) return 'too many';
  try {
    await savePerson(database, changed);
  } catch (error) {
    // Somebody asked for another link at this very moment.
    if (error instanceof PersonChangedError) return 'too many';
    throw error;
  }
  const isSent = await publishTo(topic, found.id, {
    subject: 'Your link to sign in to Inspection monitor',
    text: `Open this page and press “Sign in”:

${linkTo(`${found.id}.${secret}`)}

The link works once, for ${LINK_MINUTES} minutes. At most one a minute and ${LINKS_AN_HOUR} an hour are sent.

If you did not ask for it, somebody typed your address by mistake or to try. They cannot sign in without this e-mail;
you need do nothing. Do not pass the link on.
`,
  });
  return isSent ? 'sent' : 'unknown';
}

/** Whoever is being removed hears of nothing any more, though what is kept of them is still there. */
const hearsAnything = (recipient: Recipient | undefined): recipient is Recipient =>
  recipient !== undefined && Object.keys(recipient.hears).length > 0;

/** Uses a link up and begins a session; undefined where the link does not work, or no longer. */
export async function useLink(
  { database, now }: Pick<SigningIn, 'database' | 'now'>,
  code: string,
): Promise<{ cookie: string; session: Session } | undefined> {
  const link = partsOf(LINK, code);
  if (!link) return undefined;
  return begin({ database, now }, async (digest) => {
    const [person, recipient] = await Promise.all([readPerson(database, link.id), readRecipient(database, link.id)]);
    const change = () =>
      person && hearsAnything(recipient)
        ? withSession(person, link.digest, digest, recipient.requestedAt, now)
        : undefined;
    return { person, change };
  });
}

/**
 * Saves somebody who was read with a session of a new secret, as `change` makes it; undefined where that makes none. A session
 * that is there already was saved by this very call, whose answer was lost.
 */
async function begin(
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
  return begin({ database, now }, async (digest) => {
    // Whoever cannot be read begins anew: all that is kept of them is their sessions.
    const person = await readPersonOrNew(database, id, now);
    return { person, change: () => withSaidSession(person, once, digest, said, now) };
  });
}

/** What a session allows: of one authority at a time, by the role that the address has there. */
export interface SessionGrant extends Grant {
  /** Every authority that it is for, which the address hears of; empty where that is any. */
  readonly authorities: readonly string[];
  /** By a mailed link, or by the council's own sign-in. */
  readonly signedInBy: 'mail' | 'council';
}

/**
 * What a session allows in an authority, or where none is meant; undefined where it is over. It ends with the address:
 * at once where it was removed, within the hour where somebody unsubscribed it; and for good, though the address be added again.
 */
export async function readSession(
  signingIn: SigningIn,
  cookie: string,
  authority: string | undefined,
): Promise<SessionGrant | undefined> {
  const { database, now } = signingIn;
  const given = partsOf(SESSION, cookie);
  if (!given) return undefined;
  const [person, recipient] = await Promise.all([
    readPerson(database, given.id),
    readRecipient(database, given.id),
  ]).catch((error: unknown) => {
    // As if it were over: whoever asks for another link has it named in the log.
    if (error instanceof UnreadableItemError) return [];
    throw error;
  });
  const session = person && sessionOf(person, given.digest, now);
  if (session?.said)
    return session.said.settings === signingIn.council ? grantOfSaid(session, session.said, authority) : undefined;
  const authorities = Object.keys(recipient?.hears ?? {}).sort();
  const [first] = authorities;
  if (!session || !recipient || !first) return undefined;
  // Asked anew since, the address had been removed or lost: what began before stays over. Clocks are not compared.
  if (session.asked !== undefined && session.asked !== recipient.requestedAt) return undefined;
  if (mustBeChecked(person, now) && !(await isStillMailed(signingIn, person, recipient))) return undefined;
  // Elsewhere it allows nothing, which whoever asks is told in the one place where that is decided.
  const meant = authority !== undefined && authorities.includes(authority) ? authority : first;
  return {
    scopes: scopesOf(person.roles[meant] ?? 'look'),
    authority: meant,
    authorities,
    signedInBy: 'mail',
    label: recipient.address,
    expires: Math.floor(Date.parse(session.expires) / 1000),
  };
}

/** What a session allows that the council's own sign-in began: as it was said then. */
function grantOfSaid(
  { expires }: Session,
  { address, roles }: Said,
  authority: string | undefined,
): SessionGrant | undefined {
  const named = Object.keys(roles)
    .filter((each) => each !== '*')
    .sort();
  const [first = '*'] = roles['*'] ? ['*'] : named;
  const meant = authority !== undefined && roleIn(roles, authority) ? authority : first;
  const role = roleIn(roles, meant);
  if (!role) return undefined;
  return {
    scopes: scopesOf(role),
    authority: meant,
    authorities: roles['*'] ? [] : named,
    signedInBy: 'council',
    label: address,
    expires: Math.floor(Date.parse(expires) / 1000),
  };
}

async function isStillMailed({ database, sns, topicArn, now }: SigningIn, person: Person, { address }: Recipient) {
  const { findConfirmed } = await import('./direct-mail.ts');
  const isMailed = (await findConfirmed({ sns: await sns(), topicArn }, address)) !== undefined;
  await retryChanged(async () => {
    const read = (await readPerson(database, person.id)) ?? person;
    await savePerson(database, {
      ...read,
      checkedAt: now.toISOString(),
      ...(isMailed ? {} : { sessions: [], links: [] }),
    });
  });
  return isMailed;
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
export async function listSessions(database: Tables, cookie: string, now: Date): Promise<ListedSession[]> {
  const given = partsOf(SESSION, cookie);
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
export async function endSession(database: Tables, cookie: string, now: Date, id?: string): Promise<void> {
  const given = partsOf(SESSION, cookie);
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
