import './bin/require-typescript.cjs';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // These have minutes, and a command, of their own: `npm run test:faults` and `npm run test:install`.
    exclude: ['test/faults/**', 'test/install/machines.test.ts', '**/node_modules/**'],
    globalSetup: ['./test/support/unused-grants.ts'],
    // Many tests start real processes: an emulator, an inbox, worker threads. Two at a time is what two cores bear.
    maxWorkers: 2,
    // Not how long they take, but when to give up on a machine with much else to do.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', './test/support/count-reporter.ts'],
  },
});
