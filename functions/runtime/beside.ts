import { join } from 'node:path';

/** A module that was built beside the bundle (`BESIDE` in lib/bundle.ts), so that only who needs it has to load it. */
export async function loadBeside<Module>(name: string): Promise<Module> {
  return import(join(process.env.LAMBDA_TASK_ROOT ?? '', `${name}.cjs`));
}
