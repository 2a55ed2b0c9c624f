import type { Metric } from '../domain/inspection.ts';

/** The fields of a reported figure, as the columns of a file name them. */
export const FIELDS = ['numerator', 'denominator', 'count', 'value'] as const;
export type Field = (typeof FIELDS)[number];

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

/** A name without what makes no difference: case, accents, signs and spaces. */
export function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}%]+/gu, ' ')
    .trim();
}

/** Metrics by id, title and alias, however they are spelt; a name that two of them have names neither. */
export function namingOf(metrics: Iterable<Metric>): Naming {
  const byName = new Map<string, Metric | null>();
  for (const metric of metrics)
    for (const name of new Set([metric.id, metric.title, ...(metric.aliases ?? [])].map(plain)))
      byName.set(name, byName.has(name) ? null : metric);
  const find = (name: string): Metric | undefined =>
    byName.get(name) ?? byName.get(name.replace(/^(%|percentage|percent|number|no)( of)? /, '')) ?? undefined;
  return (text) => {
    const name = plain(text);
    const metric = find(name);
    if (metric) return { metric };
    const [, rest = '', word = ''] = /^(.+) (\S+)$/.exec(name) ?? [];
    const field = fieldNamed(word);
    const named = field && find(rest);
    return named ? { metric: named, field } : undefined;
  };
}
