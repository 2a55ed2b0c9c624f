import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { type Case, declaring, runCases } from './harness.ts';

/**
 * Runs tests for Stryker in its own process, thousands of times: each test file is bundled once, with all that it imports
 * of the project, and loaded anew for each change, so that nothing that a changed program left behind is there for the
 * next. What vitest takes a second for takes milliseconds. DynamoDB and SNS are those of the simulation, in memory.
 */

/** What Stryker's instrumented code and this runner tell each other, by Stryker's own names. */
interface Namespace {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: { static: Record<string, number>; perTest: Record<string, Record<string, number>> };
}

interface MutantRun {
  readonly activeMutant: { readonly id: string };
  readonly testFilter?: readonly string[];
  readonly hitLimit?: number;
  readonly disableBail: boolean;
}

interface Told {
  readonly id: string;
  readonly name: string;
  readonly timeSpentMs: number;
  readonly error: unknown;
}

type Load = (require: NodeRequire, module: object, exports: object) => void;

const shared = globalThis as { __stryker__?: Namespace };
shared.__stryker__ ??= {};
const namespace = shared.__stryker__;
const messageOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

class InProcessRunner {
  static readonly inject = [] as const;
  /** Each test file, by its path from the root. */
  readonly #files = new Map<string, Load>();
  /** How many changes each noticed. */
  readonly #noticed = new Map<string, number>();
  #expect: unknown;
  #require = createRequire(import.meta.url);

  capabilities() {
    return { reloadEnvironment: true };
  }

  /** Bundles the tests, from the folder that Stryker made of the project. */
  async init(): Promise<void> {
    const root = process.cwd();
    const files = (process.env.MUTATION_TESTS ?? '').split(',').map((path) => resolve(root, path));
    this.#require = createRequire(resolve(root, 'package.json'));
    const { build } = this.#require('esbuild') as typeof import('esbuild');
    this.#expect = (
      await import(pathToFileURL(this.#require.resolve('vitest').replace('index.cjs', 'dist/index.js')).href)
    ).expect;
    for (const file of files) {
      const { outputFiles } = await build({
        entryPoints: [file],
        ...{ bundle: true, write: false, platform: 'node', format: 'cjs', target: 'node24', packages: 'external' },
        logLevel: 'error',
        plugins: [
          {
            name: 'in-memory',
            setup({ onResolve, onLoad }) {
              const inMemory = (name: string) => ({ path: resolve(root, `test/mutation/${name}.ts`) });
              onResolve({ filter: /\/bench\/store\.ts$/ }, () => inMemory('store'));
              onResolve({ filter: /\/support\/topic\.ts$/ }, ({ importer }) =>
                // What stands in for it is made of it.
                dirname(importer) === resolve(root, 'test/mutation') ? undefined : inMemory('topic'),
              );
              onLoad({ filter: /\.ts$/ }, ({ path }) => ({
                loader: 'ts',
                resolveDir: dirname(path),
                contents: readFileSync(path, 'utf8')
                  .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
                  .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
                  // What waits as it loads cannot be bundled so; the Lambdas of the simulation wait for nothing.
                  .replaceAll(/^(const .* =) await import\(/gm, '$1 require('),
              }));
            },
          },
        ],
      });
      const text = outputFiles[0]?.text ?? '';
      // Nothing of what is changed.
      if (!text.includes('stryMutAct_')) continue;
      this.#files.set(
        relative(root, file),
        new Script(`(function (require, module, exports) {${text}\n})`, { filename: file }).runInThisContext(),
      );
    }
  }

  async dryRun() {
    namespace.activeMutant = undefined;
    namespace.mutantCoverage ??= { static: {}, perTest: {} };
    const told = await this.#run(undefined, false);
    return {
      status: 'complete',
      mutantCoverage: namespace.mutantCoverage,
      tests: told.map(({ id, name, timeSpentMs, error }) => ({
        ...{ id, name, timeSpentMs },
        ...(error ? { status: 1, failureMessage: messageOf(error) } : { status: 0 }),
      })),
    };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, disableBail }: MutantRun) {
    Object.assign(namespace, {
      activeMutant: activeMutant.id,
      hitCount: hitLimit === undefined ? undefined : 0,
      hitLimit,
    });
    const told = await this.#run(testFilter && new Set(testFilter), !disableBail);
    namespace.activeMutant = undefined;
    if (hitLimit !== undefined && (namespace.hitCount ?? 0) > hitLimit)
      return { status: 'timeout', reason: `reached ${namespace.hitCount} times` };
    const failed = told.filter(({ error }) => error);
    return failed.length > 0
      ? {
          status: 'killed',
          failureMessage: messageOf(failed[0]?.error),
          killedBy: failed.map(({ id }) => id),
          nrOfTests: told.length,
        }
      : { status: 'survived', nrOfTests: told.length };
  }

  /** Runs these tests, or all; with `bail` until one fails. Those that noticed most so far are asked first. */
  async #run(wanted: ReadonlySet<string> | undefined, bail: boolean): Promise<Told[]> {
    const told: Told[] = [];
    const files = new Set(wanted ? [...wanted].map((id) => id.slice(0, id.indexOf('#'))) : this.#files.keys());
    const noticedBy = (file: string): number => this.#noticed.get(file) ?? 0;
    const noticed = (file: string): void => void this.#noticed.set(file, noticedBy(file) + 1);
    for (const [file, load] of [...this.#files].sort(([a], [b]) => noticedBy(b) - noticedBy(a))) {
      if (!files.has(file)) continue;
      const { cases, vitest } = declaring(this.#expect);
      const required = ((name: string) => (name === 'vitest' ? vitest : this.#require(name))) as NodeRequire;
      const module = { exports: {} };
      try {
        load(required, module, module.exports);
      } catch (error) {
        noticed(file);
        told.push({ id: `${file}#`, name: file, timeSpentMs: 0, error });
        if (bail) return told;
        continue;
      }
      const ids = new Map(cases.map((each, index) => [each, `${file}#${index} ${each.name}`]));
      const idOf = (each: Case): string => ids.get(each) ?? '';
      let going = true;
      await runCases(
        cases.filter((each) => !wanted || wanted.has(idOf(each))),
        (each) => {
          namespace.currentTestId = idOf(each);
        },
        (each, error, ms) => {
          namespace.currentTestId = undefined;
          told.push({ id: idOf(each), name: `${file} ${each.name}`, timeSpentMs: Math.round(ms), error });
          if (error) noticed(file);
          going = !(error && bail);
          return going;
        },
      );
      if (!going) return told;
    }
    return told;
  }
}

export const strykerPlugins = [{ kind: 'TestRunner', name: 'in-process', injectableClass: InProcessRunner }];
