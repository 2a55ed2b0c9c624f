import {
  dateName,
  dayName,
  formatDue,
  formatParagraphs,
  monthName,
  NOBODY_HAS_IT_IN_HAND,
  oneLine,
  ordinal,
  sentence,
  timeName,
} from './format.ts';
import { type Level, rank } from './lifecycle.ts';
import { AUTHORITY_ALERT_IDS } from './metric.ts';
import { isBad, isOver, isReminder, isUnreported, type Notice, type NoticeItem } from './notice-contents.ts';
import { dayInEngland } from './period.ts';
import { REMIND_EVERY_MONTHS } from './rules.ts';

/** SNS takes 256 KB with attributes, spelled as JSON; the text stays far below, whatever a record holds. */
const MAX_BODY_BYTES = 60_000;

const LEVEL_WORD: Record<Level, string> = { critical: 'Critical', warning: 'Warning', watch: 'To watch' };

/** A mail that is sent later than this after what it tells says so. */
const LATE_MS = 60 * 60 * 1000;

/**
 * The e-mail's plain text, for a minute: what changed for the worse, what got better, what is still raised and who has it
 * in hand, what cannot be seen. Each alert is one paragraph with the way to its page.
 *
 * @param pageUrl where the pages are, with a trailing slash.
 * @param sentAt when it is mailed; what was so an hour before says when it was so.
 */
export function bodyOf(notice: Notice, pageUrl: string, sentAt?: Date): string {
  const home = `${pageUrl}authorities/${notice.authority}`;
  const isLate = sentAt !== undefined && sentAt.getTime() - Date.parse(notice.createdAt) > LATE_MS;
  const { transitions, stillRaised, watching } = notice;
  const unseen = [
    ...transitions.filter((item) => isBad(item) || isReminder(item) || isUnreported(item)),
    ...stillRaised,
  ].filter((item) => isUnseen(item) || isUnreported(item));
  const cannotSee = unseenSection(unseen, home);
  // First what is news.
  const isNews = unseen.some(({ transition }) => transition);
  const sections = [
    section(
      'WORSE',
      transitions.filter((item) => isBad(item) && !isUnseen(item)),
      (item) => change(item, home),
    ),
    ...(isNews ? [cannotSee] : []),
    section(
      `STILL CRITICAL, AND NOBODY HAS IT IN HAND (we say so every ${ordinal(REMIND_EVERY_MONTHS)} month)`,
      transitions.filter((item) => isReminder(item) && !isUnseen(item)),
      (item) => standing(item, home),
    ),
    section(
      'NO LONGER RAISED, OR BETTER',
      transitions.filter((item) => !isBad(item) && !isReminder(item) && !isUnreported(item)),
      (item) => change(item, home),
    ),
    ...standingSections('STILL RAISED', { stillRaised, watching }, home),
    ...(isNews ? [] : [cannotSee]),
  ];
  const head = [
    ...(isLate ? [`This tells how things stood on ${timeName(notice.createdAt)}. It could not be sent then.`, ''] : []),
    introduction(notice),
    ...otherInspection(notice),
    ...(notice.questions ? ['', 'PLEASE CHECK', '', ...notice.questions] : []),
    ...(notice.commentary ? ['', 'Written beside the figures:', `> ${notice.commentary}`] : []),
    '',
  ];
  const tail = [
    LEGEND,
    ...lessSerious(notice, home),
    `How each of these was worked out is on its page. Everything: ${home}`,
    `This is e-mail ${notice.number} about ${notice.name}. If you get a number twice, it is the same e-mail again.`,
  ];
  return [...head, ...fitting(sections, home), ...tail].join('\n');
}

/** Why something may read otherwise than in the e-mail before, for whoever gets only what is serious. */
function lessSerious({ lessSerious: first, number }: Notice, home: string): string[] {
  if (first === undefined) return [];
  const last = number - 1;
  const named = first === last ? `e-mail ${last}` : `e-mails ${first} ${last - first > 1 ? 'to' : 'and'} ${last}`;
  return [`Not everybody who gets this got ${named}, which told of less serious changes: ${home}/notices`];
}

/** What the words for levels mean, at the end of a mail. */
export const LEGEND = 'Critical is more serious than warning. To watch is not serious yet.';

