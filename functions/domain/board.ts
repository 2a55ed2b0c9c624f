import * as z from 'zod';
import { BySchema, type Doing } from './access.ts';
import { FindingSchema } from './evaluators/evaluator.ts';
import { AlertStateSchema, LevelSchema } from './lifecycle.ts';

/** What somebody said who took an alert in hand. */
const GivenSchema = z.object({
  author: z.string().min(1).max(200),
  note: z.string().max(2000),
  at: z.iso.datetime(),
  /** Who signed in or whose token it was; absent where that was not recorded. */
  by: BySchema.optional(),
});

/** The most that is kept of an episode beside the last, and of how many characters: all of it, of every alert, is read with the board. */
const MAX_EARLIER = 20;
const MAX_EARLIER_LENGTH = 6000;

/**
 * Who has an alert in hand, and why. It belongs to one episode and lapses when that worsens. What was stored before
 * December 2026 calls its author `name`.
 */
export const AcknowledgementSchema = z.preprocess(
  authorOfName,
  GivenSchema.extend({
    alert: z.string(),
    /** The latest period judged when it was given, and how bad the episode had been until then. */
    period: z.string(),
    level: LevelSchema,
    /** Who had it in hand before, in the same episode, the oldest first. */
    earlier: z.array(GivenSchema).max(MAX_EARLIER).optional(),
  }),
);
export type Acknowledgement = z.infer<typeof AcknowledgementSchema>;

/** That an alert's metric is not reported any more: since which period, and how many reports were expected after it. */
const UnreportedSchema = z.object({ since: z.string(), expected: z.int().min(1) });

/** One alert on the board. Alerts that are clear are not on it. */
export const BoardAlertSchema = AlertStateSchema.extend({
  /** The last period judged. */
  period: z.string(),
  findings: z.array(FindingSchema),
  /** Where the authority's later months are in without its figure. */
  unreported: UnreportedSchema.optional(),
  acknowledgement: AcknowledgementSchema.optional(),
});
export type BoardAlert = z.infer<typeof BoardAlertSchema>;

/**
 * The alert with who has it in hand: as the board has it, or, where that was said after the board was last worked out,
 * as it was said. An evaluation since then has decided whether it still holds.
 */
export function acknowledged(
  id: string,
  alert: BoardAlert,
  {
    board,
    acknowledgements,
  }: { readonly board: Board | undefined; readonly acknowledgements: readonly Acknowledgement[] },
): BoardAlert {
  const given = acknowledgements.find((acknowledgement) => acknowledgement.alert === id);
  // The board keeps as much of the note as fits; the whole of it is beside the board.
  if (given && given.at === alert.acknowledgement?.at) return { ...alert, acknowledgement: given };
  const isNews = given !== undefined && alert.episode !== undefined && given.at >= (board?.evaluatedAt ?? '');
  return isNews ? { ...alert, acknowledgement: given } : alert;
}

/** One alert as the last notice told it. */
const ToldAlertSchema = AlertStateSchema.extend({
  period: z.string(),
  unreported: UnreportedSchema.optional(),
  /** Who had it in hand. */
  inHand: z.object({ author: z.string(), at: z.iso.datetime() }).optional(),
  /** How many actions were overdue, or months missing, where it is about those. */
  overdue: z.number().optional(),
  missing: z.number().optional(),
  /** The month in which it was last news, by {@link Obligations}; boards of an earlier version do not say. */
  toldIn: z.string().optional(),
});
export type ToldAlert = z.infer<typeof ToldAlertSchema>;

/** What the last notice was worked out from and said, whatever was judged since without being told. */
export const AnnouncedSchema = z.object({
  /** When it was worked out; boards of an earlier version do not say. */
  at: z.iso.datetime().optional(),
  latestPeriod: z.string().optional(),
  judged: z.record(z.string(), z.int()),
  standards: z.record(z.string(), z.int()),
  settings: z.int().optional(),
  progress: z.record(z.string(), z.int()).optional(),
  inspection: z.string(),
  leading: z.string().optional(),
  /** The number of the last notice at each level; boards of an earlier version do not say. */
  lastOf: z.partialRecord(LevelSchema, z.int()).optional(),
  alerts: z.record(z.string(), ToldAlertSchema),
  /** Of what was told as over, the latest month that it was over by then; boards of an earlier version do not say. */
  over: z.record(z.string(), z.string()).optional(),
});
export type Announced = z.infer<typeof AnnouncedSchema>;

