import { ORDER_STATUSES, type Order, type OrderRequest, type OrderSize } from '../trading/order.ts';
import { BookedOrder } from './booked-order.ts';
import { Vocabulary } from './vocabulary.ts';

const TYPES = ['market', 'limit', 'stop', 'stop_limit', 'trailing_stop'] as const satisfies OrderRequest['type'][];
const FILLED = ORDER_STATUSES.indexOf('filled');
const TIMES_IN_FORCE = ['gtc', 'day', 'ioc', 'fok'] as const;

/** Numbers of one order, side by side. */
const ROW = 12;
/** Orders that are gathered before those among them that work no more are written down. */
const GATHERED = 256;
/** Orders whose rows are made room for at a time: nothing is copied as there come more. */
const BLOCK = 1024;

/** What most orders do not have. */
type Rarities = Pick<
  BookedOrder,
  'limit_price' | 'stop_price' | 'trail_distance' | 'oco_group' | 'bracket' | 'reject_reason'
>;

/**
 * All orders of a simulation. Those that work no more become rows of numbers before long, as a hundred thousand objects
 * kept to the end are dear to collect.
 */
export class OrderRecord {
  length = 0;
  /** Objects still: all that work, and some that have ended. */
  #recent: BookedOrder[] = [];
  #gatherUntil = GATHERED;
  readonly #blocks: Float64Array[] = [];
  readonly #reasons = new Vocabulary();
  /** Each once where orders one after the other share it. */
  readonly #sizes: OrderSize[] = [];
  /** By id. */
  readonly #rarities = new Map<number, Rarities>();

  /** Takes the next order, whose id is one more than there were. */
  push(order: BookedOrder): void {
    this.length += 1;
    this.#recent.push(order);
  }

  /** Takes the next order, which has ended, and does not keep the object. */
  write(order: BookedOrder): void {
    this.length += 1;
    this.#makeRoom();
    this.#write(order);
  }

  /** Writes down orders that have ended, once there are many. Not while orders are filling: one that ends may change still. */
  settle(): void {
    if (this.#recent.length < this.#gatherUntil) return;
    this.#makeRoom();
    const recent = this.#recent;
    let kept = 0;
    for (const order of recent) {
      if (order.status === 'working') recent[kept++] = order;
      else this.#write(order);
    }
    recent.length = kept;
    this.#gatherUntil = 2 * kept + GATHERED;
  }

  /** Orders whose id is above `id`, in order of their ids. */
  after(id: number): BookedOrder[] {
    if (id >= this.length) return [];
    const recent = new Map(this.#recent.filter((order) => order.id > id).map((order) => [order.id, order]));
    return Array.from({ length: this.length - id }, (_, i) => recent.get(id + 1 + i) ?? this.#read(id + 1 + i));
  }

  /** In order of their ids. */
  toArray(): Order[] {
    return this.after(0);
  }

  #makeRoom(): void {
    while (this.#blocks.length * BLOCK < this.length) this.#blocks.push(new Float64Array(BLOCK * ROW));
  }

  #write(order: BookedOrder): void {
    const rows = this.#blockOf(order.id);
    let at = ((order.id - 1) % BLOCK) * ROW;
    rows[at++] = order.instrument;
    rows[at++] = order.direction;
    rows[at++] = order.quantity;
    rows[at++] = order.filled_quantity;
    rows[at++] = order.placed_bar;
    rows[at++] = order.placed_ts;
    rows[at++] = order.type === 'market' ? 0 : TYPES.indexOf(order.type);
    rows[at++] = order.time_in_force === 'gtc' ? 0 : TIMES_IN_FORCE.indexOf(order.time_in_force);
    rows[at++] = order.reduce_only ? 1 : 0;
    rows[at++] = order.status === 'filled' ? FILLED : ORDER_STATUSES.indexOf(order.status);
    rows[at++] = this.#reasons.numberOf(order.reason);
    rows[at] = order.size === undefined ? -1 : this.#numberOfSize(order.size);
    if (hasRarities(order)) {
      const { limit_price, stop_price, trail_distance, oco_group, bracket, reject_reason } = order;
      this.#rarities.set(order.id, { limit_price, stop_price, trail_distance, oco_group, bracket, reject_reason });
    }
  }

  #numberOfSize(size: OrderSize): number {
    const last = this.#sizes.length - 1;
    return size === this.#sizes[last] ? last : this.#sizes.push(size) - 1;
  }

  #read(id: number): BookedOrder {
    const rows = this.#blockOf(id);
    const at = ((id - 1) % BLOCK) * ROW;
    const number = (field: number) => rows[at + field] as number;
    const rarities = this.#rarities.get(id);
    const request = {
      ...rarities,
      instrument: number(0),
      side: number(1) > 0 ? 'buy' : 'sell',
      quantity: number(2),
      size: this.#sizes[number(11)],
      type: TYPES[number(6)] ?? 'market',
      time_in_force: TIMES_IN_FORCE[number(7)] ?? 'gtc',
      reduce_only: number(8) === 1,
      reason: this.#reasons.word(number(10)),
    } as const;
    const order = new BookedOrder(id, request, number(4), number(5));
    order.filled_quantity = number(3);
    order.status = ORDER_STATUSES[number(9)] ?? 'working';
    order.reject_reason = rarities?.reject_reason;
    return order;
  }

  #blockOf(id: number): Float64Array {
    const block = this.#blocks[Math.floor((id - 1) / BLOCK)];
    if (block === undefined) throw new RangeError(`order ${id} is not written down`);
    return block;
  }
}

function hasRarities(order: BookedOrder): boolean {
  return (
    order.type !== 'market' ||
    order.status === 'rejected' ||
    order.oco_group !== undefined ||
    order.bracket !== undefined ||
    order.limit_price !== undefined ||
    order.stop_price !== undefined ||
    order.trail_distance !== undefined
  );
}
