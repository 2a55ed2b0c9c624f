import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, matchesGlob } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/**
 * The walls between the rooms (docs/architecture.md) are the linter's. Each is broken here once, by a file that stands in
 * the room and imports what it may not, linted by the project's own settings.
 */

const ROOT = join(import.meta.dirname, '..');

/** A file, what it imports, and how the linter says why not; undefined where it may. */
type Case = readonly [file: string, imports: string, why: string | undefined];

const LAMBDA = 'Nobody imports a Lambda';
const DEPLOYED = 'What is deployed knows nothing of how';
const DOMAIN = 'The domain is pure';
const STORE = 'The store imports the domain';
const SERVICE = 'A service imports store and domain';
const HTTP = 'http makes requests into calls of services';
const PAGES = 'Pages show what services give or refuse';
const RUNTIME = 'The runtime is what any Lambda stands on';
const COMMANDS = 'Commands call the API, or services';
const LIB = 'lib imports from functions only constants';
const LOCAL = 'The local machine runs the synthesized template';

const BROKEN: readonly Case[] = [
  ['functions/submit.ts', './query.ts', LAMBDA],
  ['functions/submit.ts', './store/submissions.ts', 'A Lambda translates'],
  ['functions/submit.ts', '@aws-sdk/client-dynamodb', 'A Lambda translates'],
  ['functions/submit.ts', '../local/launch.ts', DEPLOYED],
  ['functions/submit.ts', '../lib/paths.ts', DEPLOYED],
  ['functions/submit.ts', 'aws-cdk-lib', DEPLOYED],
  ['functions/dashboard/figures.ts', '../query.ts', LAMBDA],
  ['functions/dashboard/figures.ts', '../store/submissions.ts', 'A Lambda translates'],
  ['functions/dashboard/figures.ts', '@aws-sdk/client-dynamodb', 'A Lambda translates'],
  ['functions/dashboard/figures.ts', '../../lib/paths.ts', DEPLOYED],
  ['functions/domain/board.ts', '../store/boards.ts', DOMAIN],
  ['functions/domain/board.ts', '../services/alerts.ts', DOMAIN],
  ['functions/domain/board.ts', 'node:crypto', DOMAIN],
  ['functions/domain/board.ts', '@aws-sdk/client-dynamodb', DOMAIN],
  ['functions/domain/evaluators/standard.ts', '../../store/boards.ts', DOMAIN],
  ['functions/domain/evaluators/standard.ts', 'node:fs', DOMAIN],
  ['functions/store/boards.ts', '../services/alerts.ts', STORE],
  ['functions/store/boards.ts', '../runtime/environment.ts', STORE],
  ['functions/store/boards.ts', '../http/problem.ts', STORE],
  ['functions/store/boards.ts', '@aws-sdk/client-sns', STORE],
  ['functions/services/alerts.ts', '../http/problem.ts', SERVICE],
  ['functions/services/alerts.ts', '../pages/layout.ts', SERVICE],
  ['functions/services/alerts.ts', '../runtime/environment.ts', SERVICE],
  ['functions/services/alerts.ts', '../manage.ts', SERVICE],
  ['functions/services/alerts.ts', '@aws-sdk/client-dynamodb', SERVICE],
  ['functions/services/alerts.ts', '@aws-sdk/client-sns', SERVICE],
  ['functions/services/alerts.ts', '@aws-lambda-powertools/logger', SERVICE],
  ['functions/services/alerts.ts', 'aws-lambda', SERVICE],
  ['functions/services/deliver.ts', '../http/problem.ts', SERVICE],
  ['functions/services/recipients.ts', '@aws-sdk/client-dynamodb', SERVICE],
  ['functions/services/operators.ts', '@aws-sdk/client-dynamodb', SERVICE],
  ['functions/services/deliver.ts', '@aws-sdk/client-sns', SERVICE],
  ['functions/services/direct-mail.ts', '@aws-sdk/client-sns', SERVICE],
  ['functions/services/publish.ts', '@aws-sdk/client-dynamodb', SERVICE],
  ['functions/services/subscriptions.ts', '@aws-sdk/client-dynamodb', SERVICE],
  ['functions/services/sign-in.ts', 'openid-client', SERVICE],
  ['functions/services/council.ts', '@aws-sdk/client-dynamodb', SERVICE],
  ['functions/services/council.ts', '@aws-sdk/client-ssm', SERVICE],
  ['functions/http/handler.ts', '../store/access.ts', HTTP],
  ['functions/http/handler.ts', '../pages/layout.ts', HTTP],
  ['functions/http/handler.ts', '../dashboard/figures.ts', HTTP],
  ['functions/http/handler.ts', '@aws-sdk/client-sns', HTTP],
  ['functions/http/handler.ts', '../manage.ts', LAMBDA],
  ['functions/http/handler.ts', '../../lib/paths.ts', DEPLOYED],
  ['functions/pages/overview.ts', '../store/boards.ts', PAGES],
  ['functions/pages/overview.ts', '../http/handler.ts', PAGES],
  ['functions/pages/overview.ts', '../dashboard/overview.ts', PAGES],
  ['functions/pages/overview.ts', '@aws-sdk/client-sns', PAGES],
  ['functions/pages/overview.ts', '../dashboard.ts', LAMBDA],
  ['functions/pages/overview.ts', '../../bin/client.ts', DEPLOYED],
  ['functions/runtime/events.ts', '../services/evaluate.ts', RUNTIME],
  ['functions/runtime/events.ts', '../store/boards.ts', RUNTIME],
  ['functions/runtime/events.ts', '../dashboard/overview.ts', RUNTIME],
  ['functions/runtime/events.ts', '../domain/board.ts', RUNTIME],
  ['functions/runtime/events.ts', '../evaluate.ts', LAMBDA],
  ['functions/runtime/events.ts', '../../local/launch.ts', DEPLOYED],
  ['lib/stack.ts', '../functions/services/accept.ts', LIB],
  ['lib/stack.ts', '../functions/submit.ts', LIB],
  ['local/functions.ts', '../functions/services/accept.ts', LOCAL],
  ['local/functions.ts', '../functions/submit.ts', LOCAL],
  ['bin/commands/token.ts', '../../functions/store/access.ts', COMMANDS],
  ['bin/commands/token.ts', '../../functions/http/handler.ts', COMMANDS],
  ['bin/commands/token.ts', '../../functions/pages/layout.ts', COMMANDS],
  ['bin/commands/token.ts', '../../functions/dashboard/figures.ts', COMMANDS],
  ['bin/commands/token.ts', '../../functions/manage.ts', LAMBDA],
  ['bench/warm.ts', '../functions/submit.ts', LAMBDA],
  ['seed/calendar/bank-holidays.ts', '../../functions/submit.ts', LAMBDA],
  ['test/http/bulk.test.ts', '../../functions/submit.ts', LAMBDA],
];

