import * as z from 'zod';
import { type Level, LevelSchema, rank } from './lifecycle.ts';
import { PeriodSchema } from './period.ts';

/** Who is mailed, and the filter by which SNS knows it. */

/** The authorities that somebody hears of, each with the least level that is mailed. */
export const HearsSchema = z.record(z.string(), LevelSchema);
export type Hears = Readonly<z.infer<typeof HearsSchema>>;

/** When a record was put back, and the instant whose state that was. */
const PutBackSchema = z.object({ at: z.iso.datetime(), to: z.iso.datetime() });
export type PutBack = Readonly<z.infer<typeof PutBackSchema>>;

/** An address that was asked whether it wants to be mailed. One address is one recipient, of however many authorities. */
export const RecipientSchema = z.object({
  id: z.string(),
  address: z.string(),
  hears: HearsSchema,
  /** When SNS last asked the address to confirm. */
  requestedAt: z.iso.datetime(),
  /** What SNS was asked to let through when it asked the address, as long as it was given no other filter: it takes none before it has confirmed. */
  requested: HearsSchema.optional(),
  /** While SNS may still go by a filter of before (15 minutes): what that and the present one both let through. */
  settling: z.object({ until: z.iso.datetime(), hears: HearsSchema }).optional(),
  /** By which subscription SNS mails the address, since it was first seen to; absent while it has not confirmed. */
  confirmed: z.object({ at: z.iso.datetime(), arn: z.string() }).optional(),
  /** Since when an address that was mailed is not, and the authorities whose other recipients were told. */
  lost: z.object({ at: z.iso.datetime(), told: z.array(z.string()) }).optional(),
  /** The authorities of which it knows how things stand, by all that it hears. What an earlier version wrote has none, and knows all. */
  knows: z.array(z.string()).optional(),
  /**
   * By authority whose record was put back since it was told of it: when that was, and the instant whose state was put back. What it was
   * mailed in between may no longer hold.
   */
  putBack: z.record(z.string(), PutBackSchema).optional(),
  /**
   * By authority that it asked a monthly summary of: the month of the last one, or the one that had been due when it asked; when the next
   * is due; and until when a run is sending it.
   */
  summaries: z
    .record(
      z.string(),
      z.object({ month: PeriodSchema, dueAt: z.iso.datetime(), sendingUntil: z.iso.datetime().optional() }),
    )
    .optional(),
  /** When it was last sent a test. */
  testedAt: z.iso.datetime().optional(),
  /** Counts the writes, so that nobody overwrites what they have not read. */
  version: z.int().min(1),
});
export type Recipient = z.infer<typeof RecipientSchema>;

/** Whether somebody has still to be told how things stand in an authority that they hear of. */
export const isNewTo = ({ hears, knows }: Pick<Recipient, 'hears' | 'knows'>, authority: string): boolean =>
  authority in hears && knows !== undefined && !knows.includes(authority);

/** What decides who hears of something. */
export interface Concern {
  readonly authority: string;
  readonly level: Level;
}

/** Whether what is heard includes something. */
export function includes(hears: Hears, { authority, level }: Concern): boolean {
  const least = hears[authority];
  return least !== undefined && rank(level) >= rank(least);
}

/** Whether somebody hears of it by what was asked and, while SNS may still go by the filter before, by that too. */
export const surelyHears = (
  { hears, settling }: Pick<Recipient, 'hears' | 'settling'>,
  concern: Concern,
  now: Date,
): boolean =>
  includes(hears, concern) && (!settling || settling.until <= now.toISOString() || includes(settling.hears, concern));

/** Whether somebody is to be told now how things stand: what happens after that, they hear of. */
export function isToBeGreeted(
  recipient: Pick<Recipient, 'hears' | 'knows' | 'settling'>,
  authority: string,
  now: Date,
): boolean {
  const level = recipient.hears[authority];
  return level !== undefined && isNewTo(recipient, authority) && surelyHears(recipient, { authority, level }, now);
}

