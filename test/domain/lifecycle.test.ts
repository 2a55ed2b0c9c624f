import { describe, expect, it } from 'vitest';
import {
  type AlertState,
  advance,
  CLEAR,
  changeBetween,
  IllegalMoveError,
  type Level,
  MOVES,
  moveOf,
} from '../../functions/domain/lifecycle.ts';

const watching: AlertState = { state: 'raised', level: 'watch', since: '2011-01' };
const raised = (level: Level, reached: Level = level, from = '2011-01'): AlertState => ({
  state: 'raised',
  level,
  since: from,
  episode: { from, level: reached },
});
const recovering = (reached: Level, from = '2011-01'): AlertState => ({
  state: 'recovering',
  level: reached,
  since: from,
  episode: { from, level: reached },
});

const AT_ONCE = { clearsAtOnce: true };

describe('one more reported period', () => {
  it.each<[string, AlertState, Level | undefined, AlertState, string | undefined]>([
    ['clear stays clear', CLEAR, undefined, CLEAR, undefined],
    ['a first watch is raised without an episode', CLEAR, 'watch', { ...watching, since: '2011-02' }, 'raised'],
    ['a first warning opens an episode', CLEAR, 'warning', raised('warning', 'warning', '2011-02'), 'raised'],
    ['so does a first critical', CLEAR, 'critical', raised('critical', 'critical', '2011-02'), 'raised'],
    ['a watch goes on', watching, 'watch', watching, undefined],
    ['a watch clears at once', watching, undefined, CLEAR, 'cleared'],
    ['a watch becomes an episode', watching, 'warning', raised('warning', 'warning', '2011-02'), 'raised'],
    ['the same level goes on', raised('warning'), 'warning', raised('warning'), undefined],
    ['a higher level is worse', raised('warning'), 'critical', raised('critical'), 'worsened'],
    [
      'a lower level eases, the episode keeps what it reached',
      raised('critical'),
      'warning',
      raised('warning', 'critical'),
      'eased',
    ],
    [
      'back to the level it reached is worse again',
      raised('warning', 'critical'),
      'critical',
      raised('critical'),
      'worsened',
    ],
    ['a clean period is not the end', raised('critical'), undefined, recovering('critical'), 'recovering'],
    ['a watch does not hold an episode open', raised('warning'), 'watch', recovering('warning'), 'recovering'],
    ['a second clean period is the end', recovering('critical'), undefined, CLEAR, 'cleared'],
    [
      'so is a watch after a clean period',
      recovering('warning'),
      'watch',
      { ...watching, since: '2011-02' },
      'cleared',
    ],
    ['a relapse goes on with the episode', recovering('warning'), 'warning', raised('warning'), 'raised'],
    ['a worse relapse', recovering('warning'), 'critical', raised('critical'), 'raised'],
    [
      'a watch that is unusual, but meets the standard, is clean',
      raised('warning'),
      'watch',
      recovering('warning'),
      'recovering',
    ],
    ['a milder relapse', recovering('critical'), 'warning', raised('warning', 'critical'), 'raised'],
  ])('%s', (_, before, level, after, transition) => {
    const step = advance(before, level, '2011-02');
    expect(step.alert).toEqual(after);
    expect(step.transition).toBe(transition);
  });

  it('keeps an episode open while the standard is failed, if only as chance would have it', () => {
    const seen = { failsStandard: true };
    expect(advance(raised('warning'), 'watch', '2011-02', seen)).toEqual({ alert: raised('warning') });
    const eased = { alert: raised('warning', 'critical'), transition: 'eased' };
    expect(advance(raised('critical'), 'watch', '2011-02', seen)).toEqual(eased);
    expect(advance(recovering('warning'), 'watch', '2011-02', seen)).toEqual({
      alert: raised('warning'),
      transition: 'raised',
    });
    expect(advance(CLEAR, 'watch', '2011-02', seen).alert).toEqual({ ...watching, since: '2011-02' });
    // A month that fails it beyond chance is as serious as it was found, and one that fails nothing ends it all the same.
    expect(advance(raised('critical'), 'critical', '2011-02', seen).alert).toEqual(raised('critical'));
    expect(advance(recovering('critical'), undefined, '2011-02', seen).alert).toEqual(CLEAR);
  });

  it('worsens within its level by the evidence of its figures, and remembers when', () => {
    const seen = { isWorse: true };
    const worse = { ...raised('critical'), episode: { from: '2011-01', level: 'critical', worse: '2011-02' } };
    for (const before of [raised('critical'), recovering('critical')])
      expect(advance(before, 'critical', '2011-02', seen)).toEqual({ alert: worse, transition: 'worsened' });
    expect(advance(CLEAR, 'critical', '2011-02', seen).transition).toBe('raised');
  });

  it('ends at once for the alerts of the authority', () => {
    expect(advance(raised('critical'), undefined, '2011-02', AT_ONCE)).toEqual({ alert: CLEAR, transition: 'cleared' });
    expect(advance(CLEAR, undefined, '2011-02', AT_ONCE)).toEqual({ alert: CLEAR });
    expect(advance(watching, undefined, '2011-02', AT_ONCE)).toEqual({ alert: CLEAR, transition: 'cleared' });
  });

  it('has a row for every move and no other: what is not in the table is a typed error that says so', () => {
    const sights = ['clean', 'cleanAtOnce', 'watch', 'sameLevel', 'higherLevel', 'lowerLevel', 'worse'] as const;
    const rows = Object.entries(MOVES).flatMap(([from, moves]) => Object.keys(moves).map((on) => `${from} ${on}`));
    expect(rows).toHaveLength(21);
    for (const from of ['clear', 'watching', 'raised', 'recovering'] as const)
      for (const on of sights)
        if (rows.includes(`${from} ${on}`)) expect(moveOf(from, on).to).toBeTypeOf('string');
        else expect(() => moveOf(from, on)).toThrow(IllegalMoveError);
    expect(() => advance(recovering('warning'), undefined, '2011-02', AT_ONCE)).toThrow(
      /an alert that is recovering cannot move on cleanAtOnce/,
    );
    expect(new IllegalMoveError('clear', 'worse')).toMatchObject({
      name: 'IllegalMoveError',
      from: 'clear',
      on: 'worse',
    });
  });
});

