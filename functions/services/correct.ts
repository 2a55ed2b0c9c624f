import { type Fault, pointerTo } from '../domain/faults.ts';
import type { Metric } from '../domain/metric.ts';
import { PeriodSchema } from '../domain/period.ts';
import { isObject, type Month, readSubmission, type Submission } from '../domain/submission.ts';
import { typedText } from '../domain/typed-text.ts';
import { readMonths } from '../store/submissions.ts';
import {
  type Accepted,
  type Accepting,
  asking,
  checkExpected,
  checkReadable,
  type Expected,
  monthIn,
  outcomeOf,
  type Said,
  save,
} from './accept.ts';
import { InvalidError, NotFoundError, RevisionNeededError, RevisionStaleError } from './errors.ts';
import { requireMetrics } from './inspections.ts';
import { retryChanged } from './retry.ts';
import { suggestions } from './suggestions.ts';

/** Correcting some figures of a month. */

/** The longest reason for a correction, in characters. */
const MAX_REASON_LENGTH = 2000;

/** Why a month was corrected, as whoever did so says. */
export const ReasonSchema = typedText(MAX_REASON_LENGTH).regex(/\S/, 'is blank');

/**
 * Changes some of a month: a JSON merge patch (RFC 7396) of it. Figures that it does not name stay; null takes one out.
 * `reason` says why, and stays with the revision; a figure that is named with it is confirmed, also where it stays as it was. Throws {@link InvalidError} with every fault, {@link NotFoundError},
 * {@link RevisionNeededError} or {@link RevisionStaleError}.
 */
export async function correctMonth(
  to: Accepting,
  authority: string,
  period: string,
  patch: unknown,
  expected: Expected,
): Promise<Accepted> {
  const { database } = to;
  const metrics = await requireMetrics(database, authority);
  return retryChanged(async () => {
    const isMonth = PeriodSchema.safeParse(period).success;
    const record = isMonth ? await readMonths(database, authority) : [];
    const current = monthIn(record, period);
    if (!current) throw new NotFoundError('month', period);
    checkReadable([current]);
    const { submission, said, reason, faults } = readPatch(patch, current, metrics);
    if (faults.length > 0) throw new InvalidError(faults);
    const accepted = asking([...metrics.values()], record, [
      outcomeOf({ period, submission }, current, to, said),
    ])[0] as Accepted;
    if (accepted.outcome === 'unchanged') return accepted;
    checkExpected(expected, current, period);
    const month = { ...accepted.month, ...(reason ? { reason } : {}) };
    await save(to, authority, [month]);
    return { ...accepted, month };
  });
}

/** A month with a patch applied. Only what the patch says is checked: what is kept was checked when it came. */
function readPatch(
  patch: unknown,
  current: Month,
  metrics: ReadonlyMap<string, Metric>,
): { submission: Submission; said?: Said; reason?: string; faults: readonly Fault[] } {
  const { status, commentary } = current;
  const kept = current.retracted ? {} : current.observations;
  const as = { status, observations: kept, ...(commentary === undefined ? {} : { commentary }) };
  const wrong = (pointer: string, detail: string) => ({ submission: as, faults: [{ pointer, detail }] });
  if (!isObject(patch)) return wrong('#', 'expected a JSON merge patch of the month: {"observations": {…}}');
  const { reason, observations = {}, ...others } = patch;
  if (!isObject(observations))
    return wrong('#/observations', 'expected the figures to change, by the id of their metric');
  if (Object.keys(observations).length + Object.keys(others).length === 0)
    return wrong('#', 'says nothing to change; name a figure, the status or the commentary');
  const removed = Object.keys(observations).filter((id) => observations[id] === null);
  const changed = Object.entries(observations).filter(([, value]) => value !== null);
  const merged = changed.map(([id, value]): [string, unknown] => [id, mergePatch(kept[id], value)]);
  const asked = mergePatch({ status, commentary }, others) as object;
  const read = readSubmission({ ...asked, observations: Object.fromEntries(merged) }, metrics, suggestions(), 0);
  const submission = {
    ...(read.submission ?? as),
    observations: withChanges(kept, read.submission?.observations ?? {}, removed),
  };
  const faults = [
    ...read.faults,
    ...removed
      .filter((id) => !Object.hasOwn(kept, id) && !Object.hasOwn(current.leftOut ?? {}, id))
      .map((id) => ({
        pointer: pointerTo(['observations', id]),
        detail: 'was not reported for this month, so it cannot be taken out',
      })),
    ...(reason === undefined && removed.length > 0
      ? [{ pointer: '#/reason', detail: 'is missing: to take a figure out is to say that it was wrong, and why' }]
      : []),
    ...(reason === undefined || ReasonSchema.safeParse(reason).success
      ? []
      : [
          {
            pointer: '#/reason',
            detail: `is a text of 1 to ${MAX_REASON_LENGTH} characters, without control characters`,
          },
        ]),
    ...(read.submission && Object.keys(submission.observations).length === 0
      ? [{ pointer: '#/observations', detail: 'no figure would be left; take the whole month back instead (DELETE)' }]
      : []),
  ];
  return {
    submission,
    said: { withdrawn: removed, confirmed: reason === undefined ? [] : changed.map(([id]) => id) },
    faults,
    ...(typeof reason === 'string' ? { reason: reason.trim() } : {}),
  };
}

function withChanges(
  kept: Submission['observations'],
  changed: Submission['observations'],
  removed: readonly string[],
): Submission['observations'] {
  const all = Object.entries({ ...kept, ...changed }).filter(([id]) => !removed.includes(id));
  return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** RFC 7396, section 2. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch))
    if (value === null) result.delete(name);
    else result.set(name, mergePatch(result.get(name), value));
  return Object.fromEntries(result);
}
