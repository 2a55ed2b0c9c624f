import { expect, test } from 'vitest';
import { declaring, runCases } from './harness.ts';

/** That mutants are asked by tests run as vitest runs them: in order, with what comes before and after, and failing where one fails. */
async function told(write: (vitest: Record<string, never>) => void, names?: readonly string[], bail = false) {
  const { cases, vitest } = declaring(expect);
  write(vitest as Record<string, never>);
  const outcomes: [string, string | undefined][] = [];
  await runCases(
    cases.filter(({ name }) => !names || names.includes(name)),
    () => {},
    ({ name }, error) => {
      outcomes.push([name, error instanceof Error ? error.message : undefined]);
      return !(bail && error);
    },
  );
  return outcomes;
}

test('hooks are run around the tests of their block, and what they give back after it', async () => {
  const done: string[] = [];
  const say = (word: string) => () => void done.push(word);
  await told(
    ({ describe, test, beforeAll, afterAll, beforeEach, afterEach }: Record<string, (...all: unknown[]) => void>) => {
      beforeAll?.(() => {
        done.push('all');
        return say('undone');
      });
      describe?.('inner', () => {
        beforeAll?.(say('inner all'));
        afterAll?.(say('inner after'));
        beforeEach?.(say('before'));
        afterEach?.(say('after'));
        test?.('one', say('one'));
        test?.('two', { timeout: 5 }, say('two'));
      });
    },
  );
  expect(done).toEqual([
    ...['all', 'inner all', 'before', 'one', 'after', 'before', 'two', 'after', 'inner after', 'undone'],
  ]);
});

test('a test fails by what it throws, or what was to be there for it; rows are tests of their own; skipped is not failed', async () => {
  const write = ({ describe, test, beforeAll, afterAll }: Record<string, never>) => {
    // What is left undone at the end fails no test.
    (afterAll as unknown as (work: () => void) => void)(() => {
      throw new Error('nothing to end');
    });
    const { each, skipIf, runIf } = test as unknown as {
      each: (rows: unknown[]) => (title: string, work: unknown) => void;
      skipIf: (skipped: boolean) => (title: string, work: unknown) => void;
      runIf: (isRun: boolean) => (title: string, work: unknown) => void;
    };
    const declare = test as unknown as (title: string, work: unknown) => void;
    each([
      [1, 2],
      [2, 2],
    ])('rows', (a: number, b: number) => expect(a).toBe(b));
    each(['one'])('values', (value: string) => expect(value).toBe('one'));
    declare('waits', async () => {
      await Promise.reject(new Error('late'));
    });
    declare('skipped', ({ skip }: { skip(): void }) => skip());
    skipIf(true)('never', () => expect(1).toBe(2));
    runIf(false)('nor this', () => expect(1).toBe(2));
    (describe as unknown as (title: string, work: () => void) => void)('broken', () => {
      (beforeAll as unknown as (work: () => void) => void)(() => {
        throw new Error('no store');
      });
      declare('needs it', () => {});
    });
  };
  expect(await told(write)).toEqual([
    ['rows [0]', expect.stringContaining('expected 1 to be 2')],
    ['rows [1]', undefined],
    ['values [0]', undefined],
    ['waits', 'late'],
    ['skipped', undefined],
    ['broken > needs it', 'no store'],
  ]);
  expect(await told(write, ['rows [1]', 'waits', 'skipped'], true)).toEqual([
    ['rows [1]', undefined],
    ['waits', 'late'],
  ]);
});
