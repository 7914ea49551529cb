import { availableParallelism } from 'node:os';
import { z } from 'zod';

/** Settings of a worker process, all from the environment: a command line would show the password to other users. */
const Environment = z.object({
  TRADEBASE_WORKER_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'set it to postgresql://tradebase_worker:...@host:5432/postgres' })
    .describe('Direct or session-mode connection as tradebase_worker'),
  TRADEBASE_WORKER_CONCURRENCY: z.coerce.number().int().min(1).max(256).default(availableParallelism()),
  TRADEBASE_WORKER_CACHE_MB: z.coerce.number().int().min(0).max(1_000_000).default(512),
});

export interface WorkerConfig {
  readonly databaseUrl: string;
  /** How many CPU jobs run side by side: by default, one a core. */
  readonly concurrency: number;
  /** Bound of the candle cache, in bytes. */
  readonly cacheBytes: number;
}

/** Reads the environment. Throws one error that names every setting that is missing or wrong. */
export function readWorkerConfig(environment: NodeJS.ProcessEnv): WorkerConfig {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`the worker's environment is incomplete:\n  ${problems.join('\n  ')}`);
  }
  return {
    databaseUrl: parsed.data.TRADEBASE_WORKER_DATABASE_URL,
    concurrency: parsed.data.TRADEBASE_WORKER_CONCURRENCY,
    cacheBytes: parsed.data.TRADEBASE_WORKER_CACHE_MB * 1024 * 1024,
  };
}
