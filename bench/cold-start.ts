import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';
import { BUNDLING } from '../lib/bundle.ts';
import { FUNCTIONS } from '../lib/paths.ts';
import { interleave, ratioOf, type Spread, spreadOf } from './measure.ts';

const run = promisify(execFile);

/** Loads the module named first, calls its handler once with the event named second; prints both times in ms. */
const CHILD = `
const [file, event] = process.argv.slice(1);
const start = performance.now();
const load = file.endsWith('.mjs') ? import(file) : Promise.resolve(require(file));
load.then(async ({ handler }) => {
  const loaded = performance.now();
  await handler(JSON.parse(event), { awsRequestId: 'bench', functionName: 'bench', getRemainingTimeInMillis: () => 300000 });
  console.log(JSON.stringify([loaded - start, performance.now() - loaded]));
  process.exit();
});`;

export interface ColdStart {
  readonly name: string;
  /** Module load alone, and module load plus the first call of DynamoDB, in ms. */
  readonly load: Spread;
  readonly total: Spread;
  /** Of the total, turn by turn, to the bare handler. */
  readonly ratio: Spread;
  readonly bytes: number;
  readonly gzipped: number;
}

export interface ColdStartOptions {
  /** Bundles by name; each is called with its event. */
  readonly bundles: Readonly<Record<string, { readonly file: string; readonly event: unknown }>>;
  readonly bare: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly turns: number;
}

/** Bundles a bare handler plainly: what anyone gets from esbuild without asking for more. */
export function bundlePlainly(entry: string, directory: string, format: 'esm' | 'cjs'): string {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `bare.${format === 'esm' ? 'mjs' : 'cjs'}`);
  esbuild.buildSync({
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format,
    minify: true,
    logLevel: 'warning',
    // The SDK's CommonJS parts call require, which ESM has not.
    ...(format === 'esm'
      ? {
          banner: {
            js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
          },
        }
      : {}),
  });
  return file;
}

/** Each bundle in a process of its own, turn about, against the bare handler. */
export async function measureColdStarts({ bundles, bare, environment, turns }: ColdStartOptions): Promise<ColdStart[]> {
  const all = { ...bundles, [bare]: bundles[bare] as { file: string; event: unknown } };
  const loads: Record<string, number[]> = {};
  const totals = await interleave(
    Object.fromEntries(
      Object.entries(all).map(([name, { file, event }]) => [
        name,
        async () => {
          const { stdout } = await run(process.execPath, ['-e', CHILD, file, JSON.stringify(event)], {
            env: { ...environment },
          });
          const [load = 0, call = 0] = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '[]') as number[];
          loads[name] ??= [];
          loads[name].push(load);
          return load + call;
        },
      ]),
    ),
    turns,
  );
  return Object.entries(all).map(([name, { file }]) => ({
    name,
    load: spreadOf((loads[name] ?? []).slice(-turns)),
    total: spreadOf(totals[name] ?? []),
    ratio: ratioOf(totals[name] ?? [], totals[bare] ?? []),
    bytes: statSync(file).size,
    gzipped: gzipSync(readFileSync(file)).length,
  }));
}

/** What a function loads, part by part: what bounds its cold start. Each is an entry of its own, without the others. */
const PARTS = {
  'the SDK client': "export * from '@aws-sdk/client-dynamodb';",
  zod: "import * as z from 'zod'; export const schema = z.object({ text: z.string() });",
  'zod and the schemas of definitions, bodies and answers':
    "export * from './http/answers.ts'; export * from './http/bodies.ts'; export * from './http/standard-bodies.ts'; export * from './http/submission-answers.ts';",
  'Powertools logger': "import { Logger } from '@aws-lambda-powertools/logger'; export const logger = new Logger({});",
  'middy and its middlewares':
    "import middy from '@middy/core'; import headers from '@middy/http-security-headers'; import body from '@middy/http-json-body-parser'; export const handler = middy().use(headers()).use(body());",
} as const;

/** Module load of each part in a process of its own, bundled as the functions are; ms. */
export async function measureParts(folder: string, turns: number): Promise<{ name: string; load: Spread }[]> {
  const files = Object.entries(PARTS).map(([name, source], index) => {
    const file = join(folder, `part-${index}.cjs`);
    esbuild.buildSync({ ...BUNDLING, stdin: { contents: source, resolveDir: FUNCTIONS, loader: 'ts' }, outfile: file });
    return [name, file] as const;
  });
  const times = await interleave(
    Object.fromEntries(
      files.map(([name, file]) => [
        name,
        async () => {
          const { stdout } = await run(process.execPath, ['-e', LOAD, file]);
          return Number(stdout);
        },
      ]),
    ),
    turns,
  );
  return Object.entries(times).map(([name, values]) => ({ name, load: spreadOf(values) }));
}

const LOAD = 'const start = performance.now(); require(process.argv[1]); console.log(performance.now() - start);';
