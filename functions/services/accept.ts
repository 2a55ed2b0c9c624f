import { closest, distance } from 'fastest-levenshtein';
import { EARLIEST_PERIOD, MAX_PERIODS, monthIndex, periodOf } from '../domain/period.ts';
import type { Month, Submission, Suggest } from '../domain/submission.ts';
import { ProblemError } from '../http/problem.ts';
import type { Database } from '../store/database.ts';
import { MAX_REVISION } from '../store/keys.ts';
import { countMonths } from '../store/submissions.ts';

/** What taking in figures has in common, whether a program sends them or a person. */

/** A file of nonsense is not worth comparing each of its words with every metric. */
const MAX_SUGGESTIONS = 100;

/** No metric's id is longer than 64 characters. */
const MAX_WORD_LENGTH = 128;

/** Suggestions for one request. One is worth making when less than half of the word is wrong. */
export function suggestions(): Suggest {
  let left = MAX_SUGGESTIONS;
  return (word, known) => {
    if (left-- <= 0 || word.length > MAX_WORD_LENGTH) return undefined;
    const near = known.length > 0 ? closest(word, known) : undefined;
    return near && distance(word, near) * 2 < Math.max(word.length, near.length) ? near : undefined;
  };
}

/** The month as it will be kept: the revision after the current one. */
export function revisionOf(submission: Submission, period: string, current: Month | undefined, now: Date): Month {
  const revision = (current?.revision ?? 0) + 1;
  if (revision > MAX_REVISION)
    throw new ProblemError('conflict', `${period} was revised ${MAX_REVISION} times, the most there can be`);
  return { ...submission, period, revision, submittedAt: now.toISOString() };
}

/** The record's limit can only be reached once enough months have passed, so it is only counted then. */
export async function checkRoom(
  database: Database<'submissions'>,
  authority: string,
  now: Date,
  months = 1,
): Promise<void> {
  if (monthIndex(periodOf(now.toISOString())) - monthIndex(EARLIEST_PERIOD) <= MAX_PERIODS) return;
  if ((await countMonths(database, authority)) + months > MAX_PERIODS)
    throw new ProblemError('conflict', `the record holds at most ${MAX_PERIODS} months, and these would be more`);
}
