import { describe, expect, test } from 'vitest';
import { tableOf, wordsOf } from '../../../bin/commands/output.ts';

describe('a table', () => {
  const rows = [
    ['METRIC', 'LEVEL', 'WHY'],
    ['conferences-on-time', 'critical', 'the figure fails the standard by more than chance explains, twice running'],
  ];

  test('keeps its widths where there is room', () => {
    expect(tableOf(rows, 200)[1]).toBe(rows[1]?.join('  '));
  });

  test.each([90, 80, 50])('fits a terminal of %i columns, the widest column cut first', (width) => {
    const lines = tableOf(rows, width);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(lines[1]).toMatch(/^conferences-on-time {2}critical {2}.*…$/);
  });

  test('is cut no further than a column says what it is about', () => {
    expect(tableOf(rows, 5)[1]).toBe('confere…  critical  the fig…');
  });
});

test('a pointer is said in words', () => {
  expect(wordsOf('#/observations/referral-backlog/count')).toBe('referral-backlog, count');
  expect(wordsOf('#/submissions/1/observations/a~1b')).toBe('submissions, 2, a/b');
  expect(wordsOf('#')).toBe('');
});
