import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** What may be deployed with this project, which is MIT: licences that ask for no more than being named. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0', 'Unlicense'];

interface Package {
  readonly version: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
}

const lock: { packages: Record<string, Package> } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8'),
);
const deployed = Object.entries(lock.packages)
  // What is optional is the store and the Node of one machine.
  .filter(([path, { dev, optional }]) => path.startsWith('node_modules/') && !dev && !optional)
  .map(([path, { version, license }]) => ({ name: path.replace(/^.*node_modules\//, ''), version, license }))
  .sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));

const WATCHED = `## What watches the weak ones

| package | why it is weak | what it can reach | what watches it |
| --- | --- | --- | --- |
| linkedom | a version below 1, kept by few | Observable Plot draws into it, in \`functions/pages/chart.ts\` alone, loaded when a page has a chart. It parses one empty page of ours and nothing that anybody sent; labels reach it as text | \`test/pages/chart.test.ts\` holds what comes out; pages allow no script, no inline style and no foreign source, whatever a chart held (\`test/pages/pages.test.ts\`) |
| @observablehq/plot | a version below 1 | the same | the same |
| dynoxide | the store of one machine, young | not deployed. It is spoken to through a pipe and opens no port (ADR 0055) | \`test/local/dynoxide.test.ts\` holds it to DynamoDB's answers, \`test/local/reach.test.ts\` to whom it answers |
| maildev | the inbox of one machine; by itself it asks nobody for a password | not deployed. Here it is given a secret path and a password, on the loopback alone | \`test/local/reach.test.ts\` |
| @aws/cloudformation-validate | a beta | not deployed: it checks the template | a template that it passes wrongly is checked by cdk-nag and the strict stand-in too |

Versions are exact, and \`npm ci\` checks every file against the lock. \`npm run audit\` names known vulnerabilities in what is deployed, and runs with every change (\`.ci/run\`). A chart without linkedom would
be a drawing of our own: \`functions/pages/chart.ts\` is the one place to change.
`;

test('every package that may be deployed has a licence that allows it', () => {
  expect(deployed.length).toBeGreaterThan(10);
  expect(deployed.filter(({ license }) => !license || !ALLOWED.includes(license))).toEqual([]);
});

test('docs/licences.md lists them', async () => {
  const lines = deployed.map(({ name, version, license }) => `| ${name} | ${version} | ${license} |`);
  const page = `# Licences of what is deployed

Everything that \`npm ci --omit=dev --omit=optional\` installs; the bundles hold the parts of it that are used. Written by \`npm test -- -u\`.

| package | version | licence |
| --- | --- | --- |
${lines.join('\n')}

${WATCHED}`;
  await expect(page).toMatchFileSnapshot('../../docs/licences.md');
});
