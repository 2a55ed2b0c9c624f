import * as z from 'zod';
import { detailOf, type Fault, faultsOf, pointerTo, shorten } from './faults.ts';
import { MAX_FIGURE, type Metric } from './metric.ts';
import { EARLIEST_PERIOD, hasEnded, PeriodSchema } from './period.ts';
import { typedText } from './typed-text.ts';
import type { Unreadable } from './unreadable.ts';

/** The most months in one request: each is two writes, and one transaction takes a hundred. */
export const MAX_MONTHS = 48;

/** `provisional` figures are judged and marked as such; a final revision replaces them. */
export const StatusSchema = z.enum(['final', 'provisional']);

export type Status = z.infer<typeof StatusSchema>;

/** The longest commentary, in characters. */
export const MAX_COMMENTARY_LENGTH = 10_000;

const figure = (kind: z.ZodNumber) =>
  kind.min(0, 'cannot be negative').max(MAX_FIGURE, { error: ({ input }) => tooMuch(Number(input), MAX_FIGURE) });

const count = figure(
  z.int({ error: ({ input }) => (input === undefined ? 'is missing' : 'a whole number is needed') }),
);

const ProportionSchema = z
  .strictObject({ numerator: count, denominator: count })
  .refine(({ numerator, denominator }) => denominator > 0 || numerator === 0, {
    path: ['denominator'],
    message: 'cannot be zero, unless the numerator is too: 0 of 0 says that there was nothing to count',
  });

const PercentageSchema = z.strictObject({
  value: z.number('a number is needed').min(0, 'cannot be negative').max(100, 'a percentage cannot be above 100'),
});

const CountSchema = z.strictObject({ count });

const MeanSchema = z.strictObject({ value: figure(z.number('a number is needed')) });

/** … of a metric whose figures can lie below zero; how far, the metric says. */
const SignedSchema = z.strictObject({ value: z.number('a number is needed').min(-MAX_FIGURE).max(MAX_FIGURE) });

/** Numbers of so many digits name somebody (an NHS number has ten) more often than they count. */
const IDENTIFIER_DIGITS = 10;

/** What is wrong with a figure that is more than it can be, and what it probably is. */
function tooMuch(value: number, most: number): string {
  const written = most.toLocaleString('en-GB');
  return Number.isInteger(value) && value >= 10 ** (IDENTIFIER_DIGITS - 1)
    ? `${value} looks like an identifier in the column of a figure, such as a case or NHS number; a figure here is at most ${written}`
    : `${value} is more than this can be, which is ${written}; check the figure`;
}

/**
 * What one metric was reported as: a proportion by its counts (or by the bare percentage, where only that is known), a
 * whole number, or a mean. A rate comes like a proportion.
 */
export const ReportedSchema = z.union([ProportionSchema, CountSchema, SignedSchema]);

export type Reported = z.infer<typeof ReportedSchema>;

const EnvelopeSchema = z.strictObject({
  status: StatusSchema.default('final'),
  observations: z.record(z.string(), z.unknown()),
  commentary: typedText(MAX_COMMENTARY_LENGTH).optional(),
});

/** One authority's figures for one month, as submitted: reported figures by metric id. */
export const SubmissionSchema = EnvelopeSchema.extend({
  observations: z.record(z.string(), ReportedSchema),
  // What was accepted before stays as it is.
  commentary: z.string().max(MAX_COMMENTARY_LENGTH).optional(),
});

export type Submission = z.infer<typeof SubmissionSchema>;

/** One revision of one month, as kept. Revisions count from 1; `submittedAt` is an ISO instant. */
export interface Month extends Submission {
  readonly period: string;
  readonly revision: number;
  readonly submittedAt: string;
  /** Who signed in or whose token it was (`BySchema`); absent where that was not recorded. */
  readonly by?: string;
  /** Why this revision took the place of the one before, as whoever corrected it said. */
  readonly reason?: string;
  /** The month no longer counts; its observations are empty and its history stays. */
  readonly retracted?: boolean;
  /**
   * Figures that an earlier revision had and this one leaves out, without anybody saying that they were wrong. They are
   * judged on: absence has no direction.
   */
  readonly leftOut?: Submission['observations'];
  /** The metrics of whose figures somebody said, with a reason, that they are right. */
  readonly confirmed?: readonly string[];
  /** It is stored and cannot be read: its observations are missing here, and `submittedAt` is 1970 where nothing says it. */
  readonly unreadable?: Unreadable;
}

