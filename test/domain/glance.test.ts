import { expect, test } from 'vitest';
import type { Board } from '../../functions/domain/board.ts';
import { glanceAt } from '../../functions/domain/glance.ts';
import type { Notice } from '../../functions/domain/notice-contents.ts';

const episode = { from: '2011-08', level: 'warning' };
const acknowledgement = { author: 'A. Head' };
const board = {
  latestPeriod: '2011-09',
  alerts: {
    worse: { state: 'raised', level: 'warning', episode },
    nobodys: { state: 'raised', level: 'critical', episode },
    'in-hand': { state: 'raised', level: 'critical', episode, acknowledgement },
    better: { state: 'recovering', level: 'critical', episode },
    watched: { state: 'raised', level: 'watch' },
    submission: { state: 'raised', level: 'critical', episode },
  },
} as unknown as Board;
const notice = (period: string, ...told: [alert: string, transition: string][]) =>
  ({ period, transitions: told.map(([alert, transition]) => ({ alert, transition })) }) as unknown as Notice;

test('names what is critical and nobody’s, what the latest month made worse and is still raised, and what is late', () => {
  const notices = [
    notice('2011-09', ['worse', 'raised'], ['submission', 'raised'], ['gone', 'raised'], ['better', 'recovering']),
    notice('2011-09', ['worse', 'worsened'], ['watched', 'raised']),
    notice('2011-08', ['in-hand', 'raised']),
  ];
  expect(glanceAt(board, notices)).toEqual({ unowned: ['nobodys'], worse: ['worse'], late: ['submission'] });
});

test('without a board there is nothing to know', () => {
  expect(glanceAt(undefined, [notice('2011-09', ['worse', 'raised'])])).toEqual({ unowned: [], worse: [], late: [] });
});
