import type { BacktestSummary, Candles, StrategySpec } from '@tradebase/contracts';
import { backtestInChunks, EngineError, type EquityCurve, type Trade, thinEquity } from '@tradebase/engine';
import { TaskControl } from './task-control.ts';

/** What one result may hold; the summary counts all trades. */
export const MAX_STORED_TRADES = 20_000;

export interface BacktestTask {
  readonly candles: Candles;
  readonly strategy: StrategySpec;
  readonly initial_cash: number;
  readonly fee_bps: number;
  readonly control: Int32Array<SharedArrayBuffer>;
}

export type BacktestTaskResult =
  | { readonly outcome: 'done'; summary: BacktestSummary; trades: readonly Trade[]; curve: EquityCurve }
  | { readonly outcome: 'stopped' }
  /** The engine refused its input: trying again would not help. */
  | { readonly outcome: 'refused'; message: string };

/** Runs in a thread of the pool: one backtest, chunk by chunk, until it is done or told to stop. */
export default function runBacktestTask(task: BacktestTask): BacktestTaskResult {
  const control = new TaskControl(task.control);
  try {
    const backtest = backtestInChunks(task);
    for (;;) {
      if (control.stopped) return { outcome: 'stopped' };
      const step = backtest.next();
      if (step.done) {
        const { summary, trades, equity } = step.value;
        return {
          outcome: 'done',
          summary,
          trades: trades.slice(0, MAX_STORED_TRADES),
          curve: thinEquity(task.candles.ts, equity),
        };
      }
      control.progress = step.value.bars_done / step.value.bars_total;
    }
  } catch (error) {
    if (error instanceof EngineError) return { outcome: 'refused', message: error.message };
    throw error;
  }
}
