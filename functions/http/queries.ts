import * as z from 'zod';
import { PeriodSchema } from '../domain/period.ts';

/** What the API takes in a query. */

const OneOf = z.enum(['clear', 'raised', 'recovering'], 'is one of clear, raised, recovering');
const Cursor = z.string().regex(/^[\w-]{1,100}$/, 'is not the "next" of an answer');
const Limit = z.string().regex(/^([1-9]\d?|100)$/, 'is a whole number from 1 to 100');

/** From and to which month, both included. */
const RangeSchema = z.strictObject({ from: PeriodSchema.optional(), to: PeriodSchema.optional() });
const isInOrder = ({ from, to }: z.infer<typeof RangeSchema>): boolean => !from || !to || from <= to;
const OUT_OF_ORDER = { path: ['from'], message: 'is later than "to"; give the earlier month as "from"' };
export const RangeQuerySchema = RangeSchema.refine(isInOrder, OUT_OF_ORDER);
export const PageQuerySchema = z.strictObject({ limit: Limit.optional(), cursor: Cursor.optional() });
export const MonthsQuerySchema = z
  .strictObject({
    ...RangeSchema.shape,
    ...PageQuerySchema.shape,
    format: z.enum(['json', 'csv', 'xlsx'], 'is json, csv or xlsx').optional(),
  })
  .refine(isInOrder, OUT_OF_ORDER);
export const AlertsQuerySchema = z.strictObject({ state: OneOf.optional() });
export const DryRunQuerySchema = z.strictObject({ dryRun: z.enum(['true', 'false'], 'is true or false').optional() });
export const BulkQuerySchema = z.strictObject({
  mode: z.enum(['add', 'replace'], 'is add or replace').optional(),
  revise: z.enum(['true', 'false'], 'is true or false').optional(),
});
