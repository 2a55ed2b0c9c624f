import { describe, expect, it } from 'vitest';
import {
  type Acknowledgement,
  acknowledge,
  acknowledged,
  announcedOf,
  asAnnounced,
  type Board,
  BoardSchema,
  isSaidAgain,
} from '../../functions/domain/board.ts';
import { bodyOf } from '../../functions/domain/notice.ts';
import { NoticeSchema } from '../../functions/domain/notice-contents.ts';
import { reconcile } from '../../functions/domain/reconcile.ts';
import { aMetric, aRecord, months } from '../support/build.ts';

/** A board and a notice as the version of 24 November 2026 wrote them. */
const BOARD = {
  authority: 'herefordshire',
  version: 3,
  evaluatedAt: '2010-11-20T12:00:00.000Z',
  lastNotice: 1,
  latestPeriod: '2010-10',
  judged: { '2010-10': 1 },
  standards: {},
  inspection: 'one',
  alerts: {
    assessments: {
      state: 'raised',
      level: 'critical',
      since: '2010-10',
      episode: { from: '2010-10', level: 'critical' },
      period: '2010-10',
      findings: [
        {
          evaluator: 'standard',
          level: 'critical',
          text: "40.0% (20 of 50) in 2010-10; the standard is 80% since 2000-01 (this service's default); a service exactly at the standard looks this bad in at most 1 month of 40, by chance",
          numbers: { value: 40, standard: 80, chance: 1e-9 },
        },
      ],
    },
  },
};
const ITEM = {
  alert: 'assessments',
  title: 'Assessments on time',
  transition: 'raised',
  level: 'critical',
  reached: 'critical',
  since: '2010-10',
  value: '40.0% (20 of 50) in 2010-10',
  standard: "80% since 2000-01 (this service's default)",
  findings: BOARD.alerts.assessments.findings.map(({ text }) => text),
  actions: [],
};
const NOTICE = {
  authority: 'herefordshire',
  name: 'Herefordshire',
  number: 1,
  createdAt: '2010-11-20T12:00:00.000Z',
  level: 'critical',
  period: '2010-10',
  transitions: [ITEM],
  stillRaised: [],
  watching: [],
};

it('is read as an earlier version wrote it, and says nothing new of the same figures', () => {
  const stored = BoardSchema.parse(BOARD);
  const metric = aMetric({ baseline: { kind: 'none', statement: 'The report says nothing.' } });
  const record = aRecord({ metrics: [metric], months: months(metric, [[20, 50]]) });
  const { board, notice } = reconcile(stored, record, [], new Date('2010-11-21T12:00:00Z'), 'show');
  expect(notice).toBeUndefined();
  expect(board?.version).toBe(4);
  expect(board?.alerts.assessments).toMatchObject({ state: 'raised', level: 'critical', since: '2010-10' });
});

it('has notices that are sent as an earlier version wrote them', () => {
  const body = bodyOf(NoticeSchema.parse(NOTICE), 'https://x/');
  expect(body).toContain('40.0% (20 of 50) in 2010-10.');
  expect(body).toContain(`The standard is ${ITEM.standard}.`);
  expect(body).toContain(`\n${ITEM.findings[0]}.`);
});

