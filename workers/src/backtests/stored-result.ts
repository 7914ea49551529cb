import type { BacktestSummary } from '@tradebase/contracts';

/** Rows as columns: each the text of a Postgres array, all of `count` members. */
export interface StoredColumns<Name extends string> {
  readonly count: number;
  readonly columns: Readonly<Record<Name, string>>;
}

/**
 * A result in the form in which it is stored. Made in the thread that computed it: what is large is text already, so that
 * nothing holds up the event loop on its way into the database.
 */
export interface StoredResult {
  readonly summary: BacktestSummary;
  readonly metricVersion: number;
  readonly engineVersion: string;
  /** JSON texts; null where the engine says nothing. */
  readonly report: string | null;
  readonly receipt: string | null;
  readonly dataQuality: string | null;
  readonly ambiguity: string | null;
  /** Times in milliseconds since the Unix epoch. */
  readonly curve: StoredColumns<'ts' | 'equity'>;
  readonly trades: StoredColumns<TradeColumn>;
  readonly orders: StoredColumns<OrderColumn>;
}

export type TradeColumn =
  | 'seq'
  | 'instrument_id'
  | 'symbol'
  | 'side'
  | 'entry_bar'
  | 'exit_bar'
  | 'entry_ts'
  | 'exit_ts'
  | 'entry_price'
  | 'exit_price'
  | 'quantity'
  | 'fee'
  | 'slippage'
  | 'carry'
  | 'pnl'
  | 'return_pct'
  | 'mae_pct'
  | 'mfe_pct'
  | 'exit_reason';

export type OrderColumn =
  | 'seq'
  | 'instrument_id'
  | 'symbol'
  | 'side'
  | 'order_type'
  | 'quantity'
  | 'limit_price'
  | 'stop_price'
  | 'reason'
  | 'placed_bar'
  | 'placed_ts'
  | 'outcome'
  | 'reject_reason'
  | 'filled_quantity'
  | 'average_price'
  | 'fee'
  | 'slippage'
  | 'last_fill_ts';
