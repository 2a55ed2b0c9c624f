import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { DELIBERATE_FAULTS } from '../simulation/deliberate-faults.ts';

/** Whether simulated histories would notice: the service with one fault that somebody made, told until a promise breaks. */

const ROOT = join(import.meta.dirname, '../..');
const SIMULATION = join(ROOT, 'test/simulation/simulate.ts');
const MAX_HISTORIES = 100;

test.each(Object.keys(DELIBERATE_FAULTS))('%s breaks a promise, and it is seen', async (fault) => {
  const words = [SIMULATION, '--fault', fault, '--histories', String(MAX_HISTORIES), '--no-shorten'];
  const { code, stdout } = await promisify(execFile)(process.execPath, words, { cwd: ROOT }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }) => ({ code, stdout: String(stdout) }),
  );
  const [, histories, steps] = /^(\d+) histories from seed 1 on, (\d+) steps/.exec(stdout) ?? [];
  const [, promise] = /breaks a promise: (.*)/.exec(stdout) ?? [];
  console.log(`${fault}: seen after ${steps} steps, in history ${histories}: ${promise?.slice(0, 120)}`);
  expect(code, stdout).toBe(1);
  // Seen by a promise, and not because the simulation itself came to harm.
  expect(stdout).not.toMatch(/the simulation itself|nothing fails without a reason/);
});
