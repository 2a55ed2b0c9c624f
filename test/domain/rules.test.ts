import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as rules from '../../functions/domain/rules.ts';
import type { RuleChange } from '../support/change-rules.ts';

const change = (value: number): number =>
  Number.isInteger(value) && value < 20 ? value + 1 : Math.round(500 * value) / 1000;

/** Every rule with another number; whole ones stay whole. `DEFAULT_M_OF_N` is made of others. */
const CHANGES: readonly RuleChange[] = Object.entries(rules).flatMap(([name, value]): RuleChange[] =>
  typeof value === 'number'
    ? [{ name, value: change(value) }]
    : Array.isArray(value)
      ? [{ name, value: value.map(change) }]
      : [],
);

const DOMAIN = join(import.meta.dirname, '../../functions/domain');
const NODE = join(import.meta.dirname, '../../node_modules/.bin/node');
const PROGRAM = join(import.meta.dirname, '../support/change-rules.ts');

/** What each reader says, by the rules as they are and then by each change. */
const [asIs = {}, ...changed] = JSON.parse(
  execFileSync(NODE, [PROGRAM, JSON.stringify(CHANGES)], { encoding: 'utf8', maxBuffer: 1e9 }),
) as Record<string, string>[];

const differing = (i: number): string[] => Object.keys(asIs).filter((reader) => changed[i]?.[reader] !== asIs[reader]);

/** What goes by the calendar, or asks, finds nothing in figures. */
const READERS: readonly (readonly [RegExp, string])[] = [
  [/^(SUBMISSION_|SKIPPED_|REMIND_|ABSENT_)/, 'calendar'],
  [/^QUESTION_/, 'questions'],
  [/./, 'findings'],
];
const readerOf = (name: string): string => READERS.find(([names]) => names.test(name))?.[1] ?? '';

it.each(CHANGES.map(({ name }, i) => [name, i] as const))('%s judges, and the document says it', (name, i) => {
  expect(differing(i)).toContain(readerOf(name));
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

/** What computation needs to be exact enough, in the files whose subject is computing. */
const EXACTNESS =
  /^const (NEGLIGIBLE|ENDLESS_MONTHS|PRECISION|MOST_STEPS|ROUNDING|MEMO_SIZE|LARGE|FEWEST_SUCCESSES) = .*$/gm;

it.each([
  ...readdirSync(join(DOMAIN, 'evaluators')).map((file) => `evaluators/${file}`),
  ...['change-point.ts', 'cusum.ts', 'm-of-n.ts', 'xmr.ts'].map((file) => `statistics/${file}`),
  ...['hold-back.ts', 'obligations.ts', 'questions.ts', 'reconcile.ts', 'series.ts', 'timeline.ts'],
])('%s has no number that judges: what is not 0, 1, 2 or 100 is a named constant of rules.ts', (file) => {
  const code = readFileSync(join(DOMAIN, file), 'utf8')
    .replaceAll(/\/\*.*?\*\/|\/\/.*|'[^']*'|`[^`]*`/gs, '')
    .replaceAll(EXACTNESS, '');
  expect(
    code.match(/(?<![\w.])\d+(\.\d+)?(?![\w.])/g)?.filter((number) => !['0', '1', '2', '100'].includes(number)) ?? [],
  ).toEqual([]);
});
