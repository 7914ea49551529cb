import type { MarketData } from '../market/market-data.ts';
import {
  computeAligned,
  computeBinary,
  computeChoice,
  computeShift,
  computeUnary,
  type PlanColumn,
} from './compute-columns.ts';
import { definitionOf, type FirstAligned, firstValues } from './first-values.ts';
import { isCondition } from './is-condition.ts';
import type { NodeId, Plan, PlanNode } from './plan.ts';
import { PlanFrames } from './plan-frames.ts';
import { inputsOf } from './plan-inputs.ts';

export interface PlanResult {
  /** What was asked for, at every bar of the instrument; a number where it is the same at all of them. */
  readonly columns: ReadonlyMap<NodeId, PlanColumn>;
  /** First bar at which all that was asked for has its value; the number of bars where that is never. */
  readonly first_bar: number;
  /** As `first_bar`, of each node that was asked for. */
  readonly first_bars: ReadonlyMap<NodeId, number>;
}

/**
 * Computes nodes of a plan on the candles of one instrument.
 *
 * Conditions are 0 or 1 at every bar, and 0 before the bars they look at are there. Numbers are NaN until then. A bar of
 * another timeframe or instrument counts from the close on at which it is complete. Time zones of days are those of the
 * instrument's `rules`, UTC without.
 *
 * @param instrument index of the instrument that is traded: whose bars the results are of
 * @param nodes what to compute; columns that none of it needs any more are written over
 * @throws EngineError `unknown_instrument`, `unknown_column`, `invalid_timeframe`, and what indicators throw
 */
export function evaluatePlan(plan: Plan, market: MarketData, instrument: number, nodes: readonly NodeId[]): PlanResult {
  const evaluation = new PlanEvaluation(plan, new PlanFrames(market, instrument), nodes);
  return evaluation.run();
}

class PlanEvaluation {
  readonly #plan: Plan;
  readonly #frames: PlanFrames;
  readonly #wanted: ReadonlySet<NodeId>;
  readonly #columns = new Map<NodeId, PlanColumn>();
  /** How many nodes still need each. */
  readonly #uses = new Map<NodeId, number>();
  /** Columns of candles, and extra ones: the caller's, not to be written over. */
  readonly #borrowed = new Set<PlanColumn>();
  /** Columns that nothing needs any more, by length. */
  readonly #spare = new Map<number, Float64Array[]>();
  /** Nodes that are outputs of one call of an indicator. */
  readonly #siblings = new Map<string, NodeId[]>();

  constructor(plan: Plan, frames: PlanFrames, wanted: readonly NodeId[]) {
    this.#plan = plan;
    this.#frames = frames;
    this.#wanted = new Set(wanted);
  }

  run(): PlanResult {
    this.#countUses();
    for (const [id, node] of this.#plan.nodes.entries()) {
      if (!this.#uses.has(id)) continue;
      if (!this.#columns.has(id)) this.#columns.set(id, this.#compute(id, node));
      for (const input of inputsOf(node)) this.#release(input);
    }
    return this.#result();
  }

  #countUses(): void {
    const { nodes } = this.#plan;
    for (const id of this.#wanted) this.#uses.set(id, 1);
    for (let id = nodes.length - 1; id >= 0; id--) {
      const node = nodes[id];
      if (!node || !this.#uses.has(id)) continue;
      for (const input of inputsOf(node)) this.#uses.set(input, (this.#uses.get(input) ?? 0) + 1);
      if (node.op !== 'indicator') continue;
      const call = callKey(node);
      this.#siblings.set(call, [...(this.#siblings.get(call) ?? []), id]);
    }
  }

  #compute(id: NodeId, node: PlanNode): PlanColumn {
    switch (node.op) {
      case 'constant':
        return node.value;
      case 'column':
        return this.#borrow(this.#frames.column(node.column, node.instrument, node.timeframe));
      case 'extra':
        return this.#borrow(this.#frames.extra(node.name, node.instrument));
      case 'indicator':
        return this.#computeIndicator(id, node);
      case 'shift': {
        const input = this.#column(node.input);
        return this.#fill(input.length, (out) => computeShift(out, input, node.bars));
      }
      case 'align': {
        const indices = this.#frames.alignment(node.instrument, node.timeframe);
        const input = this.#column(node.input);
        return this.#fill(indices.length, (out) => computeAligned(out, input, indices));
      }
      case 'unary': {
        const input = this.#column(node.input);
        return this.#fill(input.length, (out) => computeUnary(out, node.operator, input));
      }
      case 'binary': {
        const [a, b] = node.inputs;
        const length = this.#lengthOf(node.inputs);
        return this.#fill(length, (out) =>
          this.#withColumns(length, [a, b], ([left, right]) => computeBinary(out, node.operator, left, right)),
        );
      }
      case 'choose': {
        const [condition, then, otherwise] = node.inputs;
        const length = this.#lengthOf(node.inputs);
        return this.#fill(length, (out) =>
          this.#withColumns(length, [then, otherwise], ([one, other]) =>
            computeChoice(out, this.#column(condition), one, other),
          ),
        );
      }
    }
  }

