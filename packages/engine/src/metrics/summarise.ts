import type { BacktestSummary } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import type { MarketData } from '../market/market-data.ts';
import type { SimulationOptions } from '../simulator/simulation-options.ts';
import type { SimulationResult } from '../trading/simulation-result.ts';
import { ENGINE_VERSION, METRIC_VERSION } from '../versions.ts';
import { type BenchmarkCurve, buyAndHoldCurve } from './benchmark-curve.ts';
import { cagrPct } from './cagr.ts';
import { dailyAccount } from './daily-account.ts';
import { excursions } from './excursions.ts';
import { summariseAccount } from './summarise-account.ts';
import { summariseBenchmark } from './summarise-benchmark.ts';
import { summariseRisk } from './summarise-risk.ts';
import { summariseTrades } from './summarise-trades.ts';

/** What a summary is told besides the options of the simulation. */
export interface SummaryOptions extends Pick<SimulationOptions, 'settings'> {
  /** Marks to compare with, one per bar of the result. Default: buying and holding the main instrument. */
  readonly benchmark?: Float64Array;
}

/**
 * The headline of a finished simulation: see "Metrics" in the README for every formula. A metric without a value is null,
 * with the reason in `undefined_metrics`.
 *
 * @throws EngineError `empty_candles`, `equity_overflow`, `invalid_time_zone`, `column_length_mismatch` for a benchmark
 *   with another number of marks than there are bars
 */
export function summarise(result: SimulationResult, data: MarketData, options: SummaryOptions): BacktestSummary {
  const undefined_metrics: Record<string, string> = {};
  const account = summariseAccount(result, data, undefined_metrics);
  const daily = dailyAccount(result, data, options);
  const span = (result.ts.at(-1) ?? NaN) - (result.ts[0] ?? NaN);
  const cagr = cagrPct(result.initial_cash, account.final_equity, span);
  const buyAndHold = buyAndHoldCurve(result.ts, data);
  const benchmark = givenBenchmark(result, options) ?? buyAndHold;
  return {
    engine_version: ENGINE_VERSION,
    metric_version: METRIC_VERSION,
    ...account,
    ...summariseRisk(result, daily, cagr, undefined_metrics),
    ...summariseTrades(result.trades, excursions(result.trades, data, options.settings), undefined_metrics),
    ...summariseBenchmark(daily, { benchmark, buyAndHold }, undefined_metrics),
    ambiguity: summariseAmbiguity(result),
    data_quality: {
      verdict: result.data_quality.verdict,
      findings: result.data_quality.findings.map(({ code, message, count }) => ({ code, message, count })),
    },
    undefined_metrics,
  };
}

function givenBenchmark({ ts }: SimulationResult, { benchmark: marks }: SummaryOptions): BenchmarkCurve | null {
  if (marks === undefined) return null;
  if (marks.length !== ts.length) {
    throw new EngineError(
      'column_length_mismatch',
      `the benchmark has ${marks.length} marks for ${ts.length} bars; it must have one for each`,
    );
  }
  return { start: marks[0] ?? NaN, marks };
}

function summariseAmbiguity({ ambiguity, initial_cash }: SimulationResult): BacktestSummary['ambiguity'] {
  const returnPct = (equity: number | null) => (equity === null ? null : 100 * (equity / initial_cash - 1));
  return {
    bars: ambiguity.bars,
    resolved_bars: ambiguity.resolved_bars,
    pessimistic_return_pct: returnPct(ambiguity.pessimistic_equity),
    optimistic_return_pct: returnPct(ambiguity.optimistic_equity),
  };
}
