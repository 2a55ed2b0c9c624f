import { describe, expect, it, test } from 'vitest';
import { bodyOf, compareItems, inHand, standingOf } from '../../functions/domain/notice.ts';
import {
  type Notice,
  type NoticeItem,
  NoticeItemSchema,
  NoticeSchema,
} from '../../functions/domain/notice-contents.ts';
import { countOf, subjectLine, subjectOf } from '../../functions/domain/notice-subject.ts';

/** What mails say, word for word, of notices as they are stored. How a notice comes about is in `notice.test.ts`. */

const item = (fields: Partial<NoticeItem> = {}): NoticeItem =>
  NoticeItemSchema.parse({
    ...{ alert: 'visits', title: 'Visits on time', level: 'warning', reached: 'warning', since: '2010-10' },
    ...{ findings: [], actions: [], why: [] },
    ...fields,
  });

const notice = (fields: Partial<Notice> = {}): Notice =>
  NoticeSchema.parse({
    ...{ authority: 'york', name: 'York', number: 4, createdAt: '2011-02-03T09:00:00.000Z', level: 'critical' },
    ...{ period: '2011-01', about: '2011-01', transitions: [], stillRaised: [], watching: [] },
    ...fields,
  });

const HOME = 'https://x/authorities/york';
const body = (fields: Partial<Notice>): string => bodyOf(notice(fields), 'https://x/');
const paragraphs = (text: string): string[] => text.split('\n\n');
/** The one changed alert's lines. */
const linesOf = (fields: Partial<NoticeItem>): string[] =>
  (paragraphs(body({ transitions: [item(fields)] }))[2] ?? '').split('\n');

const CRITICAL = { level: 'critical', recovering: false } as const;
const WARNING = { level: 'warning', recovering: false } as const;
const NEXT = 'The latest figure is what it should be; one more like it ends the alert.';
const NOT_OVER = 'It was said to be over. That no longer holds.';

describe('an alert is told in one line', () => {
  it.each<[Partial<NoticeItem>, string]>([
    [{ transition: 'raised' }, 'Warning, new: Visits on time since October 2010.'],
    [{ transition: 'raised', since: '' }, 'Warning, new: Visits on time.'],
    [
      { transition: 'raised', reached: 'critical' },
      'Warning, new: Visits on time since October 2010. It was critical in between.',
    ],
    [{ transition: 'raised', level: 'watch', reached: 'watch' }, 'To watch, new: Visits on time since October 2010.'],
    [
      { transition: 'raised', was: { level: 'watch', recovering: false } },
      'Warning, was only to watch: Visits on time since October 2010.',
    ],
    [
      { transition: 'raised', was: CRITICAL },
      'Warning again: Visits on time since October 2010. The alert before it had ended in between.',
    ],
    [
      { transition: 'raised', was: CRITICAL, reason: 'October 2010 (revision 2): 3 became 4' },
      'Warning again: Visits on time since October 2010. What was said of it before no longer holds.',
    ],
    [
      { transition: 'worsened', level: 'critical', reached: 'critical', was: WARNING },
      'Critical, was a warning: Visits on time since October 2010.',
    ],
    [{ transition: 'worsened', was: WARNING }, 'Still a warning, and worse: Visits on time since October 2010.'],
    [
      { transition: 'worsened', was: { level: 'warning', recovering: true } },
      'Warning again: Visits on time since October 2010. It was getting better. That did not last.',
    ],
    [{ transition: 'raised', again: true }, `Warning again: Visits on time since October 2010. ${NOT_OVER}`],
    [
      { transition: 'raised', again: true, recovering: true },
      `Warning again, but getting better: Visits on time since October 2010. ${NOT_OVER} ${NEXT}`,
    ],
    [
      { transition: 'raised', recovering: true, reached: 'critical' },
      `Critical, new, but getting better: Visits on time since October 2010. ${NEXT}`,
    ],
    [
      { transition: 'worsened', recovering: true, was: WARNING },
      `Warning, but getting better: Visits on time since October 2010. ${NEXT}`,
    ],
    [{ transition: 'recovering' }, `Getting better: Visits on time. It has been a warning since October 2010. ${NEXT}`],
    [
      { transition: 'recovering', was: CRITICAL },
      `Getting better: Visits on time. It was critical, and is a warning now, since October 2010. ${NEXT}`,
    ],
    [
      { transition: 'cleared', was: CRITICAL },
      'No longer raised: Visits on time. It had been critical since October 2010.',
    ],
    [
      { transition: 'cleared', unmeasured: true },
      'No longer measured: Visits on time. It had been a warning since October 2010.',
    ],
    [
      { transition: 'withdrawn' },
      'Withdrawn: Visits on time. It had been a warning since October 2010. Judged again, there is no reason for that.',
    ],
    [
      { transition: 'withdrawn', unmeasured: true, was: CRITICAL },
      'No longer measured: Visits on time. It had been critical since October 2010.',
    ],
    [{ transition: 'eased', was: CRITICAL }, 'Less serious: Visits on time. It is a warning now, and was critical.'],
    [
      { transition: 'eased', was: WARNING },
      'Less serious than was said before: Visits on time. It has been a warning since October 2010, and was never worse.',
    ],
    [{ transition: 'unreported' }, 'Still warning, and not reported any more: Visits on time since October 2010.'],
    [
      { transition: 'unreported', recovering: true, reached: 'critical' },
      'Critical, but getting better when it was last reported, and not reported any more: Visits on time since October 2010.',
    ],
  ])('%j', (fields, line) => {
    const lines = linesOf(fields);
    expect([lines[0], lines.at(-1)]).toEqual([line, `${HOME}/metrics/visits`]);
  });
});

