import { monthName } from './format.ts';
import type { Level } from './lifecycle.ts';
import { isBad, isOver, isReminder, isUnreported, type Notice, type NoticeItem } from './notice-contents.ts';

/** SNS takes fewer than 100 characters of printable ASCII as a subject. */
const MAX_SUBJECT_LENGTH = 99;

/**
 * `Herefordshire, June 2011: 1 critical (Referral backlog), 1 warning, 2 no longer raised`: the place, the month of the
 * news, and what is new, the worst first. Where that is long a title is left out, then what is better is counted together, and last a
 * name is shortened.
 */
export function subjectOf(notice: Notice): string {
  const month = notice.about && `${monthName(notice.about)}${beside(notice)}`;
  const groups = groupsOf(notice);
  const together = betterTogether(groups);
  const [[, [worst] = []] = []] = groups;
  const counts = (titled: boolean, counted: readonly Group[]): string =>
    counted
      .map(([word, items], position) => {
        const title = titled && position === 0 && worst ? printable(worst.title) : '';
        const others = items.length > 2 ? ' and others' : ' and another';
        return `${countOf(items.length, word)}${title ? ` (${title}${items.length > 1 ? others : ''})` : ''}`;
      })
      .concat(
        notice.inspection ? [notice.inspection.again ? 'an earlier inspection counts again' : 'a new inspection'] : [],
      )
      .join(', ');
  const name = printable(notice.name) || notice.authority;
  const line = (place: string, titled: boolean, counted = together): string =>
    `${[place, month].filter(Boolean).join(', ')}: ${counts(titled, counted)}`;
  const fits = (text: string): boolean => text.length <= MAX_SUBJECT_LENGTH;
  const room = MAX_SUBJECT_LENGTH - line('', false).length - (month ? 2 : 0);
  return (
    [line(name, true, groups), line(name, false, groups), line(name, false)].find(fits) ??
    subjectLine(line(shortened(name, room), false))
  );
}

/** Whether it is told for the first time, and its latest figure is as it should be. */
const isNewlyBetter = ({ recovering, was, again }: NoticeItem): boolean => recovering === true && !was && !again;

/** Whether it was worse than was told, and its latest figure is as it should be. */
const isBetterYet = (item: NoticeItem): boolean =>
  isBad(item) && item.recovering === true && item.was !== undefined && !item.again;

const beside = ({ provisional, takenBack }: Notice): string =>
  takenBack ? ' (taken back)' : provisional ? ' (provisional)' : '';

/** `1 warning`, `2 warnings`; the other words are the same for one and for many. */
export const countOf = (count: number, word: string): string =>
  `${count} ${word}${word === 'warning' && count !== 1 ? 's' : ''}`;

/** Letters and signs that are no other letter with a mark, as they are written where there is nothing but ASCII. */
const IN_ASCII: Readonly<Record<string, string>> = {
  ...{ Ø: 'O', ø: 'o', Ł: 'L', ł: 'l', Đ: 'D', đ: 'd', Æ: 'AE', æ: 'ae', Œ: 'OE', œ: 'oe', ß: 'ss', Þ: 'Th', þ: 'th' },
  ...{ Ð: 'D', ð: 'd', '‘': "'", '’': "'", '“': '"', '”': '"', '–': '-', '—': '-', '‑': '-' },
};

const printable = (text: string): string =>
  text
    .replace(/[^\x20-\x7e]/g, (character) => IN_ASCII[character] ?? character)
    .normalize('NFKD')
    .replace(/[^\x20-\x7e]/g, '')
    .replace(/ +/g, ' ')
    .trim();

/** A subject that SNS takes: printable ASCII, and no word cut in two. */
export const subjectLine = (text: string): string => shortened(printable(text), MAX_SUBJECT_LENGTH);

/** As many whole words as fit; of a word that is too long by itself, its beginning. */
function shortened(text: string, room: number): string {
  if (text.length <= room) return text;
  const start = text.slice(0, Math.max(room - 3, 1));
  const end = start.lastIndexOf(' ');
  return `${(end > 0 ? start.slice(0, end) : start).replace(/[,;:]$/, '')}...`;
}

/** What happened, in the subject's words, and to what. */
type Group = readonly [word: string, items: readonly NoticeItem[]];

const BETTER: readonly string[] = ['no longer raised', 'less serious', 'getting better'];

/** The groups with all that is better as one. */
function betterTogether(groups: readonly Group[]): Group[] {
  const better = groups.filter(([word]) => BETTER.includes(word)).flatMap(([, items]) => items);
  const others = groups.filter(([word]) => !BETTER.includes(word));
  return better.length > 0 ? [...others, ['better', better]] : others;
}

/** What changed, in groups by how much it matters. */
function groupsOf({ transitions }: Notice): Group[] {
  const those = (test: (item: NoticeItem) => boolean): NoticeItem[] => transitions.filter(test);
  const bad = (level: Level) => those((item) => isBad(item) && !item.recovering && item.level === level);
  const groups: Group[] = [
    ['critical', bad('critical')],
    ['warning', bad('warning')],
    ['to watch', bad('watch')],
    ['still critical', those(isReminder)],
    ['not reported', those(isUnreported)],
    ['raised again', those((item) => isBad(item) && item.recovering === true && item.again === true)],
    ['new, but getting better', those((item) => isBad(item) && isNewlyBetter(item))],
    ['no longer measured', those((item) => isOver(item) && item.unmeasured === true)],
    ['withdrawn', those((item) => item.transition === 'withdrawn' && !item.unmeasured)],
    ['no longer raised', those((item) => item.transition === 'cleared' && !item.unmeasured)],
    ['less serious', those(({ transition }) => transition === 'eased')],
    ['getting better', those((item) => item.transition === 'recovering' || isBetterYet(item))],
  ];
  return groups.filter(([, items]) => items.length > 0);
}
