import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Board } from '../../functions/domain/board.ts';
import {
  greetingOf,
  lossOf,
  summaryOf,
  testMailOf,
  tokenEndOf,
  type Words,
} from '../../functions/domain/direct-mail.ts';
import { bodyOf } from '../../functions/domain/notice.ts';
import type { Notice, NoticeItem } from '../../functions/domain/notice-contents.ts';
import { subjectLine, subjectOf } from '../../functions/domain/notice-subject.ts';
import { addMonths } from '../../functions/domain/period.ts';
import { reconcile, standingOn } from '../../functions/domain/reconcile.ts';
import type { AuthorityRecord } from '../../functions/domain/record.ts';
import { type Reported, SubmissionSchema } from '../../functions/domain/submission.ts';
import { readCsv } from '../../functions/services/csv.ts';
import { aRecord, HEREFORDSHIRE, month } from '../support/build.ts';

const DOCUMENT = new URL('../../docs/emails.md', import.meta.url);
const read = (url: URL): string => readFileSync(url, 'utf8');

/** The months of an example, each as its first revision. */
const monthsOf = (name: string) =>
  readCsv(read(new URL(`../../seed/examples/herefordshire-${name}.csv`, import.meta.url))).months.map(
    ({ period, body }) => {
      const { observations, ...rest } = SubmissionSchema.parse(body);
      return month(period, observations, rest);
    },
  );
const YEAR = monthsOf('illustrative-2010-2011');
const PUBLISHED = monthsOf('published-2016-2025');

const PAGE = 'http://127.0.0.1:3000/';
const asMailed = ({ subject, text }: Words): string => `Subject: ${subjectLine(subject)}\n\n${text.trimEnd()}`;

/** Herefordshire, looked at after every change of its record. */
function begin() {
  let record = aRecord({ metrics: HEREFORDSHIRE.metrics, actions: HEREFORDSHIRE.actions });
  let board: Board | undefined;
  const notices: Notice[] = [];
  return {
    /** What was told so far, oldest first. */
    notices,
    standing(now: Date): Notice {
      if (!board) throw new Error('nothing was judged yet');
      return standingOn(board, record, now, 'show');
    },
    /** How things stand, as somebody who has just confirmed is told. */
    greet(at: string, waiting = 0): string {
      if (!board) throw new Error('nothing was judged yet');
      const now = new Date(at);
      const standing = standingOn(board, record, now, 'show');
      return asMailed(greetingOf(standing, { least: 'warning', waiting, isNew: true, now }, PAGE));
    },
    /** The e-mail that a change brings at an instant, as it is sent; undefined where it brings none. */
    look(at: string, change: Partial<AuthorityRecord> = {}): string | undefined {
      const superseded = record.months.filter((before) => change.months && !change.months.includes(before));
      record = { ...record, ...change };
      const { board: next = board, notice } = reconcile(board, record, superseded, new Date(at), 'show');
      board = next;
      if (notice) notices.push(notice);
      return notice && asMailed({ subject: subjectOf(notice), text: bodyOf(notice, PAGE) });
    },
    /** An acknowledgement of an alert as it stands. */
    acknowledge(alert: string, author: string, note: string, at: string) {
      const { period = '', episode } = board?.alerts[alert] ?? {};
      return { alert, author, note, at, period, level: episode?.level ?? 'watch' };
    },
  };
}

/** Every month on its own, long after the year; then a correction, and a standard that is changed. */
function aYearAtOnce(): (string | undefined)[] {
  const NOW = '2011-10-17T09:00:00.000Z';
  const { look, acknowledge } = begin();
  const through = (period: string) => ({ months: YEAR.filter((month) => month.period <= period) });
  const mails = YEAR.slice(0, -1).map(({ period }) => look(NOW, through(period)));
  const acknowledgement = acknowledge(
    'initial-assessments-on-time',
    'Head of Service',
    'two agency social workers start on 1 November',
    NOW,
  );
  look(NOW, { acknowledgements: [acknowledgement] });
  const september = look(NOW, through('2011-09'));
  const [corrected] = monthsOf('illustrative-correction').map((month) => ({ ...month, revision: 2 }));
  const correction = look(NOW, { months: [...through('2011-08').months, ...(corrected ? [corrected] : [])] });
  const standard = {
    metric: 'average-caseload',
    version: 1,
    from: '2011-08',
    value: 20,
    reason: 'agreed by the board until the new team is complete',
    author: 'Director',
    setAt: NOW,
  };
  return [mails[8], september, correction, look(NOW, { localStandards: [standard] })];
}

