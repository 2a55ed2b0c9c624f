import { describe, expect, it, test } from 'vitest';
import { readNumber } from '../../functions/services/cell-numbers.ts';

describe('a number', () => {
  it.each([
    ['1,234', 1234],
    ['1,234,567.5', 1234567.5],
    ['1 234', 1234],
    ['1\u202f234', 1234],
    ['1.2E+03', 1200],
    ['+4', 4],
    ['.5', 0.5],
    ['4.', 4],
    ['-3', -3],
    ['\u22123', -3],
    ["'12", 12],
  ])('%s is %d', (text, number) => {
    expect(readNumber(text, false)).toEqual({ kind: 'number', number });
  });

  test('below zero that is zero is a plain one', () => {
    expect(Object.is((readNumber('-0', false) as { number: number }).number, 0)).toBe(true);
  });

  it.each([
    ['76%', { number: 76, decimals: 0 }],
    ['76 per cent', { number: 76, decimals: 0 }],
    ['0.80 %', { number: 0.8, decimals: 2 }],
    ['\uff17\uff16\uff05', { number: 76, decimals: 0 }],
  ])('%s is a percentage', (text, what) => {
    expect(readNumber(text, false)).toEqual({ kind: 'percentage', text: `${what.number}%`, ...what });
  });

  it.each([
    ['1.234,5', 1234.5],
    ['12,5', 12.5],
    ['12.5', 12.5],
  ])('%s is %d in a file whose columns are separated by semicolons', (text, number) => {
    expect(readNumber(text, true)).toEqual({ kind: 'number', number });
  });

  it.each(['1,234', '1.234'])('%s has two meanings there, and both are said', (text) => {
    expect(readNumber(text, true)).toMatchObject({ kind: 'unclear', detail: expect.stringMatching(/1234 or 1\.234/) });
  });

  it.each([
    ['12,5', 'write it with a point: 12.5'],
    ['(3)', 'write it with a minus sign'],
    ['=A1', 'open the file in a spreadsheet and save it again'],
    ['Mar-24', 'format the cell as a number'],
    ['<5', 'not a number but a range'],
    ['5+', 'not a number but a range'],
    ['1-5', 'not a number but a range'],
    ['c', 'leave the cell blank where a figure is withheld'],
    ['nil', 'write 0 where there were none'],
    ['-', 'write 0 where there were none'],
    ['#DIV/0!', 'give 0 of 0 where there was nothing to count'],
    ['#N/A', 'put the formula right'],
    ['####', 'widen the column'],
    ['12 cases', 'write the number alone'],
    ['12,34,567', 'write the number alone'],
    ['0x10', 'write the number alone'],
    ['Infinity', 'write the number alone'],
  ])('%s is none: %s', (text, advice) => {
    expect(readNumber(text, false)).toMatchObject({ kind: 'unclear', detail: expect.stringContaining(advice) });
  });
});
