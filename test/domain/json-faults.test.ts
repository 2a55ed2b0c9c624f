import fc from 'fast-check';
import { expect, test } from 'vitest';
import { faultsOfJson } from '../../functions/domain/json-faults.ts';

const GOOD = `{
  "id": "north-shire-2023",
  "fieldwork": { "from": "2023-01-10", "to": "2023-01-21" },
  "actions": [
    { "id": "A1", "days": 7 },
    { "id": "A2", "days": 0.5 }
  ],
  "record": true
}`;
const spelt = (from: string, to: string) => {
  expect(GOOD).toContain(from);
  return faultsOfJson(GOOD.replace(from, to)).map(({ line, detail }) => `${line}: ${detail}`);
};

test.each([
  [
    'curly quotation marks',
    '"north-shire-2023"',
    '“north-shire-2023”',
    ['2: quotation marks are straight double ones here, ", and not “'],
  ],
  [
    'single ones around a name',
    '"id": "north',
    "'id': \"north",
    ['2: quotation marks are straight double ones here, ", and not \''],
  ],
  ['a tab in a text', 'north-shire', 'north\tshire', ['2: a tab cannot stand in a text; write a space for it']],
  ['a comma that is missing', '2023",\n', '2023"\n', ['2: a comma is missing at the end of this line']],
  ['one between entries', '7 },', '7 }', ['5: a comma is missing at the end of this line']],
  ['a comma too many in a list', '0.5 }', '0.5 },', ['6: a comma too many: there is none behind the last entry']],
  ['one at the end of the whole', 'true', 'true,', ['8: a comma too many: there is none behind the last entry']],
  ['two commas', '7 },', '7 },,', ['5: a comma too many']],
  ['a percentage', '"days": 7', '"days": 85%', ['5: a number stands alone, without a sign behind it: not 85%']],
  ['a number with a zero before it', ': 7', ': 07', ['5: a number is written like 7 or 0.5, and not 07']],
  [
    'a day without quotation marks',
    '"from": "2023-01-10"',
    '"from": 3 May 2022',
    ['3: a text stands between quotation marks: "3 May 2022"'],
  ],
  ['a name without them', '"record"', 'record', ['8: a name stands between quotation marks: "record"']],
  ['a word in capitals', 'true', 'TRUE', ['8: write true, false or null as they are here, and not TRUE']],
  [
    'a text that does not end',
    '2023",\n',
    '2023,\n',
    ['2: the quotation mark that ends the text is missing; a text ends in the line in which it begins'],
  ],
  ['a text that does not begin', '"north', 'north', ['2: the quotation mark before north-shire-2023" is missing']],
  ['a colon that is missing', '"record":', '"record"', ['8: a ":" is missing behind the name']],
  [
    'quotation marks in a text',
    'north-shire',
    'the "north" shire',
    ['2: a comma is missing here, or a quotation mark within a text has no backslash before it: \\"'],
  ],
  ['a backslash', 'north-shire', 'C:\\North', ['2: a backslash in a text is written twice: \\\\']],
  [
    'a comment',
    '"record"',
    '// yes\n  "record"',
    ['8: a comment cannot be written here; take it out, or make it the text of a "$comment"'],
  ],
  ['a value that is missing', ': true', ':', ['8: a value is missing']],
  [
    'a bracket that is missing',
    '  ],\n',
    '',
    [
      '6: a comma is missing at the end of this line',
      '7: a "]" is missing before this name: what was opened in line 4 is not closed',
    ],
  ],
  ['the end', '\n}', '', ['8: the file ends, and what was opened in line 1 is not closed: a "}" is missing']],
  [
    'more than the whole',
    '\n}',
    '\n}\n}',
    ['10: there is more behind the end of the whole: a "}" or "]" too many, or something that was pasted twice'],
  ],
])('%s is named by its line, with what to write', (_, from, to, faults) => {
  expect(spelt(from, to)).toEqual(faults);
});

test('all are named at once, and what is right besides is none', () => {
  const text = GOOD.replace('"north-shire-2023",', '“north-shire-2023”')
    .replace('7 },', '7% }')
    .replace('true', 'yes,');
  expect(faultsOfJson(text).map(({ line }) => line)).toEqual([2, 2, 5, 5, 8, 8]);
});

test('of JSON there is none, and of anything else a few, soon', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, space) => {
      expect(faultsOfJson(JSON.stringify(value, null, space))).toEqual([]);
    }),
  );
  const broken = fc.tuple(fc.jsonValue(), fc.nat(), fc.constantFrom('', ',', '"', '“', '{', ']', '\t', '\n', ':', '%'));
  fc.assert(
    fc.property(broken, ([value, place, typed]) => {
      const text = JSON.stringify(value, null, 2);
      const at = place % (text.length + 1);
      const changed = text.slice(0, at) + typed + text.slice(at + (typed === '' ? 1 : 0));
      let isJson = true;
      try {
        JSON.parse(changed);
      } catch {
        isJson = false;
      }
      const faults = faultsOfJson(changed);
      expect([isJson, changed, faults.length > 0]).toEqual([isJson, changed, !isJson]);
      const lines = changed.split('\n').length;
      expect(faults.every(({ line }) => line >= 1 && line <= lines)).toBe(true);
    }),
    { numRuns: 500 },
  );
  for (const text of ['', '[', '{'.repeat(100_000), '['.repeat(100_000), '",'.repeat(100_000), 'x\n'.repeat(100_000)])
    expect(faultsOfJson(text).length).toBeGreaterThan(0);
});
