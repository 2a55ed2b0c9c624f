import { describe, expect, it } from 'vitest';
import type { Progress } from '../../functions/domain/action.ts';
import { announcedOf, type Board } from '../../functions/domain/board.ts';
import type { Metric } from '../../functions/domain/metric.ts';
import { bodyOf } from '../../functions/domain/notice.ts';
import type { Notice, NoticeItem } from '../../functions/domain/notice-contents.ts';
import { subjectOf } from '../../functions/domain/notice-subject.ts';
import { addMonths } from '../../functions/domain/period.ts';
import { reconcile } from '../../functions/domain/reconcile.ts';
import type { AuthorityRecord } from '../../functions/domain/record.ts';
import type { Month } from '../../functions/domain/submission.ts';
import { messageOf } from '../../functions/services/deliver.ts';
import {
  aBacklog,
  aLocalStandard,
  aMetric,
  anAction,
  aRecord,
  type Figure,
  month,
  months,
  reported,
} from '../support/build.ts';

/** A day on which nothing is late, whatever of the record's first months is in. */
const NOW = new Date('2010-12-01T12:00:00Z');
const metric: Metric = aMetric({ baseline: { kind: 'none', statement: 'The report says nothing.' } });
const [GOOD, POOR, BAD]: [Figure, Figure, Figure] = [
  [45, 50],
  [34, 50],
  [20, 50],
];

const recordOf = (figures: readonly Figure[], fields: Partial<AuthorityRecord> = {}): AuthorityRecord => {
  const [first = metric] = fields.metrics ?? [];
  return aRecord({ metrics: [first], months: months(first, figures), ...fields });
};

function look(record: AuthorityRecord, stored?: Board): { board: Board; notice: Notice | undefined } {
  const { board, notice } = reconcile(stored, record, [], NOW, 'show');
  return { board: board ?? (stored as Board), notice };
}

const only = (notice: Notice | undefined): NoticeItem => {
  expect(notice?.transitions).toHaveLength(1);
  return notice?.transitions[0] as NoticeItem;
};

const NEIGHBOURS = { middle: 68.123456, least: 60.123456, most: 80.123456, of: 20, unpublished: 20 };

