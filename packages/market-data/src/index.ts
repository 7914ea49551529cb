export { type CandleBatch, newCandleBatch } from './candle-batch.ts';
export { CandleCache } from './candle-cache.ts';
export {
  CandleImportError,
  type CandleImportErrorCode,
  type CandleImportErrorDetails,
} from './candle-import-error.ts';
export { CandleLoadError, type CandleLoadErrorCode } from './candle-load-error.ts';
export { formatCandleCsv } from './format-candle-csv.ts';
export {
  type CandleImport,
  type CandleImportProgress,
  type CandleImportRequest,
  importCandles,
} from './import-candles.ts';
export { type CandleRequest, loadCandles, loadVersionedCandles, type VersionedCandles } from './load-candles.ts';
export type { CandleSource } from './open-candle-source.ts';
export { type ParseCandleCsvOptions, parseCandleCsv } from './parse-candle-csv.ts';
export { newSharedCandles } from './shared-candles.ts';
export { sliceCandles } from './slice-candles.ts';
export { SYNTHETIC_NAME, type SyntheticCandlesOptions, syntheticCandles } from './synthetic-candles.ts';