test('an alert is told with what it was called, how it is, what it should be, why, what people wrote and who has it in hand', () => {
  const text = body({
    transitions: [
      item({
        ...{ transition: 'raised', value: '7 of 10 in January 2011', direction: 'worse: up from 5 in December 2010' },
        ...{ shouldBe: '8 or more (a default)', why: ['It has become worse than the inspectors found: 9.'] },
        ...{
          compared: 'England 2010: 8',
          reason: 'the standard was changed',
          standard: 'not said',
          findings: ['nor this'],
        },
        formerly: { title: 'Calls on time', until: '2010-12-31' },
        was: { level: 'watch', recovering: false, since: '2010-09' },
        said: [{ author: 'A. Head', text: 'We agreed it.' }],
        inHand: { author: 'B. Lead', at: '2011-01-31T23:30:00.000Z', note: 'We are on it.', lapsed: true },
      }),
    ],
  });
  expect(text.split('\n')).toEqual([
    'York, figures for January 2011.',
    '',
    'WORSE',
    '',
    'Warning, was only to watch: Visits on time since October 2010.',
    'It was called “Calls on time” until 31 December 2010.',
    'The e-mail before said: since September 2010.',
    '7 of 10 in January 2011, worse: up from 5 in December 2010. It should be 8 or more (a default).',
    'It has become worse than the inspectors found: 9.',
    'For comparison: England 2010: 8.',
    'This is why: the standard was changed.',
    '“A. Head” wrote:',
    '> We agreed it.',
    '“B. Lead” had it in hand, but it has got worse since. They wrote on 31 January 2011:',
    '> We are on it.',
    `${HOME}/metrics/visits`,
    '',
    'Critical is more serious than warning. To watch is not serious yet.',
    `How each of these was worked out is on its page. Everything: ${HOME}`,
    'This is e-mail 4 about York. If you get a number twice, it is the same e-mail again.',
  ]);
});

test('a notice of an earlier version is told with what it has', () => {
  const { why: _, ...earlier } = item({ transition: 'raised', value: '7', standard: '8', findings: ['it fails'] });
  const said = (fields: Partial<NoticeItem>) =>
    (paragraphs(body({ transitions: [{ ...earlier, ...fields }] }))[2] ?? '').split('\n').slice(1, -1);
  expect(said({})).toEqual(['7.', 'The standard is 8.', 'it fails.']);
  expect(said({ acknowledgement: `A. Head: ${'x'.repeat(500)}` })).toEqual([
    ...['7.', 'The standard is 8.', 'it fails.', 'In hand:'],
    expect.stringMatching(/^> A\. Head: x{380,}…$/),
  ]);
});

