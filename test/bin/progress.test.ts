import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { showProgress } from '../../bin/progress.ts';

const folder = mkdtempSync(join(tmpdir(), 'monitor-progress-'));
const path = join(folder, 'terminal');

test('moves even while the main thread is busy, and leaves behind what was printed', async () => {
  const progress = showProgress(openSync(path, 'w'), true);
  progress.say('Loading');
  // The frames seen so far, read without ever letting go of the thread.
  const frames = () => new Set(readFileSync(path, 'utf8').match(/. Loading/g));
  while (frames().size < 4) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  progress.print('October 2010 accepted');
  await progress.stop();
  const lines = readFileSync(path, 'utf8').split('\n');
  expect(lines.map((line) => line.split('\u001b[2K').at(-1))).toEqual(['October 2010 accepted', '']);
  rmSync(folder, { recursive: true });
});

test('writes nothing but what was printed where there is no terminal', async () => {
  const other = mkdtempSync(join(tmpdir(), 'monitor-progress-'));
  const progress = showProgress(openSync(join(other, 'pipe'), 'w'));
  progress.say('Loading');
  progress.print('October 2010 accepted');
  await progress.stop();
  expect(readFileSync(join(other, 'pipe'), 'utf8')).toBe('October 2010 accepted\n');
  rmSync(other, { recursive: true });
});
