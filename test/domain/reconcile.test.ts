import { describe, expect, it } from 'vitest';
import type { Acknowledgement, Board } from '../../functions/domain/board.ts';
import { type Level, rank } from '../../functions/domain/lifecycle.ts';
import type { LocalStandard, Metric } from '../../functions/domain/metric.ts';
import { bodyOf } from '../../functions/domain/notice.ts';
import type { Notice, NoticeItem } from '../../functions/domain/notice-contents.ts';
import { subjectOf } from '../../functions/domain/notice-subject.ts';
import { addMonths } from '../../functions/domain/period.ts';
import { reconcile, standingOn, timelines } from '../../functions/domain/reconcile.ts';
import type { AuthorityRecord } from '../../functions/domain/record.ts';
import type { Month } from '../../functions/domain/submission.ts';
import { aBacklog, aMetric, aRecord, type Figure, month, months, reported } from '../support/build.ts';

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

function look(
  record: AuthorityRecord,
  stored?: Board,
  superseded: readonly Month[] = [],
): { board: Board; notice: Notice | undefined } {
  const { board, notice } = reconcile(stored, record, superseded, NOW, 'show');
  return { board: board ?? (stored as Board), notice };
}

/** The record with one month in its next revision. */
function revise(record: AuthorityRecord, period: string, fields: Partial<Month>): [AuthorityRecord, Month[]] {
  const superseded = record.months.filter((month) => month.period === period);
  const revised = record.months.map((month) =>
    month.period === period ? { ...month, revision: month.revision + 1, ...fields } : month,
  );
  return [{ ...record, months: revised }, superseded];
}

const of = (figure: Figure, first = metric): Pick<Month, 'observations'> => ({
  observations: { [first.id]: reported(first, figure) },
});
const only = (notice: Notice | undefined): NoticeItem => {
  expect(notice?.transitions).toHaveLength(1);
  return notice?.transitions[0] as NoticeItem;
};

