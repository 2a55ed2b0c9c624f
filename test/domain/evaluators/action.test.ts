import { describe, expect, it } from 'vitest';
import type { Action, Progress } from '../../../functions/domain/action.ts';
import type { Board, ToldAlert } from '../../../functions/domain/board.ts';
import { action } from '../../../functions/domain/evaluators/action.ts';
import { bodyOf } from '../../../functions/domain/notice.ts';
import type { Notice } from '../../../functions/domain/notice-contents.ts';
import { obligationsOf } from '../../../functions/domain/obligations.ts';
import { type Reconciled, reconcile } from '../../../functions/domain/reconcile.ts';
import type { AuthorityRecord } from '../../../functions/domain/record.ts';
import { aMetric, aRecord, HEREFORDSHIRE, months } from '../../support/build.ts';

const good = [[45, 50]] as const;
const look = (record: AuthorityRecord, now: string, stored?: Board): Reconciled =>
  reconcile(stored, record, [], new Date(now), 'show');
const boardOf = ({ board }: Reconciled): Board => board as Board;

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
      '2 recommended actions are past the due date, as this service counts it, and not reported as completed: A1, A2 since 22 October 2010',
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
      expect(`${title}`).toContain((lines[0] ?? '').replace(`- ${id} `, '').replace(/ …$/, ''));
    }
    const headings = mail.match(/^Due .*$/gm);
    expect(headings).toEqual([
      'Due 22 October 2010, as this service counts (paragraph 16 of the report):',
      'Due 22 January 2011, as this service counts (paragraph 16 of the report):',
      'Due 22 January 2011, as this service counts (paragraph 64 of the report):',
      'Due 22 April 2011, as this service counts (paragraph 16 of the report):',
      'Due 22 April 2011, as this service counts (paragraph 64 of the report):',
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
      reason: 'the inspection was loaded again, and asks for other actions, or by other days',
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

  it('are the inspection\u2019s own dates where one of them is, and each due date is a list of its own', () => {
    const [first, ...rest] = actions as [Action, ...Action[]];
    const mixed = { ...record, actions: [{ ...first, dueBasis: 'inspection' as const }, ...rest] };
    expect(boardOf(look(mixed, '2011-01-23T00:00:00Z')).alerts.action?.findings[0]?.text).toBe(
      '3 recommended actions are past the due date and not reported as completed: A1, A2 since 22 October 2010; A8 since 22 January 2011',
    );
  });

  it('are not watched while no figures are in, and name none where none is overdue', () => {
    const none = { ...record, months: [] };
    const [before, now] = [obligationsOf(none, new Date('2011-01-23T00:00:00Z')), new Date('2010-10-01T00:00:00Z')];
    expect(action.describe(before, none)).toEqual({
      value: '0 of 4 reported as completed; not watched while no figures are in',
    });
    expect(action.describe(obligationsOf(record, now), record)).toEqual({
      value: '0 of 4 reported as completed, 0 overdue',
    });
    expect(action.wasRight({} as ToldAlert, none, before)).toBe(false);
  });

  it('are looked at when each of those with a date is due, and no other', () => {
    const undated = { ...record, actions: [...actions, { ...actions[0], id: 'A99', due: undefined } as Action] };
    const at = obligationsOf(undated, new Date('2010-10-01T00:00:00Z'));
    expect(action.deadlines(at).map((each) => each.toISOString())).toEqual([
      ...['2010-10-22T23:00:00.000Z', '2010-10-22T23:00:00.000Z', '2011-01-23T00:00:00.000Z'],
      '2011-04-22T23:00:00.000Z',
    ]);
    // The next one makes it more again: less is not told by itself.
    expect(action.lasts(at)).toBe(false);
  });

  it('are covered by what was said of them, as they were overdue when it was', () => {
    const now = new Date('2010-11-10T00:00:00Z');
    const given = { alert: 'action', author: 'A. Head', note: '', period: '2011-09', level: 'warning' as const };
    const covers = (at: string, reports: readonly Progress[]) => {
      const seen = { ...record, progress: [...reports] };
      return action.covers({ ...given, at }, seen, obligationsOf(seen, now));
    };
    expect(covers('2010-11-01T00:00:00.000Z', [])).toBe(true);
    expect(covers('2010-10-01T00:00:00.000Z', [])).toBe(false);
    const completed = progress('A1', 1, 'completed', '2010-10-25T00:00:00.000Z');
    const reopened = progress('A1', 2, 'open', '2010-11-05T00:00:00.000Z');
    // Completed when it was said, overdue again since: nobody answered for that.
    expect(covers('2010-11-01T00:00:00.000Z', [completed, reopened])).toBe(false);
    expect(covers('2010-10-25T00:00:00.000Z', [completed, reopened])).toBe(false);
    expect(covers('2010-11-05T00:00:00.000Z', [completed, reopened])).toBe(true);
  });

  it('have grown only where there are more', () => {
    const told = boardOf(look(record, '2010-11-01T00:00:00Z')).alerts.action as Board['alerts'][string];
    expect([1, 2, 3].map((overdue) => action.hasGrown({ ...told, overdue }, told))).toEqual([true, false, false]);
    expect(action.hasGrown({ ...told, overdue: undefined }, told)).toBe(true);
    expect(action.hasGrown({ ...told, overdue: 1 }, { ...told, findings: [] })).toBe(false);
  });
});