/** Whether somebody is to be told how things stand as what they were mailed may no longer hold. No notice says that, so none does instead. */
export const isToHearOfPutBack = (
  { hears, putBack }: Pick<Recipient, 'hears' | 'putBack'>,
  authority: string,
): boolean => authority in hears && putBack?.[authority] !== undefined;

/** Whether somebody is to be sent an authority's summary, and nobody is about to send it. */
export function isSummaryDue(
  { hears, confirmed, summaries }: Pick<Recipient, 'hears' | 'confirmed' | 'summaries'>,
  authority: string,
  now: Date,
): boolean {
  const asked = summaries?.[authority];
  if (!asked || !confirmed || !hears[authority]) return false;
  return [asked.dueAt, asked.sendingUntil ?? ''].every((at) => at <= now.toISOString());
}

/** The levels that somebody who asked for `least` is mailed about. */
export const levelsFrom = (least: Level): readonly Level[] =>
  LevelSchema.options.slice(LevelSchema.options.indexOf(least));

interface Alternative {
  readonly authority: readonly string[];
  readonly level: readonly string[];
}

/**
 * The filter policy of a subscription: what concerns the authorities from their levels on, and what is addressed to this
 * one alone. SNS reads `$or` as a choice only where it lists two objects or more, so at least one authority is needed.
 *
 * @example
 * filterPolicyOf('6092f2e6', { herefordshire: 'critical' });
 * // { $or: [{ authority: ['herefordshire'], level: ['critical'] }, { recipient: ['6092f2e6'] }] }
 */
export function filterPolicyOf(
  id: string,
  hears: Hears,
): { readonly $or: readonly (Alternative | { readonly recipient: readonly string[] })[] } {
  const byLevel = LevelSchema.options.flatMap((level): Alternative[] => {
    const authority = Object.keys(hears)
      .filter((each) => hears[each] === level)
      .sort();
    return authority.length > 0 ? [{ authority, level: levelsFrom(level) }] : [];
  });
  return { $or: [...byLevel, { recipient: [id] }] };
}

const AlternativeSchema = z.strictObject({ authority: z.array(z.string()), level: z.array(z.string()).optional() });
const PolicySchema = z.union([
  z.strictObject({ $or: z.array(z.union([AlternativeSchema, z.strictObject({ recipient: z.array(z.string()) })])) }),
  // As it was before single recipients could be addressed.
  AlternativeSchema,
]);

/** What a filter policy lets through, as far as this service wrote it. */
export interface Filter {
  readonly hears: Hears;
  /** The recipients whose own mails pass. */
  readonly addressed: readonly string[];
}

/** Reads a filter policy, also one of before; undefined where it is not of this service's making. */
export function readFilterPolicy(policy: string | undefined): Filter | undefined {
  const read = PolicySchema.safeParse(JSON.parse(policy ?? '{}'));
  if (!read.success) return undefined;
  const alternatives = '$or' in read.data ? read.data.$or : [read.data];
  const hears: Record<string, Level> = {};
  for (const alternative of alternatives)
    if ('authority' in alternative)
      for (const authority of alternative.authority) {
        const level = leastOf(alternative.level);
        if (level) hears[authority] = level;
      }
  return { hears, addressed: alternatives.flatMap((each) => ('recipient' in each ? each.recipient : [])) };
}

const leastOf = (levels: readonly string[] | undefined): Level | undefined =>
  levels ? LevelSchema.options.find((option) => levels.includes(option)) : 'watch';

/** Whether a filter is the one that the recipient should have. */
export function isFilterOf({ hears, addressed }: Filter, recipient: Pick<Recipient, 'id' | 'hears'>): boolean {
  const wanted = Object.entries(recipient.hears);
  return (
    addressed.length === 1 &&
    addressed[0] === recipient.id &&
    wanted.length === Object.keys(hears).length &&
    wanted.every(([authority, level]) => hears[authority] === level)
  );
}
