import * as z from 'zod';
import { type Metric, MetricDefinitionSchema } from './metric.ts';
import { typedText } from './typed-text.ts';

/** The fields of a reported figure, as the columns of a file name them. */
export const FIELDS = ['numerator', 'denominator', 'count', 'value'] as const;
export type Field = (typeof FIELDS)[number];

/** The longest name that is remembered, in characters; headings are shorter. */
export const MAX_NAME_LENGTH = 200;
/** So many names of an authority's own fit one item with whatever is typed. */
export const MAX_OWN_NAMES = 300;

/** What a name means in an authority's own files: a metric, perhaps one field of it, or nothing that is measured here (null). */
export const OwnNameMeaningSchema = z.strictObject({
  name: typedText(MAX_NAME_LENGTH).trim().min(1),
  metric: MetricDefinitionSchema.shape.id.nullable(),
  field: z.enum(FIELDS).optional(),
});
export type OwnNameMeaning = z.infer<typeof OwnNameMeaningSchema>;

/** A name that is remembered, with who said so. */
export const OwnNameSchema = OwnNameMeaningSchema.extend({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  at: z.iso.datetime(),
  /** Who signed in or whose token it was. */
  by: z.string().min(1).max(254),
});
export type OwnName = z.infer<typeof OwnNameSchema>;

/** All of an authority's own names; `version` counts the changes. */
export const OwnNamesSchema = z.object({ version: z.int().min(0), names: z.array(OwnNameSchema).max(MAX_OWN_NAMES) });
export type OwnNames = z.infer<typeof OwnNamesSchema>;
/** The same as it is stored: each name is read by itself. */
export const StoredOwnNamesSchema = z.object({ version: z.int().min(0), names: z.array(z.unknown()) });

/** The fields that a kind of metric is reported in. */
export const FIELDS_OF: Readonly<Record<Metric['kind'], readonly Field[]>> = {
  proportion: ['numerator', 'denominator', 'value'],
  rate: ['numerator', 'denominator', 'value'],
  count: ['count'],
  mean: ['value'],
};
