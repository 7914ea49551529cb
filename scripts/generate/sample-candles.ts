import { formatCandleCsv, syntheticCandles } from '@tradebase/market-data';

/** The candles that `npm start` imports when it is given none: five years of days, made up. */
export function sampleCandlesCsv(): string {
  const candles = syntheticCandles({ seed: 7, count: 1300, start: Date.UTC(2020, 0, 1), timeframe: '1d' });
  return Buffer.concat([...formatCandleCsv(candles)]).toString('utf8');
}
