import { fileURLToPath } from 'node:url';

const fromRoot = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

export const ROOT = fromRoot('');
/** One file at its root is one Lambda. */
export const FUNCTIONS = fromRoot('functions');
/** What stands in for packages in the bundles. */
export const BUNDLED = fromRoot('lib/bundled');
/** One JSON file an inspection. */
export const SEEDS = fromRoot('seed');
/** Where the synthesized template and the bundles are written, for the CDK command line and for the local machine alike. */
export const ASSEMBLY = fromRoot('cdk.out');