/** How things stand, as lines of a mail that has no news; `brief` leaves out figures and links. */
export function standingOf(
  { stillRaised, watching }: Pick<Notice, 'stillRaised' | 'watching'>,
  home: string,
  brief: boolean,
): string[] {
  const sections = standingSections('RAISED', { stillRaised, watching }, home, brief);
  return fitting([...sections, unseenSection(stillRaised.filter(isUnseen), home)], home);
}

function standingSections(
  title: string,
  { stillRaised, watching }: Pick<Notice, 'stillRaised' | 'watching'>,
  home: string,
  brief = false,
): Section[] {
  const write = (item: NoticeItem): Paragraph => standing(item, home, brief);
  const seen = stillRaised.filter((item) => !isUnseen(item));
  return [section(title, seen, write), section('TO WATCH', watching, write)];
}

const unseenSection = (unseen: readonly NoticeItem[], home: string): Section =>
  section('WHAT WE CANNOT SEE', unseen, (item) =>
    isUnreported(item)
      ? change(item, home)
      : [
          `${unseenWords(item)}: ${sentence((item.findings[0] ?? item.title).replace(/[.]?$/, '.'))}`,
          ...unsaidWords(item),
          ...inHand(item),
        ],
  );

/** What is said of figures that did not come before it is said which. */
function unseenWords(item: NoticeItem): string {
  const { level, was } = item;
  if (isReminder(item)) return `Still ${wordOf(level)}`;
  if (!isBad(item)) return LEVEL_WORD[level];
  if (!was) return `${LEVEL_WORD[level]}, new`;
  return was.level === level
    ? `Still ${wordOf(level)}, and more is missing`
    : `${LEVEL_WORD[level]}, was ${wordOf(was.level)}`;
}

function introduction({ name, period, provisional, takenBack, about }: Notice): string {
  if (takenBack && about)
    return `${name}. The figures for ${monthName(about)} were taken back. ${period ? `Figures are in up to ${monthName(period)}.` : 'No figures are in.'}`;
  if (!period) return `${name}. No figures are in.`;
  if (!about) return `${name}. Figures are in up to ${monthName(period)}.`;
  const figures =
    about && about !== period ? `${monthName(about)}; figures are in up to ${monthName(period)}` : monthName(period);
  return `${name}, figures for ${figures}.${provisional ? ' These figures are provisional: they may change.' : ''}`;
}

function otherInspection({ inspection }: Notice): string[] {
  if (!inspection) return [];
  const published = dayName(inspection.published);
  return [
    inspection.again
      ? `The inspection that figures were held against no longer counts. Figures are again held against the one published ${published}: ${inspection.title}.`
      : `A new inspection, published ${published}, is now what figures are held against: ${inspection.title}.`,
  ];
}

/** Figures that did not come are not bad news about the service, but no news. */
const isUnseen = ({ alert }: NoticeItem): boolean => alert === 'submission';

type Paragraph = readonly string[];

interface Section {
  readonly title: string;
  readonly paragraphs: readonly Paragraph[];
}

const section = (title: string, items: readonly NoticeItem[], write: (item: NoticeItem) => Paragraph): Section => ({
  title,
  paragraphs: items.map(write),
});

/** As many whole paragraphs as a mail can hold, in their order; of the rest it says how many there are, and where. */
function fitting(sections: readonly Section[], home: string): string[] {
  const lines: string[] = [];
  let bytes = 0;
  for (const { title, paragraphs } of sections) {
    if (paragraphs.length === 0) continue;
    lines.push(title, '');
    for (const [position, paragraph] of paragraphs.entries()) {
      bytes += Buffer.byteLength(paragraph.join('\n')) + 2;
      if (bytes > MAX_BODY_BYTES) {
        lines.push(`And ${paragraphs.length - position} more: ${home}`, '');
        break;
      }
      lines.push(...paragraph, '');
    }
  }
  return lines;
}

/** One alert that changed: what it is now, with the figure, what it should be, and why; then the way to its page. */
function change(item: NoticeItem, home: string): Paragraph {
  return [
    headline(item),
    ...formerWords(item),
    ...movedWords(item),
    ...facts(item),
    // Fewer are missing: which, has to be repeated.
    ...(isUnseen(item) && item.transition === 'eased' ? item.findings.map((text) => `${sentence(text)}.`) : []),
    ...(item.reason ? [`This is why: ${ended(item.reason)}`] : []),
    ...(item.said ?? []).flatMap(({ author, text }) => [`“${author}” wrote:`, `> ${text}`]),
    ...inHand(item),
    ...overdueLines(item),
    ...link(item, home),
  ];
}

