/**
 * The exact meaning of a rule strategy. The compiled path gives the same trades, to the bit; where this text and the
 * code differ, one of them is wrong.
 *
 * TIME. For each instrument by itself, t counts its candles. Signals are read at the close of candle t, from
 * t = warm_up_bars on, and from where every node has its value (`first_bar` of `evaluatePlan`: later, where other timeframes or
 * instruments take part). A signal holds where its node is neither 0 nor NaN. What is ordered at the close of t can fill from
 * candle t + 1 on; what is ordered at the last close never fills.
 *
 * AT THE CLOSE OF t, after all fills of t:
 *  1. Both entry signals at once are no entry signal at all.
 *  2. A resting entry order that was placed at t - valid_bars is cancelled (it could fill in t - valid_bars + 1 .. t).
 *  3. While an order to leave at market is still working (a rest that the volume did not take): nothing else happens.
 *  4. Holding a position, it is left with a market order for all of it at the first of these that applies:
 *     a. the exit signal of its side ('signal');
 *     b. the entry signal of the other side ('signal');
 *     c. time: t + 1 - e >= time_exit_bars, where e is the candle of the first entry fill of the position ('time_exit'):
 *        a position entered at the open of e leaves at the open of e + time_exit_bars;
 *     d. session with close_at_end: t is the last candle within the window: left at the close of t itself
 *        ('session_end'), with slippage and fee; or t lies outside of the window: at market ('session_end').
 *     The rest of an entry that still works, and a resting entry, are cancelled with it.
 *  5. Then entries, if they are allowed (below). Holding nothing: on an entry signal. Holding a position that is being left
 *     because of 4a or 4b: only the entry of the other side, which then reverses: exit and entry fill at the same open, exit
 *     first. Being left because of 4c or 4d: none. Holding and not leaving: the entry of the same side adds if the position
 *     has had fewer than max_entries entry fills and no entry order of it works; the exit signals of a flat instrument mean
 *     nothing, but the exit signal of a resting entry's side cancels it.
 *     A resting entry of the same side is replaced, its validity starts anew; of the other side it is cancelled.
 *  With several instruments, steps 1-4 are done for all that have a candle here, then step 5 for all, in their order.
 *
 * ENTRIES ARE ALLOWED when all hold: t >= x + cooldown_bars, where x is the candle in which its last position ended (a
 * reversal ends it at t + 1, so any cool-down forbids the entry of a reversal); short ones only with margin.allow_short; the instrument
 * belongs to the universe; the time at which candle t is complete lies in [from_minute, to_minute) of an allowed
 * day of the exchange, and with close_at_end candle t is not the last within the window; no close of this day of the exchange was
 * at or below (1 - daily_loss_cap_pct / 100) times the equity at the last close of the day before (the initial cash on the
 * first); positions held and not being left, plus entries ordered for instruments that hold nothing (or reverse), are fewer than max_positions (an
 * addition to a position is not counted); and the sizes and distances needed are numbers above 0.
 *
 * SESSIONS. A candle is within the window if it opens at or after from_minute (before to_minute) on an allowed day of the
 * exchange, and it is the last one if less than its length is left between its end and to_minute.
 *
 * PRICE OF A MARKET ORDER. The open of t + 1 (its close, with fills.market next_close), moved by slippage: buy
 * open + s, sell open - s, where s is fixed: amount; bps: open * (bps / 10000); spread: open * (spread_bps / 20000);
 * volume_share: open * (impact * share * share), share = min(quantity / volume, max_share), and max_share where the
 * volume is 0. Not held within the range of the candle.
 *
 * SIZE, settled at the fill. p is the fill price with slippage; m the multiplier; E is equity at that moment: cash + for each position
 * quantity * (open of this bar, or the last close of an instrument without a candle here) * m; for a fill within the bar the same.
 * r is the fee rate: bps / 10000, taker for market and stop, maker for limit orders.
 *  - fixed_quantity: the number as it is; rejected when the account cannot pay for it.
 *  - the others are a quantity of at most `room` and at most what the account can pay for:
 *      percent_of_equity  (percent / 100 * E) / (p * m * (1 + r))
 *      fixed_value        value / (p * m * (1 + r))
 *      risk               min(risk_pct / 100 * E / (d * m), max_percent / 100 * E / (p * m * (1 + r))), d the stop's distance
 *                         at p, without fees and slippage
 *      kelly              as percent_of_equity with percent = max(0, min(max_percent, 100 * fraction * f)),
 *                         f = w - (1 - w) / b: w the share of winners (pnl > 0) of the last `trades` closed trades at the close
 *                         of t, b their mean return_pct over the mean of -return_pct of the others (f = w where that mean is 0 or there
 *                         are no others); start_percent while fewer have closed. 0 is no entry.
 *      room = (leverage * E - gross) / (p * m * (1 + leverage * r)), gross = sum of |quantity| * price * m as in E, without
 *      the instrument's own position when that is of the other side.
 *    For flat, 100 percent, leverage 1: quantity = cash / (p * (1 + r)), to the bit.
 *    Fees that are not plain bps: the largest quantity whose value and fee are within the same money.
 *    volume_share: p is found with the quantity that the open (without slippage) would give, then the quantity with p.
 *  - Rounded down to a multiple of lot_size: floor(q / lot * (1 + 1e-12)) * lot. Orders to leave are not rounded.
 *  - Rejected, so that nothing happens: quantity * p * m not above 0 or below min_notional.
 *
 * CASH. value = quantity * p * m; fee = r * quantity * p * m, multiplied in this order, at least the minimum.
 * A purchase: cash = cash - value - fee; a sale: cash = cash + (value - fee). A cash whose absolute value is then at most 1e-12 * value
 * becomes 0. Marks: equity = cash + quantity * close * m. pnl = quantity * (exit - entry) * m * direction - (entry fee + exit fee) - carry;
 * return_pct = 100 * pnl / (quantity * entry * m).
 *
 * STOP, TARGET, TRAILING STOP. Distances are read at the signal's candle t and counted from the price p of the entry fill (percent: p * (percent / 100)).
 * Long: stop p - d, target p + d, trailing best - d; short the other way round; target of unit risk: multiple * the stop's distance.
 * A distance that is NaN or not above 0 means that there is none (and no entry, if `risk` sizes it or the target counts in it). Each entry order has its own, for the
 * quantity filled (counted from its first fill where the volume splits it); whichever fills first cancels the others of that entry. tick_size: rounded up for sells, down for buys (a long's stop and target up),
 * floor(x / tick * (1 + 1e-12)) * tick and ceil(x / tick * (1 - 1e-12)) * tick; trailing levels are not rounded.
 * Stops fill at their price, moved by slippage, taker; targets at their price without slippage, maker.
 * A trailing stop works from when best >= p + activate (best the highest price since the fill, p itself to begin with; lowest for a short).
 *
 * WITHIN A CANDLE, for a position that was there before it:
 *  1. Open. Market orders, exits first, in order of their ids. Then a stop with open <= level fills at the open (long), with slippage; a target with
 *     open > level (touch: >=) at the open.
 *  2. The rest by the reading (positions entered at this open included: the whole candle counts for them). With long position,
 *     stop level s = the higher of stop and active trailing level, target g; "reaches g" is high > g (touch: >=):
 *     pessimistic: low <= s: out at s. Else reaches g: out at g. Else best = max(best, high); trailing level anew; if now close <= s: out at s.
 *     optimistic: reaches g: out at g. Else best = max(best, high), s anew; low <= s: out at s.
 *     Where both stop and trailing stop have one level, or the open lies beyond both, the reason is 'stop_loss'. A stop that lies
 *     beyond the very open of the entry (by slippage, or its tick) fills at that open.
 *  3. An entry that fills within the candle at its level P (a gap fills at the open, and is as in 2):
 *     stop entry, long:  pessimistic: low <= s: out at s; else as 2. optimistic: reaches g: out at g; else best = high; close <= s: out at s.
 *     limit entry, long: pessimistic: low <= s: out at s; else close > g (touch: >=): out at g; else best = max(best, close).
 *                        optimistic: as 2 optimistic.
 *     That is: what lies beyond P in the direction of travel comes after the fill for certain, the other extreme may have come before.
 *  4. A candle on which the two readings differ counts as ambiguous; it is looked up in finer candles where there are any, each of which is
 *     read in this way.
 * `path-of-bar.ts` has the general machine for any set of orders, of which 2 and 3 are what it comes to.
 *
 * LIQUIDATION: see `margin.ts`. ENTRIES AT A RESTING PRICE: limit entry fills if open < price (touch: <=) at the open, else if low < price
 * (touch: <=) at the price; stop entry: open >= price at the open, else high >= price at the price, with slippage. Short the other way round.
 * They are placed at the close of t and can fill from t + 1 on.
 * @module
 */