  /** Two inputs as columns; those written out for constants are spare again afterwards. */
  #withColumns(
    length: number,
    [a, b]: readonly [NodeId, NodeId],
    compute: (columns: readonly [Float64Array, Float64Array]) => void,
  ): void {
    const written: Float64Array[] = [];
    const columnOf = (id: NodeId): Float64Array => {
      const value = this.#value(id);
      if (typeof value !== 'number') return value;
      const column = this.#fill(length, (out) => out.fill(value));
      written.push(column);
      return column;
    };
    compute([columnOf(a), columnOf(b)]);
    for (const column of written) this.#keepSpare(column);
  }

  /** Computes all outputs that are needed at once, and gives that of one node. */
  #computeIndicator(id: NodeId, node: Extract<PlanNode, { op: 'indicator' }>): PlanColumn {
    const bars = this.#frames.candles(node.instrument, node.timeframe).ts.length;
    const inputs = node.inputs.map((input) => {
      const value = this.#value(input);
      return typeof value === 'number' ? new Float64Array(bars).fill(value) : value;
    });
    const outputs = definitionOf(node.name).compute(inputs, node.params);
    for (const other of this.#siblings.get(callKey(node)) ?? []) {
      const sibling = this.#plan.nodes[other];
      const output = sibling?.op === 'indicator' ? outputs[sibling.output] : undefined;
      if (output) this.#columns.set(other, output);
    }
    return this.#value(id);
  }

  #borrow(column: Float64Array): Float64Array {
    this.#borrowed.add(column);
    return column;
  }

  #fill(length: number, compute: (out: Float64Array) => void): Float64Array {
    const out = this.#spare.get(length)?.pop() ?? new Float64Array(length);
    compute(out);
    return out;
  }

  #lengthOf(inputs: readonly NodeId[]): number {
    for (const id of inputs) {
      const value = this.#value(id);
      if (typeof value !== 'number') return value.length;
    }
    throw new RangeError('a node of constants alone is a constant itself');
  }

  #value(id: NodeId): PlanColumn {
    const value = this.#columns.get(id);
    if (value === undefined) throw new RangeError(`node ${id} comes after a node that needs it`);
    return value;
  }

  #column(id: NodeId): Float64Array {
    const value = this.#value(id);
    if (typeof value === 'number') throw new RangeError(`node ${id} is constant where a column is needed`);
    return value;
  }

  /** One use less; a column without any is free to be written over. */
  #release(id: NodeId): void {
    const left = (this.#uses.get(id) ?? 0) - 1;
    this.#uses.set(id, left);
    const column = this.#columns.get(id);
    if (left > 0 || column === undefined) return;
    this.#columns.delete(id);
    if (typeof column === 'number' || this.#borrowed.has(column)) return;
    this.#keepSpare(column);
  }

  #keepSpare(column: Float64Array): void {
    const spare = this.#spare.get(column.length);
    if (spare) spare.push(column);
    else this.#spare.set(column.length, [column]);
  }

  #result(): PlanResult {
    const { bars } = this.#frames;
    const first = firstValues(this.#plan, this.#firstAligned);
    let first_bar = 0;
    const first_bars = new Map<NodeId, number>();
    for (const id of this.#wanted) {
      const begin = Math.min(first[id] ?? 0, bars);
      first_bar = Math.max(first_bar, begin);
      first_bars.set(id, begin);
      const column = this.#columns.get(id);
      if (typeof column === 'number' || column === undefined || this.#borrowed.has(column)) continue;
      column.fill(isCondition(this.#plan.nodes[id]) ? 0 : NaN, 0, begin);
    }
    return { columns: this.#columns, first_bar, first_bars };
  }

  readonly #firstAligned: FirstAligned = (first, instrument, timeframe) => {
    const indices = this.#frames.alignment(instrument, timeframe);
    const bar = indices.findIndex((index) => index >= first);
    return bar === -1 ? Infinity : bar;
  };
}

function callKey({ name, inputs, params, instrument, timeframe }: Extract<PlanNode, { op: 'indicator' }>): string {
  return JSON.stringify([name, inputs, params, instrument, timeframe]);
}
