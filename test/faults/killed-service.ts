import { startInstance } from '../../lib/local/instance.ts';
import { CLOCK } from './world.ts';

/** Runs the service in a process of its own, for `killed-process.test.ts` to kill. */
const [assembly = '', dataDir = ''] = process.argv.slice(2);
const { api } = await startInstance({ assembly, dataDir, clock: CLOCK });
console.log(api);
