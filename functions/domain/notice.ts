import * as z from 'zod';
import { dateName, dayName, formatDue, formatParagraphs, monthName, sentence, timeName } from './format.ts';
import { BasisSchema } from './inspection.ts';
import { type Level, LevelSchema, rank, type Transition, TransitionSchema } from './lifecycle.ts';

/** One alert in a notice, in words that are ready to be read. Fields that do not apply are absent. */
export const NoticeItemSchema = z.object({
  alert: z.string(),
  title: z.string(),
  /** The net change since the last notice; absent for what is only still raised or to watch. */
  transition: TransitionSchema.optional(),
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
  /** The inspection that figures are held against from this evaluation on, where it took the place of another. */
  inspection: z.object({ title: z.string(), published: z.iso.date() }).optional(),
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

/** SNS takes fewer than 100 characters of printable ASCII as a subject. */
const MAX_SUBJECT_LENGTH = 99;
/** SNS takes 256 KB with attributes; the text stays far below, whatever a record holds. */
const MAX_BODY_LENGTH = 100_000;

const RULE = '-'.repeat(64);

/** Whether a transition announces something bad, by level. */
const isBad = ({ transition }: NoticeItem): boolean => transition === 'raised' || transition === 'worsened';

/** `Herefordshire 2011-02: 2 critical, 1 warning, 1 cleared`, the worst first. */
export function subjectOf(notice: Notice): string {
  const subject = [printable(notice.name) || notice.authority, notice.period].filter(Boolean).join(' ');
  return subjectLine(`${subject}: ${summaryOf(notice)}`);
}

const printable = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[^\x20-\x7e]/g, '')
    .trim();

/** A subject that SNS takes: printable ASCII, and no word cut in two. */
export function subjectLine(text: string): string {
  const line = printable(text);
  if (line.length <= MAX_SUBJECT_LENGTH) return line;
  const start = line.slice(0, MAX_SUBJECT_LENGTH - 3);
  const end = start.lastIndexOf(' ');
  return `${(end > 0 ? start.slice(0, end) : start).replace(/[,;:]$/, '')}...`;
}

/** What changed, in groups by how much it matters; the last two only where there is nothing else to say. */
function groupsOf({ transitions }: Notice): [string, NoticeItem[]][] {
  const bad = (level: Level): NoticeItem[] => transitions.filter((item) => isBad(item) && item.level === level);
  const ended = (transition: Transition): NoticeItem[] => transitions.filter((item) => item.transition === transition);
  const groups: [string, NoticeItem[]][] = [
    ['critical', bad('critical')],
    ['warning', bad('warning')],
    ['to watch', bad('watch')],
    ['withdrawn', ended('withdrawn')],
    ['cleared', ended('cleared')],
  ];
  const minor: [string, NoticeItem[]][] = [
    ['eased', ended('eased')],
    ['recovering', ended('recovering')],
  ];
  const present = groups.filter(([, items]) => items.length > 0);
  return present.length > 0 ? present : minor.filter(([, items]) => items.length > 0);
}

function summaryOf(notice: Notice): string {
  const counts = groupsOf(notice).map(([word, items]) => `${items.length} ${word}`);
  return [...(notice.inspection ? ['a new inspection'] : []), ...counts].join(', ');
}

/** A mail that is sent later than this after what it tells says so. */
const LATE_MS = 60 * 60 * 1000;

/**
 * The e-mail's plain text: what changed, what is still raised, what to watch, where to look, which notice this is.
 * @param sentAt when it is mailed; what was so an hour before says when it was so.
 */
export function bodyOf(notice: Notice, pageUrl: string, sentAt?: Date): string {
  const isLate = sentAt !== undefined && sentAt.getTime() - Date.parse(notice.createdAt) > LATE_MS;
  const head = [
    ...(isLate ? [`This tells how things stood on ${timeName(notice.createdAt)}. It could not be sent then.`, ''] : []),
    `${notice.name}${notice.period ? `, figures up to ${monthName(notice.period)}` : ''}`,
    '',
    ...newInspection(notice),
    ...groupsOf(notice).map(([word, items]) => `${sentence(word)}: ${listed(items.map(({ title }) => title))}`),
    `Besides: ${notice.stillRaised.length} still raised, ${notice.watching.length} to watch`,
    '',
  ];
  const tail = [
    RULE,
    `Charts and history: ${pageUrl}`,
    `Notice ${notice.number} for ${notice.name}. The same number twice is the same notice sent again.`,
  ];
  const sections = [
    ...section('WHAT CHANGED', notice.transitions, (item) => [...describe(item), '']),
    ...section('STILL RAISED', notice.stillRaised, summarise),
    ...section('TO WATCH', notice.watching, summarise),
  ];
  return [...head, ...shortened(sections), ...tail].join('\n');
}

function newInspection({ inspection }: Notice): string[] {
  if (!inspection) return [];
  const published = dayName(inspection.published);
  return [`A new inspection, published ${published}, is now what figures are held against: ${inspection.title}.`];
}

/** How many titles a line of the overview names. */
const MAX_TITLES = 8;

function listed(titles: readonly string[]): string {
  const more = titles.length - MAX_TITLES;
  return more > 0 ? `${titles.slice(0, MAX_TITLES).join('; ')}; and ${more} more` : titles.join('; ');
}

function section(title: string, items: readonly NoticeItem[], write: (item: NoticeItem) => string[]): string[] {
  if (items.length === 0) return [];
  const lines = items.flatMap(write);
  return [RULE, title, '', ...lines, ...(lines.at(-1) === '' ? [] : [''])];
}

/** As many lines as a mail can hold; the page has the rest. */
function shortened(lines: readonly string[]): readonly string[] {
  const kept: string[] = [];
  let length = 0;
  for (const line of lines) {
    length += line.length + 1;
    if (length > MAX_BODY_LENGTH) return [...kept, '… the rest is on the page.', ''];
    kept.push(line);
  }
  return kept;
}

const HEADLINE: Record<Transition, (item: NoticeItem) => string> = {
  raised: (item) => `${LEVEL_WORD[item.level]}, new${meanwhile(item)}`,
  worsened: (item) => `${LEVEL_WORD[item.level]}, worse than before${meanwhile(item)}`,
  eased: ({ level }) => `EASED to ${level}`,
  recovering: () => 'RECOVERING, one clean period',
  cleared: () => 'CLEARED',
  withdrawn: () => 'WITHDRAWN',
};

const LEVEL_WORD: Record<Level, string> = { critical: 'CRITICAL', warning: 'WARNING', watch: 'TO WATCH' };

/** Many months at once may hold a whole story. */
function meanwhile({ level, reached, recovering }: NoticeItem): string {
  if (recovering) return ', recovering since';
  return rank(reached) > rank(level) ? `, after ${reached}` : '';
}

function describe(item: NoticeItem): string[] {
  const { transition = 'raised' } = item;
  return [
    `${HEADLINE[transition](item)}: ${item.title} (${isBad(item) ? '' : `was ${item.reached}, `}since ${dateName(item.since)})`,
    ...line('Reason', item.reason),
    ...line('Now', [item.value, item.direction].filter(Boolean).join('; ')),
    ...line('Standard', item.standard),
    ...line('Inspection', item.baseline),
    // The finding names the overdue actions too, so that it can stand alone.
    ...(item.overdue
      ? listOverdue(item.overdue)
      : (item.reasons ?? item.findings).flatMap((reason) => line('Why', reason))),
    ...item.actions.flatMap((action) => line('Action', action)),
    ...line('Acknowledged', item.acknowledgement),
  ];
}

/** Each overdue action once, under its due date and paragraph; and who can say that one is done. */
function listOverdue(overdue: NonNullable<NoticeItem['overdue']>): string[] {
  const groups = Map.groupBy(
    overdue,
    ({ due, dueBasis = 'inspection', paragraph }) =>
      `  Due ${formatDue({ due, dueBasis })} (${formatParagraphs([paragraph])}):`,
  );
  return [
    ...[...groups].flatMap(([heading, actions]) => [
      heading,
      ...actions.map(({ id, title }) => `    ${id} ${shortTitle(title)}`),
    ]),
    ...line(
      'To change',
      'whoever has a token that may manage reports an action as completed, with evidence (npm run monitor -- progress, or the API)',
    ),
  ];
}

/** What fits a line of a list. Our own titles are longer now and then; the page has them whole. */
const MAX_TITLE_LENGTH = 72;

/** Ends with a clause where that leaves enough to know the action by, else with a word. */
function shortTitle(title: string): string {
  if (title.length <= MAX_TITLE_LENGTH) return title;
  const start = title.slice(0, MAX_TITLE_LENGTH);
  const end = [start.lastIndexOf(','), start.lastIndexOf(' ')].find((at) => at > MAX_TITLE_LENGTH / 2);
  return `${start.slice(0, end)} …`;
}

function summarise(item: NoticeItem): string[] {
  const state = item.recovering ? `RECOVERING from ${item.reached}` : LEVEL_WORD[item.level];
  const now = [item.value, item.direction].filter(Boolean).join('; ');
  return [
    `${state} since ${dateName(item.since)}, ${item.title}${now ? `: ${now}` : ''}`,
    ...line('Acknowledged', item.acknowledgement),
  ];
}

function line(label: string, text: string | undefined): string[] {
  return text ? [`  ${label}: ${text}`] : [];
}

/** The order in a notice: bad news by level, then withdrawn, cleared, and what needed no mail of its own. */
export function compareItems(a: NoticeItem, b: NoticeItem): number {
  return place(a) - place(b);
}

function place(item: NoticeItem): number {
  if (isBad(item)) return 3 - rank(item.level);
  return { withdrawn: 4, cleared: 5, eased: 6, recovering: 7, raised: 0, worsened: 0 }[item.transition ?? 'recovering'];
}
