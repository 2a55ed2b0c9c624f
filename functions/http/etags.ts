import type { Month } from '../domain/submission.ts';
import type { Expected } from '../services/accept.ts';

/** A month's ETag, as the headers that it makes: its revision in quotes. */
export function etagOf(month: Pick<Month, 'revision'> | undefined): Record<string, string> {
  return month ? { etag: `"${month.revision}"` } : {};
}

/** The revisions that `If-Match` names. What is no ETag of ours matches none. */
export function expectedIn({ 'if-match': tags }: Readonly<Record<string, string | undefined>>): Expected {
  if (tags === undefined) return undefined;
  const named = tags.split(',').map((tag) => tag.trim());
  if (named.includes('*')) return 'any';
  return named.flatMap((tag) => /^"([1-9]\d*)"$/.exec(tag)?.slice(1).map(Number) ?? []);
}
