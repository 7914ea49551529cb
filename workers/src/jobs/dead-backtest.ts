import { BacktestJob } from '@tradebase/contracts';
import { failBacktest } from '../backtests/fail-backtest.ts';
import type { Job } from './job.ts';

/** Jobs of `backtest` that failed on every try: their owners learn that it will not happen. */
export const deadBacktestJob: Job = {
  queue: 'backtest-dead',
  cpu: false,
  async handle(run, { database, log }) {
    const { backtest_id } = BacktestJob.parse(run.data);
    await failBacktest(database, backtest_id, {
      code: 'worker_failed',
      message: 'the backtest failed on every try; request it again, or report its id',
    });
    log('error', 'backtest given up after its last try');
  },
};
