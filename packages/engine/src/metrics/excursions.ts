import type { BacktestSettings, Candles, InstrumentRules } from '@tradebase/contracts';
import type { MarketData } from '../market/market-data.ts';
import { type SplitAdjusted, splitAdjusted } from '../market/split-adjusted.ts';
import type { TradeList } from '../trading/trade-list.ts';
import { indexNear } from './index-at.ts';

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
  const range = { lowest: NaN, highest: NaN };
  const adjusted = data.instruments.map(splitAdjusted);
  for (let index = 0; index < trades.length; index++) {
    const instrument = trades.instrument[index] as number;
    const [series, prices] = [data.instruments[instrument], adjusted[instrument]];
    if (series === undefined || prices === undefined) continue;
    const entry = readRange(trades, index, prices, series.rules ?? settings.instrument, settings, range);
    if (Number.isNaN(entry)) continue;
    const isLong = (trades.direction[index] as number) > 0;
    const direction = isLong ? 100 : -100;
    mae_pct[index] = Math.min(0, direction * ((isLong ? range.lowest : range.highest) / entry - 1));
    mfe_pct[index] = Math.max(0, direction * ((isLong ? range.highest : range.lowest) / entry - 1));
  }
  return { mae_pct, mfe_pct };
}

/**
 * Puts the lowest and the highest price that a trade is known to have seen in `range`, and returns the price of its entry;
 * NaN when its fills are not of these candles. A trade's prices are those of the shares at its exit.
 */
function readRange(
  trades: TradeList,
  index: number,
  { candles, sharesSince }: SplitAdjusted,
  { multiplier, tick_size }: InstrumentRules,
  settings: BacktestSettings,
  range: { lowest: number; highest: number },
): number {
  const { ts, open, high, low, close } = candles;
  const first = indexNear(ts, trades.entry_ts[index] as number, trades.entry_bar[index] as number);
  const last = indexNear(ts, trades.exit_ts[index] as number, trades.exit_bar[index] as number);
  const shares = sharesSince(trades.exit_ts[index] as number);
  const entry_price = (trades.entry_price[index] as number) / shares;
  const exit_price = (trades.exit_price[index] as number) / shares;
  const slipped = (trades.slippage[index] as number) / ((trades.quantity[index] as number) * multiplier);
  const slack = (slipped + tick_size) / shares;
  if (!fits(candles, first, entry_price, slack) || !fits(candles, last, exit_price, slack)) return NaN;

  const atClose = settings.fills.market === 'next_close';
  const firstIsWhole = !atClose && isAt(open[first] as number, entry_price, slack);
  const lastIsWhole = atClose && isAt(close[last] as number, exit_price, slack);
  const isSameBar = first === last;
  let lowest = Math.min(entry_price, exit_price);
  let highest = Math.max(entry_price, exit_price);
  // The one price of a bar of which only part belongs to the trade.
  if (!isSameBar && !firstIsWhole) {
    lowest = Math.min(lowest, close[first] as number);
    highest = Math.max(highest, close[first] as number);
  }
  if (!isSameBar && !lastIsWhole) {
    lowest = Math.min(lowest, open[last] as number);
    highest = Math.max(highest, open[last] as number);
  }
  const from = firstIsWhole ? first : first + 1;
  const to = lastIsWhole ? last : last - 1;
  for (let bar = from; bar <= to; bar++) {
    if ((low[bar] as number) < lowest) lowest = low[bar] as number;
    if ((high[bar] as number) > highest) highest = high[bar] as number;
  }
  range.lowest = lowest;
  range.highest = highest;
  return entry_price;
}

function isAt(price: number, fill: number, slack: number): boolean {
  return Math.abs(price - fill) <= slack + PRICE_TOLERANCE * fill;
}

function fits({ high, low }: Candles, bar: number, price: number, slack: number): boolean {
  const tolerance = slack + PRICE_TOLERANCE * price;
  return price >= (low[bar] ?? NaN) - tolerance && price <= (high[bar] ?? NaN) + tolerance;
}
