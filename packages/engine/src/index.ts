/**
 * The engine: indicators, strategies, a simulator and metrics. Pure: no I/O, no clock, no randomness.
 * @module
 */
export { EngineError, type EngineErrorCode, type EngineErrorDetails } from './engine-error.ts';
export { atr, type HighLowClose, trueRange } from './indicators/atr.ts';
export { type BollingerColumns, bollinger } from './indicators/bollinger.ts';
export { INDICATORS, indicatorNamed } from './indicators/catalogue.ts';
export { ema } from './indicators/ema.ts';
export type { IndicatorDefinition, IndicatorParameter, IndicatorStream } from './indicators/indicator-definition.ts';
export { type MacdColumns, type MacdPeriods, macd } from './indicators/macd.ts';
export { rsi } from './indicators/rsi.ts';
export { sma } from './indicators/sma.ts';
export { standardDeviation } from './indicators/standard-deviation.ts';
export { wma } from './indicators/wma.ts';
export { drawdownPct } from './metrics/drawdown.ts';
export {
  type BacktestProgress,
  type BacktestResult,
  backtestInChunks,
  runBacktest,
} from './run-backtest.ts';
export type { BacktestInput } from './simulator/backtest-input.ts';
export type { Trade } from './simulator/trade.ts';
export { resolveStrategy } from './strategies/resolve-strategy.ts';
export { ENTER, EXIT, type Strategy } from './strategies/strategy.ts';
export { ENGINE_VERSION, METRIC_VERSION } from './versions.ts';
