import { failBacktest } from '../backtests/fail-backtest.ts';
import type { Job } from './job.ts';

/** Jobs of `backtest` that failed on every try: their owners learn that it will not happen. */
export const deadBacktestJob: Job = {
  queue: 'backtest-dead',
  cpu: false,
  async handle(run, { database, log }) {
    // The job that failed has the id of its backtest. Its payload may be what no worker could read.
    if (run.sourceId === null) throw new Error('a dead job without the job it came from');
    await failBacktest(database, run.sourceId, {
      code: 'worker_failed',
      message: 'the backtest failed on every try; request it again, or report its id',
    });
    log('error', 'backtest given up after its last try');
  },
};
