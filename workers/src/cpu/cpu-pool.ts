import { join } from 'node:path';
import { Piscina } from 'piscina';
import type { BacktestTask, BacktestTaskResult } from './backtest-task.ts';

/** Threads for work that would block the event loop. */
export interface CpuPool {
  readonly threads: number;
  runBacktest(task: BacktestTask): Promise<BacktestTaskResult>;
  close(): Promise<void>;
}

const CLOSE_TIMEOUT_MS = 5_000;

/** Starts the threads; they stay, so that a job never waits for one to start. */
export function createCpuPool(threads: number): CpuPool {
  const pool = new Piscina<BacktestTask, BacktestTaskResult>({
    filename: join(import.meta.dirname, 'backtest-task.ts'),
    minThreads: threads,
    maxThreads: threads,
    closeTimeout: CLOSE_TIMEOUT_MS,
  });
  return {
    threads,
    runBacktest: (task) => pool.run(task),
    close: () => pool.close({ force: true }),
  };
}
