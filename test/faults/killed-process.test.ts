import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import type { Month } from '../../functions/domain/submission.ts';
import { CLOCK, startWorld, submitUntilAccepted, verify } from './world.ts';

/** The whole process, with all functions, streams and the sending of mail, is killed in the middle of work. */

const KILLS = 100;
const CLIENTS = 8;
/** A process lives for so many calls of its functions at most: as far as that gets it, however slow the machine. */
const MAX_CALLS = 150;

const world = await startWorld();
afterAll(() => world.remove());

test(`killed with SIGKILL ${KILLS} times under load: nothing that was accepted is lost, nothing is wrong`, {
  timeout: 1_200_000,
}, async () => {
  const authorities = Array.from({ length: CLIENTS }, (_, index) => `killed-${index}`);
  for (const authority of authorities) await world.load(authority);
  const { assembly, dataDir } = world;
  await world.stop();
  // Each process goes on from the time at which the one before ended. Were it set back, a claim would hold for longer than it says.
  const began = Date.now();
  const clock = () => new Date(Date.parse(CLOCK) + Date.now() - began).toISOString();
  // What SNS took is what counts, not what is mailed: no inbox need start each time.
  process.env.SMTP_URL = 'smtp://127.0.0.1:9';

  let url = 'http://127.0.0.1:9';
  let ended = false;
  const accepted = new Map(authorities.map((authority) => [authority, [] as Month[]]));
  /** Month after month, each second one bad; every third is corrected. */
  const work = async (authority: string): Promise<void> => {
    const months = accepted.get(authority) ?? [];
    for (let index = 0; !ended; index++) {
      const period = `${2000 + Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`;
      if (period > '2011-04') return;
      const submit = (numerator: number) =>
        submitUntilAccepted(
          () => url,
          world.token,
          authority,
          period,
          { numerator, denominator: 50 },
          () => ended,
        );
      for (const numerator of index % 3 === 0 ? [45 - 25 * (index % 2), 44] : [45 - 25 * (index % 2)]) {
        const month = await submit(numerator);
        if (month) months.push(month);
      }
      await sleep(150);
    }
  };
  const working = Promise.all(authorities.map(work));

  let seed = 20101022;
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  for (let kill = 1; kill <= KILLS; kill++) {
    const fatal = String(1 + Math.floor(random() * MAX_CALLS));
    const script = join(import.meta.dirname, 'killed-service.ts');
    const child = spawn(process.execPath, [script, assembly, dataDir, fatal, clock()], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      url = line;
    });
    const [code, signal] = await once(child, 'exit');
    // Windows has no signals: who kills itself there ends with 1.
    expect(signal ?? code).toBe(process.platform === 'win32' ? 1 : 'SIGKILL');
  }
  ended = true;
  await working;

  // With an inbox: the instance rests only once what waited has been mailed.
  delete process.env.SMTP_URL;
  await world.start(clock());
  await world.instance.idle();
  await world.instance.runSchedules();
  await world.instance.idle();
  const published = new Map(world.published);
  for (const key of readFileSync(join(dataDir, 'published'), 'utf8').split('\n').filter(Boolean))
    published.set(key, (published.get(key) ?? 0) + 1);
  const submissions = [...accepted.values()].reduce((sum, months) => sum + months.length, 0);
  let notices = 0;
  for (const [authority, months] of accepted) {
    notices += (await verify({ database: world.database, published }, authority, months)).length;
  }
  const duplicates = [...published.values()].reduce((sum, times) => sum + times - 1, 0);
  console.log(
    `${KILLS} kills, ${submissions} submissions accepted, ${notices} notices, ${duplicates} published more than once`,
  );
  expect(submissions).toBeGreaterThan(KILLS);
  expect(notices).toBeGreaterThan(CLIENTS);
  // A kill between sending and recording repeats one notice.
  expect(duplicates).toBeLessThanOrEqual(KILLS);
  expect(await world.deadLetters()).toEqual({});
});
