import { describe, expect, it } from 'vitest';
import type { Board } from '../../functions/domain/board.ts';
import type { Metric } from '../../functions/domain/inspection.ts';
import { bodyOf, type Notice, type NoticeItem, subjectOf } from '../../functions/domain/notice.ts';
import { reconcile } from '../../functions/domain/reconcile.ts';
import type { AuthorityRecord } from '../../functions/domain/record.ts';
import type { Month } from '../../functions/domain/submission.ts';
import { aBacklog, aMetric, anAction, aRecord, type Figure, months, reported } from '../support/build.ts';

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

describe('a notice', () => {
  it('is one for a whole load of months, with one net transition an alert', () => {
    const { notice } = look(recordOf([BAD, GOOD, GOOD, POOR, BAD, BAD]));
    expect(only(notice)).toMatchObject({ transition: 'raised', level: 'critical', since: '2011-01' });
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
      'WARNING, new, after critical: Backlog (since October 2010)',
    );
    expect(notice?.level).toBe('critical');
    const recovering = look(recordOf([BAD, GOOD])).notice as Notice;
    expect(bodyOf(recovering, 'https://x/')).toContain(
      'CRITICAL, new, recovering since: Assessments on time (since October 2010)',
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

  it('puts the worst first, everywhere', () => {
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
    expect(subjectOf(notice as Notice)).toBe('Herefordshire 2010-10: 1 critical, 1 warning, 1 to watch');
    const after = { ...before, months: [...before.months, second([[39, 50], [34, 50], [33, 50], BAD, [34, 50]])] };
    const next = look(after, board).notice as Notice;
    expect(next.transitions.map(({ alert }) => alert)).toEqual(['b', 'd', 'e']);
    expect(next.stillRaised.map(({ alert }) => alert)).toEqual(['c']);
    const text = bodyOf(next, 'https://x/');
    const order = ['WHAT CHANGED', 'Metric b', 'Metric d', 'Metric e', 'STILL RAISED', 'https://x/', 'Notice 2 for'];
    const places = order.map((part) => text.lastIndexOf(part));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
  });

  it('names figure, direction, standard, baseline, finding and action in that order', () => {
    const record = recordOf([GOOD, POOR], {
      metrics: [aMetric({ actions: ['A1'] })],
      actions: [anAction('A1', '2011-01-22')],
    });
    expect(bodyOf(look(record).notice as Notice, 'https://x/')).toContain(
      [
        'WARNING, new: Assessments on time (since November 2010)',
        '  Now: 68.0% (34 of 50) in November 2010; worse, down from 90.0% (45 of 50) in October 2010',
        "  Standard: 80% since January 2000 (this service's default)",
        '  Inspection: 88% in September 2010 (paragraph 11)',
        '  Why: a service exactly at the standard looks this bad in at most 1 month of 30, by chance',
        '  Why: so many failures are too many for chance (CUSUM 4.5, limit 3.8)',
        '  Action: A1 Do A1 (due 22 January 2011; paragraph 16)',
      ].join('\n'),
    );
  });

  it('has a subject of less than 100 characters of printable ASCII, whatever the authority is called', () => {
    const named = (name: string): string => {
      const record = recordOf([BAD]);
      return subjectOf(look({ ...record, inspection: { ...record.inspection, name } }).notice as Notice);
    };
    expect(named('Ynys Môn – Anglesey')).toBe('Ynys Mon  Anglesey 2010-10: 1 critical');
    expect(named('東京')).toBe('herefordshire 2010-10: 1 critical');
    expect(named('x'.repeat(60)).length).toBeLessThan(100);
  });

  it('stays far below what SNS takes, whatever a record holds', () => {
    const many = Array.from({ length: 40 }, (_, i) =>
      aMetric({
        ...metric,
        id: `m${i}`,
        title: `Metric ${i}`,
        baseline: { kind: 'none', statement: 'x'.repeat(9000) },
      }),
    );
    const month = {
      ...(months(metric, [GOOD])[0] as Month),
      observations: Object.fromEntries(many.map(({ id }) => [id, { numerator: 1, denominator: 50 }])),
    };
    const text = bodyOf(look(aRecord({ metrics: many, months: [month] })).notice as Notice, 'https://x/');
    expect(text.length).toBeLessThan(110_000);
    expect(text).toContain('the rest is on the page');
    expect(text).toContain('Notice 1 for Herefordshire');
  });
});
