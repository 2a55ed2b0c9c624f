import type * as z from 'zod';

/** What is wrong with something that was sent, in words, and where. */

/** One thing wrong with what was sent. `pointer` is a JSON pointer as a URI fragment; `parameter` names a path parameter. */
export interface Fault {
  readonly pointer: string;
  readonly parameter?: string;
  readonly detail: string;
}

/** Turns a schema's issues into faults; unknown fields are named one by one. */
export function faultsOf(issues: readonly z.core.$ZodIssue[]): Fault[] {
  return issues.flatMap((issue) => {
    const { path } = issue;
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ pointer: pointerTo([...path, key]), detail: 'there is no such field' }));
    return [{ pointer: pointerTo(path), detail: detailOf(issue) }];
  });
}

/** What a schema wants, in words; a message of its own stays as it is. */
const WANTED: Readonly<Record<string, string>> = {
  ...{ string: 'a text is needed, in quotes', number: 'a number is needed, without quotes or a sign behind it' },
  ...{ int: 'a whole number is needed', boolean: 'true or false is needed, without quotes' },
  ...{ array: 'a list is needed, in [ and ]', object: 'named fields are needed, in { and }' },
  record: 'named fields are needed, in { and }',
};

/** What one issue says is wrong. */
export function detailOf(issue: z.core.$ZodIssue): string {
  const { message, input } = issue;
  const isMissing = 'input' in issue ? input === undefined : /received undefined/.test(message);
  const written = 'input' in issue && ['string', 'number', 'boolean'].includes(typeof input);
  const got = written ? `; got ${shorten(JSON.stringify(input))}` : '';
  if (!/^(Invalid|Too|Unrecognized)/.test(message)) return message;
  switch (issue.code) {
    case 'invalid_type':
      return isMissing ? 'is missing' : `${WANTED[issue.expected] ?? message}${got}`;
    case 'invalid_value':
      return `${isMissing ? 'is missing; it is' : 'is'} one of ${issue.values.join(', ')}${isMissing ? '' : got}`;
    case 'invalid_union': {
      // Of what tells the kinds of a thing apart, the message alone says which there are.
      const kinds = [...message.matchAll(/'([^']+)'/g)].map(([, kind]) => kind);
      if (kinds.length > 0) return `is one of ${kinds.join(', ')}`;
      const [first] = issue.errors.flat();
      return first ? detailOf(first) : message;
    }
    case 'too_small':
      if (issue.origin === 'string')
        return issue.minimum === 1 ? 'is empty' : `has fewer than ${issue.minimum} characters${got}`;
      return issue.origin === 'array' ? `has fewer than ${issue.minimum} entries` : `is below ${issue.minimum}${got}`;
    case 'too_big':
      if (issue.origin === 'string') return `is longer than ${issue.maximum} characters`;
      return issue.origin === 'array' ? `has more than ${issue.maximum} entries` : `is above ${issue.maximum}${got}`;
    default:
      return message;
  }
}

/** No name of ours is longer; of one that is, a pointer shows the beginning. */
const MAX_KEY_LENGTH = 100;

/** A JSON pointer (RFC 6901) as a URI fragment. */
export function pointerTo(path: readonly PropertyKey[]): string {
  // Half a surrogate pair, which JSON can hold, has no place in a URI.
  const write = (key: PropertyKey) =>
    encodeURIComponent(shorten(String(key), MAX_KEY_LENGTH).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1'));
  return ['#', ...path.map(write)].join('/');
}

export function shorten(word: string, most = 64): string {
  return word.length > most ? `${word.slice(0, most)}…` : word;
}