/** Month by month as it would have been; two actions are reported as completed, then more fall due. */
function actionsThatFallDue(): string | undefined {
  const { look } = begin();
  for (const [index, at] of ['2010-11-08', '2010-12-08', '2011-01-10'].entries())
    look(`${at}T09:00:00.000Z`, { months: YEAR.slice(0, index + 1) });
  const completed = (action: string, evidence: string) =>
    ({ action, version: 1, state: 'completed', evidence, author: 'Director', at: '2011-01-11T09:00:00.000Z' }) as const;
  look('2011-01-11T09:00:00.000Z', {
    progress: [completed('A4', 'audit of ten meetings'), completed('A6', 'audit programme agreed')],
  });
  return look('2011-01-23T00:00:00.000Z');
}

/** Everything that there was, sent at once when the service is new. */
const aFirstLoad = (): string | undefined => begin().look('2011-10-06T09:00:00.000Z', { months: YEAR });

/** A provisional month in which every share is at a half. */
function everythingFails(): string | undefined {
  const { look } = begin();
  look('2010-11-08T09:00:00.000Z', { months: YEAR.slice(0, 1) });
  const half = Object.fromEntries(
    HEREFORDSHIRE.metrics
      .filter(({ kind, polarity }) => kind === 'proportion' && polarity === 'higher')
      .map(({ id }) => [id, { numerator: 60, denominator: 120 }]),
  );
  const commentary = 'two teams have moved to the new record system; figures will be checked by the 20th';
  const failing = month('2010-11', half, { status: 'provisional', commentary });
  return look('2010-12-06T09:00:00.000Z', { months: [...YEAR.slice(0, 1), failing] });
}

/** A month in which every metric fails, after one in which all were well. */
function fortyFail(): string | undefined {
  const { look } = begin();
  const all = (isWell: boolean) =>
    Object.fromEntries(
      HEREFORDSHIRE.metrics.map(({ id, kind, polarity }): [string, Reported] => {
        const isHigh = (polarity === 'higher') === isWell;
        if (kind === 'proportion') return [id, { numerator: isHigh ? 80 : isWell ? 0 : 20, denominator: 80 }];
        return kind === 'mean' ? [id, { value: isHigh ? 40 : 10 }] : [id, { count: isHigh ? 900 : 0 }];
      }),
    );
  const months = [month('2011-08', all(true)), month('2011-09', all(false))];
  look('2011-09-08T09:00:00.000Z', { months: months.slice(0, 1) });
  return look('2011-10-10T09:00:00.000Z', { months });
}

/** A month that did not come in time. */
function aMissingMonth(): string | undefined {
  const { look } = begin();
  look('2010-11-08T09:00:00.000Z', { months: YEAR.slice(0, 1) });
  return look('2010-12-15T01:00:00.000Z');
}

/** Sends months one by one, each on the 8th after it. */
function monthByMonth(months: typeof YEAR) {
  const history = begin();
  const mails = months.map(({ period }, sent) =>
    history.look(`${addMonths(period, 1)}-08T09:00:00.000Z`, { months: months.slice(0, sent + 1) }),
  );
  return { ...history, mails };
}

/** That a critical alert is in nobody's hands, three months on, where nothing else is news: the same figure month by month. */
function aReminder(): string | undefined {
  const backlog = { 'referral-backlog': { count: 12 } };
  const months = ['2011-03', '2011-04', '2011-05', '2011-06'].map((period) => month(period, backlog));
  return monthByMonth(months).mails.at(-1);
}

/** Somebody confirms in June; the same, where two e-mails waited for them. */
function greetings(): string[] {
  const { greet, look, acknowledge } = monthByMonth(YEAR.filter(({ period }) => period <= '2011-06'));
  const at = '2011-07-12T09:00:00.000Z';
  const given = acknowledge('referral-backlog', 'A. Jones', 'Two more screeners from Monday.', at);
  look(at, { acknowledgements: [given] });
  return [greet(at), greet(at, 2)];
}

