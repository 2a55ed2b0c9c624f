import { describe, expect, it } from 'vitest';
import { describeQuestion, firstOf, questionsAbout, questionsIn } from '../../functions/domain/questions.ts';
import { aBacklog, aMetric, type Figure, months, observation, series } from '../support/build.ts';

const share = aMetric();
const backlog = aBacklog();
const average = aBacklog({ kind: 'mean' });
const arrivals = aBacklog({ cases: 'flow' });
const asked = (metric: typeof share, figures: readonly Figure[]) => questionsAbout(metric, series(figures));

describe('a figure that can hardly be right', () => {
  it.each<[string, typeof share, readonly Figure[], readonly string[]]>([
    ['a share of one among percentages', share, [74, 76, 75, 0.76], ['share']],
    ['a percentage as small as the others', share, [0.4, 0.9, 0.7, 0.8], []],
    ['a share of one among percentages of one', share, [1, 1, 1, 0.76], []],
    ['a percentage just above one', share, [74, 76, 75, 1.01], []],
    ['all of them as a share', share, [74, 76, 75, 1], ['share']],
    ['none of them', share, [74, 76, 75, 0], []],
    ['a small number that is no percentage', average, [20, 22, 21, 0.9], []],
    [
      'a hundredth by its counts',
      share,
      [
        [75, 100],
        [75, 100],
        [76, 100],
        [0.5, 100],
      ],
      [],
    ],
    ['something where there was nothing', backlog, [0, 0, 0, 5], []],
    ['exactly a hundredth', backlog, [400, 400, 400, 4], ['step-down']],
    ['not quite a hundredth', backlog, [400, 400, 400, 5], []],
    ['many cases where few reports had theirs', share, [75, [40, 50], [41, 50], [400, 500]], []],
    [
      'few failures, the same thrice',
      share,
      [
        [95, 100],
        [95, 100],
        [95, 100],
      ],
      [],
    ],
    [
      'all of them, thrice',
      share,
      [
        [50, 50],
        [50, 50],
        [50, 50],
      ],
      [],
    ],
    ['all of them without counts, thrice', share, [100, 100, 100], []],
    ['a hundred events, thrice', arrivals, [100, 100, 100], ['same']],
    [
      'the same share of other counts',
      share,
      [
        [40, 80],
        [50, 100],
        [40, 80],
      ],
      [],
    ],
    [
      'not quite a hundred times what two years say, all of them',
      backlog,
      [...Array(30).fill(1), ...Array(13).fill(100), ...Array(12).fill(90), 9499],
      [],
    ],
    ['a hundred times what is usual', average, [18, 17, 18, 1800], ['step-up']],
    ['not quite a hundred times', average, [18, 17, 18, 1799], []],
    ['a hundredth of what is usual', backlog, [400, 500, 450, 4], ['step-down']],
    ['nothing at all, which may be so', backlog, [400, 500, 450, 0], []],
    ['a step with no record to compare with', average, [18, 17, 1800], []],
    [
      'a small share by its counts, which say so themselves',
      share,
      [
        [75, 100],
        [75, 101],
        [75, 102],
        [0, 100],
      ],
      [],
    ],
    [
      'ten times as many cases',
      share,
      [
        [40, 50],
        [41, 50],
        [42, 50],
        [400, 500],
      ],
      ['denominator'],
    ],
    [
      'not quite ten times as many',
      share,
      [
        [40, 50],
        [41, 50],
        [42, 50],
        [400, 499],
      ],
      [],
    ],
    ['new cases that are the same thrice', arrivals, [12, 40, 40, 40], ['same']],
    [
      'a share that is the same thrice',
      share,
      [
        [40, 50],
        [40, 50],
        [40, 50],
      ],
      ['same'],
    ],
    ['the same twice', arrivals, [12, 41, 40, 40], []],
    ['a small number thrice', arrivals, [9, 9, 9], []],
    [
      'all of them thrice, as it should be',
      share,
      [
        [50, 50],
        [50, 50],
        [50, 50],
      ],
      [],
    ],
    ['a snapshot thrice: largely the same children', backlog, [40, 40, 40], []],
  ])('%s', (_, metric, figures, questions) => {
    expect(asked(metric, figures)).toEqual(questions);
  });

  it('is asked of no more once somebody confirmed it', () => {
    const figures = series([18, 17, 18]);
    expect(questionsAbout(average, [...figures, observation('2011-01', 1800, { confirmed: true })])).toEqual([]);
    expect(questionsAbout(average, [])).toEqual([]);
  });

  it('is asked by what was usual lately, however long the record', () => {
    const grown = [...Array.from({ length: 300 }, () => 1), ...Array.from({ length: 24 }, () => 90), 120];
    expect(asked(average, grown)).toEqual([]);
  });

  it('says what is odd and what to do, and no small number', () => {
    expect(describeQuestion(share, observation('2011-01', 0.76), 'share', 'show')).toBe(
      'Assessments on time: 0.8% (no counts given) in January 2011 may be a share of one where a percentage is meant. Correct it, or say that it is right by sending it again with a reason.',
    );
    expect(describeQuestion(backlog, observation('2011-01', 4), 'step-down', 'suppress')).toContain('5 or fewer cases');
    expect(firstOf(Array.from({ length: 12 }, (_, i) => `${i}`)).slice(9)).toEqual(['9', 'And 2 more.']);
  });
});

