import type { CandleColumn } from '@tradebase/contracts';
import type { InstrumentSeries } from '../market/market-data.ts';
import { extraColumn } from '../plan/extra-column.ts';
import type { NodeId, Plan, PlanNode } from '../plan/plan.ts';
import { AverageCross, type AverageCrossing, averageCrossOf, RunningSums } from './average-cross.ts';
import { BLOCK_BARS } from './block-bars.ts';
import { INDICATOR_KERNELS, INDICATOR_STATE_BYTES } from './indicator-kernel.ts';
import type { Pointer } from './kernel-functions.ts';
import type { KernelInstance } from './kernel-instance.ts';

/** Kernels may write a vector past the end of a block. */
const PADDING_BYTES = 64;

/** Where a pipeline reads its columns from. */
export interface ColumnSource {
  readonly series: Pick<InstrumentSeries, 'symbol' | 'candles' | 'columns'>;
  /** Nodes that are computed already: a number where one is the same at all bars. */
  readonly computed: ReadonlyMap<NodeId, Float64Array | number>;
}

/** A node that a pipeline computes: its column, and how it is made for a block. */
interface Step {
  readonly history: number;
  readonly column: Pointer;
  run(length: number): void;
}

/**
 * Computes columns of a plan block by block: each node by one kernel, all columns of a block in cache, what a node
 * remembers carried from block to block. Blocks may be of any length up to `BLOCK_BARS`; the result does not depend on it.
 */
export class ColumnPipeline {
  /** A mask without a bit. */
  readonly emptyMask: Pointer;
  /** Bars before the block that `advance` computes next. */
  bars_done = 0;
  readonly #kernels: KernelInstance;
  readonly #plan: Plan;
  readonly #source: ColumnSource;
  readonly #columns = new Map<NodeId, Pointer>();
  readonly #candleColumns = new Map<CandleColumn, Pointer>();
  readonly #histories: Map<NodeId, number>;
  readonly #steps: Step[] = [];
  readonly #sums = new Map<NodeId, RunningSums>();
  #extremes: { readonly closes: Pointer; readonly pointer: Pointer } | null = null;
  readonly #crosses = new Map<string, AverageCross>();
  readonly #crossOfSignal = new Map<NodeId, AverageCross>();
  readonly #signalMasks = new Map<NodeId, Pointer>();
  readonly #masks: { readonly values: Pointer; readonly mask: Pointer }[] = [];

  /**
   * @param nodes whose columns are wanted
   * @param signals nodes of which only the truth is wanted, as masks
   * @param exactAverages whether crossings of averages are computed from the averages themselves
   */
  constructor(
    kernels: KernelInstance,
    plan: Plan,
    source: ColumnSource,
    { nodes, signals, exactAverages }: { nodes: readonly NodeId[]; signals: readonly NodeId[]; exactAverages: boolean },
  ) {
    this.#kernels = kernels;
    this.#plan = plan;
    this.#source = source;
    this.emptyMask = kernels.allocate(BLOCK_BARS / 8);
    const crossings = new Map(
      exactAverages
        ? []
        : signals.flatMap((id) => {
            const cross = averageCrossOf(plan, id);
            return cross === null ? [] : [[id, cross] as const];
          }),
    );
    const roots = new Map<NodeId, number>(nodes.map((id) => [id, 0]));
    for (const id of signals) {
      const cross = crossings.get(id);
      if (cross === undefined) roots.set(id, Math.max(roots.get(id) ?? 0, 0));
      else roots.set(cross.input, Math.max(roots.get(cross.input) ?? 0, cross.slow));
    }
    this.#histories = historiesOf(plan, roots, source.computed);
    for (const id of [...this.#histories.keys()].sort((a, b) => a - b)) this.#addNode(id);
    for (const id of signals) {
      const cross = crossings.get(id);
      if (cross === undefined) this.#addMask(id);
      else this.#signalMasks.set(id, this.#maskOf(id, cross));
    }
  }

  /** The column of a wanted node: where the doubles of the block begin. */
  column(id: NodeId): Pointer {
    const column = this.#columns.get(id);
    if (column === undefined) throw new RangeError(`node ${id} is not computed`);
    return column;
  }

  /** A column of the candles: that of a node where one reads it. */
  candleColumn(column: CandleColumn): Pointer {
    const known = this.#candleColumns.get(column);
    if (known !== undefined) return known;
    const id = this.#plan.nodes.findIndex((node) => node.op === 'column' && node.column === column);
    const ofNode = this.#columns.get(id);
    const pointer = ofNode ?? this.#allocateColumn(0);
    this.#candleColumns.set(column, pointer);
    if (ofNode !== undefined) return pointer;
    this.#steps.push({
      history: 0,
      column: pointer,
      run: this.#copyFrom(this.#source.series.candles[column], pointer),
    });
    return pointer;
  }

