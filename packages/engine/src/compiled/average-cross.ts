import type { NodeId, Plan } from '../plan/plan.ts';
import { BLOCK_BARS } from './block-bars.ts';
import type { Pointer } from './kernel-functions.ts';
import type { KernelInstance } from './kernel-instance.ts';

/** A signal that is the crossing of two simple averages of one candle column, a price being its own average of 1 bar. */
export interface AverageCrossing {
  readonly input: NodeId;
  readonly fast: number;
  readonly slow: number;
  /** Whether it is the crossing of the fast one to above. */
  readonly above: boolean;
}

/** Reads a signal node as a crossing of averages; null where it is another signal. */
export function averageCrossOf(plan: Plan, id: NodeId): AverageCrossing | null {
  const node = plan.nodes[id];
  if (node?.op !== 'binary' || (node.operator !== 'crosses_above' && node.operator !== 'crosses_below')) return null;
  const [a, b] = [averageOf(plan, node.inputs[0]), averageOf(plan, node.inputs[1])];
  if (a === null || b === null || a.input !== b.input || a.period === b.period) return null;
  const above = node.operator === 'crosses_above';
  return a.period < b.period
    ? { input: a.input, fast: a.period, slow: b.period, above }
    : { input: a.input, fast: b.period, slow: a.period, above: !above };
}

function averageOf(plan: Plan, id: NodeId): { input: NodeId; period: number } | null {
  const node = plan.nodes[id];
  // Candle columns are finite and above 0, which the bound on rounding counts on.
  if (node?.op === 'column') return node.column === 'volume' ? null : { input: id, period: 1 };
  if (node?.op !== 'indicator' || node.name !== 'sma') return null;
  const [input] = node.inputs;
  const [period] = node.params;
  if (input === undefined || period === undefined) return null;
  const column = plan.nodes[input];
  return column?.op === 'column' && column.column !== 'volume' ? { input, period } : null;
}

/** Masks of the crossings of two averages, block by block. */
export class AverageCross {
  readonly #kernels: KernelInstance;
  readonly #values: Pointer;
  readonly #fast: number;
  readonly #slow: number;
  readonly #state: Pointer;
  readonly #sums: Pointer;
  readonly #up: Pointer;
  readonly #down: Pointer;

  constructor(kernels: KernelInstance, values: Pointer, fast: number, slow: number) {
    this.#kernels = kernels;
    this.#values = values;
    this.#fast = fast;
    this.#slow = slow;
    this.#state = kernels.allocate(32);
    this.#sums = kernels.allocate(8 * (slow + BLOCK_BARS + 8));
    this.#up = kernels.allocate(BLOCK_BARS / 8);
    this.#down = kernels.allocate(BLOCK_BARS / 8);
  }

  mask(above: boolean): Pointer {
    return above ? this.#up : this.#down;
  }

  /** False where a sign can only be told from the averages as they are defined. */
  advance(barsDone: number, length: number): boolean {
    const have = Math.min(barsDone, this.#slow);
    const decided = this.#kernels.run.average_cross(
      this.#state,
      this.#values,
      have,
      length,
      this.#fast,
      this.#slow,
      this.#sums,
      this.#up,
      this.#down,
    );
    return decided === 1;
  }
}