describe('a mail has its sections in order', () => {
  const raised = item({ transition: 'raised' });
  const late = item({ alert: 'submission', title: 'Monthly figures', findings: ['figures for March did not come'] });
  const headings = (text: string) => text.split('\n').filter((line) => /^[A-Z][A-Z ,]{4,}/.test(line));

  it('worse, better, still raised and to watch; and what cannot be seen, first where that is news', () => {
    const all = {
      transitions: [raised, item({ transition: 'cleared' }), item({ transition: 'reminded', level: 'critical' })],
      stillRaised: [item()],
      watching: [item({ level: 'watch' })],
    };
    const reminded = 'STILL CRITICAL, AND NOBODY HAS IT IN HAND (we say so every third month)';
    expect(headings(body({ ...all, stillRaised: [item(), late] }))).toEqual([
      ...['WORSE', reminded, 'NO LONGER RAISED, OR BETTER', 'STILL RAISED', 'TO WATCH', 'WHAT WE CANNOT SEE'],
    ]);
    expect(headings(body({ ...all, transitions: [...all.transitions, { ...late, transition: 'raised' }] }))).toEqual([
      ...['WORSE', 'WHAT WE CANNOT SEE', reminded, 'NO LONGER RAISED, OR BETTER', 'STILL RAISED', 'TO WATCH'],
    ]);
    expect(headings(body({ transitions: [item({ transition: 'unreported' })] }))).toEqual(['WHAT WE CANNOT SEE']);
  });

  it.each<[Partial<NoticeItem>, string]>([
    [{}, 'Warning'],
    [{ transition: 'raised' }, 'Warning, new'],
    [{ transition: 'worsened', was: WARNING }, 'Still a warning, and more is missing'],
    [{ transition: 'worsened', was: { level: 'watch', recovering: false } }, 'Warning, was only to watch'],
    [{ transition: 'reminded', level: 'critical' }, 'Still critical'],
  ])('says of figures that did not come how serious that is: %j', (fields, words) => {
    const each = { ...late, ...fields };
    const text = body(each.transition ? { transitions: [each] } : { stillRaised: [each] });
    expect(text).toContain(`WHAT WE CANNOT SEE\n\n${words}: Figures for March did not come.\n`);
    const untold = { ...each, findings: [] };
    expect(body(each.transition ? { transitions: [untold] } : { stillRaised: [untold] })).toContain(
      `${words}: Monthly figures.\n`,
    );
  });

  it('says which figures are still missing where it got better', () => {
    expect(body({ transitions: [{ ...late, transition: 'eased', was: CRITICAL }] })).toContain(
      `Less serious: Monthly figures. It is a warning now, and was critical.\nFigures for March did not come.\n${HOME}\n`,
    );
  });

  it('holds as many whole paragraphs as fit, and says how many more there are', () => {
    const long = Array.from({ length: 100 }, (_, i) =>
      item({ transition: 'raised', title: `${i} ${'x'.repeat(990)}` }),
    );
    const text = body({ transitions: long });
    const [, more] = /And (\d+) more: /.exec(text) ?? [];
    expect(text.match(/Warning, new/g)).toHaveLength(100 - Number(more));
    expect(Buffer.byteLength(text)).toBeGreaterThan(58_000);
    expect(Buffer.byteLength(text)).toBeLessThan(61_000);
    expect(text).toContain(`And ${more} more: ${HOME}\n\nCritical is`);
  });
});

describe('a mail begins with what it is about', () => {
  it.each<[Partial<Notice>, string]>([
    [{}, 'York, figures for January 2011.'],
    [{ provisional: true }, 'York, figures for January 2011. These figures are provisional: they may change.'],
    [{ about: '2010-11' }, 'York, figures for November 2010; figures are in up to January 2011.'],
    [{ about: undefined }, 'York. Figures are in up to January 2011.'],
    [{ about: undefined, period: undefined }, 'York. No figures are in.'],
    [{ takenBack: true }, 'York. The figures for January 2011 were taken back. Figures are in up to January 2011.'],
    [{ takenBack: true, period: undefined }, 'York. The figures for January 2011 were taken back. No figures are in.'],
  ])('%j', (fields, words) => {
    expect(paragraphs(body(fields))[0]?.split('\n')[0]).toBe(words);
  });

  it('does not call an inspection new that is held against again, as a newer one no longer counts', () => {
    const text = body({ inspection: { title: 'The first inspection', published: '2010-10-22', again: true } });
    expect(text.split('\n')[1]).toBe(
      'The inspection that figures were held against no longer counts. Figures are again held against the one published 22 October 2010: The first inspection.',
    );
  });

  it('with a new inspection, what is to be checked, and what was written beside the figures', () => {
    const text = body({
      inspection: { title: 'A later inspection', published: '2011-01-10' },
      ...{ questions: ['Is it 150?', 'Is it 3?'], commentary: 'A new system.' },
    });
    expect(text.split('\n').slice(0, 10)).toEqual([
      'York, figures for January 2011.',
      'A new inspection, published 10 January 2011, is now what figures are held against: A later inspection.',
      ...['', 'PLEASE CHECK', '', 'Is it 150?', 'Is it 3?', '', 'Written beside the figures:', '> A new system.'],
    ]);
  });

  it('says so where it comes more than an hour late', () => {
    const at = (time: string) => bodyOf(notice(), 'https://x/', new Date(time)).split('\n')[0];
    expect(at('2011-02-03T10:00:00.000Z')).toBe('York, figures for January 2011.');
    expect(at('2011-02-03T10:00:00.001Z')).toBe(
      'This tells how things stood on 3 February 2011 at 09:00. It could not be sent then.',
    );
  });

  it.each([
    [3, 'e-mail 3'],
    [2, 'e-mails 2 and 3'],
    [1, 'e-mails 1 to 3'],
  ])('says which e-mails before not everybody got, from %i on', (lessSerious, named) => {
    expect(body({ lessSerious })).toContain(
      `\nNot everybody who gets this got ${named}, which told of less serious changes: ${HOME}/notices\n`,
    );
    expect(body({})).not.toContain('Not everybody');
  });
});