/** No authority has more metrics; a month that names more unknown ones is none of its months. */
const MAX_UNKNOWN = 400;

/** Finds the known word nearest to an unknown one, if any is near. */
export type Suggest = (word: string, known: readonly string[]) => string | undefined;

/**
 * Reads a submission and names every fault at once. `metrics` is undefined where the authority is unknown: then only
 * what does not depend on its metrics is checked. A month holds at `least` one observation, a change to one may hold none.
 */
export function readSubmission(
  body: unknown,
  metrics: ReadonlyMap<string, Metric> | undefined,
  suggest: Suggest,
  least: 0 | 1 = 1,
): { submission: Submission; faults: [] } | { submission?: never; faults: Fault[] } {
  const envelope = EnvelopeSchema.safeParse(body, { reportInput: true });
  const faults = envelope.success ? [] : faultsOf(envelope.error.issues);
  const reported = observationsIn(body);
  const observations: [string, Reported][] = [];
  const ids = [...(metrics?.keys() ?? [])];
  let unknown = 0;
  for (const [id, value] of reported) {
    const path = ['observations', id];
    const metric = metrics?.get(id);
    if (metrics && !metric) {
      if (++unknown > MAX_UNKNOWN) continue;
      const near = suggest(id, ids);
      faults.push({
        pointer: pointerTo(path),
        detail: `no metric is called "${shorten(id)}"${near ? `; the nearest is "${near}"` : ''}`,
      });
    } else if (metric) {
      const read = readReported(metric, value);
      if (read.faults.length > 0)
        faults.push(
          ...read.faults.map((fault) => ({ pointer: pointerTo([...path, ...fault.path]), detail: fault.detail })),
        );
      else if (read.reported) observations.push([id, read.reported]);
    }
  }
  if (unknown > MAX_UNKNOWN)
    faults.push({ pointer: '#/observations', detail: `and ${unknown - MAX_UNKNOWN} more metrics that are not known` });
  if (isObject(body) && isObject(body.observations) && reported.length < least)
    faults.push({ pointer: '#/observations', detail: 'a submission holds at least one observation' });
  if (faults.length > 0 || !envelope.success) return { faults };
  observations.sort(([a], [b]) => (a < b ? -1 : 1));
  return { submission: { ...envelope.data, observations: Object.fromEntries(observations) }, faults: [] };
}

/** The faults of a period: not a month, before 2000, or not over yet in England by `now`. */
export function faultsOfPeriod(period: string, now: Date): Fault[] {
  const fault = (detail: string): Fault[] => [{ pointer: '#', parameter: 'period', detail }];
  if (!PeriodSchema.safeParse(period).success) return fault(`"${shorten(period)}" is not a month; write it as yyyy-mm`);
  if (period < EARLIEST_PERIOD) return fault(`${period} is before ${EARLIEST_PERIOD}, the first month that is taken`);
  if (!hasEnded(period, now)) return fault(`${period} has not ended yet; a month is taken once it is over`);
  return [];
}

interface ReportedFault {
  readonly path: PropertyKey[];
  readonly detail: string;
}

