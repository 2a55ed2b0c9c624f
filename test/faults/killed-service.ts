import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { startInstance } from '../../local/instance.ts';
import { isAddressed, noticeIn } from './world.ts';

/** Runs the service in a process of its own, which kills itself at a given one of its functions' calls. */
const [assembly = '', dataDir = '', fatal = '', clock = ''] = process.argv.slice(2);
let calls = 0;
const { api } = await startInstance({
  assembly,
  dataDir,
  clock,
  async intercept(call, forward) {
    calls++;
    // Every other time before the call is made, every other time before its answer arrives.
    if (calls === Number(fatal) && calls % 2 === 0) process.kill(process.pid, 'SIGKILL');
    const reply = await forward();
    if (call.operation === 'Publish' && reply.status === 200 && !isAddressed(call))
      appendFileSync(join(dataDir, 'published'), `${noticeIn(call)}\n`);
    if (calls >= Number(fatal)) process.kill(process.pid, 'SIGKILL');
    return reply;
  },
});
console.log(api);
