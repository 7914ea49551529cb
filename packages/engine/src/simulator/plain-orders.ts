import { EQUALITY_TOLERANCE } from '../plan/plan.ts';
import type { OrderSize } from '../trading/order.ts';
import { BookedOrder } from './booked-order.ts';
import type { Execution } from './execution.ts';
import { feeOf } from './fees.ts';
import type { OrderBook } from './order-book.ts';
import { type SizingMarket, settleQuantity } from './order-quantity.ts';
import type { SimulationContext } from './simulation-context.ts';
import { slippageOf } from './slippage.ts';

/** An agent that can say beforehand what its orders are, where they are of the plain kind. */
export interface PlainAgent {
  /**
   * All that it does at the close of this candle of the only instrument, while no order works: `leave` where it orders to close the
   * long position it has, a size where it has none and orders to buy that much; null for anything else.
   */
  plainOrder(candle: number, context: SimulationContext): OrderSize | 'leave' | null;
  /** Told of the fill of that order instead of `onExecution`. */
  onPlainFill(id: number, candle: number): void;
}

/**
 * The short way of an order at market in a market of one instrument: placed at a close where nothing else works, filled in whole at the
 * next open. It has the meaning of the general way, in which the order is submitted, waits in the queue and is executed with its
 * bar: the same numbers are computed in the same order and booked in the same accounts and records. What might go differently there
 * (a rejection, a rest, debt) is left to the general way, before anything is written down.
 */
export class PlainOrders {
  readonly #agent: PlainAgent;
  readonly #context: SimulationContext;
  readonly #execution: Execution;
  readonly #book: OrderBook;
  readonly #sizing: { -readonly [Field in keyof SizingMarket]: SizingMarket[Field] };
  /** What is being filled: one object for all. */
  readonly #order: { -readonly [Field in keyof BookedOrder]: BookedOrder[Field] };
  #price = NaN;
  #fee = NaN;
  #slippage = NaN;

  constructor(agent: PlainAgent, context: SimulationContext, execution: Execution, book: OrderBook) {
    this.#agent = agent;
    this.#context = context;
    this.#execution = execution;
    this.#book = book;
    const { market, settings } = execution;
    this.#sizing = { settings, market, price: NaN, liquidity: 'taker' };
    const order = new BookedOrder(0, { instrument: 0, side: 'buy', quantity: NaN, type: 'market' }, -1, NaN);
    order.status = 'filled';
    this.#order = order;
  }

  /** Works out the order of this bar and its fill at the next. False where that is for the general way: nothing has changed then. */
  prepare(bar: number): boolean {
    const intent = this.#agent.plainOrder(bar, this.#context);
    if (intent === null) return false;
    const { account, market, settings } = this.#execution;
    const order = this.#order;
    const position = this.#execution.position(0);
    const { candles } = market.series(0);
    const { multiplier, min_notional, fees = settings.fees } = market.rulesOf(0);
    // The market as it will be at the fill: slippage may look at its volume.
    market.candle[0] = bar + 1;
    const open = candles.open[bar + 1] as number;
    const isEntry = intent !== 'leave';
    order.side = isEntry ? 'buy' : 'sell';
    order.reduce_only = !isEntry;
    order.size = isEntry ? intent : undefined;
    const sizing = this.#sizing;
    sizing.price = open;
    const quantity = isEntry ? settleQuantity(account, position, order, intent, sizing) : position.quantity;
    const slip =
      settings.slippage.type === 'none' ? 0 : slippageOf(settings.slippage, open, quantity, market.volume(0));
    const price = open + order.direction * slip;
    const fee = feeOf(fees, 'taker', quantity, price * multiplier);
    market.candle[0] = bar;
    const value = quantity * price * multiplier;
    if (!(value > 0 && value < Infinity) || (isEntry && value < min_notional)) return false;
    const cash = isEntry ? account.cash - value - fee : account.cash + (value - fee);
    // With no debt after it, a long position cannot be in danger before its next order.
    if (!(cash >= -EQUALITY_TOLERANCE * value)) return false;
    const equity = isEntry ? cash + quantity * (candles.close[bar + 1] as number) * multiplier : cash;
    if (!Number.isFinite(equity)) return false;
    order.reason = isEntry ? 'entry' : 'signal';
    order.quantity = quantity;
    order.filled_quantity = quantity;
    this.#price = price;
    this.#fee = fee;
    this.#slippage = slip * quantity * multiplier;
    return true;
  }

  /** Places what was prepared at the close of this bar, and fills it at the next open. */
  fill(bar: number): void {
    const { market } = this.#execution;
    const order = this.#order;
    order.id = this.#book.record.length + 1;
    order.placed_bar = bar;
    market.bar = bar;
    order.placed_ts = market.ts;
    this.#book.record.write(order);
    market.bar = bar + 1;
    market.candle[0] = bar + 1;
    market.candleBar[0] = bar + 1;
    const signed = order.direction * order.quantity;
    this.#execution.record(order, signed, this.#price, this.#fee, this.#slippage);
    this.#agent.onPlainFill(order.id, bar + 1);
  }
}
