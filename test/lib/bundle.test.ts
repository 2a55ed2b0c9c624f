import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { expect, test } from 'vitest';
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
