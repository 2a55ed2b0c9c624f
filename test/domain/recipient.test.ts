import { describe, expect, test } from 'vitest';
import { filterPolicyOf, isFilterOf, readFilterPolicy } from '../../functions/domain/recipient.ts';

describe('the filter of a recipient', () => {
  test('lets through what concerns each authority from its level on, and what is addressed to the recipient', () => {
    expect(filterPolicyOf('r1', { b: 'critical', c: 'warning', a: 'critical' })).toEqual({
      $or: [
        { authority: ['c'], level: ['warning', 'critical'] },
        { authority: ['a', 'b'], level: ['critical'] },
        { recipient: ['r1'] },
      ],
    });
  });

  test.each([{ a: 'watch' }, { a: 'warning', b: 'critical' }, { a: 'critical', b: 'critical' }] as const)(
    'of %j is understood when it is read again',
    (hears) => {
      const filter = readFilterPolicy(JSON.stringify(filterPolicyOf('r1', hears)));
      expect(filter).toEqual({ hears, addressed: ['r1'] });
      expect(filter && isFilterOf(filter, { id: 'r1', hears })).toBe(true);
      expect(filter && isFilterOf(filter, { id: 'r2', hears })).toBe(false);
      expect(filter && isFilterOf(filter, { id: 'r1', hears: { ...hears, a: 'critical', z: 'watch' } })).toBe(false);
    },
  );

  test('of an earlier version is understood, and is not the one that it should be', () => {
    const filter = readFilterPolicy('{"authority":["a"],"level":["warning","critical"]}');
    expect(filter).toEqual({ hears: { a: 'warning' }, addressed: [] });
    expect(filter && isFilterOf(filter, { id: 'r1', hears: { a: 'warning' } })).toBe(false);
    expect(readFilterPolicy('{"authority":["a","b"]}')).toEqual({ hears: { a: 'watch', b: 'watch' }, addressed: [] });
  });

  test('of no level that there is lets nothing of the authority through', () => {
    expect(readFilterPolicy('{"authority":["a"],"level":["severe"]}')).toStrictEqual({ hears: {}, addressed: [] });
  });

  test.each([
    ['one address more', { addressed: ['r1', 'r2'] }],
    ['one authority more', { hears: { a: 'warning', b: 'critical', c: 'watch' } }],
    ['one authority fewer', { hears: { a: 'warning' } }],
    ['another level of one', { hears: { a: 'warning', b: 'watch' } }],
    ['another authority', { hears: { a: 'warning', c: 'critical' } }],
  ] as const)('with %s is not the one that it should be', (_, difference) => {
    const hears = { a: 'warning', b: 'critical' } as const;
    const filter = { hears, addressed: ['r1'] };
    expect(isFilterOf(filter, { id: 'r1', hears })).toBe(true);
    expect(isFilterOf({ ...filter, ...difference }, { id: 'r1', hears })).toBe(false);
  });

  test.each([
    undefined,
    '{}',
    '{"kind":["alert"]}',
    '{"authority":[{"prefix":"h"}]}',
    '{"authority":["a"],"kind":["x"]}',
  ])('%s is not of our making', (policy) => {
    expect(readFilterPolicy(policy)).toBeUndefined();
  });
});
