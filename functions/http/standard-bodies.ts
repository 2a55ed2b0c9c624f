import * as z from 'zod';
import { MetricEvaluatorSchema } from '../domain/evaluators/evaluator.ts';
import { LocalStandardSchema } from '../domain/metric.ts';
import { PeriodSchema } from '../domain/period.ts';
import { PERCENTAGE } from '../domain/submission.ts';
import { typedText } from '../domain/typed-text.ts';

/** What the API takes of what a metric is held against, to set it or to try it out. Apart, as reading needs the second. */

/** Or null, which takes back what is set. */
export const orNull = <T extends z.ZodType>(schema: T) => z.union([schema, z.null()]);

const CHANGES = ['value', 'tolerance', 'mOfN', 'rebaseDates'] as const;
const changesSomething = (body: Readonly<Partial<Record<(typeof CHANGES)[number], unknown>>>): boolean =>
  CHANGES.some((name) => body[name] !== undefined);
const CHANGES_NOTHING = `give at least one of ${CHANGES.join(', ')}`;

/** What the inspection found is comparable only since a day. */
const comparesSince = ({
  comparable,
  rebaseDates = [],
}: {
  comparable?: unknown;
  rebaseDates?: readonly string[] | undefined;
}): boolean => comparable === undefined || rebaseDates.length > 0;
const COMPARES_NOTHING = 'comparable goes with rebaseDates: from which day on are figures counted so?';

/** An amount in the metric's unit; a percentage may say that it is one, and has to below 1. */
const amount = z.union([LocalStandardSchema.shape.value.unwrap().unwrap(), z.string().regex(PERCENTAGE)]).optional();

/** What an authority sets for a metric, with who and why. */
export const StandardBodySchema = LocalStandardSchema.omit({ metric: true, version: true, setAt: true, by: true })
  .extend({
    ...{ value: orNull(amount).optional(), upTo: amount, tolerance: amount, comparable: amount },
    ...{ reason: typedText(1000).min(1), author: typedText(200).min(1) },
  })
  .refine(changesSomething, CHANGES_NOTHING)
  .refine(comparesSince, COMPARES_NOTHING);

/** A change to try on the record, from the first month on unless said otherwise; or evaluators to do without. */
export const BacktestBodySchema = LocalStandardSchema.omit({
  version: true,
  setAt: true,
  by: true,
  reason: true,
  author: true,
})
  .extend({
    from: PeriodSchema.optional(),
    value: orNull(amount).optional(),
    upTo: amount,
    tolerance: amount,
    comparable: amount,
    without: z.array(MetricEvaluatorSchema).min(1).optional(),
  })
  .refine((body) => changesSomething(body) || body.without !== undefined, `${CHANGES_NOTHING}, without`)
  .refine(comparesSince, COMPARES_NOTHING);
