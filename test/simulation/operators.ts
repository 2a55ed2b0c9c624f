import { addMonths, type Period } from '../../functions/domain/period.ts';
import type { Month } from '../../functions/domain/submission.ts';
import { importRecord, type WholeRecord } from '../../functions/services/recovery.ts';
import { authorityKey, CURRENT_PREFIX, REVISION_PREFIX, type TableName } from '../../functions/store/keys.ts';
import type { Person } from './people.ts';
import { BrokenPromise } from './world.ts';

/** Whoever runs the service, and goes back to an earlier state as docs/runbook.md has it. */

/** What two tables held of an authority at one instant, as a restore to that point in time finds it. */
export type Earlier = Pick<WholeRecord, 'submissions' | 'alerts'> & { readonly at: Date };

/** The command was interrupted. */
export class InterruptedError extends Error {}

const itemsOf = ({ world, authority }: Person, table: TableName) =>
  world.store.items(table).filter(({ pk }) => pk?.S === authorityKey(authority.id));

/** An instant that somebody will want to go back to. */
async function remember(person: Person): Promise<void> {
  // Half of a state, while another is put back, is none to go back to: it is refused, and what is missing is named.
  if (person.authority.isAway) return;
  const at = new Date(person.world.now);
  const earlier = { at, submissions: itemsOf(person, 'submissions'), alerts: itemsOf(person, 'alerts') };
  person.authority.earlier.splice(0, Math.max(0, person.authority.earlier.length - 2));
  person.authority.earlier.push(earlier);
}

const MOST_INTERRUPTIONS = 3;

/** Puts an earlier state back, again where that was interrupted. While it runs the authority is unknown to everybody. */
async function goBack(person: Person): Promise<void> {
  const { authority, random, world, operating, onAway, onRestored } = person;
  const earlier = random().pick(authority.earlier);
  if (!earlier || authority.isAway || authority.spoilt) return;
  authority.isAway = true;
  onAway(authority);
  const { at: takenAt, ...held } = earlier;
  const record = { ...held, baselines: itemsOf(person, 'baselines') };
  for (let interruptions = 0; ; interruptions++)
    try {
      const database = operating(interruptions < MOST_INTERRUPTIONS);
      const doing = { now: new Date(world.now), takenAt, replace: true };
      await importRecord(database, authority.id, record as WholeRecord, doing);
      break;
    } catch (error) {
      if (!(error instanceof InterruptedError))
        throw new BrokenPromise('an earlier state can be put back', `${authority.id}: ${(error as Error).message}`);
      await world.sleep(random().below(600_000));
    }
  const months = itemsOf(person, 'submissions').map(({ sk, data }) => ({
    sk: sk?.S ?? '',
    month: JSON.parse(data?.S ?? '{}') as Month,
  }));
  const kept = new Map(months.filter(({ sk }) => sk.startsWith(REVISION_PREFIX)).map(({ sk, month }) => [sk, month]));
  const isKept = ({ period, revision, observations }: Pick<Month, 'period' | 'revision' | 'observations'>): boolean =>
    [...kept.values()].some(
      (each) =>
        each.period === period &&
        each.revision === revision &&
        JSON.stringify(Object.entries(each.observations).sort()) ===
          JSON.stringify(Object.entries(observations).sort()),
    );
  const accepted = authority.accepted.filter(isKept);
  authority.accepted.splice(0, authority.accepted.length, ...accepted);
  const last = months.flatMap(({ sk, month }) => (sk.startsWith(CURRENT_PREFIX) ? month.period : [])).sort();
  authority.next = last.length > 0 ? addMonths(last.at(-1) as Period, 1) : '2010-01';
  onRestored(authority);
  authority.restores++;
  authority.isAway = false;
}

/** What they do, and how much oftener than something else. */
export const OPERATIONS: readonly (readonly [weight: number, operate: (person: Person) => Promise<void>])[] = [
  [0.3, remember],
  [0.15, goBack],
];
