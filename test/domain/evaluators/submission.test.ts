import { describe, expect, it } from 'vitest';
import type { Board, ToldAlert } from '../../../functions/domain/board.ts';
import { submission } from '../../../functions/domain/evaluators/submission.ts';
import { obligationsOf } from '../../../functions/domain/obligations.ts';
import { type Reconciled, reconcile } from '../../../functions/domain/reconcile.ts';
import type { AuthorityRecord } from '../../../functions/domain/record.ts';
import { aMetric, aRecord, HEREFORDSHIRE, months } from '../../support/build.ts';

const good = [[45, 50]] as const;
const look = (record: AuthorityRecord, now: string, stored?: Board): Reconciled =>
  reconcile(stored, record, [], new Date(now), 'show');
const boardOf = ({ board }: Reconciled): Board => board as Board;

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

  it('11-deadline-at-midnight-in-summer-time: goes by the clock in England', () => {
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

  it.each([
    ['2011-11', '2012-01-17T00:00:00.000Z', '2 January was a bank holiday'],
    ['2013-02', '2013-04-15T23:00:00.000Z', 'Good Friday and Easter Monday were, and the clocks went forward'],
  ])('11b-new-year-and-easter: what follows %s is late from %s on: %s', (latest, from) => {
    const record = aRecord({ months: months(aMetric(), good, latest) });
    const before = new Date(Date.parse(from) - 1).toISOString();
    expect(boardOf(look(record, before)).alerts).toEqual({});
    expect(boardOf(look(record, from)).alerts.submission?.level).toBe('warning');
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
    // Then only to say so again.
    expect(third.nextDueAt?.toISOString()).toBe('2011-03-15T00:00:00.000Z');
    expect(look(record, '2011-03-14T00:00:00Z', boardOf(third)).board).toBeUndefined();
  });

  it('says what is missing since when, and clears at once when it comes in', () => {
    const late = boardOf(look(record, '2010-12-20T12:00:00Z'));
    expect(late.alerts.submission?.findings[0]?.text).toBe(
      "the figures for November 2010 are not in; they were due by 14 December 2010, the 10th working day after the month (this service's default)",
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

  it('27-mail-of-nothing-but-eased-and-recovering: makes no e-mail of catching up: one late month came in, and the next is only late', () => {
    const late = boardOf(look(record, '2011-01-20T12:00:00Z'));
    const in2 = aRecord({ months: months(aMetric(), [...good, ...good]) });
    const { notice, board } = look(in2, '2011-01-21T12:00:00Z', late);
    expect(board?.alerts.submission).toMatchObject({ level: 'warning', since: '2010-12' });
    expect(notice).toBeUndefined();
    // Whoever was told of critical hears of the end.
    const in3 = aRecord({ months: months(aMetric(), [...good, ...good, ...good]) });
    const ended = look(in3, '2011-01-22T12:00:00Z', board).notice;
    expect(ended).toMatchObject({ level: 'critical' });
    expect(ended?.transitions[0]).toMatchObject({ transition: 'cleared', was: { level: 'critical' } });
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
        reason: 'October 2010 was taken back (revision 2)',
        value: 'no figures are in',
      },
    ]);
  });

  it('counts provisional months as in, and asks for a month that was skipped until it comes', () => {
    const [october] = record.months;
    const provisional = {
      ...(october as (typeof record.months)[number]),
      period: '2010-12',
      status: 'provisional' as const,
    };
    const gap = aRecord({ months: [...record.months, provisional] });
    const asked = look(gap, '2011-01-31T12:00:00Z');
    expect(boardOf(asked).alerts.submission).toMatchObject({ level: 'warning', since: '2010-11', period: '2010-12' });
    expect(asked.notice?.transitions[0]).toMatchObject({
      findings: ['the figures for November 2010 are not in, though later ones are'],
      value: 'figures are in up to December 2010, without November 2010',
    });
    // Told once; what is late since is told with it.
    expect(look(gap, '2011-02-10T12:00:00Z', boardOf(asked)).notice).toBeUndefined();
    const late = look(gap, '2011-02-20T12:00:00Z', boardOf(asked));
    expect(late.notice?.transitions[0]).toMatchObject({
      transition: 'worsened',
      findings: [expect.stringMatching(/^the figures for November 2010 are not in, .*; the figures for January 2011/)],
    });
    const filled = look(
      aRecord({ months: months(aMetric(), [...good, ...good, ...good]) }),
      '2011-01-31T12:00:00Z',
      boardOf(asked),
    );
    expect(filled.notice?.transitions).toMatchObject([{ alert: 'submission', transition: 'cleared' }]);
  });

  it('tells whoever heard of critical that it is less, where a later month came in and nothing is late', () => {
    const late = boardOf(look(record, '2011-01-20T12:00:00Z'));
    const [october] = record.months as [(typeof record.months)[number]];
    const later = aRecord({ months: [october, { ...october, period: '2010-12' }] });
    const { notice, board } = look(later, '2011-01-21T12:00:00Z', late);
    expect(board?.alerts.submission).toMatchObject({ level: 'warning', since: '2010-11' });
    expect(notice?.transitions).toMatchObject([{ transition: 'eased', was: { level: 'critical' }, level: 'warning' }]);
  });

  it('asks for no month between two records, nor where nothing comes every month', () => {
    const [october] = record.months as [(typeof record.months)[number]];
    const at = (period: string) => ({ ...october, period });
    const alerts = (second: string, frequency: 'monthly' | 'quarterly') =>
      boardOf(
        look(aRecord({ metrics: [aMetric({ frequency })], months: [october, at(second)] }), '2011-01-31T12:00:00Z'),
      ).alerts;
    expect(alerts('2011-05', 'monthly').submission).toMatchObject({ since: '2010-11' });
    expect(alerts('2011-06', 'monthly')).toEqual({});
    expect(alerts('2010-12', 'quarterly')).toEqual({});
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
    expect(notice?.transitions[0]?.inHand).toMatchObject({ author: 'A. Analyst', note: 'system change', lapsed: true });
    const next = { ...known, months: months(aMetric(), [...good, ...good]) };
    expect(boardOf(look(next, '2011-01-15T00:00:00Z')).alerts.submission).toBeUndefined();
  });

  it('says since when it is very late, and whose the day is', () => {
    const text = (now: string, fields: Partial<AuthorityRecord> = {}) =>
      boardOf(look({ ...record, ...fields }, now)).alerts.submission?.findings[0]?.text;
    expect(text('2011-01-15T00:00:00Z')).toBe(
      "the figures for November 2010 are not in; they were due by 14 December 2010, the 10th working day after the month (this service's default), and that is over a month ago",
    );
    const settings = [
      { ...{ version: 1, dueWorkingDay: 5, author: 'A. Head', reason: 'agreed', setAt: '2010-10-01T00:00:00.000Z' } },
    ];
    expect(text('2010-12-08T00:00:00Z', { settings })).toBe(
      'the figures for November 2010 are not in; they were due by 7 December 2010, the 5th working day after the month (local policy)',
    );
  });

  it('counts what is missing only where a month was skipped', () => {
    const at = (of: AuthorityRecord, now: string) => submission.judge(obligationsOf(of, new Date(now)))?.numbers;
    const [october] = record.months as [(typeof record.months)[number]];
    const gap = aRecord({ months: [october, { ...october, period: '2010-12' }] });
    expect(at(record, '2010-12-20T00:00:00Z')).toEqual({});
    expect(at(gap, '2011-01-10T00:00:00Z')).toEqual({ missing: 1 });
    expect(at(gap, '2011-02-20T00:00:00Z')).toEqual({ missing: 2 });
  });

  it('was right where the month came in since, and lasts while nothing is late', () => {
    const at = (of: AuthorityRecord, now: string) => obligationsOf(of, new Date(now));
    const told = (period: string) => ({ period }) as ToldAlert;
    const december = at(record, '2010-12-20T00:00:00Z');
    expect(submission.wasRight(told('2010-10'), record, december)).toBe(true);
    expect(submission.wasRight(told('2010-11'), record, december)).toBe(false);
    expect(submission.wasRight(told('2010-10'), record, at(aRecord(), '2010-12-20T00:00:00Z'))).toBe(false);
    expect(submission.lasts(at(record, '2010-12-14T12:00:00Z'))).toBe(true);
    expect(submission.lasts(at(record, '2010-12-15T00:00:00Z'))).toBe(false);
    expect(submission.lasts(at(aRecord(), '2010-12-15T00:00:00Z'))).toBe(false);
    expect(submission.deadlines(at(aRecord(), '2010-12-15T00:00:00Z'))).toEqual([]);
  });

  it('has grown where more months are missing than were', () => {
    const alert = boardOf(look(record, '2010-12-20T00:00:00Z')).alerts.submission as Board['alerts'][string];
    const of = (missing: number) =>
      ({ ...alert, findings: [{ ...alert.findings[0], numbers: { missing } }] }) as typeof alert;
    expect(submission.hasGrown({ ...alert, missing: 2 }, of(3))).toBe(true);
    expect(submission.hasGrown({ ...alert, missing: 2 }, of(2))).toBe(false);
    // Where no number says so, it was one.
    expect(submission.hasGrown(alert, of(2))).toBe(true);
    expect(submission.hasGrown(alert, alert)).toBe(false);
    expect(submission.hasGrown(alert, { ...alert, findings: [] })).toBe(false);
  });
});