  /** Extremes of each 64 closes. */
  closeExtremes(): Pointer {
    this.#extremes ??= {
      closes: this.candleColumn('close'),
      pointer: this.#kernels.allocate((16 * BLOCK_BARS) / 64),
    };
    return this.#extremes.pointer;
  }

  /** The mask of a signal. */
  mask(id: NodeId): Pointer {
    const mask = this.#signalMasks.get(id);
    if (mask === undefined) throw new RangeError(`node ${id} is not a signal`);
    return mask;
  }

  /** Whether a signal could be told so far; see `advance`. */
  isDecided(id: NodeId): boolean {
    return this.#crossOfSignal.get(id)?.decided ?? true;
  }

  /**
   * Computes the next `length` bars.
   *
   * @returns false where a crossing of averages can only be told from the averages themselves: begin anew with `exactAverages`
   */
  advance(length: number): boolean {
    const { run } = this.#kernels;
    for (const step of this.#steps) step.run(length);
    if (this.#extremes !== null) run.word_extremes(this.#extremes.closes, length, this.#extremes.pointer);
    for (const sums of this.#sums.values()) sums.advance(this.bars_done, length);
    let decided = true;
    for (const cross of this.#crosses.values()) {
      cross.advance(length);
      decided &&= cross.decided;
    }
    for (const { values, mask } of this.#masks) run.to_mask(values, mask, length);
    return decided;
  }

  /** Makes room for the next block. */
  finishBlock(length: number): void {
    for (const { column, history } of this.#steps) {
      if (history > 0) this.#kernels.run.keep_history(column, length, history);
    }
    this.bars_done += length;
  }

  #addNode(id: NodeId): void {
    const node = this.#plan.nodes[id];
    if (node === undefined || this.#columns.has(id)) return;
    const history = this.#histories.get(id) ?? 0;
    const column = this.#allocateColumn(history);
    this.#columns.set(id, column);
    this.#steps.push({ history, column, run: this.#makeRun(id, node, column) });
  }

  #allocateColumn(history: number): Pointer {
    const padded = history + (history & 1);
    const start = this.#kernels.allocate(8 * (padded + BLOCK_BARS) + PADDING_BYTES);
    // Before the first bar nothing is known.
    this.#kernels.doubles.fill(NaN, start / 8, start / 8 + padded);
    return start + 8 * padded;
  }

  #addMask(id: NodeId): void {
    const mask = this.#kernels.allocate(BLOCK_BARS / 8);
    this.#masks.push({ values: this.column(id), mask });
    this.#signalMasks.set(id, mask);
  }

  #maskOf(id: NodeId, { input, fast, slow, above }: AverageCrossing): Pointer {
    const key = `${input} ${fast} ${slow}`;
    let cross = this.#crosses.get(key);
    if (cross === undefined) {
      cross = new AverageCross(this.#kernels, this.#sumsOf(input), fast, slow);
      this.#crosses.set(key, cross);
    }
    this.#crossOfSignal.set(id, cross);
    return above ? cross.up : cross.down;
  }

  #sumsOf(input: NodeId): RunningSums {
    let sums = this.#sums.get(input);
    if (sums === undefined) {
      sums = new RunningSums(this.#kernels, this.column(input), this.#histories.get(input) ?? 0);
      this.#sums.set(input, sums);
    }
    return sums;
  }

  #makeRun(id: NodeId, node: PlanNode, out: Pointer): (length: number) => void {
    const { run } = this.#kernels;
    const computed = this.#source.computed.get(id);
    if (typeof computed === 'number') return this.#fillWith(computed, out);
    if (computed !== undefined) return this.#copyFrom(computed, out);
    switch (node.op) {
      case 'constant':
        return this.#fillWith(node.value, out);
      case 'column':
        return this.#copyFrom(this.#source.series.candles[node.column], out);
      case 'extra':
        return this.#copyFrom(extraColumn(this.#source.series, node.name), out);
      case 'shift': {
        const values = this.column(node.input);
        return (length) => run.shift(values, out, length, node.bars);
      }
      case 'binary':
        return this.#makeBinary(node, out);
      case 'unary': {
        const values = this.column(node.input);
        return (length) => run.not(values, out, length);
      }
      case 'indicator':
        return this.#makeIndicator(id, node, out);
      default:
        throw new RangeError(`there is no kernel for ${node.op}`);
    }
  }

  #fillWith(value: number, out: Pointer): () => void {
    this.#kernels.run.fill(out, BLOCK_BARS, value);
    return () => {};
  }

  #copyFrom(values: Float64Array, out: Pointer): (length: number) => void {
    return (length) => {
      const from = this.bars_done;
      this.#kernels.doubles.set(values.subarray(from, from + length), out / 8);
    };
  }

  #makeBinary({ operator, inputs }: PlanNode & { op: 'binary' }, out: Pointer): (length: number) => void {
    const { run } = this.#kernels;
    const [a, b] = [this.column(inputs[0]), this.column(inputs[1])];
    switch (operator) {
      case 'greater':
        return (length) => run.less(b, a, out, length);
      case 'greater_equal':
        return (length) => run.less_equal(b, a, out, length);
      case 'equal':
        return (length) => run.equality(a, b, out, length, 1);
      case 'not_equal':
        return (length) => run.equality(a, b, out, length, 0);
      case 'crosses_above':
      case 'crosses_below': {
        const state = this.#kernels.allocate(16);
        const direction = operator === 'crosses_above' ? 1 : -1;
        return (length) => run.crosses(state, a, b, out, length, direction);
      }
      case 'power':
      case 'modulo':
        throw new RangeError(`there is no kernel for ${operator}`);
      default: {
        const kernel = run[operator];
        return (length) => kernel(a, b, out, length);
      }
    }
  }

  /** All outputs of one indicator come of one call; the first node of them makes it. */
  #makeIndicator(id: NodeId, node: PlanNode & { op: 'indicator' }, out: Pointer): (length: number) => void {
    const kernel = INDICATOR_KERNELS[node.name];
    if (kernel === undefined) throw new RangeError(`there is no kernel for ${node.name}`);
    const key = sameIndicator(node);
    const outputs = Array.from({ length: kernel.outputs }, () => 0);
    outputs[node.output] = out;
    for (const [other, candidate] of this.#plan.nodes.entries()) {
      if (candidate.op !== 'indicator' || sameIndicator(candidate) !== key || !this.#histories.has(other)) continue;
      if (other < id) return () => {};
      if (other === id) continue;
      const history = this.#histories.get(other) ?? 0;
      const column = this.#columns.get(other) ?? this.#allocateColumn(history);
      if (!this.#columns.has(other)) this.#steps.push({ history, column, run: () => {} });
      this.#columns.set(other, column);
      outputs[candidate.output] = column;
    }
    for (const [index, pointer] of outputs.entries()) if (pointer === 0) outputs[index] = this.#allocateColumn(0);
    const state = this.#kernels.allocate(INDICATOR_STATE_BYTES);
    const inputs = node.inputs.map((input) => this.column(input));
    const { run } = this.#kernels;
    return (length) => {
      let done = 0;
      while (done < length) {
        let finite = length - done;
        for (const input of inputs) finite = run.finite_run(input + 8 * done, finite);
        const shifted = (pointer: Pointer) => pointer + 8 * done;
        if (finite > 0) kernel.run(run, state, inputs.map(shifted), outputs.map(shifted), finite, node.params);
        done += finite;
        if (done === length) break;
        for (const output of outputs) run.fill(output + 8 * done, 1, NaN);
        this.#kernels.doubles.fill(0, state / 8, (state + INDICATOR_STATE_BYTES) / 8);
        done += 1;
      }
    };
  }
}

function sameIndicator({ name, inputs, params, instrument, timeframe }: PlanNode & { op: 'indicator' }): string {
  return JSON.stringify([name, inputs, params, instrument, timeframe]);
}

/** Every node that is needed, and how many values before a block are. */
function historiesOf(
  plan: Plan,
  roots: ReadonlyMap<NodeId, number>,
  computed: ColumnSource['computed'],
): Map<NodeId, number> {
  const histories = new Map(roots);
  const need = (id: NodeId, bars: number) => histories.set(id, Math.max(histories.get(id) ?? 0, bars));
  for (let id = plan.nodes.length - 1; id >= 0; id--) {
    const node = plan.nodes[id];
    if (node === undefined || !histories.has(id) || computed.has(id)) continue;
    if (node.op === 'shift') need(node.input, node.bars);
    else if (node.op === 'unary') need(node.input, 0);
    else if (node.op === 'binary') for (const input of node.inputs) need(input, 0);
    else if (node.op === 'indicator') {
      const bars = INDICATOR_KERNELS[node.name]?.history(node.params) ?? 0;
      for (const input of node.inputs) need(input, bars);
    }
  }
  return histories;
}
