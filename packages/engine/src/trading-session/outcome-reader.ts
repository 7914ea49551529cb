import { contractNamed } from '../options/chain-source.ts';
import type { DeskOrder, SimulatedOptionsDesk } from '../options/simulated-options-desk.ts';
import type { BookedOrder } from '../simulator/booked-order.ts';
import type { Simulation } from '../simulator/simulation.ts';
import type { Fill } from '../trading/order.ts';
import type { Trade } from '../trading/trade-list.ts';
import { describeOptionOrder, describeOrder } from './describe-order.ts';
import { describePositions } from './describe-positions.ts';
import type {
  BarOutcome,
  OrderNews,
  SessionFill,
  SessionOptionFill,
  SessionOptionOrderChange,
  SessionOrderChange,
} from './session-outcome.ts';

/** An order that works, as it was told last. */
interface Watched {
  readonly order: BookedOrder;
  status: BookedOrder['status'];
  quantity: number;
  filled: number;
}

/** Tells what has happened in a simulation since it was asked last. */
export class OutcomeReader {
  readonly #simulation: Simulation;
  readonly #desk: SimulatedOptionsDesk | null;
  readonly #watched = new Map<number, Watched>();
  readonly #watchedOptions = new Set<DeskOrder>();
  #orders = 0;
  #fills = 0;
  #trades = 0;
  #optionOrders = 0;
  #optionFills = 0;

  constructor(simulation: Simulation, desk: SimulatedOptionsDesk | null) {
    this.#simulation = simulation;
    this.#desk = desk;
  }

  news(): OrderNews {
    const order_changes = this.#orderChanges();
    const option_order_changes = this.#optionOrderChanges();
    const placed = this.#simulation.broker.book.record.after(this.#orders);
    this.#orders += placed.length;
    for (const order of placed) {
      const { status, quantity, filled_quantity: filled } = order;
      if (status === 'working') this.#watched.set(order.id, { order, status, quantity, filled });
    }
    const desk = this.#desk;
    const placedOptions = desk?.orders.slice(this.#optionOrders) ?? [];
    this.#optionOrders += placedOptions.length;
    for (const order of placedOptions) if (order.status === 'working') this.#watchedOptions.add(order);
    const symbol = this.#simulation.market.series(0).symbol;
    return {
      new_orders: placed.map((order) => describeOrder(order, this.#simulation)),
      order_changes,
      new_option_orders:
        desk === null
          ? []
          : placedOptions.map((order) => describeOptionOrder(order, desk, symbol, desk.reduces(order))),
      option_order_changes,
    };
  }

  outcome(): BarOutcome {
    const { account, market, liquidatedBar } = this.#simulation;
    return {
      bar: market.bar,
      ts: market.ts,
      available_at: market.availableAt,
      ...this.news(),
      fills: this.#newFills(),
      option_fills: this.#newOptionFills(),
      trades: this.#newTrades(),
      positions: describePositions(this.#simulation, this.#desk),
      cash: account.cash,
      equity: account.equity,
      is_liquidated: liquidatedBar !== null,
    };
  }

  #orderChanges(): SessionOrderChange[] {
    const changes: SessionOrderChange[] = [];
    for (const [id, seen] of this.#watched) {
      const { status, quantity, filled_quantity, reject_reason } = seen.order;
      if (status === seen.status && quantity === seen.quantity && filled_quantity === seen.filled) continue;
      changes.push({ id: String(id), status, quantity, filled_quantity, reject_reason: reject_reason ?? null });
      seen.status = status;
      seen.quantity = quantity;
      seen.filled = filled_quantity;
      if (status !== 'working') this.#watched.delete(id);
    }
    return changes;
  }

  #optionOrderChanges(): SessionOptionOrderChange[] {
    const changes: SessionOptionOrderChange[] = [];
    for (const order of this.#watchedOptions) {
      if (order.status === 'working') continue;
      changes.push({ id: `o${order.id}`, status: order.status, reject_reason: order.reject_reason });
      this.#watchedOptions.delete(order);
    }
    return changes;
  }

  #newFills(): SessionFill[] {
    const { fills, market } = this.#simulation;
    const found: SessionFill[] = [];
    for (; this.#fills < fills.length; this.#fills++) {
      const { order_id, instrument, ...fill }: Fill = fills.at(this.#fills);
      const { symbol } = market.series(instrument);
      const { multiplier } = market.rulesOf(instrument);
      found.push({ id: `f${this.#fills + 1}`, order_id: String(order_id), symbol, ...fill, multiplier });
    }
    return found;
  }

  #newOptionFills(): SessionOptionFill[] {
    const desk = this.#desk;
    if (desk === null) return [];
    const { symbol } = this.#simulation.market.series(0);
    const found = desk.fills.slice(this.#optionFills).map((fill, i) => {
      const index = this.#optionFills + i;
      const order = desk.orderOfFill[index];
      const order_id = order === undefined ? null : `o${order}`;
      const terms = contractNamed(fill.contract);
      return { id: `of${index + 1}`, order_id, symbol, ...fill, terms, multiplier: desk.multiplier };
    });
    this.#optionFills += found.length;
    return found;
  }

  #newTrades(): Trade[] {
    const { trades } = this.#simulation.account;
    const found: Trade[] = [];
    for (; this.#trades < trades.length; this.#trades++) found.push(trades.at(this.#trades));
    return found;
  }
}