describe('what is told of a change', () => {
  const worse = (period: string): AlertState => ({
    ...raised('warning'),
    episode: { from: '2011-01', level: 'warning', worse: period },
  });
  const later = (state: AlertState): AlertState =>
    state.episode ? { ...state, since: '2011-09', episode: { ...state.episode, from: '2011-09' } } : state;

  it.each<[string, AlertState, AlertState, AlertState, string | undefined]>([
    ['nothing of nothing', CLEAR, CLEAR, CLEAR, undefined],
    ['a new watch', CLEAR, CLEAR, watching, 'raised mailed'],
    ['a new episode', CLEAR, CLEAR, raised('warning'), 'raised mailed'],
    ['a new episode that recovers already', CLEAR, CLEAR, recovering('critical'), 'raised mailed'],
    ['a watch that goes on', watching, watching, watching, undefined],
    ['a watch that ended', watching, watching, CLEAR, 'cleared mailed'],
    ['a watch that never was', watching, CLEAR, CLEAR, 'withdrawn mailed'],
    ['a watch that became an episode', watching, watching, raised('warning'), 'raised mailed'],
    ['an episode that ended', raised('critical'), raised('critical'), CLEAR, 'cleared mailed'],
    [
      'an episode that ended and left a watch',
      recovering('warning'),
      recovering('warning'),
      watching,
      'cleared mailed',
    ],
    ['an episode that never was', raised('critical'), CLEAR, CLEAR, 'withdrawn mailed'],
    ['an episode that was but a watch', raised('warning'), watching, watching, 'withdrawn mailed'],
    ['the same episode', raised('warning'), raised('warning'), raised('warning'), undefined],
    ['a worse one', raised('warning'), raised('warning'), raised('critical'), 'worsened mailed'],
    ['a milder one', raised('critical'), raised('critical'), raised('warning', 'critical'), 'eased'],
    [
      'a milder one that never was as bad as announced',
      raised('critical'),
      raised('warning'),
      raised('warning'),
      'eased mailed',
    ],
    ['a first clean period', raised('warning'), raised('warning'), recovering('warning'), 'recovering'],
    [
      'a first clean period after worse',
      raised('warning'),
      raised('warning'),
      recovering('critical'),
      'worsened mailed',
    ],
    [
      'a first clean period of what was never as bad',
      raised('critical'),
      raised('warning'),
      recovering('warning'),
      'recovering mailed',
    ],
    ['a relapse', recovering('warning'), recovering('warning'), raised('warning'), 'raised mailed'],
    ['a worse relapse', recovering('warning'), recovering('warning'), raised('critical'), 'raised mailed'],
    ['still recovering', recovering('warning'), recovering('warning'), recovering('warning'), undefined],
    [
      'still recovering, from worse',
      recovering('warning'),
      recovering('critical'),
      recovering('critical'),
      'worsened mailed',
    ],
    [
      'still recovering, from less',
      recovering('critical'),
      recovering('warning'),
      recovering('warning'),
      'eased mailed',
    ],
    ['one that was found worse', raised('warning'), raised('warning'), worse('2011-06'), 'worsened mailed'],
    ['one that was found worse once more', worse('2011-03'), worse('2011-03'), worse('2011-06'), 'worsened mailed'],
    ['one as bad as it was when it was told', worse('2011-03'), worse('2011-03'), worse('2011-03'), undefined],
    ['one that never was found worse', worse('2011-03'), raised('warning'), raised('warning'), 'eased mailed'],
    [
      'one as bad again as it was, after it was told to be milder',
      raised('warning', 'critical'),
      raised('warning', 'critical'),
      raised('critical'),
      'worsened mailed',
    ],
    [
      'the same episode, which by a correction began in the last month that was judged',
      raised('critical'),
      raised('critical'),
      { ...raised('critical'), episode: { from: '2011-06', level: 'critical' } },
      undefined,
    ],
    ['another episode since', raised('critical'), raised('critical'), later(raised('warning')), 'raised mailed'],
  ])('%s', (_, before, there, after, told) => {
    const change = changeBetween(before, there, after, '2011-06');
    expect(change && `${change.transition}${change.mailed ? ' mailed' : ''}`).toBe(told);
  });
});