describe('a correction', () => {
  it('withdraws the alert it falsifies, and names month, revision and both values', () => {
    const record = recordOf([GOOD, BAD]);
    const { board } = look(record);
    const [corrected, superseded] = revise(record, '2010-11', of(GOOD));
    const { board: after, notice } = look(corrected, board, superseded);
    expect(after.alerts).toEqual({});
    expect(only(notice)).toMatchObject({
      transition: 'withdrawn',
      level: 'critical',
      since: '2010-11',
      reason: 'November 2010 was corrected (revision 2): 40.0% (20 of 50) became 90.0% (45 of 50)',
      value: '90.0% (45 of 50) in November 2010',
    });
    expect(notice?.level).toBe('critical');
  });

  it('raises the alert it creates with the month it dates from', () => {
    const record = recordOf([GOOD, GOOD, POOR]);
    const { board } = look(record);
    const [corrected, superseded] = revise(record, '2010-10', of(BAD));
    const { board: after, notice } = look(corrected, board, superseded);
    expect(after.alerts.assessments).toMatchObject({ level: 'critical' });
    expect(only(notice)).toMatchObject({
      transition: 'worsened',
      since: after.alerts.assessments?.since,
      reason: 'October 2010 was corrected (revision 2): 90.0% (45 of 50) became 40.0% (20 of 50)',
    });
    const first = recordOf([GOOD, GOOD]);
    const clear = look(first);
    const [worse, before] = revise(first, '2010-10', of(BAD));
    const raised = look(worse, clear.board, before);
    expect(only(raised.notice)).toMatchObject({ transition: 'raised', since: '2010-10', recovering: true });
  });

  it('re-judges every later month: an episode that it lengthens goes on, one that it cuts short is withdrawn', () => {
    const record = recordOf([BAD, GOOD, BAD]);
    const { board } = look(record);
    expect(board.alerts.assessments?.since).toBe('2010-10');
    const [corrected, superseded] = revise(record, '2010-10', of(GOOD));
    const { board: after, notice } = look(corrected, board, superseded);
    expect(after.alerts.assessments?.since).toBe('2010-12');
    expect(notice).toBeUndefined();
  });

  it('of many months names three and counts the others', () => {
    const record = recordOf([BAD, BAD, BAD, BAD, BAD]);
    const { board } = look(record);
    const corrected = { ...record, months: record.months.map((month) => ({ ...month, revision: 2, ...of(GOOD) })) };
    const reason = only(look(corrected, board, record.months).notice).reason;
    expect(reason?.match(/was corrected/g)).toHaveLength(3);
    expect(reason).toMatch(/; and 2 more months$/);
  });

  it('that leaves the figures of a metric alone is no reason for what became of it', () => {
    const other = aBacklog();
    const both = (first: Figure, second: number): Pick<Month, 'observations'> => ({
      observations: { [metric.id]: reported(metric, first), [other.id]: { count: second } },
    });
    const record = aRecord({
      metrics: [metric, other],
      months: months(metric, [GOOD, GOOD]).map((month, i) => ({ ...month, ...both(GOOD, i ? 20 : 5) })),
    });
    const { board } = look(record);
    const [revised, superseded] = revise(record, '2010-11', both(GOOD, 5));
    const { notice } = look(revised, board, superseded);
    expect(only(notice)).toMatchObject({ alert: 'backlog', transition: 'withdrawn' });
    const [commented, same] = revise(record, '2010-11', { commentary: 'checked' });
    expect(look(commented, board, same).notice).toBeUndefined();
    const next = months(metric, [BAD], '2010-12');
    const worse = look({ ...commented, months: [...commented.months, ...next] }, board, same).notice;
    expect(worse?.transitions.find(({ alert }) => alert === metric.id)).toMatchObject({ transition: 'raised' });
    expect(worse?.transitions.find(({ alert }) => alert === metric.id)?.reason).toBeUndefined();
  });

  it('may retract a month, hand it in again, or fill a gap; each is called what it is', () => {
    const record = recordOf([GOOD, BAD]);
    const { board } = look(record);
    const [retracted, first] = revise(record, '2010-11', { retracted: true, observations: {} });
    const gone = look(retracted, board, first);
    expect(only(gone.notice)).toMatchObject({
      transition: 'withdrawn',
      reason: 'November 2010 was taken back (revision 2): 40.0% (20 of 50) was taken out',
    });
    expect(gone.board.latestPeriod).toBe('2010-10');
    const gap = recordOf([GOOD, BAD, GOOD]);
    const without = { ...gap, months: gap.months.filter(({ period }) => period !== '2010-11') };
    const filled = look(gap, look(without).board);
    expect(filled.notice?.transitions.find(({ alert }) => alert === metric.id)?.reason).toBe(
      'November 2010 came in after later months: 40.0% (20 of 50)',
    );
    const [hole, before] = revise(gap, '2010-11', { retracted: true, observations: {} });
    const [again] = revise(hole, '2010-11', { ...of(BAD), retracted: false });
    const back = look(again, look(hole).board, hole.months);
    expect(before).toHaveLength(1);
    expect(back.notice?.transitions.find(({ alert }) => alert === metric.id)?.reason).toBe(
      'November 2010 was submitted again (revision 3): 40.0% (20 of 50)',
    );
  });

  it('may make a provisional month final', () => {
    const [provisional] = revise(recordOf([GOOD, BAD]), '2010-11', { status: 'provisional', revision: 1 });
    const { board, notice: first } = look(provisional);
    expect(first?.transitions[0]?.value).toBe('provisional 40.0% (20 of 50) in November 2010');
    const [final, superseded] = revise(provisional, '2010-11', { status: 'final', ...of(GOOD) });
    expect(only(look(final, board, superseded).notice).reason).toBe(
      'November 2010 was made final (revision 2): provisional 40.0% (20 of 50) became 90.0% (45 of 50)',
    );
    const [same, earlier] = revise(provisional, '2010-11', { status: 'final' });
    expect(look(same, board, earlier).notice).toBeUndefined();
  });

  it('keeps small numbers hidden in what changed and in every finding', () => {
    const record = recordOf([
      [46, 50],
      [3, 50],
    ]);
    const { board } = reconcile(undefined, record, [], NOW, 'suppress');
    const [corrected, superseded] = revise(record, '2010-11', of([4, 50]));
    const [again] = revise(corrected, '2010-11', of([47, 50]));
    const { notice } = reconcile(board, again, superseded, NOW, 'suppress');
    const text = bodyOf(notice as Notice, 'https://x/');
    expect(text).toContain('about 5% (5 or fewer of 50) became about 95% (all but 5 or fewer of 50)');
    expect(text).not.toMatch(/\b(3|4|46|47) of 50/);
    expect(JSON.stringify(notice)).not.toMatch(/\b(3|4|46|47) of 50/);
  });
});

