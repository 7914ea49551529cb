import type {
  BacktestReport,
  BacktestSettings,
  BacktestSummary,
  Candles,
  StrategySpec,
  Timeframe,
} from '@tradebase/contracts';
import { backtestInChunks, buildReport, longOnlyResult, summarise } from '@tradebase/engine';
import { UsageError } from '../command-line/parse-command-line.ts';

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
 * @throws EngineError, and UsageError for settings that the simulator does not know
 */
export function runEngine(run: EngineRun, onProgress: (done: number, total: number) => void): EngineOutcome {
  const { symbol, timeframe, candles, strategy, initial_cash, settings } = run;
  const input = { candles, strategy, initial_cash, fee_bps: feeBps(settings) };
  const backtest = backtestInChunks(input);
  let step = backtest.next();
  while (!step.done) {
    onProgress(step.value.bars_done, step.value.bars_total);
    step = backtest.next();
  }
  const { summary, trades, equity } = step.value;
  const result = longOnlyResult(input, {
    equity,
    trades: [...trades],
    position: summary.open_position && { ...summary.open_position, entry_fee: 0 },
    bars_in_position: Math.round((summary.exposure_pct * summary.bars) / 100),
    fees_paid: summary.fees_paid,
  });
  const data = { instruments: [{ symbol, timeframe, candles }] };
  const own = summarise(result, data, { settings });
  return { summary: own, report: buildReport(result, own, data, { settings }), equity };
}

/** The long-only simulator knows one fee of all fills; to leave out what else was asked for would be a wrong result. */
function feeBps({ fees, slippage, fills, margin }: BacktestSettings): number {
  const unknown = [
    fees.type !== 'bps' || fees.maker_bps !== fees.taker_bps || fees.minimum > 0
      ? 'fees other than one rate in bps'
      : '',
    slippage.type !== 'none' ? 'slippage' : '',
    fills.market !== 'next_open' || fills.max_volume_share < 1 ? 'fills other than whole at the next open' : '',
    margin.leverage !== 1 ? 'leverage' : '',
  ].filter((name) => name !== '');
  if (fees.type !== 'bps' || unknown.length > 0) {
    throw new UsageError(`the settings ask for what the simulator does not do yet: ${unknown.join(', ')}`);
  }
  return fees.taker_bps;
}