/** What each room is for, so that no wall stands in its way. */
const ALLOWED: readonly Case[] = [
  ['functions/submit.ts', './services/accept.ts', undefined],
  ['functions/dashboard/figures.ts', '../pages/layout.ts', undefined],
  ['functions/domain/board.ts', 'zod', undefined],
  ['functions/domain/evaluators/standard.ts', '../statistics/binomial.ts', undefined],
  ['functions/store/boards.ts', '../domain/board.ts', undefined],
  ['functions/services/alerts.ts', '../store/boards.ts', undefined],
  ['functions/services/publish.ts', '@aws-sdk/client-sns', undefined],
  ['functions/services/recipients.ts', '@aws-sdk/client-sns', undefined],
  ['functions/services/council.ts', 'openid-client', undefined],
  ['functions/http/handler.ts', '../services/errors.ts', undefined],
  ['functions/pages/overview.ts', '../http/routes.ts', undefined],
  ['functions/runtime/open-database.ts', '@aws-sdk/client-dynamodb', undefined],
  ['bin/commands/token.ts', '../../functions/services/tokens.ts', undefined],
];

/** The ways in which one file takes in another. */
const FORMS: Readonly<Record<string, (imports: string) => string>> = {
  import: (imports) => `import { x } from '${imports}';\n\nexport const y = x;\n`,
  'import of a type': (imports) => `import type { X } from '${imports}';\n\nexport const y = {} as X;\n`,
  'import as it runs': (imports) => `export const y = await import('${imports}');\n`,
  're-export': (imports) => `export { x } from '${imports}';\n`,
};

