/**
 * The engine: indicators, strategies, a simulator and metrics. Pure: no I/O, no clock, no randomness.
 * @module
 */
export { fitsCompiled } from './compiled/fits-compiled.ts';
export { type CompiledParts, simulateCompiled } from './compiled/simulate-compiled.ts';
export { type SweepInput, type SweepProgress, sweep, sweepInBlocks } from './compiled/sweep.ts';
export type { SweepResult } from './compiled/sweep-result.ts';
export { EngineError, type EngineErrorCode, type EngineErrorDetails } from './engine-error.ts';
export { FUNCTION_NAMES } from './expressions/bind-call.ts';
export { parseExpression } from './expressions/parse-expression.ts';
export { ema } from './indicators/ema.ts';
export { type MacdColumns, type MacdPeriods, macd } from './indicators/macd.ts';
export { rsi } from './indicators/rsi.ts';
export { sma } from './indicators/sma.ts';
export { drawdownPct } from './metrics/drawdown.ts';
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
export { ENGINE_VERSION, METRIC_VERSION } from './versions.ts';