/** All alert states of one authority, with what they were worked out from. */
export const BoardSchema = z.object({
  authority: z.string(),
  /** Counts its writes, from 1. */
  version: z.int().min(1),
  evaluatedAt: z.iso.datetime(),
  /** The number of the last notice; 0 for none. */
  lastNotice: z.int().min(0),
  /** The latest submitted month that was judged. */
  latestPeriod: z.string().optional(),
  /** The revision judged for each month. */
  judged: z.record(z.string(), z.int()),
  /** The version of the local standard judged for each metric that has one. */
  standards: z.record(z.string(), z.int()),
  /** The version of the authority's settings judged by; absent where nothing was set. */
  settings: z.int().optional(),
  /** How many reports there were of each action's progress; boards of an earlier version do not say. */
  progress: z.record(z.string(), z.int()).optional(),
  /** The fingerprint of the inspections and metrics judged. */
  inspection: z.string(),
  /** The inspection that led; boards that an earlier version wrote do not say. */
  leading: z.string().optional(),
  alerts: z.record(z.string(), BoardAlertSchema),
  /** Absent on boards of an earlier version, whose own content stands in for it. */
  announced: AnnouncedSchema.optional(),
});
export type Board = z.infer<typeof BoardSchema>;

/** What the readers of a board's notices know. */
export const announcedOf = (board: Board): Announced => board.announced ?? asAnnounced(board);

/** A board as a notice of it tells it. */
export function asAnnounced({
  latestPeriod,
  judged,
  standards,
  settings,
  progress,
  inspection,
  leading,
  alerts,
}: Omit<Board, 'version' | 'evaluatedAt' | 'lastNotice' | 'authority'>): Announced {
  const told = Object.entries(alerts).map(([id, { findings, acknowledgement, ...alert }]) => {
    const { overdue, missing } = findings[0]?.numbers ?? {};
    const inHand = acknowledgement && { author: acknowledgement.author, at: acknowledgement.at };
    return [
      id,
      {
        ...alert,
        ...(inHand ? { inHand } : {}),
        ...(overdue === undefined ? {} : { overdue }),
        ...(missing === undefined ? {} : { missing }),
      },
    ] as const;
  });
  return {
    ...(latestPeriod ? { latestPeriod } : {}),
    ...{ judged, standards, inspection },
    ...(settings ? { settings } : {}),
    ...(progress ? { progress } : {}),
    ...(leading ? { leading } : {}),
    alerts: Object.fromEntries(told),
  };
}

/**
 * Somebody takes the episode of an alert in hand; undefined where it has none. Never before the board it answers to, even
 * where this machine's clock is behind. Who had it in hand before stays with it, as long as the episode lasts.
 */
export function acknowledge(
  board: Board | undefined,
  before: Acknowledgement | undefined,
  id: string,
  given: Pick<Acknowledgement, 'author' | 'note'>,
  { by, now }: Doing,
): Acknowledgement | undefined {
  const alert = board?.alerts[id];
  if (!board || !alert?.episode) return undefined;
  const at = new Date(Math.max(now.getTime(), Date.parse(board.evaluatedAt))).toISOString();
  const taken = { alert: id, ...given, at, by, period: alert.period, level: alert.episode.level };
  if (!before || before.period < alert.episode.from) return taken;
  const last = { author: before.author, note: before.note, at: before.at, ...(before.by ? { by: before.by } : {}) };
  return { ...taken, earlier: newestOf([...(before.earlier ?? []), last]) };
}

/** The newest of those who had it in hand, as far as they are kept; the last always is. */
function newestOf(earlier: NonNullable<Acknowledgement['earlier']>): NonNullable<Acknowledgement['earlier']> {
  let length = 0;
  const first = earlier.findLastIndex(({ author, note, by = '' }) => {
    length += author.length + note.length + by.length;
    return length > MAX_EARLIER_LENGTH;
  });
  return earlier.slice(Math.max(first + 1, earlier.length - MAX_EARLIER));
}

/** Whether somebody says again what is in force: asked twice, it is taken in hand once. */
export const isSaidAgain = (
  inForce: Acknowledgement | undefined,
  given: Pick<Acknowledgement, 'author' | 'note'>,
  { by }: Pick<Doing, 'by'>,
): inForce is Acknowledgement => inForce?.author === given.author && inForce.note === given.note && inForce.by === by;

function authorOfName(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null || !('name' in stored)) return stored;
  const { name, ...rest } = stored;
  return { author: name, ...rest };
}
