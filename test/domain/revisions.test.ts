import { describe, expect, test } from 'vitest';
import { changesBetween, confirmedIn, leftOutOf, saysTheSame } from '../../functions/domain/revisions.ts';
import type { Month } from '../../functions/domain/submission.ts';
import { month } from '../support/build.ts';

describe('two revisions', () => {
  const of = (observations: Month['observations'], fields: Partial<Month> = {}) =>
    month('2011-01', observations, fields);
  const one = of({ assessments: { numerator: 1, denominator: 2 }, backlog: { count: 3 } });

  test('say the same in any order, and not where a figure, the status or the commentary differs', () => {
    const turned = of({ backlog: { count: 3 }, assessments: { denominator: 2, numerator: 1 } });
    expect(saysTheSame(one, turned)).toBe(true);
    expect(saysTheSame(one, { ...turned, commentary: '' })).toBe(true);
    expect(saysTheSame(one, { ...turned, commentary: 'New.' })).toBe(false);
    expect(saysTheSame({ ...one, commentary: 'Old.' }, { ...turned, commentary: 'New.' })).toBe(false);
    expect(saysTheSame(one, { ...turned, status: 'provisional' })).toBe(false);
    expect(saysTheSame(one, of({ ...one.observations, backlog: { count: 4 } }))).toBe(false);
    expect(saysTheSame(of({ wait: { value: 3 } }), of({ backlog: { value: 3 } }))).toBe(false);
  });

  test('differ in what was changed, added and left out', () => {
    const other = of(
      { backlog: { count: 4 }, assessments: { denominator: 2, numerator: 1 }, wait: { value: 5 } },
      { status: 'provisional', commentary: 'New.' },
    );
    expect(changesBetween(one, other)).toEqual([
      { pointer: '#/status', before: 'final', after: 'provisional' },
      { pointer: '#/commentary', after: 'New.' },
      { pointer: '#/observations/backlog', before: { count: 3 }, after: { count: 4 } },
      { pointer: '#/observations/wait', after: { value: 5 } },
    ]);
    expect(changesBetween({ ...one, commentary: '' }, of({ backlog: { count: 3 } }))).toEqual([
      { pointer: '#/observations/assessments', before: { numerator: 1, denominator: 2 } },
    ]);
  });

  test('leave out what the earlier knew, unless that was taken back', () => {
    const before = { ...one, leftOut: { wait: { value: 5 }, backlog: { count: 1 } } };
    expect(leftOutOf(before, of({ assessments: { value: 3 } }))).toEqual({ wait: { value: 5 }, backlog: { count: 3 } });
    expect(leftOutOf(before, of({}), ['wait', 'backlog'])).toEqual({ assessments: { numerator: 1, denominator: 2 } });
    expect(leftOutOf({ ...before, retracted: true }, of({}))).toEqual({});
    expect(leftOutOf(undefined, of({}))).toEqual({});
  });

  test('keep as right what was said to be and is the same, with what is said now', () => {
    const before = { ...one, confirmed: ['backlog', 'assessments', 'wait'] };
    const after = of({ backlog: { count: 3 }, assessments: { denominator: 4, numerator: 1 }, net: { value: 1 } });
    expect(confirmedIn(before, after, [])).toEqual(['backlog']);
    expect(confirmedIn(before, after, ['net', 'backlog', 'gone'])).toEqual(['backlog', 'net']);
    expect(confirmedIn(undefined, after, ['assessments'])).toEqual(['assessments']);
  });
});
