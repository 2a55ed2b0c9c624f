import type { Metric } from '../domain/metric.ts';
import { FIELDS, type Field, type OwnNameMeaning } from '../domain/own-name.ts';

export { FIELDS, type Field };

/** A metric that a heading or a cell names, with the field that it names beside it: `Supervision on time - num`. */
export interface Named {
  readonly metric: Metric;
  readonly field?: Field;
}

/** Finds the metric that a text names; undefined where none or more than one could be meant. */
export type Naming = (text: string) => Named | undefined;

const FIELD_WORDS: Readonly<Record<string, Field>> = {
  num: 'numerator',
  numerator: 'numerator',
  n: 'numerator',
  den: 'denominator',
  denom: 'denominator',
  denominator: 'denominator',
  d: 'denominator',
  count: 'count',
  number: 'count',
  value: 'value',
  percent: 'value',
  percentage: 'value',
  '%': 'value',
  rate: 'value',
  mean: 'value',
  average: 'value',
};

/** The field that a single word names. */
export const fieldNamed = (word: string): Field | undefined =>
  Object.hasOwn(FIELD_WORDS, word) ? FIELD_WORDS[word] : undefined;

/** Ids of several words, and of one where a message begins with it; not where they are part of the name of a column, as in `referral-backlog.count`. */
const SAID_ID = /(?<![\w.-])[a-z\d]+(?:-[a-z\d]+)+(?!\.\w|[\w-])|^[a-z\d]+(?= is )/g;

/**
 * A message that programs get too, as people read it: with the titles of metrics in the place of their ids.
 *
 * @example withTitles('referral-backlog is given twice', new Map([['referral-backlog', { title: 'Referral backlog' }]])) → 'Referral backlog is given twice'
 */
export function withTitles(message: string, metrics: ReadonlyMap<string, { readonly title: string }>): string {
  return message.replace(SAID_ID, (id) => metrics.get(id)?.title ?? id);
}

/** A name without what makes no difference: case, accents, signs and spaces. */
export function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}%]+/gu, ' ')
    .trim();
}

/**
 * Metrics by id, title and alias, however they are spelt; a name that two of them have names neither. What an authority's own
 * names mean comes before aliases, and never before a metric's id or title.
 */
export function namingOf(metrics: Iterable<Metric>, own: readonly OwnNameMeaning[] = []): Naming {
  const byName = new Map<string, Named | null>();
  const known = [...metrics];
  for (const metric of known)
    for (const name of new Set([metric.id, metric.title, ...(metric.aliases ?? [])].map(plain)))
      byName.set(name, byName.has(name) ? null : { metric });
  const fixed = new Set(known.flatMap(({ id, title }) => [plain(id), plain(title)]));
  for (const { name, metric: id, field } of own) {
    const metric = known.find((each) => each.id === id);
    if (!fixed.has(plain(name))) byName.set(plain(name), metric ? { metric, ...(field ? { field } : {}) } : null);
  }
  const find = (name: string): Named | undefined =>
    byName.get(name) ??
    byName.get(name.replace(/^(%|percentage|percent|number|no|total number|total|sum|count)( of)? /, '')) ??
    undefined;
  const read = (text: string): Named | undefined => {
    const name = plain(text);
    const named = find(name);
    if (named || byName.has(name)) return named;
    const [, rest = '', word = ''] = /^(.+) (\S+)$/.exec(name) ?? [];
    const field = fieldNamed(word);
    const whole = field && find(rest);
    return whole ? { metric: whole.metric, field } : undefined;
  };
  return (text) => {
    const named = read(text);
    if (named || text.length > MAX_NAME_LENGTH) return named;
    const bare = text.replace(FOOTNOTE, '').replace(NUMBERING, '');
    return bare === text ? undefined : read(bare);
  };
}

/** As long as a name with its number and its footnote can be. */
const MAX_NAME_LENGTH = 300;
/** `[1]`, `(note 2)`, `*` or a raised number after a name. */
export const FOOTNOTE =
  /\s*(?:[[(](?:note |notes |ref )?\d{1,2}[\])]|[\u00b9\u00b2\u00b3\u2070-\u2079*\u2020\u2021]+)$/i;
/** `1.`, `2.1` or `KPI 3:` before it. */
const NUMBERING = /^\s*(?:(?:kpi|pi|measure|indicator|ref)\s*)?\d{1,3}(?:\.\d{1,3})*\s*[.):\u2013-]?\s+(?=\p{L}|%)/iu;

/** Whether a name is remembered to mean nothing that is measured here. */
export function leftOutBy(own: readonly OwnNameMeaning[]): (text: string) => boolean {
  const names = new Set(own.filter(({ metric }) => metric === null).map(({ name }) => plain(name)));
  return (text) => names.has(plain(text));
}
