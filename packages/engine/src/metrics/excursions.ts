import type { BacktestSettings, Candles } from '@tradebase/contracts';
import type { InstrumentSeries, MarketData } from '../market/market-data.ts';
import type { Trade, TradeList } from '../trading/trade-list.ts';
import { indexAt } from './index-at.ts';

/** How far each trade went against and for its holder while it was open, in percent of the entry price; NaN unknown. */
export interface Excursions {
  /** Maximum adverse excursion, 0 or below. */
  readonly mae_pct: Float64Array;
  /** Maximum favourable excursion, 0 or above. */
  readonly mfe_pct: Float64Array;
}

/** Rounding of prices to ticks and slippage may carry a fill this share of its price past what the trade accounts for. */
const PRICE_TOLERANCE = 1e-9;

/**
 * Maximum adverse and favourable excursion of every trade, from the highs and lows of the bars it was held through, and
 * from its own fills. Of a bar that it entered or left part of, only what is known to be within the trade counts: the
 * whole entry bar after a fill at its open, its close after a fill within it; the open of the exit bar, and the whole of
 * it when the fill was at its close. A trade whose fills lie outside the candles, as those of options do, has none.
 */
export function excursions(trades: TradeList, data: MarketData, settings: BacktestSettings): Excursions {
  const mae_pct = new Float64Array(trades.length).fill(NaN);
  const mfe_pct = new Float64Array(trades.length).fill(NaN);
  for (let index = 0; index < trades.length; index++) {
    const trade = trades.at(index);
    const series = data.instruments[trade.instrument];
    const range = series && priceRange(trade, series, settings);
    if (!range) continue;
    const worst = trade.side === 'long' ? range.lowest : range.highest;
    const best = trade.side === 'long' ? range.highest : range.lowest;
    const direction = trade.side === 'long' ? 100 : -100;
    mae_pct[index] = Math.min(0, direction * (worst / trade.entry_price - 1));
    mfe_pct[index] = Math.max(0, direction * (best / trade.entry_price - 1));
  }
  return { mae_pct, mfe_pct };
}

/** The lowest and the highest price that the trade is known to have seen; null when its fills are not of these candles. */
function priceRange(
  trade: Trade,
  { candles, rules }: InstrumentSeries,
  settings: BacktestSettings,
): { lowest: number; highest: number } | null {
  const { open, high, low, close } = candles;
  const first = indexAt(candles.ts, trade.entry_ts);
  const last = indexAt(candles.ts, trade.exit_ts);
  const { multiplier, tick_size } = rules ?? settings.instrument;
  const slippage = trade.slippage / (trade.quantity * multiplier);
  const slack = (price: number) => slippage + tick_size + PRICE_TOLERANCE * price;
  const isAt = (price: number, fill: number) => Math.abs(price - fill) <= slack(price);
  const { entry_price, exit_price } = trade;
  if (!fits(candles, first, entry_price, slack) || !fits(candles, last, exit_price, slack)) return null;

  let lowest = Math.min(entry_price, exit_price);
  let highest = Math.max(entry_price, exit_price);
  const see = (below: number, above: number) => {
    if (below < lowest) lowest = below;
    if (above > highest) highest = above;
  };
  const atClose = settings.fills.market === 'next_close';
  const entersAtOpen = !atClose && isAt(open[first] as number, entry_price);
  const leavesAtClose = atClose && isAt(close[last] as number, exit_price);
  for (let bar = first; bar <= last; bar++) {
    const isWhole = (bar > first || entersAtOpen) && (bar < last || leavesAtClose);
    if (isWhole) see(low[bar] as number, high[bar] as number);
    else if (bar < last) see(close[bar] as number, close[bar] as number);
    else if (bar > first) see(open[bar] as number, open[bar] as number);
  }
  return { lowest, highest };
}

function fits({ high, low }: Candles, bar: number, price: number, slack: (price: number) => number): boolean {
  return price >= (low[bar] ?? NaN) - slack(price) && price <= (high[bar] ?? NaN) + slack(price);
}
