import { BacktestSettings, type BacktestSettingsInput, type Candles } from '@tradebase/contracts';
import type { MarketData } from '../../src/market/market-data.ts';
import type { SimulationResult } from '../../src/trading/simulation-result.ts';
import { EXIT_REASONS, type Trade, TradeList } from '../../src/trading/trade-list.ts';

/** A list of trades from what a test says of them; the rest is plain: one unit, long, from bar 0 to bar 1. */
export function tradeList(trades: readonly Partial<Trade>[], candles?: Candles): TradeList {
  const list = new TradeList();
  list.reserve(trades.length);
  for (const trade of trades) {
    const at = list.length++;
    const entry = trade.entry_bar ?? 0;
    const exit = trade.exit_bar ?? entry + 1;
    list.instrument[at] = trade.instrument ?? 0;
    list.direction[at] = trade.side === 'short' ? -1 : 1;
    list.entry_bar[at] = entry;
    list.exit_bar[at] = exit;
    list.entry_ts[at] = trade.entry_ts ?? candles?.ts[entry] ?? entry;
    list.exit_ts[at] = trade.exit_ts ?? candles?.ts[exit] ?? exit;
    list.entry_price[at] = trade.entry_price ?? 100;
    list.exit_price[at] = trade.exit_price ?? 100;
    list.quantity[at] = trade.quantity ?? 1;
    list.fee[at] = trade.fee ?? 0;
    list.slippage[at] = trade.slippage ?? 0;
    list.carry[at] = trade.carry ?? 0;
    list.pnl[at] = trade.pnl ?? 0;
    list.return_pct[at] = trade.return_pct ?? trade.pnl ?? 0;
    list.exit_reason[at] = EXIT_REASONS.indexOf(trade.exit_reason ?? 'signal');
  }
  return list;
}

/** A simulation that ended with this equity, without a trade unless `changes` say so. */
export function simulationOf(
  candles: Candles,
  equity: ArrayLike<number>,
  changes: Partial<SimulationResult> = {},
): SimulationResult {
  return {
    path: 'event',
    initial_cash: 100,
    ts: candles.ts,
    equity: Float64Array.from(equity),
    trades: tradeList([]),
    orders: null,
    fills: null,
    open_positions: [],
    costs: { fees: 0, slippage: 0, funding: 0, borrow: 0, interest: 0 },
    bars_in_position: 0,
    turnover: 0,
    ambiguity: { bars: 0, resolved_bars: 0, pessimistic_equity: null, optimistic_equity: null },
    data_quality: { verdict: 'good', findings: [] },
    liquidated_bar: null,
    ...changes,
  };
}

export function marketOf(candles: Candles): MarketData {
  return { instruments: [{ symbol: 'ACME', timeframe: '1d', candles }] };
}

export function settingsOf(input: BacktestSettingsInput = {}): { settings: BacktestSettings } {
  return { settings: BacktestSettings.parse(input) };
}
