import type { BacktestSettings } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import type { MarketData } from '../market/market-data.ts';
import type { TradingAgent } from '../strategies/strategy-definition.ts';
import { Account } from './account.ts';
import type { BookedOrder } from './booked-order.ts';
import { Broker } from './broker.ts';
import { chargeCarry } from './carry.ts';
import { type Clock, makeClock } from './clock.ts';
import type { Desk, DeskBar } from './desk.ts';
import { AccountOfDesk } from './desk-account.ts';
import { Execution } from './execution.ts';
import { feeOf } from './fees.ts';
import type { FillRecord } from './fill-record.ts';
import { canBreach, isBreached, liquidationPrice } from './margin.ts';
import { MarketNow } from './market-now.ts';
import { OrderBook } from './order-book.ts';
import { type PlainAgent, PlainOrders } from './plain-orders.ts';
import type { Position } from './position.ts';
import { SimulationContext } from './simulation-context.ts';
import type { SimulationOptions } from './simulation-options.ts';

/** An agent that may say when it will act next, so that the bars until then are only marked. */
export interface SimulationAgent extends TradingAgent {
  /**
   * The first bar from `bar` on at whose close it may act, as long as nothing fills before; Infinity if none. Asked while no order works,
   * in a market of one instrument.
   */
  nextBar?(bar: number, context: SimulationContext): number;
  /** Called instead of `onFill`, with the order of the fill: for agents that need no more. */
  onExecution?(order: BookedOrder, context: SimulationContext): void;
  /** The agent itself where its orders may take the short way; it then acts from the first bar on. */
  readonly plain?: PlainAgent | null;
}

/** One run of an agent through a market: bar by bar, and in strides where nothing can happen. */
export class Simulation {
  clock: Clock;
  equity: Float64Array;
  readonly account: Account;
  readonly broker: Broker;
  barsDone = 0;
  barsInPosition = 0;
  liquidatedBar: number | null = null;
  /** When the main instrument opens next, where its candles do not say; null where nobody knows. */
  nextTs: number | null = null;
  readonly #agent: SimulationAgent;
  readonly #firstBar: number;
  readonly settings: BacktestSettings;
  readonly market: MarketNow;
  readonly #execution: Execution;
  readonly context: SimulationContext;
  readonly #deskAccount: AccountOfDesk;
  readonly #paysCarry: boolean;
  /** Whether nothing but prices and orders changes the account: no splits, membership or options. */
  readonly #isPlain: boolean;
  /** The short way of orders, where there is one. */
  readonly #plainOrders: PlainOrders | null;
  /** Per instrument, the next of its splits. */
  readonly #nextSplit: Int32Array;
  /** Instruments that do not always belong to the universe. */
  readonly #bounded: readonly number[];
  readonly #allInstruments: Int32Array;

