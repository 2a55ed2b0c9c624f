import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { aProjectFolder, PLATFORMS, type Platform, run } from './npm.ts';

/** Whether npm would refuse is decided before anything is fetched. `npm run test:install` really installs. */

const folder = aProjectFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What npm complains of on another platform. `--os` and `--cpu` would not show it: npm asks them about optional packages only. */
async function refusals([platform, arch]: Platform): Promise<{ code: number; errors: string[] }> {
  // By a shell, as npm is a script on Windows.
  const { code, stderr } = await run('npm ci --dry-run --offline --ignore-scripts', [], {
    cwd: folder,
    env: { ...process.env, PRETEND: `${platform} ${arch}`, NODE_OPTIONS: '--require=./pretend.cjs' },
    shell: true,
  });
  return { code, errors: stderr.split('\n').filter((line) => line.startsWith('npm error')) };
}

test.each(PLATFORMS)('no package refuses to be installed on %s %s', async (...platform) => {
  expect(await refusals(platform)).toEqual({ code: 0, errors: [] });
});

test('one that is made for a single platform would be refused on another, if it were not optional', async () => {
  const change = (name: string, edit: (content: any) => void) => {
    const content = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    edit(content);
    writeFileSync(join(folder, name), JSON.stringify(content));
  };
  const require = (project: any) => {
    project.dependencies['@dynoxide/linux-x64'] = project.optionalDependencies['@dynoxide/linux-x64'];
    delete project.optionalDependencies['@dynoxide/linux-x64'];
  };
  change('package.json', require);
  change('package-lock.json', ({ packages }) => {
    require(packages['']);
    delete packages['node_modules/@dynoxide/linux-x64'].optional;
  });
  expect(await refusals(['darwin', 'arm64'])).toMatchObject({
    code: 1,
    errors: expect.arrayContaining([expect.stringContaining('Unsupported platform for @dynoxide/linux-x64')]),
  });
});

test('every command is run by a Node that was asked whether it runs TypeScript', () => {
  const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  const commands: string[] = Object.values(scripts);
  expect(commands.filter((command) => /\bnode (?!-r \.\/bin\/require-typescript\.cjs )/.test(command))).toEqual([]);
});