describe('what ended', () => {
  it('through later clean months is cleared, not withdrawn', () => {
    const { board } = look(recordOf([BAD]));
    const recovering = look(recordOf([BAD, GOOD]), board);
    expect(recovering.notice).toBeUndefined();
    expect(recovering.board.alerts.assessments?.state).toBe('recovering');
    const cleared = look(recordOf([BAD, GOOD, GOOD]), recovering.board);
    const item = only(cleared.notice);
    expect(item).toMatchObject({ transition: 'cleared', level: 'critical', since: '2010-10' });
    expect(item.reason).toBeUndefined();
    expect(look(recordOf([BAD, GOOD, GOOD]), board).notice?.transitions[0]?.transition).toBe('cleared');
  });

  it('at critical and eased before is told to those who were told of critical', () => {
    const { board } = look(recordOf([BAD]));
    const eased = look(recordOf([BAD, [44, 50], [44, 50], [44, 50], [34, 50]]), board);
    expect(eased.board.alerts.assessments).toMatchObject({ level: 'warning' });
    const stock = aBacklog({ mOfN: { m: 3, n: 3, missing: 'ignore' } });
    const first = look(recordOf([11, 11, 11], { metrics: [stock] }));
    expect(first.board.alerts.backlog?.level).toBe('critical');
    const [corrected, superseded] = revise(recordOf([11, 11, 11], { metrics: [stock] }), '2010-10', of(9, stock));
    const lower = look(corrected, first.board, superseded);
    expect(only(lower.notice)).toMatchObject({ transition: 'eased', level: 'warning' });
    expect(lower.notice?.level).toBe('critical');
    expect(subjectOf(lower.notice as Notice)).toBe('Herefordshire, October 2010: 1 less serious (Backlog)');
  });

  it('is withdrawn with its reason where the inspection no longer has the metric', () => {
    const { board } = look(recordOf([BAD]));
    const other = aMetric({ id: 'other' });
    const { notice } = look({ ...recordOf([BAD]), metrics: [other], fingerprint: 'two' }, board);
    expect(only(notice)).toMatchObject({
      transition: 'withdrawn',
      reason: 'it is no longer one of the metrics that are watched',
    });
  });
});

