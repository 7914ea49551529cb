import { applyBinary, applyUnary, isTrue } from './apply-operator.ts';
import type { BinaryOperator, NodeId, PlanNode, UnaryOperator } from './plan.ts';

/** Most nodes of one plan. */
export const MAX_PLAN_NODES = 2000;

/** Why a node cannot be: said to whoever wrote the expression. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

/**
 * Collects the nodes of a plan: equal ones once, constants computed at once.
 *
 * Nothing is rearranged: `x * 2 / 2` stays as it is, because rounding and NaN are part of what a user wrote.
 */
export class PlanBuilder {
  readonly #nodes: PlanNode[] = [];
  readonly #known = new Map<string, NodeId>();

  get nodes(): readonly PlanNode[] {
    return this.#nodes;
  }

  /** The node, which is an earlier one where there is an equal one. */
  add(node: PlanNode): NodeId {
    const key = JSON.stringify(node);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#nodes.length >= MAX_PLAN_NODES) {
      throw new PlanError(`the strategy needs more than ${MAX_PLAN_NODES} computations`);
    }
    const id = this.#nodes.push(node) - 1;
    this.#known.set(key, id);
    return id;
  }

  constant(value: number): NodeId {
    if (!Number.isFinite(value)) throw new PlanError('this constant is not a finite number');
    // JSON has one zero only, and so have plans.
    return this.add({ op: 'constant', value: value === 0 ? 0 : value });
  }

  /** The value of a node that is the same at every bar. */
  constantOf(id: NodeId): number | undefined {
    const node = this.#nodes[id];
    return node?.op === 'constant' ? node.value : undefined;
  }

  unary(operator: UnaryOperator, input: NodeId): NodeId {
    const a = this.constantOf(input);
    return a === undefined ? this.add({ op: 'unary', operator, input }) : this.constant(applyUnary(operator, a));
  }

  binary(operator: BinaryOperator, left: NodeId, right: NodeId): NodeId {
    const [a, b] = [this.constantOf(left), this.constantOf(right)];
    if (b === 0 && (operator === 'divide' || operator === 'modulo')) throw new PlanError('division by zero');
    if (operator === 'crosses_above' || operator === 'crosses_below') {
      // Two constants never cross.
      return a === undefined || b === undefined
        ? this.add({ op: 'binary', operator, inputs: [left, right] })
        : this.constant(0);
    }
    if (a !== undefined && b !== undefined) return this.constant(applyBinary(operator, a, b));
    if (operator === 'and' || operator === 'or') {
      const decided = this.#decide(operator, left, right);
      if (decided !== undefined) return decided;
    }
    return this.add({ op: 'binary', operator, inputs: [left, right] });
  }

  choose(condition: NodeId, then: NodeId, otherwise: NodeId): NodeId {
    const decided = this.constantOf(condition);
    if (decided !== undefined) return isTrue(decided) ? then : otherwise;
    return then === otherwise ? then : this.add({ op: 'choose', inputs: [condition, then, otherwise] });
  }

  shift(input: NodeId, bars: number): NodeId {
    const node = this.#nodes[input];
    if (bars === 0 || node?.op === 'constant') return input;
    if (node?.op === 'shift') return this.shift(node.input, node.bars + bars);
    return this.add({ op: 'shift', input, bars });
  }

  /** Logic with one constant: conditions are 0 or 1, so it is either of the two. */
  #decide(operator: 'and' | 'or', left: NodeId, right: NodeId): NodeId | undefined {
    if (left === right) return left;
    for (const [one, other] of [[left, right] as const, [right, left] as const]) {
      const value = this.constantOf(one);
      if (value !== undefined) return isTrue(value) === (operator === 'and') ? other : one;
    }
    return undefined;
  }
}
