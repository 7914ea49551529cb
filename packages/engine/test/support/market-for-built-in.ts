import type { BacktestSettingsInput } from '@tradebase/contracts';
import type { MarketData } from '../../src/market/market-data.ts';
import { walk } from './any-rule-program.ts';
import { fixedRandom } from './made-up-candles.ts';

/** A market for any built-in strategy: two instruments, the second without some bars, and predictions. */
export function marketFor(name: string, bars: number, timeframe: '1d' | '1h' = '1h'): MarketData {
  const length = timeframe === '1d' ? 86_400_000 : 3_600_000;
  const random = fixedRandom(3);
  const candles = {
    ...walk(7, bars, length),
    volume: Float64Array.from({ length: bars }, () => 500 + 2000 * random()),
  };
  const prediction = Float64Array.from({ length: bars }, () => (random() < 0.1 ? NaN : random()));
  const main = { symbol: 'MAIN', timeframe, candles, columns: { prediction } };
  if (name !== 'pairs') return { instruments: [main] };
  const kept = [...candles.ts.keys()].filter((bar) => bar % 11 !== 5);
  const other = walk(8, bars, length);
  const pick = (column: Float64Array) => Float64Array.from(kept, (bar) => column[bar] as number);
  const { ts, open, high, low, close, volume } = other;
  const second = {
    ts: pick(ts),
    open: pick(open),
    high: pick(high),
    low: pick(low),
    close: pick(close),
    volume: pick(volume),
  };
  return { instruments: [main, { symbol: 'OTHER', timeframe, candles: second }] };
}

/** Every cost at once, and volume that splits orders. */
export const COSTS: BacktestSettingsInput = {
  fees: { type: 'bps', maker_bps: 2, taker_bps: 5 },
  slippage: { type: 'volume_share' },
  margin: { leverage: 2, maintenance_pct: 10, borrow_rate_pct: 3, interest_rate_pct: 5, funding_rate_pct: 0.01 },
  fills: { max_volume_share: 0.1 },
};
