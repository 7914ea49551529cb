import type { BacktestReport, BacktestSettings, BacktestSummary, StrategySpec } from '@tradebase/contracts';
import {
  backtestInChunks,
  buildReport,
  type MarketData,
  makeReceipt,
  type OptionQuoteRow,
  type Receipt,
  type SimulationPath,
} from '@tradebase/engine';

export interface EngineRun {
  readonly data: MarketData;
  readonly strategy: StrategySpec;
  readonly initial_cash: number;
  readonly settings: BacktestSettings;
  readonly optionQuotes?: readonly OptionQuoteRow[];
  readonly path?: SimulationPath;
}

export interface EngineOutcome {
  readonly summary: BacktestSummary;
  readonly report: BacktestReport;
  /** Open times of the bars of the account, and equity at their closes. */
  readonly ts: Float64Array;
  readonly equity: Float64Array;
}

const SEED = 1;

/**
 * Runs a backtest from candles to its report: the one place of the command that calls the engine.
 *
 * @param onProgress told how many of the bars are done
 * @throws EngineError
 */
export function runEngine(run: EngineRun, onProgress: (done: number, total: number) => void): EngineOutcome {
  const { data, strategy, initial_cash, optionQuotes } = run;
  const backtest = backtestInChunks({ ...run, seed: SEED });
  let step = backtest.next();
  while (!step.done) {
    onProgress(step.value.bars_done, step.value.bars_total);
    step = backtest.next();
  }
  const result = step.value;
  const { summary, settings } = result;
  const options = { initial_cash, settings, seed: SEED };
  const receipt = makeReceipt({ data, spec: strategy, options, result, ...(optionQuotes ? { optionQuotes } : {}) });
  const report = buildReport(result, summary, data, { settings, receipt: asText(receipt) });
  return { summary, report, ts: result.ts, equity: result.equity };
}

function asText(receipt: Receipt): Record<string, string> {
  return Object.fromEntries(Object.entries(receipt).map(([name, value]) => [name, String(value)]));
}