/** With its full stop, where it does not end with one. */
const ended = (text: string): string => text.replace(/[.]?$/, '.');

const ENDS_NEXT = 'The latest figure is what it should be; one more like it ends the alert.';

function headline(item: NoticeItem): string {
  const { title, transition, level, was, recovering, again, unmeasured } = item;
  const since = item.since ? ` since ${dateName(item.since)}` : '';
  const now = LEVEL_WORD[level];
  switch (transition) {
    case 'cleared':
      return `No longer ${unmeasured ? 'measured' : 'raised'}: ${title}. It had been ${wordOf(was?.level ?? level)}${since}.`;
    case 'withdrawn':
      if (unmeasured) return `No longer measured: ${title}. It had been ${wordOf(was?.level ?? level)}${since}.`;
      return `Withdrawn: ${title}. It had been ${wordOf(was?.level ?? level)}${since}. Judged again, there is no reason for that.`;
    case 'recovering':
      return `Getting better: ${title}. It ${was && rank(was.level) > rank(item.reached) ? `was ${wordOf(was.level)}, and is ${wordOf(item.reached)} now,` : `has been ${wordOf(item.reached)}`}${since}. ${ENDS_NEXT}`;
    case 'unreported':
      return `${recovering ? `${LEVEL_WORD[item.reached]}, but getting better when it was last reported` : `Still ${now.toLowerCase()}`}, and not reported any more: ${title}${since}.`;
    case 'eased':
      return was && was.level !== level
        ? `Less serious: ${title}. It is ${wordOf(level)} now, and was ${wordOf(was.level)}.`
        : `Less serious than was said before: ${title}. It has been ${wordOf(level)}${since}, and was never worse.`;
    default:
      if (recovering)
        return `${LEVEL_WORD[item.reached]}${again ? ' again' : was ? '' : ', new'}, but getting better: ${title}${since}. ${again ? `${NOT_OVER} ` : ''}${ENDS_NEXT}`;
      if (again) return `${now} again: ${title}${since}. ${NOT_OVER}`;
      if (was?.recovering) return `${now} again: ${title}${since}. It was getting better. That did not last.`;
      if (transition === 'raised' && was && was.level !== 'watch')
        return `${now} again: ${title}${since}. ${item.reason ? 'What was said of it before no longer holds.' : 'The alert before it had ended in between.'}`;
      if (was && was.level !== level) return `${now}, was ${wordOf(was.level)}: ${title}${since}.`;
      if (was) return `Still ${wordOf(level)}, and worse: ${title}${since}.`;
      return `${now}, new: ${title}${since}.${rank(item.reached) > rank(level) ? ` It was ${wordOf(item.reached)} in between.` : ''}`;
  }
}

const NOT_OVER = 'It was said to be over. That no longer holds.';

const wordOf = (level: Level): string =>
  ({ critical: 'critical', warning: 'a warning', watch: 'only to watch' })[level];

/** The figure with its course, what it should be, and what else speaks for raising it; of a notice of before, what it has. */
function facts({ value, direction, shouldBe, standard, why, findings, overdue, compared }: NoticeItem): string[] {
  const figure = value ? `${sentence(value)}${direction ? `, ${direction}` : ''}.` : '';
  const expected = shouldBe ? ` It should be ${shouldBe}.` : '';
  const before =
    why || overdue ? [] : [standard ? `The standard is ${standard}.` : '', ...findings.map((text) => `${text}.`)];
  const others = compared ? `For comparison: ${compared}.` : '';
  return [figure + (overdue ? '' : expected), ...(why ?? []), ...before, others].filter(Boolean);
}

/** Each overdue action once, under its due date; and who can say that one is done. */
function overdueLines({ overdue }: NoticeItem): string[] {
  if (!overdue) return [];
  const groups = Map.groupBy(
    overdue,
    ({ due, dueBasis = 'inspection', paragraph }) =>
      `Due ${formatDue({ due, dueBasis })} (${formatParagraphs([paragraph])} of the report):`,
  );
  return [
    ...[...groups].flatMap(([heading, actions]) => [
      heading,
      ...actions.map(({ id, title }) => `- ${id} ${shortTitle(title)}`),
    ]),
    'If one of them is done, say so on the page:',
  ];
}

