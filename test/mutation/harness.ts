/**
 * What of vitest the tests of the three rooms use, in a few lines: a test file says its tests as it is loaded, and whoever
 * loaded it runs those that it wants. `expect` is vitest's own.
 */

type Work = (...values: never[]) => unknown;

/** A block of tests, with what is done before and after. */
interface Block {
  readonly parent: Block | undefined;
  readonly beforeAll: Work[];
  readonly afterAll: Work[];
  readonly beforeEach: Work[];
  readonly afterEach: Work[];
}

export interface Case {
  /** The titles of its blocks and its own. */
  readonly name: string;
  readonly block: Block;
  readonly run: () => unknown;
}

export interface Declared {
  readonly cases: readonly Case[];
  /** What a test file finds as `vitest`. */
  readonly vitest: object;
}

/** What a test throws that finds nothing to test. */
const SKIPPED = new Error('skipped');
const CONTEXT = {
  skip(): never {
    throw SKIPPED;
  },
};

const emptyBlock = (parent?: Block): Block => ({
  ...{ parent, beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] },
});

export function declaring(expect: unknown): Declared {
  const cases: Case[] = [];
  const titles: string[] = [];
  let block = emptyBlock();

  const describe = (title: string, work: Work): void => {
    const outer = block;
    block = emptyBlock(outer);
    titles.push(title);
    try {
      work();
    } finally {
      titles.pop();
      block = outer;
    }
  };
  /** Between title and function options may stand, and after them a time limit: neither matters here. */
  const test = (title: string, ...rest: unknown[]): void => {
    const run = rest.find((value): value is Work => typeof value === 'function');
    if (!run) throw new Error(`${title} is no test that can be run here`);
    cases.push({ name: [...titles, title].join(' > '), block, run: () => run(CONTEXT as never) });
  };
  const each =
    (declare: (title: string, ...rest: unknown[]) => void) =>
    (rows: readonly unknown[]) =>
    (title: string, ...rest: unknown[]): void =>
      rows.forEach((row, index) => {
        const values = (Array.isArray(row) ? row : [row]) as never[];
        const bound = rest.map((value) => (typeof value === 'function' ? () => (value as Work)(...values) : value));
        declare(`${title} [${index}]`, ...bound);
      });
  const nothing = (): void => {};
  const tests = Object.assign(test, {
    each: each(test),
    skipIf: (skipped: unknown) => (skipped ? nothing : test),
    runIf: (isRun: unknown) => (isRun ? test : nothing),
  });
  const hook = (kind: 'beforeAll' | 'afterAll' | 'beforeEach' | 'afterEach') => (work: Work) =>
    void block[kind].push(work);
  return {
    cases,
    vitest: {
      ...{ expect, test: tests, it: tests },
      describe: Object.assign(describe, { each: each(describe as never) }),
      beforeAll: hook('beforeAll'),
      afterAll: hook('afterAll'),
      beforeEach: hook('beforeEach'),
      afterEach: hook('afterEach'),
    },
  };
}

const lineOf = (block: Block): Block[] => [...(block.parent ? lineOf(block.parent) : []), block];

/** Runs what was declared, one after another, and gives each to `told` with its error; ends where that returns false. */
export async function runCases(
  cases: readonly Case[],
  starting: (run: Case) => void,
  told: (run: Case, error: unknown, ms: number) => boolean,
): Promise<void> {
  const entered: Block[] = [];
  const after: Work[] = [];
  try {
    for (const each of cases) {
      const line = lineOf(each.block);
      const began = performance.now();
      let error: unknown;
      try {
        for (const block of line.filter((one) => !entered.includes(one))) {
          entered.push(block);
          after.unshift(...block.afterAll);
          for (const work of block.beforeAll) {
            const undo = await work();
            if (typeof undo === 'function') after.unshift(undo as Work);
          }
        }
        starting(each);
        const undone: Work[] = [];
        for (const work of line.flatMap(({ beforeEach }) => beforeEach)) {
          const undo = await work();
          if (typeof undo === 'function') undone.unshift(undo as Work);
        }
        try {
          await each.run();
        } finally {
          for (const work of [...line.flatMap(({ afterEach }) => afterEach), ...undone]) await work();
        }
      } catch (thrown) {
        if (thrown !== SKIPPED) error = thrown ?? new Error('nothing was thrown');
      }
      if (!told(each, error, performance.now() - began)) return;
    }
  } finally {
    for (const work of after)
      await Promise.resolve()
        .then(() => work())
        .catch(() => undefined);
  }
}
