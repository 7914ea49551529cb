/**
 * What rules mean, candle by candle, is written in docs/rule-semantics.md. The compiled path gives the same trades, to the bit;
 * where that document and the code differ, one of them is wrong.
 * @module
 */
import type { BacktestSettings } from '@tradebase/contracts';
import { ExchangeTime } from '../market/exchange-time.ts';
import type { InstrumentSeries } from '../market/market-data.ts';
import type { RuleProgram, TradeRules } from '../plan/rule-program.ts';
import type { Bracket, OrderRequest, OrderSize, PriceDistance } from '../trading/order.ts';
import type { BookedOrder } from './booked-order.ts';
import { kellyShare } from './kelly.ts';
import type { PlainAgent } from './plain-orders.ts';
import type { RuleReadings } from './rule-column.ts';
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

/** Trades by rules on columns. */
export class RuleAgent implements SimulationAgent, PlainAgent {
  readonly #rules: TradeRules;
  readonly #allowsShort: boolean;
  readonly #tracks: readonly Track[];
  readonly #days: ExchangeTime;
  #day = NaN;
  #dayStartEquity: number;
  #lastEquity: number;
  #isDayCapped = false;
  #lastSize: Extract<OrderSize, { method: 'percent_of_equity' }> = { method: 'percent_of_equity', percent: NaN };

  /** @param readings of the nodes of the rules, by instrument: see `nodesOfRules` */
  constructor(
    { rules, warm_up_bars }: RuleProgram,
    instruments: readonly InstrumentSeries[],
    readings: readonly RuleReadings[],
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
      const known = readings[index];
      if (known === undefined) throw new RangeError(`nothing was computed for instrument ${index}`);
      return newTrack(rules, session, known, Math.max(known.first_bar, warm_up_bars));
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

  /** Rules that only ever buy at market where they hold nothing, and leave the whole at a signal. */
  get plain(): PlainAgent | null {
    const { enter_short, sizing, entry_order, stop_loss, take_profit, trailing_stop } = this.#rules;
    const { time_exit_bars, cooldown_bars, max_entries, daily_loss_cap_pct, max_positions, session } = this.#rules;
    const isSized = sizing.method !== 'fixed_quantity' && sizing.method !== 'risk';
    const entersAtMarket = enter_short === null && entry_order.type === 'market' && isSized;
    const leavesBySignal = stop_loss === null && take_profit === null && trailing_stop === null && session === null;
    const isBounded = time_exit_bars !== null || daily_loss_cap_pct !== null || cooldown_bars > 0;
    const isPlain = entersAtMarket && leavesBySignal && !isBounded && max_entries === 1 && max_positions >= 1;
    return isPlain ? this : null;
  }

  plainOrder(candle: number, context: SimulationContext): OrderSize | 'leave' | null {
    const track = this.#track(0);
    if (candle < track.firstCandle) return null;
    if (context.positionOf(0).quantity !== 0) return track.exitLong?.holds(candle) ? 'leave' : null;
    if (!track.enterLong?.holds(candle)) return null;
    const size = this.#size(track, candle, context, undefined);
    return typeof size === 'number' ? null : size;
  }

  onPlainFill(id: number, candle: number): void {
    const track = this.#track(0);
    track.entry = null;
    track.exitOrder = null;
    if (track.entries > 0) {
      track.exitCandle = candle;
      track.entries = 0;
    } else {
      track.entryCandle = candle;
      track.entries = 1;
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
