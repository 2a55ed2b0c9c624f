import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import manifest from '../package.json' with { type: 'json' };

/**
 * `npm run pack -- [folder]`: packs the command line as a package of its own, one file with all it needs, for machines that have no
 * clone: Node.js runs no TypeScript of installed packages, and what this project stands on is of no use to who only talks to it.
 */
const ROOT = join(import.meta.dirname, '..');
const [destination = ROOT] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'inspection-monitor-pack-'));
try {
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['bin/monitor.ts'],
    outfile: join(folder, 'monitor.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    mainFields: ['module', 'main'],
    // The licences of what is in it ask to be kept.
    legalComments: 'eof',
    // Some packages are CommonJS and require what Node.js brings.
    banner: {
      js: "#!/usr/bin/env node\nimport { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  const { name, version, description, license } = manifest;
  const own = {
    name,
    version,
    description,
    license,
    type: 'module',
    engines: { node: '>=22' },
    bin: { monitor: 'monitor.mjs' },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(own, null, 2));
  for (const file of ['LICENSE', 'docs/figures.md']) cpSync(join(ROOT, file), join(folder, file));
  // On Windows npm is a script, which only a shell starts.
  const packed = execFileSync('npm', ['pack', folder, '--pack-destination', destination, '--silent'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  }).trim();
  console.log(`${join(destination, packed)} is written. Install it: npm install -g ${join(destination, packed)}`);
} finally {
  rmSync(folder, { recursive: true });
}
