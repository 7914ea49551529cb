import { type BacktestReport, BacktestSettings, type Candles, ExitReason } from '@tradebase/contracts';
import { buildReport, TradeList } from '@tradebase/engine';
import type { ReportInput } from './report-input.ts';

/** The report of a stored backtest, which has no candles beside it: without prices, a benchmark's curve and excursions. */
export function reportOfInput({ symbol, timeframe, summary, trades, equity }: ReportInput): BacktestReport {
  const result = {
    initial_cash: summary.initial_cash,
    ts: Float64Array.from(equity.at, (at) => Date.parse(at)),
    equity: Float64Array.from(equity.equity),
    trades: asTradeList(trades),
    open_positions: summary.open_positions.map((position) => ({
      instrument: 0,
      quantity: position.quantity,
      average_price: position.entry_price,
      entry_bar: position.entry_bar,
      entry_ts: Date.parse(position.entry_at),
    })),
  };
  const data = { instruments: [{ symbol, timeframe, candles: NO_CANDLES }] };
  return buildReport(result, summary, data, { settings: BacktestSettings.parse({}) });
}

const NO_COLUMN = new Float64Array(0);
const NO_CANDLES: Candles = {
  ts: NO_COLUMN,
  open: NO_COLUMN,
  high: NO_COLUMN,
  low: NO_COLUMN,
  close: NO_COLUMN,
  volume: NO_COLUMN,
};

function asTradeList(trades: ReportInput['trades']): TradeList {
  const list = new TradeList();
  list.reserve(trades.length);
  for (const trade of trades) {
    const index = list.length++;
    list.direction[index] = trade.side === 'long' ? 1 : -1;
    list.entry_bar[index] = trade.entry_bar;
    list.exit_bar[index] = trade.exit_bar;
    list.entry_ts[index] = Date.parse(trade.entry_at);
    list.exit_ts[index] = Date.parse(trade.exit_at);
    list.entry_price[index] = trade.entry_price;
    list.exit_price[index] = trade.exit_price;
    list.quantity[index] = trade.quantity;
    list.fee[index] = trade.fee;
    list.slippage[index] = trade.slippage ?? 0;
    list.carry[index] = trade.carry ?? 0;
    list.pnl[index] = trade.pnl;
    list.return_pct[index] = trade.return_pct;
    list.exit_reason[index] = ExitReason.options.indexOf(trade.exit_reason ?? 'signal');
  }
  return list;
}
