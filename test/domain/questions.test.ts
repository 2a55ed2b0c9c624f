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

it('what is asked of figures that were sent shows small ones to whoever may know them, and to nobody else', () => {
  const record = months(backlog, [400, 500, 450, 4]);
  const askedBy = (smallNumbers: 'show' | 'suppress') =>
    [...questionsIn([backlog], record, record.slice(-1), smallNumbers).values()].flat();
  expect(askedBy('show')).toEqual([expect.stringMatching(/: 4 cases in .+ is a 100th of what is usual/)]);
  expect(askedBy('suppress')).toEqual([expect.stringMatching(/: 5 or fewer cases in .+ is a 100th of/)]);
});
