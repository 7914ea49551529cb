import type { BacktestSummary } from '@tradebase/contracts';
import { EngineError } from './engine-error.ts';
import { summariseBacktest } from './metrics/summarise-backtest.ts';
import type { BacktestInput } from './simulator/backtest-input.ts';
import { checkBacktestInput } from './simulator/check-backtest-input.ts';
import { LongOnlySimulation } from './simulator/long-only-simulation.ts';
import type { Trade } from './simulator/trade.ts';
import { strategySignals } from './strategies/strategy-signals.ts';

const DEFAULT_CHUNK_BARS = 65_536;

export interface BacktestProgress {
  readonly bars_done: number;
  readonly bars_total: number;
}

export interface BacktestResult {
  readonly summary: BacktestSummary;
  /** Closed trades in order; a position still open at the end is in `summary.open_position`. */
  readonly trades: readonly Trade[];
  /** Equity at each bar's close, in the quote currency. */
  readonly equity: Float64Array<ArrayBuffer>;
}

/**
 * Runs a whole backtest and returns its result. Fewer bars than the strategy's warm-up is not an error: no trades.
 *
 * @throws EngineError when the input is invalid; see `EngineErrorCode`
 */
export function runBacktest(input: BacktestInput): BacktestResult {
  const backtest = backtestInChunks(input, { chunkBars: input.candles.ts.length || 1 });
  for (;;) {
    const step = backtest.next();
    if (step.done) return step.value;
  }
}

/**
 * The same backtest, pausing after every `chunkBars` bars: to report progress, to let other work in, or to stop (by not
 * asking for the next chunk). The result does not depend on the size of the chunks.
 *
 * Signals are computed for all bars before the first pause; that takes a few milliseconds per million bars.
 *
 * @throws EngineError on the first `next()` when the input is invalid; see `EngineErrorCode`
 */
export function* backtestInChunks(
  input: BacktestInput,
  { chunkBars = DEFAULT_CHUNK_BARS }: { chunkBars?: number } = {},
): Generator<BacktestProgress, BacktestResult, void> {
  if (!Number.isSafeInteger(chunkBars) || chunkBars < 1) {
    throw new EngineError('invalid_chunk', `chunkBars is ${chunkBars}; it must be a whole number, at least 1`);
  }
  checkBacktestInput(input);
  const { candles, strategy, initial_cash, fee_bps } = input;
  const bars_total = candles.ts.length;

  const signals = strategySignals(strategy).computeSignals(candles);
  const simulation = new LongOnlySimulation(candles, signals, initial_cash, fee_bps / 10_000);
  while (simulation.bars_done < bars_total) {
    simulation.advance(chunkBars);
    yield { bars_done: simulation.bars_done, bars_total };
  }

  return {
    summary: summariseBacktest(input, simulation),
    trades: simulation.trades,
    equity: simulation.equity,
  };
}
