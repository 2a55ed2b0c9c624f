import * as z from 'zod';

/** Ids, days and places in a report, as every schema spells them. */

/**
 * Who set a number or a date: the inspection report, the law, this service for want of either (`local`), or the council
 * itself, which sets or confirms it.
 */
export const BasisSchema = z.enum(['inspection', 'statutory', 'local', 'council']);

export type Basis = z.infer<typeof BasisSchema>;

export const IdSchema = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by hyphens');

export const DateSchema = z.iso.date('write a day as yyyy-mm-dd');

/**
 * Where in a report: a paragraph's number, `page 3`, or a part without numbers: `cover` is the title page, `record` the
 * table of main findings, `summary` what stands before the first paragraph, `improve` the list of what needs to improve.
 */
export const PlaceSchema = z
  .string()
  .regex(
    /^(\d{1,3}|page \d{1,3}|record|cover|summary|improve)$/,
    'a paragraph number, "page 3", cover, record, summary or improve',
  );

export const ParagraphsSchema = z.array(PlaceSchema).min(1).max(20);

/** An inspection's id, unique among its authority's. */
export const InspectionIdSchema = IdSchema.max(64);

/** The key under which an authority's data stands, e.g. `herefordshire`. */
export const AuthorityIdSchema = IdSchema.max(64);