describe('questions of months that are sent', () => {
  const record = months(backlog, [2, 1, 1, 150, 2, 2, 300]);
  const [, , , odd, , , last] = record as [(typeof record)[0], ...typeof record];
  const asked = (stored: typeof record, sent: typeof record) => [
    ...questionsIn([backlog, arrivals], stored, sent, 'show').keys(),
  ];

  it('are of those months, by the record as it is with them, in its order', () => {
    expect(asked(record, [])).toEqual([]);
    expect(asked(record, [odd as (typeof record)[0]])).toEqual(['2011-01']);
    expect(asked([], [...record].reverse())).toEqual(['2011-01', '2011-04']);
    expect(asked(record, [{ ...(odd as (typeof record)[0]), retracted: true }])).toEqual([]);
    const corrected = { ...(odd as (typeof record)[0]), observations: { backlog: { count: 2 } } };
    expect(asked(record, [corrected, last as (typeof record)[0]])).toEqual(['2011-04']);
    expect([...questionsIn([backlog], record, record, 'show').values()]).toEqual([
      [expect.stringContaining('150 cases in January 2011')],
      [expect.stringContaining('300 cases in April 2011')],
    ]);
  });

  it('are of each metric, and no more than can be read', () => {
    const many = Array.from({ length: 12 }, (_, i) => aBacklog({ id: `b${i}`, title: `B ${i}` }));
    const all = [2, 1, 1, 150].map((count, i) => ({
      ...(record[i] as (typeof record)[0]),
      observations: Object.fromEntries(many.map(({ id }) => [id, { count }])),
    }));
    const [questions = []] = questionsIn(many, [], all, 'show').values();
    expect([questions.length, questions.at(-1)]).toEqual([11, 'And 2 more.']);
    expect(firstOf(Array(10).fill('x'))).toHaveLength(10);
  });
});

it('a yearly figure may be the same thrice', () => {
  expect(asked(aBacklog({ cases: 'flow', frequency: 'annual' }), [40, 40, 40])).toEqual([]);
});

it('what is asked of figures that were sent shows small ones to whoever may know them, and to nobody else', () => {
  const record = months(backlog, [400, 500, 450, 4]);
  const askedBy = (smallNumbers: 'show' | 'suppress') =>
    [...questionsIn([backlog], record, record.slice(-1), smallNumbers).values()].flat();
  expect(askedBy('show')).toEqual([expect.stringMatching(/: 4 cases in .+ is a 100th of what is usual/)]);
  expect(askedBy('suppress')).toEqual([expect.stringMatching(/: 5 or fewer cases in .+ is a 100th of/)]);
});
