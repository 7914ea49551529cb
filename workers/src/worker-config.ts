import { availableParallelism, totalmem } from 'node:os';
import { z } from 'zod';
import type { PrivateKeySources } from './credentials/private-keys.ts';
import type { ExchangeUrls } from './exchanges/load-exchange.ts';

/** A JSON object of exchanges' ids and addresses. */
const exchangeUrls = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({
        code: 'custom',
        message: 'must be a JSON object such as {"kraken": "http://127.0.0.1:8080"}',
      });
      return z.NEVER;
    }
  })
  .pipe(z.record(z.string(), z.url({ protocol: /^https?$/ })));

/** Settings of a worker process, all from the environment: a command line would show the password to other users. */
const Environment = z.object({
  TRADEBASE_WORKER_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'set it to postgresql://tradebase_worker:...@host:5432/postgres' })
    .describe('Direct or session-mode connection as tradebase_worker'),
  TRADEBASE_WORKER_CONCURRENCY: z.coerce.number().int().min(1).max(256).default(availableParallelism()),
  TRADEBASE_CREDENTIAL_KEY_DIR: z.string().min(1).optional(),
  TRADEBASE_CREDENTIAL_KEYS: z.string().min(1).optional(),
  TRADEBASE_CREDENTIAL_KEY_PASSPHRASE: z.string().min(1).optional(),
  TRADEBASE_EXCHANGE_URL_OVERRIDES: exchangeUrls.default({}),
  TRADEBASE_WORKER_CACHE_MB: z.coerce.number().int().min(0).max(1_000_000).default(512),
  TRADEBASE_WORKER_MEMORY_MB: z.coerce.number().int().min(1).max(10_000_000).default(halfOfMemoryMb()),
});

/** Half of the memory that this process may have: of its container where that has a limit, else of the machine. */
function halfOfMemoryMb(): number {
  const limit = process.constrainedMemory();
  return Math.floor(Math.min(limit > 0 ? limit : Number.POSITIVE_INFINITY, totalmem()) / 2 / 1024 / 1024);
}

export interface WorkerConfig {
  readonly databaseUrl: string;
  /** How many CPU jobs run side by side: by default, one a core. */
  readonly concurrency: number;
  /** Bound of the candle cache, in bytes. */
  readonly cacheBytes: number;
  /** Bound of what CPU jobs that run at the same time are expected to take, in bytes. */
  readonly memoryBytes: number;
  readonly privateKeys: PrivateKeySources;
  readonly exchangeUrls: ExchangeUrls;
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
    memoryBytes: parsed.data.TRADEBASE_WORKER_MEMORY_MB * 1024 * 1024,
    privateKeys: {
      dir: parsed.data.TRADEBASE_CREDENTIAL_KEY_DIR,
      armored: parsed.data.TRADEBASE_CREDENTIAL_KEYS,
      passphrase: parsed.data.TRADEBASE_CREDENTIAL_KEY_PASSPHRASE,
    },
    exchangeUrls: parsed.data.TRADEBASE_EXCHANGE_URL_OVERRIDES,
  };
}
