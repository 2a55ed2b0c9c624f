import { describe, expect, it } from 'vitest';
import type { Board } from '../../functions/domain/board.ts';
import type { Action, Progress } from '../../functions/domain/inspection.ts';
import { bodyOf, type Notice } from '../../functions/domain/notice.ts';
import { startOfDayInEngland } from '../../functions/domain/period.ts';
import { type Reconciled, reconcile } from '../../functions/domain/reconcile.ts';
import type { AuthorityRecord } from '../../functions/domain/record.ts';
import { addMonthToDay, workingDayAfter } from '../../functions/domain/working-days.ts';
import { aMetric, aRecord, BANK_HOLIDAYS, HEREFORDSHIRE, months } from '../support/build.ts';

const at = (instant: string): Date => new Date(instant);
const good = [[45, 50]] as const;
const look = (record: AuthorityRecord, now: string, stored?: Board): Reconciled =>
  reconcile(stored, record, [], at(now), 'show');
const boardOf = ({ board }: Reconciled): Board => board as Board;

describe('working days in England and Wales', () => {
  it.each([
    ['a plain month', '2011-01', '2011-02-14'],
    ['Easter, the royal wedding and May Day lie before it', '2011-03', '2011-04-14'],
    ['so that April is due late in May', '2011-04', '2011-05-16'],
    ['Christmas and New Year with their substitutes', '2010-12', '2011-01-17'],
    ['the month in which the clocks go forward', '2011-02', '2011-03-14'],
  ])('the tenth after the end of the month: %s', (_, period, day) => {
    expect(workingDayAfter(period, 10, BANK_HOLIDAYS)).toBe(day);
  });

  it.each([
    ['2011-02-14', '2011-03-14'],
    ['2011-01-31', '2011-02-28'],
    ['2012-01-31', '2012-02-29'],
    ['2011-12-14', '2012-01-14'],
  ])('a month after %s is %s', (day, next) => {
    expect(addMonthToDay(day)).toBe(next);
  });

  it.each([
    ['2011-03-27', '2011-03-27T00:00:00.000Z'],
    ['2011-03-28', '2011-03-27T23:00:00.000Z'],
    ['2011-10-30', '2011-10-29T23:00:00.000Z'],
    ['2011-10-31', '2011-10-31T00:00:00.000Z'],
  ])('midnight of %s, when clocks change, is %s', (day, instant) => {
    expect(startOfDayInEngland(day).toISOString()).toBe(instant);
  });
});

