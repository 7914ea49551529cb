import { EXIT_REASONS, type ExitReason, type TradeList } from './trade-list.ts';

/** A closed trade before its profit is worked out. Prices and `carry` as in `Trade`. */
export interface TradeEntry {
  readonly instrument: number;
  /** 1 long, -1 short. */
  readonly direction: number;
  readonly entry_bar: number;
  readonly exit_bar: number;
  readonly entry_ts: number;
  readonly exit_ts: number;
  readonly entry_price: number;
  readonly exit_price: number;
  readonly quantity: number;
  /** Value of a price move of 1 for one unit. */
  readonly multiplier: number;
  readonly fee: number;
  readonly slippage: number;
  readonly carry: number;
  readonly exit_reason: ExitReason;
}

/** Adds a trade to the list, with its profit net of fees and carry. */
export function appendTrade(trades: TradeList, entry: TradeEntry): void {
  const index = trades.length;
  trades.reserve(index + 1);
  const { quantity, multiplier, fee, carry } = entry;
  const move = entry.direction * (entry.exit_price - entry.entry_price);
  const pnl = quantity * move * multiplier - fee - carry;
  trades.instrument[index] = entry.instrument;
  trades.direction[index] = entry.direction;
  trades.entry_bar[index] = entry.entry_bar;
  trades.exit_bar[index] = entry.exit_bar;
  trades.entry_ts[index] = entry.entry_ts;
  trades.exit_ts[index] = entry.exit_ts;
  trades.entry_price[index] = entry.entry_price;
  trades.exit_price[index] = entry.exit_price;
  trades.quantity[index] = quantity;
  trades.fee[index] = fee;
  trades.slippage[index] = entry.slippage;
  trades.carry[index] = carry;
  trades.pnl[index] = pnl;
  trades.return_pct[index] = (100 * pnl) / (quantity * entry.entry_price * multiplier);
  trades.exit_reason[index] = EXIT_REASONS.indexOf(entry.exit_reason);
  trades.length = index + 1;
}
