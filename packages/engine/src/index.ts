/**
 * The engine: indicators, strategies, a simulator and metrics. Pure: no I/O, no clock, no randomness.
 * @module
 */
export { EngineError, type EngineErrorCode, type EngineErrorDetails } from './engine-error.ts';
export { ema } from './indicators/ema.ts';
export { type MacdColumns, type MacdPeriods, macd } from './indicators/macd.ts';
export { rsi } from './indicators/rsi.ts';
export { sma } from './indicators/sma.ts';
export { drawdownPct } from './metrics/drawdown.ts';
export { type AmericanOptionSettings, americanOption } from './options/american-option.ts';
export {
  blackScholes,
  blackScholesPrice,
  type OptionValue,
  type SecondOrderGreeks,
  secondOrderGreeks,
} from './options/black-scholes.ts';
export type { OptionQuoteRow } from './options/data-chain.ts';
export { type ImpliedVolatility, impliedVolatility } from './options/implied-volatility.ts';
export {
  type OptionPositionSpec,
  type PositionLeg,
  type PositionMarket,
  payoffAtExpiry,
  positionValue,
} from './options/option-position.ts';
export type { OptionRight, OptionTerms } from './options/option-terms.ts';
export { optionsDeskOpener } from './options/options-desk-opener.ts';
export { type PayoffProfile, payoffProfile } from './options/payoff-profile.ts';
export {
  butterfly,
  cashSecuredPut,
  coveredCall,
  ironCondor,
  reversed,
  type StructureLeg,
  straddle,
  strangle,
  vertical,
} from './options/structures.ts';
export { countArbitrage, type SurfaceArbitrage } from './options/surface-arbitrage.ts';
export {
  buildVolatilitySurface,
  forwardAt,
  type VolatilitySmile,
  type VolatilitySurface,
  volatilityAt,
} from './options/volatility-surface.ts';
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