describe('a missing submission', () => {
  // October 2010 is in; November is due by 14 December.
  const record = aRecord({ months: months(aMetric(), good) });

  it('is a warning once the tenth working day is over in England, and critical a month later', () => {
    const seen = (now: string): string | undefined => boardOf(look(record, now)).alerts.submission?.level;
    expect(seen('2010-12-14T23:59:59.999Z')).toBeUndefined();
    expect(seen('2010-12-15T00:00:00.000Z')).toBe('warning');
    expect(seen('2011-01-14T23:59:59.999Z')).toBe('warning');
    expect(seen('2011-01-15T00:00:00.000Z')).toBe('critical');
  });

  it('goes by the clock in England in summer', () => {
    const may = aRecord({ months: months(aMetric(), good, '2011-04') });
    // May 2011 is due by 14 June, which ends at 23:00 UTC.
    expect(boardOf(look(may, '2011-06-14T22:59:59.999Z')).alerts).toEqual({});
    expect(boardOf(look(may, '2011-06-14T23:00:00.000Z')).alerts.submission).toMatchObject({
      state: 'raised',
      level: 'warning',
      since: '2011-05',
      period: '2011-05',
      episode: { from: '2011-05', level: 'warning' },
    });
  });

  it('is looked for at the moments when it becomes one, and at no other', () => {
    const first = look(record, '2010-11-20T12:00:00Z');
    expect(first.nextDueAt?.toISOString()).toBe('2010-12-15T00:00:00.000Z');
    const second = look(record, '2010-12-15T00:00:00Z', boardOf(first));
    expect(second.notice?.transitions[0]).toMatchObject({
      alert: 'submission',
      transition: 'raised',
      level: 'warning',
    });
    expect(second.nextDueAt?.toISOString()).toBe('2011-01-15T00:00:00.000Z');
    const third = look(record, '2011-01-15T00:00:00Z', boardOf(second));
    expect(third.notice?.transitions[0]).toMatchObject({ transition: 'worsened', level: 'critical', since: '2010-11' });
    expect(third.nextDueAt).toBeUndefined();
    expect(look(record, '2015-01-15T00:00:00Z', boardOf(third))).toEqual({});
  });

  it('says what is missing since when, and clears at once when it comes in', () => {
    const late = boardOf(look(record, '2010-12-20T12:00:00Z'));
    expect(late.alerts.submission?.findings[0]?.text).toBe(
      'the figures for November 2010 are not in; they were due by 2010-12-14, the 10th working day after the month (local policy)',
    );
    const in2 = aRecord({ months: months(aMetric(), [...good, ...good]) });
    const { notice, board } = look(in2, '2010-12-21T12:00:00Z', late);
    expect(board?.alerts).toEqual({});
    expect(notice).toMatchObject({ level: 'warning', period: '2010-11' });
    expect(notice?.transitions[0]).toMatchObject({
      title: 'Monthly figures',
      transition: 'cleared',
      value: 'figures are in up to November 2010',
    });
  });

  it('tells who was told of critical when one late month came in and the next is only late', () => {
    const late = boardOf(look(record, '2011-01-20T12:00:00Z'));
    const in2 = aRecord({ months: months(aMetric(), [...good, ...good]) });
    const { notice, board } = look(in2, '2011-01-21T12:00:00Z', late);
    expect(board?.alerts.submission).toMatchObject({ level: 'warning', since: '2010-12' });
    expect(notice).toMatchObject({ level: 'critical' });
    expect(notice?.transitions[0]).toMatchObject({ transition: 'eased', level: 'warning' });
  });

  it('does not concern an authority that never submitted, nor one that retracted all', () => {
    const never = look(aRecord({ actions: HEREFORDSHIRE.actions }), '2020-01-01T00:00:00Z');
    expect(never.board?.alerts).toEqual({});
    expect(never.nextDueAt).toBeUndefined();
    const late = boardOf(look(record, '2011-01-20T12:00:00Z'));
    const retracted = record.months.map((month) => ({ ...month, revision: 2, retracted: true, observations: {} }));
    const { notice, board, nextDueAt } = look(aRecord({ months: retracted }), '2011-01-21T12:00:00Z', late);
    expect(board?.alerts).toEqual({});
    expect(nextDueAt).toBeUndefined();
    expect(notice?.transitions).toMatchObject([
      {
        alert: 'submission',
        transition: 'withdrawn',
        reason: '2010-10 was retracted (revision 2)',
        value: 'no figures are in',
      },
    ]);
  });

  it('counts provisional months as in, and earlier gaps as no matter of lateness', () => {
    const [october] = record.months;
    const provisional = {
      ...(october as (typeof record.months)[number]),
      period: '2010-12',
      status: 'provisional' as const,
    };
    const gap = aRecord({ months: [...record.months, provisional] });
    expect(boardOf(look(gap, '2011-01-31T12:00:00Z')).alerts).toEqual({});
  });

  it('keeps an acknowledgement while the same month is missing and nothing is worse', () => {
    const acknowledgement = {
      alert: 'submission',
      author: 'A. Analyst',
      note: 'system change',
      at: '2010-12-20T12:00:00.000Z',
      period: '2010-11',
      level: 'warning' as const,
    };
    const known = { ...record, acknowledgements: [acknowledgement] };
    const warned = boardOf(look(known, '2010-12-21T00:00:00Z'));
    expect(warned.alerts.submission?.acknowledgement).toEqual(acknowledgement);
    const { board, notice } = look(known, '2011-01-15T00:00:00Z', warned);
    expect(board?.alerts.submission?.acknowledgement).toBeUndefined();
    expect(notice?.transitions[0]?.acknowledgement).toBe(
      'A. Analyst on 2010-12-20: system change (no longer holds, as it got worse since)',
    );
    const next = { ...known, months: months(aMetric(), [...good, ...good]) };
    expect(boardOf(look(next, '2011-01-15T00:00:00Z')).alerts.submission).toBeUndefined();
  });
});