let folder: string;
/** What the linter says of each case in each form. */
const said = new Map<string, string[]>();
const pathOf = ([file, imports]: Case, form: string) => {
  // A file of its own for each case, beside the one it is about; where rules name that one, in a folder of its own.
  const position = [...BROKEN, ...ALLOWED].findIndex((each) => each[0] === file && each[1] === imports);
  return join(`${position}-${form.replaceAll(' ', '-')}`, file);
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'walls-test-'));
  const settings = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'));
  for (const each of [...BROKEN, ...ALLOWED])
    for (const [form, write] of Object.entries(FORMS)) {
      const path = join(folder, pathOf(each, form));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, write(each[1]));
    }
  // The rooms are at the root of the project; here each case has a root of its own.
  const overrides = settings.overrides.map((override: { includes: string[] }) => ({
    ...override,
    includes: override.includes.map((glob) => `*/${glob}`),
  }));
  writeFileSync(join(folder, 'biome.json'), JSON.stringify({ ...settings, vcs: { enabled: false }, overrides }));
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  for (const { location, message, advices } of lint()) {
    const { path } = location;
    said.set(path, [...(said.get(path) ?? []), JSON.stringify([message, advices])]);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

function lint(): { location: { path: string }; message: unknown; advices: unknown }[] {
  const biome = join(ROOT, 'node_modules/.bin/biome');
  const words = ['lint', '--only=style/noRestrictedImports', '--reporter=json', '--max-diagnostics=none', '.'];
  let output: string;
  try {
    output = execFileSync(biome, words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (error) {
    output = (error as { stdout: string }).stdout;
  }
  return JSON.parse(output).diagnostics;
}

describe.each(Object.keys(FORMS))('an %s', (form) => {
  test.each(BROKEN)('from %s of %s is caught, and told why', (...each) => {
    expect(said.get(pathOf(each, form))?.join()).toContain(each[2]);
  });

  test.each(ALLOWED)('from %s of %s is what the room is for', (...each) => {
    expect(said.get(pathOf(each, form))).toBeUndefined();
  });
});

test('no wall is left out here', () => {
  const settings = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'));
  const walls: string[][] = settings.overrides
    .filter(({ linter }: any) => linter.rules.style?.noRestrictedImports)
    .map(({ includes }: any) => includes);
  expect(walls.length).toBeGreaterThan(10);
  const untouched = walls.flat().filter((glob) => !BROKEN.some(([file]) => matchesGlob(file, glob)));
  expect(untouched).toEqual([]);
});

/** `new URL(…).pathname` writes a space as %20, so that it names no file on a machine with one in its path. */
test('no path is taken from an address', () => {
  const options = ['grep', '-lE', 'import\\.meta\\.url\\)\\.pathname', '--', '*.ts', '*.cjs', '*.mjs'];
  const { stdout, status } = spawnSync('git', options, { cwd: ROOT, encoding: 'utf8' });
  expect({ stdout, status }, 'join(import.meta.dirname, …) is a path').toEqual({ stdout: '', status: 1 });
});

/** A count of 1 to 5 can point to a child: whoever shows one as it is says so by `AS_SENT`, whose contract says who may. */
test('small numbers are shown by what the council or the deployment set, or by AS_SENT', () => {
  const folder = join(ROOT, 'functions');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const naming = files.flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .filter((line) => line.includes("'show'"))
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(naming.sort()).toEqual([
    "domain/authority.ts: smallNumbers: z.enum(['show', 'suppress']).optional(),",
    "domain/format.ts: export const AS_SENT: SmallNumbers = 'show';",
    "domain/format.ts: export type SmallNumbers = 'show' | 'suppress';",
    "domain/format.ts: if (smallNumbers === 'show' || !hasSmallCount(metric, observation)) return value;",
    "runtime/environment.ts: SMALL_NUMBERS: z.enum(['show', 'suppress']),",
  ]);
});

test('functions has no import cycles, not of types either', () => {
  const folder = join(ROOT, 'functions');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const importsOf = (file: string): string[] =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/(?:from |import\()'(\.[^']+)'/g)]
      .map(([, path]) => join(dirname(file), path as string))
      .filter((path) => files.includes(path));
  const graph = new Map(files.map((file) => [file, importsOf(file)]));
  expect(graph.get('submit.ts')).toContain('services/accept.ts');
  // What imports nothing that is left is in no circle; take it away until nothing changes.
  for (let before = 0; before !== graph.size; ) {
    before = graph.size;
    for (const [file, imports] of graph) if (!imports.some((path) => graph.has(path))) graph.delete(file);
  }
  expect([...graph.keys()]).toEqual([]);
});