describe('a changed standard', () => {
  const version = (fields: Partial<LocalStandard>): LocalStandard => ({
    metric: metric.id,
    version: 1,
    from: '2010-11',
    reason: 'agreed by the board',
    author: 'A. Head',
    setAt: '2010-12-01T00:00:00.000Z',
    ...fields,
  });

  it('re-judges from its month on and says that it was the standard, with old and new value', () => {
    const record = recordOf([POOR, POOR]);
    const { board } = look(record);
    const lowered = { ...record, localStandards: [version({ value: 60 })] };
    const { board: after, notice } = look(lowered, board);
    expect(after.alerts.assessments?.state).toBe('recovering');
    expect(notice?.transitions[0]?.reason).toBe(
      "the standard was changed: 80% since January 2000 (this service's default) became 60% from November 2010 on, by “A. Head”",
    );
    expect(notice?.transitions[0]?.said).toEqual([{ author: 'A. Head', text: 'agreed by the board' }]);
    const again = { ...lowered, localStandards: [...lowered.localStandards, version({ version: 2, value: 95 })] };
    expect(look(again, after).notice?.transitions[0]?.reason).toBe(
      'the standard was changed: 60% since November 2010 (local policy) became 95% from November 2010 on, by “A. Head”',
    );
  });

  it('may end: from its month on no standard holds, until another is set', () => {
    const record = recordOf([POOR, POOR]);
    const { board } = look(record);
    const ended = { ...record, localStandards: [version({ value: null })] };
    const { board: after, notice } = look(ended, board);
    expect(notice?.transitions[0]?.reason).toBe(
      "the standard was ended: 80% since January 2000 (this service's default) no longer holds from November 2010 on, by “A. Head”",
    );
    expect(notice?.transitions[0]?.standard).toBeUndefined();
    const again = { ...ended, localStandards: [...ended.localStandards, version({ version: 2, value: 60 })] };
    expect(look(again, after).board?.standards.assessments).toBe(2);
  });

  it('may be a tolerance, the failures that make it critical, or rebase dates', () => {
    const stock = aBacklog({ baseline: { ...aMetric().baseline, value: 4 } as Metric['baseline'] });
    const record = recordOf([10], { metrics: [stock] });
    const { board } = look(record);
    const reasonOf = (fields: Partial<LocalStandard>): string | undefined =>
      look({ ...record, localStandards: [version({ metric: 'backlog', from: '2010-10', ...fields })] }, board).notice
        ?.transitions[0]?.reason;
    expect(reasonOf({ tolerance: 6 })).toContain(
      'the tolerance was changed: 5 became 6 from October 2010 on, by “A. Head”',
    );
    const failing = recordOf([11], { metrics: [stock] });
    const change = { m: 1, n: 1, missing: 'ignore' as const };
    const stricter = { ...failing, localStandards: [version({ metric: 'backlog', from: '2010-10', mOfN: change })] };
    expect(look(stricter, look(failing).board).notice?.transitions[0]?.reason).toContain(
      'the failures that make it critical were changed: the default became 1 of 1 from October 2010 on, by “A. Head”',
    );
    expect(reasonOf({ tolerance: 6, rebaseDates: ['2010-11-01'] })).toContain(
      'the days on which the way of working changed are now 1 November 2010, set by “A. Head”',
    );
  });

  it('is told from a changed inspection file', () => {
    const { board } = look(recordOf([BAD]));
    const lenient = aMetric({
      ...metric,
      standards: [{ value: 30, from: '2000-01', basis: 'local', note: 'a default' }],
    });
    const { notice } = look({ ...recordOf([BAD]), metrics: [lenient], fingerprint: 'two' }, board);
    expect(only(notice)).toMatchObject({
      transition: 'withdrawn',
      reason: 'what is measured, or what the inspection found, was loaded again and is different',
    });
  });
});

describe('an acknowledgement', () => {
  const given = (fields: Partial<Acknowledgement> = {}): Acknowledgement => ({
    alert: metric.id,
    author: 'A. Head',
    note: 'extra staff from May',
    at: '2010-11-20T10:00:00.000Z',
    period: '2010-10',
    level: 'warning',
    ...fields,
  });

  it('is said in the next e-mail, and stays while nothing is worse', () => {
    const other = aBacklog();
    const both = (first: Figure, second: number, period: string): Month => ({
      ...(months(metric, [first], period)[0] as Month),
      observations: { [metric.id]: reported(metric, first), [other.id]: { count: second } },
    });
    const record = aRecord({
      metrics: [metric, other],
      months: [both([34, 50], 5, '2010-10'), both(GOOD, 20, '2010-11')],
      acknowledgements: [given()],
    });
    const { notice, board } = look(record);
    expect(board.alerts[metric.id]?.acknowledgement?.author).toBe('A. Head');
    expect(bodyOf(notice as Notice, 'https://x/')).toContain(
      '“A. Head” has it in hand. They wrote on 20 November 2010:\n> extra staff from May\n',
    );
  });

  it('lapses when the episode worsens, and does not come back with the next one', () => {
    const inForce = (figures: readonly Figure[], fields: Partial<Acknowledgement> = {}): boolean =>
      look(recordOf(figures, { acknowledgements: [given(fields)] })).board.alerts[metric.id]?.acknowledgement !==
      undefined;
    expect(inForce([[34, 50]])).toBe(true);
    expect(inForce([[34, 50], GOOD])).toBe(true);
    expect(inForce([[34, 50], BAD])).toBe(false);
    expect(inForce([[34, 50], GOOD, GOOD, [34, 50]])).toBe(false);
    expect(inForce([GOOD])).toBe(false);
    expect(inForce([GOOD, [34, 50]])).toBe(false);
    // Critical, eased, and critical again is what it was given for; figures that are worse by more than chance are not.
    const stock = aBacklog({ mOfN: { m: 3, n: 3, missing: 'ignore' } });
    const late = given({ alert: 'backlog', period: '2011-02', level: 'critical' });
    const holds = (figures: readonly Figure[]): boolean =>
      look(recordOf(figures, { metrics: [stock], acknowledgements: [late] })).board.alerts.backlog?.acknowledgement !==
      undefined;
    expect(holds([11, 11, 11, 9, 11, 11])).toBe(true);
    expect(holds([11, 11, 11, 9, 11, 11, 11])).toBe(true);
    expect(holds([11, 11, 11, 9, 11, 60, 60, 60])).toBe(false);
  });

  it('of a watch is none: it has no episode', () => {
    const watch = look(recordOf([[39, 50]], { acknowledgements: [given({ level: 'watch' })] }));
    expect(watch.board.alerts[metric.id]).toMatchObject({ level: 'watch' });
    expect(watch.board.alerts[metric.id]?.acknowledgement).toBeUndefined();
  });
});

