import { describe, expect, test } from 'vitest';
import { inWords, tableOf, wordsOf } from '../../../bin/commands/output.ts';

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
  expect(wordsOf('#/observations/a-b/count', new Map([['a-b', { title: 'A to B' }]]))).toBe('A to B, count');
});

test('months, days and times are said as people write them; what is quoted stays as it was typed', () => {
  expect(inWords('raised since 2011-09, due 2010-10-22, sent 2011-10-15T00:00:07.469Z')).toBe(
    'raised since September 2011, due 22 October 2010, sent 15 October 2011 at 01:00',
  );
  expect(inWords('CURRENT#2011-02 of http://127.0.0.1/2011-02')).toBe('CURRENT#2011-02 of http://127.0.0.1/2011-02');
  expect(inWords('"2011-9" and “from 2011-09” of bristol-2023-02')).toBe(
    '"2011-9" and “from 2011-09” of bristol-2023-02',
  );
});
