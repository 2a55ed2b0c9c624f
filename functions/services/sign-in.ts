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
  sessionOf,
  withLink,
  withSession,
} from '../domain/person.ts';
import type { Recipient } from '../domain/recipient.ts';
import type { Database } from '../store/database.ts';
import { PersonChangedError, readPerson, savePerson } from '../store/people.ts';
import { readRecipient } from '../store/recipients.ts';
import { UnreadableItemError } from './errors.ts';
import { retryChanged } from './retry.ts';
import { beginSession, digestOf, newSecret, partsOf, partsOfSession } from './sessions.ts';
import type { Recipients } from './subscriptions.ts';

/**
 * Signing in by mail, and what a session allows. Whoever reads the mails of an address that gets the alerts is who they say. A link is as secret as a
 * session (`sessions.ts`), and kept as its digest, too.
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
  return beginSession({ database, now }, async (digest) => {
    const [person, recipient] = await Promise.all([readPerson(database, link.id), readRecipient(database, link.id)]);
    const change = () =>
      person && hearsAnything(recipient)
        ? withSession(person, link.digest, digest, recipient.requestedAt, now)
        : undefined;
    return { person, change };
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
  const given = partsOfSession(cookie);
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
