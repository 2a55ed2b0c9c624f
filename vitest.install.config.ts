import { defineConfig, mergeConfig } from 'vitest/config';
import config from './vitest.config.ts';

/** `npm run test:install`: what npm installs on other machines than this one. Needs npm's registry. */
export default defineConfig({
  test: {
    ...mergeConfig(config, {}).test,
    include: ['test/install/machines.test.ts'],
    exclude: [],
    globalSetup: [],
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
