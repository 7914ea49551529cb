import type { Liquidity } from './fees.ts';
import type { LimitRule, RestingOrder } from './resting-order.ts';

/** Prices of a candle, or of a finer one within it. */
export interface BarPrices {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** Whether what is unknown of a bar goes against the account or for it. */
export type Reading = 'pessimistic' | 'optimistic';

/** Orders that wait for prices of one instrument, as the walk through a bar sees them. */
export interface PathBook {
  /** In order of their ids. */
  readonly resting: readonly RestingOrder[];
  /** Units held, below 0 when short. */
  readonly position: number;
  /** Fills an order; takes it and those that go with it from `resting`, and adds the orders of its bracket. */
  fill(resting: RestingOrder, price: number, liquidity: Liquidity): void;
}

/** Far more than orders of one instrument fill in one bar; a bound against a book that never empties. */
const MOST_STEPS = 10_000;

/**
 * Walks through a bar and fills orders on the way.
 *
 * Of a bar it is known that price begins at the open, comes to the high and to the low, and ends at the close, never
 * leaving their range. The rest is a choice, made anew after each fill: which way does price go next, up to the nearest level
 * there (or the high) or down? The pessimistic reading goes against the position: down first when long. When flat it
 * goes towards the entry from the side that leaves the other extreme for later: up first for a buy, so that a stop
 * that was entered below is still to be reached. The optimistic reading goes the other way. An extreme that was
 * come to is not come to again, except on the last leg to the close. So the extreme before the fill counts against a position only where
 * it may as well have come after.
 */
export function walkBar(book: PathBook, bar: BarPrices, reading: Reading, limits: LimitRule): void {
  let price = bar.open;
  let highSeen = false;
  let lowSeen = false;
  for (let step = 0; step < MOST_STEPS; step++) {
    const passed = book.resting.find((resting) => !resting.spent && resting.isReachedAt(price, limits));
    if (passed !== undefined) {
      // Price jumped there between two finer candles, or the order was placed on the way, behind the price.
      reach(book, passed, price, passed.order.type === 'limit' ? 'maker' : 'taker');
      continue;
    }
    const lastLeg = highSeen && lowSeen;
    let up = lastLeg ? bar.close > price : goesUp(book, bar, reading, limits);
    if (!lastLeg && (up ? highSeen : lowSeen)) up = !up;
    const end = lastLeg ? bar.close : up ? bar.high : bar.low;
    const next = nearest(book.resting, up, end, limits);
    price = next === null ? end : next.level;
    for (const resting of book.resting) resting.see(price);
    if (next !== null) reach(book, next, price, next.isLimit ? 'maker' : 'taker');
    else if (lastLeg) return;
    else if (up) highSeen = true;
    else lowSeen = true;
  }
}

function reach(book: PathBook, resting: RestingOrder, price: number, liquidity: Liquidity): void {
  if (resting.order.type === 'stop_limit' && !resting.triggered) {
    resting.triggered = true;
    return;
  }
  resting.spent = true;
  book.fill(resting, price, liquidity);
}

/** The first order on the way up or down to `end`; of two at one price, the older. */
function nearest(orders: readonly RestingOrder[], up: boolean, end: number, limits: LimitRule): RestingOrder | null {
  let first: RestingOrder | null = null;
  for (const resting of orders) {
    if (resting.spent || resting.isAbove !== up || !resting.isReachedAt(end, limits)) continue;
    if (first === null || (up ? resting.level < first.level : resting.level > first.level)) first = resting;
  }
  return first;
}

function goesUp({ position, resting }: PathBook, bar: BarPrices, reading: Reading, limits: LimitRule): boolean {
  const against = reading === 'pessimistic';
  if (position !== 0) return position > 0 !== against;
  // Flat: the entry that would be marked worst at the close (best, for the optimist) decides.
  let worst = Infinity;
  let entry: RestingOrder | null = null;
  for (const candidate of resting) {
    if (candidate.spent || !candidate.couldFillWithin(bar.high, bar.low, limits)) continue;
    const gain = (bar.close - candidate.level) * candidate.order.direction;
    const badness = against ? gain : -gain;
    if (entry !== null && badness >= worst) continue;
    worst = badness;
    entry = candidate;
  }
  if (entry === null) return true;
  const entriesOfBothSides = resting.some(({ order }) => order.side !== entry.order.side && !order.reduce_only);
  if (entriesOfBothSides) return entry.isAbove;
  return (entry.order.side === 'buy') === against;
}
