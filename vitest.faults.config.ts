import { defineConfig, mergeConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import config from './vitest.config.ts';

/** The two that take longest go first, one on each core: the others fit in beside whichever ends first. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => /killed-(before|after)[^/]*$/.test(moduleId);
    return files.sort((a, b) => Number(isLong(b)) - Number(isLong(a)));
  }
}

/** `npm run test:faults`: what goes wrong, on purpose and by the hundred. */
export default defineConfig({
  test: {
    ...mergeConfig(config, {}).test,
    include: ['test/faults/**/*.test.ts'],
    exclude: [],
    // What is granted and never used is `npm test`'s to say, which uses it all.
    globalSetup: [],
    sequence: { sequencer: LongestFirst },
  },
});
