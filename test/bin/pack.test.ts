import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'monitor-pack-'));
const isWindows = process.platform === 'win32';
const monitor = isWindows ? join(folder, 'prefix/monitor.cmd') : join(folder, 'prefix/bin/monitor');
const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { cwd: folder, encoding: 'utf8', shell: isWindows, stdio: ['ignore', 'pipe', 'pipe'] });

describe('the command line as a package of its own', () => {
  beforeAll(() => {
    execFileSync(process.execPath, [join(ROOT, 'bin/pack.ts'), folder]);
    run('npm', 'install', '--global', '--offline', '--prefix', 'prefix', './inspection-monitor-0.1.0.tgz');
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test('is one command, which says what it is called and judges a series with nothing else there', () => {
    expect(run(monitor, '--version')).toBe('0.1.0\n');
    expect(run(monitor, 'submit', '--help')).toMatch(/^Usage: monitor submit/);
    writeFileSync(join(folder, 'series.csv'), 'period,value\nAug-24,5\nSep-24,6\n');
    expect(run(monitor, 'analyse', 'series.csv')).toMatch(/September 2024 +6\.0/);
  });

  /** What bash would offer after these words, the last of which is being typed. */
  const offered = (...words: string[]): string[] => {
    const script = `source <("${monitor}" completion bash)
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_monitor; echo "\${COMPREPLY[@]}"`;
    return run('bash', '-c', script).trim().split(' ').filter(Boolean);
  };

  test.skipIf(isWindows)('has shells complete commands, options and their values, and leaves files to them', () => {
    expect(offered('monitor', 're')).toEqual(['retract', 'revisions', 'receipt', 'recipients', 'rebuild', 'resend']);
    expect(offered('monitor', 'metric', 're')).toEqual(['rename', 'replace']);
    expect(offered('monitor', '--authority', 'leeds', 'submit', '--re')).toEqual(['--revise', '--replace']);
    expect(offered('monitor', 'recipients', 'add', '--level', '')).toEqual(['watch', 'warning', 'critical']);
    expect(offered('monitor', 'completion', '')).toEqual(['bash', 'zsh']);
    expect(offered('monitor', 'submit', 'fig')).toEqual([]);
  });
});
