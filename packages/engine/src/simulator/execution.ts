import type { BacktestSettings } from '@tradebase/contracts';
import { EXIT_REASONS, type ExitReason } from '../trading/trade-list.ts';
import type { Account, Booking } from './account.ts';
import type { BookedOrder } from './booked-order.ts';
import type { RejectReason } from './check-order.ts';
import { feeOf, type Liquidity } from './fees.ts';
import { FillRecord } from './fill-record.ts';
import { canCarry } from './margin.ts';
import type { MarketNow } from './market-now.ts';
import { settleQuantity } from './order-quantity.ts';
import type { Position } from './position.ts';
import { roundDown } from './round-to-step.ts';
import { slippageOf } from './slippage.ts';

/** Share of a quantity that is rounding: an order with no more left than this is filled. */
const DUST = 1e-12;

/** Turns an order that has met its price into a fill, booked in the account, or into a rejection. */
export class Execution {
  readonly account: Account;
  readonly market: MarketNow;
  readonly settings: BacktestSettings;

  readonly fills = new FillRecord();
  /** What is being booked: one object for all. */
  readonly #booking: { -readonly [Field in keyof Booking]: Booking[Field] } = {
    bar: -1,
    ts: NaN,
    quantity: NaN,
    price: NaN,
    fee: NaN,
    slippage: NaN,
    reason: 'other',
  };

  constructor(account: Account, market: MarketNow, settings: BacktestSettings) {
    this.account = account;
    this.market = market;
    this.settings = settings;
  }

  /**
   * Fills as much of an order as it may at `price`, before slippage. False where nothing fills: the order was rejected or
   * cancelled, or the volume of the bar leaves nothing and it waits.
   */
  execute(order: BookedOrder, price: number, liquidity: Liquidity): boolean {
    const position = this.position(order.instrument);
    const quantity = this.#quantity(order, position, price, liquidity);
    if (quantity === null) return false;
    const { multiplier } = position;
    const slip = liquidity === 'taker' ? this.#slip(order, price, quantity) : 0;
    const fillPrice = price + order.direction * slip;
    const fee = feeOf(
      this.market.rulesOf(order.instrument).fees ?? this.settings.fees,
      liquidity,
      quantity,
      fillPrice * multiplier,
    );
    const reason = this.#refusal(order, position, quantity, fillPrice, fee);
    if (reason !== null) {
      order.reject(reason);
      return false;
    }
    order.filled_quantity += quantity;
    if (order.quantity - order.filled_quantity <= DUST * order.quantity) order.status = 'filled';
    this.record(order, order.direction * quantity, fillPrice, fee, slip * quantity * multiplier);
    // What was closed by another order meanwhile is not there to be reduced any more.
    if (order.reduce_only && position.quantity === 0) order.status = 'filled';
    return true;
  }

  /** Books and records a fill at exactly this price. */
  record(order: BookedOrder, signedQuantity: number, price: number, fee: number, slippage: number): void {
    const { bar, ts } = this.market;
    const booking = this.#booking;
    booking.bar = bar;
    booking.ts = ts;
    booking.quantity = signedQuantity;
    booking.price = price;
    booking.fee = fee;
    booking.slippage = slippage;
    booking.reason = exitReason(order.reason);
    this.account.book(this.position(order.instrument), booking);
    this.fills.add(order, booking);
  }

  position(instrument: number): Position {
    const position = this.account.positions[instrument];
    if (position === undefined) throw new RangeError(`there is no instrument ${instrument}`);
    return position;
  }

  /** Units to fill now; null where there are none. */
  #quantity(order: BookedOrder, position: Position, price: number, liquidity: Liquidity): number | null {
    const { instrument } = order;
    if (order.size !== undefined && order.quantity === 0) {
      const { settings, market } = this;
      order.quantity = settleQuantity(this.account, position, order, order.size, {
        settings,
        market,
        price,
        liquidity,
      });
      if (!(order.quantity > 0 && order.quantity < Infinity)) {
        order.quantity = 0;
        order.reject(this.#tooLittle());
        return null;
      }
    }
    let quantity = order.quantity - order.filled_quantity;
    if (order.reduce_only) {
      const held = position.quantity * order.direction < 0 ? Math.abs(position.quantity) : 0;
      if (held === 0) {
        order.status = 'cancelled';
        return null;
      }
      // A rest of the position that is rounding goes with it.
      if (quantity > held || held - quantity <= DUST * held) quantity = held;
    }
    const share = this.settings.fills.max_volume_share;
    if (share === 1) return quantity;
    const most = roundDown(share * this.market.volume(instrument), this.market.rulesOf(instrument).lot_size);
    if (quantity > most && order.time_in_force === 'fok') return null;
    quantity = Math.min(quantity, most);
    return quantity > 0 ? quantity : null;
  }

  #slip(order: BookedOrder, price: number, quantity: number): number {
    if (this.settings.slippage.type === 'none') return 0;
    const slip = slippageOf(this.settings.slippage, price, quantity, this.market.volume(order.instrument));
    if (order.limit_price === undefined) return slip;
    // A stop-limit that fills at once takes liquidity, but at its limit at worst.
    return Math.min(slip, order.direction * (order.limit_price - price));
  }

  #refusal(order: BookedOrder, position: Position, quantity: number, price: number, fee: number): RejectReason | null {
    const value = quantity * price * position.multiplier;
    if (!(value > 0)) return price > 0 ? 'below_lot_size' : 'no_price';
    if (order.reduce_only) return null;
    if (order.filled_quantity === 0) {
      const whole = order.quantity * price * position.multiplier;
      if (whole < this.market.rulesOf(order.instrument).min_notional) return 'below_min_notional';
    }
    const after = position.quantity + order.direction * quantity;
    if (Math.abs(after) <= Math.abs(position.quantity) && after * position.quantity >= 0) return null;
    if (after < 0 && !this.settings.margin.allow_short) return 'short_not_allowed';
    if (!this.market.isMember(order.instrument)) return 'not_in_universe';
    if (order.size !== undefined) return null;
    const { leverage } = this.settings.margin;
    return canCarry(this.account, leverage, position, after, price, fee) ? null : this.#tooLittle();
  }

  #tooLittle(): RejectReason {
    return this.settings.margin.leverage === 1 ? 'insufficient_cash' : 'insufficient_margin';
  }
}

function exitReason(reason: string): ExitReason {
  if (reason === 'signal') return 'signal';
  if (reason === 'entry') return 'other';
  return EXIT_REASONS.find((known) => known === reason) ?? 'other';
}