/** Who has it in hand and what they wrote, as theirs: whatever they typed is one line that is marked as a quotation. */
export function inHand(item: NoticeItem): string[] {
  const { inHand: given, acknowledgement } = item;
  // Of an earlier version.
  if (!given) return acknowledgement ? ['In hand:', `> ${oneLine(acknowledgement, MAX_QUOTED)}`] : [];
  const day = dayName(dayInEngland(new Date(given.at)));
  const said = `> ${given.note}`;
  if (isOver(item)) return [`“${given.author}” had it in hand. They wrote on ${day}:`, said];
  if (given.lapsed)
    return [`“${given.author}” had it in hand, but it has got worse since. They wrote on ${day}:`, said];
  return [`“${given.author}” has it in hand. They wrote on ${day}:`, said];
}

/** As much as is quoted of what an earlier version kept whole. */
const MAX_QUOTED = 400;

const link = ({ alert }: NoticeItem, home: string): string[] => [
  (AUTHORITY_ALERT_IDS as readonly string[]).includes(alert) ? home : `${home}/metrics/${alert}`,
];

/** One alert that did not change. */
function standing(item: NoticeItem, home: string, brief = false): Paragraph {
  const { level, reached, recovering, title, since, value, direction, shouldBe } = item;
  const state = LEVEL_WORD[recovering ? reached : level];
  const figure = value && !brief ? ` ${sentence(value)}${direction ? `, ${direction}` : ''}.` : '';
  const expected = shouldBe && figure ? ` It should be ${shouldBe}.` : '';
  return [
    `${state} since ${dateName(since)}${recovering ? ', but getting better' : ''}: ${title}.${figure}${expected}`,
    ...formerWords(item),
    ...unsaidWords(item),
    ...movedWords(item),
    // Its heading says that nobody has.
    ...(level === 'watch' || isReminder(item) || item.inHand || item.acknowledgement
      ? inHand(item)
      : [NOBODY_HAS_IT_IN_HAND]),
    ...(brief ? [] : link(item, home)),
  ];
}

/** What it has become, where it was told as the e-mails before have it. */
function unsaidWords({ level, recovering, unsaid }: NoticeItem): string[] {
  if (!unsaid) return [];
  const isBetter = unsaid.level !== level || unsaid.recovering !== (recovering ?? false);
  const now = unsaid.recovering
    ? ENDS_NEXT
    : `By the figures that are in now it is ${isBetter ? `${wordOf(unsaid.level)} ` : ''}since ${dateName(unsaid.since)}.`;
  return [`${now} The e-mails have not said so yet.`];
}

/** That it dates from another period than was said, and why. */
const movedWords = ({ was, reason, transition }: NoticeItem): string[] =>
  was?.since
    ? [
        `The e-mail before said: since ${dateName(was.since)}.`,
        ...(reason && !transition ? [`This is why: ${ended(reason)}`] : []),
      ]
    : [];

/** What it was called when it was last told of. */
const formerWords = ({ formerly }: NoticeItem): string[] =>
  formerly ? [`It was called “${formerly.title}” until ${dayName(formerly.until)}.`] : [];

/** What fits a line of a list. Our own titles are longer now and then; the page has them whole. */
const MAX_TITLE_LENGTH = 72;

/** Ends with a clause where that leaves enough to know the action by, else with a word. */
function shortTitle(title: string): string {
  if (title.length <= MAX_TITLE_LENGTH) return title;
  const start = title.slice(0, MAX_TITLE_LENGTH);
  const end = [start.lastIndexOf(','), start.lastIndexOf(' ')].find((at) => at > MAX_TITLE_LENGTH / 2);
  return `${start.slice(0, end)} …`;
}

/** The order in a notice: bad news by level, what got better among it last; then withdrawn, cleared, and what needed no mail. */
export function compareItems(a: NoticeItem, b: NoticeItem): number {
  return orderOf(a) - orderOf(b);
}

function orderOf(item: NoticeItem): number {
  if (isBad(item)) return item.recovering ? 3 : 3 - rank(item.level);
  const orders = {
    unreported: 4,
    reminded: 5,
    withdrawn: 6,
    cleared: 7,
    eased: 8,
    recovering: 9,
    raised: 0,
    worsened: 0,
  };
  return orders[item.transition ?? 'recovering'];
}