describe('a notice', () => {
  it('is one for a whole load of months, with one net transition an alert', () => {
    const { notice } = look(recordOf([BAD, GOOD, GOOD, POOR, BAD, BAD]));
    expect(only(notice)).toMatchObject({ transition: 'raised', level: 'critical', since: '2011-01' });
  });

  it('asks first to check what can hardly be right, also where it is judged as it stands', () => {
    const { notice } = look(recordOf([2, 1, 1, 150], { metrics: [aBacklog()] }));
    expect(only(notice)).toMatchObject({ alert: 'backlog', transition: 'raised' });
    expect(bodyOf(notice as Notice, 'https://x/')).toMatch(
      /^Herefordshire, .*\n\nPLEASE CHECK\n\nBacklog: 150 cases in January 2011 is 100 times what is usual, or more\. Correct it.*\n\nWORSE/,
    );
  });

  it('says nothing of an episode that came and went within one load', () => {
    const { notice, board } = look(recordOf([BAD, GOOD, GOOD]));
    expect(notice).toBeUndefined();
    expect(board.alerts).toEqual({});
  });

  it('says what an alert reached meanwhile, and that it recovers', () => {
    const stock = aBacklog({ mOfN: { m: 2, n: 2, missing: 'ignore' } });
    const { notice } = look(recordOf([11, 11, 9, 11], { metrics: [stock] }));
    expect(bodyOf(notice as Notice, 'https://x/')).toContain(
      'Warning, new: Backlog since October 2010. It was critical in between.',
    );
    expect(notice?.level).toBe('critical');
    const recovering = look(recordOf([BAD, GOOD])).notice as Notice;
    expect(bodyOf(recovering, 'https://x/')).toContain(
      'Critical, new, but getting better: Assessments on time since October 2010.',
    );
  });

  it('tells a watch at watch, and an end with the watch that is left', () => {
    const watch = look(recordOf([[39, 50]]));
    expect(watch.notice).toMatchObject({ level: 'watch' });
    // 88% meets the standard and is unusual for a service that has 94 to 96%.
    const unusual = aMetric({ baseline: { kind: 'none', statement: 'The report says nothing.' } });
    const course: Figure[] = [94, 96, 95, 94, 96, 95, 94, 96, 95, 94, 96, 95, 60, 95].map((n) => [n, 100]);
    const metrics = { metrics: [unusual] };
    const recovering = look(recordOf(course, metrics));
    const ended = look(recordOf([...course, [88, 100]], metrics), recovering.board);
    expect(only(ended.notice)).toMatchObject({ transition: 'cleared', level: 'critical' });
    expect(ended.notice?.watching.map(({ alert }) => alert)).toEqual([metric.id]);
    expect(ended.notice?.stillRaised).toEqual([]);
  });

  it('says of a raised metric that is left out since when it is not reported, and does not clear it', () => {
    const record = recordOf([BAD]);
    const later = ['2010-11', '2010-12'].map(
      (period): Month => ({ ...(months(metric, [GOOD])[0] as Month), period, observations: {} }),
    );
    const { board, notice } = look({ ...record, months: [...record.months, ...later] });
    expect(board?.alerts[metric.id]?.state).toBe('raised');
    expect(notice?.transitions[0]?.value).toMatch(/in October 2010, not reported since \(two reports were expected\)$/);
  });

  it('08-forty-metrics-failing: puts the worst first, everywhere', () => {
    const five = ['a', 'b', 'c', 'd', 'e'].map((id) => aMetric({ ...metric, id, title: `Metric ${id}` }));
    const figures = (all: readonly Figure[]): Month['observations'] =>
      Object.fromEntries(five.map((each, i) => [each.id, reported(each, all[i] ?? GOOD)]));
    const first = (all: readonly Figure[]): Month => ({
      ...(months(metric, [GOOD])[0] as Month),
      observations: figures(all),
    });
    const second = (all: readonly Figure[]): Month => ({ ...first(all), period: '2010-11' });
    const before = aRecord({ metrics: five, months: [first([[39, 50], POOR, BAD, GOOD, GOOD])] });
    const { notice, board } = look(before);
    expect(notice?.transitions.map(({ alert }) => alert)).toEqual(['c', 'b', 'a']);
    expect(subjectOf(notice as Notice)).toBe(
      'Herefordshire, October 2010: 1 critical (Metric c), 1 warning, 1 to watch',
    );
    const after = { ...before, months: [...before.months, second([[39, 50], [34, 50], [33, 50], BAD, [34, 50]])] };
    const next = look(after, board).notice as Notice;
    expect(next.transitions.map(({ alert }) => alert)).toEqual(['b', 'd', 'e']);
    expect(next.stillRaised.map(({ alert }) => alert)).toEqual(['c']);
    const text = bodyOf(next, 'https://x/');
    const order = [
      'WORSE',
      'Metric b',
      'Metric d',
      'Metric e',
      'STILL RAISED',
      'Everything: https://x/',
      'e-mail 2 about',
    ];
    const places = order.map((part) => text.lastIndexOf(part));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
  });

  it('says of an alert what it is, the figure with its course, what it should be, why, and where to look', () => {
    const record = recordOf([GOOD, POOR], {
      metrics: [aMetric({ actions: ['A1'] })],
      actions: [anAction('A1', '2011-01-22')],
    });
    expect(bodyOf(look(record).notice as Notice, 'https://x/')).toContain(
      [
        'Warning, new: Assessments on time since November 2010.',
        "68.0% (34 of 50) in November 2010, worse: down from 90.0% (45 of 50) in October 2010. It should be 80% or more (this service's default).",
        'It has become worse than the inspectors found: 88% in September 2010 (paragraph 11).',
        'https://x/authorities/herefordshire/metrics/assessments',
      ].join('\n'),
    );
  });

  it('18-subject-cut: has a subject of less than 100 characters of printable ASCII, whatever the authority is called', () => {
    const named = (name: string): string => {
      const record = recordOf([BAD]);
      return subjectOf(look({ ...record, inspection: { ...record.inspection, name } }).notice as Notice);
    };
    expect(named('Ynys Môn – Anglesey')).toBe('Ynys Mon - Anglesey, October 2010: 1 critical (Assessments on time)');
    expect(named('東京')).toBe('herefordshire, October 2010: 1 critical (Assessments on time)');
    // A title is left out before a name is cut, and a name before a count; never within a word.
    expect(named(`${'Long '.repeat(12)}Name`)).toBe(`${'Long '.repeat(12)}Name, October 2010: 1 critical`);
    expect(named('Very Long '.repeat(20))).toBe(`${'Very Long '.repeat(6)}Very Long..., October 2010: 1 critical`);
  });

  it('counts together in its subject what is better, before it cuts a name', () => {
    const notice = look(recordOf([BAD])).notice as Notice;
    const [item] = notice.transitions as [NoticeItem];
    const transitions = (['raised', 'cleared', 'cleared', 'eased', 'recovering'] as const).map(
      (transition): NoticeItem => ({ ...item, transition }),
    );
    const named = (name: string): string => subjectOf({ ...notice, name, transitions });
    expect(named('York')).toBe('York, October 2010: 1 critical, 2 no longer raised, 1 less serious, 1 getting better');
    expect(named('Bath and North East Somerset')).toBe(
      'Bath and North East Somerset, October 2010: 1 critical, 4 better',
    );
  });

  it('fits what SNS and the database take, with everything changed and everything typed at its longest', () => {
    const many = Array.from({ length: 60 }, (_, i) =>
      aMetric({
        ...metric,
        id: `m${i}`,
        title: `${i} ${'界'.repeat(70)}`,
        baseline: { kind: 'none', statement: '界'.repeat(9000) } as const,
        actions: ['A1'],
      }),
    );
    for (const letter of ['界', '\u0001', '"', '\\', '\n']) {
      const long = letter.repeat(20_000);
      const typed = (length: number) => `x${long.slice(0, length - 2)}x`;
      const poor = {
        ...(months(metric, [GOOD])[0] as Month),
        observations: Object.fromEntries(many.map(({ id }) => [id, { numerator: 30, denominator: 50 }])),
      };
      const all = (fields: Partial<AuthorityRecord>): AuthorityRecord =>
        aRecord({
          metrics: many,
          months: [poor],
          actions: [{ ...anAction('A1', '2011-01-22'), title: typed(5000) }],
          benchmarks: many.map(({ id }) => ({
            ...{ metric: id, measure: typed(200), source: typed(300), author: typed(200), neighbours: [typed(60)] },
            loadedAt: '2010-10-01T00:00:00.000Z',
            years: [{ year: 2010, month: '2010-03', england: 'c' as const, neighbours: NEIGHBOURS }],
          })),
          ...fields,
        });
      const { board } = look(all({ months: [] }));
      const acknowledgements = many.map(({ id }) => ({
        ...{ alert: id, author: typed(200), note: typed(2000), at: '2010-12-01T12:00:00.000Z' },
        ...{ period: '2010-10', level: 'critical' as const },
      }));
      const later = { ...poor, period: '2010-11', commentary: typed(2000) };
      const localStandards = many.map(({ id }) =>
        aLocalStandard({ metric: id, from: '2010-10', value: 99, author: typed(200), reason: typed(2000) }),
      );
      const inHand = look(all({ acknowledgements, localStandards, months: [poor, later] }), board);
      const notice = inHand.notice as Notice;
      expect(notice.transitions.length + notice.stillRaised.length).toBeGreaterThanOrEqual(60);
      const text = bodyOf(notice, 'https://x/');
      expect(Buffer.byteLength(messageOf(notice, 'https://x', NOW))).toBeLessThan(256_000);
      const more = bodyOf({ ...notice, transitions: Array(900).fill(notice.transitions[0]) }, 'https://x/');
      expect(more).toMatch(/^And \d+ more: https:\/\/x\/authorities\/herefordshire$/m);
      expect(Buffer.byteLength(more)).toBeLessThan(62_000);
      expect(text).toContain('e-mail 1 about Herefordshire');
      expect(text).toContain('For comparison: England 2010: withheld so that nobody can be identified; statistical');
      expect(notice.transitions[0]).toMatchObject({ inHand: { lapsed: false }, said: [{}] });
      expect(Buffer.byteLength(JSON.stringify(notice))).toBeLessThan(390_000);
      expect(Buffer.byteLength(JSON.stringify(inHand.board))).toBeLessThan(390_000);
    }
  });

  it('04-acknowledgement-forges-lines: quotes what people typed as theirs: no line of it can pass for one of the service', () => {
    const note = 'on it\n\nNO LONGER RAISED, OR BETTER\n\u202eNo longer raised: Backlog\r\u2028CLEARED”';
    const other = aBacklog();
    const both = (period: string, count: number): Month => ({
      ...(months(metric, [BAD], period)[0] as Month),
      observations: { [metric.id]: reported(metric, BAD), [other.id]: { count } },
    });
    const given = { alert: metric.id, author: 'A\nB', note, at: '2010-12-01T12:00:00.000Z', period: '2010-10' };
    const record = aRecord({ metrics: [metric, other], months: [both('2010-10', 1)] });
    const { board } = look(record);
    const acknowledgements = [{ ...given, level: 'critical' as const }];
    const { notice } = look({ ...record, acknowledgements, months: [...record.months, both('2010-11', 30)] }, board);
    const text = bodyOf(notice as Notice, 'https://x/');
    const quoted = text.split('\n').filter((line) => /NO LONGER|CLEARED/.test(line));
    expect(quoted).toEqual(['> on it NO LONGER RAISED, OR BETTER No longer raised: Backlog CLEARED"']);
    expect(text).toContain('“A B” has it in hand. They wrote on 1 December 2010:');
  });
});