describe('what is critical and in nobody’s hands', () => {
  const bad = (count: number, fields: Partial<AuthorityRecord> = {}): AuthorityRecord =>
    recordOf(
      Array.from({ length: count }, () => BAD),
      fields,
    );
  const at = (record: AuthorityRecord, day: string, stored?: Board) => {
    const { board = stored, notice, nextDueAt } = reconcile(stored, record, [], new Date(`${day}T12:00:00Z`), 'show');
    const item = notice?.transitions.find(({ alert }) => alert === metric.id);
    return { board: board as Board, notice, news: item?.transition, nextDueAt };
  };

  it('is told again in the e-mail of every third month', () => {
    const days = ['2010-11-08', '2010-12-08', '2011-01-08', '2011-02-08', '2011-03-08', '2011-04-08', '2011-05-08'];
    let board: Board | undefined;
    const news = days.map((day, i) => {
      const seen = at(bad(i + 1), day, board);
      board = seen.board;
      return seen.news;
    });
    expect(news).toEqual(['raised', undefined, undefined, 'reminded', undefined, undefined, 'reminded']);
  });

  it('is told alone where no figures come, once, on the day after they were due', () => {
    const given: Acknowledgement = {
      ...{ alert: 'submission', author: 'A. Head', note: 'the system is being replaced' },
      ...{ at: '2011-01-20T12:00:00.000Z', period: '2010-11', level: 'critical' },
    };
    const record = bad(1, { acknowledgements: [given] });
    const late = at(record, '2011-01-20', at(record, '2010-11-08').board);
    expect(late.news).toBeUndefined();
    // January is due by 14 February 2011, the third month after the one in whose e-mail it was told.
    expect(late.nextDueAt?.toISOString()).toBe('2011-02-15T00:00:00.000Z');
    const before = at(record, '2011-02-14', late.board);
    expect(before.notice).toBeUndefined();
    const { notice, board, nextDueAt } = at(record, '2011-02-15', before.board);
    expect(notice).toMatchObject({ level: 'critical', transitions: [{ alert: metric.id, transition: 'reminded' }] });
    expect(subjectOf(notice as Notice)).toBe('Herefordshire: 1 still critical (Assessments on time)');
    expect(bodyOf(notice as Notice, 'https://x/')).toContain(
      'STILL CRITICAL, AND NOBODY HAS IT IN HAND (we say so every third month)\n\nCritical since October 2010: Assessments on time.',
    );
    expect(nextDueAt?.toISOString()).toBe('2011-05-16T23:00:00.000Z');
    expect(at(record, '2011-02-16', board).notice).toBeUndefined();
    expect(at(record, '2015-01-01', board).notice?.transitions).toHaveLength(1);
  });

  it('is not told again where somebody has it in hand, where it is less than critical, or where it was news since', () => {
    const first = at(bad(1), '2010-11-08').board;
    const given: Acknowledgement = {
      ...{ alert: metric.id, author: 'A. Head', note: 'extra staff', at: '2010-11-20T12:00:00.000Z' },
      ...{ period: '2010-10', level: 'critical' },
    };
    expect(at(bad(4, { acknowledgements: [given] }), '2011-02-08', first).news).toBeUndefined();
    const recovering = recordOf([BAD, BAD, BAD, GOOD]);
    expect(at(recovering, '2011-02-08', first).notice).toBeUndefined();
    const relapsed = at(recordOf([GOOD, GOOD, GOOD, BAD]), '2011-02-08', first);
    expect(relapsed.news).toBe('raised');
    expect(at(recordOf([GOOD, GOOD, GOOD, BAD, BAD]), '2011-03-08', relapsed.board).news).toBeUndefined();
  });

  it('is told again of a board of an earlier version, which says of no alert when it was told', () => {
    const { board } = at(bad(1), '2010-11-08');
    const alerts = Object.entries(board.announced?.alerts ?? {}).map(([id, { toldIn, ...alert }]) => [id, alert]);
    const earlier = { ...board, announced: { ...board.announced, alerts: Object.fromEntries(alerts) } } as Board;
    expect(at(bad(3), '2011-01-08', earlier).news).toBeUndefined();
    expect(at(bad(4), '2011-02-08', earlier).news).toBe('reminded');
  });
});

