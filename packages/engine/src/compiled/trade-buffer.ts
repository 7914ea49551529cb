import type { TradeList } from '../trading/trade-list.ts';
import { BLOCK_BARS } from './block-bars.ts';
import type { KernelInstance } from './kernel-instance.ts';
import type { BarTimes } from './prepare-candles.ts';
import type { SimulationState } from './simulation-layout.ts';

/** Closed trades that wait in the kernels' memory. A block closes at most two a bar: at its open, and what opened there. */
const CAPACITY = 8 * BLOCK_BARS;
const MOST_OF_A_BLOCK = 2 * BLOCK_BARS;

const DOUBLE_COLUMNS = ['entry_price', 'exit_price', 'quantity', 'fee', 'slippage', 'pnl', 'return'] as const;

/** Closed trades as the kernels write them, and their way into a `TradeList`. */
export class TradeBuffer {
  readonly #kernels: KernelInstance;
  readonly #state: SimulationState;
  readonly #start: number;

  constructor(kernels: KernelInstance, state: SimulationState) {
    this.#kernels = kernels;
    this.#state = state;
    this.#start = kernels.reserve(CAPACITY * (8 * DOUBLE_COLUMNS.length + 4 + 4 + 1 + 1));
    const doubles = Object.fromEntries(
      DOUBLE_COLUMNS.map((name, index) => [`trade_${name}`, this.#start + 8 * CAPACITY * index]),
    );
    state.set({
      ...doubles,
      trade_entry_bar: this.#integersAt(0),
      trade_exit_bar: this.#integersAt(1),
      trade_direction: this.#bytesAt(0),
      trade_reason: this.#bytesAt(1),
      trades: 0,
    });
  }

  /** Moves the trades into the list when the next block might not find room, or at the end. */
  flush(trades: TradeList, ts: BarTimes, atEnd: boolean): void {
    const count = this.#state.get('trades');
    if (count === 0 || (!atEnd && count <= CAPACITY - MOST_OF_A_BLOCK)) return;
    const from = trades.length;
    if (from === 0) this.#fill(trades, ts, count);
    else this.#append(trades, ts, count);
    this.#state.set({ trades: 0 });
  }

  /** Makes the columns of an empty list as copies: memory that is zeroed first would take twice as long. */
  #fill(trades: TradeList, ts: BarTimes, count: number): void {
    const { buffer } = this.#kernels;
    const doubles = (index: number) =>
      new Float64Array(new Float64Array(buffer, this.#start + 8 * CAPACITY * index, count));
    trades.instrument = new Int32Array(count);
    trades.carry = new Float64Array(count);
    trades.direction = new Int8Array(new Int8Array(buffer, this.#bytesAt(0), count));
    trades.exit_reason = new Uint8Array(new Uint8Array(buffer, this.#bytesAt(1), count));
    trades.entry_bar = new Int32Array(new Int32Array(buffer, this.#integersAt(0), count));
    trades.exit_bar = new Int32Array(new Int32Array(buffer, this.#integersAt(1), count));
    trades.entry_price = doubles(0);
    trades.exit_price = doubles(1);
    trades.quantity = doubles(2);
    trades.fee = doubles(3);
    trades.slippage = doubles(4);
    trades.pnl = doubles(5);
    trades.return_pct = doubles(6);
    // Copies, too, of columns that are as long: each number is overwritten.
    trades.entry_ts = doubles(0);
    trades.exit_ts = doubles(0);
    gatherTimes(trades.entry_ts, trades.entry_bar, ts, 0, count);
    gatherTimes(trades.exit_ts, trades.exit_bar, ts, 0, count);
    trades.length = count;
  }

  #append(trades: TradeList, ts: BarTimes, count: number): void {
    const from = trades.length;
    trades.reserve(from + count);
    const { buffer } = this.#kernels;
    const bytes = (index: number) => new Int8Array(buffer, this.#bytesAt(index), count);
    const integers = (index: number) => new Int32Array(buffer, this.#integersAt(index), count);
    const doubles = (index: number) => new Float64Array(buffer, this.#start + 8 * CAPACITY * index, count);
    trades.direction.set(bytes(0), from);
    trades.exit_reason.set(bytes(1), from);
    trades.entry_bar.set(integers(0), from);
    trades.exit_bar.set(integers(1), from);
    trades.entry_price.set(doubles(0), from);
    trades.exit_price.set(doubles(1), from);
    trades.quantity.set(doubles(2), from);
    trades.fee.set(doubles(3), from);
    trades.slippage.set(doubles(4), from);
    trades.pnl.set(doubles(5), from);
    trades.return_pct.set(doubles(6), from);
    gatherTimes(trades.entry_ts, trades.entry_bar, ts, from, count);
    gatherTimes(trades.exit_ts, trades.exit_bar, ts, from, count);
    trades.length = from + count;
  }

  #integersAt(index: number): number {
    return this.#start + CAPACITY * (8 * DOUBLE_COLUMNS.length + 4 * index);
  }

  #bytesAt(index: number): number {
    return this.#start + CAPACITY * (8 * DOUBLE_COLUMNS.length + 8 + index);
  }
}

function gatherTimes(times: Float64Array, bars: Int32Array, { ts, step }: BarTimes, from: number, count: number): void {
  const first = ts[0] as number;
  // Arithmetic on whole milliseconds is exact, and faster than looking where nothing is in cache.
  if (step !== null) for (let i = from; i < from + count; i++) times[i] = first + step * (bars[i] as number);
  else for (let i = from; i < from + count; i++) times[i] = ts[bars[i] as number] as number;
}