describe('what stands is told', () => {
  const standing = (fields: Partial<NoticeItem>, brief = false) =>
    standingOf({ stillRaised: [item(fields)], watching: [] }, HOME, brief).slice(2, -1);

  it('with its figure, what it should be, and who has it in hand', () => {
    expect(standing({ value: 'seven', direction: 'the same', shouldBe: '8' })).toEqual([
      'Warning since October 2010: Visits on time. Seven, the same. It should be 8.',
      'Nobody has said that they have it in hand.',
      `${HOME}/metrics/visits`,
    ]);
    expect(standing({ value: 'seven', shouldBe: '8' }, true)).toEqual([
      'Warning since October 2010: Visits on time.',
      'Nobody has said that they have it in hand.',
    ]);
    expect(standing({ recovering: true, reached: 'critical' })[0]).toBe(
      'Critical since October 2010, but getting better: Visits on time.',
    );
    expect(standing({ level: 'watch' })).toHaveLength(2);
  });

  it.each<[NoticeItem['unsaid'], string]>([
    [
      { level: 'critical', recovering: false, since: '2010-11' },
      'By the figures that are in now it is critical since November 2010. The e-mails have not said so yet.',
    ],
    [
      { level: 'warning', recovering: false, since: '2010-11' },
      'By the figures that are in now it is since November 2010. The e-mails have not said so yet.',
    ],
    [{ level: 'warning', recovering: true, since: '2010-10' }, `${NEXT} The e-mails have not said so yet.`],
  ])('with what it has become that nobody was told: %j', (unsaid, words) => {
    expect(standing({ unsaid })[1]).toBe(words);
    const ofRecovering = standing({ unsaid, recovering: true })[1];
    if (unsaid?.level === 'warning' && !unsaid.recovering)
      expect(ofRecovering).toContain('it is a warning since November 2010');
  });

  it('with what moved it to another month', () => {
    expect(standing({ was: { ...WARNING, since: '2010-09' }, reason: 'October came' }).slice(1, 3)).toEqual([
      'The e-mail before said: since September 2010.',
      'This is why: October came.',
    ]);
  });

  it('with the figures that did not come last', () => {
    const late = item({ alert: 'submission', title: 'Monthly figures', findings: ['March did not come'] });
    const lines = standingOf({ stillRaised: [late, item()], watching: [item({ level: 'watch' })] }, HOME, true);
    expect(lines.filter((line) => /^[A-Z ]+$/.test(line) && line)).toEqual([
      'RAISED',
      'TO WATCH',
      'WHAT WE CANNOT SEE',
    ]);
    expect(lines.at(-2)).toBe('Warning: March did not come.');
  });
});

test('who has it in hand is quoted, whether it lasts, lapsed or is over', () => {
  const given = { author: 'B. Lead', at: '2011-01-31T09:00:00.000Z', note: 'On it.', lapsed: false };
  const quoted = '> On it.';
  expect(inHand(item({ inHand: given }))).toEqual(['“B. Lead” has it in hand. They wrote on 31 January 2011:', quoted]);
  expect(inHand(item({ inHand: given, transition: 'cleared' }))).toEqual([
    '“B. Lead” had it in hand. They wrote on 31 January 2011:',
    quoted,
  ]);
  expect(inHand(item())).toEqual([]);
});

test('overdue actions are listed by the day they were due, and no title is cut within a word', () => {
  const clause = `${'Write down how cases are passed on, '.repeat(2)}and who does it in the meantime`;
  const overdue = [
    { id: 'A1', title: 'Do this', due: '2010-10-22', paragraph: '16' },
    { id: 'A2', title: clause, due: '2010-10-22', paragraph: '16' },
    { id: 'A3', title: `Do ${'that '.repeat(20)}`, due: '2010-11-22', dueBasis: 'local' as const, paragraph: '17' },
  ];
  const text = body({
    transitions: [
      item({ alert: 'action', title: 'Actions', transition: 'raised', overdue, value: '3', shouldBe: '0' }),
    ],
  });
  const lines = (paragraphs(text)[2] ?? '').split('\n');
  expect(lines.slice(1)).toEqual([
    '3.',
    'Due 22 October 2010 (paragraph 16 of the report):',
    '- A1 Do this',
    '- A2 Write down how cases are passed on, Write down how cases are passed on …',
    'Due 22 November 2010, as this service counts (paragraph 17 of the report):',
    `- A3 Do ${'that '.repeat(13)}…`,
    'If one of them is done, say so on the page:',
    HOME,
  ]);
});

