import * as z from 'zod';
import { BasisSchema } from './identifiers.ts';
import { LevelSchema, NewsSchema } from './lifecycle.ts';

/** What a notice holds, as it is stored; `notice.ts` makes it an e-mail. */

/** One alert in a notice, in words that are ready to be read. Fields that do not apply are absent. */
export const NoticeItemSchema = z.object({
  alert: z.string(),
  title: z.string(),
  /** The net change since the last notice, or that it is told again; absent for what is only still raised or to watch. */
  transition: NewsSchema.optional(),
  /** The level it is raised at; when it ended, the level it had. */
  level: LevelSchema,
  /** The highest level of its episode; `watch` where it has none. */
  reached: LevelSchema,
  /** The period the alert dates from. */
  since: z.string(),
  /** It had one clean period and clears with the next. */
  recovering: z.boolean().optional(),
  /** `78.0% (39 of 50) in 2011-02`. */
  value: z.string().optional(),
  /** `down from 84.0% in January 2011, worse`. */
  direction: z.string().optional(),
  standard: z.string().optional(),
  baseline: z.string().optional(),
  /** `England 2025: 71%; statistical neighbours 2025: 68%, in the middle of 10`. */
  compared: z.string().optional(),
  /** Each finding as a sentence that can stand alone. */
  findings: z.array(z.string()),
  /** Why, for each finding, without what stands above it. Notices of an earlier version have none. */
  reasons: z.array(z.string()).optional(),
  /** The actions the metric belongs to: `A1 Quality and timeliness of assessments (due 2010-10-22; paragraph 16)`. */
  actions: z.array(z.string()),
  /** Where the alert is that of the recommended actions: those overdue, earliest due first. */
  overdue: z
    .array(
      z.object({
        id: z.string(),
        title: z.string(),
        due: z.string(),
        dueBasis: BasisSchema.optional(),
        paragraph: z.string(),
      }),
    )
    .optional(),
  /** Why an older month now reads otherwise: a correction, a changed standard, a changed inspection file. */
  reason: z.string().optional(),
  acknowledgement: z.string().optional(),
  /**
   * What the readers were last told of it: its level, and whether it was recovering; absent where it is new to them. Since when, where it
   * is the same alert and dates from another period now.
   */
  was: z.object({ level: LevelSchema, recovering: z.boolean(), since: z.string().optional() }).optional(),
  /** `80% or more (this service's default)`. */
  shouldBe: z.string().optional(),
  /** What it is by now, where that is other than what the e-mails said and no e-mail was due for it. */
  unsaid: z.object({ level: LevelSchema, recovering: z.boolean(), since: z.string() }).optional(),
  /** It was told as over, and the record of now has it as never over: good news that did not hold. */
  again: z.boolean().optional(),
  /** It is over as its metric has ended: no figure says that it is well. */
  unmeasured: z.boolean().optional(),
  /** What its metric was called when it was last told, and until when. */
  formerly: z.object({ title: z.string(), until: z.iso.date() }).optional(),
  /** Why it is raised though the figure alone may not say so, in plain sentences. */
  why: z.array(z.string()).optional(),
  /** What people wrote who changed what it is judged by, as theirs. */
  said: z.array(z.object({ author: z.string(), text: z.string() })).optional(),
  /** Who has it in hand, in their own words; `lapsed` where it got worse since. */
  inHand: z.object({ author: z.string(), at: z.iso.datetime(), note: z.string(), lapsed: z.boolean() }).optional(),
});

export type NoticeItem = z.infer<typeof NoticeItemSchema>;

/** The transitions of one evaluation, sent as one e-mail. Immutable: history and outbox. */
export const NoticeSchema = z.object({
  authority: z.string(),
  name: z.string(),
  /** Counts from 1 for each authority. */
  number: z.int().min(1),
  createdAt: z.iso.datetime(),
  /** The highest level of the episodes in it: who was told of the raise is told of the end. */
  level: LevelSchema,
  /** The latest submitted month; absent where nothing was submitted yet. */
  period: z.string().optional(),
  /** The latest month that the news is about; absent where it is about no figures. Notices of an earlier version have none. */
  about: z.string().optional(),
  /** Whether that month is provisional. */
  provisional: z.boolean().optional(),
  /** Whether that month was taken back: the news is that its figures are gone. */
  takenBack: z.boolean().optional(),
  /** What was written beside the figures of a month that is new. */
  commentary: z.string().optional(),
  /** Latest figures that can hardly be right, each in a sentence. */
  questions: z.array(z.string()).optional(),
  /**
   * The inspection that figures are held against from this evaluation on, where it took the place of another: `again` where it did so
   * as the newer one no longer counts.
   */
  inspection: z.object({ title: z.string(), published: z.iso.date(), again: z.literal(true).optional() }).optional(),
  /** The first of the e-mails right before this one that were less serious: not everybody who gets this one got them. */
  lessSerious: z.int().min(1).optional(),
  /** Worst first; `eased` and `recovering` last. */
  transitions: z.array(NoticeItemSchema),
  stillRaised: z.array(NoticeItemSchema),
  watching: z.array(NoticeItemSchema),
});

export type Notice = z.infer<typeof NoticeSchema>;

/** A notice with the time it was handed over to be mailed, if it was. */
export interface StoredNotice {
  readonly notice: Notice;
  readonly sentAt: string | undefined;
}

/** Whether a transition announces something bad. */
export const isBad = ({ transition }: NoticeItem): boolean => transition === 'raised' || transition === 'worsened';

/** Whether it says again what is critical and in nobody's hands. */
export const isReminder = ({ transition }: NoticeItem): boolean => transition === 'reminded';

/** Whether it is over, for whatever reason. */
export const isOver = ({ transition }: NoticeItem): boolean => transition === 'cleared' || transition === 'withdrawn';

/** A raised metric that is left out may be well or worse: nobody knows. */
export const isUnreported = ({ transition }: NoticeItem): boolean => transition === 'unreported';
