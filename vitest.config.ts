import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'workers/test/**/*.test.ts', 'scripts/test/**/*.test.ts'],
    globalSetup: ['scripts/test/support/global-setup.ts'],
    // Stacks, workers and command lines are real processes on what may be two busy cores.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