describe('overdue actions', () => {
  const actions: Action[] = HEREFORDSHIRE.actions.filter(({ id }) => ['A1', 'A2', 'A8', 'A13'].includes(id));
  const progress = (action: string, version: number, state: Progress['state'], at: string): Progress => ({
    action,
    version,
    state,
    evidence: 'minutes of the board',
    author: 'A. Head',
    at,
  });
  // Figures are in up to September 2011, so that nothing else is late.
  const record = aRecord({
    actions,
    months: months(
      aMetric(),
      Array.from({ length: 12 }, () => good[0]),
    ),
  });

  it('are one warning that lists them, from the midnight in England after the due date', () => {
    expect(boardOf(look(record, '2010-10-22T22:59:59.999Z')).alerts).toEqual({});
    const { board, notice } = look(record, '2010-10-22T23:00:00.000Z');
    expect(board?.alerts.action).toMatchObject({ level: 'warning', since: '2010-10', period: '2011-09' });
    expect(board?.alerts.action?.findings[0]?.text).toBe(
      '2 recommended actions are past the due date and not reported as completed: A1, A2 since 2010-10-22',
    );
    expect(notice?.transitions[0]).toMatchObject({
      alert: 'action',
      title: 'Recommended actions',
      value: '0 of 4 reported as completed, 2 overdue',
      overdue: [{ id: 'A1' }, { id: 'A2' }],
    });
  });

  it('are each named once in the e-mail, under due date and paragraph, in a line that is not too long', () => {
    const all = { ...record, actions: HEREFORDSHIRE.actions };
    const mail = bodyOf(look(all, '2011-04-23T00:00:00Z').notice as Notice, 'https://x/');
    for (const { id, title } of HEREFORDSHIRE.actions) {
      const lines = mail.split('\n').filter((line) => new RegExp(`\\b${id}\\b`).test(line));
      expect(lines).toHaveLength(1);
      expect(lines[0]?.length).toBeLessThan(84);
      expect(`${title}`).toContain((lines[0] ?? '').replace(`    ${id} `, '').replace(/ …$/, ''));
    }
    const headings = mail.match(/^ {2}Due .*$/gm);
    expect(headings).toEqual([
      '  Due 2010-10-22 (paragraph 16):',
      '  Due 2011-01-22 (paragraph 16):',
      '  Due 2011-01-22 (paragraph 64):',
      '  Due 2011-04-22 (paragraph 16):',
      '  Due 2011-04-22 (paragraph 64):',
    ]);
  });

  it('are judged in the month of the last due date that passed, where the figures end before it', () => {
    const earlier = { ...record, months: months(aMetric(), good, '2010-09') };
    expect(boardOf(look(earlier, '2010-11-01T00:00:00Z')).alerts.action).toMatchObject({
      since: '2010-10',
      period: '2010-10',
    });
  });

  it('get worse when more fall due', () => {
    const first = look(record, '2011-01-22T12:00:00Z');
    expect(first.nextDueAt?.toISOString()).toBe('2011-01-23T00:00:00.000Z');
    const { notice } = look(record, '2011-01-23T00:00:00Z', boardOf(first));
    expect(notice?.transitions[0]).toMatchObject({ transition: 'worsened', level: 'warning', since: '2010-10' });
  });

  it('are done when progress says so, by its newest version', () => {
    const late = boardOf(look(record, '2010-11-01T00:00:00Z'));
    const one = { ...record, progress: [progress('A1', 1, 'completed', '2010-11-02T00:00:00.000Z')] };
    const fewer = look(one, '2010-11-02T00:00:00Z', late);
    expect(fewer.notice).toBeUndefined();
    expect(fewer.board?.alerts.action?.findings[0]?.text).toContain('1 recommended action is past');
    const both = { ...one, progress: [...one.progress, progress('A2', 1, 'completed', '2010-11-03T00:00:00.000Z')] };
    const done = look(both, '2010-11-03T00:00:00Z', boardOf(fewer));
    expect(done.notice?.transitions[0]).toMatchObject({
      transition: 'cleared',
      value: '2 of 4 reported as completed, 0 overdue',
    });
    expect(bodyOf(done.notice as Notice, 'https://x/')).not.toContain('To change');
    const reopened = { ...both, progress: [...both.progress, progress('A2', 2, 'open', '2010-11-04T00:00:00.000Z')] };
    expect(boardOf(look(reopened, '2010-11-04T00:00:00Z', boardOf(done))).alerts.action).toMatchObject({
      since: '2010-10',
    });
  });

  it('are withdrawn where the inspection no longer recommends them', () => {
    const late = boardOf(look(record, '2010-11-01T00:00:00Z'));
    const { notice } = look({ ...record, actions: [], fingerprint: 'two' }, '2010-11-01T00:00:00Z', late);
    expect(notice?.transitions[0]).toMatchObject({
      transition: 'withdrawn',
      reason: "the inspection's data was loaded anew and differs",
    });
  });

  it('stay acknowledged until another one is overdue', () => {
    const acknowledgement = {
      alert: 'action',
      author: 'A. Head',
      note: 'plan agreed',
      at: '2010-11-01T00:00:00.000Z',
      period: '2011-09',
      level: 'warning' as const,
    };
    const known = { ...record, acknowledgements: [acknowledgement] };
    expect(boardOf(look(known, '2011-01-22T12:00:00Z')).alerts.action?.acknowledgement).toEqual(acknowledgement);
    expect(boardOf(look(known, '2011-01-23T00:00:00Z')).alerts.action?.acknowledgement).toBeUndefined();
    const completed = { ...known, progress: [progress('A8', 1, 'completed', '2011-01-10T00:00:00.000Z')] };
    expect(boardOf(look(completed, '2011-01-23T00:00:00Z')).alerts.action?.acknowledgement).toEqual(acknowledgement);
  });
});
