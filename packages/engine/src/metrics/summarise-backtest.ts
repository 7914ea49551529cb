import type { BacktestSummary } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import type { BacktestInput } from '../simulator/backtest-input.ts';
import type { LongOnlySimulation } from '../simulator/long-only-simulation.ts';
import { ENGINE_VERSION, METRIC_VERSION } from '../versions.ts';
import { cagrPct } from './cagr.ts';
import { calmar } from './calmar.ts';
import { dailyReturns } from './daily-returns.ts';
import type { Metric } from './metric.ts';
import { profitFactor } from './profit-factor.ts';
import { sharpe } from './sharpe.ts';
import { sortino } from './sortino.ts';
import { winRatePct } from './win-rate.ts';

/** Daily returns are annualised by the US equity calendar for every instrument, as in the reference results. */
const TRADING_DAYS_PER_YEAR = 252;

/**
 * The headline of a finished simulation.
 *
 * @throws EngineError `equity_overflow` when the prices carried equity beyond what a double can hold
 */
export function summariseBacktest({ candles, initial_cash }: BacktestInput, run: LongOnlySimulation): BacktestSummary {
  const { ts, open, close } = candles;
  const bars = ts.length;
  const last = bars - 1;
  const finalEquity = run.equity[last] ?? NaN;
  if (!Number.isFinite((100 * run.peak) / initial_cash)) {
    throw new EngineError('equity_overflow', 'equity grew beyond the largest number; check the prices', {
      initial_cash,
    });
  }

  const maxDrawdownPct = 100 * (1 - run.lowestShareOfPeak);
  const undefined_metrics: Record<string, string> = {};
  const settle = (name: string, metric: Metric): number | null => {
    if (metric.value === null) undefined_metrics[name] = metric.reason;
    return metric.value;
  };
  const returns = dailyReturns(ts, run.equity, initial_cash);
  const cagr = cagrPct(initial_cash, finalEquity, (ts[last] ?? NaN) - (ts[0] ?? NaN));

  return {
    engine_version: ENGINE_VERSION,
    metric_version: METRIC_VERSION,
    bars,
    first_bar_at: isoTime(ts[0]),
    last_bar_at: isoTime(ts[last]),
    initial_cash,
    final_equity: finalEquity,
    total_return_pct: 100 * (finalEquity / initial_cash - 1),
    max_drawdown_pct: maxDrawdownPct,
    exposure_pct: (100 * run.bars_in_position) / bars,
    fees_paid: run.fees_paid,
    trades: run.trades.length,
    open_position: openPosition(ts, run),
    win_rate_pct: settle('win_rate_pct', winRatePct(run.trades)),
    profit_factor: settle('profit_factor', profitFactor(run.trades)),
    sharpe: settle('sharpe', sharpe(returns, TRADING_DAYS_PER_YEAR)),
    sortino: settle('sortino', sortino(returns, TRADING_DAYS_PER_YEAR)),
    cagr_pct: settle('cagr_pct', cagr),
    calmar: settle('calmar', calmar(cagr, maxDrawdownPct)),
    buy_and_hold_return_pct: 100 * ((close[last] ?? NaN) / (open[0] ?? NaN) - 1),
    undefined_metrics,
  };
}

function openPosition(ts: Float64Array, { position }: LongOnlySimulation): BacktestSummary['open_position'] {
  if (position === null) return null;
  const { entry_bar, entry_price, quantity } = position;
  return { entry_bar, entry_at: isoTime(ts[entry_bar]), entry_price, quantity };
}

function isoTime(ms = NaN): string {
  return new Date(ms).toISOString();
}
