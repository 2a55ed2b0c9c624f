import { expect, test } from 'vitest';
import { pointerTo } from '../../functions/domain/faults.ts';

test('a pointer says where, whatever a key holds', () => {
  expect(pointerTo([])).toBe('#');
  expect(pointerTo(['a/b', '~', 0, 'é', '\ud800'])).toBe('#/a~1b/~0/0/%C3%A9/%EF%BF%BD');
  expect(pointerTo(['x'.repeat(101)])).toBe(`#/${'x'.repeat(100)}%E2%80%A6`);
});
