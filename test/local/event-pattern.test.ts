import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../local/event-pattern.ts';

const record = {
  eventName: 'INSERT',
  dynamodb: { Keys: { pk: { S: 'AUTHORITY#herefordshire' }, sk: { S: 'CURRENT#2011-02' }, n: { N: '41' } } },
};
const sortKey = (rule: unknown) => ({ dynamodb: { Keys: { sk: { S: [rule] } } } });

describe('an event pattern', () => {
  it.each<[string, object, boolean]>([
    ['one of several values', { eventName: ['MODIFY', 'INSERT'] }, true],
    ['no value equal', { eventName: ['REMOVE'] }, false],
    ['a value in another case', { eventName: ['insert'] }, false],
    ['a nested prefix', sortKey({ prefix: 'CURRENT#' }), true],
    ['another prefix', sortKey({ prefix: 'NOTICE#' }), false],
    ['a prefix that is all of it', sortKey({ prefix: 'CURRENT#2011-02' }), true],
    ['either of two prefixes', { dynamodb: { Keys: { sk: { S: [{ prefix: 'NOTICE#' }, { prefix: 'CUR' }] } } } }, true],
    ['one field that matches and one that does not', { eventName: ['INSERT'], ...sortKey({ prefix: 'x' }) }, false],
    ['a field that is not there', { dynamodb: { OldImage: { pk: { S: ['a'] } } } }, false],
    ['a value where there is an object', { dynamodb: ['Keys'] }, false],
    ['a DynamoDB number as a string', { dynamodb: { Keys: { n: { N: ['41'] } } } }, true],
    ['nothing asked', {}, true],
  ])('with %s', (_, pattern, matches) => {
    expect(compilePattern(pattern)(record)).toBe(matches);
  });

  it.each<[string, object, RegExp]>([
    ['a bare value', { eventName: 'INSERT' }, /pattern\.eventName must be a JSON object/],
    [
      'an operator that is not emulated',
      { a: { b: [{ suffix: 'x' }] } },
      /pattern\.a\.b: the operator 'suffix' is not emulated/,
    ],
    ['two operators at once', { a: [{ prefix: 'x', suffix: 'y' }] }, /pattern\.a: the rule .* is not emulated/],
    ['a number', { a: [1] }, /pattern\.a: the rule 1 is not emulated/],
    ['a prefix that is no string', { a: [{ prefix: 1 }] }, /pattern\.a: prefix takes a string/],
    ['an empty list', { a: [] }, /pattern\.a must not be empty/],
    ['$or', { a: { $or: [{ b: ['x'] }, { c: ['x'] }] } }, /pattern\.a\.\$or is not emulated/],
  ])('with %s is refused, naming the place', (_, pattern, message) => {
    expect(() => compilePattern(pattern)).toThrow(message);
  });
});
