import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { DOCUMENT, rewriteDocument, undocumentedRules } from '../support/how-it-judges.ts';

test('docs/how-it-judges.md has the numbers that judge, and its examples are judged as it says', async () => {
  await expect(rewriteDocument()).toMatchFileSnapshot(fileURLToPath(DOCUMENT));
});

test('docs/how-it-judges.md names every rule', () => {
  expect(undocumentedRules()).toEqual([]);
});
