import { defineConfig, mergeConfig } from 'vitest/config';
import config from './vitest.config.ts';

/** `npm run mutation`: the tests that `bin/mutation.ts` asks, and no others. */
export default defineConfig({
  test: {
    ...mergeConfig(config, {}).test,
    include: (process.env.MUTATION_TESTS ?? 'test/domain/**/*.test.ts').split(','),
    exclude: [],
    globalSetup: [],
  },
});
