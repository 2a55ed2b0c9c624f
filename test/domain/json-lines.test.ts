import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineOf, linesOfJson, parseJson } from '../../functions/domain/json-lines.ts';

test('every value is found in the line in which it begins, a named one in that of its name', () => {
  const text = '{\n  "a":\n    1,\n  "b/c": [\n    true, "x\\"y",\n    { "d": null }\n  ]\n}';
  expect(Object.fromEntries(linesOfJson(text))).toEqual({
    '#': 1,
    '#/a': 2,
    '#/b~1c': 4,
    '#/b~1c/0': 5,
    '#/b~1c/1': 5,
    '#/b~1c/2': 6,
    '#/b~1c/2/d': 6,
  });
});

test('what is missing is looked for in the line of what it is missing from', () => {
  const lines = linesOfJson('{\n"a": {\n"b": 1 } }');
  expect([lineOf(lines, '#/a/b/c/d'), lineOf(lines, '#/a/x'), lineOf(lines, '#/z')]).toEqual([3, 2, 1]);
});

test('any JSON can be read so', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, space) => {
      const text = JSON.stringify(value, null, space);
      const last = Math.max(...linesOfJson(text).values());
      expect(last).toBeLessThanOrEqual(text.split('\n').length);
    }),
  );
});

test('14-csv-encodings: JSON as Windows saves it, with a byte-order mark, is what it is without', () => {
  expect(parseJson('\uFEFF{"submissions":[]}')).toEqual({ submissions: [] });
});
