import { expect, test } from 'vitest';
import { compareDue, type Progress, withProgress } from '../../functions/domain/action.ts';
import { openActionsOf, overdueOf } from '../../functions/domain/obligations.ts';
import { anAction } from '../support/build.ts';

const { due: _, ...undated } = anAction('A4', '2011-01-01');
const ACTIONS = [anAction('A1', '2011-04-22'), undated, anAction('A2', '2010-10-22'), anAction('A3', '2011-04-22')];
const ids = (actions: readonly { id: string }[]): string[] => actions.map(({ id }) => id);
const said = (action: string, version: number, state: Progress['state']): Progress => ({
  ...{ action, version, state, evidence: 'seen', author: 'A. Head', at: '2011-01-01T00:00:00.000Z' },
});

test('actions come by when they are due, those without a date last, each kind in the order of the report', () => {
  expect(ids([...ACTIONS].sort(compareDue))).toEqual(['A2', 'A1', 'A3', 'A4']);
  expect([compareDue(undated, undated), compareDue(undated, anAction('A1', '2011-04-22'))]).toEqual([0, 1]);
});

test('an action is open until the newest that was said of it is that it is completed', () => {
  const progress = [said('A1', 1, 'completed'), said('A2', 1, 'open'), said('A2', 2, 'completed')];
  expect(
    ACTIONS.map((action) => withProgress(action, progress)).map(({ state, progress: own }) => [state, own]),
  ).toEqual([
    ['completed', [progress[0]]],
    ['open', []],
    ['completed', [progress[1], progress[2]]],
    ['open', []],
  ]);
  expect(ids(openActionsOf(ACTIONS, progress))).toEqual(['A3', 'A4']);
  // The version says which is the newest, not the order in which they come.
  expect(ids(openActionsOf(ACTIONS, [said('A2', 2, 'open'), said('A2', 1, 'completed')]))).toContain('A2');
});

test('an action is overdue from the day after it was due, in England, and never without a date', () => {
  const overdue = (now: string) => ids(overdueOf(ACTIONS, new Date(now)));
  expect(overdue('2011-04-22T22:59:00Z')).toEqual(['A2']);
  expect(overdue('2011-04-22T23:00:00Z')).toEqual(['A1', 'A2', 'A3']);
});