describe('a subject', () => {
  const subject = (transitions: Partial<NoticeItem>[], fields: Partial<Notice> = {}) =>
    subjectOf(notice({ transitions: transitions.map(item), ...fields }));

  it.each<[Partial<NoticeItem>, string]>([
    [{ transition: 'raised' }, '1 warning'],
    [{ transition: 'worsened', level: 'critical' }, '1 critical'],
    [{ transition: 'raised', level: 'watch' }, '1 to watch'],
    [{ transition: 'reminded' }, '1 still critical'],
    [{ transition: 'unreported' }, '1 not reported'],
    [{ transition: 'raised', recovering: true, again: true }, '1 raised again'],
    [{ transition: 'raised', recovering: true }, '1 new, but getting better'],
    [{ transition: 'cleared', unmeasured: true }, '1 no longer measured'],
    [{ transition: 'withdrawn', unmeasured: true }, '1 no longer measured'],
    [{ transition: 'withdrawn' }, '1 withdrawn'],
    [{ transition: 'cleared' }, '1 no longer raised'],
    [{ transition: 'eased' }, '1 less serious'],
    [{ transition: 'recovering' }, '1 getting better'],
    [{ transition: 'worsened', recovering: true, was: WARNING }, '1 getting better'],
  ])('says what happened: %j', (fields, words) => {
    expect(subject([fields])).toBe(`York, January 2011: ${words} (Visits on time)`);
  });

  it('names the worst, and that there are others', () => {
    const raised = { transition: 'raised' } as const;
    expect(subject([raised, raised])).toBe('York, January 2011: 2 warnings (Visits on time and another)');
    expect(subject([raised, raised, raised])).toBe('York, January 2011: 3 warnings (Visits on time and others)');
    expect(subject([raised, { ...raised, level: 'critical', title: 'Ünits' }])).toBe(
      'York, January 2011: 1 critical (Units), 1 warning',
    );
    expect(subject([{ ...raised, title: '東京' }])).toBe('York, January 2011: 1 warning');
    expect([countOf(1, 'warning'), countOf(2, 'warning'), countOf(2, 'critical')]).toEqual([
      ...['1 warning', '2 warnings', '2 critical'],
    ]);
  });

  it('says what month it is about, and how sure that is', () => {
    const raised = [{ transition: 'raised' }] as const;
    const words = '1 warning (Visits on time)';
    expect(subject([...raised], { about: undefined })).toBe(`York: ${words}`);
    expect(subject([...raised], { provisional: true })).toBe(`York, January 2011 (provisional): ${words}`);
    expect(subject([...raised], { takenBack: true })).toBe(`York, January 2011 (taken back): ${words}`);
    const inspection = { title: 'Later', published: '2011-01-10' };
    expect(subject([...raised], { inspection })).toBe(`York, January 2011: ${words}, a new inspection`);
    expect(subject([...raised], { inspection: { ...inspection, again: true } })).toBe(
      `York, January 2011: ${words}, an earlier inspection counts again`,
    );
  });

  it('is of as many whole words as fit', () => {
    expect(subjectLine('Łódź – “here”, Æther  and straße ')).toBe('Lodz - "here", AEther and strasse');
    expect(subjectLine('x'.repeat(99))).toBe('x'.repeat(99));
    expect(subjectLine('x'.repeat(100))).toBe(`${'x'.repeat(96)}...`);
    expect(subjectLine(`${'x'.repeat(90)}, ${'y'.repeat(20)}`)).toBe(`${'x'.repeat(90)}...`);
  });
});

test('the worst comes first, and what ended last', () => {
  const order: Partial<NoticeItem>[] = [
    { transition: 'raised', level: 'critical' },
    { transition: 'worsened', level: 'warning' },
    { transition: 'raised', level: 'watch' },
    { transition: 'raised', level: 'critical', recovering: true },
    { transition: 'unreported' },
    { transition: 'reminded', level: 'critical' },
    { transition: 'withdrawn' },
    { transition: 'cleared' },
    { transition: 'eased' },
    { transition: 'recovering' },
  ];
  const items = order.map(item);
  expect([...items].reverse().sort(compareItems)).toEqual(items);
});
