import type { BacktestSettings, BacktestSummary, TrialMetrics } from '@tradebase/contracts';
import {
  applyGapPolicy,
  dailyAccount,
  type InstrumentSeries,
  optionsDeskOpener,
  pathStatistics,
  perturbCandles,
  type SimulationResult,
  type StrategyDefinition,
  simulateInChunks,
  summarise,
} from '@tradebase/engine';
import { barsOf, firstBarFrom, resultFromBar } from './from-bar.ts';
import type { TrialOutcome, TrialRequest, TrialSeries } from './study.ts';
import { tradeFrom } from './trade-from.ts';

/** What all trials of a study share. */
export interface TrialSetting {
  /** All candles of the study. */
  readonly series: InstrumentSeries;
  readonly definition: StrategyDefinition;
  readonly initial_cash: number;
  readonly settings: BacktestSettings;
  readonly seed: number;
}

/**
 * One backtest of a study: on its window, from the bar from which it may trade, and measured from there. Null when it was
 * told to stop.
 *
 * @throws EngineError what the engine refuses
 */
export function evaluateTrial(
  { params, window, detail, perturbation }: TrialRequest,
  { series, definition, initial_cash, settings, seed }: TrialSetting,
  isStopped: () => boolean,
): TrialOutcome | null {
  const given = perturbed(barsOf(series, window.from, window.to), perturbation);
  const market = applyGapPolicy({ instruments: [given] }, settings);
  const [seen = given] = market.instruments;
  // By its time: bars that were missing may have been filled in before it.
  const lead = firstBarFrom(seen.candles.ts, given.candles.ts[window.trade_from - window.from] ?? Number.NaN);
  const strategy = tradeFrom(definition.build(params), lead);
  const desk = definition.needs?.options ? { openDesk: optionsDeskOpener(settings.options) } : {};
  const simulation = simulateInChunks(strategy, market, { initial_cash, settings, seed }, desk);
  let step = simulation.next();
  while (!step.done) {
    if (isStopped()) return null;
    step = simulation.next();
  }
  const result = resultFromBar(step.value, lead);
  const measured = { instruments: [barsOf(seen, lead, seen.candles.ts.length)] };
  const { returns, days } = dailyAccount(result, measured, { settings });
  // After ruin there is nothing left to return anything.
  const daily_returns = returns.map((value) => (Number.isFinite(value) ? value : 0));
  const metrics = {
    ...numbersOf(summarise(result, measured, { settings })),
    sharpe_per_period: pathStatistics(daily_returns).sharpe_per_period,
  };
  return {
    outcome: 'completed',
    metrics,
    series: detail === 'series' ? seriesOf(result, daily_returns, days.last_bar) : null,
  };
}

/** Finer candles say nothing of prices that were made up. */
function perturbed(series: InstrumentSeries, perturbation: TrialRequest['perturbation']): InstrumentSeries {
  if (perturbation === null) return series;
  const { finer: _, ...rest } = series;
  return { ...rest, candles: perturbCandles(series.candles, perturbation) };
}

/** The numbers of a summary, and its metrics that are undefined as null. */
function numbersOf({ metric_version: _, ...summary }: BacktestSummary): TrialMetrics {
  const metrics: TrialMetrics = {};
  for (const [name, value] of Object.entries(summary)) {
    if (typeof value === 'number') metrics[name] = Number.isFinite(value) ? value : null;
    else if (value === null && Object.hasOwn(summary.undefined_metrics, name)) metrics[name] = null;
  }
  return metrics;
}

function seriesOf(
  { ts, equity, initial_cash, trades }: SimulationResult,
  daily_returns: Float64Array,
  last_bar: Int32Array,
): TrialSeries {
  const trade_returns = new Float64Array(trades.length);
  for (let trade = 0; trade < trades.length; trade++) {
    const before = equity[(trades.entry_bar[trade] as number) - 1] ?? initial_cash;
    trade_returns[trade] = before > 0 ? (trades.pnl[trade] as number) / before : 0;
  }
  return { daily_returns, daily_ts: Float64Array.from(last_bar, (bar) => ts[bar] as number), trade_returns };
}
