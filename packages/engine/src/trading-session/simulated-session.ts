import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { SimulatedOptionsDesk } from '../options/simulated-options-desk.ts';
import { closeOptions } from '../options/unwind.ts';
import type { BookedOrder } from '../simulator/booked-order.ts';
import type { Simulation } from '../simulator/simulation.ts';
import { checkBars } from './check-bars.ts';
import type { GrowingClock } from './growing-clock.ts';
import type { GrowingSeries } from './growing-series.ts';
import { NextOpen } from './next-open.ts';
import { OutcomeReader } from './outcome-reader.ts';
import type { RuleStream } from './rule-stream.ts';
import { RunningHash } from './running-hash.ts';
import type { PushOptions, SessionBar } from './session-input.ts';
import type { BarOutcome, OrderNews } from './session-outcome.ts';
import type { TradingSession } from './trading-session.ts';

export interface SessionParts {
  readonly instruments: readonly GrowingSeries[];
  /** Of each instrument, where rules trade; none else. */
  readonly streams: readonly RuleStream[];
  readonly clock: GrowingClock;
  readonly simulation: Simulation;
  readonly desk: SimulatedOptionsDesk | null;
}

/** A session on the simulator: each push lets it simulate one bar more. */
export class SimulatedSession implements TradingSession {
  readonly #parts: SessionParts;
  readonly #reader: OutcomeReader;
  readonly #nextOpen: NextOpen | null;
  readonly #history = new RunningHash();
  #isPaused = false;
  /** What ended the session in the middle of a bar. */
  #failure: Error | null = null;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { simulation, desk, instruments } = parts;
    this.#reader = new OutcomeReader(simulation, desk);
    const [main] = instruments;
    this.#nextOpen = desk === null || main === undefined ? null : new NextOpen(main);
    simulation.broker.book.refuse = (order) => (this.#isPaused && this.#opens(order) ? 'paused' : null);
    if (desk !== null) desk.refuse = (order) => (this.#isPaused && !desk.reduces(order) ? 'paused' : null);
  }

  get bars(): number {
    return this.#parts.clock.bars;
  }

  get is_paused(): boolean {
    return this.#isPaused;
  }

  push(bars: SessionBar | readonly SessionBar[], { next_ts }: PushOptions = {}): BarOutcome {
    if (this.#failure !== null) throw this.#failure;
    const { instruments, streams, clock, simulation } = this.#parts;
    const placed = checkBars(isOne(bars) ? [bars] : bars, instruments, clock.lastTs);
    const arrivals = placed.map(({ instrument, bar }) => {
      const series = instruments[instrument];
      series?.add(bar);
      return { instrument, candle: (series?.length ?? 0) - 1 };
    });
    clock.add(placed[0]?.bar.ts ?? NaN, arrivals);
    simulation.grow(clock.clock, clock.equity);
    // An instrument may look at others: all bars are there before any is followed.
    for (const { instrument } of placed) streams[instrument]?.update();
    simulation.nextTs = next_ts === undefined ? (this.#nextOpen?.afterLast() ?? null) : next_ts;
    this.#simulateBar();
    const outcome = this.#reader.outcome();
    this.#remember(outcome);
    return outcome;
  }

  reject(orderId: string, reason: string): OrderNews {
    const { desk, simulation } = this.#parts;
    const { book } = simulation.broker;
    if (orderId.startsWith('o')) desk?.end(Number(orderId.slice(1)), 'rejected', reason);
    else {
      const order = Number(orderId) > 0 ? book.workingOrder(Number(orderId)) : undefined;
      if (order !== undefined && order.filled_quantity > 0) book.cancel(order);
      else order?.reject(reason);
      this.#sweep();
    }
    return this.#reader.news();
  }

  setPaused(isPaused: boolean): OrderNews {
    this.#isPaused = isPaused;
    if (isPaused) this.#cancelWhere((order) => this.#opens(order), true);
    return this.#reader.news();
  }

  cancelAll(): OrderNews {
    this.#cancelWhere(() => true, false);
    return this.#reader.news();
  }

  closeAll(reason: string): OrderNews {
    this.#cancelWhere(() => true, false);
    const { simulation, desk } = this.#parts;
    for (const { instrument, quantity } of simulation.account.held) {
      const side = quantity > 0 ? 'sell' : 'buy';
      const order = {
        instrument,
        side,
        quantity: Math.abs(quantity),
        type: 'market',
        reduce_only: true,
        reason,
      } as const;
      simulation.broker.book.submit(order);
    }
    if (desk !== null) closeOptions(desk, reason);
    return this.#reader.news();
  }

  digest(): string {
    const { simulation, desk, clock } = this.#parts;
    const { account, broker, fills, liquidatedBar } = simulation;
    const { cash, fees, slippage, funding, borrow, interest, turnover } = account;
    const held = account.held.map(({ instrument, quantity, mark, carryPerUnit, lots }) => [
      instrument,
      quantity,
      mark,
      carryPerUnit,
      lots.map((lot) => ({ ...lot })),
    ]);
    const resting = broker.book.resting
      .flat()
      .map(({ order, best, activeFrom, triggered }) => [order.id, best, activeFrom, triggered]);
    const state = {
      bars: clock.bars,
      history: this.#history.state,
      isPaused: this.#isPaused,
      account: {
        cash,
        fees,
        slippage,
        funding,
        borrow,
        interest,
        turnover,
        liquidatedBar,
        trades: account.trades.length,
      },
      held,
      orders: broker.book.record.length,
      working: broker.book.working.map((order) => ({ ...order })),
      resting,
      fills: fills.length,
      options:
        desk === null ? null : [desk.fills.length, desk.rejections.length, desk.bookPositions, desk.orders.slice(-100)],
    };
    return bytesToHex(sha256(utf8ToBytes(JSON.stringify(state))));
  }

  #simulateBar(): void {
    try {
      this.#parts.simulation.advance(1);
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      throw error;
    }
  }

  /** Whether an order makes a position larger, or another one. */
  #opens(order: BookedOrder): boolean {
    if (order.reduce_only) return false;
    const held = this.#parts.simulation.account.positions[order.instrument]?.quantity ?? 0;
    const left = order.quantity - order.filled_quantity;
    return !(held * order.direction < 0 && left > 0 && left <= Math.abs(held));
  }

  /** @param keepsReducing whether orders of options that only reduce stay */
  #cancelWhere(which: (order: BookedOrder) => boolean, keepsReducing: boolean): void {
    const { simulation, desk, instruments } = this.#parts;
    for (const instrument of instruments.keys()) simulation.broker.book.cancelWhere(instrument, which);
    this.#sweep();
    if (desk === null) return;
    for (const order of desk.orders) {
      if (order.status === 'working' && !(keepsReducing && desk.reduces(order))) desk.end(order.id, 'cancelled', null);
    }
  }

  #sweep(): void {
    const { simulation, instruments } = this.#parts;
    for (const instrument of instruments.keys()) simulation.broker.book.sweep(instrument);
    simulation.broker.book.sweepQueue();
  }

  #remember({ equity, cash, fills, option_fills }: BarOutcome): void {
    this.#history.add(equity);
    this.#history.add(cash);
    for (const { price, quantity, fee } of [...fills, ...option_fills]) {
      this.#history.add(price);
      this.#history.add(quantity);
      this.#history.add(fee);
    }
  }
}

function isOne(bars: SessionBar | readonly SessionBar[]): bars is SessionBar {
  return !Array.isArray(bars);
}
