import * as z from 'zod';
import { BySchema, type Scope } from './access.ts';

/** Who signs in: what they may do, their links and their sessions. Secrets are known by their SHA-256 alone. */

/** What an address may do in an authority; each may also do what comes before it. */
export const RoleSchema = z.enum(['look', 'acknowledge', 'submit', 'manage'], {
  error: 'is one of look, acknowledge, submit, manage',
});
export type Role = z.infer<typeof RoleSchema>;

const SCOPE: Readonly<Record<Role, Scope>> = {
  look: 'read',
  acknowledge: 'acknowledge',
  submit: 'submit',
  manage: 'manage',
};

/** The scopes that a role comes to. */
export const scopesOf = (role: Role): Scope[] =>
  RoleSchema.options.slice(0, RoleSchema.options.indexOf(role) + 1).map((each) => SCOPE[each]);

const rankOf = (role: Role): number => RoleSchema.options.indexOf(role);
export const higherRole = (a: Role | undefined, b: Role): Role => (a && rankOf(a) > rankOf(b) ? a : b);

/** The role that roles by authority, or `*` for all, come to in one; undefined where that is none. */
export function roleIn(roles: Readonly<Record<string, Role>>, authority: string): Role | undefined {
  const [own, everywhere] = [roles[authority], roles['*']];
  return own && everywhere ? higherRole(own, everywhere) : (own ?? everywhere);
}

const LinkSchema = z.object({ digest: z.string(), expires: z.iso.datetime(), remember: z.boolean() });
/** What the council's own sign-in said of somebody, and under which settings: others end the session. */
const SaidSchema = z.object({
  settings: z.string(),
  address: z.string(),
  /** By authority, or `*` for all. */
  roles: z.record(z.string(), RoleSchema),
});
export type Said = z.infer<typeof SaidSchema>;
const SessionSchema = z.object({
  digest: z.string(),
  startedAt: z.iso.datetime(),
  expires: z.iso.datetime(),
  /** When the address had been asked to confirm by then (`requestedAt`), where a mailed link began it; those that an earlier version began do not say. */
  asked: z.iso.datetime().optional(),
  /** Where it was begun by the council's own sign-in, and not by a mailed link. */
  said: SaidSchema.optional(),
});
export type Session = z.infer<typeof SessionSchema>;

/** An address, by the id that it has as a recipient; or somebody whom the council's own sign-in knows, by an id of that. */
export const PersonSchema = z.object({
  id: z.string(),
  /** By authority; `look` where none was set. */
  roles: z.record(z.string(), RoleSchema),
  /** By authority: when it was last decided whether the address is mailed and what it may do, and by whom. */
  decided: z.record(z.string(), z.object({ at: z.iso.datetime(), by: BySchema })).optional(),
  links: z.array(LinkSchema),
  /** When links were sent within the last hour, oldest first. */
  sent: z.array(z.iso.datetime()),
  sessions: z.array(SessionSchema),
  /** Attempts by the council's own sign-in that became sessions, as long as they could be used once more. */
  used: z.array(z.object({ digest: z.string(), expires: z.iso.datetime() })).optional(),
  /** When SNS last said that the address still gets the alerts. */
  checkedAt: z.iso.datetime(),
  /** Counts the writes, so that nobody overwrites what they have not read. */
  version: z.int().min(0),
});
export type Person = z.infer<typeof PersonSchema>;

export const newPerson = (id: string, now: Date): Person => ({
  ...{ id, roles: {}, links: [], sent: [], sessions: [] },
  checkedAt: now.toISOString(),
  version: 0,
});

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A link works for so long, once. */
export const LINK_MINUTES = 15;
/** An address is sent at most so many links an hour, and none within a minute of another. */
export const LINKS_AN_HOUR = 5;
const SESSION_MS = 12 * HOUR_MS;
const REMEMBERED_MS = 30 * 24 * HOUR_MS;
/** Nobody sits before more devices; the oldest session ends where another begins. */
const MAX_SESSIONS = 20;
/** How long an address counts as one that gets the alerts without SNS being asked again. */
const CHECK_MS = HOUR_MS;

const after = (now: Date, ms: number): string => new Date(now.getTime() + ms).toISOString();
const isOver = ({ expires }: { readonly expires: string }, now: Date): boolean => expires <= now.toISOString();

/** The person with a new link, once SNS has said that the address gets the alerts; undefined where too many were sent of late. */
export function withLink(person: Person, digest: string, remember: boolean, now: Date): Person | undefined {
  const sent = person.sent.filter((at) => at > after(now, -HOUR_MS));
  const last = sent.at(-1);
  if (sent.length >= LINKS_AN_HOUR || (last && last > after(now, -MINUTE_MS))) return undefined;
  const link = { digest, remember, expires: after(now, LINK_MINUTES * MINUTE_MS) };
  const links = [...person.links.filter((each) => !isOver(each, now)), link];
  return { ...person, links, sent: [...sent, now.toISOString()], checkedAt: now.toISOString() };
}

/** The person with a session in place of the link; undefined where the link is unknown, used up, or too old. `asked`: when the address was asked to confirm. */
export function withSession(
  person: Person,
  link: string,
  digest: string,
  asked: string,
  now: Date,
): { person: Person; session: Session } | undefined {
  const used = person.links.find((each) => each.digest === link);
  if (!used || isOver(used, now)) return undefined;
  const expires = after(now, used.remember ? REMEMBERED_MS : SESSION_MS);
  const session = { digest, startedAt: now.toISOString(), expires, asked };
  const links = person.links.filter((each) => each !== used);
  return { person: { ...person, links, sessions: among(person, session, now) }, session };
}

const among = ({ sessions }: Person, session: Session, now: Date): Session[] =>
  [...sessions.filter((each) => !isOver(each, now)), session].slice(-MAX_SESSIONS);

/**
 * The person with a session that the council's own sign-in began; undefined where the attempt has become one already. It is
 * over within a working day, whatever was asked for: what somebody may do is known as of its beginning.
 */
export function withSaidSession(
  person: Person,
  attempt: { readonly digest: string; readonly expires: string },
  digest: string,
  said: Said,
  now: Date,
): { person: Person; session: Session } | undefined {
  const used = (person.used ?? []).filter((each) => !isOver(each, now));
  if (used.some((each) => each.digest === attempt.digest)) return undefined;
  const session = { digest, startedAt: now.toISOString(), expires: after(now, SESSION_MS), said };
  return { person: { ...person, sessions: among(person, session, now), used: [...used, attempt] }, session };
}

/** The session with this digest, if it is not over. */
export const sessionOf = (person: Person, digest: string, now: Date): Session | undefined =>
  person.sessions.find((each) => each.digest === digest && !isOver(each, now));

/** Begins a session's digest: enough to tell a person's sessions apart, and nothing to sign in with. */
export const sessionId = ({ digest }: Session): string => digest.slice(0, 12);

export const mustBeChecked = ({ checkedAt }: Person, now: Date): boolean => checkedAt <= after(now, -CHECK_MS);
