import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { buildAssets } from '../../lib/assets.ts';
import { BUNDLING } from '../../lib/bundle.ts';
import { FUNCTIONS } from '../../lib/paths.ts';

/**
 * What is imported only when it is needed keeps esbuild from leaving out what is unused of all that it shares: one such import
 * in a file that all functions have made each of them 150 KB larger, and load two fifths longer.
 */
test.each(['submit', 'query', 'manage', 'evaluate', 'notify', 'openid', 'seed'])(
  '%s brings of the SDK only the calls that it makes',
  (name) => {
    const { metafile } = esbuild.buildSync({
      ...BUNDLING,
      entryPoints: [join(FUNCTIONS, `${name}.ts`)],
      metafile: true,
      write: false,
    });
    const [output] = Object.values(metafile.outputs);
    const brought = Object.keys(output?.inputs ?? {});
    expect(brought.some((path) => path.endsWith('client-dynamodb/dist-es/DynamoDBClient.js'))).toBe(true);
    // A file of each client has all of its calls.
    expect(brought.filter((path) => /client-\w+\/dist-es\/(DynamoDB|SNS|SQS|SSM)\.js$/.test(path))).toEqual([]);
  },
);

/** Reading a time zone or a language's rules takes 12 ms and more: a fifth of what it takes a function to load. */
test('no function makes a format of dates or numbers before it needs one', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'bundles-'));
  onTestFinished(() => rmSync(outdir, { recursive: true }));
  const names = ['submit', 'query', 'manage', 'evaluate', 'notify', 'seed', 'dashboard'];
  esbuild.buildSync({
    ...BUNDLING,
    entryPoints: names.map((name) => join(FUNCTIONS, `${name}.ts`)),
    outdir,
    outExtension: { '.js': '.cjs' },
  });
  buildAssets(join(outdir, 'assets'));
  const loading = `
    const made = [];
    for (const name of Object.getOwnPropertyNames(Intl).filter((each) => typeof Intl[each] === 'function'))
      Intl[name] = new Proxy(Intl[name], { construct: (target, given) => (made.push(name), new target(...given)) });
    for (const file of process.argv.slice(1)) require(file);
    console.log(JSON.stringify(made));`;
  const files = names.map((name) => join(outdir, `${name}.cjs`));
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', loading, ...files], {
    encoding: 'utf8',
    env: {
      ...{ BASELINES_TABLE: 'b', SUBMISSIONS_TABLE: 's', ALERTS_TABLE: 'a', ACCESS_TABLE: 'c', SMALL_NUMBERS: 'show' },
      ...{ ALERT_TOPIC_ARN: 'arn:aws:sns:eu-west-2:000000000000:alerts', API_URL: 'https://monitor.example' },
      ...{ METRICS_NAMESPACE: 'monitor', AWS_REGION: 'eu-west-2', LAMBDA_TASK_ROOT: outdir },
    },
  });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual([]);
});
