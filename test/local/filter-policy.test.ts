import { describe, expect, it } from 'vitest';
import { compileFilterPolicy } from '../../local/filter-policy.ts';

const passes = (policy: unknown, attributes: Record<string, string>): boolean =>
  compileFilterPolicy(JSON.stringify(policy))(attributes);
const values = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`);

const ADDRESSED = { $or: [{ authority: ['herefordshire'], level: ['critical'] }, { recipient: ['r1'] }] };

describe('a filter policy', () => {
  it.each<[string, object, Record<string, string>, boolean]>([
    ['a value that is listed', { level: ['warning', 'critical'] }, { level: 'critical' }, true],
    ['a value that is not', { level: ['warning', 'critical'] }, { level: 'watch' }, false],
    ['a value in another case', { level: ['warning'] }, { level: 'Warning' }, false],
    ['an attribute that is missing', { level: ['warning'] }, {}, false],
    ['an attribute that is not asked about', { level: ['warning'] }, { level: 'warning', other: 'x' }, true],
    ['one attribute of two', { level: ['warning'], authority: ['a'] }, { level: 'warning', authority: 'b' }, false],
    ['both attributes', { level: ['warning'], authority: ['a'] }, { level: 'warning', authority: 'a' }, true],
    ['the name of something every object has', { toString: ['x'] }, {}, false],
  ])('sees %s', (_, policy, attributes, passed) => {
    expect(passes(policy, attributes)).toBe(passed);
  });

  it.each<[string, object, Record<string, string>, boolean]>([
    ['its first alternative', ADDRESSED, { authority: 'herefordshire', level: 'critical' }, true],
    ['half of its first alternative', ADDRESSED, { authority: 'herefordshire', level: 'warning' }, false],
    ['its second alternative', ADDRESSED, { recipient: 'r1' }, true],
    ['somebody else addressed', ADDRESSED, { recipient: 'r2' }, false],
    ['neither alternative', ADDRESSED, {}, false],
    ['both at once', ADDRESSED, { authority: 'herefordshire', level: 'critical', recipient: 'r2' }, true],
    ['what stands beside the $or as well', { ...ADDRESSED, kind: ['alert'] }, { recipient: 'r1' }, false],
    [
      'an $or within an $or',
      { $or: [{ a: ['1'], $or: [{ b: ['1'] }, { c: ['1'] }] }, { d: ['1'] }] },
      { a: '1', c: '1' },
      true,
    ],
    [
      'half of an $or within an $or',
      { $or: [{ a: ['1'], $or: [{ b: ['1'] }, { c: ['1'] }] }, { d: ['1'] }] },
      { a: '1' },
      false,
    ],
  ])('with $or sees %s', (_, policy, attributes, passed) => {
    expect(passes(policy, attributes)).toBe(passed);
  });

  it('takes $or for the name of an attribute where it lists texts', () => {
    expect(passes({ $or: ['x'] }, { $or: 'x' })).toBe(true);
    expect(passes({ $or: ['x'] }, { recipient: 'x' })).toBe(false);
  });

  it.each<[string, unknown, string]>([
    ['one object in an $or: an attribute, and no rule', { $or: [{ a: ['1'] }] }, 'Unrecognized match type a'],
    [
      'a reserved word in an $or: an attribute, and a rule that is not emulated',
      { $or: [{ numeric: 123 }, { prefix: 'abc' }] },
      '"$or": the operator numeric is not emulated',
    ],
    [
      'a reserved word in one of the objects of an $or',
      { $or: [{ a: ['1'] }, { regex: ['1'] }] },
      'Unrecognized match type a',
    ],
    ['a text among the objects of an $or', { $or: [{ a: ['1'] }, 'b'] }, 'Unrecognized match type a'],
    ['an empty object in an $or', { $or: [{}, { a: ['1'] }] }, 'Empty objects are not allowed'],
    ['nothing', {}, 'Empty objects are not allowed'],
    ['a list', ['a'], 'a policy must be an object'],
    ['a bare value', { a: 'x' }, '"a" must be an object or an array'],
    ['an empty list', { a: [] }, 'Empty arrays are not allowed'],
    [
      'a nested policy',
      { a: { b: ['x'] } },
      'Filter policy scope MessageAttributes does not support nested filter policy',
    ],
    ['an operator that is not emulated', { a: [{ prefix: 'x' }] }, '"a": the operator prefix is not emulated'],
    ['an operator that SNS has not', { a: [{ glob: 'x' }] }, 'Unrecognized match type glob'],
    ['two operators at once', { a: [{ prefix: 'x', suffix: 'y' }] }, 'Only one key allowed in match expression'],
    ['a number', { a: [1] }, '"a": only strings are emulated, not 1'],
    ['151 values', { a: values(151) }, 'Filter policy is too complex'],
    ['100 times 51 values', { a: values(100), b: values(51) }, 'Filter policy is too complex'],
    [
      '24 and 64 and 64 values by alternatives',
      {
        source: values(4),
        $or: [{ name: values(6) }, { type: values(4), $or: [{ id: values(4) }, { space: values(4) }] }],
      },
      'Filter policy is too complex',
    ],
    [
      'six attributes',
      { a: ['1'], b: ['1'], c: ['1'], d: ['1'], e: ['1'], f: ['1'] },
      'Filter policy can not have more than 5 keys',
    ],
    [
      'six attributes, some of them in an $or',
      {
        a: ['1'],
        b: ['1'],
        $or: [
          { c: ['1'], d: ['1'] },
          { e: ['1'], f: ['1'] },
        ],
      },
      'Filter policy can not have more than 5 keys',
    ],
    ['more than 256 KB', { a: ['x'.repeat(256 * 1024)] }, 'Filter policy is larger than 262144 bytes'],
  ])('of %s is refused', (_, policy, reason) => {
    expect(() => compileFilterPolicy(JSON.stringify(policy))).toThrow(`Invalid parameter: FilterPolicy: ${reason}`);
  });

  it('that is no JSON is refused', () => {
    expect(() => compileFilterPolicy('{')).toThrow('Invalid parameter: FilterPolicy: failed to parse JSON.');
  });

  it('of 18 and 48 and 84 values by alternatives, 150 in all, is taken', () => {
    const policy = {
      source: values(3),
      $or: [{ name: values(6) }, { type: values(4), $or: [{ id: values(4) }, { space: values(7) }] }],
    };
    expect(passes(policy, { source: 'v2', type: 'v3', space: 'v6' })).toBe(true);
  });
});
