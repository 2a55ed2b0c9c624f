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
`;
  await expect(page).toMatchFileSnapshot('../../docs/licences.md');
});
