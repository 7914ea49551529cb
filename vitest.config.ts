import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Files at a time. More would not fit the connections of their one Postgres server. */
const MOST_WORKERS = 4;

export default defineConfig({
  test: {
    // How long a test waits for an event; a machine may be slow, and one second is not long.
    expect: { poll: { timeout: 20_000 } },
    include: ['packages/*/test/**/*.test.ts', 'workers/test/**/*.test.ts', 'scripts/test/**/*.test.ts'],
    globalSetup: ['scripts/test/support/global-setup.ts'],
    // Processes, because stacks end their children when they exit; each file has its own, as it has its own database.
    pool: 'forks',
    // All cores: a file waits for Postgres and its stack as often as it computes.
    maxWorkers: Math.min(availableParallelism(), MOST_WORKERS),
    // Stacks, workers and command lines are real processes on what may be two busy cores.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
