import type { Pointer } from './kernel-functions.ts';
import type { KernelInstance } from './kernel-instance.ts';

/** The fields of `Simulation` in assembly/simulation-state.ts, in its order: doubles, then 32-bit integers. */
const DOUBLES = [
  'taker_rate',
  'maker_rate',
  'slip_amount',
  'slip_share',
  'multiplier',
  'lot_size',
  'tick_size',
  'min_notional',
  'cash',
  'quantity',
  'entry_price',
  'entry_fee',
  'entry_slippage',
  'peak',
  'lowest_share',
  'fees',
  'slippage',
  'turnover',
  'stop',
  'target',
  'trail',
  'activate',
  'best',
  'next_size',
  'next_max',
  'next_stop',
  'next_target',
  'next_trail',
  'next_activate',
  'day_mark',
  'day_sum',
  'day_squares',
] as const;
const INTEGERS = [
  'sizing',
  'stop_unit',
  'target_unit',
  'trail_unit',
  'activate_unit',
  'warm_up_bars',
  'time_exit_bars',
  'cooldown_bars',
  'allow_short',
  'optimistic',
  'touch',
  'open',
  'high',
  'low',
  'close',
  'size',
  'max_percent',
  'stop_distance',
  'target_distance',
  'trail_distance',
  'activate_distance',
  'enter_long',
  'exit_long',
  'enter_short',
  'exit_short',
  'none',
  'equity',
  'extremes',
  'trade_direction',
  'trade_reason',
  'trade_entry_bar',
  'trade_exit_bar',
  'trade_entry_price',
  'trade_exit_price',
  'trade_quantity',
  'trade_fee',
  'trade_slippage',
  'trade_pnl',
  'trade_return',
  'trades',
  'wins',
  'closed',
  'day_ends',
  'day_count',
  'days',
  'side',
  'entry_bar',
  'ended_bar',
  'leaving',
  'entering',
  'bars_in_position',
  'ambiguous_bars',
  'ruined',
  'first_bar',
] as const;

export type SimulationField = (typeof DOUBLES)[number] | (typeof INTEGERS)[number];

const DOUBLE_INDEX = new Map<SimulationField, number>(DOUBLES.map((name, index) => [name, index]));
const INTEGER_INDEX = new Map<SimulationField, number>(
  INTEGERS.map((name, index) => [name, 2 * DOUBLES.length + index]),
);

const FIRST_BAR = 2 * DOUBLES.length + INTEGERS.indexOf('first_bar');

/** The state of a simulation in the memory of an instance. */
export class SimulationState {
  readonly pointer: Pointer;
  readonly #kernels: KernelInstance;

  constructor(kernels: KernelInstance) {
    this.#kernels = kernels;
    this.pointer = kernels.allocate(8 * DOUBLES.length + 4 * INTEGERS.length);
  }

  get(field: SimulationField): number {
    const double = DOUBLE_INDEX.get(field);
    if (double !== undefined) return this.#kernels.doubles[this.pointer / 8 + double] as number;
    return this.#integers()[INTEGER_INDEX.get(field) ?? NaN] as number;
  }

  set(fields: Partial<Record<SimulationField, number>>): void {
    const integers = this.#integers();
    for (const [name, value] of Object.entries(fields) as [SimulationField, number][]) {
      const double = DOUBLE_INDEX.get(name);
      if (double !== undefined) this.#kernels.doubles[this.pointer / 8 + double] = value;
      else integers[INTEGER_INDEX.get(name) ?? NaN] = value;
    }
  }

  /** The one field that changes with every block. */
  setFirstBar(bar: number): void {
    this.#kernels.integers[this.pointer / 4 + FIRST_BAR] = bar;
  }

  #integers(): Int32Array {
    return new Int32Array(this.#kernels.buffer, this.pointer, 2 * DOUBLES.length + INTEGERS.length);
  }
}
