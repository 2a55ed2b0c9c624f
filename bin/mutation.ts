import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';

/**
 * `npm run mutation`: changes the code a little, thousands of times, and lists what no test noticed. For judging tests,
 * not for every day: all of them take hours. docs/mutation.md has what it said last.
 */

/** Fetched when it is asked for: 52 MB that nothing else needs (docs/adr/0142-mutation-testing.md). */
const STRYKER = '10.1.1';
const ROOMS = ['domain', 'services', 'store'] as const;

/** Whether the very version is there; another would count mutants otherwise. */
function isThere(): boolean {
  try {
    const { version } = JSON.parse(readFileSync('node_modules/@stryker-mutator/core/package.json', 'utf8'));
    return version === STRYKER;
  } catch {
    return false;
  }
}

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  // On Windows npm is a script, which only a shell starts.
  const isScript = process.platform === 'win32' && command === 'npm';
  const { status, error } = spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, ...env },
    shell: isScript,
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** What starts processes of its own, or is long about what others say sooner. */
const LEFT_OUT = [
  'test/domain/rules.test.ts',
  'test/domain/reconcile.property.test.ts',
  'test/services/token-ends.test.ts',
];
/** What is asked of each room, the quickest first; the last only of what none before noticed. */
const BESIDE: Readonly<Record<(typeof ROOMS)[number], readonly string[]>> = {
  domain: ['test/domain/**/*.test.ts'],
  services: ['test/services/*.test.ts', 'test/mutation/histories.ts'],
  store: ['test/store/*.test.ts', 'test/services/*.test.ts', 'test/mutation/histories.ts'],
};

const program = new Command('mutation')
  .description('changes the code a little, many times, and lists what no test notices')
  .argument('[files...]', 'files of functions/domain, services or store; all of them where none is named')
  .option('--tests <files...>', 'the tests that are asked; all that stand beside the room where none is named')
  .option('--constants', 'also changes what is made once, as a file loads: takes several times as long')
  .option('--one-of <n>', 'tries one change of so many, spread over the files, and counts the others as errors', '1')
  .option('--concurrency <n>', 'how many changes are tried at a time', '1')
  .parse();
const { concurrency, oneOf, tests, constants } = program.opts<{
  concurrency: string;
  oneOf: string;
  tests?: string[];
  constants?: true;
}>();
const files = program.args.length > 0 ? program.args : ROOMS.map((room) => `functions/${room}/**/*.ts`);
const rooms = ROOMS.filter((room) => files.some((file) => file.startsWith(`functions/${room}/`)));
const astray = files.filter((file) => !ROOMS.some((room) => file.startsWith(`functions/${room}/`)));
if (astray.length > 0) program.error(`only functions/{${ROOMS.join(',')}}/ are mutated, and not ${astray.join(', ')}`);
for (const [option, value] of Object.entries({ '--concurrency': concurrency, '--one-of': oneOf }))
  if (!/^[1-9]\d?$/.test(value)) program.error(`${option} takes a number from 1 to 99`);
const asked = [...new Set(tests ?? rooms.flatMap((room) => globSync([...BESIDE[room]]).sort()))].filter(
  (path) => tests || !LEFT_OUT.includes(path),
);

if (!isThere())
  run('npm', [...['install', '--no-save', '--no-audit', '--no-fund'], `@stryker-mutator/core@${STRYKER}`]);
const folder = mkdtempSync(join(tmpdir(), 'mutation-'));
try {
  const settings = join(folder, 'stryker.json');
  writeFileSync(
    settings,
    JSON.stringify({
      testRunner: 'in-process',
      plugins: [resolve('test/mutation/runner.ts')],
      // Which tests reach a mutant is known from the first run of them all.
      coverageAnalysis: 'perTest',
      // Stryker 10 cannot read the settings of TypeScript 7, and needs none of them.
      tsconfigFile: 'none.json',
      mutate: files,
      concurrency: Number(concurrency),
      timeoutMS: 5000,
      dryRunTimeoutMinutes: 20,
      // What is made as a file loads is asked of every test there is, which takes most of the time.
      ignoreStatic: !constants,
      reporters: ['clear-text', 'progress-append-only'],
      clearTextReporter: { logTests: false, reportTests: false, allowEmojis: false },
      ignorePatterns: ['.var', 'cdk.out', 'coverage', 'dist'],
      tempDirName: '.stryker-tmp',
    }),
  );
  run(process.execPath, ['node_modules/@stryker-mutator/core/bin/stryker.js', 'run', settings], {
    MUTATION_TESTS: asked.join(','),
    MUTATION_ONE_OF: oneOf,
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
