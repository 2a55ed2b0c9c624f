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

/** Tests of how long something takes say nothing of what it does, and changed code is slower anyway. */
const OF_TIME = /\bms\b|within a second/;
/** Tests of more than pure functions; not all that they need is played in memory. */
const OF_A_SERVICE = /^test\/(?!domain\/)/;

const shared = globalThis as { __stryker__?: Namespace };
shared.__stryker__ ??= {};
const namespace = shared.__stryker__;
const messageOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

function canBeRequired(require: NodeRequire, name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

class InProcessRunner {
  static readonly inject = [] as const;
  /** Each test file, by its path from the root. */
  readonly #files = new Map<string, Load>();
  /** Those whose tests go on from what the ones before them left in a store. */
  readonly #stories = new Set<string>();
  /** What fails though nothing is changed: it needs more of the service than is played in memory. */
  readonly #unplayed = new Set<string>();
  /** How many changes each noticed. */
  readonly #noticed = new Map<string, number>();
  #expect: unknown;
  #require = createRequire(import.meta.url);
  /** Of so many changes one is tried, where a sample is asked for. */
  readonly #oneOf = Number(process.env.MUTATION_ONE_OF ?? 1);
  /** The changes that are not in the sample. */
  readonly #unasked = new Set<string>();

  capabilities() {
    return { reloadEnvironment: true };
  }

  /** Bundles the tests, from the folder that Stryker made of the project. */
  async init(): Promise<void> {
    const root = process.cwd();
    const files = (process.env.MUTATION_TESTS ?? '').split(',').map((path) => resolve(root, path));
    const require = createRequire(resolve(root, 'package.json'));
    this.#require = require;
    // Some of what `expect` asks wants to know the file that it is in.
    Object.assign(globalThis, { __vitest_worker__: { filepath: root } });
    const { build } = require('esbuild') as typeof import('esbuild');
    this.#expect = (
      await import(pathToFileURL(require.resolve('vitest').replace('index.cjs', 'dist/index.js')).href)
    ).expect;
    for (const file of files) {
      const { outputFiles } = await build({
        entryPoints: [file],
        ...{ bundle: true, write: false, platform: 'node', format: 'cjs', target: 'node24' },
        logLevel: 'error',
        plugins: [
          {
            name: 'in-memory',
            setup({ onResolve, onLoad }) {
              // Packages are this process's own, but for those that can only be imported.
              onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
                kind !== 'entry-point' && canBeRequired(require, path) ? { path, external: true } : undefined,
              );
              const inMemory = (name: string) => ({ path: resolve(root, `test/mutation/${name}.ts`) });
              onResolve({ filter: /\/bench\/store\.ts$/ }, () => inMemory('store'));
              onResolve({ filter: /\/(service|described|launch)\.ts$/ }, ({ path, importer }) =>
                /^test\/support\/(service|described)\.ts$|^local\/launch\.ts$/.test(
                  relative(root, resolve(dirname(importer), path)),
                )
                  ? inMemory('service')
                  : undefined,
              );
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
                  .replaceAll(/^(const .* =| {2}\w+:) await import\(/gm, '$1 require('),
              }));
            },
          },
        ],
      });
      const text = outputFiles[0]?.text ?? '';
      // Nothing of what is changed.
      if (!text.includes('stryMutAct_')) continue;
      for (const [, id] of text.matchAll(/stryMutAct_\w+\("(\d+)"\)/g))
        if (id && Number(id) % this.#oneOf !== 0) this.#unasked.add(id);
      if (text.includes('createMemoryStore')) this.#stories.add(relative(root, file));
      this.#files.set(
        relative(root, file),
        new Script(`(function (require, module, exports) {${text}\n})`, { filename: file }).runInThisContext(),
      );
    }
  }

  async dryRun() {
    namespace.activeMutant = undefined;
    namespace.mutantCoverage ??= { static: {}, perTest: {} };
    const all = await this.#run(undefined, false);
    for (const { id, error } of all) if (error && OF_A_SERVICE.test(id)) this.#unplayed.add(id);
    if (this.#unplayed.size > 0) console.warn(`not played in memory:\n${[...this.#unplayed].join('\n')}`);
    const told = all.filter(({ id }) => !this.#unplayed.has(id));
    // Those that no test reaches would count as survived otherwise.
    const { perTest } = namespace.mutantCoverage;
    const [first] = told;
    if (first)
      perTest[first.id] = { ...perTest[first.id], ...Object.fromEntries([...this.#unasked].map((id) => [id, 1])) };
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
    // What ends in an error counts neither as noticed nor as survived.
    if (this.#unasked.has(activeMutant.id)) return { status: 'error', errorMessage: 'not in the sample' };
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
      const isWanted = (each: Case): boolean => (wanted ? wanted.has(idOf(each)) : !OF_TIME.test(each.name));
      const last = cases.findLastIndex(isWanted);
      await runCases(
        cases.filter((each, index) => isWanted(each) || (this.#stories.has(file) && index < last)),
        (each) => {
          namespace.currentTestId = idOf(each);
        },
        (each, error, ms) => {
          namespace.currentTestId = undefined;
          if (this.#unplayed.has(idOf(each))) return true;
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
