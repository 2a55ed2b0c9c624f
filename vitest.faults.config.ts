import { defineConfig, mergeConfig } from 'vitest/config';
import config from './vitest.config.ts';

/** `npm run test:faults`: what goes wrong, on purpose and by the hundred. */
export default defineConfig({
  test: {
    ...mergeConfig(config, {}).test,
    include: ['test/faults/**/*.test.ts'],
    exclude: [],
    // What is granted and never used is `npm test`'s to say, which uses it all.
    globalSetup: [],
  },
});
