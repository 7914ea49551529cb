import type { BacktestSettings, BacktestSettingsInput, BacktestSummary, StrategySpec } from '@tradebase/contracts';
import type { MarketData } from './market/market-data.ts';
import { summarise } from './metrics/summarise.ts';
import type { OptionQuoteRow } from './options/data-chain.ts';
import { optionsDeskOpener } from './options/options-desk-opener.ts';
import { runToEnd } from './run-to-end.ts';
import { type SimulationPath, simulateInChunks } from './simulate.ts';
import { parseSettings } from './simulator/parse-settings.ts';
import type { SimulationOptions, SimulationProgress } from './simulator/simulation-options.ts';
import { checkNeeds } from './strategies/check-needs.ts';
import { resolveStrategy } from './strategies/resolve-strategy.ts';
import type { Strategy } from './strategies/strategy-definition.ts';
import type { DataQuality, SimulationResult } from './trading/simulation-result.ts';

/** Everything a backtest depends on: with the same input, the same engine version gives the same bytes. */
export interface BacktestInput {
  readonly data: MarketData;
  readonly strategy: StrategySpec;
  /** Starting capital in the quote currency, above 0. */
  readonly initial_cash: number;
  /** What is left out takes its default: no costs, no leverage, fills at the next open. */
  readonly settings?: BacktestSettingsInput;
  /** Default 1. */
  readonly seed?: number;
  /** Quotes of options on the main instrument, for strategies that trade them; a model quotes all other days. */
  readonly optionQuotes?: readonly OptionQuoteRow[];
  /** Default `auto`. Only the event-driven path keeps orders and fills. */
  readonly path?: SimulationPath;
}

export interface BacktestResult extends SimulationResult {
  readonly summary: BacktestSummary;
  /** Complete: with every default. */
  readonly settings: BacktestSettings;
}

/**
 * Runs a whole backtest and returns its result. Fewer bars than the strategy's warm-up is not an error: no trades.
 *
 * @throws EngineError when the input is invalid; see `EngineErrorCode`
 */
export function runBacktest(input: BacktestInput): BacktestResult {
  return runToEnd(backtestInChunks(input, { chunkBars: Number.MAX_SAFE_INTEGER }));
}

/**
 * The same backtest, pausing after every `chunkBars` bars: to report progress, to let other work in, or to stop (by not
 * asking for the next chunk). The result does not depend on the size of the chunks.
 *
 * @throws EngineError on the first `next()` when the input is invalid; see `EngineErrorCode`
 */
export function* backtestInChunks(
  { data, strategy: spec, initial_cash, settings, seed = 1, optionQuotes, path }: BacktestInput,
  chunks: { readonly chunkBars?: number } = {},
): Generator<SimulationProgress, BacktestResult, void> {
  const { definition, strategy } = resolveStrategy(spec);
  checkNeeds(definition, data);
  const options: SimulationOptions = { initial_cash, settings: parseSettings(settings), seed };
  const result = yield* simulateInChunks(strategy, data, options, {
    ...chunks,
    ...(path ? { path } : {}),
    ...(definition.needs?.options ? { openDesk: optionsDeskOpener(options.settings.options, optionQuotes) } : {}),
  });
  const seen = { ...result, data_quality: withWarmUp(result.data_quality, strategy, result.ts.length) };
  return { ...seen, summary: summarise(seen, data, options), settings: options.settings };
}

/** Says where there were too few bars for the strategy to do anything. */
function withWarmUp(quality: DataQuality, strategy: Strategy, bars: number): DataQuality {
  const needed = strategy.kind === 'rules' ? strategy.program.warm_up_bars : strategy.warm_up_bars;
  if (bars > needed) return quality;
  const message = `${strategy.name} warms up for ${needed} bars and there are ${bars}: it could not trade`;
  return { verdict: 'poor', findings: [...quality.findings, { code: 'warm_up', message, count: bars }] };
}