  /** @param firstBar first bar at whose close the agent is called */
  constructor(
    data: MarketData,
    { initial_cash, settings }: SimulationOptions,
    agent: SimulationAgent,
    firstBar: number,
    desk: Desk | null,
  ) {
    const { instruments } = data;
    this.#agent = agent;
    this.#firstBar = firstBar;
    this.settings = settings;
    this.clock = makeClock(instruments);
    this.equity = new Float64Array(this.clock.ts.length);
    this.market = new MarketNow(instruments, settings.instrument, this.clock.ts);
    this.account = new Account(
      initial_cash,
      this.market.rules.map(({ multiplier }) => multiplier),
    );
    this.account.desk = desk;
    this.#execution = new Execution(this.account, this.market, settings);
    const book = new OrderBook(this.market);
    this.broker = new Broker(book, this.#execution);
    this.context = new SimulationContext(this.account, this.market, this.broker);
    this.#deskAccount = new AccountOfDesk(this.account, this.#execution, book);
    this.broker.onFill = (order) => {
      if (agent.onExecution !== undefined) agent.onExecution(order, this.context);
      else agent.onFill?.(this.fills.last, this.context);
    };
    this.broker.onLiquidation = (instrument, price) => this.#liquidateWithin(instrument, price);

    const { borrow_rate_pct, interest_rate_pct, funding_rate_pct } = settings.margin;
    this.#paysCarry = borrow_rate_pct > 0 || interest_rate_pct > 0 || funding_rate_pct !== 0;
    this.#nextSplit = new Int32Array(instruments.length);
    this.#bounded = instruments.flatMap(({ membership }, index) => (membership === undefined ? [] : [index]));
    this.#allInstruments = Int32Array.from(instruments.keys());
    const isSplit = instruments.some(({ splits = [] }) => splits.length > 0);
    this.#isPlain = instruments.length === 1 && !isSplit && this.#bounded.length === 0 && desk === null;
    const { fills, margin } = settings;
    const fillsWhole = fills.market === 'next_open' && fills.max_volume_share === 1 && margin.maintenance_pct === 0;
    const plain = this.#isPlain && fillsWhole ? (agent.plain ?? null) : null;
    this.#plainOrders = plain && new PlainOrders(plain, this.context, this.#execution, book);
  }

  /** Goes on with bars that have come in since: `clock` begins with the bars so far, and `equity`, as long, with their marks. */
  grow(clock: Clock, equity: Float64Array): void {
    this.clock = clock;
    this.equity = equity;
    this.market.times = clock.ts;
  }

  get fills(): FillRecord {
    return this.#execution.fills;
  }

  /** Simulates up to `maxBars` further bars. @throws EngineError `equity_overflow` */
  advance(maxBars: number): void {
    const end = Math.min(this.barsDone + maxBars, this.equity.length);
    while (this.barsDone < end) {
      const idleUntil = Math.min(this.#idleUntil(), end);
      if (idleUntil > this.barsDone) {
        this.#markUntil(idleUntil);
        this.#checkEquity();
        if (idleUntil === end) return;
      }
      if (!this.#isQuiet()) this.#doBar();
      else if (this.barsDone + 1 < end && this.#plainOrders?.prepare(this.barsDone)) {
        // Bars after the fill, its own among them, are as others in which no order works.
        this.#markUntil(this.barsDone + 1);
        this.#plainOrders.fill(this.barsDone - 1);
      } else this.#doQuietBar();
      this.#checkEquity();
    }
  }

  #checkEquity(): void {
    const bar = this.barsDone - 1;
    const equity = this.equity[bar] as number;
    if (Number.isFinite(equity)) return;
    const message = `equity is ${equity} at bar ${bar}; prices or cash are too large for the simulation`;
    throw new EngineError('equity_overflow', message, { bar });
  }

  /** The bar before which nothing but marks can change. */
  #idleUntil(): number {
    const bar = this.barsDone;
    if (this.liquidatedBar !== null && this.account.held.length === 0 && this.#isPlain) return Infinity;
    if (!this.#isPlain || this.#agent.nextBar === undefined || !this.broker.book.isEmpty) return bar;
    if (this.#paysCarry && (this.account.held.length > 0 || this.account.cash < 0)) return bar;
    return this.#firstBreach(bar, this.#agent.nextBar(bar, this.context));
  }

  /** The first bar before `end` that reaches the price of liquidation, or else `end`. */
  #firstBreach(from: number, end: number): number {
    const position = this.account.held[0];
    if (position === undefined) return end;
    const price = liquidationPrice(this.account, this.settings.margin, position);
    if (!(price > 0)) return end;
    const { high, low } = this.market.series(0).candles;
    const last = Math.min(end, this.equity.length);
    const isLong = position.quantity > 0;
    for (let bar = from; bar < last; bar++) {
      if (isLong ? (low[bar] as number) <= price : (high[bar] as number) >= price) return bar;
    }
    return end;
  }

  /** Marks the bars before `end`, during which the account does not change. */
  #markUntil(end: number): void {
    const { equity, account } = this;
    const { close } = this.market.series(0).candles;
    const { cash } = account;
    const position = account.held[0];
    if (position === undefined) equity.fill(cash, this.barsDone, end);
    else {
      const { quantity, multiplier } = position;
      for (let bar = this.barsDone; bar < end; bar++) {
        equity[bar] = cash + quantity * (close[bar] as number) * multiplier;
      }
      position.mark = close[end - 1] as number;
      this.barsInPosition += end - this.barsDone;
    }
    this.barsDone = end;
  }

  /** Whether nothing can happen in the next bar before its close: no order works, no account is in danger, holding is free. */
  #isQuiet(): boolean {
    if (!this.#isPlain || this.#paysCarry || this.liquidatedBar !== null || !this.broker.book.isEmpty) return false;
    return !canBreach(this.account, this.settings.margin);
  }

  /** `#doBar` where only the agent acts. */
  #doQuietBar(): void {
    const bar = this.barsDone;
    const { account, broker } = this;
    const market = this.market;
    market.bar = bar;
    market.current = this.#allInstruments;
    market.candle[0] = bar;
    market.candleBar[0] = bar;
    const position = account.held[0];
    if (position !== undefined) position.mark = market.close(0);
    if (bar >= this.#firstBar) this.#agent.onBar(this.context);
    broker.book.sweepQueue();
    broker.book.record.settle();
    this.equity[bar] = account.equity;
    if (account.held.length > 0) this.barsInPosition += 1;
    this.barsDone = bar + 1;
  }

  #doBar(): void {
    const bar = this.barsDone;
    const { account, broker } = this;
    this.#open(bar);
    const deskBar = account.desk !== null && this.market.trades(0) ? this.#deskBar() : null;
    if (deskBar !== null) account.desk?.openBar(deskBar, this.#deskAccount);
    if (this.#bounded.length > 0) this.#leaveUniverse();
    if (isBreached(account, this.settings.margin)) this.#liquidate(({ mark }) => mark);
    const { current } = this.market;
    broker.fillAtOpens(current);
    for (let i = 0; i < current.length; i++) broker.fillWithin(current[i] as number);
    for (let i = 0; i < current.length; i++) {
      const instrument = current[i] as number;
      this.#execution.position(instrument).mark = this.market.close(instrument);
    }
    broker.finishBar();
    if (deskBar !== null) account.desk?.closeBar(deskBar, this.#deskAccount);
    if (isBreached(account, this.settings.margin)) this.#liquidate(({ mark }) => mark);
    if (bar >= this.#firstBar && this.liquidatedBar === null) this.#agent.onBar(this.context);
    broker.book.sweepQueue();
    broker.book.record.settle();
    this.equity[bar] = account.equity;
    if (account.held.length > 0 || (account.desk?.positions.length ?? 0) > 0) this.barsInPosition += 1;
    this.barsDone = bar + 1;
  }

  /** Brings in the candles of a bar, and what the time since the last one has cost. */
  #open(bar: number): void {
    const { account, clock } = this;
    if (this.#paysCarry && bar > 0) {
      chargeCarry(account, this.settings.margin, clock.ts[bar - 1] as number, clock.ts[bar] as number);
    }
    const market = this.market;
    market.bar = bar;
    if (clock.arrivals === null) {
      market.current = this.#allInstruments;
      for (let instrument = 0; instrument < this.#allInstruments.length; instrument++) this.#arrive(instrument, bar);
      return;
    }
    const { first, instrument, candle } = clock.arrivals;
    const [from, to] = [first[bar] as number, first[bar + 1] as number];
    market.current = instrument.subarray(from, to);
    for (let entry = from; entry < to; entry++) this.#arrive(instrument[entry] as number, candle[entry] as number);
  }

  #arrive(instrument: number, candle: number): void {
    const market = this.market;
    market.candle[instrument] = candle;
    market.candleBar[instrument] = market.bar;
    if (!this.#isPlain) this.#split(instrument, market.ts);
    this.#execution.position(instrument).mark = market.open(instrument);
  }

  #split(instrument: number, ts: number): void {
    const { splits = [], candles } = this.market.series(instrument);
    for (;;) {
      const split = splits[this.#nextSplit[instrument] as number];
      if (split === undefined || split.ts > ts) return;
      this.#nextSplit[instrument] = (this.#nextSplit[instrument] as number) + 1;
      // One before the first candle has made no position.
      if (split.ts <= (candles.ts[0] ?? NaN)) continue;
      this.#execution.position(instrument).split(split.ratio);
      this.broker.book.split(instrument, split.ratio);
    }
  }

  /** Closes positions of instruments that do not belong to the universe any more: at this open, or at the last close of one that trades no more. */
  #leaveUniverse(): void {
    for (const instrument of this.#bounded) {
      const { quantity } = this.#execution.position(instrument);
      const market = this.market;
      if (market.isMember(instrument)) continue;
      this.broker.book.cancelWhere(instrument, ({ reduce_only }) => !reduce_only);
      if (quantity === 0) continue;
      const tradesNoMore = market.candle[instrument] === market.series(instrument).candles.ts.length - 1;
      if (!market.trades(instrument) && !tradesNoMore) continue;
      const side = quantity > 0 ? 'sell' : 'buy';
      const order = this.broker.book.submit({
        instrument,
        side,
        quantity: Math.abs(quantity),
        type: 'market',
        reduce_only: true,
        reason: 'left_universe',
      });
      const price = market.trades(instrument) ? market.open(instrument) : market.close(instrument);
      if (order.status === 'working') this.broker.fillNow(order, price);
    }
  }

  #liquidateWithin(instrument: number, price: number): void {
    this.#liquidate((position) => {
      if (position.instrument === instrument) return price;
      if (!this.market.trades(position.instrument)) return position.mark;
      const close = this.market.close(position.instrument);
      return position.quantity > 0 ? Math.min(position.mark, close) : Math.max(position.mark, close);
    });
  }

  /** Closes all positions and ends trading. See `margin.ts`. */
  #liquidate(priceOf: (position: Position) => number): void {
    const { account, broker } = this;
    broker.book.close();
    for (const position of [...account.held]) {
      const { instrument, quantity, multiplier } = position;
      const price = priceOf(position);
      const units = Math.abs(quantity);
      const side = quantity > 0 ? 'sell' : 'buy';
      const order = broker.book.enter({ instrument, side, quantity: units, type: 'market', reason: 'liquidation' });
      order.status = 'filled';
      order.filled_quantity = units;
      const fees = this.market.rulesOf(instrument).fees ?? this.settings.fees;
      const left = account.equity - position.value + quantity * price * multiplier;
      const fee = Math.min(feeOf(fees, 'taker', units, price * multiplier), Math.max(left, 0));
      this.#execution.record(order, -quantity, price, fee, 0);
    }
    if (account.desk !== null) account.desk.liquidate(this.#deskBar(), this.#deskAccount);
    // Debt that was left keeps the account in breach.
    this.liquidatedBar ??= this.market.bar;
  }

  #deskBar(): DeskBar {
    const { bar, ts, availableAt, candle } = this.market;
    const main = candle[0] as number;
    const next_ts = this.market.series(0).candles.ts[main + 1] ?? this.nextTs;
    return { bar, ts, available_at: availableAt, candle: main, next_ts };
  }
}
