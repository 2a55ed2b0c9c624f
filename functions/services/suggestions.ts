import { closest, distance } from 'fastest-levenshtein';
import type { Suggest } from '../domain/submission.ts';

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
