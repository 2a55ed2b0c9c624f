import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../local/event-pattern.ts';

const record = {
  eventName: 'INSERT',
  dynamodb: {
    Keys: { pk: { S: 'AUTHORITY#herefordshire' }, sk: { S: 'CURRENT#2011-02' } },
    NewImage: { status: { S: 'Final' }, count: { N: '41' }, tags: { L: [{ S: 'a' }, { S: 'b' }] } },
  },
};
const plain = { level: 'Warning', price: 300, stock: 0, open: true, gone: null, tags: ['red', 'green'], empty: '' };

describe('an event pattern', () => {
  it.each<[string, object, object, boolean]>([
    ['one of several values', { eventName: ['MODIFY', 'INSERT'] }, record, true],
    ['no value equal', { eventName: ['REMOVE'] }, record, false],
    ['a nested prefix', { dynamodb: { Keys: { sk: { S: [{ prefix: 'CURRENT#' }] } } } }, record, true],
    ['another prefix', { dynamodb: { Keys: { sk: { S: [{ prefix: 'NOTICE#' }] } } } }, record, false],
    ['a suffix', { dynamodb: { Keys: { sk: { S: [{ suffix: '-02' }] } } } }, record, true],
    ['equality but for case', { level: [{ 'equals-ignore-case': 'wARNING' }] }, plain, true],
    ['equality with another case', { level: ['warning'] }, plain, false],
    ['a present leaf', { dynamodb: { NewImage: { status: { S: [{ exists: true }] } } } }, record, true],
    ['an absent leaf', { dynamodb: { OldImage: { pk: { S: [{ exists: false }] } } } }, record, true],
    ['exists on what is no leaf', { dynamodb: { NewImage: { status: [{ exists: true }] } } }, record, false],
    ['anything but a value', { eventName: [{ 'anything-but': 'REMOVE' }] }, record, true],
    ['anything but a listed value', { eventName: [{ 'anything-but': ['REMOVE', 'INSERT'] }] }, record, false],
    ['anything but a prefix', { level: [{ 'anything-but': { prefix: 'Warn' } }] }, plain, false],
    ['anything but, on an absent field', { missing: [{ 'anything-but': 'x' }] }, plain, false],
    ['a number in a range', { price: [{ numeric: ['>', 100, '<=', 300] }] }, plain, true],
    ['a number outside a range', { price: [{ numeric: ['<', 300] }] }, plain, false],
    ['a number equal', { price: [300.0], stock: [{ numeric: ['=', 0] }] }, plain, true],
    [
      'numeric on a DynamoDB number, a string',
      { dynamodb: { NewImage: { count: { N: [{ numeric: ['>', 1] }] } } } },
      record,
      false,
    ],
    ['a DynamoDB number as a string', { dynamodb: { NewImage: { count: { N: ['41'] } } } }, record, true],
    ['null, true and the empty string', { gone: [null], open: [true], empty: [''] }, plain, true],
    ['an element of an array', { tags: ['green'] }, plain, true],
    ['an object in an array', { dynamodb: { NewImage: { tags: { L: { S: ['b'] } } } } }, record, true],
    ['either of two fields', { $or: [{ level: ['x'] }, { price: [300] }] }, plain, true],
    ['neither of two fields', { $or: [{ level: ['x'] }, { price: [1] }] }, plain, false],
    ['$or together with another field', { $or: [{ level: ['x'] }, { price: [300] }], open: [false] }, plain, false],
    ['nothing asked', {}, plain, true],
  ])('with %s', (_, pattern, event, matches) => {
    expect(compilePattern(pattern)(event)).toBe(matches);
  });

  it.each<[string, object, RegExp]>([
    ['a bare value', { eventName: 'INSERT' }, /pattern\.eventName must be an object or an array/],
    ['an unknown operator', { a: { b: [{ prefixx: 'x' }] } }, /pattern\.a\.b: 'prefixx'/],
    ['an empty list', { a: [] }, /must not be empty/],
    ['a numeric comparison without a number', { a: [{ numeric: ['>', '1'] }] }, /numeric/],
    ['exists without a boolean', { a: [{ exists: 'yes' }] }, /exists/],
  ])('with %s is refused, naming the place', (_, pattern, message) => {
    expect(() => compilePattern(pattern)).toThrow(message);
  });
});
