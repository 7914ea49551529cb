import type { BacktestSettings, BacktestSummary } from '@tradebase/contracts';
import type {
  MarketData,
  SimulationOptions,
  SimulationProgress,
  SimulationResult,
  StrategyDefinition,
} from '@tradebase/engine';

/** A strategy with its parameters chosen. */
export type BuiltStrategy = ReturnType<StrategyDefinition['build']>;

/** What trials need of the engine. */
export interface TrialEngine {
  /** The candles that the simulation goes by: missing bars are filled here, or refused, as the settings say. */
  applyGapPolicy(data: MarketData, settings: BacktestSettings): MarketData;
  /** Runs it on the fastest path that fits. */
  simulate(
    strategy: BuiltStrategy,
    data: MarketData,
    options: SimulationOptions,
  ): Generator<SimulationProgress, SimulationResult, void>;
  summarise(
    result: SimulationResult,
    data: MarketData,
    options: { readonly settings: BacktestSettings },
  ): BacktestSummary;
  /** Simple returns of each day of the exchange, and the index of its last bar. */
  dailyReturns(
    result: SimulationResult,
    data: MarketData,
    options: { readonly settings: BacktestSettings },
  ): { readonly returns: Float64Array; readonly last_bar: Int32Array };
}
