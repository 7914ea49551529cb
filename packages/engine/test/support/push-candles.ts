import type { Candles } from '@tradebase/contracts';
import type { MarketData } from '../../src/market/market-data.ts';
import type { SessionBar, SessionInstrument } from '../../src/trading-session/session-input.ts';
import type { BarOutcome } from '../../src/trading-session/session-outcome.ts';
import type { TradingSession } from '../../src/trading-session/trading-session.ts';

/** A market without its candles. */
export function sessionInstruments({ instruments }: MarketData): SessionInstrument[] {
  return instruments.map(({ symbol, timeframe, rules, splits, columns }) => ({
    symbol,
    timeframe,
    ...(rules && { rules }),
    ...(splits && { splits }),
    ...(columns && { columns: Object.keys(columns) }),
  }));
}

export function barAt(symbol: string, { ts, open, high, low, close, volume }: Candles, bar: number): SessionBar {
  const at = (column: Float64Array) => column[bar] ?? NaN;
  return { symbol, ts: at(ts), open: at(open), high: at(high), low: at(low), close: at(close), volume: at(volume) };
}

/** The bars of a market by time, as they would come in. */
export function barsByTime({ instruments }: MarketData): SessionBar[][] {
  const byTime = new Map<number, SessionBar[]>();
  for (const { symbol, candles, columns = {} } of instruments) {
    for (let i = 0; i < candles.ts.length; i++) {
      const names = Object.entries(columns).map(([name, values]) => [name, values[i] ?? NaN]);
      const bar = { ...barAt(symbol, candles, i), columns: Object.fromEntries(names) };
      byTime.set(bar.ts, [...(byTime.get(bar.ts) ?? []), bar]);
    }
  }
  return [...byTime.keys()].sort((a, b) => a - b).map((ts) => byTime.get(ts) ?? []);
}

/** Pushes a market bar by bar, telling when the main instrument opens next as the data of a backtest does. */
export function pushAll(session: TradingSession, market: MarketData, from = 0): BarOutcome[] {
  const times = market.instruments[0]?.candles.ts ?? new Float64Array();
  let next = 0;
  return barsByTime(market)
    .slice(from)
    .map((bars) => {
      while (next < times.length && (times[next] as number) <= (bars[0]?.ts ?? NaN)) next++;
      return session.push(bars, { next_ts: times[next] ?? null });
    });
}
