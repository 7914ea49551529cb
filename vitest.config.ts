import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Files at a time. More would not fit the connections of their one Postgres server. */
const MOST_WORKERS = 4;

export default defineConfig({
  test: {
    // How long a test waits for an event. Only what never comes is waited for in full, and a machine may be slow.
    expect: { poll: { timeout: 60_000 } },
    include: ['packages/*/test/**/*.test.ts', 'workers/test/**/*.test.ts', 'scripts/test/**/*.test.ts'],
    globalSetup: ['scripts/test/support/global-setup.ts'],
    setupFiles: ['scripts/test/support/fix-seed.ts'],
    // Processes, because stacks end their children when they exit; each file has its own, as it has its own database.
    pool: 'forks',
    // All cores: a file waits for Postgres and its stack as often as it computes.
    maxWorkers: Math.min(availableParallelism(), MOST_WORKERS),
    // Stacks, workers and command lines are real processes on what may be two busy cores. These bounds end what hangs.
    testTimeout: 90_000,
    hookTimeout: 120_000,
  },
});
