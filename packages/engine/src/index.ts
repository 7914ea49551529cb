/**
 * The engine: indicators, strategies, a simulator and metrics. Pure: no I/O, no clock, no randomness.
 * @module
 */
export { EngineError, type EngineErrorCode, type EngineErrorDetails } from './engine-error.ts';
export { FUNCTION_NAMES } from './expressions/bind-call.ts';
export { parseExpression } from './expressions/parse-expression.ts';
export { ema } from './indicators/ema.ts';
export { type MacdColumns, type MacdPeriods, macd } from './indicators/macd.ts';
export { rsi } from './indicators/rsi.ts';
export { sma } from './indicators/sma.ts';
export type { InstrumentSeries, MarketData, Split } from './market/market-data.ts';
export { Random } from './math/random.ts';
export { drawdownPct } from './metrics/drawdown.ts';
export { analyseSensitivity } from './optimiser/analyse-sensitivity.ts';
export { createSearcher } from './optimiser/create-searcher.ts';
export { describePaths } from './optimiser/describe-paths.ts';
export { nearestName } from './optimiser/nearest-name.ts';
export { estimateOverfitting } from './optimiser/overfitting.ts';
export { type PathStatistics, pathStatistics } from './optimiser/path-statistics.ts';
export { type CandlePerturbation, perturbCandles } from './optimiser/perturb-candles.ts';
export { type ReturnResampling, resampleReturns } from './optimiser/resample-returns.ts';
export type { ScoredPoint } from './optimiser/scored-point.ts';
export { createSearchSpace, gridSize, type SearchSpace } from './optimiser/search-space.ts';
export type { Proposal, Searcher } from './optimiser/searcher.ts';
export { type FoldReturns, stitchOutOfSample } from './optimiser/stitch-out-of-sample.ts';
export { type BarRange, planWalkForward, type WalkForwardFold } from './optimiser/walk-forward.ts';
export type { PlanColumn } from './plan/compute-columns.ts';
export { evaluatePlan, type PlanResult } from './plan/evaluate-plan.ts';
export {
  type BacktestProgress,
  type BacktestResult,
  backtestInChunks,
  runBacktest,
} from './run-backtest.ts';
export type { BacktestInput } from './simulator/backtest-input.ts';
export type { Trade } from './simulator/trade.ts';
export { BUILT_IN_STRATEGIES } from './strategies/built-in/registry.generated.ts';
export { checkRuleSpec, compileRuleSpec } from './strategies/compile-rule-spec.ts';
export {
  BUILT_IN_STRATEGY_NAMES,
  checkStrategySpec,
  type ResolvedStrategy,
  resolveStrategy,
} from './strategies/resolve-strategy.ts';
export type { Strategy, StrategyDefinition } from './strategies/strategy-definition.ts';
export { ENTER, EXIT, type StrategySignals, strategySignals } from './strategies/strategy-signals.ts';
export type { Fill, Order } from './trading/order.ts';
export type { Trade as SimulatedTrade } from './trading/trade-list.ts';
export { ENGINE_VERSION, METRIC_VERSION } from './versions.ts';
