import type { Doing } from '../domain/access.ts';
import type { Level } from '../domain/lifecycle.ts';
import type { Role } from '../domain/person.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import type { Database } from '../store/database.ts';
import { requireInspection } from './inspections.ts';
import { addRecipient, listRecipients, type MailedAddress, removeRecipient } from './recipients.ts';
import { readRole, setRole } from './roles.ts';
import type { Recipients } from './subscriptions.ts';

/** People of an authority: who is mailed, and what they may do there, decided together and taken back together. */

export interface AuthorityPeople extends Recipients {
  readonly database: Database<'baselines' | 'alerts' | 'access'>;
}

export interface MailedPerson extends MailedAddress {
  /** What they may do once they sign in by mail. */
  readonly role: Role;
  /** When that, and from which level on they are mailed, was decided last, and by whom; undefined where that was not recorded. */
  readonly decided: { readonly at: string; readonly by: string } | undefined;
}

/** Everybody who can be read, with what cannot be named beside them. Throws `UnknownAuthorityError`. */
export async function listPeople(
  people: AuthorityPeople,
  authority: string,
  now: Date,
): Promise<{ people: MailedPerson[]; unreadable: Unreadable[] }> {
  await requireInspection(people.database, authority);
  const { mailed, unreadable } = await listRecipients(people, authority, now);
  const found = await Promise.all(
    mailed.map(async (each) => ({ each, found: await readRole(people.database, each.id, authority) })),
  );
  return {
    people: found.map(({ each, found: { role, decided } }) => ({ ...each, role, decided })),
    unreadable: [...unreadable, ...found.flatMap(({ found }) => found.unreadable ?? [])],
  };
}

/**
 * Has an address mailed, and says what it may do; without a role, what somebody may who is there already stays. Throws
 * `UnknownAuthorityError` and what `addRecipient` throws.
 */
export async function addPerson(
  people: AuthorityPeople,
  authority: string,
  wanted: {
    readonly address: string;
    readonly level: Level;
    readonly role?: Role | undefined;
    readonly summary?: boolean | undefined;
  },
  doing: Doing,
): Promise<{ created: boolean; person: MailedPerson }> {
  await requireInspection(people.database, authority);
  const { created, recipient } = await addRecipient(people, authority, wanted, doing.now);
  // Whoever is added anew may do no more than is said now, whatever the address might before.
  const role = wanted.role ?? (created ? 'look' : undefined);
  await setRole(people.database, recipient.id, authority, role, doing);
  return { created, person: await personOf(people, authority, recipient) };
}

/** Has an address mailed no longer, and lets it look no longer. Throws `UnknownAuthorityError` and what `removeRecipient` throws. */
export async function removePerson(
  people: AuthorityPeople,
  authority: string,
  id: string,
  doing: Doing,
): Promise<void> {
  await requireInspection(people.database, authority);
  await removeRecipient(people, authority, id, doing.now);
  await setRole(people.database, id, authority, 'look', doing);
}

async function personOf(
  { database }: AuthorityPeople,
  authority: string,
  mailed: MailedAddress,
): Promise<MailedPerson> {
  const { role, decided } = await readRole(database, mailed.id, authority);
  return { ...mailed, role, decided };
}