/** What is sent every month to whoever asked for it: with something raised, and with nothing to report. */
function summaries(): string[] {
  const asked = { month: '2011-06', since: '2011-06-15T23:00:00.000Z', now: new Date('2011-07-15T23:00:00.000Z') };
  const { standing } = monthByMonth(YEAR.filter(({ period }) => period <= '2011-06'));
  const well = aRecord({ metrics: HEREFORDSHIRE.metrics, actions: [] });
  const { board } = reconcile(undefined, { ...well, months: [month('2011-06', {})] }, [], asked.now, 'show');
  if (!board) throw new Error('nothing was judged');
  const nothing = standingOn(board, { ...well, months: [month('2011-06', {})] }, asked.now, 'show');
  return [
    asMailed(summaryOf(standing(asked.now), { ...asked, mails: [8] }, PAGE)),
    asMailed(summaryOf(nothing, { ...asked, mails: [] }, PAGE)),
  ];
}

const toOneAlone = (): string[] => [
  asMailed(
    lossOf(
      {
        ...{ authority: 'herefordshire', name: 'Herefordshire', address: 'd…@example.org' },
        ...{ noticedAt: '2011-07-12T09:00:00.000Z', left: 2 },
      },
      PAGE,
    ),
  ),
  asMailed(
    tokenEndOf(
      {
        ...{ id: '5f0c2a91d3be', label: 'Case system', authority: 'herefordshire', name: 'Herefordshire' },
        expires: Date.parse('2011-07-26T09:00:00.000Z') / 1000,
      },
      PAGE,
    ),
  ),
  asMailed(
    testMailOf(
      {
        authority: 'herefordshire',
        name: 'Herefordshire',
        least: 'warning',
        now: new Date('2011-07-12T09:00:00.000Z'),
      },
      PAGE,
    ),
  ),
];

/** What a reader who reads all of them makes of each: news, a reminder, noise, or misled by what it says was so. */
function countsOf(notices: readonly Notice[]) {
  const counts = { mails: 0, news: 0, reminders: 0, noise: 0, misleading: 0 };
  let known = new Map<string, NoticeItem>();
  for (const { transitions, stillRaised, watching } of notices) {
    const changed = transitions.filter(({ transition }) => transition !== 'reminded');
    const isMisled = changed.some(({ alert, was }) => {
      const before = known.get(alert);
      return was?.level !== before?.level || (was !== undefined && was.recovering !== (before?.recovering ?? false));
    });
    counts.mails++;
    if (isMisled) counts.misleading++;
    else if (changed.length > 0) counts.news++;
    else if (transitions.length > 0) counts.reminders++;
    else counts.noise++;
    const ended = (item: NoticeItem) => item.transition === 'cleared' || item.transition === 'withdrawn';
    known = new Map(
      [...transitions.filter((item) => !ended(item)), ...stillRaised, ...watching].map((item) => [item.alert, item]),
    );
  }
  return counts;
}

const EXAMPLES = [
  { title: 'the illustrative year', months: YEAR, mails: 12 },
  { title: 'ten years of published figures', months: PUBLISHED, mails: 10 },
];

test.each(EXAMPLES)(
  '$title, sent month by month, makes $mails e-mails, none of them noise or misleading',
  (example) => {
    const counts = countsOf(monthByMonth(example.months).notices);
    expect(counts).toMatchObject({ mails: example.mails, noise: 0, misleading: 0 });
    expect(counts.news + counts.reminders).toBe(counts.mails);
  },
);

/** The same counts, for whoever reads about them. */
const table = (): string =>
  [
    '| figures | e-mails | with news | only a reminder | noise | misleading |',
    '| --- | --- | --- | --- | --- | --- |',
    ...EXAMPLES.map(
      ({ title, months }) => `| ${[title, ...Object.values(countsOf(monthByMonth(months).notices))].join(' | ')} |`,
    ),
  ].join('\n');

const COUNTS = /^\| figures \|[\s\S]*?(?=\n\n)/m;

test('docs/emails.md shows the e-mails as they are sent', async () => {
  const mails = [
    ...[...aYearAtOnce(), actionsThatFallDue(), aFirstLoad(), everythingFails(), fortyFail(), aMissingMonth()],
    ...[aReminder(), ...greetings(), ...summaries(), ...toOneAlone()],
  ];
  expect(mails.map((mail) => mail?.split('\n')[0])).toEqual(mails.map(() => expect.stringMatching(/^Subject: ./)));
  const blocks = /(?<=```text\n).*?(?=\n```)/gs;
  const document = read(DOCUMENT);
  expect(document.match(blocks)).toHaveLength(mails.length);
  expect(document).toMatch(COUNTS);
  const written = document.replace(blocks, () => String(mails.shift())).replace(COUNTS, table());
  await expect(written).toMatchFileSnapshot(fileURLToPath(DOCUMENT));
});
