import { describe, expect, it } from 'vitest';
import type { Board, BoardAlert } from '../../functions/domain/board.ts';
import { holdBack } from '../../functions/domain/hold-back.ts';
import type { AuthorityRecord } from '../../functions/domain/record.ts';
import type { Unreadable } from '../../functions/domain/unreadable.ts';
import { aBacklog, aLocalStandard, aMetric, aRecord, month } from '../support/build.ts';

/** What is shown of an alert whose own items, or the months that it is judged by, cannot be read. */

const episode = { from: '2011-01', level: 'critical' as const };
const critical: BoardAlert = {
  state: 'raised',
  level: 'critical',
  since: '2011-01',
  episode,
  period: '2011-03',
  findings: [],
};
const warning: BoardAlert = { ...critical, level: 'warning' };
const recovering: BoardAlert = { ...critical, state: 'recovering' };
const watching: BoardAlert = { state: 'raised', level: 'watch', since: '2011-01', period: '2011-03', findings: [] };

const lost = (kind: Unreadable['kind'], of: string, version?: number): Unreadable => ({
  ...{ table: 'baselines', key: 'KEY', kind, of, why: 'it is not JSON' },
  ...(version === undefined ? {} : { version }),
});
const boardOf = (alerts: Board['alerts']): Board => ({
  ...{ authority: 'herefordshire', version: 1, evaluatedAt: '2011-04-01T00:00:00.000Z', lastNotice: 1 },
  ...{ judged: {}, standards: {}, inspection: 'one', alerts },
});
const stood = boardOf({ assessments: critical, action: warning });
const shown = (
  unreadable: readonly Unreadable[],
  alerts: Board['alerts'],
  fields: Partial<AuthorityRecord> = {},
  stored: Board | undefined = stood,
) => {
  const { alerts: found, held } = holdBack(stored, alerts, aRecord({ ...fields, unreadable }));
  return { ...found, held: [...held] };
};

it('changes nothing where all can be read', () => {
  expect(shown([], { assessments: warning })).toEqual({ assessments: warning, held: [] });
  const { alerts, held } = holdBack(stood, { assessments: warning }, aRecord());
  expect([alerts, held.size]).toEqual([{ assessments: warning }, 0]);
});

describe('an alert stays as it stood', () => {
  it('where its definition cannot be read, and no other does', () => {
    expect(shown([lost('metric', 'assessments')], { backlog: warning })).toEqual({
      ...{ assessments: critical, backlog: warning },
      held: ['assessments'],
    });
    expect(shown([lost('revision', 'assessments')], { backlog: warning })).toEqual({ backlog: warning, held: [] });
    // It did not stand then: nothing is made of it.
    expect(shown([lost('metric', 'visits')], { visits: critical }, {}, boardOf({}))).toEqual({ held: ['visits'] });
    expect(
      holdBack(undefined, { visits: critical }, aRecord({ unreadable: [lost('metric', 'visits')] })).alerts,
    ).toEqual({});
  });

  it('where the newest of its standards cannot be read, not an older one', () => {
    const localStandards = [
      aLocalStandard({ version: 1 }),
      aLocalStandard({ version: 2 }),
      aLocalStandard({ metric: 'backlog', version: 9 }),
    ];
    const held = (version: number | undefined) =>
      shown([lost('standard', 'assessments', version)], { assessments: warning }, { localStandards }).held;
    expect(held(3)).toEqual(['assessments']);
    expect(held(2)).toEqual([]);
    expect(held(1)).toEqual([]);
    expect(shown([lost('standard', 'assessments', 1)], {}).held).toEqual(['assessments']);
    expect(shown([lost('standard', 'assessments')], {}).held).toEqual([]);
  });

  it('of overdue actions, where a report on one cannot be read', () => {
    for (const version of [undefined, 2])
      expect(shown([lost('progress', 'A1', version)], { action: critical })).toEqual({
        action: warning,
        held: ['action'],
      });
  });
});

describe('since a month that cannot be read', () => {
  const unreadable = [lost('month', '2011-03')];
  const metrics = [aMetric(), aBacklog()];
  const figure = { numerator: 45, denominator: 50 };
  const monthsWith = (reports: number) => [
    month('2011-02', { assessments: figure }),
    month('2011-03', {}, { unreadable: lost('month', '2011-03') }),
    ...['2011-04', '2011-05', '2011-06'].map((period, at) =>
      month(period, at < reports ? { assessments: figure } : { backlog: { count: 4 } }),
    ),
  ];
  const held = (before: BoardAlert, after: BoardAlert | undefined, reports = 1) =>
    shown(
      unreadable,
      after ? { assessments: after } : {},
      { metrics, months: monthsWith(reports) },
      boardOf({ assessments: before }),
    ).held;

  it.each([
    ['ends', critical, undefined],
    ['eases', critical, warning],
    ['recovers', critical, recovering],
    ['is no episode any more', warning, watching],
  ])('no alert %s for want of its figures', (_, before, after) => {
    expect(held(before, after)).toEqual(['assessments']);
  });

  it.each([
    ['worse', warning, critical],
    ['the same', critical, critical],
    ['recovering still', recovering, recovering],
    ['raised again', recovering, critical],
  ])('one that is %s is as it is now', (_, before, after) => {
    expect(held(before, after)).toEqual([]);
  });

  it('it ends once as many months with its figure came as make an end', () => {
    expect(held(critical, undefined, 0)).toEqual(['assessments']);
    expect(held(critical, undefined, 1)).toEqual(['assessments']);
    expect(held(critical, undefined, 2)).toEqual([]);
    expect(held(critical, undefined, 3)).toEqual([]);
  });

  it('what did not stand is not held, nor anything where every month can be read', () => {
    const months = monthsWith(0);
    const board = boardOf({ backlog: critical });
    expect(shown(unreadable, { assessments: warning, backlog: critical }, { metrics, months }, board).held).toEqual([]);
    const readable = months.map(({ unreadable: _, ...rest }) => rest);
    expect(shown(unreadable, {}, { metrics, months: readable }, boardOf({ assessments: critical })).held).toEqual([]);
  });

  it('the newest of such months counts', () => {
    const months = [...monthsWith(3), month('2011-07', {}, { unreadable: lost('month', '2011-07') })];
    expect(shown(unreadable, {}, { metrics, months }, boardOf({ assessments: critical })).held).toEqual([
      'assessments',
    ]);
  });
});
