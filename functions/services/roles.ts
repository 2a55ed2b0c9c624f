import type { Doing } from '../domain/access.ts';
import type { Role } from '../domain/person.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import type { Database } from '../store/database.ts';
import { readPerson, readPersonOrNew, savePerson } from '../store/people.ts';
import { UnreadableItemError } from './errors.ts';
import { retryChanged } from './retry.ts';

/** What addresses may do, once they have signed in by mail. */

type Tables = Database<'access' | 'alerts'>;

/** What an address may do in an authority, by its id as a recipient; and who decided that, where that was recorded. */
export async function readRole(
  database: Tables,
  id: string,
  authority: string,
): Promise<{ role: Role; decided: { at: string; by: string } | undefined; unreadable?: readonly Unreadable[] }> {
  try {
    const person = await readPerson(database, id);
    return { role: person?.roles[authority] ?? 'look', decided: person?.decided?.[authority] };
  } catch (error) {
    if (!(error instanceof UnreadableItemError)) throw error;
    // Whoever cannot be read cannot sign in, and so may do nothing.
    return { role: 'look', decided: undefined, unreadable: error.items };
  }
}

/**
 * Sets what an address may do in an authority, from its next request on, and keeps who decided so; without a role it stays
 * as it is, and who has it mailed from another level on is kept. Whoever could not be read begins anew with it, and may look elsewhere.
 */
export async function setRole(
  database: Tables,
  id: string,
  authority: string,
  role: Role | undefined,
  { by, now }: Doing,
): Promise<void> {
  await retryChanged(async () => {
    const person = await readPersonOrNew(database, id, now);
    const roles = role ? { ...person.roles, [authority]: role } : person.roles;
    const decided = { ...person.decided, [authority]: { at: now.toISOString(), by } };
    await savePerson(database, { ...person, roles, decided });
  });
}
