import * as z from 'zod';

/** An item that is stored and cannot be read. It is left out, and whoever reads the rest is told of it. */
export const UnreadableSchema = z.object({
  /** `submissions`, or another of `store/keys.ts`. */
  table: z.string(),
  /** Its sort key. */
  key: z.string(),
  kind: z.enum([
    'month',
    'revision',
    'standard',
    'benchmark',
    'progress',
    'metric',
    'inspection',
    'authority',
    'settings',
    'board',
    'acknowledgement',
    'notice',
    'recipient',
    'person',
    'name',
    'other',
  ]),
  /** A month, the id of a metric, action, alert, inspection or recipient, a name of the authority's own, or a notice's number. */
  of: z.string(),
  /** Of a standard or a report: which. */
  version: z.int().optional(),
  why: z.string(),
});
export type Unreadable = z.infer<typeof UnreadableSchema>;

/** Of these months, those that cannot be read. */
export const unreadableMonths = (months: readonly { readonly unreadable?: Unreadable }[]): Unreadable[] =>
  months.flatMap(({ unreadable }) => unreadable ?? []);
