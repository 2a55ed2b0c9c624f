import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { DELIBERATE_FAULTS } from '../simulation/deliberate-faults.ts';

/** Whether simulated histories would notice: the service with one fault that somebody made, told until a promise breaks. */

const ROOT = join(import.meta.dirname, '../..');
const SIMULATION = join(ROOT, 'test/simulation/simulate.ts');
const MAX_HISTORIES = 100;

/** Runs `npm run simulate` with these words: whether every promise held, and what it printed. */
const simulate = (...words: string[]): Promise<{ code: number; stdout: string }> =>
  promisify(execFile)(process.execPath, [SIMULATION, ...words, '--no-shorten'], { cwd: ROOT }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }) => ({ code, stdout: String(stdout) }),
  );

test.each(Object.keys(DELIBERATE_FAULTS))('%s breaks a promise, and it is seen', async (fault) => {
  const { code, stdout } = await simulate('--fault', fault, '--histories', String(MAX_HISTORIES));
  const [, histories, steps] = /^(\d+) histories from seed 1 on, (\d+) steps/.exec(stdout) ?? [];
  const [, seed = '', promise] = /seed (\d+) breaks a promise: (.*)/.exec(stdout) ?? [];
  console.log(`${fault}: seen after ${steps} steps, in history ${histories}: ${promise?.slice(0, 120)}`);
  expect(code, stdout).toBe(1);
  // Seen by a promise, and not because the simulation itself came to harm; and by the fault: without it that history holds.
  expect(stdout).not.toMatch(/the simulation itself|nothing fails without a reason/);
  expect(await simulate('--seed', seed)).toMatchObject({ code: 0 });
});