import type { BacktestSettings } from '@tradebase/contracts';
import { ExchangeTime } from '../market/exchange-time.ts';
import type { InstrumentSeries } from '../market/market-data.ts';
import type { RuleProgram, TradeRules } from '../plan/rule-program.ts';
import type { Bracket, OrderRequest, OrderSize, PriceDistance } from '../trading/order.ts';
import type { BookedOrder } from './booked-order.ts';
import { kellyShare } from './kelly.ts';
import type { RuleValues } from './rule-column.ts';
import {
  type Direction,
  distanceAt,
  entryOf,
  entrySignal,
  exitOf,
  LONG,
  newTrack,
  nextSignal,
  SHORT,
  type Track,
  workingEntry,
} from './rule-track.ts';
import { SessionTimes } from './session-times.ts';
import type { SimulationAgent } from './simulation.ts';
import type { SimulationContext } from './simulation-context.ts';

const NO_BRACKET: Bracket = {};
const NOTHING: RuleValues = { columns: new Map(), signals: new Map(), first_bar: 0 };

/** Trades by rules on columns. */
export class RuleAgent implements SimulationAgent {
  readonly #rules: TradeRules;
  readonly #allowsShort: boolean;
  readonly #tracks: readonly Track[];
  readonly #days: ExchangeTime;
  #day = NaN;
  #dayStartEquity: number;
  #lastEquity: number;
  #isDayCapped = false;
  #lastSize: Extract<OrderSize, { method: 'percent_of_equity' }> = { method: 'percent_of_equity', percent: NaN };

