import { onlyPeaks, marksOf, MARKS_BYTES, endDays } from './mark';
import { recordTrade, SLACK } from './fill';
import { BY_SIGNAL, Simulation } from './simulation-state';

// Long positions of a share of equity that market orders open and close, and nothing else: the usual case of a sweep. What
// `simulate` keeps in memory is kept in registers here; operations and their order are its own, and so are the results.

const marks = memory.data(MARKS_BYTES, 16);

// @ts-ignore: decorator
@inline
function smaller(a: f64, b: f64): f64 {
  return f64x2.extract_lane(f64x2.pmin(f64x2.splat(a), f64x2.splat(b)), 0);
}

/** First bar from `from` on with its bit in the mask, or `length`. */
// @ts-ignore: decorator
@inline
function nextBit(mask: usize, from: i32, length: i32): i32 {
  if (from >= length) return length;
  let at = mask + (<usize>(from >>> 6) << 3);
  let bits = load<u64>(at) & (~(<u64>0) << <u64>(from & 63));
  let base = from & ~63;
  while (bits == 0) {
    base += 64;
    if (base >= length) return length;
    at += 8;
    bits = load<u64>(at);
  }
  return min(length, base + <i32>ctz<u64>(bits));
}

/**
 * Simulates the `length` bars of a block of a strategy that is long or flat, of percent of equity, without stops, targets, time
 * exits or cool-down; results are those of `simulate`.
 */
export function simulate_plain(simulation: usize, length: i32): void {
  const s = changetype<Simulation>(simulation);
  const multiplier = s.multiplier;
  const rate = s.taker_rate;
  const first = s.first_bar;
  let cash = s.cash;
  let quantity = s.quantity;
  let peak = s.peak;
  let lowest = s.lowest_share;
  let fees = s.fees;
  let slipped = s.slippage;
  let turnover = s.turnover;
  let held = s.side != 0;
  let leaving = s.leaving != 0;
  let entering = s.entering != 0;
  let entryPrice = s.entry_price;
  let entryFee = s.entry_fee;
  let entryBar = s.entry_bar;
  let dayEnd = s.days < s.day_count ? load<i32>(s.day_ends + (<usize>s.days << 2)) - first : i32.MAX_VALUE;
  const warm = s.warm_up_bars - first;

  let bar = 0;
  while (bar < length) {
    if (leaving) {
      leaving = false;
      const open = load<f64>(s.open + (<usize>bar << 3));
      const slip = s.slip_amount + open * s.slip_share;
      const price = open - slip;
      const value = quantity * price * multiplier;
      const paid = rate * quantity * (price * multiplier);
      cash = cash + (value - paid);
      if (abs(cash) <= SLACK * value) cash = 0;
      fees += paid;
      turnover += value;
      const fee = entryFee + paid;
      const slippage = slip * quantity * multiplier;
      slipped += slippage;
      const pnl = quantity * (price - entryPrice) * multiplier - fee;
      s.closed++;
      s.wins += i32(pnl > 0);
      if (s.trade_pnl) {
        s.side = 1;
        s.quantity = quantity;
        s.entry_price = entryPrice;
        s.entry_bar = entryBar;
        recordTrade(s, bar, price, fee, slippage, pnl, BY_SIGNAL);
      }
      held = false;
      quantity = 0;
      s.ended_bar = first + bar;
    } else if (entering) {
      entering = false;
      const open = load<f64>(s.open + (<usize>bar << 3));
      const slip = s.slip_amount + open * s.slip_share;
      const price = open + slip;
      // The division is monotonic: the smaller of two amounts buys the smaller of the two quantities.
      const unitCost = price * multiplier * (1 + rate);
      quantity = min<f64>((s.next_size / 100) * cash, cash) / unitCost;
      if (s.lot_size > 0) quantity = floor((quantity / s.lot_size) * (1 + SLACK)) * s.lot_size;
      const value = quantity * price * multiplier;
      if (!(value > 0) || value < s.min_notional) {
        quantity = 0;
      } else {
        const paid = rate * quantity * (price * multiplier);
        cash = cash - value - paid;
        if (abs(cash) <= SLACK * value) cash = 0;
        fees += paid;
        turnover += value;
        entryFee = paid;
        s.entry_slippage = slip * quantity * multiplier;
        slipped += s.entry_slippage;
        held = true;
        entryPrice = price;
        entryBar = first + bar;
      }
    }

    const next = held ? nextBit(s.exit_long, bar, length) : nextBit(s.enter_long, max(bar, warm), length);
    const end = min(next + 1, length);
    if (end > dayEnd) {
      s.cash = cash;
      s.quantity = quantity;
      s.side = i32(held);
      endDays(s, end);
      dayEnd = s.days < s.day_count ? load<i32>(s.day_ends + (<usize>s.days << 2)) - first : i32.MAX_VALUE;
    }
    if (held) {
      marksOf(s, cash, quantity, bar, end, lowest * peak, peak, marks);
      const low = load<f64>(marks);
      const high = load<f64>(marks, 8);
      if (high <= peak) {
        lowest = smaller(lowest, low / peak);
      } else if (low >= lowest * high * (1 + 1e-15)) {
        peak = high;
      } else {
        s.peak = peak;
        s.lowest_share = lowest;
        onlyPeaks(s, cash, quantity, bar, end);
        peak = s.peak;
        lowest = s.lowest_share;
      }
      s.bars_in_position += end - bar;
      leaving = next < length;
    } else {
      if (cash > peak) peak = cash;
      else lowest = smaller(lowest, cash / peak);
      if (s.equity) {
        let at = s.equity + (<usize>bar << 3);
        const stop = s.equity + (<usize>end << 3);
        const pair = f64x2.splat(cash);
        // Up to 7 bars too many, which are written again.
        for (; at < stop; at += 64) {
          v128.store(at, pair);
          v128.store(at, pair, 16);
          v128.store(at, pair, 32);
          v128.store(at, pair, 48);
        }
      }
      if (next < length) {
        s.next_size = load<f64>(s.size + (<usize>next << 3));
        entering = s.next_size > 0;
      }
    }
    bar = end;
  }

  s.cash = cash;
  s.quantity = quantity;
  s.peak = peak;
  s.lowest_share = lowest;
  s.fees = fees;
  s.slippage = slipped;
  s.turnover = turnover;
  s.side = i32(held);
  s.leaving = leaving ? BY_SIGNAL + 1 : 0;
  s.entering = i32(entering);
  s.entry_price = entryPrice;
  s.entry_fee = entryFee;
  s.entry_bar = entryBar;
}
