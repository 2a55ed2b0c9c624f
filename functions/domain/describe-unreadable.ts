import { monthName } from './format.ts';
import type { Unreadable } from './unreadable.ts';

/** What each kind of item is called, by what it is of. */
const KINDS: Readonly<Record<Unreadable['kind'], (of: string) => string>> = {
  month: (of) => `the figures of ${monthName(of)}`,
  revision: (of) => `an earlier revision of ${monthName(of)}`,
  standard: (of) => `a standard of ${of}`,
  benchmark: (of) => `the published figures beside ${of}`,
  progress: (of) => `a report on action ${of}`,
  metric: (of) => `the definition of ${of}`,
  inspection: (of) => `the inspection ${of}`,
  authority: () => "the authority's name",
  settings: () => "the authority's settings",
  board: () => 'the board of alerts',
  acknowledgement: (of) => `who has the alert of ${of} in hand`,
  notice: (of) => `notice ${of}`,
  recipient: (of) => `who is mailed as ${of}`,
  person: (of) => `what ${of} may do`,
  name: (of) => `what “${of}” means in files`,
  other: (of) => of,
};

/** What is missing, for people: “the figures of May 2011”. */
export const describeUnreadable = ({ kind, of }: Pick<Unreadable, 'kind' | 'of'>): string => KINDS[kind](of);
