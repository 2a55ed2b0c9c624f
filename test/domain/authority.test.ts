import { expect, test } from 'vitest';
import { type DeployedSmallNumbers, smallNumbersFor } from '../../functions/domain/authority.ts';
import type { SmallNumbers } from '../../functions/domain/format.ts';

test('nothing is shown by how a deployment has small numbers before the authority was asked: the compiler is the wall', () => {
  const deployed = 'suppress' as DeployedSmallNumbers;
  // @ts-expect-error whoever puts figures into words asks `smallNumbersFor` first
  const shown: SmallNumbers = deployed;
  expect([shown, smallNumbersFor({}, deployed)]).toEqual(['suppress', 'suppress']);
  const said = { version: 1, author: 'A', reason: 'B', setAt: '2024-01-01T00:00:00.000Z', by: 'C' };
  expect(smallNumbersFor({ settings: [{ ...said, smallNumbers: 'show' }] }, deployed)).toBe('show');
});
