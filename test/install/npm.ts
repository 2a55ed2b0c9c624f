import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export type Platform = readonly [platform: string, arch: string];

/** Where our users are. */
export const PLATFORMS: readonly Platform[] = [
  ['darwin', 'arm64'],
  ['darwin', 'x64'],
  ['linux', 'arm64'],
  ['linux', 'x64'],
  ['win32', 'x64'],
];

const ROOT = join(import.meta.dirname, '../..');

/** A folder with what `npm ci` reads of this project, and `pretend.cjs`, which has Node.js claim another platform. */
export function aProjectFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'inspection-monitor-install-'));
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(ROOT, file), join(folder, file));
  writeFileSync(
    join(folder, 'pretend.cjs'),
    `const [platform, arch] = process.env.PRETEND.split(' ');
Object.defineProperty(process, 'platform', { value: platform });
Object.defineProperty(process, 'arch', { value: arch });
`,
  );
  return folder;
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever that is. */
export async function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; shell?: boolean } = {},
): Promise<Ended> {
  try {
    return { code: 0, ...(await promisify(execFile)(program, args, { maxBuffer: 2 ** 26, ...options })) };
  } catch (error) {
    const { code, stdout, stderr } = error as Error & Ended;
    if (typeof code !== 'number') throw error;
    return { code, stdout, stderr };
  }
}
