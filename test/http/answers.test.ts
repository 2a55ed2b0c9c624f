import { describe, expect, test } from 'vitest';
import { fitting, whole } from '../../functions/http/handler.ts';

/** The most that Lambda hands on, of an answer as JSON. */
const LAMBDA_BYTES = 6 * 1024 * 1024;

describe('an answer stays below what Lambda hands on', () => {
  test('by as many of a list as fit, whatever they are written in', () => {
    for (const text of ['x', '"', '€', '\\', '\n']) {
      const list = Array.from({ length: 400 }, (_, index) => ({ index, commentary: text.repeat(30_000) }));
      const shown = fitting(list);
      expect(shown).toEqual(list.slice(0, shown.length));
      expect(shown.length).toBeGreaterThan(30);
      expect(Buffer.byteLength(JSON.stringify({ body: JSON.stringify(shown) }))).toBeLessThan(LAMBDA_BYTES);
    }
  });

  test('and a short list is whole', () => expect(fitting([1, 2, 3])).toEqual([1, 2, 3]));

  test('a file that would not fit is refused with what to do', () => {
    const file = (body: string) => ({ statusCode: 200, body });
    expect(whole(file('period'))).toEqual(file('period'));
    expect(() => whole(file('x'.repeat(LAMBDA_BYTES)))).toThrow(/^1 fault; the query was not answered$/);
  });
});
