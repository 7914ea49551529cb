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

/** Running sums of a column, and the averages of it that all their crossings share. */
export class RunningSums {
  readonly #kernels: KernelInstance;
  readonly #longest: number;
  readonly #offsets = new Map<number, Pointer>();
  readonly values: Pointer;
  readonly pointer: Pointer;
  /** Values before the block that the sums begin with. */
  have = 0;
  /** What is subtracted of every value, so that the sums are small. */
  reference = 0;
  /** Largest absolute value that is summed. */
  most = 0;
  /** Crossings that are told by these sums. A single one is told by the sums alone, and its averages are not written. */
  crossings = 0;

  /** @param longest window of any crossing */
  constructor(kernels: KernelInstance, values: Pointer, longest: number) {
    this.#kernels = kernels;
    this.values = values;
    this.#longest = longest;
    this.pointer = kernels.reserve(8 * (longest + BLOCK_BARS + 8));
  }

  /** Where the averages of so many values will be, less the reference, in single precision. */
  offsetsOf(period: number): Pointer {
    const known = this.#offsets.get(period);
    if (known !== undefined) return known;
    const pointer = this.#kernels.reserve(4 * BLOCK_BARS + 64);
    this.#offsets.set(period, pointer);
    return pointer;
  }

  advance(barsDone: number, length: number): void {
    const { run, doubles } = this.#kernels;
    this.have = Math.min(barsDone, this.#longest);
    this.reference = doubles[this.values / 8] as number;
    this.most = run.running_sums(this.values, this.have, length, this.reference, this.pointer);
    if (this.crossings === 1) return;
    for (const [period, offsets] of this.#offsets) run.mean_offsets(this.pointer, this.have, length, period, offsets);
  }
}

/** Masks of the crossings of two averages, block by block. */
export class AverageCross {
  /** False once a sign could only be told from the averages as they are defined. */
  decided = true;
  readonly up: Pointer;
  readonly down: Pointer;
  readonly #kernels: KernelInstance;
  readonly #sums: RunningSums;
  readonly #fast: number;
  readonly #slow: number;
  readonly #fastOffsets: Pointer;
  readonly #slowOffsets: Pointer;
  readonly #state: Pointer;

  constructor(kernels: KernelInstance, sums: RunningSums, fast: number, slow: number) {
    this.#kernels = kernels;
    this.#sums = sums;
    this.#fast = fast;
    this.#slow = slow;
    this.#fastOffsets = sums.offsetsOf(fast);
    this.#slowOffsets = sums.offsetsOf(slow);
    sums.crossings += 1;
    this.#state = kernels.allocate(32);
    this.up = kernels.allocate(BLOCK_BARS / 8);
    this.down = kernels.allocate(BLOCK_BARS / 8);
  }

  advance(length: number): void {
    if (!this.decided) return;
    const { values, have, pointer, most, reference, crossings } = this.#sums;
    this.decided =
      this.#kernels.run.average_cross(
        this.#state,
        values,
        have,
        length,
        this.#fast,
        this.#slow,
        pointer,
        most,
        reference,
        crossings === 1 ? 0 : this.#fastOffsets,
        crossings === 1 ? 0 : this.#slowOffsets,
        this.up,
        this.down,
      ) === 1;
  }
}
