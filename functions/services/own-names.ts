import { createHash } from 'node:crypto';
import type { Metric } from '../domain/metric.ts';
import { FIELDS_OF, MAX_OWN_NAMES, type OwnName, type OwnNameMeaning } from '../domain/own-name.ts';
import type { Unreadable } from '../domain/unreadable.ts';
import type { Database } from '../store/database.ts';
import { readOwnNames, saveOwnNames } from '../store/own-names.ts';
import { InvalidError, NotFoundError, type SentFault } from './errors.ts';
import { requireAuthority, requireMetrics } from './inspections.ts';
import { plain } from './names.ts';
import { retryChanged } from './retry.ts';

/** Names that an authority's own files have for metrics: remembered once somebody said what they mean, and forgotten when asked. */

type Tables = Database<'baselines' | 'submissions'>;

/** Where names are remembered, by whom and when. */
export interface Remembering {
  readonly database: Tables;
  readonly by: string;
  readonly now: Date;
}

/** The names of an authority's own, in the order of the alphabet, and what cannot be read. Throws `UnknownAuthorityError`. */
export async function listOwnNames(
  database: Tables,
  authority: string,
): Promise<{ names: readonly OwnName[]; unreadable: readonly Unreadable[] }> {
  const [{ names, unreadable }] = await Promise.all([
    readOwnNames(database, authority),
    requireAuthority(database, authority),
  ]);
  return { names: [...names].sort((a, b) => a.name.localeCompare(b.name, 'en')), unreadable };
}

/**
 * Remembers what names mean, instead of what they meant before; repeated, a name stays as it is. Returns them as they are remembered.
 * Throws `UnknownAuthorityError`, or {@link InvalidError} with every fault.
 */
export async function rememberNames(
  { database, by, now }: Remembering,
  authority: string,
  meanings: readonly OwnNameMeaning[],
): Promise<readonly OwnName[]> {
  const metrics = await requireMetrics(database, authority);
  const faults = meanings.flatMap((meaning) => faultsOf(meaning, metrics));
  if (faults.length > 0) throw new InvalidError(faults);
  return retryChanged(async () => {
    const before = await readOwnNames(database, authority);
    const known = new Map(before.names.map((name) => [name.id, name]));
    const said = meanings.map((meaning): OwnName => {
      const id = idOf(meaning.name);
      const same = known.get(id);
      const isSame = same && same.metric === meaning.metric && same.field === meaning.field;
      return isSame ? same : { ...meaning, id, at: now.toISOString(), by };
    });
    if (said.every((name) => known.get(name.id) === name)) return said;
    for (const name of said) known.set(name.id, name);
    if (known.size + before.kept.length > MAX_OWN_NAMES)
      throw new InvalidError([
        {
          pointer: '#/name',
          detail: `${MAX_OWN_NAMES} names are remembered, the most there can be; remove some first`,
        },
      ]);
    await saveOwnNames(database, authority, { version: before.version + 1, names: [...known.values()] }, before.kept);
    return said;
  });
}

/** Forgets a name. Throws `UnknownAuthorityError` or {@link NotFoundError}. */
export async function forgetName(database: Tables, authority: string, id: string): Promise<void> {
  await requireAuthority(database, authority);
  await retryChanged(async () => {
    const { version, names, kept: others } = await readOwnNames(database, authority);
    const kept = names.filter((name) => name.id !== id);
    if (kept.length === names.length) throw new NotFoundError('name', id);
    await saveOwnNames(database, authority, { version: version + 1, names: kept }, others);
  });
}

/** Names are the same however they are spelt. */
const idOf = (name: string): string => createHash('sha256').update(plain(name)).digest('hex').slice(0, 16);

function faultsOf({ name, metric: id, field }: OwnNameMeaning, metrics: ReadonlyMap<string, Metric>): SentFault[] {
  const metric = id === null ? undefined : metrics.get(id);
  const owner = [...metrics.values()].find((other) => [other.id, other.title].map(plain).includes(plain(name)));
  return [
    ...(id !== null && !metric ? [{ pointer: '#/metric', detail: `no metric is called "${id}"` }] : []),
    ...(plain(name) === '' ? [{ pointer: '#/name', detail: 'has no letter or digit' }] : []),
    ...(owner && owner.id !== id
      ? [{ pointer: '#/name', detail: `"${name}" is what ${owner.title} is called, and stays so` }]
      : []),
    ...(field && !(metric && FIELDS_OF[metric.kind].includes(field))
      ? [
          {
            pointer: '#/field',
            detail: metric
              ? `a ${metric.kind} has no ${field}; it has ${FIELDS_OF[metric.kind].join(', ')}`
              : 'means nothing without a metric',
          },
        ]
      : []),
  ];
}