describe('who has an alert in hand', () => {
  const board = BoardSchema.parse(BOARD);
  const alert = board.alerts.assessments as Board['alerts'][string];
  const given = { author: 'A. Head', note: 'Plan agreed.' };
  const doing = { by: 'case system', now: new Date('2010-11-25T09:00:00.000Z') };
  const taken = acknowledge(board, undefined, 'assessments', given, doing) as Acknowledgement;

  it('is kept with when, by whom, and what it was an answer to', () => {
    expect(taken).toEqual({
      ...given,
      ...{ alert: 'assessments', by: 'case system', at: '2010-11-25T09:00:00.000Z' },
      ...{ period: '2010-10', level: 'critical' },
    });
  });

  it('is nobody where there is no board, no alert, or no episode of it', () => {
    const watching = { ...board, alerts: { assessments: { ...alert, episode: undefined } } };
    expect(acknowledge(undefined, undefined, 'assessments', given, doing)).toBeUndefined();
    expect(acknowledge(board, undefined, 'visits', given, doing)).toBeUndefined();
    expect(acknowledge(watching, undefined, 'assessments', given, doing)).toBeUndefined();
  });

  it('never took it before the board was worked out, though their clock be behind', () => {
    const behind = { ...doing, now: new Date('2010-11-20T11:00:00.000Z') };
    expect(acknowledge(board, undefined, 'assessments', given, behind)?.at).toBe(BOARD.evaluatedAt);
  });

  it('stays with whoever takes it next in the same episode, and not in another', () => {
    const next = { author: 'B. Head', note: 'Taken over.' };
    const after = acknowledge(board, taken, 'assessments', next, doing) as Acknowledgement;
    expect(after.earlier).toEqual([{ ...given, by: 'case system', at: taken.at }]);
    const unsigned = { ...taken, by: undefined };
    expect(acknowledge(board, unsigned, 'assessments', next, doing)?.earlier).toEqual([{ ...given, at: taken.at }]);
    const third = acknowledge(board, after, 'assessments', given, doing);
    expect(third?.earlier?.map(({ author }) => author)).toEqual(['A. Head', 'B. Head']);
    const former = { ...taken, period: '2010-09' };
    expect(acknowledge(board, former, 'assessments', next, doing)).not.toHaveProperty('earlier');
  });

  it('is kept of the last twenty before', () => {
    let last: Acknowledgement | undefined;
    for (let count = 0; count < 25; count++)
      last = acknowledge(board, last, 'assessments', { author: `Head ${count}`, note: '' }, doing);
    expect(last?.author).toBe('Head 24');
    expect(last?.earlier?.map(({ author }) => author)).toEqual(Array.from({ length: 20 }, (_, at) => `Head ${at + 4}`));
  });

  it('is kept of as many before as is not too much to read of every alert, and always of the last', () => {
    let last: Acknowledgement | undefined;
    for (let count = 0; count < 5; count++)
      last = acknowledge(board, last, 'assessments', { author: `Head ${count}`, note: 'x'.repeat(2000) }, doing);
    expect(last?.earlier?.map(({ author }) => author)).toEqual(['Head 2', 'Head 3']);
  });

  it('is repeated only in the same words by the same', () => {
    expect(isSaidAgain(taken, given, doing)).toBe(true);
    expect(isSaidAgain(taken, { ...given, note: 'Plan agreed' }, doing)).toBe(false);
    expect(isSaidAgain(taken, { ...given, author: 'B. Head' }, doing)).toBe(false);
    expect(isSaidAgain(taken, given, { by: 'director@example.org' })).toBe(false);
    expect(isSaidAgain(undefined, given, doing)).toBe(false);
  });

  it('is shown as it was said since the board was worked out, and after that as the board decided', () => {
    const shown = (acknowledgement: Acknowledgement | undefined, of = alert, stored: Board | undefined = board) =>
      acknowledged('assessments', of, {
        board: stored,
        acknowledgements: [
          { ...taken, alert: 'visits', author: 'Another' },
          ...(acknowledgement ? [acknowledgement] : []),
        ],
      }).acknowledgement?.note;
    const at = (time: string): Acknowledgement => ({ ...taken, at: time });
    expect(shown(undefined)).toBeUndefined();
    expect(shown(taken)).toBe('Plan agreed.');
    expect(shown(at(BOARD.evaluatedAt))).toBe('Plan agreed.');
    // The evaluation since then found that it holds no longer.
    expect(shown(at('2010-11-20T11:59:59.999Z'))).toBeUndefined();
    expect(shown(taken, { ...alert, episode: undefined })).toBeUndefined();
    expect(shown(taken, alert, undefined)).toBe('Plan agreed.');
    // The board keeps as much of the note as fits.
    const kept = { ...alert, acknowledgement: { ...taken, at: '2010-11-19T09:00:00.000Z', note: 'Plan …' } };
    expect(shown(at('2010-11-19T09:00:00.000Z'), kept)).toBe('Plan agreed.');
    expect(shown(at('2010-11-18T09:00:00.000Z'), kept)).toBe('Plan …');
  });
});

describe('what the readers of notices know', () => {
  const board = BoardSchema.parse(BOARD);
  const alert = board.alerts.assessments as Board['alerts'][string];

  it('is what the board says, where none was kept beside it: without the sentences', () => {
    const { findings: _, ...told } = alert;
    const { latestPeriod, judged, standards, inspection } = BOARD;
    expect(announcedOf(board)).toEqual({ latestPeriod, judged, standards, inspection, alerts: { assessments: told } });
    expect(announcedOf({ ...board, announced: { ...announcedOf(board), inspection: 'two' } }).inspection).toBe('two');
  });

  it('has who has it in hand, how many are overdue or missing, which settings and which inspection', () => {
    const acknowledgement = {
      ...{ alert: 'assessments', author: 'A. Head', note: 'Plan agreed.', at: '2010-11-25T09:00:00.000Z' },
      ...{ period: '2010-10', level: 'critical' as const },
    };
    const numbers = (of: object) => ({ ...alert, findings: [{ ...alert.findings[0], numbers: of }] }) as typeof alert;
    const { alerts, ...rest } = asAnnounced({
      ...{ ...board, latestPeriod: undefined, settings: 3, leading: 'herefordshire-2012' },
      alerts: {
        assessments: { ...alert, acknowledgement },
        action: numbers({ overdue: 2 }),
        submission: numbers({ missing: 3 }),
        visits: { ...alert, findings: [] },
      },
    });
    expect(rest).toEqual({
      judged: BOARD.judged,
      standards: {},
      inspection: 'one',
      settings: 3,
      leading: 'herefordshire-2012',
    });
    expect(alerts.assessments?.inHand).toEqual({ author: 'A. Head', at: acknowledgement.at });
    expect(alerts.action).toMatchObject({ overdue: 2 });
    expect(alerts.submission).toMatchObject({ missing: 3 });
    for (const name of ['inHand', 'overdue', 'missing', 'findings', 'acknowledgement'])
      expect(alerts.visits).not.toHaveProperty(name);
  });
});

it.each([
  ['as the version of November wrote it', { name: 'A. Head' }, 'A. Head'],
  ['as it is written now', { author: 'A. Head' }, 'A. Head'],
])('reads who has an alert in hand %s', (_, who, author) => {
  const stored = structuredClone(BOARD) as Record<string, any>;
  stored.alerts.assessments.acknowledgement = {
    ...{ ...who, alert: 'assessments', note: '', at: '2010-11-25T09:00:00.000Z', period: '2010-10', level: 'critical' },
  };
  expect(BoardSchema.parse(stored).alerts.assessments?.acknowledgement?.author).toBe(author);
  stored.alerts.assessments.acknowledgement = null;
  expect(BoardSchema.safeParse(stored).success).toBe(false);
  stored.alerts.assessments.acknowledgement = 'A. Head';
  expect(BoardSchema.safeParse(stored).success).toBe(false);
});
