import { basename, join } from 'node:path';
import { Stage } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import * as esbuild from 'esbuild';
import { buildAssets } from './assets.ts';
import { ASSEMBLY, BUNDLED, FUNCTIONS, ROOT } from './paths.ts';

/** Every Lambda: `functions/<name>.ts`, which exports `handler`. */
const ALWAYS = ['seed', 'submit', 'query', 'manage', 'dashboard', 'evaluate', 'notify'] as const;
/** Only where a setting asks for it. */
const SOMETIMES = ['openid'] as const;
export type FunctionName = (typeof ALWAYS | typeof SOMETIMES)[number];
/** With pages. */
const SHOWING: readonly FunctionName[] = ['dashboard', 'openid'];

/** What a function loads from beside its bundle, and only when it needs it. */
const BESIDE: Partial<Record<FunctionName, string>> = {
  query: 'http/openapi.ts',
  evaluate: 'runtime/queue-client.ts',
  notify: 'runtime/queue-client.ts',
};

const built = new Set<string>();

/**
 * The code of one function with all that it imports, the SDK included: a directory with the one file `<name>.cjs`,
 * `assets/` beside it for the pages, and what it loads on demand.
 * All functions that every deployment has are built together, once for each assembly that a process writes.
 */
export function bundle(scope: Construct, name: FunctionName): lambda.Code {
  const directory = join(Stage.of(scope)?.outdir ?? ASSEMBLY, 'bundles');
  const together: readonly FunctionName[] = SOMETIMES.some((each) => each === name) ? [name] : ALWAYS;
  const key = `${together} in ${directory}`;
  if (!built.has(key)) build(directory, together);
  built.add(key);
  return lambda.Code.fromAsset(join(directory, name));
}

/**
 * CommonJS, because an ESM `import 'node:http'` (the SDK has one) makes Node load all of undici, a quarter of a cold
 * start. Identifiers keep their names: shorter ones load no faster, and stack traces can be read without source maps.
 * esbuild is called directly, as NodejsFunction starts `npx` for each function: 0.4 s in place of several, and quiet.
 */
export const BUNDLING = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  // The SDK imports `node:http` dynamically; in Node that makes an ESM facade, which loads undici: 20 ms of the first call.
  // Of our own code only the dashboard imports so, its charts: from what both sides share esbuild then leaves out nothing
  // that is unused. In submit, reading CSV on demand made the bundle 148 KB larger and its load 8 ms longer.
  supported: { 'dynamic-import': false },
  alias: {
    '@aws-sdk/credential-provider-node': join(BUNDLED, 'credential-provider-node.ts'),
    bowser: join(BUNDLED, 'bowser.ts'),
  },
  logLevel: 'warning',
} as const satisfies esbuild.BuildOptions;

function build(directory: string, names: readonly FunctionName[]): void {
  esbuild.buildSync({
    ...BUNDLING,
    entryPoints: names.flatMap((name) => {
      const beside = BESIDE[name];
      return [
        { in: join(FUNCTIONS, `${name}.ts`), out: `${name}/${name}` },
        ...(beside === undefined ? [] : [{ in: join(FUNCTIONS, beside), out: `${name}/${basename(beside, '.ts')}` }]),
      ];
    }),
    outdir: directory,
    outExtension: { '.js': '.cjs' },
  });
  for (const name of SHOWING.filter((each) => names.includes(each))) buildAssets(join(directory, name, 'assets'));
}