/** Reads one metric's report by the metric's kind; fields of another kind are faults, not ignored. */
export function readReported(metric: Metric, sent: unknown): { reported?: Reported; faults: ReportedFault[] } {
  const isNull = sent === null || (isObject(sent) && Object.values(sent).includes(null));
  if (isNull) return { faults: [{ path: [], detail: `is null; leave ${metric.id} out where nothing was reported` }] };
  const { value, faults: unclear } = readPercentage(metric, sent);
  if (unclear.length > 0) return { faults: unclear };
  const schema = schemaFor(metric, value);
  const read = schema.safeParse(value);
  const faults = read.success
    ? []
    : read.error.issues.flatMap((issue) => {
        if (issue.code === 'unrecognized_keys')
          return issue.keys.map((key) => ({
            path: [key],
            detail: `a ${metric.kind} has no such field; ${EXPECTED[metric.kind]}`,
          }));
        if (issue.path.length === 0) return [{ path: [], detail: EXPECTED[metric.kind] }];
        return [{ path: issue.path, detail: detailOf(issue) }];
      });
  const { most, least } = metric;
  if (read.success && least !== undefined && 'value' in read.data && read.data.value < least)
    faults.push({ path: ['value'], detail: `${read.data.value} is less than this can be, which is ${least}` });
  if (read.success && most !== undefined)
    for (const [field, given] of Object.entries(read.data))
      if (given > most) faults.push({ path: [field], detail: tooMuch(given, most) });
  if (schema === ProportionSchema && exceeds(value))
    faults.push({
      path: ['numerator'],
      detail: `cannot be above the denominator (${value.numerator} of ${value.denominator})`,
    });
  return read.success && faults.length === 0 ? { reported: read.data, faults } : { faults };
}

/** A percentage as text, where a bare number could be taken for a share. */
export const PERCENTAGE = /^\d{1,3}(\.\d+)?\s?%$/;

/**
 * A percentage that says so (`"0.8%"`) is taken as the number. A bare one above 0 and up to 1 has two meanings, as spreadsheets
 * keep 76% as 0.76 and 100% as 1, and is not taken.
 */
function readPercentage(metric: Metric, sent: unknown): { value: unknown; faults: ReportedFault[] } {
  if (metric.kind !== 'proportion' || !isObject(sent)) return { value: sent, faults: [] };
  const { value } = sent;
  if (typeof value === 'string' && PERCENTAGE.test(value))
    return { value: { ...sent, value: Number.parseFloat(value) }, faults: [] };
  return { value: sent, faults: isShare(value) ? [{ path: ['value'], detail: asPercentage(value) }] : [] };
}

/** Whether a number that stands for a percentage could be a share of one. */
export function isShare(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= 1;
}

/** Both ways to say what a bare number between 0 and 1 may mean. */
export function asPercentage(share: number): string {
  const percent = Number((100 * share).toPrecision(12));
  return `${share} can mean ${percent}% or ${share}%; write it with the sign, as ${percent}% or ${share}%`;
}

const EXPECTED: Record<Metric['kind'], string> = {
  proportion: 'expected a numerator and a denominator, or a value where only the percentage is known',
  rate: 'expected a numerator and a denominator, the cases and the children of the place, or a value where only the rate is known',
  count: 'expected a count',
  mean: 'expected a value',
};

function schemaFor(metric: Metric, value: unknown): z.ZodType<Reported> {
  if (metric.kind === 'count') return CountSchema;
  if (metric.kind === 'mean') return metric.least === undefined ? MeanSchema : SignedSchema;
  const bare = isObject(value) && 'value' in value && !('numerator' in value) && !('denominator' in value);
  if (metric.kind === 'rate' && bare) return MeanSchema;
  return bare ? PercentageSchema : ProportionSchema;
}

function exceeds(value: unknown): value is { numerator: number; denominator: number } {
  if (!isObject(value)) return false;
  const { numerator, denominator } = value as Record<string, unknown>;
  return (
    typeof numerator === 'number' &&
    typeof denominator === 'number' &&
    denominator > 0 &&
    numerator > denominator &&
    ProportionSchema.shape.numerator.safeParse(numerator).success &&
    ProportionSchema.shape.denominator.safeParse(denominator).success
  );
}

/** The own keys as sent: `Object.entries` also sees a key called `__proto__`, which a schema would lose. */
function observationsIn(body: unknown): [string, unknown][] {
  return isObject(body) && isObject(body.observations) ? Object.entries(body.observations) : [];
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
