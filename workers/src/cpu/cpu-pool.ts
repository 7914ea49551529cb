import { join } from 'node:path';
import { Piscina } from 'piscina';
import type { TrialOutcome } from '../studies/study.ts';
import type { BacktestTask, BacktestTaskResult } from './backtest-task.ts';
import type { BiasCheckTask, BiasCheckTaskResult } from './bias-check-task.ts';
import type { Judgement, JudgeTask } from './judge-task.ts';
import type { TrialTask } from './trial-task.ts';

/** Threads for work that would block the event loop. */
export interface CpuPool {
  readonly threads: number;
  runBacktest(task: BacktestTask): Promise<BacktestTaskResult>;
  runTrials(task: TrialTask): Promise<TrialOutcome[]>;
  runBiasCheck(task: BiasCheckTask): Promise<BiasCheckTaskResult>;
  judge(task: JudgeTask): Promise<Judgement>;
  close(): Promise<void>;
}

const CLOSE_TIMEOUT_MS = 5_000;

/** Starts the threads; they stay, so that a job never waits for one to start. */
export function createCpuPool(threads: number): CpuPool {
  const pool = new Piscina({
    filename: join(import.meta.dirname, 'backtest-task.ts'),
    minThreads: threads,
    maxThreads: threads,
    closeTimeout: CLOSE_TIMEOUT_MS,
  });
  const trialTask = join(import.meta.dirname, 'trial-task.ts');
  const biasCheckTask = join(import.meta.dirname, 'bias-check-task.ts');
  const judgeTask = join(import.meta.dirname, 'judge-task.ts');
  return {
    threads,
    runBacktest: (task) => pool.run(task),
    runTrials: (task) => pool.run(task, { filename: trialTask }),
    runBiasCheck: (task) => pool.run(task, { filename: biasCheckTask }),
    judge: (task) => pool.run(task, { filename: judgeTask }),
    close: () => pool.close({ force: true }),
  };
}
