import type {
  BacktestReport,
  BacktestSettings,
  BacktestSummary,
  Candles,
  StrategySpec,
  Timeframe,
} from '@tradebase/contracts';
import { backtestInChunks, buildReport } from '@tradebase/engine';

export interface EngineRun {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly candles: Candles;
  readonly strategy: StrategySpec;
  readonly initial_cash: number;
  readonly settings: BacktestSettings;
}

export interface EngineOutcome {
  readonly summary: BacktestSummary;
  readonly report: BacktestReport;
  /** Equity at each bar's close. */
  readonly equity: Float64Array;
}

/**
 * Runs a backtest from candles to its report: the one place of the command that calls the engine.
 *
 * @param onProgress told how many of the bars are done
 * @throws EngineError
 */
export function runEngine(run: EngineRun, onProgress: (done: number, total: number) => void): EngineOutcome {
  const { symbol, timeframe, candles, strategy, initial_cash, settings } = run;
  const data = { instruments: [{ symbol, timeframe, candles }] };
  const backtest = backtestInChunks({ data, strategy, initial_cash, settings });
  let step = backtest.next();
  while (!step.done) {
    onProgress(step.value.bars_done, step.value.bars_total);
    step = backtest.next();
  }
  const result = step.value;
  const report = buildReport(result, result.summary, data, { settings });
  return { summary: result.summary, report, equity: result.equity };
}
