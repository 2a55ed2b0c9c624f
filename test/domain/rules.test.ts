import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as rules from '../../functions/domain/rules.ts';
import type { RuleChange } from '../support/change-rules.ts';

/** Every rule with another number; whole ones stay whole. */
const CHANGES: readonly RuleChange[] = Object.entries(rules).flatMap(([name, value]) =>
  typeof value === 'number'
    ? [{ name, value: Number.isInteger(value) && value < 20 ? value + 1 : Math.round(500 * value) / 1000 }]
    : [],
);

const NODE = join(import.meta.dirname, '../../node_modules/.bin/node');
const PROGRAM = join(import.meta.dirname, '../support/change-rules.ts');

/** What each reader says, by the rules as they are and then by each change. */
const [asIs = {}, ...changed] = JSON.parse(
  execFileSync(NODE, [PROGRAM, JSON.stringify(CHANGES)], { encoding: 'utf8', maxBuffer: 1e9 }),
) as Record<string, string>[];

const differing = (i: number): string[] => Object.keys(asIs).filter((reader) => changed[i]?.[reader] !== asIs[reader]);

const BY_THE_CALENDAR = ['SUBMISSION_WORKING_DAYS', 'REMIND_EVERY_MONTHS'];

it.each(CHANGES.map(({ name }, i) => [name, i] as const))('%s judges, and the document says it', (name, i) => {
  // What goes by the calendar finds nothing in figures.
  if (!BY_THE_CALENDAR.includes(name)) expect(differing(i)).toContain('findings');
  expect(differing(i)).toContain('document');
});

it.each(CHANGES.flatMap(({ name }, i) => (name.startsWith('XMR_') ? [[name, i] as const] : [])))(
  '%s is the same to chart, answer and evaluator',
  (name, i) => {
    expect(differing(i)).toContain('answer');
    // The page draws every limit; how many points make one reliable is for the evaluator.
    if (name !== 'XMR_MIN_POINTS') expect(differing(i)).toContain('page');
  },
);

it('no other file has a number that judges: what is not 0, 1, 2 or 100 is a named constant', () => {
  const folder = join(import.meta.dirname, '../../functions/domain/evaluators');
  for (const file of readdirSync(folder)) {
    const code = readFileSync(join(folder, file), 'utf8').replaceAll(/\/\*.*?\*\/|\/\/.*|'[^']*'|`[^`]*`/gs, '');
    expect(
      code.match(/(?<![\w.])\d+(\.\d+)?(?![\w.])/g)?.filter((number) => !['0', '1', '2', '100'].includes(number)) ?? [],
      file,
    ).toEqual([]);
  }
});