describe('what is not reported', () => {
  const other = aMetric({ id: 'other', polarity: 'neutral', standards: [] });
  const filler = { [other.id]: reported(other, [1, 2]) };
  /** Months in which the metric is left out where there is no figure. */
  const with_ = (figures: readonly (Figure | undefined)[]): AuthorityRecord => {
    const all = months(
      metric,
      figures.map((figure) => figure ?? GOOD),
    );
    const observations = (i: number) => ({
      ...filler,
      ...(figures[i] ? { [metric.id]: reported(metric, figures[i]) } : {}),
    });
    return aRecord({
      metrics: [metric, other],
      months: all.map((month, i) => ({ ...month, observations: observations(i) })),
    });
  };

  it('03-failing-metric-left-out: stays raised, says so, and is told once after two reports that were expected', () => {
    const first = look(with_([GOOD, BAD]));
    const one = look(with_([GOOD, BAD, undefined]), first.board);
    expect(one.notice).toBeUndefined();
    expect(one.board.alerts[metric.id]).toMatchObject({
      level: 'critical',
      unreported: { since: '2010-11', expected: 1 },
    });
    const two = look(with_([GOOD, BAD, undefined, undefined]), one.board);
    expect(two.notice).toMatchObject({
      level: 'critical',
      transitions: [
        {
          transition: 'unreported',
          value: '40.0% (20 of 50) in November 2010, not reported since (two reports were expected)',
        },
      ],
    });
    expect(subjectOf(two.notice as Notice)).toBe('Herefordshire, January 2011: 1 not reported (Assessments on time)');
    expect(bodyOf(two.notice as Notice, 'https://x/')).toContain(
      'WHAT WE CANNOT SEE\n\nStill critical, and not reported any more: Assessments on time since November 2010.\n40.0%',
    );
    const three = look(with_([GOOD, BAD, undefined, undefined, undefined]), two.board);
    expect(three.notice).toBeUndefined();
    // It came, and stopped again.
    const back = look(with_([GOOD, BAD, undefined, undefined, undefined, BAD]), three.board);
    expect(back.board.alerts[metric.id]?.unreported).toBeUndefined();
    const gone = look(with_([GOOD, BAD, undefined, undefined, undefined, BAD, undefined, undefined]), back.board);
    expect(gone.notice?.transitions).toMatchObject([{ transition: 'unreported' }]);
  });

  it('16-one-figure-corrected: as a revision leaves it out is judged on; where it was said to be wrong, its alert is withdrawn', () => {
    const record = with_([GOOD, BAD]);
    const { board } = look(record);
    const leftOut = { [metric.id]: reported(metric, BAD) };
    const [without, superseded] = revise(record, '2010-11', { observations: filler, leftOut });
    const kept = look(without, board, superseded);
    expect(kept.notice).toBeUndefined();
    expect(kept.board.alerts[metric.id]).toMatchObject({
      level: 'critical',
      unreported: { since: '2010-10', expected: 1 },
      findings: [{ figure: '40.0% (20 of 50), left out since, in November 2010' }],
    });
    const [wrong, before] = revise(without, '2010-11', { observations: filler, leftOut: {} });
    expect(only(look(wrong, kept.board, before).notice)).toMatchObject({
      transition: 'withdrawn',
      reason: 'November 2010 was corrected (revision 3): 40.0% (20 of 50), left out since, was taken out',
    });
  });
});

