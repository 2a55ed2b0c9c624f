import { pointerTo } from './faults.ts';
import type { Month, Reported, Submission } from './submission.ts';

/** What a revision of a month is to the one before it. */

/** Whether two submissions say the same, whatever the order of their keys. */
export function saysTheSame(a: Submission, b: Submission): boolean {
  return a.status === b.status && (a.commentary ?? '') === (b.commentary ?? '') && canonical(a) === canonical(b);
}

/**
 * What a revision leaves out of the month before it, which may have left out something itself.
 * @param withdrawn the metrics whose figures were said to be wrong, and no longer count.
 */
export function leftOutOf(
  before: Month | undefined,
  { observations }: Submission,
  withdrawn: readonly string[] = [],
): Submission['observations'] {
  if (!before || before.retracted) return {};
  const known = Object.entries({ ...before.leftOut, ...before.observations });
  return Object.fromEntries(known.filter(([id]) => !Object.hasOwn(observations, id) && !withdrawn.includes(id)));
}

/** Whose figures of a month stay confirmed, or are now by what was `said`: sent one by one with a reason. */
export function confirmedIn(
  before: Month | undefined,
  { observations }: Submission,
  said: readonly string[],
): string[] {
  const stays = (before?.confirmed ?? []).filter(
    (id) => canonicalOf(before?.observations[id]) === canonicalOf(observations[id]),
  );
  return [...new Set([...stays, ...said])].filter((id) => Object.hasOwn(observations, id)).sort();
}

function canonical({ observations }: Submission): string {
  return JSON.stringify(
    Object.entries(observations)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, reported]) => [id, Object.entries(reported).sort(([a], [b]) => (a < b ? -1 : 1))]),
  );
}

/** One thing in which two revisions of a month differ, by JSON pointer; `before` or `after` is absent where it was. */
export interface Change {
  readonly pointer: string;
  readonly before?: Reported | string;
  readonly after?: Reported | string;
}

/** What becomes different where one submission takes the place of another. */
export function changesBetween(before: Submission, after: Submission): Change[] {
  const differing = (path: string[], one: Reported | string | undefined, other: Reported | string | undefined) =>
    canonicalOf(one) === canonicalOf(other)
      ? []
      : [
          {
            pointer: pointerTo(path),
            ...(one === undefined ? {} : { before: one }),
            ...(other === undefined ? {} : { after: other }),
          },
        ];
  const ids = new Set([...Object.keys(before.observations), ...Object.keys(after.observations)]);
  return [
    ...differing(['status'], before.status, after.status),
    ...differing(['commentary'], before.commentary || undefined, after.commentary || undefined),
    ...[...ids]
      .sort()
      .flatMap((id) => differing(['observations', id], before.observations[id], after.observations[id])),
  ];
}

function canonicalOf(value: Reported | string | undefined): string {
  return typeof value === 'object'
    ? JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : `${value}`;
}
