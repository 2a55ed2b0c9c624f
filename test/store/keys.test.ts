import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as keys from '../../functions/store/keys.ts';

const FUNCTIONS = join(import.meta.dirname, '../../functions');

/** Every constant of a key: `INSPECTION`, `CURRENT#`, `UNSENT` … */
const CONSTANTS = Object.values(keys).filter((value) => typeof value === 'string');

test.each([
  ['AUTHORITY#herefordshire', keys.authorityKey('herefordshire'), keys.authorityOf, 'herefordshire'],
  ['TOKEN#abc', keys.tokenKey('abc'), keys.digestOf, 'abc'],
  ['NOTICE#000012', keys.noticeKey(12), keys.noticeNumberOf, 12],
])('%s is read as it was written', (written, key, read, meant) => {
  expect([key, read(key)]).toEqual([written, meant]);
});

test('keys with numbers sort by them, up to the highest', () => {
  const revisions = [1, 2, 10, keys.MAX_REVISION].map((revision) => keys.revisionKey('2011-09', revision));
  expect([...revisions].sort()).toEqual(revisions);
  const notices = [0, 9, 10, keys.MAX_NOTICE].map(keys.noticeKey);
  expect([...notices].sort()).toEqual(notices);
});

test('no key is spelled anywhere else in what is deployed', () => {
  expect(CONSTANTS).toEqual(expect.arrayContaining(['AUTHORITY', 'CURRENT#', 'NOTICE#', 'UNSENT']));
  const spelled = readdirSync(FUNCTIONS, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && path !== join('store', 'keys.ts'))
    .flatMap((path) =>
      [...readFileSync(join(FUNCTIONS, path), 'utf8').matchAll(/(['"`])([A-Z]+#?)(?=\1|\$|#)/g)]
        .map(([, , text = '']) => text)
        .filter((text) => CONSTANTS.some((constant) => constant === text || constant === `${text}#`))
        .map((text) => `${path}: ${text}`),
    );
  expect(spelled).toEqual([]);
});
