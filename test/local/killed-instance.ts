import { startInstance } from '../../local/instance.ts';

/** Runs an instance in a process of its own, for instance.test.ts to kill. */
const [assembly = '', dataDir = ''] = process.argv.slice(2);
const { api } = await startInstance({ assembly, dataDir, unlimited: true });
console.log(api);
