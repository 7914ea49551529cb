import type { InstrumentSeries } from '../market/market-data.ts';
import type { OptionsDesk } from './options-desk.ts';
import type { Order, OrderRequest } from './order.ts';

/** What an agent sees and may do at the close of a bar. Bars after it do not exist yet. */
export interface TradingContext {
  /** Index of the bar on the account's clock: the union of the open times of all instruments. */
  readonly bar: number;
  /** Open time of the bar, and when it became known: milliseconds since the Unix epoch. */
  readonly ts: number;
  readonly available_at: number;
  readonly cash: number;
  /** Cash plus positions at the last closes. */
  readonly equity: number;
  readonly instruments: readonly InstrumentSeries[];
  /** Index of the instrument's last candle that is known, -1 before its first. */
  candleIndex(instrument: number): number;
  /** Close of that candle; NaN before the first. */
  close(instrument: number): number;
  /** Units held, below 0 when short. */
  position(instrument: number): number;
  /** Average entry price of the position; NaN without one. */
  averagePrice(instrument: number): number;
  /** Places an order, which can fill from the next bar on. Rejected orders come back with the reason. */
  submit(request: OrderRequest): Order;
  /** False when it was not working any more. */
  cancel(orderId: number): boolean;
  readonly workingOrders: readonly Order[];
  /** Options of the main instrument; null in a backtest without them. */
  readonly options: OptionsDesk | null;
}
