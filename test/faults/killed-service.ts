import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { startInstance } from '../../lib/local/instance.ts';
import { CLOCK, noticeIn } from './world.ts';

/** Runs the service in a process of its own, for `killed-process.test.ts` to kill. */
const [assembly = '', dataDir = ''] = process.argv.slice(2);
const { api } = await startInstance({
  assembly,
  dataDir,
  clock: CLOCK,
  async intercept(call, forward) {
    const reply = await forward();
    if (call.operation === 'Publish' && reply.status === 200)
      appendFileSync(join(dataDir, 'published'), `${noticeIn(call)}\n`);
    return reply;
  },
});
console.log(api);
