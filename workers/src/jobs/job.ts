import type { CandleCache } from '@tradebase/market-data';
import type pg from 'pg';
import type { CpuPool } from '../cpu/cpu-pool.ts';
import type { MemoryGovernor } from '../cpu/memory-governor.ts';
import type { PrivateKeys } from '../credentials/private-keys.ts';
import type { ExchangeUrls } from '../exchanges/load-exchange.ts';
import type { Log } from '../log.ts';

/** What jobs are given. */
export interface JobContext {
  readonly database: pg.Pool;
  readonly cpu: CpuPool;
  readonly candles: CandleCache;
  /** Admits CPU jobs by the memory that they take. */
  readonly memory: MemoryGovernor;
  /** The private keys with which credentials are opened. */
  readonly keys: PrivateKeys;
  readonly exchangeUrls: ExchangeUrls;
  readonly log: Log;
}

/** One claim of a job by this worker. */
export interface JobRun {
  readonly id: string;
  /** In a dead-letter queue, the job that failed. */
  readonly sourceId: string | null;
  /** The payload as stored: each job parses its own. */
  readonly data: unknown;
  /** Aborts when the worker stops or the queue has given the job to another worker. */
  readonly signal: AbortSignal;
}

/** A queue and what is done with its jobs. Handling a job twice must do no harm. */
export interface Job {
  readonly queue: string;
  /** CPU jobs run as many at once as the pool has threads; others one at a time, unless `atOnce` says more: of one user one less. */
  readonly cpu: boolean;
  readonly atOnce?: number;
  handle(run: JobRun, context: JobContext): Promise<void>;
}