describe('figures that do not come', () => {
  const told = (record: AuthorityRecord, day: string, stored?: Board) => {
    const { board, notice } = reconcile(stored, record, [], new Date(`${day}T12:00:00Z`), 'show');
    return { board, item: notice?.transitions.find(({ alert }) => alert === 'submission') };
  };

  it('are told of anew for a later month, after an earlier one came in and nobody was told', () => {
    const first = told(recordOf([GOOD]), '2011-01-20');
    expect(first.item).toMatchObject({ level: 'critical', findings: [expect.stringContaining('November 2010')] });
    const caughtUp = told(recordOf([GOOD, GOOD]), '2011-01-21', first.board);
    expect(caughtUp.board?.alerts.submission).toMatchObject({ level: 'warning', since: '2010-12' });
    expect(caughtUp.item).toBeUndefined();
    const again = told(recordOf([GOOD, GOOD]), '2011-03-01', caughtUp.board);
    expect(again.item).toMatchObject({ level: 'critical', findings: [expect.stringContaining('December 2010')] });
    expect(told(recordOf([GOOD, GOOD]), '2011-03-01', again.board).item).toBeUndefined();
  });
});

describe('the board', () => {
  it('keeps what it judged, so that a changed revision is noticed', () => {
    const { board } = look(recordOf([GOOD, GOOD]));
    expect(board).toMatchObject({
      judged: { '2010-10': 1, '2010-11': 1 },
      latestPeriod: '2010-11',
      inspection: 'one',
      version: 1,
      lastNotice: 0,
      evaluatedAt: NOW.toISOString(),
    });
  });

  it('10-clock-set-back: is never judged by an earlier time than before', () => {
    const { board } = look(recordOf([GOOD]));
    const earlier = new Date(NOW.getTime() - 86_400_000);
    const { board: after } = reconcile(board, recordOf([GOOD, GOOD]), [], earlier, 'show');
    expect(after?.evaluatedAt).toBe(NOW.toISOString());
  });

  it('holds thirty years', () => {
    const figures = Array.from({ length: 360 }, (_, i): Figure => [40 + (i % 9), 50]);
    const { board } = reconcile(
      undefined,
      { ...recordOf([]), months: months(metric, figures, '2000-01') },
      [],
      NOW,
      'show',
    );
    expect(Object.keys(board?.judged ?? {})).toHaveLength(360);
    expect(board?.latestPeriod).toBe(addMonths('2000-01', 359));
  });
});

describe('17-flapping-around-the-line', () => {
  const caseload = aMetric({
    ...{ id: 'caseload', title: 'Caseload', kind: 'mean', unit: 'cases each', polarity: 'lower' },
    ...{ standards: [{ value: 18, from: '2000-01', basis: 'local', note: 'a default' }] },
    baseline: { kind: 'none', statement: 'None.' },
  });

  /** The subjects that whoever hears from a level on is mailed, as month after month comes in time. */
  function subjects(figures: readonly number[], least: Level): string[] {
    let board: Board | undefined;
    const mailed: string[] = [];
    for (const [index, period] of figures.map((_, i) => addMonths('2010-10', i)).entries()) {
      const record = recordOf(figures.slice(0, index + 1), { metrics: [caseload] });
      const now = new Date(`${addMonths(period, 1)}-06T09:00:00Z`);
      const { board: next, notice } = reconcile(board, record, [], now, 'show');
      board = next ?? board;
      if (notice && rank(notice.level) >= rank(least)) mailed.push(subjectOf(notice));
    }
    return mailed;
  }

  it('a figure that goes to and fro over its standard is told once, and not month by month', () => {
    const hovering = Array.from({ length: 18 }, (_, i) => (i % 2 ? 17.9 : 18.1));
    for (const least of ['warning', 'watch'] as const) {
      const [reminders, others] = [/still critical/, /^(?!.*still critical)/].map((words) =>
        subjects(hovering, least).filter((subject) => words.test(subject)),
      );
      expect(others).toEqual([
        'Herefordshire, October 2010: 1 warning (Caseload)',
        'Herefordshire, December 2010: 1 critical (Caseload)',
      ]);
      expect(reminders?.length).toBeLessThanOrEqual(5);
    }
  });

  it('one that is well for two months ends each time, and is told so', () => {
    const seldom = Array.from({ length: 18 }, (_, i) => (i % 3 ? 17.9 : 18.1));
    const told = subjects(seldom, 'watch');
    expect(told.length).toBeLessThanOrEqual(12);
    expect(told.some((subject) => subject.includes('no longer raised'))).toBe(true);
  });
});

