export * from './backtest-job.ts';
export * from './backtest-result.ts';
export * from './candles.ts';
export * from './create-backtest-request.ts';
export * from './error-codes.ts';
export * from './strategy-spec.ts';
export * from './task-event.ts';
export * from './timeframe.ts';