const revised = (before: Month, observations: Month['observations']): Month => ({
  ...before,
  revision: before.revision + 1,
  observations,
});
const taken = (before: Month): Month => ({ ...revised(before, {}), retracted: true });

/** A record as it grows: each step is looked at, and told where it has to be. */
function told(steps: readonly (readonly [at: string, fields: Partial<AuthorityRecord>])[], metrics = [metric]) {
  let board: Board | undefined;
  let record = aRecord({ metrics });
  const revisions = new Map<string, Month>();
  return steps.map(([at, fields]) => {
    const known = board ? announcedOf(board).judged : {};
    for (const month of record.months) revisions.set(`${month.period} ${month.revision}`, month);
    record = { ...record, ...fields };
    const changed = record.months.flatMap(({ period, revision }) =>
      known[period] === revision ? [] : (revisions.get(`${period} ${known[period]}`) ?? []),
    );
    const result = reconcile(board, record, changed, new Date(`${at}T12:00:00Z`), 'show');
    board = result.board ?? board;
    return (
      result.notice && {
        subject: subjectOf(result.notice),
        text: bodyOf(result.notice, 'https://x/'),
        notice: result.notice,
      }
    );
  });
}

describe('what was told before decides what is said', () => {
  const figures = (list: readonly Figure[], first?: string) => ({ months: months(metric, list, first) });

  it('01-relapse-untold: a relapse after a recovery that was told is told; one after a recovery that was not is no news', () => {
    const other = aBacklog();
    const both = (list: readonly (readonly [Figure, number])[]): Month[] =>
      list.map(([first, second], i) => ({
        ...(months(metric, [first], addMonths('2010-10', i))[0] as Month),
        observations: { [metric.id]: reported(metric, first), [other.id]: { count: second } },
      }));
    const [, recovering, relapse] = told(
      [
        ['2010-11-02', { months: both([[BAD, 1]]) }],
        [
          '2010-12-02',
          {
            months: both([
              [BAD, 1],
              [GOOD, 30],
            ]),
          },
        ],
        [
          '2011-01-04',
          {
            months: both([
              [BAD, 1],
              [GOOD, 30],
              [BAD, 30],
            ]),
          },
        ],
      ],
      [metric, other],
    );
    expect(recovering?.text).toContain('Getting better: Assessments on time.');
    expect(relapse?.text).toContain(
      'Critical again: Assessments on time since October 2010. It was getting better. That did not last.',
    );
    const quiet = told([
      ['2010-11-02', figures([BAD])],
      ['2010-12-02', figures([BAD, GOOD])],
      ['2011-01-04', figures([BAD, GOOD, BAD])],
    ]);
    expect(quiet.map(Boolean)).toEqual([true, false, false]);
  });

  it('09-out-of-order-backfill: an end says what was told, and level and direction are two words', () => {
    const mails = told([
      ['2010-11-02', figures([POOR])],
      ['2010-12-02', figures([POOR, BAD])],
      ['2011-01-04', figures([POOR, BAD, GOOD])],
      ['2011-02-02', figures([POOR, BAD, GOOD, GOOD])],
    ]);
    expect(mails[1]?.text).toContain('Critical, was a warning: Assessments on time since October 2010.');
    expect(mails[2]).toBeUndefined();
    expect(mails[3]?.text).toContain('No longer raised: Assessments on time. It had been critical since October 2010.');
    expect(mails[3]?.subject).toBe('Herefordshire, January 2011: 1 no longer raised (Assessments on time)');
  });

  it('05-subject-of-a-missing-month: a month that is missing is in no subject as the month of the news', () => {
    const [, late] = told([
      ['2010-11-02', figures([GOOD])],
      ['2010-12-20', {}],
    ]);
    expect(late?.subject).toBe('Herefordshire: 1 warning (Monthly figures)');
    expect(late?.text).toContain('WHAT WE CANNOT SEE\n\nWarning, new: The figures for November 2010 are not in;');
    expect(late?.text).toContain('Herefordshire. Figures are in up to October 2010.');
  });

  it('07-provisional-then-final: provisional is said first, and what was written beside the figures is quoted', () => {
    const [mail] = told([
      [
        '2010-11-02',
        {
          months: [{ ...(months(metric, [BAD])[0] as Month), status: 'provisional', commentary: 'two teams\nmissing' }],
        },
      ],
    ]);
    expect(mail?.subject).toBe('Herefordshire, October 2010 (provisional): 1 critical (Assessments on time)');
    expect(mail?.text).toContain(
      'These figures are provisional: they may change.\n\nWritten beside the figures:\n> two teams missing\n',
    );
  });

  it('23-standard-that-starts-later: a softer standard is named as the reason when it takes effect, with who set it and why', () => {
    const localStandards = [
      aLocalStandard({ from: '2011-01', value: 60, reason: 'agreed by the board', author: 'A. Head' }),
    ];
    const mails = told([
      ['2010-11-02', figures([POOR])],
      ['2010-12-02', { ...figures([POOR, POOR]), localStandards }],
      ['2011-02-02', figures([POOR, POOR, POOR, POOR])],
      ['2011-03-02', figures([POOR, POOR, POOR, POOR, POOR])],
    ]);
    const end = mails.findLast(Boolean);
    expect(end?.text).toContain('No longer raised: Assessments on time.');
    expect(end?.text).toContain('This is why: the standard was changed: 80% since January 2000');
    expect(end?.text).toContain('“A. Head” wrote:\n> agreed by the board');
  });

  it('20-first-upload-was-a-mistake: a first upload that was taken back says what is true of the actions', () => {
    const [month] = months(metric, [GOOD]);
    const actions = [anAction('A1', '2010-10-20')];
    const [, taken] = told([
      ['2010-11-02', { months: [month as Month], actions }],
      ['2010-11-03', { months: [{ ...(month as Month), revision: 2, retracted: true, observations: {} }] }],
    ]);
    expect(taken?.text).toContain('0 of 1 reported as completed; not watched while no figures are in.');
  });

  describe('an action', () => {
    const actions = [anAction('A1', '2010-10-20'), anAction('A2', '2010-11-20'), anAction('A3', '2010-12-20')];
    const report = (action: string, version: number, state: Progress['state'], day: string): Progress => ({
      ...{ action, version, state, evidence: 'seen', author: 'A. Head' },
      at: `${day}T09:00:00.000Z`,
    });
    const done = report('A1', 1, 'completed', '2010-11-03');
    const undone = report('A1', 2, 'open', '2010-11-04');
    const steps: [string, Partial<AuthorityRecord>][] = [
      ['2010-11-02', { ...figures([GOOD]), actions }],
      ['2010-11-03', { progress: [done] }],
    ];

    it('that is reported as completed, and then as open again, is the reason of what is told of it', () => {
      const [, over, again] = told([...steps, ['2010-11-04', { progress: [done, undone] }]]);
      expect(over?.text).toContain('No longer raised: Recommended actions.');
      expect(over?.text).toContain('This is why: A1 was reported as completed on 3 November 2010 by “A. Head”.');
      expect(again?.text).toContain(
        'Warning again: Recommended actions since October 2010. It was said to be over. That no longer holds.',
      );
      expect(again?.text).toContain('This is why: A1 was reported as open again on 4 November 2010 by “A. Head”.');
    });

    it('of another inspection, or that is loaded otherwise, is said to be that; one that falls due has no such reason', () => {
      const loaded = { fingerprint: 'loaded again' };
      const [, , due] = told([...steps, ['2010-11-22', loaded]]);
      expect(due?.text).toContain('Warning, new: Recommended actions since November 2010.');
      expect(due?.text, 'what was loaded did not make it so').not.toContain('This is why');
      const [, , earlier] = told([...steps, ['2010-11-05', { ...loaded, actions: [anAction('A2', '2010-10-25')] }]]);
      expect(earlier?.text).toContain(
        'This is why: the inspection was loaded again, and asks for other actions, or by other days.',
      );
      const { inspection } = aRecord();
      const newer = { ...inspection, id: 'herefordshire-2014', published: '2010-11-05' };
      const [, other] = told([
        ['2010-11-02', { ...figures([GOOD]), actions }],
        ['2010-11-05', { ...loaded, inspection: newer, actions: [anAction('B1', '2011-11-20')] }],
      ]);
      expect(other?.text, 'it was right, by what was asked for then').toContain(
        'No longer raised: Recommended actions.',
      );
      expect(other?.text).toContain(
        'This is why: a new inspection, published 5 November 2010, asks for other actions.',
      );
    });

    it('that falls due is new, though another was completed', () => {
      const [, , due] = told([...steps, ['2010-11-22', {}]]);
      expect(due?.text).toContain('Warning, new: Recommended actions since November 2010.');
      expect(due?.text).not.toContain('This is why');
      const early = report('A3', 1, 'completed', '2010-11-24');
      const [, , , later] = told([...steps, ['2010-11-22', {}], ['2010-12-22', { progress: [done, early, undone] }]]);
      expect(later?.text).toContain('This is why: A1 was reported as open again on 4 November 2010');
      expect(later?.text, 'completed in time explains nothing that is worse').not.toContain('A3 was');
    });
  });

  describe('good news that was told and did not hold is told as that', () => {
    const good = [...months(metric, [BAD, GOOD, GOOD])];
    const ended = [
      ['2010-11-02', { months: good.slice(0, 1) }],
      ['2010-12-02', { months: good.slice(0, 2) }],
      ['2011-01-04', { months: good }],
    ] as const;
    const again =
      'Critical again: Assessments on time since October 2010. It was said to be over. That no longer holds.';

    it('where a correction takes an end back', () => {
      const corrected = revised(good[2] as Month, { [metric.id]: reported(metric, BAD) });
      const mails = told([...ended, ['2011-01-05', { months: [...good.slice(0, 2), corrected] }]]);
      expect(mails[3]?.text).toContain(again);
      expect(mails[3]?.text).toContain('December 2010 was corrected (revision 2): 90.0% (45 of 50) became 40.0%');
    });

    it('where a month is taken back, also if the latest figure is well', () => {
      const [mail] = told([...ended, ['2011-01-05', { months: [...good.slice(0, 2), taken(good[2] as Month)] }]]).slice(
        3,
      );
      expect(mail?.subject).toBe('Herefordshire, December 2010 (taken back): 1 raised again (Assessments on time)');
      expect(mail?.text).toContain(
        'Herefordshire. The figures for December 2010 were taken back. Figures are in up to November 2010.',
      );
      expect(mail?.text).toContain(
        'Critical again, but getting better: Assessments on time since October 2010. It was',
      );
      expect(mail?.text).toContain('December 2010 was taken back (revision 2): 90.0% (45 of 50) was taken out.');
    });

    it('where a month that was taken back is sent again as it was', () => {
      const [first, failing] = months(metric, [GOOD, BAD]) as [Month, Month];
      const back = taken(failing);
      const mails = told([
        ['2010-12-02', { months: [first, failing] }],
        ['2010-12-03', { months: [first, back] }],
        ['2010-12-04', { months: [first, { ...failing, revision: 3 }] }],
      ]);
      expect(mails[2]?.text).toContain(
        'Critical again: Assessments on time since November 2010. It was said to be over.',
      );
      expect(mails[2]?.text).toContain('November 2010 was submitted again (revision 3): 40.0% (20 of 50).');
    });

    it('where what comes back is only to watch', () => {
      const [first, failing] = months(metric, [GOOD, BAD]) as [Month, Month];
      const mild = { ...failing, revision: 3, observations: { [metric.id]: reported(metric, [39, 50]) } };
      const mails = told([
        ['2010-12-02', { months: [first, failing] }],
        ['2010-12-03', { months: [first, taken(failing)] }],
        ['2010-12-04', { months: [first, mild] }],
      ]);
      expect(mails[2]?.text).toContain(
        'To watch again: Assessments on time since November 2010. It was said to be over.',
      );
    });

    it('and what fails a year later is new', () => {
      const [, , , later] = told([...ended, ['2011-02-02', { months: months(metric, [BAD, GOOD, GOOD, BAD]) }]]);
      expect(later?.text).toContain('Critical, new: Assessments on time since January 2011.');
    });
  });

  describe('the subject names no month', () => {
    it('where a standard is the news', () => {
      const [, mail] = told([
        ['2010-11-02', figures([POOR])],
        ['2010-11-03', { localStandards: [aLocalStandard({ from: '2010-10', value: 60 })] }],
      ]);
      expect(mail?.subject).toBe('Herefordshire: 1 withdrawn (Assessments on time)');
      expect(mail?.text).toContain(
        'It had been a warning since October 2010. Judged again, there is no reason for that.',
      );
    });

    it('but that of the figures that came late, not of the latest', () => {
      const late = months(metric, [BAD, BAD, GOOD]);
      const [, mail] = told([
        ['2011-01-02', { months: late.slice(2) }],
        ['2011-01-03', { months: late.slice(1) }],
      ]);
      expect(mail?.subject).toBe('Herefordshire, November 2010: 1 new, but getting better (Assessments on time)');
      expect(mail?.text).toContain('figures for November 2010; figures are in up to December 2010.');
    });
  });

  it('a level that goes up while the figure gets better says why', () => {
    const [, mail] = told(
      [
        ['2010-11-02', { months: months(aBacklog(), [30]) }],
        ['2010-12-02', { months: months(aBacklog(), [30, 20]) }],
      ],
      [aBacklog()],
    );
    expect(mail?.text).toContain(
      'Critical, was a warning: Backlog since October 2010.\n20 cases in November 2010, better:',
    );
    expect(mail?.text).toContain('\nTwo of the latest reports are not what they should be.\n');
  });

  it('figures that are very late are not new, where they were said to be late', () => {
    const [, , very] = told([
      ['2010-11-02', figures([GOOD])],
      ['2010-12-20', {}],
      ['2011-01-20', {}],
    ]);
    expect(very?.text).toContain('WHAT WE CANNOT SEE\n\nCritical, was a warning: The figures for November 2010');
  });

  it('an alert that comes after another says that the one before had ended', () => {
    const [, mail] = told([
      ['2010-11-02', figures([BAD])],
      ['2011-03-02', figures([BAD, GOOD, GOOD, BAD, BAD])],
    ]);
    expect(mail?.text).toContain(
      'Critical again: Assessments on time since January 2011. The alert before it had ended in between.',
    );
  });

  describe('a metric that changes while it is raised', () => {
    const other = aBacklog();
    const raised = ['2010-11-02', figures([BAD])] as const;
    const changedIn = (fields: Partial<AuthorityRecord>) => [
      raised,
      ['2010-11-10', { fingerprint: 'two', ...fields }] as const,
      [
        '2010-12-02',
        {
          months: [
            ...months(metric, [BAD]),
            month('2010-11', { assessments: { numerator: 5, denominator: 50 }, backlog: { count: 1 } }),
          ],
        },
      ] as const,
    ];

    it('is no longer measured, which is no good news, and says what took its place', () => {
      const changed = { ...metric, until: '2010-10', replacedBy: other.id };
      const mail = told(changedIn({ metrics: [changed, other] }))[2];
      expect(mail?.subject).toBe('Herefordshire, November 2010: 1 no longer measured (Assessments on time)');
      expect(mail?.text).toContain('No longer measured: Assessments on time. It had been critical since October 2010.');
      expect(mail?.text).toContain('not been measured since the end of October 2010; “Backlog” took its place.');
      expect(mail?.text).not.toContain('expected');
    });

    it('is called by both names, and what is loaded is no reason for what later figures did', () => {
      const changed = {
        ...metric,
        title: 'Single assessments',
        formerTitles: [{ title: metric.title, until: '2010-11-09' }],
      };
      const mail = told(changedIn({ metrics: [changed] }))[2];
      expect(mail?.text).toContain(
        'Still critical, and worse: Single assessments since October 2010.\nIt was called “Assessments on time” until 9 November 2010.\n',
      );
      expect(mail?.text).not.toContain('This is why');
    });

    it('has a title still when it is taken out', () => {
      const mail = told(changedIn({ metrics: [other] }))[1];
      expect(mail?.subject).toBe('Herefordshire: 1 no longer measured (Assessments)');
      expect(mail?.text).toContain('This is why: it is no longer one of the metrics that are watched.');
    });
  });

  it('whoever took an alert in hand since it was told is told that it got worse, and had it in hand when it ends', () => {
    const acknowledgements = [
      { alert: metric.id, author: 'A. Head', note: 'on it', at: '2010-11-03T12:00:00.000Z', period: '2010-10' },
    ].map((given) => ({ ...given, level: 'critical' as const }));
    const taken = [
      ['2010-11-02', figures([BAD])],
      ['2010-11-03', { acknowledgements }],
    ] as const;
    const [, , worse] = told([...taken, ['2010-12-02', figures([BAD, [5, 50]])]]);
    expect(worse?.text).toContain(
      '“A. Head” had it in hand, but it has got worse since. They wrote on 3 November 2010:',
    );
    const [, , , over] = told([
      ...taken,
      ['2010-12-02', figures([BAD, GOOD])],
      ['2011-01-04', figures([BAD, GOOD, GOOD])],
    ]);
    expect(over?.text).toContain('“A. Head” had it in hand. They wrote on 3 November 2010:\n> on it');
  });

  it('a metric that is not reported any more says since when', () => {
    const other = aBacklog();
    const only = (period: string): Month => ({ ...(months(other, [50], period)[0] as Month) });
    const [, mail] = told(
      [
        ['2010-11-02', figures([BAD])],
        ['2010-12-02', { months: [...months(metric, [BAD]), only('2010-11')] }],
      ],
      [metric, other],
    );
    expect(mail?.text).toContain('40.0% (20 of 50) in October 2010, not reported since (one report was expected).');
  });
});