describe('a stored board', () => {
  const settings = { version: 3, author: 'A. Head', reason: 'agreed', setAt: '2010-10-01T00:00:00.000Z' };
  const record = recordOf([BAD, BAD], { settings: [settings] });
  const { board } = look(record);
  const rewritten = (stored: object): boolean =>
    reconcile(stored as Board, record, [], NOW, 'show').board !== undefined;
  const backwards = (value: unknown): unknown =>
    typeof value !== 'object' || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(
          Object.entries(value)
            .reverse()
            .map(([key, inner]) => [key, backwards(inner)]),
        );

  it('is written anew only where it says something else, in whatever order it comes back', () => {
    expect(board.settings).toBe(3);
    expect(rewritten(board)).toBe(false);
    expect(rewritten(backwards(board) as Board)).toBe(false);
    expect(rewritten({ ...board, nothing: undefined })).toBe(false);
  });

  it.each<[string, object]>([
    ['lacks something', { latestPeriod: undefined }],
    ['has something more', { more: 1 }],
    ['has nothing where there is something', { progress: null }],
    ['has a word where there is more', { progress: 'none' }],
    ['has another revision', { judged: { ...board.judged, '2010-10': 2 } }],
    ['has one thing under another name', { judged: { '2010-09': 1, '2010-11': 1 } }],
    ['has a finding less', { alerts: { assessments: { ...board.alerts.assessments, findings: [] } } }],
  ])('is written anew where it %s', (_, other) => {
    expect(rewritten({ ...board, ...other })).toBe(true);
  });

  it('numbers its notices, and keeps the number of the last at each level', () => {
    expect(board.announced?.lastOf).toEqual({ critical: 1 });
    const stock = aBacklog();
    const [first, then] = [[BAD, 5] as const, [BAD, 11] as const].map(([figure, count], i) =>
      month(addMonths('2010-10', i), { [metric.id]: reported(metric, figure), backlog: { count } }),
    ) as [Month, Month];
    const both = (...all: Month[]) => aRecord({ metrics: [metric, stock], months: all });
    const told = look(both(first)).board;
    const next = look(both(first, then), told);
    expect([next.notice?.number, next.notice?.level, next.board.announced?.lastOf]).toEqual([
      ...[2, 'watch', { critical: 1, watch: 2 }],
    ]);
    // A board of an earlier version does not say: its last may have been critical.
    const { lastOf: _, ...announced } = told.announced as NonNullable<Board['announced']>;
    expect(look(both(first, then), { ...told, announced }).board.announced?.lastOf).toEqual({
      ...{ critical: 1, watch: 2 },
    });
  });

  it('whose metric cannot be read stays as it stood, and nobody is told of it', () => {
    const unreadable = [
      { kind: 'metric' as const, of: metric.id, table: 'baselines', key: 'METRIC#assessments', why: 'it is no JSON' },
    ];
    const held = look({ ...record, metrics: [aMetric({ id: 'other' })], unreadable }, board);
    expect(held.board.alerts).toEqual(board.alerts);
    expect(held.notice).toBeUndefined();
  });

  it('tells how things stand without any news', () => {
    const notice = standingOn(board, record, NOW, 'show');
    expect(notice).toMatchObject({ transitions: [], stillRaised: [{ alert: metric.id, level: 'critical' }] });
  });
});

describe('the timelines', () => {
  it('judge a metric while it is measured, by those evaluators that are named, and absent reports up to the latest month', () => {
    const later = aMetric({ from: '2010-11' } as Partial<Metric>);
    const [judged] = timelines(recordOf([BAD, BAD], { metrics: [later] }), 'show').values();
    expect(judged?.map(({ period }) => period)).toEqual(['2010-11']);
    const record = recordOf([BAD]);
    expect(timelines(record, 'show', []).get(metric.id)?.[0]?.findings).toEqual([]);
    const breaching = aBacklog({ mOfN: { m: 1, n: 1, missing: 'breaching' } });
    const absent = aRecord({
      metrics: [breaching],
      months: [...months(breaching, [5]), month('2010-11', {}), month('2010-12', {})],
    });
    expect([...(timelines(absent, 'show').get('backlog') ?? [])].map(({ period }) => period)).toEqual([
      ...['2010-10', '2010-11', '2010-12'],
    ]);
  });
});
