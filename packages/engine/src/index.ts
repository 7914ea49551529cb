/**
 * The engine: indicators, strategies, simulator, options, metrics and optimiser. Pure: no I/O, no clock, no randomness but that
 * of a seed.
 * @module
 */

// Backtests: a strategy, candles and settings become trades and equity.

export { fitsCompiled } from './compiled/fits-compiled.ts';
export { type SweepInput, type SweepProgress, sweep, sweepInBlocks } from './compiled/sweep.ts';
export type { SweepResult } from './compiled/sweep-result.ts';
export { type BacktestInput, type BacktestResult, backtestInChunks, runBacktest } from './run-backtest.ts';
export { type SimulateOptions, type SimulationPath, simulate, simulateInChunks } from './simulate.ts';
export { makeReceipt, type Receipt, type ReceiptInput, verifyReceipt } from './simulator/receipt.ts';
export type { SimulationOptions, SimulationProgress } from './simulator/simulation-options.ts';
export type { Fill, Order } from './trading/order.ts';
export type { SimulationResult } from './trading/simulation-result.ts';
export { EXIT_REASONS, type Trade, TradeList } from './trading/trade-list.ts';

// Trading sessions: the same, bar by bar as bars come in.

export type {
  PushOptions,
  SessionBar,
  SessionInstrument,
  TradingSessionInput,
} from './trading-session/session-input.ts';
export type {
  BarOutcome,
  OptionOrderStatus,
  OrderNews,
  SessionFill,
  SessionOptionFill,
  SessionOptionLeg,
  SessionOptionOrder,
  SessionOptionOrderChange,
  SessionOrder,
  SessionOrderChange,
  SessionPosition,
} from './trading-session/session-outcome.ts';
export { startTradingSession } from './trading-session/start-trading-session.ts';
export type { TradingSession } from './trading-session/trading-session.ts';

// Strategies: built-in ones, and specifications made runnable.

export { parseExpression } from './expressions/parse-expression.ts';
export type { PlanColumn } from './plan/compute-columns.ts';
export { evaluatePlan, type PlanResult } from './plan/evaluate-plan.ts';
export { BUILT_IN_STRATEGIES } from './strategies/built-in/registry.generated.ts';
export { checkNeeds } from './strategies/check-needs.ts';
export { checkRuleSpec, compileRuleSpec } from './strategies/compile-rule-spec.ts';
export {
  BUILT_IN_STRATEGY_NAMES,
  checkStrategySpec,
  type ResolvedStrategy,
  resolveStrategy,
} from './strategies/resolve-strategy.ts';
export type { Strategy, StrategyDefinition } from './strategies/strategy-definition.ts';

// Market data.

export { applyGapPolicy } from './market/apply-gap-policy.ts';
export { checkMarketData } from './market/check-market-data.ts';
export type { InstrumentSeries, MarketData, Split } from './market/market-data.ts';

// Indicators and patterns.

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

// Metrics and reports.

export { type DailyAccount, dailyAccount } from './metrics/daily-account.ts';
export { deflatedSharpe, expectedMaxSharpe, type SharpeTrials } from './metrics/deflated-sharpe.ts';
export { drawdownPct } from './metrics/drawdown.ts';
export { type ExchangeDays, exchangeDays } from './metrics/exchange-days.ts';
export { type Excursions, excursions } from './metrics/excursions.ts';
export type { Metric } from './metrics/metric.ts';
export { probabilisticSharpe, probabilisticSharpeOf, type SharpeEvidence } from './metrics/probabilistic-sharpe.ts';
export { type ReturnMoments, returnMoments } from './metrics/return-moments.ts';
export { sharpe } from './metrics/sharpe.ts';
export { sortino } from './metrics/sortino.ts';
export { type SummaryOptions, summarise } from './metrics/summarise.ts';
export { tailLossByInterpolation, tailLossByOrder } from './metrics/value-at-risk.ts';
export { buildReport, type ReportedResult, type ReportOptions } from './report/report-model.ts';
export { thinCurve } from './report/thin-curve.ts';
export { type EquityCurve, MAX_CURVE_POINTS, thinEquity } from './report/thin-equity.ts';

// Studies: searches, walk-forward, Monte Carlo, overfitting, bias.

export { type BiasCheckInput, checkBias, checkBiasInChunks } from './bias/check-bias.ts';
export { type BiasOptions, checkDecisions, checkDecisionsInChunks } from './bias/check-decisions.ts';
export type { Decide, Decision } from './bias/decision.ts';
export { nearestName } from './nearest-name.ts';
export { analyseSensitivity } from './optimiser/analyse-sensitivity.ts';
export { createSearcher } from './optimiser/create-searcher.ts';
export { describePaths } from './optimiser/describe-paths.ts';
export { estimateOverfitting } from './optimiser/overfitting.ts';
export { type PathStatistics, pathStatistics } from './optimiser/path-statistics.ts';
export { type CandlePerturbation, perturbCandles } from './optimiser/perturb-candles.ts';
export { type ReturnResampling, resampleReturns } from './optimiser/resample-returns.ts';
export type { ScoredPoint } from './optimiser/scored-point.ts';
export { createSearchSpace, gridSize, type SearchSpace } from './optimiser/search-space.ts';
export type { Proposal, Searcher } from './optimiser/searcher.ts';
export { type FoldReturns, stitchOutOfSample } from './optimiser/stitch-out-of-sample.ts';
export { type BarRange, planWalkForward, type WalkForwardFold } from './optimiser/walk-forward.ts';

// Options.

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

// What all of it rests on.

export { EngineError, type EngineErrorCode, type EngineErrorDetails } from './engine-error.ts';
export { erfc, inverseNormalCdf, normalCdf, normalPdf } from './math/normal.ts';
export { Random } from './math/random.ts';
export { ENGINE_VERSION, METRIC_VERSION } from './versions.ts';