  /** @param values the nodes of the rules, by instrument: see `numbersOfRules` and `signalsOfRules` */
  constructor(
    { rules, warm_up_bars }: RuleProgram,
    instruments: readonly InstrumentSeries[],
    values: readonly RuleValues[],
    settings: BacktestSettings,
    initialCash: number,
  ) {
    this.#rules = rules;
    this.#allowsShort = settings.margin.allow_short;
    this.#dayStartEquity = initialCash;
    this.#lastEquity = initialCash;
    const zoneOf = (series: InstrumentSeries | undefined) => (series?.rules ?? settings.instrument).time_zone;
    this.#days = new ExchangeTime(zoneOf(instruments[0]));
    this.#tracks = instruments.map((series, index) => {
      const session = rules.session === null ? null : new SessionTimes(rules.session, series, zoneOf(series));
      const known = values[index] ?? NOTHING;
      return newTrack(rules, session, { ...known, first_bar: Math.max(known.first_bar, warm_up_bars) });
    });
  }

  nextBar(bar: number, context: SimulationContext): number {
    const { session, daily_loss_cap_pct, time_exit_bars, max_entries } = this.#rules;
    const position = context.positionOf(0);
    if (daily_loss_cap_pct !== null || (session?.close_at_end && position.quantity !== 0)) return bar;
    const track = this.#track(0);
    const from = Math.max(bar, track.firstCandle);
    if (position.quantity === 0) return Math.min(nextSignal(track.enterLong, from), nextSignal(track.enterShort, from));
    const side = position.quantity > 0 ? LONG : SHORT;
    const other = side === LONG ? SHORT : LONG;
    let first = Math.min(nextSignal(exitOf(track, side), from), nextSignal(entryOf(track, other), from));
    if (track.entries < max_entries) first = Math.min(first, nextSignal(entryOf(track, side), from));
    if (time_exit_bars !== null) first = Math.min(first, Math.max(bar, track.entryCandle + time_exit_bars - 1));
    return first;
  }

  onBar(context: SimulationContext): void {
    this.#watchDay(context);
    const { current } = context.market;
    for (let i = 0; i < current.length; i++) this.#leave(current[i] as number, context);
    for (let i = 0; i < current.length; i++) this.#enter(current[i] as number, context);
  }

  onExecution({ instrument, id }: BookedOrder, context: SimulationContext): void {
    const track = this.#track(instrument);
    const candle = context.candleIndex(instrument);
    if (context.position(instrument) === 0) {
      track.exitCandle = candle;
      track.entries = 0;
    } else if (id === track.entry?.id && id !== track.lastEntryId) {
      if (track.entries === 0) track.entryCandle = candle;
      track.entries += 1;
      track.lastEntryId = id;
    }
  }

  /** Steps 1 to 4. */
  #leave(instrument: number, context: SimulationContext): void {
    const track = this.#track(instrument);
    const { time_exit_bars, entry_order } = this.#rules;
    track.leaving = 'no';
    const candle = context.candleIndex(instrument);
    if (candle < track.firstCandle) return;
    if (entry_order.type !== 'market' && candle >= track.entryPlacedAt + entry_order.valid_bars) {
      cancelEntry(track, context);
    }
    if (track.exitOrder?.status === 'working') {
      track.leaving = 'for_good';
      return;
    }
    const quantity = context.position(instrument);
    if (quantity === 0) return;
    const side = quantity > 0 ? LONG : SHORT;
    if (exitOf(track, side)?.holds(candle) || entrySignal(track, candle) === -side) {
      this.#order(track, instrument, context, 'signal');
      track.leaving = 'to_reverse';
    } else if (time_exit_bars !== null && candle + 1 - track.entryCandle >= time_exit_bars) {
      this.#order(track, instrument, context, 'time_exit');
      track.leaving = 'for_good';
    } else this.#leaveSession(track, instrument, context, candle);
  }

  #leaveSession(track: Track, instrument: number, context: SimulationContext, candle: number): void {
    if (track.session === null || !this.#rules.session?.close_at_end) return;
    if (track.session.isLast(candle)) {
      cancelEntry(track, context);
      context.leaveAtClose(instrument, 'session_end');
    } else if (!track.session.isWithin(candle)) this.#order(track, instrument, context, 'session_end');
    else return;
    track.leaving = 'for_good';
  }

  /** Orders to leave a position at market. */
  #order(track: Track, instrument: number, context: SimulationContext, reason: string): void {
    cancelEntry(track, context);
    const quantity = context.position(instrument);
    track.exitOrder = context.submit({
      instrument,
      side: quantity > 0 ? 'sell' : 'buy',
      quantity: Math.abs(quantity),
      type: 'market',
      reduce_only: true,
      reason,
    });
  }

  /** Step 5. */
  #enter(instrument: number, context: SimulationContext): void {
    const track = this.#track(instrument);
    const candle = context.candleIndex(instrument);
    if (track.leaving === 'for_good' || candle < track.firstCandle) return;
    const side = entrySignal(track, candle);
    const quantity = context.position(instrument);
    const held = quantity === 0 ? 0 : quantity > 0 ? LONG : SHORT;
    const resting = workingEntry(track);
    if (resting !== null && held === 0) {
      const restingSide = resting.side === 'buy' ? LONG : SHORT;
      if (side === 0 && exitOf(track, restingSide)?.holds(candle)) cancelEntry(track, context);
    }
    if (side === 0) return;
    if (track.leaving === 'to_reverse' && side === held) return;
    const adds = side === held;
    if (adds && (track.entries >= this.#rules.max_entries || resting !== null)) return;
    if (!adds) cancelEntry(track, context);
    if (!this.#allowsEntry(track, instrument, side, adds, candle, context)) return;
    const request = this.#entryRequest(track, instrument, side, candle, context);
    if (request === null) return;
    track.entry = context.submit(request);
    track.entryPlacedAt = candle;
  }

  #allowsEntry(
    track: Track,
    instrument: number,
    side: Direction,
    adds: boolean,
    candle: number,
    context: SimulationContext,
  ): boolean {
    const { cooldown_bars, max_positions } = this.#rules;
    if (side === SHORT && !this.#allowsShort) return false;
    if (this.#isDayCapped || !context.market.isMember(instrument)) return false;
    if (track.session !== null && !track.session.allowsEntry(candle)) return false;
    if (adds) return true;
    if (cooldown_bars > 0 && (track.leaving === 'to_reverse' || candle < track.exitCandle + cooldown_bars))
      return false;
    return max_positions >= this.#tracks.length || this.#positions(context) < max_positions;
  }

  /** Positions that stay, and entries ordered for instruments that hold none or reverse. */
  #positions(context: SimulationContext): number {
    let positions = 0;
    this.#tracks.forEach((track, instrument) => {
      const stays = context.position(instrument) !== 0 && track.exitOrder?.status !== 'working';
      if (stays || workingEntry(track) !== null) positions += 1;
    });
    return positions;
  }

  #entryRequest(
    track: Track,
    instrument: number,
    side: Direction,
    candle: number,
    context: SimulationContext,
  ): OrderRequest | null {
    const { entry_order } = this.#rules;
    const bracket = this.#bracket(track, candle);
    const size = this.#size(track, candle, context, bracket?.stop);
    if (bracket === null || size === null) return null;
    const price = entry_order.type === 'market' ? NaN : track.column(entry_order.price).at(candle);
    if (entry_order.type !== 'market' && !(price > 0 && price < Infinity)) return null;
    return {
      instrument,
      side: side === LONG ? 'buy' : 'sell',
      quantity: typeof size === 'number' ? size : 0,
      size: typeof size === 'number' ? undefined : size,
      type: entry_order.type,
      limit_price: entry_order.type === 'limit' ? price : undefined,
      stop_price: entry_order.type === 'stop' ? price : undefined,
      bracket: bracket === NO_BRACKET ? undefined : bracket,
      reason: 'entry',
    };
  }

  /** Units, or how they are settled; null where it is no number above 0. */
  #size(
    track: Track,
    candle: number,
    context: SimulationContext,
    stop: PriceDistance | undefined,
  ): number | OrderSize | null {
    const { sizing } = this.#rules;
    switch (sizing.method) {
      case 'fixed_quantity': {
        const quantity = track.column(sizing.quantity).at(candle);
        return quantity > 0 ? quantity : null;
      }
      case 'fixed_value': {
        const value = track.column(sizing.value).at(candle);
        return value > 0 ? { method: 'value', value } : null;
      }
      case 'percent_of_equity':
        return this.#percentOfEquity(track.column(sizing.percent).at(candle));
      case 'risk': {
        const risk_pct = track.column(sizing.risk_pct).at(candle);
        const max_percent = track.column(sizing.max_percent).at(candle);
        if (stop === undefined || !(risk_pct > 0 && max_percent > 0)) return null;
        return { method: 'risk', risk_pct, max_percent, stop };
      }
      case 'kelly': {
        const share = kellyShare(context.account.trades, sizing.trades);
        if (Number.isNaN(share)) return this.#percentOfEquity(sizing.start_percent);
        return this.#percentOfEquity(Math.min(sizing.max_percent, 100 * sizing.fraction * share));
      }
    }
  }

  #percentOfEquity(percent: number): OrderSize | null {
    if (!(percent > 0)) return null;
    // Most often the same one, which then need not be made and kept for each order.
    if (percent !== this.#lastSize.percent) this.#lastSize = { method: 'percent_of_equity', percent };
    return this.#lastSize;
  }

  /** Distances as they are at a candle; null where the target counts in a stop that is not there. */
  #bracket(track: Track, candle: number): Bracket | null {
    const { stop_loss, take_profit, trailing_stop } = this.#rules;
    if (stop_loss === null && take_profit === null && trailing_stop === null) return NO_BRACKET;
    const stop = distanceAt(track, stop_loss, candle);
    const trail = distanceAt(track, trailing_stop?.distance ?? null, candle);
    const activate = distanceAt(track, trailing_stop?.activate ?? null, candle);
    let target: Bracket['target'];
    if (take_profit?.unit === 'risk') {
      const multiple = track.column(take_profit.multiple).at(candle);
      if (stop === undefined) return null;
      if (multiple > 0) target = { unit: 'risk', multiple };
    } else target = distanceAt(track, take_profit, candle);
    if (!stop && !target && !trail) return NO_BRACKET;
    return { stop, target, trail: trail && { distance: trail, activate } };
  }

  /** Keeps the equity at which the exchange's day began, and whether the day has lost too much. */
  #watchDay(context: SimulationContext): void {
    const cap = this.#rules.daily_loss_cap_pct;
    if (cap === null) return;
    const day = this.#days.day(context.ts);
    if (day !== this.#day) {
      this.#day = day;
      this.#dayStartEquity = this.#lastEquity;
      this.#isDayCapped = false;
    }
    this.#lastEquity = context.equity;
    if (this.#lastEquity <= this.#dayStartEquity * (1 - cap / 100)) this.#isDayCapped = true;
  }

  #track(instrument: number): Track {
    const track = this.#tracks[instrument];
    if (track === undefined) throw new RangeError(`there is no instrument ${instrument}`);
    return track;
  }
}

function cancelEntry(track: Track, context: SimulationContext): void {
  if (workingEntry(track) !== null && track.entry !== null) context.cancel(track.entry.id);
  track.entry = null;
}
