export * from './backtest-result.ts';
export * from './candles.ts';
export * from './strategy-spec.ts';
export * from './timeframe.ts';
