import {
  Simulation, SIZE_PERCENT, SIZE_QUANTITY, SIZE_RISK, SIZE_VALUE, UNIT_PERCENT, UNIT_RISK,
} from './simulation-state';

/** Relative width within which amounts are equal. */
export const SLACK: f64 = 1e-12;

/** How much worse than a price an order that takes liquidity fills. One of the two terms is 0. */
// @ts-ignore: decorator
@inline
export function slipOf(s: Simulation, price: f64): f64 {
  return s.slip_amount + price * s.slip_share;
}

/** Pays for a purchase (`direction` 1) or is paid for a sale. Returns the fee. */
function settle(s: Simulation, direction: i32, quantity: f64, price: f64, rate: f64): f64 {
  const value = quantity * price * s.multiplier;
  const fee = rate * quantity * (price * s.multiplier);
  let cash = direction > 0 ? s.cash - value - fee : s.cash + (value - fee);
  if (abs(cash) <= SLACK * value) cash = 0;
  s.cash = cash;
  s.fees += fee;
  s.turnover += value;
  return fee;
}

export function recordTrade(s: Simulation, bar: i32, price: f64, fee: f64, slippage: f64, pnl: f64, reason: i32): void {
  const quantity = s.quantity;
  const trade = <usize>s.trades;
  const at = trade << 3;
  store<i8>(s.trade_direction + trade, <i8>s.side);
  store<u8>(s.trade_reason + trade, <u8>reason);
  store<i32>(s.trade_entry_bar + (trade << 2), s.entry_bar);
  store<i32>(s.trade_exit_bar + (trade << 2), s.first_bar + bar);
  store<f64>(s.trade_entry_price + at, s.entry_price);
  store<f64>(s.trade_exit_price + at, price);
  store<f64>(s.trade_quantity + at, quantity);
  store<f64>(s.trade_fee + at, fee);
  store<f64>(s.trade_slippage + at, s.entry_slippage + slippage);
  store<f64>(s.trade_pnl + at, pnl);
  store<f64>(s.trade_return + at, (100 * pnl) / (quantity * s.entry_price * s.multiplier));
  s.trades++;
}

/** Closes the position at `reference` less what slips of it, and enters the trade in the list. */
export function leave(s: Simulation, bar: i32, reference: f64, slip: f64, rate: f64, reason: i32): void {
  const quantity = s.quantity;
  const price = reference - <f64>s.side * slip;
  const fee = s.entry_fee + settle(s, -s.side, quantity, price, rate);
  const slippage = slip * quantity * s.multiplier;
  s.slippage += slippage;
  const pnl = quantity * (<f64>s.side * (price - s.entry_price)) * s.multiplier - fee;

  s.closed++;
  if (pnl > 0) s.wins++;
  if (s.trade_pnl) recordTrade(s, bar, price, fee, slippage, pnl, reason);
  s.side = 0;
  s.quantity = 0;
  s.ended_bar = s.first_bar + bar;
}

// @ts-ignore: decorator
@inline
function distance(unit: i32, amount: f64, price: f64): f64 {
  return unit == UNIT_PERCENT ? price * (amount / 100) : amount;
}

/** Opens the position that was ordered, at the open of `bar`; nothing happens where the account cannot. */
export function enter(s: Simulation, bar: i32): void {
  const side = s.entering;
  s.entering = 0;
  const direction = <f64>side;
  const open = load<f64>(s.open + (<usize>bar << 3));
  const slip = slipOf(s, open);
  const price = open + direction * slip;
  const multiplier = s.multiplier;
  const unitCost = price * multiplier * (1 + s.taker_rate);
  const stopDistance = distance(s.stop_unit, s.next_stop, price);
  const room = s.cash / unitCost;

  let quantity = s.next_size;
  if (s.sizing == SIZE_QUANTITY) {
    quantity = wholeLots(s, quantity);
    const fee = s.taker_rate * quantity * (price * multiplier);
    if (!(quantity * price * multiplier <= (s.cash - fee) * (1 + SLACK))) return;
  } else {
    if (s.sizing == SIZE_VALUE) quantity = quantity / unitCost;
    else if (s.sizing == SIZE_PERCENT) quantity = ((quantity / 100) * s.cash) / unitCost;
    else if (s.sizing == SIZE_RISK) {
      quantity = min<f64>(
        ((quantity / 100) * s.cash) / (stopDistance * multiplier),
        ((s.next_max / 100) * s.cash) / unitCost,
      );
    }
    quantity = wholeLots(s, min<f64>(quantity, room));
  }
  const value = quantity * price * multiplier;
  if (!(value > 0) || value < s.min_notional) return;

  s.entry_fee = settle(s, side, quantity, price, s.taker_rate);
  s.entry_slippage = slip * quantity * multiplier;
  s.slippage += s.entry_slippage;
  s.side = side;
  s.quantity = quantity;
  s.entry_price = price;
  s.entry_bar = s.first_bar + bar;
  s.best = price;

  s.stop = s.stop_unit && stopDistance > 0 ? onTick(s, price - direction * stopDistance, side) : NaN;
  const targetDistance = s.target_unit == UNIT_RISK
    ? s.next_target * stopDistance
    : distance(s.target_unit, s.next_target, price);
  s.target = s.target_unit && targetDistance > 0 ? onTick(s, price + direction * targetDistance, side) : NaN;
  const trail = distance(s.trail_unit, s.next_trail, price);
  s.trail = s.trail_unit && trail > 0 ? trail : NaN;
  s.activate = s.activate_unit ? distance(s.activate_unit, s.next_activate, price) : 0;
}

// @ts-ignore: decorator
@inline
function wholeLots(s: Simulation, quantity: f64): f64 {
  return s.lot_size > 0 ? floor((quantity / s.lot_size) * (1 + SLACK)) * s.lot_size : quantity;
}

/** A level on the grid of prices: up for the sells that end a long position, down for the buys that end a short one. */
function onTick(s: Simulation, level: f64, side: i32): f64 {
  if (!(s.tick_size > 0)) return level;
  const ticks = level / s.tick_size;
  return (side > 0 ? ceil(ticks * (1 - SLACK)) : floor(ticks * (1 + SLACK))) * s.tick_size;
}
